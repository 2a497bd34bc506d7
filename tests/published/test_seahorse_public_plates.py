"""Public Wave workbooks: wmoldham/seahorse raw_1, raw_3 (XFe24); vcjdeboer/seahtrue donor A, THP-1 (XFe96).

Repositories: https://github.com/wmoldham/seahorse (f7c4e7f), https://github.com/vcjdeboer/seahtrue (9cf4f89,
3600932). Deselected wells of donor A: seahtrue's own test. Rates: the workbooks' own Rate sheets.
"""

import csv

import numpy as np
import pytest

from mitograft.assays.seahorse.analyse import Options, analyse_plates
from mitograft.assays.seahorse.oxygen import oxygen_from_emission
from mitograft.assays.seahorse.rates import compare_rates, normalise, recompute_rates, selected_background
from mitograft.assays.seahorse.read import read_wave
from mitograft.assays.seahorse.wave import with_normalisation

FILES = {
    "raw_1": "wmoldham_raw_1_XFe24_MST.xlsx",
    "raw_3": "wmoldham_raw_3_XFe24_MST.xlsx",
    "donor A": "seahtrue_20191219_PBMC_donorA_XFe96.xlsx",
    "THP-1": "seahtrue_20231130_THP_MST_XFe96.xlsx",
}
COLUMNS = {
    "non_mito": "non_mitochondrial_respiration",
    "basal": "basal_respiration",
    "maximal": "maximal_respiration",
    "leak": "proton_leak",
    "atp": "atp_linked_respiration",
    "spare": "spare_capacity",
    "spare_pct": "spare_capacity_percent",
    "coupling_pct": "coupling_efficiency",
}
# Means of four wells: basal, ATP, leak, maximal, spare, non-mitochondrial (Agilent rules on the Rate sheets).
GROUP_MEANS = {
    ("raw_1", "A"): (12.295, 7.548, 4.747, 46.944, 34.649, 0.096),
    ("raw_1", "B"): (23.446, 15.437, 8.009, 50.949, 27.503, 10.759),
    ("raw_1", "C"): (40.777, 37.941, 2.836, 69.010, 28.233, 1.849),
    ("raw_1", "D"): (38.399, 32.515, 5.883, 78.956, 40.557, 10.662),
    ("raw_1", "E"): (44.292, 35.601, 8.692, 57.259, 12.967, 16.752),
    ("raw_3", "A"): (38.811, 39.231, -0.420, 74.294, 35.483, -6.079),
    ("raw_3", "B"): (37.203, 30.977, 6.226, 73.221, 36.018, 3.541),
    ("raw_3", "C"): (47.390, 41.290, 6.099, 91.071, 43.682, 18.240),
    ("raw_3", "D"): (54.683, 46.200, 8.483, 93.337, 38.654, 12.314),
    ("raw_3", "E"): (70.362, 59.718, 10.644, 86.745, 16.383, 20.669),
}
MEANS = ("basal", "atp", "leak", "maximal", "spare", "non_mito")


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "data" / "in_vitro" / "seahorse"


@pytest.fixture(scope="module")
def plates(folder):
    return {name: read_wave(folder / file) for name, file in FILES.items()}


@pytest.fixture(scope="module")
def result(plates):
    return analyse_plates(list(plates.values()))


def deselected(plate) -> list[str]:
    return [well for well, chosen in zip(plate.wells, plate.selected, strict=True) if not chosen]


def test_deselected_wells_are_exactly_the_published_list(plates):
    assert deselected(plates["donor A"]) == ["A05", "A06", "A07", "A08", "A12", "C08", "F03", "G12", "H09"]
    assert not deselected(plates["raw_1"])
    assert not any(plate.unclear for plate in plates.values())


