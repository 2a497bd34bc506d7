"""Settings of Seahorse and myotubes, and parameters of every part, from study.toml to the result."""

import numpy as np
import pytest
import tifffile

from mitograft.assays.myotube.segment import load_rules
from mitograft.assays.myotube.simulate import FieldTruth, simulate_field
from mitograft.assays.samples import Sample
from mitograft.assays.seahorse.simulate import simulate_wave
from mitograft.assays.seahorse.simulate_truth import PlateTruth, WellTruth
from mitograft.errors import StudyError
from mitograft.seeds import stream
from mitograft.study.config import Comparison, DoseComparison, load_study
from mitograft.study.folder import open_study
from mitograft.study.invitro import analyse_invitro
from mitograft.study.myotube_fields import batches_of
from mitograft.study.parameters import PARTS, parameter_mistakes, parameters_of, shipped_parameters

HEAD = '[study]\nid = "s1"\ntitle = "Settings"\ndata_kind = "simulated"\n[invitro]\n'


def analyse(folder, text=""):
    (folder / "study.toml").write_text(HEAD + text)
    return analyse_invitro(open_study(folder))


@pytest.fixture(scope="module")
def wave(tmp_path_factory):
    """A study with one Wave workbook in which well B02 lies far from its group."""
    folder = tmp_path_factory.mktemp("wave")
    (folder / "invitro" / "seahorse").mkdir(parents=True)
    rng = stream(21, "tests", "settings", "wave")
    blank = PlateTruth("x", {}, {}).background
    free = [f"{row}{column:02d}" for column in (2, 3) for row in "ABCD" if f"{row}{column:02d}" not in blank]
    sizes = {well: 3.0 if well == "B02" else float(rng.normal(1, 0.02)) for well in free}
    wells = {well: WellTruth(8.0 * s, 40 * s, 9 * s, 95 * s) for well, s in sizes.items()}
    truth = PlateTruth("plate", wells, dict.fromkeys(wells, "cells"), barcode="B1")
    simulate_wave(truth, folder / "invitro" / "seahorse" / "one.xlsx", rng)
    return folder


def excluded(invitro):
    return {r.position: r.excluded for r in invitro.details.seahorse.readings if r.excluded}


def test_wells_are_left_out_with_the_reason_of_the_laboratory(wave):
    own = '[[invitro.seahorse.exclusions]]\nfile = "one.xlsx"\nwell = "D03"\nreason = "bubble in the well"\n'
    found = excluded(analyse(wave, own))
    assert found["D03"] == "bubble in the well"
    assert "B02" not in found


@pytest.mark.parametrize("rule", ["mad", "log_mad"])
def test_outlier_rules_are_chosen_in_study_toml(wave, rule):
    invitro = analyse(wave, f'[invitro.seahorse]\noutliers = "{rule}"\n')
    assert "MAD from its group" in excluded(invitro)["B02"]
    assert f"outlier rule {rule}" in invitro.details.seahorse.rule
    assert "B02" not in excluded(analyse(wave))


def test_recomputed_rates_are_chosen_in_study_toml(wave):
    vendor, own = (
        analyse(wave, f'[invitro.seahorse]\nrates = "{name}"\n') for name in ("vendor", "recomputed")
    )
    values = [
        np.array([r.value for r in one.details.seahorse.readings if r.parameter == "basal_respiration"])
        for one in (vendor, own)
    ]
    assert np.any(values[0] != values[1])
    np.testing.assert_allclose(values[0], values[1], rtol=0.02, atol=1)
    assert "recomputed rates" in own.details.seahorse.rule


def test_the_role_of_an_unusual_stage_is_said_in_study_toml(wave):
    stages = {s.name: s.role for s in analyse(wave).details.waves[0].stages}
    last = list(stages)[-1]
    invitro = analyse(wave, f'[invitro.seahorse.stages]\n"{last}" = "monensin"\n')
    assert invitro.details.waves[0].stages[-1].role == "monensin"


