from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.assays.seahorse.analyse import Options, analyse_plates
from mitograft.assays.seahorse.check import qc_thresholds
from mitograft.assays.seahorse.check_plate import check_barcodes, check_plate
from mitograft.assays.seahorse.derive import derive_parameters
from mitograft.assays.seahorse.outliers import find_outliers
from mitograft.assays.seahorse.rates import compare_rates, correct_background, normalise, recompute_rates
from mitograft.assays.seahorse.read_stages import ROLES, stage_role
from mitograft.assays.seahorse.wave import with_normalisation
from mitograft.errors import InputError, UsageError


def rules_by_well(findings) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for finding in findings:
        found.setdefault(finding.place, set()).add(finding.rule)
    return found


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("basal", "basal"),
        ("Baseline", "basal"),
        ("OM", "oligomycin"),
        ("oligo", "oligomycin"),
        ("Oligomycin 1.5 uM", "oligomycin"),
        ("FCCP 1", "fccp"),
        ("rot/ama", "rotenone_antimycin"),
        ("AM/ROT", "rotenone_antimycin"),
        ("AA/Rot", "rotenone_antimycin"),
        ("Rot/AntiA", "rotenone_antimycin"),
        ("Rotenone + Antimycin A", "rotenone_antimycin"),
        ("Monensin/Hoechst", "monensin"),
        ("oligo/fccp", "unknown"),
        ("Injection 2", "unknown"),
        ("", "unknown"),
    ],
)
def test_stage_names_as_people_write_them(name, role):
    assert stage_role(name) == role


@given(st.text(max_size=30))
def test_any_stage_name_gets_a_role(name):
    assert stage_role(name) in ROLES


def test_stress_test_rules_by_hand(with_ocr):
    trace = [50.0, 42, 40, 14, 12, 16, 90, 110, 80, 5, 4, 6]
    plate = with_ocr(np.tile(trace, (24, 1)))
    last = derive_parameters(plate, plate.vendor)
    well = plate.index("A02")
    expected = {
        "non_mitochondrial_respiration": 4,
        "basal_respiration": 40 - 4,
        "atp_linked_respiration": 40 - 12,
        "proton_leak": 12 - 4,
        "maximal_respiration": 110 - 4,
        "spare_capacity": 106 - 36,
        "spare_capacity_percent": 100 * 106 / 36,
        "coupling_efficiency": 100 * 28 / 36,
        "stressed_ocr": 110,
    }
    assert {name: last.values[name][well] for name in expected} == pytest.approx(expected)
    mean = derive_parameters(plate, plate.vendor, "stage_mean")
    assert mean.values["basal_respiration"][well] == pytest.approx(44 - 5)
    assert mean.values["atp_linked_respiration"][well] == pytest.approx(44 - 14)
    assert mean.values["maximal_respiration"][well] == pytest.approx(280 / 3 - 5)
    assert np.isnan(last.values["basal_respiration"][plate.background]).all()
    with pytest.raises(UsageError, match="expected one of agilent, stage_mean"):
        derive_parameters(plate, plate.vendor, "mean")


def test_atp_and_basal_differ_where_an_acute_injection_comes_first(with_ocr):
    plate = with_ocr(np.tile([30.0, 30, 30, 50, 50, 45, 20, 20, 10, 5, 5, 5], (24, 1)))
    roles = ("basal", "acute", "oligomycin", "rotenone_antimycin")
    stages = tuple(replace(s, role=role) for s, role in zip(plate.stages, roles, strict=True))
    plate = replace(plate, stages=stages)
    values = derive_parameters(plate, plate.vendor)
    assert values.values["basal_respiration"][1] == 30 - 5
    assert values.values["atp_linked_respiration"][1] == 45 - 10
    assert values.undefined["maximal_respiration"] == "no measurement of the stage fccp"
    assert np.isnan(values.values["maximal_respiration"]).all()


def test_atp_rates_follow_their_formula(simulated):
    values = derive_parameters(simulated, simulated.vendor).values
    mito = 2 * 2.75 * values["atp_linked_respiration"]
    glyco = values["basal_per"] - 0.41 * values["basal_respiration"]
    np.testing.assert_allclose(values["atp_rate_mitochondrial"], mito)
    np.testing.assert_allclose(values["atp_rate_glycolytic"], glyco)
    np.testing.assert_allclose(values["atp_rate_total"], mito + glyco)


