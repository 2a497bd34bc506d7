r"""Stability and shelf life after ICH Q1E (Evaluation of Stability Data, 2003).

The lots' regression lines are compared in order, each time at the 0.25 level and against the residual of
the model with a line for every lot: first the slopes; where they do not differ, the intercepts.

======================  ==========================  ===================================================
slopes                  intercepts                  shelf life
======================  ==========================  ===================================================
differ                  (not tested)                shortest of the lots' own lines, pooled residual
do not differ           differ                      shortest of the lots' lines of one common slope
do not differ           do not differ               one line of all lots
======================  ==========================  ===================================================

The shelf life is the time at which the 95 % confidence bound of the mean meets the limit: one-sided where
the attribute has one limit, two-sided where it has two. Beyond the time that all lots cover it is an
extrapolation, reported as such and not offered: the expiry of a biological product rests on real-time data
(ICH Q5C).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.product.attributes import load_product_parameters
from mitograft.product.read import Limit, StabilityPoint
from mitograft.product.regression_line import Line, Side
from mitograft.tables.parameters import Parameters

__all__ = ["Model", "NoStability", "PoolTest", "Stability", "fit_stability", "stability_of"]

Array = npt.NDArray[np.float64]
Scale = Literal["linear", "log"]
Model = Literal["one line", "common slope", "separate lines", "one lot"]

_FEWEST_LOTS = 3
_ROUNDING = 1e-20


@dataclass(frozen=True, slots=True)
class PoolTest:
    """An F test of poolability; the lots differ where ``p`` is below ``level``."""

    what: Literal["slopes", "intercepts"]
    f: float
    df1: int
    df2: int
    p: float
    level: float

    @property
    def differ(self) -> bool:
        """Whether the lots may not be pooled in this respect."""
        return self.p < self.level


@dataclass(frozen=True, slots=True)
class NoStability:
    """Stability could not be judged; ``reason`` is one sentence that says why."""

    attribute: str
    storage: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stability:
    """The stability of one attribute in one storage condition.

    Parameters
    ----------
    attribute, storage, unit, time_unit
        What was followed, where, and in which units.
    scale
        ``log``: the lines are those of the natural logarithm of the value (first-order loss).
    model
        Which lines were used.
    tests
        Slopes, then intercepts, as far as tested.
    lines
        The lines of the model, one a lot, or one for all.
    own_lines
        The regression of each lot by itself, with its own residual; for the record.
    low, high
        The limits, NaN where open.
    level
        Confidence level of the bound; ``sided`` is 1 or 2.
    shelf_lives
        Time up to which the bound keeps the limits, by line; ``shelf_life`` is the shortest and
        ``worst_lot`` its lot.
    observed_until
        Time covered by all lots. ``supported`` is the shelf life as far as it is covered.
    """

    attribute: str
    storage: str
    unit: str
    time_unit: str
    scale: Scale
    model: Model
    tests: tuple[PoolTest, ...]
    lines: tuple[Line, ...]
    own_lines: tuple[Line, ...]
    low: float
    high: float
    level: float
    sided: int
    shelf_lives: Mapping[str, float]
    observed_until: float
    notes: tuple[str, ...] = field(default=())

    @property
    def shelf_life(self) -> float:
        """The shortest shelf life of the lines; infinite where no bound ever meets a limit."""
        return min(self.shelf_lives.values())

    @property
    def worst_lot(self) -> str:
        """The lot of the shortest shelf life; empty where all lots share a line."""
        return min(self.shelf_lives, key=lambda lot: self.shelf_lives[lot])

    @property
    def extrapolated(self) -> bool:
        """Whether the shelf life lies beyond the time covered by all lots."""
        return self.shelf_life > self.observed_until

    @property
    def supported(self) -> float:
        """The shelf life, cut at the time covered by all lots."""
        return min(self.shelf_life, self.observed_until)

    @property
    def tail(self) -> float:
        """Probability beyond the bound."""
        return (1.0 - self.level) / self.sided

    def bound(self, line: Line, times: Sequence[float], side: Side) -> Array:
        """Return the confidence bound of a line on the scale of the value."""
        bound = line.bound(times, side, self.tail)
        return np.exp(bound) if self.scale == "log" else bound

    def mean(self, line: Line, times: Sequence[float]) -> Array:
        """Return a line on the scale of the value."""
        mean = line.mean(times)
        return np.exp(mean) if self.scale == "log" else mean


def stability_of(
    points: Sequence[StabilityPoint],
    specification: Sequence[Limit],
    *,
    stage: str = "shelf life",
    parameters: Parameters | None = None,
) -> tuple[Stability | NoStability, ...]:
    """Judge every attribute and storage condition of a stability table.

    Limits are those of ``stage``, or of ``release`` where the specification has none there. Parameters: None
    takes ``load_product_parameters()``.
    """
    values = parameters or load_product_parameters()
    level, pool = values["shelf_life_level"].number, values["poolability_level"].number
    groups: dict[tuple[str, str], list[StabilityPoint]] = {}
    for point in points:
        groups.setdefault((point.attribute, point.storage), []).append(point)
    limits = {limit.attribute: limit for limit in specification if limit.stage == "release"}
    limits |= {limit.attribute: limit for limit in specification if limit.stage == stage}
    found: list[Stability | NoStability] = []
    for (attribute, storage), own in groups.items():
        limit = limits.get(attribute)
        if limit is None:
            reason = f"The specification has no limit for {attribute}; a shelf life needs one."
            found.append(NoStability(attribute, storage, reason))
        else:
            found.append(fit_stability(own, low=limit.low, high=limit.high, level=level, pool_level=pool))
    return tuple(found)


def fit_stability(
    points: Sequence[StabilityPoint],
    *,
    low: float = math.nan,
    high: float = math.nan,
    scale: Scale = "linear",
    level: float | None = None,
    pool_level: float | None = None,
) -> Stability | NoStability:
    """Estimate the shelf life of one attribute in one storage condition.

    Parameters
    ----------
    points
        Results of one attribute in one condition, any number of lots; times in one unit.
    low, high
        Limits in the unit of the results; NaN where open, at least one given.
    scale
        ``log`` for a loss of first order.
    level, pool_level
        Confidence level and level of the tests of poolability; None takes those of ICH Q1E.

    Raises
    ------
    UsageError
        If there are no points, more than one attribute or condition, or no limit.
    """
    if len({(point.attribute, point.storage, point.time_unit) for point in points}) != 1:
        raise UsageError("fit_stability: expected results of one attribute and storage, in one unit of time.")
    if math.isnan(low) and math.isnan(high):
        raise UsageError("fit_stability: found no limit; expected a lowest or a highest value.")
    values = load_product_parameters()
    level = values["shelf_life_level"].number if level is None else level
    pool_level = values["poolability_level"].number if pool_level is None else pool_level
    first = points[0]
    reason = _refusal(points, scale, low, high)
    if reason:
        return NoStability(first.attribute, first.storage, reason)
    lots = [_Lot.of(name, points, scale) for name in dict.fromkeys(point.lot for point in points)]
    model, tests, lines = _choose(lots, pool_level)
    sided = 1 if math.isnan(low) or math.isnan(high) else 2
    limits = [(limit, side) for limit, side in _sides(low, high) if not math.isnan(limit)]
    tail = (1.0 - level) / sided
    cut = math.log if scale == "log" else float
    shelf_lives = {
        line.lot: min(line.crossing(cut(limit), side, tail) for limit, side in limits) for line in lines
    }
    return Stability(
        attribute=first.attribute,
        storage=first.storage,
        unit=first.unit,
        time_unit=first.time_unit,
        scale=scale,
        model=model,
        tests=tests,
        lines=lines,
        own_lines=tuple(lot.line(lot.sse, lot.n - 2) for lot in lots if lot.n > 2),
        low=low,
        high=high,
        level=level,
        sided=sided,
        shelf_lives=shelf_lives,
        observed_until=min(float(lot.t.max()) for lot in lots),
        notes=_notes(len(lots)),
    )


def _sides(low: float, high: float) -> tuple[tuple[float, Side], tuple[float, Side]]:
    return (low, "lower"), (high, "upper")


@dataclass(frozen=True)
class _Lot:
    """Times and values of one lot on the fitted scale."""

    name: str
    t: Array
    y: Array

    @classmethod
    def of(cls, name: str, points: Sequence[StabilityPoint], scale: Scale) -> "_Lot":
        own = [point for point in points if point.lot == name]
        y = np.array([point.value for point in own])
        return cls(name, np.array([point.time for point in own]), np.log(y) if scale == "log" else y)

    @property
    def n(self) -> int:
        return len(self.t)

    @property
    def sxx(self) -> float:
        return float(np.sum((self.t - self.t.mean()) ** 2))

    @property
    def sxy(self) -> float:
        return float(np.sum((self.t - self.t.mean()) * (self.y - self.y.mean())))

    @property
    def slope(self) -> float:
        return self.sxy / self.sxx

    @property
    def sse(self) -> float:
        return self.residual(self.slope)

    def residual(self, slope: float) -> float:
        """Sum of squares around the line of that slope through the lot's mean."""
        return float(np.sum((self.y - self.y.mean() - slope * (self.t - self.t.mean())) ** 2))

    def line(self, sse: float, df: int, slope: float | None = None, sxx: float | None = None) -> Line:
        """Return the lot's line with a residual (and, where it is shared, a slope) of more data."""
        return Line(
            lot=self.name,
            t0=float(self.t.mean()),
            y0=float(self.y.mean()),
            slope=self.slope if slope is None else slope,
            n=self.n,
            sxx=self.sxx if sxx is None else sxx,
            sigma=math.sqrt(sse / df),
            df=df,
        )


