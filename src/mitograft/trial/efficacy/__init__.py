"""Efficacy of a trial: estimands, intercurrent events, and the analyses a trial of its size can bear.

``estimand`` says what is estimated; ``intercurrent`` finds what happened in between; ``outcomes`` applies the
strategies; ``single_arm`` and ``controlled`` hold the analyses; ``analyse`` is all of it in order.
"""

from mitograft.trial.efficacy.analyse import Analysed, Efficacy, analyse_efficacy
from mitograft.trial.efficacy.estimand import Estimand, default_estimands
from mitograft.trial.efficacy.estimate import Estimate
from mitograft.trial.efficacy.intercurrent import Intercurrent, IntercurrentEvent, find_intercurrent
from mitograft.trial.efficacy.outcomes import Outcomes, derive_outcomes

__all__ = [
    "Analysed",
    "Efficacy",
    "Estimand",
    "Estimate",
    "Intercurrent",
    "IntercurrentEvent",
    "Outcomes",
    "analyse_efficacy",
    "default_estimands",
    "derive_outcomes",
    "find_intercurrent",
]