def test_failed_injections_are_found_in_their_wells(simulated):
    result = analyse_plates([simulated])
    found = rules_by_well(result.findings)
    failed = {well for well, rules in found.items() if "failed-injection" in rules}
    assert failed == {"B02", "C05"}
    oligo = next(f for f in result.findings if f.place == "B02" and f.rule == "failed-injection")
    assert "did not fall after oligomycin" in oligo.found
    assert "fccp-below-basal" in found["C05"]
    assert {well for well, rules in found.items() if "deselected" in rules} == {"A05", "D06"}


def test_bad_traces_are_named(with_ocr, simulated):
    ocr = simulated.vendor.ocr.copy()
    wells = {name: simulated.index(name) for name in ("A02", "A03", "A04", "A06")}
    ocr[wells["A02"], 9:] = -9  # non-mitochondrial below zero
    ocr[wells["A03"], :3] = (100, 80, 60)
    ocr[wells["A04"], 3:6] = 1.0  # less after oligomycin than after rotenone
    ocr[wells["A06"]] = 1.0
    found = rules_by_well(analyse_plates([with_ocr(ocr)]).findings)
    assert {"negative-rate", "negative-non-mitochondrial"} <= found["A02"]
    assert "drifting-rate" in found["A03"]
    assert {"negative-leak", "coupling-above-100"} <= found["A04"]
    assert "low-rate" in found["A06"]
    assert "failed-injection" not in found["A06"]


def test_a_background_that_is_not_zero_is_reported_and_corrected(with_ocr, simulated):
    plate = with_ocr(simulated.vendor.ocr + 7)
    result = analyse_plates([plate])
    assert "background-not-zero" in {finding.rule for finding in result.findings}
    plain = analyse_plates([simulated]).parameters[0].values["basal_ocr"]
    np.testing.assert_allclose(result.parameters[0].values["basal_ocr"], plain, atol=0.01)
    corrected = correct_background(plate, plate.vendor)
    used = plate.background & plate.selected
    np.testing.assert_allclose(corrected.ocr[used].mean(axis=0), 0, atol=1e-9)


def test_counts_are_judged_against_their_group(simulated):
    counts = dict.fromkeys(
        (w for w, b in zip(simulated.wells, simulated.background, strict=True) if not b), 100.0
    )
    counts |= {"A02": 10.0, "A03": 500.0, "A01": 3.0}
    del counts["B01"]
    found = rules_by_well(check_plate(with_normalisation(simulated, counts, unit="cells"), simulated.vendor))
    assert found["A02"] == {"low-count"}
    assert found["A03"] == {"high-count"}
    assert found["B01"] == {"missing-count"}
    assert found["A01"] == {"background-count"}


def test_an_edge_effect_is_found(with_ocr, simulated):
    inner = [i for i, well in enumerate(simulated.wells) if well[0] in "BC" and well[1:] not in {"01", "06"}]
    plate = replace(
        with_ocr(np.where(np.isin(np.arange(24), inner)[:, None], 100.0, 60.0) * np.ones((24, 12))),
        group=tuple("Background" if b else "one" for b in simulated.background),
    )
    edge = [f for f in check_plate(plate, plate.vendor) if f.rule == "edge-effect"]
    assert [f.place for f in edge] == ["edge wells"]
    assert "edge-effect" not in {f.rule for f in check_plate(simulated, simulated.vendor)}


def test_sensor_and_temperature_findings(simulated):
    ticks = simulated.ticks
    valid = ticks.o2_valid.copy()
    valid[2, 3, 4] = False
    warm = ticks.well_temperature + 2
    states = ("Bad", *simulated.calibration.o2_status[1:])
    plate = replace(
        simulated,
        ticks=replace(ticks, o2_valid=valid, well_temperature=warm),
        calibration=replace(simulated.calibration, o2_status=states),
    )
    found = rules_by_well(check_plate(plate, plate.vendor))
    assert "invalid-ticks" in found["A03"]
    assert "calibration" in found["A01"]
    assert "temperature" in found[""]


def test_no_selected_background_well_is_an_error(simulated):
    plate = replace(simulated, selected=simulated.selected & ~simulated.background)
    assert "no-background" in {f.rule for f in check_plate(plate, plate.vendor) if f.severity == "error"}
    np.testing.assert_array_equal(correct_background(plate, plate.vendor).ocr, plate.vendor.ocr)


def test_two_plates_with_one_barcode_are_refused(simulated):
    other = replace(simulated, source="other.xlsx")
    assert [f.rule for f in check_barcodes([simulated, other])] == ["same-barcode"]
    with pytest.raises(InputError, match=r"one plate barcode in plate\.xlsx and other\.xlsx"):
        analyse_plates([simulated, other])
    assert analyse_plates([simulated, replace(other, plate_barcode="B2")]).readings


