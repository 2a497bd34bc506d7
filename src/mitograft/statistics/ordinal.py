r"""Proportional odds of a grade in two groups, judged by the likelihood ratio alone.

Model: ``logit P(grade <= j) = a_j - b g`` with ``g`` 1 in the first group and 0 in the second; ``exp(b)``
is the odds of a higher grade in the first group relative to the second, the same at every cut (McCullagh, J
R Stat Soc B 1980;42:109).

* With few animals the groups often do not overlap, or meet in one grade only. Then ``b`` has no finite
  maximum-likelihood estimate; fitting programs return some large number with a larger standard error, and a
  Wald p value near 1 for the clearest of differences. Two groups are separated exactly when the largest
  grade of one is at most the smallest of the other. The log-likelihood then rises to that of each group's
  own grade frequencies, so that the likelihood ratio is known in closed form and the estimate is infinite.
* The interval is the profile likelihood interval: all ``b`` with ``2 (l_max - l(b))`` at most the chi-squared
  quantile on one degree of freedom. Under separation it has one infinite end.
* ``se`` is Wald's standard error, kept for comparison with other programs only; NaN under separation.

The likelihood ratio leans on large samples: with n = 5 to 10 a group its p value is somewhat too small, and
it can fall below anything a permutation test of these groups could give (``permutation.smallest_p``). It is
a secondary description; the exact rank-sum test decides.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mitograft.errors import InternalError, UsageError
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.ranking import check_sample, ordered_levels

__all__ = ["ProportionalOdds", "proportional_odds"]

_STEPS = 200
_HALVINGS = 60
_SETTLED = 1e-10
_FINE = 1e-10
_FARTHEST = 700.0  # exp beyond overflows


@dataclass(frozen=True, slots=True)
class ProportionalOdds:
    """The common odds ratio of a higher grade, first group against second.

    Parameters
    ----------
    log_odds_ratio
        ``b``; infinite where the groups are separated, NaN where all grades are the same.
    low, high, level
        Profile likelihood interval of ``b``.
    lr, p
        Likelihood ratio statistic and p value on one degree of freedom.
    se
        Wald standard error of ``b``; NaN under separation.
    log_likelihood
        At the maximum (its limit under separation).
    separated
        Whether the groups do not overlap, or in one grade only at their edge.
    n_first, n_second, grades
        Group sizes and number of different grades seen.
    """

    log_odds_ratio: float
    low: float
    high: float
    level: float
    lr: float
    p: float
    se: float
    log_likelihood: float
    separated: bool
    n_first: int
    n_second: int
    grades: int

    @property
    def odds_ratio(self) -> tuple[float, float, float]:
        """Odds ratio with its interval."""
        one, two, three = (_exp(b) for b in (self.log_odds_ratio, self.low, self.high))
        return one, two, three


def proportional_odds(
    first: Sequence[float], second: Sequence[float], *, level: float = 0.95
) -> ProportionalOdds:
    """Fit proportional odds to the grades of two groups.

    Raises
    ------
    UsageError
        If a group is empty, a value is missing or infinite, or the level is not between 0 and 1.

    >>> result = proportional_odds([3, 3, 4, 5, 5], [0, 1, 1, 2, 3])
    >>> result.separated, result.log_odds_ratio, round(result.low, 2), result.high
    (True, inf, 1.81, inf)
    """
    from scipy.special import chdtrc, chdtri

    check_level(level)
    one = check_sample(first, "Proportional odds, first group")
    two = check_sample(second, "Proportional odds, second group")
    both = np.concatenate([one, two])
    if not np.all(np.isfinite(both)):
        raise UsageError("Proportional odds: found an infinite grade; expected grades of a scale.")
    levels = ordered_levels(both)
    grades = int(levels.max()) + 1
    table = np.stack(
        [np.bincount(part, minlength=grades) for part in (levels[len(one) :], levels[: len(one)])]
    ).astype(float)
    null = _saturated(table.sum(axis=0, keepdims=True))
    if grades == 1:
        return _result((math.nan, -math.inf, math.inf), level, (0.0, 1.0), math.nan, null, table)
    side = _separated(levels[: len(one)], levels[len(one) :])
    if side:
        b, se, top = side * math.inf, math.nan, _saturated(table)
    else:
        b, se, top = _fit(table)
    lr = max(0.0, 2.0 * (top - null))
    reach = top - float(chdtri(1.0, 1.0 - level)) / 2.0
    start = b if not side else 0.0
    low = -math.inf if side < 0 else _limit(table, start, -1.0, reach)
    high = math.inf if side > 0 else _limit(table, start, 1.0, reach)
    return _result((b, low, high), level, (lr, float(chdtrc(1.0, lr))), se, top, table)


def _result(
    estimate: tuple[float, float, float],
    level: float,
    test: tuple[float, float],
    se: float,
    top: float,
    table: Array,
) -> ProportionalOdds:
    second, first = table.sum(axis=1).astype(int).tolist()
    return ProportionalOdds(
        *estimate, level, *test, se, top, math.isinf(estimate[0]), first, second, table.shape[1]
    )


def _separated(first: np.ndarray, second: np.ndarray) -> int:
    """Return 1 (-1) where every grade of the first group is at least (at most) each of the second."""
    if first.min() >= second.max():
        return 1
    return -1 if first.max() <= second.min() else 0


def _saturated(table: Array) -> float:
    """Return the log-likelihood of each row's own frequencies."""
    rows = table.sum(axis=1, keepdims=True)
    seen = table > 0.0
    return float(np.sum(table[seen] * np.log((table / rows)[seen])))


