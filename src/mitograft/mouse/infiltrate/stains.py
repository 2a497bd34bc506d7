"""Colour deconvolution: optical density over the white of empty glass, taken apart into stains.

A pixel of intensities I has the optical densities D = -log10(I / white), one for each colour (Beer and
Lambert). With the densities of pure stains as the rows of a matrix M, the amounts C of the stains follow from
D = C M (Ruifrok and Johnston 2001). With white at full scale this is ``rgb2hed`` of scikit-image up to a
constant factor.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mouse.infiltrate.picture import Picture
from mitograft.tables.parameters import Parameters

__all__ = ["White", "find_white", "haematoxylin", "optical_density", "stain_matrix"]

Image = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

_STAINS, _COLOURS = ("haematoxylin", "eosin", "third"), ("red", "green", "blue")


@dataclass(frozen=True, slots=True)
class White:
    """Empty glass.

    Parameters
    ----------
    levels
        Red, green and blue.
    share
        Share of the image that is glass; 0 where white was not measured.
    clipped
        Whether it was measured at full scale, so that the true white may be lighter.
    """

    levels: tuple[float, float, float]
    share: float
    clipped: bool


def find_white(picture: Picture, rules: Parameters) -> White:
    """Measure the white of a picture where it shows empty glass: bright pixels without colour.

    Without enough glass the parameter ``white_without_glass`` gives it, as share of full scale.
    """
    step = max(1, round(max(picture.shape) / 1024))
    seen = picture.pixels[::step, ::step]
    low, high = seen.min(axis=2), seen.max(axis=2)
    bright = low >= rules["glass_light"].number * picture.top
    glass = bright & (high - low <= rules["glass_colour"].number * picture.top)
    share = float(glass.mean())
    if share < max(rules["glass_share"].number, 1e-9):
        level = rules["white_without_glass"].number * picture.top
        return White((level, level, level), 0.0, clipped=False)
    red, green, blue = (float(np.median(seen[..., i][glass])) for i in range(3))
    clipped = max(red, green, blue) >= picture.top
    return White((red, green, blue), share, clipped)


def stain_matrix(rules: Parameters) -> Matrix:
    """Return the densities of pure stains: rows haematoxylin, eosin, third; columns red, green, blue.

    Raises
    ------
    UsageError
        If the three cannot be told apart.
    """
    rows = [[rules[f"{stain}_{colour}"].number for colour in _COLOURS] for stain in _STAINS]
    matrix = np.array(rows)
    lengths = np.linalg.norm(matrix, axis=1)
    # Three directions that span less than this volume make one stain out of the noise of another.
    if not lengths.all() or abs(np.linalg.det(matrix / lengths[:, None])) < 0.02:
        raise UsageError(
            "Stain vectors: found three that lie nearly in one plane, or one of length 0; expected those of "
            "haematoxylin, eosin and a third colour that differ."
        )
    return matrix


def haematoxylin(picture: Picture, white: White, rules: Parameters) -> Image:
    """Return the amount of haematoxylin in units of optical density; below 0 is set to 0."""
    amounts = np.linalg.inv(stain_matrix(rules))[:, 0]
    return np.maximum(_weigh(picture, white, amounts), 0.0)


def optical_density(picture: Picture, white: White) -> Image:
    """Return the optical density averaged over the three colours."""
    return _weigh(picture, white, np.full(3, 1 / 3))


def _weigh(picture: Picture, white: White, weights: npt.NDArray[Any]) -> Image:
    """Sum the densities of the colours by weight; a table of all levels saves the logarithms."""
    levels = np.maximum(np.arange(picture.top + 1), 0.5)  # level 0 is anything below 1
    total = np.zeros(picture.shape, np.float32)
    for index, weight in enumerate(weights):
        table = (-np.log10(levels / white.levels[index]) * weight).astype(np.float32)
        total += table[picture.pixels[..., index]]
    return total
