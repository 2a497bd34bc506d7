"""Samples as ordered levels: ties kept, everything in whole numbers.

Rank tests with ties are exact only where ties are recognised and ranks are whole. Values that agree to
twelve digits count as tied (``0.1 + 0.2`` and ``0.3`` are one score), and mid-ranks are doubled: a group of
``t`` tied values behind ``b`` smaller ones has the doubled mid-rank ``2 b + t + 1``. Infinite values are
allowed: minus infinity ranks a value known only to lie below a common limit of quantification.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError

__all__ = ["Levels", "check_sample", "doubled_mid_ranks", "ordered_levels", "tie_factor"]

Levels = npt.NDArray[np.int64]

_SAME = 1e-12


def check_sample(values: Sequence[float], what: str) -> npt.NDArray[np.float64]:
    """Return a sample as an array.

    Raises
    ------
    UsageError
        If it is empty or a value is missing.
    """
    sample = np.asarray(values, dtype=float)
    if sample.ndim != 1 or len(sample) == 0:
        raise UsageError(f"{what}: found no values; expected at least one.")
    if np.any(np.isnan(sample)):
        raise UsageError(f"{what}: found a missing value; leave animals without a value out.")
    return sample


def ordered_levels(values: Sequence[float] | npt.NDArray[np.float64]) -> Levels:
    """Return the level of each value: 0 for the smallest, the same number for tied values.

    >>> ordered_levels([2.0, 0.1 + 0.2, 0.3, 7.0]).tolist()
    [1, 0, 0, 2]
    """
    array = np.asarray(values, dtype=float)
    order = np.argsort(array, kind="stable")
    inner = array[order]
    smaller, larger = inner[:-1], inner[1:]
    with np.errstate(invalid="ignore"):
        apart = larger - smaller > _SAME * np.maximum(np.abs(smaller), np.abs(larger))
    # Beside an infinite value the tolerance is infinite too: there only equality ties.
    infinite = np.isinf(smaller) | np.isinf(larger)
    apart = np.where(infinite, smaller != larger, apart)
    levels = np.empty(len(array), dtype=np.int64)
    levels[order] = np.concatenate([[0], np.cumsum(apart)])
    return levels


def doubled_mid_ranks(levels: Levels) -> Levels:
    """Return twice the mid-rank of each value.

    >>> doubled_mid_ranks(np.array([1, 0, 0, 2])).tolist()
    [6, 3, 3, 8]
    """
    ties = np.bincount(levels)
    behind = np.cumsum(ties) - ties
    ranks: Levels = (2 * behind + ties + 1)[levels]
    return ranks


def tie_factor(levels: Levels) -> float:
    """Return ``1 - sum (t^3 - t) / (N^3 - N)``: what ties leave of the variance of ranks.

    >>> tie_factor(np.array([0, 0, 1, 2]))
    0.9
    """
    n = len(levels)
    if n < 2:
        return 0.0
    ties = np.bincount(levels).astype(float)
    return 1.0 - float(np.sum(ties**3 - ties)) / (float(n) ** 3 - n)
