r"""Negative binomial regression of all genes at once.

Counts ``y`` of gene ``g`` in sample ``i`` have mean ``mu = s_i exp(x_i beta_g)`` (``s`` the size factor) and
variance ``mu + alpha_g mu^2`` (Love, Huber and Anders, Genome Biol 2014;15:550). The arithmetic is that of
one gene at a time, done for all genes in one array operation; each gene leaves the array when it has
converged. Arrays of counts and means are samples x genes, coefficients genes x terms.

* ``fit_coefficients``: iteratively reweighted least squares with a ridge of 1e-6, stopped by the relative
  change of the deviance; genes that diverge are named, for a slower optimiser.
* ``fit_dispersions``: the root, in ``log alpha``, of the derivative of the likelihood with Cox and Reid's
  adjustment and, where a prior is given, of the posterior: Newton steps, kept within a bracket of signs.
* ``wald``: standard errors with the sandwich of the ridge, and two-sided p values.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["CoefficientFit", "fit_coefficients", "fit_dispersions", "fit_means", "log_likelihood", "wald"]

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_RIDGE = 1e-6
_FLAT = 1e-6  # derivative of the log-likelihood in log alpha that counts as 0
_LONGEST_STEP = 1.0
_MOST_STEPS = 200
_LARGEST_COEFFICIENT = 30.0  # natural logarithms; beyond it a gene has diverged
_MOST_ITERATIONS = 250


@dataclass(frozen=True)
class CoefficientFit:
    """Coefficients of every gene.

    Parameters
    ----------
    beta
        Coefficients in natural logarithms, genes x terms.
    mu
        Fitted means, samples x genes.
    hat
        Leverages, samples x genes.
    diverged
        Genes whose coefficients left the allowed range or did not settle; their rows mean nothing.
    """

    beta: Array
    mu: Array
    hat: Array
    diverged: Flags


def _squares(design: Array) -> Array:
    """Return the outer product of each row with itself, samples x terms^2."""
    products: Array = design[:, :, None] * design[:, None, :]
    return products.reshape(len(design), -1)


def _information(weights: Array, squares: Array, terms: int) -> Array:
    """Return ``X' W X`` of every gene, genes x terms x terms."""
    sums: Array = weights.T @ squares
    return sums.reshape(-1, terms, terms)


def fit_means(counts: Array, size_factors: Array, design: Array, lowest: float) -> Array:
    """Return least-squares means on the scale of the normalised counts, at least ``lowest``."""
    scale = size_factors[:, None]
    beta = np.linalg.lstsq(design, counts / scale, rcond=None)[0]
    return np.maximum(scale * (design @ beta), lowest)


def log_likelihood(counts: Array, mu: Array, alpha: Array) -> Array:
    """Return the log-likelihood of every gene."""
    return _constant(counts, alpha) + _changing(counts, mu, alpha)


def _constant(counts: Array, alpha: Array) -> Array:
    """Return the part of the log-likelihood that does not depend on the means."""
    from scipy.special import gammaln

    r = 1.0 / alpha
    binomial = gammaln(counts + r) - gammaln(counts + 1.0) - gammaln(r)
    return np.asarray(binomial.sum(axis=0) - len(counts) * r * np.log(alpha))


def _changing(counts: Array, mu: Array, alpha: Array) -> Array:
    r = 1.0 / alpha
    return np.asarray((counts * np.log(mu) - (counts + r) * np.log(mu + r)).sum(axis=0))


def fit_coefficients(
    counts: Array, size_factors: Array, design: Array, alpha: Array, *,
    lowest: float = 0.5, tolerance: float = 1e-8,
) -> CoefficientFit:  # fmt: skip
    """Fit the coefficients of every gene at a given dispersion.

    Parameters
    ----------
    counts, size_factors, design, alpha
        Samples x genes, samples, samples x terms (of full rank), genes.
    lowest
        Lowest mean used while fitting.
    tolerance
        Relative change of the deviance at which a gene has converged.
    """
    counts, scale, terms = np.asarray(counts, dtype=float), size_factors[:, None], design.shape[1]
    squares, ridge = _squares(design), _RIDGE * np.eye(terms)
    beta: Array = np.array(np.linalg.lstsq(design, np.log(counts / scale + 0.1), rcond=None)[0].T)
    diverged = np.zeros(counts.shape[1], dtype=bool)
    deviance = np.full(counts.shape[1], 1000.0)
    constant = _constant(counts, alpha)
    active = np.arange(counts.shape[1])
    for step in range(1, _MOST_ITERATIONS + 1):
        if not len(active):
            break
        y, a = counts[:, active], alpha[active]
        mu = np.maximum(scale * np.exp(design @ beta[active].T), lowest)
        weights = mu / (1.0 + mu * a)
        working = weights * (np.log(mu / scale) + (y - mu) / mu)
        new = _solve(_information(weights, squares, terms) + ridge, working.T @ design)
        lost = np.any(np.abs(new) > _LARGEST_COEFFICIENT, axis=1) | (step >= _MOST_ITERATIONS)
        diverged[active[lost]] = True
        kept = ~lost
        active, y, a, new = active[kept], y[:, kept], a[kept], new[kept]
        beta[active] = new
        mu = np.maximum(scale * np.exp(design @ new.T), lowest)
        before, deviance[active] = deviance[active], -2.0 * (constant[active] + _changing(y, mu, a))
        after = deviance[active]
        active = active[~(np.abs(after - before) / (np.abs(after) + 0.1) <= tolerance)]
        active = active[np.isfinite(deviance[active])]
    return _finish(beta, scale, design, alpha, lowest, diverged)


