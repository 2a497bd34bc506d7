r"""Group-sequential boundaries: several looks at the data of one trial with one error rate in all.

At look ``k`` a share ``t_k`` of the final information is at hand and the statistic ``Z_k`` is standard normal
under the null hypothesis. ``S_k = Z_k sqrt(t_k)`` is Brownian motion: its increments are independent and
normal with mean ``d (t_k - t_(k-1))`` and variance ``t_k - t_(k-1)``, where the drift ``d`` is the mean of
``Z`` at full information. The trial stops at the first ``Z_k >= b_k`` (two-sided: ``|Z_k| >= b_k``).

Boundaries:

* ``b_k = c t_k^(delta - 1/2)``: constant for ``delta`` 1/2 (Pocock, Biometrika 1977;64:191), falling as
  ``c / sqrt(t_k)`` for ``delta`` 0 (O'Brien and Fleming, Biometrics 1979;35:549), anything between (Wang and
  Tsiatis, Biometrics 1987;43:193).
* Error spending (Lan and DeMets, Biometrika 1983;70:659): the one-sided error spent by ``t`` is
  ``2 (1 - Phi(z_(1 - alpha/2) / sqrt(t)))`` (like O'Brien-Fleming), ``alpha ln(1 + (e - 1) t)`` (like Pocock)
  or ``alpha t^rho`` (Kim and DeMets, Biometrika 1987;74:149). A two-sided test spends half of its error in
  this way on each side. Needs neither the number of looks nor their times in advance.

Probabilities by the recursion of Armitage, McPherson and Rowe (J R Stat Soc A 1969;132:235): the density of
``S_k`` among trials that have not stopped is::

    g_k(s) = int_(continue at k-1) g_(k-1)(u) phi((s - u - d v) / sqrt(v)) / sqrt(v) du,  v = t_k - t_(k-1)

and the chance of stopping at ``k`` is its integral outside the limits. Each integral is a Gauss-Legendre rule
on panels as narrow as the narrowest normal curve asks for; results hold to about 1e-10.

The recursion is exact for normal ``Z_k``. In small trials compare the p value of the t test at each look with
``nominal_p``, never the t statistic with the limit. Simulated under the null with three looks at one mean,
two-sided 0.05: by p value 0.053 (O'Brien-Fleming) and 0.055 (Pocock) of trials of 9 subjects reject, 0.051
of 36 with either; by the statistic 0.16 and 0.21 of trials of 9, 0.065 and 0.078 of 36.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array

__all__ = [
    "Boundary",
    "StoppingProbabilities",
    "drift_for_power",
    "obrien_fleming",
    "pocock",
    "spending_boundary",
    "wang_tsiatis",
]

Sides = Literal[1, 2]
Spending = Literal["obrien-fleming", "pocock", "power"]

_REACH = 9.0  # normal density beyond is below 1e-18
_PANEL, _NODES = 3.0, 20  # a rule of 20 nodes for every 3 standard deviations of the narrowest curve
_CLOSEST = 0.001
_HIGHEST = 37.0  # largest z with a tail above 0 in double precision


@dataclass(frozen=True, slots=True)
class StoppingProbabilities:
    """What happens at one drift.

    Parameters
    ----------
    drift
        Mean of the statistic at full information.
    upper, lower
        Probability of stopping at each look above and below (below: zeros for a one-sided test).
    expected_information
        Mean share of the full information used.
    """

    drift: float
    upper: tuple[float, ...]
    lower: tuple[float, ...]
    expected_information: float

    @property
    def rejection(self) -> float:
        """Probability of crossing a boundary at any look."""
        return math.fsum(self.upper) + math.fsum(self.lower)


@dataclass(frozen=True, slots=True)
class Boundary:
    """Limits of the statistic at each look.

    Parameters
    ----------
    information
        Share of the full information at each look; the last is 1.
    limits
        ``b_k``: the trial stops at or beyond. Infinite where no error is spent.
    sides
        1 or 2.
    kind
        What the boundary is, in words.
    """

    information: tuple[float, ...]
    limits: tuple[float, ...]
    sides: Sides
    kind: str

    @property
    def nominal_p(self) -> tuple[float, ...]:
        """P value (of ``sides`` sides) that a look has to reach."""
        from scipy.special import ndtr

        return tuple(float(self.sides * ndtr(-limit)) for limit in self.limits)

    def at(self, drift: float) -> StoppingProbabilities:
        """Return the probabilities of stopping when the statistic has this mean at full information.

        >>> found = pocock((0.5, 1.0), alpha=0.05, sides=2).at(0.0)
        >>> f"{found.rejection:.6f}"
        '0.050000'
        """
        if not math.isfinite(drift):
            raise UsageError(f"Drift: found {drift!r}; expected a finite number.")
        walk, upper, lower = _Walk(self.sides, drift, self.information), [], []
        for share, limit in zip(self.information, self.limits, strict=True):
            walk.move_to(share)
            above, below = walk.beyond(limit)
            upper.append(above)
            lower.append(below)
            walk.stop_beyond(limit)
        return StoppingProbabilities(drift, tuple(upper), tuple(lower), self._mean(upper, lower))

    def _mean(self, upper: list[float], lower: list[float]) -> float:
        stopped = [a + b for a, b in zip(upper, lower, strict=True)][:-1]
        early = math.fsum(p * t for p, t in zip(stopped, self.information, strict=False))
        return early + 1.0 - math.fsum(stopped)


def pocock(information: Sequence[float], *, alpha: float, sides: Sides) -> Boundary:
    """Return Pocock's boundary: the same limit at every look.

    >>> [round(limit, 3) for limit in pocock((0.5, 1.0), alpha=0.05, sides=2).limits]
    [2.178, 2.178]
    """
    return wang_tsiatis(information, alpha=alpha, sides=sides, delta=0.5)


def obrien_fleming(information: Sequence[float], *, alpha: float, sides: Sides) -> Boundary:
    """Return O'Brien and Fleming's boundary: limits that fall as ``1 / sqrt(t)``.

    >>> [round(limit, 3) for limit in obrien_fleming((0.5, 1.0), alpha=0.05, sides=2).limits]
    [2.797, 1.977]
    """
    return wang_tsiatis(information, alpha=alpha, sides=sides, delta=0.0)


def wang_tsiatis(information: Sequence[float], *, alpha: float, sides: Sides, delta: float) -> Boundary:
    """Return the boundary ``c t^(delta - 1/2)`` whose probability of rejection under the null is ``alpha``.

    Parameters
    ----------
    information
        Share of the full information at each look, ascending, the last 1.
    alpha
        Error rate over all looks and sides.
    sides
        1 or 2.
    delta
        0.5 is Pocock's boundary, 0 O'Brien and Fleming's.

    Raises
    ------
    UsageError
        If an argument is out of range.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    shares = _check(information, alpha, sides)
    if not -2.0 <= delta <= 0.5:
        raise UsageError(f"Shape of a boundary: found delta {delta!r}; expected -2 to 0.5.")
    shape = np.array(shares) ** (delta - 0.5)
    kind = f"Wang-Tsiatis, delta {delta:g}, alpha {alpha:g}, {sides}-sided"

    def boundary(c: float) -> Boundary:
        return Boundary(shares, tuple((c * shape).tolist()), sides, kind)

    # the level of the last look alone is too much, all of the level at each look too little
    low, high = -float(ndtri(alpha / sides)), -float(ndtri(alpha / (sides * len(shares))))
    if len(shares) == 1:
        return boundary(low)
    c = brentq(lambda c: boundary(c).at(0.0).rejection - alpha, low, high + 1e-6, xtol=1e-11, rtol=1e-13)
    return boundary(float(c))


