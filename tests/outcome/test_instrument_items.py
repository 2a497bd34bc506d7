import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.outcome.items import ItemScale, read_codes, read_flags, score_sum
from mitograft.outcome.three_valued import all_of, any_of

SCALE = ItemScale("Test", ("first", "second"), (3.0, 10.0))


def test_sum_with_weights_and_bounds():
    result = score_sum(SCALE, SCALE.read([[1, 4], [np.nan, 4], [np.nan, np.nan]]), weights=[2, 1])
    np.testing.assert_array_equal(result.score, [6, np.nan, np.nan])
    assert result.low.tolist() == [6, 4, 0]
    assert result.high.tolist() == [6, 10, 16]
    assert result.missing.tolist() == [0, 1, 2]


def test_sum_of_decimals_is_the_decimal_that_was_written():
    scale = ItemScale("Test", ("a", "b", "c"), (1.0, 1.0, 1.0), whole=False)
    assert 0.1 + 0.2 + 0.3 != 0.6
    assert score_sum(scale, scale.read([0.1, 0.2, 0.3])).score == 0.6


def test_every_bad_position_is_listed():
    with pytest.raises(UsageError) as caught:
        SCALE.read([[1.5, 4], [0, -1], [4, np.inf], [3, 10]])
    lines = str(caught.value).splitlines()
    assert lines == [
        "Test: 4 values off the scale.",
        "  - index 0, first: found '1.5', expected a whole number from 0 to 3",
        "  - index 1, second: found '-1', expected a whole number from 0 to 10",
        "  - index 2, first: found '4', expected a whole number from 0 to 3",
        "  - index 2, second: found 'inf', expected a whole number from 0 to 10",
        "Correct the values or their unit, or leave them missing (NaN).",
    ]


def test_one_patient_has_no_index_and_a_longer_list_is_cut_with_its_count():
    with pytest.raises(UsageError, match=r"1 value off the scale\.\n  - second: found '11'"):
        SCALE.read([0, 11])
    with pytest.raises(UsageError, match=r"3000 values off the scale(.|\n)*and 2000 more"):
        SCALE.read(np.full((1500, 2), 11))


def test_shape_and_kind_are_explained():
    with pytest.raises(
        UsageError, match=r"shape \(3,\), expected 2 items on the last axis \(first, second\)"
    ):
        SCALE.read([1, 2, 3])
    with pytest.raises(UsageError, match=r"shape \(\)"):
        SCALE.read(1)
    with pytest.raises(UsageError, match="not numbers"):
        SCALE.read(["x", "y"])


def test_flags_and_codes():
    assert read_flags("Signs", ("a", "b"), [True, False]).tolist() == [1, 0]
    with pytest.raises(UsageError, match="b: found '2', expected a whole number from 0 to 1"):
        read_flags("Signs", ("a", "b"), [1, 2])
    points = read_codes("Codes", {"A": 9, "B": None}, [["A", None], ["", float("nan")]], "Hint.")
    np.testing.assert_array_equal(points, [[9, np.nan], [np.nan, np.nan]])
    with pytest.raises(UsageError) as caught:
        read_codes("Codes", {"A": 9, "B": None}, [["A", "B"], ["Jane Doe", "A"]], "Hint.")
    assert str(caught.value).splitlines() == [
        "Codes: 2 cells without points.",
        "  - index 0, 1: found 'B'",
        "  - index 1, 0: found text of 8 characters",
        "Expected one of A, B. Hint.",
    ]


def test_three_valued_tables():
    values = np.array([0.0, np.nan, 1.0])
    a, b = (x.ravel() for x in np.meshgrid(values, values))
    n = np.nan
    np.testing.assert_array_equal(any_of(a, b), [0, n, 1, n, n, 1, 1, 1, 1])
    np.testing.assert_array_equal(all_of(a, b), [0, 0, 0, 0, n, n, 0, n, 1])
