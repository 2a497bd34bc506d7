"""Dunnett: the multivariate t integral, its quantile, Holm, and refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import dunnett as scipy_dunnett
from scipy.stats import multivariate_normal, multivariate_t, norm, studentized_range, t

from mitograft.errors import UsageError
from mitograft.statistics.blocked import fit_blocks
from mitograft.statistics.dunnett import dunnett, max_t_probability, max_t_quantile, one_factor

HALF = np.full((3, 3), 0.5) + 0.5 * np.eye(3)


# Dunnett, Biometrics 1964;20:482, table of two-sided 5 % points for equal groups (correlation 1/2).
@pytest.mark.parametrize(
    ("k", "df", "expected"),
    [(2, 5, 3.03), (3, 5, 3.29), (2, 10, 2.57), (4, 10, 2.89), (3, 20, 2.54), (2, math.inf, 2.21)],
)
def test_published_critical_values(k, df, expected):
    correlation = np.full((k, k), 0.5) + 0.5 * np.eye(k)
    assert max_t_quantile(0.95, correlation, df) == pytest.approx(expected, abs=0.005)


def test_one_comparison_is_the_ordinary_t():
    assert max_t_probability(2.0, [[1.0]], 7) == pytest.approx(2 * t.cdf(2.0, 7) - 1, abs=1e-14)
    assert max_t_quantile(0.95, [[1.0]], 7) == pytest.approx(t.ppf(0.975, 7), abs=1e-12)


def test_independent_normal_comparisons_multiply():
    inside = 2 * norm.cdf(2.2) - 1
    assert max_t_probability(2.2, np.eye(4), math.inf) == pytest.approx(inside**4, abs=1e-10)


@pytest.mark.parametrize("df", [1, 3, 30])
def test_perfectly_balanced_pair_agrees_with_a_monte_carlo_free_peer(df):
    law = multivariate_t(np.zeros(3), HALF, df=df)
    peer = law.cdf(
        np.full(3, 2.0), lower_limit=np.full(3, -2.0), maxpts=100_000, random_state=np.random.default_rng(1)
    )
    assert max_t_probability(2.0, HALF, df) == pytest.approx(peer, abs=2e-5)


def test_two_comparisons_of_correlation_one_half_bound_the_range():
    # max |T_i| over comparisons with a control is at most the studentized range over all pairs.
    q = studentized_range.sf(2.5 * math.sqrt(2), 3, 12)
    assert 1 - max_t_probability(2.5, HALF[:2, :2], 12) < q


@settings(max_examples=12)
@given(
    st.lists(st.floats(-0.9, 0.9), min_size=3, max_size=4),
    st.sampled_from([2.0, 5.0, 40.0]),
    st.floats(0.8, 3.0),
)
def test_one_factor_correlations_agree_with_scipys_lattice(loadings, df, c):
    l = np.array(loadings)  # noqa: E741 - the letter of the formula
    correlation = np.outer(l, l)
    np.fill_diagonal(correlation, 1.0)
    law = multivariate_t(np.zeros(len(l)), correlation, df=df)
    peer = law.cdf(
        np.full(len(l), c),
        lower_limit=np.full(len(l), -c),
        maxpts=50_000,
        random_state=np.random.default_rng(1),
    )
    assert max_t_probability(c, correlation, df) == pytest.approx(peer, abs=2e-4)


def test_loadings_are_found_with_their_signs_and_only_where_they_exist():
    l = np.array([0.8, -0.5, 0.3])  # noqa: E741 - the letter of the formula
    correlation = np.outer(l, l)
    np.fill_diagonal(correlation, 1.0)
    assert one_factor(correlation) == pytest.approx(l)
    assert one_factor(np.array([[1, 0.3, 0.1], [0.3, 1, 0.9], [0.1, 0.9, 1]])) is None
    assert one_factor(np.array([[1, 0.5, 0], [0.5, 1, 0.0], [0, 0.0, 1]])) is None


def test_a_correlation_without_one_factor_is_integrated_too_and_always_alike():
    correlation = np.array([[1, 0.5, 0], [0.5, 1, 0.0], [0, 0.0, 1]])
    first = max_t_probability(2.0, correlation, math.inf)
    pair = multivariate_normal(np.zeros(2), correlation[:2, :2]).cdf([2.0, 2.0], lower_limit=[-2.0, -2.0])
    assert first == pytest.approx(pair * (2 * norm.cdf(2.0) - 1), abs=1e-4)
    assert max_t_probability(2.0, correlation, math.inf) == first


def test_the_quantile_inverts_the_probability():
    c = max_t_quantile(0.9, HALF, 6)
    assert max_t_probability(c, HALF, 6) == pytest.approx(0.9, abs=1e-8)


def test_unequal_groups_agree_with_scipy():
    rng = np.random.default_rng(3)
    samples = {"a": rng.normal(0, 1, 6), "b": rng.normal(1, 1, 4), "c": rng.normal(2, 1, 9)}
    result = dunnett(
        fit_blocks(np.concatenate(list(samples.values())), [g for g, v in samples.items() for _ in v]), "a"
    )
    peer = scipy_dunnett(samples["b"], samples["c"], control=samples["a"], rng=np.random.default_rng(1))
    interval = peer.confidence_interval(0.95)
    assert [row.p for row in result.comparisons] == pytest.approx(peer.pvalue, abs=1e-4)
    assert [row.low for row in result.comparisons] == pytest.approx(interval.low, abs=2e-2)
    assert "adjusted together (Dunnett, single step) for 2 comparisons with 'a'" in result.multiplicity


def test_p_and_interval_agree_and_single_step_lies_between_raw_and_bonferroni():
    rng = np.random.default_rng(9)
    y, groups, blocks = rng.normal(0, 1, 20), list("abcde") * 4, [b for b in "1234" for _ in "abcde"]
    y += np.array([0, 0, 1.0, 2.0, 3.0] * 4)
    result = dunnett(fit_blocks(y, groups, blocks), "a")
    for row in result.comparisons:
        assert (row.p < 0.05) == (row.low > 0 or row.high < 0)
        assert row.p_unadjusted <= row.p <= min(1.0, 4 * row.p_unadjusted) + 1e-9


def test_holm_steps_down_and_says_so():
    rng = np.random.default_rng(9)
    y, groups = rng.normal(0, 1, 20) + np.array([0, 0, 1.0, 2.0, 3.0] * 4), list("abcde") * 4
    result = dunnett(fit_blocks(y, groups), "a", method="holm")
    raw = sorted(row.p_unadjusted for row in result.comparisons)
    adjusted = sorted(row.p for row in result.comparisons)
    expected, highest = [], 0.0
    for i, p in enumerate(raw):
        highest = max(highest, min(1.0, p * (4 - i)))
        expected.append(highest)
    assert adjusted == pytest.approx(expected)
    assert "Holm" in result.multiplicity
    assert "Bonferroni" in result.multiplicity


def test_what_cannot_be_compared_is_refused():
    fit = fit_blocks([1.0, 2.0, 4.0, 4.0], list("abab"), list("1122"))
    with pytest.raises(UsageError, match="found 'z'; expected one of a, b"):
        dunnett(fit, "z")
    with pytest.raises(UsageError, match="expected 'single-step' or 'holm'"):
        dunnett(fit, "a", method="none")
    with pytest.raises(UsageError, match="no residual variation"):
        dunnett(fit_blocks([1.0, 2.0, 1.0, 2.0], list("abab")), "a")
