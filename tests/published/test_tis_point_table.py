"""The TIS against the published point table (PMC5577002 Table T3) and the constructed cases made from it."""

import csv
from fractions import Fraction

import numpy as np
import pytest

from mitograft.outcome.tis import score_tis, tis_rules

# Eight constructed cases: (baseline, final) of physician, patient, MMT, HAQ, extramuscular; MMT maximum; fall
# of the enzyme in percent of its range; points in that order with the enzyme last; total; adult and juvenile
# category.
CASES = {
    "C01": (
        (10, 10, 0, 3, 10),
        (0, 0, 150, 0, 0),
        150,
        100,
        (20, 10, 32.5, 10, 20, 7.5),
        100,
        "major",
        "major",
    ),
    "C03": ((3, 2, 140, 0.5, 1), (8, 9, 90, 2.5, 7), 150, -60, (0, 0, 0, 0, 0, 0), 0, "none", "none"),
    "C05": (
        (6, 6, 120, 1.5, 6),
        (5.4, 5.4, 124, 1.25, 5.4),
        150,
        6,
        (7.5, 2.5, 10, 5, 7.5, 2.5),
        35,
        "minimal",
        "minimal",
    ),
    "C07": (
        (6, 6, 120, 2, 6),
        (4.4, 4.4, 136, 1.5, 4.4),
        150,
        16,
        (15, 5, 20, 7.5, 12.5, 5),
        65,
        "major",
        "moderate",
    ),
    "C09": (
        (6, 6, 110, 2, 6),
        (3.4, 3.4, 141, 1.2, 3.4),
        150,
        26,
        (17.5, 7.5, 27.5, 7.5, 15, 7.5),
        82.5,
        "major",
        "major",
    ),
    "C11": (
        (7, 7, 100, 2.5, 7),
        (2.9, 2.9, 146, 1.25, 2.9),
        150,
        41,
        (20, 10, 32.5, 10, 20, 7.5),
        100,
        "major",
        "major",
    ),
    "C13": (
        (7, 6, 62, 1.625, 4),
        (4, 5, 70, 1.25, 3),
        80,
        10,
        (17.5, 2.5, 10, 5, 7.5, 2.5),
        45,
        "moderate",
        "moderate",
    ),
    "C15": ((6, 5, 130, 1, 3), (4, 4, 134, 1, 3), 150, 3, (15, 2.5, 10, 0, 0, 0), 27.5, "minimal", "none"),
}
ORDER = ("physician_global", "patient_global", "mmt8", "haq", "extramuscular")
UP = (False, False, True, False, False)


def sides(before, after, maximum, enzyme_percent):
    """Columns of both visits; the enzyme falls from 20 x ULN by the given percent of 15 x ULN."""
    base = dict(zip(ORDER, before, strict=True)) | {"mmt8_max": maximum, "ck": 2000, "ck_uln": 100}
    final = dict(zip(ORDER, after, strict=True)) | {"ck": 2000 - 15 * enzyme_percent, "ck_uln": 100}
    return base, final


@pytest.mark.parametrize("name", CASES)
def test_constructed_case_gives_every_percent_point_total_and_category(name):
    before, after, maximum, enzyme, points, total, adult, juvenile = CASES[name]
    base, final = sides(before, after, maximum, enzyme)
    score = score_tis(base, final)
    sizes = (10, 10, maximum, 3, 10)
    for measure, size, up, x0, x1 in zip(ORDER, sizes, UP, before, after, strict=True):
        expected = 100 * (Fraction(str(x1)) - Fraction(str(x0))) * (1 if up else -1) / size
        assert score.percent[measure][0] == pytest.approx(float(expected), abs=1e-9)
    assert score.percent["enzyme"][0] == pytest.approx(enzyme, abs=1e-9)
    assert [float(score.points[m][0]) for m in (*ORDER, "enzyme")] == list(points)
    assert score.tis.tolist() == [total]
    assert score.category_names() == [adult]
    assert score_tis(base, final, rules=tis_rules("juvenile")).category_names() == [juvenile]


