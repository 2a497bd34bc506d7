"""What an analysis is given and what it answers: the data of one trial, and an answer with its reason.

Patients are divided evenly: of ``n`` in all, two arms get ``n / 2`` each (the first one more where ``n`` is
odd: 5 and 4 of 9), three arms ``n / 3``. The first arm is the treated one, or the lowest dose.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mitograft.statistics.counts import Array

__all__ = ["Answer", "Arms", "Counts", "Design", "Kind", "Times", "Visits", "answer", "split"]

Kind = Literal["exact", "conservative", "approximate"]
Design = Literal[
    "responders, one arm",
    "responders, two arms",
    "responders, three arms",
    "events, one arm",
    "events, two arms",
    "values, one arm",
    "values, two arms",
    "values, three arms",
    "categories, two arms",
    "categories, three arms",
    "visits, two arms",
    "times, one arm",
    "times, two arms",
]


@dataclass(frozen=True, slots=True)
class Answer:
    """A p value and an interval; None where there is none, and then ``note`` says why."""

    p: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Responders (or events) and patients of each arm."""

    events: tuple[int, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Arms:
    """Values (or grades) of each arm, with the value at baseline where there is one."""

    values: tuple[list[float], ...]
    baseline: tuple[list[float], ...] = ()


@dataclass(frozen=True, eq=False)
class Visits:
    """Measurements one by one: response, subject, visit (0, 1, ...) and arm (0 or 1)."""

    response: Array
    subject: npt.NDArray[np.int64]
    visit: npt.NDArray[np.int64]
    arm: npt.NDArray[np.int64]
    last: int


@dataclass(frozen=True, eq=False)
class Times:
    """Times and events (1 seen, 0 censored) of each arm."""

    arms: tuple[tuple[list[float], list[int]], ...]


def split(n: int, arms: int) -> tuple[int, ...]:
    """Return the patients of each arm.

    >>> split(9, 2), split(36, 3)
    ((5, 4), (12, 12, 12))
    """
    return tuple((n + arms - 1 - i) // arms for i in range(arms))


def answer(
    p: float | None = None, low: float | None = None, high: float | None = None, note: str = ""
) -> Answer:
    """Return an answer in which what is not a number is missing, with a reason in any case."""
    p, low, high = (None if x is None or math.isnan(x) else float(x) for x in (p, low, high))
    if low is None or high is None:
        low = high = None
    if p is None and low is None and not note:
        note = "the data determine neither a p value nor an interval"
    return Answer(p, low, high, note)
