"""A straight line through the logarithms of dose and response: the curve of an assay within its linear range.

``log10 y = a + k ln x``. Standards of luminescence and absorbance often stay far below the upper plateau; a
logistic curve is then not determined, a line is. Zero doses have no logarithm and are left out.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mitograft.statistics.counts import Array
from mitograft.statistics.curve_model import Scale, response_scale
from mitograft.statistics.curves import CurveData, NoCurve, prepare

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["LineFit", "fit_line"]

_LEAST_DOSES = 3
_SLOPE_P = 0.05


@dataclass(frozen=True)
class LineFit:
    """A fitted line; ``intercept`` and ``slope`` as in the equation above."""

    intercept: float
    slope: float
    rss: float
    data: CurveData
    covariance: Array

    @property
    def scale(self) -> Scale:
        """Scale of the response: always log10."""
        return "log10"

    @property
    def df(self) -> int:
        """Residual degrees of freedom."""
        return len(self.data.y) - 2

    @property
    def sigma(self) -> float:
        """Residual standard deviation of the logarithm of the response."""
        return math.sqrt(self.rss / self.df)

    def predict(self, log_x: Array) -> tuple[Array, Array]:
        """Return log10 of the response at ``ln x`` and its derivatives by intercept and slope."""
        return self.intercept + self.slope * log_x, np.column_stack([np.ones_like(log_x), log_x])

    def dose(self, y: "ArrayLike") -> Array:
        """Return the dose that gives response ``y``; NaN for a response without a logarithm."""
        dose: Array = np.exp((response_scale(y, "log10") - self.intercept) / self.slope)
        return dose


def fit_line(x: "ArrayLike", y: "ArrayLike") -> LineFit | NoCurve:
    """Fit the line by least squares.

    Returns
    -------
    fit
        The line, or a ``NoCurve`` with the reason: fewer than three doses above 0, a response without a
        logarithm, or no change with the dose.

    Raises
    ------
    UsageError
        As ``curves.fit_curve``.
    """
    from scipy.stats import f as f_distribution

    doses, responses = np.asarray(x, dtype=np.float64).ravel(), np.asarray(y, dtype=np.float64).ravel()
    doses = np.where(doses == 0, np.nan, doses)  # pairs with a NaN are left out
    data = prepare(doses, responses, scale="log10")
    if isinstance(data, NoCurve):
        return data
    distinct = len(set(data.x.tolist()))
    if distinct < _LEAST_DOSES:
        return NoCurve(f"{distinct} different doses above 0 are too few for a line; expected at least 3.")
    design = np.column_stack([np.ones_like(data.log_x), data.log_x])
    theta, *_ = np.linalg.lstsq(design, data.y, rcond=None)
    rss = float(np.sum((data.y - design @ theta) ** 2))
    df = len(data.y) - 2
    explained = float(np.sum((data.y - data.y.mean()) ** 2)) - rss
    ratio = explained / (rss / df) if rss > 0 else math.inf
    if explained <= 0 or float(f_distribution.sf(ratio, 1, df)) > _SLOPE_P:
        return NoCurve("The response does not change with the dose.")
    covariance = np.linalg.inv(design.T @ design) * rss / df
    return LineFit(float(theta[0]), float(theta[1]), rss, data, covariance)
