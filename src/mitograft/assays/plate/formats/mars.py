"""BMG LABTECH MARS: CSV export of one plate (96 to 1536 wells)."""

import re

from mitograft.assays.plate.document import Document, Rows
from mitograft.assays.plate.formats.format import Format
from mitograft.assays.plate.grid import find_grids, grid_cells, read_signal, words
from mitograft.assays.plate.wells import PlateFile, Signal
from mitograft.tables.problems import Problems

__all__ = ["MARS"]

_NAME = "BMG MARS"
_UNITS = {"Luminescence": "RLU", "Absorbance": "OD", "Fluorescence": "RFU"}
_BARCODE = re.compile(r"ID1:\s*(.+)")


def _detect(document: Document) -> bool:
    return document.peek.startswith("User:") and "Test run no.:" in document.peek


def _read(document: Document) -> PlateFile:
    rows = document.lines(",")
    problems = Problems(document.source)
    texts = [words(cell) for row in rows for cell in row]
    barcode = next((match[1] for text in texts if (match := _BARCODE.fullmatch(text))), "")
    unit = next((_UNITS[text] for text in texts if text in _UNITS), "")
    grids = [grid for grid in find_grids(rows) if _is_raw(rows[: grid.top])]
    plate = barcode or document.stem
    signals = []
    for grid in grids:
        channel = _caption(rows[: grid.top]) if len(grids) > 1 else ""
        for well, cell, line in grid_cells(grid):
            value = read_signal(cell, problems, line, well)
            if value:
                signals.append(Signal(plate, well, channel, *value))
    problems.raise_any()
    return PlateFile(
        document.source, _NAME, tuple(signals), unit, barcodes={plate: barcode} if barcode else {}
    )


def _caption(above: Rows) -> str:
    """Return the last line of text above a grid."""
    rows = [[words(cell) for cell in row] for row in above]
    return next((row[0] for row in reversed(rows) if row and row[0]), "")


def _is_raw(above: Rows) -> bool:
    return _caption(above).startswith("Raw Data")


MARS = Format(_NAME, (".csv",), "raw data grids of one plate", _detect, _read)
