"""Draw one subject whole: disease, eligibility, visits, events; the result is filled-in forms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from mitograft.errors import UsageError
from mitograft.trial.protocol import Arm, Protocol
from mitograft.trial.simulate.disease import Disease, draw_disease, observe_enzyme, observe_measure, progress
from mitograft.trial.simulate.entry import may_enter
from mitograft.trial.simulate.laboratory import draw_levels, write_results
from mitograft.trial.simulate.person import (
    Draws,
    Ending,
    Person,
    draw_ending,
    draw_person,
    draw_schedule,
    infusion_minute,
    offset,
)
from mitograft.trial.simulate.safety import Fields, draw_events, draw_histories, draw_medication
from mitograft.trial.simulate.site import LOGS, FormRow, SubjectTruth
from mitograft.trial.simulate.truth import ArmTruth, MeasureTruth, TrialTruth

__all__ = ["Plan", "Seen", "screening_visit", "simulate_failure", "simulate_subject"]

_FIELDS = {
    "physician_global": ("core_set", "phyglob"),
    "extramuscular": ("core_set", "exmusc"),
    "mmt8": ("core_set", "mmt8"),
    "patient_global": ("patient_report", "patglob"),
    "haq": ("patient_report", "haqdi"),
}
_ATTEMPTS = 2000
_SCREEN_FAILURE = "5"
_UNSCHEDULED = "UNSCHEDULED"

Draw = tuple[Disease, Mapping[str, "Seen"]]


@dataclass(frozen=True)
class Plan:
    """What all subjects share: protocol, truth, seed."""

    protocol: Protocol
    truth: TrialTruth
    seed: int

    def draws(self, subject: str) -> Draws:
        """Return the streams of a subject."""
        return Draws(self.seed, self.protocol.study, subject)

    @property
    def measures(self) -> Mapping[str, MeasureTruth]:
        """Measures with the maximum of the strength test that the protocol uses."""
        most = float(self.protocol.mmt8_max)
        strength = self.truth.measures["mmt8"]
        scaled = replace(strength, max=most, noise=strength.noise * most / strength.max)
        return {**self.truth.measures, "mmt8": scaled}

    @property
    def primary_weeks(self) -> float:
        """Weeks from the dose to the primary visit."""
        visit = self.protocol.visit(self.protocol.primary_visit)
        return offset(visit.day) / 7 if visit is not None else 12.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What is measured at one visit: measures on their scales, enzymes in upper limits."""

    measures: Mapping[str, float]
    enzymes: Mapping[str, float]


def screening_visit(protocol: Protocol) -> str:
    """Return the first visit of the protocol."""
    return protocol.visits[0].name


def simulate_subject(
    plan: Plan, subject: str, arm: ArmTruth, dose: date
) -> tuple[list[FormRow], SubjectTruth]:
    """Draw an enrolled subject, dosed on that day.

    Raises
    ------
    UsageError
        If nobody drawn from the truth may enter.
    """
    draws = plan.draws(subject)
    schedule = draw_schedule(draws, plan.protocol, dose)
    person = draw_person(draws, arm.code, schedule[screening_visit(plan.protocol)])
    disease, entry = _draw_until(plan, draws, person, arm.effect, schedule, enters=True)
    ending = draw_ending(draws, arm, schedule, dose)
    events = draw_events(draws, plan.truth, arm, plan.protocol.dlt_days, (person.consent, dose, ending.day))
    if ending.reason == "2" and not events:
        ending = replace(ending, reason="3")
    rows: list[FormRow] = []
    for visit, day in schedule.items():
        if day > ending.day:
            continue
        weeks = (day - dose).days / 7
        seen = entry.get(visit) or _observe(plan, draws, disease, weeks, visit)
        rows += _visit_rows(plan, draws, person, visit, day, seen)
    rows += _unscheduled(plan, draws, person, disease, (schedule, dose, ending.day))
    rows += _baseline_rows(plan, draws, person, dose)
    rows += _logs(person, ending, [event.fields for event in events])
    medication = draw_medication(draws, plan.truth, person, events)
    rows += [_row(person, LOGS, "medication", given, instance=n) for n, given in enumerate(medication, 1)]
    dlt = any(event.fields["aedlt"] == "1" for event in events)
    return rows, _truth(plan, person, disease, enrolled=True, dlt=dlt)


def simulate_failure(plan: Plan, subject: str, day: date) -> tuple[list[FormRow], SubjectTruth]:
    """Draw a subject who is screened on that day and may not enter, being too strong.

    Raises
    ------
    UsageError
        If everybody drawn from the truth may enter.
    """
    draws, screening = plan.draws(subject), screening_visit(plan.protocol)
    person = draw_person(draws, "", day)
    disease, entry = _draw_until(plan, draws, person, 0.0, {screening: day}, enters=False)
    rows = _visit_rows(plan, draws, person, screening, day, entry[screening])
    rows += _logs(person, Ending(_SCREEN_FAILURE, day + timedelta(days=3)), [])
    return rows, _truth(plan, person, disease, enrolled=False, dlt=False)


