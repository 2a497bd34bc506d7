r"""Means of the doses with their covariance: all that contrasts and models see of the data.

* ``dose_means``: responses of subjects with normal errors of one variance. With factors or covariates the
  means are adjusted (at the average subject); the estimates have covariance ``s^2 V`` with known ``V`` and
  ``s^2`` on the residual degrees of freedom, so that what follows from them is exact at any sample size.
* ``given_means``: any estimates with a covariance, such as log odds or means of a repeated-measures model
  (Pinheiro, Bornkamp, Glimm and Bretz, Stat Med 2014;33:1646). With infinite degrees of freedom the
  covariance counts as known, which it is not in a small trial.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.mcp_mod.shapes import DoseRange

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["DoseMeans", "dose_means", "given_means"]

_RANK = 1e-10
_NO_RESIDUAL = 1e-12


@dataclass(frozen=True, eq=False)
class DoseMeans:
    """Estimates by dose, in order of dose.

    Parameters
    ----------
    doses, estimates
        Different doses, ascending, and their estimates.
    unscaled, variance
        The covariance is ``variance x unscaled``; ``variance`` is None where it cannot be estimated.
    df
        Degrees of freedom of ``variance``; infinite where the covariance counts as known.
    n, others
        Subjects (None where unknown) and parameters beside the dose means.
    note
        Why something is missing; empty otherwise.
    """

    doses: Array
    estimates: Array
    unscaled: Array
    variance: float | None
    df: float
    n: int | None
    others: int = 0
    note: str = ""

    @property
    def pure_error(self) -> float:
        """Sum of squares within doses, ``variance x df``; 0 where the covariance counts as known."""
        return 0.0 if math.isinf(self.df) or self.variance is None else self.variance * self.df

    @property
    def exact(self) -> bool:
        """Whether t statistics have their stated distribution at any sample size (normal errors)."""
        return self.n is not None

    def range(self, *, offset: float | None = None, scale: float | None = None) -> DoseRange:
        """Return what shapes need to know of the doses."""
        return DoseRange.of(self.doses, offset=offset, scale=scale)


def dose_means(
    doses: "ArrayLike",
    responses: "ArrayLike",
    *,
    covariates: "Mapping[str, ArrayLike] | None" = None,
    factors: Mapping[str, Sequence[object]] | None = None,
) -> DoseMeans:
    """Estimate the mean of each dose, adjusted for covariates and factors where given.

    Parameters
    ----------
    doses, responses
        Dose and response of each subject.
    covariates, factors
        Name and value (level) of each subject.

    Raises
    ------
    UsageError
        If lengths differ, a value is missing, there are fewer than two doses, or doses and covariates cannot
        be told apart.

    >>> means = dose_means([0, 0, 300, 300, 600, 600], [1, 3, 2, 4, 5, 7])
    >>> means.estimates.tolist(), means.variance, means.df
    ([2.0, 3.0, 6.0], 2.0, 3.0)
    """
    y = _numbers(responses, "Responses", None)
    at = _numbers(doses, "Doses", y.size)
    levels = _check_doses(np.unique(at))
    design = [(at[:, None] == levels).astype(float)]
    for name, values in (covariates or {}).items():
        column = _numbers(values, f"Covariate {name}", y.size)
        design.append((column - column.mean())[:, None])
    for name, labels in (factors or {}).items():
        if len(labels) != y.size:
            raise UsageError(f"Factor {name}: found {len(labels)} values; expected {y.size}.")
        distinct = list(dict.fromkeys(labels))[1:]
        dummies = np.array([[label == other for other in distinct] for label in labels], dtype=float)
        dummies = dummies.reshape(y.size, len(distinct))
        design.append(dummies - dummies.mean(axis=0))
    x = np.hstack(design)
    x = x[:, np.linalg.norm(x, axis=0) > _RANK]  # a covariate that is the same for all says nothing
    size = np.linalg.norm(x, axis=0)
    if np.linalg.matrix_rank(x / size, tol=_RANK * math.sqrt(y.size)) < x.shape[1]:
        raise UsageError("Dose means: doses, covariates and factors of these subjects are not separable.")
    inverse = np.linalg.inv((x / size).T @ (x / size)) / np.outer(size, size)
    coefficients = inverse @ (x.T @ y)
    residual = y - x @ coefficients
    df, k = y.size - x.shape[1], levels.size
    squares = float(residual @ residual)
    if df == 0:
        variance, note = None, "no degrees of freedom are left for the variance within doses"
    elif math.sqrt(squares / df) <= _NO_RESIDUAL * float(np.abs(y).max()):
        variance, note = None, "no variation within doses; check for copied values"
    else:
        variance, note = squares / df, ""
    return DoseMeans(
        levels, coefficients[:k], inverse[:k, :k], variance, float(df), y.size, x.shape[1] - k, note
    )


def given_means(
    doses: "ArrayLike", estimates: "ArrayLike", covariance: "ArrayLike", *, df: float = math.inf
) -> DoseMeans:
    """Take estimates by dose with their covariance from any model.

    Parameters
    ----------
    doses, estimates
        One estimate for each of the different doses.
    covariance
        Covariance matrix of the estimates (or their variances, if independent).
    df
        Degrees of freedom of the covariance as a whole; infinite if it counts as known.

    Raises
    ------
    UsageError
        If the sizes differ, a dose occurs twice, or the covariance is singular or not one.
    """
    at = _numbers(doses, "Doses", None)
    order = np.argsort(at)
    _check_doses(at[order])
    values = _numbers(estimates, "Estimates by dose", at.size)
    matrix = np.asarray(covariance, dtype=float)
    if matrix.ndim == 1:
        matrix = np.diag(matrix)
    if matrix.shape != (at.size, at.size) or not np.all(np.isfinite(matrix)):
        raise UsageError(
            f"Covariance of the estimates by dose: found shape {matrix.shape} or a missing value; expected "
            f"{at.size} x {at.size} numbers."
        )
    scale = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    whole = bool(np.all(scale > 0.0)) and np.allclose(matrix, matrix.T, rtol=1e-8, atol=0.0)
    if not whole or np.linalg.eigvalsh(matrix / np.outer(scale, scale))[0] < _RANK:
        raise UsageError(
            "Covariance of the estimates by dose: found a singular or asymmetric one; expected one in which "
            "every contrast of the doses varies. Leave out doses without information."
        )
    if not df > 0.0:
        raise UsageError(f"Degrees of freedom: found {df}; expected more than 0, or infinity.")
    matrix = (matrix + matrix.T)[np.ix_(order, order)] / 2.0
    return DoseMeans(at[order], values[order], matrix, 1.0, float(df), None)


def _check_doses(levels: Array) -> Array:
    if levels.size < 2 or np.any(np.diff(levels) == 0.0):
        raise UsageError(
            f"Doses: found {', '.join(f'{dose:g}' for dose in levels)}; expected at least two different "
            "doses, each once."
        )
    DoseRange.of(levels)
    return levels


def _numbers(values: "ArrayLike", what: str, size: int | None) -> Array:
    numbers = np.asarray(values, dtype=float)
    if (
        numbers.ndim != 1
        or numbers.size == 0
        or (size is not None and numbers.size != size)
        or not np.all(np.isfinite(numbers))
    ):
        raise UsageError(
            f"{what}: found {numbers.size} values, or one missing or infinite; expected "
            f"{'numbers' if size is None else f'{size} numbers'}."
        )
    return numbers
