"""Averages over blocks and neighbourhoods: what segmentation and quality control share."""

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.filters import Image, Labels, Mask, smooth

__all__ = [
    "Image",
    "Labels",
    "Mask",
    "average_blocks",
    "average_near",
    "background",
    "block_factor",
    "enlarge",
]

_COARSE_UM = 4.0  # local averages are taken on pixels of about this size
_STRIP = 2**16  # pixels in hand at a time: the arrays of a strip of rows stay in the processor's cache
_MOST = 255


def block_factor(pixel_size_um: float, wanted_um: float) -> int:
    """Return over how many pixels to average so that a pixel is at most ``wanted_um``.

    >>> block_factor(0.325, 0.8), block_factor(1.3, 0.8)
    (2, 1)
    """
    return max(int(wanted_um / pixel_size_um + 1e-9), 1)


def average_blocks(image: npt.NDArray[Any], factor: int) -> Image:
    """Average blocks of ``factor`` by ``factor`` pixels; a rest at the far edges is repeated to fill up."""
    if factor == 1:
        return image.astype(np.float32)
    height, width = (-(-side // factor) for side in image.shape)
    missing = height * factor - image.shape[0], width * factor - image.shape[1]
    if any(missing):
        image = np.pad(image, ((0, missing[0]), (0, missing[1])), mode="edge")
    counted = image.dtype == bool and factor <= _MOST  # in 8 bits, many pixels of a mask at a time
    plain: npt.NDArray[Any] = image.view(np.uint8) if counted else image
    total = np.empty((height, width), np.float32)
    for first, last in _strips(height, width * factor * factor):
        _add_blocks(plain[first * factor : last * factor], factor, total[first:last], counted=counted)
    total /= factor**2
    return total


def _strips(height: int, width: int) -> list[tuple[int, int]]:
    step = max(_STRIP // max(width, 1), 1)
    return [(first, min(first + step, height)) for first in range(0, height, step)]


def _add_blocks(image: npt.NDArray[Any], factor: int, out: Image, *, counted: bool) -> None:
    """Add up the rows of each block, which lie side by side in memory, then the columns of the sums."""
    rows: npt.NDArray[Any] = image[::factor].astype(np.uint8 if counted else np.float32)
    for row in range(1, factor):
        rows += image[row::factor]
    np.copyto(out, rows[:, ::factor])
    for column in range(1, factor):
        out += rows[:, column::factor]


def enlarge(image: npt.NDArray[Any], shape: tuple[int, int]) -> Image:
    """Enlarge a coarse image to ``shape`` by linear interpolation between the middles of its pixels."""
    low, share = _between(image.shape[1], shape[1])
    coarse = image.astype(np.float32)
    # take, because an array as second index gives a result whose columns lie side by side in memory
    rows = coarse.take(low, 1, mode="clip")
    rows += (coarse.take(low + 1, 1, mode="clip") - rows) * share
    low, share = _between(image.shape[0], shape[0])
    rise = np.diff(rows, axis=0, append=rows[-1:])
    result = np.empty(shape, np.float32)
    starts = np.flatnonzero(np.diff(low, prepend=-1))  # the fine rows between the same two coarse ones
    for first, last in zip(starts, [*starts[1:], shape[0]], strict=True):
        part = result[first:last]
        np.multiply(rise[low[first]], share[first:last, None], out=part)
        part += rows[low[first]]
    return result


def _between(count: int, wanted: int) -> tuple[npt.NDArray[np.intp], Image]:
    """Return the coarse pixel each fine one lies beyond, and the share of the next one."""
    at = np.clip((np.arange(wanted) + 0.5) * count / wanted - 0.5, 0, count - 1)
    low = np.minimum(at.astype(np.intp), max(count - 2, 0))
    return low, (at - low).astype(np.float32)


def average_near(image: Image, where: Mask, radius_um: float, pixel_um: float) -> Image:
    """Average of ``image`` over the pixels of ``where`` near each pixel (Gaussian weights).

    The mean over all of ``where`` stands in where no such pixel is near.
    """
    factor = block_factor(pixel_um, min(_COARSE_UM, max(radius_um / 2, pixel_um)))
    weight, value = average_blocks(where, factor), _average_masked(image, where, factor)
    sigma = radius_um / (pixel_um * factor)
    mean = value.sum() / max(float(weight.sum()), 1e-6)
    weight, value = smooth(weight, sigma), smooth(value, sigma)
    small = np.float32(1e-4)
    coarse = (value + small * mean) / (weight + small)
    return coarse if factor == 1 else _fit(enlarge(coarse, _grown(coarse, factor)), image)


def _average_masked(image: Image, where: Mask, factor: int) -> Image:
    """Average blocks of ``image`` with 0 outside ``where``."""
    parts = []
    for first, last in _strips(-(-image.shape[0] // factor), image.shape[1] * factor):
        rows = slice(first * factor, last * factor)
        parts.append(average_blocks(image[rows] * where[rows], factor))
    return np.concatenate(parts)


def _grown(coarse: Image, factor: int) -> tuple[int, int]:
    return coarse.shape[0] * factor, coarse.shape[1] * factor


def _fit(large: Image, like: Image) -> Image:
    return large[: like.shape[0], : like.shape[1]]


def background(image: Image, pixel_um: float, block_um: float = 60.0, share: float = 10.0) -> Image:
    """Estimate the level between objects: a low percentile of blocks, smoothed and enlarged."""
    from scipy.ndimage import gaussian_filter

    size = max(int(block_um / pixel_um), 4)
    rows, columns = (_parts(side, max(side // size, 1)) for side in image.shape)
    step = max(size // 24, 1)  # enough pixels of each block for a percentile
    coarse = [[_low(image[r:s:step, c:d:step], share) for c, d in columns] for r, s in rows]
    smoothed = gaussian_filter(np.array(coarse, np.float32), 0.7, mode="nearest")
    return enlarge(smoothed, (image.shape[0], image.shape[1]))


def _parts(side: int, count: int) -> list[tuple[int, int]]:
    """Cut a side into ``count`` parts, the first ones a pixel longer where it does not come out even."""
    size, longer = divmod(side, count)
    starts = [k * size + min(k, longer) for k in range(count + 1)]
    return list(itertools.pairwise(starts))


def _low(block: Image, percent: float) -> float:
    """Percentile with linear interpolation, as ``numpy.percentile`` without its checks."""
    rank = (block.size - 1) * percent / 100
    low = int(rank)
    high = min(low + 1, block.size - 1)
    ordered = np.partition(block, (low, high), axis=None)
    return float(ordered[low]) + (float(ordered[high]) - float(ordered[low])) * (rank - low)
