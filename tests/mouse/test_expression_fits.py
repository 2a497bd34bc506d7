"""The fits of all genes at once, against pydeseq2's own gene by gene and against their own equations."""

import numpy as np
import pytest

from mitograft.mouse.expression.negative_binomial import (
    fit_coefficients,
    fit_dispersions,
    fit_means,
    log_likelihood,
)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(7)
    design = np.column_stack([np.ones(12), np.repeat([0.0, 1.0], 6), rng.normal(size=12)])
    scale = rng.uniform(0.5, 2.0, 12)
    beta = np.column_stack([rng.normal(4, 1.5, 60), rng.normal(0, 1, 60), rng.normal(0, 0.2, 60)])
    alpha = rng.uniform(0.01, 0.6, 60)
    mean = scale[:, None] * np.exp(design @ beta.T)
    return rng.poisson(mean * rng.gamma(1 / alpha, alpha, mean.shape)), scale, design, alpha


def test_the_likelihood_is_scipys(data):
    from scipy.stats import nbinom

    counts, scale, design, alpha = data
    mu = fit_means(counts, scale, design, 0.5)
    wanted = nbinom.logpmf(counts, 1 / alpha, 1 / (1 + alpha * mu)).sum(axis=0)
    np.testing.assert_allclose(log_likelihood(counts, mu, alpha), wanted, rtol=1e-9)


def test_coefficients_solve_the_score_equations_and_agree_with_pydeseq2(data):
    from pydeseq2.utils import irls_solver

    counts, scale, design, alpha = data
    fit = fit_coefficients(counts, scale, design, alpha)
    assert not fit.diverged.any()
    score = ((counts - fit.mu) / (1 + alpha * fit.mu)).T @ design - 1e-6 * fit.beta
    high = fit.mu.min(axis=0) > 0.5
    assert high.sum() > 50
    assert np.abs(score[high]).max() < 0.05
    np.testing.assert_allclose(fit.hat.sum(axis=0), 3.0, rtol=1e-5)
    for gene in range(0, 60, 7):
        beta, mu, hat, _ = irls_solver(counts[:, gene], scale, design, alpha[gene])
        np.testing.assert_allclose(fit.beta[gene], beta, atol=1e-9)
        np.testing.assert_allclose(fit.mu[:, gene], mu, rtol=1e-8)
        np.testing.assert_allclose(fit.hat[:, gene], hat, atol=1e-9)


def test_a_gene_of_one_group_only_is_fitted_like_pydeseq2(data):
    from pydeseq2.utils import irls_solver

    _, scale, design, _ = data
    counts = np.where(design[:, 1:2] > 0, 40, 0)
    fit = fit_coefficients(counts, scale, design[:, :2], np.array([0.1]))
    beta, *_ = irls_solver(counts[:, 0], scale, design[:, :2], 0.1)
    np.testing.assert_allclose(fit.beta[0], beta, atol=1e-6)


@pytest.mark.parametrize("prior", [None, 0.5])
@pytest.mark.parametrize("adjusted", [True, False])
def test_dispersions_are_the_best_on_a_fine_grid(data, prior, adjusted):
    counts, scale, design, _ = data
    mu = fit_coefficients(counts, scale, design, np.full(60, 0.2)).mu
    start = np.full(60, 0.2)
    bounds = (1e-8, 12.0)
    found = fit_dispersions(counts, design, mu, start, bounds=bounds, prior_variance=prior, adjusted=adjusted)

    def objective(alpha):
        total = -log_likelihood(counts, mu, alpha)
        if adjusted:
            weights = mu / (1 + mu * alpha)
            total += 0.5 * np.linalg.slogdet(np.einsum("ij,ig,ik->gjk", design, weights, design))[1]
        return total if prior is None else total + np.log(alpha / start) ** 2 / (2 * prior)

    best = objective(found)
    for log_alpha in np.linspace(np.log(1e-6), np.log(12.0), 400):
        assert np.all(best <= objective(np.full(60, np.exp(log_alpha))) + 1e-5)


def test_genes_without_overdispersion_go_to_the_lower_bound():
    rng = np.random.default_rng(1)
    counts = np.full((10, 3), 50) + rng.integers(-1, 2, (10, 3))
    design, mu = np.ones((10, 1)), np.full((10, 3), 50.0)
    found = fit_dispersions(counts, design, mu, np.full(3, 0.1), bounds=(1e-8, 10.0))
    assert np.all(found < 1e-5)


def test_dispersions_agree_with_pydeseq2(data):
    from pydeseq2.utils import fit_alpha_mle

    counts, scale, design, _ = data
    mu = fit_coefficients(counts, scale, design, np.full(60, 0.2)).mu
    start = np.full(60, 0.15)
    ours = fit_dispersions(counts, design, mu, start, bounds=(1e-8, 12.0), prior_variance=0.8)
    for gene in range(0, 60, 7):
        theirs, _ = fit_alpha_mle(
            counts[:, gene], design, mu[:, gene], 0.15, 1e-8, 12.0, prior_disp_var=0.8, prior_reg=True
        )
        assert ours[gene] == pytest.approx(theirs, rel=1e-3)
