"""From wells to readings, on numbers worked out by hand and on simulated plates with a known truth."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mitograft.assays.plate.check import join_layout
from mitograft.assays.plate.derive import derive_concentrations, derive_percent, plate_rules
from mitograft.assays.plate.dose_response import derive_dose_response
from mitograft.assays.plate.layout import read_layout
from mitograft.assays.plate.quality import measure_quality
from mitograft.assays.plate.read import read_plate_file
from mitograft.assays.plate.simulate import (
    BeadAssayTruth,
    CellPlateTruth,
    simulate_bead_assay,
    simulate_grid_export,
    simulate_layout,
    simulate_tidy_plate,
)
from mitograft.assays.plate.wells import LayoutWell, Signal, Well
from mitograft.seeds import stream
from mitograft.statistics.curve_model import Curve
from mitograft.tables.read import read_table


def well(name, value, role, sample="", dose=math.nan, donor=""):
    content = LayoutWell("P", name, role, sample, dose, "ug/mL", "", donor)
    return Well("p.csv", Signal("P", name, "", value), content)


def by_hand():
    return [
        well("A01", 10, "blank"),
        well("A02", 14, "blank"),
        well("B01", 100, "control"),
        well("B02", 124, "control"),
        well("C01", 62, "sample", "drug"),
        well("C02", math.nan, "sample", "drug"),
        well("D01", 5, "unused"),
    ]


def test_percent_of_control_by_hand():
    # blank 12; control 112 - 12 = 100; sample 62 - 12 = 50.
    result = derive_percent(by_hand(), "viability")
    found = {reading.position: reading for reading in result.readings}
    assert found["C01"].value == pytest.approx(50.0)
    assert (found["C01"].unit, found["C01"].group, found["C01"].excluded) == ("% of control", "drug", "")
    assert found["B02"].value == pytest.approx(112.0)
    assert found["C02"].excluded == "no value (missing)"
    assert set(found) == {"B01", "B02", "C01", "C02"}


def test_each_donor_has_its_own_control():
    wells = [
        well("A01", 0, "blank"),
        well("B01", 100, "control", donor="D1"),
        well("B02", 200, "control", donor="D2"),
        well("C01", 50, "sample", "x", donor="D1"),
        well("C02", 50, "sample", "x", donor="D2"),
    ]
    found = {reading.position: reading.value for reading in derive_percent(wells, "v").readings}
    assert (found["C01"], found["C02"]) == (50.0, 25.0)


def test_z_prime_and_signal_window_by_hand():
    # control 100, 110, 120 (mean 110, s 10); positive 10, 12, 14 (mean 12, s 2).
    wells = [well(f"A0{i}", v, "control") for i, v in enumerate([100, 110, 120], 1)]
    wells += [well(f"B0{i}", v, "positive") for i, v in enumerate([10, 12, 14], 1)]
    quality = measure_quality(wells)
    assert quality.against == "positive"
    assert quality.z_prime == pytest.approx(1 - 36 / 98)
    assert quality.signal_window == pytest.approx((98 - 36) / 10)
    assert quality.signal_to_background == pytest.approx(110 / 12)
    assert quality.control_cv == pytest.approx(100 / 11)


def test_missing_blank_and_missing_control_are_said():
    no_blank = derive_percent([item for item in by_hand() if item.content.role != "blank"], "v")
    assert "no-blank" in {finding.rule for finding in no_blank.findings}
    no_control = derive_percent([item for item in by_hand() if item.content.role != "control"], "v")
    assert [f.severity for f in no_control.findings if f.rule == "no-control"] == ["error"]
    assert not no_control.readings


def test_a_control_not_above_the_blank_gives_no_percentages():
    wells = [well("A01", 100, "blank"), well("B01", 90, "control"), well("C01", 95, "sample", "x")]
    reading = derive_percent(wells, "v").readings[1]
    assert math.isnan(reading.value)
    assert reading.excluded == "the untreated control is not above the blank"


def test_scattered_replicates_are_named():
    wells = [*by_hand(), well("C03", 200, "sample", "drug")]
    findings = [f for f in derive_percent(wells, "v").findings if f.rule == "replicate-cv"]
    assert [f.place for f in findings] == ["P, drug"]


def read_simulated(truth, folder, *path):
    file = folder / "plate.csv"
    simulate_tidy_plate(truth, file, stream(2024, *path))
    wells, findings = join_layout([read_plate_file(file)])
    assert not findings
    return wells


def test_drift_is_measured_and_flagged(tmp_path):
    truth = CellPlateTruth("D", column_drift=0.4, row_drift=-0.3, cv=0.03)
    quality = derive_percent(read_simulated(truth, tmp_path, "drift"), "v")
    measured = quality.quality[0]
    # The plate fills 8 of its 12 columns: 7/11 of the column drift; all 8 rows.
    assert measured.column_drift == pytest.approx(40 * 7 / 11, abs=6)
    assert measured.row_drift == pytest.approx(-30, abs=6)
    flagged = [finding.found for finding in quality.findings if finding.rule == "plate-drift"]
    assert len(flagged) == 2
    even = derive_percent(read_simulated(replace(truth, column_drift=0, row_drift=0), tmp_path, "even"), "v")
    assert not [finding for finding in even.findings if finding.rule == "plate-drift"]
    assert even.quality[0].z_prime > 0.5


def test_dose_response_recovers_the_truth(tmp_path):
    truth = CellPlateTruth(
        "R", donors={"D1": 0.4}, replicates=6, cv=0.02, doses=(0.0, 0.3, 1, 3, 10, 30, 100, 300)
    )
    wells = read_simulated(truth, tmp_path, "recover")
    percent = derive_percent(wells, "viability")
    result = derive_dose_response(percent.readings, wells)
    reading = result.readings[0]
    assert (reading.parameter, reading.unit, reading.group) == ("ec50_viability", "ug/mL", "PN-101 D1")
    curve = result.curves[0]
    assert curve.ec50.low < 8.0 < curve.ec50.high
    assert curve.ec50.high / curve.ec50.low < 2.5
    assert curve.fit.curve.c == pytest.approx(40, abs=5)
    assert curve.fit.curve.d == pytest.approx(100 * (0.4 + 0.8 * 0.6), abs=6)


def test_no_effect_gives_no_ec50_and_says_so(tmp_path):
    truth = CellPlateTruth("N", donors={"D1": 0.4}, rescue=0.0)
    wells = read_simulated(truth, tmp_path, "none")
    result = derive_dose_response(derive_percent(wells, "atp").readings, wells)
    assert math.isnan(result.readings[0].value)
    assert "does not change with the dose" in result.readings[0].excluded
    assert [finding.rule for finding in result.findings] == ["no-dose-response"]


@pytest.mark.slow
def test_coverage_of_the_ec50_through_files(tmp_path):
    truth = CellPlateTruth(
        "C", donors={"D1": 0.4}, replicates=4, cv=0.05, doses=(0.0, 0.3, 1, 3, 10, 30, 100, 300)
    )
    hits = 0
    for run in range(100):
        wells = read_simulated(truth, tmp_path, "coverage", run)
        result = derive_dose_response(derive_percent(wells, "v").readings, wells)
        ec50 = result.curves[0].ec50
        hits += ec50 is not None and ec50.low <= 8.0 <= ec50.high
    assert hits >= 89  # 95 expected; 2.5 standard errors


def test_no_effect_claims_a_dose_response_rarely(tmp_path):
    truth = CellPlateTruth("F", donors={"D1": 0.4}, rescue=0.0)
    claims = 0
    for run in range(25):
        wells = read_simulated(truth, tmp_path, "false", run)
        claims += derive_dose_response(derive_percent(wells, "v").readings, wells).curves[0].ec50 is not None
    assert claims <= 4  # 5 per cent of 25 is 1.25


def test_atp_content_from_a_grid_export_and_a_layout(tmp_path):
    truth = CellPlateTruth(
        "A",
        donors={"D1": 0.4},
        standards=(30, 10, 3, 1, 0.3, 0.1),
        standard_factor=5_000.0,
        blank_signal=50.0,
        cv=0.03,
    )
    simulate_grid_export(truth, tmp_path / "a.csv", stream(1, "grid"))
    simulate_layout([truth], tmp_path / "layout.csv")
    file = read_plate_file(tmp_path / "a.csv")
    assert file.format == "BMG MARS"
    assert "SIMULATED" in file.signals[0].plate
    wells, _ = join_layout([file], read_layout(read_table(tmp_path / "layout.csv")))
    result = derive_concentrations(wells, "atp_content")
    true = (truth.control_signal - truth.blank_signal) / truth.standard_factor
    healthy = [r.value for r in result.readings if r.group == "healthy"]
    assert np.mean(healthy) == pytest.approx(true, rel=0.15)
    assert {r.unit for r in result.readings} == {"uM"}


def bead_truth():
    curves = {
        "IL6": Curve(-0.9, 1.2, 4.3, math.log(200.0), 1.0, "log10"),
        "TNF": Curve(-0.8, 1.1, 4.2, math.log(300.0), 0.6, "log10"),
    }
    samples = {f"S{i}": {"IL6": 2.0 * 4.0**i, "TNF": 0.5 * 4.0**i} for i in range(8)}
    return BeadAssayTruth("B", curves, {"IL6": 8000.0, "TNF": 10000.0}, samples)


def test_bead_assay_recovers_concentrations_and_censors_the_rest(tmp_path):
    truth = bead_truth()
    simulate_bead_assay(truth, tmp_path / "beads.csv", stream(7, "beads"))
    file = read_plate_file(tmp_path / "beads.csv")
    assert file.format == "Luminex xPONENT"
    wells, _ = join_layout([file])
    result = derive_concentrations(wells, "cytokine")
    assert len(result.curves) == 2
    quantified = [c for c in result.concentrations if not c.flag]
    assert len(quantified) >= 12
    for found in quantified:
        assert found.value == pytest.approx(truth.samples[found.sample][found.analyte], rel=0.35)
    low = [c for c in result.concentrations if c.flag in {"<LLOQ", "<curve"}]
    assert low
    for found in low:
        assert truth.samples[found.sample][found.analyte] < 2 * found.bound
    names = {reading.parameter for reading in result.readings}
    assert names == {"cytokine_IL6", "cytokine_TNF"}
    excluded = next(r for r in result.readings if r.excluded)
    assert excluded.excluded.startswith("below the limit of quantification, ")


@pytest.mark.slow
def test_coverage_of_concentrations(tmp_path):
    truth = bead_truth()
    hits = total = 0
    for run in range(40):
        simulate_bead_assay(truth, tmp_path / "beads.csv", stream(8, "coverage", run))
        wells, _ = join_layout([read_plate_file(tmp_path / "beads.csv")])
        for found in derive_concentrations(wells, "c").concentrations:
            if not found.flag and found.analyte == "IL6":
                hits += found.low <= truth.samples[found.sample]["IL6"] <= found.high
                total += 1
    assert abs(hits / total - 0.95) < 0.04


def test_no_standards_no_concentrations():
    result = derive_concentrations([well("A01", 5, "sample", "x")], "c")
    assert [f.rule for f in result.findings] == ["no-standards"]
    flat = [well(f"A{i:02}", 100.0, "standard", "S", dose=2.0**i) for i in range(1, 9)]
    result = derive_concentrations([*flat, well("B01", 100, "sample", "x")], "c")
    assert [f.rule for f in result.findings] == ["no-standard-curve"]
    assert not result.readings


def test_simulated_files_are_the_same_for_the_same_stream(tmp_path):
    for name in ("a.csv", "b.csv"):
        simulate_tidy_plate(CellPlateTruth("S"), tmp_path / name, stream(1, "same"))
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert b"SIMULATED S" in (tmp_path / "a.csv").read_bytes()


def test_thresholds_are_flagged_where_they_are_not_confirmed():
    assert {p.id for p in plate_rules().flagged()} == {p.id for p in plate_rules()}
