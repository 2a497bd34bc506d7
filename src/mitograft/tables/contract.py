"""Column contracts: what a table must look like, checked all at once.

A ``RawTable`` is what a file held: text or numbers, cell by cell, with the row numbers a reader sees in
the file. ``check`` compares it with a ``Contract`` and returns the typed ``Table`` together with every
violation found; it never stops at the first one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mitograft.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Cell", "Column", "Contract", "RawTable", "Role", "Table"]

Cell = str | float | int | bool | None
Role = Literal["identifier", "number", "text", "category"]


@dataclass(frozen=True, slots=True)
class Column:
    """What one column means and may hold.

    Parameters
    ----------
    name, label
        Machine name and the words a reader sees.
    role
        ``identifier`` (never shown in messages), ``number``, ``text`` or ``category`` (one of ``allowed``).
    unit
        Unit of a number, as the field writes it; empty where there is none.
    required
        Whether the column must be present in the file.
    filled
        Whether every cell must hold a value.
    low, high
        Inclusive limits of a number; None where open.
    allowed
        The values a category may take.
    source
        Where the definition comes from.
    """

    name: str
    label: str
    role: Role
    unit: str = ""
    required: bool = True
    filled: bool = False
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """A table's columns and the columns whose combination must be unique."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Return the column names in order."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class RawTable:
    """What a file held, before any meaning was given to it.

    Parameters
    ----------
    source
        File name for messages (with the sheet for a workbook).
    columns
        Header name to cells, in file order. Text files give only text; workbooks and Parquet give
        numbers where the file has numbers. An empty cell is None.
    rows
        Row number of each record as the file's own application counts (header = row 1).
    """

    source: str
    columns: Mapping[str, Sequence[Cell]]
    rows: Sequence[int]

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.rows)

    def rename(self, names: Mapping[str, str]) -> "RawTable":
        """Return the table with columns renamed (old name to new name).

        Raises
        ------
        UsageError
            If a name to rename is not a column, or two columns would share a name.
        """
        absent = [name for name in names if name not in self.columns]
        renamed = [names.get(name, name) for name in self.columns]
        if absent or len(set(renamed)) < len(renamed):
            twice = sorted({name for name in renamed if renamed.count(name) > 1})
            raise UsageError(
                f"{self.source}: cannot rename {', '.join(map(repr, absent or twice))}; "
                f"expected {'a column of the file' if absent else 'one column for each name'}."
            )
        return RawTable(self.source, {names.get(k, k): v for k, v in self.columns.items()}, self.rows)


@dataclass(frozen=True, slots=True)
class Table:
    """A checked table: numbers as float64 arrays (missing = NaN), the rest as lists of text or None."""

    source: str
    rows: "npt.NDArray[np.int64]"
    numbers: Mapping[str, "npt.NDArray[np.float64]"] = field(default_factory=dict)
    texts: Mapping[str, list[str | None]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.rows)
