"""Draw who a subject is, when the visits are, and how the trial ends for the subject."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from mitograft.seeds import stream
from mitograft.tables.parameters import load_rows
from mitograft.trial.protocol import Protocol, Visit
from mitograft.trial.simulate.truth import PACKAGE, ArmTruth, TrialTruth, assumptions

__all__ = [
    "Draws",
    "Ending",
    "Person",
    "draw_ending",
    "draw_person",
    "draw_schedule",
    "infusion_minute",
    "offset",
    "partial",
    "sites",
]

_YEAR = 365.25
# Codes of the form: adverse event, withdrawal, lost to follow-up.
_REASONS, _WEIGHTS = ("2", "3", "4"), (0.2, 0.5, 0.3)
_COMPLETED = "1"


@dataclass(frozen=True, slots=True)
class Draws:
    """The random streams of one subject; another subject or one more draw changes none of them."""

    seed: int
    study: str
    subject: str

    def stream(self, *path: str | int) -> np.random.Generator:
        """Return the stream of one draw of this subject."""
        return stream(self.seed, "trial", self.study, "subject", self.subject, *path)


@dataclass(frozen=True, slots=True)
class Person:
    """One subject as enrolled or screened: place, dates, body, diagnosis.

    ``arm`` is "" for a screen failure; ``sex`` is F or M; ``diagnosis`` PM or DM.
    """

    subject: str
    site: Mapping[str, str]
    arm: str
    sex: str
    birth: date
    consent: date
    diagnosis: str
    diagnosed: date
    antibody: bool
    height: float
    weight: float


@dataclass(frozen=True, slots=True)
class Ending:
    """How the trial ended: code of the form, last day."""

    reason: str
    day: date


@lru_cache(maxsize=1)
def sites() -> tuple[Mapping[str, str], ...]:
    """Return the invented sites."""
    return tuple(load_rows(PACKAGE, "sites.csv"))


def offset(day: int) -> int:
    """Return days after the dose of a study day, which has no day 0.

    >>> offset(1), offset(85), offset(-14)
    (0, 84, -14)
    """
    return day - 1 if day > 0 else day


def draw_person(draws: Draws, arm: str, consent: date) -> Person:
    """Draw a subject who consents on that day."""
    assumed, rng = assumptions(), draws.stream("person")
    years = float(np.clip(rng.normal(assumed["age_mean"], assumed["age_sd"]), assumed["age_min"] + 0.5, 79.5))
    sex = "F" if rng.random() < assumed["female"] else "M"
    height = round(float(rng.normal(158.0 if sex == "F" else 171.0, 6.0)), 1)
    bmi = float(np.clip(rng.normal(assumed["bmi_mean"], assumed["bmi_sd"]), 16.5, 38.0))
    spread = assumed["disease_years_spread"]
    ill = min(years - 18.0, assumed["disease_years_median"] * float(np.exp(spread * rng.standard_normal())))
    return Person(
        subject=draws.subject,
        site=sites()[int(rng.integers(len(sites())))],
        arm=arm,
        sex=sex,
        birth=consent - timedelta(days=round(years * _YEAR)),
        consent=consent,
        diagnosis="DM" if rng.random() < assumed["dermatomyositis"] else "PM",
        diagnosed=consent - timedelta(days=round(max(0.2, ill) * _YEAR)),
        antibody=bool(rng.random() < assumed["antibody"]),
        height=height,
        weight=round(bmi * (height / 100) ** 2, 1),
    )


def draw_schedule(draws: Draws, protocol: Protocol, dose: date) -> dict[str, date]:
    """Draw the dates of the planned visits, in order and within their windows."""
    dates: dict[str, date] = {}
    earliest = date.min
    for visit in protocol.visits:
        day = dose + timedelta(days=_visit_offset(draws, visit))
        dates[visit.name] = earliest = max(day, earliest)
        earliest += timedelta(days=1)
    return dates


def _visit_offset(draws: Draws, visit: Visit) -> int:
    jitter = int(draws.stream("visit", visit.name, "date").integers(-visit.before, visit.after + 1))
    return offset(visit.day) + jitter


def draw_ending(draws: Draws, arm: ArmTruth, schedule: Mapping[str, date], dose: date) -> Ending:
    """Draw whether the subject leaves early; the hazard is constant from the dose on."""
    rng, last = draws.stream("ending"), max(schedule.values())
    weeks = float(rng.exponential()) / arm.dropout if arm.dropout > 0 else np.inf
    reason = str(rng.choice(_REASONS, p=_WEIGHTS))
    if weeks * 7 >= (last - dose).days:
        return Ending(_COMPLETED, last)
    return Ending(reason, dose + timedelta(days=1 + int(weeks * 7)))


def infusion_minute(draws: Draws) -> int:
    """Return at how many minutes past ten the infusion of a subject begins."""
    return int(draws.stream("dosing").integers(0, 60))


def partial(day: date, truth: TrialTruth, rng: np.random.Generator) -> str:
    """Write a date as a site does that does not always know the day, or the day and the month."""
    chance, whole = rng.random(2)
    if chance >= truth.partial_dates:
        return day.isoformat()
    return f"{day.year}-UNK-UNK" if whole < 0.25 else f"{day:%Y-%m}-UNK"
