r"""From measurements to curves on the scale of analysis, and to one number for each mouse.

Interval scales with a baseline are given in per cent of the mouse's own baseline: the last measurement at or
before the baseline day. Log scales stay in their unit and are compared by ratio.

Area under the curve
    over the day window ``[a, b]``, by the trapezoid through the measured days and divided by the days it
    covers, so that its unit is that of the curve (a mean over time; on the logarithm for log scales)::

        AUC = sum_i (d_{i+1} - d_i) (y_i + y_{i+1}) / 2  /  (d_last - d_first)

    A mouse that leaves early counts with the days it was followed where these are at least half of the
    window, and has no area otherwise. Nothing is carried forward. Either way a finding names it, because mice
    that leave at a humane end point are the sickest ones: the mixed model over time, which uses every
    measurement, is the analysis to compare it with.
Last value
    at the last day of the window; mice that left before have none.
Nadir
    the lowest body weight after the baseline day, as far as the mouse was followed.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from mitograft.evidence.finding import Finding
from mitograft.mouse.animals import Animal, Colony
from mitograft.mouse.function.contract import CourseOptions, FollowUp, Points, Series
from mitograft.mouse.outcomes import Outcome

__all__ = [
    "Curves",
    "Window",
    "day_window",
    "left_early",
    "prepare",
    "summarise",
    "treatment_days",
    "visit_values",
]

_PERCENT = 100.0
_WHOLE = 0.999
_NAMED = 6


@dataclass(frozen=True, slots=True)
class Window:
    """Days (inclusive) over which areas are taken; effects are averaged over the days after ``first``."""

    first: int
    last: int

    def __str__(self) -> str:
        """Return the window in words."""
        return f"days {self.first} to {self.last}"


@dataclass(frozen=True)
class Curves:
    """A series on the scale it is analysed on.

    Parameters
    ----------
    series
        What was measured.
    scale
        ``percent`` of baseline, in its ``own`` unit, or natural ``log``.
    unit
        Unit of curve values; on the log scale that of their exponentials.
    values
        For each mouse of the analysis its days and values on that scale.
    baseline
        For each mouse its baseline in its own unit (its logarithm on the log scale).
    window
        Days of areas and effects.
    findings
        What a reader must know.
    """

    series: Series
    scale: Literal["percent", "own", "log"]
    unit: str
    values: Mapping[str, Points]
    baseline: Mapping[str, float]
    window: Window
    findings: tuple[Finding, ...] = ()

    @property
    def quantity(self) -> str:
        """Words and unit for an axis."""
        return f"{self.series.measure.label} ({self.unit})"


def treatment_days(colony: Colony) -> dict[str, tuple[int, ...]]:
    """Return the days of treatment of each group whose schedule is a plain list (``7; 14``)."""
    plain = re.compile(r"\s*-?\d+\s*([;,]\s*-?\d+\s*)*")
    return {
        name: tuple(int(day) for day in re.findall(r"-?\d+", group.schedule))
        for name, group in colony.groups.items()
        if plain.fullmatch(group.schedule)
    }


def day_window(series: Series, colony: Colony, options: CourseOptions) -> Window:
    """Return the day window of a series: chosen, or from the first treatment to the last day measured."""
    started = [
        day
        for name, days in treatment_days(colony).items()
        for day in days
        if colony.groups[name].role == "treated"
    ]
    first = options.first
    if first is None:
        first = max(options.baseline_day, min(started, default=options.baseline_day))
    measured = [day for a in colony.included() for day, _ in series.values.get(a.id, ())]
    last = max(measured, default=first) if options.last is None else options.last
    return Window(first, max(first, last))


def prepare(series: Series, colony: Colony, options: CourseOptions) -> Curves:
    """Bring a series to the scale of analysis; mice excluded from the analysis are left out."""
    mice = {a.id: series.values[a.id] for a in colony.included() if series.values.get(a.id)}
    log, relative = series.measure.scale == "log", series.measure.baseline
    if log:
        mice = {name: tuple((day, math.log(v)) for day, v in points) for name, points in mice.items()}
    oldest = options.baseline_day - options.rules["oldest_baseline"].number
    found = {
        name: [v for day, v in points if oldest <= day <= options.baseline_day]
        for name, points in mice.items()
    }
    baseline = {name: values[-1] for name, values in found.items() if values and (log or values[-1] > 0.0)}
    if len(baseline) < options.rules["fewest_baselines"].number * len(mice):
        baseline = {}
    window = day_window(series, colony, options)
    findings = tuple(_on_baseline(series, mice, baseline, options))
    if log or not relative or not baseline:
        return Curves(series, "log" if log else "own", series.unit, mice, baseline, window, findings)
    values = {
        name: tuple((day, _PERCENT * v / baseline[name]) for day, v in points)
        for name, points in mice.items()
        if name in baseline
    }
    return Curves(series, "percent", "% of baseline", values, baseline, window, findings)


def _on_baseline(
    series: Series, mice: Mapping[str, Points], baseline: Mapping[str, float], options: CourseOptions
) -> Iterator[Finding]:
    if not baseline:
        yield Finding(
            "no-baseline", "warning", series.source, series.name,
            f"too few mice were measured at or shortly before day {options.baseline_day}",
            "Values are given as they are and compared without adjustment for a baseline; measure one.",
        )  # fmt: skip
        return
    what = "it is left out of the model over time"
    if series.measure.scale != "log" and series.measure.baseline:
        what = "it has no value in per cent of baseline and is left out"
    for name in mice:
        if name not in baseline:
            yield Finding(
                "no-baseline", "warning", series.source, f"{name}, {series.name}",
                f"no usable measurement at or shortly before day {options.baseline_day}",
                f"Add one if it was made; {what}.",
            )  # fmt: skip


def left_early(animal: Animal) -> str:
    """Return why a mouse left before the scheduled end; empty where it did not."""
    return "" if animal.end_reason in ("", "scheduled") else animal.end_reason


def visit_values(points: Points, options: CourseOptions) -> dict[int, float]:
    """Return the values of a mouse by nominal day (by measured day without nominal days).

    Of several measurements that belong to one day the nearest counts, the earlier of two equally near.
    """
    if not options.days:
        return dict(points)
    chosen: dict[int, tuple[int, float]] = {}
    for day, value in points:
        visit = min(options.days, key=lambda d: (abs(d - day), d))
        distance = abs(visit - day)
        if distance <= options.tolerance and (visit not in chosen or distance < chosen[visit][0]):
            chosen[visit] = distance, value
    return {visit: chosen[visit][1] for visit in sorted(chosen)}


def summarise(
    followed: FollowUp, colony: Colony, options: CourseOptions | None = None
) -> tuple[tuple[Curves, ...], tuple[Outcome, ...], tuple[Finding, ...]]:
    """Return curves, one number for each mouse and what a reader must know, series by series."""
    options = options or CourseOptions()
    curves = tuple(prepare(series, colony, options) for series in followed.series)
    outcomes: list[Outcome] = []
    findings = [*followed.findings]
    for one in curves:
        findings += one.findings
        found = list(_areas(one, colony, options, findings))
        found += _weight(one, options) if one.series.name == "weight" else _days(one, options)
        outcomes += [outcome for outcome in found if outcome.values]
        if one.series.name == "weight":
            findings += _humane(one, colony, options)
    return curves, tuple(outcomes), tuple(findings)


def _outcome(curves: Curves, name: str, label: str, values: Mapping[str, float], note: str) -> Outcome:
    """Return an outcome; on the log scale its values are the exponentials of curve values."""
    log, series = curves.scale == "log", curves.series
    shown = {animal: math.exp(v) for animal, v in values.items()} if log else dict(values)
    return Outcome(
        f"function.{series.name}_{name}", f"{series.measure.label}, {label}", curves.unit,
        "log" if log else "interval", shown, series.source, note=note,
    )  # fmt: skip


def _areas(
    curves: Curves, colony: Colony, options: CourseOptions, findings: list[Finding]
) -> Iterator[Outcome]:
    """Return the area under the curve; add findings on mice that were not followed throughout."""
    window, values = curves.window, {}
    length = window.last - window.first
    least, longest = options.rules["fewest_followed"].number, options.rules["longest_gap"].number
    partly: dict[_Followed, list[str]] = {}
    for name, points in curves.values.items():
        inside = [(day, v) for day, v in points if window.first <= day <= window.last]
        covered = inside[-1][0] - inside[0][0] if inside else 0
        share = covered / length if length else 0.0
        if covered > 0 and share >= least:
            values[name] = _trapezoid(inside) / covered
        if length and share < _WHOLE:
            span = f"days {inside[0][0]} to {inside[-1][0]}" if covered else f"{len(inside)} day"
            key = _Followed(span, left_early(colony.animals[name]), name in values)
            partly.setdefault(key, []).append(name)
        findings += [
            Finding(
                "long-gap", "note", curves.series.source, f"{name}, {curves.series.name}",
                f"no measurement between days {a} and {b}",
                "The trapezoid bridges the gap by a straight line.",
            )
            for (a, _), (b, _) in pairwise(inside) if b - a > longest
        ]  # fmt: skip
    findings += [_partly(curves, key, mice) for key, mice in partly.items()]
    mean = "geometric mean over those days" if curves.scale == "log" else "mean over those days"
    note = (
        f"Trapezoid over {window}, divided by the days covered ({mean}); mice that left early count with the "
        "days they were followed, nothing is carried forward."
    )
    yield _outcome(curves, "auc", f"area under the curve per day, {window}", values, note)


@dataclass(frozen=True, slots=True)
class _Followed:
    """Which part of the window mice were followed, why they left, and whether that is enough for an area."""

    span: str
    why: str
    enough: bool


def _trapezoid(points: list[tuple[int, float]]) -> float:
    return math.fsum((b - a) * (u + v) / 2.0 for (a, u), (b, v) in pairwise(points))


def _partly(curves: Curves, followed: _Followed, mice: list[str]) -> Finding:
    listed = ", ".join(mice[:_NAMED]) + (f" and {len(mice) - _NAMED} more" if len(mice) > _NAMED else "")
    reason = f"; left the study: {followed.why}" if followed.why else ""
    consequence = (
        "The area under the curve is the mean over those days"
        if followed.enough
        else "There is no area under the curve"
    )
    return Finding(
        "followed-partly", "warning" if followed.why else "note", curves.series.source,
        f"{listed}, {curves.series.name}", f"measured on {followed.span} of {curves.window}{reason}",
        f"{consequence}; nothing was carried forward. Read it beside the model over time.",
    )  # fmt: skip


def _weight(curves: Curves, options: CourseOptions) -> Iterator[Outcome]:
    last = curves.window.last
    near = replace(options, days=(last,)) if options.days else options
    visits = {name: visit_values(points, near) for name, points in curves.values.items()}
    ends = {name: found[last] for name, found in visits.items() if last in found}
    note = f"Mice that left before day {last} have no value."
    yield _outcome(curves, "last", f"day {last}", ends, note)
    after = {
        name: [v for day, v in points if options.baseline_day < day <= last]
        for name, points in curves.values.items()
    }
    lowest = {name: min(values) for name, values in after.items() if values}
    note = f"Lowest value after day {options.baseline_day}, as far as each mouse was followed."
    yield _outcome(curves, "nadir", "lowest", lowest, note)


def _days(curves: Curves, options: CourseOptions) -> Iterator[Outcome]:
    """Return an outcome for each day after the baseline."""
    visits = {name: visit_values(points, options) for name, points in curves.values.items()}
    days = sorted({day for found in visits.values() for day in found if day > options.baseline_day})
    for day in days:
        values = {name: found[day] for name, found in visits.items() if day in found}
        before = " At or before the first day of treatment." if day <= curves.window.first else ""
        yield _outcome(curves, f"day{day}", f"day {day}", values, f"{len(values)} mice measured.{before}")


def _humane(curves: Curves, colony: Colony, options: CourseOptions) -> Iterator[Finding]:
    """Find mice that stayed in the study beyond the usual limit of weight loss."""
    if curves.scale != "percent":
        return
    limit = _PERCENT * (1.0 - options.rules["humane_loss"].number)
    for name, points in curves.values.items():
        low = [(day, v) for day, v in points if day > options.baseline_day and v < limit]
        stayed = [day for day, _ in points if low and day > low[0][0]]
        if stayed and colony.animals[name].end_reason != "humane end point":
            day, value = low[0]
            yield Finding(
                "humane-limit", "warning", curves.series.source, name,
                f"{value:.0f} % of its baseline weight on day {day}, and weighed until day {stayed[-1]}",
                f"Compare with the humane end point of the licence (here: below {limit:g} %).",
            )  # fmt: skip
