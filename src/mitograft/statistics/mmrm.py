r"""A model for repeated measurements (MMRM) of a continuous outcome, by REML, from plain arrays.

Subjects are independent; the measurements of one subject are multivariate normal with mean ``X_i b`` and the
rows and columns of one covariance matrix ``Sigma`` that belong to the visits seen. Visits that are missing
at random, given what was seen, do not bias the estimates; no value is imputed.

* Covariance: ``mmrm_covariance.py``. The structures are tried in order, unless said otherwise unstructured,
  Toeplitz, AR(1), compound symmetry, until one converges; every attempt is reported with its reason.
* Contrasts: t test on Satterthwaite degrees of freedom, ``2 (l'Cl)^2 / (g' A g)`` with ``A`` twice the
  inverse Hessian of ``-2 l`` (as SAS and R mmrm do), or with the standard
  error of Kenward and Roger as well (``mmrm_kenward_roger.py``).
* Least-squares means: ``mmrm_design.py``.

The intervals of Satterthwaite's method are approximate: with a handful of subjects and an unstructured
covariance they are too narrow; Kenward and Roger's are meant for this.

Sources: Laird and Ware, Biometrics 1982;38:963; Mallinckrodt et al., Drug Inf J 2008;42:303; Fai and
Cornelius, J Stat Comput Simul 1996;54:363 (Satterthwaite).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.mixed import Contrast
from mitograft.statistics.mmrm_covariance import FALLBACK_CHAIN, choose_structure
from mitograft.statistics.mmrm_kenward_roger import adjust_kenward_roger
from mitograft.statistics.mmrm_likelihood import (
    Maximum,
    RestrictedLikelihood,
    group_patterns,
    maximise_restricted,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Attempt", "MmrmFit", "MmrmResult", "fit_mmrm"]

Method = Literal["satterthwaite", "kenward-roger"]

_FULL_RANK = 1e-9
_NO_RESIDUAL = 1e-10


@dataclass(frozen=True, slots=True)
class Attempt:
    """One covariance structure that was tried; ``reason`` says why it was not used, empty where it was."""

    structure: str
    reason: str


@dataclass(frozen=True, eq=False)
class MmrmFit:
    """A fitted model for repeated measurements.

    Parameters
    ----------
    structure
        Covariance structure used.
    visits
        Visits with data, in order; rows and columns of ``covariance``.
    covariance
        Covariance of the measurements of one subject.
    estimate, se
        Coefficients in the order of the columns of the design.
    coefficients_covariance
        Covariance of the coefficients that takes ``covariance`` as known.
    minus_two_log_likelihood
        ``-2 l`` at the maximum with all constants, as SAS prints it.
    n, n_subjects
        Measurements and subjects used.
    """

    structure: str
    visits: tuple[Any, ...]
    covariance: Array
    estimate: Array
    se: Array
    coefficients_covariance: Array
    minus_two_log_likelihood: float
    n: int
    n_subjects: int
    _likelihood: RestrictedLikelihood = field(repr=False)
    _maximum: Maximum = field(repr=False)
    _back: Array = field(repr=False)

    @property
    def n_parameters(self) -> int:
        """Number of covariance parameters."""
        return self._likelihood.structure.n_parameters

    @property
    def aic(self) -> float:
        """Akaike's criterion, counting the covariance parameters only, as for REML."""
        return self.minus_two_log_likelihood + 2.0 * self.n_parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion with the number of subjects, as SAS has it."""
        return self.minus_two_log_likelihood + self.n_parameters * math.log(self.n_subjects)

    def contrast(
        self, weights: "ArrayLike", *, method: Method = "satterthwaite", level: float = 0.95
    ) -> Contrast:
        """Return a contrast of the coefficients with t test against 0 and interval.

        Parameters
        ----------
        weights
            One weight for each column of the design.
        method
            ``satterthwaite`` or ``kenward-roger``.
        level
            Level of the interval.

        Raises
        ------
        UsageError
            If the weights do not fit the design or are all 0, or the method is unknown.
        """
        from scipy.special import stdtr, stdtrit

        check_level(level)
        along = self._check_weights(weights)
        estimate = float(np.asarray(weights, dtype=float) @ self.estimate)
        variance, df = self._spread(along, method)
        se = math.sqrt(variance)
        half = se * float(stdtrit(df, 0.5 + level / 2.0))
        t = estimate / se
        p = 2.0 * float(stdtr(df, -abs(t)))
        return Contrast(estimate, se, df, t, p, estimate - half, estimate + half, level)

    def _check_weights(self, weights: "ArrayLike") -> Array:
        found = np.asarray(weights, dtype=float)
        if found.shape != self.estimate.shape or not np.all(np.isfinite(found)) or not np.any(found):
            raise UsageError(
                f"Contrast: found weights {found.tolist()}; expected {self.estimate.size} numbers, not all 0."
            )
        along: Array = self._back.T @ found
        return along

    def _spread(self, along: Array, method: Method) -> tuple[float, float]:
        """Return the variance of a contrast of the orthonormal coefficients, and its degrees of freedom."""
        likelihood, theta = self._likelihood, self._maximum.theta
        solution = likelihood.solve(theta)
        variance = float(along @ solution.c @ along)
        slope = likelihood.differentiate_variance(theta, solution, along)
        hessian = self._maximum.hessian
        df = variance**2 / float(slope @ np.linalg.solve(hessian, slope))
        if method == "satterthwaite":
            return variance, df
        if method != "kenward-roger":
            raise UsageError(f"Contrast: found method {method!r}; expected satterthwaite or kenward-roger.")
        adjusted = adjust_kenward_roger(likelihood, theta, hessian, solution)
        return float(along @ adjusted @ along), df


@dataclass(frozen=True, eq=False)
class MmrmResult:
    """The outcome of fitting: a fit, or the reasons why there is none.

    Parameters
    ----------
    fit
        The fit; None where no structure converged.
    attempts
        Structures in the order tried.
    n_missing
        Measurements left out because the response was missing.
    """

    fit: MmrmFit | None
    attempts: tuple[Attempt, ...]
    n_missing: int = 0

    @property
    def reason(self) -> str:
        """Why the first structure was not used, or none was; empty where the first one was."""
        failed = [f"{attempt.structure}: {attempt.reason}" for attempt in self.attempts if attempt.reason]
        return "; ".join(failed)


def fit_mmrm(
    response: "ArrayLike",
    subject: Sequence[Any] | npt.NDArray[Any],
    visit: Sequence[Any] | npt.NDArray[Any],
    design: "ArrayLike",
    *,
    structures: str | Sequence[str] = FALLBACK_CHAIN,
) -> MmrmResult:
    """Fit a model for repeated measurements by REML.

    Parameters
    ----------
    response
        Measurements; those that are missing (NaN) are left out.
    subject, visit
        Whose measurement at which visit; visits are in the order of their values.
    design
        One row for each measurement; columns are the fixed effects.
    structures
        Covariance structures in the order to try; one name tries that one only.

    Raises
    ------
    UsageError
        If lengths differ, the design is not finite, has dependent columns or as many columns as
        measurements, a subject has two measurements at a visit, or a structure is unknown.

    >>> arm = np.repeat([0.0, 1.0], 3)
    >>> result = fit_mmrm([1, 2, 4, 5, 7, 9], range(6), [1] * 6, np.column_stack([np.ones(6), arm]))
    >>> f"{result.fit.contrast([0, 1]).estimate:.3f} on {result.fit.contrast([0, 1]).df:.2f} df"
    '4.667 on 4.00 df'
    """
    names = (structures,) if isinstance(structures, str) else tuple(structures)
    y, who, when, x = _check_data(response, subject, visit, design)
    seen = ~np.isnan(y)
    y, who, when, x = y[seen], who[seen], when[seen], x[seen]
    visits, place = np.unique(when, return_inverse=True)
    people, person = np.unique(who, return_inverse=True)
    _check_pairs(person * visits.size + place)
    back, q = _orthonormalise(x)
    start = q.T @ y
    rest = y - q @ start
    scale = math.sqrt(float(rest @ rest) / (y.size - x.shape[1]))
    attempts: list[Attempt] = []
    n_missing = int(np.sum(~seen))
    if scale <= _NO_RESIDUAL * float(np.max(np.abs(y))):
        reason = "the fixed effects leave no residual"
        return MmrmResult(None, tuple(Attempt(name, reason) for name in names), n_missing)
    patterns = group_patterns(person, place, np.column_stack([q, rest / scale]))
    for name in names:
        likelihood = RestrictedLikelihood(patterns, choose_structure(name, visits.size), x.shape[1])
        maximum = maximise_restricted(likelihood)
        attempts.append(Attempt(name, maximum.reason))
        if not maximum.reason:
            fit = _describe(likelihood, maximum, (scale, back, start), visits, (y.size, people.size))
            return MmrmResult(fit, tuple(attempts), n_missing)
    return MmrmResult(None, tuple(attempts), n_missing)


def _describe(
    likelihood: RestrictedLikelihood,
    maximum: Maximum,
    units: tuple[float, Array, Array],
    visits: "npt.NDArray[Any]",
    sizes: tuple[int, int],
) -> MmrmFit:
    """Bring a fit back to the units of the data."""
    scale, back, start = units
    solution = likelihood.solve(maximum.theta)
    covariance = scale**2 * back @ solution.c @ back.T
    free = sizes[0] - likelihood.p
    constant = free * math.log(2.0 * math.pi * scale**2) - 2.0 * float(np.linalg.slogdet(back)[1])
    return MmrmFit(
        likelihood.structure.name,
        tuple(visits.tolist()),
        scale**2 * likelihood.structure.build(maximum.theta),
        back @ (start + scale * solution.b),
        np.sqrt(np.diag(covariance)),
        covariance,
        maximum.value + constant,
        *sizes,
        likelihood,
        maximum,
        scale * back,
    )


def _orthonormalise(x: Array) -> tuple[Array, Array]:
    """Return ``B`` and ``Q = X B`` with orthonormal columns."""
    size = np.linalg.norm(x, axis=0)
    q, r = np.linalg.qr(x / np.where(size > 0.0, size, 1.0))
    lost = np.flatnonzero(np.abs(np.diag(r)) < _FULL_RANK)
    if lost.size:
        raise UsageError(
            f"Design: found columns that depend on those before them, or are 0: {lost.tolist()} (counted "
            "from 0); expected independent columns where the response is present."
        )
    return np.linalg.inv(r) / size[:, None], q


def _check_data(
    response: "ArrayLike", subject: Any, visit: Any, design: "ArrayLike"
) -> tuple[Array, "npt.NDArray[Any]", "npt.NDArray[Any]", Array]:
    y, x = np.asarray(response, dtype=float), np.asarray(design, dtype=float)
    who, when = np.asarray(subject), np.asarray(visit)
    if y.ndim != 1 or x.ndim != 2 or not y.shape == who.shape == when.shape == x.shape[:1]:
        raise UsageError(
            f"MMRM: found shapes {y.shape} of the response, {who.shape} of subject, {when.shape} of visit "
            f"and {x.shape} of the design; expected one entry and one row for each measurement."
        )
    if not np.all(np.isfinite(x)) or np.any(np.isinf(y)):
        raise UsageError("MMRM: found an infinite response or a design that is not finite; expected numbers.")
    seen = int(np.sum(~np.isnan(y)))
    if x.shape[1] == 0 or seen <= x.shape[1]:
        raise UsageError(
            f"MMRM: found {seen} measurements for {x.shape[1]} columns of the design; expected more."
        )
    return y, who, when, x


def _check_pairs(pairs: "npt.NDArray[Any]") -> None:
    if np.unique(pairs).size != pairs.size:
        raise UsageError("MMRM: found two measurements of one subject at one visit; expected one at most.")
