"""Roots of many monotone functions at once by bisection.

Bisection is used because it cannot fail: the functions inverted here (score statistics, posterior
distribution functions) are monotone but have flat stretches and infinite values at the ends of their range.
``scipy.optimize`` offers the same, at more than a second of import time.
"""

from collections.abc import Callable

import numpy as np

from mitograft.statistics.counts import Array

__all__ = ["last_true"]

_STEPS = 60  # halves a range of length 2 to below 1e-17


def last_true(holds: Callable[[Array], np.ndarray], low: Array, high: Array) -> Array:
    """Return, element by element, where ``holds`` turns from true to false between ``low`` and ``high``.

    ``holds(x)`` is true up to some point and false beyond it. Where it is false throughout, the result is
    ``low``; where it is true throughout, ``high``.
    """
    low, high = np.array(low, dtype=float), np.array(high, dtype=float)
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        true = holds(middle)
        low = np.where(true, middle, low)
        high = np.where(true, high, middle)
    return 0.5 * (low + high)
