"""Draw cells and donor light over an image, for a look by eye."""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.assays.uptake.light import Light, noise_of
from mitograft.assays.uptake.measure_cells import MeasuredImage
from mitograft.assays.uptake.read_images import UptakeImage
from mitograft.assays.uptake.segment_cells import Labels

__all__ = [
    "CUT_COLOUR",
    "DONOR_COLOUR",
    "NEGATIVE_COLOUR",
    "POSITIVE_COLOUR",
    "Preview",
    "draw_overlay",
    "preview",
]

MOST_WIDE = 900
# Okabe and Ito's palette: told apart by all kinds of colour vision, and by lightness.
POSITIVE_COLOUR = (240, 228, 66)  # yellow
NEGATIVE_COLOUR = (86, 180, 233)  # sky blue
CUT_COLOUR = (110, 110, 110)
DONOR_COLOUR = (213, 94, 0)  # vermilion
_SHADES = 16
_DONOR_SHADES = 6
_FULL = 12.0  # multiples of the noise at which donor light has its full colour
_MARGIN = 3.0


@dataclass(frozen=True, repr=False)
class Preview:
    """A small picture of an image: ground and donor light (0 to 1), labels, labels of whole cells."""

    ground: Light
    donor: Light
    cells: Labels
    whole: npt.NDArray[np.int64]


def preview(image: UptakeImage, measured: MeasuredImage, *, most_wide: int = MOST_WIDE) -> Preview:
    """Make the small picture on which the outlines are drawn once the threshold is known."""
    factor = -(-measured.cells.shape[1] // most_wide)
    stained = [image.planes[role] for role in ("recipient", "cell", "nuclei") if role in image.planes]
    ground: Light = np.zeros(_small(measured.light, factor).shape, np.float32)
    for weight, plane in zip((1.0, 0.6, 0.6), stained, strict=False):
        ground = np.maximum(ground, weight * _grey(_small(plane.astype(np.float32), factor)))
    noise = max(noise_of(measured.light), 1e-6)
    lit = _small(measured.light, factor) / noise
    donor = np.clip((lit - _MARGIN) / (_FULL - _MARGIN), 0, 1)
    height, width = ground.shape[0], ground.shape[1]
    cells = measured.cells[: height * factor : factor, : width * factor : factor]
    return Preview(ground, np.asarray(donor, np.float32), cells, measured.whole)


def draw_overlay(small: Preview, positive: npt.NDArray[np.bool_]) -> bytes:
    """Return a PNG; the same input gives the same bytes.

    Recipient mitochondria, cells and nuclei are the grey ground, donor light is laid over it in vermilion.
    Outlines: positive cells yellow, other whole cells sky blue, cells cut by the edge grey and broken.
    """
    from PIL import Image

    grey = np.round(small.ground * (_SHADES - 1)) / (_SHADES - 1)  # fewer shades make a smaller file
    share = (np.round(small.donor * _DONOR_SHADES) / _DONOR_SHADES)[..., None]
    picture = (170 * grey)[..., None] * (1 - share) + np.array(DONOR_COLOUR) * share
    picture = np.round(picture).astype(np.uint8)
    state = np.zeros(int(small.cells.max()) + 1, np.int8)
    state[small.whole] = np.where(positive, 2, 1)
    rim = _outline(small.cells)
    dashes = np.add.outer(*(np.arange(side) for side in small.cells.shape)) % 6 < 3
    own = state[small.cells]
    picture[rim & (own == 0) & dashes] = CUT_COLOUR
    picture[rim & (own == 1)] = NEGATIVE_COLOUR
    picture[rim & (own == 2)] = POSITIVE_COLOUR
    buffer = io.BytesIO()
    colours = 4 * _SHADES
    Image.fromarray(picture).quantize(colours, dither=Image.Dither.NONE).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _small(plane: Light, factor: int) -> Light:
    """Return the brightest pixel of each block, so that single mitochondria stay visible."""
    height, width = (side // factor * factor for side in plane.shape)
    blocks = plane[:height, :width].reshape(height // factor, factor, width // factor, factor)
    return np.asarray(blocks.max(axis=(1, 3)), np.float32)


def _grey(light: Light) -> Light:
    low, high = np.percentile(light, (2, 99.7))
    return np.asarray(np.clip((light - low) / max(float(high - low), 1e-6), 0, 1) ** 0.7, np.float32)


def _outline(labels: Labels) -> npt.NDArray[np.bool_]:
    """Mark the pixels of labels that touch another label or the ground."""
    padded = np.pad(labels, 1, mode="edge")
    differs = np.zeros(labels.shape, bool)
    height, width = labels.shape
    for down, across in ((0, 1), (2, 1), (1, 0), (1, 2)):
        differs |= padded[down : down + height, across : across + width] != labels
    return differs & (labels > 0)
