"""The tables of the product: lots, specification, stability, potency curves, doses; as typed rows.

All are in long form, one row a result, so that a certificate, a laboratory system or a spreadsheet can give
them without a template. Numbers are turned into the attribute's own unit while reading.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mitograft.errors import InputError, Violation
from mitograft.product.check import (
    check_dose_rows,
    check_lot_rows,
    check_potency_rows,
    check_specification_rows,
    check_stability_rows,
)
from mitograft.product.contract import DOSES, LOTS, POTENCY, SPECIFICATION, STABILITY
from mitograft.tables.check import check
from mitograft.tables.contract import Contract, RawTable, Table
from mitograft.tables.parameters import load_rows

__all__ = [
    "Limit",
    "LotResult",
    "PlannedDose",
    "PotencyPoint",
    "StabilityPoint",
    "load_example_specification",
    "read_doses",
    "read_lots",
    "read_potency",
    "read_specification",
    "read_stability",
]


@dataclass(frozen=True, slots=True)
class LotResult:
    """One result of one lot in the attribute's own unit.

    ``value`` is NaN for a text result; ``bound`` is ``<`` or ``>`` where the method gave only a limit
    (``<0.05``), and ``value`` is then that limit.
    """

    lot: str
    attribute: str
    value: float
    unit: str
    text: str
    bound: str
    replicate: str
    method: str
    date: str


@dataclass(frozen=True, slots=True)
class Limit:
    """One line of a specification, limits in the attribute's own unit; NaN where a side is open."""

    attribute: str
    low: float
    high: float
    expected: tuple[str, ...]
    unit: str
    rule: str
    stage: str
    mandatory: bool
    source: str
    status: str
    note: str


@dataclass(frozen=True, slots=True)
class StabilityPoint:
    """One stability result: lot, attribute, storage condition, time (in ``time_unit``), value."""

    lot: str
    attribute: str
    storage: str
    time: float
    time_unit: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class PotencyPoint:
    """One response of a dose-response curve of a lot in a potency assay."""

    assay: str
    plate: str
    lot: str
    reference: bool
    dose: float
    unit: str
    response: float


@dataclass(frozen=True, slots=True)
class PlannedDose:
    """A dose to be prepared: ug of protein of a lot, given ``hours`` after it leaves storage."""

    lot: str
    dose_ug: float
    hours: float
    on_ice: bool
    note: str


def read_lots(raw: RawTable) -> tuple[LotResult, ...]:
    """Check a table of lots and return its results.

    Raises
    ------
    InputError
        With every violation: unknown attributes, units that do not measure the attribute, numbers where a
        text belongs, empty results, repeated replicates.
    """
    table, violations = check(raw, LOTS)
    rows = _Rows(table, LOTS)
    parsed, more = check_lot_rows(table)
    _refuse(raw, [*violations, *more])
    return tuple(
        LotResult(
            lot=rows.text("lot", i),
            attribute=rows.text("attribute", i),
            value=cell.value,
            unit=cell.unit,
            text=rows.text("result_text", i),
            bound=cell.bound,
            replicate=rows.text("replicate", i),
            method=rows.text("method", i),
            date=rows.text("date", i),
        )
        for i, cell in enumerate(parsed)
    )


def read_specification(raw: RawTable) -> tuple[Limit, ...]:
    """Check a specification and return its lines.

    Raises
    ------
    InputError
        With every violation.
    """
    table, violations = check(raw, SPECIFICATION)
    rows = _Rows(table, SPECIFICATION)
    scales, more = check_specification_rows(table)
    _refuse(raw, [*violations, *more])
    return tuple(_limit(rows, i, scale) for i, scale in enumerate(scales))


def load_example_specification() -> tuple[Limit, ...]:
    """Return the example specification shipped with mitograft.

    Every line of it is an example with status ``assumed``: the limits of PN-101 are not public.
    """
    shipped = load_rows("mitograft.product", "example_specification.csv")
    columns = {name: [row[name] for row in shipped] for name in shipped[0]}
    return read_specification(RawTable("example_specification.csv", columns, range(2, len(shipped) + 2)))


def read_stability(raw: RawTable) -> tuple[StabilityPoint, ...]:
    """Check a stability table and return its results.

    Raises
    ------
    InputError
        With every violation.
    """
    table, violations = check(raw, STABILITY)
    rows = _Rows(table, STABILITY)
    scales, more = check_stability_rows(table)
    _refuse(raw, [*violations, *more])
    return tuple(
        StabilityPoint(
            lot=rows.text("lot", i),
            attribute=rows.text("attribute", i),
            storage=rows.text("storage", i),
            time=rows.number("time", i),
            time_unit=rows.text("time_unit", i),
            value=rows.number("value", i) * factor,
            unit=unit,
        )
        for i, (factor, unit) in enumerate(scales)
    )


def read_potency(raw: RawTable) -> tuple[PotencyPoint, ...]:
    """Check a table of dose-response curves and return its points.

    Raises
    ------
    InputError
        With every violation; an assay needs exactly one reference lot on each plate.
    """
    table, violations = check(raw, POTENCY)
    rows = _Rows(table, POTENCY)
    _refuse(raw, [*violations, *check_potency_rows(table)])
    return tuple(
        PotencyPoint(
            assay=rows.text("assay", i),
            plate=rows.text("plate", i),
            lot=rows.text("lot", i),
            reference=rows.text("role", i) == "reference",
            dose=rows.number("dose", i),
            unit=rows.text("unit", i),
            response=rows.number("response", i),
        )
        for i in range(len(table))
    )


def read_doses(raw: RawTable, lots: Collection[str] | None = None) -> tuple[PlannedDose, ...]:
    """Check a table of doses and return them in ug.

    Parameters
    ----------
    raw
        The table.
    lots
        The lots there are; None takes any.

    Raises
    ------
    InputError
        With every violation: a dose of 0, a unit that is no mass, a lot without results.
    """
    table, violations = check(raw, DOSES)
    rows = _Rows(table, DOSES)
    factors, more = check_dose_rows(table, lots)
    _refuse(raw, [*violations, *more])
    return tuple(
        PlannedDose(
            lot=rows.text("lot", i),
            dose_ug=rows.number("dose", i) * factor,
            hours=rows.number("hours", i),
            on_ice=rows.text("on_ice", i) == "yes",
            note=rows.text("note", i),
        )
        for i, factor in enumerate(factors)
    )


def _limit(rows: "_Rows", i: int, scale: tuple[float, str]) -> Limit:
    factor, unit = scale
    return Limit(
        attribute=rows.text("attribute", i),
        low=rows.number("low", i) * factor,
        high=rows.number("high", i) * factor,
        expected=tuple(word.strip() for word in rows.text("expected", i).split("|") if word.strip()),
        unit=unit,
        rule=rows.text("rule", i) or "mean",
        stage=rows.text("stage", i),
        mandatory=rows.text("mandatory", i) == "yes",
        source=rows.text("source", i),
        status=rows.text("status", i),
        note=rows.text("note", i),
    )


class _Rows:
    """The cells of a checked table, empty where a column is absent."""

    def __init__(self, table: Table, contract: Contract) -> None:
        self.table, self.contract = table, contract

    def text(self, name: str, i: int) -> str:
        column = self.table.texts.get(name)
        return (column[i] or "") if column is not None else ""

    def number(self, name: str, i: int) -> float:
        column = self.table.numbers.get(name)
        return float(column[i]) if column is not None else math.nan


def _refuse(raw: RawTable, violations: Sequence[Violation]) -> None:
    if violations:
        raise InputError(raw.source, sorted(violations, key=lambda v: (v.row is not None, v.row or 0)))
