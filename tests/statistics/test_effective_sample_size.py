"""Effective sample sizes of Beta priors and mixtures: published values, a + b, predictive consistency."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.statistics.beta_binomial import Beta, BetaMixture
from mitograft.statistics.beta_mixture import fit_beta_mixture, mixture_predictive, with_vague
from mitograft.statistics.effective_sample_size import (
    effective_size,
    elir_size,
    moment_size,
    morita_size,
)
from mitograft.statistics.meta_analytic_prior import fit_meta_analytic_prior

# The mixture that RBesT's page "Getting started with RBesT (binary)" prints for ankylosing spondylitis.
PRINTED = BetaMixture(
    np.array([0.4612914, 0.1917812, 0.1893896, 0.1575378]),
    Beta.of(
        [33.9513487, 19.4400089, 12.2692310, 2.2521243], [103.0146367, 41.5205219, 55.9202833, 5.4812202]
    ),
)
# RBesT's reference page of ess: 0.2 Beta(1, 1) + 0.8 Beta(10, 2).
EXAMPLE = BetaMixture(np.array([0.2, 0.8]), Beta.of([1, 10], [1, 2]))


def on_the_rate_scale(mixture):
    """ELIR as computed on the scale of the rate: less by the density at 0 and at 1."""
    from scipy.stats import beta

    parts = mixture.components
    ends = mixture.weights @ (beta.pdf(0, parts.a, parts.b) + beta.pdf(1, parts.a, parts.b))
    return elir_size(mixture) - float(ends)


def test_published_example():
    # RBesT reference page of ess: moment 3.161034, elir 7.65152 (rate scale), morita 8.487603.
    assert moment_size(EXAMPLE) == pytest.approx(3.161034, abs=5e-7)
    assert on_the_rate_scale(EXAMPLE) == pytest.approx(7.65152, abs=5e-6)
    # RBesT takes away a prior of 1/100 the size where this takes away none: 0.05 % apart.
    assert morita_size(EXAMPLE) == pytest.approx(8.487603, rel=1e-3)


def test_published_ankylosing_spondylitis():
    # The page prints 38 (elir), 24 (moment), 95 (morita), and 27 (elir) with 20 % of a uniform part.
    assert round(elir_size(PRINTED)) == 38
    assert round(moment_size(PRINTED)) == 24
    assert round(morita_size(PRINTED)) == 95
    robust = with_vague(PRINTED, Beta.of(1, 1), weight=0.2)
    assert round(on_the_rate_scale(robust)) == 27


def test_ankylosing_spondylitis_from_the_counts():
    # From counts to sizes without sampling; the page's 38 and 24 are of one Markov chain and its mixture.
    prior = fit_meta_analytic_prior(
        [23, 12, 19, 9, 39, 6, 9, 10], [107, 44, 51, 39, 139, 20, 78, 35], tau_scale=1.0, mean_sd=2.0
    )
    fitted = fit_beta_mixture(
        prior.log_odds, prior.density, prior.mass, largest_error=5e-4, most_components=5
    )
    size = effective_size(fitted.mixture)
    assert size.moment == pytest.approx(24, abs=0.5)
    assert size.elir == pytest.approx(38, abs=1.5)
    assert size.morita == pytest.approx(95, rel=0.2)  # hangs on the curvature at one point of the fit


@given(st.floats(0.1, 400), st.floats(0.1, 400))
def test_a_beta_prior_is_worth_a_plus_b(a, b):
    size = effective_size(Beta.of(a, b))
    assert (size.moment, size.morita, size.elir) == pytest.approx((a + b,) * 3, rel=1e-6)


@settings(max_examples=20)
@given(st.floats(1, 60), st.floats(1, 60), st.floats(0.05, 0.95))
def test_a_mixture_of_the_same_is_the_same(a, b, weight):
    twice = BetaMixture(np.array([weight, 1 - weight]), Beta.of([a, a], [b, b]))
    size = effective_size(twice)
    assert (size.moment, size.elir) == pytest.approx((a + b,) * 2, rel=1e-7)
    assert size.morita == pytest.approx(a + b, rel=1e-4)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.floats(0.1, 1), st.floats(1, 40), st.floats(1, 40)), min_size=2, max_size=4),
    st.integers(1, 25),
)
def test_elir_is_predictively_consistent(parts, n):
    # Neuenschwander et al. 2020: the mean size after n patients is the size before plus n.
    weights, a, b = np.array(parts).T
    prior = BetaMixture(weights / weights.sum(), Beta.of(a, b))
    after = [elir_size(prior.updated(k, n)) for k in range(n + 1)]
    assert mixture_predictive(n, prior) @ after == pytest.approx(elir_size(prior) + n, rel=1e-5)


@pytest.mark.parametrize("b", [1.001, 1.02, 1.125, 1.5])
def test_elir_of_slowly_falling_tails(b):
    # Two components that differ little where their densities end: most of the integral lies in the tails.
    prior = BetaMixture(np.array([0.5, 0.5]), Beta.of([1, 1], [1, b]))
    after = [elir_size(prior.updated(k, 2)) for k in range(3)]
    assert mixture_predictive(2, prior) @ after == pytest.approx(elir_size(prior) + 2, abs=1e-6)


def test_the_other_sizes_are_not_predictively_consistent():
    # What tells the three apart; if this fails they have become the same.
    n = 10
    for size in (moment_size, morita_size):
        after = [size(EXAMPLE.updated(k, n)) for k in range(n + 1)]
        assert abs(mixture_predictive(n, EXAMPLE) @ after - size(EXAMPLE) - n) > 0.3


def test_elir_agrees_with_numerical_differentiation():
    theta = np.linspace(-16, 16, 160_001)
    step = theta[1] - theta[0]
    p = 1 / (1 + np.exp(-theta))
    from scipy.stats import beta

    density = sum(
        w * beta.pdf(p, a, b)
        for w, a, b in zip(PRINTED.weights, PRINTED.components.a, PRINTED.components.b, strict=True)
    ) * (p * (1 - p))
    curvature = -np.gradient(np.gradient(np.log(density), step), step)
    ratio = density * curvature / (p * (1 - p))
    inside = np.abs(theta) < 12  # differences of logarithms are noise further out
    assert np.sum(ratio[inside]) * step == pytest.approx(elir_size(PRINTED), rel=1e-4)


def test_a_vague_part_lowers_every_size():
    sizes = [effective_size(with_vague(PRINTED, Beta.of(1, 1), weight=w)) for w in (0, 0.2, 0.5, 0.9)]
    for name in ("moment", "elir", "morita"):
        assert np.all(np.diff([getattr(size, name) for size in sizes]) < 0)
    assert effective_size(with_vague(PRINTED, Beta.of(1, 1), weight=1.0)).elir == 2.0


def test_what_does_not_exist_is_said():
    size = effective_size(BetaMixture(np.array([0.5, 0.5]), Beta.of([0.5, 0.8], [2, 3])))
    assert np.isnan(size.elir)
    assert np.isnan(elir_size(BetaMixture(np.array([0.5, 0.5]), Beta.of([0.5, 1], [2, 2]))))
    assert np.isfinite(elir_size(BetaMixture(np.array([0.5, 0.5]), Beta.of([0.5, 0.5], [2, 3]))))
    assert "ELIR does not exist" in size.note
    assert "no mode between 0 and 1" in size.note
    assert not effective_size(PRINTED).note
