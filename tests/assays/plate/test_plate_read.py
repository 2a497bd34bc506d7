"""Own layouts of plate files, traps of real exports, and what is refused with one clear message."""

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.assays.plate.check import join_layout
from mitograft.assays.plate.layout import read_layout
from mitograft.assays.plate.read import FORMATS, read_plate_file, support_table
from mitograft.assays.plate.wells import LayoutWell, PlateFile, Signal, place_of, well_name
from mitograft.errors import InputError, UsageError
from mitograft.tables.read import read_table
from mitograft.tables.write import encode_table


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def grid_text(rows=8, columns=12, separator=",", end="\n"):
    lines = ["".join(separator + str(column + 1) for column in range(columns))]
    lines += [
        chr(ord("A") + row) + "".join(f"{separator}{100 * row + column}" for column in range(columns))
        for row in range(rows)
    ]
    return end.join(lines) + end


def rules(error):
    return {violation.rule for violation in error.value.violations}


@given(st.integers(0, 31), st.integers(0, 47))
def test_well_names_go_there_and_back(row, column):
    letters = chr(ord("A") + row) if row < 26 else f"A{chr(ord('A') + row - 26)}"
    name = well_name(f"{letters}{column + 1}")
    assert name is not None
    assert place_of(name) == (row, column)


def test_tidy_table_with_layout(tmp_path):
    path = write(
        tmp_path / "plate.csv",
        "plate,well,signal,role,sample,dose,dose_unit,donor\n"
        "B7,A1,12.5,blank,,,,\nB7,A2,900,sample,PN-101,30,ug/mL,P1\nB7,A3,,control,,,,P1\n",
    )
    file = read_plate_file(path)
    assert file.format == "tidy table"
    assert file.signals[1] == Signal("B7", "A02", "", 900.0)
    assert math.isnan(file.signals[2].value)
    assert file.signals[2].note == "empty"
    assert file.layout[1] == LayoutWell("B7", "A02", "sample", "PN-101", 30.0, "ug/mL", "", "P1")
    assert file.barcodes == {"B7": "B7"}


def test_tidy_workbook(tmp_path):
    path = tmp_path / "plate.xlsx"
    path.write_bytes(
        encode_table(".xlsx", {"plate": ["1", "1"], "well": ["A1", "H12"], "signal": [1.5, 2.5]})
    )
    file = read_plate_file(path)
    assert [(s.plate, s.well, s.value) for s in file.signals] == [("1", "A01", 1.5), ("1", "H12", 2.5)]


@pytest.mark.parametrize(("rows", "columns"), [(8, 12), (16, 24), (4, 6)])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_grids_of_any_size_separator_and_line_end(tmp_path, rows, columns, separator, end):
    path = write(tmp_path / "ATP.csv", grid_text(rows, columns, separator, end))
    file = read_plate_file(path)
    assert len(file.signals) == rows * columns
    assert file.signals[columns + 1] == Signal("ATP", "B02", "", 101.0)


def test_byte_order_mark_and_two_named_blocks(tmp_path):
    text = "\ufeffP1,ATP\n" + grid_text() + "\nP2,ATP\n" + grid_text()
    file = read_plate_file(write(tmp_path / "two.csv", text))
    assert {s.plate for s in file.signals} == {"P1", "P2"}
    assert {s.channel for s in file.signals} == {"ATP"}
    assert file.barcodes == {"P1": "P1", "P2": "P2"}


def test_grid_in_a_workbook(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["Plate 9"])
    book.active.append([None, 1, 2, 3])
    book.active.append(["A", 5, 6.5, None])
    book.active.append(["B", "OVRFLW", 8, 9])
    path = tmp_path / "grid.xlsx"
    book.save(path)
    file = read_plate_file(path)
    found = {s.well: s.value for s in file.signals}
    assert found["A02"] == 6.5
    assert "A03" not in found
    assert math.isnan(found["B01"])
    assert file.signals[2].note == "OVRFLW"


