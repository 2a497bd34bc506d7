"""The prior of a new arm from past arms: published meta-analysis, brute force, laws, degenerate counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.statistics.meta_analytic_prior import fit_meta_analytic_prior

# Ankylosing spondylitis, placebo arms of eight trials, ASAS20, week 6 (Baeten et al., Lancet 2013;382:1705).
RESPONDERS = [23, 12, 19, 9, 39, 6, 9, 10]
PATIENTS = [107, 44, 51, 39, 139, 20, 78, 35]


def fit(responders, patients, tau_scale=1.0, mean_sd=2.0):
    return fit_meta_analytic_prior(responders, patients, tau_scale=tau_scale, mean_sd=mean_sd)


@pytest.fixture(scope="module")
def spondylitis():
    return fit(RESPONDERS, PATIENTS)


def test_ankylosing_spondylitis(spondylitis):
    # RBesT, "Getting started with RBesT (binary)", half-normal(1), normal(0, 2): tau mean 0.387, median
    # 0.359, sd 0.215, 95 % 0.040 to 0.897; new arm 0.255, median 0.247, sd 0.0864, 95 % 0.106 to 0.461.
    # Those are of 4,000 Markov chain draws: two standard errors are 0.007 for tau and 0.003 for the rate.
    tau = spondylitis.heterogeneity
    assert tau.mean == pytest.approx(0.387, abs=0.01)
    assert tau.median == pytest.approx(0.359, abs=0.01)
    assert (tau.low, tau.high) == pytest.approx((0.040, 0.897), abs=0.02)
    assert spondylitis.mean == pytest.approx(0.255, abs=0.004)
    assert spondylitis.sd == pytest.approx(0.0864, abs=0.002)
    assert spondylitis.quantile([0.025, 0.5, 0.975]) == pytest.approx([0.106, 0.247, 0.461], abs=0.011)
    assert spondylitis.arms == 8
    assert not spondylitis.note


def test_ankylosing_spondylitis_with_less_heterogeneity_assumed():
    # The same page, half-normal(1/2): tau 0.335, median 0.320; new arm 0.259, median 0.250, sd 0.0776,
    # 95 % 0.129 to 0.442.
    prior = fit(RESPONDERS, PATIENTS, tau_scale=0.5)
    assert prior.heterogeneity.mean == pytest.approx(0.335, abs=0.006)
    assert prior.heterogeneity.median == pytest.approx(0.320, abs=0.006)
    assert prior.mean == pytest.approx(0.259, abs=0.004)
    assert prior.sd == pytest.approx(0.0776, abs=0.002)
    assert prior.quantile([0.025, 0.5, 0.975]) == pytest.approx([0.129, 0.250, 0.442], abs=0.007)


def brute_force(responders, patients, tau_scale, mean_sd):
    """The same posterior on plain even grids: mean and sd of a new arm's rate, mean of tau."""
    theta = np.arange(-12.0, 12.0, 0.02)
    p = 1 / (1 + np.exp(-theta))
    likelihood = np.stack(
        [p**r * (1 - p) ** (n - r) for r, n in zip(responders, patients, strict=True)], axis=1
    )
    likelihood /= likelihood.max(axis=0)
    mu = np.arange(-8.0, 8.0, 0.04)
    tau = np.arange(0.02, 4.0, 0.04)
    total = first = second = tau_sum = 0.0
    for t in tau:
        kernel = np.exp(-(((theta - mu[:, None]) / t) ** 2) / 2)
        kernel /= kernel.sum(axis=1, keepdims=True)
        prior = np.exp(-(mu**2) / (2 * mean_sd**2) - t**2 / (2 * tau_scale**2))
        weight = prior * np.prod(kernel @ likelihood, axis=1)
        total += weight.sum()
        tau_sum += t * weight.sum()
        first += weight @ (kernel @ p)
        second += weight @ (kernel @ p**2)
    mean = first / total
    return mean, np.sqrt(second / total - mean**2), tau_sum / total