def test_what_stands_in_the_workbooks_is_read_as_written(plates):
    first, donor = plates["raw_1"], plates["donor A"]
    assert first.version == "2.6.0.31"
    assert first.last_run == "7/7/2021 2:28 PM"
    assert donor.last_run == "19-12-2019 17:25"
    assert first.vendor.ocr[1, 0] == 13.5605688599463
    assert first.oxygen.f0 == 50422.5060327372
    assert first.oxygen.ambient == pytest.approx(151.69, abs=0.005)
    assert (first.oxygen.pseudo_volume, first.oxygen.tw, first.oxygen.tp) == (22.7, 296, 43)
    assert first.acidification.gain == (0, 0, 0.000416, 1.05)
    assert set(donor.group) == {"Background", *(f"{n}.000" for n in range(50, 301, 50))}
    assert (donor.normalisation.unit, donor.normalisation.scale) == ("Cell number", 10_000)
    assert [s.name for s in plates["THP-1"].stages] == ["Baseline", "OM", "FCCP", "Rot/AntiA"]
    assert [s.role for s in donor.stages] == ["basal", "fccp", "rotenone_antimycin", "monensin"]
    assert first.stages[-1].name == "lcs1"
    assert first.stages[-1].measurements == ()
    assert set(plates["raw_3"].ticks.count) == {14, 15}  # one measurement has a tick more


