"""A simulated workbook beside the real ones: same sheets, labels, places and kinds of cells."""

import pytest

REAL = {
    "XFe24": "wmoldham_raw_1_XFe24_MST.xlsx",
    "XFe96": "seahtrue_20191219_PBMC_donorA_XFe96.xlsx",
}
# Donor A, wells deselected by the operator (vcjdeboer/seahtrue, tests of the package).
DONOR_A_DESELECTED = frozenset({"A05", "A06", "A07", "A08", "A12", "C08", "F03", "G12", "H09"})


@pytest.fixture(scope="module", params=sorted(REAL))
def pair(request, shared, make_plate, workbook, opened_short):
    """A real workbook and a simulated one with the layout of the real."""
    real = opened_short(shared / "data" / "in_vitro" / "seahorse" / REAL[request.param])
    layout = real["Assay Configuration"]
    rows, columns = (4, 6) if request.param == "XFe24" else (8, 12)
    names = {
        f"{'ABCDEFGH'[r]}{c + 1:02d}": layout.cell(12 + r, 3 + c).value
        for r in range(rows)
        for c in range(columns)
    }
    groups = {well: name for well, name in names.items() if name != "Background"}
    wells = make_plate(request.param).wells
    counts = (
        {}
        if request.param == "XFe24"
        else {w: 0.0 if n == "Background" else 20000.0 for w, n in names.items()}
    )
    deselected = frozenset() if request.param == "XFe24" else DONOR_A_DESELECTED
    plate = make_plate(request.param, groups=groups, wells=wells, cell_counts=counts, deselected=deselected)
    return real, opened_short(workbook(plate))


def kinds(sheet, rows=None):
    """Type and number format of every cell that is not empty."""
    return {
        cell.coordinate: (cell.data_type, cell.number_format)
        for row in sheet.iter_rows(max_row=rows)
        for cell in row
        if cell.value is not None
    }


def test_sheets_are_those_of_a_real_workbook_with_their_states(pair):
    real, simulated = pair
    assert len(simulated.worksheets) == 14
    assert [(s.title, s.sheet_state) for s in simulated] == [(s.title, s.sheet_state) for s in real]
    assert [s.freeze_panes for s in simulated] == [s.freeze_panes for s in real]


def test_every_label_of_the_configuration_stands_in_its_row(pair):
    real, simulated = (book["Assay Configuration"] for book in pair)
    labels = {c.coordinate: c.value for c in real["A"] if c.value is not None}
    assert labels == {c.coordinate: c.value for c in simulated["A"] if c.value is not None}
    for block in ("P9:U11", "C21:E21", "B42:F48"):
        of_real = {c.coordinate for row in real[block] for c in row if c.value is not None}
        of_simulated = {c.coordinate for row in simulated[block] for c in row if c.value is not None}
        # The real PBMC plate has one port fewer in row 43 than stages; only the names differ.
        assert of_simulated == of_real
    settings = kinds(real)
    found = kinds(simulated)
    assert {k: v for k, v in found.items() if k[0] == "B"} == {
        k: v for k, v in settings.items() if k[0] == "B"
    }
    for grid in ("C11:N19", "C84:N104"):
        cells = [c.coordinate for row in real[grid] for c in row]
        assert {k: found.get(k) for k in cells} == {k: settings.get(k) for k in cells}


def test_layout_fills_and_names_are_those_of_the_real_plate(pair):
    real, simulated = (book["Assay Configuration"] for book in pair)

    def layout(sheet):
        return [
            (c.value, c.fill.fill_type, c.fill.fgColor.theme, round(c.fill.fgColor.tint, 2))
            for row in sheet["C12:N19"]
            for c in row
            if c.value is not None
        ] + [(c.fill.fgColor.theme, round(c.fill.fgColor.tint, 2)) for c in sheet[21][2:5]]

    assert layout(simulated) == layout(real)


@pytest.mark.parametrize(
    "name", ["Rate", "Rate (Columns)", "Rate (Plates)", "Normalized Rate (Columns)", "Baselined Rate"]
)
def test_rate_sheets_have_the_real_size_titles_and_kinds_of_cells(pair, name):
    real, simulated = (book[name] for book in pair)
    assert simulated.dimensions == real.dimensions
    assert sorted(map(str, simulated.merged_cells.ranges)) == sorted(map(str, real.merged_cells.ranges))
    assert [c.value for c in simulated["A"]][:9] == [c.value for c in real["A"]][:9]
    if "(" not in name:
        assert [c.value for c in simulated[1]] == [c.value for c in real[1]]
    assert kinds(simulated) == kinds(real)


def test_raw_sheet_has_the_real_header_and_kinds_of_cells(pair):
    real, simulated = (book["Raw"] for book in pair)
    assert simulated.dimensions == real.dimensions
    assert [c.value for c in simulated[1]] == [c.value for c in real[1]]
    found, expected = kinds(simulated), kinds(real)
    # The real XFe96 file has ' ' for the first 'pH Ref Dark' (cell T2).
    assert {k: v for k, v in found.items() if k != "T2"} == {k: v for k, v in expected.items() if k != "T2"}


def test_calibration_and_styles_have_the_real_labels_and_kinds_of_cells(pair):
    for name in ("Calibration", "styles"):
        real, simulated = (book[name] for book in pair)
        assert simulated.dimensions == real.dimensions
        texts = [
            {c.coordinate: c.value for row in s for c in row if isinstance(c.value, str)}
            for s in (real, simulated)
        ]
        assert texts[0] == texts[1]
    assert kinds(pair[1]["Calibration"]) == kinds(pair[0]["Calibration"])


def test_operation_log_has_the_real_commands_until_the_last_measurement(pair):
    real, simulated = (book["Operation Log"] for book in pair)

    def commands(sheet):
        names = [row[1].value for row in sheet.iter_rows(min_row=2)]
        return names[: len(names) - names[::-1].index("Measure")]

    assert [c.value for c in simulated[1]] == [c.value for c in real[1]]
    assert commands(simulated) == commands(real)
    assert kinds(simulated, 30) == kinds(real, 30)
