"""Named thresholds between background and signal, on the logarithm of the light."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from mitograft.assays.myotube.images import Image
from mitograft.errors import UsageError

__all__ = ["METHODS", "Method", "noise_above", "threshold_of"]

Method = Literal["local", "li_log", "triangle", "otsu", "batch"]
METHODS: tuple[str, ...] = get_args(Method)
_SAMPLED = 250_000
_BLOCK = 6


def threshold_of(images: Sequence[Image], method: str) -> float:
    """Return one threshold for images, each divided by its background (1 is background).

    Parameters
    ----------
    images
        Light in multiples of the background.
    method
        ``li_log`` (minimum cross-entropy, Li and Tam, Pattern Recognit Lett 1998;19:771), ``triangle``
        (Zack et al., J Histochem Cytochem 1977;25:741) on the logarithm; ``otsu`` (Otsu, IEEE Trans Syst Man
        Cybern 1979;9:62) on the light itself. ``local`` and ``batch`` start from ``li_log``.

    Raises
    ------
    UsageError
        If the method is unknown.
    """
    from skimage.filters import threshold_li, threshold_otsu, threshold_triangle

    if method not in METHODS:
        raise UsageError(f"Threshold method: found {method!r}; expected one of {', '.join(METHODS)}.")
    pooled = np.concatenate([_sample(image, _SAMPLED // len(images)) for image in images])
    if method == "otsu":
        return float(threshold_otsu(pooled))  # type: ignore[no-untyped-call]  # no types there
    logs = np.log(np.maximum(pooled, 1e-3))
    if method == "triangle":
        return float(np.exp(threshold_triangle(logs)))  # type: ignore[no-untyped-call]  # no types there
    low = float(logs.min())
    return float(np.exp(threshold_li(logs - low) + low))  # type: ignore[no-untyped-call]  # no types there


def _sample(image: Image, count: int) -> Image:
    flat = image.ravel()
    return flat[:: max(flat.size // max(count, 1), 1)]


def noise_above(image: Image, level: float, multiple: float) -> float:
    """Return the value ``multiple`` standard deviations of the background's noise above ``level``.

    The noise is the typical scatter within the darkest quarter of small blocks: a whole field's scatter would
    count haze and dim objects as noise.
    """
    rows, columns = (side // _BLOCK for side in image.shape)
    if rows * columns == 0:
        return level + multiple * float(image.std())
    blocks = image[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    mean, scatter = blocks.mean(axis=(1, 3)), blocks.std(axis=(1, 3))
    return level + multiple * float(np.median(scatter[mean <= np.percentile(mean, 25)]))
