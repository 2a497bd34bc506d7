"""Profile-likelihood intervals of what a curve was fitted for: its half-way point, slope and plateaus.

The interval of a parameter holds every value ``v`` at which the best fit with that parameter held at ``v`` is
not significantly worse: ``(RSS(v) - RSS) / s^2 <= F(level; 1, n - p)`` (Bates and Watts, Nonlinear Regression
Analysis, 1988, section 6.1). Unlike estimate and standard error, it is right for skewed parameters, and it
says so where the data give no limit: that side is then infinite (an EC50: 0 or infinity, also where the limit
would lie more than 20,000-fold beyond the tested doses).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.curves import CurveFit

__all__ = ["Interval", "LeastSquares", "profile_interval", "profile_limits"]

_PLACES = {"b": 0, "c": 1, "d": 2, "ec50": 3, "g": 4}
_DOUBLINGS = 7
_OPEN_BEYOND = 10.0  # ln dose: a limit more than 20,000-fold beyond the tested doses is no limit
_EXACT = 1e-12


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the limits of its interval."""

    estimate: float
    low: float
    high: float
    level: float


@dataclass(frozen=True)
class LeastSquares:
    """A solved least-squares problem: weighted residuals, their derivatives, the solution and its scale.

    Parameters
    ----------
    residuals, jacobian
        Functions of the parameters.
    theta
        The solution.
    errors
        Standard errors of ``theta``.
    df
        Residual degrees of freedom.
    """

    residuals: Callable[[Array], Array]
    jacobian: Callable[[Array], Array]
    theta: Array
    errors: Array
    df: int


def profile_interval(fit: CurveFit, parameter: str = "ec50", *, level: float = 0.95) -> Interval:
    """Return the profile-likelihood interval of ``b``, ``c``, ``d``, ``ec50`` or, of five parameters, ``g``.

    ``c`` and ``d`` are on the fitted response scale. The interval of ``g`` ends at the bounds of the fit.

    Raises
    ------
    UsageError
        If there is no such parameter.
    """
    place = _PLACES.get(parameter, fit.parameters)
    if place >= fit.parameters:
        known = ", ".join(name for name, at in _PLACES.items() if at < fit.parameters)
        raise UsageError(f"profile_interval: found the parameter {parameter!r}; expected one of {known}.")
    errors = np.sqrt(np.diag(fit.covariance))
    problem = LeastSquares(fit.data.residuals, fit.data.jacobian, fit.theta, errors, fit.df)
    low, high = profile_limits(problem, place, level=level)
    estimate = float(fit.theta[place])
    if parameter == "ec50":
        low = low if low > fit.data.tested[0] - _OPEN_BEYOND else -math.inf
        high = high if high < fit.data.tested[1] + _OPEN_BEYOND else math.inf
    if parameter in {"ec50", "g"}:
        estimate, low, high = math.exp(estimate), _exp(low), _exp(high)
    if parameter == "g":
        low, high = max(low, fit.g_bounds[0]), min(high, fit.g_bounds[1])
    return Interval(estimate, low, high, level)


def profile_limits(problem: LeastSquares, place: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the limits of one parameter; infinite where the data give none."""
    from scipy.stats import f as f_distribution

    rss = float(np.sum(problem.residuals(problem.theta) ** 2))
    error = float(problem.errors[place])
    if error <= _EXACT * max(abs(float(problem.theta[place])), 1.0):
        return float(problem.theta[place]), float(problem.theta[place])
    most = rss * (1.0 + float(f_distribution.ppf(check_level(level), 1, problem.df)) / problem.df)
    first = math.sqrt(most / rss - 1.0) * math.sqrt(problem.df) * error
    return _limit(problem, place, most, -first), _limit(problem, place, most, first)


def _limit(problem: LeastSquares, place: int, most: float, step: float) -> float:
    """Walk away from the solution until the fit is too bad, then close in on where it becomes so."""
    from scipy.optimize import brentq

    estimate = float(problem.theta[place])
    held = _Held(problem, place)
    known: dict[float, float] = {}  # the same value twice must not depend on the start of its solution

    def excess(value: float) -> float:
        if value not in known:
            known[value] = math.sqrt(held.rss(value)) - math.sqrt(most)
        return known[value]

    inside = estimate
    for _ in range(_DOUBLINGS):
        outside = inside + step
        if excess(outside) > 0:
            return float(brentq(excess, inside, outside, xtol=abs(step) * 1e-7, rtol=1e-12))
        inside, step = outside, 2.0 * step
    return math.copysign(math.inf, step)


class _Held:
    """The problem with one parameter held; each solution starts from the one found before."""

    def __init__(self, problem: LeastSquares, place: int) -> None:
        self.problem, self.place = problem, place
        self.others = np.delete(problem.theta, place)

    def rss(self, value: float) -> float:
        from scipy.optimize import least_squares

        def whole(others: Array) -> Array:
            return np.insert(others, self.place, value)

        def residuals(others: Array) -> Array:
            return self.problem.residuals(whole(others))

        def jacobian(others: Array) -> Array:
            derivatives: Array = np.delete(self.problem.jacobian(whole(others)), self.place, axis=1)
            return derivatives

        with np.errstate(all="ignore"):
            start = self.others if np.all(np.isfinite(residuals(self.others))) else self._first()
            done = least_squares(residuals, start, jacobian, method="lm", x_scale="jac", max_nfev=200)
        if np.all(np.isfinite(done.x)):
            self.others = done.x
        return 2.0 * float(done.cost)

    def _first(self) -> Array:
        return np.delete(self.problem.theta, self.place)


def _exp(value: float) -> float:
    return math.exp(value) if value < math.log(1e300) else math.inf
