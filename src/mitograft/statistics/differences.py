"""Two independent proportions: intervals of their difference ``p1 - p2`` and Fisher's exact test.

* ``newcombe``: combines the two Wilson intervals; closed form (Newcombe, Stat Med 1998;17:873, method 10).
* ``miettinen_nurminen``: inverts the score test of ``p1 - p2 = d`` with the variance at the constrained
  maximum-likelihood estimates and the factor ``N/(N-1)`` (Miettinen and Nurminen, Stat Med 1985;4:213;
  method 5 of Newcombe 1998; without the factor it is Mee's interval, method 4).
* ``fisher_exact``: the exact conditional test of equal proportions in a 2 x 2 table.

A positive difference means that the first group responds more often.
"""

from typing import TYPE_CHECKING, Literal

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.bisection import last_true
from mitograft.statistics.counts import Array, check_counts
from mitograft.statistics.proportions import normal_quantile, wilson

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["constrained_estimates", "fisher_exact", "miettinen_nurminen", "newcombe"]

Alternative = Literal["two-sided", "greater", "less"]


def newcombe(
    k1: "ArrayLike", n1: "ArrayLike", k2: "ArrayLike", n2: "ArrayLike", *, level: float = 0.95
) -> tuple[Array, Array]:
    """Return Newcombe's hybrid score interval of ``k1/n1 - k2/n2``.

    With the Wilson limits ``l, u`` of each proportion: ``d - sqrt((p1-l1)^2 + (u2-p2)^2)`` to
    ``d + sqrt((u1-p1)^2 + (p2-l2)^2)``.

    >>> low, high = newcombe(9, 10, 3, 10)
    >>> f"{low:.4f} {high:.4f}"
    '0.1705 0.8090'
    """
    k1, n1, k2, n2 = _check_pair(k1, n1, k2, n2)
    p1, p2 = k1 / n1, k2 / n2
    (low1, high1), (low2, high2) = wilson(k1, n1, level=level), wilson(k2, n2, level=level)
    low = p1 - p2 - np.hypot(p1 - low1, high2 - p2)
    high = p1 - p2 + np.hypot(high1 - p1, p2 - low2)
    return np.maximum(low, -1.0), np.minimum(high, 1.0)


def miettinen_nurminen(
    k1: "ArrayLike", n1: "ArrayLike", k2: "ArrayLike", n2: "ArrayLike", *, level: float = 0.95
) -> tuple[Array, Array]:
    """Return the Miettinen-Nurminen score interval of ``k1/n1 - k2/n2``.

    All ``d`` with ``(p1 - p2 - d)^2 <= z^2 V(d)``, where
    ``V(d) = (r1(1-r1)/n1 + r2(1-r2)/n2) N/(N-1)``, ``N = n1 + n2`` and ``r1 = r2 + d, r2`` are the
    maximum-likelihood estimates under ``p1 - p2 = d``.

    >>> low, high = miettinen_nurminen(9, 10, 3, 10)
    >>> f"{low:.4f} {high:.4f}"
    '0.1700 0.8406'
    """
    counts = _check_pair(k1, n1, k2, n2)
    z = normal_quantile(level)
    estimate = counts[0] / counts[1] - counts[2] / counts[3]
    low = -last_true(lambda d: _score(counts, -d) <= z, -estimate, np.ones_like(estimate))
    high = last_true(lambda d: _score(counts, d) >= -z, estimate, np.ones_like(estimate))
    return low, high


def constrained_estimates(k1: Array, n1: Array, k2: Array, n2: Array, d: Array) -> tuple[Array, Array]:
    """Return the maximum-likelihood estimates ``(r2 + d, r2)`` of the proportions under ``p1 - p2 = d``.

    ``r2`` is the root in [max(0, -d), min(1, 1 - d)] of a cubic, in the trigonometric closed form of
    Farrington and Manning (Stat Med 1990;9:1447).
    """
    total = n1 + n2
    cubic3 = total
    cubic2 = (n1 + 2.0 * n2) * d - total - k1 - k2
    cubic1 = (n2 * d - total - 2.0 * k2) * d + k1 + k2
    cubic0 = k2 * d * (1.0 - d)
    shift = cubic2 / (3.0 * cubic3)
    q = shift**3 - cubic2 * cubic1 / (6.0 * cubic3**2) + cubic0 / (2.0 * cubic3)
    u = np.copysign(np.sqrt(np.maximum(shift**2 - cubic1 / (3.0 * cubic3), 0.0)), q)
    ratio = np.divide(q, u**3, out=np.ones_like(q), where=u != 0.0)
    angle = (np.pi + np.arccos(np.clip(ratio, -1.0, 1.0))) / 3.0
    second = np.clip(2.0 * u * np.cos(angle) - shift, np.maximum(0.0, -d), np.minimum(1.0, 1.0 - d))
    return np.clip(second + d, 0.0, 1.0), second


def fisher_exact(k1: int, n1: int, k2: int, n2: int, *, alternative: Alternative = "two-sided") -> float:
    """Return the p-value of Fisher's exact test of ``k1/n1`` against ``k2/n2``.

    Two-sided: the sum over all tables no more probable than the one observed. ``greater`` asks whether the
    first proportion is the larger one.

    >>> round(fisher_exact(9, 10, 3, 10), 6)
    0.019767
    """
    from scipy.stats import fisher_exact as test

    if alternative not in ("two-sided", "greater", "less"):
        raise UsageError(
            f"Fisher's exact test: found alternative {alternative!r}; expected two-sided, greater or less."
        )
    check_counts([k1, k2], [n1, n2])
    table = [[int(k1), int(n1 - k1)], [int(k2), int(n2 - k2)]]
    return float(test(table, alternative=alternative).pvalue)


def _check_pair(
    k1: "ArrayLike", n1: "ArrayLike", k2: "ArrayLike", n2: "ArrayLike"
) -> tuple[Array, Array, Array, Array]:
    first, second = check_counts(k1, n1), check_counts(k2, n2)
    a, b, c, d = np.broadcast_arrays(*first, *second)
    return a, b, c, d


def _score(counts: tuple[Array, Array, Array, Array], d: Array) -> Array:
    """Return the signed score statistic ``(p1 - p2 - d) / sqrt(V(d))``, infinite where ``V(d)`` is 0."""
    k1, n1, k2, n2 = counts
    r1, r2 = constrained_estimates(k1, n1, k2, n2, d)
    total = n1 + n2
    variance = (r1 * (1.0 - r1) / n1 + r2 * (1.0 - r2) / n2) * total / (total - 1.0)
    distance = k1 / n1 - k2 / n2 - d
    infinite = np.where(distance == 0.0, 0.0, np.copysign(np.inf, distance))
    return np.divide(distance, np.sqrt(variance), out=infinite, where=variance > 0.0)
