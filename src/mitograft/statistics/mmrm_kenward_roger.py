r"""Kenward-Roger covariance of the coefficients of a model for repeated measurements.

With ``dS_k`` the derivatives of the covariance, ``W`` the covariance of its parameters (twice the inverse
Hessian of ``-2 l``: the observed information, as SAS has it) and ``C`` the covariance of the coefficients
that takes these parameters as known::

    P_k  = -sum X' S^-1 dS_k S^-1 X            Q_kl = sum X' S^-1 dS_k S^-1 dS_l S^-1 X
    C_A  = C + 2 C (sum_kl W_kl (Q_kl - P_k C P_l)) C

For one contrast the degrees of freedom of Kenward and Roger are those of Satterthwaite, ``2 (l'Cl)^2 /
(g' W g)`` with ``g_k = -l' C P_k C l``, and their scale factor is 1; only the standard error differs. The
term with second derivatives of the covariance is left out: it is 0 where the covariance is linear in its
parameters (unstructured, Toeplitz, compound symmetry with one variance); for AR(1) and heterogeneous
structures this is the form that SAS calls KENWARDROGER(FIRSTORDER).

Source: Kenward and Roger, Biometrics 1997;53:983.
"""

import numpy as np

from mitograft.statistics.counts import Array
from mitograft.statistics.mmrm_likelihood import RestrictedLikelihood, Solution

__all__ = ["adjust_kenward_roger"]


def adjust_kenward_roger(
    likelihood: RestrictedLikelihood, theta: Array, hessian: Array, solution: Solution
) -> Array:
    """Return the adjusted covariance of the coefficients; ``hessian`` is that of ``-2 l`` at ``theta``."""
    derivatives = likelihood.structure.differentiate(theta)
    w, c, ps = 2.0 * np.linalg.inv(hessian), solution.c, _slopes(likelihood, derivatives, solution)
    middle = -np.einsum("kl,kpq,qr,lrs->ps", w, ps, c, ps, optimize=True)
    size = likelihood.p + 1
    for pattern, inverse in zip(likelihood.patterns, solution.inverses, strict=True):
        ds = derivatives[:, pattern.places[:, None], pattern.places]
        inner = inverse @ np.einsum("kl,kab,bc,lcd->ad", w, ds, inverse, ds, optimize=True) @ inverse
        middle += (inner.ravel() @ pattern.products).reshape(size, size)[:-1, :-1]
    adjusted = c + 2.0 * c @ middle @ c
    symmetric: Array = (adjusted + adjusted.T) / 2.0
    return symmetric


def _slopes(likelihood: RestrictedLikelihood, derivatives: Array, solution: Solution) -> Array:
    """Return the matrices ``P_k``."""
    q, size = len(derivatives), likelihood.p + 1
    total = np.zeros((q, size**2))
    for pattern, inverse in zip(likelihood.patterns, solution.inverses, strict=True):
        ds = derivatives[:, pattern.places[:, None], pattern.places]
        total -= (inverse @ ds @ inverse).reshape(q, -1) @ pattern.products
    return total.reshape(q, size, size)[:, :-1, :-1]
