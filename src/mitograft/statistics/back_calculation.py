"""Read doses back from a fitted curve, with intervals, recoveries and limits of quantification.

The interval of a dose inverts the prediction interval: it holds every ``x`` at which the response ``y`` would
not be surprising, ``|y - f(x)| <= t sqrt(s^2/m + f'(x) V f'(x))`` with ``m`` replicates behind ``y``
(Seber and Wild, Nonlinear Regression, 1989, section 5.4). Near a plateau it is open on one side.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.bisection import last_true
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.curve_model import log_dose, response_scale
from mitograft.statistics.curves import CurveFit
from mitograft.statistics.straight_line import LineFit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = [
    "Fitted",
    "LimitRule",
    "Limits",
    "StandardLevel",
    "back_calculate",
    "confidence_band",
    "quantification_limits",
    "recoveries",
]

_REACH = 25.0  # in units of ln dose: beyond this, an interval counts as open
_PERCENT = 100.0

Fitted = CurveFit | LineFit


@dataclass(frozen=True, slots=True)
class LimitRule:
    """What a standard must keep to be quantifiable, in per cent.

    Parameters
    ----------
    bias, edge_bias
        Largest deviation of the mean recovery from 100 for inner standards and for the outermost two.
    cv, edge_cv
        Largest coefficient of variation of the recoveries; not judged where a standard has one replicate.
    """

    bias: float
    edge_bias: float
    cv: float
    edge_cv: float


@dataclass(frozen=True, slots=True)
class StandardLevel:
    """Recovery of the standards of one dose: mean and CV in per cent (NaN where undefined)."""

    dose: float
    n: int
    recovery: float
    cv: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Lower and upper limit of quantification (NaN where there are none) and what they rest on."""

    lloq: float
    uloq: float
    levels: tuple[StandardLevel, ...]
    reason: str


def back_calculate(
    fit: Fitted, y: "ArrayLike", *, replicates: int = 1, level: float = 0.95
) -> tuple[Array, Array, Array]:
    """Return dose, lower and upper limit for responses ``y`` (each the mean of ``replicates``).

    The dose is NaN at and beyond the asymptotes; a limit is 0 or infinity where the interval is open, and
    both are NaN where no dose is compatible with the response.

    Raises
    ------
    UsageError
        If the level is not between 0 and 1 or ``replicates`` is below 1.
    """
    if replicates < 1:
        raise UsageError(f"back_calculate: found {replicates} replicates; expected at least 1.")
    fitted = np.atleast_1d(response_scale(y, fit.scale))
    dose = fit.dose(np.atleast_1d(np.asarray(y, dtype=np.float64)))
    tested_low, tested_high = fit.data.tested
    ends = tested_low - _REACH, tested_high + _REACH
    start = np.where(np.isnan(dose), _nearest_end(fit, fitted, ends), np.log(np.where(dose > 0, dose, 1.0)))
    start = np.clip(start, *ends)
    holds = _Compatible(fit, fitted, replicates, level)
    low = -last_true(lambda s: holds(-s), -start, np.full_like(start, -ends[0]))
    high = last_true(holds, start, np.full_like(start, ends[1]))
    possible = holds(start)
    low = np.where(low <= ends[0] + 1e-6, 0.0, np.exp(low))
    high = np.where(high >= ends[1] - 1e-6, np.inf, np.exp(high))
    return dose, np.where(possible, low, np.nan), np.where(possible, high, np.nan)


def confidence_band(fit: Fitted, x: "ArrayLike", *, level: float = 0.95) -> tuple[Array, Array, Array]:
    """Return the fitted response at doses ``x`` and its pointwise confidence limits (delta method).

    On the natural scale of the response; limits are computed on the fitted scale.
    """
    from scipy.stats import t as t_distribution

    mean, gradient = fit.predict(log_dose(np.atleast_1d(np.asarray(x, dtype=np.float64))))
    width = float(t_distribution.ppf(0.5 + check_level(level) / 2, fit.df)) * np.sqrt(
        np.einsum("ij,jk,ik->i", gradient, fit.covariance, gradient)
    )
    if fit.scale == "linear":
        return mean, mean - width, mean + width
    return np.power(10.0, mean), np.power(10.0, mean - width), np.power(10.0, mean + width)


