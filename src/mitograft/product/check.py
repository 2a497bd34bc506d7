"""Checks of the product's tables beyond their columns: attributes, units, results that are none."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass

from mitograft.errors import UsageError, Violation, describe_cell
from mitograft.product.attributes import Attribute, load_attributes, unit_factor
from mitograft.tables.contract import Table

__all__ = [
    "Cell",
    "check_dose_rows",
    "check_lot_rows",
    "check_potency_rows",
    "check_specification_rows",
    "check_stability_rows",
]

_BOUND = re.compile(r"([<>])\s*([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")


@dataclass(frozen=True, slots=True)
class Cell:
    """A result in the attribute's own unit; ``bound`` is ``<`` or ``>`` where only a limit was given."""

    value: float
    unit: str
    bound: str


class _Reporter:
    """Collect violations of a table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.violations: list[Violation] = []

    def __call__(self, i: int, column: str, rule: str, found: str, *advice: str) -> None:
        row = int(self.table.rows[i])
        self.violations.append(Violation(rule, found, advice[0], advice[1], self.table.source, row, column))


def check_lot_rows(table: Table) -> tuple[list[Cell], list[Violation]]:
    """Judge every row of a table of lots; the cells are in file order."""
    report = _Reporter(table)
    cells = [_lot_cell(table, i, report) for i in range(len(table))]
    return cells, report.violations


def check_specification_rows(table: Table) -> tuple[list[tuple[float, str]], list[Violation]]:
    """Judge every line of a specification; factor and unit of its limits, in file order."""
    report = _Reporter(table)
    scales = []
    for i in range(len(table)):
        card = _attribute(table, i, report)
        scale = _scale(table, i, card, report)
        scales.append(scale)
        if card is not None:
            _limits(table, i, card, report)
    return scales, report.violations


def check_stability_rows(table: Table) -> tuple[list[tuple[float, str]], list[Violation]]:
    """Judge every row of a stability table; factor and unit of its results, in file order."""
    report = _Reporter(table)
    scales = []
    units: dict[tuple[str, str], str] = {}
    for i in range(len(table)):
        card = _attribute(table, i, report)
        if card is not None and card.kind == "text":
            advice = ("an attribute measured as a number", "Give text results in the table of lots.")
            report(i, "attribute", "not-a-number", f"the text attribute {card.id}", *advice)
        scales.append(_scale(table, i, card, report))
        key, unit = (_text(table, "attribute", i), _text(table, "storage", i)), _text(table, "time_unit", i)
        first = units.setdefault(key, unit)
        if first != unit:
            advice = (f"{first}, as in the rows before", "Give all times of one storage in one unit.")
            report(i, "time_unit", "mixed-units", repr(unit), *advice)
    return scales, report.violations


def check_potency_rows(table: Table) -> list[Violation]:
    """Judge a table of potency curves as a whole."""
    report = _Reporter(table)
    references: dict[tuple[str, str], dict[str, int]] = {}
    units: dict[str, str] = {}
    for i in range(len(table)):
        assay, plate, lot = (_text(table, name, i) for name in ("assay", "plate", "lot"))
        own = references.setdefault((assay, plate), {})
        if _text(table, "role", i) == "reference":
            own.setdefault(lot, i)
        unit = units.setdefault(assay, _text(table, "unit", i))
        if unit != _text(table, "unit", i):
            advice = (f"{unit}, as in the rows before", "Give all doses of one assay in one unit.")
            report(i, "unit", "mixed-units", describe_cell(_text(table, "unit", i)), *advice)
    for (assay, plate), own in references.items():
        if len(own) != 1:
            report.violations.append(
                Violation(
                    "no-reference" if not own else "two-references",
                    found=f"{len(own)} reference lots in assay {assay}, plate {plate}",
                    expected="exactly one",
                    remedy="Mark the rows of the reference lot with the role reference on every plate.",
                    file=table.source,
                    column="role",
                )
            )
    return report.violations


def check_dose_rows(table: Table, lots: Collection[str] | None) -> tuple[list[float], list[Violation]]:
    """Judge a table of doses; the factors to ug are in file order. ``lots`` are those known, None for any."""
    from mitograft.units import conversion_factor

    report = _Reporter(table)
    factors = []
    for i in range(len(table)):
        dose, unit, lot = _number(table, "dose", i), _text(table, "unit", i), _text(table, "lot", i)
        if dose == 0:
            report(i, "dose", "out-of-range", "0", "a dose above 0", "Correct the dose, or drop the row.")
        if lots is not None and lot and lot not in lots:
            advice = ("a lot of lots.csv", "Correct the lot, or add its results.")
            report(i, "lot", "unknown-lot", repr(lot[:40]), *advice)
        try:
            factors.append(float(conversion_factor(unit, "ug")) if unit else math.nan)
        except UsageError as error:
            advice = ("a mass such as ug or mg", f"Correct the unit ({error}).")
            report(i, "unit", "wrong-unit", repr(unit[:40]), *advice)
            factors.append(math.nan)
    return factors, report.violations


def _lot_cell(table: Table, i: int, report: _Reporter) -> Cell:
    card = _attribute(table, i, report)
    factor, unit = _scale(table, i, card, report, empty_allowed=math.isnan(_number(table, "value", i)))
    value, words = _number(table, "value", i), _text(table, "result_text", i)
    if card is None:
        return Cell(math.nan, unit, "")
    if card.kind == "text":
        if not math.isnan(value):
            advice = ("words in result_text", "Move the result to result_text and empty the value.")
            report(i, "value", "not-text", describe_cell(value), *advice)
        if not words:
            report(i, "result_text", "empty", "an empty cell", "the result in words", "Fill it in.")
        return Cell(math.nan, "", "")
    if not math.isnan(value):
        return Cell(value * factor, unit, "")
    bound = _BOUND.fullmatch(words)
    if bound is None:
        advice = ("a number in value, or a limit such as <0.05 in result_text", "Give the result.")
        report(i, "value", "empty", describe_cell(words), *advice)
        return Cell(math.nan, unit, "")
    if not _text(table, "unit", i) and card.unit != "1":
        report(i, "unit", "empty", "an empty cell", f"{card.unit} or the like", "Fill it in.")
    return Cell(float(bound[2]) * factor, unit, bound[1])


def _limits(table: Table, i: int, card: Attribute, report: _Reporter) -> None:
    low, high = _number(table, "low", i), _number(table, "high", i)
    words = _text(table, "expected", i)
    if card.kind == "text":
        if not words:
            advice = ("the accepted words", "Fill it in; separate alternatives by |.")
            report(i, "expected", "empty", "an empty cell", *advice)
        for name, value in (("low", low), ("high", high)):
            if not math.isnan(value):
                report(i, name, "not-text", describe_cell(value), "no number", "Empty the cell.")
        return
    if words:
        advice = ("a number in low or high", "Empty the cell.")
        report(i, "expected", "not-a-number", describe_cell(words), *advice)
    if math.isnan(low) and math.isnan(high):
        report(i, "low", "empty", "neither a low nor a high limit", "at least one", "Fill it in.")
    if low > high:
        report(i, "low", "out-of-order", f"{low:g} above {high:g}", "low at most high", "Correct the limits.")


def _attribute(table: Table, i: int, report: _Reporter) -> Attribute | None:
    name = _text(table, "attribute", i)
    known = load_attributes()
    if name in known:
        return known[name]
    if name:
        import difflib

        near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        advice = (f"one of {', '.join(known)}", f"{hint}Correct the name.")
        report(i, "attribute", "unknown-attribute", repr(name[:40]), *advice)
    return None


def _scale(
    table: Table, i: int, card: Attribute | None, report: _Reporter, *, empty_allowed: bool = False
) -> tuple[float, str]:
    if card is None:
        return math.nan, ""
    unit = _text(table, "unit", i)
    if card.kind == "text":
        if unit and unit != "1":
            report(i, "unit", "wrong-unit", repr(unit[:40]), "no unit for a result in words", "Empty it.")
        return 1.0, ""
    if not unit:
        if card.unit != "1" and not empty_allowed:
            report(i, "unit", "empty", "an empty cell", f"{card.unit} or the like", "Fill it in.")
        return 1.0, card.unit
    try:
        return unit_factor(card, unit), card.unit
    except UsageError as error:
        advice = (f"{card.unit} or a unit of the same size", f"Correct the unit ({error}).")
        report(i, "unit", "wrong-unit", repr(unit[:40]), *advice)
        return math.nan, card.unit


def _text(table: Table, name: str, i: int) -> str:
    column = table.texts.get(name)
    return (column[i] or "") if column is not None else ""


def _number(table: Table, name: str, i: int) -> float:
    column = table.numbers.get(name)
    return float(column[i]) if column is not None else math.nan
