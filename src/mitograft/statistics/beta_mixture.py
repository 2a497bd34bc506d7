"""Mixtures of Beta distributions as priors of a response rate: fitted, made robust, and what they predict.

* ``fit_beta_mixture`` approximates a distribution given on a grid of log-odds by a few Beta distributions
  and says how far off it is;
* ``with_vague`` adds a vague part, so that data in conflict with the history can turn away from it
  (robust prior; Schmidli et al., Biometrics 2014;70:1023);
* ``mixture_predictive`` and ``mixture_conflict``: how probable each count is under the prior, and how
  surprising (Box, J R Stat Soc A 1980;143:383);
* ``mixture_difference_quantile``: quantiles of an independent rate minus the rate described by the mixture.
"""

from dataclasses import dataclass

import numpy as np

from mitograft.errors import InternalError, UsageError
from mitograft.statistics.beta_binomial import Beta, BetaMixture, predictive_probability
from mitograft.statistics.counts import Array

__all__ = [
    "BetaMixtureFit",
    "fit_beta_mixture",
    "mixture_conflict",
    "mixture_difference_quantile",
    "mixture_predictive",
    "with_vague",
]

_LEAST, _MOST = 1.0, 1e5  # a density that is finite everywhere; beyond 1e5 a point
_TIE = 1e-9
_LADDER = {
    1: (1.0,),
    2: (0.6, 3.0),
    3: (0.4, 1.5, 6.0),
    4: (0.3, 0.9, 2.5, 8.0),
    5: (0.2, 0.7, 1.6, 4.0, 12.0),
}
_QUANTILE_WITHIN = 1e-9
_X_NODES, _TABLE = 1201, 16_001
_TAIL = 18.0  # exp(-18) = 1.5e-8 of the mass is left out at either end


@dataclass(frozen=True, eq=False)
class BetaMixtureFit:
    """A mixture of Beta distributions in place of another distribution, and the error this makes.

    Parameters
    ----------
    mixture
        The approximation, components from the least to the most informative.
    divergence
        Kullback-Leibler divergence of the approximation from the distribution, in natural units.
    largest_error
        Largest difference of the two distribution functions, a probability.
    """

    mixture: BetaMixture
    divergence: float
    largest_error: float


def fit_beta_mixture(
    log_odds: Array, density: Array, mass: Array, *, largest_error: float, most_components: int
) -> BetaMixtureFit:
    """Return the smallest mixture of Beta distributions that is near enough to a distribution on a grid.

    The parameters minimise the Kullback-Leibler divergence, ``sum mass log(target / mixture)``, for one
    component, two, and so on, until the distribution functions differ by less than ``largest_error``; with
    ``most_components`` the best there is is taken, with its error stated. Components have ``a`` and ``b`` of
    at least 1: their densities are finite everywhere, as those of the distributions to approximate are.

    Parameters
    ----------
    log_odds, density, mass
        Rising grid, the density of the log-odds there and the probability of each point, shape (G,).
    largest_error
        Difference of the distribution functions that will do.
    most_components
        Most components to try, 1 to 5.

    Raises
    ------
    UsageError
        If the number of components is not 1 to 5, or the masses are not probabilities that sum to 1.
    """
    if most_components not in _LADDER:
        raise UsageError(f"Components of a mixture: found {most_components}; expected 1 to {max(_LADDER)}.")
    if mass.shape != log_odds.shape or np.any(mass < 0) or abs(float(mass.sum()) - 1.0) > 1e-6:
        raise UsageError("Distribution on a grid: expected one probability a point, together 1.")
    best: BetaMixtureFit | None = None
    for count in range(1, most_components + 1):
        found = _fit(log_odds, density, mass, count)
        if best is None or found.largest_error < best.largest_error:
            best = found
        if best.largest_error <= largest_error:
            break
    if best is None:
        raise InternalError("No mixture of Beta distributions was fitted.")
    return best


def with_vague(mixture: BetaMixture, vague: Beta, *, weight: float) -> BetaMixture:
    """Return ``(1 - weight)`` x mixture + ``weight`` x vague; the vague part is the last component.

    Raises
    ------
    UsageError
        If the weight is not from 0 to 1.
    """
    if not 0.0 <= weight <= 1.0:
        raise UsageError(f"Weight of the vague part: found {weight!r}; expected 0 to 1.")
    parts = mixture.components
    both = Beta(np.append(parts.a, vague.a), np.append(parts.b, vague.b))
    return BetaMixture(np.append((1.0 - weight) * mixture.weights, weight), both)


def mixture_predictive(n: int, mixture: BetaMixture) -> Array:
    """Return the probability of ``k = 0 .. n`` responders among ``n`` under the mixture, shape (n + 1,)."""
    each = predictive_probability(np.arange(n + 1)[:, np.newaxis], n, mixture.components)
    return np.asarray(each @ mixture.weights)


def mixture_conflict(n: int, mixture: BetaMixture) -> Array:
    """Return Box's prior-data conflict p-value of ``k = 0 .. n`` responders, shape (n + 1,).

    The prior probability of a count no more probable than ``k``.
    """
    each = mixture_predictive(n, mixture)
    surprising = each[np.newaxis, :] <= each[:, np.newaxis] * (1.0 + _TIE)
    return np.asarray(np.minimum(surprising @ each, 1.0))


