"""Search of the greatest restricted likelihood of repeated measurements.

Damped Fisher scoring far from the end, Newton steps with the exact Hessian near it; each step must lower
``-2 l``. The end is judged: a singular covariance, a likelihood that is flat in some direction and a gradient
that is not 0 are outcomes with a reason, not estimates.

Source: Levenberg, Q Appl Math 1944;2:164 (damping).
"""

import math
from dataclasses import dataclass

import numpy as np

from mitograft.statistics.counts import Array
from mitograft.statistics.mmrm_likelihood import RestrictedLikelihood, smallest_root

__all__ = ["Maximum", "maximise_restricted"]

_SMALL_GRADIENT = 1e-7
_CONVERGED = 1e-4
_NEAR = 0.1  # gradient below which exact second derivatives pay
_SCORING_STEPS = 15
_SINGULAR = 1e-8
_NEARLY_SINGULAR = 1e-4
_FLAT = 1e-9


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


def maximise_restricted(likelihood: RestrictedLikelihood, *, steps: int = 45) -> Maximum:
    """Search the greatest restricted likelihood by damped scoring and Newton steps, from no correlation."""
    theta = np.zeros(likelihood.structure.n_parameters)
    value, gradient = likelihood.evaluate(theta)
    for step in range(steps):
        steepest = float(np.max(np.abs(gradient)))
        if steepest < _SMALL_GRADIENT or smallest_root(likelihood.structure.build(theta)) < _SINGULAR:
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
    root = smallest_root(likelihood.structure.build(theta))
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
