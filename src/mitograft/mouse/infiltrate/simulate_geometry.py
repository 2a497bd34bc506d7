"""Geometry of a simulated muscle section: fibres, nuclei at their edges, in their middles, in foci."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Nuclei", "Polygon", "draw_fibres", "draw_foci", "myonuclei", "polygon_area"]

Polygon = npt.NDArray[np.float64]
Points = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Nuclei:
    """Ellipses: centres (x, y) and half axes in micrometres, and the angle of the first axis."""

    centres: Points
    half: Points
    angle: npt.NDArray[np.float64]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.centres)

    def join(self, other: "Nuclei") -> "Nuclei":
        """Return both."""
        parts = ((self.centres, other.centres), (self.half, other.half), (self.angle, other.angle))
        centres, half, angle = (np.concatenate(part) for part in parts)
        return Nuclei(centres, half, angle)

    def keep(self, which: npt.NDArray[np.bool_]) -> "Nuclei":
        """Return some."""
        return Nuclei(self.centres[which], self.half[which], self.angle[which])


def polygon_area(corners: Polygon) -> float:
    """Return the area of a polygon by the shoelace formula."""
    x, y = corners.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def draw_fibres(
    side_um: float, spacing_um: float, cleft_um: float, rng: np.random.Generator
) -> list[Polygon]:
    """Fill a square with convex fibres, ``cleft_um`` apart; some reach over its border."""
    from scipy.spatial import Voronoi

    step, margin = spacing_um, 2 * spacing_um
    rows = np.arange(-margin, side_um + margin, step * np.sqrt(0.75))
    seeds = np.array(
        [
            (x + (step / 2 if k % 2 else 0.0), y)
            for k, y in enumerate(rows)
            for x in np.arange(-margin, side_um + margin, step)
        ]
    )
    seeds = seeds + rng.normal(0.0, 0.16 * step, seeds.shape)
    cells = Voronoi(seeds)
    polygons = []
    for region in cells.point_region:
        corners = cells.regions[region]
        if not corners or -1 in corners:
            continue
        polygon = cells.vertices[corners]
        if np.abs(polygon - side_um / 2).max() > side_um / 2 + margin:
            continue
        middle = polygon.mean(axis=0)
        # Shrinking towards the middle keeps the area known: it goes with the square of the factor.
        shrink = max(0.3, 1 - cleft_um / np.sqrt(polygon_area(polygon)))
        polygons.append(middle + (polygon - middle) * shrink)
    return polygons


def myonuclei(
    polygons: list[Polygon], rate: float, central: npt.NDArray[np.bool_], rng: np.random.Generator
) -> Nuclei:
    """Draw flat nuclei inside the edges, ``rate`` a fibre, and a round one amid each marked fibre."""
    centres, half, angles = [], [], []
    for polygon, middle in zip(polygons, central, strict=True):
        for _ in range(rng.poisson(rate)):
            side = int(rng.integers(len(polygon)))
            start, end = polygon[side], polygon[(side + 1) % len(polygon)]
            along = end - start
            length = float(np.hypot(*along))
            half_long, half_short = rng.normal(4.0, 0.4), rng.normal(1.6, 0.15)
            inward = np.array([-along[1], along[0]]) / max(length, 1e-9)
            at = start + along * rng.uniform(0.1, 0.9)
            if np.dot(polygon.mean(axis=0) - at, inward) < 0:
                inward = -inward
            centres.append(at + inward * half_short * 0.9)
            half.append((half_long, half_short))
            angles.append(float(np.arctan2(along[1], along[0])))
        if middle:
            centres.append(polygon.mean(axis=0) + rng.normal(0.0, 0.5, 2))
            radius = rng.normal(3.0, 0.2)
            half.append((radius, radius))
            angles.append(0.0)
    return Nuclei(np.reshape(centres, (-1, 2)), np.reshape(half, (-1, 2)), np.array(angles))


def draw_foci(
    side_um: float, radii_um: tuple[float, ...], density_mm2: float, rng: np.random.Generator
) -> tuple[Points, Nuclei]:
    """Draw round foci and the round nuclei in them, no two nearer than 4.5 micrometres.

    Returns
    -------
    foci
        Centre (x, y) and radius of each, shape (foci, 3).
    nuclei
        Their nuclei.
    """
    foci, centres = [], np.zeros((0, 2))
    for radius in radii_um:
        edge = min(radius, 0.45 * side_um)
        middle = rng.uniform(edge, side_um - edge, 2)
        foci.append((*middle, radius))
        wanted = round(density_mm2 * np.pi * radius**2 * 1e-6)
        own = np.zeros((0, 2))
        for _ in range(60 * wanted):
            if len(own) >= wanted:
                break
            way, turn = radius * np.sqrt(rng.uniform()), rng.uniform(0, 2 * np.pi)
            at = middle + way * np.array([np.cos(turn), np.sin(turn)])
            near = np.concatenate([own, centres])
            if not len(near) or np.hypot(*(near - at).T).min() >= 4.5:
                own = np.concatenate([own, at[None]])
        centres = np.concatenate([centres, own])
    sizes = rng.normal(2.6, 0.25, len(centres))
    return np.reshape(foci, (-1, 3)), Nuclei(centres, np.stack([sizes, sizes], 1), np.zeros(len(centres)))
