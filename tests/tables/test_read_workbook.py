"""XLSX: the values of one sheet, and sentences that name sheet, row and column."""

import datetime as dt
import io
import math

import openpyxl
import pytest
import xlsxwriter

from mitograft.errors import InputError, UsageError
from mitograft.tables.decoder import plain_cell
from mitograft.tables.read import read_table
from mitograft.tables.sheet import column_letters


def text_cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def rules(caught):
    return [(v.rule, v.row, v.column) for v in caught.value.violations]


def written(fill, **options) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, **options})
    fill(book, book.add_worksheet("Data"))
    book.close()
    return stream.getvalue()


def test_kinds_of_cells(make_file):
    def fill(book, sheet):
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        clock = book.add_format({"num_format": "hh:mm"})
        hours = book.add_format({"num_format": "[h]:mm:ss"})
        sheet.write_row(0, 0, ["subject", "value", "when"])
        sheet.write_row(1, 0, ["007", 40])
        sheet.write_datetime(1, 2, dt.datetime(2024, 1, 31), day)
        sheet.write_row(2, 0, ["S2", 0.1])
        sheet.write_datetime(2, 2, dt.datetime(2024, 1, 31, 10, 5), moment)
        sheet.write_row(3, 0, ["S3", True])
        sheet.write_datetime(3, 2, dt.time(10, 5), clock)
        sheet.write_row(4, 0, ["S4", "12,5"])
        sheet.write_number(4, 2, 1.5, hours)

    table = read_table(make_file("cohort.xlsx", written(fill)))
    assert table.source == "cohort.xlsx, sheet 'Data'"
    assert list(table.rows) == [2, 3, 4, 5]
    assert table.columns == {
        "subject": ["007", "S2", "S3", "S4"],
        "value": [40.0, 0.1, True, "12,5"],
        "when": ["2024-01-31", "2024-01-31T10:05:00", "10:05:00", "36:00:00"],
    }
    assert table.columns["value"][2] is True


def test_dates_that_count_from_1904(make_file):
    def fill(book, sheet):
        sheet.write_string(0, 0, "when")
        sheet.write_datetime(1, 0, dt.datetime(2024, 1, 31), book.add_format({"num_format": "dd/mm/yyyy"}))

    table = read_table(make_file("cohort.xlsx", written(fill, date_1904=True)))
    assert table.columns == {"when": ["2024-01-31"]}


def test_a_table_that_begins_further_down_and_right_with_blank_rows(make_file):
    def fill(_, sheet):
        for row, cells in {2: ["subject", "visit"], 3: ["S1", 0], 5: ["S2", 0], 6: ["S3", 4]}.items():
            sheet.write_row(row, 1, cells)

    table = read_table(make_file("cohort.xlsx", written(fill)))
    assert table.columns == {"subject": ["S1", "S2", "S3"], "visit": [0.0, 0.0, 4.0]}
    assert list(table.rows) == [4, 6, 7]


def test_a_row_that_holds_only_zero_is_no_blank_row(make_file):
    table = read_table(
        make_file(
            "cohort.xlsx", written(lambda _, s: [s.write_row(0, 0, ["a", "b"]), s.write_row(1, 1, [0])])
        )
    )
    assert table.columns == {"a": [None], "b": [0.0]}


def test_numbers_as_column_names(make_file):
    table = read_table(make_file("cohort.xlsx", written(lambda _, s: s.write_row(0, 0, [0, 4.5, "x"]))))
    assert list(table.columns) == ["0", "4.5", "x"]


def test_the_first_visible_sheet_is_read_unless_another_is_named(make_file):
    book = openpyxl.Workbook()
    book.active.title = "Hidden"
    book.active.append(["hidden"])
    book.create_chartsheet("Chart")
    for name in ("First", "Second"):
        book.create_sheet(name).append([name.lower()])
    book["Hidden"].sheet_state = "hidden"
    book.active = 2
    stream = io.BytesIO()
    book.save(stream)
    path = make_file("cohort.xlsx", stream.getvalue())
    assert list(read_table(path).columns) == ["first"]
    assert list(read_table(path, sheet="Second").columns) == ["second"]
    assert list(read_table(path, sheet="Hidden").columns) == ["hidden"]
    with pytest.raises(UsageError, match="found no sheet 'second'; expected one of Hidden, First, Second"):
        read_table(path, sheet="second")
    with pytest.raises(UsageError, match="found no sheet 'Chart'"):
        read_table(path, sheet="Chart")


def test_an_empty_sheet(make_file):
    with pytest.raises(InputError, match="sheet 'Data': 1 problem found") as caught:
        read_table(make_file("cohort.xlsx", written(lambda *_: None)))
    assert rules(caught) == [("no-header", None, None)]


