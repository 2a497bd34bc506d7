r"""Kenward-Roger covariance of the coefficients of a model for repeated measurements.

With ``dS_k`` the derivatives of the covariance, ``W`` the covariance of its parameters (twice the inverse
Hessian of ``-2 l``: the observed information, as SAS has it) and ``C`` the covariance of the coefficients
that takes these parameters as known::

    P_k  = -sum X' S^-1 dS_k S^-1 X            Q_kl = sum X' S^-1 dS_k S^-1 dS_l S^-1 X
    R    = sum X' S^-1 (sum_kl W_kl d2S_kl) S^-1 X
    C_A  = C + 2 C (sum_kl W_kl (Q_kl - P_k C P_l) - R / 4) C

The term ``R`` depends on the choice of parameters, the others do not. Here it is that of SAS PROC MIXED
with DDFM=KR (``mmrm_natural.py``): 0 for unstructured, Toeplitz and compound symmetry with one variance.
Without it this is the linear form: KENWARDROGER(FIRSTORDER) of SAS, Kenward-Roger-Linear of R mmrm. With two
complete visits the linear form is the paired t test for every structure; with the term, AR(1) is not.

Source: Kenward and Roger, Biometrics 1997;53:983.
"""

import numpy as np

from mitograft.statistics.counts import Array
from mitograft.statistics.mmrm_likelihood import RestrictedLikelihood, Solution
from mitograft.statistics.mmrm_natural import bend

__all__ = ["adjust_kenward_roger"]


def adjust_kenward_roger(
    likelihood: RestrictedLikelihood, theta: Array, w: Array, solution: Solution, *, linear: bool
) -> Array:
    """Return the adjusted covariance of the coefficients.

    Parameters
    ----------
    likelihood, theta, solution
        The model, its covariance parameters, and the coefficients there.
    w
        Covariance of the covariance parameters.
    linear
        Whether to leave out the term with second derivatives.
    """
    p, c, inverses = likelihood.p, solution.c, solution.inverses
    derivatives = likelihood.structure.differentiate(theta)
    slopes = likelihood.slopes(solution, derivatives)[:, :p, :p]
    weighted = np.einsum("kl,lab->kab", w, derivatives)
    inner = np.sum(derivatives[:, None] @ inverses @ weighted[:, None], axis=0)
    if not linear:
        inner = inner - bend(likelihood.structure, theta, w) / 4.0
    middle = likelihood.patterns.sum_products(inverses @ inner @ inverses)[:p, :p]
    middle -= np.einsum("kl,kpq,qr,lrs->ps", w, slopes, c, slopes, optimize=True)
    adjusted = c + 2.0 * c @ middle @ c
    symmetric: Array = (adjusted + adjusted.T) / 2.0
    return symmetric
