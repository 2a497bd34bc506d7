"""Puts a figure into the page: only what draws may enter, under ids of its own, in the page's colours.

The figure's text is read as XML and written anew. Elements and attributes that are not on the lists below
are refused, so that a figure can hold no script, no link and nothing from elsewhere.
"""

import re
from html import escape
from typing import NoReturn
from xml.parsers import expat

from markupsafe import Markup

from mitograft.errors import UsageError
from mitograft.report.palette import themed

__all__ = ["embed_svg"]

_SKIPPED = frozenset({"metadata", "style", "title", "desc"})
_ELEMENTS = frozenset(
    {"svg", "g", "defs", "clipPath", "pattern", "path", "rect", "circle", "line"}
    | {"ellipse", "polyline", "polygon", "text", "tspan", "use"}
)
_ATTRIBUTES = frozenset(
    {"id", "style", "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy"}
    | {"width", "height", "points", "transform", "fill", "stroke", "opacity", "clip-path"}
    | {"patternUnits", "patternTransform", "text-anchor"}
)
_DROPPED = frozenset({"version", "font-family"})
_VIEW_BOX = re.compile(r"-?[0-9.]+ -?[0-9.]+ ([0-9.]+) [0-9.]+")
_REFERENCE = re.compile(r"url\(#([A-Za-z0-9_.-]+)\)")
_STYLE = re.compile(r"[A-Za-z0-9#%.,:;()' _/+*-]*")
_MARK = "data-mark"


def embed_svg(svg: str, prefix: str, alt: str) -> Markup:
    """Return a figure as markup for the page.

    Parameters
    ----------
    svg
        The figure as SVG text.
    prefix
        Put before every id and set off by a point, so that figures do not clash.
    alt
        Text alternative.

    Raises
    ------
    UsageError
        If the text is no SVG or holds anything but shapes and text.
    """
    writer = _Writer(prefix, alt)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.CharacterDataHandler = writer.text
    parser.EntityDeclHandler = writer.entity
    try:
        parser.Parse(svg, True)  # noqa: FBT003 - the parser's own signature
    except expat.ExpatError as error:
        raise UsageError(f"Figure {prefix}: found text that is no SVG ({error}); expected SVG.") from error
    return Markup("".join(writer.parts))  # noqa: S704 - every part is escaped below


class _Writer:
    """Writes the admitted part of an SVG file anew."""

    def __init__(self, prefix: str, alt: str) -> None:
        self.prefix, self.alt = prefix, alt
        self.parts: list[str] = []
        self.depth = 0
        self.skipped_from = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        self.depth += 1
        element = name.rpartition(" ")[2]
        if self.skipped_from:
            return
        if element in _SKIPPED or attributes.get("id") == _MARK:
            self.skipped_from = self.depth
            return
        if element not in _ELEMENTS:
            self._refuse(f"an element {element!r}")
        if self.depth == 1:
            self._open_root(element, attributes)
            return
        if element == "g":
            attributes.pop("id", None)  # nothing refers to a group: left out to save space
        self.parts.append(f"<{element}{self._attributes(attributes)}>")

    def end(self, name: str) -> None:
        """Close an element."""
        if not self.skipped_from:
            self.parts.append(f"</{name.rpartition(' ')[2]}>")
        elif self.skipped_from == self.depth:
            self.skipped_from = 0
        self.depth -= 1

    def text(self, data: str) -> None:
        """Copy the characters of a text; white space between shapes is left out."""
        if not self.skipped_from and data.strip():
            self.parts.append(escape(data, quote=False))

    def entity(self, *_declaration: object) -> None:
        """Refuse entities: a figure needs none, and they can be made to explode."""
        self._refuse("an entity declaration")

    def _open_root(self, element: str, attributes: dict[str, str]) -> None:
        box = _VIEW_BOX.fullmatch(attributes.get("viewBox", ""))
        if element != "svg" or box is None:
            self._refuse("no svg element with a view box")
        self.parts.append(
            f'<svg viewBox="{box[0]}" style="--width:{box[1]}" stroke-linejoin="round" role="img"'
            f' aria-label="{escape(self.alt)}">'
        )

    def _attributes(self, attributes: dict[str, str]) -> str:
        written = []
        for full_name, value in attributes.items():
            namespace, _, name = full_name.rpartition(" ")
            if name in _DROPPED or (name == "transform" and value.startswith("rotate(-0 ")):
                continue
            if name == "href":
                written.append(f' href="#{self.prefix}.{self._local(value)}"')
            elif name in _ATTRIBUTES and not namespace:
                written.append(f' {name}="{escape(self._value(name, value))}"')
            else:
                self._refuse(f"an attribute {name!r}")
        return "".join(written)

    def _local(self, value: str) -> str:
        if not re.fullmatch(r"#[A-Za-z0-9_.-]+", value):
            self._refuse(f"a reference to {value[:40]!r}")
        return value[1:]

    def _value(self, name: str, value: str) -> str:
        if name == "id":
            return f"{self.prefix}.{value}"
        if name in {"style", "clip-path", "fill", "stroke"}:
            local = _REFERENCE.sub(rf"url(#{self.prefix}.\1)", value)
            foreign = "url(" in _REFERENCE.sub("", value)
            if foreign or not _STYLE.fullmatch(value) or "/*" in value:
                self._refuse(f"a style {value[:40]!r}")
            return themed(local)
        return " ".join(value.split())

    def _refuse(self, found: str) -> NoReturn:
        raise UsageError(f"Figure {self.prefix}: found {found}; expected shapes and text only. Redraw it.")
