"""Decisions while patients are still inside their window for toxicity.

A trial treats patients in real time. A patient's window is over when no DLT occurred up to ``window`` days
after the dose (dosed on day 1 and a window of 14 days: followed to day 15). Until then the patient is
*pending*.

``judge_pending`` asks the design for its next step under every outcome the pending patients can still have.
If all outcomes lead to the same step, that step is certain and may be taken today. If not, the trial waits:
``earliest`` is the first day on which the step is certain if nobody has another DLT, ``latest`` the day on
which all windows are over. A DLT can make the step certain earlier.

No assumption is made about when DLT occur, and no partial follow-up is weighed; a design for that is
``tite_boin``.

Patients who left before their window was over, without a DLT, are not evaluable: they are counted for no
decision, and are to be replaced. A DLT after the window is not one of the window.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from mitograft.errors import UsageError
from mitograft.trial.escalation.design import Cohort, Design, Recommendation

__all__ = [
    "DosedPatient",
    "OngoingCohort",
    "PendingDecision",
    "PendingOutcome",
    "check_days",
    "judge_pending",
    "waiting_rule",
]


@dataclass(frozen=True, slots=True)
class DosedPatient:
    """A treated patient: day of the dose, day of the first DLT, day of leaving; None where there was none."""

    dosed: int
    dlt: int | None = None
    left: int | None = None

    def __post_init__(self) -> None:
        """Refuse days in an impossible order.

        Raises
        ------
        UsageError
            If the patient had a DLT or left before the dose, or had a DLT after leaving.
        """
        last = self.dlt if self.left is None else self.left
        known = [day for day in (self.dosed, self.dlt, last) if day is not None]
        if known != sorted(known):
            raise UsageError(
                f"Patient: found dose on day {self.dosed}, DLT on day {self.dlt}, left on day {self.left}; "
                "expected the dose first and no DLT after leaving."
            )

    def toxic(self, window: int) -> bool:
        """Say whether a DLT occurred within so many days of the dose."""
        return self.dlt is not None and self.dlt <= self.dosed + window

    def unevaluable(self, window: int) -> bool:
        """Say whether the patient left before the window was over, without a DLT in it."""
        early = self.left is not None and self.left < self.dosed + window
        return early and not self.toxic(window)


@dataclass(frozen=True, slots=True)
class OngoingCohort:
    """Patients treated at one dose, in the order in which cohorts were begun."""

    dose: int
    patients: tuple[DosedPatient, ...]
    backfill: bool = False

    def counted(self, window: int) -> Cohort | None:
        """Return the cohort as if nothing more happened; None where nobody is counted."""
        treated = sum(not patient.unevaluable(window) for patient in self.patients)
        toxic = sum(patient.toxic(window) for patient in self.patients)
        return Cohort(self.dose, treated, toxic, self.backfill) if treated else None

    def pending(self, day: int, window: int) -> tuple[DosedPatient, ...]:
        """Return the patients who are inside their window on a day, as far as is known now."""
        return tuple(
            patient
            for patient in self.patients
            if day < patient.dosed + window and not patient.toxic(window) and not patient.unevaluable(window)
        )


@dataclass(frozen=True, slots=True)
class PendingOutcome:
    """One way the pending patients can turn out: further DLT in each cohort, and the step that follows."""

    further: tuple[int, ...]
    said: Recommendation


@dataclass(frozen=True, slots=True)
class PendingDecision:
    """What can be decided today.

    Parameters
    ----------
    pending
        Patients still inside their window.
    unevaluable
        Patients who left inside it without a DLT.
    outcomes
        Every outcome of the pending patients with the step that follows.
    certain
        The step, where all outcomes lead to the same; otherwise None.
    earliest
        First day on which the step is certain if nobody has another DLT; today where it is certain now.
    latest
        Day on which all windows are over; today where none is open.
    reason
        The same in words.
    """

    pending: int
    unevaluable: int
    outcomes: tuple[PendingOutcome, ...]
    certain: Recommendation | None
    earliest: int
    latest: int
    reason: str


def judge_pending(
    design: Design, cohorts: Sequence[OngoingCohort], today: int, window: int = 14
) -> PendingDecision:
    """Return what can be decided at the end of a day.

    Parameters
    ----------
    design
        Any design.
    cohorts
        Cohorts in the order in which they were begun, with all patients dosed so far.
    today
        Day of the decision, on the same scale as the days of the patients.
    window
        Days after the dose within which a DLT counts.

    Raises
    ------
    UsageError
        If the window has no day, or a patient's day lies in the future.

    >>> from mitograft.trial.escalation.three_plus_three import ThreePlusThree
    >>> first = OngoingCohort(1, (DosedPatient(1), DosedPatient(8), DosedPatient(20)))
    >>> found = judge_pending(ThreePlusThree(3, "nct04976140"), [first], today=24)
    >>> found.certain, found.earliest
    (None, 34)
    """
    if window < 1:
        raise UsageError(f"Window for toxicity: found {window} days, expected at least 1.")
    check_days(cohorts, today)
    outcomes = _outcomes(design, cohorts, today, window)
    waiting = [patient.dosed + window for cohort in cohorts for patient in cohort.pending(today, window)]
    days = [today, *sorted(set(waiting))]
    earliest = next(day for day in days if _same(_outcomes(design, cohorts, day, window)) is not None)
    pending = len(waiting)
    left = sum(patient.unevaluable(window) for cohort in cohorts for patient in cohort.patients)
    certain = _same(outcomes)
    reason = _words(pending, outcomes, certain, (earliest, days[-1]), window)
    return PendingDecision(pending, left, outcomes, certain, earliest, days[-1], reason)


def waiting_rule(window: int = 14) -> str:
    """Return the rule of this module in words, for a protocol or a report."""
    return (
        f"The next step is decided when every patient so far was followed for {window} days after the dose "
        "or had a dose-limiting toxicity (DLT) in that time. It is decided earlier if no outcome of the "
        "patients still inside their window could change it. Until then no new cohort is begun. A patient "
        "who leaves before the window is over, without a DLT, is not counted and is replaced."
    )


def check_days(cohorts: Sequence[OngoingCohort], today: int) -> None:
    """Raise UsageError where a patient's day lies after today."""
    for number, cohort in enumerate(cohorts, start=1):
        for patient in cohort.patients:
            last = max(day for day in (patient.dosed, patient.dlt, patient.left) if day is not None)
            if last > today:
                raise UsageError(
                    f"Cohort {number}: found day {last} of a patient, after today (day {today}); "
                    "expected what has happened so far."
                )


