r"""Models of dose response fitted to the means of the doses.

For parameters ``t`` of ``g`` the best ``E0`` and ``E1`` are linear least squares, so only ``t`` is searched,
within bounds: a grid finds the valley, least squares its floor (variable projection; Golub and Pereyra, SIAM
J Numer Anal 1973;10:413). The distance is that of generalised least squares, ``(m - f)' V^-1 (m - f)``. With
normal errors of one variance this is ordinary least squares of the subjects, as the sum of squares within
doses is the same for all models::

    RSS = pure error + distance,   AIC = n log(2 pi RSS / n) + n + 2 (p + 1)

With a given covariance ``AIC = distance + 2 p``. Standard errors are those of linearisation, for large
samples, save for linear, linlog and quadratic, which are linear models. A parameter at its bound has none,
and those of the others then hold it fixed.

Sources: Bretz, Pinheiro and Branson 2005; Pinheiro et al., Stat Med 2014;33:1646 (given covariance); bounds
as in DoseFinding (``mcp_mod.csv``).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array
from mitograft.statistics.mcp_mod.means import DoseMeans
from mitograft.statistics.mcp_mod.shapes import DoseRange, Shape, find_shape

__all__ = ["ShapeFit", "Valley", "fit_shape"]

_GRID = {1: 200, 2: 40}
_STARTS = 3
_AT_BOUND = 1e-6
_NEAR_BOUND = 0.05  # of the logarithm: the search stops short of a bound
_TIE = 1e-9
_PERFECT = 1e-10
_STEP = 1e-30  # of the complex step: no cancellation
_FLAT = 1e-12


@dataclass(frozen=True, eq=False)
class Valley:
    """The least squares of one shape: what is left after ``E0`` and ``E1`` for any parameters of ``g``.

    ``root`` is a root of the inverse covariance, ``R' R = V^-1``.
    """

    shape: Shape
    within: DoseRange
    doses: Array
    estimates: Array
    root: Array

    @classmethod
    def of(cls, means: DoseMeans, shape: Shape, within: DoseRange) -> "Valley":
        """Prepare the least squares of a shape."""
        root = np.linalg.inv(np.linalg.cholesky(means.unscaled))
        return cls(shape, within, means.doses, means.estimates, root)

    def floor(self, theta: Array) -> tuple[Array, Array, Array]:
        """Return distance, best ``E1`` and curvature for many parameters of ``g`` (one row each).

        With ``E1 = b``, the distance is ``floor + curvature (b - best)^2``. Infinite where ``g`` is flat.
        """
        columns = [theta[:, [i]] for i in range(theta.shape[1])]
        with np.errstate(over="ignore", invalid="ignore"):
            g = np.asarray(self.shape.g(self.doses, self.within, *columns), dtype=float)
        g = np.broadcast_to(g, (len(theta), len(self.doses)))
        usable = np.all(np.isfinite(g), axis=1)
        g = np.where(usable[:, None], g, 0.0)
        one = self.root @ np.ones(len(self.doses))
        one /= np.linalg.norm(one)
        y, x = self.root @ self.estimates, g @ self.root.T
        y, x = y - one * (one @ y), x - np.outer(x @ one, one)
        curvature = np.sum(x * x, axis=1)
        usable &= curvature > _FLAT**2 * np.maximum(np.sum((g @ self.root.T) ** 2, axis=1), 1e-300)
        safe = np.where(usable, curvature, 1.0)
        slope = np.where(usable, x @ y / safe, 0.0)
        left = y - slope[:, None] * x
        return np.where(usable, np.sum(left * left, axis=1), math.inf), slope, safe

    def residual(self, theta: Array) -> Array:
        """Return the whitened residuals after ``E0`` and ``E1``."""
        with np.errstate(over="ignore"):
            g = np.asarray(self.shape.g(self.doses, self.within, *theta), dtype=float)
        design = self.root @ np.stack([np.ones(len(g)), g / max(1.0, float(np.abs(g).max()))], axis=1)
        target = self.root @ self.estimates
        solved = np.linalg.lstsq(design, target, rcond=None)[0]
        return np.asarray(target - design @ solved)


@dataclass(frozen=True, eq=False)
class ShapeFit:
    """A fitted model.

    Parameters
    ----------
    shape
        Name of the shape.
    names, values
        Parameters: ``e0``, ``e1`` (for quadratic ``b1``, ``b2``), then those of ``g``.
    covariance
        Of the values; NaN rows for parameters at a bound, all NaN where it cannot be had.
    distance, rss
        Generalised squared distance of the means in units of ``V``, and with the pure error added.
    df, variance
        Residual degrees of freedom (infinite: covariance given) and variance; None without.
    aic, aicc
        Akaike's criterion, and with the small-sample correction of Hurvich and Tsai (Biometrika
        1989;76:297); None where they do not exist.
    at_bound
        Parameters of ``g`` at the end of their bounds.
    bounds
        The bounds of the parameters of ``g``.
    method, exact, note
        The method in words; whether intervals from it are exact (linear models under normal errors); what to
        know of this fit.
    """

    shape: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    covariance: Array
    distance: float
    rss: float
    df: float
    variance: float | None
    aic: float | None
    aicc: float | None
    at_bound: tuple[str, ...]
    bounds: tuple[tuple[float, float], ...]
    means: DoseMeans
    within: DoseRange
    method: str
    exact: bool
    note: str

    @property
    def se(self) -> tuple[float, ...]:
        """Standard errors of the values; NaN where there are none."""
        return tuple(np.sqrt(np.maximum(np.diag(self.covariance), 0.0)).tolist())

    def predict(self, doses: Sequence[float] | Array) -> Array:
        """Return the fitted response at doses."""
        return np.asarray(
            _model(self.shape, self.within, np.asarray(doses, dtype=float), self.values), dtype=float
        )

    def effect(self, doses: Sequence[float] | Array, *, reference: float = 0.0) -> Array:
        """Return the fitted response at doses, less that at the reference dose."""
        return np.asarray(self.predict(doses) - self.predict([reference])[0])


def fit_shape(
    means: DoseMeans,
    shape: str,
    *,
    bounds: Sequence[tuple[float, float]] | None = None,
    within: DoseRange | None = None,
) -> ShapeFit:
    """Fit one shape.

    Parameters
    ----------
    means
        From ``dose_means`` or ``given_means``.
    shape
        Name of a shape.
    bounds
        Lower and upper limit of each parameter of ``g``; those of ``mcp_mod.csv`` unless given.
    within
        Constants of linlog and betaMod; the defaults unless given.

    Raises
    ------
    UsageError
        If the shape is unknown, has more parameters than there are doses, or a bound is not usable.

    >>> from mitograft.statistics.mcp_mod.means import given_means
    >>> fit = fit_shape(given_means([0, 100, 300, 600], [0, 8, 12, 13.7], [1, 1, 1, 1]), "emax")
    >>> fit.names, [round(value, 1) for value in fit.values]
    (('e0', 'e1', 'ed50'), [-0.0, 16.0, 99.7])
    """
    known = find_shape(shape)
    if known.parameters > means.doses.size:
        raise UsageError(
            f"Model {shape}: found {means.doses.size} different doses; expected at least {known.parameters}, "
            "one for each parameter. Fit a shape with fewer parameters."
        )
    within = within or means.range()
    limits = _check_bounds(known, bounds, within)
    valley = Valley.of(means, known, within)
    if shape == "quadratic":
        values, theta = _quadratic(valley), np.zeros(0)
        distance = float(
            np.sum((valley.root @ (means.estimates - _model(shape, within, means.doses, values))) ** 2)
        )
    else:
        theta = _search(valley, limits)
        found, slope, _ = valley.floor(theta[None, :])
        distance = float(found[0])
        g = np.asarray(known.g(means.doses, within, *theta), dtype=float)
        weights = valley.root.T @ valley.root @ np.ones(len(g))
        e0 = float(weights @ (means.estimates - slope[0] * g) / weights.sum())
        values = (e0, float(slope[0]), *theta.tolist())
    at_bound = tuple(
        name
        for name, value, (low, high) in zip(known.symbols, theta.tolist(), limits, strict=False)
        if min(value - low, high - value) <= _AT_BOUND * (high - low)
    )
    return _result(means, valley, values, distance, (at_bound, limits))


def _result(
    means: DoseMeans,
    valley: Valley,
    values: tuple[float, ...],
    distance: float,
    ends: tuple[tuple[str, ...], tuple[tuple[float, float], ...]],
) -> ShapeFit:
    shape, at_bound = valley.shape.name, ends[0]
    names = ("e0", "b1", "b2") if shape == "quadratic" else ("e0", "e1", *valley.shape.symbols)
    spare = means.doses.size - len(values)
    df = means.df + spare
    rss = means.pure_error + distance
    size = float(np.sum((valley.root @ means.estimates) ** 2))
    nothing = means.n is not None and (df <= 0.0 or rss <= _PERFECT**2 * size)
    variance = None if nothing else (1.0 if means.n is None else rss / df)
    aic, aicc = _criteria(means, rss, len(values)) if not nothing else (None, None)
    notes = []
    if means.n is not None and nothing:
        notes.append("no residual variation is left: no standard errors and no AIC")
    if spare == 0:
        notes.append("as many parameters as doses: the fit cannot be checked")
    if at_bound:
        notes.append(f"{', '.join(at_bound)} at the end of the bounds: the data do not determine it")
    linear = not valley.shape.bounds
    kind = "linear least squares" if linear else "nonlinear least squares within bounds"
    return ShapeFit(
        shape, names, values,
        _covariance(valley, values, names, at_bound) * (math.nan if variance is None else variance),
        distance, rss, df, variance, aic, aicc, at_bound, ends[1], means, valley.within,
        f"{kind}{'' if means.n is not None else ' of given estimates'}"
        f"{'' if linear else '; standard errors approximate'}",
        linear and means.exact, "; ".join(notes),
    )  # fmt: skip


def _criteria(means: DoseMeans, rss: float, parameters: int) -> tuple[float, float | None]:
    if means.n is None:
        return rss + 2.0 * parameters, None
    n, count = float(means.n), float(parameters + means.others + 1)
    aic = n * math.log(2.0 * math.pi * rss / n) + n + 2.0 * count
    spare = n - count - 1.0
    return aic, aic + 2.0 * count * (count + 1.0) / spare if spare > 0.0 else None


def _check_bounds(
    shape: Shape, bounds: Sequence[tuple[float, float]] | None, within: DoseRange
) -> tuple[tuple[float, float], ...]:
    limits = shape.limits(within) if bounds is None else tuple((float(a), float(b)) for a, b in bounds)
    if len(limits) != len(shape.bounds) or not all(0.0 < a < b < math.inf for a, b in limits):
        raise UsageError(
            f"Bounds of {shape.name}: found {limits}; expected {len(shape.bounds)} pairs above 0."
        )
    return limits


def _search(valley: Valley, limits: tuple[tuple[float, float], ...]) -> Array:
    """Return the parameters of ``g`` with the least distance."""
    from scipy.optimize import least_squares

    if not limits:
        return np.zeros(0)
    # Even steps of the logarithm: all these parameters are positive and span orders of magnitude.
    axes = [np.geomspace(low, high, _GRID[len(limits)]) for low, high in limits]
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    order = np.argsort(valley.floor(grid)[0], kind="stable")
    lows, highs = np.log(np.array(limits)).T
    found = [grid[order[0]]]
    for start in _spread(grid[order], _STARTS):
        solved = least_squares(
            lambda log: valley.residual(np.exp(log)), np.clip(np.log(start), lows + 1e-9, highs - 1e-9),
            bounds=(lows, highs), xtol=1e-14, ftol=1e-14, gtol=1e-14,
        )  # fmt: skip
        found.append(np.clip(np.exp(solved.x), *np.array(limits).T))
    found += _snapped(found, limits)
    distances = valley.floor(np.array(found))[0]
    best = int(np.argmin(distances))
    return np.asarray(found[best])


def _spread(ordered: Array, count: int) -> list[Array]:
    """Return good starts that lie apart from each other."""
    chosen = [ordered[0]]
    for point in ordered[: len(ordered) // 4]:
        if len(chosen) < count and all(np.abs(np.log(point / other)).max() > 1.0 for other in chosen):
            chosen.append(point)
    return chosen


def _snapped(found: list[Array], limits: tuple[tuple[float, float], ...]) -> list[Array]:
    """Return the points with each parameter near a bound put onto it."""
    moved = []
    for point in found:
        for i, (low, high) in enumerate(limits):
            for bound in (low, high):
                if abs(math.log(point[i] / bound)) < _NEAR_BOUND:
                    other = point.copy()
                    other[i] = bound
                    moved.append(other)
    return moved


def _quadratic(valley: Valley) -> tuple[float, ...]:
    size = valley.within.highest
    x = valley.doses / size
    design = valley.root @ np.stack([np.ones_like(x), x, x * x], axis=1)
    e0, b1, b2 = np.linalg.lstsq(design, valley.root @ valley.estimates, rcond=None)[0].tolist()
    return e0, b1 / size, b2 / size**2


def _model(shape: str, within: DoseRange, doses: Array, values: Sequence[Any]) -> Any:
    if shape == "quadratic":
        return values[0] + values[1] * doses + values[2] * doses**2
    return values[0] + values[1] * find_shape(shape).g(doses, within, *values[2:])


def _covariance(
    valley: Valley, values: tuple[float, ...], names: tuple[str, ...], at_bound: tuple[str, ...]
) -> Array:
    """Return ``(J' V^-1 J)^-1`` of the free parameters by complex steps; NaN for the others."""
    free = [i for i, name in enumerate(names) if name not in at_bound]
    columns = []
    for i in free:
        step = [complex(value) for value in values]
        size = max(abs(values[i]), 1e-300)
        step[i] += 1j * _STEP * size
        moved = np.asarray(_model(valley.shape.name, valley.within, valley.doses.astype(complex), step))
        columns.append(np.imag(moved) / _STEP)
    scale = np.array([max(abs(values[i]), 1e-300) for i in free])
    jacobian = valley.root @ np.stack(columns, axis=1)
    covariance = np.full((len(names), len(names)), math.nan)
    length = np.linalg.norm(jacobian, axis=0)
    if np.all(np.isfinite(length)) and np.all(length > 0.0):
        _, s, vt = np.linalg.svd(jacobian / length, full_matrices=False)
        if s[-1] > _TIE * s[0]:
            inner = (vt.T / s**2) @ vt * np.outer(scale / length, scale / length)
            covariance[np.ix_(free, free)] = inner
    return covariance
