r"""The probabilistic index ``theta = P(X > Y) + P(X = Y) / 2`` of two groups, with an interval, at small n.

It is 1/2 where neither group tends to higher values, 1 where every value of the first group is higher; it
is the area under the ROC curve and the effect the Mann-Whitney test is about. It depends on order only, so
it suits histology grades.

Interval: Newcombe's method 5 (Stat Med 2006;25:559). All ``theta`` with ``|estimate - theta| <= k(theta)
sqrt(V(theta))`` and the variance of Hanley and McNeil (Radiology 1982;143:29),

    ``V = theta (1 - theta) [1 + s (1 - theta) / (2 - theta) + s theta / (1 + theta)] / (m n)``,
    ``s = (m + n) / 2 - 1``.

At 1/2, ``V`` is the null variance of the Mann-Whitney test without ties, so the interval inverts that test.
Here its critical value at 1/2 is taken from the exact permutation distribution with ties instead of the
normal one: the interval excludes 1/2 exactly when the exact test rejects. Towards 0 and 1, ``k`` goes over
to the normal quantile ``z``: ``k^2 = z^2 + (k_exact^2 - z^2) 4 theta (1 - theta)``. The interval never has
width 0: with complete separation the limit follows from ``V`` at the limit itself. The alternatives
(Brunner-Munzel on the logit scale, a fixed tie correction) were compared by simulation: at n = 5 to 10 and
seven grades the former gives no interval at all under separation, the latter covers 91 % where a healthy
group is all zeros. This one covered in 94 to 98.5 % at 5 to 10 a group, shifted, separated, mostly zero or of
unequal spread; lowest, 92 %, for 5 against 10 with five times the spread in the smaller group.

``brunner_munzel`` is the test of ``theta = 1/2`` for unequal variances (Biom J 2000;42:17). Its p value is
never reported below the smallest that a permutation test of these sizes and ties could give: the
approximation claims more there than the data can show, and under separation it does not exist.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mitograft.statistics.bisection import last_true
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.permutation import rank_sum_null, rank_sum_test, smallest_p
from mitograft.statistics.proportions import normal_quantile
from mitograft.statistics.ranking import Levels, check_sample, ordered_levels, tie_factor

__all__ = ["BrunnerMunzel", "ProbabilisticIndex", "brunner_munzel", "probabilistic_index"]


@dataclass(frozen=True, slots=True)
class ProbabilisticIndex:
    """Probability that a value of the first group is higher, ties for half.

    Parameters
    ----------
    estimate, low, high, level
        The index with its interval.
    p
        Two-sided exact permutation p value: at most ``1 - level`` exactly when the interval excludes 1/2.
    n_first, n_second
        Group sizes.
    separated
        Whether the groups do not overlap (no ties across either): the estimate is then 0 or 1.
    """

    estimate: float
    low: float
    high: float
    level: float
    p: float
    n_first: int
    n_second: int
    separated: bool


@dataclass(frozen=True, slots=True)
class BrunnerMunzel:
    """The Brunner-Munzel test; ``statistic`` is positive where the first group is higher.

    ``p`` is held at ``smallest_p`` where the t approximation would fall below it or does not exist;
    ``held`` says so, and ``p_approximate`` keeps the approximation (NaN where it does not exist).
    """

    statistic: float
    df: float
    p: float
    p_approximate: float
    smallest_p: float
    held: bool
    estimate: float


def probabilistic_index(
    first: Sequence[float], second: Sequence[float], *, level: float = 0.95
) -> ProbabilisticIndex:
    """Estimate the probability that the first group is higher, with its interval.

    Raises
    ------
    UsageError
        If a group is empty, a value is missing or the level is not between 0 and 1.

    >>> index = probabilistic_index([4, 5, 5, 6, 6], [0, 1, 1, 2, 3])
    >>> f"{index.estimate:.2f} {index.low:.2f} {index.high:.2f} {index.separated}"
    '1.00 0.64 1.00 True'
    """
    check_level(level)
    test = rank_sum_test(first, second)
    one, two = _levels(first, second)
    below, above = _critical(one, two, level)
    z = normal_quantile(level)
    sizes = len(one), len(two)

    def within(distance: Array, theta: Array, k: float) -> Array:
        k_squared = z**2 + (k**2 - z**2) * 4.0 * theta * (1.0 - theta)
        return np.asarray(distance**2 <= k_squared * _variance(theta, *sizes))

    estimate = np.array([test.index])
    high = last_true(lambda x: within(x - estimate, x, below), estimate, np.ones(1))
    low = 1.0 - last_true(lambda x: within(x - 1.0 + estimate, 1.0 - x, above), 1.0 - estimate, np.ones(1))
    return ProbabilisticIndex(
        estimate=test.index,
        low=float(min(low[0], test.index)),
        high=float(max(high[0], test.index)),
        level=level,
        p=test.p,
        n_first=sizes[0],
        n_second=sizes[1],
        separated=test.index in (0.0, 1.0),
    )


def brunner_munzel(first: Sequence[float], second: Sequence[float]) -> BrunnerMunzel:
    """Test whether the probabilistic index is 1/2, without assuming equal variances.

    Raises
    ------
    UsageError
        If a group has fewer than one value or a value is missing.

    >>> separated = brunner_munzel([5, 6, 6, 6], [0, 1, 1, 2])
    >>> separated.statistic, round(separated.p, 6), separated.held
    (inf, 0.028571, True)
    """
    from scipy.special import stdtr

    one, two = _levels(first, second)
    m, n = len(one), len(two)
    higher = np.sign(one[:, np.newaxis] - two[np.newaxis, :]) / 2.0 + 0.5
    estimate = float(higher.mean())
    # Placements: the share of the other group below each value. Their variances are those of the ranks.
    parts = [_spread(higher.mean(axis=1)) / m, _spread(higher.mean(axis=0)) / n]
    null = rank_sum_null(one, two)
    total, floor = sum(parts), smallest_p(m, n) if null is None else null.smallest_p
    if not total > 0.0:
        apart = estimate - 0.5
        statistic = math.copysign(math.inf, apart) if apart else 0.0
        return BrunnerMunzel(
            statistic, math.nan, floor if apart else 1.0, math.nan, floor, apart != 0.0, estimate
        )
    statistic = (estimate - 0.5) / math.sqrt(total)
    df = total**2 / sum(
        part**2 / (size - 1.0) for part, size in zip(parts, (m, n), strict=True) if part > 0.0
    )
    p = float(2.0 * stdtr(df, -abs(statistic)))
    return BrunnerMunzel(statistic, df, max(p, floor), p, floor, p < floor, estimate)


def _levels(first: Sequence[float], second: Sequence[float]) -> tuple[Levels, Levels]:
    one = check_sample(first, "Probabilistic index, first group")
    levels = ordered_levels(np.concatenate([one, check_sample(second, "Probabilistic index, second group")]))
    return levels[: len(one)], levels[len(one) :]


def _variance(theta: Array, m: int, n: int) -> Array:
    s = (m + n) / 2.0 - 1.0
    inner = 1.0 + s * (1.0 - theta) / (2.0 - theta) + s * theta / (1.0 + theta)
    return np.asarray(theta * (1.0 - theta) * inner / (m * n))


def _critical(first: Levels, second: Levels, level: float) -> tuple[float, float]:
    """Return how many ``sqrt(V(1/2))`` below and above 1/2 the test begins to reject."""
    m, n = len(first), len(second)
    spread = math.sqrt(float(_variance(np.array(0.5), m, n)))
    null = rank_sum_null(first, second)
    if null is None:
        k = normal_quantile(level) * math.sqrt(tie_factor(np.concatenate([first, second])))
        return k, k
    low, high = null.critical(1.0 - level)
    # Where a tail can reject nothing, not even complete separation may exclude 1/2.
    ends = (
        -0.5 / (m * n) if low < null.values[0] else low,
        2 * m * n + 0.5 / (m * n) if high > null.values[-1] else high,
    )
    return (0.5 - ends[0] / (2.0 * m * n)) / spread, (ends[1] / (2.0 * m * n) - 0.5) / spread


def _spread(placements: Array) -> float:
    return float(np.var(placements, ddof=1)) if len(placements) > 1 else 0.0
