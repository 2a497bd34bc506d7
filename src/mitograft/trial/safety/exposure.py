"""Adverse events per time at risk: all events, and subjects with a first event (EAIR).

Time at risk runs from the day of the first dose to the end of the study (the last record where there is none,
the cut-off at the latest), both days included.

* *All events*: events / time of all subjects. The interval is exact where events come independently at a
  constant rate; events of one subject seldom do.
* *Exposure-adjusted incidence rate* (EAIR): subjects with an event / time to the first event, or to the end
  where there was none. It treats the time at risk as if it had been fixed in advance, so that its interval is
  approximate, and it assumes a constant hazard: with one dose and 12 weeks of follow-up early events weigh
  more than the rate per year suggests. Simulated with a constant hazard of 0.5, 2 and 8 a year and 85 days of
  follow-up, the 95 % interval holds the hazard in 0.987, 0.968 and 0.960 of trials of 9 subjects, 0.989,
  0.975 and 0.962 of 12, 0.971, 0.965 and 0.960 of 36 (20,000 trials each).

An event of unknown start counts, with the time to the end of follow-up. Events after that end are left out of
both, and counted in a note.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from mitograft.statistics.poisson_rate import PoissonRate, RateComparison, compare_rates, poisson_rate
from mitograft.tables.parameters import Parameters
from mitograft.trial.dataset import Dataset
from mitograft.trial.protocol import Protocol
from mitograft.trial.summary.criteria import Criterion, condition_of
from mitograft.trial.summary.population import Population, members_of, require_variables

__all__ = ["EventRates", "RateContrast", "assess_rates", "contrast_rates"]

_EAIR = "Garwood, time at risk taken as fixed"


@dataclass(frozen=True)
class EventRates:
    """One kind of event in one group.

    Parameters
    ----------
    criterion, group, place, subjects
        What, of whom: name and place of the group, number of subjects.
    events, first
        Rate of all events, and of subjects with a first event.
    rows
        The records counted in ``events``.
    undated, outside
        Events counted without a date of start; events after the end of follow-up, not counted.
    """

    criterion: Criterion
    group: str
    place: int
    subjects: int
    events: PoissonRate
    first: PoissonRate
    rows: tuple[int, ...]
    undated: int
    outside: int


@dataclass(frozen=True)
class RateContrast:
    """Rates of a group (``first`` of each comparison) against a reference group."""

    group: EventRates
    reference: EventRates
    events: RateComparison
    first: RateComparison


def assess_rates(
    population: Population,
    dataset: Dataset,
    criteria: Sequence[Criterion],
    protocol: Protocol,
    settings: Parameters,
) -> tuple[EventRates, ...]:
    """Return the rates of each kind of event in each group, the total last, criterion after criterion.

    Parameters
    ----------
    population
        Subjects with TRTSDT, EOSDT, LSTDT (ADSL).
    dataset
        Events with ASTDT (ADAE).
    criteria
        The kinds of events.
    protocol, settings
        Cut-off; ``level``, ``exposure_days`` (the unit of time).

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    require_variables(population.subjects, ("TRTSDT", "EOSDT", "LSTDT"))
    require_variables(dataset, ("ASTDT", *(name for one in criteria for name in one.variables)))
    follow = _follow_up(population, protocol)
    people = [(place, row) for place, group in enumerate(population.groups) for row in group.rows.tolist()]
    found = []
    for criterion in criteria:
        members = members_of(population, dataset, condition_of(criterion))
        records: dict[tuple[int, int], list[Mapping[str, Any]]] = {}
        for record in members.select("_group", "_person", "_row", "ASTDT").iter_rows(named=True):
            records.setdefault((record["_group"], record["_person"]), []).append(record)
        for place, group in enumerate(population.groups):
            mine = [(follow.get(row), records.get((at, row), [])) for at, row in people if at == place]
            counted = _count(mine, settings)
            found.append(EventRates(criterion, group.label, place, group.size, *counted))
    return tuple(found)


def contrast_rates(
    found: Sequence[EventRates], population: Population, reference: str
) -> tuple[RateContrast, ...]:
    """Compare each group with the reference group, kind by kind; the total takes no part."""
    arms = range(len(population.arms))
    compared = []
    for base in (one for one in found if one.group == reference and one.place in arms):
        for one in found:
            if one.criterion is base.criterion and one.place in arms and one.place != base.place:
                pairs = ((one.events, base.events), (one.first, base.first))
                events, first = (
                    compare_rates(a.events, a.time, b.events, b.time, level=a.level) for a, b in pairs
                )
                approximate = replace(first, kind="approximate", difference_kind="approximate")
                compared.append(RateContrast(one, base, events, approximate))
    return tuple(compared)


Span = tuple[date, date]


def _follow_up(population: Population, protocol: Protocol) -> dict[int, Span]:
    """Return first and last day at risk by row of the subject; nobody who was not dosed."""
    cutoff = date.fromisoformat(protocol.cutoff[:10]) if protocol.cutoff else date.max
    spans = {}
    for row, one in enumerate(population.subjects.frame.iter_rows(named=True)):
        start = one["TRTSDT"]
        if start is not None:
            last = one["EOSDT"] or one["LSTDT"] or start
            spans[row] = (start, max(start, min(last, cutoff)))
    return spans


def _count(
    mine: Sequence[tuple[Span | None, Sequence[Mapping[str, Any]]]], settings: Parameters
) -> tuple[PoissonRate, PoissonRate, tuple[int, ...], int, int]:
    """Return rate of all events, rate of first events, rows counted, events undated and outside."""
    unit, level = settings["exposure_days"].number, settings["level"].number
    whole = until_first = with_event = undated = outside = 0
    rows: list[int] = []
    for span, records in mine:
        if span is None:
            outside += len(records)
            continue
        start, end = span
        inside = [one for one in records if one["ASTDT"] is None or one["ASTDT"] <= end]
        outside += len(records) - len(inside)
        undated += sum(one["ASTDT"] is None for one in inside)
        rows += [one["_row"] for one in inside]
        days = (end - start + timedelta(days=1)).days
        starts = [end if one["ASTDT"] is None else max(start, one["ASTDT"]) for one in inside]
        whole += days
        until_first += (min(starts) - start).days + 1 if starts else days
        with_event += bool(inside)
    events = poisson_rate(len(rows), whole / unit, level=level)
    first = poisson_rate(with_event, until_first / unit, level=level)
    first = replace(first, method=_EAIR, kind="approximate")
    return events, first, tuple(sorted(rows)), undated, outside
