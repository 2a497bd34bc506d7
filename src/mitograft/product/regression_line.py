r"""One regression line of a stability study: its confidence bound and where the bound meets a limit.

Whatever is pooled, the mean at time ``t`` is ``y0 + b (t - t0)`` with variance
``s^2 (1/n + (t - t0)^2 / Sxx)``, where ``t0``, ``y0`` and ``n`` belong to the data that share the intercept,
``Sxx`` to those that share the slope, and ``s`` to those that share the residual.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Line", "Side"]

Side = Literal["lower", "upper"]


@dataclass(frozen=True, slots=True)
class Line:
    """A regression line with what its confidence bound needs.

    Parameters
    ----------
    lot
        Lot it describes; empty for a line of all lots together.
    t0, y0
        Mean time and mean value of the data that share the intercept, ``n`` of them.
    slope
        Change of the value per unit of time.
    n, sxx
        See the equation above.
    sigma, df
        Residual standard deviation and its degrees of freedom.
    """

    lot: str
    t0: float
    y0: float
    slope: float
    n: int
    sxx: float
    sigma: float
    df: int

    @property
    def intercept(self) -> float:
        """Mean at time 0."""
        return self.y0 - self.slope * self.t0

    def mean(self, times: "ArrayLike") -> npt.NDArray[np.float64]:
        """Return the mean at ``times``."""
        return self.y0 + self.slope * (np.asarray(times, dtype=np.float64) - self.t0)

    def bound(self, times: "ArrayLike", side: Side, tail: float) -> npt.NDArray[np.float64]:
        """Return the confidence bound of the mean with ``tail`` probability beyond it."""
        u = np.asarray(times, dtype=np.float64) - self.t0
        spread = self._quantile(tail) * self.sigma * np.sqrt(1.0 / self.n + u**2 / self.sxx)
        return self.mean(times) + (spread if side == "upper" else -spread)

    def crossing(self, limit: float, side: Side, tail: float) -> float:
        """Return the time up to which the bound keeps the limit.

        ``lower`` is the lower bound of the mean against a lowest accepted value, ``upper`` the upper bound
        against a highest. 0 where the bound breaks the limit at time 0 already, infinity where it never
        does. The distance between bound and limit is concave in time, so there is one such time at most.
        """
        sign = 1.0 if side == "lower" else -1.0
        distance, slope = sign * (self.y0 - limit), sign * self.slope
        spread = self._quantile(tail) * self.sigma
        if sign * (float(self.bound(0.0, side, tail)) - limit) < 0:
            return 0.0
        a = slope**2 - spread**2 / self.sxx
        c = distance**2 - spread**2 / self.n
        # A quarter of the discriminant, without the difference of two like numbers where the spread is small.
        square = slope**2 / self.n + distance**2 / self.sxx - spread**2 / (self.n * self.sxx)
        roots = _roots(a, distance * slope, c, spread * math.sqrt(max(square, 0.0))) if square >= 0 else []
        # Squaring adds a root of the other bound. Where the slope outweighs its error (a > 0) a falling
        # line meets the limit first at the bound asked for; a rising one never does.
        if not roots or (a > 0 and slope >= 0):
            return math.inf
        return max((min(roots) if a > 0 else max(roots)) + self.t0, 0.0)

    def _quantile(self, tail: float) -> float:
        from scipy.stats import t as t_distribution

        return float(t_distribution.isf(tail, self.df))


def _roots(a: float, half: float, c: float, root: float) -> list[float]:
    """Return the roots of ``a u^2 + 2 half u + c`` with ``root^2 = half^2 - a c``; stable for small ``a``."""
    q = -(half + math.copysign(root, half))
    return [*([q / a] if a != 0 else []), *([c / q] if q != 0 else [])]
