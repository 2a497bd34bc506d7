"""Simulate a whole trial: who is enrolled when, in which arm, and what the sites typed in."""

from collections.abc import Iterator
from datetime import date, timedelta

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.trial.protocol import Protocol
from mitograft.trial.simulate.mistakes import make_mistakes
from mitograft.trial.simulate.site import LOGS, FormRow, SiteData, SubjectTruth, case_report_form
from mitograft.trial.simulate.subject import Plan, simulate_failure, simulate_subject
from mitograft.trial.simulate.truth import ArmTruth, TrialTruth

__all__ = ["allocate", "simulate_trial"]


def simulate_trial(truth: TrialTruth, protocol: Protocol, seed: int) -> SiteData:
    """Simulate the data of all sites.

    The same truth, protocol and seed give the same data. Each subject, visit and kind of measurement has
    random streams of its own: one subject or visit more changes nothing for the others.

    Parameters
    ----------
    truth
        Effects, distributions and rates; assumed, see ``TrialTruth``.
    protocol
        Arms with doses, visits with windows.
    seed
        Any whole number.

    Raises
    ------
    UsageError
        If the truth has an arm the protocol has not, a dose is unknown, or nobody drawn may enter.
    """
    unknown = [arm.code for arm in truth.arms if protocol.arm(arm.code) is None]
    if unknown:
        raise UsageError(f"Truth of a trial: found arms {', '.join(unknown)}; expected arms of the protocol.")
    doseless = [arm.code for arm in protocol.arms if arm.dose is None and not arm.placebo]
    if doseless:
        raise UsageError(
            f"Protocol: found no dose of {', '.join(doseless)}; expected one to simulate. "
            "Assume one and say so."
        )
    plan = Plan(protocol, truth, seed)
    rows: list[FormRow] = []
    subjects: list[SubjectTruth] = []
    for filled, subject in _subjects(plan):
        rows += sorted(filled, key=_place(plan))
        subjects.append(subject)
    return SiteData(
        protocol, truth, seed, make_mistakes(tuple(rows), truth.mistakes, protocol), tuple(subjects)
    )


def allocate(truth: TrialTruth, protocol: Protocol, seed: int) -> list[ArmTruth]:
    """Return the arm of each subject in the order of enrolment.

    Blocked: each block holds every arm that still has room once, in random order.
    """
    if truth.allocation == "sequential":
        return [arm for arm in truth.arms for _ in range(arm.subjects)]
    order: list[ArmTruth] = []
    for block in range(max(arm.subjects for arm in truth.arms)):
        open_arms = [arm for arm in truth.arms if arm.subjects > block]
        rng = stream(seed, "trial", protocol.study, "block", block)
        order += [open_arms[index] for index in rng.permutation(len(open_arms)).tolist()]
    return order


def _subjects(plan: Plan) -> Iterator[tuple[list[FormRow], SubjectTruth]]:
    first, gap = date.fromisoformat(plan.truth.start), plan.truth.recruitment_gap
    for slot, arm in enumerate(allocate(plan.truth, plan.protocol, plan.seed), 1):
        late = int(plan.draws(f"{slot:03d}").stream("enrolment").integers(0, 4))
        dose = first + timedelta(days=round(gap * (slot - 1)) + late)
        yield simulate_subject(plan, f"{slot:03d}", arm, dose)
    for slot in range(1, plan.truth.screen_failures + 1):
        day = first + timedelta(days=round(2.5 * gap * slot))
        yield simulate_failure(plan, f"S{slot:02d}", day)


def _place(plan: Plan) -> "_Place":
    return _Place(plan)


class _Place:
    """Order of the forms of one subject: visits, unscheduled ones, logs; then as the forms are listed."""

    def __init__(self, plan: Plan) -> None:
        visits = [visit.name for visit in plan.protocol.visits]
        self._events = {name: place for place, name in enumerate([*visits, "UNSCHEDULED", LOGS])}
        forms = case_report_form(tuple(arm.name for arm in plan.protocol.arms))
        self._forms = {name: place for place, name in enumerate(forms)}

    def __call__(self, row: FormRow) -> tuple[int, int, int, int]:
        return self._events[row.event], row.occurrence, self._forms[row.form], row.instance
