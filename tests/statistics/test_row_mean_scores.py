"""Cochran-Mantel-Haenszel tests against published values, other statistics and laws."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency, kruskal, pearsonr
from statsmodels.stats.contingency_tables import StratifiedTable

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.statistics.row_mean_scores import correlation, general_association, row_mean_scores

# Job satisfaction (columns, least first) by income (rows), of women and of men: Agresti, Categorical Data
# Analysis, 2002, table 7.8.
WOMEN = [[1, 3, 11, 2], [2, 3, 17, 3], [0, 1, 8, 5], [0, 2, 4, 2]]
MEN = [[1, 1, 2, 1], [0, 3, 5, 1], [0, 0, 7, 3], [0, 1, 9, 6]]


def test_job_satisfaction():
    # Agresti 2002, p. 297, and R, help page of mantelhaen.test: general association 10.2001 on 9 degrees of
    # freedom, p 0.3345. SAS FREQ in Agresti, with scores 3, 10, 20, 35 and 1, 3, 4, 5: row means 9.0342 on
    # 3, p 0.0288; correlation 6.1563 on 1, p 0.0131.
    tables, income, satisfaction = [WOMEN, MEN], [3, 10, 20, 35], [1, 3, 4, 5]
    found = general_association(tables)
    assert (round(found.statistic, 4), found.df, round(found.p, 4)) == (10.2001, 9, 0.3345)
    found = row_mean_scores(tables, satisfaction)
    assert (round(found.statistic, 4), found.df, round(found.p, 4)) == (9.0342, 3, 0.0288)
    found = correlation(tables, income, satisfaction)
    assert (round(found.statistic, 4), found.df, round(found.p, 4)) == (6.1563, 1, 0.0131)
    assert (found.strata, found.informative, found.subjects) == (2, 2, 104)


def test_two_by_two_tables_as_statsmodels():
    tables = [[[12, 5], [7, 9]], [[4, 6], [3, 8]], [[10, 1], [6, 7]]]
    other = StratifiedTable([np.array(table) for table in tables]).test_null_odds(correction=False)
    for found in (general_association(tables), row_mean_scores(tables, [0, 1])):
        assert (found.statistic, found.p) == pytest.approx((other.statistic, other.pvalue), rel=1e-10)


def test_one_stratum_is_pearson_with_one_subject_less():
    n = np.sum(WOMEN)
    pearson = chi2_contingency(WOMEN, correction=False)
    found = general_association([WOMEN])
    assert found.statistic == pytest.approx(pearson.statistic * (n - 1) / n, rel=1e-10)
    assert found.df == pearson.dof


def subjects(table):
    rows, columns = np.indices(np.shape(table))
    return np.repeat(rows.ravel(), np.ravel(table)), np.repeat(columns.ravel(), np.ravel(table))


def test_one_stratum_is_correlation_and_variance_explained():
    group, category = subjects(MEN)
    scores = np.array([1.0, 3.0, 4.0, 5.0])
    r = pearsonr(group, scores[category]).statistic
    assert correlation([MEN], range(4), scores).statistic == pytest.approx((group.size - 1) * r**2)
    means = np.array([scores[category][group == g].mean() for g in range(4)])[group]
    share = np.var(means) / np.var(scores[category])
    assert row_mean_scores([MEN], scores).statistic == pytest.approx((group.size - 1) * share)


def test_modified_ridits_in_one_stratum_are_kruskal_wallis():
    group, category = subjects(WOMEN)
    other = kruskal(*(category[group == g] for g in range(4)))
    found = row_mean_scores([WOMEN], "modified ridit")
    assert (found.statistic, found.p) == pytest.approx((other.statistic, other.pvalue), rel=1e-10)


def test_laws():
    found = row_mean_scores([WOMEN, MEN], [1, 3, 4, 5])
    turned = row_mean_scores([WOMEN[::-1], MEN[::-1]], [10, 30, 40, 50])  # order and unit do not matter
    assert turned.statistic == pytest.approx(found.statistic, rel=1e-10)
    empty = [[0] * 4] * 4
    single = [[1, 0, 0, 0], [0] * 4, [0] * 4, [0] * 4]
    alike = [[0, 0, 3, 0], [0, 0, 5, 0], [0] * 4, [0] * 4]
    more = row_mean_scores([WOMEN, empty, MEN, single, alike], [1, 3, 4, 5])
    assert (more.statistic, more.df) == pytest.approx((found.statistic, found.df))
    assert (more.strata, more.informative, more.subjects) == (5, 2, 113)


def test_an_empty_group_takes_a_degree_of_freedom():
    found = row_mean_scores([[[3, 1], [1, 4], [0, 0]]], [0, 1])
    assert found.df == 1
    assert found.statistic == pytest.approx(row_mean_scores([[[3, 1], [1, 4]]], [0, 1]).statistic)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "means", "counts"), [(9, 0.030, 0.006), (12, 0.039, 0.014), (36, 0.042, 0.039)]
)
def test_size_under_the_null(n, means, counts):
    # the shares of the module's docstring, within four Monte Carlo errors
    rng, draws, found = stream(5, "row mean scores", n), 1000, np.zeros(2)
    arm = np.arange(n) % 3
    for _ in range(draws):
        table = np.zeros((3, 4))
        np.add.at(table, (arm, rng.integers(0, 4, n)), 1)
        tests = row_mean_scores([table], range(4)), general_association([table])
        found += [test.p is not None and test.p <= 0.05 for test in tests]
    assert found / draws == pytest.approx([means, counts], abs=4 * np.sqrt(0.04 * 0.96 / draws))


@pytest.mark.parametrize(
    "tables", [[[[5, 0], [4, 0]]], [[[5, 2], [0, 0]]], [[[0, 0], [0, 0]]], [[[1, 0], [0, 0]]]]
)
def test_nothing_to_compare_is_an_outcome(tables):
    for found in (
        row_mean_scores(tables, [0, 1]),
        row_mean_scores(tables, "modified ridit"),
        general_association(tables),
        correlation(tables, [0, 1], [0, 1]),
    ):
        assert (found.statistic, found.df, found.p) == (None, 0, None)
        assert "no stratum" in found.reason
    assert row_mean_scores([WOMEN], [2, 2, 2, 2]).reason


@pytest.mark.parametrize(
    ("tables", "scores", "words"),
    [
        ([], [0, 1], "expected one shape"),
        ([[[1, 2], [3, 4]], [[1, 2, 3], [3, 4, 5]]], [0, 1], "expected one shape"),
        ([[1, 2]], [0, 1], "expected one shape"),
        ([[[1.5, 2], [3, 4]]], [0, 1], "no count"),
        ([[[-1, 2], [3, 4]]], [0, 1], "no count"),
        ([[[1, 2], [3, 4]]], [0, 1, 2], "found 3 for 2 columns"),
        ([[[1, 2], [3, 4]]], [0, float("nan")], "finite"),
        ([[[1, 2], [3, 4]]], "ranks", "'modified ridit'"),
    ],
)
def test_unusable_input_is_refused(tables, scores, words):
    with pytest.raises(UsageError, match=words):
        row_mean_scores(tables, scores)
