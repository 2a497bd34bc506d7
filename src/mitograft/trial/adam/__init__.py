"""Analysis data sets: one specification, derivations by its rules, the trace from a result to a raw field."""

from mitograft.trial.adam.check import check_adam
from mitograft.trial.adam.core_set import core_set_table, subjects_table
from mitograft.trial.adam.derive import Adam, derive_adam, load_settings
from mitograft.trial.adam.explain import explain
from mitograft.trial.adam.specification import (
    Codelist,
    DatasetSpec,
    ParameterSpec,
    Source,
    Specification,
    VariableSpec,
    load_specification,
)
from mitograft.trial.adam.trace import Trace, TraceStep

__all__ = [
    "Adam",
    "Codelist",
    "DatasetSpec",
    "ParameterSpec",
    "Source",
    "Specification",
    "Trace",
    "TraceStep",
    "VariableSpec",
    "check_adam",
    "core_set_table",
    "derive_adam",
    "explain",
    "load_settings",
    "load_specification",
    "subjects_table",
]
