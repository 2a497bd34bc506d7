"""Cells of an image: nuclei, the sheet of cells around them, and each nucleus's share of it.

Cells come from the user's label mask, or from the nuclei: every nucleus holds the part of the sheet that lies
nearest to it, at most a given reach away. The sheet is where the recipient's mitochondria or the cells are
stained; without such a channel it is everything within a short reach.
"""

import numpy as np
import numpy.typing as npt

from mitograft.assays.uptake.light import Light, coarse, local_level, noise_of, step_of
from mitograft.assays.uptake.read_images import UptakeImage
from mitograft.tables.parameters import Parameters

__all__ = ["Labels", "bright", "find_nuclei", "segment_cells", "whole_cells"]

Labels = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

_NUCLEAR_BLUR_UM = 0.7
_SHEET_BLUR_UM = 1.8
_WIDE_UM = 60.0
_DARK = 10.0


def segment_cells(image: UptakeImage, values: Parameters) -> Labels:
    """Return the label image of the cells, 0 outside, at the image's own pixels."""
    from scipy.ndimage import distance_transform_edt
    from skimage.segmentation import watershed

    if image.cells is not None:
        return image.cells
    nuclei, factor = find_nuclei(image.planes["nuclei"], image.pixel_size_um, values)
    step = image.pixel_size_um * factor
    distance = distance_transform_edt(nuclei == 0) * step
    sheet = next((image.planes[role] for role in ("cell", "recipient") if role in image.planes), None)
    if sheet is None:
        inside = distance <= values["cell_reach_bare"].number
    else:
        covered = _filled(coarse(sheet, factor, _SHEET_BLUR_UM / image.pixel_size_um), step, values)
        inside = (distance <= values["cell_reach"].number) & (covered | (nuclei > 0))
    found = watershed(distance, nuclei, mask=inside)  # type: ignore[no-untyped-call]  # untyped
    height, width = image.planes["donor"].shape
    large = np.asarray(found, np.int32).repeat(factor, 0).repeat(factor, 1)
    missing = max(height - large.shape[0], 0), max(width - large.shape[1], 0)
    return np.pad(large, ((0, missing[0]), (0, missing[1])), mode="edge")[:height, :width]


def find_nuclei(plane: npt.NDArray[np.generic], pixel_um: float, values: Parameters) -> tuple[Labels, int]:
    """Return the label image of the nuclei, and over how many pixels of the plane it was made coarse."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter
    from skimage.feature import peak_local_max
    from skimage.segmentation import watershed

    factor = step_of(pixel_um, values["nuclear_pixel"].number)
    step = pixel_um * factor
    light = coarse(plane, factor, _NUCLEAR_BLUR_UM / pixel_um)
    mask = _filled(light, step, values)
    depth = gaussian_filter(distance_transform_edt(mask), 1.0 / step)
    apart = max(round(values["nuclear_radius"].number / 2 / step), 1)
    peaks = peak_local_max(depth, min_distance=apart, labels=mask.astype(int), exclude_border=False)  # type: ignore[no-untyped-call]  # untyped
    seeds = np.zeros(mask.shape, np.int32)
    seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    labels = np.asarray(watershed(-depth, seeds, mask=mask), np.int32)  # type: ignore[no-untyped-call]  # untyped
    keep = np.bincount(labels.ravel()) * step**2 >= values["nuclear_area_low"].number
    keep[0] = False
    return np.asarray(np.where(keep, np.cumsum(keep), 0)[labels], np.int32), factor


def _filled(light: Light, step: float, values: Parameters) -> Mask:
    """Return where light stands out, holes up to the size of a nucleus filled."""
    from skimage.morphology import remove_small_holes

    most = max(round(values["sheet_hole"].number / step**2), 1)
    return np.asarray(remove_small_holes(bright(light, step, values), max_size=most), bool)


def bright(light: Light, step: float, values: Parameters) -> Mask:
    """Return where light stands above its surroundings: minimum cross-entropy, never within the noise."""
    from skimage.filters import threshold_li

    above = light - local_level(light, step, _WIDE_UM, _DARK)
    floor = values["noise_multiple"].number * noise_of(light)
    if not (above > floor).any():
        return np.asarray(above > floor)
    cut = float(threshold_li(np.maximum(above, 0)))  # type: ignore[no-untyped-call]  # untyped
    return np.asarray(above > max(cut, floor))


def whole_cells(cells: Labels) -> npt.NDArray[np.int64]:
    """Return the labels of the cells that do not touch the edge of the image: a cut cell lacks signal."""
    edge = np.concatenate([cells[0], cells[-1], cells[:, 0], cells[:, -1]])
    return np.setdiff1d(np.unique(cells), np.append(edge, 0)).astype(np.int64)