def test_thousands_commas_only_where_an_instrument_writes_them(tmp_path):
    plate = ["Plate:", "P", "1.3", "PlateFormat", "Endpoint", "Luminescence", "Raw", "FALSE", "1"]
    plate += [""] * 5 + ["1", "LM1", "1", "2", "4", "1", "2"]
    softmax = "##BLOCKS= 1\n" + "\t".join(plate) + "\n"
    softmax += '\tTemperature\t1\t2\t\n\t\t"1,234"\t"12,345.5"\n\t\t7\t8\n~End\n'
    file = read_plate_file(write(tmp_path / "s.txt", softmax))
    assert [s.value for s in file.signals] == [1234.0, 12345.5, 7.0, 8.0]
    with pytest.raises(InputError, match="without separators between thousands") as error:
        read_plate_file(write(tmp_path / "own.csv", ';1;2\nA;"1,234";5\nB;1;2\n'))
    assert rules(error) == {"not-a-number"}


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("nothing.csv", "a,b\n1,2\n", "unknown-format"),
        ("decimal.csv", ";1;2\nA;1,5;2\n", "not-a-number"),
        ("word.csv", ",1,2\nA,low,2\n", "not-a-number"),
        ("twice.csv", "P1\n,1,2\nA,1,2\n\nP1\n,1,2\nA,1,2\n", "duplicate-plate"),
        ("well.csv", "plate,well,signal\nP,Z99,1\n", "not-a-well"),
        ("double.csv", "plate,well,signal,analyte\nP,A1,1,IL6\nP,A1,2,IL6\n", "duplicate"),
        ("role.csv", "plate,well,signal,role\nP,A1,1,heaven\n", "unknown-value"),
        ("xponent.csv", "Program,xPONENT\nBatch,B\n", "no-median"),
        ("kinetic.txt", "##BLOCKS= 1\nPlate:\tP\t1.3\tTimeFormat\tKinetic\tAbsorbance\n", "unsupported-read"),
        ("fake.xlsx", "well,signal\n", "wrong-content"),
        ("empty.csv", "", "empty-file"),
    ],
)
def test_bad_files(tmp_path, name, text, rule):
    with pytest.raises(InputError) as error:
        read_plate_file(write(tmp_path / name, text))
    assert rule in rules(error)


def test_truncated_workbook(tmp_path):
    whole = encode_table(".xlsx", {"plate": ["1"], "well": ["A1"], "signal": [1.5]})
    path = tmp_path / "cut.xlsx"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged"):
        read_plate_file(path)


def test_encodings_are_decided_by_format(tmp_path):
    with pytest.raises(InputError, match="text in UTF-8"):
        read_plate_file(write(tmp_path / "grid.csv", grid_text(), "utf-16"))
    with pytest.raises(InputError, match="text in UTF-8"):
        read_plate_file(write(tmp_path / "latin.csv", "Zürich\n" + grid_text(), "latin-1"))


STARTS = [
    (".csv", b""),
    (".csv", b"Program,xPONENT\n"),
    (".csv", b"Program,xPONENT\nDataType:,Median\nLocation,Sample,A\n"),
    (".csv", b"plate,well,signal\n"),
    (".csv", b",1,2,3\nA,"),
    (".csv", b"User:,Test run no.:\nRaw Data\n,1,2\nA,"),
    (".csv", b"Plate information\nBackground information\nResults for a\n,1,2\nA,"),
    (".csv", b"NucleoView\nImage;x\nViability (%);"),
    (".txt", b"##BLOCKS= 1\nPlate:\tP\t1.3\tPlateFormat\tEndpoint"),
    (".txt", b"##BLOCKS= 1\nGroup: x\nSample\tStandard Value\tWells\n"),
    (".txt", b"Software Version\nExperiment File Path\nResults\n\t1\t2\nA\t"),
]