def _choose(lots: Sequence[_Lot], level: float) -> tuple[Model, tuple[PoolTest, ...], tuple[Line, ...]]:
    """Pool as far as the tests allow."""
    k, n = len(lots), sum(lot.n for lot in lots)
    full, df = sum(lot.sse for lot in lots), n - 2 * k
    if k == 1:
        return "one lot", (), (lots[0].line(full, df),)
    sxx = sum(lot.sxx for lot in lots)
    slope = sum(lot.sxy for lot in lots) / sxx
    common = sum(lot.residual(slope) for lot in lots)
    whole = _Lot("", np.concatenate([lot.t for lot in lots]), np.concatenate([lot.y for lot in lots]))
    total = float(np.sum((whole.y - whole.y.mean()) ** 2))
    slopes = _f_test("slopes", common - full, k - 1, (full, df, total), level)
    if slopes.differ:
        return "separate lines", (slopes,), tuple(lot.line(full, df) for lot in lots)
    intercepts = _f_test("intercepts", whole.sse - common, k - 1, (full, df, total), level)
    if intercepts.differ:
        lines = tuple(lot.line(common, n - k - 1, slope, sxx) for lot in lots)
        return "common slope", (slopes, intercepts), lines
    return "one line", (slopes, intercepts), (whole.line(whole.sse, n - 2),)


