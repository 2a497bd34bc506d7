"""Tecan Magellan: workbook with one line a well and one column a label."""

import re

from mitograft.assays.plate.document import Document, Rows
from mitograft.assays.plate.formats.format import Format
from mitograft.assays.plate.grid import read_signal, words
from mitograft.assays.plate.wells import PlateFile, Signal, well_name
from mitograft.tables.problems import Problems

__all__ = ["MAGELLAN"]

_NAME = "Tecan Magellan"
_WAVELENGTH = re.compile(r"Measurement wavelength: (\d+) nm")
_UNIT = re.compile(r"Unit: (.+)")


def _detect(document: Document) -> bool:
    return document.is_workbook and any(
        rows and rows[0] and words(rows[0][0]) == "Well positions" for rows in document.sheets.values()
    )


def _read(document: Document) -> PlateFile:
    rows = next(r for r in document.sheets.values() if r and r[0] and words(r[0][0]) == "Well positions")
    problems = Problems(document.source)
    channels = _channels(rows)
    signals = []
    for line, record in enumerate(rows[1:], start=2):
        well = well_name(words(record[0])) if record else None
        for channel, cell in zip(channels, record[1:], strict=False) if well else ():
            value = read_signal(cell, problems, line, channel or "B")
            if value:
                signals.append(Signal(document.stem, well or "", channel, *value))
    problems.raise_any()
    unit = next((match[1] for row in rows if row and (match := _UNIT.fullmatch(words(row[0])))), "")
    return PlateFile(document.source, _NAME, tuple(signals), unit)


def _channels(rows: Rows) -> list[str]:
    """Name the columns by wavelength where the file has one for each, otherwise by their label."""
    labels = [words(cell) for cell in rows[0][1:] if words(cell)]
    found = [match[1] for row in rows if row and (match := _WAVELENGTH.fullmatch(words(row[0])))]
    if len(found) == len(labels) == len(set(found)):
        labels = [f"{wavelength} nm" for wavelength in found]
    return labels if len(labels) > 1 else [""]


MAGELLAN = Format(_NAME, (".xlsx",), "all labels of one plate", _detect, _read)
