"""Text from files, names and notes stays text wherever it stands: page, figure, attribute, CSV."""

import csv
import io
import re
from dataclasses import replace
from urllib.parse import unquote
from xml.parsers import expat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.report import ClaimRow, Figure, Paragraph, Section, Table, TableColumn, Verdicts, render_html
from mitograft.report.figures import (
    Curve,
    HeatmapRow,
    Interval,
    Measure,
    PatientTotal,
    Threshold,
    draw_component_heatmap,
    draw_history,
    draw_intervals,
    draw_waterfall,
)
from mitograft.report.links import linked
from mitograft.tables.escape import restore

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</svg><script>alert(1)</script>",
    "</desc></svg><img src=x onerror=alert(1)>",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<!--<script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    'https://example.org/"onmouseover="alert(1)',
    "https://example.org/'onmouseover='alert(1)",
    "https://example.org/<script>alert(1)</script>",
    "https://example.org/><script>alert(1)</script>",
    'http://a"><script>alert(1)</script>',
    '10.1000/"><script>alert(1)</script>',
    "10.1000/x' onclick='alert(1)",
    "{{ 7 * 7 }}",
    "{% for x in y %}{{ x }}{% endfor %}",
    "{{ config.__class__.__init__.__globals__ }}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&#x3c;script>alert(1)",
    "\u003cscript\u003ealert(1)\u003c/script\u003e",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<ScRiPt >alert(1)</sCrIpT >",
    "<a href=javascript:alert(1)>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=data:text/html;base64,PHNjcmlwdD4=>",
    "<embed src=//evil.example>",
    "<link rel=stylesheet href=//evil.example>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<style>@import '//evil.example'</style>",
    "x' style='background:url(//evil.example)",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<details open ontoggle=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<svg><foreignObject><script>alert(1)</script>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "=cmd|'/C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\u202egnp.exe\u202c",
    "a\ud800b",
    "$\\mathtt{x}$ \\frac{1}{0} $",
    "line\nbreak\ttab\r\nend",
)


def every_place(text, make_document, svg):
    """Build a document in which one text stands in every place a text can have."""
    columns = (TableColumn("a", text, text), TableColumn(text or "b", "B"))
    table = Table("t", text, columns, ((text, 1.0), (text, text)), note=text)
    alt = text if text.strip() else "x"
    claim = ClaimRow(text, text, "supported", text, 1.0, 0.0, 2.0, text, beside=text, flag=text, source=text)
    blocks = (
        Paragraph(text),
        Paragraph(text, "warning"),
        table,
        replace(table, id="closed", collapsed=True),
        Figure("f", alt, text, alt, svg, replace(table, id="data")),
        Verdicts("v", text, (claim,), note=text),
        Verdicts("w", text, (claim,), note=text, collapsed=True),
    )
    return make_document(
        title=text,
        subtitle=text,
        lead=text,
        facts=((text, text),),
        sections=(Section("s", text, text, blocks),),
        provenance_note=text,
    )


def shape(page):
    """Return the page without its text: elements, attribute names and everything a browser acts on."""
    acted_on = ("id", "class", "role", "href", "style", "rel")
    return [
        (e.name, tuple(e.attributes), tuple(e.attributes.get(name, "") for name in acted_on))
        for e in page.elements
        if e.name != "a"
        and not any(a.name == "svg" and a.attributes.get("role") == "img" for a in e.ancestors)
    ]


