r"""A model for repeated measurements (MMRM) of a continuous outcome, by REML, from plain arrays.

Subjects are independent; the measurements of one subject are multivariate normal with mean ``X_i b`` and the
rows and columns of one covariance matrix ``Sigma`` that belong to the visits seen. Visits that are missing
at random, given what was seen, do not bias the estimates; no value is imputed.

* Covariance: ``mmrm_covariance.py``. The structures are tried in order, unless said otherwise unstructured,
  Toeplitz, AR(1), compound symmetry, until one converges; every attempt is reported with its reason.
* Contrasts: t test on Satterthwaite degrees of freedom from the observed information (as SAS PROC MIXED and
  R mmrm have it), or with the standard error of Kenward and Roger as well (``mmrm_kenward_roger.py``); joint
  F tests of several contrasts (``mmrm_inference.py``).
* Least-squares means and tests of terms: ``mmrm_design.py``.

All intervals and tests are approximate. With a handful of subjects and an unstructured covariance those of
Satterthwaite's method are too narrow; Kenward and Roger's are meant for this.

Sources: Laird and Ware, Biometrics 1982;38:963; Mallinckrodt et al., Drug Inf J 2008;42:303.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.mixed import Contrast
from mitograft.statistics.mmrm_covariance import FALLBACK_CHAIN, choose_structure
from mitograft.statistics.mmrm_data import Basis, Measurements, check_measurements, orthonormalise
from mitograft.statistics.mmrm_inference import (
    METHODS,
    Method,
    MmrmTest,
    Uncertainty,
    describe_method,
    reduce_rank,
)
from mitograft.statistics.mmrm_kenward_roger import adjust_kenward_roger
from mitograft.statistics.mmrm_likelihood import RestrictedLikelihood, Solution
from mitograft.statistics.mmrm_patterns import group_patterns
from mitograft.statistics.mmrm_search import Maximum, maximise_restricted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Attempt", "MmrmFit", "MmrmResult", "fit_mmrm"]

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
        Coefficients in the order of the columns of the design, with standard errors that take
        ``covariance`` as known; 0 and NaN for columns left out.
    coefficients_covariance
        Covariance of the coefficients that takes ``covariance`` as known.
    minus_two_log_likelihood
        ``-2 l`` at the maximum with all constants, as SAS prints it.
    n, n_subjects
        Measurements and subjects used.
    n_given
        Subjects given, those without any measurement included.
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
    n_given: int
    _likelihood: RestrictedLikelihood = field(repr=False)
    _maximum: Maximum = field(repr=False)
    _solution: Solution = field(repr=False)
    _basis: Basis = field(repr=False)
    _scale: float = field(repr=False)

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
        """Schwarz's criterion with the number of subjects given, as SAS has it."""
        return self.minus_two_log_likelihood + self.n_parameters * math.log(self.n_given)

    @property
    def dropped(self) -> tuple[int, ...]:
        """Columns of the design that were left out because they depend on those before them."""
        return self._basis.dropped

    def is_determined(self, weights: "ArrayLike") -> bool:
        """Whether the data determine a contrast: always, unless columns of the design were left out."""
        return self._basis.is_determined(self._check_weights(weights))

    def contrast(
        self, weights: "ArrayLike", *, method: Method = "satterthwaite", level: float = 0.95
    ) -> Contrast:
        """Return a contrast of the coefficients with t test against 0 and interval.

        Parameters
        ----------
        weights
            One weight for each column of the design.
        method
            ``satterthwaite``, ``kenward-roger`` (SAS: DDFM=KR) or ``kenward-roger-linear`` (without second
            derivatives of the covariance). Degrees of freedom are the same for all three.
        level
            Level of the interval.

        Raises
        ------
        UsageError
            If the weights do not fit the design or are all 0, the data do not determine the contrast, or the
            method is unknown.
        """
        from scipy.special import stdtr, stdtrit

        check_level(level)
        found = self._check_weights(weights)
        if not np.any(found):
            raise UsageError("Contrast: found weights that are all 0; expected at least one that is not.")
        along = self._turn(found[None])[0]
        estimate = float(found @ self.estimate)
        df = self._uncertainty.count_df(along)
        se = math.sqrt(float(along @ self._spread(method) @ along))
        half = se * float(stdtrit(df, 0.5 + level / 2.0))
        t = estimate / se
        p = 2.0 * float(stdtr(df, -abs(t)))
        return Contrast(estimate, se, df, t, p, estimate - half, estimate + half, level)

    def test(self, weights: "ArrayLike", *, term: str = "", method: Method = "satterthwaite") -> MmrmTest:
        """Test jointly that several contrasts are 0; for a single one this is its t test, squared.

        Parameters
        ----------
        weights
            One row for each contrast, one column for each column of the design. Rows that follow from the
            others are not counted.
        term
            Name of what is tested.
        method
            As for ``contrast``.

        Raises
        ------
        UsageError
            As for ``contrast``.
        """
        from scipy.special import fdtrc

        rows = np.atleast_2d(np.asarray(weights, dtype=float))
        rows = np.array([self._check_weights(row) for row in rows])
        if not np.any(rows):
            raise UsageError("Contrasts: found weights that are all 0; expected at least one that is not.")
        rows = reduce_rank(rows)
        along, value, q = self._turn(rows), rows @ self.estimate, len(rows)
        f = float(value @ np.linalg.solve(along @ self._spread(method) @ along.T, value)) / q
        scale = 1.0
        if q == 1:
            df = self._uncertainty.count_df(along[0])
        elif method == "satterthwaite":
            df = self._uncertainty.pool_df(along)
        else:
            scale, df = self._uncertainty.match_moments(along)
        if math.isnan(df):
            reason = "the data are too few for denominator degrees of freedom"
            return MmrmTest(term, None, q, None, None, 1.0, describe_method(method), reason=reason)
        p = float(fdtrc(q, df, scale * f))
        return MmrmTest(term, scale * f, q, df, p, scale, describe_method(method))

    def _check_weights(self, weights: "ArrayLike") -> Array:
        found = np.asarray(weights, dtype=float)
        if found.shape != self.estimate.shape or not np.all(np.isfinite(found)):
            raise UsageError(
                f"Contrast: found weights {found.tolist()}; expected {self.estimate.size} finite numbers."
            )
        return found

    def _turn(self, rows: Array) -> Array:
        """Return contrasts of the orthonormal coefficients in units of the data."""
        if not all(self._basis.is_determined(row) for row in rows):
            raise UsageError(
                f"Contrast: found one that the data do not determine, as columns {list(self.dropped)} of the "
                "design were left out; expected a contrast that the columns kept determine."
            )
        turned: Array = self._scale * rows @ self._basis.back
        return turned

    @cached_property
    def _uncertainty(self) -> Uncertainty:
        likelihood, theta = self._likelihood, self._maximum.theta
        slopes = likelihood.slopes(self._solution, likelihood.structure.differentiate(theta))
        w = np.asarray(2.0 * np.linalg.inv(self._maximum.hessian), dtype=float)
        return Uncertainty(self._solution.c, slopes[:, : likelihood.p, : likelihood.p], w)

    def _spread(self, method: Method) -> Array:
        """Return the covariance of the orthonormal coefficients that a method uses."""
        if method == "satterthwaite":
            return self._solution.c
        if method not in METHODS:
            raise UsageError(f"Contrast: found method {method!r}; expected one of {', '.join(METHODS)}.")
        return self._adjusted[method != "kenward-roger"]

    @cached_property
    def _adjusted(self) -> tuple[Array, Array]:
        arguments = self._likelihood, self._maximum.theta, self._uncertainty.w, self._solution
        full, linear = (adjust_kenward_roger(*arguments, linear=linear) for linear in (False, True))
        return full, linear


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
    dependent: Literal["refuse", "drop"] = "refuse",
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
    dependent
        What becomes of columns that depend on those before them: refused, or left out. With ``drop``, as
        many independent columns as measurements are an outcome without a fit, not an error.

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
    data = check_measurements(response, subject, visit, design)
    chosen = [choose_structure(name, data.visits.size) for name in names]
    few = f"{data.y.size} measurements for {data.x.shape[1]} columns of the design"
    if dependent == "refuse" and (data.x.shape[1] == 0 or data.y.size <= data.x.shape[1]):
        raise UsageError(f"MMRM: found {few}; expected more.")
    basis = orthonormalise(data.x, refuse=dependent == "refuse")
    start, p = basis.q.T @ data.y, basis.q.shape[1]
    if data.y.size <= p or p == 0:
        return _give_up(names, f"too few data: {few}", data)
    rest = data.y - basis.q @ start
    scale = math.sqrt(float(rest @ rest) / (data.y.size - p))
    if scale <= _NO_RESIDUAL * float(np.max(np.abs(data.y))):
        return _give_up(names, "the fixed effects leave no residual", data)
    z = np.column_stack([basis.q, rest / scale])
    patterns = group_patterns(data.person, data.place, z, data.visits.size)
    attempts: list[Attempt] = []
    for structure in chosen:
        likelihood = RestrictedLikelihood(patterns, structure, p)
        maximum = maximise_restricted(likelihood)
        attempts.append(Attempt(structure.name, maximum.reason))
        if not maximum.reason:
            fit = _describe(likelihood, maximum, (basis, start, scale), data)
            return MmrmResult(fit, tuple(attempts), data.n_missing)
    return MmrmResult(None, tuple(attempts), data.n_missing)


