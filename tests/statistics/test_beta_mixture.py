"""Mixtures of Beta distributions: the fit and its error, robust priors, what they predict, conflict."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.statistics.beta_binomial import (
    Beta,
    BetaMixture,
    conflict,
    predictive_probability,
)
from mitograft.statistics.beta_difference import difference_quantile
from mitograft.statistics.beta_mixture import (
    fit_beta_mixture,
    mixture_conflict,
    mixture_difference_quantile,
    mixture_predictive,
    with_vague,
)
from mitograft.statistics.meta_analytic_prior import fit_meta_analytic_prior


def grid_of(weights, a, b):
    """A mixture of Beta distributions as density and mass on a grid of log-odds."""
    from scipy.stats import beta

    theta = np.linspace(-30, 30, 4001)
    p = 1 / (1 + np.exp(-theta))
    density = sum(w * beta.pdf(p, x, y) for w, x, y in zip(weights, a, b, strict=True)) * p * (1 - p)
    mass = density * (theta[1] - theta[0])
    return theta, density / mass.sum(), mass / mass.sum()


def single(a, b):
    return BetaMixture(np.ones(1), Beta.of([a], [b]))


@settings(max_examples=20)
@given(st.floats(1.1, 200), st.floats(1.1, 200))
def test_a_beta_distribution_is_found_again(a, b):
    found = fit_beta_mixture(*grid_of([1], [a], [b]), largest_error=1e-3, most_components=3)
    assert found.mixture.weights.size == 1
    assert found.mixture.components.a[0] == pytest.approx(a, rel=1e-3)
    assert found.mixture.components.b[0] == pytest.approx(b, rel=1e-3)
    assert found.divergence < 1e-6


def test_a_mixture_is_found_again():
    found = fit_beta_mixture(*grid_of([0.4, 0.6], [2, 40], [8, 60]), largest_error=1e-5, most_components=2)
    assert found.mixture.weights == pytest.approx([0.4, 0.6], abs=1e-3)
    assert found.mixture.components.a == pytest.approx([2, 40], rel=0.01)
    assert found.largest_error < 1e-4


def test_more_components_are_nearer_and_the_error_is_that_of_the_distribution_functions():
    prior = fit_meta_analytic_prior([21], [48], tau_scale=1.0, mean_sd=2.0)
    three = (prior.log_odds, prior.density, prior.mass)
    fits = [fit_beta_mixture(*three, largest_error=0.0, most_components=count) for count in (1, 2, 3, 4)]
    errors = [found.largest_error for found in fits]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 5e-4
    assert all(np.diff([found.divergence for found in fits]) < 0)
    last = fits[-1].mixture
    assert float(last.mean) == pytest.approx(prior.mean, abs=1e-4)
    assert float(last.size) == pytest.approx(prior.mean * (1 - prior.mean) / prior.sd**2 - 1, rel=2e-3)
    # Predictions from the mixture are those from the grid.
    assert mixture_predictive(9, last) == pytest.approx(prior.predictive(9), abs=2e-4)


def test_enough_is_enough():
    prior = fit_meta_analytic_prior([21], [48], tau_scale=1.0, mean_sd=2.0)
    three = (prior.log_odds, prior.density, prior.mass)
    assert fit_beta_mixture(*three, largest_error=0.01, most_components=5).mixture.weights.size == 2


def test_a_vague_part():
    robust = with_vague(single(20, 30), Beta.of(1, 1), weight=0.2)
    assert robust.weights.tolist() == [0.8, 0.2]
    assert float(robust.mean) == pytest.approx(0.8 * 0.4 + 0.2 * 0.5)
    assert with_vague(single(20, 30), Beta.of(1, 1), weight=0.0).mean == pytest.approx(0.4)
    # 9 of 9 speak against Beta(20, 30): the weight moves to the vague part; 4 of 9 leave it where it is.
    after = [float(robust.updated(k, 9).weights[-1]) for k in (4, 9)]
    assert after[0] < 0.2
    assert after[1] > 0.8


def test_prediction_and_conflict_of_one_component_are_those_of_the_beta_distribution():
    rate = Beta.of(21.5, 27.5)
    assert mixture_predictive(9, single(21.5, 27.5)) == pytest.approx(
        predictive_probability(np.arange(10), 9, rate), abs=1e-15
    )
    assert mixture_conflict(9, single(21.5, 27.5)) == pytest.approx(conflict(9, rate), abs=1e-15)


def test_conflict_under_a_uniform_prior_does_not_exist():
    # Every count is equally probable; none is more surprising than another.
    assert mixture_conflict(9, single(1, 1)) == pytest.approx(np.ones(10))


@settings(max_examples=30)
@given(st.floats(1, 60), st.floats(1, 60), st.floats(0.0, 1.0), st.integers(1, 30))
def test_a_vague_part_never_makes_counts_more_surprising_at_the_ends(a, b, weight, n):
    robust = with_vague(single(a, b), Beta.of(1, 1), weight=weight)
    each = mixture_predictive(n, robust)
    assert each.sum() == pytest.approx(1.0, abs=1e-10)
    p = mixture_conflict(n, robust)
    assert np.all((p >= each - 1e-12) & (p <= 1.0))
    assert p.max() == pytest.approx(1.0, abs=1e-10)  # the most probable count surprises nobody


def test_difference_from_a_mixture():
    rate = Beta.of([2.5, 7.5, 0.5, 9.5], [7.5, 2.5, 9.5, 0.5])
    for q in (0.025, 0.5, 0.975):
        assert mixture_difference_quantile(q, rate, single(21.5, 27.5)) == pytest.approx(
            difference_quantile(q, rate.a, rate.b, 21.5, 27.5), abs=1e-5
        )
    robust = with_vague(single(21.5, 27.5), Beta.of(1, 1), weight=0.2)
    rng = np.random.default_rng(5)
    draws = np.where(rng.random(400_000) < 0.8, rng.beta(21.5, 27.5, 400_000), rng.random(400_000))
    simulated = np.quantile(rng.beta(7.5, 2.5, 400_000) - draws, [0.025, 0.5, 0.975])
    exact = [float(mixture_difference_quantile(q, rate, robust)[1]) for q in (0.025, 0.5, 0.975)]
    assert exact == pytest.approx(simulated.tolist(), abs=0.004)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: with_vague(single(2, 2), Beta.of(1, 1), weight=1.2), "Weight of the vague part: found 1.2"),
        (lambda: mixture_difference_quantile(1.0, Beta.of([1], [1]), single(2, 2)), "found 1.0"),
        (lambda: mixture_difference_quantile(0.5, Beta.of(1, 1), single(2, 2)), "found 0 dimensions"),
        (
            lambda: fit_beta_mixture(*grid_of([1], [2], [2]), largest_error=0, most_components=6),
            "Components of a mixture: found 6; expected 1 to 5",
        ),
        (
            lambda: fit_beta_mixture(np.zeros(2), np.ones(2), np.ones(2), largest_error=0, most_components=1),
            "expected one probability a point",
        ),
    ],
)
def test_impossible_requests_are_refused(call, sentence):
    with pytest.raises(UsageError, match=sentence):
        call()