@pytest.mark.parametrize(
    ("responders", "patients", "tau_scale"),
    [(RESPONDERS, PATIENTS, 0.8), ([21], [48], 0.5), ([21, 2], [48, 6], 0.8), ([0, 3], [12, 20], 0.6)],
)
def test_agrees_with_brute_force(responders, patients, tau_scale):
    prior = fit(responders, patients, tau_scale, 1.5)
    mean, sd, tau = brute_force(responders, patients, tau_scale, 1.5)
    assert prior.mean == pytest.approx(mean, abs=1e-5)
    assert prior.sd == pytest.approx(sd, abs=1e-5)
    assert prior.heterogeneity.mean == pytest.approx(tau, abs=2e-3)  # the brute grid of tau is coarse


def test_known_heterogeneity_is_recovered():
    # 24 large arms, log-odds at the quantiles of a normal distribution with sd 0.5 around -1.
    from scipy.special import expit, ndtri

    rates, tenths = expit(-1.0 + 0.5 * ndtri((np.arange(24) + 0.5) / 24)), [0.1, 0.5, 0.9]
    prior = fit(np.rint(400 * rates), np.full(24, 400))
    assert prior.heterogeneity.low < 0.5 < prior.heterogeneity.high
    assert prior.heterogeneity.mean == pytest.approx(0.5, abs=0.06)
    assert prior.quantile(tenths) == pytest.approx(expit(-1 + 0.5 * ndtri(tenths)), abs=0.02)


@settings(max_examples=15)
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.05, 2))
def test_laws_of_one_arm(counts, tau_scale):
    r, n = counts
    prior = fit([r], [n], tau_scale)
    assert prior.mass.sum() == pytest.approx(1.0, abs=1e-12)
    # Responders and non-responders change places.
    mirror = fit([n - r], [n], tau_scale)
    assert prior.mean == pytest.approx(1 - mirror.mean, abs=1e-6)
    assert prior.sd == pytest.approx(mirror.sd, abs=1e-6)
    # Nothing is seen of tau that its prior did not say; extreme counts of many only make it a little larger.
    assert prior.heterogeneity.mean >= 0.5 * tau_scale
    assert "prior of the between-arm standard deviation alone" in prior.note
    assert prior.predictive(7).sum() == pytest.approx(1.0, abs=1e-9)
    assert prior.predictive(1)[1] == pytest.approx(prior.mean, abs=1e-9)


def test_no_heterogeneity_pools_and_much_forgets():
    sd = [fit([21, 30], [48, 60], scale).sd for scale in (0.01, 0.2, 0.6, 2.0)]
    assert np.all(np.diff(sd) > 0)
    # tau near 0: the pooled Beta posterior under (about) its normal prior, sd sqrt(p q / n).
    assert sd[0] == pytest.approx(np.sqrt(51 / 108 * 57 / 108 / 108), rel=0.03)


def test_order_and_repetition():
    one, other = fit([21, 2], [48, 6]), fit([2, 21], [6, 48])
    assert one.mean == pytest.approx(other.mean, abs=1e-12)
    assert np.array_equal(fit([21, 2], [48, 6]).mass, one.mass)


@pytest.mark.parametrize(
    ("responders", "patients"), [([0], [1]), ([48], [48]), ([0, 0, 0], [30, 30, 30]), ([10000], [10000])]
)
def test_nobody_or_everybody_responded(responders, patients):
    prior = fit(responders, patients)
    assert 0.0 < prior.mean < 1.0
    assert np.isfinite(prior.density).all()
    assert prior.mass.sum() == pytest.approx(1.0, abs=1e-12)


def test_large_arms():
    prior = fit([2000], [10000])
    assert prior.quantile(0.5) == pytest.approx(0.2, abs=0.02)
    assert 0.5 < prior.heterogeneity.mean < 1.0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([], []), "Past arms: found none"),
        (([5], [4]), "found 5 responders of 4 patients"),
        (([1], [4], 0.0), "Scale of the heterogeneity prior: found 0.0"),
        (([1], [4], 1.0, float("nan")), "Scale of the prior of the mean: found nan"),
    ],
)
def test_impossible_requests_are_refused(arguments, sentence):
    with pytest.raises(UsageError, match=sentence):
        fit(*arguments)
