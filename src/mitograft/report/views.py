"""What the page template prints: numbered blocks with every cell already in words."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import quote

from markupsafe import Markup

from mitograft.evidence import DataKind
from mitograft.report.document import (
    Block,
    ClaimRow,
    Document,
    Figure,
    Paragraph,
    Section,
    Table,
    TableColumn,
    Verdicts,
)
from mitograft.report.downloads import csv_address
from mitograft.report.links import linked
from mitograft.report.numbers import MISSING, align_decimals, format_cell, format_interval
from mitograft.report.picture import LegendEntry, Picture, Pictures
from mitograft.report.svg import embed_svg

__all__ = ["BlockView", "ClaimView", "PictureView", "SectionView", "view_sections"]

_SHORT = 20
_LONG = 40
_VERDICT_COLUMNS = (
    TableColumn("claim", "claim"),
    TableColumn("statement", "statement"),
    TableColumn("verdict", "verdict"),
    TableColumn("reason", "reason"),
    TableColumn("estimate", "estimate"),
    TableColumn("low", "low"),
    TableColumn("high", "high"),
    TableColumn("unit", "unit"),
    TableColumn("beside", "beside it"),
    TableColumn("flag", "not confirmed"),
    TableColumn("source", "source"),
    TableColumn("data_kind", "kind of data"),
)


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block as the template sees it; fields that a kind of block does not have stay empty."""

    kind: str
    anchor: str = ""
    number: str = ""
    caption: str = ""
    block: Block | None = None
    text: Markup = field(default_factory=Markup)
    data_kind: DataKind = "measured"
    address: str = ""
    file_name: str = ""
    rows: tuple[tuple[tuple[str, Markup], ...], ...] = ()
    has_missing: bool = False
    svg: Markup = field(default_factory=Markup)
    source: "BlockView | None" = None
    tally: tuple[tuple[str, int], ...] = ()
    claims: tuple["ClaimView", ...] = ()
    pictures: tuple["PictureView", ...] = ()
    legend: tuple[LegendEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureView:
    """A raster picture as the template sees it: its bytes as address, the full picture as link."""

    picture: Picture
    anchor: str
    text: Markup
    address: str
    share: str
    link: str
    file_name: str


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A judged claim as the template sees it."""

    claim: ClaimRow
    slug: str
    interval: str
    remarks: tuple[tuple[str, Markup], ...]
    data_kind: DataKind


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section as the template sees it."""

    section: Section
    lead: Markup
    blocks: tuple[BlockView, ...]


class _Numbering:
    """Counts figures and tables through the document."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def next(self, word: str) -> str:
        self.counts[word] += 1
        return f"{word} {self.counts[word]}"


def view_sections(document: Document) -> Iterator[SectionView]:
    """Yield the document's sections with figures and tables numbered in reading order."""
    numbering = _Numbering()
    for section in document.sections:
        blocks = tuple(_view(block, document.data_kind, numbering) for block in section.blocks)
        yield SectionView(section, linked(section.lead), blocks)


def _view(block: Block, kind: DataKind, numbering: _Numbering) -> BlockView:
    if isinstance(block, Paragraph):
        return BlockView("paragraph", block=block, text=linked(block.text))
    if isinstance(block, Table):
        return _view_table(block, kind, numbering.next("Table"))
    if isinstance(block, Figure):
        return _view_figure(block, kind, numbering)
    if isinstance(block, Picture | Pictures):
        return _view_pictures(block, kind, numbering.next("Figure"))
    return _view_verdicts(block, kind, numbering.next("Table"))


def _view_table(table: Table, kind: DataKind, number: str, *, collapsed: bool = False) -> BlockView:
    kind = table.data_kind or kind
    columns = [_column_texts(table, index) for index in range(len(table.columns))]
    styles = [column.align for column in table.columns]
    rows = tuple(
        tuple((_style(style, text), linked(text)) for style, text in zip(styles, row, strict=True))
        for row in zip(*columns, strict=True)
    )
    return BlockView(
        "collapsed-table" if table.collapsed or collapsed else "table",
        anchor=f"table-{table.id}",
        number=number,
        caption=table.caption,
        block=table,
        text=linked(table.note),
        data_kind=kind,
        address=csv_address(table),
        file_name=_file_name(table.id, kind),
        rows=rows,
        has_missing=any(text.rstrip("\u2007\u2008") == MISSING for column in columns for text in column),
    )


def _style(align: str, text: str) -> str:
    """Return the classes of a cell: short text stays on one line, long text gets room to stand in."""
    length = "short" if len(text) <= _SHORT else "middle" if len(text) < _LONG else "long"
    return f"{align} {length}"


def _column_texts(table: Table, index: int) -> list[str]:
    column = table.columns[index]
    texts = [format_cell(row[index], column.decimals) for row in table.rows]
    return align_decimals(texts) if column.align == "decimal" else texts


def _view_figure(figure: Figure, kind: DataKind, numbering: _Numbering) -> BlockView:
    kind = figure.data_kind or kind
    number = numbering.next("Figure")
    source = figure.source
    return BlockView(
        "figure",
        anchor=f"figure-{figure.id}",
        number=number,
        caption=figure.title,
        block=figure,
        text=linked(figure.caption),
        data_kind=kind,
        svg=embed_svg(figure.svg, f"figure-{figure.id}", figure.alt),
        source=_view_table(source, kind, f"Data of {number}", collapsed=True) if source else None,
    )


def _view_pictures(block: Picture | Pictures, kind: DataKind, number: str) -> BlockView:
    items = block.items if isinstance(block, Pictures) else (block,)
    return BlockView(
        "pictures",
        anchor=f"figure-{block.id}",
        number=number,
        caption=block.title,
        block=block,
        text=linked(block.caption),
        data_kind=block.data_kind or kind,
        pictures=tuple(_view_picture(item, several=isinstance(block, Pictures)) for item in items),
        legend=block.legend,
    )


def _view_picture(picture: Picture, *, several: bool) -> PictureView:
    name = PurePosixPath(picture.file).name
    return PictureView(
        picture,
        anchor=f"figure-{picture.id}" if several else "",
        text=linked(picture.caption) if several else Markup(),
        address=f"data:image/png;base64,{b64encode(picture.png).decode('ascii')}",
        share=f"{100 * picture.scale.share:.2f}%" if picture.scale else "",
        # The leading ./ keeps a colon in the first part of a name from being read as a scheme.
        link=f"./{quote(picture.file)}" if picture.file else "",
        file_name=name,
    )


def _view_verdicts(verdicts: Verdicts, kind: DataKind, number: str) -> BlockView:
    kinds = {row.data_kind or kind for row in verdicts.rows}
    kind_of_all = kinds.pop() if len(kinds) == 1 else kind
    tally = Counter(row.verdict for row in verdicts.rows)
    return BlockView(
        "verdicts",
        anchor=f"claims-{verdicts.id}",
        number=number,
        caption=verdicts.caption,
        block=verdicts,
        text=linked(verdicts.note),
        data_kind=kind_of_all,
        address=csv_address(_verdict_table(verdicts, kind)),
        file_name=_file_name(verdicts.id, kind_of_all),
        tally=tuple(tally.items()),
        claims=tuple(_view_claim(row, kind) for row in verdicts.rows),
    )


def _view_claim(row: ClaimRow, kind: DataKind) -> ClaimView:
    interval = "" if row.estimate is None else format_interval(row.estimate, row.low, row.high, row.decimals)
    remarks = (("Beside it", row.beside), ("Not confirmed", row.flag), ("Source", row.source))
    return ClaimView(
        row,
        row.verdict.replace(" ", "-"),
        f"{interval} {row.unit}".strip() if interval else "",
        tuple((label, linked(text)) for label, text in remarks if text),
        row.data_kind or kind,
    )


def _verdict_table(verdicts: Verdicts, kind: DataKind) -> Table:
    rows = tuple(
        (
            *(v.id, v.statement, v.verdict, v.reason, v.estimate, v.low, v.high, v.unit),
            *(v.beside, v.flag, v.source, v.data_kind or kind),
        )
        for v in verdicts.rows
    )
    return Table(verdicts.id, verdicts.caption, _VERDICT_COLUMNS, rows)


def _file_name(name: str, kind: DataKind) -> str:
    """Return a file name that keeps the mark of simulated data."""
    return f"simulated-{name}.csv" if kind == "simulated" else f"{name}.csv"
