"""Partial dates: SDTMIG 3.4 section 4.4.2 and 4.4.4, and laws by brute force over the calendar."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.trial.sdtm.dates import (
    day_precision,
    earliest_day,
    exact_day,
    is_date,
    latest_day,
    parse_date,
    study_day,
)
from mitograft.trial.sdtm.impute import impute_date

D = dt.date

# SDTMIG 3.4, section 4.4.2 (forms of partial and incomplete dates), and texts that are none of them.
FORMS = {
    "2003-12-15T13:14:17.123": "day",
    "2003-12-15T13:14:17": "day",
    "2003-12-15T13:14": "day",
    "2003-12-15T13": "day",
    "2003-12-15": "day",
    "2003-12": "month",
    "2003": "year",
    "2003---15": "year",
    "--12-15": "none",
    "2003-12-15T-:15": "day",
    "-----T07:15": "none",
    "2003-12-15T13:14:17+09:00": "day",
    "2024-02-29": "day",
}
BAD = [
    "2003-02-30", "2023-02-29", "2003-13", "15DEC2003", "2003-1-5", "2003-12-", "2003-", "", "-", "-----",
    "0000", "2003--", "2003T10:30", "2003-12T10", "2003-12-15 10:30", "2003-12-15T25:00", "2003-04-31T10:00",
    "20031215", "2003-12-15\n", "--02-30", "२००३",
]  # fmt: skip


def run(expression, texts):
    return pl.DataFrame({"d": list(texts)}, schema={"d": pl.String}).select(expression).to_series().to_list()


def test_forms_of_the_implementation_guide():
    assert run(day_precision("d"), FORMS) == list(FORMS.values())
    assert all(run(is_date("d"), FORMS))
    assert all(parse_date(text) for text in FORMS)


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_date(text):
    assert parse_date(text) is None
    assert run(is_date("d"), [text]) == [False]
    assert run(earliest_day("d"), [text]) == [None]
    assert run(day_precision("d"), [text]) == [None]


def test_null_stays_null():
    for expression in (is_date("d"), day_precision("d"), earliest_day("d"), latest_day("d"), exact_day("d")):
        assert run(expression, [None]) == [None]


@st.composite
def partial(draw):
    day = draw(st.dates(D(1999, 1, 1), D(2032, 12, 31)))
    form = draw(st.sampled_from(["%Y-%m-%d", "%Y-%m", "%Y", "%Y---%d", "%Y-%m-%dT%H:%M"]))
    return day, day.strftime(form)


def possible(text):
    """All days a text can be, by walking through its year."""
    date = parse_date(text)
    days = (D(date.year, 1, 1) + dt.timedelta(n) for n in range(366))
    return [
        day
        for day in days
        if day.year == date.year and date.month in (None, day.month) and date.day in (None, day.day)
    ]


@given(partial())
def test_range_is_that_of_the_calendar(drawn):
    day, text = drawn
    days = possible(text)
    assert day in days
    assert run(earliest_day("d"), [text]) == [days[0]]
    assert run(latest_day("d"), [text]) == [days[-1]]
    assert parse_date(text).days() == (days[0], days[-1])
    assert run(exact_day("d"), [text]) == [days[0] if len(days) == 1 and "---" not in text else None]


@given(partial(), st.sampled_from(["first", "middle", "last"]), st.integers(-500, 500), st.integers(0, 400))
def test_imputed_day_is_possible_and_keeps_its_bounds(drawn, rule, shift, width):
    day, text = drawn
    days = possible(text)
    low = day + dt.timedelta(shift)
    high = low + dt.timedelta(width)
    found, flag = impute_date("d", rule, not_before=pl.lit(low), not_after=pl.lit(high))
    got, mark = run(found, [text])[0], run(flag, [text])[0]
    assert got in days
    if parse_date(text).complete:
        assert (got, mark) == (day, None)
        return
    assert mark == ("D" if parse_date(text).month else "M")
    if any(d <= high for d in days):
        assert got <= high
    else:
        assert got == days[0]
    within = [d for d in days if low <= d <= high]
    if within:
        free = run(impute_date("d", rule)[0], [text])[0]
        assert got == min(within, key=lambda d: abs((d - free).days))


@pytest.mark.parametrize(
    ("text", "rule", "expected", "flag"),
    [
        ("2019-07", "first", D(2019, 7, 1), "D"),
        ("2019-07", "middle", D(2019, 7, 15), "D"),
        ("2019-02", "last", D(2019, 2, 28), "D"),
        ("2020-02", "last", D(2020, 2, 29), "D"),
        ("2019", "first", D(2019, 1, 1), "M"),
        ("2019", "middle", D(2019, 6, 30), "M"),
        ("2019", "last", D(2019, 12, 31), "M"),
        ("2019---07", "middle", D(2019, 6, 7), "M"),
        ("2019---31", "middle", D(2019, 7, 31), "M"),
        ("2019-07-18T15:25", "last", D(2019, 7, 18), None),
    ],
)
def test_rules(text, rule, expected, flag):
    # The conventions of admiral (pharmaverse) for first, mid and last; worked by hand.
    day, mark = impute_date("d", rule)
    assert (run(day, [text])[0], run(mark, [text])[0]) == (expected, flag)


def test_only_parts_that_may_be_imputed():
    day, flag = impute_date("d", highest="day")
    assert run(day, ["2019-07", "2019", "2019-07-05"]) == [D(2019, 7, 1), None, D(2019, 7, 5)]
    assert run(flag, ["2019-07", "2019", "2019-07-05"]) == ["D", None, None]


def test_a_missing_date_becomes_the_bound_only_if_asked():
    bounds = {"not_before": pl.lit(D(2023, 3, 1)), "not_after": pl.lit(D(2023, 9, 1))}
    assert run(impute_date("d", **bounds)[0], [None, "--12-15", "wrong"]) == [None, None, None]
    day, flag = impute_date("d", highest="year", **bounds)
    assert run(day, [None, "--12-15", "wrong"]) == [D(2023, 3, 1), D(2023, 3, 1), None]
    assert run(flag, [None, "--12-15", "wrong"]) == ["Y", "Y", None]
    assert run(impute_date("d", "last", highest="year", **bounds)[0], [None]) == [D(2023, 9, 1)]


def test_a_bound_that_is_null_moves_nothing():
    none = pl.lit(None, dtype=pl.Date)
    day, _ = impute_date("d", "last", not_before=none, not_after=none)
    assert run(day, ["2023-04"]) == [D(2023, 4, 30)]


def test_study_day_has_no_zero():
    # SDTMIG 3.4 section 4.4.4: the day of first dose is 1, the day before it -1.
    frame = pl.DataFrame(
        {"d": [D(2023, 3, 1), D(2023, 2, 28), D(2023, 3, 2), None], "r": [D(2023, 3, 1)] * 4}
    )
    assert frame.select(study_day("d", "r")).to_series().to_list() == [1.0, -1.0, 2.0, None]
