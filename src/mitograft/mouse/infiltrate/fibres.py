"""Muscle fibres of a label mask: cross-sectional area, minimum Feret diameter, central nuclei."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.mouse.infiltrate.density import DensityMap
from mitograft.tables.parameters import Parameters

__all__ = ["Fibres", "dense_shares", "measure_fibres", "minimum_feret"]

Labels = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.float64]

_QUANTILES = 21


@dataclass(frozen=True, eq=False)
class Fibres:
    """Fibres of one image, those at its border and debris left out.

    Parameters
    ----------
    numbers
        Their labels in the mask.
    area_um2, feret_um
        Cross-sectional area, and minimum Feret diameter, which hardly depends on the angle of the cut.
    inside
        Nuclei that lie inside each, away from its edge.
    crowded_mm2
        Nuclear density round each fibre at quantiles of its area, shape (fibres, 21).
    at_border, debris
        How many touch the border of the image, and how many are too small for a fibre.
    """

    numbers: npt.NDArray[np.int64]
    area_um2: Numbers
    feret_um: Numbers
    inside: npt.NDArray[np.int64]
    crowded_mm2: Numbers
    at_border: int
    debris: int

    def __len__(self) -> int:
        """Return the number of fibres measured."""
        return len(self.numbers)

    def judged(self, above_mm2: float, rules: Parameters) -> npt.NDArray[np.bool_]:
        """Tell which fibres can be judged for central nuclei.

        Cells that invade a fibre look like central nuclei. Fibres that lie in dense tissue, or hold more
        than ``invaded_nuclei``, are therefore not judged.
        """
        dense = dense_shares(self.crowded_mm2, above_mm2) > rules["focus_fibre"].number
        return np.asarray(~dense & (self.inside <= rules["invaded_nuclei"].number), bool)


def dense_shares(crowded_mm2: Numbers, above_mm2: float) -> Numbers:
    """Return the share of each fibre's area with a nuclear density above a value."""
    return np.asarray((crowded_mm2 > above_mm2).mean(axis=1), np.float64)


def measure_fibres(
    labels: Labels, nuclei: Labels, density: DensityMap, pixel_um: float, rules: Parameters
) -> Fibres:
    """Measure the fibres of a mask.

    Parameters
    ----------
    labels
        Fibres, 0 between them.
    nuclei, density
        Nuclei of the same image, and their density.
    pixel_um
        Micrometres a pixel.
    rules
        ``fibre_least``, ``central_gap`` and ``central_depth``.
    """
    from scipy.ndimage import find_objects

    area = np.bincount(labels.ravel()) * pixel_um**2
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    border = np.zeros(len(area), bool)
    border[edges] = True
    there = area > 0.0
    there[0] = border[0] = False
    small = there & ~border & (area < rules["fibre_least"].number)
    kept = np.flatnonzero(there & ~border & ~small)
    boxes = find_objects(labels)
    feret, crowded = [], []
    for number in kept:
        box = boxes[number - 1]
        shape = labels[box] == number
        feret.append(minimum_feret(shape) * pixel_um)
        crowded.append(_crowding(shape, (box[0].start, box[1].start), density))
    inside = _count_inside(labels, nuclei, pixel_um, rules)
    return Fibres(
        kept,
        np.asarray(area[kept], np.float64),
        np.array(feret, float),
        inside[kept],
        np.asarray(crowded, np.float64).reshape(-1, _QUANTILES),
        int(border.sum()),
        int(small.sum()),
    )


def minimum_feret(mask: npt.NDArray[np.bool_]) -> float:
    """Return the least width of a shape between two parallel lines, in pixels.

    The outline runs through the middles of the outer edges of the pixels; the least width of a convex shape
    has one of its sides on a line, so every side of the convex hull is tried.

    >>> minimum_feret(np.ones((7, 20), bool))
    7.0
    """
    from scipy.spatial import ConvexHull

    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    first, last = mask.argmax(axis=1)[rows], mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)[rows]
    top, bottom = mask.argmax(axis=0)[columns], mask.shape[0] - 1 - mask[::-1].argmax(axis=0)[columns]
    outline = (
        (rows, first - 0.5),
        (rows, last + 0.5),
        (top - 0.5, columns),
        (bottom + 0.5, columns),
    )
    points = np.concatenate([np.stack(pair, 1) for pair in outline]).astype(float)
    hull = points[ConvexHull(points).vertices]
    sides = np.roll(hull, -1, axis=0) - hull
    normals = np.stack([-sides[:, 1], sides[:, 0]], 1) / np.hypot(sides[:, 0], sides[:, 1])[:, None]
    reach = hull @ normals.T
    return float((reach.max(axis=0) - reach.min(axis=0)).min())


def _crowding(shape: npt.NDArray[np.bool_], corner: tuple[int, int], density: DensityMap) -> Numbers:
    """Return quantiles over the fibre's pixels of the nuclear density round them."""
    rows, columns = np.nonzero(shape)
    step = max(1, len(rows) // 400)
    at = (rows[::step] + corner[0]) // density.factor, (columns[::step] + corner[1]) // density.factor
    values = np.nan_to_num(density.nuclei_mm2[at])
    return np.asarray(np.quantile(values, np.linspace(0, 1, _QUANTILES)), np.float64)


def _count_inside(
    labels: Labels, nuclei: Labels, pixel_um: float, rules: Parameters
) -> npt.NDArray[np.int64]:
    """Count for every label the nuclei with fibre all round them, deep inside."""
    inside = np.zeros(int(labels.max()) + 1, np.int64)
    count = int(nuclei.max())
    if not count:
        return inside
    depth = _depth(labels) * np.float32(pixel_um)
    deepest = np.zeros(len(inside), np.float32)
    np.maximum.at(deepest, labels.ravel(), depth.ravel())
    rows, columns = np.nonzero(nuclei)
    number, host = nuclei[rows, columns], labels[rows, columns]
    pixels = np.maximum(np.bincount(number, minlength=count + 1), 1)
    middle = [np.bincount(number, at, count + 1) / pixels for at in (rows, columns)]
    at_row, at_column = (np.round(centre).astype(int) for centre in middle)
    own, deep = labels[at_row, at_column], depth[at_row, at_column]
    gap = np.full(count + 1, np.inf, np.float32)
    np.minimum.at(gap, number, depth[rows, columns])  # 0 where a nucleus reaches out of the fibre
    elsewhere = np.bincount(number, host != own[number], count + 1) > 0
    central = (own > 0) & ~elsewhere & (gap >= rules["central_gap"].number)
    central &= deep >= rules["central_depth"].number * deepest[own]
    central[0] = False
    np.add.at(inside, own[central], 1)
    return inside


def _depth(labels: Labels) -> npt.NDArray[np.float32]:
    """Return the distance of every pixel to the edge of its own label; touching labels have an edge too."""
    from scipy.ndimage import distance_transform_edt

    inner = labels > 0
    for axis in (0, 1):
        differs = labels != np.roll(labels, -1, axis)
        inner &= ~differs & ~np.roll(differs, 1, axis)
    distance = distance_transform_edt(inner).astype(np.float32)
    return np.where(labels > 0, distance + np.float32(0.5), np.float32(0.0))
