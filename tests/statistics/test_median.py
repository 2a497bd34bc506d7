"""The interval of a median between order statistics: published ranks and exact coverage."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from mitograft.errors import UsageError
from mitograft.statistics.median import median_interval


# Ranks of the lower limit at 95 %: tables of the sign test (Conover, Practical Nonparametric Statistics,
# 3rd ed., table A3, p = 0.5): below 6 values there is none, then 1, 1, 1, 2, 2, 2, 3.
@pytest.mark.parametrize(("n", "rank"), [(5, 0), (6, 1), (7, 1), (8, 1), (9, 2), (10, 2), (11, 2), (12, 3)])
def test_ranks_of_the_limits(n, rank):
    found = median_interval(list(range(1, n + 1)))
    assert (found.low, found.high) == ((-math.inf, math.inf) if rank == 0 else (rank, n + 1 - rank))


@given(st.integers(6, 60))
def test_coverage_is_the_binomial_one_and_no_narrower_interval_reaches_the_level(n):
    found = median_interval(list(range(1, n + 1)))
    rank = int(found.low)
    assert found.coverage == pytest.approx(1 - 2 * binom.cdf(rank - 1, n, 0.5))
    assert found.coverage >= 0.95 > 1 - 2 * binom.cdf(rank, n, 0.5)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.floats(0.5, 3.0), st.floats(-10, 10))
def test_units_and_order_do_not_matter(values, factor, shift):
    one, other = median_interval(values), median_interval([factor * v + shift for v in reversed(values)])
    assert other.median == pytest.approx(factor * one.median + shift, abs=1e-6)
    if math.isfinite(one.low):
        assert other.low == pytest.approx(factor * one.low + shift, abs=1e-6)


def test_missing_values_are_left_out_and_nothing_gives_nothing():
    assert median_interval([1.0, math.nan, 3.0]).n == 2
    empty = median_interval([])
    assert (empty.n, empty.low, empty.high) == (0, -math.inf, math.inf)
    assert math.isnan(empty.median)


def test_a_level_that_is_none():
    with pytest.raises(UsageError):
        median_interval([1.0, 2.0], level=1.5)
