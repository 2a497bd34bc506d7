"""Dose escalation: designs under one contract, conduct of a trial, exact operating characteristics.

``design`` is the contract; ``three_plus_three`` and the interval designs ``boin``, ``mtpi2`` and ``i3plus3``
keep it; ``characteristics`` says how a design behaves for given true rates, exactly (``boin_exact`` quickly
for interval designs); ``simulate`` and ``simulate_boin`` are its check.
"""

from mitograft.trial.escalation.boin import Boin
from mitograft.trial.escalation.boin_exact import exact_boin
from mitograft.trial.escalation.boin_table import BoinLimits, boin_boundaries
from mitograft.trial.escalation.characteristics import Characteristics, exact_characteristics
from mitograft.trial.escalation.conduct import ConductRow, conduct_table
from mitograft.trial.escalation.decision_table import DecisionRow, decision_table
from mitograft.trial.escalation.design import Cohort, Design, Recommendation
from mitograft.trial.escalation.i3plus3 import I3Plus3
from mitograft.trial.escalation.interval import IntervalDesign
from mitograft.trial.escalation.mtpi2 import Mtpi2
from mitograft.trial.escalation.three_plus_three import ThreePlusThree

__all__ = [
    "Boin",
    "BoinLimits",
    "Characteristics",
    "Cohort",
    "ConductRow",
    "DecisionRow",
    "Design",
    "I3Plus3",
    "IntervalDesign",
    "Mtpi2",
    "Recommendation",
    "ThreePlusThree",
    "boin_boundaries",
    "conduct_table",
    "decision_table",
    "exact_boin",
    "exact_characteristics",
]
