"""Numbers as a reader sees them."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.report.numbers import align_decimals, format_cell, format_interval, format_number

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0, None, "0"),
        (-7, None, "−7"),
        (2.5, None, "2.5"),
        (1 / 3, None, "0.333333"),
        (0.045, 1, "0.0"),
        (-0.04, 1, "0.0"),
        (-0.0, None, "0"),
        (9999, None, "9999"),
        (10000, None, "10\u202f000"),
        (-1234567, None, "−1\u202f234\u202f567"),
        (1234567.891, 2, "1\u202f234\u202f567.89"),
        (1e6, None, "1\u202f000\u202f000"),
        (2**53, None, "9\u202f007\u202f199\u202f254\u202f740\u202f992"),
        (0.00001, None, "1 × 10⁻⁵"),
        (-6.02e23, None, "−6.02 × 10²³"),
        (math.inf, 2, "∞"),
        (-math.inf, None, "−∞"),
        (math.nan, 2, "–"),
        (None, None, "–"),
    ],
)
def test_format_number(value, decimals, text):
    assert format_number(value, decimals) == text


@given(FINITE, st.integers(0, 12))
def test_a_number_shown_with_decimals_is_the_number_rounded(value, decimals):
    text = format_number(value, decimals).replace("\u202f", "").replace("−", "-")
    assert float(text) == float(f"{value:.{decimals}f}")
    assert len(text.partition(".")[2]) == decimals


@given(FINITE)
def test_no_number_is_shown_with_a_hyphen_or_a_negative_zero(value):
    text = format_number(value)
    assert "-" not in text
    assert text.strip("−0.") or not text.startswith("−")


@given(st.lists(st.one_of(FINITE, st.none(), st.sampled_from(["<0.0001", "NE", "1.5 to 2"])), max_size=8))
def test_decimal_points_stand_at_the_same_place_from_the_right(cells):
    texts = [format_cell(cell) for cell in cells]
    aligned = align_decimals(texts)
    assert [text.rstrip("\u2007\u2008") for text in aligned] == texts
    tails = {
        len(text) - text.rfind(".") for text in aligned if re.fullmatch(r"[−\d\u202f]*\.\d+\u2007*", text)
    }
    assert len(tails) <= 1


@pytest.mark.parametrize(
    ("cell", "text"),
    [("", "–"), ("  ", "–"), ("DM", "DM"), (True, "yes"), (False, "no"), (3, "3"), (None, "–")],
)
def test_format_cell(cell, text):
    assert format_cell(cell) == text


def test_format_interval():
    assert format_interval(0.5, -math.inf, 1.25, 2) == "0.50 (−∞ to 1.25)"
    assert format_interval(math.nan, 0, 1) == "–"
    assert format_interval(None, None, None) == "–"
