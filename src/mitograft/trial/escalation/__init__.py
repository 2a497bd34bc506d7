"""Dose escalation: designs under one contract, conduct of a trial, exact operating characteristics.

``design`` is the contract; ``three_plus_three`` and the interval designs ``boin``, ``mtpi2`` and ``i3plus3``
keep it, as does ``crm`` with its models; ``characteristics`` says how a design behaves for given true rates,
exactly (``boin_exact`` quickly for interval designs); ``simulate`` and ``simulate_boin`` are its check;
``path_tree`` lists every path.
``stopping`` ends any design by further rules, ``backfill`` adds patients below the current dose, and
``late_onset`` and ``tite_boin`` say what may be decided while windows are still open.
"""

from mitograft.trial.escalation.backfill import Backfill
from mitograft.trial.escalation.backfill_open import BackfillDose, backfill_open
from mitograft.trial.escalation.boin import Boin
from mitograft.trial.escalation.boin_exact import exact_boin
from mitograft.trial.escalation.boin_table import BoinLimits, boin_boundaries
from mitograft.trial.escalation.characteristics import Characteristics, exact_characteristics
from mitograft.trial.escalation.choice import chosen_dose
from mitograft.trial.escalation.conduct import ConductRow, conduct_table
from mitograft.trial.escalation.crm import Crm
from mitograft.trial.escalation.crm_grid import crm_parameters
from mitograft.trial.escalation.crm_model import LogisticModel, PowerModel
from mitograft.trial.escalation.crm_posterior import CrmPosterior, fit_crm
from mitograft.trial.escalation.crm_rules import CrmRules, ExcessRule, overdose_control
from mitograft.trial.escalation.crm_skeleton import indifference_skeleton
from mitograft.trial.escalation.crm_two_parameter import TwoParameterModel
from mitograft.trial.escalation.decision_table import DecisionRow, decision_table
from mitograft.trial.escalation.design import Cohort, Design, Recommendation
from mitograft.trial.escalation.i3plus3 import I3Plus3
from mitograft.trial.escalation.interval import IntervalDesign
from mitograft.trial.escalation.late_onset import (
    DosedPatient,
    OngoingCohort,
    PendingDecision,
    PendingOutcome,
    judge_pending,
    waiting_rule,
)
from mitograft.trial.escalation.mtpi2 import Mtpi2
from mitograft.trial.escalation.path_tree import PathRow, path_text, path_tree
from mitograft.trial.escalation.settings import load_conduct_parameters
from mitograft.trial.escalation.stopping import (
    EnoughPatients,
    LowestTooToxic,
    MostPatients,
    PreciseEnough,
    Stopping,
    StopRule,
)
from mitograft.trial.escalation.three_plus_three import ThreePlusThree
from mitograft.trial.escalation.tite_boin import TiteDecision, tite_boin_decision, tite_boin_follow_up
from mitograft.trial.escalation.tite_conduct import TiteStep, tite_boin_step

__all__ = [
    "Backfill",
    "BackfillDose",
    "Boin",
    "BoinLimits",
    "Characteristics",
    "Cohort",
    "ConductRow",
    "Crm",
    "CrmPosterior",
    "CrmRules",
    "DecisionRow",
    "Design",
    "DosedPatient",
    "EnoughPatients",
    "ExcessRule",
    "I3Plus3",
    "IntervalDesign",
    "LogisticModel",
    "LowestTooToxic",
    "MostPatients",
    "Mtpi2",
    "OngoingCohort",
    "PathRow",
    "PendingDecision",
    "PendingOutcome",
    "PowerModel",
    "PreciseEnough",
    "Recommendation",
    "StopRule",
    "Stopping",
    "ThreePlusThree",
    "TiteDecision",
    "TiteStep",
    "TwoParameterModel",
    "backfill_open",
    "boin_boundaries",
    "chosen_dose",
    "conduct_table",
    "crm_parameters",
    "decision_table",
    "exact_boin",
    "exact_characteristics",
    "fit_crm",
    "indifference_skeleton",
    "judge_pending",
    "load_conduct_parameters",
    "overdose_control",
    "path_text",
    "path_tree",
    "tite_boin_decision",
    "tite_boin_follow_up",
    "tite_boin_step",
    "waiting_rule",
]
