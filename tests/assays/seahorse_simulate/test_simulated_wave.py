"""What a simulated workbook says, against its truth and the vendor's published conversions."""

import re

import numpy as np
import pytest

from mitograft.assays.seahorse.simulate import PlateTruth, Stage, WellTruth, wave_workbook
from mitograft.assays.seahorse.simulate_clock import stamp
from mitograft.assays.seahorse.simulate_instrument import instrument, tick_times
from mitograft.assays.seahorse.simulate_physics import oxygen, true_ecar, true_ocr
from mitograft.assays.seahorse.simulate_rates import acidification_rates, oxygen_rates
from mitograft.assays.seahorse.simulate_sensors import measure, rates
from mitograft.errors import UsageError


def table(sheet):
    """Columns of a sheet by title."""
    header, *rows = sheet.iter_rows(values_only=True)
    return {title: [row[i] for row in rows] for i, title in enumerate(header) if title}


@pytest.fixture(scope="module")
def simulated(make_plate, workbook, opened):
    counts = {w: 9000.0 + 10 * i for i, w in enumerate(make_plate().positions)}
    plate = make_plate(deselected=frozenset({"A02", "D06"}), cell_counts=counts)
    return plate, opened(workbook(plate))


def test_assay_name_begins_with_simulated(simulated):
    assert simulated[1]["Assay Configuration"]["B4"].value == "SIMULATED plate"
    assert simulated[1].properties.title == "SIMULATED plate"


