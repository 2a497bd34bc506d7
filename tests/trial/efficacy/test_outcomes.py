"""What each strategy does to values after an intercurrent event."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from mitograft.errors import InputError, UsageError
from mitograft.trial.efficacy import Estimand, Intercurrent, IntercurrentEvent, derive_outcomes
from mitograft.trial.efficacy.intercurrent import load_efficacy_settings
from mitograft.trial.efficacy.times import response_times

RULES = load_efficacy_settings()
NOTHING = Intercurrent((), ())


def outcomes(trial, events=NOTHING, **estimand):
    _, adam, protocol = trial
    wanted = Estimand("e", estimand.pop("variable", "TIS"), estimand.pop("visit", "WEEK 12"), **estimand)
    return derive_outcomes(adam, protocol, wanted, events, RULES)


def event(subject, day, kind="rescue"):
    return Intercurrent((IntercurrentEvent(subject, kind, dt.date(2022, 1, 1), day, "x"),), ())


@pytest.fixture
def seen(phase2):
    """The first subject with a score at every visit."""
    plain = outcomes(phase2)
    place = int(np.flatnonzero(~np.isnan(plain.scores).any(axis=1))[0])
    return plain, place


def test_without_events_the_values_are_those_of_the_data_set(phase2):
    plain = outcomes(phase2)
    frame = phase2[1]["ADTIS"].frame.filter(pl.col("PARAMCD") == "TIS", pl.col("AVAL").is_not_null())
    for subject, visit, value in frame.select("USUBJID", "AVISIT", "AVAL").iter_rows():
        assert plain.scores[plain.subjects.index(subject), plain.visits.index(visit)] == value
    assert int(np.sum(~np.isnan(plain.scores))) == frame.height
    assert plain.changed == 0
    assert len(plain.subjects) == 36
    assert plain.arms == tuple(sorted(plain.arms, key=["PN-101 300 ug", "PN-101 600 ug", "Placebo"].index))


def test_composite_is_failure_from_the_event_on(phase2, seen):
    plain, place = seen
    after = outcomes(phase2, event(plain.subjects[place], 20), strategies={"rescue": "composite"})
    late = plain.days[place] >= 20
    assert np.all(after.scores[place, late] == 0.0)
    assert np.all(after.responses[place, late] == 0.0)
    assert after.categories[place] == 0.0
    np.testing.assert_array_equal(after.scores[place, ~late], plain.scores[place, ~late])
    assert after.changed == int(late.sum())
    assert after.failed_day[place] == 20


def test_hypothetical_sets_aside(phase2, seen):
    plain, place = seen
    after = outcomes(phase2, event(plain.subjects[place], 20), strategies={"rescue": "hypothetical"})
    late = plain.days[place] >= 20
    assert np.all(np.isnan(after.scores[place, late]))
    assert after.stopped_day[place] == 20


def test_while_on_treatment_takes_the_last_value_before(phase2, seen):
    plain, place = seen
    after = outcomes(phase2, event(plain.subjects[place], 20), strategies={"rescue": "while on treatment"})
    early = np.flatnonzero(plain.days[place] < 20)
    assert np.all(after.scores[place, plain.days[place] >= 20] == plain.scores[place, early[-1]])


def test_treatment_policy_changes_nothing(phase2, seen):
    plain, place = seen
    after = outcomes(phase2, event(plain.subjects[place], 20), strategies={"rescue": "treatment policy"})
    np.testing.assert_array_equal(after.scores, plain.scores)


def test_the_strictest_answer_counts(phase2, seen):
    plain, place = seen
    subject = plain.subjects[place]
    both = Intercurrent(event(subject, 10, "dose change").events + event(subject, 40).events, ())
    after = outcomes(phase2, both, strategies={"dose change": "hypothetical", "rescue": "composite"})
    days = plain.days[place]
    assert np.all(np.isnan(after.scores[place, (days >= 10) & (days < 40)]))
    assert np.all(after.scores[place, days >= 40] == 0.0)


def test_an_event_before_dosing_changes_nothing(phase2, seen):
    plain, place = seen
    after = outcomes(phase2, event(plain.subjects[place], -3), strategies={"rescue": "composite"})
    np.testing.assert_array_equal(after.scores, plain.scores)


def test_a_response_after_a_failure_is_none(phase2, seen):
    plain, place = seen
    plain = outcomes(phase2, variable="time to response")
    subject = plain.subjects[place]
    after = outcomes(phase2, event(subject, 2), variable="time to response")
    days, events = response_times(after)
    assert not events[place]
    assert days[place] == after.days[place, -1]
    stopped = outcomes(
        phase2, event(subject, 2), variable="time to response", strategies={"rescue": "hypothetical"}
    )
    days, events = response_times(stopped)
    assert (days[place], events[place]) == (1.0, False)  # nothing was seen before the event


def test_mistakes_of_an_estimand_are_named(phase2):
    with pytest.raises(InputError, match="WEEK 16"):
        outcomes(phase2, visit="WEEK 16")
    with pytest.raises(InputError, match="BASELINE"):
        outcomes(phase2, visit="BASELINE")
    with pytest.raises(UsageError, match="strategy"):
        Estimand("e", "TIS", "WEEK 12", strategies={"rescue": "ignore"})
    with pytest.raises(UsageError, match="event"):
        Estimand("e", "TIS", "WEEK 12", strategies={"lunch": "composite"})
    with pytest.raises(UsageError, match="threshold 30"):
        Estimand("e", "response", "WEEK 12", threshold=30)


def test_the_name_says_everything():
    wanted = Estimand("main", "response", "WEEK 8", 40, strategies={"rescue": "hypothetical"})
    assert wanted.title == "TIS>=40 response at WEEK 8 (estimand main)"
    assert "rescue: hypothetical; dose change: treatment policy; death: composite" in wanted.description
