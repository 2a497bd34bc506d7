"""What is written is read back: text, numbers and empty cells, in every format."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.tables.escape import escape, restore
from mitograft.tables.parquet import read_parquet
from mitograft.tables.text import read_text
from mitograft.tables.workbook import read_workbook
from mitograft.tables.write import encode_table

# Every character that a file of text can hold: no halves of pairs, no NUL, no two non-characters.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufffe\uffff")
AWKWARD = [
    "=1+1", "'=1+1", "''=1+1", "'abc", "'", "''", "'-", "007", "-0.5", "+49", "@x", "\t", "\r", "\n", "\r\n=",
    "NA", "TRUE", "1e3", " padded ", '"', '""', '",', ";", "\u2028", "\x85", "\x0b", "\ufeff", "\x01",
    "\uff1d1", "_x000D_", "_x005F_", "&amp;", "<r>x</r>", "]]>", "=", "#REF!", "2024-01-31", "\U0001f600",
]  # fmt: skip
TEXT = st.none() | st.text(CHARACTERS, max_size=12) | st.sampled_from(AWKWARD)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)


@st.composite
def tables(draw):
    """Return a table of one to three columns beside a subject, so that no record is without a value."""
    count = draw(st.integers(0, 6))
    columns = {"subject": [f"{i:03}" for i in range(count)]}
    for i in range(draw(st.integers(1, 3))):
        cells = draw(st.sampled_from([TEXT, NUMBERS]))
        name = draw(st.text(CHARACTERS, min_size=1, max_size=5).map(str.strip)) or "x"
        columns[f"c{i}{name}"] = draw(st.lists(cells, min_size=count, max_size=count))
    return columns


def expected(columns):
    return {name: [None if cell == "" else cell for cell in cells] for name, cells in columns.items()}


def numbers_where_written(table, columns):
    """Return the text table with the numbers of ``columns`` read as such, as the contract check does."""

    def number(read, wrote):
        return float(read) if isinstance(wrote, int | float) and read is not None else read

    return {
        name: [number(*pair) for pair in zip(cells, columns[name], strict=True)]
        for name, cells in table.columns.items()
    }


@settings(deadline=None)
@given(tables())
def test_csv(columns):
    table = read_text(encode_table(".csv", columns), "t.csv")
    assert numbers_where_written(table, columns) == expected(columns)
    assert list(table.rows) == list(range(2, len(columns["subject"]) + 2))


@settings(deadline=None)
@given(tables())
def test_tsv(columns):
    table = read_text(encode_table(".tsv", columns), "t.tsv", "\t")
    assert numbers_where_written(table, columns) == expected(columns)


@settings(deadline=None, max_examples=15)
@given(tables())
def test_xlsx(columns):
    table = read_workbook(encode_table(".xlsx", columns), "t.xlsx")
    assert table.columns == expected(columns)
    assert list(table.rows) == list(range(2, len(columns["subject"]) + 2))


@settings(deadline=None, max_examples=4)
@given(tables())
def test_parquet(columns):
    table = read_parquet(encode_table(".parquet", columns), "t.parquet")
    assert table.columns == expected(columns)
    assert list(table.rows) == list(range(2, len(columns["subject"]) + 2))


def test_the_awkward_texts_survive_every_format():
    columns = {
        "subject": [f"{i:03}" for i in range(len(AWKWARD))],
        "note": AWKWARD,
        "x": [math.pi] * len(AWKWARD),
    }
    read = {
        ".csv": read_text(encode_table(".csv", columns), "t"),
        ".tsv": read_text(encode_table(".tsv", columns), "t", "\t"),
        ".xlsx": read_workbook(encode_table(".xlsx", columns), "t"),
        ".parquet": read_parquet(encode_table(".parquet", columns), "t"),
    }
    for ending, table in read.items():
        assert (ending, list(table.columns["note"])) == (ending, AWKWARD)
        assert (ending, list(map(float, table.columns["x"]))) == (ending, columns["x"])


@given(st.text())
def test_escaping_is_undone_by_restoring(text):
    assert restore(escape(text)) == text


@given(st.text())
def test_escaped_text_begins_with_no_sign_of_a_formula(text):
    assert not escape(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "\uff1d", "\uff0b"))
