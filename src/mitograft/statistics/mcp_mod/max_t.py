r"""The largest of several correlated t statistics: its upper tail and quantiles.

Contrasts of ``k`` doses live in at most ``k - 1`` dimensions. With unit vectors ``l_i``, whose products are
the correlations, and a spherical t vector of ``r`` dimensions (direction ``w``, length ``R``, ``R^2 / r`` of
the F distribution on ``r`` and ``nu`` degrees of freedom)::

    P(max_i T_i > c) = E_w[ P(R > c / h(w)); h(w) > 0 ],  h(w) = max_i l_i' w   (c >= 0)
    P(max_i T_i < c) = E_w[ P(R > c / h(w)); h(w) < 0 ]                         (c < 0)

so that only an average over directions is left (|l_i' w| for the largest absolute value). The correlation may
be singular.

* ``r = 2`` (three doses): one angle; ``h`` is a cosine between known break points, Gauss-Legendre between
  them is exact to about 1e-12.
* more: an average over fixed quasi-random directions, scrambled eight times; the error is three standard
  errors of the eight (about one thousandth of the p value). Small p values keep their relative accuracy,
  which the usual integration over a box loses.

Source: the tail by directions is elementary; for the box see Genz and Bretz, J Comput Graph Stat 2002;11:950.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array

__all__ = ["LargestT", "largest_t"]

_RANK = 1e-9
_NODES = 48
_POINTS_LOG2 = 13
_SCRAMBLES = 8


@dataclass(frozen=True, eq=False)
class LargestT:
    """The law of the largest of correlated t statistics; make it with ``largest_t``.

    Parameters
    ----------
    dimensions, df
        Rank of the correlation and degrees of freedom (infinite: normal).
    reach, weights
        ``h(w)`` for the directions that were taken, and their weights, in one row for each scramble (one row
        where the integral is exact).
    """

    dimensions: int
    df: float
    reach: Array
    weights: Array

    def tail(self, c: float) -> tuple[float, float]:
        """Return ``P(max > c)`` with its numerical error (three standard errors)."""
        values = self._by_row(c)
        count = len(values)
        error = 3.0 * float(np.std(values, ddof=1)) / math.sqrt(count) if count > 1 else 1e-12
        return min(1.0, max(0.0, float(np.mean(values)))), error

    def quantile(self, alpha: float) -> float:
        """Return ``c`` with ``P(max > c) = alpha``.

        Raises
        ------
        UsageError
            If ``alpha`` is not between 0 and 1/2.
        """
        from scipy.optimize import brentq

        if not 0.0 < alpha < 0.5:
            raise UsageError(f"Error of the test: found {alpha}; expected a number between 0 and 0.5.")
        high = 1.0
        while self.tail(high)[0] > alpha:
            high *= 2.0
        return float(brentq(lambda c: self.tail(c)[0] - alpha, 0.0, high, xtol=1e-10))

    def _by_row(self, c: float) -> Array:
        above = self.reach > 0.0
        if c >= 0.0:
            inside = np.where(above, self.reach, 1.0)
            share = np.where(above, self._beyond(c / inside), 0.0)
            return np.asarray((self.weights * share).sum(axis=1))
        below = self.reach < 0.0
        inside = np.where(below, self.reach, -1.0)
        share = np.where(below, self._beyond(c / inside), 0.0)
        return np.asarray(1.0 - (self.weights * share).sum(axis=1))

    def _beyond(self, length: Array) -> Array:
        """Return ``P(R > length)``."""
        from scipy.special import chdtrc, fdtrc

        r = float(self.dimensions)
        if math.isinf(self.df):
            return np.asarray(chdtrc(r, length**2))
        return np.asarray(fdtrc(r, self.df, length**2 / r))


def largest_t(vectors: Array, df: float, *, two_sided: bool = False) -> LargestT:
    """Prepare the law of ``max_i T_i`` (``max_i |T_i|``).

    Parameters
    ----------
    vectors
        One row for each statistic; the correlations are the cosines between rows.
    df
        Degrees of freedom; infinite for normal statistics.

    Raises
    ------
    UsageError
        If a row is zero, or there are no degrees of freedom.

    >>> law = largest_t(np.array([[1.0, 0.0], [0.5, np.sqrt(0.75)]]), 10)
    >>> f"{law.quantile(0.05):.6f}"
    '2.150614'
    """
    rows = np.atleast_2d(np.asarray(vectors, dtype=float))
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.all(lengths > 0.0) or not df > 0.0:
        raise UsageError(f"Largest t: found a zero contrast or {df} degrees of freedom; expected neither.")
    u, s, _ = np.linalg.svd(rows / lengths, full_matrices=False)
    kept = s > _RANK * s[0]
    loadings = u[:, kept] * s[kept]
    loadings /= np.linalg.norm(loadings, axis=1, keepdims=True)
    if two_sided:
        loadings = np.vstack([loadings, -loadings])
    r = loadings.shape[1]
    if r == 1:
        reach, weights = loadings.max(axis=0) * np.ones((1, 2)), np.full((1, 2), 0.5)
        reach[0, 1] = float((-loadings).max())
        return LargestT(1, df, reach, weights)
    if r == 2:
        angles, weights = _circle(loadings)
        directions = np.stack([np.cos(angles), np.sin(angles)])
        return LargestT(2, df, (loadings @ directions).max(axis=0)[None, :], weights[None, :])
    sphere = _sphere(r)
    reach = np.array([(loadings @ part).max(axis=0) for part in sphere])
    return LargestT(r, df, reach, np.full(reach.shape, 1.0 / reach.shape[1]))


def _circle(loadings: Array) -> tuple[Array, Array]:
    """Return angles and weights that integrate ``F(h)`` over the circle, broken where ``h`` has kinks."""
    turns = np.arctan2(loadings[:, 1], loadings[:, 0])
    # Two cosines cross half way between their tops and opposite; each is 0 a quarter turn from its top.
    middle = (turns[:, None] + turns[None, :])[np.triu_indices(len(turns), 1)] / 2.0
    breaks = np.concatenate([middle, middle + math.pi, turns + math.pi / 2.0, turns - math.pi / 2.0])
    edges = np.unique(np.concatenate([breaks % (2.0 * math.pi), [0.0, 2.0 * math.pi]]))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    widths = np.diff(edges)[:, None] / 2.0
    angles = (edges[:-1, None] + widths + widths * nodes).ravel()
    return angles, (widths * weights).ravel() / (2.0 * math.pi)


@cache
def _sphere(dimensions: int) -> Array:
    """Return fixed directions, shaped (scrambles, dimensions, points)."""
    from scipy.special import betaincinv
    from scipy.stats import qmc

    from mitograft.seeds import stream

    parts = []
    for scramble in range(_SCRAMBLES):
        rng = stream(0, "largest t", dimensions, scramble)  # fixed: the same numbers give the same p value
        u = qmc.Sobol(dimensions - 1, scramble=True, rng=rng).random_base2(_POINTS_LOG2)
        left, columns = np.ones(len(u)), []
        for axis in range(dimensions - 2):
            half = (dimensions - axis - 1) / 2.0
            share = 2.0 * betaincinv(half, half, u[:, axis]) - 1.0
            columns.append(left * share)
            left = left * np.sqrt(np.maximum(0.0, 1.0 - share**2))
        turn = 2.0 * math.pi * u[:, -1]
        parts.append(np.array([*columns, left * np.cos(turn), left * np.sin(turn)]))
    return np.array(parts)