def test_same_truth_and_generator_give_the_same_bytes(make_plate):
    first, again, other = (wave_workbook(make_plate(), np.random.default_rng(s)) for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_oxygen_follows_from_the_emission_of_the_selected_background_wells(simulated):
    # O2 = CO + (FO/Ksv)(1/F - 1/F_T), as in Wave's own files to 2e-12.
    plate, book = simulated
    raw = table(book["Raw"])
    emission = np.array(raw["O2 Corrected Em."]).reshape(-1, 24)
    used = [plate.positions.index(w) for w in ("A01", "B04", "C03")]
    fo, ksv = 50422.5060327372, 0.02
    level = (fo / 12500 - 1) / ksv + fo / ksv * (
        1 / emission - 1 / emission[:, used].mean(axis=1, keepdims=True)
    )
    np.testing.assert_allclose(np.array(raw["O2 (mmHg)"]).reshape(-1, 24), level, rtol=1e-12)


@pytest.mark.parametrize(("channel", "level"), [("O2", "O2"), ("pH", "pH")])
def test_corrected_emission_is_light_over_reference_light_times_calibration(simulated, channel, level):
    raw = table(simulated[1]["Raw"])
    prefix = "O2 " if channel == "O2" else "pH "
    light, dark = (raw[prefix + ("Light Emission", "Dark Emission")[i]] if channel == "O2" else
                   raw[prefix + ("Light", "Dark")[i]] for i in (0, 1))  # fmt: skip
    reference = np.subtract(raw[prefix + "Ref Light"], raw[prefix + "Ref Dark"])
    sheet = simulated[1]["Calibration"]
    left = 3 if channel == "O2" else 17
    delta = [sheet.cell(35 + r, left + c).value for r in range(4) for c in range(6)]
    expected = np.subtract(light, dark) / reference * np.tile(delta, len(light) // 24)
    np.testing.assert_allclose(raw[level + " Corrected Em."], expected, rtol=1e-13)
    assert all(isinstance(count, int) for count in (*light, *dark))


def test_ph_follows_from_the_gain_equation(simulated):
    # Holds in the real files: pH = 7.4 + (em - cal) / (1000 (D cal + E)), cal the well's pH emission.
    raw, sheet = table(simulated[1]["Raw"]), simulated[1]["Calibration"]
    cal = np.array([sheet.cell(17 + r, 17 + c).value for r in range(4) for c in range(6)])
    emission = np.array(raw["pH Corrected Em."]).reshape(-1, 24)
    level = 7.4 + (emission - cal) / (1000 * (0.000416 * cal + 1.05))
    np.testing.assert_allclose(np.array(raw["pH"]).reshape(-1, 24), level, rtol=1e-12)


def test_timestamps_are_whole_seconds_of_the_true_times(simulated):
    plate, book = simulated
    stamps = table(book["Raw"])["TimeStamp"][::24]
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d", text) for text in stamps)
    assert stamps == [stamp(t) for t in tick_times(plate).ravel()]
    assert table(book["Rate"])["Time"][0] == pytest.approx(6 * 13.84 / 60)


def test_background_wells_are_zero_unless_deselected(simulated):
    sheet = table(simulated[1]["Rate"])
    for well, zero in (("A01", True), ("B04", True), ("C03", True), ("D06", False)):
        values = [v for v, w in zip(sheet["OCR"], sheet["Well"], strict=True) if w == well]
        assert (set(values) == {0}) is zero
        assert {v for v, w in zip(sheet["PER"], sheet["Well"], strict=True) if w == well} == {0}


def test_normalised_rate_is_rate_times_scale_over_count(simulated):
    plate, book = simulated
    plain, normal = table(book["Rate"]), table(book["Normalized Rate"])
    counts = np.tile([plate.cell_counts[w] for w in plate.positions], 12)
    for name in ("OCR", "ECAR", "PER"):
        np.testing.assert_allclose(normal[name], np.array(plain[name]) * 10000 / counts, rtol=1e-14)


def test_proton_efflux_is_uncorrected_acidification_times_buffer(simulated):
    # PER = (ECAR + background ECAR) x 2.4 x 5.65 x 1.19
    plate, book = simulated
    sheet = table(book["Rate"])
    ph = np.array(table(book["Raw"])["pH"]).reshape(12, 14, 24)
    used = [plate.positions.index(w) for w in ("A01", "B04", "C03")]
    background = acidification_rates(ph, tick_times(plate))[:, used].mean(axis=1)
    per, ecar = (np.array(sheet[name]).reshape(12, 24) for name in ("PER", "ECAR"))
    wells = [i for i, w in enumerate(plate.positions) if w in plate.wells]
    np.testing.assert_allclose(
        per[:, wells], (ecar[:, wells] + background[:, None]) * 2.4 * 5.65 * 1.19, rtol=1e-9
    )


@pytest.mark.parametrize("model", ["XFe24", "XFe96"])
def test_without_noise_the_vendors_computation_gives_the_true_rates(make_plate, model):
    plate = make_plate(model, rundown=0.05, settling=0.2, drift={"A02": 10.0})
    found = oxygen_rates(oxygen(plate), tick_times(plate), instrument(model))
    np.testing.assert_allclose(found, true_ocr(plate), atol=0.01)


@pytest.mark.parametrize("model", ["XFe24", "XFe96"])
def test_rate_sheet_scatters_around_the_truth(make_plate, model):
    plate = make_plate(model)
    found = rates(plate, measure(plate, np.random.default_rng(5)))
    cells = [w in plate.wells for w in plate.positions]
    for values, truth, bias, spread in (
        (found.ocr, true_ocr(plate), 0.6, 2.0),
        (found.ecar, true_ecar(plate), 0.2, 0.4),
    ):
        error = (values - truth)[:, cells]
        assert abs(error.mean()) < bias
        assert 0.02 < error.std() < spread


def test_vendors_computation_reproduces_real_rate_sheets(shared, opened):
    # Wave 2.6.0, wmoldham/seahorse raw_1: within 0.5 % + 0.5 pmol/min.
    book = opened(shared / "data" / "in_vitro" / "seahorse" / "wmoldham_raw_1_XFe24_MST.xlsx")
    raw, sheet = table(book["Raw"]), table(book["Rate"])
    device = instrument("XFe24")
    clock = np.array([[int(part) for part in text.split(":")] for text in raw["TimeStamp"][::24]])
    first = (clock @ [3600.0, 60.0, 1.0]).reshape(12, 14)[:, :1]
    times = first + device.tick_seconds * np.arange(14)
    found = oxygen_rates(np.array(raw["O2 (mmHg)"]).reshape(12, 14, 24), times, device)
    vendor = np.array(sheet["OCR"]).reshape(12, 24)
    background = np.array(sheet["Group"][:24]) == "Background"
    found -= found[:, background].mean(axis=1, keepdims=True)
    error = np.abs(found - vendor)[:, ~background]
    assert (error <= 0.005 * np.abs(vendor[:, ~background]) + 0.5).all()
    assert np.median(error / np.abs(vendor[:, ~background])) < 0.003


def test_failed_injection_leaves_the_state_before_it(make_plate):
    plate = make_plate(failed_injections={"A02": ("fccp",), "A03": ("rot/ama",)})
    course = true_ocr(plate)[::3]
    assert course[:, 1].tolist() == [25, 9, 9, 5]
    assert course[:, 2].tolist() == [25, 9, 50, 50]


def test_stage_without_effect_is_an_injection_that_changes_nothing(make_plate):
    stages = (Stage("rest"), Stage("vehicle"), Stage("AM/ROT", "rot_aa", 2))
    plate = make_plate(stages=stages)
    assert true_ocr(plate)[:, 1].tolist() == [25] * 6 + [5] * 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"deselected": frozenset({"H12"})}, r"deselected wells hold \['H12'\]"),
        ({"deselected": frozenset({"A01", "B04", "C03", "D06"})}, "all background wells are deselected"),
        ({"failed_injections": {"A02": ("FCCP",)}}, r"failed injections name \['FCCP'\]"),
        ({"stages": (Stage("oligo", "oligo"),)}, "first stage 'oligo' has an injection"),
        ({"stages": (Stage("a"), Stage("a"))}, "different names"),
        ({"stages": (Stage("a", cycles=0),)}, "at least one cycle"),
        ({"groups": {}}, "wells and groups differ"),
        ({"wells": {"A01": WellTruth(1, 1, 1, 1)}, "groups": {"A01": "x"}}, r"wells hold \['A01'\]"),
        ({"settling": 1.0}, "settling and rundown"),
        ({"normalisation_scale": 0.0}, "normalisation scale"),
        ({"wells": {"A02": WellTruth(float("nan"), 1, 1, 1)}, "groups": {"A02": "x"}}, "not finite"),
    ],
)
def test_impossible_plates_are_refused_with_the_reason(make_plate, changes, message):
    with pytest.raises(UsageError, match=message):
        make_plate(**changes)


def test_all_reasons_are_given_at_once():
    with pytest.raises(UsageError, match=r"(?s)deselected wells.*settling"):
        PlateTruth("p", {}, {}, deselected=frozenset({"Z99"}), settling=2)


def test_unassigned_wells_have_their_fill_and_no_group(make_plate, workbook, opened):
    full = make_plate()
    wells = {w: t for w, t in full.wells.items() if w != "A02"}
    book = opened(workbook(make_plate(wells=wells, groups={w: full.groups[w] for w in wells})))
    cell = book["Assay Configuration"]["D12"]
    assert (cell.value, cell.fill.fgColor.theme, cell.fill.fgColor.tint) == (None, 1, 0)
