"""Parquet: plain columns, exact decimals, and refusals before anything large is loaded."""

import datetime as dt
import io
import math
from decimal import Decimal

import polars as pl
import pytest

from mitograft.errors import InputError
from mitograft.tables import parquet
from mitograft.tables.decoder import decode_parquet
from mitograft.tables.parquet import read_parquet
from mitograft.tables.read import read_table


def encoded(frame: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


def test_kinds_of_columns(make_file):
    frame = pl.DataFrame(
        {
            "subject": ["007", "S2", ""],
            "visit": [0, 4, None],
            "haq": [0.1, math.nan, None],
            "vas": pl.Series([2.2, 15.000001, -0.1], dtype=pl.Float32),
            "lab": pl.Series([Decimal("1.10"), None, Decimal("-2")], dtype=pl.Decimal(10, 2)),
            "sex": pl.Series(["f", "m", None], dtype=pl.Categorical),
            "alive": [True, False, None],
            "day": [dt.date(2024, 1, 31), None, None],
            "at": [dt.datetime(2024, 1, 31, 10, 5), None, None],
            "took": [dt.timedelta(hours=36), None, None],
            "void": pl.Series([None, None, None]),
            "big": pl.Series([2**63, 1, None], dtype=pl.UInt64),
        }
    )
    table = read_table(make_file("cohort.parquet", encoded(frame)))
    assert table.source == "cohort.parquet"
    assert list(table.rows) == [2, 3, 4]
    assert table.columns == {
        "subject": ["007", "S2", None],
        "visit": [0, 4, None],
        "haq": [0.1, None, None],
        "vas": [2.2, 15.000001, -0.1],  # not 2.200000047683716: an edge of the point table would move
        "lab": [1.1, None, -2.0],
        "sex": ["f", "m", None],
        "alive": [True, False, None],
        "day": ["2024-01-31", None, None],
        "at": ["2024-01-31T10:05:00", None, None],
        "took": ["36:00:00", None, None],
        "void": [None, None, None],
        "big": [2**63, 1, None],
    }


def test_records_without_any_value_are_left_out():
    frame = pl.DataFrame({"a": ["x", "", None, "y"], "b": [1.0, math.nan, None, 0.0]})
    table = read_parquet(encoded(frame), "cohort.parquet")
    assert table.columns == {"a": ["x", "y"], "b": [1.0, 0.0]}
    assert list(table.rows) == [2, 5]


def test_a_table_without_records():
    table = read_parquet(
        encoded(pl.DataFrame({"a": [], "b": []}, schema={"a": pl.String, "b": pl.Float64})), "c"
    )
    assert (len(table), table.columns) == (0, {"a": [], "b": []})


def test_columns_that_no_table_holds_are_all_named():
    frame = pl.DataFrame({"a": [1], "b": [[1, 2]], "c": [{"x": 1}], "d": [b"raw"]})
    with pytest.raises(InputError, match="3 problems found") as caught:
        read_parquet(encoded(frame), "cohort.parquet")
    assert [(v.rule, v.column) for v in caught.value.violations] == [("column-type", name) for name in "bcd"]
    assert "column b: found cells of the type List(Int64); expected numbers, text" in str(caught.value)


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (pl.DataFrame({"a": [1], " a": [2]}), "found the same name over columns 1 and 2"),
        (pl.DataFrame({"a": [1], "": [2]}), "found no name over column 2"),
        (pl.DataFrame({f"c{i}": [1] for i in range(1500)}), "found 1500 columns; expected at most 1000"),
        (pl.DataFrame(), "found a Parquet file without columns|a damaged or incomplete Parquet file"),
    ],
    ids=["duplicate", "empty name", "wide", "no columns"],
)
def test_column_names(frame, sentence):
    with pytest.raises(InputError, match=sentence):
        read_parquet(encoded(frame), "cohort.parquet")


def test_a_claim_of_too_many_rows_is_refused_before_loading(monkeypatch):
    data = encoded(pl.DataFrame({"a": [1] * 1000}))
    monkeypatch.setattr(parquet, "MOST_ROWS", 999)
    with pytest.raises(InputError, match="found 1000 records of 1 columns; expected at most 999 records"):
        read_parquet(data, "cohort.parquet")


def test_the_row_limits_are_checked_on_the_claim_alone(monkeypatch):
    def fail(*_args, **_more):
        raise AssertionError("loaded")

    data = encoded(pl.DataFrame({"a": [1] * 1000, "b": [1] * 1000}))
    monkeypatch.setattr(pl, "read_parquet", fail)
    assert decode_parquet(data, 10**6, 1999)[0] == {"too_large": "1000 records of 2 columns"}


def test_a_small_file_of_much_text_is_refused(monkeypatch):
    monkeypatch.setattr("mitograft.tables.decoder._MOST_TEXT", 2_000_000)
    data = encoded(pl.DataFrame({"a": ["long " * 1000] * 1000}))
    assert len(data) < 20_000
    assert decode_parquet(data, 10**6, 10**6)[0] == {"too_large": "5 MB of text"}


@pytest.mark.parametrize("cut", [5, 100, -1, -4, -9])
def test_a_truncated_file(cut):
    data = encoded(pl.DataFrame({"a": ["x"] * 50}))
    with pytest.raises(InputError, match="found a damaged or incomplete Parquet file"):
        read_parquet(data[:cut], "cohort.parquet")


def test_a_footer_that_claims_to_be_longer_than_the_file():
    data = encoded(pl.DataFrame({"a": ["x"] * 50}))
    with pytest.raises(InputError, match="found a damaged or incomplete Parquet file"):
        read_parquet(data[:-8] + b"\xff\xff\xff\x7f" + b"PAR1", "cohort.parquet")


def test_content_that_is_no_parquet():
    with pytest.raises(InputError, match="found content that is no Parquet file; expected a Parquet file"):
        read_parquet(b"subject,visit\nS1,0\n", "cohort.parquet")
    with pytest.raises(InputError, match="found an encrypted Parquet file"):
        read_parquet(b"PARE" + bytes(40) + b"PARE", "cohort.parquet")
