"""A table as DOCX: title and footnotes on every page, page n of N, column headings repeated.

The rows are written as XML of our own into an empty document of python-docx, because adding cells one by one
takes minutes for long tables. Dates are fixed: the same table gives the same bytes.
"""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from mitograft.tables.same_archive import with_fixed_dates
from mitograft.trial.summary.result import Result, Row
from mitograft.trial.tables.characters import printable
from mitograft.trial.tables.pages import (
    FONT,
    MARGIN,
    PAGE,
    Panel,
    footnotes_of,
    header_lines,
    lay_out,
    span_runs,
)

if TYPE_CHECKING:
    from docx.document import Document

__all__ = ["to_docx"]

_TWIPS = 20
_MOMENT = datetime(1980, 1, 1)
_SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_RULE = 'w:val="single" w:sz="6" w:space="0" w:color="000000"'
_ALIGN = {"centre": "center", "left": "left"}


def to_docx(result: Result) -> bytes:
    """Return a table as the bytes of a DOCX file (A4 landscape)."""
    from docx import Document

    document = Document()
    _prepare(document, result)
    _fill_header(document, result)
    _fill_footer(document, result)
    body = document.element.body
    end = body[-1]  # the properties of the section stay last
    for child in list(body)[:-1]:
        body.remove(child)
    pages = [(panel, rows) for panel in lay_out(result) for rows in panel.pages]
    for place, (panel, rows) in enumerate(pages):
        end.addprevious(_element(_table(panel, rows)))
        end.addprevious(_element(_paragraph_between(last=place == len(pages) - 1)))
    stream = io.BytesIO()
    document.save(stream)
    return with_fixed_dates(stream.getvalue(), _MOMENT)


def _prepare(document: "Document", result: Result) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Pt

    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = (Pt(side) for side in PAGE)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Pt(MARGIN)
    section.header_distance, section.footer_distance = Pt(MARGIN), Pt(MARGIN // 2)
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(8)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    style.paragraph_format.line_spacing = 1.0
    properties = document.core_properties
    properties.author, properties.comments, properties.title = "", "", printable(result.title)
    properties.created = properties.modified = _MOMENT
    properties.revision = 1


def _fill_header(document: "Document", result: Result) -> None:
    header = document.sections[0].header
    header.is_linked_to_previous = False
    mark = "SIMULATED DATA" if result.data_kind == "simulated" else ""
    right = _TWIPS * (PAGE[0] - 2 * MARGIN)
    tabs = f'<w:tabs><w:tab w:val="clear" w:pos="4680"/><w:tab w:val="right" w:pos="{right}"/></w:tabs>'
    lines = [
        _paragraph(
            f"{_run(mark, 8, bold=True)}<w:r><w:tab/></w:r>{_run('Page ', 8)}{_field('PAGE')}"
            f"{_run(' of ', 8)}{_field('NUMPAGES')}",
            tabs,
        ),
        _paragraph(_run(result.title, 11, bold=True), '<w:spacing w:before="60"/><w:jc w:val="center"/>'),
        _paragraph(_run(result.population, 9), '<w:spacing w:after="120"/><w:jc w:val="center"/>'),
    ]
    _replace(header, lines)


def _fill_footer(document: "Document", result: Result) -> None:
    footer = document.sections[0].footer
    footer.is_linked_to_previous = False
    rule = f"<w:pBdr><w:top {_RULE}/></w:pBdr>"
    notes = footnotes_of(result)
    _replace(
        footer,
        [_paragraph(_run(note, 8), "" if i else rule) for i, note in enumerate(notes)]
        or [_paragraph("", rule)],
    )


def _replace(part: Any, lines: Sequence[str]) -> None:
    for child in list(part._element):
        part._element.remove(child)
    for line in lines:
        part._element.append(_element(line))


def _element(xml: str) -> Any:
    from docx.oxml import parse_xml

    name = xml[1 : xml.index(">")]
    return parse_xml(f"<{name} {_SPACE}>{xml[len(name) + 2 :]}")


def _paragraph(runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{runs}</w:p>"


def _paragraph_between(*, last: bool) -> str:
    """Return the paragraph after a page's table: one point high, with a page break but for the last."""
    after = "" if last else '<w:r><w:br w:type="page"/></w:r>'
    return _paragraph(after, '<w:spacing w:line="20" w:lineRule="exact"/><w:rPr><w:sz w:val="2"/></w:rPr>')


def _run(text: str, size: float, *, bold: bool = False) -> str:
    pieces = printable(text).split("\n")
    texts = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(piece)}</w:t>' for piece in pieces)
    strong = "<w:b/>" if bold else ""
    return f'<w:r><w:rPr>{strong}<w:sz w:val="{round(2 * size)}"/></w:rPr>{texts}</w:r>'


def _field(name: str) -> str:
    return f'<w:fldSimple w:instr="{name}">{_run("1", 8)}</w:fldSimple>'


def _table(panel: Panel, rows: Sequence[Row]) -> str:
    widths = [round(_TWIPS * width) for width in panel.widths]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    margins = '<w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/>'
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        f"<w:tblCellMar>{margins}</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
        f"{''.join(_rows(panel, rows, widths))}</w:tbl>"
    )