def _f_test(
    what: Literal["slopes", "intercepts"],
    gain: float,
    df1: int,
    residual: tuple[float, int, float],
    level: float,
) -> PoolTest:
    """Test a gain in fit against the residual (sum of squares, its df, and the total sum of squares)."""
    from scipy.stats import f as f_distribution

    sse, df2, total = residual
    nothing = _ROUNDING * total
    if gain <= nothing:
        f = 0.0
    elif sse <= nothing:
        f = math.inf
    else:
        f = (gain / df1) / (sse / df2)
    return PoolTest(what, f, df1, df2, float(f_distribution.sf(f, df1, df2)), level)


def _refusal(points: Sequence[StabilityPoint], scale: Scale, low: float, high: float) -> str:
    lots: dict[str, list[StabilityPoint]] = {}
    for point in points:
        lots.setdefault(point.lot, []).append(point)
    short = [name for name, own in lots.items() if len({point.time for point in own}) < 2]
    if short:
        return f"Lot {', '.join(short)} was tested at one time only; add times or leave it out."
    if len(points) <= 2 * len(lots):
        return f"{len(points)} results of {len(lots)} lots leave no residual; add results."
    if scale == "log" and (min(point.value for point in points) <= 0 or low <= 0 or high <= 0):
        return "A result or limit of 0 or less has no logarithm; use the linear scale."
    return ""


def _notes(lots: int) -> tuple[str, ...]:
    notes = []
    if lots < _FEWEST_LOTS:
        notes.append(f"{lots} lot{'s' if lots > 1 else ''}: ICH Q1E asks for at least three.")
    notes.append(
        "Not seeing a difference between lots at the 0.25 level is not evidence that they are alike; few "
        "results per lot see little."
    )
    return tuple(notes)
