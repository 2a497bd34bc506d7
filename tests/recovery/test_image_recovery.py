"""A known effect on fusion, photographed as OME-TIFF fields, comes back through segmentation and statistics.

What is to be covered is not the number handed to the simulator (the share of nuclei it tries to seat in
myotubes) but what the donors' fields truly hold on average: the expected difference of the true fusion index
between the conditions, as drawn. The two differ a little, because nuclei of other cells come to lie over
myotubes and the last myotube is not always filled. Every donor has a level and a response of its own, so the
donors are a sample and the interval is about the population they come from. What the segmentation gets wrong
is part of the measurement: where it errs by more in one condition than in the other, coverage is lost here.
"""

import os

import numpy as np
import pytest

from mitograft.assays.myotube import simulate
from mitograft.assays.myotube.derive import derive_readings, measure_field
from mitograft.assays.myotube.read import read_field
from mitograft.assays.myotube.segment import load_rules, segment_field
from mitograft.assays.myotube.simulate import FieldTruth, draw_scene, simulate_field
from mitograft.seeds import stream
from mitograft.statistics.donor_comparison import compare_donors

DONORS, FIELDS, SIZE = 5, 2, 384
LEVEL, EFFECT = 0.35, 0.15
BETWEEN, RESPONSE = 0.04, 0.03  # standard deviations between donors: of the level, of the effect


def field_truth(fused):
    return FieldTruth("recovery", size_px=SIZE, fused=float(fused))


def image_experiment(folder, number, effect, rules):
    """One experiment, two fields for each donor and condition: its comparison and its own true difference."""
    donors = stream(200, "tests", "images", number)
    path = folder / "field.ome.tif"
    rows, true = [], {"PN-101": [], "none": []}
    for donor in range(DONORS):
        level = LEVEL + donors.normal(0, BETWEEN)
        own = effect + donors.normal(0, RESPONSE)
        for group, fused in (("PN-101", level + own), ("none", level)):
            for image in range(FIELDS):
                rng = stream(200, "tests", "images", number, str(effect), group, donor, image)
                true[group].append(simulate_field(field_truth(fused), path, rng).fusion_index)
                field = read_field(path)
                measures = measure_field(field, segment_field(field, rules), rules)
                found = {r.parameter: r.value for r in derive_readings(field, measures)}
                rows.append((found["fusion_index"], f"P{donor}", group))
    values, names, groups = zip(*rows, strict=True)
    result = compare_donors(values, names, groups, first="PN-101", second="none", replicate_unit="field")
    return result, float(np.mean(true["PN-101"]) - np.mean(true["none"]))


def expected_difference(effect, monkeypatch, draws):
    """Return the mean true difference of fields that no experiment holds.

    The light is drawn after the shapes and does not move them, so it is left out.
    """
    if effect == 0.0:
        return 0.0  # both conditions are drawn alike
    for name in ("light_nuclei", "light_myosin"):
        monkeypatch.setattr(simulate, name, lambda canvas, *_: canvas.depth)
    monkeypatch.setattr(simulate, "expose", lambda light, *_: light)
    found = []
    for number in range(draws):
        rng = stream(201, "tests", "expected", number)
        level = LEVEL + rng.normal(0, BETWEEN)
        pair = [draw_scene(field_truth(fused), rng).fusion_index for fused in (level + effect, level)]
        found.append(pair[0] - pair[1])
    monkeypatch.undo()
    return float(np.mean(found))


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0.0, EFFECT])
def test_myotube_experiments_through_images(tmp_path, monkeypatch, effect):
    # MITOGRAFT_SLOW_RUNS=200 is the full size; by default only gross errors of coverage would be seen.
    experiments = int(os.environ.get("MITOGRAFT_SLOW_RUNS", "2"))
    truth = expected_difference(effect, monkeypatch, draws=max(40, 2 * experiments))
    rules = load_rules()
    found = [image_experiment(tmp_path, number, effect, rules) for number in range(experiments)]
    # What segmentation gets wrong in both conditions alike cancels; what is left must be small on average.
    assert abs(np.mean([result.estimate - drawn for result, drawn in found])) <= 0.02
    covered = np.mean([result.low <= truth <= result.high for result, _ in found])
    claims = np.mean([result.low > 0 for result, _ in found])  # the claim is one-sided: higher
    assert covered >= 0.92 - 3 * np.sqrt(0.95 * 0.05 / experiments)
    if effect == 0.0:
        assert claims <= 0.06 + 3 * np.sqrt(0.025 * 0.975 / experiments)
    else:
        assert claims >= 0.8
