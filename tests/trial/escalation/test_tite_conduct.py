"""TITE-BOIN in real time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.trial.escalation import Boin, Cohort, DosedPatient, OngoingCohort, tite_boin_step

DESIGN = Boin(3, 0.2, max_patients=15)


def cohort(dose: int, *patients: tuple[int, ...] | int) -> OngoingCohort:
    return OngoingCohort(
        dose, tuple(DosedPatient(day) if isinstance(day, int) else DosedPatient(*day) for day in patients)
    )


def test_one_pending_of_three_does_not_stop_the_trial():
    # Yuan et al. 2018, table 1 (target .2): 3 patients, no DLT, 1 pending: up; 2 pending: suspended.
    one = tite_boin_step(DESIGN, [cohort(1, 1, 1, 12)], today=16)
    assert (one.said.action, one.said.dose, one.said.patients) == ("treat", 2, 3)
    assert one.decision.follow_up == pytest.approx(4 / 14)
    two = tite_boin_step(DESIGN, [cohort(1, 1, 12, 12)], today=16)
    assert two.said is None
    assert two.reason.endswith("suspend until more is known.")


def test_follow_up_decides():
    # Table 1: 9 patients, 1 DLT, 4 pending: up from a total follow-up of 2.15 windows.
    path = [cohort(1, 1, 1, 1), cohort(2, 20, 20, 20, (20, 25), 20, 40, 40, 41, 41)]
    before = tite_boin_step(DESIGN, path, today=48)  # 30 days of 14: 2.14
    assert before.said.dose == 2
    assert before.reason.endswith("estimated rate 0.157, stay.")
    after = tite_boin_step(DESIGN, path, today=49)  # 34 days of 14: 2.43
    assert after.said.dose == 3
    assert after.reason.endswith("estimated rate 0.150, up; go up to dose 3.")


def test_steps_keep_to_the_doses_there_are():
    top = [cohort(1, 1, 1, 1), cohort(2, 20, 20, 20), cohort(3, 40, 40, 50)]
    said = tite_boin_step(DESIGN, top, today=54)
    assert (said.said.dose, said.decision.move) == (3, "up")
    assert said.reason.endswith("up; stay.")
    # Dose 2 is eliminated by 2 of 3 (target .2), the third pending. Dose 1 with 1 of 3 says down: stay.
    down = tite_boin_step(DESIGN, [cohort(1, 1, 1, 1), cohort(2, (20, 22), (20, 23), 20)], today=24)
    assert (down.said.dose, down.decision.move) == (1, "eliminate")
    lowest = tite_boin_step(DESIGN, [cohort(1, (1, 3), 1, 1)], today=4)
    assert (lowest.said.dose, lowest.decision.move) == (1, "down")
    over = tite_boin_step(DESIGN, [cohort(1, (1, 3), (1, 3), 1)], today=4)
    assert (over.said.action, over.said.cause) == ("stop", "lowest dose too toxic")


def test_the_mtd_waits_for_all_windows():
    full = Boin(3, 0.2, max_patients=6)
    path = [cohort(1, 1, 1, 1), cohort(2, 20, 20, 30)]
    assert tite_boin_step(full, path, today=35).said is None
    assert "wait until all windows are over" in tite_boin_step(full, path, today=35).reason
    assert tite_boin_step(full, path, today=44).said.action == "declare"


def test_pending_at_another_dose_does_not_hold_the_current_one():
    path = [cohort(1, 1, 1, 1), cohort(2, 20, 20, 20), OngoingCohort(1, (DosedPatient(30),), backfill=True)]
    said = tite_boin_step(DESIGN, path, today=35)
    assert (said.said.dose, said.decision.follow_up) == (3, 0)


@given(st.data())
def test_with_all_windows_over_it_is_boin(data):
    design = data.draw(st.sampled_from([Boin(3), Boin(3, 0.2, enough=6)]))
    path, cohorts = [], []
    for _ in range(data.draw(st.integers(0, 4))):
        dose, toxic = data.draw(st.integers(1, 3)), data.draw(st.integers(0, 3))
        path.append(Cohort(dose, 3, toxic))
        cohorts.append(cohort(dose, *[(1, 2)] * toxic, *[1] * (3 - toxic)))
    assert tite_boin_step(design, cohorts, today=15).said == design.recommend(path)


def test_impossible_days_are_refused():
    with pytest.raises(UsageError, match="at least 1"):
        tite_boin_step(DESIGN, [], today=1, window=0)
    with pytest.raises(UsageError, match="after today"):
        tite_boin_step(DESIGN, [cohort(1, 5)], today=4)
