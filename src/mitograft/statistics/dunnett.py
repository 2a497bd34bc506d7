r"""Dunnett's comparison of several groups with one control, with or without a block.

Estimates, standard errors, residual degrees of freedom ``nu`` and the correlations ``R`` of the comparisons
come from the block model (``blocked.py``). The single-step p value of comparison ``i`` is
``P(max_j |T_j| >= |t_i|)`` for ``T`` multivariate t with ``nu`` and ``R``; simultaneous intervals use the
quantile of the same maximum (Dunnett, J Am Stat Assoc 1955;50:1096; Hothorn, Bretz and Westfall, Biom J
2008;50:346).

In a one-way layout and in complete blocks ``R`` has one factor, ``rho_ij = l_i l_j``, and the probability is
the double integral (Dunnett and Sobel, Biometrika 1955;42:258)::

    int f_nu(u) int phi(z) prod_i [Phi((c u + l_i z) / m_i) - Phi((-c u + l_i z) / m_i)] dz du

with ``m_i = sqrt(1 - l_i^2)`` and ``u = sqrt(chi2_nu / nu)``. Both integrands are smooth and fall off fast,
so the trapezoidal rule converges geometrically; the step is halved until the result settles to 1e-9. For
other ``R`` (incomplete blocks) a lattice rule with a fixed stream is used, good to about 1e-5.

Holm's step-down of the ordinary t tests (Scand J Stat 1979;6:65) is offered instead; it needs no ``R``. Its
intervals are Bonferroni's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mitograft.errors import InternalError, UsageError
from mitograft.statistics.blocked import BlockFit
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.multiplicity import holm

__all__ = [
    "DunnettComparison",
    "DunnettResult",
    "dunnett",
    "max_t_probability",
    "max_t_quantile",
    "one_factor",
]

Method = Literal["single-step", "holm"]

_SETTLED = 1e-9
_FIRST_NODES = 64
_DOUBLINGS = 6
_NEGLIGIBLE = 45.0  # exp(-45)
_REACH = 9.0  # standard normal density beyond is below 1e-18
_FACTOR = 1e-9
_LATTICE_POINTS = 40_000
_FINER = 1e-10
_AS_NORMAL = 1e7


@dataclass(frozen=True, slots=True)
class DunnettComparison:
    """One group minus the control, with p value and interval adjusted for all comparisons."""

    group: str
    estimate: float
    se: float
    t: float
    p: float
    p_unadjusted: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class DunnettResult:
    """All comparisons with one control.

    ``multiplicity`` says in one sentence what the p values and intervals are adjusted for.
    """

    control: str
    comparisons: tuple[DunnettComparison, ...]
    df: float
    level: float
    critical: float
    multiplicity: str


def dunnett(
    fit: BlockFit, control: str, *, level: float = 0.95, method: Method = "single-step"
) -> DunnettResult:
    """Compare every other group of a fit with the control.

    Parameters
    ----------
    fit
        From ``fit_blocks``: the donor means with the donor as block, or without blocks.
    control
        Name of the control group.
    level
        Simultaneous level of all intervals.
    method
        ``single-step`` (Dunnett) or ``holm``.

    Raises
    ------
    UsageError
        If the control is unknown, or the residual variance is 0.
    """
    from scipy.special import stdtr

    check_level(level)
    if control not in fit.groups:
        raise UsageError(f"Control group: found {control!r}; expected one of {', '.join(fit.groups)}.")
    if method not in ("single-step", "holm"):
        raise UsageError(f"Multiplicity: found {method!r}; expected 'single-step' or 'holm'.")
    if fit.residual_variance == 0.0:
        raise UsageError("Comparison with a control: no residual variation; check for copied values.")
    others = [group for group in fit.groups if group != control]
    contrasts = np.array([fit.weights(group, control) for group in others])
    spread = contrasts @ fit.covariance @ contrasts.T * fit.residual_variance
    se = np.sqrt(np.diag(spread))
    estimates = contrasts @ fit.effects
    t = estimates / se
    raw = 2.0 * stdtr(fit.df, -np.abs(t))
    correlation = spread / np.outer(se, se)
    if method == "holm":
        p = np.array(holm(raw.tolist()))
        critical, words = _bonferroni(len(others), fit.df, level), _HOLM
    else:
        single = [1.0 - max_t_probability(abs(float(x)), correlation, fit.df) for x in t]
        p = np.maximum(single, raw)  # true of the exact values: keeps rounding out of tiny ones
        critical, words = max_t_quantile(level, correlation, fit.df), _DUNNETT
    columns = (column.tolist() for column in (estimates, se, t, np.clip(p, 0.0, 1.0), raw))
    rows = zip(others, *columns, strict=True)
    comparisons = tuple(
        DunnettComparison(group, e, s, statistic, adjusted, single, e - critical * s, e + critical * s)
        for group, e, s, statistic, adjusted, single in rows
    )
    count = f"{len(others)} comparison{'s' if len(others) != 1 else ''} with {control!r}"
    return DunnettResult(control, comparisons, float(fit.df), level, critical, f"{words} {count}.")


_DUNNETT = "P values and intervals are adjusted together (Dunnett, single step) for"
_HOLM = "P values are adjusted by Holm's step-down, intervals by Bonferroni, for"


def max_t_probability(c: float, correlation: "Array | Sequence[Sequence[float]]", df: float) -> float:
    """Return ``P(max_i |T_i| <= c)`` for ``T`` multivariate t with ``df`` (inf: normal).

    >>> round(max_t_probability(2.5, [[1.0, 0.5], [0.5, 1.0]], 10), 6)
    0.943953
    """
    matrix = np.asarray(correlation, dtype=float)
    if c <= 0.0:
        return 0.0
    if len(matrix) == 1:
        from scipy.special import stdtr

        return float(1.0 - 2.0 * stdtr(df, -c))
    loadings = one_factor(matrix)
    if loadings is None:
        return _by_lattice(c, matrix, df)
    previous, nodes = math.nan, _FIRST_NODES
    for _ in range(_DOUBLINGS):
        value = _by_quadrature(c, loadings, df, nodes)
        if abs(value - previous) < _SETTLED:
            return min(max(value, 0.0), 1.0)
        previous, nodes = value, nodes * 2
    raise InternalError("Dunnett probability: the quadrature did not settle.")


def max_t_quantile(level: float, correlation: "Array | Sequence[Sequence[float]]", df: float) -> float:
    """Return ``c`` with ``P(max_i |T_i| <= c) = level``: the critical value of simultaneous intervals."""
    from scipy.optimize import brentq

    matrix = np.asarray(correlation, dtype=float)
    low = _bonferroni(1, df, level)
    high = _bonferroni(len(matrix), df, level)
    if len(matrix) == 1:
        return low

    def beyond(c: float) -> float:
        return max_t_probability(c, matrix, df) - level

    return float(brentq(beyond, low * (1.0 - 1e-6), high * (1.0 + 1e-4), xtol=_FINER * high))


def one_factor(correlation: Array) -> Array | None:
    """Return ``l`` with ``rho_ij = l_i l_j`` for all ``i != j``, or None where there is none."""
    k = len(correlation)
    if k == 2:
        rho = float(correlation[0, 1])
        return np.array([math.sqrt(abs(rho)), math.copysign(math.sqrt(abs(rho)), rho)])
    apart = ~np.eye(k, dtype=bool)
    if np.all(np.abs(correlation[apart]) < _FACTOR):
        return np.zeros(k)
    loadings = np.zeros(k)
    for i in range(k):
        j, m = [x for x in range(k) if x != i][:2]
        square = correlation[i, j] * correlation[i, m] / correlation[j, m] if correlation[j, m] else math.nan
        if not 0.0 <= square < 1.0:
            return None
        loadings[i] = math.sqrt(square)
    loadings[1:] = np.where(correlation[0, 1:] < 0.0, -loadings[1:], loadings[1:])
    same = np.abs(np.outer(loadings, loadings) - correlation)[apart] < _FACTOR
    return loadings if bool(np.all(same)) else None


def _by_quadrature(c: float, loadings: Array, df: float, nodes: int) -> float:
    from scipy.special import ndtr

    u, weight = _scale_nodes(df, nodes)
    # The steepest factor changes within m/l standard deviations: its nodes must be that close.
    count = int(nodes * max(1.0, float(np.max(1.0 / np.sqrt(1.0 - loadings**2)))))
    z = np.linspace(-_REACH, _REACH, count + 1)
    density = np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi) * (z[1] - z[0])
    inside = np.ones((len(u), len(z)))
    # A factor is even in z, so the sign of l is of no account, and comparisons of one size share it.
    for loading, times in zip(*np.unique(np.abs(loadings).round(14), return_counts=True), strict=True):
        m = math.sqrt(1.0 - loading**2)
        near, far = loading * z / m, c * u[:, np.newaxis] / m
        inside *= (ndtr(far + near) - ndtr(near - far)) ** times
    return float(weight @ inside @ density)


def _scale_nodes(df: float, nodes: int) -> tuple[Array, Array]:
    """Return nodes and weights of ``u = sqrt(chi2 / df)``, by the trapezoidal rule in ``log u``."""
    from scipy.special import gammaln

    if math.isinf(df):
        return np.ones(1), np.ones(1)

    def fall(w: Array) -> Array:
        return np.asarray(df * (0.5 * np.expm1(2.0 * w) - w))

    grid = np.linspace(-(_NEGLIGIBLE / df + 2.0), 3.0 + math.log1p(_NEGLIGIBLE / df), 4001)
    kept = grid[fall(grid) < _NEGLIGIBLE]
    w = np.linspace(kept[0], kept[-1], nodes + 1)
    constant = math.log(2.0) + 0.5 * df * math.log(0.5 * df) - float(gammaln(0.5 * df)) - 0.5 * df
    return np.exp(w), np.exp(constant - fall(w)) * (w[1] - w[0])


def _by_lattice(c: float, correlation: Array, df: float) -> float:
    from scipy.stats import multivariate_t

    from mitograft.seeds import stream

    k = len(correlation)
    rng = stream(0, "dunnett", "lattice")  # fixed: the same numbers give the same p value
    law = multivariate_t(np.zeros(k), correlation, df=min(df, _AS_NORMAL), allow_singular=True)
    return float(
        law.cdf(np.full(k, c), lower_limit=np.full(k, -c), maxpts=_LATTICE_POINTS * k, random_state=rng)
    )


def _bonferroni(count: int, df: float, level: float) -> float:
    from scipy.special import stdtrit

    return -float(stdtrit(df, (1.0 - level) / (2.0 * count)))
