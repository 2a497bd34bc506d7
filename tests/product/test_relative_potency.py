import math

import numpy as np
import pytest

from mitograft.errors import InputError
from mitograft.product.potency import relative_potencies
from mitograft.product.read import PotencyPoint, read_potency
from mitograft.seeds import stream

DOSES = (0.3, 1, 3, 10, 30, 100, 300, 1000)


def points(potency, *, slope=1.0, noise=3.0, plates=1, seed=1):
    rng = stream(seed, "potency")
    rows = []
    for plate in range(plates):
        for lot, factor, own_slope in (("REF", 1.0, 1.0), ("L-1", potency, slope)):
            for dose in DOSES * 3:
                mean = 100 + 150 / (1 + (20 / (factor * dose)) ** (1.2 * own_slope))
                response = mean + noise * rng.standard_normal()
                rows.append(PotencyPoint("ATP", f"P{plate}", lot, lot == "REF", dose, "ug/mL", response))
    return rows


@pytest.mark.parametrize("potency", [0.5, 1.0, 1.6])
def test_the_relative_potency_is_recovered(potency):
    (found,) = relative_potencies(points(potency, noise=0.2, plates=3))
    assert found.n == 3
    assert found.estimate == pytest.approx(potency, rel=0.02)
    assert found.low < found.estimate < found.high
    assert found.refused == ""


def test_curves_that_are_not_parallel_have_no_relative_potency():
    (found,) = relative_potencies(points(1.0, slope=2.5))
    assert math.isnan(found.estimate)
    assert found.n == 0
    assert "Not parallel to the reference (F(3, 40)" in found.refused
    assert found.plates[0].p < 0.05


def test_a_plate_without_a_curve_is_named_and_the_others_count():
    rows = points(1.0, plates=3)
    flat = [
        p if p.plate != "P1" else PotencyPoint(p.assay, "P1", p.lot, p.reference, p.dose, p.unit, 100.0)
        for p in rows
    ]
    (found,) = relative_potencies(flat, alpha=0.001)
    assert found.n == 2
    assert "Plate P1" in found.refused
    assert found.estimate == pytest.approx(1, abs=0.2)


def test_one_plate_keeps_the_interval_of_its_fit():
    (found,) = relative_potencies(points(1.0), alpha=0.001)
    assert found.n == 1
    assert "one plate" in found.method
    assert (found.low, found.high) == (found.plates[0].low, found.plates[0].high)


def test_plates_are_combined_as_a_geometric_mean():
    (found,) = relative_potencies(points(0.8, plates=4), alpha=0.0001)
    logs = np.log([plate.estimate for plate in found.plates])
    assert math.log(found.estimate) == pytest.approx(logs.mean())
    # t(0.975; 3) = 3.182446
    assert math.log(found.high / found.estimate) == pytest.approx(3.182446 * logs.std(ddof=1) / 2, rel=1e-6)


def test_a_plate_needs_one_reference_and_one_unit(raw_table):
    names = ("assay", "plate", "lot", "role", "dose", "unit", "response")
    cells = [
        ("ATP", "P1", "A", "test", "1", "ug/mL", "5"),
        ("ATP", "P2", "A", "reference", "1", "ug/mL", "5"),
        ("ATP", "P2", "B", "reference", "1", "mg/mL", "5"),
    ]
    with pytest.raises(InputError) as refused:
        read_potency(raw_table(names, cells, "potency.csv"))
    assert [violation.rule for violation in refused.value.violations] == [
        "no-reference",
        "two-references",
        "mixed-units",
    ]
