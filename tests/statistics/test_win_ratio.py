"""Win statistics: by hand, by brute force, known special cases, R; degenerate data answered."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mitograft.errors import UsageError
from mitograft.statistics.permutation import blocked_rank_sum_test, rank_sum_test
from mitograft.statistics.probabilistic_index import probabilistic_index
from mitograft.statistics.score_permutation import ScoreBlock, score_test
from mitograft.statistics.win_pairs import Outcome, compare_pairs
from mitograft.statistics.win_ratio import win_statistics

# Three treated, three on placebo: death (day, seen), rescue (day, seen), TIS at week 12.
FIRST = [True, True, True, False, False, False]
DEATH = Outcome("death", [84, 84, 50, 84, 30, 84], "later", event=[False, False, True, False, True, False])
RESCUE = Outcome("rescue", [84, 40, 50, 60, 30, 84], "later", event=[False, True, False, True, False, False])
TIS = Outcome("TIS", [45, 30, math.nan, 20, math.nan, 45], "higher", margin=5)


def arms(m, n):
    return [True] * m + [False] * n


def test_by_hand():
    """Pocock et al. 2012, unmatched: each of three against each of three, the first difference decides.

    a (alive, no rescue, 45) beats d by rescue (d had it on day 60), e by death, ties f (same TIS).
    b (alive, rescue day 40) loses to d by rescue (d later), beats e by death, loses to f by rescue.
    c (died day 50) loses to d and f by death, beats e (died day 30) by death.
    """
    found = win_statistics([DEATH, RESCUE, TIS], FIRST)
    assert (found.wins, found.losses, found.ties) == (4, 4, 1)
    assert [(c.name, c.wins, c.losses, c.left) for c in found.by_outcome] == [
        ("death", 3, 2, 4),
        ("rescue", 1, 2, 1),
        ("TIS", 0, 0, 1),
    ]
    assert found.win_ratio.estimate == 1.0
    assert found.net_benefit.estimate == 0.0
    assert found.p == 1.0
    assert found.exact


def test_censoring_decides_only_what_is_known():
    """Censored on day 10, event on day 20: nothing known. Censored on the day of the event: later."""
    times = Outcome("death", [10, 20, 20, 20], "later", event=[False, True, False, True])
    assert compare_pairs([times]).better.tolist() == [
        [0, 0, 0, 0],
        [0, 0, -1, 0],
        [0, 1, 0, 1],
        [0, 0, -1, 0],
    ]
    response = Outcome("response", [10, 20, 20, 20], "earlier", event=[False, True, False, True])
    assert (compare_pairs([response]).better == -compare_pairs([times]).better).all()


def test_margins_and_rounding():
    score = Outcome("score", [0.1 + 0.2, 0.3, 5.3, 5.4], "higher", margin=5.0)
    better = compare_pairs([score]).better
    assert better[2, 1] == 0
    assert better[3, 1] == 1
    assert better[0, 1] == 0


def brute(better, m):
    """Two-sided p of wins less losses over all choices of the first arm."""
    total = len(better)
    scores = better.sum(axis=1)
    sums = [scores[list(chosen)].sum() for chosen in combinations(range(total), m)]
    mine = scores[:m].sum()
    return min(1.0, 2 * min(np.mean([s >= mine for s in sums]), np.mean([s <= mine for s in sums])))


@st.composite
def trials(draw):
    m, n = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    size = m + n
    times = draw(st.lists(st.integers(1, 6), min_size=size, max_size=size))
    event = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    score = draw(st.lists(st.sampled_from([0.0, 20.0, 22.5, 40.0, math.nan]), min_size=size, max_size=size))
    death = Outcome("death", times, "later", event=event)
    return m, n, [death, Outcome("TIS", score, "higher", margin=draw(st.sampled_from([0.0, 5.0])))]


@given(trials())
@settings(max_examples=60)
def test_against_brute_force(trial):
    m, n, outcomes = trial
    pairs = compare_pairs(outcomes)
    assert (pairs.better == -pairs.better.T).all()
    found = win_statistics(outcomes, arms(m, n))
    between = pairs.better[:m, m:]
    assert (found.wins, found.losses, found.ties) == tuple(int((between == k).sum()) for k in (1, -1, 0))
    assert found.wins - found.losses == pairs.better[:m].sum()
    assert found.p == pytest.approx(brute(pairs.better, m))
    assert found.net_benefit.estimate == pytest.approx(between.mean())
    for estimate, none in ((found.net_benefit, 0.0), (found.win_odds, 1.0)):
        assert estimate.low <= estimate.estimate <= estimate.high
        # The interval and the exact test say the same.
        assert (estimate.low <= none + 1e-12 and estimate.high >= none - 1e-12) == (found.p > 0.05)
    if not math.isnan(found.win_ratio.estimate):
        assert found.win_ratio.low <= found.win_ratio.estimate <= found.win_ratio.high


@given(trials())
@settings(max_examples=30)
def test_arms_exchanged(trial):
    m, n, outcomes = trial
    first = arms(m, n)
    one, other = win_statistics(outcomes, first), win_statistics(outcomes, [not x for x in first])
    assert (one.wins, one.losses, one.ties) == (other.losses, other.wins, other.ties)
    assert one.p == pytest.approx(other.p)
    assert one.net_benefit.low == pytest.approx(-other.net_benefit.high, abs=1e-9)
    assert one.p_greater == pytest.approx(other.p_less)
    if one.losses and one.wins:
        assert one.win_ratio.estimate == pytest.approx(1 / other.win_ratio.estimate)


def test_one_outcome_without_censoring_is_the_rank_sum_test():
    first, second = [12.5, 20, 42.5, 60, 60], [0, 5, 20, 22.5, 30, 12.5]
    found = win_statistics([Outcome("TIS", first + second, "higher")], arms(5, 6))
    test, index = rank_sum_test(first, second), probabilistic_index(first, second)
    assert found.p == pytest.approx(test.p)
    assert found.smallest_p == pytest.approx(test.smallest_p)
    assert (found.net_benefit.estimate + 1) / 2 == pytest.approx(index.estimate)
    assert (found.net_benefit.low + 1) / 2 == pytest.approx(index.low, abs=1e-9)
    assert (found.net_benefit.high + 1) / 2 == pytest.approx(index.high, abs=1e-9)


def test_strata_are_those_of_van_elteren():
    """Dong's weights 1 / N against van Elteren's 1 / (N + 1): the same for strata of one size."""
    values = [30, 10, 45, 20, 5, 60, 25, 15, 0, 40]
    first = [True, False, True, False, False, True, True, False, False, True]
    strata = list("aaaaabbbbb")
    found = win_statistics([Outcome("TIS", values, "higher")], first, strata=strata)
    test = blocked_rank_sum_test(values, first, strata)
    assert found.p == pytest.approx(test.p)
    assert (found.net_benefit.estimate + 1) / 2 == pytest.approx(test.index)
    assert (found.strata, found.exact) == (2, True)


def test_stratified_by_hand():
    """Weights 1/N_h: stratum a has 2 + 2 subjects, 3 wins and 1 loss; b has 1 + 1 and one win."""
    values = [5, 9, 1, 7, 3, 2]
    first = [True, True, False, False, True, False]
    found = win_statistics([Outcome("x", values, "higher")], first, strata=list("aaaabb"))
    assert found.win_ratio.estimate == pytest.approx((3 / 4 + 1 / 2) / (1 / 4))
    assert found.net_benefit.estimate == pytest.approx((2 / 4 + 1 / 2) / (4 / 4 + 1 / 2))
    # Scores -3 -1 1 3 of four, 1 -1 of two, weights 1 and 2: 12 arrangements; mine has 2 + 2.
    sums = [a + b + 2 * c for a, b in combinations([-3, -1, 1, 3], 2) for c in (-1, 1)]
    mine = 2 + 2
    assert found.p == pytest.approx(min(1, 2 * np.mean([s >= mine for s in sums])))


def test_a_yes_or_no_outcome_has_the_odds_ratio_as_win_ratio():
    """The log win ratio then has Woolf's variance, each arm's part with divisor m - 1 instead of m."""
    a, m, c, n = 9, 14, 4, 13
    found = win_statistics([Outcome("response", [1] * a + [0] * (m - a) + [1] * c + [0] * (n - c), "higher")],
                           arms(m, n))  # fmt: skip
    odds = a / (m - a) * (n - c) / c
    assert found.win_ratio.estimate == pytest.approx(odds)
    variance = (1 / a + 1 / (m - a)) * m / (m - 1) + (1 / c + 1 / (n - c)) * n / (n - 1)
    z = stats.norm.isf(0.025)
    assert found.win_ratio.large_high == pytest.approx(odds * math.exp(z * math.sqrt(variance)))
    assert found.net_benefit.estimate == pytest.approx(a / m - c / n)
    wald = math.sqrt(a / m * (m - a) / m / (m - 1) + c / n * (n - c) / n / (n - 1))
    assert found.net_benefit.large_low == pytest.approx(a / m - c / n - z * wald)


def test_the_variance_is_delongs():
    """One continuous outcome: the covariance of placements of DeLong et al., Biometrics 1988;44:837."""
    first, second = np.array([3.1, 5.2, 6.3, 2.4]), np.array([1.0, 4.4, 2.0, 0.5, 3.3])
    found = win_statistics([Outcome("x", [*first, *second], "higher")], arms(4, 5))
    higher = (first[:, None] > second).astype(float)
    variance = higher.mean(axis=1).var(ddof=1) / 4 + higher.mean(axis=0).var(ddof=1) / 5
    assert found.net_benefit.large_low == pytest.approx(
        found.net_benefit.estimate - stats.norm.isf(0.025) * 2 * math.sqrt(variance)
    )


def test_scores_as_in_r(rscript):
    """R coin: exact permutation test of the scores, whole and within strata; doubled tail by hand."""
    rng = np.random.default_rng(2)
    times, event = rng.integers(1, 9, 14), rng.random(14) < 0.6
    outcomes = [Outcome("death", times, "later", event=event.tolist())]
    first = [bool(x) for x in rng.random(14) < 0.5]
    scores = compare_pairs(outcomes).better.sum(axis=1)
    code = f"""suppressMessages(library(coin))
    d <- data.frame(s=c({",".join(map(str, scores))}), g=factor(c({",".join(str(int(x)) for x in first)})))
    for (side in c("less","greater"))
      cat(as.numeric(pvalue(oneway_test(s ~ g, d, distribution="exact", alternative=side))), "\n")
    cat(as.numeric(pvalue(oneway_test(s ~ g, d, distribution="asymptotic"))), "\n")"""
    # The statistic is that of group 0, so its lower tail is the first arm's upper one.
    greater, less, asymptotic = rscript(code, "coin")
    found = win_statistics(outcomes, first)
    assert (found.p_greater, found.p_less) == pytest.approx((greater, less), abs=1e-9)
    block = ScoreBlock(scores.astype(np.int64), sum(first))
    z = (found.wins - found.losses) / math.sqrt(block.variance)
    assert 2 * stats.norm.sf(abs(z)) == pytest.approx(asymptotic, rel=1e-9)


def test_large_arms_use_the_normal_approximation_and_say_so():
    rng = np.random.default_rng(4)
    values = rng.normal(size=400).round(3)
    found = win_statistics([Outcome("x", values, "higher")], arms(200, 200))
    assert not found.exact
    assert "normal approximation" in found.method
    assert math.isnan(found.smallest_p)
    other = stats.mannwhitneyu(values[:200], values[200:], use_continuity=False, method="asymptotic")
    assert found.p == pytest.approx(other.pvalue, rel=1e-6)
    # With many subjects both intervals agree.
    assert found.net_benefit.low == pytest.approx(found.net_benefit.large_low, abs=0.01)
    assert found.win_ratio.high == pytest.approx(found.win_ratio.large_high, rel=0.03)


def test_exact_and_normal_p_agree_where_both_can_be_had():
    rng = np.random.default_rng(6)
    scores = rng.integers(-20, 20, 40)
    test = score_test([ScoreBlock(scores, 20)], [1], int(scores[:20].sum()))
    block = ScoreBlock(scores, 20)
    z = (scores[:20].sum() - block.mean) / math.sqrt(block.variance)
    assert test.p == pytest.approx(2 * stats.norm.sf(abs(z)), abs=0.02)
    assert test.null.total == math.comb(40, 20)


# Degenerate data are answered


def test_everyone_ties():
    found = win_statistics([Outcome("TIS", [20] * 8, "higher")], arms(4, 4))
    assert (found.wins, found.losses, found.ties) == (0, 0, 16)
    assert math.isnan(found.win_ratio.estimate)
    assert (found.win_ratio.low, found.win_ratio.high) == (0.0, math.inf)
    assert (found.win_odds.estimate, found.net_benefit.estimate, found.p) == (1.0, 0.0, 1.0)
    assert math.isnan(found.net_benefit.large_low)
    assert "there is no win ratio" in found.note


def test_no_losses():
    found = win_statistics([Outcome("TIS", [60, 70, 80, 20, 10, 0], "higher")], arms(3, 3))
    assert found.win_ratio.estimate == math.inf
    assert 0.0 < found.win_ratio.low < 1.0  # 3 + 3 cannot reach 0.05
    assert (found.p, found.smallest_p) == (pytest.approx(0.1), pytest.approx(0.1))
    assert found.net_benefit.low < 0.0
    assert math.isnan(found.win_ratio.large_low)
    assert "no finite estimate" in found.note
    more = win_statistics([Outcome("TIS", [60] * 5 + [0] * 5, "higher")], arms(5, 5))
    assert more.win_ratio.low > 1.0
    less = win_statistics([Outcome("TIS", [60] * 5 + [0] * 5, "lower")], arms(5, 5))
    assert (less.win_ratio.estimate, less.win_ratio.low) == (0.0, 0.0)
    assert less.win_ratio.high == pytest.approx(1 / more.win_ratio.low, rel=1e-6)


def test_one_subject_in_an_arm():
    found = win_statistics([Outcome("TIS", [60, 20, 45, 0], "higher")], arms(1, 3))
    assert found.win_ratio.estimate == math.inf
    assert found.p == pytest.approx(0.5)
    assert math.isnan(found.net_benefit.large_low)
    assert "one subject in an arm" in found.note
    assert "covers less often" in found.note
    single = win_statistics([Outcome("TIS", [60, 20], "higher")], arms(1, 1))
    assert (single.p, single.win_odds.estimate) == (1.0, math.inf)
    assert single.net_benefit.low < 0.0 < single.net_benefit.high


def test_nothing_known_of_anybody():
    found = win_statistics([Outcome("TIS", [math.nan] * 4, "higher")], arms(2, 2))
    assert found.ties == 4
    assert found.p == 1.0


def test_strata_of_one_arm_are_left_out_and_said():
    found = win_statistics(
        [Outcome("TIS", [60, 20, 45, 0, 5], "higher")], [True, False, True, False, True], strata=list("aaaab")
    )
    assert (found.n_first, found.n_second) == (2, 2)
    assert "1 subjects are in strata of one arm only" in found.note


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: win_statistics([], [True, False]), "found none"),
        (lambda: win_statistics([TIS, TIS], FIRST), "different names"),
        (lambda: win_statistics([TIS, Outcome("x", [1, 2], "higher")], FIRST), "one value for each subject"),
        (lambda: win_statistics([TIS], [True, False]), "6 values, 2 arms"),
        (lambda: win_statistics([TIS], [True] * 6), "no stratum with subjects of both arms"),
        (lambda: win_statistics([TIS], FIRST, strata=["a"]), "1 strata"),
        (lambda: win_statistics([TIS], FIRST, level=1.5), "between 0 and 1"),
        (lambda: win_statistics([Outcome("x", [1, 2], "more")], [True, False]), "expected one of higher"),
        (lambda: win_statistics([Outcome("x", [1, 2], "later")], [True, False]), "no events with 'later'"),
        (
            lambda: win_statistics([Outcome("x", [1, 2], "higher", event=[True, True])], [True, False]),
            "none other",
        ),
        (
            lambda: win_statistics([Outcome("x", [1, 2], "higher", margin=-1)], [True, False]),
            "found margin -1",
        ),
    ],
)
def test_questions_that_make_no_sense(call, message):
    with pytest.raises(UsageError, match=message):
        call()
