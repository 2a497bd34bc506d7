"""Beta priors on a response rate, borrowed history, and what they predict.

A response rate ``p`` with prior Beta(a, b) has, after ``k`` responders of ``n``, the posterior
Beta(a + k, b + n - k). Before the data, ``k`` follows the beta-binomial distribution::

    P(k | n) = C(n, k) B(a + k, b + n - k) / B(a, b)

* ``Beta.updated(k, n, weight=w)``: with ``w < 1`` a power prior, where ``n`` historical patients count as
  ``w n`` (Ibrahim and Chen, Stat Sci 2000;15:46).
* ``BetaMixture``: a robust prior, ``w`` historical + ``1 - w`` vague; data that contradict the history move
  the weight to the vague part (Schmidli et al., Biometrics 2014;70:1023).
* ``conflict``: how surprising the new data are under the prior (Box, J R Stat Soc A 1980;143:383).

Parameters are floats or arrays of one shape; results follow that shape.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.beta_difference import check_beta, probability_greater
from mitograft.statistics.counts import Array, check_counts, check_level

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = [
    "Beta",
    "BetaMixture",
    "conflict",
    "predictive_at_least",
    "predictive_probability",
    "robust_mixture",
]

_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Beta:
    """A Beta distribution of a response rate, or an array of them."""

    a: Array
    b: Array

    def __post_init__(self) -> None:
        a, b = np.broadcast_arrays(*check_beta(self.a, self.b))
        object.__setattr__(self, "a", a)
        object.__setattr__(self, "b", b)

    @classmethod
    def of(cls, a: "ArrayLike", b: "ArrayLike") -> "Beta":
        """Return Beta(a, b) from plain numbers, lists or arrays."""
        return cls(np.asarray(a, dtype=float), np.asarray(b, dtype=float))

    @property
    def mean(self) -> Array:
        """The mean, ``a / (a + b)``."""
        return np.asarray(self.a / (self.a + self.b))

    @property
    def variance(self) -> Array:
        """The variance, ``m (1 - m) / (a + b + 1)`` with mean ``m``."""
        return np.asarray(self.mean * (1.0 - self.mean) / (self.size + 1.0))

    @property
    def size(self) -> Array:
        """The effective sample size of a Beta distribution in patients, ``a + b``."""
        return np.asarray(self.a + self.b)

    def updated(self, k: "ArrayLike", n: "ArrayLike", *, weight: "ArrayLike" = 1.0) -> "Beta":
        """Return the posterior after ``k`` responders of ``n``, each patient counting ``weight`` (0 to 1)."""
        responders, patients = check_counts(k, n)
        share = np.asarray(weight, dtype=float)
        if not np.all((share >= 0.0) & (share <= 1.0)):
            raise UsageError(f"Weight of historical patients: found {weight!r}, expected 0 to 1.")
        return Beta(self.a + share * responders, self.b + share * (patients - responders))

    def quantile(self, q: "ArrayLike") -> Array:
        """Return the ``q`` quantile."""
        from scipy.special import betaincinv

        return np.asarray(betaincinv(self.a, self.b, q))

    def interval(self, *, level: float = 0.95) -> tuple[Array, Array]:
        """Return the equal-tailed credible interval."""
        from scipy.special import betainccinv

        half = (1.0 - check_level(level)) / 2.0
        return self.quantile(half), np.asarray(betainccinv(self.a, self.b, half))

    def greater_than(self, other: "Beta") -> Array:
        """Return the probability that this rate exceeds an independent ``other``."""
        return probability_greater(self.a, self.b, other.a, other.b)


@dataclass(frozen=True, eq=False)
class BetaMixture:
    """A mixture of Beta distributions; the components lie along the last axis and the weights sum to 1."""

    weights: Array
    components: Beta

    def __post_init__(self) -> None:
        weights = np.asarray(self.weights, dtype=float)
        if not (np.all(weights >= 0.0) and np.allclose(np.sum(weights, axis=-1), 1.0, rtol=0, atol=1e-12)):
            raise UsageError(
                f"Weights of a mixture: found {weights.tolist()}; expected shares that sum to 1."
            )
        object.__setattr__(self, "weights", weights)

    @property
    def mean(self) -> Array:
        """The mean of the mixture."""
        return np.asarray(np.sum(self.weights * self.components.mean, axis=-1))

    @property
    def size(self) -> Array:
        """Effective sample size by moments, ``m (1 - m) / v - 1``.

        This is the size of the single Beta that has the mixture's mean ``m`` and variance ``v``; one
        component gives ``a + b``. Of the definitions in use it is a cautious (small) one for mixtures
        (Neuenschwander et al., Biometrics 2020;76:578 compares them).
        """
        component, mean = self.components, self.mean
        second = np.sum(self.weights * (component.variance + component.mean**2), axis=-1)
        return np.asarray(mean * (1.0 - mean) / (second - mean**2) - 1.0)

    def updated(self, k: "ArrayLike", n: "ArrayLike") -> "BetaMixture":
        """Return the posterior mixture.

        Each component is updated by itself; its weight is multiplied by the probability it had given to the
        data (its marginal likelihood) and the weights are made to sum to 1 again.
        """
        responders, patients = (x[..., np.newaxis] for x in check_counts(k, n))
        weight = self.weights * predictive_probability(responders, patients, self.components)
        return BetaMixture(
            weight / np.sum(weight, axis=-1, keepdims=True), self.components.updated(responders, patients)
        )

    def less_than(self, rate: Beta) -> Array:
        """Return the probability that an independent ``rate`` exceeds the rate described by this mixture."""
        each = probability_greater(
            rate.a[..., np.newaxis], rate.b[..., np.newaxis], self.components.a, self.components.b
        )
        return np.asarray(np.sum(self.weights * each, axis=-1))


def robust_mixture(historical: Beta, vague: Beta, *, weight: float) -> BetaMixture:
    """Return ``weight`` x historical + ``(1 - weight)`` x vague (two scalar distributions)."""
    if not 0.0 <= weight <= 1.0:
        raise UsageError(f"Weight of the historical prior: found {weight!r}, expected 0 to 1.")
    both = Beta(np.array([historical.a, vague.a]), np.array([historical.b, vague.b]))
    return BetaMixture(np.array([weight, 1.0 - weight]), both)


def predictive_probability(k: "ArrayLike", n: "ArrayLike", rate: Beta) -> Array:
    """Return the beta-binomial probability of exactly ``k`` responders among ``n``.

    >>> float(predictive_probability(1, 1, Beta.of(2, 2)).round(12))
    0.5
    """
    from scipy.special import betaln

    k, n = check_counts(k, n)
    log_choose = -np.log1p(n) - betaln(k + 1.0, n - k + 1.0)
    return np.asarray(np.exp(log_choose + betaln(rate.a + k, rate.b + n - k) - betaln(rate.a, rate.b)))


def predictive_at_least(n: int, rate: Beta) -> Array:
    """Return, for ``k = 0 .. n``, the probability of ``k`` or more responders among ``n`` (last axis).

    The exact binomial tail averaged over ``rate``.
    """
    every = _every(n, rate)
    return np.asarray(np.clip(np.cumsum(every[..., ::-1], axis=-1)[..., ::-1], 0.0, 1.0))


def conflict(n: int, rate: Beta) -> Array:
    """Return Box's prior-data conflict p-value for ``k = 0 .. n`` responders (last axis).

    The probability, under the prior ``rate``, of an outcome no more probable than ``k``. A small value says
    that the new data and the prior disagree, whichever is to blame.
    """
    every = _every(n, rate)
    no_more_probable = every[..., np.newaxis, :] <= every[..., :, np.newaxis] * (1.0 + _TIE)
    return np.asarray(
        np.minimum(np.sum(np.where(no_more_probable, every[..., np.newaxis, :], 0.0), axis=-1), 1.0)
    )


def _every(n: int, rate: Beta) -> Array:
    widened = Beta(rate.a[..., np.newaxis], rate.b[..., np.newaxis])
    return predictive_probability(np.arange(int(n) + 1), n, widened)
