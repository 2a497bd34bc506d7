# Limits: NCI Common Terminology Criteria for Adverse Events v5.0, 27 November 2017.
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.trial.coding import load_criteria, load_grading
from mitograft.trial.coding.criteria import load_tests

GRADING = load_grading("5.0")
TESTS = sorted({row.test for row in GRADING.criteria})
LIMITS = {"HGB": (120.0, 160.0), "CK": (None, 200.0), "PLAT": (150.0, 400.0), "ALB": (35.0, 50.0)}


def grade(test, value, low=None, high=None, baseline=None, unit=None, table=GRADING):
    units = None if unit is None else [unit]
    return table.grade([test], [value], [low], [high], [baseline], units)["grade"][0]


@pytest.mark.parametrize(("test", "low", "high", "values"), [
    # value just in each grade and the last value of it, from grade 0 on
    ("HGB", 120.0, 160.0, [(0, 120), (1, 119.9), (1, 100), (2, 99.9), (2, 80), (3, 79.9)]),
    ("WBC", 4.0, 10.0, [(0, 4), (1, 3.9), (1, 3), (2, 2.9), (2, 2), (3, 1.9), (3, 1), (4, 0.9)]),
    ("NEUT", 2.0, 7.5, [(0, 2), (1, 1.9), (1, 1.5), (2, 1.4), (2, 1), (3, 0.9), (3, 0.5), (4, 0.4)]),
    ("LYM", 1.0, 3.5, [(0, 1), (1, 0.9), (1, 0.8), (2, 0.7), (2, 0.5), (3, 0.2), (4, 0.1), (2, 4.1)]),
    ("PLAT", 150.0, 400.0, [(0, 150), (1, 149), (1, 75), (2, 74), (2, 50), (3, 49), (3, 25), (4, 24)]),
    ("ALB", 35.0, 50.0, [(0, 35), (1, 34), (1, 30), (2, 29), (2, 20), (3, 19)]),
    ("CK", None, 200.0, [(0, 200), (1, 201), (1, 500), (2, 501), (2, 1000), (3, 1001), (3, 2000), (4, 2001)]),
    ("CREAT", None, 100.0, [(0, 100), (1, 101), (1, 150), (2, 151), (2, 300), (3, 301), (3, 600), (4, 601)]),
    ("ALT", None, 40.0, [(0, 40), (1, 41), (1, 120), (2, 121), (2, 200), (3, 201), (3, 800), (4, 801)]),
    ("ALP", None, 100.0, [(0, 100), (1, 101), (1, 250), (2, 251), (2, 500), (3, 501), (3, 2000), (4, 2001)]),
    ("BILI", None, 20.0, [(0, 20), (1, 21), (1, 30), (2, 31), (2, 60), (3, 61), (3, 200), (4, 201)]),
    ("K", 3.5, 5.1, [(0, 5.1), (1, 5.2), (1, 5.5), (2, 5.6), (2, 6), (3, 6.1), (3, 7), (4, 7.1),
                     (1, 3.4), (1, 3), (3, 2.9), (3, 2.5), (4, 2.4)]),
    ("SODIUM", 135.0, 145.0, [(1, 150), (2, 151), (4, 161), (1, 130), (2, 129), (3, 124), (4, 119)]),
    ("CA", 2.15, 2.55, [(1, 2.6), (1, 2.9), (2, 3), (2, 3.1), (3, 3.4), (4, 3.5),
                        (1, 2), (2, 1.75), (3, 1.5), (4, 1.4)]),
    ("GLUC", 4.0, 6.0, [(1, 3), (2, 2.9), (2, 2.2), (3, 1.7), (4, 1.6), (0, 15)]),
])  # fmt: skip
def test_the_published_limits_to_the_last_value(test, low, high, values):
    for expected, value in values:
        assert grade(test, float(value), low, high) == expected, (test, value)


