"""All conditions by the name the rule table calls them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mitograft.trial.conformance.conditions import (
    dosing,
    eligibility,
    identity,
    logic,
    results,
    structure,
    terms,
    times,
    toxicity,
    visits,
)
from mitograft.trial.conformance.conditions.logic import NotApplicable
from mitograft.trial.conformance.part import Part

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CONDITIONS", "Condition", "NotApplicable"]

Condition = Callable[[Part, Mapping[str, str]], "pl.DataFrame"]
"""Takes the data set and the rule's arguments; gives ``_row`` (null: the whole data set) and ``variable``."""

CONDITIONS: Mapping[str, Condition] = {
    name: getattr(module, name)
    for module in (
        structure, identity, results, terms, times, visits, dosing, toxicity, eligibility,
    )
    for name in module.__all__
} | {"contradiction": logic.contradiction}  # fmt: skip
"""The conditions; their names are those of the functions."""
