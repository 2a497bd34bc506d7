r"""Conditional means of missing values under missing at random and under reference-based strategies.

A subject of an arm with mean ``m`` and covariance ``T`` (both at its covariates), reference arm ``r`` and
``R``, has before an event the mean ``m``. From the event on, with ``l`` the last visit before it, the mean is

* ``MAR`` ``m_k``, ``JR`` ``r_k``, ``CIR`` ``m_l + r_k - r_l``, ``LMCF`` ``m_l``;
* ``CR``: ``r`` at all visits, those before the event included.

The covariance is ``T`` for MAR and LMCF, ``R`` for CR. For JR and CIR visits before the event (1) have
``T_11``, and those after it (2) regress on them as in the reference: with ``B = R_21 R_11^-1``,
``S_21 = B T_11`` and ``S_22 = R_22 - B R_12 + B T_11 B'``. Where the arms share one covariance, this is it.

What is imputed is the conditional mean of the values missing (M) given all that were seen (O),
``mu_M + S_MO S_OO^-1 (y_O - mu_O)``: one value, no random draw.

With no visit before the event CIR is JR, as both arms start alike by randomisation, and LMCF is not defined.

Source: Carpenter, Roger and Kenward, J Biopharm Stat 2013;23:1352 (strategies); Wolbers et al., Pharm Stat
2022;21:1246 (conditional means).
"""

import numpy as np
import numpy.typing as npt

from mitograft.statistics.counts import Array
from mitograft.statistics.reference_imputation_data import TrialOutcome
from mitograft.statistics.reference_imputation_model import ImputationModels

__all__ = ["combine_covariances", "combine_means", "complete_outcomes"]


def complete_outcomes(trial: TrialOutcome, models: ImputationModels) -> Array:
    """Return outcomes with missing values imputed by each model, sample x subject x visit; NaN if unknown."""
    completed = np.repeat(trial.outcome[None], models.means.shape[0], axis=0)
    missing = trial.missing
    cases: dict[tuple[int, str, int, bytes], list[int]] = {}
    for i in np.flatnonzero(missing.any(axis=1)).tolist():
        case = int(trial.arm[i]), str(trial.strategy[i]), int(trial.event[i]), missing[i].tobytes()
        cases.setdefault(case, []).append(i)
    for (arm, strategy, event, _), members in cases.items():
        who = np.array(members, dtype=np.intp)
        own, ref = (models.predict(place, trial.covariates, who) for place in (arm, 0))
        mean = combine_means(own, ref, strategy, event)
        t, r = models.covariance[:, arm], models.covariance[:, 0]
        sigma = combine_covariances(t, r, strategy, event)
        gone = missing[who[0]]
        values = _condition(trial.outcome[who], mean, sigma, gone)
        completed[:, who[:, None], np.flatnonzero(gone)] = values
    return completed


def combine_means(own: Array, reference: Array, strategy: str, event: int) -> Array:
    """Return the mean under a strategy; the last axis is visits.

    >>> combine_means(np.array([1.0, 2.0, 3.0]), np.array([0.0, 5.0, 9.0]), "CIR", 2).tolist()
    [1.0, 2.0, 6.0]
    """
    if event >= own.shape[-1] or strategy == "MAR":
        return own
    if strategy == "CR":
        return reference
    mean = own.copy()
    if strategy == "JR" or (strategy == "CIR" and event == 0):
        mean[..., event:] = reference[..., event:]
    elif event == 0:
        mean[...] = np.nan
    elif strategy == "CIR":
        steps = reference[..., event:] - reference[..., event - 1 : event]
        mean[..., event:] = own[..., event - 1 : event] + steps
    else:
        mean[..., event:] = own[..., event - 1 : event]
    return mean


def combine_covariances(own: Array, reference: Array, strategy: str, event: int) -> Array:
    """Return the covariance under a strategy; the last two axes are visits."""
    if event >= own.shape[-1] or strategy in {"MAR", "LMCF"}:
        return own
    if strategy == "CR" or event == 0 or np.array_equal(own, reference, equal_nan=True):
        return reference
    first, then = slice(0, event), slice(event, None)
    t11 = own[..., first, first]
    b = _solve(reference[..., first, first], reference[..., first, then]).swapaxes(-1, -2)
    sigma = own.copy()
    sigma[..., then, first] = b @ t11
    sigma[..., first, then] = sigma[..., then, first].swapaxes(-1, -2)
    within = reference[..., then, then] - b @ reference[..., first, then]
    sigma[..., then, then] = within + b @ t11 @ b.swapaxes(-1, -2)
    return sigma


def _condition(y: Array, mean: Array, sigma: Array, missing: npt.NDArray[np.bool_]) -> Array:
    """Return conditional means of the missing visits, sample x subject x visit missing."""
    seen, gone = np.flatnonzero(~missing), np.flatnonzero(missing)
    if not seen.size:
        return mean
    slope = _solve(sigma[:, seen[:, None], seen], sigma[:, seen[:, None], gone])
    found: Array = mean[..., gone] + (y[:, seen] - mean[..., seen]) @ slope
    return found


def _solve(a: Array, b: Array) -> Array:
    """Solve stacked equations; NaN where a matrix is not known."""
    known = np.all(np.isfinite(a), axis=(-2, -1))
    filled = np.where(known[..., None, None], a, np.eye(a.shape[-1]))
    found: Array = np.where(known[..., None, None], np.linalg.solve(filled, b), np.nan)
    return found
