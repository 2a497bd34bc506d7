"""Real instrument exports: numbers copied by eye from the files, and the vendors' own results.

Files: allotropy test data (Benchling, MIT) and the example plate of the R package drLumi.
"""

import math
from collections import Counter

import pytest

from mitograft.assays.plate.check import join_layout
from mitograft.assays.plate.derive import derive_concentrations, derive_counts
from mitograft.assays.plate.read import read_plate_file
from mitograft.assays.plate.wells import LayoutWell

FILES = {
    "MARS": "24-10-16 15-09-52 Luminescence 1536.csv",
    "SoftMax": "MD_SMP_absorbance_endpoint_example01.txt",
    "EnVision": "PE_Envision_luminescence_example01.csv",
    "Magellan": "SLA01P01_ELISA.xlsx",
    "SkanIt": "luciferase_assay_example.xlsx",
    "NucleoView": "chemometec_nucleoview_example01.csv",
    "Gen5": "endpoint_stdcurve_singleplate.txt",
    "xPONENT": "luminex_xPONENT_example03.csv",
}


@pytest.fixture(scope="module")
def read(shared):
    known = {}

    def reader(name):
        if name not in known:
            known[name] = read_plate_file(shared / "data" / "in_vitro" / "plates" / FILES[name])
        return known[name]

    return reader


@pytest.mark.parametrize(
    ("name", "display", "unit", "signals", "some"),
    [
        ("MARS", "BMG MARS", "RLU", 288, {("A01", ""): 985, ("A20", ""): 1186598, ("AE48", ""): 19500}),
        (
            "SoftMax",
            "SoftMax Pro",
            "OD",
            192,
            {("A01", ""): 3.41797666666667, ("H03", ""): 1.66666666666667e-4},
        ),
        ("EnVision", "EnVision", "CPS", 192, {("A07", ""): 80, ("I08", ""): 120, ("M24", ""): 0}),
        ("Magellan", "Tecan Magellan", "OD", 768, {("A01", "485 nm"): 0.0557, ("P24", "560 nm"): 0.05}),
        ("SkanIt", "Thermo SkanIt", "RLU", 96, {("A01", ""): 105.4, ("F11", ""): 737900, ("H12", ""): 1043}),
        ("NucleoView", "NucleoView", "", 4, {("", "viability_percent"): 68.2}),
        ("Gen5", "Gen5", "OD", 96, {("A01", ""): 3.337, ("H12", ""): 0.194}),
        ("xPONENT", "Luminex xPONENT", "MFI", 8, {("A01", "alpha"): 11510, ("D01", "alpha"): 3206.5}),
    ],
)
def test_signals(read, name, display, unit, signals, some):
    file = read(name)
    assert (file.format, file.unit, len(file.signals)) == (display, unit, signals)
    first = file.signals[0].plate
    found = {(s.well, s.channel): s.value for s in file.signals if s.plate == first}
    assert {key: found[key] for key in some} == pytest.approx(some)


def test_plates_and_barcodes(read):
    assert read("MARS").barcodes == {"92A_4": "92A_4"}
    assert Counter(s.plate for s in read("SoftMax").signals) == {"Plate01": 96, "Plate02": 96}
    assert read("EnVision").barcodes == {
        "Plate 1": "8/22/2023 11:01:43 AM",
        "Plate 2": "8/22/2023 12:16:57 PM",
    }


def test_layouts_that_the_files_hold(read):
    roles = Counter(item.role for item in read("Gen5").layout)
    assert roles == {"sample": 72, "standard": 21, "blank": 3}
    gen5 = {item.well: item for item in read("Gen5").layout}
    assert (gen5["A01"].sample, gen5["A01"].dose) == ("STD1", 2000.0)
    assert (gen5["D04"].sample, gen5["D04"].dilution) == ("SPL1", 8.0)
    softmax = {(item.plate, item.well): item for item in read("SoftMax").layout}
    assert softmax["Plate02", "G03"].dose == 5.0
    assert softmax["Plate02", "G03"].dose_unit == "ng/mL"


