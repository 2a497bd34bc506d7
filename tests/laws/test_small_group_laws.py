"""Laws of the comparisons of few animals: order is all that counts, and both groups count alike."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mitograft.statistics.censored import compare_censored
from mitograft.statistics.ordinal import proportional_odds
from mitograft.statistics.permutation import blocked_rank_sum_test, rank_sum_test
from mitograft.statistics.probabilistic_index import brunner_munzel, probabilistic_index
from mitograft.statistics.trend import jonckheere

grades = st.lists(st.integers(0, 6), min_size=1, max_size=8)
few = settings(max_examples=25)


@given(grades, grades)
@few
def test_swapping_the_groups_turns_everything_round(first, second):
    one, two = rank_sum_test(first, second), rank_sum_test(second, first)
    assert (one.p, one.p_greater, one.smallest_p) == (two.p, two.p_less, two.smallest_p)
    assert one.index == pytest.approx(1 - two.index)
    there, back = probabilistic_index(first, second), probabilistic_index(second, first)
    assert (there.low, there.high) == pytest.approx((1 - back.high, 1 - back.low), abs=1e-12)
    assert brunner_munzel(first, second).p == pytest.approx(brunner_munzel(second, first).p)


@given(grades, grades, st.randoms(use_true_random=False))
@few
def test_only_the_order_counts(first, second, random):
    stretched = {grade: math.exp(grade) - 7 for grade in range(7)}
    assert rank_sum_test([stretched[x] for x in first], [stretched[x] for x in second]) == rank_sum_test(
        first, second
    )
    shuffled = random.sample(first, len(first))
    assert probabilistic_index(shuffled, second) == probabilistic_index(first, second)


@given(grades, grades, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
@few
def test_interval_and_test_never_contradict_each_other(first, second, level):
    result = probabilistic_index(first, second, level=level)
    assert (result.low > 0.5 or result.high < 0.5) == (result.p <= 1 - level + 1e-12)
    assert result.low < result.high
    assert result.low <= result.estimate <= result.high
    assert result.p >= rank_sum_test(first, second).smallest_p


@given(grades, grades)
@few
def test_brunner_munzel_never_claims_more_than_permutation_can(first, second):
    result = brunner_munzel(first, second)
    assert not math.isnan(result.p)
    assert result.p >= rank_sum_test(first, second).smallest_p * (1 - 1e-12)


@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=3), min_size=2, max_size=4))
@few
def test_reversing_the_doses_reverses_the_trend(groups):
    up, down = jonckheere(groups), jonckheere(groups[::-1])
    assert (up.p, up.p_increasing) == pytest.approx((down.p, down.p_decreasing))
    assert up.z == pytest.approx(-down.z)
    assert up.index == pytest.approx(1 - down.index)


@given(grades, grades)
@settings(max_examples=8)
def test_odds_turn_round_with_the_groups_and_with_the_scale(first, second):
    assume(len(set(first + second)) > 1)
    one, two = proportional_odds(first, second), proportional_odds(second, first)
    turned = proportional_odds([-x for x in first], [-x for x in second])
    for other in (two, turned):
        assert one.lr == pytest.approx(other.lr, abs=1e-7)
        assert one.separated == other.separated
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-5)


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=12))
@few
def test_copying_a_cage_shift_changes_nothing_within_blocks(mice):
    assume(len({group for _, group in mice}) == 2)
    values, chosen = [v for v, _ in mice], [g for _, g in mice]
    both = values + [v + 100 for v in values]
    blocks = ["a"] * len(values) + ["b"] * len(values)
    shifted = blocked_rank_sum_test(both, chosen * 2, blocks)
    plain = blocked_rank_sum_test(values * 2, chosen * 2, blocks)
    assert shifted == plain
    assert shifted.index == pytest.approx(rank_sum_test(*_groups(values, chosen)).index)


def _groups(values, chosen):
    return [v for v, g in zip(values, chosen, strict=True) if g], [
        v for v, g in zip(values, chosen, strict=True) if not g
    ]


@given(st.floats(0.01, 100), st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_a_ratio_moves_with_the_values(factor, seed):
    rng = np.random.default_rng(seed)
    first, second = rng.lognormal(1, 1, 5), rng.lognormal(0, 1, 5)
    limit = [0.5 * min(second)]
    plain = compare_censored(first, second, [], limit)
    moved = compare_censored(factor * first, second, [], limit)
    shift = math.log(factor)
    assert moved.log_ratio == pytest.approx(plain.log_ratio + shift, abs=1e-6)
    assert (moved.low, moved.high) == pytest.approx((plain.low + shift, plain.high + shift), abs=1e-6)
