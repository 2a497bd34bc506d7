"""Decisions with patients inside their window: certain where nothing can change them, else a day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.trial.escalation import (
    Boin,
    Cohort,
    DosedPatient,
    OngoingCohort,
    ThreePlusThree,
    judge_pending,
    waiting_rule,
)

REGISTRY = ThreePlusThree(3, "nct04976140")


def cohort(dose: int, *patients: tuple[int, ...] | int) -> OngoingCohort:
    """Make a cohort of days of dosing, or pairs of dosing and DLT."""
    return OngoingCohort(
        dose, tuple(DosedPatient(day) if isinstance(day, int) else DosedPatient(*day) for day in patients)
    )


def test_two_dlt_end_the_matter_before_the_third_window_is_over():
    found = judge_pending(REGISTRY, [cohort(1, (1, 5), (3, 9), 20)], today=22)
    assert found.pending == 1
    assert (found.certain.action, found.certain.dose) == ("stop", None)
    assert (found.earliest, found.latest) == (22, 34)
    assert found.reason == (
        "1 patient is inside the window of 14 days; "
        "whatever they show, the step is the same: end without MTD."
    )


def test_no_dlt_yet_waits_for_the_last_window():
    found = judge_pending(REGISTRY, [cohort(1, 1, 8, 20)], today=24)
    assert found.pending == 1
    assert found.certain is None
    assert [(o.further, o.said.dose) for o in found.outcomes] == [((0,), 2), ((1,), 1)]
    assert (found.earliest, found.latest) == (34, 34)
    assert "treat 3 at dose 2; treat 3 at dose 1" in found.reason
    assert "until day 34 at the latest" in found.reason


def test_the_window_ends_on_its_last_day():
    # Dosed on day 1, window of 14 days: followed to day 15 (as in the evaluability of the ADaM data).
    assert judge_pending(REGISTRY, [cohort(1, 1, 1, 1)], today=14).pending == 3
    done = judge_pending(REGISTRY, [cohort(1, 1, 1, 1)], today=15)
    assert (done.pending, done.certain.dose) == (0, 2)
    assert done.reason.startswith("All windows of 14 days are over.")
    # A DLT on the last day counts, one on the day after does not.
    assert judge_pending(REGISTRY, [cohort(1, (1, 15), 1, 1)], today=15).certain.dose == 1
    assert judge_pending(REGISTRY, [cohort(1, (1, 16), 1, 1)], today=16).certain.dose == 2


def test_the_step_can_be_certain_before_every_window_is_over():
    # BOIN, target .30, six patients at dose 2 with 3 DLT: down; with 4 or more eliminated, and down too.
    path = [cohort(1, 1, 1, 1), cohort(2, (20, 22), (20, 25), (21, 26), 40, 41, 42)]
    found = judge_pending(Boin(3), path, today=43)
    assert found.pending == 3
    assert (found.certain.action, found.certain.dose) == ("treat", 1)


def test_earliest_is_before_latest_where_the_last_patient_cannot_matter():
    # BOIN at target .30: 0 or 1 DLT in 6 both say up. One pending patient cannot change that, two can.
    path = [cohort(1, 1, 1, 1, 1, 10, 12)]
    found = judge_pending(Boin(3), path, today=20)
    assert found.certain is None
    assert (found.earliest, found.latest) == (24, 26)
    assert judge_pending(Boin(3), path, today=24).certain.dose == 2


def test_who_left_early_is_not_counted():
    left = OngoingCohort(1, (DosedPatient(1), DosedPatient(1), DosedPatient(1, left=8)))
    found = judge_pending(REGISTRY, [left], today=30)
    assert found.unevaluable == 1
    assert (found.certain.dose, found.certain.patients) == (1, 1)  # complete the cohort of three
    after_dlt = OngoingCohort(1, (DosedPatient(1), DosedPatient(1), DosedPatient(1, dlt=5, left=8)))
    assert judge_pending(REGISTRY, [after_dlt], today=30).unevaluable == 0
    nobody = judge_pending(REGISTRY, [OngoingCohort(1, (DosedPatient(1, left=2),))], today=30)
    assert (nobody.certain.dose, nobody.certain.patients) == (1, 3)


def test_nothing_yet():
    found = judge_pending(REGISTRY, [], today=1)
    assert (found.pending, found.certain.dose, found.earliest, found.latest) == (0, 1, 1, 1)


@given(st.data())
def test_certain_is_what_the_design_says_in_the_end_whatever_happens(data):
    days = data.draw(st.lists(st.integers(1, 30), min_size=3, max_size=3))
    today = data.draw(st.integers(max(days), 45))
    ends = [data.draw(st.none() | st.integers(day, day + 14)) for day in days]
    known = [end if end is not None and end <= today else None for end in ends]
    design = data.draw(st.sampled_from([REGISTRY, Boin(3), Boin(3, 0.2)]))
    patients = tuple(DosedPatient(day, dlt) for day, dlt in zip(days, known, strict=True))
    found = judge_pending(design, [OngoingCohort(1, patients)], today)
    final = design.recommend([Cohort(1, 3, sum(end is not None for end in ends))])
    said = [(o.said.action, o.said.dose) for o in found.outcomes]
    assert (final.action, final.dose) in said
    if found.certain is not None:
        assert (found.certain.action, found.certain.dose) == (final.action, final.dose)
        assert found.earliest == today
    assert today <= found.earliest <= found.latest
    assert found.pending == sum(day + 14 > today for day, dlt in zip(days, known, strict=True) if dlt is None)


def test_impossible_days_are_refused():
    with pytest.raises(UsageError, match="at least 1"):
        judge_pending(REGISTRY, [], today=1, window=0)
    with pytest.raises(UsageError, match="after today"):
        judge_pending(REGISTRY, [cohort(1, 5)], today=4)
    with pytest.raises(UsageError, match="after today"):
        judge_pending(REGISTRY, [cohort(1, (1, 9))], today=4)
    for wrong in ((5, 4), (5, None, 4), (5, 9, 8)):
        with pytest.raises(UsageError, match="dose first"):
            DosedPatient(*wrong)


def test_the_rule_in_words_names_the_window():
    assert "followed for 14 days after the dose" in waiting_rule()
    assert "followed for 21 days after the dose" in waiting_rule(21)
