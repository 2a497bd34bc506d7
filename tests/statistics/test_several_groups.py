"""Trend and several-group tests against enumeration, SciPy and their approximations."""

import itertools
import math

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.statistics.kruskal import kruskal_wallis
from mitograft.statistics.permutation import rank_sum_test
from mitograft.statistics.trend import jonckheere


def arrangements(values, sizes):
    """All distinct assignments of positions to groups, by recursion over combinations."""

    def assign(free, left):
        if not left:
            yield ()
            return
        for chosen in itertools.combinations(free, left[0]):
            rest = tuple(i for i in free if i not in chosen)
            for others in assign(rest, left[1:]):
                yield (chosen, *others)

    for parts in assign(tuple(range(len(values))), tuple(sizes)):
        yield [[values[i] for i in part] for part in parts]


def j_of(groups):
    return sum((x < y) + 0.5 * (x == y) for a, b in itertools.combinations(groups, 2) for x in a for y in b)


def between(groups):
    values = [x for g in groups for x in g]
    rank = {x: sum(v < x for v in values) + (values.count(x) + 1) / 2 for x in values}
    return sum(sum(rank[x] for x in g) ** 2 / len(g) for g in groups)


CASES = [
    [[0, 1, 1], [2, 1, 3], [3, 4, 4]],
    [[5, 4], [1, 2, 2, 3], [2, 6, 0]],
    [[1, 0], [1, 2], [2, 2], [3, 1]],
    [[1.5, 2.5, 0.5], [4.5, 3.5, 6.5]],
]


@pytest.mark.parametrize("groups", CASES)
def test_trend_agrees_with_enumeration(groups):
    null = np.array([j_of(a) for a in arrangements(list(itertools.chain(*groups)), [len(g) for g in groups])])
    result = jonckheere(groups)
    assert result.statistic == j_of(groups)
    assert (result.method, result.arrangements) == ("exact", len(null))
    assert result.p_increasing == pytest.approx(np.mean(null >= result.statistic), rel=1e-12)
    assert result.p_decreasing == pytest.approx(np.mean(null <= result.statistic), rel=1e-12)
    assert (result.mean, result.variance) == pytest.approx((null.mean(), null.var()), rel=1e-12)


@pytest.mark.parametrize("groups", CASES)
def test_kruskal_wallis_agrees_with_enumeration(groups):
    null = np.array(
        [between(a) for a in arrangements(list(itertools.chain(*groups)), [len(g) for g in groups])]
    )
    result = kruskal_wallis(groups)
    assert (result.method, result.arrangements) == ("exact", len(null))
    assert result.p == pytest.approx(np.mean(null >= between(groups) - 1e-9), rel=1e-12)


def test_trend_over_two_groups_is_mann_whitney():
    low, high = [1, 2, 2, 5, 3], [3, 3, 4, 5, 6, 7]
    trend, plain = jonckheere([low, high]), rank_sum_test(high, low)
    assert (trend.p, trend.p_increasing, trend.index) == (plain.p, plain.p_greater, plain.index)


def test_kruskal_wallis_statistic_is_scipys():
    from scipy.stats import kruskal

    rng = np.random.default_rng(1)
    groups = [rng.integers(0, 7, n).tolist() for n in (8, 9, 12, 10)]
    result = kruskal_wallis(groups)
    theirs = kruskal(*groups)
    assert (result.method, result.df) == ("chi-squared", 3)
    assert (result.statistic, result.p) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-10)


def test_random_arrangements_agree_with_exact_and_are_reproducible(monkeypatch):
    groups = [[0, 1, 1, 2], [2, 1, 3, 0], [3, 4, 1, 4]]
    exact = jonckheere(groups).p_increasing, kruskal_wallis(groups).p
    monkeypatch.setattr("mitograft.statistics.trend._MOST_PIECES", 0)
    monkeypatch.setattr("mitograft.statistics.kruskal._MOST_STATES", 0)
    drawn = jonckheere(groups, rng=np.random.default_rng(3))
    again = jonckheere(groups, rng=np.random.default_rng(3))
    assert drawn == again
    assert (drawn.method, drawn.arrangements) == ("monte carlo", 20_000)
    assert drawn.p_increasing == pytest.approx(exact[0], abs=4 * math.sqrt(exact[0] / 20_000))
    test = kruskal_wallis(groups, rng=np.random.default_rng(3), draws=20_000)
    assert (test.method, "20,000 random" in test.description) == ("monte carlo", True)
    assert test.p == pytest.approx(exact[1], abs=4 * math.sqrt(exact[1] / 20_000))
    normal = jonckheere(groups)
    assert normal.method == "normal"
    assert normal.p_increasing == pytest.approx(exact[0], abs=0.02)


def test_all_tied():
    assert jonckheere([[1, 1], [1, 1], [1]]).p == 1.0
    assert jonckheere([[1, 1], [1, 1], [1]]).z == 0.0
    result = kruskal_wallis([[1, 1], [1, 1], [1]])
    assert (result.statistic, result.p) == (0.0, 1.0)


def test_bad_groups():
    with pytest.raises(UsageError, match="Trend test: found 1 groups"):
        jonckheere([[1, 2]])
    with pytest.raises(UsageError, match="Kruskal-Wallis test, group 2: found no values"):
        kruskal_wallis([[1, 2], []])
