"""Where simulated nuclei and myotubes lie: shapes without light, all of it known."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["Canvas", "Nucleus", "elliptic_radius", "grow_tube", "paint_myocyte", "place_nucleus"]

Floats = npt.NDArray[np.float64]

_STEP = 1.0  # pixels between two points of a centreline
_OVERLAP = 0.15  # at most this share of a nucleus may lie over its neighbours


@dataclass(frozen=True, slots=True)
class Nucleus:
    """An ellipse: centre (row, column), half axes, direction of the long axis, in pixels and radians."""

    row: float
    column: float
    long: float
    short: float
    angle: float


@dataclass
class Canvas:
    """The field while it is filled.

    Parameters
    ----------
    size
        Height and width in pixels.
    nuclei
        Label image of the nuclei, 0 where there is none.
    depth
        Relative thickness of myosin-positive material, 0 outside.
    brightness
        Brightness of the myotube a pixel belongs to.
    placed
        The nuclei by label - 1.
    """

    size: int
    nuclei: npt.NDArray[np.int32] = field(init=False)
    depth: npt.NDArray[np.float32] = field(init=False)
    brightness: npt.NDArray[np.float32] = field(init=False)
    placed: list[Nucleus] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin empty."""
        shape = (self.size, self.size)
        self.nuclei = np.zeros(shape, np.int32)
        self.depth = np.zeros(shape, np.float32)
        self.brightness = np.zeros(shape, np.float32)


def _window(row: float, column: float, reach: float) -> tuple[slice, slice]:
    low_r, low_c = max(int(row - reach), 0), max(int(column - reach), 0)
    return slice(low_r, int(row + reach) + 2), slice(low_c, int(column + reach) + 2)


def elliptic_radius(canvas: Canvas, nucleus: Nucleus) -> tuple[tuple[slice, slice], Floats]:
    """Return a window round an ellipse and, in it, the radius in units of the half axes (1 on the rim)."""
    window = _window(nucleus.row, nucleus.column, nucleus.long)
    rows, columns = np.mgrid[window[0], window[1]]
    rows, columns = rows[: canvas.size, :], columns[: canvas.size, :]
    inside = (rows < canvas.size) & (columns < canvas.size)
    dr, dc = rows - nucleus.row, columns - nucleus.column
    cos, sin = np.cos(nucleus.angle), np.sin(nucleus.angle)
    along, across = dc * cos + dr * sin, -dc * sin + dr * cos
    radius = np.hypot(along / nucleus.long, across / nucleus.short)
    height, width = canvas.nuclei[window].shape
    return window, np.where(inside, radius, np.inf)[:height, :width]


def place_nucleus(canvas: Canvas, nucleus: Nucleus) -> bool:
    """Put a nucleus down unless it would lie over its neighbours; say whether it was placed."""
    window, radius = elliptic_radius(canvas, nucleus)
    shape = radius <= 1
    there = canvas.nuclei[window]
    free = shape & (there == 0)
    whole = np.pi * nucleus.long * nucleus.short
    if not free.any() or free.sum() < (1 - _OVERLAP) * shape.sum() or shape.sum() < 0.5 * whole:
        return False
    canvas.placed.append(nucleus)
    there[free] = len(canvas.placed)
    return True


def grow_tube(
    canvas: Canvas,
    start: tuple[float, float],
    heading: float,
    size: tuple[float, float],
    rng: np.random.Generator,
) -> Floats:
    """Grow a bending, tapering tube; return its centreline as rows of (row, column, heading, radius).

    Parameters
    ----------
    canvas
        The field; the tube is painted into it.
    start, heading
        Where it begins and the direction it begins in.
    size
        Length and half width in pixels.
    rng
        Source of randomness.
    """
    length, half_width = size
    count = max(int(length / _STEP), 8)
    bend = np.cumsum(rng.normal(0, 0.012, count))
    drift = rng.normal(0, 0.002) * np.arange(count)
    angle = heading + bend - bend.mean() + drift
    rows = start[0] + np.cumsum(np.sin(angle)) * _STEP
    columns = start[1] + np.cumsum(np.cos(angle)) * _STEP
    place = np.linspace(0, 1, count)
    wave = 1 + 0.18 * np.sin(2 * np.pi * (rng.uniform(1, 3) * place + rng.uniform()))
    taper = np.clip(np.minimum(place, 1 - place) / 0.12, 0.25, 1) ** 0.5
    line = np.column_stack([rows, columns, angle, half_width * wave * taper])
    bright = np.exp(rng.normal(0, 0.35))
    _paint(canvas, line, bright)
    return line


def _paint(canvas: Canvas, line: Floats, bright: float) -> None:
    from scipy.spatial import cKDTree

    reach = float(line[:, 3].max()) + 1
    low = np.clip(np.floor(line[:, :2].min(0) - reach).astype(int), 0, canvas.size)
    high = np.clip(np.ceil(line[:, :2].max(0) + reach).astype(int) + 1, 0, canvas.size)
    if (high <= low).any():
        return
    window = (slice(low[0], high[0]), slice(low[1], high[1]))
    points = np.argwhere(np.ones(high - low, bool)) + low
    distance, nearest = cKDTree(line[:, :2]).query(points, distance_upper_bound=reach)
    found = np.isfinite(distance)
    lateral = np.full(len(points), np.inf)
    lateral[found] = distance[found] / line[nearest[found], 3]
    # A flattened tube: thick in the middle, still about half as thick at its edge.
    depth = np.where(lateral <= 1, 1 - 0.45 * np.minimum(lateral, 1) ** 2, 0).reshape(high - low)
    target = canvas.depth[window]
    brighter = depth * bright > target * canvas.brightness[window]
    canvas.brightness[window][brighter] = bright
    target[brighter] = depth[brighter]


def paint_myocyte(canvas: Canvas, nucleus: Nucleus, rng: np.random.Generator) -> None:
    """Paint the spindle of a myosin-positive cell with one nucleus round that nucleus."""
    body = Nucleus(nucleus.row, nucleus.column, nucleus.long * 2.2, nucleus.short * 1.5, nucleus.angle)
    window, radius = elliptic_radius(canvas, body)
    inside = (radius <= 1) & (canvas.depth[window] == 0)
    canvas.depth[window][inside] = 1 - 0.4 * radius[inside] ** 2
    canvas.brightness[window][inside] = 0.8 * np.exp(rng.normal(0, 0.3))
