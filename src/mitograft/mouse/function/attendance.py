"""Who was measured when, and the means of those who were."""

import math
from collections.abc import Sequence

from mitograft.mouse.animals import Animal, Colony
from mitograft.mouse.function.contract import CourseOptions
from mitograft.mouse.function.derive import Curves, left_early, visit_values
from mitograft.mouse.function.results import Attendance, GroupCurve, MouseCurve
from mitograft.statistics.blocked import t_result
from mitograft.statistics.donors import exact_mean, exact_variance

__all__ = ["attend", "group_curves"]


def attend(curves: Curves, colony: Colony, options: CourseOptions) -> tuple[Attendance, ...]:
    """Return, for each group and day, mice measured, still in the study and gone early."""
    visits = _visits(curves, options)
    days = tuple(sorted({day for found in visits.values() for day in found}))
    made = []
    for group in colony.groups:
        mice = colony.included(group)
        if mice:
            counts = [[sum(test(a, day) for a in mice) for day in days] for test in (_present, _gone)]
            measured = [sum(day in visits.get(a.id, {}) for a in mice) for day in days]
            made.append(Attendance(group, days, tuple(measured), tuple(counts[0]), tuple(counts[1])))
    return tuple(made)


def _present(animal: Animal, day: int) -> bool:
    return animal.end_date is None or animal.day(animal.end_date) >= day


def _gone(animal: Animal, day: int) -> bool:
    return bool(left_early(animal)) and not _present(animal, day)


def group_curves(curves: Curves, colony: Colony, options: CourseOptions) -> tuple[GroupCurve, ...]:
    """Return the mean course of every group with the courses of its mice."""
    visits = _visits(curves, options)
    found = []
    for group in colony.groups:
        mice = [a for a in colony.included(group) if visits.get(a.id)]
        days = sorted({day for a in mice for day in visits[a.id]})
        if not days:
            continue
        values = [[visits[a.id][day] for a in mice if day in visits[a.id]] for day in days]
        ends = [_mean(v, options.level) for v in values]
        means, lows, highs = (_shown(curves, part) for part in zip(*ends, strict=True))
        found.append(
            GroupCurve(
                group, tuple(days), means, lows, highs, tuple(len(v) for v in values),
                tuple(_mouse(curves, a, visits[a.id]) for a in mice),
            )
        )  # fmt: skip
    return tuple(found)


def _visits(curves: Curves, options: CourseOptions) -> dict[str, dict[int, float]]:
    return {name: visit_values(points, options) for name, points in curves.values.items()}


def _mouse(curves: Curves, animal: Animal, visits: dict[int, float]) -> MouseCurve:
    return MouseCurve(animal.id, tuple(visits), _shown(curves, tuple(visits.values())), left_early(animal))


def _mean(values: Sequence[float], level: float) -> tuple[float, float, float]:
    """Return the mean and Student's interval; NaN ends for a single mouse."""
    n, mean = len(values), exact_mean(values)
    if n == 1:
        return mean, math.nan, math.nan
    found = t_result(mean, math.sqrt(exact_variance(values) / n), n - 1.0, level)
    return mean, found.low, found.high


def _shown(curves: Curves, values: Sequence[float]) -> tuple[float, ...]:
    """Return values as a figure shows them: exponentials on the log scale."""
    return tuple(math.exp(v) for v in values) if curves.scale == "log" else tuple(values)
