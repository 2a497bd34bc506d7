"""Adverse events, other diseases and medication of a subject."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from mitograft.tables.parameters import load_rows
from mitograft.trial.simulate.person import Draws, Person, infusion_minute, partial
from mitograft.trial.simulate.truth import PACKAGE, ArmTruth, TrialTruth, assumptions

__all__ = ["Event", "Fields", "draw_events", "draw_histories", "draw_medication"]

Fields = dict[str, str]
Period = tuple[date, date, date]
_DLT = "Infusion related reaction"
_SEVERE = 3
_MOST_EVENTS = 20
_HOUR = 10  # of the infusion
_LONGEST = 13 * 60  # minutes after it: still the same day


@dataclass(frozen=True, slots=True)
class Event:
    """An adverse event: true days, whether it was over in time, remedy ("" for none), fields of the form."""

    first: date
    last: date
    ended: bool
    remedy: str
    fields: Fields


@lru_cache(maxsize=4)
def _rows(name: str) -> tuple[Mapping[str, str], ...]:
    return tuple(load_rows(PACKAGE, name))


def draw_events(draws: Draws, truth: TrialTruth, arm: ArmTruth, dlt_days: int, period: Period) -> list[Event]:
    """Draw the adverse events of a subject, by day of start.

    Related events within the window are below grade 3, unless they are the dose-limiting toxicity of the arm.

    Parameters
    ----------
    draws, truth, arm
        Streams of the subject, truth of the trial and of the arm.
    dlt_days
        Length of the window for dose-limiting toxicity.
    period
        Days of consent, of the dose and of the end.
    """
    _, dose, last = period
    window = dose + timedelta(days=dlt_days)
    drawn = [event for row in _rows("events.csv") for event in _of_term(draws, truth, arm, row, period)]
    events = [_mild(event) if event.first <= window else event for event in _distinct(drawn)]
    rng = draws.stream("dlt")
    if rng.random() < arm.dlt:
        start = min(last, dose + timedelta(days=int(rng.integers(0, dlt_days + 1))))
        row = next(row for row in _rows("events.csv") if row["term"] == _DLT)
        event = _describe(row, rng, truth, (start, last), related=True, grade=_SEVERE)
        events = [replace(event, fields={**event.fields, "aedlt": "1"}), *events]
    timed = [_timed(draws, event, dose) for event in _distinct(events)]
    return sorted(timed, key=lambda event: event.first)


def _distinct(events: Sequence[Event]) -> list[Event]:
    """Leave out an event that reads like one before it: same term, same start as entered."""
    kept = {(event.fields["aeterm"], event.fields["aestdat"]): event for event in reversed(events)}
    return list(reversed(kept.values()))


def _timed(draws: Draws, event: Event, dose: date) -> Event:
    """Add the time of the start to a reaction on the day of the infusion: the site was watching then."""
    fields = event.fields
    reactions = {row["term"] for row in _rows("events.csv") if row["infusion"] == "yes"}
    if fields["aeterm"] not in reactions or fields["aerel"] == "1" or fields["aestdat"] != dose.isoformat():
        return event
    rng = draws.stream("event time", fields["aeterm"])
    after = min(_LONGEST, infusion_minute(draws) + int(rng.exponential(assumptions()["reaction_minutes"])))
    return replace(event, fields={**fields, "aesttim": f"{_HOUR + after // 60:02d}:{after % 60:02d}"})


def _mild(event: Event) -> Event:
    """Make a severe related event moderate."""
    fields = event.fields
    if fields["aerel"] == "1" or fields["aegr"] != str(_SEVERE):
        return event
    return replace(event, fields={**fields, "aegr": "2", "aesev": "2", "aeser": "0"})


def _of_term(
    draws: Draws, truth: TrialTruth, arm: ArmTruth, row: Mapping[str, str], period: Period
) -> Iterator[Event]:
    """Draw events of one term: a part related to the treatment, which the arm multiplies, and the rest."""
    consent, dose, last = period
    for related in (True, False):
        rng = draws.stream("event", row["term"], int(related))
        share = float(row["related"]) if related else 1 - float(row["related"])
        rate = float(row["rate"]) * share * (arm.related if related else 1.0)
        for _ in range(min(_MOST_EVENTS, int(rng.poisson(rate)))):
            first = dose if related else consent
            within = 2 if related and row["infusion"] == "yes" else (last - first).days
            start = min(last, first + timedelta(days=int(rng.integers(0, max(1, within)))))
            grade = _SEVERE if rng.random() < float(row["severe"]) else int(rng.integers(1, _SEVERE))
            yield _describe(row, rng, truth, (start, last), related=related, grade=grade)


def _describe(
    row: Mapping[str, str],
    rng: np.random.Generator,
    truth: TrialTruth,
    days: tuple[date, date],
    *,
    related: bool,
    grade: int,
) -> Event:
    start, last = days
    end = start + timedelta(days=int(rng.poisson(float(row["days"]))))
    serious = grade == _SEVERE and rng.random() < float(row["serious"])
    ended = end <= last
    fields = {
        "aeterm": row["term"],
        "aesev": str(min(3, grade)),
        "aegr": str(grade),
        "aeser": "1" if serious else "0",
        "aerel": str(rng.choice(["2", "3"])) if related else "1",
        "aeacn": "3",
        "aeout": "1" if ended else "3",
        "aedlt": "0",
        "aestdat": partial(start, truth, rng),
    }
    if ended:
        fields["aeendat"] = partial(end, truth, rng)
    return Event(start, end, ended, row["remedy"], fields)


def draw_histories(draws: Draws, truth: TrialTruth, person: Person) -> list[Fields]:
    """Draw diseases other than myositis; day or month of their onset may be unknown."""
    found: list[Fields] = []
    for row in _rows("histories.csv"):
        rng = draws.stream("history", row["term"])
        if rng.random() >= float(row["rate"]):
            continue
        years = float(row["years"]) * float(np.exp(0.5 * rng.standard_normal()))
        day = max(person.birth, person.consent - timedelta(days=30 + round(365.25 * years)))
        parts = partial(day, truth, rng).split("-")
        names = ("mhyear", "mhmonth", "mhday")
        known = {name: part for name, part in zip(names, parts, strict=True) if part != "UNK"}
        found.append({"mhterm": row["term"], **known})
    return found


def draw_medication(draws: Draws, truth: TrialTruth, person: Person, events: Sequence[Event]) -> list[Fields]:
    """Draw prednisolone, one immunosuppressant, and what was given for adverse events."""
    rng = draws.stream("medication")
    rows = _rows("immunosuppressants.csv")
    weights = np.array([float(row["weight"]) for row in rows])
    drug = rows[int(rng.choice(len(rows), p=weights / weights.sum()))]
    steroid = 5 * max(2, round(person.weight * float(rng.uniform(0.2, 0.5)) / 5))
    since = [person.consent - timedelta(days=int(rng.integers(60, 1000))) for _ in range(2)]
    given = [
        _drug("Prednisolone", "1", f"{steroid}", "mg", "QD", "Myositis", partial(since[0], truth, rng)),
        _drug(
            *(drug["drug"], "2", drug["dose"], drug["unit"], drug["frequency"], "Myositis"),
            partial(since[1], truth, rng),
        ),
    ]
    for event in events:
        if event.remedy:
            reason = event.fields["aeterm"]
            remedy = _drug(event.remedy, "3", "", "", "", reason, event.first.isoformat())
            given.append(remedy | ({"cmendat": event.last.isoformat()} if event.ended else {}))
    return list({(drug["cmtrt"], drug["cmstdat"]): drug for drug in reversed(given)}.values())[::-1]


def _drug(*values: str) -> Fields:
    names = ("cmtrt", "cmcat", "cmdose", "cmdosu", "cmfrq", "cmindc", "cmstdat")
    return {name: value for name, value in zip(names, values, strict=True) if value}
