"""Checks of a core set table beyond its columns: scales that contradict themselves, units that are mixed."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mitograft.errors import Violation, describe_cell
from mitograft.outcome.tis import ENZYMES, TisRules
from mitograft.tables.check import check, is_missing
from mitograft.tables.contract import RawTable, Table
from mitograft.trial.core_set.contract import MAXIMA, core_set_contract
from mitograft.units import ENZYME_UNITS

__all__ = ["check_core_set"]

_UNIT_RATIO = 10.0  # limits of one enzyme differ by less between laboratories; U/L per ukat/L is 60
_SECTIONS = (8, 7, 6)
_CONVERT = "Convert values and limits to one unit (1 ukat/L = 60 U/L)."


def check_core_set(raw: RawTable, rules: TisRules) -> tuple[Table, list[Violation]]:
    """Check a core set table completely.

    Returns
    -------
    table, violations
        The typed table and every broken rule: those of the column contract, a strength score above its
        maximum or a maximum that is none of 80, 150 and 260 or changes within a subject, a disability index
        no number of answered sections can give, an enzyme without its limit, and mixed units.
    """
    table, violations = check(raw, core_set_contract(rules))
    if len(table):
        rows = _Rows(raw, table)
        for rule in (_strength, _disability, _limits, _named_units, _unit_jumps):
            rule(rows)
        violations += rows.violations
    return table, sorted(violations, key=lambda v: (v.row is not None, v.row or 0))


class _Rows:
    """The table under check and the violations found in it."""

    def __init__(self, raw: RawTable, table: Table) -> None:
        self.raw, self.table = raw, table
        self.violations: list[Violation] = []

    def numbers(self, column: str) -> npt.NDArray[np.float64]:
        """Return a column, all missing where the file has none."""
        return self.table.numbers.get(column, np.full(len(self.table), np.nan))

    def empty(self, column: str) -> npt.NDArray[np.bool_]:
        """Tell which cells the file left empty (a cell with a wrong value is not empty)."""
        return np.array([is_missing(cell) for cell in self.raw.columns[column]])

    def report(self, i: int, column: str, rule: str, found: str, *advice: str) -> None:
        """Add a violation at a row; ``advice`` is what was expected and what to do."""
        row = int(self.table.rows[i])
        self.violations.append(Violation(rule, found, advice[0], advice[1], self.raw.source, row, column))


def _strength(rows: _Rows) -> None:
    if "mmt8" not in rows.table.numbers or "mmt8_max" not in rows.table.numbers:
        return
    score, most = rows.numbers("mmt8"), rows.numbers("mmt8_max")
    advice = ("80 or 150 (MMT-8), or 260 (MMT-24)", "Give the maximum of the test used.")
    for i in np.flatnonzero(~np.isnan(score) & rows.empty("mmt8_max")).tolist():
        rows.report(i, "mmt8_max", "missing-maximum", "no maximum beside a strength score", *advice)
    for i in np.flatnonzero(~np.isnan(most) & ~np.isin(most, MAXIMA)).tolist():
        rows.report(i, "mmt8_max", "unknown-maximum", f"{most[i]:g}", *advice)
    for i in np.flatnonzero(score > most).tolist():
        found = f"{score[i]:g} of {most[i]:g}"
        rows.report(
            i, "mmt8", "above-maximum", found, "a score of at most its maximum", "Correct one of them."
        )
    for first, i in _changes(rows.table, most):
        found = f"{most[i]:g} after {most[first]:g} in row {rows.table.rows[first]}"
        advice = ("the same test at all visits of a subject", "Score all visits on one test.")
        rows.report(i, "mmt8_max", "maximum-changes", found, *advice)


def _changes(table: Table, values: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs of neighbouring rows of one subject between which a value changes."""
    own: dict[str | None, list[int]] = {}
    for i, subject in enumerate(table.texts.get("subject", [])):
        if not np.isnan(values[i]):
            own.setdefault(subject, []).append(i)
    return [(a, b) for rows in own.values() for a, b in pairwise(rows) if values[a] != values[b]]


def _disability(rows: _Rows) -> None:
    values = rows.numbers("haq")
    reachable = {value: _reachable(value) for value in set(values[~np.isnan(values)].tolist())}
    for i in np.flatnonzero(~np.isnan(values)).tolist():
        if not reachable[values[i]]:
            rows.report(
                i,
                "haq",
                "haq-not-reachable",
                describe_cell(rows.raw.columns["haq"][i]),
                "a mean of 8, 7 or 6 sections scored 0 to 3, such as 1.125 or its rounding 1.13",
                "Check the section scores or the transcription.",
            )


def _reachable(value: float) -> bool:
    """Tell whether some sum over 8, 7 or 6 sections, rounded to the decimals written, gives ``value``.

    >>> [_reachable(v) for v in (1.125, 1.13, 1.2, 0.38, 1.31, 2.99)]
    [True, True, True, True, False, False]
    """
    exact = Fraction(str(value))
    decimals = min(len(f"{value:.6f}".rstrip("0").partition(".")[2]), 6)
    half = Fraction(1, 2 * 10**decimals)
    return any(abs(exact - Fraction(round(exact * n), n)) <= half for n in _SECTIONS)


def _limits(rows: _Rows) -> None:
    advice = ("the upper limit of normal in the same unit", "Fill in the limit of the laboratory.")
    for enzyme in ENZYMES:
        column = f"{enzyme}_uln"
        if enzyme not in rows.raw.columns:
            continue
        if column not in rows.raw.columns:
            found = f"a column {enzyme} without {column}"
            rows.violations.append(Violation("missing-uln", found, *advice, rows.raw.source, column=column))
            continue
        for i in np.flatnonzero(~np.isnan(rows.numbers(enzyme)) & rows.empty(column)).tolist():
            rows.report(i, column, "missing-uln", f"no upper limit beside a value of {enzyme}", *advice)


def _named_units(rows: _Rows) -> None:
    for enzyme in ENZYMES:
        column = f"{enzyme}_unit"
        first: tuple[int, str] | None = None
        for i, unit in enumerate(rows.table.texts.get(column, [])):
            if unit is None:
                continue
            if unit not in ENZYME_UNITS:
                expected = f"one of {', '.join(sorted(set(ENZYME_UNITS.values())))}"
                rows.report(i, column, "unknown-unit", describe_cell(unit), expected, "Correct the unit.")
            elif first is None:
                first = (i, ENZYME_UNITS[unit])
            elif ENZYME_UNITS[unit] != first[1]:
                found = f"{ENZYME_UNITS[unit]} after {first[1]} in row {rows.table.rows[first[0]]}"
                rows.report(i, column, "mixed-units", found, f"one unit in the column {enzyme}", _CONVERT)


def _unit_jumps(rows: _Rows) -> None:
    for enzyme in ENZYMES:
        column = f"{enzyme}_uln"
        limits = rows.numbers(column)
        known = np.sort(limits[~np.isnan(limits)])
        if not len(known):
            continue
        usual = known[len(known) // 2]
        far = (limits > _UNIT_RATIO * usual) | (limits < usual / _UNIT_RATIO)
        for i in np.flatnonzero(far).tolist():
            found = f"{limits[i]:g} where the column usually has {usual:g}"
            rows.report(i, column, "mixed-units", found, f"one unit in the column {column}", _CONVERT)
