"""A copy of a study's data sets that names no one: new codes, shifted dates, no free text; and a report."""

from mitograft.trial.deidentify.apply import Deidentified, deidentify
from mitograft.trial.deidentify.codes import FEWEST_KEY_BYTES, subject_code
from mitograft.trial.deidentify.report import Dropped, Report, SmallCell
from mitograft.trial.deidentify.rules import ACTIONS, Rule, find_rule, load_rules

__all__ = [
    "ACTIONS",
    "FEWEST_KEY_BYTES",
    "Deidentified",
    "Dropped",
    "Report",
    "Rule",
    "SmallCell",
    "deidentify",
    "find_rule",
    "load_rules",
    "subject_code",
]
