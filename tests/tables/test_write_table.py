"""Writing: shortest numbers, empty for missing, no live formula, the same bytes each time."""

import io
import json
import math
import re
import zipfile

import numpy as np
import openpyxl
import polars as pl
import pytest

from mitograft.errors import UsageError
from mitograft.tables.escape import escape, restore
from mitograft.tables.typed import number_text
from mitograft.tables.write import ENDINGS, encode_table, format_csv

# Formula injection (CWE-1236; OWASP, "CSV Injection"): what a spreadsheet runs when it opens a CSV file.
PAYLOADS = [
    "=1+1",
    '=HYPERLINK("http://127.0.0.1/?x="&A1,"click")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    "\uff0b1+1",
    "=WEBSERVICE(CONCATENATE(A1))",
    "-2+3+cmd|' /C calc'!A0",
]
COLUMNS = {
    "subject": ["007", "S,2", 'say "hi"', None],
    "visit": [0, 4, 8, 12],
    "tis": [40.0, 62.5, math.nan, -0.5],
    "responder": [True, False, None, True],
    "note": ["=1+1", "-0.5", "two\nlines", "µ"],
}
SHEET = "xl/worksheets/sheet1.xml"


def test_csv_by_column_type():
    assert format_csv(COLUMNS) == (
        "subject,visit,tis,responder,note\n"
        "007,0,40,true,'=1+1\n"
        '"S,2",4,62.5,false,\'-0.5\n'
        '"say ""hi""",8,,,"two\nlines"\n'
        ",12,-0.5,true,µ\n"
    )
    assert encode_table(".csv", COLUMNS) == format_csv(COLUMNS).encode()


def test_tsv_quotes_tabs_and_leaves_commas():
    assert encode_table(".TSV", {"a": ["x,y", "x\ty"], "b": [1, None]}) == b'a\tb\nx,y\t1\n"x\ty"\t\n'


def test_a_lone_empty_cell_is_no_blank_line():
    assert format_csv({"a": ["x", None]}) == 'a\nx\n""\n'


def test_column_names_are_escaped_too():
    assert format_csv({"=a": [1], "b,c": [2]}) == '\'=a,"b,c"\n1,2\n'


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (40.0, "40"), (-0.0, "0"), (0.1, "0.1"), (0.1 + 0.2, "0.30000000000000004"), (1e22, "1e+22"),
        (5e-324, "5e-324"), (2.0**53, "9007199254740992"), (-62.5, "-62.5"), (7, "7"), (1e16, "1e+16"),
    ],
)  # fmt: skip
def test_numbers_have_the_shortest_text_that_reads_back(number, text):
    assert number_text(number) == text
    assert float(text) == number


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_is_a_live_formula_in_text(payload):
    for ending, separator in ((".csv", ","), (".tsv", "\t")):
        line = encode_table(ending, {"a": ["x"], "note": [payload]}).decode().partition("\n")[2]
        cell = line.partition(separator)[2]
        assert cell.removeprefix('"').startswith("'")
    assert restore(escape(payload)) == payload


def test_no_payload_is_a_live_formula_in_a_workbook():
    data = encode_table(".xlsx", dict.fromkeys(PAYLOADS, PAYLOADS))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read(SHEET).decode()
        assert "xl/calcChain.xml" not in archive.namelist()
        assert "hyperlink" not in sheet.lower()
    assert not re.search(r"<(?:\w+:)?f[\s>/]", sheet)
    assert set(re.findall(r' t="(\w+)"', sheet)) == {"s"}
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} == {"s"}


def test_text_that_looks_like_ready_markup_stays_text():
    # XlsxWriter writes a text in <r>...</r> as it stands, which would let it add elements to the workbook.
    texts = ["<r><t>x</t></r>", "<r></t></si><si><t>y</r>", "<r>&amp;</r>"]
    data = encode_table(".xlsx", {"a": texts})
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert [row[0] for row in book.active.iter_rows(min_row=2, values_only=True)] == texts


def test_workbook_cells_have_the_type_of_their_column():
    book = openpyxl.load_workbook(io.BytesIO(encode_table(".xlsx", COLUMNS)))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows == [
        ("subject", "visit", "tis", "responder", "note"),
        ("007", 0, 40, True, "=1+1"),
        ("S,2", 4, 62.5, False, "-0.5"),
        ('say "hi"', 8, None, None, "two\nlines"),
        (None, 12, -0.5, True, "µ"),
    ]


def test_workbook_numbers_keep_all_their_digits():
    numbers = [0.1 + 0.2, 1 / 3, 2.2, 123456.7890123456, 5e-324]
    book = openpyxl.load_workbook(io.BytesIO(encode_table(".xlsx", {"x": numbers})))
    assert [row[0] for row in book.active.iter_rows(min_row=2, values_only=True)] == numbers


