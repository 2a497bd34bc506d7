r"""Amplification efficiency, and the calibration line of an allele-specific qPCR.

A dilution series gives the efficiency ``E`` of an assay: ``Ct = a + m log10(quantity)``,
``E = 10^(-1/m) - 1`` (1 is doubling). The score of a sample is
``s = Ct_host ln(1 + E_host) - Ct_donor ln(1 + E_donor)``, which is ``ln(donor/host)`` but for a constant.

Mixtures of known donor fraction ``f`` give that constant: ``s = a + b logit(f)`` by least squares. A sample's
fraction is read off the line backwards; its interval is Fieller's, the set of fractions whose predicted score
is compatible with the one seen (Draper and Smith, Applied Regression Analysis, inverse regression).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Calibration", "Efficiency", "efficiency_of", "expit", "fit_calibration", "logit"]

_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Efficiency:
    """Amplification efficiency of one assay with its interval.

    ``cycle_of_one`` is the cycle of quantity 1 and ``points`` the number of points of the series.
    """

    value: float
    low: float
    high: float
    cycle_of_one: float
    points: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """The line ``score = intercept + slope logit(fraction)`` with what inverse prediction needs.

    ``lowest`` and ``highest`` are the fractions of the outermost mixtures.
    """

    intercept: float
    slope: float
    mean_x: float
    mean_y: float
    sxx: float
    sigma: float
    n: int
    lowest: float
    highest: float

    def fraction(self, score: float, *, level: float = 0.95) -> tuple[float, float, float]:
        """Return the donor fraction of a sample from its score, with the Fieller interval.

        The ends are NaN where the slope is not distinguishable from 0 and the interval is unbounded.
        """
        from scipy.stats import t as t_distribution

        x = self.mean_x + (score - self.mean_y) / self.slope
        t = float(t_distribution.isf((1 - level) / 2, self.n - 2))
        g = (t * self.sigma / self.slope) ** 2 / self.sxx
        if g >= 1:
            return expit(x), math.nan, math.nan
        away = x - self.mean_x
        centre = self.mean_x + away / (1 - g)
        half = abs(t * self.sigma / self.slope) / (1 - g)
        half *= math.sqrt(away**2 / self.sxx + (1 - g) * (1 + 1 / self.n))
        return expit(x), expit(centre - half), expit(centre + half)


def logit(fraction: float) -> float:
    """Return ``ln(f / (1 - f))``."""
    return math.log(fraction) - math.log1p(-fraction)


def expit(score: float) -> float:
    """Return the fraction whose logit is ``score``.

    >>> expit(logit(0.25))
    0.25
    """
    if score >= 0:
        return 1.0 / (1.0 + math.exp(-score))
    power = math.exp(score)
    return power / (1.0 + power)


def efficiency_of(
    quantities: Sequence[float], cycles: Sequence[float], *, level: float = 0.95
) -> Efficiency | None:
    """Return the efficiency from a dilution series; None where it has fewer than three quantities.

    >>> series = efficiency_of([1, 0.1, 0.01, 0.001], [20.0, 23.3219, 26.6439, 29.9658])
    >>> round(series.value, 4)
    1.0
    """
    from scipy.stats import t as t_distribution

    x, y = np.log10(np.asarray(quantities, dtype=float)), np.asarray(cycles, dtype=float)
    if len(set(x.tolist())) < _FEWEST:
        return None
    slope, intercept, sxx = _line(x, y)
    if slope >= 0:
        return None
    residual = float(np.sum((y - intercept - slope * x) ** 2))
    df = len(x) - 2
    error = float(t_distribution.isf((1 - level) / 2, df)) * math.sqrt(residual / df / sxx)
    low, high = slope - error, slope + error
    return Efficiency(
        value=10 ** (-1 / slope) - 1,
        low=10 ** (-1 / low) - 1,
        high=10 ** (-1 / high) - 1 if high < 0 else math.inf,
        cycle_of_one=intercept,
        points=len(x),
    )


def fit_calibration(fractions: Sequence[float], scores: Sequence[float]) -> Calibration | None:
    """Fit the line through mixtures with fractions between 0 and 1.

    None where there are fewer than three mixtures, all of one fraction, or the score does not rise with it.
    """
    x, y = np.array([logit(f) for f in fractions]), np.asarray(scores, dtype=float)
    if len(x) < _FEWEST or np.ptp(x) == 0:
        return None
    slope, intercept, sxx = _line(x, y)
    if slope <= 0:
        return None
    residual = float(np.sum((y - intercept - slope * x) ** 2))
    return Calibration(
        intercept=intercept,
        slope=slope,
        mean_x=float(x.mean()),
        mean_y=float(y.mean()),
        sxx=sxx,
        sigma=math.sqrt(residual / (len(x) - 2)),
        n=len(x),
        lowest=min(fractions),
        highest=max(fractions),
    )


def _line(
    x: "np.typing.NDArray[np.float64]", y: "np.typing.NDArray[np.float64]"
) -> tuple[float, float, float]:
    sxx = float(np.sum((x - x.mean()) ** 2))
    slope = float(np.sum((x - x.mean()) * (y - y.mean()))) / sxx
    return slope, float(y.mean()) - slope * float(x.mean()), sxx
