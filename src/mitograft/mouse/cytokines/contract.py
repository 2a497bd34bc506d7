"""Columns of cytokines.csv, one concentration, and what may be chosen."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mitograft.evidence.finding import Finding
from mitograft.tables.contract import Column, Contract
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = [
    "CYTOKINES",
    "Censoring",
    "Concentration",
    "CytokineOptions",
    "Cytokines",
    "Side",
    "analyte_id",
    "cytokine_rules",
]

Censoring = Literal["censored", "half_limit"]
Side = Literal["", "below", "above"]

_GREEK = str.maketrans({"α": "a", "β": "b", "γ": "g", "δ": "d", "κ": "k"})
_WORDS: Mapping[str, str] = {"alpha": "a", "beta": "b", "gamma": "g", "delta": "d", "kappa": "k"}

CYTOKINES = Contract(
    "cytokines",
    (
        Column("animal", "Identifier of the mouse", "identifier", filled=True),
        Column("date", "Day the sample was taken, YYYY-MM-DD", "text", filled=True),
        Column("analyte", "Name of the analyte (IL-6, TNF)", "text", filled=True),
        Column("concentration", "Concentration, or <limit, or empty with a flag", "text"),
        Column("unit", "Unit of concentration and limits", "text", filled=True),
        Column("lloq", "Lower limit of quantification of this sample", "number", required=False, low=0.0),
        Column("uloq", "Upper limit of quantification of this sample", "number", required=False, low=0.0),
        Column("flag", "Where the value lies outside the limits", "category", required=False,
               allowed=("below", "above")),
        Column("material", "What was measured (serum, muscle), where there are several", "text",
               required=False),
        Column("replicate", "Number of the technical replicate", "text", required=False),
        Column("excluded", "Why the value is left out; empty where it is not", "text", required=False),
        Column("note", "Free text", "text", required=False),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Concentration:
    """One technical replicate of one sample.

    Exactly one of the three holds: ``value`` is measured; the true value lies below ``value`` (``side`` is
    ``below``); or above it (``above``).

    Parameters
    ----------
    animal, day
        The mouse, and days since its immunisation.
    analyte, label
        Name in outcomes and as the file writes it.
    value, unit
        Concentration or limit.
    side
        Empty for a measured value.
    place
        Where it stands, for messages.
    """

    animal: str
    day: int
    analyte: str
    label: str
    value: float
    unit: str
    side: Side = ""
    place: str = ""


@dataclass(frozen=True)
class Cytokines:
    """Everything read, in file order, and what a reader should look at."""

    values: tuple[Concentration, ...]
    source: str
    findings: tuple[Finding, ...] = ()


def cytokine_rules() -> Parameters:
    """Return the thresholds of this room."""
    return load_parameters("mitograft.mouse.cytokines", "parameters.csv")


@dataclass(frozen=True, slots=True)
class CytokineOptions:
    """How cytokines are put together and compared.

    Parameters
    ----------
    day
        Day of the outcome that carries the name of the analyte alone; None takes the last day measured.
    below
        ``censored``: values below the limit enter as what is known of them. ``half_limit`` puts half the
        limit in their place, as many laboratories do; it biases the ratio and understates the spread, and is
        offered for comparison with older work only.
    level
        Level of intervals.
    rules
        Thresholds of this room.
    """

    day: int | None = None
    below: Censoring = "censored"
    level: float = 0.95
    rules: Parameters = field(default_factory=cytokine_rules)


def analyte_id(text: str, material: str = "") -> str:
    """Return the name of an analyte as outcomes write it: letters and digits, Greek letters as Latin ones.

    >>> [analyte_id(name) for name in ("IL-6", "IL-1β", "IFN-gamma", "CCL2/MCP-1")]
    ['il6', 'il1b', 'ifng', 'ccl2_mcp1']
    >>> analyte_id("IL-6", "muscle")
    'il6_muscle'
    """
    names = []
    for part in (text, material):
        folded = part.casefold().translate(_GREEK)
        for word, letter in _WORDS.items():
            folded = re.sub(rf"(?<![a-z]){word}(?![a-z])|(?<=\d){word}", letter, folded)
        names.append("_".join(filter(None, (re.sub(r"[^a-z0-9]", "", p) for p in folded.split("/")))))
    return "_".join(filter(None, names))