def _finish(
    beta: Array, scale: Array, design: Array, alpha: Array, lowest: float, diverged: Flags
) -> CoefficientFit:
    """Add means and leverages; the means are not held above ``lowest``."""
    terms = design.shape[1]
    beta[diverged] = 0.0
    mu = scale * np.exp(design @ beta.T)
    held = np.maximum(mu, lowest)
    weights = held / (1.0 + held * alpha)
    information = _information(weights, _squares(design), terms) + _RIDGE * np.eye(terms)
    inverse = np.linalg.inv(information).reshape(-1, terms * terms)
    hat = weights * (_squares(design) @ inverse.T)
    return CoefficientFit(beta, mu, hat, diverged)


def _solve(matrices: Array, right: Array) -> Array:
    return np.asarray(np.linalg.solve(matrices, right[..., None])[..., 0])


def fit_dispersions(
    counts: Array, design: Array, mu: Array, start: Array, *,
    bounds: tuple[float, float], prior_variance: float | None = None, adjusted: bool = True,
) -> Array:  # fmt: skip
    """Return the dispersion of every gene at given means.

    Parameters
    ----------
    counts, design, mu
        Samples x genes, samples x terms, samples x genes.
    start
        Where the search starts; with ``prior_variance`` also the centre of the prior, a normal distribution
        of ``log alpha``.
    bounds
        Lowest and highest dispersion.
    prior_variance
        Variance of the prior; None for none.
    adjusted
        Whether to add Cox and Reid's adjustment for the fitted coefficients.
    """
    y = np.asarray(counts, dtype=float)
    floor, ceiling = np.log(bounds[0]), np.log(bounds[1])
    centre = np.log(start)
    x = np.clip(centre, floor, ceiling)
    left, right = np.full_like(x, -np.inf), np.full_like(x, np.inf)
    squares = _squares(design) if adjusted else None
    active = np.arange(len(x))
    for _ in range(_MOST_STEPS):
        if not len(active):
            break
        at = x[active]
        slope, curve = _slopes(y[:, active], mu[:, active], np.exp(at), squares)
        if prior_variance is not None:
            slope, curve = slope + (at - centre[active]) / prior_variance, curve + 1.0 / prior_variance
        left[active] = np.where(slope < 0.0, at, left[active])
        right[active] = np.where(slope > 0.0, at, right[active])
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = np.where(curve > 0.0, -slope / curve, -np.sign(slope) * _LONGEST_STEP)
        to = np.clip(at + np.clip(newton, -_LONGEST_STEP, _LONGEST_STEP), floor, ceiling)
        outside = (to <= left[active]) | (to >= right[active])
        middle = 0.5 * (left[active] + right[active])
        to = np.where(outside & np.isfinite(middle), middle, to)
        settled = (np.abs(slope) <= _FLAT) | (to == at) | ~np.isfinite(slope)
        x[active] = np.where(settled, at, to)
        active = active[~settled]
    return np.asarray(np.exp(x))


def _slopes(y: Array, mu: Array, alpha: Array, squares: Array | None) -> tuple[Array, Array]:
    """Return the first and second derivative of the negative log-likelihood in ``log alpha``."""
    from scipy.special import digamma, polygamma

    r = 1.0 / alpha
    total = mu + r
    first = digamma(r) - digamma(y + r) + np.log1p(mu * alpha) + (y - mu) / total
    second = polygamma(1, r) - polygamma(1, y + r) + 1.0 / total - alpha - (y - mu) / total**2
    score = first.sum(axis=0)
    slope, curve = -r * score, r * (score + r * second.sum(axis=0))
    if squares is not None:
        terms = round(squares.shape[1] ** 0.5)
        w = mu / (1.0 + mu * alpha)
        inverse = np.linalg.inv(_information(w, squares, terms))
        one = inverse @ _information(-alpha * w**2, squares, terms)
        two = inverse @ _information(alpha * w**2 * (2.0 * alpha * w - 1.0), squares, terms)
        slope = slope + 0.5 * np.trace(one, axis1=1, axis2=2)
        curve = curve + 0.5 * (np.trace(two, axis1=1, axis2=2) - np.einsum("gij,gji->g", one, one))
    return slope, curve


def wald(
    design: Array, alpha: Array, beta: Array, mu: Array, contrast: Array, *, ridge: Array, null: float = 0.0
) -> tuple[Array, Array, Array]:
    """Return p value, statistic and standard error of a contrast, for every gene.

    ``se^2 = c' H M H c`` with ``M = X' W X`` and ``H = (M + ridge)^-1``; NaN where a gene was not fitted.
    """
    from scipy.special import ndtr

    p, statistic, se = (np.full(len(alpha), np.nan) for _ in range(3))
    fitted = np.isfinite(alpha) & np.all(np.isfinite(beta), axis=1)
    weights = mu[:, fitted] / (1.0 + mu[:, fitted] * alpha[fitted])
    information = _information(weights, _squares(design), design.shape[1])
    reach = np.linalg.solve(information + ridge, contrast[None, :, None])[..., 0]
    se[fitted] = np.sqrt(np.einsum("gi,gij,gj->g", reach, information, reach))
    statistic[fitted] = (beta[fitted] - null) @ contrast / se[fitted]
    p[fitted] = 2.0 * ndtr(-np.abs(statistic[fitted]))
    return p, statistic, se
