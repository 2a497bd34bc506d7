"""The contract check: every violation of a table at once, each naming its cell."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.tables.check import check, parse_number
from mitograft.tables.contract import Column, Contract, RawTable

CONTRACT = Contract(
    "visits",
    (
        Column("subject", "subject", "identifier", filled=True),
        Column("visit", "visit", "text", filled=True),
        Column("haq", "HAQ disability index", "number", low=0, high=3),
        Column("ck", "creatine kinase", "number", unit="U/L", low=0, required=False),
        Column("sex", "sex", "category", allowed=("f", "m"), required=False),
    ),
    key=("subject", "visit"),
)


def raw(rows=None, **columns):
    count = len(next(iter(columns.values())))
    return RawTable("cohort.csv", columns, rows or range(2, count + 2))


def broken(table):
    return [(v.rule, v.row, v.column) for v in check(table, CONTRACT)[1]]


def test_a_table_that_keeps_its_contract():
    table, violations = check(
        raw(subject=["S1", 7.0], visit=["0", 4], haq=["1.125", None], ck=[180, "NA"], sex=["f", " m "]),
        CONTRACT,
    )
    assert violations == []
    assert table.texts == {"subject": ["S1", "7"], "visit": ["0", "4"], "sex": ["f", "m"]}
    np.testing.assert_array_equal(table.numbers["haq"], [1.125, math.nan])
    np.testing.assert_array_equal(table.numbers["ck"], [180, math.nan])
    assert table.rows.tolist() == [2, 3]


def test_every_violation_is_listed_with_the_row_of_the_file():
    table = raw(
        rows=[2, 3, 7, 9],
        subject=["S1", None, "S1", "S1"],
        visit=["0", "4", "0", "=A1"],
        haq=["3.5", "1,5", "x", "=B2"],
        sex=["f", "F", None, "m"],
        weight=[1, 2, 3, 4],
    )
    assert sorted(broken(table)) == sorted(
        [
            ("unknown-column", 1, "weight"),
            ("empty", 3, "subject"),
            ("formula", 9, "visit"),
            ("off-scale", 2, "haq"),
            ("not-a-number", 3, "haq"),
            ("not-a-number", 7, "haq"),
            ("formula", 9, "haq"),
            ("unknown-value", 3, "sex"),
            ("duplicate", 7, "visit"),
        ]
    )


def test_missing_columns_and_no_records():
    assert broken(raw(visit=[], haq=[])) == [("missing-column", None, "subject"), ("no-rows", None, None)]


def test_the_sentence_names_found_expected_and_remedy():
    _, violations = check(raw(subject=["S1"], visit=["0"], haq=["30"], ck=["-1"]), CONTRACT)
    assert [str(v) for v in violations] == [
        "row 2, column haq: found '30'; expected HAQ disability index from 0 to 3. "
        "Correct the value or its unit. [off-scale]",
        "row 2, column ck: found '-1'; expected creatine kinase of at least 0 U/L. "
        "Correct the value or its unit. [off-scale]",
    ]


def test_an_unknown_column_close_to_a_known_one_is_suggested():
    _, violations = check(raw(subject=["S1"], visit=["0"], HAG=["1"], haq=["1"]), CONTRACT)
    assert "Did you mean 'haq'?" in violations[0].remedy


def test_an_incomplete_key_is_empty_but_no_duplicate():
    table = raw(subject=[None, None], visit=["0", "0"], haq=["1", "2"])
    assert broken(table) == [("empty", 2, "subject"), ("empty", 3, "subject")]


def test_names_of_subjects_are_never_quoted():
    table = raw(
        subject=["Jane Doe", "Jane Doe"], visit=["0", "0"], haq=["Jane Doe", "1"], sex=["Jane Doe", "f"]
    )
    _, violations = check(table, CONTRACT)
    assert len(violations) == 3
    assert not any("Jane" in str(violation) for violation in violations)


def test_true_is_no_number_even_beside_a_one():
    table = raw(subject=["S1", "S2"], visit=["0", "0"], haq=[1, True])
    assert broken(table) == [("not-a-number", 3, "haq")]


@pytest.mark.parametrize(
    "cell", [10**400, -(10**400), "1e999", "inf", "nan", "0x10", "1_000", "١", "1 2", "--1", ""]
)
def test_cells_that_are_no_finite_number(cell):
    assert parse_number(cell) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_is_read_back_from_its_text(number):
    assert parse_number(repr(number)) == number
    assert parse_number(f" {number} ") == number


@given(st.text(max_size=8))
def test_any_text_is_a_finite_number_or_none(text):
    value = parse_number(text)
    assert value is None or math.isfinite(value)
