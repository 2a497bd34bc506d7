"""Typing errors on request, so that the checks can be tried through the files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from mitograft.errors import UsageError
from mitograft.trial.protocol import Protocol
from mitograft.trial.simulate.site import LOGS, FormRow
from mitograft.trial.simulate.truth import Mistake

__all__ = ["make_mistakes"]

Rows = list[FormRow]
Make = Callable[[Rows, str, Protocol], Rows]
_EVENT = {
    "aeterm": "Headache",
    "aesev": "1",
    "aegr": "1",
    "aeser": "0",
    "aerel": "1",
    "aeacn": "3",
    "aeout": "1",
    "aedlt": "0",
}


def make_mistakes(
    rows: Sequence[FormRow], mistakes: Sequence[Mistake], protocol: Protocol
) -> tuple[FormRow, ...]:
    """Return the rows with the typing errors made; each concerns one subject.

    Raises
    ------
    UsageError
        If a mistake names a subject who was not dosed.
    """
    made = list(rows)
    dosed = [row.subject for row in rows if row.form == "dosing"]
    for number, mistake in enumerate(mistakes):
        if not dosed or mistake.subject not in ("", *dosed):
            raise UsageError(
                f"Mistake {mistake.kind}: found no such dosed subject; expected one of the trial."
            )
        subject = mistake.subject or dosed[number % len(dosed)]
        made = _MAKERS[mistake.kind](made, subject, protocol)
    return tuple(made)


def _change(rows: Rows, subject: str, form: str, changes: Mapping[str, str], event: str = "") -> Rows:
    """Change fields of the first row of a form (at an event) of the subject."""
    for place, row in enumerate(rows):
        if row.subject == subject and row.form == form and row.event == (event or row.event):
            return [*rows[:place], replace(row, values={**row.values, **changes}), *rows[place + 1 :]]
    return rows


def _value(rows: Rows, subject: str, form: str, field: str, event: str = "") -> str:
    for row in rows:
        if row.subject == subject and row.form == form and row.event == (event or row.event):
            return row.values.get(field, "")
    return ""


def _dose_day(rows: Rows, subject: str) -> date:
    return date.fromisoformat(_value(rows, subject, "dosing", "exstdat"))


def _add_event(rows: Rows, subject: str, fields: Mapping[str, str], *, owner: str | None = None) -> Rows:
    """Add an adverse event after the last one, or after the last row of the visits."""
    mine = [place for place, row in enumerate(rows) if row.subject == subject and row.event != LOGS]
    events = [
        place for place, row in enumerate(rows) if row.subject == subject and row.form == "adverse_events"
    ]
    place = (events or mine)[-1] + 1
    instance = len(events) + 1
    row = FormRow(subject if owner is None else owner, LOGS, "adverse_events", fields, instance=instance)
    return [*rows[:place], row, *rows[place:]]


def _dated(rows: Rows, subject: str, after: int, lasts: int) -> dict[str, str]:
    start = _dose_day(rows, subject) + timedelta(days=after)
    return {**_EVENT, "aestdat": start.isoformat(), "aeendat": (start + timedelta(days=lasts)).isoformat()}


def _unit_mismatch(rows: Rows, subject: str, protocol: Protocol) -> Rows:
    return _change(rows, subject, "chemistry", {"creat_u": "U/L"}, protocol.baseline_visit)


def _date_swap(rows: Rows, subject: str, _: Protocol) -> Rows:
    return _add_event(rows, subject, _dated(rows, subject, 6, -3))


def _event_before_birth(rows: Rows, subject: str, _: Protocol) -> Rows:
    birth = date.fromisoformat(_value(rows, subject, "demography", "brthdat"))
    early = (birth - timedelta(days=400)).isoformat()
    return _add_event(rows, subject, {**_dated(rows, subject, 5, 2), "aestdat": early})


def _dose_after_death(rows: Rows, subject: str, _: Protocol) -> Rows:
    died = _dose_day(rows, subject) - timedelta(days=2)
    return _change(rows, subject, "end_of_study", {"dsreas": "6", "dsdat": died.isoformat()})


def _visit_order(rows: Rows, subject: str, protocol: Protocol) -> Rows:
    """Exchange the dates of the two visits after baseline that come first."""
    later = [visit.name for visit in protocol.visits if visit.day > 1][:2]
    days = [_value(rows, subject, "visit", "visdat", name) for name in later]
    for name, day in zip(later, reversed(days), strict=True):
        rows = _change(rows, subject, "visit", {"visdat": day}, name)
    return rows


def _unknown_term(rows: Rows, subject: str, _: Protocol) -> Rows:
    return _add_event(
        rows, subject, {**_dated(rows, subject, 9, 1), "aeterm": "Glimmering of the left elbow"}
    )


def _duplicate_record(rows: Rows, subject: str, _: Protocol) -> Rows:
    fields = _dated(rows, subject, 12, 1)
    return _add_event(_add_event(rows, subject, fields), subject, fields)


def _missing_id(rows: Rows, subject: str, _: Protocol) -> Rows:
    return _add_event(rows, subject, _dated(rows, subject, 4, 1), owner="")


def _second_dose(rows: Rows, subject: str, _: Protocol) -> Rows:
    place = next(n for n, row in enumerate(rows) if row.subject == subject and row.form == "dosing")
    again = (_dose_day(rows, subject) + timedelta(days=1)).isoformat()
    second = replace(rows[place], values={**rows[place].values, "exstdat": again}, instance=2)
    return [*rows[: place + 1], second, *rows[place + 1 :]]


def _ineligible(rows: Rows, subject: str, protocol: Protocol) -> Rows:
    strong = str(round(0.95 * protocol.mmt8_max))
    return _change(rows, subject, "core_set", {"mmt8": strong}, protocol.baseline_visit)


_MAKERS: Mapping[str, Make] = {
    "unit_mismatch": _unit_mismatch,
    "date_swap": _date_swap,
    "event_before_birth": _event_before_birth,
    "dose_after_death": _dose_after_death,
    "visit_order": _visit_order,
    "unknown_term": _unknown_term,
    "duplicate_record": _duplicate_record,
    "missing_id": _missing_id,
    "second_dose": _second_dose,
    "ineligible": _ineligible,
}