@pytest.mark.parametrize(
    "formula",
    [
        "<f>1+1</f><v>2</v>",
        "<f>1+1</f>",
        "<f/><v>2</v>",
        '<f t="shared" si="0"/><v>2</v>',
        '<f t="array" ref="B2">SUM(A1)</f><v>2</v>',
        "<v>2</v><f>1+1</f>",
    ],
    ids=["cached", "not cached", "empty", "shared", "array", "after the value"],
)
def test_every_formula_is_named_with_its_cell(make_file, pack_workbook, header_row, formula):
    rows = (
        f'{header_row}<row r="2">{text_cell("A2", "S1")}<c r="B2">{formula}</c></row>'
        f'<row r="7">{text_cell("A7", "S2")}<c r="B7" t="str">{formula}</c></row>'
    )
    with pytest.raises(
        InputError, match=r"found a formula; expected a value\. Copy the cells and paste"
    ) as caught:
        read_table(make_file("cohort.xlsx", pack_workbook(rows)))
    assert rules(caught) == [("formula", 2, "B"), ("formula", 7, "B")]
    assert {v.file for v in caught.value.violations} == {"cohort.xlsx, sheet 'Data'"}


def test_a_formula_is_found_under_any_namespace_prefix(make_file, pack_workbook):
    sheet = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
        '<x:row r="1"><x:c r="A1"><x:f>1+1</x:f><x:v>2</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    data = pack_workbook("", more={"xl/worksheets/sheet1.xml": sheet})
    with pytest.raises(InputError, match="row 1, column A: found a formula"):
        read_table(make_file("cohort.xlsx", data))


def test_formulas_of_rules_and_validations_are_no_cells(make_file):
    def fill(_, sheet):
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_row(1, 0, [1, 2])
        sheet.data_validation("A2", {"validate": "custom", "value": "=A2>0"})
        sheet.conditional_format("A2", {"type": "formula", "criteria": "=A2>0"})
        sheet.conditional_format("B2", {"type": "data_bar", "data_bar_2010": True, "min_type": "formula"})

    assert read_table(make_file("cohort.xlsx", written(fill))).columns == {"a": [1.0], "b": [2.0]}


def test_a_formula_in_another_sheet_does_no_harm(make_file):
    def fill(book, sheet):
        sheet.write_row(0, 0, ["a"])
        sheet.write_row(1, 0, [1])
        book.add_worksheet("Sums").write_formula(0, 0, "=SUM(Data!A1:A9)")

    path = make_file("cohort.xlsx", written(fill))
    assert read_table(path).columns == {"a": [1.0]}
    with pytest.raises(InputError, match="sheet 'Sums': 1 problem found"):
        read_table(path, sheet="Sums")


@pytest.mark.parametrize("error", ["#REF!", "#DIV/0!", "#N/A"])
def test_error_cells(make_file, pack_workbook, header_row, error):
    rows = f'{header_row}<row r="2">{text_cell("A2", "S1")}<c r="B2" t="e"><v>{error}</v></c></row>'
    with pytest.raises(InputError, match=f"row 2, column B: found {error}; expected a value"):
        read_table(make_file("cohort.xlsx", pack_workbook(rows)))


def test_an_unknown_error_text_is_not_repeated(make_file, pack_workbook, header_row):
    rows = f'{header_row}<row r="2"><c r="B2" t="e"><v>Jane Doe</v></c></row>'
    with pytest.raises(InputError, match="row 2, column B: found an error; expected a value") as caught:
        read_table(make_file("cohort.xlsx", pack_workbook(rows)))
    assert "Jane" not in str(caught.value)


def test_merged_cells_in_the_table_are_named_and_those_beside_it_ignored(make_file):
    def fill(_, sheet):
        sheet.write_row(0, 0, ["subject", "visit"])
        sheet.write_row(1, 0, ["S1", 0])
        sheet.write_row(2, 0, ["S1", 4])
        sheet.merge_range("A2:A3", "S1")
        sheet.merge_range("H20:J22", "")

    with pytest.raises(
        InputError, match=r"row 2, column A: found the merged cells A2:A3; .* Unmerge"
    ) as caught:
        read_table(make_file("cohort.xlsx", written(fill)))
    assert rules(caught) == [("merged-cells", 2, "A")]


def test_formulas_errors_and_headers_come_in_one_list(make_file, pack_workbook):
    rows = (
        f'<row r="1">{text_cell("A1", "visit")}{text_cell("B1", "visit")}</row>'
        '<row r="2"><c r="A2"><f>1</f></c><c r="B2" t="e"><v>#REF!</v></c><c r="C2"><v>9</v></c></row>'
    )
    with pytest.raises(InputError, match="4 problems found") as caught:
        read_table(make_file("cohort.xlsx", pack_workbook(rows)))
    assert rules(caught) == [
        ("duplicate-column", 1, "visit"),
        ("formula", 2, "A"),
        ("error-value", 2, "B"),
        ("too-many-cells", 2, None),
    ]


