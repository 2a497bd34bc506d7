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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.mmrm_covariance import FALLBACK_CHAIN, choose_structure
from mitograft.statistics.mmrm_data import Basis, Measurements, check_measurements, orthonormalise
from mitograft.statistics.mmrm_fit import MmrmFit
from mitograft.statistics.mmrm_likelihood import RestrictedLikelihood
from mitograft.statistics.mmrm_patterns import group_patterns
from mitograft.statistics.mmrm_search import Maximum, maximise_restricted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Attempt", "MmrmResult", "fit_mmrm"]

_NO_RESIDUAL = 1e-10


@dataclass(frozen=True, slots=True)
class Attempt:
    """One covariance structure that was tried; ``reason`` says why it was not used, empty where it was."""

    structure: str
    reason: str


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
