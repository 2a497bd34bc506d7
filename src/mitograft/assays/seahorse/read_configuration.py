"""The sheets Assay Configuration (layout, constants, normalisation, buffer factors) and Calibration."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.seahorse.read_fills import ASSIGNED, LEGEND, UNASSIGNED, UNSELECTED, Fill, state_of
from mitograft.assays.seahorse.read_labels import Labels, grid_numbers, plate_grid
from mitograft.assays.seahorse.read_workbook import Rows, number, text
from mitograft.assays.seahorse.wave import (
    Acidification,
    Calibration,
    Group,
    Normalisation,
    Oxygen,
    well_names,
)
from mitograft.tables.problems import Problems
from mitograft.tables.sheet import column_letters

__all__ = ["BACKGROUND", "Layout", "read_acidification", "read_calibration", "read_groups", "read_layout"]
__all__ += ["read_buffer_factor", "read_normalisation", "read_oxygen"]

BACKGROUND = "background"
_SIZES = {(4, 6): 24, (8, 12): 96}
_EXPORT_AGAIN = "Export the assay from Wave to Excel anew."
_GROUP_COLUMNS = 6


@dataclass(frozen=True)
class Layout:
    """The wells of a plate with their groups, and which are deselected (or unassigned) or of unclear fill."""

    wells: tuple[str, ...]
    group: tuple[str, ...]
    deselected: frozenset[str]
    unclear: tuple[str, ...]


def read_layout(labels: Labels, fills: Mapping[str, Fill], problems: Problems) -> Layout | None:
    """Read the grid of the group layout and the fill of its cells."""
    top = labels.row("Group Layout")
    grid = plate_grid(labels.rows, top, 1) if top is not None else []
    size = (len(grid), len(grid[0]) if grid else 0)
    if top is None or size not in _SIZES:
        problems.add(
            "wrong-plate-size",
            found="no group layout" if top is None else f"a group layout of {size[0]} x {size[1]} wells",
            expected="a plate of 24 (4 x 6) or 96 (8 x 12) wells",
            remedy=_EXPORT_AGAIN,
        )
        return None
    wells = well_names(*size)
    group = tuple(text(cell) for row in grid for cell in row)
    legend = _legend(labels.rows, fills)
    deselected, unclear = set(), []
    for index, well in enumerate(wells):
        row, column = divmod(index, size[1])
        state = state_of(fills.get(f"{column_letters(column + 3)}{top + 2 + row}", ("", "", "")), legend)
        if state in {ASSIGNED, UNSELECTED} and not group[index]:
            problems.add(
                "missing-group",
                found=f"no group for the well {well} in the group layout, although it is not unassigned",
                expected="the group name of every well",
                remedy="Restore the cell, or export the assay from Wave to Excel anew.",
                row=top + 2 + row,
                column=column_letters(column + 3),
            )
        if state in {UNSELECTED, UNASSIGNED}:
            deselected.add(well)
        elif state is None:
            unclear.append(well)
    return Layout(wells, group, frozenset(deselected), tuple(unclear))


def _legend(rows: Rows, fills: Mapping[str, Fill]) -> dict[Fill, str]:
    found: dict[Fill, str] = {}
    for number_, row in enumerate(rows, start=1):
        for column, cell in enumerate(row, start=1):
            if isinstance(cell, str) and cell in LEGEND:
                found[fills.get(f"{column_letters(column)}{number_}", ("", "", ""))] = LEGEND[cell]
    # Three texts of one fill are no legend.
    return found if len(found) == len(LEGEND) else {}


def read_groups(rows: Rows) -> tuple[Group, ...]:
    """Read the table of groups, wherever its header stands."""
    for top, row in enumerate(rows):
        left = next((i for i, cell in enumerate(row) if text(cell) == "Group #"), None)
        if left is None:
            continue
        groups = []
        for below in rows[top + 1 :]:
            cells = [text(cell) for cell in below[left : left + _GROUP_COLUMNS]]
            if len(cells) < 2 or not cells[1]:
                break
            groups.append(Group(*cells))
        return tuple(groups)
    return ()


def read_oxygen(labels: Labels, target: float, problems: Problems) -> Oxygen | None:
    """Read the constants of the oxygen channel."""
    get = labels.number
    ksv = get("Corrected Ksv")
    values = {
        "Atmospheric Pressure": get("Atmospheric Pressure"),
        "Corrected Ksv": get("ksv") if math.isnan(ksv) else ksv,
        "Calculated FO": get("Calculated FO"),
        "Pseudo Volume": get("Pseudo Volume"),
        **{name: get(name) for name in ("TAC", "TAW", "TW", "TC", "TP")},
    }
    # Pressure is told for the record only; the others enter the equations and, but for TAW, divide.
    wrong = [
        name
        for name, value in values.items()
        if not value > 0 and name not in {"TAW", "Atmospheric Pressure"}
    ]
    if wrong:
        problems.add(
            "missing-constant",
            found=f"no positive number beside {', '.join(wrong)}",
            expected="the oxygen constants of a Wave export",
            remedy=_EXPORT_AGAIN,
        )
        return None
    return replace(Oxygen(*values.values()), target_emission=target)


def read_acidification(labels: Labels) -> Acidification:
    """Read the constants of the pH channel; NaN where the sheet has none."""
    get = labels.number
    edge = get("Edge Offset")
    return Acidification(
        labels.numbers("Gain Equation"),
        3 if math.isnan(edge) else int(edge),
        *(get(name) for name in ("Default Buffer Factor", "Calibration pH", "Plate Volume", "kVol")),
    )


def read_normalisation(labels: Labels, wells: int) -> Normalisation:
    """Read unit, scale and values of the normalisation; values are NaN where cells are empty."""
    scale = labels.number("Norm. Scale Factor:")
    values = _grid(labels, "Normalization Values:", wells)
    return Normalisation(labels.text("Normalization Unit:"), scale if scale > 0 else 1.0, values)


def read_buffer_factor(labels: Labels, wells: int) -> npt.NDArray[np.float64]:
    """Read the buffer factor of each well; the default where the grid has none."""
    values = _grid(labels, "Buffer Factor :", wells)
    return np.where(np.isnan(values), labels.number("Default Buffer Factor"), values)


def _grid(labels: Labels, label: str, wells: int) -> npt.NDArray[np.float64]:
    top = labels.row(label)
    return grid_numbers(plate_grid(labels.rows, top, 1) if top is not None else [], wells)


def read_calibration(rows: Rows, wells: int) -> tuple[Calibration | None, float]:
    """Read the calibration blocks and the target emission of the oxygen channel (12500 where not told)."""
    at = {
        text(cell).casefold(): (r, c)
        for r, row in enumerate(rows)
        for c, cell in enumerate(row)
        if isinstance(cell, str) and cell.strip()
    }
    target = _beside(rows, at.get("o2 target emission"))

    def block(name: str) -> list[list[Any]]:
        place = at.get(name)
        return plate_grid(rows, place[0], place[1] + 1) if place else []

    def numbers(name: str) -> npt.NDArray[np.float64]:
        return grid_numbers(block(name), wells)

    def texts(name: str) -> tuple[str, ...]:
        found = tuple(text(cell) for row in block(name) for cell in row)
        return found if len(found) == wells else ("",) * wells

    known = Calibration(
        numbers("o2 led value"),
        numbers("o2 emission"),
        numbers("o2 initial reference delta"),
        texts("o2 status"),
        numbers("ph led value"),
        numbers("ph emission"),
        numbers("ph initial reference delta"),
        texts("ph status"),
    )
    empty = bool(np.isnan(known.o2_emission).all())
    return (None if empty else known), (target if target > 0 else 12_500.0)


def _beside(rows: Rows, place: tuple[int, int] | None) -> float:
    if place is None:
        return float("nan")
    row: Sequence[Any] = rows[place[0]]
    return number(row[place[1] + 1]) if place[1] + 1 < len(row) else float("nan")
