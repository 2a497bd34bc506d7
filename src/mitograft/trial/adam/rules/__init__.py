"""The rules of the specification: a function for each, by its name."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mitograft.trial.adam.rules import events, exposure, laboratory, measures, results, scores, subject, times
from mitograft.trial.adam.work import Work

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RULES", "Rule"]

Rule = Callable[["pl.DataFrame", Work], "pl.DataFrame"]

RULES: Mapping[str, Rule] = {
    name: rule
    for room in (subject, events, exposure, results, laboratory, measures, scores, times)
    for name, rule in room.RULES.items()
}
"""Name to function: takes the data set so far, returns it with the variables the specification names."""
