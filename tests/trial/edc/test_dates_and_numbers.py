"""Dates as they are entered, results in exact arithmetic, ages in whole years."""

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.trial.edc.compose import compose_date, compose_time
from mitograft.trial.edc.evaluate import as_number
from mitograft.trial.edc.redcap import parse_choices
from mitograft.trial.edc.results import indicate_range, plain_number
from mitograft.trial.edc.subjects import whole_years
from mitograft.trial.sdtm.dates import parse_date

ORDERS = {"YMD": "%Y-%m-%d", "DMY": "%d/%m/%Y", "MDY": "%m.%d.%Y"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)), st.sampled_from(sorted(ORDERS)))
def test_a_day_in_any_order_is_the_day(day, order):
    assert compose_date([day.strftime(ORDERS[order])], order) == day.isoformat()
    words = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    assert compose_date([words], "DMY") == day.isoformat()
    assert compose_date([str(day.year), str(day.month), str(day.day)]) == day.isoformat()


@given(st.text("0123456789-/. :TUNKJan", max_size=16), st.sampled_from(sorted(ORDERS)))
def test_whatever_is_composed_is_a_date_of_sdtm(text, order):
    made = compose_date([text], order)
    assert made is None or made == "" or parse_date(made) is not None


@pytest.mark.parametrize(
    ("parts", "order", "time", "expected"),
    [
        (["2023-UNK-UNK"], "YMD", "", "2023"),
        (["2023-UN-15"], "YMD", "", "2023---15"),
        (["UN/03/2023"], "DMY", "", "2023-03"),
        (["UNK"], "YMD", "", ""),
        (["2023"], "DMY", "", "2023"),
        (["03/2023"], "MDY", "", "2023-03"),
        (["2023-04-05 10:30"], "YMD", "", "2023-04-05T10:30"),
        (["2023-04-05T10"], "YMD", "", "2023-04-05T10"),
        (["05/04/2023 9:30"], "DMY", "", "2023-04-05T09:30"),
        (["2023-04-05"], "YMD", "23:59:59", "2023-04-05T23:59:59"),
        (["2023-04"], "YMD", "10:30", "2023-04"),
        (["2023---15"], "YMD", "", "2023---15"),
        (["", "", ""], "YMD", "10:30", ""),
        (["", "3", "4"], "YMD", "", "--03-04"),
        (["14/03/23"], "DMY", "", None),
        (["2023-13-01"], "YMD", "", None),
        (["30/02/2023"], "DMY", "", None),
        (["2023-04-05"], "YMD", "24:00", None),
        (["2023", "4", "31"], "YMD", "", None),
        (["tomorrow"], "YMD", "", None),
    ],
)
def test_dates_as_entered(parts, order, time, expected):
    assert compose_date(parts, order, time) == expected


def test_times():
    assert [compose_time(text) for text in ("0:00", "23:59", "24:00", "9:5", "noon")] == [
        "00:00", "23:59", None, None, None,
    ]  # fmt: skip


def test_numbers_are_finite_and_plain():
    assert [as_number(text) for text in ("1.5", "-2", "1e3", "nan", "inf", "1_0", "12,5", "")] == [
        1.5, -2.0, 1000.0, None, None, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [("0", "0"), ("0.10", "0.1"), ("100", "100"), ("1/3", "0.3333333333"), ("-7/2", "-3.5")],
)
def test_plain_numbers(value, text):
    assert plain_number(Fraction(value)) == text


@given(st.decimals(-(10**6), 10**6, places=3))
def test_short_decimals_stay_exact(value):
    assert Fraction(plain_number(Fraction(value))) == Fraction(value)


@given(st.fractions(), st.fractions(), st.fractions(), st.fractions(min_value="0.001"))
def test_the_range_does_not_depend_on_the_unit(value, low, high, factor):
    low, high = sorted((low, high))
    found = indicate_range(value, low, high)
    assert indicate_range(value * factor, low * factor, high * factor) == found
    assert (found == "NORMAL") == (low <= value <= high)


def test_limits_are_inside_the_range():
    assert [indicate_range(Fraction(n), Fraction(1), Fraction(3)) for n in range(5)] == [
        "LOW", "NORMAL", "NORMAL", "NORMAL", "HIGH",
    ]  # fmt: skip
    assert indicate_range(Fraction(9), None, Fraction(9)) == "NORMAL"
    assert indicate_range(Fraction(9), None, None) is None


@pytest.mark.parametrize(
    ("birth", "day", "years"),
    [
        ("1960-05-04", "2023-05-03", 62.0),
        ("1960-05-04", "2023-05-04", 63.0),
        ("1960-02-29", "2023-02-28", 62.0),
        ("1960-05", "2023-05-04", None),
        (None, "2023-05-04", None),
    ],
)
def test_age_in_whole_years(birth, day, years):
    assert whole_years(birth, day) == years


def test_choices_are_split_at_the_first_comma():
    assert parse_choices("1, Yes, fully | 0, No|-9,Not done |") == {
        "1": "Yes, fully",
        "0": "No",
        "-9": "Not done",
    }
