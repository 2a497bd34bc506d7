"""Coding of adverse events with a medical dictionary, and grading of laboratory values by CTCAE."""

from mitograft.trial.coding.criteria import Criterion, GradingTest, load_criteria
from mitograft.trial.coding.dictionary import Coded, Dictionary
from mitograft.trial.coding.events import code_events
from mitograft.trial.coding.grading import GradingTable, load_grading
from mitograft.trial.coding.read import invented_dictionary, read_meddra

__all__ = [
    "Coded",
    "Criterion",
    "Dictionary",
    "GradingTable",
    "GradingTest",
    "code_events",
    "invented_dictionary",
    "load_criteria",
    "load_grading",
    "read_meddra",
]
