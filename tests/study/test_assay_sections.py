"""Sections of the report from small results: what is chosen, what is said, what leads where."""

import io
import math

import pytest
from PIL import Image

from mitograft.assays.plate.derive import derive_percent
from mitograft.assays.plate.results import PlateResult
from mitograft.assays.plate.wells import LayoutWell, Signal, Well
from mitograft.assays.readings import Reading
from mitograft.assays.samples import Assigned, Sample
from mitograft.product import analyse_product
from mitograft.product.simulate import DoseTruth, LotTruth, ProductTruth, StabilityTruth, simulate_product
from mitograft.report import Figure, Paragraph, Pictures, Table
from mitograft.report.figures.gallery import FieldPicture
from mitograft.seeds import stream
from mitograft.study.myotube_fields import MyotubeResult
from mitograft.study.sections.myotubes import myotubes_section
from mitograft.study.sections.parameter_points import parameter_points
from mitograft.study.sections.plates import plates_section
from mitograft.study.sections.product import product_section


def blocks(section, kind):
    return [block for block in section.blocks if isinstance(block, kind)]


def reading(source, group, value, *, assay="myotube", parameter="fusion_index", excluded=""):
    return Reading(assay, parameter, value, "1", source, "", "", group, excluded)


def sample(donor, condition):
    return Sample("x", "", "", donor, condition, math.nan, "", 2)


@pytest.fixture
def small_png():
    buffer = io.BytesIO()
    Image.new("RGB", (24, 24)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def fields(small_png):
    """Build a result with two fields of each of some donors in each of some conditions."""

    def build(donors, conditions):
        names = [f"{c}-{d}-{n}" for c in conditions for d in donors for n in (1, 2)]
        pictures = tuple(FieldPicture(n, "fusion index 0.50", 500, 500, (), ((9, 9),), ()) for n in names)
        readings = tuple(reading(f"{name}.tif", "", 0.5) for name in names)
        result = MyotubeResult(
            readings,
            (),
            dict.fromkeys(names, small_png),
            pictures,
            tuple(f"{name}.tif" for name in names),
            (),
            "Threshold.",
        )
        assigned = [
            Assigned(r, sample(r.source.split("-")[1], r.source.split("-")[0])) for r in result.readings
        ]
        return result, assigned

    return build


def test_photographs_give_every_condition_the_same_donors_within_the_bound(fields):
    result, assigned = fields(["D1", "D2", "D3", "D4"], ["a", "b", "c", "d", "e"])
    (shown,) = blocks(myotubes_section(result, assigned, "measured"), Pictures)
    titles = [item.title for item in shown.items]
    assert titles == [f"{c}, {d}" for d in ("D1", "D2") for c in "abcde"]  # 15 would be beyond the bound
    assert [item.file for item in shown.items][:2] == ["overlays/a-D1-1.png", "overlays/b-D1-1.png"]
    assert shown.items[0].scale.words == "100 µm"
    assert shown.items[0].scale.share == pytest.approx(0.2)
    assert shown.caption.startswith("10 of 40 fields: the first field of each donor and condition")
    assert "1 nuclei, 1 of them counted as fused" in shown.items[0].alt


def test_without_samples_the_first_fields_are_shown(fields):
    result, _ = fields(["D1", "D2", "D3", "D4"], ["a", "b"])
    (shown,) = blocks(myotubes_section(result, [], "measured"), Pictures)
    assert [item.title for item in shown.items] == [p.label for p in result.pictures[:12]]
    assert "12 of 16 fields: the first fields." in shown.caption


def points(readings, assigned):
    return parameter_points(
        readings, assigned, [("fusion_index", "Fusion index")], title="T", name="points", data_kind="measured"
    )


def test_points_are_donors_and_one_donor_has_no_interval():
    known = [reading("1.tif", "", 0.4), reading("2.tif", "", 0.6), reading("3.tif", "", 9.0, excluded="torn")]
    figure = points(known, [Assigned(r, sample("P1", "IIM")) for r in known])
    assert figure.source.rows == (("Fusion index", "IIM", 0.5, None, None, "", 1),)
    assert "no interval" in figure.caption


def test_points_without_samples_are_plates():
    known = [reading("1.xlsx", "IIM", 0.4), reading("2.xlsx", "IIM", 0.6)]
    figure = points(known, [])
    assert figure.source.rows[0][1:3] == ("IIM", 0.5)
    assert "Each mark is a plate" in figure.caption
    assert points([], []) is None


def well(name, value, role, note=""):
    return Well(
        "atp.csv", Signal("P1", name, "", value, note), LayoutWell("P1", name, role, "x", math.nan, "")
    )


def test_a_plate_map_crosses_what_is_left_out_and_says_the_quality():
    wells = (
        *(well(f"A0{i}", 10.0 + i, "blank") for i in (1, 2, 3)),
        *(well(f"B0{i}", 1000.0 + i, "control") for i in (1, 2, 3)),
        *(well(f"C0{i}", 500.0 + i, "sample") for i in (1, 2)),
        well("C03", math.nan, "sample", "OVRFLW"),
    )
    result = PlateResult(wells=wells) + derive_percent(wells, "atp")
    (figure,) = blocks(plates_section(result, "measured"), Figure)
    assert "1 wells are left out" not in figure.caption
    assert "1 well is left out" in figure.caption
    assert "nan" not in figure.caption + figure.alt
    assert "crossed: left out" in figure.svg
    assert "% of control" in figure.svg


def test_nothing_found_is_a_sentence_and_no_empty_table():
    section = plates_section(PlateResult(), "measured")
    assert all(block.rows for block in blocks(section, Table) if block.id == "plate-findings")
    assert any("nothing to say" in block.text for block in blocks(section, Paragraph))


def test_lots_show_curves_storage_and_doses(tmp_path):
    truth = ProductTruth(
        lots=(LotTruth("R"), LotTruth("L-1", potency=0.8), LotTruth("L-2", slope=3.0, sterility="growth")),
        stability=(StabilityTruth("atp_synthesis", "2-8 C", "day", (0, 1, 2, 4, 7), 150, 0.05),),
        doses_planned=(DoseTruth("L-1", 300, 2), DoseTruth("L-2", 600, 2)),
    )
    simulate_product(truth, tmp_path, stream(1, "product"))
    section = product_section(analyse_product(tmp_path), "simulated")
    figures = {figure.id: figure for figure in blocks(section, Figure)}
    assert list(figures) == ["potency-1", "potency-2", "stability-1"]
    assert "parallel: one shape, shifted" in figures["potency-1"].caption
    assert "free, as they are not parallel" in figures["potency-2"].caption
    assert "refused" in figures["potency-2"].caption
    assert "data of all lots reach to 7 days" in figures["stability-1"].caption
    (doses,) = (table for table in blocks(section, Table) if table.id == "doses")
    assert [row[:3] for row in doses.rows] == [("L-1", "pass", 300), ("L-2", "fail", 600)]
    warnings = [block.text for block in blocks(section, Paragraph) if block.tone == "warning"]
    assert any(text == "L-2, 600 µg: The lot is not released: fail." for text in warnings)
    common = [block.text for block in blocks(section, Paragraph) if "half-life has no citable" in block.text]
    assert len(common) == 1