def test_parameters_reach_seahorse(wave):
    changed = analyse(wave, "[parameters]\np_o_ratio = 5.5\noxygen_in_air_saturated_medium = 0.107\n")
    plain = analyse(wave)
    rates = [one.details.seahorse.parameters[0].values["atp_rate_mitochondrial"] for one in (plain, changed)]
    np.testing.assert_allclose(2 * rates[0], rates[1])
    assert changed.details.seahorse.comparisons[0].median_relative > 0.4  # half the solubility, half the rate
    flagged = {p.id: p.status for p in changed.details.seahorse.flagged}
    assert (flagged["p_o_ratio"], flagged["oxygen_in_air_saturated_medium"]) == ("overridden", "overridden")


def test_wells_and_stages_that_are_not_there_come_in_one_message(wave):
    text = (
        '[[invitro.seahorse.exclusions]]\nfile = "one.xlsx"\nwell = "H12"\nreason = "bubble"\n'
        '[invitro.seahorse.stages]\n"inhibitor" = "oligomycin"\n'
    )
    with pytest.raises(StudyError) as caught:
        analyse(wave, text)
    assert [(v.rule, v.row) for v in caught.value.violations] == [("no-well", 8), ("no-stage", 11)]


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    """Two small fields of two conditions."""
    folder = tmp_path_factory.mktemp("fields")
    place = folder / "invitro" / "myotubes"
    place.mkdir(parents=True)
    for number, fused in enumerate((0.6, 0.2), start=1):
        truth = FieldTruth(f"f{number}", size_px=256, fused=fused)
        simulate_field(truth, place / f"f{number}.ome.tif", stream(5, "tests", "settings", number))
    rows = ["source,group,position,donor,condition", "f1.ome.tif,,,H1,healthy", "f2.ome.tif,,,P1,IIM"]
    (folder / "invitro" / "samples.csv").write_text("\n".join(rows) + "\n")
    return folder


def fusion(invitro):
    return [r.value for r in invitro.details.myotube.readings if r.parameter == "fusion_index"]


def test_minimum_nuclei_and_method_are_chosen_in_study_toml(fields):
    few, many = (
        analyse(fields, f"[invitro.myotube]\nminimum_nuclei = {n}\nmethod = 'li_log'\n") for n in (1, 20)
    )
    assert sum(fusion(many)) < sum(fusion(few))
    assert (
        "Threshold li_log; nuclei count as fused in objects with at least 20 nuclei"
        in many.details.myotube.rule
    )
    by_id = analyse(fields, "[invitro.myotube]\nmethod = 'li_log'\n[parameters]\nminimum_nuclei = 20\n")
    assert fusion(by_id) == fusion(many)


def test_one_threshold_for_all_fields_or_one_given(fields):
    pooled = analyse(fields, "[invitro.myotube]\nmethod = 'batch'\n")
    assert "one for all fields compared together" in pooled.details.myotube.rule
    given = analyse(fields, "[invitro.myotube]\nmethod = 'batch'\nthreshold = 500.0\n")
    assert fusion(given) == [0.0, 0.0]
    assert "500 times the background of each field, given in study.toml" in given.details.myotube.rule


def test_label_masks_stand_in_for_the_segmentation(fields):
    folder = fields / "invitro" / "myotubes" / "masks"
    folder.mkdir(exist_ok=True)
    everywhere = np.zeros((256, 256), np.uint16)
    everywhere[1:, 1:] = 1
    tifffile.imwrite(folder / "f1_myotubes.tif", everywhere)
    invitro = analyse(fields, '[invitro.myotube]\nmasks = "masks"\n')
    assert fusion(invitro)[0] == 1.0
    assert "label masks of the laboratory stand in for 1 fields" in invitro.details.myotube.rule
    tifffile.imwrite(folder / "f9_myotubes.tif", everywhere)
    with pytest.raises(StudyError, match="found masks f9_myotubes of no field"):
        analyse(fields, '[invitro.myotube]\nmasks = "masks"\n')
    (folder / "f9_myotubes.tif").unlink()


def test_fields_compared_together_share_a_batch():
    def sample(source, condition):
        return Sample(source, "", "", "D", condition, float("nan"), "", 2)

    compared = [
        Comparison(quantity="q", contrast="c", parameter="myotube.fusion_index", first="b", second="a"),
        DoseComparison(quantity="q", contrast="{condition}", parameter="myotube.fusion_index", control="b",
                       conditions=["c", "d"]),
        Comparison(quantity="q", contrast="c", parameter="plate.viability", first="a", second="e"),
    ]  # fmt: skip
    names = ["a", "b", "c", "d", "e"]
    found = batches_of([f"{n}.tif" for n in names], [sample(f"{n}.tif", n) for n in names], compared)
    assert len({found[f"{n}.tif"] for n in "abcd"}) == 1
    assert found["e.tif"] != found["a.tif"]
    assert batches_of(["z.tif"], [], compared) == {"z.tif": ""}


