r"""Restricted likelihood of repeated measurements, its gradient and its Hessian, all in closed form.

Subject ``i`` has measurements ``y_i ~ N(X_i b, S_i)``, ``S_i`` the rows and columns of ``Sigma(theta)`` of
the visits seen. With ``V = diag(S_1, S_2, ...)``, ``C = (X' V^-1 X)^-1``, ``b = C X' V^-1 y``,
``r = y - X b``, ``V_k`` the derivative of ``V`` by ``theta_k``, ``A_k = V^-1 V_k V^-1`` and
``M = X C X' + r r'``::

    -2 l = log|V| + r' V^-1 r - log|C| + (n - p) log(2 pi)
    d(-2 l) / d theta_k = tr(V^-1 V_k) - tr(A_k M)
    d2(-2 l) / d theta_k d theta_l = tr((V^-1 - V^-1 M V^-1) V_kl) - tr(V^-1 V_k V^-1 V_l)
        + 2 tr(A_k V_l V^-1 M) - tr(C X' A_k X C X' A_l X) - 2 r' A_k X C X' A_l r

All sums over subjects run over patterns of visits (``mmrm_patterns.py``): the time of one evaluation does
not depend on the number of subjects. The design is made orthonormal and the outcome freed of its
least-squares fit and scaled first, so that the products lose no digits.

Sources: Patterson and Thompson, Biometrika 1971;58:545; Harville, J Am Stat Assoc 1977;72:320; Jennrich and
Schluchter, Biometrics 1986;42:805; Lindstrom and Bates, J Am Stat Assoc 1988;83:1014 (Hessian).
"""

import math
from dataclasses import dataclass

import numpy as np

from mitograft.statistics.counts import Array
from mitograft.statistics.mmrm_covariance import CovarianceStructure
from mitograft.statistics.mmrm_patterns import Patterns

__all__ = ["RestrictedLikelihood", "Solution", "smallest_root"]

_INVERTIBLE = 1e-14


@dataclass(frozen=True, eq=False)
class Solution:
    """Coefficients at given covariance parameters.

    Parameters
    ----------
    inverses
        ``S^-1`` of each pattern, 0 for the visits not seen.
    c, b
        Covariance ``C`` and coefficients ``b``.
    value
        ``-2 l`` without its constant.
    """

    inverses: Array
    c: Array
    b: Array
    value: float

    @property
    def joint(self) -> Array:
        """Return the weights of the columns of ``[X, y]`` that give the residual."""
        return np.append(-self.b, 1.0)


@dataclass(frozen=True, eq=False)
class RestrictedLikelihood:
    """The restricted likelihood as a function of the covariance parameters.

    Parameters
    ----------
    patterns
        The data.
    structure
        The covariance structure.
    p
        Number of columns of the design.
    """

    patterns: Patterns
    structure: CovarianceStructure
    p: int

    def evaluate(self, theta: Array) -> tuple[float, Array]:
        """Return ``-2 l`` without its constant, and its gradient; infinity outside the admissible space."""
        try:
            state = self.solve(theta)
        except np.linalg.LinAlgError:
            return math.inf, np.full(theta.size, math.nan)
        change = self._change(state, self._spread(state))
        return state.value, np.einsum("kab,ab->k", self.structure.differentiate(theta), change)

    def solve(self, theta: Array) -> Solution:
        """Return inverses, coefficients and their covariance at these parameters.

        Raises
        ------
        numpy.linalg.LinAlgError
            If the covariance is singular or overflows.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            sigma = self.structure.build(theta)
        if not np.all(np.isfinite(sigma)) or smallest_root(sigma) < _INVERTIBLE:
            raise np.linalg.LinAlgError("singular covariance")
        inverses, logdet = self.patterns.invert(sigma)
        cross = self.patterns.sum_products(inverses)
        information = cross[: self.p, : self.p]
        sign, size = np.linalg.slogdet(information)
        if sign <= 0.0:
            raise np.linalg.LinAlgError("singular information")
        c = np.linalg.inv(information)
        c = (c + c.T) / 2.0
        b = c @ cross[: self.p, self.p]
        joint = np.append(-b, 1.0)
        value = float(self.patterns.n_subjects @ logdet + size + joint @ cross @ joint)
        return Solution(inverses, c, b, value)

    def slopes(self, state: Solution, derivatives: Array) -> Array:
        """Return ``Z' A_k Z``, ``Z = [X, y]``, one matrix for each derivative of the covariance."""
        inverses = state.inverses
        return self.patterns.sum_products(inverses @ derivatives[:, None] @ inverses)

    def information(self, theta: Array) -> Array:
        """Return the expected second derivatives of ``-2 l`` for known coefficients: near the true ones."""
        inverses, _ = self.patterns.invert(self.structure.build(theta))
        left = inverses @ self.structure.differentiate(theta)[:, None]
        flat = (left * self.patterns.n_subjects[:, None, None]).reshape(theta.size, -1)
        found: Array = flat @ left.swapaxes(-1, -2).reshape(theta.size, -1).T
        return found

    def hessian(self, theta: Array) -> Array:
        """Return the second derivatives of ``-2 l``; NaN outside the admissible space."""
        try:
            state = self.solve(theta)
        except np.linalg.LinAlgError:
            return np.full((theta.size, theta.size), math.nan)
        derivatives, spread = self.structure.differentiate(theta), self._spread(state)
        found = self.structure.curve(theta, self._change(state, spread)) - self.information(theta)
        left = state.inverses @ derivatives[:, None]
        right = left @ (state.inverses @ spread)
        found += 2.0 * left.reshape(theta.size, -1) @ right.swapaxes(-1, -2).reshape(theta.size, -1).T
        slopes = self.slopes(state, derivatives)
        within = state.c @ slopes[:, : self.p, : self.p]
        found -= within.reshape(theta.size, -1) @ within.swapaxes(-1, -2).reshape(theta.size, -1).T
        along = slopes[:, : self.p] @ state.joint
        found -= 2.0 * along @ state.c @ along.T
        hessian: Array = (found + found.T) / 2.0
        return hessian

    def _spread(self, state: Solution) -> Array:
        """Return ``sum_i X_i C X_i' + r_i r_i'`` of each pattern."""
        weights = np.outer(state.joint, state.joint)
        weights[: self.p, : self.p] += state.c
        return self.patterns.spread(weights)

    def _change(self, state: Solution, spread: Array) -> Array:
        """Return the derivatives of ``-2 l`` by the entries of the covariance, coefficients optimal."""
        first = np.einsum("p,pab->ab", self.patterns.n_subjects, state.inverses)
        change: Array = first - np.sum(state.inverses @ spread @ state.inverses, axis=0)
        return change


def smallest_root(sigma: Array) -> float:
    """Return the smallest eigenvalue of the correlations."""
    spread = np.sqrt(np.diag(sigma))
    if not np.all(spread > 0.0):
        return 0.0
    return float(np.linalg.eigvalsh(sigma / np.outer(spread, spread))[0])
