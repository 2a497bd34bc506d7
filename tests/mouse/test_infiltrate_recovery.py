"""Simulated fields give back their truth over seeds, stains and cameras; a simulated colony runs through."""

import io
import os
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from PIL import Image

from mitograft.errors import InputError, UsageError
from mitograft.mouse.animals import read_animals
from mitograft.mouse.infiltrate.analyse import analyse_infiltrate
from mitograft.mouse.infiltrate.contract import ImageRow, load_infiltrate_parameters
from mitograft.mouse.infiltrate.measure import measure_image
from mitograft.mouse.infiltrate.overlay import DENSE_COLOUR, NUCLEUS_COLOUR
from mitograft.mouse.infiltrate.simulate import FieldTruth, simulate_he
from mitograft.mouse.infiltrate.simulate_colony import ImagesTruth, simulate_images
from mitograft.mouse.simulate import CIM_GROUPS, ColonyTruth, simulate_colony
from mitograft.seeds import stream
from mitograft.tables.read import read_table

RULES = load_infiltrate_parameters()
DENSE_MM2 = 5 * 650.0  # what healthy mice of the simulator have, times the factor
SPARED = FieldTruth(side_um=240.0, small_share=0.1, central_share=0.2)
FOCI = replace(SPARED, foci_um=(35.0, 25.0))
DIFFUSE = replace(SPARED, foci_um=(85.0,), focus_density=5000.0)
SLOW_RUNS = int(os.environ.get("MITOGRAFT_SLOW_RUNS", "3"))

STAINS = {
    "usual": {},
    "weak": {"haematoxylin": 0.5, "eosin": 0.6},
    "strong": {"haematoxylin": 1.6, "eosin": 1.8},
    "other vectors": {"stain_turn": 10.0},
    "no glass": {"glass_share": 0.0},
    "dim and yellow": {"white": (215.0, 210.0, 195.0)},
    "coarse": {"pixel_um": 0.8},
    "noisy": {"noise": 6.0, "blur_um": 0.7},
}


def measure(truth, folder, *seed):
    field = simulate_he(truth, folder / "f.ome.tif", stream(*seed))
    row = ImageRow(2, "f.ome.tif", "M1", date(2026, 3, 23), "quadriceps", "B1", fibre_mask="f_fibres.tif")
    return field, measure_image(folder, row, RULES)


def check(field, measured):
    # Too few only where nuclei touch or overlap, too many only where some reach in over the border; one
    # nucleus may be missed or cut in two.
    assert measured.nuclei >= field.nuclei - field.overlapping - 1
    assert measured.nuclei <= field.nuclei + field.reaching_in + 1
    assert measured.tissue_mm2 == pytest.approx(field.tissue_mm2, rel=0.01)
    fibres = measured.fibres
    assert set(fibres.numbers) >= set(field.labels[field.areas_um2 > 60.0])
    both = np.isin(fibres.numbers, field.labels)
    areas = dict(zip(field.labels, field.areas_um2, strict=True))
    expected = np.array([areas[number] for number in fibres.numbers[both]])
    assert fibres.area_um2[both] == pytest.approx(expected, rel=0.03)
    assert np.median(fibres.area_um2[both]) == pytest.approx(np.median(expected), rel=0.01)
    judged = fibres.judged(DENSE_MM2, RULES) & both
    central = dict(zip(field.labels, field.central, strict=True))
    truth = np.array([central[number] for number in fibres.numbers[judged]], bool)
    return (fibres.inside[judged] > 0), truth


@pytest.mark.parametrize("stain", STAINS)
def test_density_and_areas_come_back_under_any_stain(tmp_path, stain):
    found, truth = check(*measure(replace(SPARED, **STAINS[stain]), tmp_path, 1, "field", stain))
    assert (found != truth).mean() <= 0.05