def recoveries(fit: Fitted) -> Array:
    """Return, for every fitted response, the back-calculated dose in per cent of the true one.

    NaN for dose 0 and for responses at or beyond the asymptotes.
    """
    y = fit.data.y if fit.scale == "linear" else np.power(10.0, fit.data.y)
    true = fit.data.x
    return np.divide(_PERCENT * fit.dose(y), true, where=true > 0, out=np.full_like(true, np.nan))


def quantification_limits(fit: Fitted, rule: LimitRule) -> Limits:
    """Return the range of standards within which doses are quantified.

    It is the longest unbroken run of standards (the lower one of two as long) whose recoveries keep the rule:
    the inner standards the inner limits, the outermost two the edge limits. Fewer than two standards make no
    range.
    """
    levels = _levels(fit)
    inner = [_keeps(item, rule.bias, rule.cv) for item in levels]
    edge = [_keeps(item, rule.edge_bias, rule.edge_cv) for item in levels]
    best = (0, 0)
    for first in range(len(levels)):
        for last in range(first + 1, len(levels)):
            run = edge[first] and edge[last] and all(inner[first + 1 : last])
            if run and last - first > best[1] - best[0]:
                best = (first, last)
    if best[0] == best[1]:
        reason = "No two neighbouring standards are recovered within the limits; nothing can be quantified."
        return Limits(np.nan, np.nan, levels, reason)
    lloq, uloq = levels[best[0]].dose, levels[best[1]].dose
    within = best[1] - best[0] + 1
    reason = f"{within} of {len(levels)} standards, {lloq:g} to {uloq:g}, are recovered within the limits."
    return Limits(lloq, uloq, levels, reason)


def _levels(fit: Fitted) -> tuple[StandardLevel, ...]:
    recovered = recoveries(fit)
    found = []
    for dose in sorted({x for x in fit.data.x.tolist() if x > 0}):
        of_level = recovered[fit.data.x == dose]
        mean = float(
            np.mean(of_level)
        )  # NaN where one lies beyond an asymptote: the level is not quantifiable
        cv = float(_PERCENT * np.std(of_level, ddof=1) / mean) if len(of_level) > 1 else np.nan
        found.append(StandardLevel(dose, len(of_level), mean, cv))
    return tuple(found)


def _keeps(item: StandardLevel, bias: float, cv: float) -> bool:
    return abs(item.recovery - _PERCENT) <= bias and (item.n == 1 or item.cv <= cv)


def _nearest_end(fit: Fitted, fitted: Array, ends: tuple[float, float]) -> Array:
    """Return the end of the dose axis whose response lies next to a response beyond the asymptotes."""
    low, high = fit.predict(np.array(ends))[0]
    return np.where(np.abs(fitted - low) < np.abs(fitted - high), ends[0], ends[1])


class _Compatible:
    """Whether responses are compatible with log doses, element by element."""

    def __init__(self, fit: Fitted, fitted: Array, replicates: int, level: float) -> None:
        from scipy.stats import t as t_distribution

        self.fit, self.fitted = fit, fitted
        self.noise = fit.sigma**2 / replicates
        self.quantile = float(t_distribution.ppf(0.5 + check_level(level) / 2, fit.df))

    def __call__(self, log_x: Array) -> np.ndarray:
        mean, gradient = self.fit.predict(log_x)
        variance = self.noise + np.einsum("ij,jk,ik->i", gradient, self.fit.covariance, gradient)
        compatible: np.ndarray = np.abs(self.fitted - mean) <= self.quantile * np.sqrt(variance) + 1e-12
        return compatible
