"""Analysis data sets: one specification, derivations by its rules, the trace from a result to a raw field."""

from mitograft.trial.adam.derive import Adam, derive_adam, load_settings
from mitograft.trial.adam.specification import (
    Codelist,
    DatasetSpec,
    ParameterSpec,
    Source,
    Specification,
    VariableSpec,
    load_specification,
)

__all__ = [
    "Adam",
    "Codelist",
    "DatasetSpec",
    "ParameterSpec",
    "Source",
    "Specification",
    "VariableSpec",
    "derive_adam",
    "load_settings",
    "load_specification",
]
