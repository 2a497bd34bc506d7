"""Settle what each column of a table holds before it is written: numbers, truth values or text."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mitograft.errors import UsageError
from mitograft.tables.contract import Cell

__all__ = ["TypedColumn", "number_text", "shortest", "typed_columns"]

Kind = Literal["number", "boolean", "text"]
_PLAIN = frozenset({str, int, float, bool, type(None)})
# Above this, a double no longer holds every integer, and neither do a spreadsheet or JavaScript.
_LARGEST_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column ready to be written; cells are of its kind or None (no value)."""

    name: str
    kind: Kind
    cells: Sequence[Cell]


def shortest(number: float) -> float:
    """Return a whole number as an integer, whose text is shorter; any other number as it is."""
    if float(number).is_integer() and abs(number) <= _LARGEST_EXACT:
        return int(number)
    return number


def number_text(number: float) -> str:
    """Return the shortest text that reads back as the same number; zero has no sign.

    >>> number_text(40.0), number_text(0.1 + 0.2), number_text(-0.0), number_text(1e22), number_text(7)
    ('40', '0.30000000000000004', '0', '1e+22', '7')
    """
    return repr(number + 0).removesuffix(".0")  # adding nothing turns minus zero into zero


def typed_columns(columns: Mapping[str, Sequence[Cell]]) -> list[TypedColumn]:
    """Settle the kind of every column from its cells.

    A column is text as soon as one cell is text, or holds an integer too large for a double; its numbers
    are then written as text. "Not a number" and empty text are no value. A column without any value counts
    as text. Arrays are taken as the lists they hold.

    Raises
    ------
    UsageError
        If there are no columns, they differ in length, or a cell is infinite or of another type.
    """
    if not columns:
        raise UsageError("A table needs at least one column.")
    typed = [_typed(name, cells) for name, cells in columns.items()]
    lengths = {len(column.cells) for column in typed}
    if len(lengths) > 1:
        raise UsageError(f"The columns of a table need one length; found {sorted(lengths)}.")
    return typed


def _typed(name: str, cells: Sequence[Cell]) -> TypedColumn:
    if not name:
        raise UsageError("A column needs a name of at least one character; found none.")
    _require_text(name, name)
    listed = cells.tolist() if hasattr(cells, "tolist") else list(cells)
    if not set(map(type, listed)) <= _PLAIN:
        listed = [_plain(name, cell) for cell in listed]
    kinds = set(map(type, listed)) - {type(None)}
    if kinds == {bool}:
        return TypedColumn(name, "boolean", listed)
    if kinds and kinds <= {int, float} and not _has_large_integer(listed):
        return TypedColumn(name, "number", _finite(name, listed))
    return TypedColumn(name, "text", [_text(name, cell) for cell in _finite(name, listed)])


def _plain(name: str, cell: object) -> Cell:
    if hasattr(cell, "item"):  # a scalar of an array library
        cell = cell.item()
    for kind in (bool, int, float, str):
        if isinstance(cell, kind):
            return kind(cell)
    if cell is None:
        return None
    raise UsageError(f"Column {name}: cannot write a cell of the type {type(cell).__name__}.")


def _has_large_integer(cells: Sequence[Cell]) -> bool:
    return any(isinstance(cell, int) and abs(cell) > _LARGEST_EXACT for cell in cells)


def _finite(name: str, cells: Sequence[Cell]) -> Sequence[Cell]:
    """Return the cells with None for "not a number"."""
    if math.inf in cells or -math.inf in cells:
        raise UsageError(f"Column {name}: found an infinite number; expected a finite one or no value.")
    return [None if cell != cell else cell for cell in cells]


def _text(name: str, cell: Cell) -> str | None:
    if cell is None or isinstance(cell, bool):
        return None if cell is None else str(cell).lower()
    if isinstance(cell, str):
        _require_text(name, cell)
        return cell or None
    return number_text(cell)


def _require_text(name: str, text: str) -> None:
    """Refuse half of a character pair (a lone surrogate), which no file format can hold."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UsageError(f"Column {name!a}: found a cell that is no valid Unicode text.") from None