def test_foci_are_dense_and_spared_tissue_is_not(tmp_path):
    shares = []
    for truth in (SPARED, FOCI, DIFFUSE):
        field, measured = measure(truth, tmp_path, 1, "foci")
        check(field, measured)
        shares.append((measured.density.dense_share(DENSE_MM2), field.focus_mm2 / field.tissue_mm2))
    assert shares[0][0] == 0.0
    # The smoothing makes small foci larger; of a large one it takes no more than it adds.
    assert 0.9 < shares[1][0] / shares[1][1] < 2.0
    assert shares[2][0] == pytest.approx(shares[2][1], rel=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["spared", "foci", "diffuse"])
def test_recovery_over_seeds_and_stains(tmp_path, kind):
    truth = {"spared": SPARED, "foci": FOCI, "diffuse": DIFFUSE}[kind]
    counted, there, wrong = 0, 0, []
    for run in range(SLOW_RUNS):
        stain = list(STAINS)[run % len(STAINS)]
        field, measured = measure(replace(truth, **STAINS[stain]), tmp_path, run, "many", kind)
        found, expected = check(field, measured)
        counted, there = counted + measured.nuclei, there + field.nuclei
        wrong.append((found != expected).mean() if len(found) else 0.0)
    # One field scatters by some 4 %, as nuclei overlap by chance.
    assert counted / there == pytest.approx(0.96, abs=0.025 + 3 * 0.04 / SLOW_RUNS**0.5)
    assert np.mean(wrong) < (0.02 if kind != "diffuse" else 0.06)


def test_blur_is_found_and_lowers_the_count(tmp_path):
    edges, ratios = [], []
    for blur in (0.4, 1.8):
        field, measured = measure(replace(FOCI, blur_um=blur), tmp_path, 3, "blur")
        edges.append(measured.edge_um)
        ratios.append(measured.density_mm2 / field.density_mm2)
    assert edges[0] < RULES["edge_most"].number < edges[1]
    assert ratios[1] < ratios[0] - 0.05


def test_the_index_hardly_depends_on_the_stain(tmp_path):
    found = [
        measure(replace(FOCI, haematoxylin=h, eosin=e), tmp_path, 4, "stain")[1].density_mm2
        for h, e in ((0.5, 0.6), (1.6, 1.8))
    ]
    assert max(found) / min(found) < 1.03


def test_jpeg_changes_the_count_little(tmp_path):
    field, measured = measure(SPARED, tmp_path, 5, "jpeg")
    import tifffile

    Image.fromarray(tifffile.imread(tmp_path / "f.ome.tif")).save(tmp_path / "f.jpg", quality=85)
    row = replace(measured.row, file="f.jpg", fibre_mask="", pixel_size_um=0.5)
    lossy = measure_image(tmp_path, row, RULES)
    assert lossy.lossy
    assert lossy.density_mm2 == pytest.approx(field.density_mm2, rel=0.12)


def test_a_mask_of_nuclei_stands_in_for_the_segmentation(tmp_path):
    _, measured = measure(SPARED, tmp_path, 6, "mask")
    labels = np.zeros((480, 480), np.uint16)
    labels[100:110, 100:110], labels[300:310, 200:210] = 3, 9
    Image.fromarray(labels).save(tmp_path / "nuclei.png")
    own = measure_image(tmp_path, replace(measured.row, nucleus_mask="nuclei.png"), RULES)
    assert own.nuclei == 2
    assert own.nuclear_share == pytest.approx(200 * 0.25e-6 / own.tissue_mm2)


def test_the_same_seed_gives_the_same_bytes_marked_as_simulated(tmp_path):
    truth = replace(SPARED, side_um=64.0)
    for name in ("a", "b"):
        simulate_he(truth, tmp_path / f"{name}.ome.tif", stream(7, "bytes"))
    for end in (".ome.tif", "_fibres.tif"):
        first, second = ((tmp_path / f"{name}{end}").read_bytes() for name in ("a", "b"))
        assert first.replace(b"SIMULATED a", b"SIMULATED b") == second
        assert b"SIMULATED" in first


