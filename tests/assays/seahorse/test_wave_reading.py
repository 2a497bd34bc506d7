import re
from pathlib import Path

import numpy as np
import pytest

from mitograft.assays.seahorse.read import read_wave
from mitograft.assays.seahorse.read_fills import cell_fills, state_of
from mitograft.assays.seahorse.wave import well_names, with_normalisation
from mitograft.errors import InputError, UsageError

CONFIGURATION, RATE, RAW = (f"xl/worksheets/sheet{n}.xml" for n in (1, 2, 11))


def rules(path: Path, **options) -> list[str]:
    with pytest.raises(InputError) as refused:
        read_wave(path, **options)
    return [violation.rule for violation in refused.value.violations]


def test_a_plate_is_read(simulated):
    assert simulated.wells == well_names(4, 6)
    assert [well for well, chosen in zip(simulated.wells, simulated.selected, strict=True) if not chosen] == [
        "A05",
        "D06",
    ]
    assert [stage.role for stage in simulated.stages] == ["basal", "oligomycin", "fccp", "rotenone_antimycin"]
    assert simulated.measured("fccp") == (6, 7, 8)
    assert simulated.vendor.ocr.shape == (24, 12)
    assert simulated.ticks.o2.shape[:2] == (24, 12)
    assert simulated.normalisation.scale == 10_000
    assert np.isnan(simulated.normalisation.values[simulated.background]).all()
    assert simulated.simulated
    assert simulated.assay_name == "SIMULATED made for tests"


def test_the_source_can_be_named(breaker):
    path = breaker.write(lambda _, content: content)
    assert read_wave(path).source == "broken.xlsx"
    assert read_wave(path, source="day 1/broken.xlsx").source == "day 1/broken.xlsx"


def test_a_renamed_sheet_is_one_clear_message(breaker):
    path = breaker.replace("xl/workbook.xml", 'name="Raw"', 'name="Raw data"')
    with pytest.raises(InputError, match=r"no sheet 'Raw'.*Rename the sheet 'Raw data' back to 'Raw'"):
        read_wave(path)


def test_all_missing_sheets_are_listed(breaker):
    def rename(name: str, content: bytes) -> bytes:
        if name != "xl/workbook.xml":
            return content
        return content.replace(b'name="Raw"', b'name="x"').replace(b'name="Rate"', b'name="y"')

    assert rules(breaker.write(rename)) == ["missing-sheet", "missing-sheet"]


@pytest.mark.parametrize("kept", [0.2, 0.6, 0.99])
def test_a_truncated_workbook_is_damaged(simulated_bytes, tmp_path, kept):
    path = tmp_path / "cut.xlsx"
    path.write_bytes(simulated_bytes[: int(len(simulated_bytes) * kept)])
    assert rules(path) == ["damaged"]


def test_a_wave_project_is_told_from_its_export(tmp_path):
    path = tmp_path / "plate.asyr"
    path.write_bytes(b"\x1f\x8b\x08rest")
    with pytest.raises(InputError, match=r"perhaps a Wave project \(\.asyr\).*export it to Excel"):
        read_wave(path)


@pytest.mark.parametrize(("content", "rule"), [(b"", "empty-file"), (b"A01;1", "wrong-content")])
def test_something_else_is_refused(tmp_path, content, rule):
    path = tmp_path / "plate.xlsx"
    path.write_bytes(content)
    assert rules(path) == [rule]


def test_a_missing_file_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_wave(tmp_path / "none.xlsx")


def test_a_layout_with_a_missing_row_has_the_wrong_size(breaker):
    def without_row_b(name: str, content: bytes) -> bytes:
        return re.sub(rb'<row r="13".*?</row>', b"", content) if name == CONFIGURATION else content

    with pytest.raises(InputError, match="a group layout of 1 x 6 wells; expected a plate of 24"):
        read_wave(breaker.write(without_row_b))


def test_a_layout_with_a_missing_well_names_it(breaker):
    def without_a02(name: str, content: bytes) -> bytes:
        cell = rb'<c r="D12" s="11" t="s"><v>[0-9]+</v></c>'
        return re.sub(cell, b'<c r="D12" s="11"/>', content) if name == CONFIGURATION else content

    with pytest.raises(InputError, match="row 12, column D: found no group for the well A02"):
        read_wave(breaker.write(without_a02))


