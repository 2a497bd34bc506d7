"""One proportion against published intervals, a second implementation, and its own laws."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.statistics.proportions import clopper_pearson, jeffreys, probability_at_least, wilson

METHODS = [clopper_pearson, wilson, jeffreys]


# Newcombe, Stat Med 1998;17:857, Table I: exact (method 5) and score (method 3) limits.
@pytest.mark.parametrize(
    ("k", "n", "exact", "score"),
    [
        (81, 263, (0.2527, 0.3676), (0.2553, 0.3662)),
        (15, 148, (0.0578, 0.1617), (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1684), (0.0, 0.1611)),
        (1, 29, (0.0009, 0.1776), (0.0061, 0.1718)),
    ],
)
def test_newcombe_1998_table_1(k, n, exact, score):
    assert clopper_pearson(k, n) == pytest.approx(exact, abs=5e-5)
    assert wilson(k, n) == pytest.approx(score, abs=5e-5)


# R 4.2, binom.test(k, n)$conf.int.
@pytest.mark.parametrize(
    ("k", "n", "limits"),
    [
        (0, 3, (0.0, 0.7076)),
        (0, 6, (0.0, 0.4593)),
        (1, 6, (0.0042, 0.6412)),
        (2, 6, (0.0433, 0.7772)),
        (3, 10, (0.0667, 0.6525)),
    ],
)
def test_clopper_pearson_agrees_with_r(k, n, limits):
    assert clopper_pearson(k, n) == pytest.approx(limits, abs=5e-5)


def test_jeffreys_brown_cai_dasgupta_2001_table_5():
    # Brown, Cai and DasGupta, Stat Sci 2001;16:101, Table 5, column n = 7.
    low, high = jeffreys(np.arange(4), 7)
    assert low == pytest.approx([0.0, 0.016, 0.065, 0.139], abs=5e-4)
    assert high == pytest.approx([0.292, 0.501, 0.648, 0.765], abs=1.1e-3)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_agrees_with_scipy(level):
    from scipy.stats import binomtest

    for n in (1, 2, 9, 40):
        for k in range(n + 1):
            test = binomtest(k, n)
            for mine, method in ((clopper_pearson, "exact"), (wilson, "wilson")):
                other = test.proportion_ci(confidence_level=level, method=method)
                assert mine(k, n, level=level) == pytest.approx((other.low, other.high), abs=1e-9)


def test_clopper_pearson_covers_at_least_its_level():
    # The defining property: for every n <= 30 and every p, the exact coverage is never below the level.
    grid = np.linspace(0.0, 1.0, 203)
    for n in range(1, 31):
        k = np.arange(n + 1)
        low, high = clopper_pearson(k, n)
        mass = (
            np.array([comb(n, int(i)) for i in k])[:, None]
            * grid ** k[:, None]
            * (1 - grid) ** (n - k)[:, None]
        )
        covered = (low[:, None] <= grid) & (grid <= high[:, None])
        assert np.min(np.sum(mass * covered, axis=0)) >= 0.95 - 1e-12


def test_wilson_covers_its_level_on_average_but_not_everywhere():
    grid = np.linspace(0.001, 0.999, 999)
    n = 20
    k = np.arange(n + 1)
    low, high = wilson(k, n)
    mass = (
        np.array([comb(n, int(i)) for i in k])[:, None] * grid ** k[:, None] * (1 - grid) ** (n - k)[:, None]
    )
    coverage = np.sum(mass * ((low[:, None] <= grid) & (grid <= high[:, None])), axis=0)
    assert np.mean(coverage) == pytest.approx(0.95, abs=0.01)
    assert np.min(coverage) < 0.90


counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize("method", METHODS)
@settings(deadline=None, max_examples=40)
@given(counts, st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_interval_holds_the_estimate_and_mirrors(method, count, level):
    k, n = count
    low, high = method(k, n, level=level)
    assert 0.0 <= low <= k / n <= high <= 1.0
    mirrored = method(n - k, n, level=level)
    assert (low, high) == pytest.approx((1 - mirrored[1], 1 - mirrored[0]), abs=1e-12)
    wider = method(k, n, level=0.9999)
    assert wider[0] <= low
    assert wider[1] >= high


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 9, 48, 333])
def test_limits_rise_with_the_count(method, n):
    low, high = method(np.arange(n + 1), n)
    assert np.all(np.diff(low) > 0)
    assert np.all(np.diff(high) > 0)
    assert (low[0], high[-1]) == (0.0, 1.0)


@settings(deadline=None, max_examples=40)
@given(counts, st.fractions(0, 1, max_denominator=50))
def test_tail_agrees_with_exact_fractions(count, p):
    k, n = count
    exact = sum((comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1)), Fraction(0))
    assert probability_at_least(k, n, float(p)) == pytest.approx(float(exact), abs=1e-12, rel=1e-9)


def test_arrays_broadcast():
    low, high = clopper_pearson([[0], [1]], [3, 6, 9])
    assert low.shape == high.shape == (2, 3)
    assert low[1, 1] == clopper_pearson(1, 6)[0]


@pytest.mark.parametrize(
    ("k", "n"), [(4, 3), (-1, 3), (0, 0), (1.5, 3), (1, 3.5), (float("nan"), 3), (1, float("inf"))]
)
def test_impossible_counts_are_refused(k, n):
    with pytest.raises(UsageError, match=r"responders of .* patients; expected whole numbers"):
        clopper_pearson(k, n)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, float("nan")])
def test_impossible_level_is_refused(level):
    with pytest.raises(UsageError, match="Level of an interval: found"):
        wilson(1, 3, level=level)


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_impossible_rate_is_refused(rate):
    with pytest.raises(UsageError, match="outside 0 to 1"):
        probability_at_least(1, 3, rate)
