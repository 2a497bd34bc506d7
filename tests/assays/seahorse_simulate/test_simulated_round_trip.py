"""Simulated plates through the reader and the analysis: what went in comes out."""

import numpy as np
import pytest

from mitograft.assays.seahorse.check import check_wells
from mitograft.assays.seahorse.derive import derive_parameters
from mitograft.assays.seahorse.rates import recompute_rates
from mitograft.assays.seahorse.read import read_wave


@pytest.mark.parametrize("model", ["XFe24", "XFe96"])
def test_reader_finds_layout_stages_and_deselected_wells(make_plate, workbook, model):
    deselected = frozenset({"A02", "B03", "D06"})
    truth = make_plate(model, deselected=deselected, barcode="R0041705520V")
    plate = read_wave(workbook(truth))
    assert plate.wells == truth.positions
    assert plate.group == tuple(map(truth.group, truth.positions))
    assert {w for w, used in zip(plate.wells, plate.selected, strict=True) if not used} == deselected
    assert {w for w, b in zip(plate.wells, plate.background, strict=True) if b} == set(truth.background)
    assert [(s.name, s.role, s.measurements) for s in plate.stages] == [
        ("basal", "basal", (0, 1, 2)),
        ("oligo", "oligomycin", (3, 4, 5)),
        ("fccp", "fccp", (6, 7, 8)),
        ("rot/ama", "rotenone_antimycin", (9, 10, 11)),
    ]
    assert plate.plate_barcode == "R0041705520V"
    assert plate.assay_name == "SIMULATED plate"


@pytest.mark.parametrize("model", ["XFe24", "XFe96"])
@pytest.mark.parametrize("seed", [1, 2])
def test_recomputed_rates_agree_with_the_rate_sheet_as_in_real_files(make_plate, workbook, model, seed):
    plate = read_wave(workbook(make_plate(model, rundown=0.05), seed))
    own, cells = recompute_rates(plate), ~plate.background
    error = np.abs(own.ocr - plate.vendor.ocr)[cells]
    assert (error <= 0.005 * np.abs(plate.vendor.ocr[cells]) + 0.5).all()
    assert np.median(error / np.abs(plate.vendor.ocr[cells])) < 0.005
    assert np.abs(own.ecar - plate.vendor.ecar)[cells].max() < 0.3


def test_true_parameters_come_back_within_noise_over_several_plates(make_plate, workbook):
    truth = make_plate()
    cells = [w in truth.wells for w in truth.positions]
    wells = [truth.wells[w] for w in truth.positions if w in truth.wells]
    expected = {
        "non_mitochondrial_respiration": [w.non_mito for w in wells],
        "basal_respiration": [w.basal for w in wells],
        "proton_leak": [w.leak for w in wells],
        "maximal_respiration": [w.maximal for w in wells],
        "atp_linked_respiration": [w.basal - w.leak for w in wells],
    }
    plates = [read_wave(workbook(truth, seed)) for seed in range(10, 14)]
    derived = [derive_parameters(plate, plate.vendor, "stage_mean") for plate in plates]
    for name, values in expected.items():
        errors = np.array([d.values[name][cells] - values for d in derived])
        # A rate scatters by about 0.9 pmol/min; a parameter is a difference of two means of three.
        assert np.abs(errors).max() < 5, name
        assert abs(errors.mean()) < 0.5, name


def test_cell_counts_come_back(make_plate, workbook):
    counts = {w: 9000.0 + i for i, w in enumerate(make_plate().positions)}
    plate = read_wave(workbook(make_plate(cell_counts=counts)))
    assert plate.normalisation.values.tolist() == list(counts.values())
    assert (plate.normalisation.unit, plate.normalisation.scale) == ("Cell number", 10000)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_failed_injections_are_found_in_their_wells_only(make_plate, workbook, seed):
    failed = {"B05": ("fccp",), "C05": ("oligo",), "D04": ("rot/ama",)}
    plate = read_wave(workbook(make_plate(failed_injections=failed), seed))
    parameters = derive_parameters(plate, plate.vendor, "agilent")
    findings = [f for f in check_wells(plate, plate.vendor, parameters) if f.rule == "failed-injection"]
    assert {f.place for f in findings} == set(failed)