def test_softmax_back_calculation(read):
    # SoftMax Pro's own column "Conc" of this file. Its curve, common to both plates, is one line through
    # the logarithms (next test); ours is one for each plate: hence 1.5 per cent.
    file = read("SoftMax")
    extra = tuple(LayoutWell("Plate01", f"H{i:02}", "blank") for i in (1, 2, 3))
    extra += tuple(LayoutWell("Plate02", f"H{i:02}", "blank") for i in (1, 2, 3))
    wells, _ = join_layout([file], extra)
    result = derive_concentrations(wells, "antigen")
    found = {(c.plate, c.well): c.value for c in result.concentrations}
    vendor = {("Plate01", "A04"): 254.952, ("Plate01", "D10"): 134.489, ("Plate02", "A04"): 117.773}
    assert {key: found[key] for key in vendor} == pytest.approx(vendor, rel=0.015)
    assert all("straight line" in curve.reason for curve in result.curves)


def test_softmax_line_of_both_plates(read):
    from mitograft.statistics.straight_line import fit_line

    file = read("SoftMax")
    doses = {(i.plate, i.well): i.dose for i in file.layout if i.role == "standard"}
    points = [(doses[s.plate, s.well], s.value) for s in file.signals if (s.plate, s.well) in doses]
    line = fit_line(*zip(*points, strict=True))
    # Vendor's back-calculated standards of Plate01: A1, A2, D1, G1.
    read_back = line.dose([3.41797666666667, 3.33701666666667, 0.125916666666667, 0.00398666666666667])
    assert read_back.tolist() == pytest.approx([315.067, 310.419, 40.705, 4.787], rel=3e-4)


def test_nucleoview_counts(read):
    wells, _ = join_layout([read("NucleoView")])
    readings = {r.parameter: (r.value, r.unit) for r in derive_counts(wells).readings}
    assert readings["viability_percent"] == (68.2, "%")
    assert readings["live_cells_per_ml"] == (2.45e6, "cells/mL")


@pytest.fixture(scope="module")
def drlumi(shared):
    return read_plate_file(shared / "data" / "in_vitro" / "gpl" / "drlumi_xponent_plate1.csv")


def test_drlumi_plate_is_read_where_other_readers_fail(drlumi):
    # allotropy 0.1.150 refuses this file ("Invalid calibration result format, got: ['nan']").
    assert len(drlumi.signals) == 96 * 30
    assert {(s.well, s.channel): s.value for s in drlumi.signals}["B01", "IL10"] == 9960.5


def test_drlumi_lost_decimal_points_are_found(drlumi):
    # "Standard5,215625" after "Standard4,431.25": a spreadsheet with a decimal comma saved the file.
    places = {
        finding.place: finding for finding in drlumi.findings if finding.rule == "standard-concentration"
    }
    assert "Standard5 215625" in places["FGF"].found
    doses = {(i.sample, i.analyte): i.dose for i in drlumi.layout if i.role == "standard"}
    assert math.isnan(doses["Standard5", "FGF"])
    assert doses["Standard6", "FGF"] == 107.8125


def test_drlumi_concentrations_against_xponent(drlumi):
    # xPONENT's own results for IL-6 in this file ("DataType: Result"), dilution included. Its curve is a
    # weighted one with five parameters, ours has four and equal weights in the logarithm: hence 15 per cent.
    wells, _ = join_layout([drlumi])
    result = derive_concentrations([w for w in wells if w.signal.channel == "IL6"], "il6")
    found = {c.well: c for c in result.concentrations}
    vendor = {
        "B01": 1749.0158, "B02": 247.7397, "B03": 34.5442, "G11": 254.9909,
        "D01": 13.9289, "F02": 8.3687, "B04": 20.0875, "D04": 16.0058,
    }  # fmt: skip
    assert {well: found[well].value for well in vendor} == pytest.approx(vendor, rel=0.15)
    # The kit's second control is 243.75 pg/mL.
    assert found["B02"].value == pytest.approx(243.75, rel=0.05)
    assert found["B02"].flag == ""
    assert found["B09"].flag == ">ULOQ"
    censored = next(r for r in result.readings if r.position == "B09")
    assert censored.excluded == f"above the limit of quantification, {found['B09'].bound:.4g} pg/mL"
