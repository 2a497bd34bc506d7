import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.trial.safety import (
    assess_infusion_reactions,
    load_safety_settings,
    summarise_infusion_reactions,
)
from mitograft.trial.safety.instants import ALWAYS, possible_instants
from mitograft.trial.summary.standard import safety_population

DAY = "2022-03-01"


def assess(sketch, settings, *events, **more):
    data, adam = sketch.study([sketch.Subject("A", events=list(events), **more)])
    return assess_infusion_reactions(adam.datasets["ADAE"], data["EX"], settings), adam


def answer(found):
    if not found.reactions:
        return "none"
    return "certain" if found.reactions[0].certain else "possible"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        # Infusion 10:00 to 10:30; 30 minutes after its end is 11:00.
        (f"{DAY}T09:59", "none"),
        (f"{DAY}T10:00", "certain"),
        (f"{DAY}T10:30", "certain"),
        (f"{DAY}T11:00", "certain"),
        (f"{DAY}T11:01", "none"),
        (f"{DAY}T10", "certain"),  # the hour alone: 10:00 to 10:59
        (f"{DAY}T11", "possible"),
        (f"{DAY}T-:15", "possible"),
        (DAY, "possible"),
        ("2022-03", "possible"),
        ("2022", "possible"),
        (None, "possible"),
        ("2022-03-02", "none"),
        ("2022-02-28", "none"),
        ("2022-04", "none"),
    ],
)
def test_when_an_event_began_decides(sketch, settings, start, expected):
    assert answer(assess(sketch, settings, sketch.event(start))[0]) == expected


def test_minutes_count_from_the_start_where_the_settings_say_so(sketch):
    settings = load_safety_settings({"infusion_from": "start"})
    for start, expected in (("10:30", "certain"), ("10:31", "none")):
        assert answer(assess(sketch, settings, sketch.event(f"{DAY}T{start}"))[0]) == expected


@pytest.mark.parametrize(
    ("time", "end", "start", "expected"),
    [
        ("T10:00", None, "T10:20", "certain"),
        ("T10:00", None, "T10:31", "possible"),  # the infusion may have lasted
        ("T10:00", None, "T09:59", "none"),
        ("", None, "T10:20", "possible"),
        ("", None, "", "possible"),
        ("T23:50", "T23:55", "", "possible"),
        ("T10:00", "", "T10:30", "certain"),  # an end without a time is not before the start
        ("T10:00", "", "T10:31", "possible"),
    ],
)
def test_infusions_without_times(sketch, settings, time, end, start, expected):
    found, _ = assess(sketch, settings, sketch.event(DAY + start), time=time, end=end)
    assert answer(found) == expected


def test_an_infusion_over_midnight(sketch, settings):
    data, adam = sketch.study(
        [sketch.Subject("A", time="T23:50", end="T23:55", events=[sketch.event("2022-03-02T00:20")])]
    )
    found = assess_infusion_reactions(adam.datasets["ADAE"], data["EX"], settings)
    assert answer(found) == "certain"
    assert found.reactions[0].minutes == 30.0


def test_an_event_that_ended_before_the_infusion_is_none(sketch, settings):
    event = sketch.event("2022", AEENDTC="2022-02-20")
    assert answer(assess(sketch, settings, event)[0]) == "none"
    same_day = sketch.event(DAY, AEENDTC=f"{DAY}T09:00")
    assert answer(assess(sketch, settings, same_day)[0]) == "none"


def test_doses_that_were_not_given_are_no_infusions(sketch, settings):
    import polars as pl

    data, adam = sketch.study([sketch.Subject("A", events=[sketch.event(f"{DAY}T10:20")])])
    for changed in (pl.lit(0.0).alias("EXDOSE"),):
        ex = data["EX"]
        other = type(ex)(ex.name, ex.label, ex.frame.with_columns(changed), ex.variables)
        found = assess_infusion_reactions(adam.datasets["ADAE"], other, settings)
        assert (found.infusions, found.reactions) == (0, ())
    assert assess_infusion_reactions(adam.datasets["ADAE"], None, settings).infusions == 0


def test_table_counts_subjects_by_grade(sketch, settings):
    at = [f"{DAY}T10:{m:02d}" for m in (5, 10)]
    subjects = [
        sketch.Subject("A", events=[sketch.event(at[0], grade="1"), sketch.event(at[1], grade="2")]),
        sketch.Subject("A", events=[sketch.event(DAY, grade="3")]),
        sketch.Subject("A", events=[sketch.event(at[0], grade=None, AEREL="NOT RELATED")]),
        sketch.Subject("B"),
    ]
    data, adam = sketch.study(subjects)
    adae = adam.datasets["ADAE"]
    found = assess_infusion_reactions(adae, data["EX"], settings)
    population = safety_population(adam.datasets["ADSL"], adam.protocol)
    table = summarise_infusion_reactions(population, adae, found, settings)
    got = {(row.label, row.indent, i): row.cells[0].value for i, row in enumerate(table.rows)}
    assert list(got.values()) == [2, 1, 1, 1, 0, 1, 1, 1, 1, 3]
    # 2 of 3: R 4.2.2 binom.test(2, 3): 9.4 to 99.2 %.
    assert table.find("Certain")[0].text == "2/3 66.7% (9.4, 99.2)"
    assert table.find("Certain")[0].records[0].rows.tolist() == [0, 1, 3]
    assert table.find("Certain or possible")[-1].text.startswith("3/4")
    assert found.reactions[0].minutes == 5.0


def test_nobody_treated_is_answered(sketch, settings):
    data, adam = sketch.study([sketch.Subject("A", dosed=None, events=[sketch.event(DAY)])])
    found = assess_infusion_reactions(adam.datasets["ADAE"], data["EX"], settings)
    assert (found.reactions, found.infusions) == ((), 0)
    population = safety_population(adam.datasets["ADSL"], adam.protocol)
    table = summarise_infusion_reactions(population, adam.datasets["ADAE"], found, settings)
    assert {cell.text for cell in table.find("Certain")} == {"0/0"}


@given(
    st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2050, 1, 1)), st.sampled_from([4, 7, 10, 13, 16, 19])
)
def test_less_known_allows_more(moment, length):
    text = moment.isoformat(timespec="seconds")
    low, high = possible_instants(text[:length])
    assert low <= moment.replace(second=0, microsecond=0) <= high
    finer_low, finer_high = possible_instants(text)
    assert low <= finer_low <= finer_high <= high


@pytest.mark.parametrize("text", [None, "", "yesterday", "--03-01", "2022-02-30"])
def test_texts_that_say_nothing_allow_everything(text):
    assert possible_instants(text) == ALWAYS
