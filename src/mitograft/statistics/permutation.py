r"""The Mann-Whitney (rank-sum) test by exact permutation that keeps ties, whole or within blocks.

``U`` counts the pairs in which the first group is higher, ties for half. Under the null hypothesis every
split of the ``N = m + n`` observed values into groups of ``m`` and ``n`` is equally likely. The null
distribution is not enumerated but counted: with the doubled mid-ranks ``r_i``, ``c(k, s)``, the number of
ways to choose ``k`` values of rank sum ``s``, follows value by value from ``c(k, s) += c(k - 1, s - r_i)``.
Counts are whole numbers up to 2^62 splits (32 a group) and floats without cancellation beyond; from about
70 a group on the tie-corrected normal approximation is used, and the result says so.

The two-sided p value is twice the smaller tail, at most 1: each direction then has an error of half the
level of its own, as a directional claim needs, and it is what SciPy's ``permutation_test`` gives. (The
alternative, counting all splits at least as far from the mean, is the same for groups of one size and
without ties.) The mid-p value counts only half of the splits that equal the observed one; it is not
guaranteed to keep its level.

Within blocks (cages, batches) values are ranked and permuted inside their block; the statistic is van
Elteren's ``sum_b U_b / (N_b + 1)`` (van Elteren, Bull Int Stat Inst 1960;37:351), the most powerful weights
for a common shift in small blocks. Blocks with one group alone say nothing.

Sources: Mann and Whitney, Ann Math Stat 1947;18:50; Streitberg and Roehmel, Stat Softw Newsl 1986;12:10 (the
counting).
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.ranking import Levels, check_sample, doubled_mid_ranks, ordered_levels, tie_factor

__all__ = [
    "NullDistribution",
    "RankSumTest",
    "blocked_rank_sum_test",
    "rank_sum_null",
    "rank_sum_test",
    "smallest_p",
]

_WHOLE = 2**62  # counts beyond do not fit whole numbers of 64 bits
_MOST_STEPS = 100_000_000  # additions, about half a second
_MOST_PAIRS = 4_000_000  # of values when two blocks are put together
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class NullDistribution:
    """All values a statistic takes over the permutations, ascending, with the number of each.

    Statistics are doubled so that they are whole.
    """

    values: Levels
    counts: npt.NDArray[Any]

    @property
    def total(self) -> float:
        """Number of permutations."""
        total: float = self.counts.sum().item()
        return total

    def tails(self, observed: int) -> tuple[float, float, float]:
        """Return the probabilities of at most, at least and exactly the observed value."""
        at = int(np.searchsorted(self.values, observed))
        after = int(np.searchsorted(self.values, observed, side="right"))
        pieces = (self.counts[:after], self.counts[at:], self.counts[at:after])
        less, greater, equal = (piece.sum().item() / self.total for piece in pieces)
        return less, greater, equal

    @property
    def smallest_p(self) -> float:
        """The smallest two-sided p value that any outcome could give."""
        ends = min(self.counts[0].item(), self.counts[-1].item())
        return float(min(1.0, 2.0 * ends / self.total))

    def mirrored(self, sum_of_both: int) -> "NullDistribution":
        """Return the distribution of ``sum_of_both`` minus the statistic."""
        return NullDistribution(sum_of_both - self.values[::-1], self.counts[::-1])

    def critical(self, alpha: float) -> tuple[float, float]:
        """Return the values between which two-sided p values exceed ``alpha``.

        Each lies midway between the last value not rejected and the first rejected one, or outside of all
        values where that tail can reject nothing.
        """
        total = self.total
        rising = 2.0 * np.cumsum(self.counts) / total <= alpha * (1.0 + _ROUNDING)
        falling = 2.0 * np.cumsum(self.counts[::-1])[::-1] / total <= alpha * (1.0 + _ROUNDING)
        padded = np.concatenate([[self.values[0] - 1], self.values, [self.values[-1] + 1]]).astype(float)
        low, high = int(np.sum(rising)), len(self.values) + 1 - int(np.sum(falling))
        return float(padded[low] + padded[low + 1]) / 2.0, float(padded[high - 1] + padded[high]) / 2.0


@dataclass(frozen=True, slots=True)
class RankSumTest:
    """A Mann-Whitney test, first group against second.

    Parameters
    ----------
    index
        Share of pairs in which the first group is higher, ties for half (weighted over blocks).
    n_first, n_second
        Values that took part.
    p
        Two-sided: twice the smaller tail.
    p_greater, p_less
        One-sided: first group higher, first group lower.
    p_mid
        Two-sided mid-p; equals ``p`` for the normal approximation.
    smallest_p
        The smallest two-sided p value these groups and ties could have given; NaN for the normal
        approximation.
    method
        ``exact`` or ``normal``.
    arrangements
        Number of permutations the exact test counts; 0 for the normal approximation.
    blocks
        Number of blocks that took part; 1 without blocks.
    """

    index: float
    n_first: int
    n_second: int
    p: float
    p_greater: float
    p_less: float
    p_mid: float
    smallest_p: float
    method: Literal["exact", "normal"]
    arrangements: float
    blocks: int = 1

    @property
    def description(self) -> str:
        """The method in words."""
        within = f" within {self.blocks} blocks (van Elteren)" if self.blocks > 1 else ""
        if self.method == "exact":
            return f"rank-sum test, exact permutation{within}, ties kept, twice the smaller tail"
        return f"rank-sum test{within}, normal approximation with ties, without continuity correction"


def rank_sum_test(first: Sequence[float], second: Sequence[float]) -> RankSumTest:
    """Test whether one group tends to higher values, by exact permutation with ties.

    Raises
    ------
    UsageError
        If a group is empty or a value is missing.

    >>> result = rank_sum_test([3, 4, 4, 5, 6], [0, 1, 1, 2, 3])
    >>> f"{result.index:.2f} {result.p:.6f} {result.smallest_p:.6f} {result.arrangements}"
    '0.98 0.015873 0.015873 252'
    """
    one = check_sample(first, "Rank-sum test, first group")
    two = check_sample(second, "Rank-sum test, second group")
    levels = ordered_levels(np.concatenate([one, two]))
    return _test([_Block.of(levels[: len(one)], levels[len(one) :])])


def blocked_rank_sum_test(
    values: Sequence[float], in_first: Sequence[bool], blocks: Sequence[Hashable]
) -> RankSumTest:
    """Test two groups with ranks and permutations inside blocks only (van Elteren).

    Parameters
    ----------
    values, in_first, blocks
        Value, whether it belongs to the first group, and block (cage, batch) of each animal.

    Raises
    ------
    UsageError
        If no block holds both groups, lengths differ, or a value is missing.

    >>> result = blocked_rank_sum_test([1, 3, 2, 4], [False, True, False, True], ["a", "a", "b", "b"])
    >>> result.index, result.p
    (1.0, 0.5)
    """
    sample = check_sample(values, "Rank-sum test within blocks")
    if not len(sample) == len(in_first) == len(blocks):
        raise UsageError(
            f"Rank-sum test within blocks: found {len(sample)} values, {len(in_first)} groups and "
            f"{len(blocks)} blocks; expected one group and one block for each value."
        )
    chosen = np.asarray(in_first, dtype=bool)
    parts = []
    for name in dict.fromkeys(blocks):
        here = np.array([block == name for block in blocks])
        levels = ordered_levels(sample[here])
        if np.any(chosen[here]) and not np.all(chosen[here]):
            parts.append(_Block.of(levels[chosen[here]], levels[~chosen[here]]))
    if not parts:
        raise UsageError(
            "Rank-sum test within blocks: no block holds animals of both groups; group and block cannot be "
            "told apart."
        )
    return _test(parts)


def smallest_p(n_first: int, n_second: int) -> float:
    """Return the smallest two-sided p value of any permutation test of two groups of these sizes.

    Two of the ``C(m + n, m)`` splits are the most extreme, one on each side.

    >>> round(smallest_p(5, 5), 6)
    0.007937
    """
    return min(1.0, 2.0 / math.comb(n_first + n_second, n_first))


def rank_sum_null(first: Levels, second: Levels) -> NullDistribution | None:
    """Return the null distribution of ``2 U`` of the first group; None where counting would take too long.

    Parameters
    ----------
    first, second
        Levels of the values (``ordered_levels`` of both groups together).
    """
    m, n = len(first), len(second)
    doubled = doubled_mid_ranks(np.concatenate([first, second]))
    if m > n:
        smaller = rank_sum_null(second, first)
        return None if smaller is None else smaller.mirrored(2 * m * n)
    lowest = int(doubled.min())
    step = max(1, int(np.gcd.reduce(doubled - lowest)))
    scores = np.sort((doubled - lowest) // step)
    width = int(scores[n:].sum()) + 1
    if (m + n) * m * width > _MOST_STEPS:
        return None
    counts = _count_sums(scores.tolist(), m, width)
    taken = np.flatnonzero(counts)
    return NullDistribution(taken * step + m * lowest - m * (m + 1), counts[taken])


def _count_sums(scores: list[int], m: int, width: int) -> npt.NDArray[Any]:
    """Count the ways to choose ``m`` of the scores, by their sum."""
    whole = math.comb(len(scores), m) < _WHOLE
    table: npt.NDArray[Any] = np.zeros((m + 1, width), dtype=np.int64 if whole else np.float64)
    table[0, 0] = 1
    for number, score in enumerate(scores):
        # Rows beyond those filled so far are still empty.
        top = min(number + 1, m)
        table[1 : top + 1, score:] += table[:top, : width - score]
    row: npt.NDArray[Any] = table[m]
    return row


@dataclass(frozen=True, eq=False)
class _Block:
    """One block: sizes, twice U, its null distribution, and the variance of U under the null hypothesis."""

    m: int
    n: int
    twice_u: int
    null: NullDistribution | None
    variance: float

    @classmethod
    def of(cls, first: Levels, second: Levels) -> "_Block":
        m, n = len(first), len(second)
        levels = np.concatenate([first, second])
        twice_u = int(doubled_mid_ranks(levels)[:m].sum()) - m * (m + 1)
        variance = m * n * (m + n + 1) / 12.0 * tie_factor(levels)
        return cls(m, n, twice_u, rank_sum_null(first, second), variance)


def _test(blocks: list[_Block]) -> RankSumTest:
    common = math.lcm(*(block.m + block.n + 1 for block in blocks))
    weights = [common // (block.m + block.n + 1) for block in blocks]
    pairs = list(zip(weights, blocks, strict=True))
    observed = sum(w * block.twice_u for w, block in pairs)
    possible = 2 * sum(w * block.m * block.n for w, block in pairs)
    sizes = sum(block.m for block in blocks), sum(block.n for block in blocks)
    null = _together(pairs)
    if null is None:
        spread = 2.0 * math.sqrt(sum(w**2 * block.variance for w, block in pairs))
        p, greater, less = _normal_tails((observed - possible / 2.0) / spread if spread > 0.0 else 0.0)
        mid, smallest, arrangements = p, math.nan, 0.0
    else:
        less, greater, equal = null.tails(observed)
        p = min(1.0, 2.0 * min(less, greater))
        mid = min(1.0, 2.0 * (min(less, greater) - equal / 2.0))
        smallest, arrangements = null.smallest_p, null.total
    return RankSumTest(
        index=observed / possible,
        n_first=sizes[0],
        n_second=sizes[1],
        p=p,
        p_greater=greater,
        p_less=less,
        p_mid=mid,
        smallest_p=smallest,
        method="normal" if null is None else "exact",
        arrangements=arrangements,
        blocks=len(blocks),
    )


def _together(pairs: list[tuple[int, _Block]]) -> NullDistribution | None:
    """Return the null distribution of the weighted sum over blocks."""
    total = math.prod(math.comb(block.m + block.n, block.m) for _, block in pairs)
    values = np.zeros(1, dtype=np.int64)
    counts: npt.NDArray[Any] = np.ones(1, dtype=np.int64 if total < _WHOLE else np.float64)
    for weight, block in pairs:
        if block.null is None or len(values) * len(block.null.values) > _MOST_PAIRS:
            return None
        if len(pairs) == 1:
            return NullDistribution(block.null.values * weight, block.null.counts)
        sums = np.add.outer(values, weight * block.null.values).ravel()
        products = np.multiply.outer(counts, block.null.counts.astype(counts.dtype)).ravel()
        values, place = np.unique(sums, return_inverse=True)
        gathered = np.zeros(len(values), dtype=counts.dtype)
        np.add.at(gathered, place, products)
        counts = gathered
    return NullDistribution(values, counts)


def _normal_tails(z: float) -> tuple[float, float, float]:
    from scipy.special import ndtr

    return float(2.0 * ndtr(-abs(z))), float(ndtr(-z)), float(ndtr(z))