def test_readings_keep_raw_and_normalised(simulated):
    result = analyse_plates([simulated])
    by_key = {(r.position, r.parameter): r for r in result.readings}
    raw, norm = by_key["A02", "basal_respiration"], by_key["A02", "basal_respiration_normalised"]
    assert norm.value == pytest.approx(raw.value * 10_000 / 20_000)
    assert norm.unit == "pmol/min per 10000 Cell number"
    assert ("A02", "coupling_efficiency_normalised") not in by_key
    assert "A01" not in {r.position for r in result.readings}
    assert by_key["A05", "basal_respiration"].excluded == "deselected or unassigned in Wave"
    assert raw.excluded == ""
    assert raw.plate == simulated.plate_barcode
    assert result.rule.startswith("agilent: last before injection")
    assert {"p_o_ratio", "co2_contribution_factor_96"} <= {p.id for p in result.flagged}


def test_outlier_rules_list_what_they_leave_out(with_ocr, simulated):
    rng = np.random.default_rng(3)
    ocr = np.outer(np.exp(rng.normal(4, 0.05, 24)), np.linspace(1, 2, 12)) + rng.normal(0, 1, (24, 12))
    ocr[simulated.index("C02")] *= 4
    plate = with_ocr(ocr)
    assert {e.well for e in find_outliers(plate, plate.vendor)} == {"A05", "D06"}
    for rule in ("mad", "log_mad"):
        found = {e.well: e for e in find_outliers(plate, plate.vendor, rule)}
        assert found["C02"].rule == rule
        assert "MAD from its group" in found["C02"].reason
    own = find_outliers(plate, plate.vendor, "none", {"B01": "bubble in the well"})
    assert [(e.well, e.rule) for e in own] == [("A05", "deselected"), ("B01", "user"), ("D06", "deselected")]
    with pytest.raises(UsageError, match="give one"):
        find_outliers(plate, plate.vendor, "none", {"B01": " "})
    with pytest.raises(UsageError, match="expected one of none, mad, log_mad"):
        find_outliers(plate, plate.vendor, "sigma")


def test_exclusions_reach_the_readings(simulated):
    options = Options(exclusions={(simulated.source, "B01"): "bubble"})
    result = analyse_plates([simulated], options)
    assert {r.excluded for r in result.readings if r.position == "B01"} == {"bubble"}
    assert [f.place for f in result.findings if f.rule == "excluded"] == ["B01"]
    with pytest.raises(UsageError, match=r"none of the plates"):
        analyse_plates([simulated], Options(exclusions={("x.xlsx", "B01"): "bubble"}))
    with pytest.raises(UsageError, match="expected vendor or recomputed"):
        analyse_plates([simulated], Options(rates="slope"))


def test_recomputed_rates_agree_with_an_independent_simulator(simulated):
    comparison = compare_rates(simulated)
    assert comparison.median_relative < 0.01
    assert comparison.slope_median_relative > 0.3
    result = analyse_plates([simulated], Options(rates="recomputed"))
    vendor = analyse_plates([simulated]).parameters[0].values["basal_respiration"]
    np.testing.assert_allclose(result.parameters[0].values["basal_respiration"], vendor, rtol=0.02, atol=1)


def test_single_missing_ticks_are_bridged(simulated):
    o2 = simulated.ticks.o2.copy()
    o2[1, 0, 0] = o2[2, 4, 5] = np.nan
    plate = replace(simulated, ticks=replace(simulated.ticks, o2=o2))
    before, after = recompute_rates(simulated).ocr, recompute_rates(plate).ocr
    assert np.isfinite(after).all()
    np.testing.assert_allclose(after, before, atol=8)
    np.testing.assert_array_equal(after[3], before[3])


def test_normalising_leaves_wells_without_a_count_undefined(simulated):
    plate = with_normalisation(simulated, {"A02": 5.0, "A01": 9.0}, unit="cells", scale=10)
    rates = normalise(plate, plate.vendor)
    np.testing.assert_allclose(rates.ocr[1], plate.vendor.ocr[1] * 2)
    assert np.isnan(rates.ocr[0]).all()  # a background well
    assert np.isnan(rates.ocr[2]).all()
    assert normalise(with_normalisation(simulated, {}, unit="cells"), plate.vendor) is None


@pytest.mark.parametrize("id_", ["negative_rate", "outlier_mad", "vendor_absolute_24"])
def test_thresholds_are_data(id_):
    assert qc_thresholds()[id_].citation
