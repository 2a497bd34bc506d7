"""Checks of SDTM data sets: a table of rules, an engine that runs them, findings with their records."""

from mitograft.trial.conformance.engine import check_datasets, run_rules
from mitograft.trial.conformance.findings import (
    Checked,
    Finding,
    Outcome,
    RecordRef,
    findings_table,
    outcomes_table,
)
from mitograft.trial.conformance.rules import Rule, load_rules

__all__ = [
    "Checked",
    "Finding",
    "Outcome",
    "RecordRef",
    "Rule",
    "check_datasets",
    "findings_table",
    "load_rules",
    "outcomes_table",
    "run_rules",
]
