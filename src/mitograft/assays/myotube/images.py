"""Averages over blocks and neighbourhoods: what segmentation and quality control share."""

from typing import Any

import numpy as np
import numpy.typing as npt

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

Image = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]

_COARSE_UM = 4.0  # local averages are taken on pixels of about this size


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
    total = np.zeros((height, width), np.float32)
    for row in range(factor):
        for column in range(factor):
            total += image[row::factor, column::factor].astype(np.float32)
    total /= factor**2
    return total


def enlarge(image: npt.NDArray[Any], shape: tuple[int, int]) -> Image:
    """Enlarge a coarse image to ``shape`` by linear interpolation between the middles of its pixels."""
    result = image.astype(np.float32)
    for axis in (0, 1):
        count = result.shape[axis]
        at = np.clip((np.arange(shape[axis]) + 0.5) * count / shape[axis] - 0.5, 0, count - 1)
        low = np.minimum(at.astype(int), max(count - 2, 0))
        share = (at - low).astype(np.float32)
        share = share[:, None] if axis == 0 else share[None, :]
        upper = np.take(result, np.minimum(low + 1, count - 1), axis)
        result = np.take(result, low, axis) * (1 - share) + upper * share
    return result


def average_near(image: Image, where: Mask, radius_um: float, pixel_um: float) -> Image:
    """Average of ``image`` over the pixels of ``where`` near each pixel (Gaussian weights).

    The mean over all of ``where`` stands in where no such pixel is near.
    """
    from scipy.ndimage import gaussian_filter

    factor = block_factor(pixel_um, min(_COARSE_UM, max(radius_um / 2, pixel_um)))
    weight = average_blocks(where, factor)
    value = average_blocks(np.where(where, image, 0), factor)
    sigma = radius_um / (pixel_um * factor)
    mean = value.sum() / max(float(weight.sum()), 1e-6)
    weight, value = gaussian_filter(weight, sigma), gaussian_filter(value, sigma)
    small = np.float32(1e-4)
    coarse = (value + small * mean) / (weight + small)
    return coarse if factor == 1 else _fit(enlarge(coarse, _grown(coarse, factor)), image)


def _grown(coarse: Image, factor: int) -> tuple[int, int]:
    return coarse.shape[0] * factor, coarse.shape[1] * factor


def _fit(large: Image, like: Image) -> Image:
    return large[: like.shape[0], : like.shape[1]]


def background(image: Image, pixel_um: float, block_um: float = 60.0, share: float = 10.0) -> Image:
    """Estimate the level between objects: a low percentile of blocks, smoothed and enlarged."""
    from scipy.ndimage import gaussian_filter

    size = max(int(block_um / pixel_um), 4)
    rows = np.array_split(np.arange(image.shape[0]), max(image.shape[0] // size, 1))
    columns = np.array_split(np.arange(image.shape[1]), max(image.shape[1] // size, 1))
    step = max(size // 24, 1)  # enough pixels of each block for a percentile
    coarse = np.array(
        [
            [np.percentile(image[r[0] : r[-1] + 1 : step, c[0] : c[-1] + 1 : step], share) for c in columns]
            for r in rows
        ],
        np.float32,
    )
    return enlarge(gaussian_filter(coarse, 0.7, mode="nearest"), (image.shape[0], image.shape[1]))