@pytest.mark.parametrize(
    "changed",
    [{"pixel_um": 0.0}, {"side_um": 10.0}, {"central_share": 1.2}, {"noise": -1.0}, {"cleft_um": 30.0}],
)
def test_a_field_that_cannot_be(tmp_path, changed):
    with pytest.raises(UsageError, match="Simulated H&E field: found numbers that cannot be"):
        simulate_he(replace(SPARED, **changed), tmp_path / "x.ome.tif", stream(1, "x"))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mouse")
    groups = tuple(replace(group, n=1) for group in CIM_GROUPS)
    mice = simulate_colony(ColonyTruth(groups=groups), folder, stream(8, "colony"))
    truth = ImagesTruth(healthy=replace(SPARED, side_um=200.0), between=0.0, fields=1)
    severity = simulate_images(truth, mice, folder / "histology", stream(8, "images"))
    colony = read_animals(read_table(folder / "animals.csv"), read_table(folder / "groups.csv"))
    path = folder / "histology" / "images.csv"
    return path, colony, severity, analyse_infiltrate(path, colony)


def test_a_simulated_colony_runs_through(study):
    _, colony, severity, result = study
    assert result.simulated
    outcomes = {outcome.name: outcome for outcome in result.outcomes}
    assert set(outcomes) == {
        f"histology.{name}"
        for name in ("nuclear_density", "dense_area", "fibre_area", "small_fibres", "central_nuclei")
    }
    density = outcomes["histology.nuclear_density"].values
    assert sorted(density, key=density.__getitem__) == sorted(severity, key=severity.__getitem__)
    assert result.reference.mice == 1
    assert {d.group for d in result.distributions} == set(colony.groups)
    assert not [f for f in result.findings if f.severity == "error"]
    assert all(p.flagged for p in result.parameters)
    assert len(result.parameters) > 30


def test_overlays_show_nuclei_and_dense_tissue_and_are_the_same_each_time(study):
    path, colony, severity, result = study
    first = result.overlays
    assert first == analyse_infiltrate(path, colony).overlays
    worst, healthy = (pick(severity, key=severity.__getitem__) for pick in (max, min))
    for name, png in first.items():
        colours = {
            tuple(c) for c in np.array(Image.open(io.BytesIO(png)).convert("RGB")).reshape(-1, 3).tolist()
        }
        assert NUCLEUS_COLOUR in colours
        if name.startswith(worst):
            assert DENSE_COLOUR in colours
        if name.startswith(healthy):
            assert DENSE_COLOUR not in colours


def test_all_broken_images_are_named_at_once(study, tmp_path):
    path, colony, _, _ = study
    for file in path.parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    names = sorted(p.name for p in tmp_path.glob("*.ome.tif"))
    (tmp_path / names[0]).write_bytes(b"nothing")
    (tmp_path / names[1]).unlink()
    dark = np.zeros((100, 100, 3), np.uint8)
    dark[40:60, 40:60] = (0, 0, 250)
    buffer = io.BytesIO()
    Image.fromarray(dark).save(buffer, "PNG")
    (tmp_path / names[2]).write_bytes(buffer.getvalue())
    table = (tmp_path / "images.csv").read_text(encoding="utf-8").splitlines()
    column = table[0].split(",").index("note")
    rows = [line.split(",") for line in table]
    rows[0].insert(column, "pixel_size_um")
    for row in rows[1:]:
        row.insert(column, "0.5")
    (tmp_path / "images.csv").write_text("\n".join(",".join(r) for r in rows) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        analyse_infiltrate(tmp_path / "images.csv", colony)
    assert sorted(v.rule for v in refused.value.violations) == [
        "no-file",
        "not-bright-field",
        "wrong-content",
    ]


def test_a_group_without_severity_and_an_unknown_reference(study, tmp_path):
    path, colony, _, _ = study
    mice = simulate_colony(ColonyTruth(), tmp_path, stream(9, "colony"))
    with pytest.raises(UsageError, match=r"no severity for 4 groups"):
        simulate_images(ImagesTruth(severity={}), mice, tmp_path, stream(9, "images"))
    with pytest.raises(UsageError, match="density_reference: found 'own'; expected healthy or image"):
        analyse_infiltrate(path, colony, parameters=RULES.override({"density_reference": "own"}))
