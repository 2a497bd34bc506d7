"""Limits of the solver, from ``data/solve.csv``."""

from functools import cache
from typing import NamedTuple

from mitograft.tables.parameters import load_parameters

__all__ = ["Settings", "load_settings"]


class Settings(NamedTuple):
    """Steps before the stiff method takes over, steps in all, and individuals in a batch."""

    budget: int
    most: int
    batch: int


@cache
def load_settings() -> Settings:
    """Return the limits of the solver."""
    rows = load_parameters("mitograft.mechanism.solve", "solve.csv")
    return Settings(*(int(rows[name].number) for name in Settings._fields))
