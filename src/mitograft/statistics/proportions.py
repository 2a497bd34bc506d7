"""One proportion: exact and approximate intervals, and the exact binomial tail.

All functions take whole-number counts (scalars or arrays that broadcast) and return float arrays. With
``k`` responders of ``n`` patients and tail probability ``h = (1 - level) / 2`` on each side:

* ``clopper_pearson``: the limits are the proportions at which ``k`` or more (``k`` or fewer) responders
  would have probability ``h``. Never covers less often than ``level``; wide for small ``n``.
* ``wilson``: inverts the score test; covers ``level`` on average, not for every proportion.
* ``jeffreys``: equal-tailed posterior interval under the Beta(1/2, 1/2) prior, with the limit set to 0 at
  ``k = 0`` and to 1 at ``k = n`` (Brown, Cai and DasGupta 2001).

Sources: Clopper and Pearson, Biometrika 1934;26:404; Wilson, J Am Stat Assoc 1927;22:209; Brown, Cai and
DasGupta, Stat Sci 2001;16:101.
"""

from typing import TYPE_CHECKING

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array, check_counts, check_level

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["clopper_pearson", "jeffreys", "normal_quantile", "probability_at_least", "wilson"]


def clopper_pearson(k: "ArrayLike", n: "ArrayLike", *, level: float = 0.95) -> tuple[Array, Array]:
    """Return the exact Clopper-Pearson interval of a proportion.

    Lower limit: the ``h`` quantile of Beta(k, n - k + 1), 0 at ``k = 0``; upper limit: the ``1 - h``
    quantile of Beta(k + 1, n - k), 1 at ``k = n``.

    >>> low, high = clopper_pearson(1, 6)
    >>> f"{low:.4f} {high:.4f}"
    '0.0042 0.6412'
    """
    from scipy.special import betainccinv, betaincinv

    k, n = check_counts(k, n)
    half = (1.0 - check_level(level)) / 2.0
    inner_low, inner_high = np.maximum(k, 1.0), np.minimum(k, n - 1.0)
    low = np.where(k == 0, 0.0, betaincinv(inner_low, n - inner_low + 1.0, half))
    high = np.where(k == n, 1.0, betainccinv(inner_high + 1.0, n - inner_high, half))
    return low, high


def wilson(k: "ArrayLike", n: "ArrayLike", *, level: float = 0.95) -> tuple[Array, Array]:
    """Return the Wilson score interval of a proportion (no continuity correction).

    ``(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)`` with ``p = k/n`` and ``z`` the normal
    quantile of ``1 - h``.
    """
    k, n = check_counts(k, n)
    z = normal_quantile(level)
    p, square = k / n, z * z / n
    centre = p + square / 2.0
    spread = z * np.sqrt(p * (1.0 - p) / n + square / (4.0 * n))
    low = np.where(k == 0, 0.0, (centre - spread) / (1.0 + square))
    high = np.where(k == n, 1.0, (centre + spread) / (1.0 + square))
    return low, high


def jeffreys(k: "ArrayLike", n: "ArrayLike", *, level: float = 0.95) -> tuple[Array, Array]:
    """Return the Jeffreys interval of a proportion (equal-tailed, limits 0 and 1 at the ends)."""
    from scipy.special import betainccinv, betaincinv

    k, n = check_counts(k, n)
    half = (1.0 - check_level(level)) / 2.0
    low = np.where(k == 0, 0.0, betaincinv(k + 0.5, n - k + 0.5, half))
    high = np.where(k == n, 1.0, betainccinv(k + 0.5, n - k + 0.5, half))
    return low, high


def probability_at_least(k: "ArrayLike", n: "ArrayLike", p: "ArrayLike") -> Array:
    """Return the exact binomial probability of ``k`` or more responders among ``n`` at response rate ``p``.

    ``P(X >= k) = I_p(k, n - k + 1)``, the regularised incomplete beta function; 1 at ``k = 0``.

    >>> float(probability_at_least(9, 9, 0.4375))  # 0.4375 ** 9
    0.0005872222682228312
    """
    from scipy.special import betainc

    k, n = check_counts(k, n)
    rate = np.asarray(p, dtype=float)
    if not np.all((rate >= 0) & (rate <= 1)):
        raise UsageError("Response rate: found a value outside 0 to 1; expected a proportion.")
    return np.where(k == 0, 1.0, betainc(np.maximum(k, 1.0), n - np.maximum(k, 1.0) + 1.0, rate))


def normal_quantile(level: float) -> float:
    """Return the standard normal quantile that leaves ``(1 - level) / 2`` above it."""
    from scipy.special import ndtri

    return float(-ndtri((1.0 - check_level(level)) / 2.0))
