"""What past arms say about the response rate of a new one when arms differ (meta-analytic-predictive prior).

Arm ``j`` had ``r_j`` responders of ``n_j``. Arms are alike, but not the same::

    r_j ~ Binomial(n_j, p_j),   logit p_j ~ Normal(mu, tau^2)        the past arms, j = 1 .. J
    mu ~ Normal(m, s^2),        tau ~ half-Normal(scale)             what is assumed before them
    logit p* ~ Normal(mu, tau^2)                                     the arm to come

The distribution of ``p*`` given the past counts is the prior for the new arm (Neuenschwander et al., Clin
Trials 2010;7:5; Schmidli et al., Biometrics 2014;70:1023). The between-arm standard deviation ``tau`` decides
how much the past counts: ``tau = 0`` pools the arms, a large ``tau`` forgets them. With one past arm nothing
is seen of ``tau``; its prior alone decides, and ``note`` says so (Röver and Friede, arXiv:2505.15502).

Method: quadrature in three levels, no sampling. Each is a trapezoidal rule in a variable in which the
integrand is smooth and falls off fast, so that its error falls exponentially with the number of nodes:
``p_j`` by ``theta = mode + curvature sinh(v)``, ``mu`` on an even grid (the integrand is log-concave in
``mu``), ``tau = c sinh(x)`` at half steps (the integrand is even in ``tau``).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mitograft.errors import InternalError, UsageError
from mitograft.statistics.counts import Array, check_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Heterogeneity", "MetaAnalyticPrior", "fit_meta_analytic_prior"]

_REACH, _NODES = 4.2, 57  # arm level: sinh(4.2) = 33 curvatures either side
_TAU_STEP, _TAU_REACH = 0.1, 8.0  # half-normal beyond 8 scales: 1e-15
_DEEP = 50.0  # exp(-50) of the largest value is nothing
_COARSE, _KERNEL = 97, 0.9  # points over about 20 standard deviations of mu; step of mu in units of tau
_GRID, _SPREADS = 801, 60.0
_WHOLE = 1e-5


@dataclass(frozen=True)
class Heterogeneity:
    """The between-arm standard deviation on the log-odds scale: posterior mean, median and 95 % limits."""

    mean: float
    median: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class MetaAnalyticPrior:
    """The response rate of a new arm, as a density on a grid of log-odds.

    Parameters
    ----------
    log_odds
        Grid of the log-odds, rising, shape (G,); closer together where the density is high.
    density
        Density of the log-odds there.
    mass
        Probability that belongs to each grid point; sums to 1.
    heterogeneity
        What the past arms leave open about the between-arm standard deviation.
    arms
        Number of past arms.
    method, note
        How it was computed; what to know before using it (empty where nothing).
    """

    log_odds: Array
    density: Array
    mass: Array
    heterogeneity: Heterogeneity
    arms: int
    method: str
    note: str = ""

    @property
    def rate(self) -> Array:
        """The response rates of the grid."""
        from scipy.special import expit

        return np.asarray(expit(self.log_odds))

    @property
    def mean(self) -> float:
        """Mean response rate of a new arm."""
        return float(self.mass @ self.rate)

    @property
    def sd(self) -> float:
        """Standard deviation of the response rate of a new arm."""
        return float(np.sqrt(self.mass @ (self.rate - self.mean) ** 2))

    @property
    def cumulative(self) -> Array:
        """Distribution function at the grid points."""
        return np.asarray(np.clip(np.cumsum(self.mass) - self.mass / 2.0, 0.0, 1.0))

    def quantile(self, q: "ArrayLike") -> Array:
        """Return quantiles of the response rate of a new arm, accurate to about 1e-4."""
        from scipy.special import expit

        return np.asarray(expit(np.interp(np.asarray(q, dtype=float), self.cumulative, self.log_odds)))

    def predictive(self, n: int) -> Array:
        """Return the probability of ``k = 0 .. n`` responders among ``n`` of a new arm, shape (n + 1,).

        Integrated over the grid, not over an approximation by Beta distributions.
        """
        from scipy.special import gammaln, log_expit

        k = np.arange(n + 1)[:, np.newaxis]
        choose = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
        log_each = choose + k * log_expit(self.log_odds) + (n - k) * log_expit(-self.log_odds)
        return np.asarray(np.exp(log_each) @ self.mass)


def fit_meta_analytic_prior(
    responders: "ArrayLike",
    patients: "ArrayLike",
    *,
    tau_scale: float,
    mean_sd: float,
    mean_log_odds: float = 0.0,
) -> MetaAnalyticPrior:
    """Return the prior of a new arm's response rate from the counts of past arms.

    Parameters
    ----------
    responders, patients
        Counts of the past arms, shape (J,), J at least 1.
    tau_scale
        Scale of the half-normal prior of the between-arm standard deviation (log-odds).
    mean_sd, mean_log_odds
        Standard deviation and mean of the normal prior of the average log-odds.

    Raises
    ------
    UsageError
        If there is no arm, a count is impossible, or a scale is not a positive number up to 10.
    """
    if np.size(responders) == 0:
        raise UsageError("Past arms: found none; expected at least one. Add a row to the table of arms.")
    counts = check_counts(np.atleast_1d(responders), np.atleast_1d(patients))
    for name, value in (("heterogeneity prior", tau_scale), ("prior of the mean", mean_sd)):
        if not 0.0 < value <= 10.0:
            raise UsageError(f"Scale of the {name}: found {value!r}; expected a number above 0, at most 10.")
    error = 1.0 / np.sqrt(counts[1] * _share(counts) * (1.0 - _share(counts)))
    tau, width = _tau_nodes(tau_scale, min(float(np.median(error)), tau_scale) / 2.0)
    layers = [_layer(float(t), counts, mean_log_odds, mean_sd) for t in tau]
    log_weight = np.array([log_total for _, _, log_total in layers]) - tau**2 / (2.0 * tau_scale**2)
    weight = np.exp(log_weight - log_weight.max()) * width
    weight /= weight.sum()
    nodes = [(mu, share * w, float(t)) for (mu, share, _), w, t in zip(layers, weight, tau, strict=True)]
    grid, step = _grid(nodes, float(np.min(error)))
    density = _predictive_density(grid, nodes)
    mass = density * step
    if abs(float(mass.sum()) - 1.0) > _WHOLE:
        raise InternalError(f"The prior of a new arm sums to {mass.sum():.8f}, not to 1.")
    return MetaAnalyticPrior(
        log_odds=grid,
        density=density / mass.sum(),
        mass=mass / mass.sum(),
        heterogeneity=_heterogeneity(tau, weight),
        arms=len(counts[0]),
        method=f"meta-analytic-predictive prior, half-normal({tau_scale:g}) heterogeneity, by quadrature",
        note=_note(len(counts[0])),
    )


def _note(arms: int) -> str:
    if arms > 1:
        return ""
    return (
        "One past arm shows nothing of how much arms differ: the assumed prior of the between-arm "
        "standard deviation alone decides how much the history counts."
    )


def _share(counts: tuple[Array, Array]) -> Array:
    return np.asarray((counts[0] + 0.5) / (counts[1] + 1.0))


def _tau_nodes(scale: float, unit: float) -> tuple[Array, Array]:
    count = int(np.ceil(np.arcsinh(_TAU_REACH * scale / unit) / _TAU_STEP))
    x = (np.arange(count) + 0.5) * _TAU_STEP
    return unit * np.sinh(x), unit * np.cosh(x) * _TAU_STEP


def _layer(tau: float, counts: tuple[Array, Array], mean: float, sd: float) -> tuple[Array, Array, float]:
    """Return grid and shares of ``mu`` given ``tau``, and the log of what the counts say for ``tau``."""
    from scipy.interpolate import CubicSpline

    low, high = mean - 9.0 * sd, mean + 9.0 * sd
    for _ in range(12):  # close in on where the (log-concave) density of mu lives
        mu = np.linspace(low, high, 33)
        log_value = _log_posterior(mu, tau, counts, mean, sd)
        inside = np.flatnonzero(log_value > log_value.max() - _DEEP)
        low, high = mu[max(inside[0] - 1, 0)], mu[min(inside[-1] + 1, 32)]
        if inside.size > 16:
            break
    mu = np.linspace(low, high, _COARSE)
    log_value = _log_posterior(mu, tau, counts, mean, sd)
    if mu[1] - mu[0] > _KERNEL * tau:  # the normal kernel of a new arm asks for a closer grid than mu itself
        smooth = CubicSpline(mu, log_value)
        mu = np.linspace(low, high, int(np.ceil((high - low) / (_KERNEL * tau))) + 1)
        log_value = smooth(mu)
    share = np.exp(log_value - log_value.max())
    log_total = float(log_value.max() + np.log(share.sum() * (mu[1] - mu[0])))
    return mu, share / share.sum(), log_total


def _log_posterior(mu: Array, tau: float, counts: tuple[Array, Array], mean: float, sd: float) -> Array:
    likelihood = sum(_log_marginal(mu, tau, float(r), float(n)) for r, n in zip(*counts, strict=True))
    return np.asarray(likelihood - (mu - mean) ** 2 / (2.0 * sd**2))


def _log_marginal(mu: Array, tau: float, r: float, n: float) -> Array:
    """Return log of the probability of ``r`` of ``n`` given mu and tau, less the binomial coefficient."""
    from scipy.special import log_expit, logsumexp

    mode = _mode(mu, tau, r, n)
    p = 1.0 / (1.0 + np.exp(-mode))
    curvature = 1.0 / np.sqrt(n * p * (1.0 - p) + 1.0 / tau**2)
    v = np.linspace(-_REACH, _REACH, _NODES)
    theta = mode[:, np.newaxis] + curvature[:, np.newaxis] * np.sinh(v)
    log_value = r * log_expit(theta) + (n - r) * log_expit(-theta)
    log_value -= (theta - mu[:, np.newaxis]) ** 2 / (2.0 * tau**2)
    log_value += np.log(np.cosh(v)) + np.log((v[1] - v[0]) / (tau * np.sqrt(2.0 * np.pi)))
    return np.asarray(logsumexp(log_value, axis=1) + np.log(curvature))


def _mode(mu: Array, tau: float, r: float, n: float) -> Array:
    """Return where ``r theta - n log(1 + e^theta) - (theta - mu)^2 / 2 tau^2`` is largest.

    The function is concave: Newton's steps, halving the bracket where they leave it.
    """
    from scipy.special import expit

    at_mu = mu + tau**2 * (r - n * expit(mu))
    low, high = np.minimum(mu, at_mu), np.maximum(mu, at_mu)
    theta = np.clip(np.full_like(mu, np.log((r + 0.5) / (n - r + 0.5))), low, high)
    for _ in range(100):
        p = expit(theta)
        slope = r - n * p - (theta - mu) / tau**2
        low, high = np.where(slope > 0, theta, low), np.where(slope > 0, high, theta)
        moved = theta + slope / (n * p * (1.0 - p) + 1.0 / tau**2)
        moved = np.where((moved <= low) | (moved >= high), (low + high) / 2.0, moved)
        if np.all(np.abs(moved - theta) < 1e-10 * (1.0 + np.abs(theta))):
            break
        theta = moved
    return np.asarray(theta)


def _grid(nodes: list[tuple[Array, Array, float]], finest: float) -> tuple[Array, Array]:
    """Return the grid of log-odds, close around the centre, and the width that belongs to each point."""
    centre = sum(float(share @ mu) for mu, share, _ in nodes)
    spread = np.sqrt(sum(float(share @ ((mu - centre) ** 2 + tau**2)) for mu, share, tau in nodes))
    unit = min(2.0 * finest, spread)
    v = np.linspace(-1.0, 1.0, _GRID) * np.arcsinh(_SPREADS * spread / unit)
    return centre + unit * np.sinh(v), unit * np.cosh(v) * (v[1] - v[0])


def _predictive_density(grid: Array, nodes: list[tuple[Array, Array, float]]) -> Array:
    density = np.zeros_like(grid)
    for mu, share, tau in nodes:
        kept = share > 1e-18
        z = (grid[:, np.newaxis] - mu[kept]) / tau
        density += np.exp(-0.5 * z * z) @ share[kept] / (tau * np.sqrt(2.0 * np.pi))
    return density


def _heterogeneity(tau: Array, weight: Array) -> Heterogeneity:
    cumulative = np.cumsum(weight) - weight / 2.0
    low, median, high = np.interp([0.025, 0.5, 0.975], cumulative, tau)
    return Heterogeneity(float(weight @ tau), float(median), float(low), float(high))
