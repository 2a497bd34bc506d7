r"""Type I error and coverage of counts without simulation: every outcome, weighted by its probability.

With true rates ``r`` and outcomes ``k``, the type I error is ``sum_k P(k; r) [p value <= alpha]``; without
an answer nothing is rejected. The coverage is ``sum P(k; r) [low <= truth <= high] / sum P(k; r)`` over the
outcomes with an interval. Responders are binomial; events Poisson, counted up to a tail of 1e-12.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, reduce
from itertools import product
from typing import Literal

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.error_rates.designs import Counts, Design, split
from mitograft.statistics.error_rates.measured import Measure, Measured, measures_of, nominal_error
from mitograft.statistics.error_rates.registry import Analysis, analyses_of
from mitograft.statistics.error_rates.tis_scores import load_error_rate_parameters

__all__ = ["GRIDS", "Grid", "enumerate_grid"]

_TAIL = 1e-12
_ROUNDING = 1e-12

Rates = tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Grid:
    """True rates to go through.

    Parameters
    ----------
    name
        In words.
    design
        Data it makes.
    rates
        Points of the grid: one rate for each arm.
    truths
        True value of each estimand at a point, by name.
    law
        Distribution of the count of an arm.
    null
        Whether the null hypothesis is true at every point.
    """

    name: str
    design: Design
    rates: tuple[Rates, ...]
    truths: dict[str, Callable[[Rates], float]]
    law: Literal["binomial", "poisson"] = "binomial"
    null: bool = False


def enumerate_grid(grid: Grid, n: int) -> list[Measured]:
    """Measure every analysis of the grid's data at ``n`` patients in all."""
    sizes = split(n, len(grid.rates[0]))
    most = [_most(grid, size) for size in sizes]
    outcomes = list(product(*(range(k + 1) for k in most)))
    weights = np.array([_weights(grid.law, sizes, most, rates) for rates in grid.rates])
    found = []
    for analysis in analyses_of(grid.design, grid.name):
        measures = measures_of(analysis, null=grid.null, truths=tuple(grid.truths))
        if measures:
            answers = np.array([_evaluate(analysis, Counts(k, sizes)) for k in outcomes])
            found += [_measure(grid, n, analysis, name, weights, answers) for name in measures]
    return found


@cache
def _evaluate(analysis: Analysis, data: Counts) -> tuple[float, float, float]:
    """Return p value, lower and upper limit; nan where there is none."""
    try:
        result = analysis.analyse(data, load_error_rate_parameters()["level"].number)
    except UsageError:
        return np.nan, np.nan, np.nan
    p, low, high = (np.nan if x is None else x for x in (result.p, result.low, result.high))
    return p, low, high


def _measure(
    grid: Grid, n: int, analysis: Analysis, measure: Measure, weights: Array, answers: Array
) -> Measured:
    p, low, high = answers.T
    if measure == "type I error":
        share, answered = _type_one_error(analysis, weights, p, low, high)
        worst, nominal = np.nanmax, nominal_error(analysis)
    else:
        truth = np.array([grid.truths[analysis.truth](rates) for rates in grid.rates])[:, None]
        share, answered = _coverage(weights, truth, low, high)
        worst, nominal = np.nanmin, load_error_rate_parameters()["level"].number
    known = bool(np.any(~np.isnan(share)))
    return Measured(
        analysis.name, grid.name, n, measure, analysis.kind_in(grid.name), nominal,
        float(worst(share)) if known else np.nan, float(np.nanmean(share)) if known else np.nan,
        0.0, 0, max(0.0, float(np.max(1.0 - weights @ answered))),
    )  # fmt: skip


def _type_one_error(
    analysis: Analysis, weights: Array, p: Array, low: Array, high: Array
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return how often the null hypothesis is rejected at each point; without an answer it is not."""
    if np.all(np.isnan(p)) and analysis.null is not None:
        answered, rejected = ~np.isnan(low), (low > analysis.null) | (high < analysis.null)
    else:
        answered, rejected = ~np.isnan(p), p <= nominal_error(analysis) + _ROUNDING
    return (weights @ rejected if answered.any() else np.full(len(weights), np.nan)), answered


def _coverage(weights: Array, truth: Array, low: Array, high: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return how often an interval, where there is one, holds the truth at each point."""
    answered = ~np.isnan(low)
    hit = (low <= truth + _ROUNDING) & (truth - _ROUNDING <= high)
    total = weights @ answered
    share = np.divide((weights * hit).sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 0.0)
    return share, answered


def _most(grid: Grid, size: int) -> int:
    """Return the largest count of an arm to go up to."""
    from scipy.special import pdtrik

    if grid.law == "binomial":
        return size
    return int(np.ceil(pdtrik(1.0 - _TAIL, size * max(map(max, grid.rates)))))


def _weights(law: str, sizes: tuple[int, ...], most: list[int], rates: Rates) -> Array:
    """Return the probability of every outcome at one point, in the order of ``product``."""
    from scipy.special import gammaln, xlog1py, xlogy

    parts = []
    for size, top, rate in zip(sizes, most, rates, strict=True):
        k = np.arange(top + 1.0)
        if law == "binomial":
            logs = gammaln(size + 1.0) - gammaln(k + 1.0) - gammaln(size - k + 1.0)
            parts.append(np.exp(logs + xlogy(k, rate) + xlog1py(size - k, -rate)))
        else:
            parts.append(np.exp(xlogy(k, size * rate) - size * rate - gammaln(k + 1.0)))
    return np.asarray(reduce(np.multiply.outer, parts)).ravel()


def _steps(key: str, *, last: bool) -> tuple[float, ...]:
    """Return the multiples of a step from the step to 1 (``last``) or to one step before."""
    step = load_error_rate_parameters()[key].fraction
    return tuple(float(step * i) for i in range(1, int(1 / step) + int(last)))


def _make_grids() -> tuple[Grid, ...]:
    parameters = load_error_rate_parameters()
    rates, pairs = _steps("rate_step", last=False), _steps("pair_step", last=False)
    events = _steps("events_step", last=True)
    history = parameters["history_responders"].number / parameters["history_patients"].number
    higher = history + parameters["history_shift"].number
    one: Design = "responders, one arm"
    two: Design = "responders, two arms"
    three: Design = "responders, three arms"
    return (
        Grid("any response rate", one, tuple((p,) for p in rates), {"rate": lambda p: p[0]}),
        Grid("placebo as in history", one, ((history,),), {}, null=True),
        Grid("placebo above history", one, ((higher,),), {}, null=True),
        Grid("equal response rates", two, tuple((p, p) for p in rates), {}, null=True),
        Grid(
            "any two response rates", two, tuple(product(pairs, pairs)),
            {"difference": lambda p: p[0] - p[1]},
        ),
        Grid("three equal response rates", three, tuple((p, p, p) for p in rates), {}, null=True),
        Grid(
            "any event rate", "events, one arm", tuple((r,) for r in events), {"rate": lambda r: r[0]},
            "poisson",
        ),
        Grid(
            "equal event rates", "events, two arms", tuple((r, r) for r in events), {}, "poisson", null=True
        ),
        Grid(
            "any two event rates", "events, two arms", tuple(product(events, events)),
            {"ratio": lambda r: r[0] / r[1]}, "poisson",
        ),
    )  # fmt: skip


GRIDS = {grid.name: grid for grid in _make_grids()}
