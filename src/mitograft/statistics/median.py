"""The median of a small sample with an interval that assumes nothing about its distribution.

The interval runs between two order statistics. Whatever the distribution, the median lies between the
``r``-th smallest and the ``r``-th largest of ``n`` values with probability at least
``1 - 2 P(B < r)``, ``B`` binomial with ``n`` and 1/2 (Conover, Practical Nonparametric Statistics, 3rd ed.,
section 3.2); ties make it larger, never smaller.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mitograft.statistics.counts import check_level

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["MedianInterval", "median_interval"]


@dataclass(frozen=True, slots=True)
class MedianInterval:
    """Median, its limits and the least probability with which they hold it.

    With so few values that no two of them hold the median as asked, the limits are infinite.
    """

    n: int
    median: float
    low: float
    high: float
    coverage: float


def median_interval(values: "ArrayLike", *, level: float = 0.95) -> MedianInterval:
    """Estimate a median with its exact interval; missing values (NaN) are left out.

    Parameters
    ----------
    values
        The sample.
    level
        Probability asked for; the interval holds at least that.

    >>> found = median_interval([10, 20, 25, 30, 35, 40, 45, 50, 55])
    >>> found.median, found.low, found.high, round(found.coverage, 4)
    (35.0, 20.0, 50.0, 0.9609)
    >>> median_interval([1, 2, 3]).low
    -inf
    """
    check_level(level)
    given = np.asarray(values, dtype=float)
    sample = np.sort(given[~np.isnan(given)])
    n = int(sample.size)
    if n == 0:
        return MedianInterval(0, math.nan, -math.inf, math.inf, 1.0)
    rank, coverage = _rank(n, level)
    middle = float(np.median(sample))
    if rank == 0:
        return MedianInterval(n, middle, -math.inf, math.inf, 1.0)
    return MedianInterval(n, middle, float(sample[rank - 1]), float(sample[n - rank]), coverage)


def _rank(n: int, level: float) -> tuple[int, float]:
    """Return the highest rank whose interval covers ``level``, 0 where none does, and its coverage."""
    rank, best, tail = 0, 1.0, 0
    for r in range(1, n // 2 + 1):
        tail += math.comb(n, r - 1)  # 2**n times P(B <= r - 1)
        coverage = 1.0 - 2.0 * tail / 2.0**n
        if coverage < level:
            break
        rank, best = r, coverage
    return rank, best
