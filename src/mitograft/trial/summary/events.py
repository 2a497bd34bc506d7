"""Adverse events by system organ class and preferred term, and by their worst level in each subject."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mitograft.errors import UsageError
from mitograft.evidence import DataKind
from mitograft.statistics.differences import fisher_exact
from mitograft.statistics.rounding import format_p
from mitograft.trial.dataset import Dataset
from mitograft.trial.summary.population import (
    Population,
    equal_to,
    members_of,
    refuse_levels,
    require_variables,
)
from mitograft.trial.summary.result import EMPTY, Cell, Column, Result, Row, Statistic
from mitograft.trial.summary.tally import NOBODY, Key, Tally, count_cell, group_columns, sources_of, tally

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Events", "Levels", "summarise_events", "summarise_worst_level"]

_UNCODED = "Not coded"
_ANY = "Any event"
_RANK = "_rank"


@dataclass(frozen=True)
class Events:
    """Adverse events and the variables to count them by.

    Parameters
    ----------
    data
        The data set, one row an event.
    where
        Variables with the value a counted event has; treatment-emergent ones unless said otherwise.
    organ_class, term
        Variables of the two levels; an event without a code is counted as "Not coded".
    order
        Most frequent first (subjects over all groups), or by alphabet.
    """

    data: Dataset
    where: Mapping[str, str] = field(default_factory=lambda: {"TRTEMFL": "Y"})
    organ_class: str = "AEBODSYS"
    term: str = "AEDECOD"
    order: Literal["frequency", "alphabet"] = "frequency"


@dataclass(frozen=True, slots=True)
class Levels:
    """A variable whose levels rise in weight: grade, severity, relation.

    Parameters
    ----------
    variable, label
        Variable of the event, and what the table calls it.
    levels
        Values from least to worst, with the words shown. Text, or numbers written as text (``3``).
    """

    variable: str
    label: str
    levels: tuple[tuple[str, str], ...]


Found = Mapping[tuple[Key, int], Tally]


def summarise_events(
    population: Population,
    events: Events,
    *,
    titles: tuple[str, str] = ("adverse-events", "Treatment-emergent adverse events by class and term"),
    against: str = "",
    words: tuple[str, str] = (_ANY, "System organ class / preferred term"),
    data_kind: DataKind = "measured",
) -> Result:
    """Count subjects with events, and events, in each class and term.

    A subject with several events of one term is counted once in the term and once in its class.

    Parameters
    ----------
    population, events
        Whose events, which ones.
    titles
        Id and title of the table.
    words
        Label of the first row, and heading of the labels.
    against
        Label of a group that each other group is compared with by Fisher's exact test; empty for none.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    UsageError
        If ``against`` is no group.
    """
    members = _members(population, events)
    found = _count_all(members, events)
    reference, others = _others(population, against)
    rows = [
        Row(
            _label(key, words[0]),
            _cells(population, events, found, key, events_too=True)
            + tuple(_comparison(population, found, key, i, reference) for i in others),
            max(0, len(key) - 1),
        )
        for key in _ordered(population, found, events.order)
    ]
    columns = group_columns(population) + tuple(
        Column(population.groups[i].label, span=f"p value against {against}") for i in others
    )
    notes = [
        "Number of subjects with at least one event (percent of N) [number of events]. "
        "Each subject counts once in each row."
    ]
    if against:
        notes.append("p value: Fisher's exact test, two-sided, without correction for multiple tests.")
    return Result(
        *titles, population.label, words[1], columns, tuple(rows), tuple(notes),
        data_kind, sources_of([population.subjects, events.data]),
    )  # fmt: skip


def summarise_worst_level(
    population: Population,
    events: Events,
    levels: Levels,
    *,
    titles: tuple[str, str],
    data_kind: DataKind = "measured",
) -> Result:
    """Count subjects by the worst level of their events, in each class and term.

    Parameters
    ----------
    population, events
        Whose events, which ones.
    levels
        What is graded; an event without a level counts as "Missing" and as the least.
    titles
        Id and title of the table.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking, or an event has a level that is not named.
    """
    import polars as pl

    require_variables(events.data, (levels.variable,))
    members = _members(population, events)
    if members[levels.variable].dtype.is_numeric():
        members = members.with_columns(pl.col(levels.variable).cast(pl.Int64, strict=False).cast(pl.String))
    ranks = {value: rank for rank, (value, _) in enumerate(levels.levels, start=1)}
    refuse_levels(events.data, levels.variable, members[levels.variable].unique().to_list(), ranks)
    rank = pl.col(levels.variable).replace_strict(ranks, default=0, return_dtype=pl.Int64)
    members = members.with_columns(rank.alias(_RANK))
    found, worst = _count_all(members, events), _count_worst(members, events)
    words = {str(i): label for i, (_, label) in enumerate(levels.levels, start=1)}
    if any(key[-1] == "0" for key, _ in worst):
        words = {"0": "Missing", **words}
    rows: list[Row] = []
    for key in _ordered(population, found, events.order):
        rows.append(Row(_label(key), _cells(population, events, found, key), max(0, len(key) - 1)))
        rows += [
            Row(label, _cells(population, events, worst, (*key, i), label), max(1, len(key)))
            for i, label in reversed(words.items())
        ]
    notes = (
        f"Number of subjects (percent of N). Each subject counts once in each class and term, at the worst "
        f"{levels.label}.",
    )
    return Result(
        *titles, population.label, f"Class / term / {levels.label}", group_columns(population), tuple(rows),
        notes, data_kind, sources_of([population.subjects, events.data]),
    )  # fmt: skip


def _members(population: Population, events: Events) -> "pl.DataFrame":
    import polars as pl

    names = [events.organ_class, events.term]
    require_variables(events.data, [*events.where, *names])
    members = members_of(population, events.data, equal_to(events.where))
    return members.with_columns(pl.col(names).fill_null(_UNCODED))


def _count_all(members: "pl.DataFrame", events: Events) -> Found:
    found: dict[tuple[Key, int], Tally] = {}
    for by in ([], [events.organ_class], [events.organ_class, events.term]):
        found.update(tally(members, by))
    return found


def _count_worst(members: "pl.DataFrame", events: Events) -> Found:
    """Count subjects by the highest rank of their events; the rank is the last part of the key."""
    import polars as pl

    found: dict[tuple[Key, int], Tally] = {}
    for by in ([], [events.organ_class], [events.organ_class, events.term]):
        highest = pl.col(_RANK).max().over([*by, "_group", "_person"])
        worst = members.filter(pl.col(_RANK) == highest).with_columns(pl.col(_RANK).cast(pl.String))
        found.update(tally(worst, [*by, _RANK]))
    return found


def _ordered(population: Population, found: Found, order: str) -> list[Key]:
    """Return the keys: any event, then each class with its terms."""
    weight: dict[Key, int] = {(): 0}
    for (key, group), part in found.items():
        if group < len(population.arms):
            weight[key] = weight.get(key, 0) + part.subjects

    def place(key: Key) -> tuple[int, str]:
        return (-weight[key] if order == "frequency" else 0, str(key[-1]))

    classes = sorted((key for key in weight if len(key) == 1), key=place)
    terms = sorted((key for key in weight if len(key) > 1), key=place)
    of_class: dict[str | None, list[Key]] = {key[0]: [key] for key in classes}
    for key in terms:
        of_class[key[0]].append(key)
    return [(), *(key for keys in of_class.values() for key in keys)]


def _label(key: Key, whole: str = _ANY) -> str:
    return str(key[-1]) if key else whole


def _cells(
    population: Population,
    events: Events,
    found: Found,
    key: Key,
    level: str = "",
    *,
    events_too: bool = False,
) -> tuple[Cell, ...]:
    variable = (_ANY, events.organ_class, events.term)[min(2, len(key) - bool(level))]
    named = (variable, " / ".join([*map(str, key[: len(key) - bool(level)]), *([level] if level else [])]))
    return tuple(
        count_cell(found.get((key, i), NOBODY), group, events.data.name, named, events=events_too)
        for i, group in enumerate(population.groups)
    )


def _others(population: Population, against: str) -> tuple[int, tuple[int, ...]]:
    """Return the places of the group compared with, and of those compared."""
    labels = [group.label for group in population.arms]
    if not against:
        return 0, ()
    if against not in labels:
        raise UsageError(f"Found group {against!r} to compare with; expected one of {', '.join(labels)}.")
    reference = labels.index(against)
    return reference, tuple(i for i in range(len(labels)) if i != reference)


def _comparison(population: Population, found: Found, key: Key, first: int, second: int) -> Cell:
    one, two = population.groups[first], population.groups[second]
    if not one.size or not two.size:
        return EMPTY
    k, m = (found.get((key, i), NOBODY).subjects for i in (first, second))
    p = fisher_exact(k, one.size, m, two.size)
    labels = f"{one.label} / {two.label}"
    return Cell(
        format_p(p), (Statistic(labels, "", " / ".join(map(str, key)), "p (Fisher's exact test)", p),)
    )
