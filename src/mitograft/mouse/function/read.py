"""Read weights.csv and function.csv: one value for each mouse, day and test, and what looks implausible."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from mitograft.errors import InputError, UsageError, Violation
from mitograft.evidence.finding import Finding
from mitograft.mouse.animals import Colony
from mitograft.mouse.function.check import Row, check_function, check_weights
from mitograft.mouse.function.contract import FollowUp, Measure, Series, course_rules, load_measures
from mitograft.tables.contract import RawTable
from mitograft.tables.parameters import Parameters
from mitograft.tables.read import read_table

__all__ = ["check_follow_up", "read_follow_up"]


def read_follow_up(
    colony: Colony, weights: Path | None = None, function: Path | None = None, *,
    rules: Parameters | None = None,
) -> FollowUp:  # fmt: skip
    """Read weights, function tests or both.

    Raises
    ------
    InputError
        With every violation of both files: negative weights, dates before birth or after the mouse left,
        unknown mice, repeated rows, two units of one test.
    """
    if weights is None and function is None:
        raise UsageError("Follow-up of mice: found no file; expected weights, function tests or both.")
    tables = [None if path is None else read_table(path) for path in (weights, function)]
    return check_follow_up(colony, tables[0], tables[1], rules=rules)


def check_follow_up(
    colony: Colony, weights: RawTable | None, function: RawTable | None, *, rules: Parameters | None = None
) -> FollowUp:
    """Do the same with tables that are already read; see ``read_follow_up``."""
    measures = load_measures()
    rows: dict[str, tuple[Row, ...]] = {}
    violations: list[Violation] = []
    if weights is not None:
        rows[weights.source], found = check_weights(weights, colony)
        violations += found
    if function is not None:
        rows[function.source], found = check_function(function, colony, measures)
        violations += found
    if violations:
        raise InputError(", ".join(dict.fromkeys(v.file for v in violations)), violations)
    series: list[Series] = []
    findings: list[Finding] = []
    for source, found_rows in rows.items():
        findings += _left_out(found_rows, source)
        series += _series(found_rows, source, measures)
    for one in series:
        findings += _jumps(one, rules or course_rules())
    return FollowUp(tuple(series), tuple(findings))


def _series(rows: Sequence[Row], source: str, measures: Mapping[str, Measure]) -> Iterator[Series]:
    """Put the trials of a mouse and day together, test by test in the order of the file."""
    for test in dict.fromkeys(row.test for row in rows):
        own = [row for row in rows if row.test == test]
        measure = measures.get(test) or _other(test, measures)
        trials: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
        for row in own:
            if not row.excluded:
                trials[row.animal][row.day].append(row.value)
        values = {
            animal: tuple((day, _together(days[day], measure)) for day in sorted(days))
            for animal, days in trials.items()
        }
        yield Series(measure, own[0].unit, source, values)


def _other(test: str, measures: Mapping[str, Measure]) -> Measure:
    return replace(measures["other"], id=test, label=test.replace("_", " ").capitalize())


def _together(values: Sequence[float], measure: Measure) -> float:
    if measure.trials == "max":
        return max(values)
    if measure.scale == "log":
        return math.exp(math.fsum(map(math.log, values)) / len(values))
    return math.fsum(values) / len(values)


def _left_out(rows: Sequence[Row], source: str) -> Iterator[Finding]:
    for (animal, test), count in Counter((row.animal, row.test) for row in rows if row.excluded).items():
        yield Finding(
            "measurement-excluded", "note", source, f"{animal}, {test}",
            f"{count} measurement{'s' if count > 1 else ''} left out for the reason given in the file",
            "Nothing to do if the reason was fixed before the data were seen.",
        )  # fmt: skip


def _jumps(series: Series, rules: Parameters) -> Iterator[Finding]:
    """Find neighbouring values further apart than the measure allows."""
    furthest, most = rules["jump_days"].number, series.measure.jump
    for animal, points in series.values.items():
        for (day, value), (later, after) in pairwise(points):
            low, high = sorted((value, after))
            if later - day <= furthest and high > most * low > 0.0:
                yield Finding(
                    "implausible-jump", "warning", series.source, f"{animal}, {series.name}, day {later}",
                    f"{value:.4g} {series.unit} on day {day} and {after:.4g} {series.unit} on day {later}",
                    "Look for a mistyped value or a swapped mouse; it was used as it stands.",
                )  # fmt: skip
