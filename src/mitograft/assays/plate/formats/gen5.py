"""Agilent BioTek Gen5: text export with a layout grid and a results grid of several lines a row."""

from dataclasses import replace

from mitograft.assays.plate.document import Document, Rows
from mitograft.assays.plate.formats.format import Format
from mitograft.assays.plate.grid import Grid, find_grids, grid_cells, read_signal, words
from mitograft.assays.plate.wells import LayoutWell, PlateFile, Role, Signal
from mitograft.tables.problems import Problems

__all__ = ["GEN5"]

_NAME = "Gen5"
_IDENTITY, _AMOUNT = "Well ID", "Conc/Dil"
_ROLES: tuple[tuple[str, Role], ...] = (
    ("STD", "standard"),
    ("BLK", "blank"),
    ("CTL", "control"),
    ("CTRL", "control"),
    ("SPL", "sample"),
)


def _detect(document: Document) -> bool:
    return "Software Version" in document.peek and "Experiment File Path" in document.peek


def _read(document: Document) -> PlateFile:
    rows = document.lines("\t")
    problems = Problems(document.source)
    signals: list[Signal] = []
    layout: list[LayoutWell] = []
    plate, section = document.stem, ""
    grids = {grid.top: grid for grid in find_grids(rows)}
    for index, record in enumerate(rows):
        head = words(record[0]) if record else ""
        if head == "Plate Number" and len(record) > 1:
            plate = words(record[1])
        if head in {"Layout", "Results"}:
            section = head
        if index in grids and section == "Results":
            signals += _signals(grids[index], plate, problems)
        elif index in grids and section == "Layout":
            layout += _layout(grids[index], plate)
    problems.raise_any()
    unit = "OD" if _mentions(rows, "Absorbance") else "RLU" if _mentions(rows, "Luminescence") else "RFU"
    return PlateFile(document.source, _NAME, tuple(signals), unit, tuple(layout))


def _mentions(rows: Rows, text: str) -> bool:
    return any(text in words(cell) for row in rows for cell in row)


def _signals(grid: Grid, plate: str, problems: Problems) -> list[Signal]:
    """Return what was measured: lines that Gen5 computed (blanked, concentrations) are left out."""
    labels = list(dict.fromkeys(end for _, _, end in grid.rows))
    measured = [label for label in labels if not label.startswith(("Blank ", "["))]
    found = []
    for label in measured:
        for well, cell, line in grid_cells(grid, label=label):
            value = read_signal(cell, problems, line, well, thousands=True)
            if value:
                found.append(Signal(plate, well, label if len(measured) > 1 else "", *value))
    return found


def _layout(grid: Grid, plate: str) -> list[LayoutWell]:
    amounts = {well: words(cell) for well, cell, _ in grid_cells(grid, label=_AMOUNT)}
    found = []
    for well, cell, _ in grid_cells(grid, label=_IDENTITY):
        identity = words(cell)
        role = next((role for start, role in _ROLES if identity.upper().startswith(start)), None)
        if role is None:
            continue
        amount = _number(amounts.get(well, ""))
        item = LayoutWell(plate, well, role, identity.partition(":")[0])
        if role == "standard":
            item = replace(item, dose=amount)
        elif role == "sample" and amount > 0:
            item = replace(item, dilution=1.0 / amount)
        found.append(item)
    return found


def _number(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return float("nan")


GEN5 = Format(
    _NAME, (".txt",), "measured reads; standards, blanks and dilutions from the layout", _detect, _read
)