def test_parameters_of_all_forty_wells(folder, result):
    values = {(r.source, r.position, r.parameter): r.value for r in result.readings}
    with (folder / "expected_agilent_rules_xfe24_plates_1_3.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 40
    for row in rows:
        for column, parameter in COLUMNS.items():
            own = values[FILES[f"raw_{row['plate']}"], row["Well"], parameter]
            assert own == pytest.approx(float(row[column]), abs=5e-4), (row["plate"], row["Well"], column)


def test_well_a02_of_raw_1(result):
    # Agilent rules on the Rate sheet of raw_1.
    own = {
        r.parameter: r.value for r in result.readings if r.source == FILES["raw_1"] and r.position == "A02"
    }
    typed = (0.532, 11.387, 42.814, 4.334, 7.053, 31.427)
    assert [
        own[COLUMNS[n]] for n in ("non_mito", "basal", "maximal", "leak", "atp", "spare")
    ] == pytest.approx(typed, abs=5e-4)
    assert own["coupling_efficiency"] == pytest.approx(61.941, abs=5e-4)


@pytest.mark.parametrize(("key", "means"), GROUP_MEANS.items())
def test_group_means(result, key, means):
    plate, group = key
    for column, expected in zip(MEANS, means, strict=True):
        own = [
            r.value
            for r in result.readings
            if (r.source, r.group, r.parameter) == (FILES[plate], group, COLUMNS[column])
        ]
        assert len(own) == 4
        assert np.mean(own) == pytest.approx(expected, abs=5.1e-4)


def test_stage_means_give_another_maximal(plates):
    own = analyse_plates([plates["raw_1"]], Options(rule="stage_mean"))
    groups = {
        group: np.mean(
            [r.value for r in own.readings if r.parameter == "maximal_respiration" and r.group == group]
        )
        for group in ("A", "E")
    }
    assert groups == pytest.approx({"A": 37.446, "E": 46.507}, abs=5.1e-4)


@pytest.mark.parametrize("name", ["raw_1", "raw_3"])
def test_recomputed_ocr_of_24_wells_agrees_with_the_vendor(plates, name):
    plate = plates[name]
    samples = ~plate.background
    vendor = plate.vendor.ocr[samples]
    assert vendor.size == 240
    difference = np.abs(recompute_rates(plate).ocr[samples] - vendor)
    assert np.all(difference <= 0.005 * np.abs(vendor) + 0.5)


@pytest.mark.parametrize("name", ["donor A", "THP-1"])
def test_recomputed_ocr_of_96_wells_agrees_in_the_median(plates, name):
    comparison = compare_rates(plates[name])
    assert comparison.compared == 92 * 12
    assert comparison.median_relative <= 0.005


@pytest.mark.parametrize("name", FILES)
def test_a_straight_line_is_wrong_by_a_third_or_more(plates, name):
    comparison = compare_rates(plates[name])
    assert 0.3 < comparison.slope_median_relative < 0.5
    assert comparison.slope_median_relative > 50 * comparison.median_relative


@pytest.mark.parametrize("name", FILES)
def test_oxygen_follows_from_the_emission(plates, name):
    plate = plates[name]
    own = oxygen_from_emission(plate.ticks.o2_emission, selected_background(plate), plate.oxygen)
    np.testing.assert_allclose(own, plate.ticks.o2, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", FILES)
def test_the_corrected_emission_follows_from_the_calibration(plates, name):
    plate = plates[name]
    ticks = plate.ticks
    share = (ticks.o2_light - ticks.o2_dark) / (ticks.o2_ref_light - ticks.o2_ref_dark)
    own = share * plate.calibration.o2_reference[:, None, None]
    np.testing.assert_allclose(own, ticks.o2_emission, rtol=1e-12)


def test_normalised_rates_are_the_vendors(plates):
    plate = plates["donor A"]
    own, samples = normalise(plate, plate.vendor), ~plate.background
    for name in ("ocr", "ecar", "per"):
        vendor = getattr(plate.vendor_normalised, name)[samples]
        np.testing.assert_allclose(getattr(own, name)[samples], vendor, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "limit"), [("raw_1", 0.08), ("raw_3", 0.08), ("donor A", 0.17), ("THP-1", 0.6)]
)
def test_ecar_agrees_within_what_whole_second_stamps_allow(plates, name, limit):
    plate = plates[name]
    own = recompute_rates(plate)
    samples = ~plate.background
    assert np.abs(own.ecar - plate.vendor.ecar)[samples].max() < limit
    if plate.vendor.per[samples].any():
        assert np.median(np.abs(own.per[samples] / plate.vendor.per[samples] - 1)) < 0.01


def test_without_oligomycin_leak_and_atp_are_undefined(result):
    rows = [r for r in result.readings if r.source == FILES["donor A"] and r.parameter == "proton_leak"]
    assert rows
    assert all(np.isnan(r.value) for r in rows)
    assert {r.excluded for r in rows} == {
        "no measurement of the stage oligomycin",
        "deselected or unassigned in Wave",
    }


def test_quality_control_finds_what_is_known_of_these_plates(result):
    found = {(f.source, f.place, f.rule) for f in result.findings}
    assert (FILES["raw_1"], "B05", "coupling-above-100") in found
    assert any(s == FILES["raw_3"] and rule == "negative-leak" for s, _, rule in found)
    assert any(s == FILES["raw_3"] and rule == "negative-non-mitochondrial" for s, _, rule in found)
    assert any(s == FILES["THP-1"] and rule == "fccp-below-basal" for s, _, rule in found)
    assert (FILES["THP-1"], "", "no-per") in found
    assert not [f for f in result.findings if f.rule == "vendor-differs"]


def test_background_wells_with_residual_counts_are_not_normalised(folder, plates):
    with (folder / "wmoldham_counts_1.csv").open(encoding="utf-8-sig") as stream:
        counts = {
            f"{row['row']}{column[1:]}": float(value)
            for row in csv.DictReader(stream)
            for column, value in row.items()
            if column != "row"
        }
    plate = with_normalisation(plates["raw_1"], counts, unit="cells", scale=1000)
    own = analyse_plates([plate])
    assert {f.place for f in own.findings if f.rule == "background-count"} == {"A01", "B04", "C03", "D06"}
    basal = {r.position: r for r in own.readings if r.parameter == "basal_respiration_normalised"}
    assert basal["A02"].value == pytest.approx(11.386703137339444 * 1000 / 11574)
    assert basal["A02"].unit == "pmol/min per 1000 cells"
    assert "A01" not in basal
