"""Images to mice: block, muscle, mouse in this order; references, findings, outcomes of small results."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from mitograft.mouse.animals import Animal, Colony, Group
from mitograft.mouse.infiltrate.check import find_problems
from mitograft.mouse.infiltrate.contract import ImageRow, load_infiltrate_parameters
from mitograft.mouse.infiltrate.density import DensityMap
from mitograft.mouse.infiltrate.derive import (
    derive_distributions,
    derive_mice,
    derive_outcomes,
    find_reference,
)
from mitograft.mouse.infiltrate.fibres import Fibres
from mitograft.mouse.infiltrate.measure import ImageMeasures
from mitograft.mouse.infiltrate.stains import White

RULES = load_infiltrate_parameters()
DAY = date(2026, 3, 23)
GROUPS = {
    "healthy": Group("healthy", "healthy", "none", 0.0, ""),
    "vehicle": Group("vehicle", "control", "vehicle", 0.0, ""),
    "PN-101": Group("PN-101", "treated", "PN-101", 5.0, "ug"),
}


def colony(**groups):
    animals = {
        name: Animal(name, group.removesuffix("!"), "F", "C57BL/6", date(2026, 1, 5), date(2026, 3, 2),
                     excluded="sick" if group.endswith("!") else "")
        for name, group in groups.items()
    }  # fmt: skip
    return Colony(GROUPS, animals, "animals.csv")


def fibres(areas, inside=None, crowded=0.0):
    areas = np.array(areas, float)
    inside = np.zeros(len(areas), np.int64) if inside is None else np.array(inside)
    return Fibres(
        np.arange(1, len(areas) + 1), areas, np.sqrt(areas), inside, np.full((len(areas), 21), crowded), 3, 1
    )


def image(animal, muscle="Q", block="B1", nuclei=100, tissue=0.1, dense=(500.0,), **more):
    """An image whose tissue is spread evenly over squares of the given densities."""
    density = np.array([dense], float)
    squares = DensityMap(
        10, density, np.full(density.shape, tissue / density.size), float(np.median(density))
    )
    name = f"{animal}_{muscle}_{block}.tif"
    made = ImageMeasures(
        row=ImageRow(2, name, animal, DAY, muscle, block), pixel_um=0.5, scale_from="user", lossy=False,
        simulated=False, width=900, height=900, white=White((240.0, 240.0, 240.0), 0.1, clipped=False),
        tissue_mm2=tissue, used=tissue >= 0.02, nuclei=nuclei, nuclear_share=0.02, contrast=0.5, edge_um=1.5,
        clipped=0.0, density=squares, fibres=None, ground=b"",
    )  # fmt: skip
    return replace(made, **more)


def values(images, mice):
    reference = find_reference(images, mice, RULES)
    return {m.animal: m for m in derive_mice(images, reference, RULES)}


def test_nuclei_are_summed_in_a_block_and_averaged_over_blocks_and_muscles():
    images = [
        image("A", "Q", "B1", nuclei=10, tissue=0.1),
        image("A", "Q", "B1", nuclei=90, tissue=0.3),  # block: 100 / 0.4 = 250
        image("A", "Q", "B2", nuclei=50, tissue=0.1),  # 500; muscle: 375
        image("A", "H", "B1", nuclei=100, tissue=0.1),  # 1000; mouse: 687.5
    ]
    found = values(images, colony(A="vehicle"))["A"]
    assert found.values["nuclear_density"] == pytest.approx(687.5)
    assert (found.muscles, found.blocks, found.images, found.nuclei) == (("Q", "H"), 3, 4, 250)
    assert found.tissue_mm2 == pytest.approx(0.6)
    assert "fibre_area" not in found.values


def test_fibres_are_put_together_in_a_block():
    images = [
        image("A", "Q", "B1", fibres=fibres([100.0, 400.0])),
        image("A", "Q", "B1", fibres=fibres([1000.0])),  # block: median 400, small 2 of 3
        image("A", "Q", "B2", fibres=fibres([2000.0])),  # median 2000, small 0
        image("A", "H", "B1"),  # no mask: no part in fibres
    ]
    found = values(images, colony(A="vehicle"))["A"]
    assert found.values["fibre_area"] == pytest.approx(1200.0)
    assert found.values["small_fibres"] == pytest.approx(1 / 3)
    assert sorted(found.areas_um2) == [100.0, 400.0, 1000.0, 2000.0]
    assert (found.at_border, found.debris) == (9, 3)


def test_central_nuclei_are_a_share_of_the_fibres_judged():
    healthy = image("H", dense=(500.0,))
    own = image("A", fibres=fibres([900.0] * 4, inside=[1, 0, 0, 7]))
    crowded = image("A", block="B1", fibres=fibres([900.0] * 4, inside=[1, 1, 1, 1], crowded=5000.0))
    found = values([healthy, own, crowded], colony(H="healthy", A="vehicle"))["A"]
    assert found.judged == 3
    assert found.values["central_nuclei"] == pytest.approx(1 / 3)


def test_the_reference_is_the_median_of_the_healthy_mice():
    mice = colony(A="healthy", B="healthy", C="healthy", X="healthy!", V="vehicle")
    images = [
        image("A", "Q", dense=(400.0,)),
        image("A", "H", dense=(600.0,)),  # mouse A: 500
        image("B", dense=(700.0,)),
        image("C", dense=(900.0,)),
        image("C", "H", dense=(9000.0,), tissue=0.01),  # too little tissue
        image("X", dense=(9000.0,)),  # excluded
        image("V", dense=(3000.0, 3400.0, 3600.0, 9000.0)),
    ]
    reference = find_reference(images, mice, RULES)
    assert (reference.density_mm2, reference.mice) == (700.0, 3)
    assert values(images, mice)["V"].values["dense_area"] == pytest.approx(0.5)  # above 3500
    # Against its own median, 3500, the same tissue is not dense at all.
    own = find_reference(images, mice, RULES.override({"density_reference": "image"}))
    assert own.density_mm2 is None
    assert derive_mice(images[-1:], own, RULES)[0].values["dense_area"] == 0.0


def test_without_healthy_mice_the_image_is_its_own_reference_and_a_finding_says_so():
    mice = colony(V="vehicle")
    images = [image("V", dense=(100.0, 100.0, 100.0, 501.0))]
    assert values(images, mice)["V"].values["dense_area"] == pytest.approx(0.25)
    assert "own-reference" in {f.rule for f in findings(images, mice)}


def test_a_mouse_without_any_nucleus_is_below_one_in_its_tissue():
    mice = colony(A="vehicle", B="vehicle", C="vehicle!")
    images = [image("A", nuclei=0, tissue=0.25, dense=(0.0,)), image("B"), image("C")]
    reference = find_reference(images, mice, RULES)
    found = derive_outcomes(derive_mice(images, reference, RULES), mice, reference, RULES, "images.csv")
    density = found[0]
    assert (density.name, density.scale, density.unit) == ("histology.nuclear_density", "log", "nuclei/mm^2")
    assert density.values == pytest.approx({"B": 1000.0})
    assert density.below == {"A": 4.0}
    assert "infiltrate" not in " ".join(o.label + o.note for o in found).lower()


def test_outcomes_of_masks_come_with_masks_only():
    mice = colony(A="vehicle", B="healthy")
    bare = [image("A"), image("B")]
    masked = [image("A", fibres=fibres([300.0, 800.0, 900.0], inside=[0, 1, 0])), image("B")]
    names = []
    for images in (bare, masked):
        reference = find_reference(images, mice, RULES)
        found = derive_outcomes(derive_mice(images, reference, RULES), mice, reference, RULES, "images.csv")
        names.append({o.name.removeprefix("histology."): o for o in found})
    assert list(names[0]) == ["nuclear_density", "dense_area"]
    assert list(names[1]) == ["nuclear_density", "dense_area", "fibre_area", "small_fibres", "central_nuclei"]
    assert names[1]["fibre_area"].values == {"A": 800.0}
    assert names[1]["small_fibres"].values == pytest.approx({"A": 1 / 3})
    assert names[1]["central_nuclei"].values == pytest.approx({"A": 1 / 3})


def test_distributions_weigh_mice_alike_and_not_fibres():
    mice = colony(A="vehicle", B="vehicle", C="PN-101", X="vehicle!")
    images = [
        image("A", fibres=fibres([100.0] * 98 + [600.0, 600.0])),
        image("B", fibres=fibres([600.0, 600.0])),
        image("C", fibres=fibres([249.9, 250.0])),
        image("X", fibres=fibres([5000.0])),
    ]
    reference = find_reference(images, mice, RULES)
    first, second = derive_distributions(derive_mice(images, reference, RULES), mice, RULES)
    assert first.group == "vehicle"
    assert first.edges_um2 == (0.0, 250.0, 500.0, 750.0)
    assert first.shares == pytest.approx((0.49, 0.0, 0.51))
    assert (first.mice, first.fibres) == (2, 102)
    assert second.shares == pytest.approx((0.5, 0.5, 0.0))


def findings(images, mice):
    reference = find_reference(images, mice, RULES)
    return find_problems(images, derive_mice(images, reference, RULES), reference, mice, RULES, "images.csv")


GOOD = {"H": "healthy", "A": "vehicle", "B": "PN-101"}


def test_good_images_give_no_finding():
    many = fibres([1000.0] * 40)
    many = replace(many, at_border=3, debris=0)
    assert findings([image(name, fibres=many) for name in GOOD], colony(**GOOD)) == ()


@pytest.mark.parametrize(
    ("changed", "rule", "severity"),
    [
        ({"tissue": 0.01}, "little-tissue", "error"),
        ({"white": White((255.0,) * 3, 0.0, clipped=False)}, "no-glass", "note"),
        ({"white": White((255.0,) * 3, 0.2, clipped=True)}, "white-clipped", "note"),
        ({"clipped": 0.05}, "clipped", "warning"),
        ({"edge_um": 4.0}, "out-of-focus", "warning"),
        ({"pixel_um": 2.0}, "coarse-pixels", "warning"),
        ({"lossy": True}, "lossy", "note"),
        ({"nuclei": 0, "contrast": math.nan}, "no-nuclei", "warning"),
        ({"contrast": 0.03}, "weak-stain", "warning"),
        ({"contrast": math.nan}, "weak-stain", "warning"),
        ({"dense": (1500.0,)}, "dense-throughout", "note"),
        ({"fibres": fibres([1000.0])}, "many-at-border", "warning"),
        ({"fibres": fibres([1000.0] * 40)}, "mask-debris", "note"),
        ({"fibres": fibres([1000.0] * 10)}, "few-fibres", "warning"),
        ({"fibres": fibres([1000.0] * 40, crowded=9000.0)}, "central-nuclei-unjudged", "warning"),
        ({"contrast": 0.2}, "stain-by-group", "warning"),
        ({"pixel_um": 0.25}, "scales-differ", "warning"),
        ({"muscle": "T"}, "muscle-missing", "warning"),
    ],
)
def test_what_a_reader_should_know(changed, rule, severity):
    images = [image("H"), image("A"), image("B", **changed)]
    found = [f for f in findings(images, colony(**GOOD)) if f.rule == rule]
    assert found
    assert {f.severity for f in found} == {severity}
    assert all(f.found and f.remedy for f in found)


def test_mice_without_images_and_days_apart():
    mice = colony(**GOOD, N="vehicle")
    late = image("B")
    late = replace(late, row=replace(late.row, day=date(2026, 4, 2)))
    rules = {f.rule: f.found for f in findings([image("H"), image("A"), late], mice)}
    assert rules["mice-without-images"] == "1 of 2 mice without a usable image: N"
    assert rules["days-apart"] == "muscles taken on different days (vehicle: day 21; PN-101: day 31)"
