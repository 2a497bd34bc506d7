"""Makes a raster picture small enough for the page; a picture is never made larger."""

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from mitograft.errors import UsageError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["shrink_png"]

_ENOUGH = 1.25  # a picture up to this much wider keeps its size: thin lines suffer more than the page
_SHADES = 8  # shades of grey: camera noise in more of them is what makes such files large
_PALETTE = 256


def shrink_png(png: bytes, most_wide: int) -> bytes:
    """Return the picture about ``most_wide`` pixels wide at most, in few shades of grey.

    Made for grey photographs with thin lines in colour drawn over them: pixels are taken together by a whole
    number, greys are averaged, and a colour within a block is kept as it is, so that lines stay whole and
    the legend stays true. The same input gives the same bytes.

    Raises
    ------
    UsageError
        If the bytes are no PNG, or the width is not above 0.
    """
    from PIL import Image, UnidentifiedImageError

    if most_wide < 1:
        raise UsageError(f"shrink_png: found a width of {most_wide}; expected at least 1 pixel.")
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            pixels = np.array(image.convert("RGB"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise UsageError(f"shrink_png: found bytes that are no PNG ({error}); expected a PNG.") from error
    width = pixels.shape[1]
    factor = 1 if width <= _ENOUGH * most_wide else -(-width // most_wide)
    small = _few_greys(_together(pixels, factor))
    packed = small.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)  # one number a colour
    colours = np.unique(packed)
    if len(colours) > _PALETTE:
        picture = Image.fromarray(small)
    else:
        picture = Image.fromarray(np.searchsorted(colours, packed).astype(np.uint8), "P")
        picture.putpalette(bytes(b for colour in colours.tolist() for b in colour.to_bytes(3)))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return min((buffer.getvalue(), png), key=len) if factor == 1 else buffer.getvalue()


def _together(pixels: "npt.NDArray[Any]", factor: int) -> "npt.NDArray[Any]":
    """Take blocks of ``factor`` by ``factor`` pixels together; what does not fill a block is left out."""
    if factor == 1:
        return pixels
    rows, columns = max(1, pixels.shape[0] // factor), max(1, pixels.shape[1] // factor)
    cut = pixels[: rows * factor, : columns * factor]
    blocks = cut.reshape(rows, -1, columns, factor, 3).swapaxes(1, 2).reshape(rows, columns, -1, 3)
    spread = blocks.max(axis=3).astype(int) - blocks.min(axis=3)
    strongest = np.argmax(spread, axis=2)
    chosen = np.take_along_axis(blocks, strongest[:, :, None, None], axis=2)[:, :, 0]
    means = np.round(blocks.mean(axis=2)).astype(np.uint8)
    return np.where((spread.max(axis=2) > 0)[:, :, None], chosen, means)


def _few_greys(pixels: "npt.NDArray[Any]") -> "npt.NDArray[Any]":
    """Round greys to a few shades; colours stay as they are."""
    grey = pixels.max(axis=2) == pixels.min(axis=2)
    levels = pixels[..., 0].astype(float) * (_SHADES - 1) / 255
    shades = np.round(np.round(levels) * 255 / (_SHADES - 1)).astype(np.uint8)
    return np.where(grey[..., None], shades[..., None], pixels)
