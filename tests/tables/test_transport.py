"""SAS transport files against published bytes and an independent library (pyreadstat, by ReadStat)."""

import contextlib
import datetime as dt
import math
import re
import struct

import numpy as np
import pandas as pd
import polars as pl
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import InputError, UsageError
from mitograft.tables.transport import Transport, TransportVariable, encode_transport
from mitograft.tables.transport_number import LARGEST, SMALLEST, decode_numbers, encode_numbers
from mitograft.tables.transport_read import decode_transport, is_transport

STAMP = re.compile(rb"\d\d[A-Z]{3}\d\d:\d\d:\d\d:\d\d")
INSTANT = b"01JAN70:00:00:00"
COLUMNS = {
    "USUBJID": ["A-1", "B-22", "C"],
    "AGE": [34.5, math.nan, 0.0],
    "NOTE": ["x", None, "  in front"],
    "AVAL": [math.pi, -1e-9, 1e60],
}
LABELS = ["Unique Subject Identifier", "Age", "L" * 40, ""]


def table(version=5, columns=COLUMNS, labels=LABELS):
    frame = pl.DataFrame(columns).with_columns(pl.selectors.float().fill_nan(None))
    variables = [
        TransportVariable(
            name, label, dtype == pl.String, frame[name].str.len_bytes().max() if dtype == pl.String else 8
        )
        for (name, dtype), label in zip(frame.schema.items(), labels, strict=True)
    ]
    return Transport("DM", "Demographics", version, tuple(variables), frame)


def written_by_pyreadstat(folder, version, columns=COLUMNS, labels=LABELS):
    path = folder / "dm.xpt"
    pyreadstat.write_xport(
        pd.DataFrame(columns), path, file_label="Demographics", column_labels=labels, table_name="DM",
        file_format_version=version,
    )  # fmt: skip
    return path.read_bytes()


# Numbers


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0000000000000000"),
        (1.0, "4110000000000000"),
        (-0.0, "0000000000000000"),
        (-1.0, "c110000000000000"),
        (100.0, "4264000000000000"),
        # IBM hexadecimal floating point, the usual worked example: -118.625 = -(76.A)_16
        (-118.625, "c276a00000000000"),
        (0.1, "401999999999999a"),
        (math.nan, "2e00000000000000"),  # TS-140: a missing value is a point
    ],
)
def test_published_numbers(value, expected):
    assert encode_numbers(np.array([value]), "X").tobytes().hex() == expected


@settings(max_examples=300)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_of_the_range_comes_back_exactly_and_no_other_is_written(value):
    if value and not SMALLEST <= abs(value) <= LARGEST:
        with pytest.raises(UsageError, match="cannot hold"):
            encode_numbers(np.array([value]), "X")
    else:
        assert decode_numbers(encode_numbers(np.array([value]), "X")).tolist() == [value]


@pytest.mark.parametrize("edge", [SMALLEST, LARGEST, -SMALLEST, -LARGEST])
def test_the_ends_of_the_range_come_back(edge):
    assert decode_numbers(encode_numbers(np.array([edge]), "X")).tolist() == [edge]


def test_all_28_marks_of_no_value_and_short_numbers():
    marks = b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    cells = np.array([[mark, 0, 0, 0, 0, 0, 0, 0] for mark in marks], np.uint8)
    assert len(marks) == 28
    assert np.isnan(decode_numbers(cells)).all()
    assert decode_numbers(np.frombuffer(bytes.fromhex("4264"), np.uint8).reshape(1, 2)).tolist() == [100.0]
    # 0x2E with a fraction is a number: a point is missing only with zeros after it.
    assert decode_numbers(np.frombuffer(bytes.fromhex("2e10000000000000"), np.uint8).reshape(1, 8))[0] > 0


# Against pyreadstat


@pytest.mark.parametrize("version", [5, 8])
def test_same_bytes_as_pyreadstat_but_for_the_time(tmp_path, version):
    theirs = STAMP.sub(INSTANT, written_by_pyreadstat(tmp_path, version))
    assert encode_transport(table(version)) == theirs


def test_long_names_and_labels_of_version_8(tmp_path):
    columns = {"ALONGNAMEOFAVARIABLE": ["x"], "SHORT": [1.0], "ANOTHERLONGNAME": ["yy"]}
    labels = ["L" * 256, "M" * 41, "N"]
    theirs = STAMP.sub(INSTANT, written_by_pyreadstat(tmp_path, 8, columns, labels))
    ours = encode_transport(table(8, columns, labels))
    assert ours == theirs
    found = decode_transport(ours, "dm.xpt")
    assert [v.label for v in found.variables] == labels
    assert found.frame.columns == list(columns)


@pytest.mark.parametrize("version", [5, 8])
def test_pyreadstat_reads_what_we_write_and_we_what_it_writes(tmp_path, version):
    ours = decode_transport(written_by_pyreadstat(tmp_path, version), "dm.xpt")
    assert ours.frame.equals(table().frame)
    assert (ours.name, ours.label, ours.version) == ("DM", "Demographics", version)
    assert [v.label for v in ours.variables] == LABELS
    path = tmp_path / "ours.xpt"
    path.write_bytes(encode_transport(table(version)))
    frame, meta = pyreadstat.read_xport(path)
    assert [label or "" for label in meta.column_labels] == LABELS
    assert frame["AVAL"].tolist() == COLUMNS["AVAL"]
    assert frame["NOTE"].fillna("").tolist() == ["x", "", "  in front"]


