"""The fixed effects of a course over time: time since immunisation, baseline, and group by time.

With ``T(d)`` the row of time columns of a day (an indicator for each day, a straight line or a natural cubic
spline)::

    y_id = T(d) a + (baseline_i - mean) b + sum_g [mouse i in group g] T(d) c_g + mouse_i + e_id

``T(d) c_g`` is the effect of treatment ``g`` against the control on day ``d``; its average over the days is
the overall effect. The columns ``T(d) a`` are always there: CIM remits by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mitograft.mouse.function.contract import TimeModel
from mitograft.statistics.counts import Array

__all__ = ["Design", "Observation", "build_design"]

_SPLINE_DAYS = 4
_INNER = (1.0 / 3.0, 2.0 / 3.0)


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of one mouse: ``baseline`` is NaN where the model has none."""

    animal: str
    group: str
    day: int
    value: float
    baseline: float


@dataclass(frozen=True)
class Design:
    """Columns of the model and how to read effects off them.

    Parameters
    ----------
    x, names
        One row for each observation; names of the columns.
    days
        Days in the data, in order.
    time
        The time model used (``linear`` where a spline was asked of fewer than four days).
    treated
        Groups other than the control.
    knots
        Of the spline.
    """

    x: Array
    names: tuple[str, ...]
    days: tuple[int, ...]
    time: TimeModel
    treated: tuple[str, ...]
    knots: tuple[float, ...] = ()

    def control(self, day: int) -> Array:
        """Return the weights of the mean of the control on a day, at the mean baseline."""
        return self._place("", self.row(day))

    def effect(self, group: str, day: int) -> Array | None:
        """Return the weights of the effect of a group on a day; None where the data cannot give it."""
        row = self.row(day)
        needed = {_name(group, i) for i in np.flatnonzero(row).tolist()}
        return self._place(group, row) if needed <= set(self.names) else None

    def row(self, day: int) -> Array:
        """Return the time columns of a day."""
        return _time_row(day, self.days, self.time, self.knots)

    def _place(self, block: str, row: Array) -> Array:
        weights = np.zeros(len(self.names))
        for i in np.flatnonzero(row).tolist():
            weights[self.names.index(_name(block, i))] = row[i]
        return weights


def build_design(
    data: Sequence[Observation], treated: Sequence[str], time: TimeModel, *, baseline: bool
) -> Design:
    """Return the design; a group's column of a day on which it was not measured is left out."""
    days = tuple(sorted({o.day for o in data}))
    if time == "spline" and len(days) < _SPLINE_DAYS:
        time = "linear"
    knots = tuple(np.quantile(days, (0.0, *_INNER, 1.0)).tolist()) if time == "spline" else ()
    rows = {day: _time_row(day, days, time, knots) for day in days}
    by_time = np.array([rows[o.day] for o in data])
    blocks, names = [by_time], [_name("", i) for i in range(by_time.shape[1])]
    if baseline:
        values = np.array([o.baseline for o in data])
        mean = np.mean([v for _, v in {(o.animal, o.baseline) for o in data}])
        if np.ptp(values) > 0.0:
            blocks.append((values - mean)[:, np.newaxis])
            names.append("baseline")
    for group in treated:
        inside = np.array([float(o.group == group) for o in data])
        block = by_time * inside[:, np.newaxis]
        kept = [i for i in range(block.shape[1]) if np.any(block[:, i])]
        blocks.append(block[:, kept])
        names += [_name(group, i) for i in kept]
    return Design(np.hstack(blocks), tuple(names), days, time, tuple(treated), knots)


def _name(group: str, column: int) -> str:
    """Return the name of a time column, of all mice or of a group."""
    return f"{group}: time {column}" if group else f"time {column}"


def _time_row(day: int, days: Sequence[int], time: TimeModel, knots: Sequence[float]) -> Array:
    """Return the time columns of a day; linear and spline columns are centred on the middle of the days."""
    if time == "factor":
        return np.array([float(day == d) for d in days])
    middle, span = (days[0] + days[-1]) / 2.0, float(days[-1] - days[0])
    line = (day - middle) / span
    if time == "linear":
        return np.array([1.0, line])
    return np.array([1.0, line, *_natural(float(day), knots, span)])


def _natural(day: float, knots: Sequence[float], span: float) -> list[float]:
    """Return the truncated-power terms of a natural cubic spline (Hastie and others, 2009, equation 5.4)."""

    def d(k: float) -> float:
        return (max(day - k, 0.0) ** 3 - max(day - knots[-1], 0.0) ** 3) / (knots[-1] - k) / span**2

    return [d(k) - d(knots[-2]) for k in knots[:-2]]
