"""Core set measures of patients, visit by visit: contract, checks, baseline, Total Improvement Scores."""

from mitograft.trial.core_set.check import check_core_set
from mitograft.trial.core_set.contract import core_set_contract
from mitograft.trial.core_set.derive import CohortScore, derive_tis, score_frame
from mitograft.trial.core_set.pairs import Pairs, pair_visits

__all__ = [
    "CohortScore",
    "Pairs",
    "check_core_set",
    "core_set_contract",
    "derive_tis",
    "pair_visits",
    "score_frame",
]
