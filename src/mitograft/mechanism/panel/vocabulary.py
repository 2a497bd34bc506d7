"""The words of a panel: expected effects, affected quantities, and when and where a perturbation is made."""

import re
from dataclasses import dataclass
from functools import cache

from mitograft.mechanism.interventions import match_names, normalise
from mitograft.tables.parameters import Parameters, load_parameters, load_rows

__all__ = ["Quantity", "find_effect", "find_quantities", "panel_settings", "start_day", "words_in"]

_PACKAGE = "mitograft.mechanism.panel"
_LATE = ("late", "therapeutic", "established", "after onset", "after disease onset", "curative", "delayed")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity a row says is affected; ``sign`` is -1 where more of it means less of what is measured."""

    name: str
    measure: str
    sign: int


@cache
def panel_settings() -> Parameters:
    """Return the sizes, errors, days and limits of simulated experiments."""
    return load_parameters(_PACKAGE, "panel.csv")


@cache
def _effects() -> dict[str, tuple[str, ...]]:
    return {row["effect"]: tuple(row["synonyms"].split("|")) for row in load_rows(_PACKAGE, "effects.csv")}


@cache
def _quantities() -> tuple[tuple[Quantity, tuple[str, ...]], ...]:
    return tuple(
        (Quantity(row["name"], row["measure"], int(row["sign"])), tuple(row["synonyms"].split("|")))
        for row in load_rows(_PACKAGE, "quantities.csv")
    )


def find_effect(text: str) -> str | None:
    """Return lower, higher, unchanged, remits or persists; None where the words say none or two of them.

    >>> find_effect("suppressed"), find_effect("no effect"), find_effect("blue")
    ('lower', 'unchanged', None)
    """
    exact = [name for name, words in _effects().items() if text.strip().lower() in (name, *words)]
    found = tuple(exact) or match_names(text, _effects())
    return found[0] if len(found) == 1 else None


def find_quantities(text: str) -> tuple[Quantity, ...]:
    """Return the quantities a text names, in its order; severity where the text is empty.

    >>> [quantity.name for quantity in find_quantities("incidence, severity and muscle injury")]
    ['incidence', 'severity', 'muscle injury']
    """
    by_name = {quantity.name: (quantity, words) for quantity, words in _quantities()}
    if not text.strip():
        return (by_name["severity"][0],)
    names = match_names(text, {name: words for name, (_, words) in by_name.items()})
    return tuple(by_name[name][0] for name in names)


def words_in(text: str, *words: str) -> bool:
    """Say whether any of the words (each one or several words long) stands in the text."""
    padded = f" {normalise(text)} "
    return any(f" {normalise(word)} " in padded for word in words)


def start_day(text: str) -> float:
    """Return the day from which a perturbation acts, by the words of its description.

    >>> start_day("anti-IL-6R, preventive"), start_day("from day 7"), start_day("late treatment")
    (0.0, 7.0, 10.0)
    """
    named = re.search(r"\b(?:day|d)\s*(\d+(?:\.\d+)?)", text.lower())
    if named:
        return float(named[1])
    return panel_settings()["late_start"].number if words_in(text, *_LATE) else 0.0
