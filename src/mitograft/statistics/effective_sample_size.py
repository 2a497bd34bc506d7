"""How many patients a prior of a response rate is worth: three definitions that agree for a Beta prior.

For Beta(a, b) each of them gives ``a + b`` exactly; for a mixture they differ, and all are shown:

* ``moment``: ``m (1 - m) / v - 1`` with mean ``m`` and variance ``v``. Small for mixtures with a wide part.
* ``morita``: curvature of the log density of the rate at its mode, against what a patient adds there
  (Morita, Thall and Müller, Biometrics 2008;64:595). With ``f`` the density, ``x`` its highest mode and
  ``m`` the mean: ``(-(log f)''(x) + 1/x^2 + 1/(1-x)^2) / (m/x^2 + (1-m)/(1-x)^2)``. The two added terms take
  away Beta(0, 0), the prior without information. Large for mixtures with a narrow part. Where no mode lies
  inside 0 to 1 the mean stands for it, as in the original paper.
* ``elir``: the expected local information ratio (Neuenschwander et al., Biometrics 2020;76:578), the mean
  over the prior of curvature over Fisher information. It is predictively consistent: the mean size after
  ``n`` more patients is the size before plus ``n``. Computed on the log-odds scale, where the curvature of
  Beta(a, b) over the Fisher information is ``a + b`` everywhere, whatever ``a`` and ``b``. Computed on the
  scale of the rate it comes out smaller by the density at 0 and at 1 (2 for a uniform prior, ``2 w`` for a
  mixture with a uniform part of weight ``w``) and does not exist for ``a < 1``. Of a mixture it does not
  exist where two components have different ``a`` (or ``b``), neither above 1; then it is NaN.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mitograft.statistics.beta_binomial import Beta, BetaMixture
from mitograft.statistics.counts import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["EffectiveSize", "effective_size", "elir_size", "moment_size", "morita_size"]

_STEPS = 4000
_FURTHEST = 600.0  # log-odds whose exponentials are numbers


@dataclass(frozen=True)
class EffectiveSize:
    """The size of a prior in patients by three definitions; ``note`` says what is special, if anything."""

    moment: float
    morita: float
    elir: float
    note: str = ""


def effective_size(prior: Beta | BetaMixture) -> EffectiveSize:
    """Return the size of a prior of one response rate in patients, by all three definitions."""
    mixture = _mixture(prior)
    elir = elir_size(mixture)
    notes = []
    if _interior_mode(mixture) is None:
        notes.append("Morita's size at the mean: the density has no mode between 0 and 1.")
    if np.isnan(elir):
        notes.append("ELIR does not exist: two components have infinite densities at 0 or at 1.")
    return EffectiveSize(moment_size(mixture), morita_size(mixture), elir, " ".join(notes))


def moment_size(prior: Beta | BetaMixture) -> float:
    """Return the size of the Beta distribution that has the prior's mean and variance."""
    return float(_mixture(prior).size)


def morita_size(prior: Beta | BetaMixture) -> float:
    """Return the size from the curvature at the highest mode inside 0 to 1 (at the mean where none is)."""
    mixture = _mixture(prior)
    mean = float(mixture.mean)
    mode = _interior_mode(mixture)
    x = mean if mode is None else mode
    parts = mixture.components
    slope = (parts.a - 1.0) / x - (parts.b - 1.0) / (1.0 - x)
    bend = -(parts.a - 1.0) / x**2 - (parts.b - 1.0) / (1.0 - x) ** 2
    share = _share(np.array([np.log(x) - np.log1p(-x)]), mixture)[0]
    curvature = -(share @ (bend + slope**2) - (share @ slope) ** 2)
    free = 1.0 / x**2 + 1.0 / (1.0 - x) ** 2
    return float((curvature + free) / (mean / x**2 + (1.0 - mean) / (1.0 - x) ** 2))


def elir_size(prior: Beta | BetaMixture) -> float:
    """Return the expected local information ratio on the log-odds scale.

    With ``p`` the rate and component slopes ``s_i = a_i - (a_i + b_i) p`` the ratio at ``p`` is ``sum w_i(p)
    (a_i + b_i) - variance of s / p (1 - p)``; the first part has the mean ``sum w_i (a_i + b_i)``, the second
    is integrated. NaN where that integral is infinite (see above).
    """
    mixture = _mixture(prior)
    parts = mixture.components
    whole = float(mixture.weights @ (parts.a + parts.b))
    if mixture.weights.size == 1:
        return whole
    if _two_infinite(parts.a) or _two_infinite(parts.b):
        return float("nan")
    theta = _theta(mixture)
    p, q = 1.0 / (1.0 + np.exp(-theta)), 1.0 / (1.0 + np.exp(theta))
    share = _share(theta, mixture)
    slope = parts.a - np.outer(p, parts.a + parts.b)
    spread = np.sum(share * slope**2, axis=1) - np.sum(share * slope, axis=1) ** 2
    each = np.exp(_log_each(theta, mixture)) / (p * q)[:, np.newaxis]
    inside = float(np.trapezoid(each.sum(axis=1) * spread, theta))
    return whole - inside - _beyond(parts.a, each[0]) - _beyond(parts.b, each[-1])


