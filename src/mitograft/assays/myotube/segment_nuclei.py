"""Nuclei: local edge between background and each nucleus, then a cut between those that touch."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.filters import (
    Image,
    Labels,
    Mask,
    fill_holes,
    highest_near,
    laplacian,
    smooth,
)
from mitograft.assays.myotube.flood import depth_inside, flood
from mitograft.assays.myotube.images import (
    average_blocks,
    average_near,
    background,
    block_factor,
)
from mitograft.assays.myotube.pieces import join_pieces
from mitograft.assays.myotube.thresholds import noise_above, threshold_of
from mitograft.tables.parameters import Parameters

__all__ = ["segment_nuclei"]

Points = npt.NDArray[np.int64]

_LOWEST_MOUND = 0.15
_DIMMEST = 0.25  # a mound's light is told apart down to this share of the light round it
_NEAR = 0.6  # radii over which that light is averaged


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
    factor = block_factor(pixel_um, rules["working_pixel"].number)
    step = pixel_um * factor
    light = smooth(average_blocks(channel, factor), 0.7 / step)
    mask, strength = _find_nuclear(light, step, rules)
    labels = _cut(mask, strength, step, rules)
    return _keep_nuclei(labels, strength, step, rules), factor


def _find_nuclear(light: Image, step: float, rules: Parameters) -> tuple[Mask, Image]:
    """Return the nuclear pixels, and how far each pixel stands out against its neighbourhood's nuclei."""
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
    return fill_holes(mask), strength


def _widen(mask: Mask, radius: float) -> Mask:
    return highest_near(mask, 2 * round(radius) + 1)


def _cut(mask: Mask, strength: Image, step: float, rules: Parameters) -> Labels:
    """Flood the mask from every peak, then join the pieces of one nucleus."""
    surface = _mounds(mask, strength, step, rules["nucleus_radius"].number)
    peaks = _peaks(surface, mask, step)
    seeds = np.zeros(surface.shape, np.int32)
    seeds[peaks[:, 0], peaks[:, 1]] = np.arange(1, len(peaks) + 1)
    pieces = flood(surface, seeds, mask)
    area = np.bincount(pieces.ravel())[1:]
    if not area.any():
        return pieces
    large = area[area * step**2 >= rules["nucleus_area_low"].number]
    typical = float(np.median(large if len(large) else area))
    return join_pieces(pieces, surface, peaks, typical, rules)


def _mounds(mask: Mask, strength: Image, step: float, radius: float) -> Image:
    """Return a surface with one mound a nucleus: depth below the edge and curvature of the light, half each.

    Depth alone misses nuclei that overlap without a waist, curvature alone breaks up coarse chromatin. The
    logarithm of the light, so that a dim nucleus beside a bright one has a mound of its own.
    """
    depth = smooth(depth_inside(mask) * np.float32(step), 0.6 / step)
    own = average_near(strength, mask, _NEAR * radius, step)
    light = np.clip(strength / np.maximum(own, 1e-6), _DIMMEST, 1.5)
    light = np.log(light / _DIMMEST) / -np.log(_DIMMEST) * mask
    sigma = 0.45 * radius / step
    curvature = -laplacian(smooth(light, sigma, truncate=3.0)) * sigma**2
    # 0.8 radius and 0.6 are what a round nucleus of that radius has in its middle.
    surface = 0.5 * depth / (0.8 * radius) + 0.5 * curvature / 0.6
    return np.asarray(np.maximum(surface, 1e-3), np.float32)


def _peaks(surface: Image, mask: Mask, step: float) -> Points:
    side = 2 * round(1.6 / step) + 1
    return np.argwhere((surface == highest_near(surface, side)) & mask & (surface > _LOWEST_MOUND))


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
