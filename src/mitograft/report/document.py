"""What a report consists of: plain values, ready to be rendered.

A ``Document`` holds sections, a section holds blocks. Everything is frozen and checked when made, so that a
report that can be built can also be rendered. Nothing here computes.

::

    Document
    `-- Section
        |-- Paragraph   a few sentences, plain or set apart as note or warning
        |-- Table       columns and rows; offered as CSV beside the table
        |-- Figure      one drawing with its text alternative and the table it was drawn from
        |-- Picture     one raster picture with its text alternative (Pictures: several side by side)
        `-- Verdicts    claims with their verdicts
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mitograft.claims import Verdict
from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.report.picture import Picture, Pictures
from mitograft.tables.contract import Cell

__all__ = [
    "Block",
    "ClaimRow",
    "Document",
    "Figure",
    "Paragraph",
    "Section",
    "Table",
    "TableColumn",
    "Tone",
    "Verdicts",
]

Tone = Literal["plain", "note", "warning"]

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def _check_ids(ids: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in ids:
        if not _ID.fullmatch(name):
            raise UsageError(
                f"{what} id {name!r}: expected lower-case letters, digits and single hyphens, "
                "starting with a letter. Rename it."
            )
        if name in seen:
            raise UsageError(f"{what} id {name!r} is used twice; expected each id once. Rename one of them.")
        seen.add(name)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A few sentences; ``note`` and ``warning`` are set apart and say which they are."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """How one column is called and shown.

    Parameters
    ----------
    name
        Column name in the CSV.
    label, unit
        Words a reader sees; the unit stands below the label.
    align
        ``left`` for text, ``right`` for numbers, ``decimal`` to line numbers up at the decimal point.
    decimals
        Decimals shown; None shows each number as short as it can be told apart (6 significant digits).
    """

    name: str
    label: str
    unit: str = ""
    align: Literal["left", "right", "decimal"] = "left"
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows; the first column names the row.

    Parameters
    ----------
    id
        Part of the address of the table within the page; unique in a document.
    caption, note
        What the table shows; remarks below it.
    columns, rows
        A row has one cell for each column; None and NaN are shown as missing.
    collapsed
        Whether the reader opens the table; on paper it is always open.
    data_kind
        Kind of the data if it differs from the document's.

    Raises
    ------
    UsageError
        If a column name occurs twice or a row has the wrong number of cells.
    """

    id: str
    caption: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    collapsed: bool = False
    data_kind: DataKind | None = None

    def __post_init__(self) -> None:
        """Refuse tables that cannot be shown."""
        names = [column.name for column in self.columns]
        if not names or len(set(names)) != len(names):
            raise UsageError(f"Table {self.id!r}: found columns {names}; expected one or more, each once.")
        for index, row in enumerate(self.rows):
            if len(row) != len(names):
                raise UsageError(
                    f"Table {self.id!r}, row {index}: found {len(row)} cells, expected {len(names)}."
                )


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with what it shows in words.

    Parameters
    ----------
    id
        Part of the address of the figure within the page; unique in a document.
    title
        The finding or subject in one line.
    caption
        How to read the picture.
    alt
        Text alternative: what a reader who cannot see the picture must know.
    svg
        The picture as drawn by ``mitograft.report.figures``.
    source
        The table it was drawn from.
    data_kind
        Kind of the data if it differs from the document's.

    Raises
    ------
    UsageError
        If the text alternative is empty.
    """

    id: str
    title: str
    caption: str
    alt: str
    svg: str
    source: Table | None = None
    data_kind: DataKind | None = None

    def __post_init__(self) -> None:
        """Refuse a figure without words."""
        if not self.alt.strip() or not self.title.strip():
            raise UsageError(f"Figure {self.id!r}: expected a title and a text alternative. Add them.")


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim, how it was judged and why.

    Parameters
    ----------
    id, statement
        The claim.
    verdict, reason
        How it was judged, and why.
    estimate, low, high, unit, decimals
        The evidence the verdict rests on and the decimals shown; None where there is none.
    beside
        What must be read beside the verdict, for example the comparison with placebo.
    flag
        Why the claim or its margin is not confirmed; empty where it is.
    source
        Where the claim is made.
    data_kind
        Kind of the data behind the verdict if it differs from the document's.
    """

    id: str
    statement: str
    verdict: Verdict
    reason: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    decimals: int | None = None
    beside: str = ""
    flag: str = ""
    source: str = ""
    data_kind: DataKind | None = None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """A table of claims with their verdicts."""

    id: str
    caption: str
    rows: tuple[ClaimRow, ...]
    note: str = ""
    collapsed: bool = False


Block = Paragraph | Table | Figure | Picture | Pictures | Verdicts


@dataclass(frozen=True, slots=True)
class Section:
    """One question and its answer: the ``lead`` says the answer, the blocks show it."""

    id: str
    title: str
    lead: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report.

    Parameters
    ----------
    title, subtitle
        Head of the page.
    data_kind
        Where the data comes from; published and simulated data are marked on the page, on every figure
        and on every table.
    lead
        The answer in two or three sentences.
    facts
        Label and value of the few numbers a reader wants first.
    sections
        The body.
    provenance_note
        How the report came about: versions, inputs, seed.
    language
        Language tag of the text (BCP 47).

    Raises
    ------
    UsageError
        If an id is malformed or used twice, or the language tag is malformed.
    """

    title: str
    subtitle: str
    data_kind: DataKind
    lead: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    provenance_note: str
    language: str = "en"

    def __post_init__(self) -> None:
        """Refuse documents whose addresses would clash."""
        if not _LANGUAGE.fullmatch(self.language):
            raise UsageError(f"Language {self.language!r}: expected a tag such as 'en' or 'pt-BR'.")
        _check_ids((section.id for section in self.sections), "Section")
        pictured = (Figure, Picture, Pictures)  # they share the addresses figure-...
        _check_ids((block.id for block in self._blocks() if isinstance(block, pictured)), "Figure")
        _check_ids((block.id for block in self._blocks() if isinstance(block, Table)), "Table")
        _check_ids((block.id for block in self._blocks() if isinstance(block, Verdicts)), "Verdicts")

    def _blocks(self) -> Iterable[Block]:
        for section in self.sections:
            for block in section.blocks:
                yield block
                if isinstance(block, Figure) and block.source is not None:
                    yield block.source
                if isinstance(block, Pictures):
                    yield from block.items
