"""Thermo SkanIt: workbook with one sheet a measurement and plate."""

from mitograft.assays.plate.document import Document
from mitograft.assays.plate.formats.format import Format
from mitograft.assays.plate.grid import find_grids, grid_cells, read_signal, words
from mitograft.assays.plate.wells import PlateFile, Signal
from mitograft.tables.problems import Problems

__all__ = ["SKANIT"]

_NAME = "Thermo SkanIt"
_MEASUREMENT_LINE = 4


def _detect(document: Document) -> bool:
    return document.is_workbook and any(
        rows and rows[0] and words(rows[0][0]) == "Measurement results" for rows in document.sheets.values()
    )


def _read(document: Document) -> PlateFile:
    signals: list[Signal] = []
    unit = ""
    sheets = {
        name: rows
        for name, rows in document.sheets.items()
        if rows and rows[0] and words(rows[0][0]) == "Measurement results"
    }
    firsts = {name: [words(row[0]) if row else "" for row in rows] for name, rows in sheets.items()}
    measurements = {texts[_MEASUREMENT_LINE] for texts in firsts.values() if len(texts) > _MEASUREMENT_LINE}
    for name, rows in sheets.items():
        problems = Problems(f"{document.source}, sheet '{name}'")
        for grid in find_grids(rows):
            unit = words(rows[grid.top][0]) or unit
            above = firsts[name][: grid.top]
            plate = next((text for text in reversed(above) if text.startswith("Plate ")), name)
            channel = above[_MEASUREMENT_LINE] if len(measurements) > 1 else ""
            for well, cell, line in grid_cells(grid):
                value = read_signal(cell, problems, line, well)
                if value:
                    signals.append(Signal(plate, well, channel, *value))
        problems.raise_any()
    return PlateFile(document.source, _NAME, tuple(signals), unit)


SKANIT = Format(_NAME, (".xlsx",), "grids of every measurement and plate", _detect, _read)
