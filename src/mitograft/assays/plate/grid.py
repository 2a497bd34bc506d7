"""Grids: a line of column numbers from 1, and below it lines that begin with a row letter."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mitograft.assays.plate.document import Rows
from mitograft.assays.plate.wells import well_name
from mitograft.errors import describe_cell
from mitograft.tables.contract import Cell
from mitograft.tables.problems import Problems

__all__ = ["Grid", "find_grids", "grid_cells", "read_signal", "words"]

_LEAST_COLUMNS, _MOST_COLUMNS = 2, 48
_LETTERS = re.compile(r"[A-Z]|A[A-F]|[a-f]")
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
# Signs of readers for a value they could not give.
_NO_VALUE = frozenset(
    {
        "nan",
        "n/a",
        "na",
        "ovrflw",
        "overflow",
        "over",
        "ovr",
        "sat",
        "saturated",
        "invalid",
        "masked",
        "?????",
    }
)


@dataclass(frozen=True, slots=True)
class Grid:
    """One block of a plate.

    Parameters
    ----------
    top
        Index of the line with the column numbers.
    columns
        How many columns it has.
    rows
        Row letters with the cells of the line, and what stands to the right of the last column. A line
        without a letter continues the row above (a second value of the same wells).
    """

    top: int
    columns: int
    rows: tuple[tuple[str, Sequence[Cell], str], ...]


def words(cell: Cell) -> str:
    """Return a cell as text without surrounding blanks; whole numbers without a decimal point.

    >>> words(12.0), words(" A "), words(None)
    ('12', 'A', '')
    """
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def find_grids(rows: Rows) -> list[Grid]:
    """Return every grid of a sheet, from top to bottom.

    A 1536-well plate may name its last rows AA to AF, or a to f as BMG does.
    """
    found = []
    for top, record in enumerate(rows):
        columns = _count_columns(record)
        if columns:
            found.append(Grid(top, columns, tuple(_body(rows, top + 1, columns))))
    return [grid for grid in found if grid.rows]


def grid_cells(grid: Grid, *, label: str | None = None) -> Iterator[tuple[str, Cell, int]]:
    """Yield well, cell and line number (from 1) of a grid; with ``label``, of the lines it ends.

    >>> grid = find_grids([["", "1", "2"], ["A", "3.5", ""]])[0]
    >>> list(grid_cells(grid))
    [('A01', '3.5', 2), ('A02', '', 2)]
    """
    for offset, (letters, cells, end) in enumerate(grid.rows):
        if label is not None and end != label:
            continue
        for column, cell in enumerate(cells, start=1):
            well = well_name(f"{letters}{column}")
            if well:
                yield well, cell, grid.top + offset + 2


def read_signal(
    cell: Cell, problems: Problems, row: int, column: str, *, thousands: bool = False
) -> tuple[float, str] | None:
    """Return value and note of a measured cell; None where it is empty.

    ``thousands`` accepts commas between thousands, which some exports write. Anything else that is no number
    and no known sign for "no value" is noted in ``problems``.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return float(cell), ""
    text = words(cell)
    if not text:
        return None
    if thousands and _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if _NUMBER.fullmatch(text):
        return float(text), ""
    if text.lower() in _NO_VALUE or set(text) <= {"*", "#", "-"} or text[0] in "<>":
        return float("nan"), text[:12]
    problems.add(
        "not-a-number",
        found=describe_cell(cell),
        expected="a number with a decimal point and without separators between thousands",
        remedy="Correct the cell, or leave it empty where nothing was measured.",
        row=row,
        column=column,
    )
    return None


def _count_columns(record: Sequence[Cell]) -> int:
    """Return how many column numbers 1, 2, 3 ... follow the first cell; 0 where the line is no such line."""
    count = 0
    for cell in record[1 : _MOST_COLUMNS + 1]:
        text = words(cell).lstrip("0")
        if text != str(count + 1):
            break
        count += 1
    return count if count >= _LEAST_COLUMNS and not _LETTERS.fullmatch(words(record[0])) else 0


def _body(rows: Rows, first: int, columns: int) -> Iterator[tuple[str, Sequence[Cell], str]]:
    letters = ""
    for record in rows[first:]:
        head = words(record[0]) if record else ""
        if _LETTERS.fullmatch(head):
            letters = f"A{head.upper()}" if head.islower() else head
        elif head or not letters or not any(words(cell) for cell in record):
            return
        cells = list(record[1 : columns + 1])
        cells += [None] * (columns - len(cells))
        yield letters, cells, next((words(cell) for cell in record[columns + 1 :] if words(cell)), "")
