"""Rank tests of two groups against full enumeration, SciPy's exact test and brute force in blocks."""

import itertools
import math

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.statistics.permutation import (
    blocked_rank_sum_test,
    rank_sum_null,
    rank_sum_test,
    smallest_p,
)
from mitograft.statistics.ranking import doubled_mid_ranks, ordered_levels, tie_factor


def enumerate_sums(values, m):
    """Doubled rank sums of the first group over all splits, by itertools alone."""
    doubled = np.array([2 * sum(v < x for v in values) + sum(v == x for v in values) + 1 for x in values])
    splits = np.fromiter(
        itertools.chain.from_iterable(itertools.combinations(range(len(values)), m)), dtype=np.int64
    )
    return doubled[splits.reshape(-1, m)].sum(axis=1), int(doubled[:m].sum())


@pytest.mark.parametrize("m", range(1, 11))
def test_agrees_with_full_enumeration_up_to_ten_a_group(m):
    rng = np.random.default_rng(m)
    for n in range(1, 11):
        values = rng.integers(0, 7, m + n).tolist()  # seven grades: ties throughout
        sums, observed = enumerate_sums(values, m)
        less, greater = np.mean(sums <= observed), np.mean(sums >= observed)
        result = rank_sum_test(values[:m], values[m:])
        assert result.arrangements == math.comb(m + n, m) == len(sums)
        assert (result.p_less, result.p_greater) == (less, greater)
        assert result.p == min(1.0, 2.0 * min(less, greater))
        assert result.p_mid == pytest.approx(min(1.0, 2 * min(less, greater) - np.mean(sums == observed)))
        ends = min(np.mean(sums == sums.min()), np.mean(sums == sums.max()))
        assert result.smallest_p == min(1.0, 2.0 * ends)


def test_without_ties_it_is_scipys_exact_mann_whitney():
    from scipy.stats import mannwhitneyu

    rng = np.random.default_rng(4)
    for m, n in ((3, 9), (8, 8), (25, 25), (12, 31)):
        first, second = rng.normal(0.5, 1, m), rng.normal(0, 1, n)
        result = rank_sum_test(first, second)
        theirs = mannwhitneyu(first, second, method="exact")
        assert result.p == pytest.approx(theirs.pvalue, rel=1e-12)
        assert result.index == pytest.approx(theirs.statistic / (m * n))


def test_with_ties_it_is_scipys_exact_permutation_test_and_not_its_mann_whitney():
    from scipy.stats import mannwhitneyu, permutation_test

    first, second = [3, 4, 4, 2, 5, 3], [0, 1, 3, 2, 2, 4]

    def statistic(x, y):
        return mannwhitneyu(x, y, method="asymptotic").statistic

    exact = permutation_test((first, second), statistic, n_resamples=np.inf)
    result = rank_sum_test(first, second)
    assert result.p == pytest.approx(exact.pvalue, rel=1e-12)
    # SciPy's own exact method ignores the ties and gives another value.
    assert abs(mannwhitneyu(first, second, method="exact").pvalue - exact.pvalue) > 1e-3


def test_counts_beyond_whole_numbers_agree_with_the_normal_limit():
    rng = np.random.default_rng(2)
    first, second = rng.integers(0, 7, 60), rng.integers(0, 7, 55)
    result = rank_sum_test(first, second)
    assert result.method == "exact"
    assert result.arrangements == pytest.approx(math.comb(115, 60), rel=1e-12)
    z = _z(first, second)
    assert result.p_mid == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), abs=0.005)


def test_large_groups_say_that_they_are_approximate():
    rng = np.random.default_rng(2)
    first, second = rng.normal(0.2, 1, 200), rng.normal(0, 1, 180)
    result = rank_sum_test(first, second)
    assert result.method == "normal"
    assert "normal approximation" in result.description
    assert result.p == pytest.approx(math.erfc(abs(_z(first, second)) / math.sqrt(2)), rel=1e-9)
    assert math.isnan(result.smallest_p)


def _z(first, second):
    m, n = len(first), len(second)
    levels = ordered_levels(np.concatenate([first, second]))
    u = doubled_mid_ranks(levels)[:m].sum() / 2 - m * (m + 1) / 2
    return (u - m * n / 2) / math.sqrt(m * n * (m + n + 1) / 12 * tie_factor(levels))


