r"""Four- and five-parameter logistic curves: the function, its derivatives and its inverse.

``y = c + (d - c) / (1 + exp(b (ln x - e)))^g`` with ``c < d``: ``c`` is the lower and ``d`` the upper
asymptote, ``b > 0`` falls and ``b < 0`` rises with ``x``, ``g`` is the asymmetry (1 for four parameters).
For ``g = 1``, ``exp(e)`` is the half-way point EC50; in general ``ln EC50 = e + ln(2^(1/g) - 1) / b``.
With ``g = 1`` and ``exp(e)`` for ``e`` this is the LL.4 of Ritz et al. (PLoS ONE 2015;10:e0146021).

Fits are made in ``(b, c, d, ln EC50, ln g)``: the half-way point is determined by the data where ``e`` and
``g`` are not, and its interval is then that of a parameter.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from mitograft.statistics.counts import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Curve", "Scale", "evaluate", "log_dose", "log_k", "log_k_slope", "response_scale"]

_MOST_LOG = 709.0
_MOST_LOG_G = 30.0  # far beyond any bound; keeps the search from overflowing

Scale = Literal["linear", "log10"]


@dataclass(frozen=True, slots=True)
class Curve:
    """A logistic curve.

    Parameters
    ----------
    b, c, d, e, g
        As in the equation above; ``e`` is on the scale of ``ln x``, ``c`` and ``d`` on the fitted scale.
    scale
        Scale on which the response was fitted: ``linear``, or ``log10`` of the response.
    """

    b: float
    c: float
    d: float
    e: float
    g: float = 1.0
    scale: Scale = "linear"

    @property
    def concentration(self) -> float:
        """``e`` as a concentration, ``exp(e)``, as LL.4 and LL.5 report it."""
        return _exp(self.e)

    @property
    def ec50(self) -> float:
        """The dose half-way between the asymptotes (on the fitted response scale)."""
        return _exp(self.e + log_k(self.g) / self.b)

    @property
    def theta(self) -> Array:
        """The parameters as they are fitted: b, c, d, ln EC50, ln g."""
        return np.array([self.b, self.c, self.d, self.e + log_k(self.g) / self.b, math.log(self.g)])

    @classmethod
    def from_theta(cls, theta: Array, scale: Scale = "linear") -> "Curve":
        """Make the curve from the fitted parameters; without the fifth, g is 1."""
        b, c, d, middle = (float(part) for part in theta[:4])
        g = math.exp(theta[4]) if len(theta) > 4 else 1.0
        return cls(b, c, d, middle - log_k(g) / b, g, scale)

    def response(self, x: "ArrayLike") -> Array:
        """Return the response at doses ``x`` on its natural scale.

        >>> Curve(3.0, 0.5, 7.8, math.log(3.0)).response([0.0, 3.0]).tolist()
        [7.8, 4.15]
        """
        fitted = evaluate(self.theta, log_dose(x))[0]
        return fitted if self.scale == "linear" else np.power(10.0, fitted)

    def dose(self, y: "ArrayLike") -> Array:
        """Return the dose that gives response ``y``; NaN at and beyond the asymptotes.

        >>> Curve(-1.0, 0.0, 100.0, 0.0).dose([20.0, 50.0, 100.0]).tolist()
        [0.25, 1.0, nan]
        """
        fitted = response_scale(y, self.scale)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio = np.power((self.d - self.c) / (fitted - self.c), 1.0 / self.g) - 1.0
            dose = np.exp(self.e + np.log(ratio) / self.b)
        inside = (fitted > self.c) & (fitted < self.d)
        return np.where(inside, dose, np.nan)


def _exp(value: float) -> float:
    return math.exp(value) if value < _MOST_LOG else math.inf


def log_dose(x: "ArrayLike") -> Array:
    """Return ``ln x``; minus infinity for dose 0."""
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(x, dtype=np.float64))


def response_scale(y: "ArrayLike", scale: Scale) -> Array:
    """Return responses on the fitted scale; NaN where a response has no logarithm."""
    values = np.asarray(y, dtype=np.float64)
    if scale == "linear":
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms = np.log10(values)
    return np.where(values > 0, logarithms, np.nan)


def evaluate(theta: Array, log_x: Array) -> tuple[Array, Array]:
    """Return the fitted response at ``log_x`` and its derivatives by the parameters of ``theta``.

    ``theta`` is (b, c, d, ln EC50) or (b, c, d, ln EC50, ln g). The derivatives have one row a dose and one
    column a parameter. Dose 0 lies on an asymptote, where only that asymptote matters.
    """
    b, c, d, middle = theta[:4]
    free = len(theta) > 4
    g = math.exp(min(max(theta[4], -_MOST_LOG_G), _MOST_LOG_G)) if free else 1.0
    known = np.isfinite(log_x)
    distance = np.where(known, log_x - middle, 0.0)
    z = np.where(known, b * distance + log_k(g), 0.0)
    softplus = np.logaddexp(0.0, z)
    share = np.where(known, np.exp(-g * softplus), 1.0 if b > 0 else 0.0)
    by_z = np.where(known, -g * share * np.exp(z - softplus), 0.0)
    derivatives = np.empty((len(z), len(theta)))
    derivatives[:, 0] = (d - c) * by_z * distance
    derivatives[:, 1] = 1.0 - share
    derivatives[:, 2] = share
    derivatives[:, 3] = -(d - c) * by_z * b
    if free:
        slope = np.where(known, -g * softplus * share, 0.0)
        derivatives[:, 4] = (d - c) * (slope + by_z * log_k_slope(g))
    return c + (d - c) * share, derivatives


def log_k(g: float) -> float:
    """Return ``ln(2^(1/g) - 1)``, which ties ``e`` to the half-way point."""
    step = math.log(2.0) / g
    return step + math.log(-math.expm1(-step))


def log_k_slope(g: float) -> float:
    """Return the derivative of ``ln(2^(1/g) - 1)`` by ``ln g``."""
    step = math.log(2.0) / g
    return -step / -math.expm1(-step)
