"""Rounding for print, descriptions, tables of counts, one-way analysis of variance."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mitograft.errors import UsageError
from mitograft.statistics.contingency import chi_squared_test, fisher_exact_table
from mitograft.statistics.description import describe
from mitograft.statistics.rounding import format_fixed, format_p, format_share
from mitograft.statistics.variance import one_way_anova


def test_half_goes_away_from_zero():
    # SAS 9.4 ROUND and R >= 4.0 give 42.7 for 42.65; binary rounding gives 42.6.
    assert format_fixed(42.65, 1) == "42.7"
    assert format_fixed(-42.65, 1) == "-42.7"
    assert format_fixed(0.125, 2) == "0.13"
    assert format_fixed(-0.0, 1) == "0.0"
    assert format_fixed(-0.04, 1) == "0.0"
    assert format_fixed(1e22, 0) == "1" + "0" * 22
    with pytest.raises(UsageError, match="infinite"):
        format_fixed(math.inf, 1)


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6), st.integers(0, 6))
def test_a_fraction_is_rounded_exactly(top, bottom, decimals):
    value = Fraction(top, bottom)
    printed = Fraction(format_fixed(value, decimals))
    assert abs(printed - value) <= Fraction(1, 2 * 10**decimals)
    if abs(printed - value) == Fraction(1, 2 * 10**decimals):
        assert abs(printed) > abs(value)


def test_shares_and_p_values_never_look_like_none_or_all():
    assert (format_share(1, 3000), format_share(0, 3000), format_share(2999, 3000)) == (
        "<0.1",
        "0.0",
        ">99.9",
    )
    assert (format_share(3000, 3000), format_share(1, 0)) == ("100.0", "")
    assert (format_p(0.0), format_p(1e-9), format_p(1 - 1e-9), format_p(0.0005)) == (
        "0.000", "<0.001", ">0.999", "0.001",
    )  # fmt: skip


def test_a_description_of_decimal_data_is_exact():
    # 0.1 + 0.2 + ... in binary depends on the order; SAS definition 5 of the quartiles.
    values = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert describe(values).mean == 0.4
    assert describe(values[::-1]) == describe(values)
    result = describe([1, 2, 3, 4, 5, 6, 7, 8])
    assert (result.q1, result.q3) == (2.5, 6.5)
    assert describe([3.0]).sd is None
    assert describe([math.nan, 2.0, math.nan, 4.0]).n == 2


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_a_description_agrees_with_numpy(values):
    result = describe(values)
    assert result.mean == pytest.approx(np.mean(values), rel=1e-9, abs=1e-6)
    assert result.sd == pytest.approx(np.std(values, ddof=1), rel=1e-6, abs=1e-6)
    assert result.median == pytest.approx(np.median(values), rel=1e-12, abs=1e-9)
    assert result.q1 == pytest.approx(np.quantile(values, 0.25, method="averaged_inverted_cdf"), abs=1e-9)


def test_fisher_of_a_larger_table():
    # R 4.2.2: fisher.test(matrix(c(3, 1, 1, 4, 2, 2), 2))$p.value = 0.32401.
    assert fisher_exact_table([[3, 1, 2], [1, 4, 2]]) == pytest.approx(0.32401, abs=5e-6)
    # Fisher's example of 2 x 2: Agresti, Categorical Data Analysis, 2002, section 3.5.2 (tea tasting): 0.486.
    assert fisher_exact_table([[3, 1], [1, 3]]) == pytest.approx(0.4857143, abs=5e-8)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=2, max_size=3))
def test_fisher_agrees_with_listing_every_table(table):
    counts = np.array(table)
    if counts.sum() == 0:
        assert fisher_exact_table(counts) == 1.0
        return
    assert fisher_exact_table(counts) == pytest.approx(by_listing(counts), rel=1e-9)
    assert fisher_exact_table(counts.T) == pytest.approx(fisher_exact_table(counts), rel=1e-12)
    assert fisher_exact_table(counts[::-1]) == pytest.approx(fisher_exact_table(counts), rel=1e-12)


def by_listing(counts):
    """The p value from every table with the same margins."""
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    factors = math.prod(math.factorial(int(n)) for n in (*rows, *columns))
    total = seen = Fraction(0)
    observed = Fraction(factors, math.prod(math.factorial(int(n)) for n in counts.flat))
    for free in itertools.product(*(range(int(min(r, c)) + 1) for r in rows[:-1] for c in columns[:-1])):
        inner = np.array(free).reshape(len(rows) - 1, len(columns) - 1)
        right = np.column_stack([inner, rows[:-1] - inner.sum(axis=1)])
        full = np.vstack([right, columns - right.sum(axis=0)])
        if (full < 0).any():
            continue
        weight = Fraction(factors, math.prod(math.factorial(int(n)) for n in full.flat))
        total += weight
        seen += weight if weight <= observed else 0
    return float(seen / total)


def test_fisher_says_where_it_would_take_too_long():
    assert fisher_exact_table(np.full((6, 8), 40)) is None
    with pytest.raises(UsageError, match="no whole number"):
        fisher_exact_table([[1, -1], [2, 3]])


def test_chi_squared_and_variance_agree_with_scipy():
    table = [[78, 8, 0], [78, 6, 0], [74, 9, 1]]
    statistic, df, p = chi_squared_test(table)
    other = stats.chi2_contingency(table, correction=False)
    assert (statistic, df, p) == pytest.approx((other.statistic, other.dof, other.pvalue), rel=1e-12)
    assert chi_squared_test([[5, 5]]) is None
    groups = [[6, 8, 4, 5, 3, 4], [8, 12, 9, 11, 6, 8], [13, 9, 11, 8, 7, 12]]
    assert one_way_anova(groups) == pytest.approx(stats.f_oneway(*groups).pvalue, rel=1e-10)
    assert one_way_anova([[1.0, 1.0], [1.0]]) is None
    assert one_way_anova([[1.0, 2.0]]) is None
