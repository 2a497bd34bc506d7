"""Renders a document as one HTML file that needs nothing else: no script, no network, no other file."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from mitograft.report.characters import admitted
from mitograft.report.document import Document
from mitograft.report.palette import variables

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render_html"]


def render_html(document: Document) -> str:
    """Return the document as the text of one self-contained HTML file.

    The same document gives the same text. Whatever the document says stays text: it can neither run nor
    load anything.

    Raises
    ------
    UsageError
        If a figure is no SVG, or holds more than shapes and text.
    """
    from mitograft.report.views import view_sections

    template = _environment().get_template("report.html.j2")
    page = template.render(document=document, sections=list(view_sections(document)), style=_style())
    return admitted(page)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from mitograft.report.links import linked

    environment = Environment(
        loader=PackageLoader("mitograft.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["linked"] = linked
    return environment


@cache
def _style() -> str:
    """Return the style sheet: the colours for light and dark ground, then the rules."""
    rules = files("mitograft.report").joinpath("templates", "report.css").read_text(encoding="utf-8")
    return (
        f":root {{ color-scheme: light; {variables(dark=False)} }}\n"
        f"@media screen and (prefers-color-scheme: dark) "
        f"{{ :root {{ color-scheme: dark; {variables(dark=True)} }} }}\n{rules}"
    )
