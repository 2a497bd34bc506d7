r"""Curvature of a covariance structure in the parameters that SAS PROC MIXED gives it.

The adjustment of Kenward and Roger has a term with second derivatives of the covariance by its parameters,
and this term depends on the choice of parameters. Ours are those of PROC MIXED:

* unstructured, Toeplitz, compound symmetry: the covariances themselves, in which ``Sigma`` is linear;
* AR(1): variance and correlation, ``Sigma_ij = v rho^|i-j|``;
* heterogeneous structures: variances and correlations, ``Sigma_ij = sqrt(v_i v_j) r_ij``.

Source: SAS/STAT User's Guide, The MIXED Procedure, table of covariance structures (from memory; confirmed by
the standard errors of SAS in ``tests/published/test_mmrm_sas.py``).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.statistics.counts import Array
from mitograft.statistics.mmrm_covariance import CovarianceStructure

__all__ = ["bend", "is_linear"]

_STEP = 1e-30
_NO_WEIGHT = 1e-12


def is_linear(structure: CovarianceStructure) -> bool:
    """Whether the covariance is linear in the parameters of SAS, so that it has no curvature."""
    if structure.n_visits == 1 or structure.kind == "unstructured":
        return True
    return structure.n_scales == 1 and structure.kind != "ar1"


def bend(structure: CovarianceStructure, theta: Array, w: Array) -> Array:
    """Return ``sum_kl W_kl d2 Sigma / d phi_k d phi_l`` in the parameters ``phi`` of SAS.

    Parameters
    ----------
    structure, theta
        The structure and its free parameters.
    w
        Covariance of the free parameters.
    """
    k = structure.n_visits
    if is_linear(structure):
        return np.zeros((k, k))
    phi = _convert(structure, theta)
    steps = theta.astype(complex) + 1j * _STEP * np.eye(theta.size)
    jacobian = _convert(structure, steps).imag.T / _STEP
    size, directions = np.linalg.eigh(jacobian @ w @ jacobian.T)
    total = np.zeros((k, k))
    for weight, direction in zip(size, directions.T, strict=True):
        if abs(weight) > _NO_WEIGHT * size[-1]:
            total += weight * _turn(structure, phi, direction)
    return total


def _convert(structure: CovarianceStructure, theta: "npt.NDArray[Any]") -> "npt.NDArray[Any]":
    """Return variances, then correlations (for Toeplitz at lags 1, 2, ...)."""
    scales = structure.n_scales
    correlations = structure.correlate(theta)[..., 0, 1:]
    if structure.kind != "toeplitz":
        correlations = correlations[..., :1]
    return np.concatenate([np.exp(2.0 * theta[..., :scales]), correlations], axis=-1)


def _turn(structure: CovarianceStructure, phi: Array, along: Array) -> Array:
    """Return the second derivative of the covariance along a direction of the parameters of SAS."""
    k, scales = structure.n_visits, structure.n_scales
    lags = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
    s = np.sqrt(phi[:scales]) * np.ones(k)
    s1 = along[:scales] / (2.0 * s)
    s2 = -(along[:scales] ** 2) / (4.0 * s**3)
    r, r1, r2 = (entry[lags] for entry in _by_lag(structure, phi[scales:], along[scales:]))
    spread, once = np.outer(s, s), np.outer(s1, s) + np.outer(s, s1)
    twice = np.outer(s2, s) + 2.0 * np.outer(s1, s1) + np.outer(s, s2)
    found: Array = twice * r + 2.0 * once * r1 + spread * r2
    return found


def _by_lag(structure: CovarianceStructure, r: Array, along: Array) -> tuple[Array, Array, Array]:
    """Return the correlations at lags 0, 1, ... and their two derivatives along a direction."""
    lag = np.arange(structure.n_visits)
    if structure.kind == "ar1":
        first = lag * r ** np.maximum(lag - 1, 0) * along
        return r**lag, first, lag * (lag - 1) * r ** np.maximum(lag - 2, 0) * along**2
    ones = np.ones(structure.n_visits - 1)
    return np.append(1.0, r * ones), np.append(0.0, along * ones), np.zeros(structure.n_visits)