# CTCAE v5.0: "1.5 - 3.0 x baseline if baseline was abnormal" (ALT, AST), 2.0 for ALP and GGT.
@pytest.mark.parametrize(
    ("test", "values"),
    [
        ("ALT", [(0, 149), (1, 150), (1, 300), (2, 301), (2, 500), (3, 501), (3, 2000), (4, 2001)]),
        ("AST", [(0, 149), (1, 150), (1, 300), (2, 301)]),
        ("ALP", [(0, 199), (1, 200), (1, 250), (2, 251)]),
        ("BILI", [(0, 100), (1, 101), (1, 150), (2, 151)]),
    ],
)
def test_an_abnormal_baseline_is_graded_against_itself(test, values):
    for expected, value in values:
        assert grade(test, float(value), None, 40.0, 100.0) == expected, (test, value)
        # the same value with a normal baseline
    assert grade(test, 150.0, None, 40.0, 40.0) == grade(test, 150.0, None, 40.0) > 0


def test_creatinine_takes_the_worse_of_limit_and_baseline():
    # CTCAE v5.0: grade 2 > 1.5 - 3.0 x baseline; grade 3 > 3.0 x baseline
    assert grade("CREAT", 91.0, None, 100.0, 60.0) == 2
    assert grade("CREAT", 181.0, None, 100.0, 60.0) == 3
    assert grade("CREAT", 90.0, None, 100.0, 60.0) == 0


def test_ck_has_no_baseline_rule_and_is_disease():
    assert grade("CK", 3000.0, None, 200.0, 3000.0) == 4
    assert GRADING.disease == {"CK"}


@given(
    test=st.sampled_from(["CK", "ALT", "CREAT"]),
    limit=st.decimals("0.1", "500", places=1),
    grades=st.integers(1, 4),
)
def test_limits_are_decimal_not_binary(test, limit, grades):
    # 3 x 1.2 is 3.5999999999999996 in binary; a value of 3.6 is at the limit, not above it
    multiple = {"CK": (1, 2.5, 5, 10), "ALT": (1, 3, 5, 20), "CREAT": (1, 1.5, 3, 6)}[test][grades - 1]
    at = Decimal(str(multiple)) * limit
    assert grade(test, float(at), None, float(limit)) == grades - 1
    assert grade(test, float(at + Decimal("0.001")), None, float(limit)) == grades


def test_the_binary_trap_is_real():
    assert 3.6 > 3 * 1.2
    assert grade("ALT", 3.6, None, 1.2) == 1


@given(
    test=st.sampled_from(TESTS),
    values=st.lists(st.floats(0.01, 1e5), min_size=2, max_size=20),
    baseline=st.none() | st.floats(1, 500),
)
def test_a_grade_never_falls_as_the_value_moves_out(test, values, baseline):
    values = sorted(values)
    size = len(values)
    out = GRADING.grade([test] * size, values, [5.0] * size, [50.0] * size, [baseline] * size)
    assert (np.diff(out["grade_high"].drop_nulls().to_numpy()) >= 0).all()
    assert (np.diff(out["grade_low"].drop_nulls().to_numpy()) <= 0).all()
    assert out["grade"].drop_nulls().is_in([0.0, 1.0, 2.0, 3.0, 4.0]).all()


@pytest.mark.parametrize(("test", "unit", "factor"), [
    ("HGB", "g/dL", 10), ("ALB", "g/dL", 10), ("NEUT", "/uL", 0.001), ("PLAT", "10^3/uL", 1),
    ("WBC", "GI/L", 1),    ("GLUC", "mg/dL", 1 / 18.0156), ("CA", "mg/dL", 1 / 4.0078), ("K", "mEq/L", 1),
])  # fmt: skip
def test_units_do_not_change_the_grade(test, unit, factor):
    values = np.linspace(0.1, 400.0, 997)
    size = values.size
    low, high = np.full(size, 20.0), np.full(size, 200.0)
    standard = GRADING.grade([test] * size, values, low, high)
    other = GRADING.grade([test] * size, values / factor, low / factor, high / factor, None, [unit] * size)
    assert other.equals(standard)


