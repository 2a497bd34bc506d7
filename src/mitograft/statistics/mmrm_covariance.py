r"""Covariance structures of repeated measurements, each as a smooth map from free parameters to a matrix.

With ``K`` visits, standard deviations ``s = exp(theta)`` and a correlation matrix ``R``, the covariance is
``Sigma = diag(s) R diag(s)``:

* ``unstructured``: ``Sigma = L L'``, ``L`` lower triangular with ``exp(theta)`` on its diagonal;
  ``K (K + 1) / 2`` parameters.
* ``toeplitz``: ``R_ij = r_|i-j|``; the ``K - 1`` correlations follow from partial autocorrelations
  ``tanh(theta)`` by the Durbin-Levinson recursion, so that ``R`` is always positive definite.
* ``ar1``: ``R_ij = rho^|i-j|``, ``rho = tanh(theta)``.
* ``compound symmetry``: ``R_ij = rho``, with ``rho`` between ``-1 / (K - 1)`` and 1.

The last three have one standard deviation, or one for each visit in their heterogeneous form. Lags count
visits, not days: the distance of two neighbours is 1 whatever lies between them.

First derivatives are taken with complex steps and are exact to rounding (Squire and Trapp, SIAM Rev
1998;40:110); second derivatives are five-point differences of them.
Source of the parametrisation by partial autocorrelations: Barndorff-Nielsen and Schou, J Multivariate Anal
1973;3:408. Structures: Jennrich and Schluchter, Biometrics 1986;42:805.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array

__all__ = ["FALLBACK_CHAIN", "STRUCTURES", "CovarianceStructure", "choose_structure"]

FALLBACK_CHAIN = ("unstructured", "toeplitz", "ar1", "compound symmetry")
STRUCTURES = (*FALLBACK_CHAIN, *(f"heterogeneous {name}" for name in FALLBACK_CHAIN[1:]))

_STEP = 1e-30
_WIDE = 1e-3


@dataclass(frozen=True, slots=True)
class CovarianceStructure:
    """A covariance structure for a number of visits.

    Parameters
    ----------
    name
        One of ``STRUCTURES``.
    n_visits
        Number of visits.
    """

    name: str
    n_visits: int

    @property
    def kind(self) -> str:
        """The structure of the correlations."""
        return self.name.removeprefix("heterogeneous ")

    @property
    def n_scales(self) -> int:
        """Number of parameters that are logarithms of standard deviations; they come first."""
        return self.n_visits if self.name.startswith(("unstructured", "heterogeneous")) else 1

    @property
    def n_parameters(self) -> int:
        """Number of free parameters."""
        k = self.n_visits
        more = {"unstructured": k * (k - 1) // 2, "toeplitz": k - 1}
        return self.n_scales + more.get(self.kind, min(k - 1, 1))

    def build(self, theta: "npt.NDArray[Any]") -> "npt.NDArray[Any]":
        """Return the covariance matrix at these parameters, or a stack of them; real or complex."""
        k, scale = self.n_visits, np.exp(theta[..., : self.n_scales])
        if self.kind == "unstructured":
            factor = np.zeros((*theta.shape[:-1], k, k), theta.dtype)
            factor[..., np.arange(k), np.arange(k)] = scale
            rows, columns = np.tril_indices(k, -1)
            factor[..., rows, columns] = theta[..., self.n_scales :]
            return factor @ factor.swapaxes(-1, -2)
        spread = scale * np.ones(k)
        matrix: npt.NDArray[Any] = spread[..., :, None] * self.correlate(theta) * spread[..., None, :]
        return matrix

    def differentiate(self, theta: Array) -> Array:
        """Return the derivatives of the covariance matrix, one matrix for each parameter."""
        steps = theta.astype(complex) + 1j * _STEP * np.eye(theta.size)
        derivatives: Array = self.build(steps).imag / _STEP
        return derivatives

    def curve(self, theta: Array, weights: Array) -> Array:
        """Return the second derivatives of ``sum_ab W_ab Sigma_ab`` for these weights of the entries."""
        rows = []
        for direction in np.eye(theta.size) * _WIDE:
            points = theta + np.array([[-2.0], [-1.0], [1.0], [2.0]]) * direction
            steps = points[:, None] + 1j * _STEP * np.eye(theta.size)
            first = np.einsum("skab,ab->sk", self.build(steps).imag / _STEP, weights)
            rows.append((first[0] - first[3] + 8.0 * (first[2] - first[1])) / (12.0 * _WIDE))
        return np.array(rows)

    def correlate(self, theta: "npt.NDArray[Any]") -> "npt.NDArray[Any]":
        """Return the correlation matrix of a structure other than unstructured."""
        k, rest = self.n_visits, theta[..., self.n_scales :]
        by_lag = np.ones((*rest.shape[:-1], k), rest.dtype)
        if k > 1 and self.kind == "toeplitz":
            by_lag[..., 1:] = _durbin_levinson(np.tanh(rest))
        elif k > 1 and self.kind == "ar1":
            by_lag = np.tanh(rest) ** np.arange(k)
        elif k > 1:
            # 0 at theta = 0 (no correlation); the ends are -1 / (K - 1) and 1.
            t = np.tanh(rest)
            by_lag[..., 1:] = 2.0 * t / (k - (k - 2.0) * t)
        correlations: npt.NDArray[Any] = by_lag[..., _lags(k)]
        return correlations


def choose_structure(name: str, n_visits: int) -> CovarianceStructure:
    """Return the structure of this name.

    Raises
    ------
    UsageError
        If there is no structure of this name.

    >>> choose_structure("ar1", 3).build(np.array([0.0, np.arctanh(0.5)])).round(2).tolist()
    [[1.0, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 1.0]]
    """
    if name not in STRUCTURES:
        raise UsageError(f"Covariance structure: found {name!r}; expected one of {', '.join(STRUCTURES)}.")
    return CovarianceStructure(name, n_visits)


@cache
def _lags(n_visits: int) -> "npt.NDArray[np.int64]":
    places = np.arange(n_visits)
    return np.asarray(np.abs(places[:, None] - places), dtype=np.int64)


def _durbin_levinson(partial: "npt.NDArray[Any]") -> "npt.NDArray[Any]":
    """Return the autocorrelations at lags 1, 2, ... that have these partial autocorrelations."""
    found = np.zeros_like(partial)
    phi, variance = partial[..., :0], np.ones_like(partial[..., :1])
    for lag in range(partial.shape[-1]):
        last = partial[..., lag : lag + 1]
        before = np.sum(phi * found[..., :lag][..., ::-1], axis=-1, keepdims=True)
        found[..., lag : lag + 1] = before + last * variance
        phi = np.concatenate([phi - last * phi[..., ::-1], last], axis=-1)
        variance = variance * (1.0 - last**2)
    return found
