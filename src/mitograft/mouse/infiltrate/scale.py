"""Micrometres a pixel: from the microscope's own metadata or from images.csv, never assumed."""

from collections.abc import Mapping
from typing import Any

from mitograft.errors import InputError
from mitograft.mouse.infiltrate.contract import PIXEL_HIGH, PIXEL_LOW
from mitograft.tables.markup import Attributes, walk
from mitograft.tables.problems import refuse, refuse_damaged

__all__ = ["find_pixel_size", "tiff_pixel_size"]

_UNITS = {"µm": 1.0, "μm": 1.0, "um": 1.0, "micron": 1.0, "microns": 1.0, "nm": 1e-3, "mm": 1e3, "cm": 1e4}
_SAME = 0.01


def find_pixel_size(own: float | None, given: float | None, file: str) -> tuple[float, str]:
    """Return micrometres a pixel and who gave them: ``file`` or ``user``.

    Raises
    ------
    InputError
        If neither gives one, they contradict one another, or no microscope has such pixels.
    """
    if own is not None and given is not None and abs(own - given) > _SAME * own:
        found = f"{own:g} µm a pixel in the file, {given:g} in images.csv"
        refuse(
            file,
            "contradicting-scale",
            found,
            "one pixel size",
            "Correct images.csv, or export the image anew.",
        )
    size = own if own is not None else given
    if size is None:
        remedy = "Fill in pixel_size_um for this file as the microscope states it; it is never assumed."
        refuse(file, "missing-scale", "no pixel size in the file or in images.csv", "µm a pixel", remedy)
    if not PIXEL_LOW <= size <= PIXEL_HIGH:
        expected = f"{PIXEL_LOW} to {PIXEL_HIGH} µm"
        refuse(
            file, "implausible-scale", f"{size:g} µm a pixel", expected, "Check the unit of the pixel size."
        )
    return size, "file" if own is not None else "user"


def tiff_pixel_size(tiff: Any, file: str) -> float | None:
    """Return the pixel size that an OME-TIFF or a TIFF of ImageJ states; None for any other.

    The resolution tags of other programs speak of paper, not of the specimen.

    Raises
    ------
    InputError
        If the description is damaged or pixels are not square.
    """
    if tiff.is_ome:
        return _ome_size(tiff.ome_metadata, file)
    if not tiff.is_imagej:
        return None
    notes: Mapping[str, Any] = tiff.imagej_metadata or {}
    scale = _UNITS.get(str(notes.get("unit", "")).replace("\\u00B5", "µ").strip())
    tag = tiff.pages[0].tags.get("XResolution")
    if tag is None or scale is None or not tag.value[0]:
        return None
    return float(scale * tag.value[1] / tag.value[0])


def _ome_size(text: str, file: str) -> float | None:
    pixels: list[Attributes] = []

    def start(name: str, attributes: Attributes) -> None:
        if name == "Pixels":
            pixels.append(dict(attributes))

    try:
        walk(text.encode(), file, start)
    except InputError:
        refuse_damaged(file, "OME-TIFF (its description)")
    sizes = [_size(pixels[0], axis) for axis in "XY"] if pixels else []
    known = [size for size in sizes if size is not None]
    if len(known) == 2 and abs(known[0] - known[1]) > _SAME * known[0]:
        found = f"pixels of {known[0]:g} by {known[1]:g} µm"
        refuse(file, "pixels-not-square", found, "square pixels", "Resample the image to square pixels.")
    return known[0] if known else None


def _size(pixels: Attributes, axis: str) -> float | None:
    scale = _UNITS.get(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
    try:
        value = float(pixels.get(f"PhysicalSize{axis}", ""))
    except ValueError:
        return None
    return value * scale if scale is not None and value > 0 else None