def test_a_title_above_the_header(make_file):
    def fill(_, sheet):
        sheet.write_string(0, 0, "Cohort of 2024")
        sheet.write_row(2, 0, ["subject", "visit"])

    with pytest.raises(InputError, match=r"row 3: found 2 cells; expected 1.*without a title above it"):
        read_table(make_file("cohort.xlsx", written(fill)))


def test_cells_without_references_and_formatted_empty_cells(make_file, pack_workbook):
    rows = (
        "<row><c t='inlineStr'><is><t>a</t></is></c>"
        "<c t='inlineStr'><is><r><t>b</t></r><r><t>c</t></r></is></c></row>"
        "<row><c><v>1</v></c><c><v>2</v></c></row>"
        "<row r='1048576'><c r='XFD1048576' s='0'/></row>"
    )
    table = read_table(make_file("cohort.xlsx", pack_workbook(rows)))
    assert table.columns == {"a": [1.0], "bc": [2.0]}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="A2" t="d"><v>2024-01-31</v></c>', "2024-01-31"),
        ('<c r="A2" t="d"><v>2024-01-31T10:05:00</v></c>', "2024-01-31T10:05:00"),
        ('<c r="A2" t="b"><v>0</v></c>', False),
        ('<c r="A2" t="str"><v>x</v></c>', "x"),
        ('<c r="A2"><v>1E3</v></c>', 1000.0),
        ('<c r="A2"><v>1E999</v></c>', math.inf),  # the contract check says "not-a-number"
    ],
)
def test_less_common_cells(make_file, pack_workbook, header_row, cell, value):
    table = read_table(make_file("cohort.xlsx", pack_workbook(f'{header_row}<row r="2">{cell}</row>')))
    assert table.columns == {"subject": [value], "visit": [None]}


def test_not_a_number_is_no_value(make_file, pack_workbook, header_row):
    row = '<row r="2"><c r="A2"><v>NaN</v></c><c r="B2"><v>1</v></c></row>'
    table = read_table(make_file("cohort.xlsx", pack_workbook(header_row + row)))
    assert table.columns == {"subject": [None], "visit": [1.0]}


def test_shared_texts_and_escaped_characters(make_file, pack_workbook):
    rows = '<row r="1"><c r="A1" t="s"><v>1</v></c></row><row r="2"><c r="A2" t="s"><v>0</v></c></row>'
    data = pack_workbook(rows, strings=("x_x000D_y &amp; é", "note"))
    assert read_table(make_file("cohort.xlsx", data)).columns == {"note": ["x\ry & é"]}


def test_parts_named_in_another_case_and_with_absolute_targets(make_file, pack_workbook, header_row):
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="/xl/WORKSHEETS/Sheet1.xml"/></Relationships>'
    )
    data = pack_workbook(header_row, more={"xl/_rels/workbook.xml.rels": relations})
    assert list(read_table(make_file("cohort.xlsx", data)).columns) == ["subject", "visit"]


def test_an_openpyxl_workbook(make_file):
    book = openpyxl.Workbook()
    for row in (["subject", "visit", "haq"], ["S1", 0, 1.125], ["S1", 4, None]):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    table = read_table(make_file("cohort.xlsx", stream.getvalue()))
    assert table.columns == {"subject": ["S1", "S1"], "visit": [0.0, 4.0], "haq": [1.125, None]}


@pytest.mark.parametrize(
    "name", ["wmoldham_raw_1_XFe24_MST.xlsx", "seahtrue_20191219_PBMC_donorA_XFe96.xlsx"]
)
def test_a_real_instrument_workbook_agrees_with_openpyxl(shared, name):
    path = shared / "data" / "in_vitro" / "seahorse" / name
    table = read_table(path, sheet="Rate")
    book = openpyxl.load_workbook(path, read_only=True)
    header, *records = book["Rate"].iter_rows(values_only=True)
    assert list(table.columns) == [name for name in header if name is not None]
    for column, theirs in zip(table.columns.values(), zip(*records, strict=True), strict=False):
        assert list(column) == list(theirs)


def test_column_letters():
    assert [column_letters(n) for n in (1, 26, 27, 702, 703, 16_384)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


def test_plain_cells_of_the_decoder():
    assert plain_cell(dt.timedelta(hours=-1, seconds=-2)) == "-1:00:02"
    assert plain_cell(dt.timedelta(days=2)) == "48:00:00"
    assert plain_cell(dt.time(1, 2, 3)) == "01:02:03"
    assert plain_cell(None) is None
    assert plain_cell(0) == 0
    assert math.isinf(plain_cell(math.inf))
