"""Paired, unpaired and blocked comparisons on means."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test, ttest_ind, ttest_rel

from mitograft.errors import UsageError
from mitograft.statistics.blocked import as_percent, fit_blocks, paired_t, sign_flip_p, welch_t
from mitograft.statistics.donors import average_donors

NUMBERS = st.integers(-50, 50).map(float)


def test_paired_t_is_that_of_scipy():
    first, second = [5.1, 6.3, 4.8, 7.7], [4.0, 6.0, 4.1, 5.9]
    ours, theirs = paired_t(first, second, level=0.9), ttest_rel(first, second)
    interval = theirs.confidence_interval(0.9)
    assert (ours.t, ours.df, ours.p) == pytest.approx((theirs.statistic, theirs.df, theirs.pvalue))
    assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high))


def test_welch_t_is_that_of_scipy():
    first, second = [5.1, 6.3, 4.8, 7.7], [14.0, 6.0, 9.1]
    ours, theirs = welch_t(first, second), ttest_ind(first, second, equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert (ours.t, ours.df, ours.p) == pytest.approx((theirs.statistic, theirs.df, theirs.pvalue))
    assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high))


@given(st.lists(NUMBERS, min_size=1, max_size=7))
def test_sign_flip_counts_every_pattern(differences):
    sums = [
        abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
        for signs in product((-1, 1), repeat=len(differences))
    ]
    assert sign_flip_p(differences) == np.mean(np.array(sums) >= abs(sum(differences)))


def test_sign_flip_is_the_exact_permutation_test_of_scipy():
    differences = [1.2, 0.4, -0.3, 2.2, 0.9]
    peer = permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip_p(differences) == pytest.approx(peer.pvalue)
    assert math.isnan(sign_flip_p([1.0] * 21))


def test_no_variation_gives_no_interval():
    same = paired_t([3.0, 4.0, 5.0], [2.0, 3.0, 4.0])
    assert same.se == 0.0
    assert math.isnan(same.p)
    assert math.isnan(same.low)
    assert math.isnan(welch_t([3.0, 3.0], [2.0, 2.0]).p)


def test_too_few_donors_are_refused():
    with pytest.raises(UsageError, match="found 1 and 1 donors; expected the same donors, at least two"):
        paired_t([1.0], [2.0])
    with pytest.raises(UsageError, match="expected at least two in each group"):
        welch_t([1.0, 2.0], [2.0])


def test_two_groups_in_complete_blocks_are_the_paired_t_test():
    first, second = [5.1, 6.3, 4.8, 7.7], [4.0, 6.0, 4.1, 5.9]
    fit = fit_blocks(first + second, ["a"] * 4 + ["b"] * 4, list("1234") * 2)
    ours, paired = fit.difference("a", "b"), paired_t(first, second)
    assert (ours.estimate, ours.se, ours.df) == pytest.approx((paired.estimate, paired.se, paired.df))
    assert fit.complete


def test_two_groups_without_blocks_are_students_t_test():
    first, second = [5.1, 6.3, 4.8, 7.7], [4.0, 6.0, 4.1]
    ours = fit_blocks(first + second, ["a"] * 4 + ["b"] * 3).difference("a", "b")
    theirs = ttest_ind(first, second)
    assert (ours.t, ours.df, ours.p) == pytest.approx((theirs.statistic, theirs.df, theirs.pvalue))


def test_incomplete_blocks_are_the_least_squares_fit_of_statsmodels():
    import pandas as pd
    from statsmodels.formula.api import ols

    y = [3.1, 4.4, 5.2, 2.2, 4.9, 6.0, 3.3, 5.8]
    group, block = list("abcabcac"), list("11122334")
    block[2], block[5] = "2", "3"
    peer = ols("y ~ C(g) + C(b)", pd.DataFrame({"y": y, "g": group, "b": block})).fit()
    fit = fit_blocks(y, group, block)
    for name in "bc":
        ours = fit.difference(name, "a")
        key = f"C(g)[T.{name}]"
        assert (ours.estimate, ours.se) == pytest.approx((peer.params[key], peer.bse[key]))
        assert ours.p == pytest.approx(peer.pvalues[key])
    assert fit.df == peer.df_resid
    assert not fit.complete


@given(st.lists(NUMBERS, min_size=9, max_size=9), st.lists(NUMBERS, min_size=3, max_size=3))
def test_adding_a_constant_to_a_block_changes_nothing(values, shifts):
    groups, blocks = list("abc") * 3, [0, 0, 0, 1, 1, 1, 2, 2, 2]
    one = fit_blocks(values, groups, list(map(str, blocks)))
    moved = [value + shifts[block] for value, block in zip(values, blocks, strict=True)]
    other = fit_blocks(moved, groups, list(map(str, blocks)))
    assert other.difference("a", "c").estimate == pytest.approx(one.difference("a", "c").estimate, abs=1e-9)
    assert other.residual_variance == pytest.approx(one.residual_variance, abs=1e-8)


@pytest.mark.parametrize(
    ("groups", "blocks", "message"),
    [
        ("aaaa", "1122", "4 values in 1 groups"),
        ("abcd", "1122", "the blocks do not connect all groups"),
        ("abba", "1234", "the blocks do not connect all groups"),
        ("abab", "1123", "no degree of freedom is left"),
    ],
)
def test_designs_that_say_nothing_are_refused(groups, blocks, message):
    with pytest.raises(UsageError, match=message):
        fit_blocks([1.0, 2.0, 3.0, 5.0], list(groups), list(blocks))


def test_contrasts_must_sum_to_zero():
    fit = fit_blocks([1.0, 2.0, 4.0, 4.0], list("abab"), list("1122"))
    with pytest.raises(UsageError, match="expected 2 weights that sum to 0"):
        fit.contrast([1.0, 1.0])
    with pytest.raises(UsageError, match="found 'z'; expected one of a, b"):
        fit.difference("z", "a")


def test_log_ratio_as_percent():
    assert as_percent(0.0) == 0.0
    assert as_percent(math.log(0.5)) == pytest.approx(-50.0)


def test_donor_means_leave_out_what_is_missing_and_refuse_the_infinite():
    means = average_donors([1.0, math.nan, 3.0, 5.0], ["d"] * 4, ["a", "a", "a", "b"])
    assert [(m.group, m.mean, m.n) for m in means] == [("a", 2.0, 2), ("b", 5.0, 1)]
    with pytest.raises(UsageError, match="found an infinite value"):
        average_donors([math.inf], ["d"], ["a"])
    with pytest.raises(UsageError, match="found 1 values, 2 donors and 1 groups"):
        average_donors([1.0], ["d", "e"], ["a"])