def _rows(panel: Panel, rows: Sequence[Row], widths: Sequence[int]) -> Iterator[str]:
    columns = panel.result.columns
    spanned = any(column.span for column in columns)
    if spanned:
        yield _span_row(panel, widths)
    aligned = ["left", *(_ALIGN[column.align] for column in columns)]
    labels = [panel.result.stub, *("\n".join(header_lines(column)) for column in columns)]
    edges = ("" if spanned else "t") + "b"
    yield _row(
        [
            _cell(_run(label, panel.size, bold=True), width, f'<w:jc w:val="{way}"/>', edges + "_")
            for label, width, way in zip(labels, widths, aligned, strict=True)
        ],
        head=True,
    )
    grouped = any(row.indent for row in panel.result.rows)
    for place, row in enumerate(rows):
        space = '<w:spacing w:before="60"/>' if grouped and not row.indent and place else ""
        bold = row.is_heading and not row.indent
        texts = [cell.text for cell in row.cells] or [""] * len(columns)
        last = "b" if place == len(rows) - 1 else ""
        stub = f'{space}<w:ind w:left="{200 * row.indent}"/><w:jc w:val="left"/>'
        ways = [stub, *(f'{space}<w:jc w:val="{way}"/>' for way in aligned[1:])]
        runs = [_run(row.label, panel.size, bold=bold), *(_run(text, panel.size) for text in texts)]
        yield _row([_cell(run, width, way, last) for run, width, way in zip(runs, widths, ways, strict=True)])


def _span_row(panel: Panel, widths: Sequence[int]) -> str:
    cells = [_cell("", widths[0], "", "t")]
    place = 1
    for words, count in span_runs(panel.result.columns):
        run = _run(words, panel.size, bold=True)
        width = sum(widths[place : place + count])
        cells.append(_cell(run, width, '<w:jc w:val="center"/>', "tb" if words else "t", span=count))
        place += count
    return _row(cells, head=True)


def _row(cells: Sequence[str], *, head: bool = False) -> str:
    repeated = "<w:tblHeader/>" if head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{''.join(cells)}</w:tr>"


def _cell(run: str, width: int, properties: str, edges: str, *, span: int = 1) -> str:
    """Return a cell; ``edges`` holds t and b for rules above and below, _ to stand at the bottom."""
    sides = (f"<w:top {_RULE}/>" if "t" in edges else "") + (f"<w:bottom {_RULE}/>" if "b" in edges else "")
    rules = f"<w:tcBorders>{sides}</w:tcBorders>" if sides else ""
    covers = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    stands = '<w:vAlign w:val="bottom"/>' if "_" in edges else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{covers}{rules}{stands}</w:tcPr>'
        f"{_paragraph(run, properties)}</w:tc>"
    )
