"""Molecular Devices SoftMax Pro: text export (UTF-16 or UTF-8) of plates and groups."""

import re
from collections.abc import Sequence

from mitograft.assays.plate.document import Document, Rows
from mitograft.assays.plate.formats.format import Format
from mitograft.assays.plate.grid import read_signal, words
from mitograft.assays.plate.wells import LayoutWell, PlateFile, Role, Signal, well_name
from mitograft.tables.problems import Problems, refuse

__all__ = ["SOFTMAX"]

_NAME = "SoftMax Pro"
# Positions in the line that opens a plate.
_PLATE, _SHAPE, _READ, _MODE, _WAVELENGTHS, _COLUMNS, _ROWS = 1, 3, 4, 5, 15, 17, 20
_FIRST_VALUE = 2
_UNITS = {"Absorbance": "OD", "Luminescence": "RLU", "Fluorescence": "RFU"}
_SIZES = {str(size) for size in range(1, 49)}
_STANDARD = re.compile(r"Standard Value\s*(.*)", re.IGNORECASE)
_ROLES: tuple[tuple[str, Role], ...] = (("blank", "blank"), ("control", "control"))


def _detect(document: Document) -> bool:
    return document.peek.lstrip().startswith("##BLOCKS=")


def _read(document: Document) -> PlateFile:
    rows = document.lines("\t", "utf-16", "utf-8-sig")
    problems = Problems(document.source)
    signals: list[Signal] = []
    layout: list[LayoutWell] = []
    unit = ""
    for index, record in enumerate(rows):
        head = words(record[0]) if record else ""
        if head == "Plate:":
            signals += _plate(rows, index, problems, document.source)
            unit = _UNITS.get(words(record[_MODE]), "")
        elif head.startswith("Group:"):
            layout += _group(rows, index, head.removeprefix("Group:").strip())
    problems.raise_any()
    plates = sorted({signal.plate for signal in signals})
    named = [LayoutWell(item.plate or plates[0], *_rest(item)) for item in layout] if plates else []
    return PlateFile(document.source, _NAME, tuple(signals), unit, tuple(named))


def _rest(item: LayoutWell) -> tuple[str, Role, str, float, str]:
    return item.well, item.role, item.sample, item.dose, item.dose_unit


def _plate(rows: Rows, index: int, problems: Problems, source: str) -> list[Signal]:
    record = [words(cell) for cell in rows[index]]
    known = len(record) > _ROWS and record[_READ] == "Endpoint" and record[_SHAPE] == "PlateFormat"
    if not known or record[_COLUMNS] not in _SIZES or record[_ROWS] not in _SIZES:
        refuse(
            source,
            "unsupported-read",
            found="a kinetic, spectrum or column-format read",
            expected="an endpoint read in plate format",
            remedy="Export the plate as endpoint in plate format, or save the values in the tidy layout.",
            row=index + 1,
        )
    columns, height = int(record[_COLUMNS]), int(record[_ROWS])
    wavelengths = record[_WAVELENGTHS].split()
    width = columns + 1  # the plates of several wavelengths stand side by side, with a blank column between
    found = []
    for line in range(height):
        at = index + 2 + line
        cells = rows[at] if at < len(rows) else []
        for k, wavelength in enumerate(wavelengths or [""]):
            for column in range(columns):
                place = _FIRST_VALUE + k * width + column
                well = well_name(f"{_letters(line)}{column + 1}")
                cell = cells[place] if place < len(cells) else None
                value = read_signal(cell, problems, at + 1, well or "", thousands=True)
                if well and value:
                    channel = f"{wavelength} nm" if len(wavelengths) > 1 else ""
                    found.append(Signal(record[_PLATE], well, channel, *value))
    return found


def _letters(row: int) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return alphabet[row] if row < len(alphabet) else f"A{alphabet[row - len(alphabet)]}"


def _group(rows: Rows, index: int, name: str) -> list[LayoutWell]:
    header = [words(cell) for cell in rows[index + 1]] if index + 1 < len(rows) else []
    if "Sample" not in header or "Wells" not in header:
        return []
    unit = next((match[1] for text in header if (match := _STANDARD.fullmatch(text))), None)
    role: Role = "standard" if unit is not None else "sample"
    role = next((known for word, known in _ROLES if word in name.lower()), role)
    found: list[LayoutWell] = []
    sample, dose = "", float("nan")
    for record in rows[index + 2 :]:
        cells = dict(zip(header, map(words, record), strict=False))
        if not cells.get("Wells"):
            break
        if cells["Sample"]:
            sample, dose = f"{name} {cells['Sample']}", _dose(header, list(cells.values()))
        well = well_name(cells["Wells"])
        if well:
            plate = cells.get("WellPlateName", "")
            found.append(LayoutWell(plate, well, role, sample, dose, unit or ""))
    return found


def _dose(header: Sequence[str], cells: Sequence[str]) -> float:
    for name, cell in zip(header, cells, strict=False):
        if _STANDARD.fullmatch(name):
            text = cell.replace(",", "")
            return float(text) if re.fullmatch(r"\d+\.?\d*", text) else float("nan")
    return float("nan")


SOFTMAX = Format(_NAME, (".txt",), "endpoint plates; standards and samples from the groups", _detect, _read)
