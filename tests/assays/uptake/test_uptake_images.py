"""Uptake images: channels by name, scale from metadata, positive cells; every mistake one clear message."""

import csv
import io
import math

import numpy as np
import pytest
import tifffile
from PIL import Image

from mitograft.assays.microscopy.simulate_file import write_channels
from mitograft.assays.uptake import analyse_uptake
from mitograft.assays.uptake.simulate import GroupTruth, UptakeTruth, simulate_images
from mitograft.assays.uptake.simulate_images import NAMES, ImageTruth, draw_uptake_scene, simulate_image
from mitograft.errors import InputError, UsageError
from mitograft.seeds import stream

UNTREATED = ImageTruth("untreated", size_px=320)
TREATED = ImageTruth("treated", size_px=320, taken_up=0.5)


@pytest.fixture(scope="module")
def scenes():
    return {t.name: draw_uptake_scene(t, stream(1, "uptake images", t.name)) for t in (UNTREATED, TREATED)}


def write_table(folder, rows, **more):
    """Write the table of images: rows of (image, role) and further columns."""
    with (folder / "uptake_images.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "plate", "well", "group", "role", *more])
        for k, (image, role) in enumerate(rows):
            table.writerow(
                [image, "S1", f"A{k + 1:02d}", role, role, *(values[k] for values in more.values())]
            )


def write_folder(scenes, tmp_path):
    for name, scene in scenes.items():
        write_channels(tmp_path / f"{name}.ome.tif", scene.channels, 0.5, name, NAMES)
    write_table(tmp_path, [("untreated.ome.tif", "untreated"), ("treated.ome.tif", "sample")])
    return tmp_path


@pytest.fixture
def folder(scenes, tmp_path):
    return write_folder(scenes, tmp_path)


@pytest.fixture(scope="module")
def result(scenes, tmp_path_factory):
    return analyse_uptake(write_folder(scenes, tmp_path_factory.mktemp("images")))


def rewrite(folder, scene, names=NAMES, order=(0, 1, 2), size=0.5):
    channels = tuple(scene.channels[k] for k in order)
    write_channels(folder / "treated.ome.tif", channels, size, "treated", tuple(names))


def refusal(folder, *rules):
    with pytest.raises(InputError) as refused:
        analyse_uptake(folder)
    assert sorted(violation.rule for violation in refused.value.violations) == sorted(rules)
    return str(refused.value)


def values(result, parameter):
    return {r.source: r.value for r in result.readings if r.parameter == parameter}


def test_positive_cells_and_signal_of_a_field(result, scenes):
    found = values(result, "positive_fraction_excess_image")
    assert found["treated.ome.tif"] == pytest.approx(scenes["treated"].positive.mean(), abs=0.12)
    assert found["untreated.ome.tif"] == pytest.approx(0, abs=0.03)
    assert values(result, "donor_signal_per_cell_image")["untreated.ome.tif"] == pytest.approx(0, abs=1)
    assert 25 <= values(result, "cells_image")["treated.ome.tif"] <= len(scenes["treated"].signal)
    assert {r.unit for r in result.readings if "signal" in r.parameter} == {"RFU*um^2"}
    assert {(r.plate, r.position, r.group) for r in result.readings} == {
        ("S1", "A01", "untreated"),
        ("S1", "A02", "sample"),
    }


def test_signals_are_handed_on_for_the_figure(result):
    first, second = result.signals
    assert (first.origin, first.group, first.untreated) == ("image", "untreated", True)
    assert (second.group, second.untreated) == ("sample", False)
    assert first.threshold == second.threshold == pytest.approx(np.quantile(first.signals, 0.975))
    assert second.positive > 0.2 > first.positive


def test_every_image_has_a_picture_of_what_was_found(result, folder):
    assert set(result.overlays) == {"treated", "untreated"}
    assert result.overlays == analyse_uptake(folder).overlays
    seen = np.asarray(Image.open(io.BytesIO(result.overlays["treated"])).convert("RGB")).astype(int)
    assert seen.shape == (320, 320, 3)
    yellow = np.abs(seen - np.array([240, 228, 66])).sum(axis=2) < 30
    blue = np.abs(seen - np.array([86, 180, 233])).sum(axis=2) < 30
    assert yellow.sum() > 500
    assert blue.sum() > 500


def mean_by_group(result, parameter):
    groups = {r.group: [] for r in result.readings}
    for r in result.readings:
        if r.parameter == parameter:
            groups[r.group].append(r.value)
    return {group: np.mean(found) for group, found in groups.items()}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fraction_and_ratio_of_signals_are_recovered_through_files(tmp_path, seed):
    truths = {
        "none": ImageTruth("n", size_px=400),
        "few": ImageTruth("f", size_px=400, taken_up=0.3, mitochondria=8, stray_per_mm2=20),
        "many": ImageTruth("m", size_px=400, taken_up=0.6, mitochondria=16, stray_per_mm2=20),
    }
    rows, positive, signal = [], {}, {}
    for group, truth in truths.items():
        for k in range(2):
            name = f"{group}_{k}.ome.tif"
            scene = simulate_image(truth, tmp_path / name, stream(seed, "recovery", name))
            positive.setdefault(group, []).append(scene.positive)
            signal.setdefault(group, []).append(scene.signal)
            rows.append((tmp_path / name, "untreated" if group == "none" else group))
    with (tmp_path / "uptake_images.csv").open("w", encoding="utf-8") as file:
        file.write("image,plate,well,group,role\n")
        for k, (path, group) in enumerate(rows):
            role = "untreated" if group == "untreated" else "sample"
            file.write(f"{path.name},S,A{k},{group},{role}\n")
    result = analyse_uptake(tmp_path)
    fraction = mean_by_group(result, "positive_fraction_excess_image")
    light = mean_by_group(result, "donor_signal_per_cell_image")
    for group in ("few", "many"):
        assert fraction[group] == pytest.approx(np.concatenate(positive[group]).mean(), abs=0.08)
    true_ratio = np.concatenate(signal["many"]).mean() / np.concatenate(signal["few"]).mean()
    assert light["many"] / light["few"] == pytest.approx(true_ratio, rel=0.25)


def test_mitochondria_on_the_recipients_correlate_more(tmp_path):
    found = {}
    for shared in (0.0, 1.0):
        folder = tmp_path / f"{shared:g}"
        folder.mkdir()
        for name, truth in (
            ("u", UNTREATED),
            ("t", ImageTruth("t", size_px=320, taken_up=0.8, shared=shared)),
        ):
            simulate_image(truth, folder / f"{name}.ome.tif", stream(4, "shared", name))
        write_table(folder, [("u.ome.tif", "untreated"), ("t.ome.tif", "sample")])
        found[shared] = values(analyse_uptake(folder), "colocalisation_excess")
    assert set(found[0.0]) == {"t.ome.tif"}  # untreated cells have no donor mitochondria to place
    assert found[0.0]["t.ome.tif"] < 0.05
    assert found[1.0]["t.ome.tif"] > 0.2


def test_channels_are_found_by_name_not_by_position(result, folder, scenes):
    before = values(result, "positive_fraction_image")
    rewrite(folder, scenes["treated"], [NAMES[2], NAMES[0], NAMES[1]], (2, 0, 1))
    assert values(analyse_uptake(folder), "positive_fraction_image") == before


def test_two_channels_will_do(folder, scenes):
    for name in ("treated", "untreated"):
        pair = scenes[name].channels[0], scenes[name].channels[2]
        write_channels(folder / f"{name}.ome.tif", pair, 0.5, name, ("Hoechst", "MitoTracker Red"))
    result = analyse_uptake(folder)
    found = values(result, "positive_fraction_excess_image")["treated.ome.tif"]
    assert found == pytest.approx(scenes["treated"].positive.mean(), abs=0.15)
    assert values(result, "colocalisation_pearson") == {}


def test_the_users_own_cells_are_measured(folder, scenes):
    tifffile.imwrite(folder / "cells.tif", scenes["treated"].cells.astype(np.uint16))
    rows = [("untreated.ome.tif", "untreated"), ("treated.ome.tif", "sample")]
    write_table(folder, rows, mask=["", "cells.tif"])
    cells = scenes["treated"].cells
    cut = np.concatenate([cells[0], cells[-1], cells[:, 0], cells[:, -1]])
    whole = set(np.unique(cells)) - set(cut) - {0}
    assert values(analyse_uptake(folder), "cells_image")["treated.ome.tif"] == len(whole)


def test_ambiguous_and_absent_channels_are_refused(folder, scenes):
    rewrite(folder, scenes["treated"], ("DAPI", "GFP", "DsRed"))
    text = refusal(folder, "channels-unknown")
    assert "one channel named for donor" in text
    assert "donor_channel" in text
    write_table(
        folder,
        [("untreated.ome.tif", "untreated"), ("treated.ome.tif", "sample")],
        donor_channel=["", "3"],
        recipient_channel=["", "GFP"],
    )
    assert "treated.ome.tif" in values(analyse_uptake(folder), "colocalisation_pearson")
    rewrite(folder, scenes["treated"], NAMES[1:], (1, 2))
    write_table(folder, [("untreated.ome.tif", "untreated"), ("treated.ome.tif", "sample")])
    assert "one channel named for nuclei" in refusal(folder, "channels-unknown")
    rewrite(folder, scenes["treated"], NAMES[2:], (2,))
    refusal(folder, "single-channel")


def test_swapped_and_repeated_channels_are_refused(folder, scenes):
    rewrite(folder, scenes["treated"], NAMES, (2, 1, 0))
    assert "nucleus-like spots in the donor channel" in refusal(folder, "swapped-channels")
    rewrite(folder, scenes["treated"], NAMES, (0, 2, 2))
    refusal(folder, "same-channel-twice")


def test_the_scale_is_never_assumed(folder, scenes):
    tifffile.imwrite(folder / "treated.ome.tif", np.stack(scenes["treated"].channels), metadata=None)
    rows = [("untreated.ome.tif", "untreated"), ("treated.ome.tif", "sample")]
    numbers = {"nuclei_channel": ["", 1], "recipient_channel": ["", 2], "donor_channel": ["", 3]}
    write_table(folder, rows, **numbers)
    assert "never assumed" in refusal(folder, "missing-scale")
    write_table(folder, rows, **numbers, pixel_size_um=["", 0.5])
    assert "treated.ome.tif" in values(analyse_uptake(folder), "cells_image")
    write_table(folder, rows, **numbers, pixel_size_um=["", 0.25])
    assert "untreated images of their own" in refusal(folder, "mixed-scales")


def test_a_table_of_images_is_asked_for_and_must_fit(folder):
    (folder / "uptake_images.csv").unlink()
    assert "names of files are not read" in refusal(folder, "no-image-table")
    write_table(folder, [("treated.ome.tif", "sample"), ("lost.tif", "sample")])
    refusal(folder, "no-such-image", "image-without-row", "no-control")


def test_all_broken_images_and_tables_are_named_at_once(folder):
    data = (folder / "treated.ome.tif").read_bytes()
    (folder / "treated.ome.tif").write_bytes(data[: len(data) // 2])
    (folder / "untreated.ome.tif").write_bytes(b"not a picture")
    (folder / "uptake_dpcr.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        analyse_uptake(folder)
    files = {violation.file for violation in refused.value.violations}
    assert files == {"treated.ome.tif", "untreated.ome.tif", "uptake_dpcr.csv"}


def test_an_image_without_cells_is_excluded_and_said_so(folder):
    rng = stream(1, "empty")
    empty = tuple(rng.poisson(100, (320, 320)).astype(np.uint16) for _ in range(3))
    write_channels(folder / "treated.ome.tif", empty, 0.5, "treated", NAMES)
    result = analyse_uptake(folder)
    assert "no-cells" in {finding.rule for finding in result.findings}
    (reading,) = (
        r
        for r in result.readings
        if (r.parameter, r.source) == ("positive_fraction_image", "treated.ome.tif")
    )
    assert math.isnan(reading.value)
    assert reading.excluded == "no whole cell"


def test_untreated_cells_that_outshine_treated_ones_are_pointed_out(folder):
    write_table(folder, [("untreated.ome.tif", "sample"), ("treated.ome.tif", "untreated")])
    assert "bright-control" in {finding.rule for finding in analyse_uptake(folder).findings}


def test_simulated_images_say_so_and_are_the_same_again(tmp_path):
    truth = UptakeTruth((GroupTruth("a", untreated=True), GroupTruth("b", taken_up=0.5)), images=1)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        simulate_images(truth, tmp_path / name, stream(2, "again"))
    files = sorted((tmp_path / "one").iterdir())
    assert [path.name for path in files] == [
        "uptake_U1_A01.ome.tif",
        "uptake_U1_B01.ome.tif",
        "uptake_images.csv",
    ]
    for path in files:
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
        assert b"SIMULATED" in path.read_bytes()


def test_an_impossible_image_is_not_drawn():
    with pytest.raises(UsageError, match="shares from 0 to 1"):
        ImageTruth("x", taken_up=1.5)
