r"""Degrees of freedom and joint tests in models for repeated measurements.

With ``C`` the covariance of the coefficients, ``W`` the covariance of the covariance parameters (twice the
inverse of the observed Hessian of ``-2 l``) and ``D_k = dC / d theta_k``:

* one contrast ``l``: ``df = 2 (l'Cl)^2 / (g' W g)``, ``g_k = l' D_k l``, for Satterthwaite and for Kenward
  and Roger alike; these differ in the standard error only;
* several contrasts ``L`` (rank q), Satterthwaite: ``F = b'L' (L C L')^-1 L b / q``; with ``nu_m`` the degrees
  of freedom of the eigenvectors of ``L C L'``, ``E = sum nu_m / (nu_m - 2)`` over those above 2, and ``df =
  2 E / (E - q)`` (Fai and Cornelius, as SAS has it; they depend slightly on the choice of ``L``);
* several contrasts, Kenward and Roger: ``F`` with their adjusted covariance, scaled by ``lambda``, on ``m``
  degrees of freedom; both make the first two moments right and are exact for Hotelling's T2 and for balanced
  analysis of variance.

With few subjects the joint test needs Kenward and Roger. Measured at 5 % without an effect, 1,500 trials of
three visits, a tenth missing, unstructured, arms at all visits together: nine subjects 21 % by Satterthwaite
and 6.6 % by Kenward and Roger (in 6 % of trials their formulas give no F distribution and there is no test);
twelve 14 % and 5.6 %. One contrast: nine 7.0 and 6.5 %, twelve 5.9 and 5.3 %.

Sources: Fai and Cornelius, J Stat Comput Simul 1996;54:363; Kenward and Roger, Biometrics 1997;53:983.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mitograft.statistics.counts import Array

__all__ = [
    "METHODS",
    "Method",
    "MmrmTest",
    "Uncertainty",
    "describe_method",
    "reduce_rank",
    "scale_kenward_roger",
]

Method = Literal["satterthwaite", "kenward-roger", "kenward-roger-linear"]

_WORDS = {
    "satterthwaite": "Satterthwaite degrees of freedom, model-based standard error",
    "kenward-roger": "Kenward-Roger standard error and degrees of freedom",
    "kenward-roger-linear": "Kenward-Roger standard error without second derivatives, and degrees of freedom",
}
METHODS = tuple(_WORDS)
_RANK = 1e-10
_POLE = 1e-4


@dataclass(frozen=True, slots=True)
class MmrmTest:
    """Joint test that contrasts of the coefficients are 0.

    Parameters
    ----------
    term
        What is tested.
    f, p
        Statistic (with its scale factor) and p value; None where there is none.
    df
        Numerator degrees of freedom: the rank of the contrasts.
    residual_df
        Denominator degrees of freedom, a real number; None where there are none.
    scale
        Factor of Kenward and Roger by which the statistic was multiplied; 1 for Satterthwaite.
    method
        In words.
    kind
        ``approximate``: the distribution of the statistic is.
    reason
        Why something is None; empty otherwise.
    """

    term: str
    f: float | None
    df: int
    residual_df: float | None
    p: float | None
    scale: float = 1.0
    method: str = ""
    kind: Literal["exact", "approximate"] = "approximate"
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """What degrees of freedom are made of.

    Parameters
    ----------
    c
        Covariance of the coefficients, the covariance parameters taken as known.
    slopes
        ``sum X' S^-1 dS_k S^-1 X``; ``D_k = C slopes_k C``.
    w
        Covariance of the covariance parameters.
    """

    c: Array
    slopes: Array
    w: Array

    def count_df(self, contrast: Array) -> float:
        """Return the degrees of freedom of one contrast."""
        along = self.c @ contrast
        slope = np.einsum("i,kij,j->k", along, self.slopes, along)
        return float(2.0 * (contrast @ along) ** 2 / (slope @ self.w @ slope))

    def pool_df(self, contrasts: Array) -> float:
        """Return the denominator degrees of freedom of Fai and Cornelius; NaN where there are none."""
        _, vectors = np.linalg.eigh(contrasts @ self.c @ contrasts.T)
        counts = [self.count_df(vector @ contrasts) for vector in vectors.T]
        expected = sum(df / (df - 2.0) for df in counts if df > 2.0)
        q = len(contrasts)
        return 2.0 * expected / (expected - q) if expected > q else math.nan

    def match_moments(self, contrasts: Array) -> tuple[float, float]:
        """Return scale factor and degrees of freedom of Kenward and Roger; NaN where there are none."""
        inverse = np.linalg.inv(contrasts @ self.c @ contrasts.T)
        along = contrasts @ self.c
        parts = inverse @ (along @ self.slopes @ along.T)
        traces = np.trace(parts, axis1=1, axis2=2)
        a1 = float(traces @ self.w @ traces)
        a2 = float(np.einsum("kl,kab,lba->", self.w, parts, parts, optimize=True))
        return scale_kenward_roger(a1, a2, len(contrasts))


def scale_kenward_roger(a1: float, a2: float, q: int) -> tuple[float, float]:
    """Return ``lambda`` and ``m`` from the two sums ``A1`` and ``A2`` for ``q`` contrasts.

    ``B = (A1 + 6 A2) / 2q``, ``g = ((q + 1) A1 - (q + 4) A2) / ((q + 2) A2)``, ``E = 1 / (1 - A2 / q)``,
    ``V`` as in the paper, ``rho = V / 2 E^2``, ``m = 4 + (q + 2) / (q rho - 1)`` and
    ``lambda = m / (E (m - 2))``. Below 4 degrees of freedom the moments do not exist, but the formulas go on,
    and stay exact where they are. NaN where they give no F distribution.
    """
    if abs(a2 - q) < _POLE * q:  # E has a pole at m = 2 that lambda has not: go round it
        sides = [scale_kenward_roger(a1 * more, a2 * more, q) for more in (1 - 2 * _POLE, 1 + 2 * _POLE)]
        return (sides[0][0] + sides[1][0]) / 2.0, (sides[0][1] + sides[1][1]) / 2.0
    with np.errstate(divide="ignore", invalid="ignore"):
        a1, a2 = np.float64(a1), np.float64(a2)
        b = (a1 + 6.0 * a2) / (2.0 * q)
        g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
        below = 3.0 * q + 2.0 * (1.0 - g)
        c1, c2, c3 = g / below, (q - g) / below, (q + 2 - g) / below
        expected = 1.0 / (1.0 - a2 / q)
        variance = 2.0 / q * (1.0 + c1 * b) / ((1.0 - c2 * b) ** 2 * (1.0 - c3 * b))
        m = 4.0 + (q + 2) / (q * variance / (2.0 * expected**2) - 1.0)
        scale = m / (expected * (m - 2.0))
    if not (math.isfinite(scale) and scale > 0.0 and m > 0.0):
        return math.nan, math.nan
    return float(scale), float(m)


def describe_method(method: Method) -> str:
    """Return a method in words.

    >>> describe_method("kenward-roger")
    'Kenward-Roger standard error and degrees of freedom'
    """
    return _WORDS[method]


def reduce_rank(contrasts: Array) -> Array:
    """Return the contrasts, or as many independent ones where some follow from others."""
    size = np.linalg.norm(contrasts, axis=1)
    kept = contrasts[size > 0.0] / size[size > 0.0, None]
    _, roots, directions = np.linalg.svd(kept, full_matrices=False)
    rank = int(np.sum(roots > _RANK))
    return contrasts[size > 0.0] if rank == len(kept) else directions[:rank]
