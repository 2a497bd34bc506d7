"""Measured values as whole steps of one millionth, so that no edge is decided by binary rounding.

A measured value is the decimal somebody wrote down. In binary, 2.2 - 0.7 is not 1.5, and a change of
exactly 15 % can fall on either side of the edge. Here a value with at most six decimals becomes a whole
number of steps; sums, differences and comparisons with a cut are then integer arithmetic.
"""

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError

__all__ = ["LARGEST", "STEPS", "reaches", "to_steps"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

STEPS = 1_000_000
LARGEST = 1e9
_INT64 = 2**63


def to_steps(values: FloatArray) -> IntArray:
    """Return ``values`` in whole steps of 1e-6; a missing value (NaN) becomes 0.

    Parameters
    ----------
    values
        Any shape; at most ``LARGEST`` in size, beyond which a float no longer carries six decimals.

    Raises
    ------
    UsageError
        If a value is infinite or larger than ``LARGEST``.

    Examples
    --------
    >>> to_steps(np.array([2.2, 0.7, np.nan]))
    array([2200000,  700000,       0])
    """
    known = np.where(np.isnan(values), 0.0, values)
    if np.any(np.abs(known) > LARGEST):
        raise UsageError(
            f"Found a value larger than {LARGEST:g}; expected measured values within that size. "
            "Check the unit."
        )
    steps: IntArray = np.rint(known * STEPS).astype(np.int64)
    return steps


def reaches(part: IntArray, share: Fraction, whole: IntArray) -> BoolArray:
    """Tell where ``part >= share * whole``, exactly.

    Parameters
    ----------
    part, whole
        Whole steps, shapes that broadcast.
    share
        The cut as a fraction of ``whole`` (20 % is ``Fraction(1, 5)``).
    """
    size = max(int(np.abs(part).max(initial=1)), int(np.abs(whole).max(initial=1)))
    if size * max(abs(share.numerator), share.denominator) >= _INT64:
        left = part.astype(object) * share.denominator
        right = whole.astype(object) * share.numerator
        return np.asarray(left >= right, dtype=np.bool_)
    return np.asarray(part * share.denominator >= whole * share.numerator)