def _limit(table: Array, start: float, sign: float, reach: float) -> float:
    """Return where the profile log-likelihood falls to ``reach``, seen from ``start`` in one direction."""
    from scipy.optimize import brentq

    inner, step = start, 1.0
    if _profile(table, start) < reach:  # separated: the start lies outside, the interval further on
        sign, outside = -sign, True
    else:
        outside = False
    outer = start + sign * step
    while (_profile(table, outer) < reach) == outside:
        inner, step = outer, step * 2.0
        outer = start + sign * step
    return float(brentq(lambda b: _profile(table, b) - reach, inner, outer, xtol=_FINE))


def _fit(table: Array) -> tuple[float, float, float]:
    """Return ``b``, its Wald standard error and the log-likelihood."""
    parameters, value, hessian = _climb(table, np.append(_start(table), 0.0), fixed=None)
    covariance = np.linalg.inv(-hessian)
    return float(parameters[-1]), math.sqrt(float(covariance[-1, -1])), value


def _profile(table: Array, b: float) -> float:
    """Return the log-likelihood maximised over the cuts at ``b``."""
    # Between the cuts that fit one group and those that fit the other.
    share = float(table[1].sum() / table.sum())
    return _climb(table, _start(table) + share * b, fixed=b)[1]


def _start(table: Array) -> Array:
    """Return the cuts that fit both groups together."""
    below = np.cumsum(table.sum(axis=0))[:-1] / table.sum()
    return np.asarray(np.log(below / (1.0 - below)))


def _climb(table: Array, parameters: Array, fixed: float | None) -> tuple[Array, float, Array]:
    """Maximise by Newton steps; the log-likelihood is concave. ``fixed`` holds ``b``."""

    def evaluate(x: Array) -> tuple[float, Array, Array]:
        return _derivatives(table, x if fixed is None else np.append(x, fixed), free_b=fixed is None)

    value, gradient, hessian = evaluate(parameters)
    for _ in range(_STEPS):
        step = np.linalg.solve(-hessian, gradient)
        gain, length = float(gradient @ step), 1.0
        if gain < _SETTLED:
            return parameters, value, hessian
        for _ in range(_HALVINGS):
            moved = parameters + length * step
            new_value, new_gradient, new_hessian = evaluate(moved)
            if new_value >= value + 1e-4 * length * gain:
                break
            length /= 2.0
        else:
            return parameters, value, hessian  # nothing left but rounding
        parameters, value, gradient, hessian = moved, new_value, new_gradient, new_hessian
    raise InternalError("Proportional odds: the fit did not settle.")


def _derivatives(table: Array, parameters: Array, *, free_b: bool) -> tuple[float, Array, Array]:
    """Return the log-likelihood with gradient and Hessian in the cuts (and ``b``)."""
    cuts, b = parameters[:-1], parameters[-1]
    size = len(cuts) + int(free_b)
    value, gradient, hessian = 0.0, np.zeros(size), np.zeros((size, size))
    if np.any(np.diff(cuts) <= 0.0):
        return -math.inf, gradient, hessian
    for row, group in zip(table, (0.0, 1.0), strict=True):
        t = cuts - group * b
        # log (F(u) - F(l)) = log F(u) + log (1 - F(l)) + log (1 - exp(l - u)): exact far out on both sides.
        upper, lower = np.append(t, math.inf), np.append(-math.inf, t)
        with np.errstate(over="ignore"):
            log_f, log_s = -np.log1p(np.exp(-upper)), -np.log1p(np.exp(lower))
            gap = np.append(np.append(0.0, np.exp(-np.diff(t))), 0.0)
            probability = log_f + log_s + np.log1p(-gap)
            value += float(np.sum(row * np.where(row > 0.0, probability, 0.0)))
            s_u, f_l = 1.0 / (1.0 + np.exp(upper)), 1.0 / (1.0 + np.exp(-lower))
        ratio = gap / (1.0 - gap)
        d_u, d_l = row * (s_u + ratio), row * (-f_l - ratio)
        bend = row * ratio * (1.0 + ratio)
        h_uu, h_ll, h_ul = -row * s_u * (1.0 - s_u) - bend, -row * f_l * (1.0 - f_l) - bend, bend
        g_t = d_u[:-1] + d_l[1:]
        h_t = np.diag(h_uu[:-1] + h_ll[1:])
        cross = h_ul[1:-1]
        h_t += np.diag(cross, 1) + np.diag(cross, -1)
        k = len(cuts)
        gradient[:k] += g_t
        hessian[:k, :k] += h_t
        if free_b:
            gradient[k] -= group * float(g_t.sum())
            column = -group * h_t.sum(axis=1)
            hessian[:k, k] += column
            hessian[k, :k] += column
            hessian[k, k] += group * float(h_t.sum())
    return value, gradient, hessian


def _exp(b: float) -> float:
    return math.inf if b > _FARTHEST else math.exp(b)
