"""Analysis data sets: one specification, derivations by its rules, and the trace from a result to a raw field."""

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
    "Codelist",
    "DatasetSpec",
    "ParameterSpec",
    "Source",
    "Specification",
    "VariableSpec",
    "load_specification",
]
