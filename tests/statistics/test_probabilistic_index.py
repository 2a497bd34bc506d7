"""The probabilistic index: an interval in every situation of small groups, and Brunner-Munzel held back."""

import math

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.statistics.permutation import smallest_p
from mitograft.statistics.probabilistic_index import brunner_munzel, probabilistic_index


@pytest.mark.parametrize("n", range(1, 11))
def test_complete_separation_has_an_interval(n):
    result = probabilistic_index(range(10, 10 + n), range(n))
    assert (result.estimate, result.high, result.separated) == (1.0, 1.0, True)
    assert 0.0 <= result.low < 0.95
    assert (result.low > 0.5) == (smallest_p(n, n) <= 0.05)


def test_all_values_tied_have_an_interval():
    result = probabilistic_index([0] * 8, [0] * 8)
    assert (result.estimate, result.p, result.separated) == (0.5, 1.0, False)
    assert result.low < 0.3
    assert result.high > 0.7


def test_unequal_groups_with_lopsided_ties_agree_with_the_test():
    rng = np.random.default_rng(8)
    for _ in range(40):
        m, n = rng.integers(2, 11, 2)
        first, second = rng.integers(0, 4, m) + rng.integers(0, 3), rng.integers(0, 4, n)
        for level in (0.8, 0.95):
            result = probabilistic_index(first, second, level=level)
            assert (result.low > 0.5 or result.high < 0.5) == (result.p <= 1 - level + 1e-12)
            assert 0.0 <= result.low <= result.estimate <= result.high <= 1.0
            assert result.high - result.low > 0.1


def test_large_groups_come_to_the_usual_interval():
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.5, 1, 300), rng.normal(0, 1, 300)
    result, usual = probabilistic_index(first, second), brunner_munzel(first, second)
    half = 1.96 * (usual.estimate - 0.5) / usual.statistic
    assert (result.low, result.high) == pytest.approx(
        (usual.estimate - half, usual.estimate + half), abs=0.01
    )


def test_brunner_munzel_is_scipys_where_that_exists():
    from scipy.stats import brunnermunzel

    rng = np.random.default_rng(6)
    for m, n in ((5, 5), (6, 9), (10, 8)):
        first, second = rng.integers(0, 7, m), rng.integers(0, 7, n)
        ours, theirs = brunner_munzel(first, second), brunnermunzel(second, first)
        assert (ours.statistic, ours.p_approximate) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_brunner_munzel_is_held_at_the_smallest_exact_p():
    from scipy.stats import brunnermunzel

    # Nearly separated, eight a group: SciPy's p is far below anything 12,870 splits can show.
    first, second = [4, 5, 5, 5, 6, 6, 6, 6], [0, 0, 0, 1, 1, 1, 2, 4]
    result = brunner_munzel(first, second)
    assert brunnermunzel(second, first).pvalue < 1e-8
    assert result.held
    assert result.p == result.smallest_p >= smallest_p(8, 8)
    assert result.p_approximate < 1e-8


def test_brunner_munzel_under_separation_and_without_any_difference():
    up, down = brunner_munzel([5, 6, 7], [1, 2, 3]), brunner_munzel([1, 2, 3], [5, 6, 7])
    assert (up.statistic, down.statistic) == (math.inf, -math.inf)
    assert (up.p, up.held, math.isnan(up.p_approximate)) == (0.1, True, True)
    same = brunner_munzel([2, 2, 2], [2, 2])
    assert (same.statistic, same.p, same.held) == (0.0, 1.0, False)


def test_bad_level():
    with pytest.raises(UsageError, match="Level of an interval"):
        probabilistic_index([1, 2], [3, 4], level=95)
