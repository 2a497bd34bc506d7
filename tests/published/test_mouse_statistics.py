"""Statistics of the mouse arm against published values."""

import math

import pytest

from mitograft.statistics.agreement import weighted_kappa
from mitograft.statistics.incidence import boschloo_exact
from mitograft.statistics.kruskal import kruskal_wallis
from mitograft.statistics.ordinal import proportional_odds
from mitograft.statistics.permutation import rank_sum_test
from mitograft.statistics.probabilistic_index import brunner_munzel, probabilistic_index
from mitograft.statistics.trend import jonckheere

# Pain scores after surgery: Brunner and Munzel, Biom J 2000;42:17; also the example of SciPy's brunnermunzel.
TREATED = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
CONTROL = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]


def test_brunner_munzel_2000():
    result = brunner_munzel(CONTROL, TREATED)
    assert result.statistic == pytest.approx(3.1374674823, abs=1e-10)
    assert result.p == pytest.approx(0.0057862087, abs=1e-10)
    assert result.estimate == pytest.approx(0.7889610390, abs=1e-10)
    assert not result.held


def test_index_of_the_pain_scores():
    result = probabilistic_index(CONTROL, TREATED)
    assert result.estimate == pytest.approx(0.7889610390, abs=1e-10)
    # Brunner and Munzel's own interval is 0.595 to 0.983 on the plain scale.
    assert (result.low, result.high) == pytest.approx((0.576, 0.909), abs=5e-4)


def test_proportional_odds_of_the_pain_scores():
    # statsmodels 0.15 OrderedModel, logit.
    result = proportional_odds(CONTROL, TREATED)
    assert result.log_odds_ratio == pytest.approx(2.4076, abs=5e-5)
    assert result.se == pytest.approx(0.9065, abs=5e-5)
    assert result.lr == pytest.approx(8.1902, abs=5e-5)
    assert result.p == pytest.approx(0.004212, abs=5e-7)
    assert result.log_likelihood == pytest.approx(-27.2931, abs=5e-5)


def test_mann_whitney_1947():
    # Ann Math Stat 1947;18:50, table I: four and five values, P(U <= 2) = 0.032; exactly 4/126.
    result = rank_sum_test([1, 2, 3, 6], [4, 5, 7, 8, 9])
    assert result.index * 20 == pytest.approx(2)
    assert result.p_less == pytest.approx(4 / 126) == pytest.approx(0.032, abs=5e-4)


@pytest.mark.parametrize(
    ("sizes", "groups", "h", "p"),
    [
        # Kruskal and Wallis 1952, table 6.1 (as reprinted by Siegel 1956, table O).
        ((3, 3, 3), [[1, 2, 3], [4, 5, 6], [7, 8, 9]], 7.2, 0.004),
        ((2, 2, 2), [[1, 2], [3, 4], [5, 6]], 4.5714, 0.067),
        ((4, 4, 4), [[1, 2, 3, 4], [5, 6, 7, 9], [8, 10, 11, 12]], 9.2692, 0.001),
    ],
)
def test_kruskal_wallis_1952(sizes, groups, h, p):
    result = kruskal_wallis(groups)
    assert result.sizes == sizes
    assert result.statistic == pytest.approx(h, abs=5e-5)
    assert result.p == pytest.approx(p, abs=5e-4)


def test_kruskal_wallis_mucociliary():
    # Hollander and Wolfe 1973, p. 116, as in R's kruskal.test: H = 0.77143, df 2, p = 0.68 (chi-squared).
    groups = [[2.9, 3.0, 2.5, 2.6, 3.2], [3.8, 2.7, 4.0, 2.4], [2.8, 3.4, 3.7, 2.2, 2.0]]
    result = kruskal_wallis(groups)
    assert (result.statistic, result.df) == (pytest.approx(0.77143, abs=5e-6), 2)
    assert result.method == "exact"
    assert result.p == pytest.approx(0.711, abs=5e-4)


def test_jonckheere_knowledge_of_performance():
    # Hundal 1969 in Hollander and Wolfe 1999, example 6.2: J = 79, E = 54, z = 2.02 without ties, one-sided
    # p = 0.022; from the table that ignores ties 0.0231.
    groups = [[40, 35, 38, 43, 44, 41], [38, 40, 47, 44, 40, 42], [48, 40, 45, 43, 46, 44]]
    result = jonckheere(groups)
    assert (result.statistic, result.mean) == (79.0, 54.0)
    assert 25.0 / math.sqrt(153.0) == pytest.approx(2.02, abs=5e-3)  # their variance, without ties
    assert result.z == pytest.approx(25.0 / math.sqrt(150.28676470588235))
    assert result.p_increasing == pytest.approx(0.022, abs=1.5e-3)


def test_jonckheere_sachs():
    # Sachs, Angewandte Statistik, 1997, p. 402, as in R's PMCMR: z = 2.2716, one-sided p = 0.01156 (normal).
    groups = [[106, 114, 116, 127, 145], [110, 125, 143, 148, 151], [136, 139, 149, 152, 174]]
    result = jonckheere(groups)
    assert result.statistic == 59.0
    assert result.z == pytest.approx(2.2716, abs=5e-5)
    assert result.p_increasing == pytest.approx(0.01156, abs=5e-4)


def test_weighted_kappa_of_sas():
    # SAS PROC FREQ, a 3 x 3 table of 19 pairs with one unused level, as printed in statsmodels' tests.
    table = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]
    cells = [(i, j) for i in range(3) for j in range(3) for _ in range(table[i][j])]
    one, two = zip(*cells, strict=True)
    result = weighted_kappa(one, two, [0, 1, 2], weights="linear")
    printed = (0.4701, 0.1457, 0.1845, 0.7558)
    assert (result.kappa, result.se, result.low, result.high) == pytest.approx(printed, abs=5e-5)


def test_boschloo_job_satisfaction():
    # SciPy's example of boschloo_exact: columns of 74 of 117 against 31 of 63, one-sided p = 0.0355.
    assert boschloo_exact(74, 117, 31, 63) == pytest.approx(2 * 0.0355, abs=2e-4)
