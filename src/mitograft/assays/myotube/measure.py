"""Measure nuclei and objects of label images: which nucleus lies where, area, length, diameter."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.flood import depth_inside
from mitograft.assays.myotube.images import Labels, block_factor

__all__ = ["Hosts", "Shapes", "assign_nuclei", "measure_shapes"]

Floats = npt.NDArray[np.float64]

_STEP_UM = 1.5


@dataclass(frozen=True)
class Hosts:
    """Where the nuclei lie.

    Parameters
    ----------
    centres
        Row and column of each nucleus's centre of area.
    areas
        Area of each nucleus in pixels.
    host
        Label of the object in which the centre lies, 0 for none.
    nuclei_in
        Number of nuclei by object label; index 0 is outside.
    """

    centres: Floats
    areas: Floats
    host: Labels
    nuclei_in: Labels

    def fused(self, minimum: int) -> npt.NDArray[np.bool_]:
        """Tell which nuclei lie in an object with at least ``minimum`` of them."""
        return np.asarray((self.host > 0) & (self.nuclei_in[self.host] >= minimum))


@dataclass(frozen=True)
class Shapes:
    """Area, length and diameter by object label (index 0 stands for the first object), in micrometres."""

    area_um2: Floats
    length_um: Floats
    diameter_um: Floats


def assign_nuclei(nuclei: Labels, objects: Labels) -> Hosts:
    """Find the object in which the centre of each nucleus lies."""
    at = np.flatnonzero(nuclei > 0)
    labels, (rows, columns) = nuclei.ravel()[at], np.divmod(at, nuclei.shape[1])
    areas = np.bincount(labels, minlength=2)[1:].astype(float)
    present = areas > 0
    sums = [np.bincount(labels, weights=axis, minlength=len(areas) + 1)[1:] for axis in (rows, columns)]
    centres = np.column_stack([total[present] / areas[present] for total in sums])
    middle = np.rint(centres).astype(int)
    host = objects[middle[:, 0], middle[:, 1]].astype(np.int32)
    counts = np.bincount(host, minlength=int(objects.max()) + 1).astype(np.int32)
    return Hosts(centres, areas[present], host, counts)


def measure_shapes(objects: Labels, pixel_um: float) -> Shapes:
    """Measure every object.

    Length is that of the skeleton with all its branches; diameter is twice the distance from the skeleton to
    the edge, as the median along the skeleton. Both are taken on pixels of at most 1.5 µm.
    """
    from skimage.morphology import skeletonize

    count = int(objects.max())
    area = np.bincount(objects[objects > 0], minlength=count + 1)[1:].astype(float) * pixel_um**2
    factor = block_factor(pixel_um, _STEP_UM)
    step = pixel_um * factor
    coarse = np.pad(objects[factor // 2 :: factor, factor // 2 :: factor], 1, mode="edge")
    # Touching objects of a user's mask are parted, so that each has a skeleton and an edge of its own.
    inside = (coarse > 0) & ~_borders(coarse)
    line = skeletonize(inside)  # type: ignore[no-untyped-call]  # no types there
    line[[0, -1], :] = line[:, [0, -1]] = False
    length = _lengths(line, coarse, count) * step
    # The distance runs to the middle of the nearest outer pixel; the edge lies a quarter of a pixel before it
    # on average over objects of odd and even width.
    diameter = (2 * depth_inside(inside)[line].astype(float) - 0.5) * step
    return Shapes(area, length, _medians(diameter, coarse[line], count))


def _borders(labels: Labels) -> npt.NDArray[np.bool_]:
    """Mark pixels whose right or lower neighbour belongs to another object."""
    border = np.zeros(labels.shape, bool)
    right = (labels[:, :-1] != labels[:, 1:]) & (labels[:, :-1] > 0) & (labels[:, 1:] > 0)
    below = (labels[:-1] != labels[1:]) & (labels[:-1] > 0) & (labels[1:] > 0)
    border[:, :-1] |= right
    border[:-1] |= below
    return border


def _lengths(line: npt.NDArray[np.bool_], labels: Labels, count: int) -> Floats:
    """Add up the steps of skeletons: 1 to a side neighbour, the square root of 2 across a corner."""
    total = np.bincount(labels[line], minlength=count + 1).astype(float) * 0
    across, down = line[:, :-1] & line[:, 1:], line[:-1] & line[1:]
    main = line[:-1, :-1] & line[1:, 1:] & ~(line[:-1, 1:] | line[1:, :-1])
    other = line[:-1, 1:] & line[1:, :-1] & ~(line[:-1, :-1] | line[1:, 1:])
    for found, owner, weight in (
        (across, labels[:, :-1], 1.0),
        (down, labels[:-1], 1.0),
        (main, labels[:-1, :-1], 2**0.5),
        (other, labels[:-1, 1:], 2**0.5),
    ):
        total += weight * np.bincount(owner[found], minlength=count + 1)
    return total[1:]


def _medians(values: Floats, labels: Labels, count: int) -> Floats:
    """Median of the values of each label; NaN where there is none."""
    order = np.lexsort((values, labels))
    values, labels = values[order], labels[order]
    first = np.searchsorted(labels, np.arange(1, count + 1))
    end = np.searchsorted(labels, np.arange(1, count + 1), side="right")
    middle = np.full(count, np.nan)
    some = end > first
    low, high = (first + end - 1)[some] // 2, (first + end)[some] // 2
    middle[some] = (values[low] + values[high]) / 2
    return middle
