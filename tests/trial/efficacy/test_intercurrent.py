"""Rescue, change of dose and death, from medication records written by hand."""

import datetime as dt

import polars as pl
import pytest

from mitograft.trial.efficacy import find_intercurrent

STEROID, OTHER = "GLUCOCORTICOID", "OTHER"


@pytest.fixture
def one(phase1):
    sdtm, adam, _ = phase1
    row = adam["ADSL"].frame.filter(pl.col("SAFFL") == "Y").row(0, named=True)
    return sdtm, adam, row["USUBJID"], row["TRTSDT"]


def day(start, number):
    """Date of a study day."""
    return (start + dt.timedelta(days=number - 1)).isoformat()


def found(one, with_medication, *rows):
    sdtm, adam, subject, _ = one
    changed = with_medication(sdtm, [(subject, *row) for row in rows])
    return find_intercurrent(adam["ADSL"], changed)


def test_a_new_drug_of_a_rescue_category_is_rescue(one, with_medication):
    start = one[3]
    result = found(
        one, with_medication,
        ("Prednisolone", STEROID, 20.0, "QD", "2020-01-01", None),
        ("Rituximab", "BIOLOGIC", None, None, day(start, 30), None),
        ("Paracetamol", OTHER, 500.0, "TID", day(start, 9), None),
    )  # fmt: skip
    assert [(e.kind, e.day, e.what) for e in result.events] == [("rescue", 30, "rituximab begun")]
    assert result.events[0].rows == (1,)


@pytest.mark.parametrize(
    ("after", "changed"),
    [(24.0, False), (16.0, False), (24.5, True), (15.9, True), (20.0, False)],
)
def test_a_dose_may_move_by_a_fifth_and_no_further(one, with_medication, after, changed):
    # NCT07122648: within +/- 20 % of entry; 20 to 24 is exactly 20 %.
    start = one[3]
    result = found(
        one, with_medication,
        ("Prednisolone", STEROID, 20.0, "QD", "2020-01-01", day(start, 20)),
        ("Prednisolone", STEROID, after, "QD", day(start, 21), None),
    )  # fmt: skip
    assert [(e.kind, e.day) for e in result.events] == ([("dose change", 21)] if changed else [])


def test_frequency_counts(one, with_medication):
    start = one[3]
    same = found(
        one, with_medication,
        ("Prednisolone", STEROID, 20.0, "QD", "2020-01-01", day(start, 20)),
        ("Prednisolone", STEROID, 10.0, "BID", day(start, 21), None),
    )  # fmt: skip
    assert same.events == ()
    halved = found(
        one, with_medication,
        ("Methotrexate", "IMMUNOSUPPRESSANT", 15.0, "QW", "2020-01-01", day(start, 20)),
        ("Methotrexate", "IMMUNOSUPPRESSANT", 15.0, "Q2W", day(start, 21), None),
    )  # fmt: skip
    assert [e.kind for e in halved.events] == ["dose change"]


def test_stopping_is_a_change(one, with_medication):
    start = one[3]
    result = found(one, with_medication, ("Prednisolone", STEROID, 20.0, "QD", "2020-01-01", day(start, 40)))
    assert [(e.kind, e.day, e.what) for e in result.events] == [
        ("dose change", 41, "prednisolone: daily dose 20 to 0")
    ]


def test_an_unknown_dose_is_said_not_guessed(one, with_medication):
    start = one[3]
    result = found(
        one, with_medication,
        ("Prednisolone", STEROID, None, "QD", "2020-01-01", day(start, 20)),
        ("Prednisolone", STEROID, 40.0, "QD", day(start, 21), None),
    )  # fmt: skip
    assert result.events == ()
    assert "prednisolone" in result.unclear[0]


def test_a_partial_start_counts_from_its_earliest_day(one, with_medication):
    start = one[3]
    month = (start + dt.timedelta(days=45)).strftime("%Y-%m")
    result = found(one, with_medication, ("Rituximab", "BIOLOGIC", None, None, month, None))
    assert result.events[0].date == dt.date.fromisoformat(f"{month}-01")
    assert "partial date" in result.events[0].what


def test_medication_of_the_day_of_dosing_is_background(one, with_medication):
    result = found(one, with_medication, ("Rituximab", "BIOLOGIC", 1.0, "QD", day(one[3], 1), None))
    assert result.events == ()


def test_without_medication_records_only_deaths_can_be_seen(phase1, with_frame):
    sdtm, adam, _ = phase1
    dead = with_frame(
        adam, "ADSL", lambda f: f.with_columns((pl.col("TRTSDT") + pl.duration(days=9)).alias("DTHDT"))
    )
    without = type(sdtm)([d for d in sdtm.values() if d.name != "CM"])
    result = find_intercurrent(dead["ADSL"], without)
    assert {(e.kind, e.day) for e in result.events} == {("death", 10)}
    assert len(result.events) == 9
    assert "CM" in result.unclear[0]