def _give_up(names: Sequence[str], reason: str, data: Measurements) -> MmrmResult:
    return MmrmResult(None, tuple(Attempt(name, reason) for name in names), data.n_missing)


def _describe(
    likelihood: RestrictedLikelihood,
    maximum: Maximum,
    units: tuple[Basis, Array, float],
    data: Measurements,
) -> MmrmFit:
    """Bring a fit back to the units of the data."""
    basis, start, scale = units
    solution = likelihood.solve(maximum.theta)
    covariance = scale**2 * basis.back @ solution.c @ basis.back.T
    se = np.sqrt(np.diag(covariance))
    se[list(basis.dropped)] = math.nan
    kept = np.delete(basis.back, basis.dropped, axis=0)
    free = data.y.size - likelihood.p
    constant = free * math.log(2.0 * math.pi * scale**2) - 2.0 * float(np.linalg.slogdet(kept)[1])
    return MmrmFit(
        likelihood.structure.name,
        tuple(data.visits.tolist()),
        scale**2 * likelihood.structure.build(maximum.theta),
        basis.back @ (start + scale * solution.b),
        se,
        covariance,
        maximum.value + constant,
        data.y.size,
        int(np.unique(data.person).size),
        data.n_given,
        likelihood,
        maximum,
        solution,
        basis,
        scale,
    )
