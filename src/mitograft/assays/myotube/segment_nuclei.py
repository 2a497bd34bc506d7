"""Nuclei: local edge between background and each nucleus, then a cut between those that touch."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.images import (
    Image,
    Labels,
    Mask,
    average_blocks,
    average_near,
    background,
    block_factor,
)
from mitograft.assays.myotube.thresholds import noise_above, threshold_of
from mitograft.tables.parameters import Parameters

__all__ = ["segment_nuclei"]

Points = npt.NDArray[np.int64]

_LOWEST_MOUND = 0.15
_SLIGHTEST = 0.98


def segment_nuclei(channel: npt.NDArray[Any], pixel_um: float, rules: Parameters) -> tuple[Labels, int]:
    """Label the nuclei of a channel.

    Parameters
    ----------
    channel
        The nuclear stain.
    pixel_um
        Micrometres a pixel.
    rules
        Parameters ``nucleus_*``, ``working_pixel`` and ``noise_multiple``.

    Returns
    -------
    labels
        Label image on averaged pixels.
    factor
        Over how many pixels of ``channel`` they were averaged in each direction.
    """
    from scipy.ndimage import gaussian_filter

    factor = block_factor(pixel_um, rules["working_pixel"].number)
    step = pixel_um * factor
    light = gaussian_filter(average_blocks(channel, factor), 0.7 / step)
    mask, strength = _find_nuclear(light, step, rules)
    labels = _cut(mask, strength, step, rules)
    return _keep_nuclei(labels, strength, step, rules), factor


def _find_nuclear(light: Image, step: float, rules: Parameters) -> tuple[Mask, Image]:
    """Return the nuclear pixels, and how far each pixel stands out against its neighbourhood's nuclei."""
    from scipy.ndimage import binary_fill_holes

    level = background(light, step)
    above = light - level
    floor = noise_above(above, float(np.median(above)), rules["noise_multiple"].number)
    ratio = np.maximum(above, floor / 4) / max(floor / 4, 1e-6)
    first = above > max(threshold_of([ratio], "li_log") * floor / 4, floor)
    if not first.any():
        return first, above
    near = rules["nucleus_radius"].number
    base = average_near(above, ~_widen(first, 2.0 / step), 5 * near, step)
    bright = average_near(above, first & (above > np.median(above[first])), 8 * near, step)
    strength = (above - base) / np.maximum(bright - base, floor)
    wide = strength > rules["nucleus_contrast_low"].number
    own = average_near(strength, wide, 0.9 * near, step)
    mask = wide & (strength > rules["nucleus_edge"].number * own)
    return np.asarray(binary_fill_holes(mask), bool), strength


def _widen(mask: Mask, radius: float) -> Mask:
    from scipy.ndimage import maximum_filter

    return np.asarray(maximum_filter(mask, 2 * round(radius) + 1))


def _cut(mask: Mask, strength: Image, step: float, rules: Parameters) -> Labels:
    """Flood each piece from its centres, so that nuclei which touch part where both form and light sink."""
    from skimage.segmentation import watershed

    surface = _mounds(mask, strength, step, rules["nucleus_radius"].number)
    peaks = _peaks(surface, mask, step)
    seeds = _centres(surface, peaks, step, rules["nucleus_hump"].number)
    labels = np.asarray(watershed(-surface, seeds, mask=mask), np.int32)  # type: ignore[no-untyped-call]  # untyped
    # A piece much larger than a nucleus holds two: there the slightest saddle parts.
    area = np.bincount(labels.ravel())
    typical = float(np.median(area[1:])) if len(area) > 1 else 0.0
    large = area > rules["nucleus_large"].number * typical
    large[0] = False
    inside = large[labels]
    within = peaks[inside[peaks[:, 0], peaks[:, 1]]]
    if not len(within):
        return labels
    apart = _centres(surface, within, step, _SLIGHTEST)
    parted = np.asarray(watershed(-surface, apart, mask=inside), np.int32)  # type: ignore[no-untyped-call]  # untyped
    return np.where(parted > 0, parted + labels.max(), labels)


def _mounds(mask: Mask, strength: Image, step: float, radius: float) -> Image:
    """Return a surface with one mound a nucleus: depth below the edge and curvature of the light, half each.

    Depth alone misses nuclei that overlap without a waist, curvature alone breaks up coarse chromatin.
    """
    from scipy.ndimage import distance_transform_edt, gaussian_filter, laplace

    depth = gaussian_filter(distance_transform_edt(mask).astype(np.float32) * step, 0.6 / step)
    own = average_near(strength, mask, 0.9 * radius, step)
    light = np.minimum(strength / np.maximum(own, 1e-6), 1.5) * mask
    sigma = 0.45 * radius / step
    curvature = -laplace(gaussian_filter(light, sigma, truncate=3.0)) * sigma**2
    # 0.8 radius and 0.6 are what a round nucleus of that radius has in its middle.
    surface = 0.5 * depth / (0.8 * radius) + 0.5 * curvature / 0.6
    return np.asarray(np.maximum(surface, 1e-3), np.float32)


def _peaks(surface: Image, mask: Mask, step: float) -> Points:
    from scipy.ndimage import maximum_filter

    side = 2 * round(1.6 / step) + 1
    return np.argwhere((surface == maximum_filter(surface, side)) & mask & (surface > _LOWEST_MOUND))


def _centres(surface: Image, peaks: Points, step: float, hump: float) -> Labels:
    """Mark the centres: peaks of the surface, those without a saddle between them under one label."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    seeds = np.zeros(surface.shape, np.int32)
    if not len(peaks):
        return seeds
    pairs = cKDTree(peaks).query_pairs(9.0 / step, output_type="ndarray")
    one = pairs[_waist(surface, peaks, pairs) >= hump] if len(pairs) else pairs.reshape(0, 2)
    graph = coo_array((np.ones(len(one)), (one[:, 0], one[:, 1])), shape=(len(peaks),) * 2)
    seeds[peaks[:, 0], peaks[:, 1]] = connected_components(graph, directed=False)[1] + 1
    return seeds


def _waist(surface: Image, peaks: Points, pairs: Points) -> npt.NDArray[np.float64]:
    """Lowest point on the line between two peaks, as a share of the smaller peak."""
    share = np.linspace(0, 1, 15)[None, :, None]
    first, second = peaks[pairs[:, 0]][:, None, :], peaks[pairs[:, 1]][:, None, :]
    line = np.rint(first + (second - first) * share).astype(int)
    along = surface[line[..., 0], line[..., 1]]
    return np.asarray(along.min(axis=1) / np.minimum(along[:, 0], along[:, -1]), float)


def _keep_nuclei(labels: Labels, strength: Image, step: float, rules: Parameters) -> Labels:
    """Drop debris and pieces that hardly stand out, and number the rest from 1."""
    area = np.bincount(labels.ravel())
    total = np.bincount(labels.ravel(), weights=strength.ravel())
    mean = total / np.maximum(area, 1)
    keep = area * step**2 >= rules["nucleus_area_low"].number
    keep[0] = False
    if keep.any():
        keep &= mean >= rules["nucleus_contrast_low"].number * np.median(mean[keep])
    number = np.where(keep, np.cumsum(keep), 0).astype(np.int32)
    return np.asarray(number[labels])
