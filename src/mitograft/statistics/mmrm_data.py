"""Data of a model for repeated measurements: checks, and a design with orthonormal columns.

Columns of the design that depend on those before them are refused, or left out as SAS and R do; a contrast of
all columns is then determined by the data only if it gives each of them the weight that follows from the
columns kept.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Basis", "Measurements", "check_measurements", "orthonormalise"]

_FULL_RANK = 1e-9
_FOLLOWS = 1e-7


@dataclass(frozen=True, eq=False)
class Measurements:
    """Measurements that are present.

    Parameters
    ----------
    y, x
        Response and design.
    person, place
        Numbers of subject and visit, from 0.
    visits
        Visits with data, in order.
    n_missing, n_given
        Measurements left out, and subjects before that.
    """

    y: Array
    x: Array
    person: npt.NDArray[np.intp]
    place: npt.NDArray[np.intp]
    visits: npt.NDArray[Any]
    n_missing: int
    n_given: int


@dataclass(frozen=True, eq=False)
class Basis:
    """Orthonormal columns that span a design.

    Parameters
    ----------
    q
        The columns.
    back
        Coefficients of the design from those of ``q``; 0 for columns left out.
    dropped
        Columns of the design that were left out.
    follows
        How these depend on the columns kept: one row for each.
    """

    q: Array
    back: Array
    dropped: tuple[int, ...]
    follows: Array

    def is_determined(self, weights: Array) -> bool:
        """Whether the data determine a contrast of the coefficients of the design."""
        kept = np.delete(weights, self.dropped)
        gap = weights[list(self.dropped)] - self.follows @ kept
        return bool(np.all(np.abs(gap) <= _FOLLOWS * np.max(np.abs(weights), initial=0.0)))


def check_measurements(response: "ArrayLike", subject: Any, visit: Any, design: "ArrayLike") -> Measurements:
    """Check data and leave out measurements that are missing.

    Raises
    ------
    UsageError
        If lengths differ, numbers are infinite, the design is not finite or a subject has two measurements
        at a visit.
    """
    y, x = np.asarray(response, dtype=float), np.asarray(design, dtype=float)
    who, when = np.asarray(subject), np.asarray(visit)
    if y.ndim != 1 or x.ndim != 2 or not y.shape == who.shape == when.shape == x.shape[:1]:
        raise UsageError(
            f"MMRM: found shapes {y.shape} of the response, {who.shape} of subject, {when.shape} of visit "
            f"and {x.shape} of the design; expected one entry and one row for each measurement."
        )
    if not np.all(np.isfinite(x)) or np.any(np.isinf(y)):
        raise UsageError("MMRM: found an infinite response or a design that is not finite; expected numbers.")
    seen = ~np.isnan(y)
    visits, place = np.unique(when[seen], return_inverse=True)
    _, person = np.unique(who[seen], return_inverse=True)
    if np.unique(person * max(visits.size, 1) + place).size != place.size:
        raise UsageError("MMRM: found two measurements of one subject at one visit; expected one at most.")
    given = int(np.unique(who).size)
    return Measurements(y[seen], x[seen], person, place, visits, int(np.sum(~seen)), given)


def orthonormalise(x: Array, *, refuse: bool) -> Basis:
    """Return orthonormal columns that span the design.

    Parameters
    ----------
    x
        Design.
    refuse
        Whether columns that depend on those before them are refused, not left out.

    Raises
    ------
    UsageError
        If columns that depend on those before them are refused.
    """
    size = np.linalg.norm(x, axis=0)
    scaled = x / np.where(size > 0.0, size, 1.0)
    lost = () if _is_independent(scaled) else _find_dependent(scaled)
    if refuse and lost:
        raise UsageError(
            f"Design: found columns that depend on those before them, or are 0: {list(lost)} (counted "
            "from 0); expected independent columns where the response is present."
        )
    kept = np.delete(np.arange(x.shape[1]), lost)
    q, r = np.linalg.qr(scaled[:, kept])
    inverse = np.linalg.inv(r) / size[kept, None]
    back = np.zeros((x.shape[1], kept.size))
    back[kept] = inverse
    return Basis(q, back, lost, (inverse @ q.T @ x[:, list(lost)]).T)


def _is_independent(scaled: Array) -> bool:
    if scaled.shape[0] < scaled.shape[1]:
        return False
    return bool(np.all(np.abs(np.diag(np.linalg.qr(scaled, mode="r"))) >= _FULL_RANK))


def _find_dependent(scaled: Array) -> tuple[int, ...]:
    """Return the columns that depend on those before them, by Gram-Schmidt done twice."""
    basis = np.zeros((scaled.shape[0], 0))
    lost = []
    for i, column in enumerate(scaled.T):
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)
        length = float(np.linalg.norm(rest))
        if length < _FULL_RANK or basis.shape[1] == scaled.shape[0]:
            lost.append(i)
        else:
            basis = np.column_stack([basis, rest / length])
    return tuple(lost)
