r"""Exact permutation of a sum of whole scores, such as wins less losses, whole or within strata.

Under the null hypothesis every choice of the ``m`` subjects of the first arm out of the ``N`` of a stratum
is equally likely, and with it the sum of their scores ``s_i``. As for the rank sum (``permutation.py``),
the ways to reach a sum are counted, subject by subject; strata are put together by convolution. Where
counting would take too long (from some 50 an arm on) there is no exact distribution; the sum then has mean
``m mean(s)`` and variance ``m n / (N (N - 1)) sum (s_i - mean(s))^2``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.statistics.permutation import NullDistribution

__all__ = ["ScoreBlock", "ScoreTest", "score_test"]

_WHOLE = 2**62  # counts beyond do not fit whole numbers of 64 bits
_MOST_STEPS = 100_000_000
_MOST_PAIRS = 4_000_000


@dataclass(frozen=True, eq=False)
class ScoreBlock:
    """The whole scores of one stratum, and how many of its subjects are in the first arm."""

    scores: npt.NDArray[np.int64]
    m: int

    @property
    def mean(self) -> float:
        """Mean of the sum under permutation."""
        return self.m * float(self.scores.mean())

    @property
    def variance(self) -> float:
        """Variance of the sum under permutation."""
        total = self.scores.size
        if total < 2:
            return 0.0
        squares = float(np.sum((self.scores - self.scores.mean()) ** 2))
        return self.m * (total - self.m) / (total * (total - 1.0)) * squares

    def null(self) -> NullDistribution | None:
        """Return the distribution of the sum; None where counting would take too long."""
        total = self.scores.size
        lowest = int(self.scores.min())
        step = max(1, int(np.gcd.reduce(self.scores - lowest)))
        scores = np.sort((self.scores - lowest) // step)
        width = int(scores[total - self.m :].sum()) + 1
        if total * self.m * width > _MOST_STEPS:
            return None
        table: npt.NDArray[Any] = np.zeros((self.m + 1, width), dtype=_kind(math.comb(total, self.m)))
        table[0, 0] = 1
        for number, score in enumerate(scores.tolist()):
            # Rows beyond those filled so far are still empty.
            top = min(number + 1, self.m)
            table[1 : top + 1, score:] += table[:top, : width - score]
        taken = np.flatnonzero(table[self.m])
        return NullDistribution(taken * step + self.m * lowest, table[self.m][taken])


@dataclass(frozen=True, eq=False)
class ScoreTest:
    """A test of a weighted sum of scores.

    ``null`` is the exact distribution, None for the normal approximation, for which ``smallest_p`` is NaN;
    ``mean`` and ``variance`` are those under permutation. The two-sided ``p`` is twice the smaller tail.
    """

    p: float
    p_greater: float
    p_less: float
    smallest_p: float
    null: NullDistribution | None
    mean: float
    variance: float


def score_test(blocks: Sequence[ScoreBlock], weights: Sequence[int], observed: int) -> ScoreTest:
    """Test whether the first arm has higher scores than chance, within strata.

    Parameters
    ----------
    blocks, weights
        Strata with their whole weights.
    observed
        Weighted sum of the scores of the first arm.

    >>> found = score_test([ScoreBlock(np.array([2, 2, -1, -3]), 2)], [1], 4)
    >>> found.p, found.p_greater
    (0.3333333333333333, 0.16666666666666666)
    """
    from scipy.special import ndtr

    pairs = list(zip(weights, blocks, strict=True))
    mean = sum(weight * block.mean for weight, block in pairs)
    variance = sum(weight**2 * block.variance for weight, block in pairs)
    null = _together(weights, [block.null() for block in blocks])
    if null is not None:
        less, greater, _ = null.tails(observed)
        return ScoreTest(
            min(1.0, 2.0 * min(less, greater)), greater, less, null.smallest_p, null, mean, variance
        )
    z = (observed - mean) / math.sqrt(variance) if variance > 0.0 else 0.0
    tails = float(2.0 * ndtr(-abs(z))), float(ndtr(-z)), float(ndtr(z))
    return ScoreTest(*tails, math.nan, None, mean, variance)


def _together(weights: Sequence[int], parts: Sequence[NullDistribution | None]) -> NullDistribution | None:
    """Return the distribution of the weighted sum over strata."""
    values, total = np.zeros(1, dtype=np.int64), 1.0
    counts: npt.NDArray[Any] = np.ones(1, dtype=np.int64)
    for weight, part in zip(weights, parts, strict=True):
        if part is None or len(values) * len(part.values) > _MOST_PAIRS:
            return None
        total *= part.total
        sums = np.add.outer(values, weight * part.values).ravel()
        kind = _kind(total)
        products = np.multiply.outer(counts.astype(kind), part.counts.astype(kind)).ravel()
        values, place = np.unique(sums, return_inverse=True)
        counts = np.zeros(len(values), dtype=kind)
        np.add.at(counts, place, products)
    return NullDistribution(values, counts)


def _kind(total: float) -> type:
    """Return the kind of number that holds counts up to ``total``."""
    return np.int64 if total < _WHOLE else np.float64
