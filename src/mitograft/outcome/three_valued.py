"""Yes, no and not recorded (1, 0, NaN), combined so that the unknown remains only where it decides."""

import numpy as np
import numpy.typing as npt

__all__ = ["all_of", "any_of"]

FloatArray = npt.NDArray[np.float64]


def any_of(*values: FloatArray) -> FloatArray:
    """Return 1 where any value is 1, else NaN where any is unknown, else 0.

    Examples
    --------
    >>> any_of(np.array([1.0, 0.0, 0.0]), np.array([np.nan, np.nan, 0.0]))
    array([ 1., nan,  0.])
    """
    stacked = np.stack(np.broadcast_arrays(*values))
    unknown = np.isnan(stacked).any(axis=0)
    return np.where((stacked == 1).any(axis=0), 1.0, np.where(unknown, np.nan, 0.0))


def all_of(*values: FloatArray) -> FloatArray:
    """Return 0 where any value is 0, else NaN where any is unknown, else 1.

    Examples
    --------
    >>> all_of(np.array([1.0, 1.0, 0.0]), np.array([1.0, np.nan, np.nan]))
    array([ 1., nan,  0.])
    """
    return np.asarray(1 - any_of(*(1 - value for value in values)))
