"""Fit a four- or five-parameter logistic curve by least squares, or say why it cannot be fitted.

For given slope, half-way point and asymmetry the curve is linear in its asymptotes. A fixed grid of slopes,
half-way points and asymmetries therefore gives good starts without guessing; the best of them are refined
by ``scipy.optimize.least_squares`` with exact derivatives. The same data always give the same fit.

Standard errors are ``s^2 (J'WJ)^-1`` with ``s^2 = RSS / (n - p)``, as R's ``nls`` gives them.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.curve_model import (
    Curve,
    Scale,
    evaluate,
    log_dose,
    log_k,
    log_k_slope,
    response_scale,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["CurveData", "CurveFit", "NoCurve", "fit_curve", "prepare"]

_FOUR = 4
# Steeper than this, a curve jumps between two neighbouring doses of any usual dilution series.
_STEEPEST = 40.0
# How far beyond the tested doses the half-way point may lie, in units of ln dose (a factor of about 150).
_REACH = 5.0
_TOO_FAR = 4.5  # a factor of 90: here the search is on its way to the end of its reach
_STARTS = 3
_GRID_SLOPES = (0.2, 0.4, 0.7, 1.0, 1.5, 2.5, 5.0, 10.0)
_GRID_MIDDLES = 15
_GRID_ASYMMETRIES = (0.2, 0.45, 1.0, 2.2, 5.0)
_LEAST_SPREAD = 1e-12
_AT_BOUND = 1e-3
_WORST_CONDITION = 1e10
_EFFECT_P = 0.05
_ON_PLATEAU = 0.005
_NO_START = "No curve of this family comes nearer to the responses than their mean; there is no curve to fit."


@dataclass(frozen=True)
class CurveData:
    """Doses, their ``ln``, responses on the fitted scale and roots of the weights."""

    x: Array
    log_x: Array
    y: Array
    root_weight: Array
    scale: Scale

    @property
    def tested(self) -> tuple[float, float]:
        """The smallest and the largest ``ln x`` of a dose above 0."""
        known = self.log_x[np.isfinite(self.log_x)]
        return float(known.min()), float(known.max())

    def residuals(self, theta: Array) -> Array:
        """Return the weighted residuals of a curve."""
        return (evaluate(theta, self.log_x)[0] - self.y) * self.root_weight

    def jacobian(self, theta: Array) -> Array:
        """Return the derivatives of the weighted residuals."""
        derivatives: Array = evaluate(theta, self.log_x)[1] * self.root_weight[:, None]
        return derivatives


@dataclass(frozen=True, slots=True)
class NoCurve:
    """No curve could be fitted; ``reason`` is one sentence that says why."""

    reason: str


@dataclass(frozen=True)
class CurveFit:
    """A fitted curve.

    Parameters
    ----------
    curve
        The curve.
    parameters
        How many were fitted: 4 or 5.
    rss
        Weighted residual sum of squares on the fitted scale.
    data
        What was fitted.
    g_bounds
        Bounds of the asymmetry.
    """

    curve: Curve
    parameters: int
    rss: float
    data: CurveData
    g_bounds: tuple[float, float]

    @property
    def scale(self) -> Scale:
        """Scale on which the response was fitted."""
        return self.curve.scale

    @property
    def n(self) -> int:
        """Number of responses."""
        return len(self.data.y)

    @property
    def df(self) -> int:
        """Residual degrees of freedom, ``n - parameters``."""
        return self.n - self.parameters

    @property
    def sigma(self) -> float:
        """Residual standard deviation on the fitted scale (for a response of weight 1)."""
        return math.sqrt(self.rss / self.df)

    @property
    def theta(self) -> Array:
        """The fitted parameters b, c, d, ln EC50 and, of five, ln g."""
        return self.curve.theta[: self.parameters]

    def predict(self, log_x: Array) -> tuple[Array, Array]:
        """Return the response at ``ln x`` on the fitted scale and its derivatives by ``theta``."""
        return evaluate(self.theta, log_x)

    def dose(self, y: "ArrayLike") -> Array:
        """Return the dose that gives response ``y``; NaN at and beyond the asymptotes."""
        return self.curve.dose(y)

    @cached_property
    def covariance(self) -> Array:
        """Covariance of ``theta``."""
        _, triangle = np.linalg.qr(self.data.jacobian(self.theta))
        inverse = np.linalg.inv(triangle)
        return np.asarray(inverse @ inverse.T * self.sigma**2)

    @property
    def at_bound(self) -> bool:
        """Whether the asymmetry lies on one of its bounds."""
        low, high = (math.log(bound) for bound in self.g_bounds)
        log_g = math.log(self.curve.g)
        return self.parameters > _FOUR and min(log_g - low, high - log_g) < _AT_BOUND

    @property
    def aicc(self) -> float:
        """Akaike's criterion with the small-sample term; the variance counts as a parameter.

        ``n ln(RSS/n) + 2k + 2k(k+1)/(n-k-1)`` with ``k = parameters + 1``; infinite where ``n <= k + 1``.
        """
        k = self.parameters + 1
        if self.n <= k + 1:
            return math.inf
        fit = self.n * math.log(self.rss / self.n) if self.rss > 0 else -math.inf
        return fit + 2 * k + 2 * k * (k + 1) / (self.n - k - 1)

    @property
    def extrapolated(self) -> bool:
        """Whether the EC50 lies outside the tested doses."""
        low, high = self.data.tested
        return not low <= float(self.theta[3]) <= high

    def standard_errors(self) -> dict[str, float]:
        """Return the standard errors of b, c, d, e, concentration, ln_ec50 and, of five, g (delta method)."""
        curve = self.curve
        by_theta = dict(zip("bcd", np.eye(self.parameters), strict=False))
        by_theta["ln_ec50"] = np.eye(self.parameters)[3]
        by_theta["e"] = self._gradient_of_e()
        if self.parameters > _FOUR:
            by_theta["g"] = np.eye(self.parameters)[4] * curve.g
        errors = {name: math.sqrt(row @ self.covariance @ row) for name, row in by_theta.items()}
        errors["concentration"] = errors["e"] * curve.concentration
        return errors

    def _gradient_of_e(self) -> Array:
        """Return the derivatives of ``e = ln EC50 - k(g) / b`` by the fitted parameters."""
        curve = self.curve
        gradient: Array = np.zeros(self.parameters)
        gradient[0] = log_k(curve.g) / curve.b**2
        gradient[3] = 1.0
        if self.parameters > _FOUR:
            gradient[4] = -log_k_slope(curve.g) / curve.b
        return gradient


def fit_curve(
    x: "ArrayLike",
    y: "ArrayLike",
    *,
    parameters: int = 4,
    scale: Scale = "linear",
    weights: "ArrayLike | None" = None,
    g_bounds: tuple[float, float] = (0.1, 10.0),
) -> CurveFit | NoCurve:
    """Fit a curve with four or five parameters.

    Parameters
    ----------
    x, y
        Doses (0 or more) and responses, one each; pairs with a NaN are left out.
    parameters
        4, or 5 with an asymmetry within ``g_bounds``. A fit of five at a bound is returned as such
        (``at_bound``); ``curve_choice.choose_curve`` falls back to four.
    scale
        ``log10`` fits the logarithm of the response.
    weights
        Weights of the squared residuals, all above 0; None weighs all alike.

    Returns
    -------
    fit
        The fit, or a ``NoCurve`` with the reason: too few doses, a response without a logarithm, no change
        with the dose, or parameters that the data do not determine.

    Raises
    ------
    UsageError
        If the arguments do not fit together: different lengths, a dose below 0, a weight not above 0.
    """
    if parameters not in (_FOUR, 5):
        raise UsageError(f"fit_curve: found {parameters} parameters; expected 4 or 5.")
    data = prepare(x, y, scale=scale, weights=weights)
    if isinstance(data, NoCurve):
        return data
    reason = _too_few(data, parameters) or _flat(data)
    starts = [] if reason else _starts(data, parameters, g_bounds)
    if not starts:
        return NoCurve(reason or _NO_START)
    theta = _best(data, starts, _bounds(data, parameters, g_bounds))
    if theta[0] == 0 or theta[1] >= theta[2]:
        return NoCurve(_NO_START)
    curve = Curve.from_theta(theta, data.scale)
    fit = CurveFit(curve, parameters, float(np.sum(data.residuals(theta) ** 2)), data, g_bounds)
    reason = _undetermined(fit)
    return NoCurve(reason) if reason else fit


def prepare(
    x: "ArrayLike", y: "ArrayLike", *, scale: Scale = "linear", weights: "ArrayLike | None" = None
) -> CurveData | NoCurve:
    """Bring doses and responses into the form that is fitted (arguments as in ``fit_curve``)."""
    doses, responses = np.asarray(x, dtype=np.float64).ravel(), np.asarray(y, dtype=np.float64).ravel()
    weight = np.ones_like(responses) if weights is None else np.asarray(weights, dtype=np.float64).ravel()
    if not len(doses) == len(responses) == len(weight):
        raise UsageError(
            f"fit_curve: found {len(doses)} doses, {len(responses)} responses and {len(weight)} weights; "
            "expected as many of each."
        )
    kept = ~(np.isnan(doses) | np.isnan(responses))
    doses, responses, weight = doses[kept], responses[kept], weight[kept]
    if np.any(doses < 0) or np.any(np.isinf(doses)) or not np.all((weight > 0) & np.isfinite(weight)):
        raise UsageError(
            "fit_curve: found a dose or a weight out of range; expected doses >= 0, weights > 0."
        )
    fitted = response_scale(responses, scale)
    if not np.all(np.isfinite(fitted)):
        without = int(np.sum(~np.isfinite(fitted)))
        return NoCurve(
            f"{without} of {len(fitted)} responses are 0, negative or infinite and have no place on the "
            f"{scale} scale; fit on the linear scale, or leave them out with a reason."
        )
    return CurveData(doses, log_dose(doses), fitted, np.sqrt(weight), scale)


def _too_few(data: CurveData, parameters: int) -> str:
    positive = np.isfinite(data.log_x)
    distinct = len(set(data.log_x.tolist()))
    if int(np.sum(positive)) == 0 or distinct < parameters or len(data.y) <= parameters:
        return (
            f"{len(data.y)} responses at {distinct} different doses are too few for {parameters} parameters; "
            f"expected at least {parameters} doses and {parameters + 1} responses."
        )
    return ""


def _flat(data: CurveData) -> str:
    if np.ptp(data.y) <= 1e-12 * max(float(np.max(np.abs(data.y))), 1e-300):
        return "All responses are the same; there is no curve to fit."
    return ""


def _bounds(data: CurveData, parameters: int, g_bounds: tuple[float, float]) -> tuple[Array, Array]:
    low, high = data.tested
    lower = [-_STEEPEST, -np.inf, -np.inf, low - _REACH, math.log(g_bounds[0])]
    upper = [_STEEPEST, np.inf, np.inf, high + _REACH, math.log(g_bounds[1])]
    return np.array(lower[:parameters]), np.array(upper[:parameters])


def _starts(data: CurveData, parameters: int, g_bounds: tuple[float, float]) -> list[Array]:
    """Return the best points of the grid, each with its best asymptotes."""
    low, high = data.tested
    logs = [math.log(g) for g in _GRID_ASYMMETRIES if g_bounds[0] < g < g_bounds[1]]
    slopes = [sign * size for size in _GRID_SLOPES for sign in (1.0, -1.0)]
    middles = np.linspace(low, max(high, low + 1e-9), _GRID_MIDDLES)
    grid = np.meshgrid(slopes, middles, logs if parameters > _FOUR else [0.0], indexing="ij")
    slope, middle, log_g = (axis.ravel() for axis in grid)
    share = _shares(data.log_x, slope, middle, np.exp(log_g))
    weight = data.root_weight**2 / np.sum(data.root_weight**2)
    mean_share, mean = share @ weight, float(weight @ data.y)
    spread = (share - mean_share[:, None]) ** 2 @ weight
    usable = spread > _LEAST_SPREAD
    height = np.divide((share * (data.y - mean)) @ weight, spread, where=usable, out=np.zeros_like(spread))
    usable &= height > 0  # the lower asymptote stays the lower one
    gain = np.where(usable, height**2 * spread, -1.0)
    bottom = mean - height * mean_share
    best = np.argsort(-gain, kind="stable")[:_STARTS]
    theta = np.column_stack([slope, bottom, bottom + height, middle, log_g])[:, :parameters]
    return [theta[i] for i in best if usable[i]]


def _shares(log_x: Array, slope: Array, middle: Array, g: Array) -> Array:
    """Return the share of the upper asymptote for many curves (rows) at many doses (columns)."""
    known = np.isfinite(log_x)
    offset = np.log(np.expm1(math.log(2.0) / g))
    z = slope[:, None] * (np.where(known, log_x, 0.0) - middle[:, None]) + offset[:, None]
    share = np.exp(-g[:, None] * np.logaddexp(0.0, z))
    return np.where(known, share, np.where(slope > 0, 1.0, 0.0)[:, None])


def _best(data: CurveData, starts: list[Array], bounds: tuple[Array, Array]) -> Array:
    best, lowest = starts[0], math.inf
    for start in starts:
        theta, rss = _refine(data, start, bounds)
        if rss < lowest * (1 - 1e-12):
            best, lowest = theta, rss
    return best


def _refine(data: CurveData, start: Array, bounds: tuple[Array, Array]) -> tuple[Array, float]:
    """Minimise from one start: without bounds, which is fast, and again within them where it leaves them."""
    from scipy.optimize import least_squares

    tight = {"xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-14, "max_nfev": 200}
    with np.errstate(all="ignore"):  # a search that runs away is noticed by where it ends
        done = least_squares(data.residuals, start, data.jacobian, method="lm", x_scale="jac", **tight)
        kept = np.all(np.isfinite(done.x)) and np.all((done.x >= bounds[0]) & (done.x <= bounds[1]))
        if not kept or done.x[1] >= done.x[2]:
            inside = np.clip(start, bounds[0] + 1e-9, bounds[1] - 1e-9)
            try:
                done = least_squares(data.residuals, inside, data.jacobian, bounds, x_scale="jac", **tight)
            except (ValueError, np.linalg.LinAlgError):  # numbers so large or small that the search overflows
                return start, float(np.sum(data.residuals(start) ** 2))
    return np.asarray(done.x), 2.0 * float(done.cost)


def _undetermined(fit: CurveFit) -> str:
    """Say why a fit cannot be used; empty where it can."""
    from scipy.stats import f as f_distribution

    data = fit.data
    weight = data.root_weight**2
    around_mean = float(weight @ (data.y - float(weight @ data.y) / weight.sum()) ** 2)
    ratio = math.inf
    if fit.rss > 1e-20 * around_mean:
        ratio = (around_mean - fit.rss) / (fit.parameters - 1) / (fit.rss / fit.df)
    p = float(f_distribution.sf(ratio, fit.parameters - 1, fit.df))
    if p > _EFFECT_P:
        return f"The response does not change with the dose (F test against a constant: p = {p:.2g})."
    low, high = data.tested
    middle = float(fit.theta[3])
    if min(middle - low, high - middle) < -_TOO_FAR:
        return (
            "The responses do not reach half-way between two plateaus; the doses tested are too low "
            "or too high."
        )
    share = (evaluate(fit.theta, data.log_x)[0] - fit.curve.c) / (fit.curve.d - fit.curve.c)
    if not np.any((share > _ON_PLATEAU) & (share < 1 - _ON_PLATEAU)):
        return (
            "The response jumps between two neighbouring doses, so that slope and half-way point are not "
            "determined; add doses between them."
        )
    columns = data.jacobian(fit.theta)
    lengths = np.linalg.norm(columns, axis=0)
    if np.any(lengths == 0) or np.linalg.cond(columns / lengths) > _WORST_CONDITION:
        return f"The responses do not determine all {fit.parameters} parameters; add doses near the plateaus."
    return ""