def test_json_is_a_list_of_records_without_special_numbers():
    text = encode_table(".json", COLUMNS).decode()
    assert json.loads(text, parse_constant=pytest.fail) == [
        {"subject": "007", "visit": 0, "tis": 40, "responder": True, "note": "=1+1"},
        {"subject": "S,2", "visit": 4, "tis": 62.5, "responder": False, "note": "-0.5"},
        {"subject": 'say "hi"', "visit": 8, "tis": None, "responder": None, "note": "two\nlines"},
        {"subject": None, "visit": 12, "tis": -0.5, "responder": True, "note": "µ"},
    ]
    assert '"tis": 40,' in text
    assert "µ" in text
    assert encode_table(".json", {"a": []}) == b"[]\n"


def test_parquet_types():
    frame = pl.read_parquet(io.BytesIO(encode_table(".parquet", COLUMNS)))
    assert frame.schema == {
        "subject": pl.String,
        "visit": pl.Int64,
        "tis": pl.Float64,
        "responder": pl.Boolean,
        "note": pl.String,
    }
    assert frame["tis"].to_list() == [40.0, 62.5, None, -0.5]


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_table_gives_the_same_bytes(ending, monkeypatch):
    first = encode_table(ending, COLUMNS)
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    assert encode_table(ending, COLUMNS) == first


def test_a_workbook_holds_no_time_of_writing():
    with zipfile.ZipFile(io.BytesIO(encode_table(".xlsx", {"a": [1]}))) as archive:
        dates = re.findall(r">(\d{4}-[^<]*)<", archive.read("docProps/core.xml").decode())
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
    assert dates == ["1980-01-01T00:00:00Z"] * 2


@pytest.mark.parametrize("ending", ENDINGS)
def test_arrays_and_array_scalars_are_taken_as_the_numbers_they_hold(ending):
    arrays = {
        "x": np.array([1.5, np.nan]),
        "n": np.array([1, 2]),
        "s": [np.str_("a"), None],
        "i": [np.int64(3), None],
    }
    lists = {"x": [1.5, None], "n": [1, 2], "s": ["a", None], "i": [3, None]}
    assert encode_table(ending, arrays) == encode_table(ending, lists)


def test_a_column_of_missing_numbers_stays_a_number_column():
    frame = pl.read_parquet(
        io.BytesIO(encode_table(".parquet", {"x": [math.nan, math.nan], "y": [None, None]}))
    )
    assert frame.schema == {"x": pl.Float64, "y": pl.String}


def test_integers_too_large_for_a_double_are_written_as_text():
    large = 2**53 + 1
    assert format_csv({"id": [large, -large]}) == f"id\n{large}\n'-{large}\n"
    assert json.loads(encode_table(".json", {"id": [large, 1.0]})) == [{"id": str(large)}, {"id": "1"}]


def test_mixed_columns_are_text():
    assert format_csv({"x": ["a", -1.0, True, math.nan]}) == 'x\na\n\'-1\ntrue\n""\n'


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({}, "at least one column"),
        ({"a": [1], "b": []}, r"need one length; found \[0, 1\]"),
        ({"a": [math.inf]}, "Column a: found an infinite number; expected a finite one or no value"),
        ({"a": [{}]}, "Column a: cannot write a cell of the type dict"),
        ({"": [1]}, "needs a name of at least one character"),
        ({"a": ["\ud800"]}, "Column 'a': found a cell that is no valid Unicode text"),
        ({"\ud800": [1]}, "no valid Unicode text"),
    ],
)
@pytest.mark.parametrize("ending", ENDINGS)
def test_tables_that_cannot_be_written(ending, columns, sentence):
    with pytest.raises(UsageError, match=sentence):
        encode_table(ending, columns)


@pytest.mark.parametrize("ending", [".xls", "", "csv", ".txt"])
def test_other_endings(ending):
    with pytest.raises(UsageError, match=f"Found the ending '{ending}'; expected one of .csv, .tsv, .xlsx"):
        encode_table(ending, {"a": [1]})


def test_what_does_not_fit_a_sheet():
    with pytest.raises(
        UsageError, match=r"found a cell of 32768 characters; an \.xlsx cell holds at most 32767"
    ):
        encode_table(".xlsx", {"a": ["x" * 32_768]})
    with pytest.raises(UsageError, match="found a cell of 40000 characters"):
        encode_table(".xlsx", {"a": ["\U0001f600" * 20_000]})
    with pytest.raises(UsageError, match=r"Found 1048577 rows and 1 columns; .* Write .csv or .parquet"):
        encode_table(".xlsx", {"a": range(1_048_576)})
    assert len(encode_table(".xlsx", {"a": ["x" * 32_767]})) > 0
