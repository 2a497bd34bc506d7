"""Columns of weights.csv and function.csv; one quantity followed over days; what may be chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mitograft.evidence.finding import Finding
from mitograft.tables.contract import Column, Contract
from mitograft.tables.parameters import Parameters, load_parameters, load_rows

__all__ = [
    "FUNCTION",
    "WEIGHTS",
    "CourseOptions",
    "FollowUp",
    "Measure",
    "Points",
    "Series",
    "course_rules",
    "load_measures",
]

Points = tuple[tuple[int, float], ...]
TimeModel = Literal["factor", "linear", "spline"]

_PACKAGE = "mitograft.mouse.function"
_WHY = Column("excluded", "Why the measurement is left out; empty where it is not", "text", required=False)
_NOTE = Column("note", "Free text", "text", required=False)

WEIGHTS = Contract(
    "body weights",
    (
        Column("animal", "Identifier of the mouse", "identifier", filled=True),
        Column("date", "Day of weighing, YYYY-MM-DD", "text", filled=True),
        Column("weight_g", "Body weight", "number", unit="g", low=0.0),
        _WHY,
        _NOTE,
    ),
    key=("animal", "date"),
)
FUNCTION = Contract(
    "function tests",
    (
        Column("animal", "Identifier of the mouse", "identifier", filled=True),
        Column("date", "Day of the test, YYYY-MM-DD", "text", filled=True),
        Column("test", "Name of the test (grip, rotarod, ck)", "text", filled=True),
        Column("value", "Result", "number", low=0.0),
        Column("unit", "Unit of the result", "text", filled=True),
        Column("trial", "Number of the trial, where a mouse was tested several times a day", "text",
               required=False),
        _WHY,
        _NOTE,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """How one kind of measurement is treated.

    Parameters
    ----------
    id, label
        Name in files and outcomes, and in words.
    scale
        ``interval``: compared by difference; ``log``: by ratio.
    baseline
        Whether values are given as per cent of the mouse's own baseline.
    trials
        How several trials of a day become one value (``mean``: on the logarithm where the scale is log).
    jump
        Largest factor between neighbouring measurements that raises no question.
    """

    id: str
    label: str
    scale: Literal["interval", "log"]
    baseline: bool
    trials: Literal["mean", "max"]
    jump: float


@dataclass(frozen=True)
class Series:
    """One quantity over time: for each mouse its days since immunisation and values, in order of days."""

    measure: Measure
    unit: str
    source: str
    values: Mapping[str, Points]

    @property
    def name(self) -> str:
        """Name of the quantity in outcomes, for example ``weight``."""
        return self.measure.id


@dataclass(frozen=True)
class FollowUp:
    """Everything read from weights.csv and function.csv, weight first, and what a reader should look at."""

    series: tuple[Series, ...]
    findings: tuple[Finding, ...] = ()


def course_rules() -> Parameters:
    """Return the thresholds of this room."""
    return load_parameters(_PACKAGE, "parameters.csv")


@dataclass(frozen=True, slots=True)
class CourseOptions:
    """How a course over time is analysed.

    Parameters
    ----------
    baseline_day
        The baseline is the last measurement at or before this day.
    first, last
        Day window of areas under the curve; effects are averaged over the days after ``first``. None takes
        the first day of treatment that groups.csv gives (the baseline day where it gives none) and the last
        day measured.
    days
        Nominal days of visits; a measurement belongs to the nearest one. Empty takes every day as measured.
    tolerance
        Furthest a measurement may lie from its nominal day; others are left out of the model and of outcomes
        of single days.
    time
        Time since immunisation in the model: every day its own mean (``factor``), a straight ``linear``
        course, or a natural cubic ``spline``. It cannot be left out.
    random_slope
        Whether a random slope of the mouse is tried, and kept if it fits.
    level
        Level of intervals.
    rules
        Thresholds of this room.
    """

    baseline_day: int = 0
    first: int | None = None
    last: int | None = None
    days: tuple[int, ...] = ()
    tolerance: int = 1
    time: TimeModel = "factor"
    random_slope: bool = True
    level: float = 0.95
    rules: Parameters = field(default_factory=course_rules)


def load_measures() -> dict[str, Measure]:
    """Return the shipped measures by name; ``other`` is the rule of every other test."""
    return {
        row["id"]: Measure(
            row["id"],
            row["label"],
            "log" if row["scale"] == "log" else "interval",
            row["baseline"] == "yes",
            "max" if row["trials"] == "max" else "mean",
            float(row["jump"]),
        )
        for row in load_rows(_PACKAGE, "measures.csv")
    }