def _outcomes(
    design: Design, cohorts: Sequence[OngoingCohort], day: int, window: int
) -> tuple[PendingOutcome, ...]:
    """Return every outcome of those pending on a day if nothing more happens until then."""
    known = [(cohort.counted(window), len(cohort.pending(day, window))) for cohort in cohorts]
    counted = [(cohort, pending) for cohort, pending in known if cohort is not None]
    found: list[PendingOutcome] = []
    for further in product(*(range(pending + 1) for _, pending in counted)):
        path = [replace(c, toxic=c.toxic + more) for (c, _), more in zip(counted, further, strict=True)]
        found.append(PendingOutcome(further, design.recommend(path)))
    return tuple(found)


def _same(outcomes: tuple[PendingOutcome, ...]) -> Recommendation | None:
    steps = {(outcome.said.action, outcome.said.dose, outcome.said.patients) for outcome in outcomes}
    return outcomes[0].said if len(steps) == 1 else None


def _words(
    pending: int,
    outcomes: tuple[PendingOutcome, ...],
    certain: Recommendation | None,
    days: tuple[int, int],
    window: int,
) -> str:
    if not pending:
        return f"All windows of {window} days are over. {outcomes[0].said.reason}"
    who = "1 patient is" if pending == 1 else f"{pending} patients are"
    start = f"{who} inside the window of {window} days"
    if certain is not None:
        return f"{start}; whatever they show, the step is the same: {_step(certain)}."
    steps = list(dict.fromkeys(_step(outcome.said) for outcome in outcomes))
    return (
        f"{start}; they decide between: {'; '.join(steps)}. Wait until day {days[0]} if nobody has another "
        f"DLT, until day {days[1]} at the latest."
    )


def _step(said: Recommendation) -> str:
    if said.action == "treat":
        return f"treat {said.patients} at dose {said.dose}"
    return "end without MTD" if said.dose is None else f"declare dose {said.dose} the MTD"
