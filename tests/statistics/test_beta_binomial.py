"""Posteriors, predictions, borrowed history and conflict of Beta priors."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.statistics.beta_binomial import (
    Beta,
    BetaMixture,
    conflict,
    predictive_at_least,
    predictive_probability,
    robust_mixture,
)

positive = st.floats(0.1, 500.0)


def test_placenta_praevia():
    # Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.4: 437 girls of 980 births, uniform prior;
    # posterior Beta(438, 544), mean 0.446, sd 0.016, 95 % interval 0.415 to 0.477.
    posterior = Beta.of(1, 1).updated(437, 980)
    assert (posterior.a, posterior.b) == (438.0, 544.0)
    assert posterior.mean == pytest.approx(0.446, abs=5e-4)
    assert np.sqrt(posterior.variance) == pytest.approx(0.016, abs=5e-4)
    assert posterior.interval() == pytest.approx((0.415, 0.477), abs=5e-4)


@settings(deadline=None, max_examples=40)
@given(positive, positive, st.integers(1, 60))
def test_predictive_agrees_with_scipy(a, b, n):
    from scipy.stats import betabinom

    k = np.arange(n + 1)
    assert predictive_probability(k, n, Beta.of(a, b)) == pytest.approx(betabinom.pmf(k, n, a, b), abs=1e-11)
    tail = predictive_at_least(n, Beta.of(a, b))
    assert tail == pytest.approx(betabinom.sf(k - 1, n, a, b), abs=1e-10)
    assert tail[0] == pytest.approx(1.0, abs=1e-11)
    assert np.all(np.diff(tail) <= 0)


def test_uniform_prior_predicts_every_count_equally():
    # Bayes' billiard table: under Beta(1, 1) each of the n + 1 counts has probability 1/(n + 1).
    assert predictive_probability(np.arange(10), 9, Beta.of(1, 1)) == pytest.approx(
        np.full(10, 0.1), abs=1e-14
    )


@settings(deadline=None, max_examples=40)
@given(positive, positive, st.integers(0, 40), st.integers(0, 40), st.floats(0, 1))
def test_power_prior(a, b, k, misses, weight):
    prior, n = Beta.of(a, b), max(k + misses, 1)
    posterior = prior.updated(min(k, n), n, weight=weight)
    assert posterior.size == pytest.approx(prior.size + weight * n, rel=1e-12)
    low, high = sorted((float(prior.mean), min(k, n) / n))
    assert low - 1e-12 <= posterior.mean <= high + 1e-12
    assert prior.updated(min(k, n), n, weight=0.0).a == prior.a


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_impossible_weight_is_refused(weight):
    with pytest.raises(UsageError, match="Weight of historical patients: found"):
        Beta.of(1, 1).updated(1, 2, weight=weight)
    with pytest.raises(UsageError, match="Weight of the historical prior: found"):
        robust_mixture(Beta.of(1, 1), Beta.of(1, 1), weight=weight)


def exact_marginal(a, b, k, n):
    """Beta-binomial probability for whole-number a and b, as a fraction."""

    def rising(x, m):
        result = Fraction(1)
        for i in range(m):
            result *= x + i
        return result

    return comb(n, k) * rising(a, k) * rising(b, n - k) / rising(a + b, n)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 12), st.fractions(0, 1, max_denominator=20))
def test_posterior_weights_follow_bayes_theorem(a, b, k, weight):
    n = 12
    posterior = robust_mixture(Beta.of(a, b), Beta.of(1, 1), weight=float(weight)).updated(k, n)
    history, vague = exact_marginal(a, b, k, n), exact_marginal(1, 1, k, n)
    expected = weight * history / (weight * history + (1 - weight) * vague)
    assert posterior.weights[0] == pytest.approx(float(expected), abs=1e-11)
    assert posterior.components.a.tolist() == [a + k, 1 + k]


def test_mixture_follows_the_data_away_from_a_conflicting_history():
    # History 21 of 48 responders; 12 concurrent placebo patients, every possible count.
    mixture = robust_mixture(Beta.of(21.5, 27.5), Beta.of(1, 1), weight=0.8)
    posterior = mixture.updated(np.arange(13), 12)
    weight = posterior.weights[:, 0]
    assert weight.argmax() in (5, 6)
    assert np.all(np.diff(weight[:6]) > 0)
    assert np.all(np.diff(weight[6:]) < 0)
    assert weight[12] < 0.05
    assert posterior.size[5] > posterior.size[12]


def test_mixture_probability_is_the_weighted_mean_of_its_parts():
    mixture = robust_mixture(Beta.of(21.5, 27.5), Beta.of(0.5, 0.5), weight=0.7)
    treated = Beta.of(0.5 + np.arange(10), 9.5 - np.arange(10))
    parts = [treated.greater_than(Beta.of(21.5, 27.5)), treated.greater_than(Beta.of(0.5, 0.5))]
    assert mixture.less_than(treated) == pytest.approx(0.7 * parts[0] + 0.3 * parts[1], abs=1e-12)
    alone = robust_mixture(Beta.of(21.5, 27.5), Beta.of(0.5, 0.5), weight=1.0)
    assert alone.less_than(treated) == pytest.approx(parts[0], abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(positive, positive)
def test_effective_size_of_one_component_is_a_plus_b(a, b):
    assert robust_mixture(Beta.of(a, b), Beta.of(1, 1), weight=1.0).size == pytest.approx(a + b, rel=1e-6)


def test_robust_part_lowers_the_effective_size():
    sizes = [
        float(robust_mixture(Beta.of(21.5, 27.5), Beta.of(1, 1), weight=w).size) for w in (1.0, 0.9, 0.5, 0.0)
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == pytest.approx(2.0)


def test_mixture_weights_must_sum_to_one():
    with pytest.raises(UsageError, match=r"expected shares that sum to 1"):
        BetaMixture(np.array([0.5, 0.6]), Beta.of([1, 2], [1, 2]))


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 15))
def test_conflict_sums_the_outcomes_no_more_probable(a, b, n):
    every = [exact_marginal(a, b, k, n) for k in range(n + 1)]
    expected = [float(sum(p for p in every if p <= every[k])) for k in range(n + 1)]
    assert conflict(n, Beta.of(a, b)) == pytest.approx(expected, abs=1e-9)


def test_conflict_of_a_symmetric_prior_is_symmetric():
    values = conflict(9, Beta.of(4.5, 4.5))
    assert values == pytest.approx(values[::-1], abs=1e-12)
    assert values.max() == pytest.approx(1.0)


@settings(deadline=None, max_examples=40)
@given(positive, positive, st.floats(0.001, 0.999))
def test_quantile_inverts_the_distribution(a, b, q):
    from scipy.special import betainc

    assert betainc(a, b, Beta.of(a, b).quantile(q)) == pytest.approx(q, abs=1e-8)
