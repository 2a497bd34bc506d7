"""Whatever the bytes are, a reader gives a table or one of the sentences for a user's mistake."""

import io
import re
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import UserError
from mitograft.tables.contract import RawTable
from mitograft.tables.parquet import read_parquet
from mitograft.tables.text import read_text
from mitograft.tables.workbook import read_workbook
from mitograft.tables.write import encode_table

COLUMNS = {
    "subject": ["007", "S2", None],
    "visit": [0, 4, 8],
    "haq": [0.125, None, 3.0],
    "note": ["=1", "é", 'a"b'],
}
VALID = {ending: encode_table(ending, COLUMNS) for ending in (".csv", ".xlsx", ".parquet")}
HOSTILE_TOKENS = [
    b"", b"0", b"-1", b"99999999999999999999", b"4294967296", b"1e308", b"A0", b"XFD1048576", b'"', b"<",
    b"&", b"'", b"NaN", b"\x00", b"\xff\xfe", b"\n", b"\r", b",", b"<f>1</f>", b'<c r="ZZZ9"/>', b"&#0;",
    b"&x;", b"<!DOCTYPE a>", b"]]>", b' t="s"', b' t="e"', b"_xD800_",
]  # fmt: skip


def outcome(read, *arguments) -> str:
    """Return "table" or the sentence; anything but a user's mistake comes through and fails the test."""
    try:
        table = read(*arguments)
    except UserError as refusal:
        return str(refusal)
    assert isinstance(table, RawTable)
    assert {len(cells) for cells in table.columns.values()} <= {len(table)}
    return "table"


@st.composite
def mutated(draw, valid: bytes):
    """Return the valid bytes with up to four stretches replaced."""
    data = valid
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        stop = start + draw(st.integers(0, 8))
        data = data[:start] + draw(st.binary(max_size=4) | st.sampled_from(HOSTILE_TOKENS)) + data[stop:]
    return data


@settings(deadline=None)
@given(st.binary(max_size=200) | mutated(VALID[".csv"]), st.sampled_from([None, "\t"]))
def test_text(data, separator):
    outcome(read_text, data, "t.csv", separator)


@settings(deadline=None)
@given(st.text(st.sampled_from("a,;\t\"\n\r '="), max_size=40))
def test_text_of_separators_and_quotes(text):
    outcome(read_text, text.encode(), "t.csv")


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=100).map(lambda rest: b"PK\x03\x04" + rest) | mutated(VALID[".xlsx"]))
def test_the_archive_of_a_workbook(data):
    outcome(read_workbook, data, "t.xlsx")


with zipfile.ZipFile(io.BytesIO(VALID[".xlsx"])) as _archive:
    PARTS = {name: _archive.read(name) for name in _archive.namelist()}
READ_PARTS = ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"]


@st.composite
def mutated_workbooks(draw):
    """Return a workbook with a value or a tag of one part replaced: well-formed enough to be looked at."""
    name = draw(st.sampled_from([*READ_PARTS, "xl/_rels/workbook.xml.rels", "_rels/.rels"]))
    content = PARTS[name]
    places = [match.span() for match in re.finditer(rb'(?<=")[^"]*(?=")|\d+|</?\w+', content)]
    start, stop = draw(st.sampled_from(places))
    other = draw(st.sampled_from(places))
    new = draw(st.sampled_from(HOSTILE_TOKENS) | st.just(content[slice(*other)]))
    parts = {**PARTS, name: content[:start] + new + content[stop:]}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    return stream.getvalue()


@settings(deadline=None, max_examples=30)
@given(mutated_workbooks())
def test_the_parts_of_a_workbook(data):
    outcome(read_workbook, data, "t.xlsx")


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_bytes_that_are_no_parquet(data):
    assert outcome(read_parquet, data, "t.parquet") != "table"


@settings(deadline=None, max_examples=4)
@given(st.data())
def test_a_mutated_parquet_file(draw):
    inner = draw.draw(mutated(VALID[".parquet"][4:-4]))
    outcome(read_parquet, b"PAR1" + inner + b"PAR1", "t.parquet")


def test_the_valid_files_are_valid():
    assert outcome(read_text, VALID[".csv"], "t.csv") == "table"
    assert outcome(read_workbook, VALID[".xlsx"], "t.xlsx") == "table"
    assert outcome(read_parquet, VALID[".parquet"], "t.parquet") == "table"


@pytest.mark.parametrize("ending", [".xlsx", ".parquet"])
def test_every_truncation_is_refused(ending):
    read = {".xlsx": read_workbook, ".parquet": read_parquet}[ending]
    for length in range(1, len(VALID[ending]), 211):
        assert "found" in outcome(read, VALID[ending][:length], f"t{ending}")
