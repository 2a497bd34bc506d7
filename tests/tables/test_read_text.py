"""CSV and TSV: every cell is the text that was written; all violations of a file at once."""

import pytest

from mitograft.errors import InputError
from mitograft.tables import problems as problems_module
from mitograft.tables.check import check
from mitograft.tables.contract import Column, Contract
from mitograft.tables.read import read_table
from mitograft.tables.records import MOST_COLUMNS


def rules(caught):
    return [(v.rule, v.row, v.column) for v in caught.value.violations]


@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "bom"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_line_ends_marks_and_separators(make_file, bom, end, separator):
    lines = [["subject", "visit", "haq"], ["007", "0", "0.10"], ["Å, β", "", "1e-3"]]
    if separator == ",":
        lines[2][0] = '"Å, β"'
    text = bom + end.join(separator.join(line) for line in lines) + end
    table = read_table(make_file("cohort.csv", text))
    assert table.columns == {"subject": ["007", "Å, β"], "visit": ["0", None], "haq": ["0.10", "1e-3"]}
    assert list(table.rows) == [2, 3]
    assert table.source == "cohort.csv"


@pytest.mark.parametrize("ending", ["tsv", "txt"])
def test_tsv_takes_only_tabs(make_file, ending):
    table = read_table(make_file(f"cohort.{ending}", "a;b,c\td\n1;2,3\t4\n"))
    assert table.columns == {"a;b,c": ["1;2,3"], "d": ["4"]}


def test_a_separator_inside_quotes_does_not_count(make_file):
    table = read_table(make_file("cohort.csv", '"a;b;c;d",e\n1,2\n'))
    assert table.columns == {"a;b;c;d": ["1"], "e": ["2"]}


@pytest.mark.parametrize("blank", [" " * 100_000, "\n" * 200_000, "\ufeff\n \n", "\r\r"])
def test_the_header_is_found_below_any_blank_lines(make_file, blank):
    # Long enough to take minutes where the search goes back over what it has seen.
    table = read_table(make_file("cohort.csv", f"{blank}\na;b,c\td;e\r1;2;3\r"))
    assert table.columns == {"a": ["1"], "b,c\td": ["2"], "e": ["3"]}


def test_as_many_commas_as_semicolons_means_commas(make_file):
    assert list(read_table(make_file("cohort.csv", "a;b,c\n1;2,3\n")).columns) == ["a;b", "c"]


def test_mixed_line_ends(make_file):
    table = read_table(make_file("cohort.csv", "a,b\r\n1,2\n3,4\r5,6"))
    assert table.columns == {"a": ["1", "3", "5"], "b": ["2", "4", "6"]}
    assert list(table.rows) == [2, 3, 4]


def test_blank_lines_are_skipped_and_row_numbers_stay_those_of_the_file(make_file):
    text = "\n\nsubject,visit\nS1,0\n\n,,\n   \nS2,4,\n"
    table = read_table(make_file("cohort.csv", text))
    assert table.columns == {"subject": ["S1", "S2"], "visit": ["0", "4"]}
    assert list(table.rows) == [4, 8]


def test_row_numbers_count_records_as_a_spreadsheet_does(make_file):
    table = read_table(make_file("cohort.csv", 'a,b\n"two\nlines",1\nx,2\n'))
    assert table.columns["a"] == ["two\nlines", "x"]
    assert list(table.rows) == [2, 3]


def test_many_records_keep_their_row_numbers(make_file):
    lines = ["a,b", *(f"{i},x" if i % 100 else "" for i in range(1, 1001))]
    table = read_table(make_file("cohort.csv", "\n".join(lines)))
    assert list(table.rows) == [i + 1 for i in range(1, 1001) if i % 100]
    assert [int(a) + 1 for a in table.columns["a"]] == list(table.rows)


def test_a_header_alone_is_a_table_without_records(make_file):
    # The contract check says "no-rows" then, together with whatever else is wrong.
    raw = read_table(make_file("cohort.csv", "subject,visit\n"))
    assert (len(raw), raw.columns) == (0, {"subject": [], "visit": []})
    _, violations = check(raw, Contract("t", (Column("subject", "subject", "identifier"),)))
    assert [v.rule for v in violations] == ["unknown-column", "no-rows"]


@pytest.mark.parametrize(
    "text", ["\n", "\ufeff", " \n\t\n", ",,,\n"], ids=["line", "bom", "spaces", "commas"]
)
def test_a_file_without_a_header(make_file, text):
    with pytest.raises(InputError, match="found nothing that could be a header") as caught:
        read_table(make_file("cohort.csv", text))
    assert rules(caught) == [("no-header", None, None)]


def test_all_violations_of_a_file_come_at_once(make_file):
    text = 'subject,visit,,visit\nS1,0,1,2\nS2,1\nS3,1,2,3,4\nS4,1,2,"3\n'
    with pytest.raises(InputError, match=r"cohort\.csv: 5 problems found") as caught:
        read_table(make_file("cohort.csv", text))
    assert rules(caught) == [
        ("empty-column-name", 1, None),
        ("duplicate-column", 1, "visit"),
        ("too-few-cells", 3, None),
        ("too-many-cells", 4, None),
        ("broken-quotes", 5, None),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n1\n", "row 2: found 1 cell; expected 2, as many as column names. Add the missing cells"),
        ("a,b\n1,2,3\n", "row 2: found 3 cells; expected 2, .* in double quotes"),
        ("a,,b\n1,2,3\n", "row 1: found no name over column 2; expected a name over every column"),
        (
            "a,b,a\n",
            "row 1, column a: found the same name over columns 1 and 3; expected every column name once",
        ),
        (
            'a,b\n1,"2\n3,4\n',
            "row 2: found a double quote that is never closed; expected double quotes in pairs",
        ),
        ('a,b\n"1"x,2\n', "row 2: found text after a closing double quote"),
    ],
)
def test_sentences(make_file, text, sentence):
    with pytest.raises(InputError, match=sentence):
        read_table(make_file("cohort.csv", text))