@pytest.fixture(scope="module")
def harmless(make_document, page_of, plain_svg):
    text = "some harmless words that are long enough to be called long text"
    return shape(page_of(render_html(every_place(text, make_document, plain_svg))))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_changes_nothing_but_text(text, harmless, make_document, page_of, plain_svg):
    html = render_html(every_place(text, make_document, plain_svg))
    page = page_of(html)
    found = shape(page)
    # Only whether a cell is called short or long may differ.
    assert [(name, attributes) for name, attributes, _ in found] == [
        (name, attributes) for name, attributes, _ in harmless
    ]
    for element in page.elements:
        assert element.name not in {"script", "iframe", "object", "embed", "img", "base", "math", "animate"}
        for name, value in element.attributes.items():
            assert not name.startswith("on")
            if name == "href":
                allowed = r"#[\w-]+|data:text/csv;charset=utf-8,[\w.~%-]*|data:image/svg\+xml,%3Csvg [^<>\"]*"
                if element.name == "a" and "download" not in element.attributes:
                    allowed += r"|https?://[^\s<>\"'`]+"
                assert re.fullmatch(allowed, value), value
            if name == "style":
                assert "evil" not in value
    html.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", html)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_still_readable(text, make_document, page_of):
    page = page_of(render_html(make_document(lead=text)))
    (answer,) = page.all("p", "answer")
    shown = re.sub("[\x00-\x08\ud800-\udfff]", "\ufffd", text)
    assert answer.text == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_gives_hostile_text_back_and_runs_no_formula(text, make_document, page_of, plain_svg):
    page = page_of(render_html(every_place(text, make_document, plain_svg)))
    (link,) = page.inside(page.by_id("table-t"), "a")[-1:]
    payload = unquote(link.attributes["href"].partition(",")[2])
    rows = list(csv.reader(io.StringIO(payload.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 3
    cell = rows[1][0]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d"))
    assert restore(cell) == re.sub("[\x00-\x08\ud800-\udfff]", "\ufffd", text)


def figures_with_hostile_text():
    totals = [PatientTotal(text, 10, 40 + i % 2, "none", text) for i, text in enumerate(HOSTILE)]
    rows = [HeatmapRow(text, (7.5,) * 6, text) for text in HOSTILE]
    yield draw_waterfall(totals, [Threshold(text, 20) for text in HOSTILE[:3]], axis_label=HOSTILE[0])
    yield draw_component_heatmap([Measure(text, 20) for text in HOSTILE[:6]], rows)
    for start in range(0, 15, 3):
        yield draw_history([Curve(text, (0.1, 0.9)) for text in HOSTILE[start : start + 3]])
    for text in ("a\x00b", HOSTILE[2]):
        yield draw_intervals(
            [Interval(t, 1, 0, 2) for t in HOSTILE], unit=text, reference=1, reference_label=text
        )


def test_figures_with_hostile_text_are_well_formed_and_can_be_put_into_a_page(make_document, page_of):
    for svg in figures_with_hostile_text():
        names = []
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda name, _attributes, names=names: names.append(name)
        parser.Parse(svg, True)
        assert names[0] == "svg"
        assert not {"script", "a", "image", "foreignObject", "animate"} & set(names)
        section = Section("s", "S", "", (Figure("f", "T", "C", "A", svg),))
        page = page_of(render_html(make_document(sections=(section,))))
        assert "script" not in {e.name for e in page.elements}
        (figure,) = page.all("figure")
        assert "alert(1)" in figure.text or "calc" in figure.text or "7" in figure.text


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_links_only_ever_add_links(text):
    markup = str(linked(text))
    without = re.sub(
        r'<a href="https?://[^"<>]*" rel="noreferrer noopener"(?: class="address")?>([^<>]*)</a>',
        r"\1",
        markup,
    )
    assert "<" not in without
    assert ">" not in without


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("(see https://example.org/a_(b)).", "https://example.org/a_(b)"),
        ("[10.1016/S0140-6736(24)00001-2].", "https://doi.org/10.1016/S0140-6736(24)00001-2"),
        ("https://example.org/a, then", "https://example.org/a"),
    ],
)
def test_links_end_where_the_sentence_goes_on(text, address):
    assert f'<a href="{address}"' in linked(text)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<script>alert(1)</script>", "an element 'script'"),
        ("<a href='https://evil.example'><text>x</text></a>", "an element 'a'"),
        ("<foreignObject><p>x</p></foreignObject>", "an element 'foreignObject'"),
        ("<image href='https://evil.example/x.png'/>", "an element 'image'"),
        ("<animate attributeName='x'/>", "an element 'animate'"),
        ("<path onclick='alert(1)' d='M0 0'/>", "an attribute 'onclick'"),
        ("<use href='https://evil.example/x.svg#a'/>", "a reference to 'https://evil.example/x.svg#a'"),
        ("<use href='javascript:alert(1)'/>", "a reference to 'javascript:alert(1)'"),
        ("<path style='fill: url(https://evil.example)'/>", "a style 'fill: url(https://evil.example)'"),
        ("<path style='fill: url(//evil.example)'/>", "a style"),
        ("<path style='fill: u\\72l(x)'/>", "a style"),
        ("<path fill='url(\"//evil.example\")'/>", "a style"),
        ("<path style='fill: red /* x */'/>", "a style"),
        ("<path xmlns:e='https://evil.example' e:d='x'/>", "an attribute 'd'"),
    ],
)
def test_a_figure_may_hold_only_shapes_and_text(body, found, make_document):
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{body}</svg>'
    section = Section("s", "S", "", (Figure("f", "T", "C", "A", svg),))
    with pytest.raises(UsageError, match=r"Figure figure-f: found " + re.escape(found)):
        render_html(make_document(sections=(section,)))


@pytest.mark.parametrize(
    ("svg", "found"),
    [
        ("", "text that is no SVG"),
        ("<svg", "text that is no SVG"),
        ("<p>x</p>", "an element 'p'"),
        ("<g/>", "no svg element with a view box"),
        ('<svg viewBox="0 0 1 1;x"/>', "no svg element with a view box"),
        ('<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg viewBox="0 0 1 1">&a;</svg>', "an entity declaration"),
        (
            '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg viewBox="0 0 1 1">&a;</svg>',
            "an entity",
        ),
    ],
)
def test_a_figure_that_is_no_svg_is_refused(svg, found, make_document):
    section = Section("s", "S", "", (Figure("f", "T", "C", "A", svg),))
    with pytest.raises(UsageError, match=found):
        render_html(make_document(sections=(section,)))
