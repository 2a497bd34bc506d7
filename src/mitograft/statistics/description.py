"""A sample in eight numbers, as the tables of a trial print them.

Means and medians of decimal data are exact: values with up to six decimals are added as whole numbers, so
that the mean does not depend on the order of the values and a half is a half when it is rounded for print.

Quartiles follow SAS definition 5 (the empirical distribution function with averaging): for 1..8 the first
quartile is 2.5, where numpy's and R's default gives 2.75.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from mitograft.statistics.counts import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Description", "describe"]

_MOST_DECIMALS = 6
_EXACT = 2.0**53


@dataclass(frozen=True, slots=True)
class Description:
    """Number, mean, standard deviation (n - 1), median, quartiles and range; None where not defined."""

    n: int
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    q1: float | None = None
    q3: float | None = None
    minimum: float | None = None
    maximum: float | None = None


def describe(values: "ArrayLike") -> Description:
    """Describe a sample; missing values (NaN) are left out.

    >>> result = describe([1, 2, 3, 4, 5, 6, 7, 8])
    >>> result.n, result.mean, result.median, result.q1, result.q3
    (8, 4.5, 4.5, 2.5, 6.5)
    >>> describe([]).mean is None
    True
    """
    given = np.asarray(values, dtype=float)
    sample = np.sort(given[~np.isnan(given)])
    n = int(sample.size)
    if n == 0:
        return Description(0)
    mean = _mean(sample)
    spread = math.sqrt(math.fsum((sample - mean) ** 2) / (n - 1)) if n > 1 else None
    return Description(
        n=n,
        mean=mean,
        sd=spread,
        median=_quantile(sample, 1, 2),
        q1=_quantile(sample, 1, 4),
        q3=_quantile(sample, 3, 4),
        minimum=float(sample[0]),
        maximum=float(sample[-1]),
    )


def _mean(sample: Array) -> float:
    for decimals in range(_MOST_DECIMALS + 1):
        scale = 10.0**decimals
        whole = np.rint(sample * scale)
        if np.max(np.abs(whole)) * sample.size >= _EXACT:
            break
        if np.array_equal(whole / scale, sample):
            return float(Fraction(int(whole.sum()), sample.size * 10**decimals))
    return math.fsum(sample) / sample.size


def _quantile(sample: Array, part: int, of: int) -> float:
    """Return the quantile ``part / of`` of a sorted sample by SAS definition 5."""
    place, rest = divmod(sample.size * part, of)
    if rest:
        return float(sample[place])
    return _mean(sample[place - 1 : place + 1])