def _mixture(prior: Beta | BetaMixture) -> BetaMixture:
    if isinstance(prior, BetaMixture):
        kept = prior.weights > 0.0  # a part of weight 0 is no part
        return BetaMixture(prior.weights[kept], Beta(prior.components.a[kept], prior.components.b[kept]))
    return BetaMixture(np.ones(1), Beta(np.atleast_1d(prior.a), np.atleast_1d(prior.b)))


def _two_infinite(exponent: Array) -> bool:
    """Whether a component besides that of the smallest exponent makes the integral infinite at that end."""
    return bool(np.any((exponent <= 1.0) & (exponent > exponent.min())))


def _slowest(exponent: Array) -> float:
    """Return the log-odds by which the integrand of ELIR has ended, or has only one component left."""
    more = exponent[exponent > exponent.min()]
    if more.size == 0 or more.min() <= 1.0:
        return 0.0
    ended = np.minimum(30.0 / (more - exponent.min()), 40.0 / (more - 1.0))
    return float(np.max(np.minimum(ended, _FURTHEST)))


def _beyond(exponent: Array, at_end: Array) -> float:
    """Return what the integral of ELIR has beyond one end of the grid.

    There the component of the smallest exponent is nearly all, and component ``j`` adds ``each_j (e_j -
    e_min)^2 / p (1 - p)``, which falls off as ``exp(-(e_j - 1) t)``. ``at_end`` is ``each / p (1 - p)``.
    """
    more = exponent > exponent.min()
    return float(np.sum(at_end[more] * (exponent[more] - exponent.min()) ** 2 / (exponent[more] - 1.0)))


def _theta(mixture: BetaMixture) -> Array:
    """Return an even grid of log-odds on which nothing of any component is lost."""
    a, b = mixture.components.a, mixture.components.b
    centre = np.log(a) - np.log(b)
    # Tails fall off as exp(a theta) and exp(-b theta), near the centre as a normal distribution.
    sd = np.sqrt(1.0 / a + 1.0 / b)
    low = min(float(np.min(centre - 9.0 * sd - 40.0 / a / (1.0 + a))), -_slowest(a))
    high = max(float(np.max(centre + 9.0 * sd + 40.0 / b / (1.0 + b))), _slowest(b))
    count = max(_STEPS, int(np.ceil((high - low) / (0.2 * float(np.min(sd))))))
    return np.linspace(low, high, count)


def _log_each(theta: "ArrayLike", mixture: BetaMixture) -> Array:
    """Return the log density of each component on the log-odds scale times its weight, shape (G, K)."""
    from scipy.special import betaln, log_expit

    parts, at = mixture.components, np.asarray(theta, dtype=float)
    each = np.outer(log_expit(at), parts.a) + np.outer(log_expit(-at), parts.b)
    return np.asarray(each + np.log(mixture.weights) - betaln(parts.a, parts.b))


def _log_density(theta: "ArrayLike", mixture: BetaMixture) -> Array:
    from scipy.special import logsumexp

    return np.asarray(logsumexp(_log_each(theta, mixture), axis=1))


def _share(theta: "ArrayLike", mixture: BetaMixture) -> Array:
    each = _log_each(theta, mixture)
    return np.asarray(np.exp(each - _log_density(theta, mixture)[:, np.newaxis]))


def _interior_mode(mixture: BetaMixture) -> float | None:
    """Return the rate of the highest local maximum of the density of the rate, None where there is none."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_expit

    if mixture.weights.size == 1:  # without rounding
        a, b = float(mixture.components.a[0]), float(mixture.components.b[0])
        return (a - 1.0) / (a + b - 2.0) if a > 1.0 and b > 1.0 else None

    def log_rate_density(theta: "ArrayLike") -> Array:
        at = np.atleast_1d(np.asarray(theta, dtype=float))
        return np.asarray(_log_density(at, mixture) - log_expit(at) - log_expit(-at))

    theta = _theta(mixture)
    value = log_rate_density(theta)
    peaks = np.flatnonzero((value[1:-1] > value[:-2]) & (value[1:-1] >= value[2:])) + 1
    if peaks.size == 0:
        return None
    top = peaks[np.argmax(value[peaks])]
    found = minimize_scalar(
        lambda t: -float(log_rate_density(t)[0]),
        bounds=(theta[top - 1], theta[top + 1]),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(1.0 / (1.0 + np.exp(-found.x)))
