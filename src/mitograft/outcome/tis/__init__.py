"""The 2016 ACR/EULAR Total Improvement Score (TIS): exact, vectorised, explained."""

from mitograft.outcome.tis.explain import NextCategory, Step, contributions, next_category
from mitograft.outcome.tis.rules import CATEGORIES, ENZYMES, Measure, TisRules, tis_rules
from mitograft.outcome.tis.score import POLICIES, Policy, TisScore, score_tis
from mitograft.outcome.tis.uncertainty import ResponderProbability, responder_probability

__all__ = [
    "CATEGORIES",
    "ENZYMES",
    "POLICIES",
    "Measure",
    "NextCategory",
    "Policy",
    "ResponderProbability",
    "Step",
    "TisRules",
    "TisScore",
    "contributions",
    "next_category",
    "responder_probability",
    "score_tis",
    "tis_rules",
]