def spending_boundary(
    information: Sequence[float],
    *,
    alpha: float,
    sides: Sides,
    spending: Spending = "obrien-fleming",
    rho: float = 1.0,
) -> Boundary:
    """Return the boundary that spends the error as a function of the information (Lan and DeMets).

    Parameters
    ----------
    information
        Share of the full information at each look, ascending, the last 1.
    alpha
        Error rate over all looks and sides.
    sides
        1 or 2; a two-sided test spends ``alpha / 2`` on each side.
    spending
        ``obrien-fleming``, ``pocock`` or ``power`` (``alpha t^rho``).
    rho
        Power of ``power``, above 0.

    Raises
    ------
    UsageError
        If an argument is out of range.

    >>> found = spending_boundary((0.5, 1.0), alpha=0.025, sides=1)
    >>> [round(limit, 6) for limit in found.limits]
    [2.962588, 1.968596]
    """
    shares = _check(information, alpha, sides)
    spent = _spending(spending, alpha / sides, rho)
    walk, limits, before = _Walk(sides, 0.0, shares), [], 0.0
    for share in shares:
        walk.move_to(share)
        now = spent(share)
        limits.append(_limit(walk, now - before))
        walk.stop_beyond(limits[-1])
        before = now
    words = f"power {rho:g}" if spending == "power" else spending
    kind = f"error spending, {words}, alpha {alpha:g}, {sides}-sided"
    return Boundary(shares, tuple(limits), sides, kind)