@settings(max_examples=40)
@given(st.binary(max_size=200) | st.text(alphabet='A1,\t\n;. "-', max_size=80).map(str.encode))
def test_no_bytes_end_in_a_traceback(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("fuzz")
    for ending, start in STARTS:
        path = folder / f"x{ending}"
        path.write_bytes(start + data)
        with contextlib.suppress(InputError):
            assert read_plate_file(path).signals


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_plate_file(tmp_path / "none.csv")
    with pytest.raises(UsageError, match="found a folder"):
        read_plate_file(tmp_path)


def test_the_support_table_names_every_format():
    assert [row[0] for row in support_table()] == [known.display_name for known in FORMATS]
    assert len({row[0] for row in support_table()}) == 10


def layout_of(tmp_path, text):
    return read_layout(read_table(write(tmp_path / "layout.csv", text)))


def test_layout_table(tmp_path):
    found = layout_of(
        tmp_path,
        "plate,well,role,sample,dose,dose_unit,dilution\n,A1,standard,S1,0,pg/mL,\nP,B2,sample,x,,,4\n",
    )
    assert found[0] == LayoutWell("", "A01", "standard", "S1", 0.0, "pg/mL")
    assert found[1].dilution == 4.0


def test_a_bad_layout_lists_everything(tmp_path):
    with pytest.raises(InputError) as error:
        layout_of(tmp_path, "well,role,dose\nA1,standard,\nA99,sample,\nB1,,\nC1,sample,\nC01,sample,\n")
    assert rules(error) == {"standard-without-dose", "not-a-well", "empty", "duplicate"}
    with pytest.raises(InputError, match="a column 'role'"):
        layout_of(tmp_path, "well\nA1\n")


def plate_file(source, wells, barcode=None, note=""):
    signals = tuple(Signal("P", well, "", math.nan if note else 1.0, note) for well in wells)
    return PlateFile(source, "test", signals, barcodes={"P": barcode} if barcode else {})


def test_a_measured_well_without_a_row_is_refused():
    layout = (LayoutWell("", "A01", "sample"),)
    with pytest.raises(InputError, match=r"2 measured wells without a row .*: A02, B01") as error:
        join_layout([plate_file("a.csv", ["A01", "A02", "B01"])], layout, layout_source="layout.csv")
    assert rules(error) == {"layout-missing-well"}
    assert error.value.file == "layout.csv"


def test_two_plates_with_one_barcode_are_refused():
    layout = (LayoutWell("", "A01", "sample"),)
    with pytest.raises(InputError, match="the plate 'X1', which a") as error:
        join_layout([plate_file("a.csv", ["A01"], "X1"), plate_file("b.csv", ["A01"], "X1")], layout)
    assert rules(error) == {"duplicate-plate"}


def test_a_plate_nobody_read_is_refused():
    layout = (LayoutWell("", "A01", "sample"), LayoutWell("Q", "A01", "sample"))
    with pytest.raises(InputError, match="the plate 'Q', which no file holds"):
        join_layout([plate_file("a.csv", ["A01"])], layout)


def test_the_most_specific_row_wins():
    layout = (LayoutWell("", "A01", "sample", "all"), LayoutWell("X1", "A01", "sample", "by barcode"))
    wells, findings = join_layout([plate_file("a.csv", ["A01"], "X1")], layout)
    assert wells[0].content.sample == "by barcode"
    assert [finding.rule for finding in findings] == ["not-measured"]


def test_wells_without_a_value_and_without_a_signal_are_named():
    layout = (
        LayoutWell("", "A01", "sample"),
        LayoutWell("", "A02", "sample"),
        LayoutWell("", "A03", "unused"),
    )
    _, findings = join_layout([plate_file("a.csv", ["A01"], note="OVRFLW")], layout)
    assert {(f.rule, f.place) for f in findings} == {("no-value", "P A01"), ("not-measured", "A02")}
