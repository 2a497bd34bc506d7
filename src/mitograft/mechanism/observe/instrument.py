"""What instruments do to a true value: steps of a scale, its ends, and error in proportion."""

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["checked", "load_instruments", "log_sd", "proportional_error", "to_scale"]

Array = npt.NDArray[np.float64]


def load_instruments() -> Parameters:
    """Return the parameters of the instruments (``instruments.csv``); nearly all of them are assumed."""
    return load_parameters("mitograft.mechanism.observe", "instruments.csv")


def checked(what: str, value: npt.ArrayLike, *, least: float = 0.0) -> Array:
    """Return the array as float64; NaN stays (an individual that failed), the rest is checked.

    Raises
    ------
    UsageError
        If a value is infinite or below ``least``, or the array is neither (n,) nor (n, m).
    """
    array = np.asarray(value, dtype=float)
    if array.ndim not in (1, 2):
        raise UsageError(f"{what}: found an array of {array.ndim} dimensions; expected (n,) or (n, m).")
    bad = np.isinf(array) | (array < least)
    if bad.any():
        raise UsageError(
            f"{what}: found {array[bad][0]:g} at {tuple(int(i) for i in np.argwhere(bad)[0])}; "
            f"expected finite numbers from {least:g} (NaN for an individual that failed)."
        )
    return array


def to_scale(value: npt.ArrayLike, *, step: float, low: float, high: float) -> Array:
    """Return values as a scale shows them: kept within its ends, at its nearest step; halves go up.

    >>> to_scale([1.23, 11.0, -3.0], step=0.5, low=0.0, high=10.0).tolist()
    [1.0, 10.0, 0.0]
    """
    within = np.clip(np.asarray(value, dtype=float), low, high)
    # Tidied, so that 0.1 * 3 is 0.3 as a rater would write it.
    stepped = low + step * np.floor((within - low) / step + 0.5)
    return np.asarray(np.minimum(np.round(stepped, 9), high))


def log_sd(cv: float) -> float:
    """Return the log-scale standard deviation of a log-normal value with coefficient of variation ``cv``.

    Raises
    ------
    UsageError
        If it is negative or no number.
    """
    if not 0.0 <= cv < np.inf:
        raise UsageError(f"Coefficient of variation: found {cv:g}; expected a number from 0.")
    return float(np.sqrt(np.log1p(cv * cv)))


def proportional_error(value: Array, z: Array, cv: float) -> Array:
    """Return ``value exp(s z - s^2 / 2)``: log-normal error, mean kept; ``s`` from ``log_sd``."""
    s = log_sd(cv)
    return np.asarray(value * np.exp(s * z - 0.5 * s * s))
