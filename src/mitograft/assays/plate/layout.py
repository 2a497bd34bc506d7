"""The layout table: what stands in each well of each plate."""

import math
from collections.abc import Sequence
from typing import cast

from mitograft.assays.plate.wells import ROLES, LayoutWell, Role, well_name
from mitograft.errors import InputError, Violation, describe_cell
from mitograft.tables.check import check
from mitograft.tables.contract import Column, Contract, RawTable, Table

__all__ = ["LAYOUT", "WELL_COLUMNS", "layout_wells", "plate_and_well", "read_layout"]

WELL_COLUMNS = (
    Column("plate", "Barcode or name of the plate; empty: every plate", "text", required=False),
    Column("well", "Well, A1 or A01", "text", filled=True),
    Column("role", "What stands in the well", "category", required=False, allowed=ROLES),
    Column("sample", "Sample, treatment or preparation", "text", required=False),
    Column("dose", "Concentration of a standard, dose of a sample", "number", required=False, low=0.0),
    Column("dose_unit", "Unit of the dose", "text", required=False),
    Column("analyte", "Analyte or wavelength the row speaks of; empty: all", "text", required=False),
    Column("donor", "Donor of the cells", "identifier", required=False),
    Column("dilution", "Factor by which the sample was diluted", "number", required=False, low=1.0),
)
LAYOUT = Contract("layout", WELL_COLUMNS, key=("well",))
_NAN = math.nan


def read_layout(raw: RawTable) -> tuple[LayoutWell, ...]:
    """Check a layout table.

    Raises
    ------
    InputError
        With every violation: no such role, no such well, a standard without its concentration, one well
        twice.
    """
    table, violations = check(raw, Contract(LAYOUT.name, LAYOUT.columns))
    if "role" not in raw.columns:
        violations.append(
            Violation(
                "missing-column",
                found="no such column",
                expected=f"a column 'role' ({', '.join(ROLES)})",
                remedy="Add it, with a role for every well.",
                file=raw.source,
                column="role",
            )
        )
    wells, more = plate_and_well(table)
    violations += more
    layout = layout_wells(table, wells) if "role" in raw.columns else []
    violations += _roles(table, layout) + _repeated(table, layout)
    if violations:
        raise InputError(raw.source, violations)
    return tuple(layout)


def plate_and_well(table: Table) -> tuple[list[tuple[str, str]], list[Violation]]:
    """Return plate and well of every row, and the wells that are none."""
    plates = table.texts.get("plate", [None] * len(table))
    found, violations = [], []
    for plate, text, row in zip(plates, table.texts.get("well", []), table.rows, strict=False):
        well = well_name(text or "")
        if text and well is None:
            violations.append(
                Violation(
                    "not-a-well",
                    describe_cell(text),
                    "a well from A1 to AF48",
                    "Write a row letter and a column number.",
                    table.source,
                    int(row),
                    "well",
                )
            )
        found.append((plate or "", well or ""))
    return found, violations


def layout_wells(table: Table, wells: Sequence[tuple[str, str]]) -> list[LayoutWell]:
    """Make the contents of the wells from a checked table with a ``role`` column; others are left out."""

    def text(name: str, row: int) -> str:
        cells = table.texts.get(name)
        return (cells[row] if cells else None) or ""

    def number(name: str, row: int, default: float) -> float:
        cells = table.numbers.get(name)
        value = float(cells[row]) if cells is not None else _NAN
        return default if math.isnan(value) else value

    return [
        LayoutWell(
            plate,
            well,
            cast("Role", text("role", row)),
            text("sample", row),
            number("dose", row, _NAN),
            text("dose_unit", row),
            text("analyte", row),
            text("donor", row),
            number("dilution", row, 1.0),
        )
        for row, (plate, well) in enumerate(wells)
        if text("role", row) in ROLES
    ]


def _roles(table: Table, layout: Sequence[LayoutWell]) -> list[Violation]:
    roles = table.texts.get("role")
    empty = [row for role, row in zip(roles or [], table.rows, strict=False) if role is None]
    found = [
        Violation(
            "empty", "an empty cell", "the role of the well", "Fill it in.", table.source, int(row), "role"
        )
        for row in empty
    ]
    rows = [row for role, row in zip(roles or [], table.rows, strict=False) if role in ROLES]
    found += [
        Violation(
            "standard-without-dose",
            "a standard without a concentration",
            "its concentration in the column 'dose' (0 for a zero standard)",
            "Fill it in, or give the well another role.",
            table.source,
            int(row),
            "dose",
        )
        for item, row in zip(layout, rows, strict=False)
        if item.role == "standard" and math.isnan(item.dose)
    ]
    return found


def _repeated(table: Table, layout: Sequence[LayoutWell]) -> list[Violation]:
    seen: set[tuple[str, str, str]] = set()
    found = []
    for item in layout:
        key = (item.plate, item.well, item.analyte)
        if key in seen and item.well:
            found.append(
                Violation(
                    "duplicate",
                    f"well {item.well} a second time",
                    "every plate, well and analyte once",
                    "Keep one of the two rows.",
                    table.source,
                    column="well",
                )
            )
        seen.add(key)
    return found
