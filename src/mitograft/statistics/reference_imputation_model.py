r"""Imputation models of a trial: one of all subjects, and one without each subject in turn.

The outcome of subject ``i`` in arm ``a`` at visit ``k`` has mean ``m_ak + x_i' c_k``, with a mean of its own
for each arm at each visit and slopes of the covariates of their own at each visit. The visits of a subject
share one covariance, the same in all arms or one for each arm (then the slopes are by arm too: R rbmi, unlike
this, shares them). Fitted by REML (``mmrm.py``); the structure of the covariance is that of the model of all
subjects. Fits without one subject start from that of all and are done at once where they can be
(``reference_imputation_refit.py``): the same numbers, sooner.

A mean that the data do not determine is NaN: an arm without data at a visit, or a covariate that all those
seen there share.

Source: Wolbers et al., Pharm Stat 2022;21:1246.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.statistics.counts import Array
from mitograft.statistics.mmrm import fit_mmrm
from mitograft.statistics.mmrm_covariance import FALLBACK_CHAIN
from mitograft.statistics.reference_imputation_data import TrialOutcome
from mitograft.statistics.reference_imputation_refit import refit_without_each

__all__ = ["ImputationModels", "fit_imputation_models"]

_FOLLOWS = 1e-7


@dataclass(frozen=True, eq=False)
class ImputationModels:
    """Models of samples: the first of all subjects, the others without subject 0, 1, ...

    Parameters
    ----------
    means
        Mean of each arm, sample x arm x visit, at covariates of 0.
    slopes
        Sample x arm x visit x covariate.
    covariance
        Sample x arm x visit x visit.
    known
        Whether the mean of subjects is determined, sample x arm x subject x visit.
    structures
        Covariance structure of the models of all subjects.
    reason
        Why the first structure was not used, or why there is no model; empty otherwise.
    """

    means: Array
    slopes: Array
    covariance: Array
    known: npt.NDArray[np.bool_]
    structures: tuple[str, ...]
    reason: str

    def predict(self, arm: int, covariates: Array, subjects: npt.NDArray[np.intp]) -> Array:
        """Return means of subjects as if in an arm, sample x subject x visit; NaN if not determined."""
        rows = covariates[subjects]
        values = self.means[:, arm, None, :] + np.einsum("skp,ip->sik", self.slopes[:, arm], rows)
        return np.where(self.known[:, arm, subjects], values, np.nan)


@dataclass(frozen=True, eq=False)
class _Fit:
    """One fitted model: means and slopes arm x visit (x covariate), covariance, structure or reason."""

    means: Array
    slopes: Array
    covariance: Array
    known: npt.NDArray[np.bool_]
    structure: str
    reason: str


def fit_imputation_models(
    trial: TrialOutcome,
    *,
    common_covariance: bool = True,
    structures: str | Sequence[str] = FALLBACK_CHAIN,
) -> ImputationModels:
    """Fit the imputation model of all subjects and those that leave out one subject each.

    Parameters
    ----------
    trial
        The data.
    common_covariance
        Whether all arms share one covariance, or each has its own.
    structures
        Covariance structures in the order to try for the model of all subjects.

    Raises
    ------
    UsageError
        If a structure is unknown.
    """
    n, k = trial.outcome.shape
    n_arms, p = len(trial.arms), trial.covariates.shape[1]
    means, slopes = np.full((n + 1, n_arms, k), np.nan), np.full((n + 1, n_arms, k, p), np.nan)
    covariance = np.full((n + 1, n_arms, k, k), np.nan)
    known = np.zeros((n + 1, n_arms, n, k), dtype=bool)
    groups = [tuple(range(n_arms))] if common_covariance else [(arm,) for arm in range(n_arms)]
    names, reasons = [], []
    for group in groups:
        base = _fit_group(trial, group, None, structures)
        names.append(base.structure)
        reasons.append(base.reason)
        for sample, fit in enumerate([base, *_leave_each_out(trial, group, base)]):
            place = list(group)
            means[sample, place], slopes[sample, place] = fit.means, fit.slopes
            covariance[sample, place], known[sample, place] = fit.covariance, fit.known
    reason = "; ".join(dict.fromkeys(entry for entry in reasons if entry))
    return ImputationModels(means, slopes, covariance, known, tuple(names), reason)


def _leave_each_out(trial: TrialOutcome, group: tuple[int, ...], base: _Fit) -> list[_Fit]:
    """Return the models without subject 0, 1, ...; the same where the subject was not in it."""
    fits = [base] * trial.arm.size
    used = np.isin(trial.arm, group) & ~np.all(np.isnan(trial.modelled), axis=1)
    if not base.structure:
        return fits
    todo = set(np.flatnonzero(used).tolist())
    if base.structure == "unstructured" and np.all(base.known):
        rows = _build_rows(trial, group)[used]
        refits = refit_without_each(rows, trial.modelled[used], base.covariance)
        for i, place in enumerate(np.flatnonzero(used).tolist()):
            if refits.trusted[i]:
                fits[place] = _unpack(base, refits.coefficients[i], refits.covariance[i])
                todo.remove(place)
    for place in todo:
        fits[place] = _fit_group(trial, group, place, base.structure)
    return fits


def _unpack(base: _Fit, coefficients: Array, covariance: Array) -> _Fit:
    size = len(base.means)
    slopes = np.repeat(coefficients[None, :, size:], size, axis=0)
    return _Fit(coefficients[:, :size].T, slopes, covariance, base.known, base.structure, "")


def _build_rows(trial: TrialOutcome, group: tuple[int, ...]) -> Array:
    """Return the columns of the design that all visits share: arms, then covariates."""
    return np.column_stack([*(trial.arm == arm for arm in group), trial.covariates]).astype(float)


def _fit_group(
    trial: TrialOutcome, group: tuple[int, ...], without: int | None, structures: str | Sequence[str]
) -> _Fit:
    """Fit the model of some arms."""
    y, n_visits = trial.modelled, trial.outcome.shape[1]
    kept = np.isin(trial.arm, group)
    if without is not None:
        kept[without] = False
    rows = np.column_stack([*(trial.arm == arm for arm in group), trial.covariates]).astype(float)
    subject, visit = np.nonzero(~np.isnan(y) & kept[:, None])
    design = np.zeros((subject.size, n_visits, rows.shape[1]))
    design[np.arange(subject.size), visit] = rows[subject]
    if not subject.size:
        return _give_up(trial, len(group), f"no outcome of {[trial.arms[arm] for arm in group]} to model")
    flat = design.reshape(subject.size, -1)
    result = fit_mmrm(y[subject, visit], subject, visit, flat, structures=structures, dependent="drop")
    fit, size = result.fit, len(group)
    if fit is None:
        return _give_up(trial, size, result.reason)
    covariance = np.full((n_visits, n_visits), np.nan)
    place = np.array(fit.visits, dtype=np.intp)
    covariance[np.ix_(place, place)] = fit.covariance
    found = fit.estimate.reshape(n_visits, -1)
    slopes = np.repeat(found[None, :, size:], size, axis=0)
    known = np.ones((size, len(y), n_visits), dtype=bool)
    if fit.dropped:
        known = _find_known(rows, design, visit, (size, trial.covariates))
    return _Fit(found[:, :size].T, slopes, covariance, known, fit.structure, result.reason)


def _give_up(trial: TrialOutcome, size: int, reason: str) -> _Fit:
    (n, k), p = trial.outcome.shape, trial.covariates.shape[1]
    blank, slopes = np.full((size, k), np.nan), np.full((size, k, p), np.nan)
    return _Fit(blank, slopes, np.full((k, k), np.nan), np.zeros((size, n, k), dtype=bool), "", reason)


def _find_known(
    rows: Array, design: Array, visit: npt.NDArray[np.intp], wanted: tuple[int, Array]
) -> npt.NDArray[np.bool_]:
    """Return whether the mean of each subject in each arm is a combination of the means seen at a visit."""
    size, covariates = wanted
    n, n_visits = len(rows), design.shape[1]
    known = np.zeros((size, n, n_visits), dtype=bool)
    for k in range(n_visits):
        seen = design[visit == k, k]
        if not len(seen):
            continue
        lengths = np.linalg.norm(seen, axis=0)
        lengths[lengths == 0.0] = 1.0
        scaled = seen / lengths
        onto = np.linalg.pinv(scaled, rcond=1e-10) @ scaled
        for arm in range(size):
            ones = np.zeros((n, size))
            ones[:, arm] = 1.0
            weights = np.hstack([ones, covariates]) / lengths
            off = np.abs(weights - weights @ onto).max(axis=1)
            known[arm, :, k] = off <= _FOLLOWS * np.abs(weights).max(axis=1)
    return known
