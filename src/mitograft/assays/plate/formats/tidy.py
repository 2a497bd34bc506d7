"""Our own tidy layout: one row a well, as CSV, TSV or XLSX."""

import math

from mitograft.assays.plate.document import Document
from mitograft.assays.plate.formats.format import Format
from mitograft.assays.plate.layout import WELL_COLUMNS, layout_wells, plate_and_well
from mitograft.assays.plate.wells import PlateFile, Signal
from mitograft.errors import InputError
from mitograft.tables.check import check
from mitograft.tables.contract import Column, Contract

__all__ = ["TIDY", "TIDY_CONTRACT"]

_NAME = "tidy table"
TIDY_CONTRACT = Contract(
    "plate",
    (
        Column("plate", "Barcode or name of the plate", "text", filled=True),
        Column("well", "Well, A1 or A01", "text", filled=True),
        Column("signal", "Measured signal", "number"),
        Column("analyte", "Analyte or wavelength", "text", required=False),
        Column("comment", "Remark; not used", "text", required=False),
        *(column for column in WELL_COLUMNS if column.name not in {"plate", "well", "analyte"}),
    ),
    key=("plate", "well", "analyte"),
)


def _detect(document: Document) -> bool:
    if document.is_workbook:
        rows = next(iter(document.sheets.values()), ())
        names = {str(cell).strip().lower() for row in rows[:1] for cell in row}
    else:
        first = document.peek.lstrip("\n\r ").splitlines()[:1]
        names = {
            cell.strip(' "').lower()
            for line in first
            for cell in line.replace(";", ",").replace("\t", ",").split(",")
        }
    return {"well", "signal"} <= names


def _read(document: Document) -> PlateFile:
    raw = document.table()
    table, violations = check(raw, TIDY_CONTRACT)
    wells, more = plate_and_well(table)
    violations += more
    layout = layout_wells(table, wells) if "role" in table.texts else []
    if violations:
        raise InputError(document.source, violations)
    analytes = table.texts.get("analyte", [None] * len(table))
    signals = tuple(
        Signal(plate, well, analyte or "", float(value), "empty" if math.isnan(value) else "")
        for (plate, well), analyte, value in zip(wells, analytes, table.numbers["signal"], strict=True)
    )
    names = {plate: plate for plate, _ in wells}
    return PlateFile(document.source, _NAME, signals, "", tuple(layout), names)


TIDY = Format(
    _NAME, (".csv", ".tsv", ".txt", ".xlsx"), "plate, well, signal, and the layout columns", _detect, _read
)
