"""Nuclei at the edge of a myosin-positive object: in it or beside it.

The edge of an object is uncertain by about a micrometre, and where it passes through a nucleus that decides
by one pixel. Two things tell more than the pixel under the centre: how much of the nucleus lies on the
object, and whether myosin at its centre is brighter than on the nucleus as a whole. Across an edge the light
falls from one side of the nucleus to the other, and where it falls halfway the centre has the mean of the
nucleus; a centre above the mean lies within, whatever the height of the tube there.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.filters import Image, Labels, Mask
from mitograft.assays.myotube.images import average_near, block_factor
from mitograft.tables.parameters import Parameters

__all__ = ["settle_nuclei"]

Floats = npt.NDArray[np.float64]

_SURE = 0.1  # with less than this share of a nucleus on one side of the edge there is nothing to settle
_LEAST_HEIGHT = 0.01


def settle_nuclei(
    nuclei: Labels, objects: Labels, light: Image, factor: int, pixel_um: float, rules: Parameters
) -> Labels:
    """Let every object hold the nuclei at its edge that lie in it, and no others.

    Parameters
    ----------
    nuclei, objects
        Label images of one size.
    light
        Myosin on averaged pixels (``relative_light``).
    factor
        Over how many pixels it was averaged.
    pixel_um
        Micrometres a pixel of the label images.
    rules
        Parameters ``edge_share`` and ``edge_light``.

    Returns
    -------
    objects
        The objects, each with the area of the nuclei that were found to lie in it and without that of those
        that lie beside it: the pixel under the centre of a nucleus tells afterwards.
    """
    every = block_factor(pixel_um, rules["working_pixel"].number)
    thin = nuclei[every // 2 :: every, every // 2 :: every]
    at = np.flatnonzero(thin)
    own, on = thin.ravel()[at], objects[every // 2 :: every, every // 2 :: every].ravel()[at]
    count = int(nuclei.max()) + 1
    share = _mean(own, on > 0, count)
    near = (share > _SURE) & (share < 1 - _SURE)
    if not near.any():
        return objects
    at, on, own = at[near[own]], on[near[own]], own[near[own]]
    row, column = (axis * every + every // 2 for axis in np.divmod(at, thin.shape[1]))
    relative = _relative_height(light, objects, factor, pixel_um)
    whole = _mean(own, _value_at(relative, row, column, factor), count)
    middle = _mean(own, row, count), _mean(own, column, count)
    centre = _value_at(relative, *middle, factor)
    score = share - rules["edge_share"].number + rules["edge_light"].number * (centre - whole)
    under = objects[tuple(np.rint(axis).astype(int) for axis in middle)] > 0
    enters, leaves = near & (score > 0) & ~under, near & (score <= 0) & under
    return _redraw(nuclei, objects, leaves, np.where(enters, _most(own, on, count), 0))


def _mean(own: Labels, values: npt.NDArray[Any], count: int) -> Floats:
    """Mean of the values of each nucleus."""
    pixels = np.maximum(np.bincount(own, minlength=count), 1)
    return np.asarray(np.bincount(own, weights=values, minlength=count) / pixels)


def _relative_height(light: Image, objects: Labels, factor: int, pixel_um: float) -> Image:
    """Light above the dark beside the objects, in multiples of the objects' own near by."""
    step = pixel_um * factor
    mask = (objects[factor // 2 :: factor, factor // 2 :: factor] > 0)[: light.shape[0], : light.shape[1]]
    missing = light.shape[0] - mask.shape[0], light.shape[1] - mask.shape[1]
    mask = np.pad(mask, ((0, missing[0]), (0, missing[1])), mode="edge")
    above = light - average_near(light, ~mask, 30.0, step)
    least = _LEAST_HEIGHT * max(float(above[mask].mean()), 1e-6) if mask.any() else 1.0
    return np.asarray(above / np.exp(average_near(np.log(np.maximum(above, least)), mask, 6.0, step)))


def _value_at(image: Image, row: npt.NDArray[Any], column: npt.NDArray[Any], factor: int) -> Floats:
    """Value between the middles of averaged pixels, at places given in whole pixels."""
    from scipy.ndimage import map_coordinates

    places = [(axis + 0.5) / factor - 0.5 for axis in (row, column)]
    return np.asarray(map_coordinates(image, places, order=1, mode="nearest"), float)


def _most(own: Labels, on: Labels, count: int) -> Labels:
    """Object with the largest part of each nucleus, 0 where none has any."""
    size = int(on.max(initial=0)) + 1
    pair, pixels = np.unique(own[on > 0].astype(np.int64) * size + on[on > 0], return_counts=True)
    most = np.zeros(count, np.int32)
    order = np.argsort(pixels, kind="stable")
    most[pair[order] // size] = pair[order] % size
    return most


def _redraw(nuclei: Labels, objects: Labels, leaves: Mask, into: Labels) -> Labels:
    """Take nuclei out of objects, or add them to the object given by ``into``."""
    at = np.flatnonzero((leaves | (into > 0))[nuclei])
    own, result = nuclei.ravel()[at], objects.copy()
    there = objects.ravel()[at]
    result.ravel()[at] = np.where(leaves[own], 0, np.where(there > 0, there, into[own]))
    return result
