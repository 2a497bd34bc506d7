"""Dose-limiting toxicity by cohort: who could be judged, who had one, and what the design said next.

A subject is *evaluable* who was followed over the whole window or had a DLT. Subjects who were not are shown
and replaced: they count neither as toxic nor as tolerated. Events that may or may not be dose-limiting are
counted apart, and the design is asked a second time as if they all were.

Cohorts are not in the data. They are formed from the order of dosing: a cohort ends when the dose changes or
when it has as many evaluable subjects as the design had asked for (setting ``cohort_size`` where no design
asked). Placebo takes no part.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from mitograft.errors import UsageError
from mitograft.tables.parameters import Parameter, Parameters
from mitograft.trial.adam import Adam
from mitograft.trial.escalation.conduct import ConductRow, conduct_table
from mitograft.trial.escalation.design import Cohort, Design
from mitograft.trial.protocol import Arm
from mitograft.trial.safety.dlt_events import DltEvent, classify_events
from mitograft.trial.summary.population import require_variables

__all__ = ["DltAssessment", "DltCohort", "DltSubject", "assess_dlt"]

_NAMED = ("dlt_grade", "dlt_not", "missing_relation")


@dataclass(frozen=True, slots=True)
class DltSubject:
    """A dosed subject.

    Parameters
    ----------
    subject, row
        USUBJID and row in ADSL, from 0.
    arm, dose
        Name of the arm; place of its dose from 1 (None for placebo).
    dosed
        Day of the first dose.
    complete
        Whether the subject was followed over the whole window.
    events
        Certain and possible dose-limiting events.
    """

    subject: str
    row: int
    arm: str
    dose: int | None
    dosed: date
    complete: bool
    events: tuple[DltEvent, ...] = ()

    @property
    def toxic(self) -> bool:
        """Whether there was a DLT for certain."""
        return any(event.certain for event in self.events)

    @property
    def possible(self) -> bool:
        """Whether there may have been one, and none is certain."""
        return bool(self.events) and not self.toxic

    @property
    def evaluable(self) -> bool:
        """Whether the subject says something about the dose: followed long enough, or toxic."""
        return self.complete or self.toxic


@dataclass(frozen=True)
class DltCohort:
    """Subjects dosed together: number from 1, dose from 1, name of the arm."""

    number: int
    dose: int
    arm: str
    subjects: tuple[DltSubject, ...]

    def counted(self, *, possible: bool = False) -> Cohort | None:
        """Return the cohort as a design takes it; None where nobody is evaluable.

        With ``possible``, possible DLT count as DLT.
        """
        toxic = sum(one.toxic or (possible and one.possible) for one in self.subjects)
        treated = sum(one.evaluable or (possible and one.possible) for one in self.subjects)
        return Cohort(self.dose, treated, toxic) if treated else None


@dataclass(frozen=True)
class DltAssessment:
    """Dose-limiting toxicity of a trial.

    Parameters
    ----------
    arms
        Arms of the protocol in order; those of doses without placebo are numbered from 1.
    subjects
        All dosed subjects of these arms, in order of dosing.
    cohorts
        In order, without placebo.
    design
        Name of the design; empty for none.
    conduct, conduct_if_possible
        For each cohort with an evaluable subject what the design said after it, counting certain DLT, and
        counting possible ones too.
    days
        Length of the window after the day of the dose.
    flagged
        The unconfirmed parts of the definition.
    notes
        What was left out, in words without identifiers.
    """

    arms: tuple[Arm, ...]
    subjects: tuple[DltSubject, ...]
    cohorts: tuple[DltCohort, ...]
    design: str
    conduct: tuple[ConductRow, ...]
    conduct_if_possible: tuple[ConductRow, ...]
    days: int
    flagged: tuple[Parameter, ...]
    notes: tuple[str, ...] = field(default=())

    def of_arm(self, name: str) -> tuple[DltSubject, ...]:
        """Return the subjects of an arm."""
        return tuple(one for one in self.subjects if one.arm == name)


def assess_dlt(adam: Adam, settings: Parameters, design: Design | None = None) -> DltAssessment:
    """Judge dose-limiting toxicity subject by subject and cohort by cohort.

    Parameters
    ----------
    adam
        Analysis data sets with ADSL and ADAE, their protocol and settings.
    settings
        ``cohort_size``.
    design
        The escalation design to compare with; its doses are the arms without placebo, lowest first.

    Raises
    ------
    InputError
        If a variable is lacking.
    UsageError
        If the design has another number of doses than the protocol.
    """
    active = sorted((arm for arm in adam.protocol.arms if not arm.placebo), key=lambda arm: arm.order)
    if design is not None and design.doses != len(active):
        raise UsageError(
            f"Dose-limiting toxicity: found a design of {design.doses} doses and a protocol of "
            f"{len(active)}; expected as many. Give the design of this trial."
        )
    subjects, notes = _subjects(adam, {arm.name: place for place, arm in enumerate(active, start=1)})
    cohorts = _form_cohorts(
        [one for one in subjects if one.dose], design, int(settings["cohort_size"].number)
    )
    certain, possible = (
        tuple(one for one in (c.counted(possible=also) for c in cohorts) if one) for also in (False, True)
    )
    return DltAssessment(
        arms=tuple(sorted(adam.protocol.arms, key=lambda arm: arm.order)),
        subjects=subjects,
        cohorts=cohorts,
        design=design.name if design else "",
        conduct=conduct_table(design, certain) if design else (),
        conduct_if_possible=conduct_table(design, possible) if design else (),
        days=adam.protocol.dlt_days,
        flagged=adam.settings.flagged(_NAMED),
        notes=notes,
    )


def _subjects(adam: Adam, doses: dict[str, int]) -> tuple[tuple[DltSubject, ...], tuple[str, ...]]:
    adsl = adam.datasets["ADSL"]
    require_variables(adsl, ("USUBJID", "SAFFL", "TRT01A", "TRTSDT", "EOSDT", "LSTDT"))
    planned = {arm.name for arm in adam.protocol.arms}
    events = classify_events(adam) if "ADAE" in adam.datasets else {}
    found, strangers, window = [], 0, timedelta(days=adam.protocol.dlt_days)
    for row, one in enumerate(adsl.frame.iter_rows(named=True)):
        if one["SAFFL"] != "Y":
            continue
        if one["TRT01A"] not in planned:
            strangers += 1
            continue
        last = one["EOSDT"] or one["LSTDT"]
        name, dosed = one["USUBJID"], one["TRTSDT"]
        complete = last is not None and last - dosed >= window
        known = events.get(name, ())
        found.append(DltSubject(name, row, one["TRT01A"], doses.get(one["TRT01A"]), dosed, complete, known))
    found.sort(key=lambda one: (one.dosed, one.dose or 0, one.subject))
    notes = (f"{strangers} dosed subjects in no arm of the protocol; left out.",) if strangers else ()
    return tuple(found), notes


def _form_cohorts(subjects: Sequence[DltSubject], design: Design | None, usual: int) -> tuple[DltCohort, ...]:
    """Cut the subjects, in order of dosing, into cohorts."""
    cohorts: list[DltCohort] = []
    path: list[Cohort] = []
    rest = list(subjects)
    while rest:
        dose, size, taken = rest[0].dose or 0, usual, 0
        if design is not None:
            asked = design.recommend(path)
            size = asked.patients if asked.action == "treat" and asked.dose == dose else usual
        mine: list[DltSubject] = []
        while rest and rest[0].dose == dose and taken < size:
            mine.append(rest.pop(0))
            taken += mine[-1].evaluable
        cohorts.append(DltCohort(len(cohorts) + 1, dose, mine[0].arm, tuple(mine)))
        counted = cohorts[-1].counted()
        path += [counted] if counted else []
    return tuple(cohorts)