def test_date_format_is_seen(tmp_path):
    path = tmp_path / "a.xpt"
    pyreadstat.write_xport(pl.DataFrame({"ADT": [dt.date(1960, 1, 2), None]}), path, file_format_version=5)
    found = decode_transport(path.read_bytes(), "a.xpt")
    assert [(v.name, v.format) for v in found.variables] == [("ADT", "DATE")]
    assert found.frame["ADT"].to_list() == [1.0, None]


def test_latin_1_text_of_older_systems():
    data = encode_transport(table(columns={"A": ["Mueller"]}, labels=[""]))
    old = data.replace(b"Mueller", b"M\xfcller ")
    assert decode_transport(old, "a.xpt").frame["A"].to_list() == ["Müller"]


# Rows


@pytest.mark.parametrize("version", [5, 8])
@pytest.mark.parametrize("count", [0, 1, 2, 79, 80, 81, 160])
def test_every_count_of_short_rows(version, count):
    found = decode_transport(
        encode_transport(table(version, {"A": ["x"] * count or pl.Series([], dtype=pl.String)}, [""]))
        if count
        else encode_transport(
            Transport(
                "DM",
                "",
                version,
                (TransportVariable("A", "", True, 1),),
                pl.DataFrame(schema={"A": pl.String}),
            )
        ),
        "a.xpt",
    )
    assert found.frame["A"].to_list() == ["x"] * count


def test_blank_rows_in_the_middle_stay():
    columns = {"A": ["x", None, None, "y"]}
    assert (
        decode_transport(encode_transport(table(5, columns, [""])), "a").frame.to_dict(as_series=False)
        == columns
    )
    blank_end = {"A": ["x" * 90, None]}  # longer than a line: nothing to mistake it for
    found = decode_transport(encode_transport(table(5, blank_end, [""])), "a")
    assert found.frame["A"].to_list() == ["x" * 90, None]
    eight = decode_transport(encode_transport(table(8, {"A": ["x", None]}, [""])), "a")
    assert eight.frame["A"].to_list() == ["x", None]


# Damage


def many_rows(version=5):
    return encode_transport(table(version, {"A": [f"{n:030}" for n in range(99)], "B": [1.0] * 99}, ["", ""]))


def rule(data):
    with pytest.raises(InputError) as caught:
        decode_transport(data, "dm.xpt")
    return [violation.rule for violation in caught.value.violations]


def test_other_content_and_damage():
    data = many_rows()
    assert is_transport(data)
    assert not is_transport(b"PK\x03\x04")
    assert rule(b"PK\x03\x04 no transport") == ["not-a-transport-file"]
    assert rule(data[:-7]) == ["damaged"]
    assert rule(data[:560]) == ["damaged"]
    assert rule(data[:640]) == ["damaged"]
    assert rule(data[:720]) == ["damaged"]
    assert rule(
        data.replace(b"NAMESTR HEADER RECORD!!!!!!!0000000002", b"NAMESTR HEADER RECORD!!!!!!!0000000003")
    ) == ["damaged"]
    assert rule(data + data) == ["several-data-sets"] or rule(data + data[240:]) == ["several-data-sets"]


def test_cut_off_files_are_refused():
    # Version 5 does not say how many rows it has: a cut between two rows that is also one between lines of 80
    # bytes cannot be seen. Version 8 says it.
    data = many_rows()
    assert rule(data[: len(data) - 880]) == ["truncated"]
    eight = many_rows(8)
    for lines in range(1, 6):
        assert rule(eight[: len(eight) - 80 * lines]) == ["truncated"]


def test_one_variable_twice():
    two = Transport(
        "DM", "", 5, (TransportVariable("A", "", True, 1), TransportVariable("B", "", True, 1)),
        pl.DataFrame({"A": ["x"], "B": ["y"]}),
    )  # fmt: skip
    data = bytearray(encode_transport(two))
    at = data.find(b"B       ", 640)
    data[at : at + 1] = b"a"
    assert rule(bytes(data)) == ["repeated-variable"]


@pytest.mark.parametrize(
    ("variables", "cells"),
    [
        ([TransportVariable("NINELONGS", "", True, 1)], {"NINELONGS": ["x"]}),
        ([TransportVariable("A", "L" * 41, True, 1)], {"A": ["x"]}),
        ([TransportVariable("A", "", True, 1)], {"A": ["xy"]}),
        ([TransportVariable("A", "", True, 0)], {"A": [""]}),
        ([], {}),
    ],
)
def test_the_writer_refuses_what_does_not_fit(variables, cells):
    with pytest.raises(UsageError):
        encode_transport(Transport("DM", "", 5, tuple(variables), pl.DataFrame(cells)))


@settings(max_examples=200)
@given(st.data())
def test_a_changed_byte_gives_a_table_or_a_refusal(data):
    original = many_rows(data.draw(st.sampled_from([5, 8])))
    changed = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, min(1300, len(original)) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InputError):
        assert decode_transport(bytes(changed), "dm.xpt").frame.width


@settings(max_examples=100)
@given(st.integers(0, 4000), st.sampled_from([5, 8]))
def test_a_shortened_file_gives_a_table_or_a_refusal(size, version):
    with contextlib.suppress(InputError):
        decode_transport(many_rows(version)[:size], "dm.xpt")


def test_labels_that_lead_nowhere_are_refused():
    data = encode_transport(table(8, {"A": ["x"]}, ["L" * 50]))
    at = data.find(b"LABELV8")
    start = at - 20 + 80
    for index in (0, 2, 65535):
        changed = data[:start] + struct.pack(">H", index) + data[start + 2 :]
        assert rule(changed) == ["damaged"]