def test_shared_cases_agree(shared):
    with (shared / "facts" / "tis_cases.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["id"] for row in rows} == set(CASES)
    keys = ("phga", "ptga", "mmt", "haq", "ext")
    for row in rows:
        columns = ("phga_{}_cm", "ptga_{}_cm", "mmt8_{}", "haq_{}", "ext_vas_{}_cm")
        before, after = ([float(row[c.format(i)]) for c in columns] for i in (0, 1))
        base, final = sides(before, after, float(row["mmt8_max"]), float(row["enzyme_abs_pct_improvement"]))
        score = score_tis(base, final)
        for key, measure in zip((*keys, "enzyme"), (*ORDER, "enzyme"), strict=True):
            assert score.percent[measure][0] == pytest.approx(float(row[f"abs_pct_{key}"]), abs=5e-5)
            assert score.points[measure][0] == float(row[f"expected_points_{key}"])
        assert score.tis[0] == float(row["expected_tis"])
        assert score.category_names() == [row["expected_category_adult_20_40_60"]]
        juvenile = score_tis(base, final, rules=tis_rules("juvenile"))
        assert juvenile.category_names() == [row["expected_category_juvenile_30_45_70"]]


def test_point_table_is_the_published_one():
    # PMC5577002 Table T3, typed row by row.
    table = {measure.name: [float(p) for p in measure.points] for measure in tis_rules().measures}
    assert table == {
        "physician_global": [0, 7.5, 15, 17.5, 20],
        "patient_global": [0, 2.5, 5, 7.5, 10],
        "mmt8": [0, 10, 20, 27.5, 32.5],
        "haq": [0, 5, 7.5, 7.5, 10],
        "enzyme": [0, 2.5, 5, 7.5, 7.5],
        "extramuscular": [0, 7.5, 12.5, 15, 20],
    }
    edges = {measure.name: [float(e) for e in measure.edges] for measure in tis_rules().measures}
    assert edges.pop("mmt8") == [2, 10, 20, 30]
    assert set(map(tuple, edges.values())) == {(5, 15, 25, 40)}


def test_printo_uses_the_same_points_on_its_own_measures():
    # 10.1136/annrheumdis-2017-211401; measures of PMC2774891 Table 2.
    rules = tis_rules("juvenile", "printo", {"chq_phs_range": "100"})
    assert [m.name for m in rules.measures] == [
        "physician_global",
        "patient_global",
        "cmas",
        "haq",
        "chq_phs",
        "das",
    ]
    base = {"physician_global": 6, "patient_global": 6, "cmas": 30, "haq": 2, "chq_phs": 20, "das": 12}
    final = {"physician_global": 3, "patient_global": 5, "cmas": 36, "haq": 1.75, "chq_phs": 30, "das": 9}
    score = score_tis(base, final, rules=rules)
    # 30 %, 10 %, 6/52 = 11.5 %, 8.3 %, 10 %, exactly 15 % (still the second band)
    assert [float(score.points[m.name][0]) for m in rules.measures] == [17.5, 2.5, 20, 5, 2.5, 7.5]
    assert score.tis.tolist() == [55.0]
    assert score.category_names() == ["moderate"]


def test_untreated_controls_of_the_exercise_trial():
    # Six untreated controls of 10.1186/ar4263 Table 4; MITAX x 10 stands in for the extramuscular VAS and the
    # upper limit of CK is assumed to be 3 microkat/L, as in the derivation these totals come from.
    nan = np.nan
    rows = {  # physician, patient, MMT, HAQ, CK, MITAX: (week 0, week 12)
        "J": ((0, 0), (4.4, 2.6), (77, 77), (0.38, 0.63), (1.6, 3.1), (0.19, 0.11)),
        "K": ((0.1, 0), (1.3, 0.5), (72, 74), (0.38, 0), (1.8, 1.8), (0.06, 0.10)),
        "L": ((0, 0), (7.7, 5.2), (66, 73), (0.5, 0.13), (1.3, 1.2), (0.09, 0.21)),
        "M": ((0.3, 0.5), (2.0, 4.4), (75, 70), (0.5, 0.38), (3.7, 1.9), (0.14, 0.13)),
        "N": ((nan, 0.5), (5.9, 6.9), (57, 75), (1.75, 2.0), (nan, nan), (nan, 0.24)),
        "O": ((1.0, 0.6), (3.9, 5.9), (75, 72), (0.63, 0.88), (1.2, 1.6), (0.13, nan)),
    }
    columns = ("physician_global", "patient_global", "mmt8", "haq", "ck", "extramuscular")
    values = np.array([list(row) for row in rows.values()], dtype=float)
    values[:, 5] *= 10
    base = {c: values[:, i, 0] for i, c in enumerate(columns)} | {"mmt8_max": 80, "ck_uln": 3}
    final = {c: values[:, i, 1] for i, c in enumerate(columns)} | {"ck_uln": 3}
    score = score_tis(base, final)
    assert score.tis_low.tolist() == [12.5, 17.5, 20, 0, 27.5, 0]
    assert score.missing_names()[4] == ("physician_global", "enzyme", "extramuscular")
    assert score.missing_names()[5] == ("extramuscular",)
    assert np.isnan(score.tis[4:]).all()