def test_a_quote_never_closed_in_a_long_file_is_found_where_it_opens(make_file):
    text = 'a,b\n1,2\n3,"4\n' + "5,6\n" * 50_000
    with pytest.raises(
        InputError, match=r"row 3: found a cell of more than 131072 characters \(a quote never"
    ):
        read_table(make_file("cohort.csv", text))


def test_more_columns_than_allowed(make_file):
    header = ",".join(f"c{i}" for i in range(MOST_COLUMNS + 500))
    with pytest.raises(InputError, match="row 1: found 1500 columns; expected at most 1000 columns"):
        read_table(make_file("wide.csv", header + "\n"))


def test_as_many_columns_as_allowed(make_file):
    header = ",".join(f"c{i}" for i in range(MOST_COLUMNS))
    assert len(read_table(make_file("wide.csv", header + "\n")).columns) == MOST_COLUMNS


def test_the_list_of_violations_is_bounded(make_file, monkeypatch):
    monkeypatch.setattr(problems_module, "MOST_KEPT", 3)
    with pytest.raises(InputError) as caught:
        read_table(make_file("cohort.csv", "a,b\n" + "1\n" * 10))
    assert [v.rule for v in caught.value.violations] == ["too-few-cells"] * 3 + ["too-many-problems"]
    assert "found 7 further problems, not listed" in str(caught.value)


def test_more_rows_than_allowed(make_file, monkeypatch):
    monkeypatch.setattr("mitograft.tables.records.MOST_ROWS", 300)
    with pytest.raises(InputError, match="found more than 300 records; expected at most 300 records"):
        read_table(make_file("cohort.csv", "a\n" + "1\n" * 301))
    assert len(read_table(make_file("cohort.csv", "a\n" + "1\n" * 300))) == 300


@pytest.mark.parametrize(
    ("content", "row", "sentence"),
    [
        ("a,b\nc,d\n".encode("utf-16"), 1, "text in UTF-16; expected text in UTF-8"),
        ("a,b\nc,d\n".encode("utf-16-be"), 1, r"a NUL byte \(text in UTF-16"),
        ("a,b\nc,d\n".encode("utf-32-le"), 1, r"a NUL byte \(text in UTF-16"),
        (b"a,b\nc,d\ne,\x00\n", 3, "a NUL byte"),
        ("a,b\nc,d\nJosé,1\n".encode("latin-1"), 3, "the byte 0xE9, which is not UTF-8"),
        ('a,b\n"x\ny",d\nJosé,1\n'.encode("cp1252"), 3, "the byte 0xE9"),
        (b"\xef\xbb\xbfa,b\n\xff\xfe,1\n", 2, "the byte 0xFF"),
        (b'a,b\n1,"' + b"x" * 140_000 + b"\n\xff", 3, "NUL"),
    ],
    ids=["utf-16", "utf-16-be", "utf-32", "nul", "latin-1", "cp1252 after two lines", "bom", "long"],
)
def test_other_encodings_name_the_row_of_the_first_bad_byte(make_file, content, row, sentence):
    if sentence == "NUL":
        content, sentence = content.replace(b"\xff", b"\x00"), "a NUL byte"
    with pytest.raises(
        InputError, match=f"row {row}: found {sentence}.*Save the file again as text in UTF-8"
    ):
        read_table(make_file("cohort.csv", content))


def test_a_bad_byte_far_down_is_found(make_file):
    content = b"a,b\n" + b"1,2\n" * 40_000 + b"\xe9,2\n" + b"1,2\n" * 40_000
    with pytest.raises(InputError, match="row 40002: found the byte 0xE9"):
        read_table(make_file("cohort.csv", content))


def test_decimal_commas_are_met_at_the_number_check_with_a_clear_message(make_file):
    raw = read_table(make_file("cohort.csv", "subject;haq\nS1;1,5\n"))
    contract = Contract("t", (Column("subject", "subject", "identifier"), Column("haq", "HAQ", "number")))
    _, violations = check(raw, contract)
    assert [str(v) for v in violations] == [
        "row 2, column haq: found '1,5'; expected a number, with a decimal point. Write a plain number, or "
        "leave the cell empty where there is no value. [not-a-number]"
    ]


def test_escaped_cells_are_restored_and_others_left_alone(make_file):
    text = "'=a,b\n'=1+1,'abc\n''=x,'-0.5\n'\t,''\n"
    table = read_table(make_file("cohort.csv", text))
    assert table.columns == {"=a": ["=1+1", "'=x", "\t"], "b": ["'abc", "-0.5", "''"]}


def test_a_csv_needs_no_heavy_library(make_file):
    import json
    import subprocess
    import sys

    path = make_file("cohort.csv", "subject,visit\n" + "S1,0\n" * 9)
    script = (
        "import json, sys; from pathlib import Path; from mitograft.tables.read import read_table;"
        "assert len(read_table(Path(sys.argv[1]))) == 9; print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, check=True, text=True
    )
    heavy = {"numpy", "polars", "python_calamine", "xlsxwriter", "zipfile", "subprocess"}
    assert not heavy & set(json.loads(done.stdout))
