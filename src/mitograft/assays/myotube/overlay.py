"""Draw what was found over a field, for a look by eye: fused and other nuclei, outlines of objects."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.derive import FieldMeasures
from mitograft.assays.myotube.images import Labels, Mask, average_blocks, block_factor
from mitograft.assays.myotube.read import Field
from mitograft.assays.myotube.segment import Segmentation

__all__ = ["FUSED_COLOUR", "OBJECT_COLOUR", "OTHER_COLOUR", "outline_objects", "overlay_png"]

Outline = list[tuple[float, float]]

MOST_WIDE = 900
# Okabe and Ito's palette: told apart by all kinds of colour vision, and by lightness.
FUSED_COLOUR = (240, 228, 66)  # yellow
OTHER_COLOUR = (86, 180, 233)  # sky blue
OBJECT_COLOUR = (213, 94, 0)  # vermilion
_LEVELS = 16


def overlay_png(
    field: Field, segmentation: Segmentation, measures: FieldMeasures, *, most_wide: int = MOST_WIDE
) -> bytes:
    """Return a PNG of the field with outlines; the same input gives the same bytes.

    Myosin is the grey ground with the nuclei laid over it more faintly. Outlines: objects vermilion, fused
    nuclei yellow, other nuclei sky blue with a dot in the centre.
    """
    from PIL import Image

    factor = -(-field.nuclei.shape[1] // most_wide)
    grey = np.maximum(_grey(field.myosin, factor), 0.6 * _grey(field.nuclei, factor))
    grey = np.round(grey * (_LEVELS - 1)) / (_LEVELS - 1)  # fewer shades make a smaller file
    picture = np.repeat((200 * grey).astype(np.uint8)[..., None], 3, axis=2)
    nuclei, objects = (_thin(labels, factor) for labels in (segmentation.nuclei, segmentation.objects))
    picture[_outline(objects)] = OBJECT_COLOUR
    lookup = np.zeros(int(segmentation.nuclei.max()) + 1, bool)
    lookup[np.unique(segmentation.nuclei[segmentation.nuclei > 0])] = measures.fused
    rim = _outline(nuclei)
    picture[rim & ~lookup[nuclei]] = OTHER_COLOUR
    picture[rim & lookup[nuclei]] = FUSED_COLOUR
    at = (measures.hosts.centres[~measures.fused] / factor).astype(int)
    at = np.minimum(at, np.array(picture.shape[:2]) - 1)
    picture[at[:, 0], at[:, 1]] = OTHER_COLOUR
    buffer = io.BytesIO()
    Image.fromarray(picture).quantize(_LEVELS + 3, dither=Image.Dither.NONE).save(
        buffer, "PNG", compress_level=6
    )
    return buffer.getvalue()


def outline_objects(segmentation: Segmentation, pixel_um: float, step_um: float = 4.0) -> list[Outline]:
    """Return the outlines of the objects as (x, y) in micrometres from the top left corner, simplified.

    Outer edges and edges of holes are separate outlines; drawn together with the even-odd rule they give the
    objects.
    """
    from skimage.measure import approximate_polygon, find_contours

    factor = block_factor(pixel_um, step_um)
    coarse = np.pad(average_blocks(segmentation.objects > 0, factor), 1)
    outlines = []
    for line in find_contours(coarse, 0.5):  # type: ignore[no-untyped-call]  # no types there
        short = approximate_polygon(line, 0.35)  # type: ignore[no-untyped-call]  # no types there
        if len(short) > 3:
            outlines.append(
                [((c - 0.5) * factor * pixel_um, (r - 0.5) * factor * pixel_um) for r, c in short]
            )
    return outlines


def _grey(plane: npt.NDArray[Any], factor: int) -> npt.NDArray[np.float32]:
    light = average_blocks(plane, factor)
    low, high = np.percentile(light, (1, 99.7))
    return np.asarray(np.clip((light - low) / max(float(high - low), 1e-6), 0, 1) ** 0.7, np.float32)


def _thin(labels: Labels, factor: int) -> Labels:
    height, width = (-(-side // factor) for side in labels.shape)
    padded = np.pad(labels, ((0, factor), (0, factor)), mode="edge")
    return padded[factor // 2 :: factor, factor // 2 :: factor][:height, :width]


def _outline(labels: Labels) -> Mask:
    """Mark the pixels of labels that touch another label or the ground."""
    padded = np.pad(labels, 1, mode="edge")
    middle = padded[1:-1, 1:-1]
    differs = np.zeros(labels.shape, bool)
    for rows, columns in ((0, 1), (2, 1), (1, 0), (1, 2)):
        differs |= padded[rows : rows + labels.shape[0], columns : columns + labels.shape[1]] != middle
    return differs & (middle > 0)
