"""Relative potency of preparations by parallel four-parameter curves, with a test of parallelism.

Parallel curves share ``b``, ``c`` and ``d``; a preparation with relative potency ``R`` acts at dose ``x`` as
the reference acts at ``R x``, so that its half-way point is ``EC50 of the reference / R``. The test of
parallelism compares the shared curves with one free curve each by the extra sum of squares,
``F = ((RSS_p - RSS_f)/(3(K-1))) / (RSS_f/(n - 4K))`` for ``K`` preparations (Gottschalk and Dunn, J Biopharm
Stat 2005;15:437). Not significant does not prove parallel: the free curves are part of the result.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.curve_intervals import Interval, LeastSquares, profile_limits
from mitograft.statistics.curve_model import Curve, Scale, evaluate
from mitograft.statistics.curves import CurveData, CurveFit, NoCurve, fit_curve, prepare

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["ParallelCurves", "fit_parallel_curves"]

_SHARED = 3
_FOUR = 4


@dataclass(frozen=True)
class ParallelCurves:
    """Parallel curves of a reference and other preparations.

    Parameters
    ----------
    reference
        Name of the reference.
    relative_potency
        Relative potency of each other preparation against it, with its profile-likelihood interval.
    curves
        The parallel curves by name.
    free
        The free fits by name.
    f, df, p
        Test of parallelism: statistic, degrees of freedom, p-value.
    alpha
        Below this p the curves are not parallel.
    """

    reference: str
    relative_potency: Mapping[str, Interval]
    curves: Mapping[str, Curve]
    free: Mapping[str, CurveFit]
    f: float
    df: tuple[int, int]
    p: float
    alpha: float

    @property
    def parallel(self) -> bool:
        """Whether the test leaves parallel curves standing."""
        return self.p >= self.alpha


def fit_parallel_curves(
    doses: Mapping[str, "ArrayLike"],
    responses: Mapping[str, "ArrayLike"],
    reference: str,
    *,
    scale: Scale = "linear",
    level: float = 0.95,
    alpha: float = 0.05,
) -> ParallelCurves | NoCurve:
    """Fit parallel curves to a reference and at least one other preparation.

    Parameters
    ----------
    doses, responses
        By name of the preparation; arrays of one length each.
    reference
        Name of the reference preparation.
    scale
        Scale of the response.
    level, alpha
        Level of the intervals; significance level of the test of parallelism.

    Returns
    -------
    curves
        The result, or a ``NoCurve`` that names the preparation without a curve of its own.

    Raises
    ------
    UsageError
        If the names do not fit together.
    """
    if set(doses) != set(responses) or reference not in doses or len(doses) <= 1:
        raise UsageError(
            "fit_parallel_curves: expected doses and responses of the same preparations, at least two, one "
            f"of them the reference {reference!r}."
        )
    check_level(level)
    names = [reference, *(name for name in doses if name != reference)]
    data, free = {}, {}
    for name in names:
        prepared = prepare(doses[name], responses[name], scale=scale)
        fit = fit_curve(doses[name], responses[name], scale=scale)
        if isinstance(prepared, NoCurve) or isinstance(fit, NoCurve):
            reason = fit.reason if isinstance(fit, NoCurve) else ""
            return NoCurve(f"{name}: {reason} Without its own curve no relative potency can be given.")
        data[name], free[name] = prepared, fit
    fits = list(free.values())
    if len({fit.curve.b > 0 for fit in fits}) > 1:
        return NoCurve("Some preparations rise and others fall with the dose; they have no relative potency.")
    problem = _solve(list(data.values()), fits)
    potency = {name: _potency(problem, _FOUR + i, level) for i, name in enumerate(names[1:])}
    f, df, p = _parallelism(problem, fits)
    return ParallelCurves(reference, potency, _curves(problem.theta, names, scale), free, f, df, p, alpha)


def _solve(data: Sequence[CurveData], fits: Sequence[CurveFit]) -> LeastSquares:
    """Fit theta = (b, c, d, ln EC50 of the reference, ln relative potency of each other preparation)."""
    from scipy.optimize import least_squares

    def residuals(theta: Array) -> Array:
        return np.concatenate([part.residuals(_own(theta, k)) for k, part in enumerate(data)])

    def jacobian(theta: Array) -> Array:
        return np.vstack([_rows(part, theta, k) for k, part in enumerate(data)])

    middles = np.array([fit.theta[3] for fit in fits])
    shape = np.mean([fit.theta[:_SHARED] for fit in fits], axis=0)
    start = np.concatenate([shape, middles[:1], middles[0] - middles[1:]])
    done = least_squares(
        residuals, start, jacobian, method="lm", x_scale="jac", xtol=1e-14, ftol=1e-14, gtol=1e-14
    )
    df = sum(len(part.y) for part in data) - len(start)
    _, triangle = np.linalg.qr(jacobian(done.x))
    inverse = np.linalg.inv(triangle)
    errors = np.sqrt(np.sum(inverse**2, axis=1) * 2.0 * float(done.cost) / df)
    return LeastSquares(residuals, jacobian, done.x, errors, df)


def _own(theta: Array, k: int) -> Array:
    """Return the four parameters of preparation ``k`` (0 is the reference)."""
    return np.append(theta[:_SHARED], theta[_SHARED] - (theta[_SHARED + k] if k else 0.0))


def _rows(part: CurveData, theta: Array, k: int) -> Array:
    derivatives = evaluate(_own(theta, k), part.log_x)[1] * part.root_weight[:, None]
    rows = np.zeros((len(part.y), len(theta)))
    rows[:, :_FOUR] = derivatives
    if k:
        rows[:, _SHARED + k] = -derivatives[:, _SHARED]
    return rows


def _potency(problem: LeastSquares, place: int, level: float) -> Interval:
    low, high = profile_limits(problem, place, level=level)
    return Interval(math.exp(problem.theta[place]), math.exp(low), math.exp(high), level)


def _parallelism(problem: LeastSquares, fits: Sequence[CurveFit]) -> tuple[float, tuple[int, int], float]:
    from scipy.stats import f as f_distribution

    shared = float(np.sum(problem.residuals(problem.theta) ** 2))
    free = sum(fit.rss for fit in fits)
    df = _SHARED * (len(fits) - 1), sum(fit.df for fit in fits)
    if free <= 0:
        return (math.inf, df, 0.0) if shared > 0 else (0.0, df, 1.0)
    f = max(shared - free, 0.0) / df[0] / (free / df[1])
    return f, df, float(f_distribution.sf(f, *df))


def _curves(theta: Array, names: Sequence[str], scale: Scale) -> dict[str, Curve]:
    return {name: Curve.from_theta(_own(theta, k), scale) for k, name in enumerate(names)}
