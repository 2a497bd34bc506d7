"""The shipped placebo rows against the published files they were typed from."""

import csv
from fractions import Fraction

import pytest

from mitograft.trial.placebo import load_placebo_arms


def test_proderm_counts_are_those_of_the_registry(shared):
    # ClinicalTrials.gov results NCT02728752, week 16.
    with (shared / "facts" / "trial_anchors.csv").open(encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["trial"] == "ProDERM" and row["arm"] == "placebo" and row["visit_week"] == "16"
        ]
    posted = {
        int(row["measure"].removeprefix("TIS>=")): (int(row["value"]), int(row["n"]))
        for row in rows
        if row["measure"].startswith("TIS>=") and row["statistic"] == "count"
    }
    assert posted
    assert {arm.threshold: (arm.responders, arm.n) for arm in load_placebo_arms() if arm.pool} == posted


@pytest.mark.parametrize(("threshold", "percent"), [(20, 43.8), (40, 22.9), (60, 8.3)])
def test_proderm_published_percentages(threshold, percent):
    # ProDERM, week 16, placebo: at least minimal, moderate and major improvement.
    arm = next(arm for arm in load_placebo_arms() if arm.pool and arm.threshold == threshold)
    assert 100 * arm.responders / arm.n == pytest.approx(percent, abs=0.05)


def test_alkivia_counts_are_the_only_ones_with_the_published_percentages():
    # Report of EULAR 2025: 89 patients; efgartigimod 91.5, 78.7 and 34.0 %, placebo 73.8, 47.6 and 9.5 %.
    def counts(n, percentages):
        found = [round(n * p / 100) for p in percentages]
        fits = all(abs(100 * k / n - p) <= 0.05 for k, p in zip(found, percentages, strict=True))
        return found if fits else None

    splits = {
        n: counts(n, (73.8, 47.6, 9.5))
        for n in range(1, 89)
        if counts(n, (73.8, 47.6, 9.5)) and counts(89 - n, (91.5, 78.7, 34.0))
    }
    rows = {arm.threshold: arm for arm in load_placebo_arms() if arm.trial == "ALKIVIA phase 2"}
    assert splits == {42: [rows[threshold].responders for threshold in (20, 40, 60)]}
    assert {arm.n for arm in rows.values()} == {42}


# TIS points, PMC5577002 Table 3: upper edges of the bands of absolute percent change, points of each band.
GLOBAL = ((5, 15, 25, 40), (0, Fraction(15, 2), 15, Fraction(35, 2), 20))
PATIENT = ((5, 15, 25, 40), (0, Fraction(5, 2), 5, Fraction(15, 2), 10))
MMT = ((2, 10, 20, 30), (0, 10, 20, Fraction(55, 2), Fraction(65, 2)))
HAQ = ((5, 15, 25, 40), (0, 5, Fraction(15, 2), Fraction(15, 2), 10))
ENZYME = ((5, 15, 25, 40), (0, Fraction(5, 2), 5, Fraction(15, 2), Fraction(15, 2)))
EXTRAMUSCULAR = ((5, 15, 25, 40), (0, Fraction(15, 2), Fraction(25, 2), 15, 20))


def control_bounds(row):
    """Lowest and highest attainable TIS of one patient; CK range 15 x an assumed limit of 3 ukat/L."""
    low = high = Fraction(0)
    for stem, width, sign, (edges, points) in (
        ("phga", 10, 1, GLOBAL),
        ("ptga", 10, 1, PATIENT),
        ("mmt", 80, -1, MMT),
        ("haq", 3, 1, HAQ),
        ("ck", 45, 1, ENZYME),
        ("ext", 1, 1, EXTRAMUSCULAR),
    ):
        before, after = row[f"{stem}0"], row[f"{stem}1"]
        if not before or not after:
            # The best completion: to the good end of the scale, or from its bad end (an enzyme has none).
            ends = (Fraction(before or 0), Fraction(0)) if before else (width, Fraction(after or 0))
            best = 100 * (ends[0] - ends[1]) / Fraction(width) if sign > 0 else 100
            unknown = stem == "ck" and not before
            high += points[-1] if unknown else points[sum(best > edge for edge in edges)]
            continue
        percent = 100 * sign * (Fraction(before) - Fraction(after)) / width
        score = Fraction(points[sum(percent > edge for edge in edges)])
        low, high = low + score, high + score
    return low, high


def test_untreated_controls_are_derived_from_the_published_patients(shared):
    # Alemo Munters et al. 2013, 10.1186/ar4263 Table 4, arm "control".
    with (shared / "facts" / "patients.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    controls = [row for row in rows if "10.1186/ar4263" in row["source"] and row["arm"] == "control"]
    bounds = [control_bounds(row) for row in controls]
    assert [float(low) for low, high in bounds] == [12.5, 17.5, 20.0, 0.0, 27.5, 0.0]
    for arm in load_placebo_arms():
        if not arm.trial.startswith("Endurance"):
            continue
        yes = sum(low >= arm.threshold for low, high in bounds)
        no = sum(high < arm.threshold for low, high in bounds)
        assert (arm.responders, arm.n, arm.undetermined) == (yes, yes + no, len(bounds) - yes - no)
