r"""Time to an event with censoring: Kaplan-Meier curve, its interval, median, and the log-rank test.

With ``d_i`` events among ``n_i`` at risk at the ``i``-th time of an event:

* ``S(t) = prod_{t_i <= t} (1 - d_i / n_i)`` (Kaplan and Meier, J Am Stat Assoc 1958;53:457); somebody
  censored at a time of an event is still at risk there.
* ``Var S(t) = S(t)^2 sum d_i / (n_i (n_i - d_i))`` (Greenwood, 1926). The interval is taken on the scale of
  ``log(-log S)`` and stays within 0 and 1 (Kalbfleisch and Prentice, 1980): ``S^exp(-+ z s)`` with
  ``s = sqrt(sum ...) / |log S|``. It is not defined where ``S`` is 1 or 0; there low and high are NaN,
  except that before the first event both are 1.
* The median is the first time at which ``S`` is below 1/2; where ``S`` equals 1/2 over a stretch, its middle
  (as SAS and R do). Its interval are the times at which the limits of ``S`` cross 1/2 (Brookmeyer and
  Crowley, Biometrics 1982;38:29).
* Log-rank: observed less expected events of each group over all times of events, with the hypergeometric
  variance (Mantel, Cancer Chemother Rep 1966;50:163); chi-squared on the number of groups less one.

Times are in any unit; the curve and the median have the same. Lower ``S`` is earlier; whether that is bad
depends on the event.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.proportions import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["KaplanMeier", "LogRank", "SurvivalQuantile", "kaplan_meier", "log_rank"]

_EQUAL = 1e-12


@dataclass(frozen=True, slots=True)
class SurvivalQuantile:
    """The time by which a share of the group had the event, with its interval; None where not reached."""

    share: float
    time: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, eq=False)
class KaplanMeier:
    """A Kaplan-Meier curve: one entry for each distinct time, of events or censoring, in order.

    Parameters
    ----------
    times
        Distinct times.
    at_risk, events, censored
        Number at risk just before each time, events and censorings at it.
    survival
        Share without the event just after each time.
    error
        Greenwood standard error of ``survival``; NaN where nobody is left.
    low, high, level
        Pointwise interval.
    """

    times: Array
    at_risk: npt.NDArray[np.int64]
    events: npt.NDArray[np.int64]
    censored: npt.NDArray[np.int64]
    survival: Array
    error: Array
    low: Array
    high: Array
    level: float

    @property
    def n(self) -> int:
        """Number of subjects."""
        return int(self.at_risk[0]) if self.at_risk.size else 0

    def at(self, time: float) -> tuple[float, float, float]:
        """Return the share without the event at a time, with its interval.

        NaN after the last time, where nobody was observed, unless the event had happened to all.
        """
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        if place < 0:
            return 1.0, 1.0, 1.0
        if time > self.times[-1] and self.survival[-1] > 0.0:
            return math.nan, math.nan, math.nan
        return float(self.survival[place]), float(self.low[place]), float(self.high[place])

    def numbers_at_risk(self, times: "ArrayLike") -> npt.NDArray[np.int64]:
        """Return how many are at risk just before each of these times."""
        places = np.searchsorted(self.times, np.asarray(times, dtype=float), side="left")
        return np.append(self.at_risk, 0)[places]

    def quantile(self, share: float = 0.5) -> SurvivalQuantile:
        """Return the time by which ``share`` had the event (the median unless said otherwise)."""
        rest = 1.0 - share
        return SurvivalQuantile(
            share,
            _crossing(self.times, self.survival, rest),
            _crossing(self.times, self.low, rest),
            _crossing(self.times, self.high, rest),
        )


@dataclass(frozen=True, slots=True)
class LogRank:
    """A log-rank test: chi-squared statistic, degrees of freedom, p; events seen and expected by group."""

    statistic: float
    df: int
    p: float
    observed: tuple[float, ...]
    expected: tuple[float, ...]


def kaplan_meier(times: "ArrayLike", events: "ArrayLike", *, level: float = 0.95) -> KaplanMeier:
    """Estimate the share without the event over time.

    Parameters
    ----------
    times
        Time to the event or to censoring, each 0 or later.
    events
        1 (or True) where the event was seen, 0 where the subject was censored. ADTTE holds the opposite:
        CNSR is 0 at an event.
    level
        Level of the intervals.

    Raises
    ------
    UsageError
        If there are no subjects, a time is missing or negative, or an event is neither 0 nor 1.

    >>> curve = kaplan_meier([6, 6, 6, 6, 7, 9, 10], [1, 1, 1, 0, 1, 0, 1])
    >>> curve.survival.round(3).tolist(), curve.quantile().time
    ([0.571, 0.381, 0.381, 0.0], 7.0)
    """
    when, seen = _check_sample(times, events, "Kaplan-Meier")
    distinct, place = np.unique(when, return_inverse=True)
    happened = np.bincount(place, weights=seen, minlength=distinct.size).astype(np.int64)
    all_here = np.bincount(place, minlength=distinct.size).astype(np.int64)
    at_risk = when.size - np.concatenate([[0], np.cumsum(all_here)[:-1]])
    survival = np.cumprod(1.0 - happened / at_risk)
    left = at_risk - happened
    with np.errstate(divide="ignore", invalid="ignore"):
        summed = np.cumsum(np.where(happened > 0, happened / (at_risk * left.astype(float)), 0.0))
        error = np.where(survival > 0.0, survival * np.sqrt(summed), np.nan)
    low, high = _limits(survival, summed, normal_quantile(level))
    return KaplanMeier(distinct, at_risk, happened, all_here - happened, survival, error, low, high, level)


def log_rank(groups: Sequence[tuple["ArrayLike", "ArrayLike"]]) -> LogRank:
    """Test whether groups have one curve; each group is its times and events as in ``kaplan_meier``.

    Raises
    ------
    UsageError
        If there are fewer than two groups, or a sample is not usable.

    >>> result = log_rank([([1, 2, 3], [1, 1, 1]), ([4, 5, 6], [1, 1, 0])])
    >>> f"{result.statistic:.3f} {result.df} {result.p:.4f}"
    '5.052 1 0.0246'
    """
    from scipy.special import chdtrc

    if len(groups) < 2:
        raise UsageError(f"Log-rank test: found {len(groups)} groups; expected at least two.")
    samples = [_check_sample(*group, f"Log-rank test, group {i}") for i, group in enumerate(groups, start=1)]
    moments = np.unique(np.concatenate([when[seen > 0] for when, seen in samples]))
    at_risk = np.array([when.size - np.searchsorted(np.sort(when), moments) for when, _ in samples], float)
    happened = np.array(
        [
            np.bincount(np.searchsorted(moments, when[seen > 0]), minlength=moments.size)
            for when, seen in samples
        ],
        float,
    )
    n, d = at_risk.sum(axis=0), happened.sum(axis=0)
    expected = at_risk * d / n
    factor = d * (n - d) / np.maximum(n - 1.0, 1.0) / n**2
    variance = np.diag((at_risk * n * factor).sum(axis=1)) - (at_risk * factor) @ at_risk.T
    difference = (happened - expected).sum(axis=1)[:-1]
    statistic = float(difference @ np.linalg.pinv(variance[:-1, :-1], hermitian=True) @ difference)
    df = len(groups) - 1
    observed, awaited = happened.sum(axis=1), expected.sum(axis=1)
    return LogRank(
        statistic, df, float(chdtrc(df, statistic)), tuple(observed.tolist()), tuple(awaited.tolist())
    )


def _check_sample(times: "ArrayLike", events: "ArrayLike", what: str) -> tuple[Array, Array]:
    when, seen = np.asarray(times, dtype=float), np.asarray(events, dtype=float)
    if when.ndim != 1 or when.shape != seen.shape or when.size == 0:
        raise UsageError(
            f"{what}: found {when.size} times and {seen.size} events; expected one each a subject."
        )
    if not np.all(np.isfinite(when) & (when >= 0.0)):
        raise UsageError(f"{what}: found a time that is missing, infinite or negative; expected 0 or later.")
    if not np.all((seen == 0.0) | (seen == 1.0)):
        raise UsageError(
            f"{what}: found an event that is neither 0 nor 1; expected 1 for seen, 0 for censored."
        )
    return when, seen


def _limits(survival: Array, summed: Array, z: float) -> tuple[Array, Array]:
    inner = (survival > 0.0) & (survival < 1.0)
    logs = np.log(np.where(inner, survival, 0.5))
    width = np.exp(z * np.sqrt(np.where(inner, summed, 0.0)) / -logs)
    outside = np.where(survival >= 1.0, 1.0, math.nan)
    return (
        np.where(inner, np.exp(logs * width), outside),
        np.where(inner, np.exp(logs / width), outside),
    )


def _crossing(times: Array, curve: Array, rest: float) -> float | None:
    """Return the first time the curve is below ``rest``, or the middle of the stretch where it equals it."""
    below = np.flatnonzero(curve < rest - _EQUAL)
    equal = np.flatnonzero(np.abs(curve - rest) <= _EQUAL)
    if equal.size and not (below.size and below[0] < equal[0]):
        first = float(times[equal[0]])
        return (first + float(times[below[0]])) / 2.0 if below.size else first
    return float(times[below[0]]) if below.size else None
