r"""The dose that reaches a target: an effect of ``Delta``, or a share of the largest effect, with intervals.

* ``target_dose``: smallest dose with ``f(d) - f(reference) >= Delta``.
* ``effective_dose``: smallest dose with the share ``p`` of the largest effect within the doses studied.
* ``dose_effect``: the effect at one dose.

The intervals invert the comparison of models: they hold every value that some curve of the shape takes
whose sum of squares is at most ``RSS + s^2 t^2``, with ``t`` the quantile of Student's t on the residual
degrees of freedom (a profile likelihood interval). For linear and linlog that is Fieller's exact interval;
for the other shapes it is approximate, but does not pretend, as a standard error of the dose would, that an
undetermined dose is known: where the data allow curves that never reach the target, the upper limit is
infinite. All of it holds if the shape is right; ``choice.py`` averages over shapes.

Dose 0 need not have been studied; the effect against it is then extrapolated, and the note says so.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.mcp_mod.fit import ShapeFit, Valley
from mitograft.statistics.mcp_mod.shapes import Shape, find_shape

__all__ = ["DoseEffect", "TargetDose", "dose_effect", "effective_dose", "target_dose"]

Direction = Literal["increase", "decrease"]

_BISECTIONS = 48
_POINTS = {0: 1, 1: 201, 2: 31}
_ROUNDS = 16
_SHRINK = 0.35


@dataclass(frozen=True, slots=True)
class TargetDose:
    """A dose with its interval; infinite where no studied dose reaches the target.

    Parameters
    ----------
    dose, low, high, level
        Estimate and interval, in units of dose.
    target
        The effect, or the share of the largest effect.
    shape
        The shape it assumes; ``average`` for an average.
    method, exact, note
        The method in words; whether the interval is exact under the shape and normal errors; what to know.
    """

    dose: float
    low: float | None
    high: float | None
    level: float
    target: float
    shape: str
    method: str
    exact: bool
    note: str


@dataclass(frozen=True, slots=True)
class DoseEffect:
    """The effect of a dose against the reference, with its interval (None where there is none)."""

    dose: float
    estimate: float
    low: float | None
    high: float | None
    level: float
    shape: str
    method: str
    exact: bool
    note: str


@dataclass(frozen=True, eq=False)
class _Family:
    """All curves of a shape as ``E0 + E1 g``, searched over coordinates of the parameters of ``g``.

    ``up`` is 1 where effects are rises, -1 where they are falls; all below is in that direction. ``rising``
    says that only positive ``E1`` count, as for quadratic, whose coordinate is an angle that covers the rest.
    """

    fit: ShapeFit
    shape: Shape
    valley: Valley
    lows: Array
    highs: Array
    best: Array
    rising: bool
    up: float
    reference: float

    @classmethod
    def of(cls, fit: ShapeFit, direction: str, reference: float) -> "_Family":
        if direction not in ("increase", "decrease"):
            raise UsageError(f"Direction: found {direction!r}; expected increase or decrease.")
        if not 0.0 <= reference < fit.within.highest:
            raise UsageError(
                f"Reference dose: found {reference:g}; expected one from 0 to below the highest."
            )
        up = 1.0 if direction == "increase" else -1.0
        angle = fit.shape == "quadratic"
        shape = _ANGLE if angle else find_shape(fit.shape)
        valley = Valley.of(fit.means, shape, fit.within)
        valley = Valley(shape, fit.within, valley.doses, up * valley.estimates, valley.root)
        if angle:
            size = fit.within.highest
            best = np.array([math.atan2(up * fit.values[2] * size**2, up * fit.values[1] * size)])
            ends = np.array([-math.pi]), np.array([math.pi])
        else:
            best = np.log(np.array(fit.values[2:]))
            limits = np.log(np.array(fit.bounds)).reshape(-1, 2)
            ends = limits[:, 0], limits[:, 1]
        return cls(fit, shape, valley, *ends, best, angle, up, reference)

    def theta(self, coordinates: Array) -> Array:
        return coordinates if self.rising else np.asarray(np.exp(coordinates))

    def height(self, theta: Array, dose: Array) -> Array:
        """Return ``g(dose) - g(reference)`` row by row."""
        columns = [theta[:, i] for i in range(theta.shape[1])]
        with np.errstate(over="ignore", invalid="ignore"):
            at = self.shape.g(dose, self.valley.within, *columns)
            start = self.shape.g(np.full(len(theta), self.reference), self.valley.within, *columns)
        return np.asarray(at - start, dtype=float)

    def top(self, theta: Array) -> Array:
        """Return the dose up to which the effect rises."""
        highest = self.valley.within.highest
        if self.shape.peak is None:
            return np.full(len(theta), highest)
        columns = [theta[:, i] for i in range(theta.shape[1])]
        return np.asarray(np.clip(self.shape.peak(self.valley.within, *columns), self.reference, highest))

    def crossing(self, theta: Array, level: Array) -> Array:
        """Return the smallest dose at which ``g - g(reference)`` reaches each level; infinite where never."""
        top = self.top(theta)
        reached = self.height(theta, top) >= level
        low, high = np.full(len(theta), self.reference), top
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            there = self.height(theta, middle) >= level
            low, high = np.where(there, low, middle), np.where(there, middle, high)
        return np.where(reached, high, math.inf)

    def extremes(self, level: float, value: "Callable[[Array, Array, Array], tuple[Array, Array]]") -> Any:
        """Return the lowest and highest value over all curves that the interval of this level allows."""
        from scipy.special import stdtrit

        if self.fit.variance is None:
            return None, None
        t = float(stdtrit(self.fit.df, 0.5 + level / 2.0))
        most = self.fit.distance + self.fit.variance * t**2
        return self._search(most, value, 0), self._search(most, value, 1)

    def _search(
        self, most: float, value: "Callable[[Array, Array, Array], tuple[Array, Array]]", side: int
    ) -> float:
        """Look over ever smaller boxes about the best place so far; ``side`` 0 for lowest, 1 for highest."""
        sign = 1.0 if side == 0 else -1.0
        centre, width = self.best, self.highs - self.lows
        best = math.inf
        for turn in range(_ROUNDS if len(centre) else 1):
            low = np.maximum(self.lows, centre - width) if turn else self.lows
            high = np.minimum(self.highs, centre + width) if turn else self.highs
            axes = [np.linspace(a, b, _POINTS[len(centre)]) for a, b in zip(low, high, strict=True)]
            grid = np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=1) if axes else None
            points = centre[None, :] if grid is None else np.vstack([centre[None, :], grid])
            found = sign * self._values(points, most, value)[side]
            place = int(np.argmin(found))
            if found[place] <= best:
                best, centre = float(found[place]), points[place]
            if best == -math.inf:
                break
            width = width * _SHRINK
        return sign * best

    def _values(
        self, points: Array, most: float, value: "Callable[[Array, Array, Array], tuple[Array, Array]]"
    ) -> tuple[Array, Array]:
        theta = self.theta(points)
        floor, slope, curvature = self.valley.floor(theta)
        # Rounding must not shut out the best fit itself, where it lies on the edge.
        half = np.sqrt(np.maximum(most - floor, 0.0) / curvature)
        allowed = floor <= most * (1.0 + 1e-12)
        low, high = slope - half, slope + half
        if self.rising:
            allowed &= high > 0.0
            low = np.maximum(low, 0.0)
        lowest, highest = value(theta, low, high)
        return np.where(allowed, lowest, math.inf), np.where(allowed, highest, -math.inf)

    def estimate(self) -> tuple[Array, float]:
        """Return the fitted parameters of ``g``, and ``E1`` in the direction asked for."""
        if self.rising:
            size = self.fit.within.highest
            return self.best[None, :], math.hypot(self.fit.values[1] * size, self.fit.values[2] * size**2)
        return self.theta(self.best[None, :]), self.up * self.fit.values[1]

    def notes(self) -> list[str]:
        notes = [self.fit.note] if self.fit.note else []
        if not np.any(self.fit.means.doses == self.reference):
            notes.append(f"dose {self.reference:g} was not studied: the effect against it is extrapolated")
        return notes


def _angle_peak(within: Any, phi: Any) -> Any:
    """Return the dose up to which ``cos(phi) x + sin(phi) x^2`` rises: its top, or the highest dose."""
    cosine, sine = np.cos(phi), np.sin(phi)
    hill = (cosine > 0.0) & (sine < 0.0)
    top = -cosine / (2.0 * np.where(hill, sine, -1.0))
    falls = (cosine <= 0.0) & (sine < 0.0)
    return np.where(falls, 0.0, np.where(hill, top, 1.0)) * within.highest


_ANGLE = Shape(
    "quadratic",
    ("phi",),
    lambda dose, within, phi: (
        np.cos(phi) * (dose / within.highest) + np.sin(phi) * (dose / within.highest) ** 2
    ),
    peak=_angle_peak,
)


def target_dose(
    fit: ShapeFit,
    delta: float,
    *,
    direction: Direction = "increase",
    reference: float = 0.0,
    level: float = 0.95,
) -> TargetDose:
    """Return the smallest dose with an effect of ``delta`` against the reference dose.

    Parameters
    ----------
    fit
        From ``fit_shape``.
    delta
        The effect, above 0, in units of the response.
    direction
        Whether the wanted effect is a rise or a fall.
    reference
        Dose to compare with.

    Raises
    ------
    UsageError
        If ``delta`` is not above 0, or direction, reference or level are not usable.

    >>> from mitograft.statistics.mcp_mod.fit import fit_shape
    >>> from mitograft.statistics.mcp_mod.means import dose_means
    >>> data = dose_means([0, 0, 300, 300, 600, 600], [1, 3, 6, 8, 11, 13])
    >>> found = target_dose(fit_shape(data, "linear"), 5)
    >>> f"{found.dose:.0f} ({found.low:.0f} to {found.high:.0f})"
    '300 (224 to 455)'
    """
    check_level(level)
    if not 0.0 < delta < math.inf:
        raise UsageError(f"Target effect: found {delta}; expected a number above 0.")
    family = _Family.of(fit, direction, reference)

    def doses(theta: Array, slope: Array) -> Array:
        rises = slope > 0.0
        return family.crossing(theta, np.where(rises, delta / np.where(rises, slope, 1.0), math.inf))

    theta, slope = family.estimate()
    dose = float(doses(theta, np.array([slope]))[0])
    low, high = family.extremes(level, lambda t, a, b: (doses(t, b), doses(t, a)))
    notes = family.notes()
    if math.isinf(dose):
        notes.append("the fitted curve does not reach the target within the doses studied")
    elif high is not None and math.isinf(high):
        notes.append("the data allow curves that do not reach the target within the doses studied")
    return TargetDose(
        dose, low, high, level, delta, fit.shape, _WORDS.format(fit.shape), _exact(fit), "; ".join(notes)
    )


def effective_dose(
    fit: ShapeFit,
    share: float,
    *,
    direction: Direction = "increase",
    reference: float = 0.0,
    level: float = 0.95,
) -> TargetDose:
    """Return the smallest dose with a share of the largest effect within the doses studied.

    Parameters
    ----------
    fit, direction, reference
        As in ``target_dose``.
    share
        Share of the largest effect, between 0 and 1.

    Raises
    ------
    UsageError
        If the share is not between 0 and 1, or direction, reference or level are not usable.
    """
    check_level(level)
    if not 0.0 < share < 1.0:
        raise UsageError(f"Share of the largest effect: found {share}; expected a number between 0 and 1.")
    family = _Family.of(fit, direction, reference)

    def doses(theta: Array) -> Array:
        largest = family.height(theta, family.top(theta))
        level = np.where(largest > 0.0, share * largest, math.inf)
        return family.crossing(theta, level)

    def span(theta: Array, _low: Array, _high: Array) -> tuple[Array, Array]:
        found = doses(theta)
        return found, np.where(np.isinf(found), -math.inf, found)

    theta, slope = family.estimate()
    dose = float(doses(theta)[0]) if slope > 0.0 else math.inf
    low, high = family.extremes(level, span)
    notes = family.notes()
    effect = dose_effect(fit, fit.within.highest, direction=direction, reference=reference, level=level)
    if math.isinf(dose):
        notes.append("the fitted curve has no effect in this direction")
    if effect.low is not None and effect.low <= 0.0:
        notes.append("no effect at all is among the curves the data allow: the share of it means little")
    return TargetDose(
        dose, low, high, level, share, fit.shape, _WORDS.format(fit.shape), _exact(fit), "; ".join(notes)
    )


def dose_effect(
    fit: ShapeFit,
    dose: float,
    *,
    direction: Direction = "increase",
    reference: float = 0.0,
    level: float = 0.95,
) -> DoseEffect:
    """Return the effect of a dose against the reference; positive in the direction asked for.

    Raises
    ------
    UsageError
        If the dose is not within those studied, or direction, reference or level are not usable.
    """
    check_level(level)
    if not 0.0 <= dose <= fit.within.highest:
        raise UsageError(f"Dose: found {dose:g}; expected one from 0 to {fit.within.highest:g}.")
    family = _Family.of(fit, direction, reference)

    def span(theta: Array, low: Array, high: Array) -> tuple[Array, Array]:
        g = family.height(theta, np.full(len(theta), dose))
        ends = np.stack([low * g, high * g])
        return np.asarray(ends.min(axis=0)), np.asarray(ends.max(axis=0))

    estimate = family.up * float(fit.effect([dose], reference=reference)[0])
    low, high = family.extremes(level, span)
    return DoseEffect(
        dose, estimate, low, high, level, fit.shape, _WORDS.format(fit.shape), _exact(fit),
        "; ".join(family.notes()),
    )  # fmt: skip


def _exact(fit: ShapeFit) -> bool:
    return fit.exact and fit.shape != "quadratic"


_WORDS = "all curves of shape {} whose sum of squares is not significantly above the least (profile)"
