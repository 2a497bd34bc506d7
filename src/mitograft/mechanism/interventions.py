"""Interventions by their common names: what in the model a knock-out, an antibody or a drug acts on.

``data/interventions.csv`` names cell types, cytokines, receptors, molecules and drugs with their synonyms and
what of the model each acts on; ``data/kinds.csv`` names the kinds of intervention and how much each leaves.
Names that are common but not in the model are listed too, so that the answer can say so.

``acts_on`` is one or several of: a memory quantity of the model (``e_TNF``: 1 is normal), ``restraint`` (0 is
normal), ``parameter:NAME`` (multiplied), ``initial:STATE`` (multiplied) or ``event:KIND``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from mitograft.errors import UsageError
from mitograft.tables.parameters import load_rows

__all__ = ["Kind", "Target", "find_kind", "find_targets", "kinds", "match_names", "normalise", "targets"]

_PACKAGE = "mitograft.mechanism"
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "µ": "mu", "μ": "mu"}


@dataclass(frozen=True, slots=True)
class Target:
    """Something an intervention acts on; ``role`` is target, drug, inhibitor, stimulus, product or unknown.

    A ``drug`` is given and blocks; an ``inhibitor`` is the body's own, so that its loss raises what it holds
    down; ``unknown`` is a common name that is not in the model.
    """

    name: str
    synonyms: tuple[str, ...]
    acts_on: tuple[str, ...]
    role: str
    residual: float | None
    status: str
    citation: str
    note: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of intervention; ``residual`` is what it leaves, or how much it gives."""

    name: str
    synonyms: tuple[str, ...]
    mode: str
    residual: float
    status: str
    citation: str
    note: str


@cache
def targets() -> tuple[Target, ...]:
    """Return all that interventions can act on, and the common names the model does not have."""
    return tuple(
        Target(
            row["name"],
            tuple(row["synonyms"].split("|")),
            tuple(part for part in row["acts_on"].split("|") if part),
            row["role"],
            float(row["residual"]) if row["residual"] else None,
            row["status"],
            row["citation"],
            row["note"],
        )
        for row in load_rows(_PACKAGE, "interventions.csv")
    )


@cache
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of intervention."""
    return tuple(
        Kind(
            row["kind"],
            tuple(row["synonyms"].split("|")),
            row["mode"],
            float(row["residual"]),
            row["status"],
            row["citation"],
            row["note"],
        )
        for row in load_rows(_PACKAGE, "kinds.csv")
    )


def normalise(text: str) -> str:
    """Write a name so that spellings agree: small letters, Greek in words, IL-6R and IL 6 R alike.

    >>> normalise("Anti-IL-6R"), normalise("TNF-α"), normalise("CD8+ T cells"), normalise("β2-microglobulin")
    ('anti il6r', 'tnf alpha', 'cd8 t cells', 'beta 2 microglobulin')
    """
    text = text.lower()
    for letter, word in _GREEK.items():
        text = text.replace(letter, f" {word} ")
    text = re.sub(r"[^a-z0-9]+", " ", text)
    text = re.sub(r"\b(il|cd|fc|mhc|ccr|ccl|cxcr|cxcl|tlr|ripk|hmgb|pn|nlrp) (\d+[a-z]*)\b", r"\1\2", text)
    text = re.sub(r"\b(il\d+) r\b", r"\1r", text)
    text = re.sub(r"\bbeta2\b", "beta 2", text)
    return " ".join(text.split())


def match_names(text: str, names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return which names occur in a text, in the order of the text; the longest synonym wins a word.

    Parameters
    ----------
    text
        Free text.
    names
        Synonyms of each name.
    """
    rest = f" {normalise(text)} "
    spelled = {normalise(synonym): name for name, all_of in names.items() for synonym in (name, *all_of)}
    found: list[tuple[int, str]] = []
    for synonym in sorted(spelled, key=lambda word: (-len(word), word)):
        at = rest.find(f" {synonym} ") if synonym else -1
        while at >= 0:
            found.append((at, spelled[synonym]))
            # Blanks keep the places of the other words, so that the order of the text is kept.
            rest = f"{rest[: at + 1]}{'~' * len(synonym)}{rest[at + 1 + len(synonym) :]}"
            at = rest.find(f" {synonym} ")
    return tuple(dict.fromkeys(name for _, name in sorted(found)))


def find_targets(text: str) -> tuple[Target, ...]:
    """Return what a text names among ``targets()``, in the order of the text.

    >>> [target.name for target in find_targets("IL-1 alpha/beta and TNFR1")]
    ['IL-1', 'TNF']
    """
    by_name = {target.name: target for target in targets()}
    return tuple(by_name[name] for name in match_names(text, {t.name: t.synonyms for t in targets()}))


def find_kind(text: str) -> Kind:
    """Return the kind of intervention a text names.

    Raises
    ------
    UsageError
        If it names none.

    >>> find_kind("knockout").name, find_kind("monoclonal antibody").name
    ('knock-out', 'antibody')
    """
    by_name = {kind.name: kind for kind in kinds()}
    found = match_names(text, {kind.name: kind.synonyms for kind in kinds()})
    if not found:
        raise UsageError(
            f"Kind of perturbation: found {text[:40]!r}, expected one of "
            f"{', '.join(by_name)}. Name one of these."
        )
    return by_name[found[0]]
