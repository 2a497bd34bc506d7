"""Columns of metabolites.csv, the metabolites and ratios mitograft knows, and one measured level."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from mitograft.tables.contract import Column, Contract
from mitograft.tables.parameters import Parameters, load_parameters, load_rows

__all__ = [
    "METABOLITES",
    "RELATIVE_UNITS",
    "Level",
    "Metabolite",
    "Ratio",
    "load_metabolite_parameters",
    "load_metabolites",
    "load_ratios",
    "metabolite_id",
]

_PACKAGE = "mitograft.mouse.metabolites"

METABOLITES = Contract(
    "metabolite levels",
    (
        Column("animal", "Identifier of the mouse", "identifier", filled=True),
        Column("date", "Day the sample was taken, YYYY-MM-DD", "text", filled=True),
        Column("tissue", "Tissue or fluid (gastrocnemius, plasma)", "text", required=False),
        Column("metabolite", "Name of the metabolite", "text", filled=True),
        Column("value", "Level; '<0.05' or empty beside a flag where below the limit", "text"),
        Column("unit", "Unit of the level", "text", filled=True),
        Column("lloq", "Lower limit of quantification, in the same unit", "number", required=False, low=0.0),
        Column("flag", "Whether the level lies below the limit", "category", required=False,
               allowed=("below",)),
        Column("batch", "Run or batch of the instrument", "text", required=False),
        Column("excluded", "Why the level is left out; empty where it is not", "text", required=False),
        Column("note", "Free text", "text", required=False),
    ),
)  # fmt: skip

RELATIVE_UNITS = ("area", "relative")
"""Peak areas and the like: they compare groups, but are no amounts."""


@dataclass(frozen=True, slots=True)
class Metabolite:
    """A metabolite: identifiers are empty where none is sure; ``pathway`` where it belongs to none."""

    id: str
    label: str
    hmdb: str
    chebi: str
    pathway: str


@dataclass(frozen=True, slots=True)
class Ratio:
    """One sum of metabolites over another."""

    id: str
    label: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """One level of one mouse; ``limit`` is above 0 where it is only known to lie below it (value NaN)."""

    animal: str
    day: int
    tissue: str
    metabolite: str
    value: float
    unit: str
    limit: float = 0.0
    batch: str = ""

    @property
    def below(self) -> bool:
        """Whether only a limit is known."""
        return self.limit > 0.0


def load_metabolite_parameters() -> Parameters:
    """Return the thresholds of the room."""
    return load_parameters(_PACKAGE, "parameters.csv")


@functools.cache
def load_metabolites() -> Mapping[str, Metabolite]:
    """Return the known metabolites by id, in the order of the file."""
    return {
        row["id"]: Metabolite(row["id"], row["label"], row["hmdb"], row["chebi"], row["pathway"])
        for row in load_rows(_PACKAGE, "metabolites.csv")
    }


@functools.cache
def load_ratios() -> tuple[Ratio, ...]:
    """Return the ratios in the order of the file."""
    return tuple(
        Ratio(
            row["id"], row["label"], tuple(row["numerator"].split("+")), tuple(row["denominator"].split("+"))
        )
        for row in load_rows(_PACKAGE, "ratios.csv")
    )


def metabolite_id(name: str) -> str:
    """Return the id of a metabolite; of one that is not known, its name in small letters.

    Case, spaces and hyphens do not matter. NAD(H), the sum of both, is neither NAD+ nor NADH.

    >>> [metabolite_id(name) for name in ("Lactic acid", "NAD+", "nadh", "NAD(H)", "C14:1")]
    ['lactate', 'nad', 'nadh', 'nad_h', 'c14_1']
    """
    known = _synonyms().get(_letters(name))
    return known or re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")


@functools.cache
def _synonyms() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in load_rows(_PACKAGE, "metabolites.csv"):
        for name in (row["id"], row["label"], *row["synonyms"].split(";")):
            if _letters(name):
                found.setdefault(_letters(name), row["id"])
    return found


def _letters(name: str) -> str:
    return re.sub(r"[\s_\-'+]+", "", name.casefold())