def mixture_difference_quantile(q: float, rate: Beta, mixture: BetaMixture) -> Array:
    """Return the ``q`` quantile of ``rate`` minus the rate described by ``mixture``, shaped as ``rate``.

    ``P(X - Y <= d) = integral f(x) P(Y >= x - d) dx`` by the trapezoidal rule on the log-odds of ``x``,
    solved for ``d``; accurate to about 1e-5.

    Raises
    ------
    UsageError
        If ``q`` is not between 0 and 1, or ``rate`` is not an array of one dimension.
    """
    from scipy.optimize.elementwise import find_root
    from scipy.special import betainc

    if not 0.0 < q < 1.0:
        raise UsageError(f"Quantile of a difference: found {q!r}; expected a number between 0 and 1.")
    if rate.a.ndim != 1:
        raise UsageError(f"Rates to compare: found {rate.a.ndim} dimensions; expected a list of them.")
    x, weight = _nodes(rate)
    y = np.linspace(0.0, 1.0, _TABLE)
    parts = mixture.components
    below = betainc(parts.a, parts.b, y[:, np.newaxis]) @ mixture.weights

    def excess(d: Array, row: Array) -> Array:
        rows = row.astype(int)
        reached = np.interp(x[rows] - d[..., np.newaxis], y, below)
        return np.asarray((1.0 - q) - np.sum(weight[rows] * reached, axis=-1))

    ends = (-np.ones_like(rate.a), np.ones_like(rate.a))
    rows = np.arange(rate.a.size, dtype=float)
    found = find_root(excess, ends, args=(rows,), tolerances={"xatol": _QUANTILE_WITHIN})
    if not np.all(found.success):
        raise InternalError("The quantile of a difference from a mixture was not found.")
    return np.asarray(found.x)


def _nodes(rate: Beta) -> tuple[Array, Array]:
    """Return nodes from 0 to 1 and weights that integrate over each of the rates, shape (rates, nodes)."""
    from scipy.special import expit, log_expit

    a, b = rate.a[:, np.newaxis], rate.b[:, np.newaxis]
    centre, sd = np.log(a) - np.log(b), np.sqrt(1.0 / a + 1.0 / b)
    u = np.linspace(0.0, 1.0, _X_NODES)
    low, high = centre - 6.0 * sd - _TAIL / a, centre + 6.0 * sd + _TAIL / b
    theta = low + (high - low) * u
    log_weight = a * log_expit(theta) + b * log_expit(-theta)
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    return np.asarray(expit(theta)), weight / weight.sum(axis=1, keepdims=True)


def _fit(log_odds: Array, density: Array, mass: Array, count: int) -> BetaMixtureFit:
    """Minimise the divergence over log a, log b and the logits of the weights of ``count`` components."""
    from scipy.optimize import minimize
    from scipy.special import betainc, expit, log_expit

    logs = np.stack([log_expit(log_odds), log_expit(-log_odds)])
    kept = mass > 0.0
    entropy = float(mass[kept] @ np.log(density[kept]))
    bounds = [(np.log(_LEAST), np.log(_MOST))] * (2 * count) + [(-12.0, 12.0)] * count
    start = _start(np.exp(logs[0]), mass, count)
    options = {"maxiter": 4000, "maxfun": 8000, "ftol": 1e-14, "gtol": 1e-9, "maxcor": 30}
    found = minimize(
        _divergence, start, (logs, mass), jac=True, bounds=bounds, method="L-BFGS-B", options=options
    )
    a, b = np.exp(found.x[:count]), np.exp(found.x[count : 2 * count])
    weights = np.exp(found.x[2 * count :] - found.x[2 * count :].max())
    order = np.argsort(a + b)
    mixture = BetaMixture(weights[order] / weights.sum(), Beta(a[order], b[order]))
    fitted = betainc(mixture.components.a, mixture.components.b, expit(log_odds)[:, np.newaxis])
    error = np.abs(fitted @ mixture.weights - (np.cumsum(mass) - mass / 2.0))
    return BetaMixtureFit(mixture, max(entropy + float(found.fun), 0.0), float(error.max()))


def _start(rate: Array, mass: Array, count: int) -> Array:
    """Components of the mean of the distribution, from less to more informative than it."""
    mean = float(mass @ rate)
    size = max(mean * (1.0 - mean) / float(mass @ (rate - mean) ** 2) - 1.0, 0.5)
    sizes = size * np.array(_LADDER[count])
    low, high = np.log(_LEAST * 1.01), np.log(_MOST)
    log_a, log_b = np.clip(np.log(sizes * mean), low, high), np.clip(np.log(sizes * (1.0 - mean)), low, high)
    return np.concatenate([log_a, log_b, np.zeros(count)])


def _divergence(x: Array, logs: Array, mass: Array) -> tuple[float, Array]:
    """Return ``-sum mass log(density of the mixture)`` on the log-odds scale and its gradient."""
    from scipy.special import betaln, digamma, logsumexp

    count = len(x) // 3
    a, b, raw = np.exp(x[:count]), np.exp(x[count : 2 * count]), x[2 * count :]
    log_weight = raw - logsumexp(raw)
    each = log_weight - betaln(a, b) + np.outer(logs[0], a) + np.outer(logs[1], b)
    total = logsumexp(each, axis=1)
    share = np.exp(each - total[:, np.newaxis]) * mass[:, np.newaxis]
    held, both = share.sum(axis=0), digamma(a + b)
    slope_a = (logs[0] @ share - held * (digamma(a) - both)) * a
    slope_b = (logs[1] @ share - held * (digamma(b) - both)) * b
    slope_w = held - np.exp(log_weight) * mass.sum()
    return -float(mass @ total), -np.concatenate([slope_a, slope_b, slope_w])
