"""Text that a spreadsheet would run stays text in CSV and XLSX, and comes back as it was."""

import csv
import io
import zipfile

import openpyxl
import polars as pl
import pytest

from mitograft.trial.dataset import Dataset, Variable
from mitograft.trial.formats import encode_dataset, read_dataset, write_datasets

# Formula injection (CWE-1236; OWASP, "CSV Injection").
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
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.fixture
def hostile():
    frame = pl.DataFrame({"USUBJID": [f"S-{n}" for n in range(13)], "AETERM": PAYLOADS, "AVAL": [-0.5] * 13})
    variables = (Variable("USUBJID"), Variable("AETERM", "=1+1"), Variable("AVAL", "", "number"))
    return Dataset("AE", "=1+1", frame, variables)


def test_thirteen_payloads():
    assert len(set(PAYLOADS)) == 13


def test_no_cell_of_the_csv_is_a_formula(hostile, tmp_path):
    data = encode_dataset(hostile, "csv").decode()
    cells = [row[1] for row in csv.reader(io.StringIO(data, newline=""))][1:]
    assert len(cells) == 13
    assert not any(cell.startswith(RUNS) for cell in cells)
    write_datasets([hostile], tmp_path, "csv")
    described = csv.reader(io.StringIO((tmp_path / "_variables.csv").read_text(), newline=""))
    assert not any(cell.startswith(RUNS) for row in described for cell in row)


def test_no_cell_of_the_workbook_is_a_formula(hostile):
    data = encode_dataset(hostile, "xlsx")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"<f " not in sheet
    cells = openpyxl.load_workbook(io.BytesIO(data)).active["B"][1:]
    assert len(cells) == 13
    assert {cell.data_type for cell in cells} == {"s"}


@pytest.mark.parametrize("form", ["csv", "xlsx", "json", "ndjson", "parquet"])
def test_the_text_comes_back(hostile, tmp_path, form):
    (path,) = write_datasets([hostile], tmp_path, form)
    found = read_dataset(path)
    assert found.frame.equals(hostile.frame)
    if form != "xlsx":
        assert found.variables[1].label == "=1+1"
