"""Backfill: which doses are open, how its patients enter decisions, and what it changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.trial.escalation import (
    Backfill,
    Boin,
    Cohort,
    ThreePlusThree,
    backfill_open,
    conduct_table,
    exact_characteristics,
    judge_pending,
)
from mitograft.trial.escalation.design import count_path
from mitograft.trial.escalation.late_onset import DosedPatient, OngoingCohort
from mitograft.trial.escalation.simulate import simulate_characteristics

RATES = (0.10, 0.25, 0.45)


def added(dose: int, treated: int, toxic: int) -> Cohort:
    return Cohort(dose, treated, toxic, backfill=True)


def rooms(*arguments, **options) -> list[int]:
    return [row.room for row in backfill_open(*arguments, **options)]


def test_doses_below_the_next_one_are_open_up_to_the_cap():
    path = [Cohort(1, 3, 0), Cohort(2, 3, 0)]
    rows = backfill_open(Boin(4), path, 9)
    assert [(row.dose, row.room) for row in rows] == [(1, 6), (2, 6)]  # the next cohort is at dose 3
    assert rows[0].reason == "Dose 1: 0 DLT in 3; open for 6 more."
    assert rooms(Boin(4), [*path, added(1, 6, 0)], 9) == [0, 6]
    assert rooms(Boin(4), [*path, added(1, 6, 0)]) == [3, 9]  # 12 by the row backfill_cap
    assert rooms(Boin(4), path, 9, current=2) == [6]
    assert rooms(Boin(4), path, 9, active_from=2) == [0, 6]


def test_nothing_is_open_at_the_start_or_after_the_end():
    assert backfill_open(Boin(3), []) == ()
    assert backfill_open(Boin(3), [Cohort(1, 3, 3)]) == ()
    assert backfill_open(Boin(3, max_patients=6), [Cohort(1, 3, 0), Cohort(2, 3, 0)]) == ()


def test_a_dose_that_was_only_jumped_over_is_closed():
    assert rooms(Boin(3, start=2), [Cohort(2, 3, 0)], 9) == [0, 6]
    assert "not explored" in backfill_open(Boin(3, start=2), [Cohort(2, 3, 0)], 9)[0].reason


def test_a_dose_closes_only_if_it_and_the_next_together_are_too_toxic():
    # BOIN, target .30: down from 5 DLT in 12, from 6 in 15 (Liu and Yuan 2015).
    alone = [Cohort(1, 3, 0), Cohort(2, 3, 0), added(1, 9, 5), Cohort(3, 3, 0)]
    assert rooms(Boin(4), alone, 20, current=3) == [8, 17]  # dose 1: 5/12; with dose 2: 5/15
    both = [Cohort(1, 3, 0), Cohort(2, 3, 1), added(1, 9, 5), Cohort(3, 3, 0)]
    assert rooms(Boin(4), both, 20, current=3) == [0, 0]  # 6/15, and dose 2 above it closes too
    assert "too toxic" in backfill_open(Boin(4), both, 20, current=3)[1].reason


def test_doses_of_other_designs_close_by_the_target_rate():
    design = ThreePlusThree(3)
    assert rooms(design, [Cohort(1, 3, 0), added(1, 3, 2), Cohort(2, 3, 0)], 12, current=3) == [6, 9]  # 2/6
    assert rooms(design, [Cohort(1, 3, 0), added(1, 3, 3), Cohort(2, 3, 1)], 12, current=3) == [0, 0]  # 4/9


def test_backfill_is_treated_beside_the_next_cohort():
    trial = Backfill(Boin(3), size=2, cap=6)
    assert trial.recommend([Cohort(1, 3, 0)]).dose == 2
    path = [Cohort(1, 3, 0), Cohort(2, 3, 3)]
    due = trial.recommend(path)  # whatever the cohort showed beside which it is treated
    assert (due.action, due.dose, due.patients, due.backfill) == ("treat", 1, 2, True)
    assert due.reason.startswith("Backfill beside the cohort at dose 2. Dose 1: 0 DLT in 3; open for 3 more.")
    after = trial.recommend([*path, added(1, 2, 0)])
    assert (after.dose, after.backfill) == (1, False)


def test_the_highest_open_dose_is_taken_and_the_cap_is_kept():
    trial = Backfill(Boin(4), size=2, cap=4)
    path = [Cohort(1, 3, 0), Cohort(2, 3, 0), added(1, 1, 0), Cohort(3, 3, 0)]
    due = trial.recommend(path)
    assert (due.dose, due.patients) == (2, 1)
    found = exact_characteristics(Backfill(Boin(3, max_patients=12), size=3, cap=3), RATES)
    assert found == exact_characteristics(Backfill(Boin(3, max_patients=12), size=1, cap=3), RATES)


def test_counted_patients_enter_the_decision_and_others_do_not():
    # Beside dose 2 with 0 of 3, dose 1 took six more: 5 of 9 there eliminates it (limit 5, target .30).
    path = [Cohort(1, 3, 0), Cohort(2, 3, 0), added(1, 6, 5)]
    assert Backfill(Boin(3), size=6).recommend(path).action == "stop"
    assert Backfill(Boin(3), size=6, counted=False).recommend(path).dose == 3
    assert Backfill(Boin(3), size=6, counted=False).choose(path) == 2
    assert Backfill(Boin(3), size=6).choose(path) is None


def test_conflict_is_settled_by_all_data_together():
    # Dose 1: 4 of 9 says down (4 or more), dose 2: 0 of 3 says up. Together 4 of 12 say stay (2 < 4 < 5).
    path = [Cohort(1, 3, 0), Cohort(2, 3, 0), added(1, 6, 4)]
    said = Backfill(Boin(3), size=6).recommend(path)
    assert said.dose == 2
    assert "doses 1 to 2 together say dose 2" in said.reason
    # Together 2 of 12 say up: no change.
    assert Backfill(Boin(3), size=6).recommend([Cohort(1, 3, 0), Cohort(2, 3, 0), added(1, 6, 2)]).dose == 3
    # Dose 2: 1 of 3 stays; together 5 of 12 say down; dose 1 alone, 4 of 9, says down too: to the lowest.
    low = Backfill(Boin(3), size=6).recommend([Cohort(1, 3, 0), Cohort(2, 3, 1), added(1, 6, 4)])
    assert low.dose == 1


def test_conflict_goes_down_to_the_highest_dose_that_holds():
    # Dose 2: 4 of 9 says down. Dose 4: 1 of 3 stays by itself, and 5 of 15 at doses 2 to 4 together stay too.
    path = [Cohort(1, 3, 0), Cohort(2, 3, 0), Cohort(3, 3, 0), added(2, 6, 4), Cohort(4, 3, 1)]
    trial = Backfill(Boin(5), size=6, cap=3)  # nothing more is due
    assert trial.recommend(path).dose == 4
    # Dose 4: 2 of 6 stays by itself, dose 3 had 1 of 3: 7 of 18 together say down (7 or more). Doses 2 and 3
    # together, 5 of 12, say down too, and so does dose 2: to dose 1.
    worse = [Cohort(1, 3, 0), Cohort(2, 3, 0), Cohort(3, 3, 1), added(2, 6, 4), Cohort(4, 6, 2)]
    assert trial.recommend(worse).dose == 1
    # With 0 of 3 at dose 3 and 3 of 6 counted at dose 4 the dose goes down by itself, to dose 3.
    own = [Cohort(1, 3, 0), Cohort(2, 3, 0), Cohort(3, 3, 0), added(2, 6, 4), Cohort(4, 6, 3)]
    assert trial.recommend(own).dose == 3


def test_maximum_of_an_interval_design_is_of_its_own_patients():
    plain = exact_characteristics(Boin(3, max_patients=12), RATES)
    more = exact_characteristics(Backfill(Boin(3, max_patients=12), size=2, counted=False), RATES)
    # Not counted: the same decisions, and more patients at doses 1 and 2.
    assert more.selection == pytest.approx(plain.selection, rel=1e-12)
    assert more.stops[0][0] == plain.stops[0][0]
    assert more.patients[2] == pytest.approx(plain.patients[2], rel=1e-12)
    assert more.patients[0] > plain.patients[0] + 1
    assert more.patients[1] > plain.patients[1] + 0.5


def test_counted_backfill_finds_the_dose_more_often():
    rates = (0.05, 0.30, 0.60)
    plain = exact_characteristics(Boin(3, max_patients=12), rates)
    more = exact_characteristics(Backfill(Boin(3, max_patients=12), size=2), rates)
    assert more.sample_size > plain.sample_size
    assert more.selection[1] > plain.selection[1]


def test_three_plus_three_keeps_its_rule():
    trial = Backfill(ThreePlusThree(3, "nct04976140"), size=3, counted=False)
    path = [Cohort(1, 3, 0), Cohort(2, 3, 0), added(1, 3, 2)]
    assert trial.recommend(path).dose == 3
    plain = exact_characteristics(ThreePlusThree(3, "nct04976140"), RATES)
    found = exact_characteristics(trial, RATES)
    assert found.selection == pytest.approx(plain.selection, rel=1e-12)
    assert found.stops == tuple((cause, pytest.approx(share, rel=1e-12)) for cause, share in plain.stops)
    with pytest.raises(UsageError, match="counted=False"):
        Backfill(ThreePlusThree(3))


def test_conduct_and_windows_know_backfill():
    trial = Backfill(Boin(3), size=2)
    path = [Cohort(1, 3, 0), Cohort(2, 3, 0), added(1, 2, 0), Cohort(3, 3, 1)]
    rows = conduct_table(trial, path)
    assert [row.departure for row in rows] == ["", "", "", ""]
    assert (rows[2].treated, rows[2].toxic) == (5, 0)
    odd = conduct_table(Boin(3), [Cohort(1, 3, 0), added(1, 2, 0), Cohort(2, 3, 0)])
    assert [row.departure for row in odd] == ["", "Backfill at dose 1 that the design had not asked for.", ""]
    dosed = tuple(DosedPatient(day) for day in (30, 31))
    ongoing = [
        OngoingCohort(1, tuple(DosedPatient(1) for _ in range(3))),
        OngoingCohort(2, tuple(DosedPatient(16) for _ in range(3))),
        OngoingCohort(1, dosed, backfill=True),
    ]
    # Two pending at dose 1: with 2 DLT of 5 there it says down, 2 of 8 with dose 2 together say stay.
    found = judge_pending(trial, ongoing, today=32)
    assert found.pending == 2
    assert [o.said.dose for o in found.outcomes] == [3, 3, 2]


@given(st.data())
def test_rooms_are_never_beyond_the_cap_and_never_at_or_above_the_current_dose(data):
    design = data.draw(st.sampled_from([Boin(4), Boin(4, 0.2), ThreePlusThree(4)]))
    path = []
    for _ in range(data.draw(st.integers(1, 6))):
        treated = data.draw(st.integers(1, 4))
        path.append(
            Cohort(
                data.draw(st.integers(1, 4)),
                treated,
                data.draw(st.integers(0, treated)),
                data.draw(st.booleans()),
            )
        )
    cap, current = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 4))
    rows = backfill_open(design, path, cap, current=current)
    counts = count_path(path, 4)
    assert [row.dose for row in rows] == list(range(1, current))
    for row in rows:
        assert row.room == 0 or row.room + counts.treated[row.dose - 1] == cap
        assert row.reason.endswith(".")


def test_simulation_of_backfill_is_its_exact_characteristics():
    trial = Backfill(Boin(3, max_patients=9), size=2)
    exact, drawn = exact_characteristics(trial, RATES), simulate_characteristics(trial, RATES, 2000, seed=9)
    for share, seen in zip(exact.selection, drawn.selection, strict=True):
        assert abs(share - seen) <= 4.5 * (share * (1 - share) / 2000) ** 0.5
    assert drawn.patients == pytest.approx(exact.patients, abs=4.5 * 7.5 / 2000**0.5)


@pytest.mark.parametrize("wrong", [{"size": 0}, {"cap": 0}, {"active_from": 0}])
def test_impossible_backfill_is_refused(wrong):
    with pytest.raises(UsageError, match="at least 1"):
        Backfill(Boin(3), **wrong)
