r"""Restricted likelihood of repeated measurements, from sums over subjects with the same visits seen.

Subject ``i`` has measurements ``y_i ~ N(X_i b, S_i)``, ``S_i`` the rows and columns of ``Sigma(theta)`` of
the visits seen. With ``V = diag(S_1, S_2, ...)``, ``C = (X' V^-1 X)^-1``, ``b = C X' V^-1 y`` and
``r = y - X b``::

    -2 l = sum_i log|S_i| + r' V^-1 r - log|C| + (n - p) log(2 pi)
    d(-2 l) / d theta_k = sum_i tr(S_i^-1 dS_ik) - tr(S_i^-1 (r_i r_i' + X_i C X_i') S_i^-1 dS_ik)

All sums over subjects run over ``[X_i, y_i]' [X_i, y_i]`` entry by entry, which is summed once for each
pattern of visits: the time of one evaluation does not depend on the number of subjects. The design is made
orthonormal and the outcome freed of its least-squares fit and scaled first, so that these products lose no
digits. The Hessian is the central difference (five points) of the exact gradient.

Sources: Patterson and Thompson, Biometrika 1971;58:545; Harville, J Am Stat Assoc 1977;72:320; Jennrich and
Schluchter, Biometrics 1986;42:805.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.statistics.counts import Array
from mitograft.statistics.mmrm_covariance import CovarianceStructure

__all__ = [
    "Maximum",
    "Pattern",
    "RestrictedLikelihood",
    "Solution",
    "group_patterns",
    "maximise_restricted",
]

_SMALL_GRADIENT = 1e-7
_CONVERGED = 1e-4
_NEAR = 0.1  # gradient below which exact second derivatives pay
_SCORING_STEPS = 15
_SINGULAR = 1e-8
_NEARLY_SINGULAR = 1e-4
_FLAT = 1e-9
_INVERTIBLE = 1e-14


@dataclass(frozen=True, eq=False)
class Pattern:
    """Subjects with the same visits seen.

    Parameters
    ----------
    places
        Visits seen, as rows of the covariance matrix.
    n_subjects
        Number of subjects.
    products
        ``sum_i Z_ia Z_ib'`` with ``Z = [X, y]``: one row for each pair of visits a, b, the outer product of
        the two rows of ``Z`` laid flat.
    """

    places: npt.NDArray[np.int64]
    n_subjects: int
    products: Array


@dataclass(frozen=True, eq=False)
class Solution:
    """Coefficients at given covariance parameters.

    Parameters
    ----------
    inverses
        ``S^-1`` of each pattern.
    c, b
        Covariance ``C`` and coefficients ``b``.
    logdet
        ``sum_i log|S_i| - log|C|``.
    """

    inverses: list[Array]
    c: Array
    b: Array
    logdet: float


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

    patterns: tuple[Pattern, ...]
    structure: CovarianceStructure
    p: int

    def evaluate(self, theta: Array) -> tuple[float, Array]:
        """Return ``-2 l`` without its constant, and its gradient; infinity outside the admissible space."""
        try:
            state = self.solve(theta)
        except np.linalg.LinAlgError:
            return math.inf, np.full(theta.size, math.nan)
        joint = np.append(-state.b, 1.0)
        weights = np.outer(joint, joint)
        value = state.logdet + float(weights.ravel() @ self._cross(state.inverses))
        weights[: self.p, : self.p] += state.c
        change = np.zeros((self.structure.n_visits,) * 2)
        for pattern, inverse in zip(self.patterns, state.inverses, strict=True):
            spread = (pattern.products @ weights.ravel()).reshape(inverse.shape)
            change[np.ix_(pattern.places, pattern.places)] += (
                pattern.n_subjects * inverse - inverse @ spread @ inverse
            )
        return value, np.einsum("kab,ab->k", self.structure.differentiate(theta), change)

    def solve(self, theta: Array) -> Solution:
        """Return inverses, coefficients and their covariance at these parameters.

        Raises
        ------
        numpy.linalg.LinAlgError
            If the covariance is singular or overflows.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            sigma = self.structure.build(theta)
        if not np.all(np.isfinite(sigma)) or _smallest_root(sigma) < _INVERTIBLE:
            raise np.linalg.LinAlgError("singular covariance")
        inverses, logdet = [], 0.0
        for pattern in self.patterns:
            part = sigma[np.ix_(pattern.places, pattern.places)]
            inverses.append(np.linalg.inv(part))
            logdet += pattern.n_subjects * float(np.linalg.slogdet(part)[1])
        cross = self._cross(inverses).reshape(self.p + 1, self.p + 1)
        information = cross[: self.p, : self.p]
        sign, size = np.linalg.slogdet(information)
        if sign <= 0.0:
            raise np.linalg.LinAlgError("singular information")
        c = np.linalg.inv(information)
        c = (c + c.T) / 2.0
        return Solution(inverses, c, c @ cross[: self.p, self.p], logdet + float(size))

    def differentiate_variance(self, theta: Array, state: Solution, contrast: Array) -> Array:
        """Return the gradient of the variance ``l' C l`` of a contrast ``l``."""
        along = np.append(state.c @ contrast, 0.0)
        weights, change = np.outer(along, along).ravel(), np.zeros((self.structure.n_visits,) * 2)
        for pattern, inverse in zip(self.patterns, state.inverses, strict=True):
            spread = (pattern.products @ weights).reshape(inverse.shape)
            change[np.ix_(pattern.places, pattern.places)] += inverse @ spread @ inverse
        gradient: Array = np.einsum("kab,ab->k", self.structure.differentiate(theta), change)
        return gradient

    def information(self, theta: Array) -> Array:
        """Return the expected second derivatives of ``-2 l`` for known coefficients: near the true ones."""
        sigma, derivatives = self.structure.build(theta), self.structure.differentiate(theta)
        total = np.zeros((theta.size, theta.size))
        for pattern in self.patterns:
            rows, columns = np.ix_(pattern.places, pattern.places)
            left = np.linalg.solve(sigma[rows, columns], derivatives[:, rows, columns])
            total += pattern.n_subjects * np.einsum("kab,lba->kl", left, left)
        return total

    def hessian(self, theta: Array, step: float = 1e-3) -> Array:
        """Return the second derivatives of ``-2 l``."""
        rows = []
        for direction in np.eye(theta.size) * step:
            one = self.evaluate(theta + direction)[1] - self.evaluate(theta - direction)[1]
            two = self.evaluate(theta + 2.0 * direction)[1] - self.evaluate(theta - 2.0 * direction)[1]
            rows.append((8.0 * one - two) / (12.0 * step))
        hessian = np.array(rows)
        return (hessian + hessian.T) / 2.0

    def _cross(self, inverses: Sequence[Array]) -> Array:
        total = np.zeros((self.p + 1) ** 2)
        for pattern, inverse in zip(self.patterns, inverses, strict=True):
            total += inverse.ravel() @ pattern.products
        return total


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the search for the greatest restricted likelihood ended.

    Parameters
    ----------
    theta, value, hessian
        Parameters, ``-2 l`` without constant and its second derivatives there.
    reason
        Why this is not a maximum; empty where it is.
    """

    theta: Array
    value: float
    hessian: Array
    reason: str


def group_patterns(
    subject: "npt.NDArray[np.int64]", visit: "npt.NDArray[np.int64]", z: Array
) -> tuple[Pattern, ...]:
    """Group subjects by the visits seen and sum their products; ``z`` has a row for each measurement."""
    order = np.lexsort((visit, subject))
    subject, visit, z = subject[order], visit[order], z[order]
    starts = np.flatnonzero(np.diff(subject, prepend=subject[0] - 1))
    members: dict[tuple[int, ...], list[int]] = {}
    for start, stop in zip(starts, [*starts[1:], subject.size], strict=True):
        members.setdefault(tuple(visit[start:stop].tolist()), []).append(int(start))
    patterns = []
    for places, first in sorted(members.items()):
        rows = z[np.add.outer(first, np.arange(len(places)))]
        products = np.einsum("iap,ibq->abpq", rows, rows, optimize=True)
        patterns.append(
            Pattern(np.array(places), len(first), products.reshape(len(places) ** 2, z.shape[1] ** 2))
        )
    return tuple(patterns)


def maximise_restricted(likelihood: RestrictedLikelihood, *, steps: int = 45) -> Maximum:
    """Search the greatest restricted likelihood by damped scoring and Newton steps, from no correlation."""
    theta = np.zeros(likelihood.structure.n_parameters)
    value, gradient = likelihood.evaluate(theta)
    for step in range(steps):
        steepest = float(np.max(np.abs(gradient)))
        if steepest < _SMALL_GRADIENT or _smallest_root(likelihood.structure.build(theta)) < _SINGULAR:
            break
        far = steepest > _NEAR and step < _SCORING_STEPS
        curvature = likelihood.information(theta) if far else likelihood.hessian(theta)
        moved = _advance(likelihood, theta, value, (gradient, curvature))
        if moved is None:
            break
        theta, value, gradient = moved
    hessian = likelihood.hessian(theta)
    return Maximum(theta, value, hessian, _judge(likelihood, theta, gradient, hessian))


def _advance(
    likelihood: RestrictedLikelihood, theta: Array, value: float, slopes: tuple[Array, Array]
) -> tuple[Array, float, Array] | None:
    """Take the longest step, damped in its eigenvalues, that lowers the value; None where there is none."""
    gradient, hessian = slopes
    if not np.all(np.isfinite(hessian)):
        return None
    roots, vectors = np.linalg.eigh(hessian)
    along = vectors.T @ gradient
    damping = 0.0
    floor = max(1e-6 * float(np.max(np.abs(roots))), 1e-8)
    for _ in range(40):
        step = -vectors @ (along / (np.maximum(np.abs(roots), floor) + damping))
        length = float(np.max(np.abs(step)))
        if length > 2.0:
            step *= 2.0 / length
        lower, slope = likelihood.evaluate(theta + step)
        if lower <= value + 1e-12 * abs(value) and math.isfinite(lower):
            return theta + step, lower, slope
        damping = max(4.0 * damping, 0.1 * float(np.max(np.abs(roots))), 1e-3)
    return None


def _judge(likelihood: RestrictedLikelihood, theta: Array, gradient: Array, hessian: Array) -> str:
    steep = float(np.max(np.abs(gradient))) > _CONVERGED
    root = _smallest_root(likelihood.structure.build(theta))
    if root < _SINGULAR or (steep and root < _NEARLY_SINGULAR):
        return "the covariance is singular: some visits determine others without error"
    if not np.all(np.isfinite(hessian)):
        return "the likelihood has no second derivatives at the end of the search"
    roots = np.linalg.eigvalsh(hessian)
    if roots[0] <= _FLAT * max(float(roots[-1]), 1.0):
        return "the data do not determine every covariance parameter"
    if steep:
        return "the search did not converge"
    return ""


def _smallest_root(sigma: Array) -> float:
    """Return the smallest eigenvalue of the correlations."""
    spread = np.sqrt(np.diag(sigma))
    if not np.all(spread > 0.0):
        return 0.0
    return float(np.linalg.eigvalsh(sigma / np.outer(spread, spread))[0])
