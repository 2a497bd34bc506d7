"""Events of the export as visits of the protocol; unscheduled ones get a number after the visit before."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.trial.edc.complaints import Complaints
from mitograft.trial.edc.compose import compose_date
from mitograft.trial.edc.context import Context
from mitograft.trial.edc.forms import FormRow
from mitograft.trial.edc.mapping import UNSCHEDULED, EdcMapping
from mitograft.trial.sdtm.dates import parse_date

if TYPE_CHECKING:
    from mitograft.trial.protocol import Protocol

__all__ = ["ActualVisit", "find_visits"]

_TENTHS = 9
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ActualVisit:
    """One visit of a subject: number, name, date (may be partial or empty) and where that stands."""

    number: float
    name: str
    date: str
    row: FormRow | None


def find_visits(
    context: Context, mapping: EdcMapping, protocol: "Protocol", complaints: Complaints
) -> dict[Key, ActualVisit]:
    """Return the visit of each (subject, event, repetition of the event); events that are none are left out.

    An unscheduled visit has the number of the last planned visit on or before its date plus 0.1, the next one
    0.2 and so on (0.1 before all planned visits); hundredths where there are more than nine.
    """
    planned = {visit.name: float(visit.number) for visit in protocol.visits}
    visits: dict[Key, ActualVisit] = {}
    loose: dict[str, list[tuple[str, Key, FormRow | None]]] = {}
    for key in context.visits():
        name = mapping.visits.get(key[1], "")
        if not name:
            continue
        date, row = _date(context, mapping, key, complaints)
        if name in planned:
            visits[key] = ActualVisit(planned[name], name, date, row)
        elif name == UNSCHEDULED:
            loose.setdefault(key[0], []).append((date, key, row))
    for subject, found in loose.items():
        regular = [(visit.date, visit.number) for key, visit in visits.items() if key[0] == subject]
        visits |= _number(found, regular, context, mapping.export.visit_date, complaints)
    return visits


def _date(
    context: Context, mapping: EdcMapping, key: Key, complaints: Complaints
) -> tuple[str, FormRow | None]:
    name = mapping.export.visit_date
    found = context.in_event(*key, name)
    if found.row is None:
        return "", None
    date = compose_date([found.value])
    if date is None:
        complaints.cell(
            found.row, name, "no-date", "text that is no date", "the date of the visit, YYYY-MM-DD"
        )
    return date or "", found.row


def _number(
    loose: list[tuple[str, Key, FormRow | None]],
    regular: list[tuple[str, float]],
    context: Context,
    field: str,
    complaints: Complaints,
) -> dict[Key, ActualVisit]:
    visits: dict[Key, ActualVisit] = {}
    counts: dict[float, int] = {}
    groups: list[tuple[float, str, Key, FormRow | None]] = []
    for date, key, row in sorted(loose, key=lambda item: item[0]):
        whole = parse_date(date)
        if whole is None or not whole.complete:
            complaints.cell(
                row or context.first[key[0]], field, "unscheduled-without-date",
                "an unscheduled visit without its date", "a complete date", "Enter the date of the visit.",
            )  # fmt: skip
            continue
        before = max((number for at, number in regular if at and at[:10] <= date[:10]), default=0.0)
        counts[before] = counts.get(before, 0) + 1
        groups.append((before, date, key, row))
    done: dict[float, int] = {}
    for before, date, key, row in groups:
        done[before] = done.get(before, 0) + 1
        step = 10 if counts[before] <= _TENTHS else 100
        visits[key] = ActualVisit(round(before + done[before] / step, 2), UNSCHEDULED, date, row)
    return visits
