"""The checks of analysis data sets: each finds its mistake, and nothing else."""

import datetime as dt

import polars as pl
import pytest

from mitograft.trial.adam import check_adam, derive_adam
from mitograft.trial.dataset import Dataset, Variable


@pytest.fixture
def clean(trial, protocol):
    return derive_adam(trial(), protocol).datasets


def spoiled(datasets, name, change):
    dataset = datasets[name]
    frame = change(dataset.frame)
    known = {variable.name: variable for variable in dataset.variables}
    variables = tuple(known.get(column, Variable(column)) for column in frame.columns)
    return datasets.with_items([Dataset(name, dataset.label, frame, variables)])


def put(column, row, value):
    def change(frame):
        values = frame[column].to_list()
        values[row] = value
        return frame.with_columns(pl.Series(column, values, dtype=frame.schema[column]))

    return change


MISTAKES = [
    ("ADSL", lambda f: f.drop("SAFFL"), "missing-variable", "SAFFL"),
    ("ADSL", lambda f: f.with_columns(pl.lit("x").alias("EXTRA")), "unknown-variable", "EXTRA"),
    ("ADSL", lambda f: f.with_columns(pl.col("AGE").cast(pl.String)), "wrong-type", "AGE"),
    ("ADSL", put("SEX", 0, "X"), "not-in-list", "SEX"),
    ("ADSL", put("COUNTRY", 0, "KOREA"), "too-long", "COUNTRY"),
    ("ADAE", lambda f: pl.concat([f, f]), "duplicate-key", None),
    ("ADAE", put("USUBJID", 0, "nobody"), "unknown-subject", "USUBJID"),
    ("ADAE", put("ASTDY", 0, 0.0), "day-zero", "ASTDY"),
    ("ADLB", put("PARAM", 0, "Another name"), "parameter-names", "PARAMCD"),
    ("ADLB", put("AVALU", 0, "ukat/L"), "mixed-units", "AVALU"),
    ("ADLB", put("ABLFL", 1, "Y"), "two-baselines", "ABLFL"),
    ("ADLB", put("BASE", 1, 1.0), "base", "BASE"),
    ("ADLB", put("CHG", 1, 1.0), "change", "CHG"),
    ("ADLB", put("ADY", 1, 0.0), "day-zero", "ADY"),
    ("ADQS", put("AVISIT", 1, "BASELINE"), "two-analysed", "ANL01FL"),
    ("ADTIS", put("AVAL", 12, 37.5), "score-sum", "AVAL"),
    ("ADTIS", put("AVAL", 14, 30.0), "score-bounds", "AVAL"),
    ("ADTIS", put("AVAL", 13, -2.5), "score-range", "AVAL"),
    ("ADTTE", put("AVAL", 0, 0.0), "time", "AVAL"),
    ("ADTTE", put("CNSR", 0, 2.0), "censor", "CNSR"),
    ("ADTTE", put("USUBJID", 0, None), "unknown-subject", "USUBJID"),
]


@pytest.mark.parametrize(("name", "change", "rule", "column"), MISTAKES)
def test_each_mistake_is_found(clean, name, change, rule, column):
    found = check_adam(spoiled(clean, name, change))
    assert (rule, name, column) in {(v.rule, v.file, v.column) for v in found}


def test_a_clean_set_has_no_violation(clean):
    assert check_adam(clean) == ()


def test_violations_quote_no_values(clean):
    spoilt = spoiled(clean, "ADAE", put("USUBJID", 0, "Jane Doe"))
    assert all("Jane" not in str(violation) for violation in check_adam(spoilt))


def test_dates_are_dates(clean):
    spoilt = spoiled(clean, "ADSL", lambda f: f.with_columns(pl.lit(dt.datetime(2022, 1, 1)).alias("TRTSDT")))
    assert "wrong-type" in {violation.rule for violation in check_adam(spoilt)}
