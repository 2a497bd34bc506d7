"""What was found, drawn over the image for a look by eye: nuclei, fibres, dense tissue."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.mouse.infiltrate.density import DensityMap
from mitograft.mouse.infiltrate.fibres import Fibres
from mitograft.mouse.infiltrate.picture import Picture

__all__ = [
    "BORDER_COLOUR",
    "CENTRAL_COLOUR",
    "DENSE_COLOUR",
    "FIBRE_COLOUR",
    "NUCLEUS_COLOUR",
    "draw_dense",
    "draw_ground",
]

Labels = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

MOST_WIDE = 900
# Okabe and Ito's palette: told apart by all kinds of colour vision, on a light ground.
NUCLEUS_COLOUR = (0, 114, 178)  # blue
FIBRE_COLOUR = (0, 158, 115)  # green
CENTRAL_COLOUR = (204, 121, 167)  # purple: a fibre with a nucleus inside
BORDER_COLOUR = (150, 150, 150)  # grey: at the border or too small, left out
DENSE_COLOUR = (213, 94, 0)  # vermilion
_COLOURS = (NUCLEUS_COLOUR, FIBRE_COLOUR, CENTRAL_COLOUR, BORDER_COLOUR, DENSE_COLOUR)
_NUCLEUS, _FIBRE, _CENTRAL, _BORDER, _DENSE = range(5)
_GREYS = 16


def draw_ground(picture: Picture, nuclei: Labels, labels: Labels | None, fibres: Fibres | None) -> bytes:
    """Return a PNG of the image in grey with outlines of fibres and nuclei; same input, same bytes."""
    factor = _factor(picture)
    shade = _grey(picture, factor)
    shown = np.round(shade * (_GREYS - 1)).astype(np.uint8)
    if labels is not None and fibres is not None:
        kind = np.full(int(labels.max()) + 1, _GREYS + _BORDER, np.uint8)
        kind[fibres.numbers] = np.where(fibres.inside > 0, _GREYS + _CENTRAL, _GREYS + _FIBRE)
        thin = _thin(labels, factor)
        rim = _outline(thin)
        shown[rim] = kind[thin[rim]]
    shown[_outline(_thin(nuclei, factor))] = _GREYS + _NUCLEUS
    return _png(shown)


def draw_dense(ground: bytes, picture_width: int, density: DensityMap, above_mm2: float) -> bytes:
    """Return the overlay with the outline of the tissue whose nuclear density is above a value.

    Parameters
    ----------
    ground
        What ``draw_ground`` gave.
    picture_width
        Width of the image in pixels.
    density, above_mm2
        Map of nuclear density, and the value.
    """
    from PIL import Image

    shown = np.array(Image.open(io.BytesIO(ground), formats=["PNG"]))
    dense = density.dense(above_mm2)
    if not dense.any():
        return ground
    shrunk = -(-picture_width // MOST_WIDE)
    rows, columns = (np.arange(side) * shrunk // density.factor for side in shown.shape)
    wide = dense[np.ix_(np.minimum(rows, dense.shape[0] - 1), np.minimum(columns, dense.shape[1] - 1))]
    rim = _outline(wide.astype(np.int32))
    rim |= np.roll(rim, 1, 0) & wide | np.roll(rim, 1, 1) & wide  # two pixels wide
    shown[rim] = _GREYS + _DENSE
    return _png(shown)


def _factor(picture: Picture) -> int:
    return -(-picture.shape[1] // MOST_WIDE)


def _grey(picture: Picture, factor: int) -> npt.NDArray[np.float32]:
    """Return the brightness from 0 to 1, averaged over blocks, lightened so that lines stand out."""
    rows, columns = (side // factor * factor for side in picture.shape)
    light = picture.pixels[:rows, :columns].mean(axis=2, dtype=np.float32)
    blocks = light.reshape(rows // factor, factor, columns // factor, factor).mean(axis=(1, 3))
    low, high = np.percentile(blocks, (0.5, 99.5))
    scaled = np.clip((blocks - low) / max(float(high - low), 1e-6), 0, 1)
    return np.asarray(0.35 + 0.65 * scaled, np.float32)


def _thin(labels: Labels, factor: int) -> Labels:
    height, width = (side // factor for side in labels.shape)
    return labels[factor // 2 :: factor, factor // 2 :: factor][:height, :width]


def _outline(labels: Labels) -> Mask:
    """Mark the pixels of labels that touch another label or the ground."""
    padded = np.pad(labels, 1, mode="edge")
    middle = padded[1:-1, 1:-1]
    differs = np.zeros(labels.shape, bool)
    for rows, columns in ((0, 1), (2, 1), (1, 0), (1, 2)):
        differs |= padded[rows : rows + labels.shape[0], columns : columns + labels.shape[1]] != middle
    return differs & (middle > 0)


def _png(shown: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    greys = [round(255 * k / (_GREYS - 1)) for k in range(_GREYS)]
    palette: list[Any] = [level for grey in greys for level in (grey, grey, grey)]
    palette += [level for colour in _COLOURS for level in colour]
    image = Image.fromarray(shown, "P")
    image.putpalette(palette)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
