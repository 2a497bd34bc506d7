"""Myosin-positive objects: a first threshold by name, then the local edge of each object."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.filters import (
    Image,
    Labels,
    Mask,
    fill_holes,
    highest_near,
    smooth,
    widen_round,
)
from mitograft.assays.myotube.images import (
    average_blocks,
    average_near,
    background,
    block_factor,
)
from mitograft.assays.myotube.thresholds import noise_above, threshold_of
from mitograft.tables.parameters import Parameters

__all__ = ["averaged_light", "relative_light", "segment_myosin"]

_ROUNDS = 3
_HALF = 0.5
_CLOSING_UM = 2.6


def relative_light(channel: npt.NDArray[Any], pixel_um: float, rules: Parameters) -> tuple[Image, Image, int]:
    """Return the light on averaged pixels, its background, and over how many pixels it was averaged."""
    light, factor = averaged_light(channel, pixel_um, rules)
    return light, background(light, pixel_um * factor, block_um=110.0, share=8.0), factor


def averaged_light(channel: npt.NDArray[Any], pixel_um: float, rules: Parameters) -> tuple[Image, int]:
    """Return the light on averaged pixels, and over how many it was averaged in each direction."""
    factor = block_factor(pixel_um, rules["myosin_pixel"].number)
    return smooth(average_blocks(channel, factor), 0.8 / (pixel_um * factor)), factor


def segment_myosin(
    channel: npt.NDArray[Any],
    pixel_um: float,
    rules: Parameters,
    method: str,
    *,
    threshold: float | None = None,
    nuclear: Mask | None = None,
) -> tuple[Labels, int]:
    """Label the myosin-positive objects of a channel: regions that hang together.

    Parameters
    ----------
    channel
        The stain of myosin heavy chain.
    pixel_um
        Micrometres a pixel.
    rules
        Parameters ``tube_*``, ``myosin_pixel`` and ``noise_multiple``.
    method
        A name of ``thresholds.METHODS``; ``local`` looks for the edge of each object anew.
    threshold
        Threshold in multiples of the background, for ``batch``.
    nuclear
        Where nuclei lie (pixels of ``channel``): myosin gives way to them, so that the light dips there.

    Returns
    -------
    labels
        Label image on averaged pixels.
    factor
        Over how many pixels of ``channel`` they were averaged in each direction.
    """
    light, level, factor = relative_light(channel, pixel_um, rules)
    step = pixel_um * factor
    ratio = (light / np.maximum(level, 1e-3)).astype(np.float32)
    floor = noise_above(ratio, 1.0, rules["noise_multiple"].number)
    value = threshold_of([ratio], method) if threshold is None else threshold
    mask: Mask = ratio > max(value, floor)
    if method == "local":
        noise = max((floor - 1) * float(np.median(level)), 1e-6)
        under = None if nuclear is None else average_blocks(nuclear, factor) > _HALF
        mask = _follow_edges(light, mask, noise, under, step, rules)
    return _keep_objects(mask, light, step, rules, relative=method == "local"), factor


def _follow_edges(
    light: Image, mask: Mask, noise: float, nuclear: Mask | None, step: float, rules: Parameters
) -> Mask:
    """Put the edge at a fixed share of the way from the local background to the object's own light."""
    share = np.full(light.shape, rules["tube_edge"].number, np.float32)
    if nuclear is not None:
        share[nuclear] *= 1 - rules["tube_dimple"].number
    three = 2 * round(2.5 / step) + 1
    for _ in range(_ROUNDS):
        wide = highest_near(mask, three)
        core = ~highest_near(~mask, 3)
        if not core.any():
            return np.asarray(core)
        dark = average_near(light, ~wide, 30.0, step)
        # The geometric mean, so that a bright neighbour does not lift the edge of a dim object.
        height = np.exp(average_near(np.log(np.maximum(light - dark, noise)), core, 6.0, step))
        # Haze and cells without myosin that lie against an object must not join it.
        typical = float(np.median((light - dark)[core]))
        least = max(noise, rules["tube_contrast_low"].number * typical)
        mask = (light > dark + np.maximum(share * height, least)) & wide
    return np.asarray(mask)


def _keep_objects(mask: Mask, light: Image, step: float, rules: Parameters, *, relative: bool) -> Labels:
    """Fill dimples, drop debris and objects much fainter than the typical one, number the rest."""
    from scipy.ndimage import label

    around = np.ones((3, 3), bool)
    reach = max(round(_CLOSING_UM / step), 1)
    wide = widen_round(np.pad(mask, 2 * reach, mode="edge"), reach + 0.2)
    closed = ~widen_round(~wide, reach + 0.2)[2 * reach : -2 * reach, 2 * reach : -2 * reach]
    mask = fill_holes(closed, rules["tube_hole"].number / step**2)
    labels, count = label(mask, around)
    labels = labels.astype(np.int32)
    area = np.bincount(labels.ravel(), minlength=count + 1)
    keep = area * step**2 >= rules["tube_area_low"].number
    keep[0] = False
    if relative and keep.any():
        dark = average_near(light, ~mask, 30.0, step)
        contrast = np.bincount(labels.ravel(), weights=(light - dark).ravel()) / np.maximum(area, 1)
        order = np.argsort(np.where(keep, contrast, 0))
        typical = contrast[order][np.searchsorted(np.cumsum((area * keep)[order]), (area * keep).sum() / 2)]
        keep &= contrast >= rules["tube_contrast_low"].number * typical
    number = np.where(keep, np.cumsum(keep), 0).astype(np.int32)
    return np.asarray(number[labels])
