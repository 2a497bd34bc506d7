r"""Two groups of concentrations, some below the limit of quantification: a censored log-normal model.

Logarithms are normal with one mean for each group and a common standard deviation ``s``. A measured value
contributes its density; a value known only to lie below a limit ``L`` contributes ``Phi((log L - mean) / s)``
(Tobin, Econometrica 1958;26:24; Cohen, Technometrics 1959;1:217). Nothing is put in place of what was not
measured: half the limit, the usual stand-in, biases the ratio and understates the spread.

The likelihood is maximised in ``1/s`` and ``mean/s``, in which its logarithm is concave (Olsen,
Econometrica 1978;46:1211), so there is one maximum. The interval of the difference of log means is the
profile likelihood interval. Its cut-off is not chi-squared but ``M log(1 + t^2 / (M - 2))`` with Student's
``t`` on ``M - 2`` degrees of freedom, where each measured value counts 1 in ``M`` and each censored one
1/2. Without censoring this is exactly Student's interval, at any sample size. With censoring it is an
approximation chosen by simulation: at 5, 8 and 10 animals a group and up to three quarters of them
censored, 95 % intervals covered in 94 to 98 % (the chi-squared cut-off: 89 to 95 %; all animals counted
fully: down to 90 %).

* One group wholly below its limits: its mean has no lower bound; the ratio is 0 or infinite and the
  interval has one end.
* Both groups wholly below: there is nothing to estimate; the interval is everything and ``note`` says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mitograft.errors import InternalError, UsageError
from mitograft.statistics.counts import Array, check_level

__all__ = ["CensoredComparison", "compare_censored"]

_STEPS = 200
_HALVINGS = 60
_SETTLED = 1e-11
_FINE = 1e-10
_SAME = 1e-12
_FEWEST = 5  # animals and measured values together
_FARTHEST = 700.0  # exp beyond overflows


@dataclass(frozen=True, slots=True)
class CensoredComparison:
    """Difference of log means, first minus second.

    Parameters
    ----------
    log_ratio, low, high, level
        Difference of the means of natural logarithms with its profile likelihood interval; infinite ends
        where a group lies wholly below its limits, NaN estimate where both do.
    p
        Two-sided p value of equal means, from the same likelihood ratio; 1 where both groups are censored.
    log_mean_first, log_mean_second
        Means of the logarithms; minus infinity for a group that is wholly censored.
    log_sd
        Common standard deviation of the logarithms: the maximum-likelihood estimate times
        ``sqrt(N / (N - 2))``; NaN where both groups are censored.
    n_first, n_second, censored_first, censored_second
        Animals, and how many of them lie below a limit.
    note
        What a reader must know; empty where nothing is special.
    """

    log_ratio: float
    low: float
    high: float
    level: float
    p: float
    log_mean_first: float
    log_mean_second: float
    log_sd: float
    n_first: int
    n_second: int
    censored_first: int
    censored_second: int
    note: str = ""

    @property
    def ratio(self) -> tuple[float, float, float]:
        """Ratio of geometric means, first to second, with its interval."""
        one, two, three = (_exp(x) for x in (self.log_ratio, self.low, self.high))
        return one, two, three


def compare_censored(
    first: Sequence[float],
    second: Sequence[float],
    first_below: Sequence[float] = (),
    second_below: Sequence[float] = (),
    *,
    level: float = 0.95,
) -> CensoredComparison:
    """Compare two groups of positive values, some of them only known to lie below a limit.

    Parameters
    ----------
    first, second
        Measured values.
    first_below, second_below
        For each animal below it, the limit of quantification.
    level
        Level of the interval.

    Raises
    ------
    UsageError
        If a value or limit is not positive, a group has no animals, too few values were measured or they have
        no spread.

    >>> result = compare_censored([40, 55, 90, 62], [12, 25, 18], (), [10])
    >>> ratio, low, high = result.ratio
    >>> f"{ratio:.2f} ({low:.2f} to {high:.2f}), p {result.p:.4f}"
    '4.07 (1.93 to 9.32), p 0.0044'
    """
    check_level(level)
    names = ("first group", "second group", "limits of the first group", "limits of the second group")
    samples = (first, second, first_below, second_below)
    one, two, below_one, below_two = (_logs(x, name) for x, name in zip(samples, names, strict=True))
    data = _Data(
        values=np.concatenate([one, two]),
        in_first=np.repeat([1.0, 0.0], [len(one), len(two)]),
        limits=np.concatenate([below_one, below_two]),
        limit_in_first=np.repeat([1.0, 0.0], [len(below_one), len(below_two)]),
    )
    counts = (len(one) + len(below_one), len(two) + len(below_two), len(below_one), len(below_two))
    if min(counts[:2]) < 1:
        raise UsageError(
            f"Censored comparison: found {counts[0]} and {counts[1]} animals; expected at least one in each "
            "group."
        )
    if not len(one) and not len(two):
        inf, nan = math.inf, math.nan
        note = "Every value lies below the limit of quantification: nothing can be estimated."
        return CensoredComparison(nan, -inf, inf, level, 1.0, -inf, -inf, nan, *counts, note)
    if sum(counts[:2]) + len(one) + len(two) < _FEWEST:
        raise UsageError(
            f"Censored comparison: found {len(one) + len(two)} measured values of "
            f"{counts[0] + counts[1]} animals; too few to judge their spread by."
        )
    _check_spread(one, below_one, two, below_two)
    return _compare(data, counts, level)


def _compare(data: "_Data", counts: tuple[int, int, int, int], level: float) -> CensoredComparison:
    from scipy.special import stdtr, stdtrit

    n = float(sum(counts[:2]))
    weight = 0.5 * (n + len(data.values))
    df, sides = weight - 2.0, (counts[0] == counts[2], counts[1] == counts[3])
    means, sd, top = _fit(data, sides)
    t = float(stdtrit(df, (1.0 + level) / 2.0))
    reach = top - 0.5 * weight * math.log1p(t * t / df)
    estimate = means[0] - means[1]
    seen = data.values.mean() if math.isinf(estimate) else 0.0
    start = float(estimate if math.isfinite(estimate) else data.limits.min() - seen)
    scale = max(sd, _SAME)
    low = -math.inf if sides[0] else _limit(data, start, -scale, reach, outward=not sides[1])
    high = math.inf if sides[1] else _limit(data, start, scale, reach, outward=not sides[0])
    excess = max(0.0, 2.0 * (top - data.climb(0.0)[1]))
    p = float(2.0 * stdtr(df, -math.sqrt(df * math.expm1(excess / weight))))
    which = [name for name, side in zip(("first", "second"), sides, strict=True) if side]
    note = (
        f"The {which[0]} group lies wholly below its limits of quantification: the interval has one end."
        if which
        else ""
    )
    return CensoredComparison(
        estimate, low, high, level, p, means[0], means[1], sd * math.sqrt(n / (n - 2.0)), *counts, note
    )


def _fit(data: "_Data", sides: tuple[bool, bool]) -> tuple[tuple[float, float], float, float]:
    """Return both means, the standard deviation with divisor N, and the log-likelihood."""
    if not any(sides):
        (gamma, theta, h), top = data.climb(None)
        return (float((gamma + theta) / h), float(gamma / h)), float(1.0 / h), top
    # A wholly censored group adds nothing at the supremum: the other is fitted alone.
    alone = data.only(first=sides[1])
    (gamma, h), top = alone.climb(0.0)
    mean = float(gamma / h)
    means = (-math.inf, mean) if sides[0] else (mean, -math.inf)
    return means, float(1.0 / h), top


def _limit(data: "_Data", start: float, step: float, reach: float, *, outward: bool) -> float:
    """Return where the profile log-likelihood falls to ``reach``.

    ``outward``: the start lies inside the interval; otherwise the maximum lies infinitely far on the other
    side and the start may lie anywhere.
    """
    from scipy.optimize import brentq

    inside = outward or data.climb(start)[1] >= reach
    length = step if inside else -step
    inner, outer = start, start + length
    while (data.climb(outer)[1] >= reach) == inside:
        inner, length = outer, length * 2.0
        outer = start + length
    return float(brentq(lambda x: data.climb(x)[1] - reach, inner, outer, xtol=_FINE * abs(step)))


@dataclass(frozen=True, eq=False)
class _Data:
    """Logarithms of measured values and of limits, with 1 for the first group and 0 for the second."""

    values: Array
    in_first: Array
    limits: Array
    limit_in_first: Array

    def only(self, *, first: bool) -> "_Data":
        """Return one group."""
        kept, limits = (self.in_first == first), (self.limit_in_first == first)
        none = np.zeros
        return _Data(self.values[kept], none(int(kept.sum())), self.limits[limits], none(int(limits.sum())))

    def climb(self, difference: float | None) -> tuple[Array, float]:
        """Maximise over ``(gamma, h)`` at a given difference of means, or over ``(gamma, theta, h)``.

        ``h = 1/s``, ``gamma = h mean_second`` and ``theta = h (mean_first - mean_second)``: standardised
        values are linear in them.
        """
        seen, limits = self._design(difference)
        count = len(self.values)
        parameters = self._start(difference)
        value, gradient, hessian = _derivatives(parameters, seen, limits, count)
        for _ in range(_STEPS):
            step = np.linalg.solve(-hessian, gradient)
            gain, length = float(gradient @ step), 1.0
            if gain < _SETTLED:
                return parameters, value
            for _ in range(_HALVINGS):
                moved = parameters + length * step
                result = _derivatives(moved, seen, limits, count)
                if result[0] >= value + 1e-4 * length * gain:
                    break
                length /= 2.0
            else:
                return parameters, value  # nothing left but rounding
            parameters, (value, gradient, hessian) = moved, result
        raise InternalError("Censored comparison: the fit did not settle.")

    def _design(self, difference: float | None) -> tuple[Array, Array]:
        parts = []
        for y, group in ((self.values, self.in_first), (self.limits, self.limit_in_first)):
            constant = -np.ones_like(y)
            columns = [constant, -group, y] if difference is None else [constant, y - difference * group]
            parts.append(np.stack(columns, axis=1))
        return parts[0], parts[1]

    def _start(self, difference: float | None) -> Array:
        every = np.concatenate([self.values, self.limits])
        if difference is not None:
            every = every - difference * np.concatenate([self.in_first, self.limit_in_first])
        h = 1.0 / max(float(np.std(every)), _SAME)
        middle = h * float(every.mean())
        return np.array([middle, h] if difference is not None else [middle, 0.0, h])


def _derivatives(parameters: Array, seen: Array, limits: Array, count: int) -> tuple[float, Array, Array]:
    """Return ``count log h - sum e^2 / 2 + sum log Phi(c)`` with gradient and Hessian; ``h`` comes last."""
    from scipy.special import log_ndtr

    h, size = parameters[-1], len(parameters)
    if not h > 0.0:
        return -math.inf, np.zeros(size), np.zeros((size, size))
    e, c = seen @ parameters, limits @ parameters
    log_phi = log_ndtr(c)
    mills = np.exp(-0.5 * c * c - 0.5 * math.log(2.0 * math.pi) - log_phi)
    value = count * math.log(h) - 0.5 * float(e @ e) + float(log_phi.sum())
    gradient = -seen.T @ e + limits.T @ mills
    gradient[-1] += count / h
    hessian = -seen.T @ seen - (limits * (mills * (c + mills))[:, np.newaxis]).T @ limits
    hessian[-1, -1] -= count / h**2
    return value, gradient, hessian


def _logs(values: Sequence[float], name: str) -> Array:
    array = np.asarray(values, dtype=float)
    if not np.all((array > 0.0) & np.isfinite(array)):
        raise UsageError(
            f"Censored comparison, {name}: found a value that is not a positive number; concentrations are "
            "compared by their ratio."
        )
    return np.asarray(np.log(array))


def _check_spread(one: Array, below_one: Array, two: Array, below_two: Array) -> None:
    """Refuse data whose likelihood has no maximum: a spread of 0 would explain every value."""
    for seen, limits in ((one, below_one), (two, below_two)):
        if len(seen) and (
            np.ptp(seen) > _SAME * max(1.0, float(np.max(np.abs(seen))))
            or (len(limits) and limits.min() < seen.min())
        ):
            return
    raise UsageError(
        "Censored comparison: the measured values of each group are all the same (or only one was measured); "
        "their spread cannot be estimated."
    )


def _exp(x: float) -> float:
    return math.inf if x > _FARTHEST else math.exp(x)