def _draw_until(
    plan: Plan, draws: Draws, person: Person, effect: float, schedule: Mapping[str, date], *, enters: bool
) -> Draw:
    """Draw the disease again until the values measured before the dose allow entry, or do not."""
    before = [
        visit for visit in (screening_visit(plan.protocol), plan.protocol.baseline_visit) if visit in schedule
    ]
    for attempt in range(_ATTEMPTS):
        start, response = draws.stream("start", attempt), draws.stream("response", attempt)
        disease = draw_disease(plan.truth, effect, start, response)
        if not enters:
            strong = {"mmt8": float(start.uniform(0.02, 0.14))}
            disease = replace(disease, abnormality={**disease.abnormality, **strong})
        entry = {visit: _observe(plan, draws, disease, 0.0, visit, attempt) for visit in before}
        met = [
            may_enter(seen.measures, seen.enzymes, plan.measures["mmt8"], antibody=person.antibody)
            for seen in entry.values()
        ]
        if all(met) if enters else not any(met):
            return disease, entry
    found = "eligible" if enters else "ineligible"
    raise UsageError(f"Truth of a trial: found no {found} subject in {_ATTEMPTS} draws; expected one.")


def _observe(plan: Plan, draws: Draws, disease: Disease, weeks: float, visit: str, attempt: int = 0) -> Seen:
    rng = draws.stream("visit", visit, "core_set", attempt)
    gone = progress(weeks, plan.primary_weeks, plan.truth.half_time)
    measures = {
        name: observe_measure(truth, disease.measure(name, truth, gone), rng)
        for name, truth in plan.measures.items()
    }
    enzymes = {
        name: observe_enzyme(truth, disease.enzyme(name, truth, gone), rng)
        for name, truth in plan.truth.enzymes.items()
    }
    return Seen(measures, enzymes)


def _visit_rows(plan: Plan, draws: Draws, person: Person, visit: str, day: date, seen: Seen) -> list[FormRow]:
    before = visit in (screening_visit(plan.protocol), plan.protocol.baseline_visit)
    missing = _missing(plan, draws, visit) if not before else frozenset()
    forms: dict[str, Fields] = {"visit": {"visdat": day.isoformat()}}
    if visit == screening_visit(plan.protocol):
        forms |= _screening_forms(plan, draws, person, seen)
    forms["vital_signs"] = _vital_signs(draws, person, visit, height=visit == screening_visit(plan.protocol))
    forms |= {"core_set": {}, "patient_report": {}}
    for name, (form, field) in _FIELDS.items():
        if name not in missing:
            forms[form][field] = _number(seen.measures[name])
    enzymes = {name: value for name, value in seen.enzymes.items() if name not in missing}
    forms |= _laboratory(draws, person, visit, day, enzymes)
    rows = [_row(person, visit, form, fields) for form, fields in forms.items() if fields]
    if visit == screening_visit(plan.protocol):
        histories = draw_histories(draws, plan.truth, person)
        rows += [
            _row(person, visit, "medical_history", had, instance=n) for n, had in enumerate(histories, 1)
        ]
    return rows


def _missing(plan: Plan, draws: Draws, visit: str) -> frozenset[str]:
    rng = draws.stream("visit", visit, "missing")
    names = [*_FIELDS, *plan.truth.enzymes]
    return frozenset(name for name in names if rng.random() < plan.truth.missing_measure)


def _laboratory(
    draws: Draws, person: Person, visit: str, day: date, enzymes: Mapping[str, float]
) -> dict[str, Fields]:
    levels = draw_levels(draws.stream("levels"))
    entered = write_results(person, enzymes, levels, draws.stream("visit", visit, "laboratory"))
    return {
        "chemistry": {"lbdat": day.isoformat(), **entered["chemistry"]},
        "haematology": {"hedat": day.isoformat(), **entered["haematology"]},
    }


def _vital_signs(draws: Draws, person: Person, visit: str, *, height: bool) -> Fields:
    usual, rng = draws.stream("vitals"), draws.stream("visit", visit, "vitals")
    pressure, pulse = float(usual.normal(124, 10)), float(usual.normal(76, 8))
    fields = {"height": f"{person.height:.1f}"} if height else {}
    return fields | {
        "weight": f"{person.weight + float(rng.normal(0, 0.6)):.1f}",
        "sysbp": f"{pressure + float(rng.normal(0, 6)):.0f}",
        "diabp": f"{pressure * 0.63 + float(rng.normal(0, 4)):.0f}",
        "pulse": f"{pulse + float(rng.normal(0, 5)):.0f}",
        "temp": f"{float(rng.normal(36.6, 0.25)):.1f}",
    }


