"""Known truth, written as the files a site would send, must come back through the whole pipeline."""

import csv
import io

import numpy as np
import pytest

from mitograft.outcome.tis import CATEGORIES, tis_rules
from mitograft.seeds import stream
from mitograft.trial.responders import Counts, Origin, derive_difference, derive_rate

SEEDS = (1, 2, 3, 2025, 609)
COLUMNS = "subject,visit,physician_global,patient_global,mmt8,mmt8_max,haq,extramuscular,ck,ck_uln".split(",")  # noqa: SIM905  as in a file
# Ranges in the smallest step of each scale: 0.1 cm, 1 point, 1/8, 0.01 ukat/L at a limit of 3.
SCALES = {"physician_global": (100, 10), "patient_global": (100, 10), "extramuscular": (100, 10)}
SCALES |= {"mmt8": (150, 1), "haq": (24, 8), "ck": (4500, 100)}


def draw_patient(rng):
    """Choose a band for each measure, then values that lie inside it, often at its upper edge."""
    before, after, total = {}, {}, 0.0
    for measure in tis_rules().measures:
        name = "ck" if measure.name == "enzyme" else measure.name
        size, scale = SCALES[name]
        band = int(rng.integers(5))
        edges = [0, *(int(edge * size / 100) for edge in measure.edges), size]
        low, high = edges[band] + 1 if band else -size // 10, edges[band + 1]
        gain = high if rng.random() < 0.3 else int(rng.integers(low, high + 1))
        start = int(rng.integers(max(0, -gain), size - max(0, gain) + 1))
        if not measure.up:
            start = int(rng.integers(max(0, gain), size - max(0, -gain) + 1))
        end = start + gain if measure.up else start - gain
        before[name], after[name] = start / scale, end / scale
        total += float(measure.points[band])
    return before, after, total


def write_cohort(rng, patients):
    """Write a cohort as CSV text with three visits in random order; the truth stays outside the file."""
    rows, truth = [], {}
    for number in range(patients):
        before, after, total = draw_patient(rng)
        truth[f"S{number:03}"] = total
        for visit, values in (("0", before), ("4", before), ("12", after)):
            row = {"subject": f"S{number:03}", "visit": visit, "mmt8_max": 150, "ck_uln": 3, **values}
            rows.append([row[name] for name in COLUMNS])
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *(rows[i] for i in rng.permutation(len(rows)))])
    return text.getvalue(), truth


@pytest.mark.parametrize("seed", SEEDS)
def test_true_totals_come_back_through_the_file(mitograft, tmp_path, seed):
    text, truth = write_cohort(stream(seed, "tests", "recovery", "cohort"), 150)
    path = tmp_path / "cohort.csv"
    path.write_text(text)
    run = mitograft("score", path)
    assert run.code == 0, run.err
    rows = {(row["subject"], row["visit"]): row for row in csv.DictReader(io.StringIO(run.out))}
    assert len(rows) == 2 * len(truth)
    for subject, total in truth.items():
        row = rows[subject, "12"]
        assert float(row["tis"]) == total
        assert row["category"] == CATEGORIES[sum(total >= limit for limit in (20, 40, 60))]
        assert float(rows[subject, "4"]["tis"]) == 0


@pytest.mark.parametrize(("first", "second", "n"), [(0.7, 0.4, 12), (0.9, 0.45, 9), (0.4, 0.4, 20)])
def test_intervals_cover_the_true_rates_although_patients_are_missing(first, second, n):
    # 400 trials; a share of patients cannot be decided. Intervals that count them both ways must cover the
    # truth at least as often as they say (0.95, less three standard errors of 400 trials).
    rng = stream(20250609, "tests", "recovery", "coverage", f"{first}-{second}-{n}")
    origin = Origin("simulated.csv", "simulated")
    covered = np.zeros(2)
    for _ in range(400):
        counts = []
        for group, rate in (("a", first), ("b", second)):
            response, known = rng.random(n) < rate, rng.random(n) < 0.85
            counts.append(Counts(group, int((response & known).sum()), int((response | ~known).sum()), n))
        single, both = (
            derive_rate("TIS >= 20", counts[0], origin),
            derive_difference("TIS >= 20", *counts, origin),
        )
        covered += [single.low <= first <= single.high, both.low <= first - second <= both.high]
    assert np.all(covered / 400 >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 400))
