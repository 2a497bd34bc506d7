"""Counts of responders as checked arrays: what every method on proportions starts from."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Array", "check_counts", "check_level"]

Array = npt.NDArray[np.float64]


def check_counts(k: "ArrayLike", n: "ArrayLike") -> tuple[Array, Array]:
    """Return responders ``k`` and patients ``n`` as float arrays of one common shape.

    Raises
    ------
    UsageError
        If a count is not a whole number, ``n`` is below 1 or ``k`` is not within 0 to ``n``.
    """
    responders, patients = np.broadcast_arrays(np.asarray(k, dtype=float), np.asarray(n, dtype=float))
    wrong = ~(
        (responders >= 0)
        & (responders <= patients)
        & (patients >= 1)
        & (responders == np.rint(responders))
        & (patients == np.rint(patients))
        & np.isfinite(patients)
    )
    if np.any(wrong):
        at = np.flatnonzero(wrong)[0]
        raise UsageError(
            f"Counts: found {responders.flat[at]:g} responders of {patients.flat[at]:g} patients; "
            "expected whole numbers with 0 <= responders <= patients and at least one patient."
        )
    return responders.astype(float), patients.astype(float)


def check_level(level: float) -> float:
    """Return the level of an interval, or raise UsageError where it is not between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise UsageError(f"Level of an interval: found {level!r}, expected a number between 0 and 1.")
    return float(level)