def test_pixel_size_and_channels_of_files_that_do_not_say_them(tmp_path):
    place = tmp_path / "invitro" / "myotubes"
    place.mkdir(parents=True)
    scene = simulate_field(FieldTruth("x", size_px=256), place / "x.ome.tif", stream(6, "tests", "settings"))
    (place / "x.ome.tif").unlink()
    tifffile.imwrite(place / "plain.tif", np.stack(scene.channels[::-1]), photometric="minisblack")
    text = "[invitro.myotube]\npixel_size_um = 0.65\n[invitro.myotube.channels]\nnuclei = 2\nmyosin = 1\n"
    invitro = analyse(tmp_path, text)
    assert 0.3 < fusion(invitro)[0] < 0.7


def test_parameters_reach_uptake_and_product(tmp_path):
    from mitograft.assays.uptake.simulate import GroupTruth, UptakeTruth, simulate_uptake
    from mitograft.product.simulate import LotTruth, ProductTruth, StabilityTruth, simulate_product
    from mitograft.study.run import run_study

    groups = (GroupTruth("none", untreated=True), GroupTruth("dose", taken_up=0.6, donor_fraction=0.08))
    (tmp_path / "invitro").mkdir()
    simulate_uptake(UptakeTruth(groups), tmp_path / "invitro" / "uptake", stream(7, "tests", "uptake"))
    for file in (tmp_path / "invitro" / "uptake").glob("uptake_*"):
        if file.name == "uptake_images.csv" or file.suffix == ".tif":
            file.unlink()  # measuring them takes long and has tests of its own
    times = (0.0, 1.0, 2.0, 4.0, 7.0)
    stability = (StabilityTruth("atp_synthesis", "2-8 C", "day", times, 150.0, 0.05),)
    lots = ProductTruth((LotTruth("L1"), LotTruth("L2")), stability=stability)
    simulate_product(lots, tmp_path / "product", stream(7, "tests", "product"))

    def run(parameters):
        (tmp_path / "study.toml").write_text(HEAD + "[product]\n" + parameters)
        return run_study(open_study(tmp_path), command=["mitograft", "run"]).findings

    plain = run("")
    changed = run("[parameters]\nuptake.interval_level = 0.5\nshelf_life_level = 0.5\n")
    levels = {e.level for e in changed.invitro.details.uptake.estimates if np.isfinite(e.low)}
    assert levels == {0.5}
    assert changed.product.stability[0].shelf_life > plain.product.stability[0].shelf_life
    assert {p.id: p.status for p in changed.product.flagged}["shelf_life_level"] == "overridden"


def test_unknown_ambiguous_and_impossible_parameters_come_with_their_lines(tmp_path):
    (tmp_path / "study.toml").write_text(
        HEAD + "[parameters]\nz_prime_lest = 0.4\ninterval_level = 0.9\nnucleus_radius = 0\n"
        'drift_p = "abc"\nmyotube.tube_edg = 0.4\nck_multiple = true\n'
    )
    with pytest.raises(StudyError) as caught:
        load_study(tmp_path)
    found = {v.row: v for v in caught.value.violations}
    assert set(found) == {7, 8, 9, 10, 11, 12}
    assert "z_prime_least" in found[7].expected
    assert found[8].expected == "plate.interval_level or uptake.interval_level"
    assert found[9].expected == "a number from 1 to 50"
    assert found[10].expected == "a number"
    assert "tube_edge" in found[11].expected


@pytest.mark.parametrize("part", PARTS)
def test_every_shipped_value_is_allowed_and_replaceable(part):
    for parameter in shipped_parameters(part):
        if parameter.value:
            assert list(parameter_mistakes({part: {parameter.id: parameter.value}})) == []
            own = parameters_of(part, {f"{part}.{parameter.id}": parameter.value})
            assert own[parameter.id].status == "overridden"


def test_myotube_parameters_have_the_rules_of_the_assay():
    assert shipped_parameters("myotube").rows == load_rules().rows
