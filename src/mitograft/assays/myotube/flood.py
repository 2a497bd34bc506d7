"""Depth inside a mask, and flooding from seeds: exact, and quick where the mask is in small pieces."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.filters import Image, Labels, Mask

__all__ = ["depth_inside", "flood"]

_DEEPEST = 180  # pixels; squares of the distance are kept as 16-bit numbers
_BLOCK = 2**16


@dataclass(frozen=True)
class _Layout:
    """A picture of pieces side by side: its size, and by how much each piece was moved."""

    height: int
    width: int
    down: npt.NDArray[np.int64]
    across: npt.NDArray[np.int64]


def depth_inside(mask: Mask) -> Image:
    """Distance in pixels to the nearest pixel outside a mask, as ``distance_transform_edt``.

    Beyond the image there is nothing outside. First the distance along columns, then the nearest by rows
    (Felzenszwalb and Huttenlocher, Theory of Computing 2012;8:415): for pieces some pixels deep it takes as
    many steps to look that far to both sides.
    """
    from scipy.ndimage import distance_transform_edt

    down = _depth_in_columns(mask)
    if mask.size == 0 or int(down.max()) > _DEEPEST:
        return np.asarray(distance_transform_edt(mask), np.float32)
    down *= down
    result = np.empty(mask.shape, np.float32)
    step = max(_BLOCK // max(mask.shape[1], 1), 1)
    for first in range(0, len(mask), step):
        squares = _nearest_across(down[first : first + step])
        np.sqrt(squares, out=result[first : first + step])
    return result


def _depth_in_columns(mask: Mask) -> npt.NDArray[np.uint16]:
    """Distance to the nearest pixel outside in the same column; one more than the deepest where farther."""
    inside = mask.astype(np.uint16)
    depth = np.empty(mask.shape, np.uint16)
    for rows in (range(len(mask)), range(len(mask) - 1, -1, -1)):
        last = np.full(mask.shape[1], _DEEPEST + 1, np.uint16)
        for row in rows:
            last += 1
            last *= inside[row]
            np.minimum(last, _DEEPEST + 1, out=last)
            if rows.step > 0:
                depth[row] = last
            else:
                np.minimum(depth[row], last, out=depth[row])
    return depth


def _nearest_across(squares: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    """Least sum of a pixel's square and its squared distance, along each row."""
    nearest = squares.copy()
    for away in range(1, squares.shape[1]):
        if away**2 >= int(nearest.max()):
            break
        there = squares + np.uint16(away**2)
        np.minimum(nearest[:, away:], there[:, :-away], out=nearest[:, away:])
        np.minimum(nearest[:, :-away], there[:, away:], out=nearest[:, :-away])
    return nearest


def flood(surface: Image, seeds: Labels, mask: Mask) -> Labels:
    """Flood each piece of a mask from its seeds, highest surface first, as ``watershed`` of ``-surface``.

    A piece with one seed takes its label as it is; the others are laid side by side into a smaller picture,
    and only that is flooded.
    """
    from scipy.ndimage import label

    pieces, count = label(mask)
    at = np.flatnonzero((seeds > 0) & mask)
    owner, number = pieces.ravel()[at], seeds.ravel()[at]
    low, high = np.full(count + 1, np.iinfo(np.int32).max, np.int32), np.zeros(count + 1, np.int32)
    np.minimum.at(low, owner, number)
    np.maximum.at(high, owner, number)
    inside = np.flatnonzero(mask)
    owner = pieces.ravel()[inside]
    labels = np.zeros(mask.size, np.int32)
    labels[inside] = np.where(low == high, high, 0)[owner]
    several = low < high
    if several.any():
        chosen = several[owner]
        at, owner = inside[chosen], owner[chosen]
        labels[at] = _flood_several(surface, seeds, at, owner, _lay_out(pieces, several))
    return labels.reshape(mask.shape)


def _flood_several(
    surface: Image, seeds: Labels, at: npt.NDArray[np.intp], owner: Labels, layout: _Layout
) -> Labels:
    """Flood the pixels ``at``, each moved as its piece is; return their labels."""
    from skimage.segmentation import watershed

    rows, columns = np.divmod(at, surface.shape[1])
    moved = (rows + layout.down[owner]) * layout.width + columns + layout.across[owner]
    shape = layout.height, layout.width
    picture, starts = np.zeros(shape, np.float32), np.zeros(shape, np.int32)
    mask = np.zeros(shape, bool)
    picture.ravel()[moved] = -surface.ravel()[at]
    starts.ravel()[moved] = seeds.ravel()[at]
    mask.ravel()[moved] = True
    flooded = watershed(picture, starts, mask=mask)  # type: ignore[no-untyped-call]  # no types there
    return np.asarray(flooded.ravel()[moved], np.int32)


def _lay_out(pieces: Labels, chosen: npt.NDArray[np.bool_]) -> _Layout:
    """Place the chosen pieces on shelves, a pixel apart."""
    from scipy.ndimage import find_objects

    boxes = [(k, box) for k, box in enumerate(find_objects(pieces), 1) if box is not None and chosen[k]]
    sides = {
        k: (rows.stop - rows.start + 1, columns.stop - columns.start + 1) for k, (rows, columns) in boxes
    }
    area = sum(high * wide for high, wide in sides.values())
    width = max(int(area**0.5), *(wide for _, wide in sides.values()))
    shift_down, shift_across = np.zeros((2, len(chosen)), np.int64)
    top, left, shelf = 0, 0, 0
    for k, (rows, columns) in sorted(boxes, key=lambda item: sides[item[0]], reverse=True):
        high, wide = sides[k]
        if left + wide > width:
            top, left, shelf = top + shelf, 0, 0
        shift_down[k], shift_across[k] = top - rows.start, left - columns.start
        left, shelf = left + wide, max(shelf, high)
    return _Layout(top + shelf, width, shift_down, shift_across)
