from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from mitograft.report import (
    ClaimRow,
    Document,
    Figure,
    Paragraph,
    Section,
    Table,
    TableColumn,
    Verdicts,
)

VOID = frozenset({"meta", "link", "br", "hr", "img", "input", "source", "wbr"})


@dataclass
class Element:
    """An element of a page with its attributes, its ancestors and all text within it."""

    name: str
    attributes: dict[str, str]
    ancestors: tuple["Element", ...]
    text: str = ""


@dataclass
class Page:
    """A page read strictly: every element that is opened is closed, in order."""

    elements: list[Element] = field(default_factory=list)

    def all(self, name: str, css_class: str = "") -> list[Element]:
        return [
            e
            for e in self.elements
            if e.name == name and (not css_class or css_class in e.attributes.get("class", "").split())
        ]

    def inside(self, outer: Element, name: str) -> list[Element]:
        return [e for e in self.all(name) if any(outer is a for a in e.ancestors)]

    def by_id(self, name: str) -> Element:
        (found,) = [e for e in self.elements if e.attributes.get("id") == name]
        return found

    def ids(self) -> Counter[str]:
        return Counter(e.attributes["id"] for e in self.elements if "id" in e.attributes)


class StrictParser(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open = []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> repeats an attribute: {names}"
        element = Element(tag, {k: v or "" for k, v in attrs}, tuple(self.open))
        self.page.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element.text += data


def read_page(html):
    parser = StrictParser()
    parser.feed(html)
    parser.close()
    assert not parser.open, f"never closed: {[e.name for e in parser.open]}"
    return parser.page


@pytest.fixture(scope="session")
def page_of():
    """Return the function that reads a page strictly."""
    return read_page


SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 440 100">'
    '<defs><clipPath id="clip"><rect x="0" y="0" width="9" height="9"/></clipPath></defs>'
    '<g id="axes"><path d="M 0 0 L 1 1" clip-path="url(#clip)" style="fill: #0072b2"/>'
    '<text x="1" y="2" style="fill: #1b2530">label</text></g></svg>'
)


def build_table(name="totals", **changes):
    settings = {
        "id": name,
        "caption": "Totals of four patients",
        "columns": (
            TableColumn("patient", "Patient"),
            TableColumn("tis", "Total Improvement Score", "points", "decimal"),
            TableColumn("change", "Change", "%", "right", 1),
            TableColumn("source", "Source"),
        ),
        "rows": (
            ("A-01", 42.5, -0.04, "10.1186/ar4263"),
            ('B, "the second"', 100, -12.25, "=HYPERLINK(1)"),
            ("Ç", None, float("nan"), None),
            ("D", 7, 3, "see https://example.org/a?b=1&c=2."),
        ),
        "note": "From 10.1186/ar4263.",
    }
    return Table(**(settings | changes))


def build_document(data_kind="measured", **changes):
    figures = tuple(
        Figure(
            name,
            f"Figure about {name}",
            "How to read it.",
            f"Text alternative of {name}.",
            SVG,
            build_table(f"{name}-data"),
        )
        for name in ("waterfall", "history")
    )
    claims = (
        ClaimRow("A01", "It works", "supported", "The interval is above 0.", 3.14159, 1.0, 5.0, "points", 2),
        ClaimRow("A02", "It is safe", "not supported", "The interval is on the other side.", source="10.1/x"),
        ClaimRow("A03", "It lasts", "inconclusive", "Both are possible.", beside="Placebo did as well."),
        ClaimRow("A04", "Mice", "not tested", "No file.", flag="margin from memory", data_kind="simulated"),
    )
    sections = (
        Section("claims", "Which claims hold?", "One does.", (Verdicts("all", "Claims", claims, "95%."),)),
        Section(
            "patients",
            "How did they do?",
            "Well.",
            (
                *figures,
                build_table(),
                build_table("long", collapsed=True),
                Paragraph("Plain text with 10.1002/art.40064."),
                Paragraph("A note.", "note"),
                Paragraph("A warning.", "warning"),
                Verdicts("rest", "Other claims", claims[3:], collapsed=True),
            ),
        ),
    )
    settings = {
        "title": "A study",
        "subtitle": "Two trials",
        "data_kind": data_kind,
        "lead": "The answer.",
        "facts": (("patients", "28"), ("responders", "4 of 14")),
        "sections": sections,
        "provenance_note": "mitograft 0.1.0, seed 1",
    }
    return Document(**(settings | changes))


@pytest.fixture(scope="session")
def make_document():
    """Return the function that builds a document with every kind of block."""
    return build_document


@pytest.fixture(scope="session")
def make_table():
    """Return the function that builds a table with every kind of cell."""
    return build_table


@pytest.fixture(scope="session")
def plain_svg():
    """Return a small figure as SVG text."""
    return SVG
