"""Light of a channel above its surroundings, on pixels of a wanted size."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Light", "coarse", "local_level", "noise_of", "step_of"]

Light = npt.NDArray[np.float32]


def step_of(pixel_um: float, wanted_um: float) -> int:
    """Return how many pixels make one of about ``wanted_um``, at least 1.

    >>> step_of(0.2, 0.6), step_of(0.65, 0.6)
    (3, 1)
    """
    return max(round(wanted_um / pixel_um), 1)


def coarse(plane: npt.NDArray[Any], factor: int, blur: float) -> Light:
    """Blur a plane (standard deviation in its pixels) and take every ``factor``-th pixel of both axes."""
    from scipy.ndimage import gaussian_filter

    light = gaussian_filter(plane.astype(np.float32), blur, truncate=3.0)
    return np.asarray(light[factor // 2 :: factor, factor // 2 :: factor], np.float32)


def local_level(plane: npt.NDArray[Any], pixel_um: float, window_um: float, percentile: float) -> Light:
    """Return the level between structures: a percentile of the light in a square around each pixel.

    The percentile is taken on about 9 by 9 averaged pixels and interpolated in between.
    """
    from scipy.ndimage import percentile_filter
    from skimage.transform import resize

    factor = min(step_of(pixel_um, window_um / 9), max(min(plane.shape) // 8, 1))
    small = coarse(plane, factor, factor / 2)
    side = 2 * max(round(window_um / (pixel_um * factor) / 2), 1) + 1
    level = percentile_filter(small, percentile, size=side, mode="nearest")
    if factor == 1:
        return np.asarray(level, np.float32)
    large = resize(level, plane.shape, order=1, mode="edge", anti_aliasing=False, preserve_range=True)  # type: ignore[no-untyped-call]  # untyped
    return np.asarray(large, np.float32)


def noise_of(light: Light) -> float:
    """Return the standard deviation of the noise, from differences of pixels most of which hold nothing else.

    Blurred light has correlated noise; pixels two apart are compared.
    """
    differences = np.abs(light[:, 2:] - light[:, :-2])
    return float(np.median(differences)) * 1.4826 / 2**0.5