def test_blocks_agree_with_permuting_by_hand_inside_blocks():
    values = [2, 0, 1, 3, 3, 1, 1, 2, 5, 4, 4, 6]
    in_first = [True, False, False, True, True, False, False, True, True, False, False, True]
    blocks = ["a"] * 3 + ["b"] * 4 + ["c"] * 5

    def statistic(chosen):
        total = 0.0
        for name, size in (("a", 3), ("b", 4), ("c", 5)):
            here = [i for i, block in enumerate(blocks) if block == name]
            one = [values[i] for i in here if chosen[i]]
            two = [values[i] for i in here if not chosen[i]]
            total += sum((x > y) + 0.5 * (x == y) for x in one for y in two) / (size + 1)
        return total

    choices = []
    for name in "abc":
        here = [i for i, block in enumerate(blocks) if block == name]
        choices.append(list(itertools.combinations(here, sum(in_first[i] for i in here))))
    null = []
    for picks in itertools.product(*choices):
        picked = set().union(*picks)
        null.append(statistic([i in picked for i in range(12)]))
    null, observed = np.array(null), statistic(in_first)
    result = blocked_rank_sum_test(values, in_first, blocks)
    assert result.arrangements == len(null) == 3 * 6 * 10
    assert result.blocks == 3
    assert result.p_greater == pytest.approx(np.mean(null >= observed - 1e-9))
    assert result.p_less == pytest.approx(np.mean(null <= observed + 1e-9))


def test_one_block_is_the_plain_test():
    first, second = [3, 4, 4, 2, 5], [0, 1, 3, 2, 2, 4]
    chosen = [True] * 5 + [False] * 6
    assert blocked_rank_sum_test(first + second, chosen, ["x"] * 11) == rank_sum_test(first, second)


def test_a_difference_between_cages_is_no_difference_between_groups():
    # Every group mean differs only because cage b lies higher and holds more of the first group.
    values = [1, 2, 3, 11, 12, 13, 14]
    chosen = [False, True, False, True, False, True, True]
    blocks = ["a", "a", "a", "b", "b", "b", "b"]
    assert blocked_rank_sum_test(values, chosen, blocks).index == pytest.approx(0.6, abs=0.1)


def test_many_unequal_blocks_fall_back_to_the_normal_law_and_say_so():
    rng = np.random.default_rng(5)
    blocks = [f"{size}" for size in range(20, 40) for _ in range(size)]
    values = rng.normal(size=len(blocks))
    chosen = [i % 2 == 0 for i in range(len(blocks))]
    result = blocked_rank_sum_test(values, chosen, blocks)
    assert result.method == "normal"
    assert "within 20 blocks" in result.description


def test_values_below_a_common_limit_rank_lowest_and_tie():
    low = -math.inf
    assert rank_sum_test([low, low, 3], [1, 5, low]) == rank_sum_test([0, 0, 3], [1, 5, 0])


def test_rounding_does_not_untie():
    assert ordered_levels([0.1 + 0.2, 0.3, 0.0, -0.0, math.inf, math.inf]).tolist() == [1, 1, 0, 0, 2, 2]


def test_all_values_tied_say_nothing():
    result = rank_sum_test([1, 1, 1], [1, 1])
    assert (result.p, result.p_mid, result.smallest_p, result.index) == (1.0, 1.0, 1.0, 0.5)


def test_the_smallest_p_of_a_design():
    assert smallest_p(5, 5) == 2 / 252
    assert smallest_p(8, 8) == 2 / 12_870
    assert smallest_p(1, 1) == 1.0
    assert rank_sum_test(range(10, 18), range(8)).p == smallest_p(8, 8)


def test_the_null_distribution_of_unequal_groups_is_mirrored():
    levels = ordered_levels([0, 1, 1, 4, 2, 2, 2])
    one = rank_sum_null(levels[:5], levels[5:])
    two = rank_sum_null(levels[5:], levels[:5])
    assert (2 * 10 - two.values[::-1]).tolist() == one.values.tolist()
    assert two.counts[::-1].tolist() == one.counts.tolist()


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([], [1.0], "first group: found no values"),
        ([1.0], [math.nan], "second group: found a missing value"),
    ],
)
def test_bad_samples(first, second, message):
    with pytest.raises(UsageError, match=message):
        rank_sum_test(first, second)


def test_bad_blocks():
    with pytest.raises(UsageError, match="no block holds animals of both groups"):
        blocked_rank_sum_test([1, 2, 3, 4], [True, True, False, False], ["a", "a", "b", "b"])
    with pytest.raises(UsageError, match="3 values, 2 groups and 3 blocks"):
        blocked_rank_sum_test([1, 2, 3], [True, False], ["a", "a", "b"])
