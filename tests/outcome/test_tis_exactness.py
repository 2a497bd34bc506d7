"""No float misclassification: every grid of the core set against an oracle in exact fractions.

The oracle below is written from the published table alone (PMC5577002 Table T3), not from the package's data.
"""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from mitograft.outcome.tis import score_tis, tis_rules

STANDARD, STRENGTH = (5, 15, 25, 40), (2, 10, 20, 30)
POINTS = {
    "physician_global": (STANDARD, (0, 7.5, 15, 17.5, 20)),
    "patient_global": (STANDARD, (0, 2.5, 5, 7.5, 10)),
    "mmt8": (STRENGTH, (0, 10, 20, 27.5, 32.5)),
    "haq": (STANDARD, (0, 5, 7.5, 7.5, 10)),
    "enzyme": (STANDARD, (0, 2.5, 5, 7.5, 7.5)),
    "extramuscular": (STANDARD, (0, 7.5, 12.5, 15, 20)),
}
STILL = {
    "physician_global": 5,
    "patient_global": 5,
    "mmt8": 100,
    "haq": 1,
    "extramuscular": 5,
    "ck": 1,
    "ck_uln": 1,
}


def oracle(measure, improvement, size):
    """Points of an exact improvement on a scale of exact size."""
    edges, points = POINTS[measure]
    percent = 100 * Fraction(improvement) / Fraction(size)
    return points[sum(percent > edge for edge in edges)]


def scored(measure, baseline, final, maximum=150):
    base = STILL | {measure: np.asarray(baseline, float), "mmt8_max": maximum}
    last = STILL | {measure: np.asarray(final, float)}
    return score_tis(base, last).points[measure]


@pytest.mark.parametrize("measure", ["physician_global", "patient_global", "extramuscular"])
def test_all_pairs_of_a_0_1_cm_scale(measure):
    tenths = [(b, f) for b in range(101) for f in range(101)]
    assert sum(f <= b for b, f in tenths) == 5151  # the ordered improvements, among all pairs
    got = scored(measure, [b / 10 for b, _ in tenths], [f / 10 for _, f in tenths])
    expected = [oracle(measure, Fraction(b - f, 10), 10) for b, f in tenths]
    assert got.tolist() == expected


def test_a_plain_float_scorer_fails_on_26_of_them():
    # The trap this package exists to avoid; if binary floats ever got it right, the test above would be idle.
    pairs = [(b, f) for b in range(101) for f in range(b + 1)]
    edges = np.array(STANDARD, float)
    naive = [int(np.searchsorted(edges, (b / 10 - f / 10) / 10 * 100, side="left")) for b, f in pairs]
    exact = [sum(Fraction(100 * (b - f), 100) > e for e in STANDARD) for b, f in pairs]
    assert sum(n != e for n, e in zip(naive, exact, strict=True)) == 26


