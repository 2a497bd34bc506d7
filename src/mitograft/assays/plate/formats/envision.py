"""PerkinElmer EnVision: CSV export with one block a plate and label."""

import re

from mitograft.assays.plate.document import Document, Rows
from mitograft.assays.plate.formats.format import Format
from mitograft.assays.plate.grid import find_grids, grid_cells, read_signal, words
from mitograft.assays.plate.wells import PlateFile, Signal
from mitograft.tables.problems import Problems

__all__ = ["ENVISION"]

_NAME = "EnVision"
_RESULTS = re.compile(r"Results for (.*?)(?:\s+-\s+channel \d+)?(?:\s+\((.*)\))?")


def _detect(document: Document) -> bool:
    return document.peek.startswith("Plate information") and "Background information" in document.peek


def _read(document: Document) -> PlateFile:
    rows = document.lines(",")
    problems = Problems(document.source)
    signals: list[Signal] = []
    unit = ""
    labels = {words(row[0]) for row in rows if row and words(row[0]).startswith("Results for")}
    for grid in find_grids(rows):
        caption = words(rows[grid.top - 1][0]) if grid.top and rows[grid.top - 1] else ""
        match = _RESULTS.fullmatch(caption)
        if match is None:  # calculated results and the map of the plate
            continue
        unit = match[2] or unit
        channel = match[1] if len(labels) > 1 else ""
        plate = _plate(rows, grid.top)
        for well, cell, line in grid_cells(grid):
            value = read_signal(cell, problems, line, well)
            if value:
                signals.append(Signal(plate, well, channel, *value))
    problems.raise_any()
    return PlateFile(document.source, _NAME, tuple(signals), unit, barcodes=_barcodes(rows))


def _records(rows: Rows) -> list[tuple[int, str, str]]:
    """Return line, number and barcode of every plate header."""
    found = []
    for index, row in enumerate(rows[:-1]):
        following = [words(cell) for cell in rows[index + 1]]
        if [words(cell) for cell in row[:3]] == ["Plate", "Repeat", "Barcode"] and len(following) > 2:
            found.append((index, following[0], following[2].removeprefix('="').strip('"')))
    return found


def _plate(rows: Rows, top: int) -> str:
    above = [number for index, number, _ in _records(rows) if index < top]
    return f"Plate {above[-1]}" if above else "Plate"


def _barcodes(rows: Rows) -> dict[str, str]:
    return {f"Plate {number}": barcode for _, number, barcode in _records(rows) if barcode}


ENVISION = Format(_NAME, (".csv",), "measured results of every plate and label", _detect, _read)
