r"""Contrasts of the doses that suit a shape best.

For means with covariance ``S`` and a shape with values ``g``, the contrast with the largest expected t
statistic is proportional to ``S^-1 (g - 1 (g' S^-1 1) / (1' S^-1 1))`` (Bornkamp, Pinheiro and Bretz, J Stat
Softw 2009;29(7), section 2). It does not depend on ``E0`` and ``E1``; it is scaled to length 1 and positive
for a rising response.
"""

from collections.abc import Sequence

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.mcp_mod.shapes import Candidate, DoseRange

__all__ = ["optimal_contrasts"]


def optimal_contrasts(
    candidates: Sequence[Candidate], doses: Array, covariance: Array, *, within: DoseRange | None = None
) -> Array:
    """Return the optimal contrast of each candidate, one row each.

    Parameters
    ----------
    candidates
        Shapes with guessed parameters.
    doses, covariance
        The doses, and the covariance of their means up to a factor (``diag(1 / n)`` for independent groups).
    within
        Constants of linlog and betaMod; the defaults unless given.

    Raises
    ------
    UsageError
        If there are no candidates, two have one name, or one does not suit the doses.

    >>> two = [Candidate("linear"), Candidate("emax", (150.0,))]
    >>> optimal_contrasts(two, np.array([0.0, 300.0, 600.0]), np.eye(3)).round(3).tolist()
    [[-0.707, 0.0, 0.707], [-0.807, 0.293, 0.513]]
    """
    labels = [candidate.label for candidate in candidates]
    if not labels or len(set(labels)) != len(labels):
        raise UsageError(f"Candidate shapes: found {labels}; expected at least one, each with its own name.")
    doses = np.asarray(doses, dtype=float)
    g = np.array([candidate.values(doses, within or DoseRange.of(doses)) for candidate in candidates])
    ones = np.ones(len(doses))
    weighted_ones = np.linalg.solve(covariance, ones)
    centred = g - np.outer(g @ weighted_ones / (ones @ weighted_ones), ones)
    contrasts = np.linalg.solve(covariance, centred.T).T
    contrasts -= contrasts.mean(axis=1, keepdims=True)  # rounding
    return np.asarray(contrasts / np.linalg.norm(contrasts, axis=1, keepdims=True))