def test_missing_rows_of_raw_name_their_wells(breaker):
    def without_rows(name: str, content: bytes) -> bytes:
        # 24 wells x 14 ticks are the first measurement; leave well A02 out of it.
        if name != RAW:
            return content
        for tick in range(20):
            content = re.sub(rb'<row r="%d".*?</row>' % (3 + 24 * tick), b"", content)
        return content

    with pytest.raises(InputError, match=r"no value for A02 in \d measurement.* 'Raw'"):
        read_wave(breaker.write(without_rows))


def test_a_blank_first_row_of_raw_is_no_problem(breaker, simulated):
    """Some XFe96 exports lack the first reading of A01."""

    def blank(name: str, content: bytes) -> bytes:
        return re.sub(rb'<row r="2".*?</row>', b'<row r="2"></row>', content) if name == RAW else content

    plate = read_wave(breaker.write(blank))
    assert np.isnan(plate.ticks.o2[0, 0, 0])
    assert np.isnan(plate.ticks.o2).sum() == np.isnan(simulated.ticks.o2).sum() + 1


def test_optional_sheets_may_be_missing(breaker, simulated):
    path = breaker.replace("xl/workbook.xml", 'name="Operation Log"', 'name="Log"')
    plate = read_wave(path)
    assert plate.log == ()
    assert plate.stages == simulated.stages  # from the protocol summary


def test_a_rate_sheet_without_a_column_is_refused(breaker):
    path = breaker.replace("xl/sharedStrings.xml", "<t>OCR</t>", "<t>Respiration</t>")
    assert "missing-column" in rules(path)


def test_a_cell_far_away_is_refused_before_it_costs_memory(breaker):
    path = breaker.replace(
        RAW, "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    assert rules(path) == ["too-large"]


def test_stages_can_be_said(breaker):
    path = breaker.replace("xl/sharedStrings.xml", "<t>oligo</t>", "<t>Injection 1</t>")
    assert read_wave(path).stages[1].role == "unknown"
    assert read_wave(path, stages={"injection 1": "oligomycin"}).stages[1].role == "oligomycin"
    with pytest.raises(UsageError, match="expected one of basal"):
        read_wave(path, stages={"Injection 1": "oligo"})


def test_fills_follow_the_legend_and_the_template():
    styles = (
        b"<styleSheet><fills><fill><patternFill patternType='none'/></fill>"
        b"<fill><patternFill><fgColor theme='0' tint='-0.3499862666707358'/></patternFill></fill>"
        b"<fill><patternFill><fgColor rgb='FF00ff00'/></patternFill></fill></fills>"
        b"<cellStyleXfs><xf fillId='2'/></cellStyleXfs>"
        b"<cellXfs><xf fillId='0'/><xf fillId='1'/><xf fillId='2'/></cellXfs>"
        b"<dxfs><dxf><fill><patternFill><fgColor rgb='FFFFFFFF'/></patternFill></fill></dxf></dxfs>"
        b"</styleSheet>"
    )
    sheet = b"<sheetData><row><c r='C12' s='1'/><c r='D12' s='2'/><c r='E12'/></row></sheetData>"
    fills = cell_fills(sheet, styles, "x.xlsx")
    assert fills["C12"] == ("theme", "0", "-0.35")
    assert fills["D12"] == ("rgb", "FF00FF00", "0.00")
    assert fills["E12"] == ("", "", "")
    assert state_of(fills["C12"], {}) == "unselected"
    assert state_of(fills["D12"], {}) is None
    assert state_of(fills["D12"], {("rgb", "FF00FF00", "0.00"): "unselected"}) == "unselected"


def test_a_hand_coloured_well_counts_as_selected_and_is_reported(breaker):
    # Style 1 is that of a heading: none of the three fills of wells.
    plate = read_wave(breaker.replace(CONFIGURATION, '<c r="D12" s="11"', '<c r="D12" s="1"'))
    assert plate.unclear == ("A02",)
    assert plate.selected[1]


def test_normalisation_of_the_user(simulated):
    plate = with_normalisation(simulated, {"A02": 5.0}, unit="ug protein", scale=2)
    assert plate.normalisation.values[1] == 5
    assert np.isnan(plate.normalisation.values[2])
    with pytest.raises(UsageError, match="no well 'Z9'"):
        with_normalisation(simulated, {"Z9": 1.0}, unit="cells")
    with pytest.raises(UsageError, match="more than 0"):
        with_normalisation(simulated, {}, unit="cells", scale=0)