def test_an_unknown_unit_leaves_absolute_criteria_ungraded():
    assert grade("HGB", 90.0, 120.0, 160.0, unit="furlong") is None
    assert grade("ALT", 500.0, None, 40.0, unit="furlong") == 3  # a ratio needs no unit


def test_what_is_missing_is_not_graded_zero():
    assert grade("ALT", 30.0) is None  # no limit of normal
    assert grade("HGB", None, 120.0, 160.0) is None
    assert grade("HGB", 110.0) is None  # grade 1 and 0 cannot be told apart
    assert grade("HGB", 70.0) == 3  # an absolute criterion decides
    assert grade("ALDOLASE", 30.0, None, 7.0) is None  # no criterion


@pytest.mark.parametrize("table", [GRADING, load_grading(symptomatic=True)])
def test_rows_do_not_influence_one_another(table):
    rng = np.random.default_rng(1)
    size = 400
    tests = rng.choice(TESTS, size)
    value, base = rng.lognormal(3, 2, size), rng.lognormal(3, 2, size)
    args = (value, np.full(size, 10.0), np.full(size, 60.0), base)
    whole = table.grade(tests.tolist(), *args)
    order = rng.permutation(size)
    shuffled = table.grade(tests[order].tolist(), *(column[order] for column in args))
    assert shuffled.equals(whole[order.tolist()])
    for i in range(0, size, 37):
        assert table.grade([tests[i]], *(column[i : i + 1] for column in args)).equals(whole[i])


def test_symptoms_only_make_it_worse():
    worst = load_grading(symptomatic=True)
    assert grade("K", 3.2, 3.5, 5.0) == 1
    assert grade("K", 3.2, 3.5, 5.0, table=worst) == 2
    assert grade("SODIUM", 127.0, 135.0, 145.0) == 2
    assert grade("SODIUM", 127.0, 135.0, 145.0, table=worst) == 3


def test_the_worse_direction_is_named():
    out = GRADING.grade(["K"] * 3, [2.0, 7.5, 4.0], [3.5] * 3, [5.0] * 3)
    assert out["direction"].to_list() == ["low", "high", None]
    assert out["term"].to_list() == ["Hypokalemia", "Hyperkalemia", None]
    assert out["grade"].to_list() == [4.0, 4.0, 0.0]


def test_polars_columns_with_nulls_are_taken():
    out = GRADING.grade(pl.Series(["CK", "CK"]), pl.Series([None, 600.0]), None, pl.Series([200.0, 200.0]))
    assert out["grade"].to_list() == [None, 2.0]
    assert GRADING.grade([], []).height == 0


def test_wrong_lengths_and_versions_are_refused():
    with pytest.raises(UsageError, match="found 1 numbers; expected 2"):
        GRADING.grade(["CK", "CK"], [1.0])
    with pytest.raises(UsageError, match="found 1 units"):
        GRADING.grade(["CK", "CK"], [1.0, 2.0], unit=["U/L"])
    with pytest.raises(UsageError, match=r"expected one of 5\.0"):
        load_grading("6.0")


def test_the_table_is_sound():
    rows = load_criteria()
    assert len({row.id for row in rows}) == len(rows)
    tests = load_tests()
    for row in rows:
        assert row.test in tests
        if row.absolute:
            assert tests[row.test].unit.lower() in tests[row.test].factors, row.test
            assert tests[row.test].factors[tests[row.test].unit.lower()] == 1
    for test in TESTS:  # one term a direction
        for side in ("low", "high"):
            assert len({r.term for r in rows if (r.test, r.direction) == (test, side)}) <= 1
    assert {row.test for row in GRADING.flagged(["CK", "LDH"])} == {"CK", "LDH"}
