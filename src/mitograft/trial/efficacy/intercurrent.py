"""Intercurrent events of treated subjects: rescue medication, change of background dose, death.

From the medication records of SDTM (CM) and the subject-level data set:

* ``rescue``: the first record, starting after the day of dosing, of a drug in a rescue category that the
  subject did not take at dosing;
* ``dose change``: the first day after dosing on which the daily dose of a background drug (sum of its records
  of that day, dose times administrations a day) is further from that at dosing than the limit, up or down;
  a drug that stops has a daily dose of 0;
* ``death``: the date of death.

A partial date counts from its earliest possible day, as the earlier event asks more of the analysis; the note
says so. A dose without amount or with an unknown frequency cannot be compared and is told as ``unclear``.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from mitograft.tables.parameters import Parameters, load_parameters, load_rows
from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.efficacy.estimand import Event
from mitograft.trial.sdtm.dates import parse_date

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Intercurrent", "IntercurrentEvent", "find_intercurrent", "load_efficacy_settings"]

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class IntercurrentEvent:
    """One event: whose, which, on which date and study day, what was seen, rows of CM behind it."""

    subject: str
    kind: Event
    date: dt.date
    day: int
    what: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Intercurrent:
    """All events, by subject and day, and what could not be told."""

    events: tuple[IntercurrentEvent, ...]
    unclear: tuple[str, ...]

    def of(self, subject: str) -> tuple[IntercurrentEvent, ...]:
        """Return the events of a subject, the earliest first."""
        return tuple(event for event in self.events if event.subject == subject)


@dataclass(frozen=True, slots=True)
class _Course:
    """One record of a drug: days given, amount a day (None: unknown), row of CM, words."""

    first: dt.date
    last: dt.date | None
    daily: Fraction | None
    row: int
    partial: bool

    def on(self, day: dt.date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


def load_efficacy_settings() -> Parameters:
    """Return the rules of efficacy analyses, each with its citation."""
    return load_parameters("mitograft.trial.efficacy", "settings.csv")


def find_intercurrent(adsl: Dataset, collected: Datasets, settings: Parameters | None = None) -> Intercurrent:
    """Find the intercurrent events of all subjects who were dosed.

    Parameters
    ----------
    adsl
        The subject-level data set.
    collected
        SDTM; without CM only deaths can be found, which ``unclear`` says.
    settings
        Categories and limit; the shipped ones by default.
    """
    import polars as pl

    rules = settings or load_efficacy_settings()
    dosed = adsl.frame.filter(pl.col("SAFFL") == "Y", pl.col("TRTSDT").is_not_null())
    start = dict(zip(dosed["USUBJID"].to_list(), dosed["TRTSDT"].to_list(), strict=True))
    events = list(_deaths(dosed))
    unclear: list[str] = []
    if "CM" not in collected:
        unclear.append("No medication was collected (CM): rescue and changes of dose cannot be seen.")
    else:
        for subject, drugs in _courses(collected["CM"].frame, start, rules).items():
            events += _of_subject(subject, start[subject], drugs, rules, unclear)
    ordered = sorted(events, key=lambda event: (event.subject, event.day, event.kind, event.what))
    return Intercurrent(tuple(ordered), tuple(unclear))


def _study_day(date: dt.date, start: dt.date) -> int:
    days = (date - start).days
    return days + 1 if days >= 0 else days


def _deaths(dosed: "pl.DataFrame") -> Iterator[IntercurrentEvent]:
    if "DTHDT" not in dosed.columns:
        return
    for subject, start, death in dosed.select("USUBJID", "TRTSDT", "DTHDT").iter_rows():
        if death is not None:
            yield IntercurrentEvent(subject, "death", death, _study_day(death, start), "death")


Drugs = Mapping[tuple[str, str], list[_Course]]


def _courses(cm: "pl.DataFrame", start: Mapping[str, dt.date], rules: Parameters) -> Mapping[str, Drugs]:
    """Return each dosed subject's records by category and drug."""
    wanted = {*_categories(rules, "rescue_categories"), *_categories(rules, "background_categories")}
    by_subject: dict[str, dict[tuple[str, str], list[_Course]]] = {}
    for number, row in enumerate(cm.iter_rows(named=True)):
        category = (row.get("CMCAT") or "").upper()
        subject = row["USUBJID"]
        if subject not in start or category not in wanted:
            continue
        name = (row.get("CMDECOD") or row.get("CMTRT") or "").strip().lower()
        course = _course(row, number)
        if course is not None:
            by_subject.setdefault(subject, {}).setdefault((category, name), []).append(course)
    return by_subject


