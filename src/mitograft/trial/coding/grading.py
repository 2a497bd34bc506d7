"""Grade laboratory values by CTCAE: many values at once, exact at the limits.

The highest grade whose criterion is met counts. A value at a limit belongs to the lower grade unless the
criterion says otherwise; equality is judged on the decimal numbers as written (3 x 1.2 is 3.6), not on
binary fractions. Criteria that need a doctor's judgement (symptoms) are left out unless the table is loaded
with ``symptomatic``; then the worst case is taken.

Baseline criteria. Where version 5 grades against the upper limit for a normal baseline and against the
baseline for an abnormal one (ALT, AST, ALP, GGT, bilirubin), a baseline is abnormal when above the upper
limit given with the value. Without a baseline the criteria for a normal one apply. A baseline graded against
itself is grade 0 by construction: grade baselines without ``baseline``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from mitograft.errors import UsageError
from mitograft.trial.coding.criteria import Criterion, GradingTest, load_criteria, load_tests

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Numbers = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Column = pl.Series | np.ndarray[Any, Any] | Sequence[float | None]

__all__ = ["GradingTable", "load_grading"]

_NEAR = 1e-9  # nearer to a limit than this the decimal numbers decide


@dataclass(frozen=True)
class GradingTable:
    """The criteria of one version of CTCAE.

    Parameters
    ----------
    version
        For example 5.0.
    criteria
        The rows that are used.
    tests
        What is known of each test: unit, other units, whether the disease raises it.
    """

    version: str
    criteria: tuple[Criterion, ...]
    tests: dict[str, GradingTest]

    @property
    def disease(self) -> frozenset[str]:
        """Tests the disease itself raises: graded, but never a dose-limiting toxicity by themselves."""
        return frozenset(test.test for test in self.tests.values() if test.disease)

    def flagged(self, tests: Sequence[str] | None = None) -> tuple[Criterion, ...]:
        """Return the unconfirmed criteria (of ``tests``, or all)."""
        return tuple(row for row in self.criteria if row.flagged and (tests is None or row.test in tests))

    def terms(self, test: str) -> dict[str, str]:
        """Return the adverse event terms of a test by direction (low, high)."""
        return {row.direction: row.term for row in self.criteria if row.test == test}

    def grade(
        self,
        test: "pl.Series | Sequence[str]",
        value: "Column",
        low: "Column | None" = None,
        high: "Column | None" = None,
        baseline: "Column | None" = None,
        unit: "pl.Series | Sequence[str | None] | None" = None,
    ) -> "pl.DataFrame":
        """Grade values.

        Parameters
        ----------
        test
            Test codes (LBTESTCD), one a value.
        value
            The results; null or NaN for missing.
        low, high
            Limits of normal, in the unit of the value.
        baseline
            The subject's baseline, in the unit of the value.
        unit
            Units of the values; None where all are those of the criteria (g/L, 10^9/L, mmol/L). An unknown
            unit leaves a value ungraded where a criterion is an absolute number.

        Returns
        -------
        grades
            One row a value: ``term_low``, ``grade_low``, ``term_high``, ``grade_high``, and of the worse
            direction ``direction``, ``term``, ``grade``. Grade 0 is within the criteria, null not gradable.

        Raises
        ------
        UsageError
            If the columns differ in length.
        """
        import numpy as np
        import polars as pl

        names = np.asarray(list(test), dtype=object)
        columns = _Columns(*(_numbers(column, names.size) for column in (value, low, high, baseline)))
        units = None if unit is None else np.asarray(list(unit), dtype=object)
        if units is not None and units.size != names.size:
            raise UsageError(f"Grading: found {units.size} units; expected {names.size}, one a value.")
        result = {side: np.full(names.size, np.nan) for side in ("low", "high")}
        terms = {side: np.full(names.size, None, dtype=object) for side in ("low", "high")}
        for name, rows, factor in self._groups(names, units):
            for side, term in self.terms(name).items():
                used = [row for row in self.criteria if row.test == name and row.direction == side]
                result[side][rows] = _grade(used, columns.take(rows), factor)
                terms[side][rows] = term
        frame = pl.DataFrame(
            [
                pl.Series("term_low", list(terms["low"]), dtype=pl.String),
                pl.Series("grade_low", result["low"]).fill_nan(None),
                pl.Series("term_high", list(terms["high"]), dtype=pl.String),
                pl.Series("grade_high", result["high"]).fill_nan(None),
            ]
        )
        return frame.with_columns(_worse())

    def _groups(
        self, names: "np.ndarray[Any, Any]", units: "np.ndarray[Any, Any] | None"
    ) -> "Iterator[tuple[str, np.ndarray[Any, Any], Fraction | None]]":
        """Yield test, places and the factor to the unit of its criteria (None: unknown unit)."""
        import numpy as np

        for name in sorted(self.tests.keys() & {*names.tolist()}):
            places = np.flatnonzero(names == name)
            if units is None:
                yield name, places, Fraction(1)
                continue
            for unit in sorted({str(one or "") for one in units[places]}):
                here = places[np.array([str(one or "") == unit for one in units[places]])]
                yield name, here, self.tests[name].factors.get("".join(unit.lower().split()))


def load_grading(version: str = "5.0", *, symptomatic: bool = False) -> GradingTable:
    """Return the grading table of a version of CTCAE.

    Parameters
    ----------
    version
        Only 5.0 is there.
    symptomatic
        Whether criteria that ask for symptoms count as met; otherwise they are left out.

    Raises
    ------
    UsageError
        If the version is not there.

    >>> graded = load_grading("5.0").grade(["CK", "HGB"], [1200.0, 95.0], [None, 120.0], [200.0, 160.0])
    >>> graded["term"].to_list(), graded["grade"].to_list()
    (['CPK increased', 'Anemia'], [3.0, 2.0])
    """
    criteria = tuple(row for row in load_criteria(version) if symptomatic or not row.symptoms)
    return GradingTable(version, criteria, load_tests())


@dataclass(frozen=True)
class _Columns:
    """Value, limits and baseline as numbers, NaN for missing."""

    value: "Numbers"
    low: "Numbers"
    high: "Numbers"
    baseline: "Numbers"

    def take(self, places: "np.ndarray[Any, Any]") -> "_Columns":
        """Return some of the rows."""
        return _Columns(self.value[places], self.low[places], self.high[places], self.baseline[places])


def _numbers(column: "Column | None", size: int) -> "Numbers":
    import numpy as np
    import polars as pl

    if column is None:
        return np.full(size, np.nan)
    numbers = pl.Series(column, dtype=pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    if numbers.size != size:
        raise UsageError(f"Grading: found {numbers.size} numbers; expected {size}, one a value.")
    return numbers


def _grade(criteria: Sequence[Criterion], columns: _Columns, factor: Fraction | None) -> "Numbers":
    """Return the grades of one test in one direction and unit.

    A grade is known only where no criterion of a higher grade lacks its limit. A missing baseline is no
    missing limit: its criteria are then not met.
    """
    import numpy as np

    grade = np.zeros(columns.value.size)
    unknown = np.zeros(columns.value.size)
    abnormal = _compare(columns.baseline, columns.high, Fraction(1), Fraction(0)) > 0
    cases = {"any": np.ones_like(abnormal), "abnormal": abnormal, "normal": ~abnormal}
    for row in criteria:
        if row.absolute and factor is None:
            return np.full(columns.value.size, np.nan)
        applies = cases[row.baseline]
        met, missing = _met(row, columns, factor or Fraction(1))
        grade = np.where(applies & met, np.maximum(grade, row.grade), grade)
        unknown = np.where(applies & missing, np.maximum(unknown, row.grade), unknown)
    known = ~np.isnan(columns.value) & (unknown <= grade)
    return np.where(known, grade, np.nan)


def _met(row: Criterion, columns: _Columns, factor: Fraction) -> "tuple[Flags, Flags]":
    """Return where a criterion is met, and where its limit of normal is missing."""
    import numpy as np

    shift = row.number / factor if row.absolute else Fraction(0)
    scale = Fraction(1) if row.absolute else row.number
    references = {
        "uln": columns.high,
        "above-uln": columns.high,
        "lln": columns.low,
        "baseline": columns.baseline,
        "value": np.zeros(columns.value.size),
    }
    reference = references[row.basis]
    sign = _compare(columns.value, reference, scale, shift)
    met = (sign > 0) if row.direction == "high" else (sign < 0)
    if row.inclusive:
        met |= sign == 0
    missing = np.isnan(reference) & (row.basis != "baseline")
    return met, missing


def _compare(value: "Numbers", reference: "Numbers", scale: Fraction, shift: Fraction) -> "Numbers":
    """Return the sign of value - (scale x reference + shift), exact for numbers written as decimals."""
    import numpy as np

    limit = float(scale) * reference + float(shift)
    sign = np.sign(value - limit)
    near = np.abs(value - limit) <= _NEAR * np.maximum(np.abs(value), np.abs(limit))
    for place in np.flatnonzero(near):
        exact = Fraction(repr(float(value[place]))) - shift
        exact -= scale * Fraction(repr(float(reference[place])))
        sign[place] = (exact > 0) - (exact < 0)
    return sign


def _worse() -> "list[pl.Expr]":
    """Return the columns of the worse direction.

    A test without criteria in one direction is judged by the other; where one direction is not known, only a
    grade above 0 of the other says something.
    """
    import polars as pl

    low, high = pl.col("grade_low"), pl.col("grade_high")
    both = pl.col("term_low").is_not_null() & pl.col("term_high").is_not_null()
    grade = pl.max_horizontal(low, high)
    unsure = both & (low.is_null() | high.is_null()) & (grade == 0)
    first = pl.when(low > 0).then(pl.lit("low")).when(high > 0).then(pl.lit("high"))
    side = pl.when((low > 0) & (high > low)).then(pl.lit("high")).otherwise(first)
    term = pl.when(side == "low").then("term_low").when(side == "high").then("term_high")
    known = pl.when(unsure).then(None).otherwise(grade)
    return [side.alias("direction"), term.alias("term"), known.alias("grade")]
