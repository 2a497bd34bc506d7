"""Definitions on shapes drawn by hand, quality control, overlay, user masks, named thresholds."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mitograft.assays.myotube.check import check_field, edge_sharpness
from mitograft.assays.myotube.derive import derive_readings, measure_field
from mitograft.assays.myotube.measure import assign_nuclei, measure_shapes
from mitograft.assays.myotube.overlay import FUSED_COLOUR, OTHER_COLOUR, outline_objects, overlay_png
from mitograft.assays.myotube.read import Field
from mitograft.assays.myotube.segment import Segmentation, batch_threshold, load_rules, segment_field
from mitograft.assays.myotube.simulate import FieldTruth, Optics, draw_scene, write_ome_tiff
from mitograft.errors import UsageError
from mitograft.report.figures.gallery import FieldPicture, draw_gallery
from mitograft.report.svg import embed_svg
from mitograft.seeds import stream

RULES = load_rules()
TRUTH = FieldTruth("m", size_px=256, nuclei_per_mm2=1600.0, fused=0.6)


def field_of(scene, name="f.ome.tif"):
    return Field(name, *scene.channels, 0.65, "file", ("DAPI", "MyHC"))


@pytest.fixture(scope="module")
def scene():
    return draw_scene(TRUTH, stream(1, "measures"))


@pytest.fixture(scope="module")
def field(scene):
    return field_of(scene)


@pytest.fixture(scope="module")
def segmentation(field):
    return segment_field(field, RULES)


def drawn():
    """Two tubes and five nuclei: three in the first tube, one in the second, one outside."""
    objects = np.zeros((100, 200), np.int32)
    objects[10:31, 10:190] = 1  # 21 pixels wide, 180 long
    objects[60:71, 10:60] = 2
    nuclei = np.zeros((100, 200), np.int32)
    for label, (row, column) in enumerate([(20, 30), (20, 60), (20, 90), (65, 30), (90, 150)], start=1):
        nuclei[row - 3 : row + 4, column - 3 : column + 4] = label
    return nuclei, objects


def test_indices_by_definition():
    nuclei, objects = drawn()
    hosts = assign_nuclei(nuclei, objects)
    assert hosts.host.tolist() == [1, 1, 1, 2, 0]
    assert hosts.nuclei_in.tolist() == [1, 3, 1]
    assert hosts.fused(2).mean() == pytest.approx(3 / 5)
    assert hosts.fused(1).mean() == pytest.approx(4 / 5)  # differentiation index
    assert hosts.fused(4).mean() == 0
    assert np.allclose(hosts.centres[4], (90, 150))


@pytest.mark.parametrize("pixel", [0.4, 0.65, 1.3])
def test_length_and_diameter_of_a_bar(pixel):
    shapes = measure_shapes(drawn()[1], pixel)
    assert shapes.area_um2[0] == pytest.approx(21 * 180 * pixel**2)
    grain = 2 * max(pixel, 1.5)
    assert shapes.diameter_um[0] == pytest.approx(21 * pixel, abs=grain / 2)
    # The skeleton ends about half a width before the ends of a bar with square ends, or runs into a corner.
    assert 159 * pixel - grain <= shapes.length_um[0] <= 180 * pixel + grain


def test_touching_labels_of_a_mask_stay_apart():
    objects = np.zeros((60, 100), np.int32)
    objects[10:25, 5:95], objects[25:40, 5:95] = 1, 2
    shapes = measure_shapes(objects, 1.0)
    assert shapes.diameter_um == pytest.approx([15, 15], abs=2)


def test_readings_name_field_and_unit(field, segmentation):
    readings = derive_readings(field, measure_field(field, segmentation, RULES), plate="S1")
    by_name = {reading.parameter: reading for reading in readings}
    fusion = by_name["fusion_index"]
    assert (fusion.assay, fusion.unit, fusion.plate, fusion.position) == ("myotube", "1", "S1", "f")
    assert 0 <= fusion.value <= by_name["differentiation_index"].value <= 1
    area_mm2 = (256 * 0.65 / 1000) ** 2
    assert by_name["nuclei_density"].value == pytest.approx(by_name["nuclei"].value / area_mm2)


def test_more_nuclei_asked_for_never_raise_the_index(field, segmentation):
    indices = [
        measure_field(field, segmentation, RULES.override({"minimum_nuclei": str(n)})).fusion_index
        for n in (1, 2, 3, 30)
    ]
    assert indices == sorted(indices, reverse=True)


def test_a_field_without_nuclei_has_no_index(field):
    empty = np.zeros(field.nuclei.shape, np.int32)
    nothing = Segmentation(empty, empty, "mask", "mask")
    readings = derive_readings(field, measure_field(field, nothing, RULES))
    values = {reading.parameter: reading.value for reading in readings}
    assert np.isnan(values["fusion_index"])
    assert values["nuclei"] == values["myotube_objects"] == 0
    assert {finding.rule for finding in check_field(field, nothing, RULES)} == {"no-nuclei", "no-myosin"}


def test_masks_of_the_user_take_the_place_of_segmentation(scene, field):
    own = segment_field(field, RULES, nuclei=scene.nuclei, objects=scene.objects)
    measures = measure_field(field, own, RULES)
    assert own.method == own.nuclei_from == "mask"
    assert measures.fusion_index == pytest.approx(scene.fusion_index, abs=0.03)  # clipped at the rim
    assert len(measures.hosts.host) == len(scene.centres)


def test_the_scale_decides_not_the_pixels(scene, field):
    finer = Field("g", *(c.repeat(2, 0).repeat(2, 1) for c in scene.channels), 0.325, "file", ("", ""))
    fine, coarse = (segment_field(f, RULES) for f in (finer, field))
    assert fine.nuclei.shape == (512, 512)
    assert np.array_equal(fine.nuclei[::2, ::2], coarse.nuclei)


@pytest.mark.parametrize("method", ["li_log", "triangle", "otsu"])
def test_every_named_threshold_finds_the_tubes(scene, field, method):
    found = segment_field(field, RULES, method=method).objects > 0
    truth = scene.objects > 0
    assert (found & truth).sum() / (found | truth).sum() > 0.7


def test_batch_threshold_keeps_a_field_without_myotubes_empty(scene, field):
    bare = draw_scene(replace(TRUTH, fused=0.0, myocytes=0.0), stream(1, "bare"))
    both = [field, field_of(bare)]
    threshold = batch_threshold(both, RULES)
    full, empty = (segment_field(f, RULES, method="batch", threshold=threshold) for f in both)
    assert measure_field(both[1], empty, RULES).fusion_index < 0.02
    assert measure_field(both[0], full, RULES).fusion_index == pytest.approx(scene.fusion_index, abs=0.06)
    for wrong in ({"method": "batch"}, {"method": "local", "threshold": 2.0}, {"method": "best"}):
        with pytest.raises(UsageError, match="Threshold method"):
            segment_field(field, RULES, **wrong)


def test_quality_control_names_what_is_wrong(scene, field, segmentation):
    assert [f for f in check_field(field, segmentation, RULES) if f.severity == "error"] == []
    blurred = field_of(draw_scene(replace(TRUTH, optics=Optics(blur_px=6.0)), stream(1, "measures")))
    found = segment_field(blurred, RULES)
    assert edge_sharpness(blurred, found, RULES) < 0.6 * edge_sharpness(field, segmentation, RULES)
    assert "out-of-focus" in {f.rule for f in check_field(blurred, found, RULES)}
    top = np.percentile(scene.channels[1], 90)
    saturated = replace(field, myosin=np.minimum(scene.channels[1], int(top)))
    assert "saturated" in {f.rule for f in check_field(saturated, segment_field(saturated, RULES), RULES)}
    uneven = replace(field, nuclei=(scene.channels[0] * np.linspace(0.05, 1, 256)).astype(np.uint16))
    assert "uneven-illumination" in {f.rule for f in check_field(uneven, segmentation, RULES)}
    few = replace(segmentation, nuclei=np.where(segmentation.nuclei <= 5, segmentation.nuclei, 0))
    assert "few-nuclei" in {f.rule for f in check_field(field, few, RULES)}


def test_overlay_shows_fused_and_other_nuclei(field, segmentation):
    measures = measure_field(field, segmentation, RULES)
    data = overlay_png(field, segmentation, measures)
    assert data == overlay_png(field, segmentation, measures)
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).reshape(-1, 3)
    for colour in (FUSED_COLOUR, OTHER_COLOUR):
        assert (np.abs(picture.astype(int) - colour).max(axis=1) <= 8).sum() > 50
    small = Image.open(io.BytesIO(overlay_png(field, segmentation, measures, most_wide=100)))
    assert small.size == (86, 86)


def test_gallery_enters_the_page(field, segmentation):
    measures = measure_field(field, segmentation, RULES)
    centres = [(x * 0.65, y * 0.65) for y, x in measures.hosts.centres]
    outlines = outline_objects(segmentation, 0.65)
    picture = FieldPicture("field 1", "fusion index 0.50", 166.4, 166.4, outlines, centres[:9], centres[9:])
    svg = draw_gallery([picture] * 4, data_kind="simulated")
    assert svg == draw_gallery([picture] * 4, data_kind="simulated")
    page = embed_svg(svg, "gallery", "four fields")
    assert page.count("fusion index 0.50") == 4
    assert "nucleus counted as fused" in page
    with pytest.raises(UsageError, match="found no field"):
        draw_gallery([])
    with pytest.raises(UsageError, match="sides above 0"):
        replace(picture, width_um=0.0)


def test_simulated_files_are_marked_and_repeatable(scene, tmp_path):
    again = draw_scene(TRUTH, stream(1, "measures"))
    for name, one in (("a", scene), ("b", again)):
        write_ome_tiff(tmp_path / name, one.channels, 0.65, "x")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert b"SIMULATED x" in (tmp_path / "a").read_bytes()
    summary = scene.summary()
    assert summary["fusion_index"] == pytest.approx(summary["nuclei_fused"] / summary["nuclei"])
    assert summary["fusion_index"] <= summary["differentiation_index"]
    with pytest.raises(UsageError, match="shares from 0 to 1"):
        replace(TRUTH, fused=1.2)