def drift_for_power(boundary: Boundary, power: float) -> float:
    """Return the drift at which a boundary is crossed above with this probability.

    The square of its ratio to ``z_(1 - alpha/sides) + z_power`` is the factor by which the looks make the
    largest trial grow.

    Raises
    ------
    UsageError
        If the power is not between the chance under the null and 1.
    """
    from scipy.optimize import brentq

    if not math.fsum(boundary.at(0.0).upper) < power < 1.0 - 1e-9:
        raise UsageError(f"Power: found {power!r}; expected more than under the null, and less than 1.")
    high = boundary.limits[-1] + _REACH
    return float(brentq(lambda d: math.fsum(boundary.at(d).upper) - power, 0.0, high, xtol=1e-10))


def _check(information: Sequence[float], alpha: float, sides: int) -> tuple[float, ...]:
    shares = tuple(float(share) for share in information)
    apart = all(b - a >= _CLOSEST for a, b in zip((0.0, *shares), shares, strict=False))
    if not shares or not apart or shares[-1] != 1.0:
        raise UsageError(
            f"Looks: found information {shares}; "
            f"expected ascending shares at least {_CLOSEST} apart and above 0, the last 1."
        )
    if sides not in (1, 2):
        raise UsageError(f"Sides of a test: found {sides!r}; expected 1 or 2.")
    if not 0.0 < alpha < 0.5:
        raise UsageError(f"Error rate: found {alpha!r}; expected above 0 and below 0.5.")
    return shares


def _spending(spending: str, alpha: float, rho: float) -> Callable[[float], float]:
    from scipy.special import ndtr, ndtri

    if spending == "obrien-fleming":
        quantile = float(ndtri(alpha / 2.0))
        return lambda share: float(2.0 * ndtr(quantile / math.sqrt(share)))
    if spending == "pocock":
        return lambda share: alpha * math.log1p(math.expm1(1.0) * share)
    if spending == "power" and rho > 0.0:
        return lambda share: alpha * float(share**rho)
    raise UsageError(
        f"Error spending: found {spending!r} with rho {rho!r}; "
        "expected 'obrien-fleming', 'pocock' or 'power' with rho above 0."
    )


def _limit(walk: "_Walk", spend: float) -> float:
    """Return the limit beyond which the walk stops above with probability ``spend``."""
    from scipy.optimize import brentq

    if walk.beyond(_HIGHEST)[0] >= spend:
        return math.inf
    return float(brentq(lambda b: walk.beyond(b)[0] - spend, -_HIGHEST, _HIGHEST, xtol=1e-12, rtol=1e-13))


def _rule(low: float, high: float, narrowest: float) -> tuple[Array, Array]:
    """Return nodes and weights of the integral from low to high of curves no narrower than said."""
    points, weights = np.polynomial.legendre.leggauss(_NODES)
    edges = np.linspace(low, high, math.ceil((high - low) / (_PANEL * narrowest)) + 1)
    half = (edges[1] - edges[0]) / 2.0
    nodes = (edges[:-1, None] + half * (points[None, :] + 1.0)).ravel()
    return nodes, np.tile(weights * half, edges.size - 1)


class _Walk:
    """The trials that have not stopped: nodes, and their weights times density, at the look before."""

    def __init__(self, sides: int, drift: float, shares: Sequence[float]) -> None:
        self.sides, self.drift, self.share, self.step = sides, drift, 0.0, 0.0
        self.narrowest = math.sqrt(float(np.diff([0.0, *shares]).min()))
        self.nodes, self.mass = np.zeros(1), np.ones(1)  # all begin at 0

    def move_to(self, share: float) -> None:
        self.step, self.share = share - self.share, share

    def beyond(self, limit: float) -> tuple[float, float]:
        """Return the probability of being at or beyond the limit now, above and below."""
        from scipy.special import ndtr

        edge, mean = limit * math.sqrt(self.share), self.nodes + self.drift * self.step
        width = math.sqrt(self.step)
        above = float(self.mass @ ndtr((mean - edge) / width))
        return above, float(self.mass @ ndtr((-edge - mean) / width)) if self.sides == 2 else 0.0

    def stop_beyond(self, limit: float) -> None:
        """Leave only those within the limits, as nodes and masses for the next look."""
        root, centre = math.sqrt(self.share), self.drift * self.share
        high = min(limit * root, centre + _REACH * root)
        low = centre - _REACH * root
        if self.sides == 2:
            low = max(low, -limit * root)
        if high <= low:
            self.nodes, self.mass = np.zeros(1), np.zeros(1)
            return
        nodes, weights = _rule(low, high, self.narrowest)
        deviates = (nodes[:, None] - self.nodes[None, :] - self.drift * self.step) / math.sqrt(self.step)
        density = np.exp(-0.5 * deviates**2) @ self.mass / math.sqrt(2.0 * math.pi * self.step)
        self.nodes, self.mass = nodes, density * weights
