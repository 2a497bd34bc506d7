"""Makes a raster picture small enough for the page; a picture is never made larger."""

import io

from mitograft.errors import UsageError

__all__ = ["shrink_png"]

_COLOURS = 48


def shrink_png(png: bytes, most_wide: int) -> bytes:
    """Return the picture at most ``most_wide`` pixels wide; the same bytes where it is narrow already.

    The same input gives the same bytes. Few colours are kept: photographs of cells with outlines need few,
    and the page stays small.

    Raises
    ------
    UsageError
        If the bytes are no picture, or the width is not above 0.
    """
    from PIL import Image, UnidentifiedImageError

    if most_wide < 1:
        raise UsageError(f"shrink_png: found a width of {most_wide}; expected at least 1 pixel.")
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            if image.width <= most_wide:
                return png
            size = most_wide, max(1, round(image.height * most_wide / image.width))
            small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise UsageError(f"shrink_png: found bytes that are no PNG ({error}); expected a PNG.") from error
    buffer = io.BytesIO()
    few = small.quantize(_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
