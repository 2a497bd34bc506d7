"""Analyses of visits and of times to response, each brought to the form ``(data, level) -> Answer``."""

import math
from functools import lru_cache
from typing import Literal

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.error_rates.designs import Answer, Times, Visits, answer
from mitograft.statistics.error_rates.tis_scores import load_error_rate_parameters
from mitograft.statistics.mmrm import MmrmResult, fit_mmrm
from mitograft.statistics.mmrm_covariance import FALLBACK_CHAIN
from mitograft.statistics.mmrm_design import VisitDesign, build_visit_design, compare_arms
from mitograft.statistics.reference_imputation import impute_reference
from mitograft.statistics.survival import kaplan_meier, log_rank

__all__ = [
    "jump_to_reference_of",
    "kaplan_meier_of",
    "log_rank_of",
    "mmrm_kenward_roger_of",
    "mmrm_satterthwaite_of",
    "mmrm_symmetric_kenward_roger_of",
    "mmrm_symmetric_of",
]

_SYMMETRIC = ("compound symmetry",)


def mmrm_satterthwaite_of(data: Visits, level: float) -> Answer:
    """Return the difference at the last visit, unstructured or fallback, Satterthwaite."""
    return _compare(data, FALLBACK_CHAIN, "satterthwaite", level)


def mmrm_kenward_roger_of(data: Visits, level: float) -> Answer:
    """Return the difference at the last visit, unstructured or fallback, Kenward-Roger."""
    return _compare(data, FALLBACK_CHAIN, "kenward-roger", level)


def mmrm_symmetric_of(data: Visits, level: float) -> Answer:
    """Return the difference at the last visit, compound symmetry, Satterthwaite."""
    return _compare(data, _SYMMETRIC, "satterthwaite", level)


def mmrm_symmetric_kenward_roger_of(data: Visits, level: float) -> Answer:
    """Return the difference at the last visit, compound symmetry, Kenward-Roger."""
    return _compare(data, _SYMMETRIC, "kenward-roger", level)


def jump_to_reference_of(data: Visits, level: float) -> Answer:
    """Return the difference at the last visit, missing values jumping to the second arm, jackknife."""
    if not data.response.size:
        raise UsageError("Reference imputation: found no measurement; expected some.")
    people, row = np.unique(data.subject, return_inverse=True)
    outcome, arm = np.full((people.size, data.last + 1), np.nan), np.zeros(people.size, dtype=int)
    outcome[row, data.visit], arm[row] = data.response, data.arm
    found = impute_reference(outcome, arm, 0, strategy="JR").difference(1, data.last, level=level)
    return answer(found.p, found.low, found.high, found.note)


def log_rank_of(data: Times, level: float) -> Answer:  # noqa: ARG001 - every analysis takes a level
    """Return the log-rank test."""
    return answer(log_rank(data.arms).p)


def kaplan_meier_of(data: Times, level: float) -> Answer:
    """Return the interval of the share without response at the week of interest."""
    week = load_error_rate_parameters()["week_of_interest"].number
    _, low, high = kaplan_meier(*data.arms[0], level=level).at(week)
    return answer(None, low, high, "" if not math.isnan(low) else "nobody observed so long, or nobody left")


@lru_cache(maxsize=4)
def _fit(data: Visits, structures: tuple[str, ...]) -> tuple[MmrmResult, VisitDesign]:
    """Fit once what two methods read; data are known by identity."""
    if not data.response.size:
        raise UsageError("MMRM: found no measurement; expected at least one at the visit compared.")
    design = build_visit_design(data.arm, data.visit)
    return fit_mmrm(data.response, data.subject, data.visit, design.matrix, structures=structures), design


def _compare(
    data: Visits, structures: tuple[str, ...], method: Literal["satterthwaite", "kenward-roger"], level: float
) -> Answer:
    result, design = _fit(data, structures)
    (found,) = compare_arms(result, design, [(1, 0)], data.last, method=method, level=level)
    if found.contrast is None:
        return answer(note=found.reason)
    return answer(found.contrast.p, found.contrast.low, found.contrast.high)
