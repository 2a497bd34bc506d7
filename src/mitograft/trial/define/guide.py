"""A reviewer's guide in draft: the same sections as DOCX and as Markdown."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mitograft.evidence import DataKind
from mitograft.tables.same_archive import with_fixed_dates
from mitograft.trial.adam import Adam
from mitograft.trial.dataset import Datasets
from mitograft.trial.define.guide_sections import GuideSection, GuideTable, guide_sections
from mitograft.trial.define.names import safe_text
from mitograft.trial.define.xml import define_content
from mitograft.trial.protocol import Protocol

if TYPE_CHECKING:
    from docx.document import Document

    from mitograft.trial.conformance.findings import Finding

__all__ = ["ReviewersGuide", "reviewers_guide"]

_MOMENT = datetime(1980, 1, 1)
_WIDTH = 17.0  # centimetres between the margins
_MARKED = re.compile(r"([\\`*_{}\[\]<>#|~])")


@dataclass(frozen=True, slots=True)
class ReviewersGuide:
    """The guide as text and as the bytes of a DOCX file."""

    markdown: str
    docx: bytes


def reviewers_guide(
    sdtm: Datasets,
    adam: Adam | Datasets,
    protocol: Protocol,
    *,
    findings: "Sequence[Finding] | None" = None,
    data_kind: DataKind = "measured",
) -> ReviewersGuide:
    """Write a draft of a reviewer's guide.

    Study, arms and visits; data sets with class, key and number of rows; populations with their rule and
    number; rules of the derived variables; imputed dates; findings of the checks; choices and tables that
    nobody has confirmed; what the sponsor has to write. It is marked as a draft and says nothing of any
    compliance. Counts only: no value of a patient.

    Parameters
    ----------
    sdtm, adam
        Collected and analysis data sets; an ``Adam`` says in addition which choices it rests on.
    protocol
        Arms, visits, window for dose-limiting toxicity.
    findings
        Of the checks of the collected data; None where they were not run.
    data_kind
        Simulated and published data are called so.

    Returns
    -------
    ReviewersGuide
        The same input gives the same bytes.

    Raises
    ------
    UsageError
        If there are no data sets.
    """
    datasets = adam.datasets if isinstance(adam, Adam) else adam
    specification = adam.specification if isinstance(adam, Adam) else None
    contents = (define_content(sdtm, "SDTM"), define_content(datasets, "ADaM", specification))
    sections = guide_sections(contents, adam, protocol, findings=findings, data_kind=data_kind)
    mark = "DRAFT, SIMULATED DATA" if data_kind == "simulated" else "DRAFT"
    title = f"Reviewer's guide to the data of study {protocol.study} ({mark})"
    return ReviewersGuide(_markdown(title, sections), _docx(title, sections))


def _markdown(title: str, sections: Sequence[GuideSection]) -> str:
    lines = [f"# {_plain(title)}", ""]
    for section in sections:
        lines += [f"## {_plain(section.title)}", ""]
        for paragraph in section.paragraphs:
            lines += [_plain(paragraph), ""]
        if section.points:
            lines += [*(f"- {_plain(point)}" for point in section.points), ""]
        if section.table is not None:
            lines += [*_markdown_table(section.table), ""]
    return "\n".join(lines)


def _markdown_table(table: GuideTable) -> list[str]:
    rows = [table.columns, tuple("---" for _ in table.columns)]
    lines = [f"| {' | '.join(map(_plain, table.columns))} |", f"| {' | '.join(rows[1])} |"]
    return [*lines, *(f"| {' | '.join(map(_plain, row))} |" for row in table.rows)]


def _plain(text: str) -> str:
    """Return text on one line that no reader takes for markup."""
    return _MARKED.sub(r"\\\1", safe_text(" ".join(text.split())))


def _docx(title: str, sections: Sequence[GuideSection]) -> bytes:
    from docx import Document

    document = Document()
    _prepare(document, title)
    document.add_heading(safe_text(title), 0)
    for section in sections:
        document.add_heading(safe_text(section.title), 1)
        for paragraph in section.paragraphs:
            document.add_paragraph(safe_text(paragraph))
        for point in section.points:
            document.add_paragraph(safe_text(point), style="List Bullet")
        if section.table is not None:
            _add_table(document, section.table)
    stream = io.BytesIO()
    document.save(stream)
    return with_fixed_dates(stream.getvalue(), _MOMENT)


def _prepare(document: "Document", title: str) -> None:
    from docx.shared import Cm, Pt

    page = document.sections[0]
    page.page_width, page.page_height = Cm(21.0), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2.0)
    page.header.paragraphs[0].text = safe_text(title)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(9)
    properties = document.core_properties
    properties.author, properties.comments, properties.title = "", "", safe_text(title)
    properties.created = properties.modified = _MOMENT
    properties.revision = 1


def _add_table(document: "Document", table: GuideTable) -> None:
    from docx.shared import Cm, Pt

    grid = document.add_table(len(table.rows) + 1, len(table.columns))
    grid.style = "Table Grid"
    grid.autofit = False
    widths = [Cm(_WIDTH * share / sum(table.shares)) for share in table.shares]
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = width
    for place, (row, texts) in enumerate(zip(grid.rows, (table.columns, *table.rows), strict=True)):
        for cell, text, width in zip(row.cells, texts, widths, strict=True):
            cell.width = width
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(1)
            run = paragraph.add_run(safe_text(text))
            run.bold = place == 0
            run.font.size = Pt(7.5)
        _mark(row, "w:cantSplit")
    _mark(grid.rows[0], "w:tblHeader")
    document.add_paragraph()


def _mark(row: Any, property_name: str) -> None:
    """Give a row a property: not split over pages, or repeated on each."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(property_name))