def _screening_forms(plan: Plan, draws: Draws, person: Person, seen: Seen) -> dict[str, Fields]:
    enters = may_enter(seen.measures, seen.enzymes, plan.measures["mmt8"], antibody=person.antibody)
    demography = {
        "data_kind": "simulated",
        "site": person.site["site"],
        "icfdat": person.consent.isoformat(),
        "brthdat": person.birth.isoformat(),
        "sex": "2" if person.sex == "F" else "1",
        "race___1": "1",
        "ethnic": "1",
    }
    eligibility = {"ieyn": "1" if enters else "0", "emg": "1", "msa": "1" if person.antibody else "0"}
    if not enters:
        eligibility["iereas"] = "MMT-8 or core set criteria"
    diagnosed = person.diagnosed
    since = f"{diagnosed:%Y-%m}-UNK" if draws.stream("diagnosed").random() < 0.5 else diagnosed.isoformat()
    return {
        "demography": demography,
        "eligibility": eligibility,
        "diagnosis": {"dxtype": "1" if person.diagnosis == "PM" else "2", "dxdat": since},
    }


def _unscheduled(
    plan: Plan,
    draws: Draws,
    person: Person,
    disease: Disease,
    period: tuple[Mapping[str, date], date, date],
) -> Iterator[FormRow]:
    """Yield the visits nobody planned, for vital signs and laboratory; none on the day of a planned one."""
    schedule, dose, last = period
    rng = draws.stream("unscheduled")
    after = rng.integers(1, max(2, (last - dose).days), int(rng.poisson(plan.truth.unscheduled))).tolist()
    days = {dose + timedelta(days=number) for number in after} - set(schedule.values())
    for occurrence, day in enumerate(sorted(day for day in days if day < last), 1):
        name = f"{_UNSCHEDULED} {occurrence}"
        seen = _observe(plan, draws, disease, (day - dose).days / 7, name)
        forms = {
            "visit": {"visdat": day.isoformat()},
            "vital_signs": _vital_signs(draws, person, name, height=False),
            **_laboratory(draws, person, name, day, seen.enzymes),
        }
        for form, fields in forms.items():
            yield _row(person, _UNSCHEDULED, form, fields, occurrence=occurrence)


def _lot(plan: Plan, arm: Arm) -> str:
    named = next((truth.lot for truth in plan.truth.arms if truth.code == arm.code), "")
    return named or f"{'PBO' if arm.placebo else 'LOT'}-{arm.order:02d}"


def _baseline_rows(plan: Plan, draws: Draws, person: Person, dose: date) -> Iterator[FormRow]:
    visit, arm = plan.protocol.baseline_visit, plan.protocol.arm(person.arm)
    if arm is None:
        return
    codes = [known.code for known in plan.protocol.arms]
    yield _row(person, visit, "allocation", {"cohort": str(codes.index(arm.code) + 1)})
    minute = infusion_minute(draws)
    dosing = {
        "extrt": "2" if arm.placebo else "1",
        "exdose": _number(arm.dose or 0.0),
        "exlot": _lot(plan, arm),
        "exstdat": dose.isoformat(),
        "exsttim": f"10:{minute:02d}",
        "exentim": f"10:{minute + 30:02d}" if minute < 30 else f"11:{minute - 30:02d}",
    }
    yield _row(person, visit, "dosing", dosing, instance=1)


def _logs(person: Person, ending: Ending, events: list[Fields]) -> Iterator[FormRow]:
    for number, fields in enumerate(events, 1):
        yield _row(person, LOGS, "adverse_events", fields, instance=number)
    yield _row(person, LOGS, "end_of_study", {"dsreas": ending.reason, "dsdat": ending.day.isoformat()})


def _row(
    person: Person, event: str, form: str, values: Fields, *, occurrence: int = 0, instance: int = 0
) -> FormRow:
    return FormRow(person.subject, event, form, values, occurrence, instance)


def _truth(plan: Plan, person: Person, disease: Disease, *, enrolled: bool, dlt: bool) -> SubjectTruth:
    def all_at(gone: float) -> dict[str, float]:
        return {
            **{name: disease.measure(name, truth, gone) for name, truth in plan.measures.items()},
            **{name: disease.enzyme(name, truth, gone) for name, truth in plan.truth.enzymes.items()},
        }

    return SubjectTruth(person.subject, person.arm, enrolled, disease.share, all_at(0.0), all_at(1.0), dlt)


def _number(value: float) -> str:
    return f"{value:g}"