@pytest.mark.parametrize("maximum", [80, 150, 260])
@pytest.mark.parametrize("parts", [1, 2, 3])
def test_strength_in_whole_half_and_third_points(maximum, parts):
    # Thirds arise when three raters are averaged; they have no finite decimal.
    steps = np.arange(0, maximum * parts + 1)
    starts = [0, 1, 2, 7, maximum * parts // 2]
    pairs = [(b, f) for b in starts for f in steps]
    got = scored("mmt8", [b / parts for b, _ in pairs], [f / parts for _, f in pairs], maximum)
    expected = [oracle("mmt8", Fraction(int(f) - b, parts), maximum) for b, f in pairs]
    assert got.tolist() == expected


@pytest.mark.parametrize("grid", [Fraction(1, 8), Fraction(1, 7), Fraction(1, 6), Fraction(1, 100)])
def test_disability_index_in_its_own_steps(grid):
    values = [k * grid for k in range(int(3 / grid) + 1)]
    pairs = (
        list(itertools.product(values, values))
        if len(values) < 40
        else [(b, f) for b in values for f in values[::7]]
    )
    got = scored("haq", [float(b) for b, _ in pairs], [float(f) for _, f in pairs])
    expected = [oracle("haq", b - f, 3) for b, f in pairs]
    assert got.tolist() == expected


def test_0_45_of_3_is_exactly_15_percent():
    assert scored("haq", [0.45, 1.2, 0.46], [0, 0.75, 0]).tolist() == [5, 5, 7.5]


@pytest.mark.parametrize("name", ["ck", "aldolase", "ast", "alt", "ldh"])
@pytest.mark.parametrize(("unit", "limits"), [(1, (187, 200, 308)), (100, (253, 330, 517))])
def test_enzymes_on_the_edges_of_every_limit(name, unit, limits):
    # Values in U/L (whole numbers) and microkat/L (hundredths); both visits with their own limit of normal.
    size = {"ck": 15, "aldolase": 6}.get(name, 3)
    rng = np.random.default_rng(2016)
    rows = []
    for u0, u1, percent in itertools.product(limits, limits, STANDARD):
        edge = Fraction(percent * size, 100)
        for v1 in rng.integers(0, 900, 12).tolist():
            exact = (edge + Fraction(v1, u1)) * u0  # a fall of exactly the edge
            rows += [(v0, u0, v1, u1) for v0 in (int(exact) - 1, int(exact), int(exact) + 1)]
    v0, u0, v1, u1 = (np.array(column) / unit for column in zip(*rows, strict=True))
    base = {k: v for k, v in STILL.items() if not k.startswith("ck")} | {"mmt8_max": 150}
    got = score_tis(base | {name: v0, f"{name}_uln": u0}, base | {name: v1, f"{name}_uln": u1})
    expected = [oracle("enzyme", Fraction(a, b) - Fraction(c, d), size) for a, b, c, d in rows]
    assert got.points["enzyme"].tolist() == expected
    assert len(set(expected)) > 2


def test_enzyme_with_many_decimals_is_decided_in_rationals():
    # 0.1234567 x 3 cannot be decided on a grid of four decimals.
    limit = 0.1234567
    base = STILL | {"mmt8_max": 150, "ck": np.array([0.9259253, 0.92592525]), "ck_uln": limit}
    final = STILL | {"ck": 0.83333273, "ck_uln": limit}
    exact = [
        (Fraction(str(v)) - Fraction("0.83333273")) / Fraction(str(limit)) for v in (0.9259253, 0.92592525)
    ]
    assert [e > Fraction(75, 100) for e in exact] == [True, False]  # one just past the edge, one just below
    got = score_tis(base, final).points["enzyme"].tolist()
    assert got == [oracle("enzyme", e, 15) for e in exact]


def test_all_15625_band_combinations_give_the_sum_of_their_points_and_its_category():
    rules = tis_rules()
    inside = {STANDARD: (0, 10, 20, 30, 50), STRENGTH: (0, 5, 15, 25, 40)}
    combos = list(itertools.product(range(5), repeat=6))
    assert len(combos) == 15_625
    names = [m.name for m in rules.measures]
    change = {n: np.array([inside[POINTS[n][0]][c[i]] for c in combos]) for i, n in enumerate(names)}
    base = {
        "physician_global": 10,
        "patient_global": 10,
        "haq": 3,
        "extramuscular": 10,
        "mmt8": 0,
        "mmt8_max": 150,
    }
    final = {
        "physician_global": 10 - change["physician_global"] / 10,
        "patient_global": 10 - change["patient_global"] / 10,
        "haq": 3 - change["haq"] * 3 / 100,
        "extramuscular": 10 - change["extramuscular"] / 10,
        "mmt8": change["mmt8"] * 1.5,
    }
    score = score_tis(
        base | {"ck": 2000, "ck_uln": 100}, final | {"ck": 2000 - 15 * change["enzyme"], "ck_uln": 100}
    )
    totals = [sum(POINTS[n][1][band] for n, band in zip(names, combo, strict=True)) for combo in combos]
    assert score.tis.tolist() == totals
    for population, limits in (("adult", (20, 40, 60)), ("juvenile", (30, 45, 70))):
        words = tis_rules(population)
        names_of = score_tis(
            base | {"ck": 2000, "ck_uln": 100},
            final | {"ck": 2000 - 15 * change["enzyme"], "ck_uln": 100},
            rules=words,
        ).category_names()
        expected = [
            ("none", "minimal", "moderate", "major")[sum(t >= limit for limit in limits)] for t in totals
        ]
        assert names_of == expected