def _categories(rules: Parameters, key: str) -> tuple[str, ...]:
    return tuple(part.strip().upper() for part in rules[key].value.split("|") if part.strip())


def _course(row: Mapping[str, Any], number: int) -> _Course | None:
    begun, ended = (parse_date(row.get(name) or "") for name in ("CMSTDTC", "CMENDTC"))
    first = begun.days() if begun else None
    last = ended.days() if ended else None
    from_day = first[0] if first else dt.date.min  # without a start it was taken before the study
    partial = bool(begun and not begun.complete)
    return _Course(from_day, last[1] if last else None, _daily(row), number, partial)


def _daily(row: Mapping[str, Any]) -> Fraction | None:
    amount, often = row.get("CMDOSE"), _frequencies().get((row.get("CMDOSFRQ") or "").upper())
    if amount is None or often is None:
        return None
    return Fraction(str(amount)) * often


@cache
def _frequencies() -> Mapping[str, Fraction]:
    rows = load_rows("mitograft.trial.efficacy", "frequencies.csv")
    return {row["code"]: Fraction(row["per_day"]) for row in rows}


def _of_subject(
    subject: str, start: dt.date, drugs: Drugs, rules: Parameters, unclear: list[str]
) -> Iterator[IntercurrentEvent]:
    rescue, background = (_categories(rules, f"{kind}_categories") for kind in ("rescue", "background"))
    limit = rules["dose_change_limit"].fraction / 100
    for (category, name), courses in sorted(drugs.items()):
        taken = [course for course in courses if course.on(start)]
        if not taken:
            later = [course for course in courses if course.first > start]
            if later and category in rescue:
                yield _rescue(subject, start, name, min(later, key=lambda course: (course.first, course.row)))
        elif category in background:
            changed = _change(start, courses, limit)
            if isinstance(changed, str):
                unclear.append(f"{subject}: the daily dose of {name} cannot be told on every day.")
            elif changed is not None:
                day, words, rows = changed
                yield IntercurrentEvent(
                    subject, "dose change", day, _study_day(day, start), f"{name}: {words}", rows
                )


def _rescue(subject: str, start: dt.date, name: str, course: _Course) -> IntercurrentEvent:
    words = f"{name} begun" + (" (partial date, earliest day taken)" if course.partial else "")
    day = _study_day(course.first, start)
    return IntercurrentEvent(subject, "rescue", course.first, day, words, (course.row,))


def _change(
    start: dt.date, courses: Sequence[_Course], limit: Fraction
) -> tuple[dt.date, str, tuple[int, ...]] | str | None:
    """Return the first day beyond the limit; ``unclear`` where a daily dose cannot be told."""
    turns = {course.first for course in courses if course.first > start}
    turns |= {course.last + _DAY for course in courses if course.last is not None and course.last >= start}
    if not turns:
        return None
    before = _sum(courses, start)
    for day in sorted(turns):
        now = _sum(courses, day)
        if before is None or now is None:
            return "unclear"
        if abs(now - before) > limit * before:
            rows = tuple(c.row for c in courses if c.on(day) or c.on(start))
            return day, f"daily dose {float(before):g} to {float(now):g}", rows
    return None


def _sum(courses: Iterable[_Course], day: dt.date) -> Fraction | None:
    daily = [course.daily for course in courses if course.on(day)]
    known = [amount for amount in daily if amount is not None]
    return sum(known, Fraction(0)) if len(known) == len(daily) else None
