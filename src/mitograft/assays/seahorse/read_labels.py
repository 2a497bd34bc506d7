"""Find things on a Wave sheet by their label: rows shift with the size of the plate and between versions."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.seahorse.read_workbook import Rows, number, text

__all__ = ["Labels", "grid_numbers", "plate_grid"]


class Labels:
    """The labelled rows of a sheet (label in the first column).

    Labels are compared without case, spaces at the ends and the colon some carry.
    """

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._row_of: dict[str, int] = {}
        for index, row in enumerate(rows):
            label = _plain(text(row[0])) if row else ""
            if label:
                self._row_of.setdefault(label, index)

    def row(self, *labels: str) -> int | None:
        """Return the index of the first row with one of the labels."""
        found = (self._row_of.get(_plain(label)) for label in labels)
        return next((index for index in found if index is not None), None)

    def text(self, *labels: str) -> str:
        """Return the text beside a label; empty where there is none."""
        return text(self._beside(labels))

    def number(self, *labels: str) -> float:
        """Return the number beside a label; NaN where there is none."""
        return number(self._beside(labels))

    def _beside(self, labels: Sequence[str]) -> Any:
        index = self.row(*labels)
        return None if index is None else next(iter(self.rows[index][1:2]), None)

    def numbers(self, label: str) -> tuple[float, ...]:
        """Return all numbers beside a label."""
        index = self.row(label)
        values = [] if index is None else [number(cell) for cell in self.rows[index][1:]]
        return tuple(value for value in values if not math.isnan(value))


def plate_grid(rows: Rows, top: int, left: int) -> list[list[Any]]:
    """Return the cells of a plate drawn as a grid.

    Parameters
    ----------
    rows
        The sheet.
    top
        Index of the row with the column numbers 1, 2, 3, ...
    left
        Index of the column with the row letters A, B, C, ... (in the rows below).

    Returns
    -------
    cells
        By rows; as many columns as are numbered and as many rows as are lettered, one after the other.
    """
    columns = sum(1 for _ in _numbered(rows[top], left + 1))
    cells = []
    for offset, row in enumerate(rows[top + 1 :]):
        if len(row) <= left or text(row[left]) != chr(ord("A") + offset):
            break
        cells.append([row[left + 1 + k] if left + 1 + k < len(row) else "" for k in range(columns)])
    return cells


def grid_numbers(cells: list[list[Any]], wells: int) -> npt.NDArray[np.float64]:
    """Return a grid as an array over wells; NaN throughout where the grid is not that of the plate."""
    values = [number(cell) for row in cells for cell in row]
    return np.array(values) if len(values) == wells else np.full(wells, np.nan)


def _numbered(row: Sequence[Any], first: int) -> Iterator[int]:
    for position, cell in enumerate(row[first:], start=1):
        if number(cell) != position:
            return
        yield position


def _plain(label: str) -> str:
    return label.strip().rstrip(":").strip().casefold()
