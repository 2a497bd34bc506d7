r"""Simulated weights and function tests of CIM mice: loss after immunisation, remission, treatment.

The loss of a mouse on day ``d`` is a share of what it would have without myositis::

    loss(d) = severity_group  exp(s z - s^2 / 2)  f(d)  depth,      f(d) = (d / p)^k exp(k (1 - d / p))

with the peak ``p``, the steepness ``k``, the frailty ``z`` of the mouse (standard normal, shared by the
rooms) and its weight ``s``; the factor of the frailty has a mean of 1. A treatment takes a share of the loss
away, from the day after it is first given. CIM remits by itself: ``f`` returns to 0.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from mitograft.mouse.simulate import SimulatedMouse
from mitograft.provenance import atomic_write_text
from mitograft.tables.contract import Cell
from mitograft.tables.read import read_table
from mitograft.tables.write import format_csv

__all__ = [
    "CourseTruth",
    "FunctionTruth",
    "GroupCourse",
    "TestedTruth",
    "WeightTruth",
    "simulate_function",
    "simulate_weights",
    "true_level",
]

_MARK = "SIMULATED"
_HUMANE = "humane end point"


@dataclass(frozen=True, slots=True)
class GroupCourse:
    """Truth of a group: ``severity`` (0 healthy, 1 full disease), and the share of it treatment removes."""

    severity: float
    effect: float = 0.0


@dataclass(frozen=True)
class CourseTruth:
    """Truth of the disease over time.

    Parameters
    ----------
    groups
        Truth of each group.
    peak, steepness
        Day of the largest loss, and how steeply it comes and goes.
    first_treatment
        First day of treatment; it acts from the day after.
    frailty
        Standard deviation of the logarithm of the loss between mice.
    """

    groups: Mapping[str, GroupCourse]
    peak: float = 14.0
    steepness: float = 3.0
    first_treatment: int = 7
    frailty: float = 0.25


@dataclass(frozen=True)
class WeightTruth:
    """Truth of the weights.

    Parameters
    ----------
    course
        The disease.
    days
        Days of weighing.
    depth
        Share of the weight lost at the peak, at a severity of 1.
    start, between, growth
        Mean weight on day zero (g), its standard deviation between mice, and growth in g a day.
    noise
        Standard deviation of a weighing (g).
    humane_loss
        A mouse that has lost more than this share of its baseline leaves on that day; None leaves the ends to
        the colony.
    """

    course: CourseTruth
    days: tuple[int, ...] = (0, 2, 4, 7, 9, 11, 14, 16, 18, 21)
    depth: float = 0.14
    start: float = 20.0
    between: float = 1.2
    growth: float = 0.04
    noise: float = 0.25
    humane_loss: float | None = None


@dataclass(frozen=True, slots=True)
class TestedTruth:
    """Truth of one test.

    Parameters
    ----------
    test, unit
        As written in the file.
    level
        Mean of healthy mice.
    depth
        Share lost at the peak; on the log scale the rise of the natural logarithm.
    between, noise
        Coefficients of variation (standard deviations of the logarithm on the log scale) between mice and
        between trials.
    log
        Whether the test rises with the disease, on the logarithm, as enzymes in serum do.
    trials
        Trials of a day.
    days
        Days of the test.
    """

    test: str
    unit: str
    level: float
    depth: float
    between: float = 0.08
    noise: float = 0.08
    log: bool = False
    trials: int = 1
    days: tuple[int, ...] = (0, 7, 14, 21)


_TESTS = (
    TestedTruth("grip", "N", 1.4, 0.35, trials=3),
    TestedTruth("ck", "U/L", 350.0, 1.2, between=0.25, noise=0.2, log=True, days=(0, 14, 21)),
)


@dataclass(frozen=True)
class FunctionTruth:
    """Truth of the function tests: the disease and the tests."""

    course: CourseTruth
    tests: tuple[TestedTruth, ...] = field(default=_TESTS)


def true_level(course: CourseTruth, group: str, day: int) -> float:
    """Return the mean share of the peak depth that mice of a group have lost on a day.

    >>> course = CourseTruth({"vehicle": GroupCourse(1.0), "treated": GroupCourse(1.0, 0.5)})
    >>> true_level(course, "vehicle", 14), true_level(course, "treated", 14)
    (1.0, 0.5)
    """
    truth = course.groups[group]
    if day <= 0:
        return 0.0
    share = day / course.peak
    shape = math.exp(course.steepness * (math.log(share) + 1.0 - share))
    effect = truth.effect if day > course.first_treatment else 0.0
    return truth.severity * shape * (1.0 - effect)


def simulate_weights(
    truth: WeightTruth, folder: Path, mice: Sequence[SimulatedMouse], rng: np.random.Generator
) -> tuple[SimulatedMouse, ...]:
    """Write ``weights.csv``; return the mice with their ends.

    Where ``humane_loss`` is given, mice that lose more leave on that day, and ``animals.csv`` of the folder,
    where there is one, is written anew with those ends.
    """
    table: dict[str, list[Cell]] = {name: [] for name in ("animal", "date", "weight_g", "note")}
    ended = []
    for mouse in mice:
        start = truth.start + truth.between * float(rng.standard_normal())
        noise = truth.noise * rng.standard_normal(len(truth.days))
        weights: list[tuple[int, float]] = []
        for day, error in zip(truth.days, noise.tolist(), strict=True):
            if day > _last_day(mouse):
                break
            loss = truth.depth * _loss(truth.course, mouse, day)
            weights.append((day, round((start + truth.growth * day) * (1.0 - loss) + error, 1)))
            if truth.humane_loss is not None and weights[-1][1] < (1.0 - truth.humane_loss) * weights[0][1]:
                break
        ended.append(_end(truth, mouse, weights))
        for day, weight in weights:
            _add(table, mouse, day, {"weight_g": weight, "note": _MARK})
    atomic_write_text(folder / "weights.csv", format_csv(table))
    if truth.humane_loss is not None:
        _write_ends(folder / "animals.csv", ended)
    return tuple(ended)


def simulate_function(
    truth: FunctionTruth, folder: Path, mice: Sequence[SimulatedMouse], rng: np.random.Generator
) -> None:
    """Write ``function.csv``: every test on its days as long as a mouse is in the study."""
    names = ("animal", "date", "test", "value", "unit", "trial", "note")
    table: dict[str, list[Cell]] = {name: [] for name in names}
    for test in truth.tests:
        for mouse in mice:
            own = float(rng.standard_normal()) * test.between
            errors = test.noise * rng.standard_normal((len(test.days), test.trials))
            for day, trials in zip(test.days, errors.tolist(), strict=True):
                if day > _last_day(mouse):
                    break
                for number, error in enumerate(trials, start=1):
                    value = float(f"{_result(test, _loss(truth.course, mouse, day), own, error):.4g}")
                    cells: dict[str, Cell] = {
                        "test": test.test,
                        "value": value,
                        "unit": test.unit,
                        "note": _MARK,
                    }
                    _add(table, mouse, day, cells | {"trial": number if test.trials > 1 else None})
    atomic_write_text(folder / "function.csv", format_csv(table))


def _loss(course: CourseTruth, mouse: SimulatedMouse, day: int) -> float:
    """Return the share of the peak depth a mouse has lost."""
    factor = math.exp(course.frailty * mouse.frailty - course.frailty**2 / 2.0)
    return true_level(course, mouse.group, day) * factor


def _result(test: TestedTruth, loss: float, own: float, error: float) -> float:
    if test.log:
        return test.level * math.exp(test.depth * loss + own + error)
    return max(0.0, test.level * (1.0 + own) * (1.0 - test.depth * loss) + test.level * error)


def _last_day(mouse: SimulatedMouse) -> int:
    return (mouse.end_date - mouse.day_zero).days


def _end(truth: WeightTruth, mouse: SimulatedMouse, weights: Sequence[tuple[int, float]]) -> SimulatedMouse:
    """Return the mouse with its end brought forward where it lost too much."""
    if truth.humane_loss is None or not weights:
        return mouse
    day, weight = weights[-1]
    if weight >= (1.0 - truth.humane_loss) * weights[0][1]:
        return mouse
    return replace(mouse, end_date=mouse.day_zero + timedelta(days=day), end_reason=_HUMANE)


def _add(table: Mapping[str, list[Cell]], mouse: SimulatedMouse, day: int, cells: Mapping[str, Cell]) -> None:
    row = {"animal": mouse.id, "date": (mouse.day_zero + timedelta(days=day)).isoformat(), **cells}
    for name, column in table.items():
        column.append(row[name])


def _write_ends(path: Path, mice: Sequence[SimulatedMouse]) -> None:
    """Write the ends of mice into a table of animals that exists."""
    if not path.exists():
        return
    raw = read_table(path)
    columns = {name: list(cells) for name, cells in raw.columns.items()}
    ends = {mouse.id: mouse for mouse in mice}
    for index, animal in enumerate(columns["animal"]):
        mouse = ends.get(str(animal))
        if mouse is not None:
            columns["end_date"][index] = mouse.end_date.isoformat()
            columns["end_reason"][index] = mouse.end_reason
    atomic_write_text(path, format_csv(columns))
