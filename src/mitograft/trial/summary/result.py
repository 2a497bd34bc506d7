"""A table of a trial as data: every cell holds its text, the numbers behind it and the records it counts.

::

    Result
    |-- Column       what it shows, of how many subjects
    |-- Row          heading or label with its cells
    |   `-- Cell     text as printed
    |       |-- Statistic   a number in full, with its name and unit
    |       `-- Records     which rows of which data set were counted
    `-- footnotes

The renderers of ``mitograft.trial.tables`` turn one ``Result`` into HTML, RTF, DOCX, CSV or analysis results
data; none of them computes anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.trial.dataset import Datasets

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["EMPTY", "Cell", "Column", "Records", "Result", "Row", "Statistic", "heading"]


@dataclass(frozen=True, slots=True)
class Statistic:
    """One number of an analysis.

    Parameters
    ----------
    group
        Label of the group of subjects; for a comparison all groups, joined with " / ".
    variable, level
        What was analysed: the variable and, for counts, its level.
    name
        ``n``, ``percent``, ``denominator``, ``events``, ``mean``, ``sd``, ``median``, ``min``, ``max``,
        ``low``, ``high``, ``p`` or the like.
    value
        In full; None where it is not defined.
    unit
        Unit of the number; empty for counts and p values.
    """

    group: str
    variable: str
    level: str
    name: str
    value: float | None
    unit: str = ""


class Records:
    """Rows of a data set, counted from 0, in ascending order.

    Parameters
    ----------
    dataset
        Name of the data set.
    rows
        Places of the records in its frame.
    """

    __slots__ = ("dataset", "rows")

    def __init__(self, dataset: str, rows: "ArrayLike") -> None:
        self.dataset = dataset
        self.rows: npt.NDArray[np.int64] = np.sort(np.asarray(rows, dtype=np.int64))

    def __len__(self) -> int:
        """Return the number of records."""
        return int(self.rows.size)

    def __eq__(self, other: object) -> bool:
        """Tell whether the other names the same records."""
        if not isinstance(other, Records):
            return NotImplemented
        return self.dataset == other.dataset and np.array_equal(self.rows, other.rows)

    def __hash__(self) -> int:
        return hash((self.dataset, self.rows.tobytes()))

    def __repr__(self) -> str:
        return f"Records({self.dataset!r}, {len(self)} rows)"


@dataclass(frozen=True, slots=True)
class Cell:
    """What is printed, the numbers it was printed from and the records behind them."""

    text: str = ""
    statistics: tuple[Statistic, ...] = ()
    records: tuple[Records, ...] = ()

    @property
    def value(self) -> float | None:
        """The first number of the cell; None where there is none."""
        return self.statistics[0].value if self.statistics else None


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of cells.

    Parameters
    ----------
    label
        Name of the group or of the number shown.
    size
        Subjects in the group, shown as (N=..); None for columns that are no group.
    span
        Words above this column and its neighbours with the same words; empty for none.
    align
        ``centre`` for numbers, ``left`` for text (listings).
    """

    label: str
    size: int | None = None
    span: str = ""
    align: str = "centre"

    @property
    def header(self) -> str:
        """Label with the number of subjects."""
        return self.label if self.size is None else f"{self.label} (N={self.size})"


@dataclass(frozen=True, slots=True)
class Row:
    """A label with its cells; a heading has none. ``indent`` is 0, 1 or 2."""

    label: str
    cells: tuple[Cell, ...] = ()
    indent: int = 0

    @property
    def is_heading(self) -> bool:
        """Whether the row only names what follows."""
        return not self.cells


def heading(label: str, indent: int = 0) -> Row:
    """Return a row that names the rows below it."""
    return Row(label, (), indent)


@dataclass(frozen=True)
class Result:
    """One table.

    Parameters
    ----------
    id
        Name of the file and of the table in the analysis results data: letters, digits, hyphens.
    title, population
        What it shows, and of whom.
    stub
        Heading of the labels of the rows.
    columns, rows
        In order; a row has no cell or one for each column.
    footnotes
        Denominators, methods, rules: what a reader must know to read the numbers.
    data_kind
        Whether the data are measured, published or simulated; simulated tables say so on every page.
    sources
        The data sets whose rows ``Records`` count.

    Raises
    ------
    UsageError
        If a row has the wrong number of cells, or records name no source.
    """

    id: str
    title: str
    population: str
    stub: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    footnotes: tuple[str, ...] = ()
    data_kind: DataKind = "measured"
    sources: Datasets = field(default_factory=lambda: Datasets(()))

    def __post_init__(self) -> None:
        """Refuse a table that contradicts itself."""
        for row in self.rows:
            if not row.is_heading and len(row.cells) != len(self.columns):
                raise UsageError(
                    f"Table {self.id}, row {row.label!r}: found {len(row.cells)} cells; "
                    f"expected {len(self.columns)}, one a column."
                )
        named = {records.dataset for _, _, cell in self.cells() for records in cell.records}
        unknown = sorted(named - set(self.sources))
        if unknown:
            raise UsageError(
                f"Table {self.id}: found records of {', '.join(unknown)}; expected a source of it."
            )

    def cells(self) -> Iterator[tuple[int, int, Cell]]:
        """Yield each cell with its row and column, counted from 1 (headings count as rows)."""
        for i, row in enumerate(self.rows, start=1):
            for j, cell in enumerate(row.cells, start=1):
                yield i, j, cell

    def find(self, label: str, *, under: str = "") -> tuple[Cell, ...]:
        """Return the cells of the first row of this label, after the row labelled ``under`` if given.

        Raises
        ------
        UsageError
            If there is no such row.
        """
        waiting = bool(under)
        for row in self.rows:
            if waiting:
                waiting = row.label != under
                if waiting or row.label != label:
                    continue
            if row.label == label and not row.is_heading:
                return row.cells
        place = f" under {under!r}" if under else ""
        raise UsageError(f"Table {self.id}: found no row {label!r}{place}; expected one of its labels.")
