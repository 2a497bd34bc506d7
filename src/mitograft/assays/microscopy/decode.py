"""Turn the bytes of a TIFF or PNG into planes, channel names and pixel size; trust nothing they declare."""

import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.microscopy.ome import micrometres, read_ome
from mitograft.errors import EnvironmentFault
from mitograft.tables.problems import library_faults, refuse

__all__ = ["Decoded", "decode", "read_bytes"]

MOST_BYTES = 1 << 30
MOST_PIXELS = 1 << 28
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_PNG = b"\x89PNG\r\n\x1a\n"
_PLAIN = 1
_BY_PILLOW = frozenset({5, 32773})  # LZW and PackBits, which tifffile alone does not decode
_DEFLATE = frozenset({8, 32946})
_COLOURS = ("red", "green", "blue")
_SAVE = "Export the field again as a two-dimensional OME-TIFF, uncompressed or with deflate compression."
_MODES = {"L": 1, "I;16": 1, "I;16B": 1, "RGB": 3, "RGBA": 3}


@dataclass(frozen=True, slots=True)
class Decoded:
    """What an image file holds.

    Parameters
    ----------
    planes
        One two-dimensional image a channel.
    names
        Channel names; empty where the file gives none.
    pixel_size_um
        Micrometres a pixel, from the file's own microscope metadata; None where it gives none.
    """

    planes: tuple[npt.NDArray[Any], ...]
    names: tuple[str, ...]
    pixel_size_um: float | None


def read_bytes(path: Path, file: str) -> bytes:
    """Read a file whole; refuse one that is missing, a folder or far too large."""
    try:
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            size = f"{path.stat().st_size / 1e9:.1f} GB"
            refuse(file, "too-large", size, f"at most {MOST_BYTES / 1e9:.1f} GB a field", _SAVE)
        return path.read_bytes()
    except FileNotFoundError:
        refuse(file, "no-file", "no such file", "an image file", "Check the path.")
    except IsADirectoryError:
        refuse(file, "no-file", "a folder", "an image file", "Name the files, one for each field.")
    except OSError as error:
        raise EnvironmentFault(f"{file}: cannot be read ({error.strerror}).") from error


def decode(data: bytes, file: str) -> Decoded:
    """Decode an image.

    Raises
    ------
    InputError
        If it is neither TIFF nor PNG, damaged, too large, a stack, or of a kind that is not read.
    """
    if data.startswith(_PNG):
        return _decode_png(data, file)
    if not data.startswith(_TIFF):
        refuse(file, "wrong-content", "a file that is neither TIFF nor PNG", "a TIFF or PNG image", _SAVE)
    return _decode_tiff(data, file)


def _check_pixels(count: int, file: str) -> None:
    if count > MOST_PIXELS:
        expected = f"at most {MOST_PIXELS / 1e6:.0f} million"
        refuse(file, "too-large", f"{count / 1e6:.0f} million pixel values", expected, _SAVE)


def _decode_png(data: bytes, file: str) -> Decoded:
    from PIL import Image

    with library_faults(file, "PNG image"):
        image = Image.open(io.BytesIO(data), formats=["PNG"])
        mode, size = image.mode, image.size
    if mode not in _MODES:
        refuse(file, "unsupported-image", f"a PNG of mode {mode}", "grey or RGB, 8 or 16 bits", _SAVE)
    _check_pixels(size[0] * size[1] * len(image.getbands()), file)
    with library_faults(file, "PNG image"):
        values = np.asarray(image)
    if values.ndim == 2:
        return Decoded((values,), (), None)
    return Decoded(tuple(values[..., i] for i in range(3)), _COLOURS, None)


def _decode_tiff(data: bytes, file: str) -> Decoded:
    import logging

    import tifffile

    # What tifffile would log about a damaged file is said by the refusal.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    with library_faults(file, "TIFF image"):
        tiff = tifffile.TiffFile(io.BytesIO(data), _multifile=False)
        series = tiff.series[0]
        axes, shape, kind = series.axes, tuple(series.shape), np.dtype(series.dtype)
        pages = [page.aspage() for page in series.pages if page is not None]
        compressions = {int(page.compression) for page in pages}
    _check_shape(axes, shape, kind, len(tiff.series), file)
    _check_pixels(int(np.prod(shape, dtype=np.int64)), file)
    _check_compression(compressions, file)
    with library_faults(file, "TIFF image"):
        if compressions & _DEFLATE:
            _check_inflation(data, pages, file)
        values = _by_pillow(data, pages) if compressions & _BY_PILLOW else series.asarray()
        complete = sum(sum(page.databytecounts) for page in pages) > 0 and _inside(data, pages)
    if not complete:
        refuse(file, "damaged", "a TIFF that ends before its pixels do", "a complete TIFF", "Copy it again.")
    names, size = _metadata(tiff, file)
    return Decoded(*_planes(np.asarray(values).reshape(shape), axes, names), size)


def _inside(data: bytes, pages: list[Any]) -> bool:
    """Tell whether every piece of pixel data lies inside the file."""
    return all(
        offset + count <= len(data)
        for page in pages
        for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)
    )


def _check_shape(axes: str, shape: tuple[int, ...], kind: np.dtype[Any], series: int, file: str) -> None:
    """Refuse stacks, time series, several images and unusual numbers."""
    sides = dict(zip(axes, shape, strict=True))
    for axis, word in (("Z", "a stack of {} planes"), ("T", "a time series of {} images")):
        if sides.get(axis, 1) > 1:
            remedy = "Make a maximum projection or choose one plane, and export that."
            refuse(file, "stack", word.format(sides[axis]), "one plane for each channel", remedy)
    strange = [axis for axis, side in sides.items() if axis not in "YXCSIQ" and side > 1]
    unnamed = sides.get("I", sides.get("Q", 1)) > 4
    if series > 1 or strange or unnamed or not {"Y", "X"} <= set(sides):
        found = f"axes {axes} of sizes {'×'.join(map(str, shape))} in {series} series"
        refuse(file, "several-images", found, "one field of one plane a channel", _SAVE)
    if kind not in (np.dtype("u1"), np.dtype("u2")):
        refuse(file, "unsupported-image", f"pixels of type {kind}", "8 or 16 bits without sign", _SAVE)


def _check_compression(compressions: set[int], file: str) -> None:
    strange = compressions - _DEFLATE - _BY_PILLOW - {_PLAIN}
    if strange:
        found = f"TIFF compression number {min(strange)}"
        refuse(file, "unsupported-compression", found, "no compression, deflate, LZW or PackBits", _SAVE)


def _check_inflation(data: bytes, pages: list[Any], file: str) -> None:
    """Refuse a piece that inflates to more than the image it declares."""
    for page in pages:
        most = max(int(np.prod(page.chunks, dtype=np.int64)) * page.dtype.itemsize, page.nbytes) + 64
        for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
            if count * 1032 <= MOST_PIXELS:  # deflate cannot reach further
                continue
            piece = zlib.decompressobj()
            piece.decompress(data[offset : offset + count], most)
            if not piece.eof and piece.unconsumed_tail:
                refuse(file, "too-large", "a piece larger than the image it belongs to", "a TIFF", _SAVE)


def _by_pillow(data: bytes, pages: list[Any]) -> npt.NDArray[Any]:
    from PIL import Image

    image = Image.open(io.BytesIO(data), formats=["TIFF"])
    planes = []
    for page in pages:
        image.seek(page.index)
        planes.append(np.asarray(image))
    return np.stack(planes)


def _planes(
    values: npt.NDArray[Any], axes: str, names: tuple[str, ...]
) -> tuple[tuple[npt.NDArray[Any], ...], tuple[str, ...]]:
    for axis in [a for a, side in zip(axes, values.shape, strict=True) if a not in "YX" and side == 1]:
        values = values.squeeze(axes.index(axis))
        axes = axes.replace(axis, "", 1)
    rest = [a for a in axes if a not in "YX"]
    if not rest:
        return (values if axes == "YX" else values.T,), names[:1]
    order = [axes.index(a) for a in [*rest, "Y", "X"]]
    values = values.transpose(order)
    planes = tuple(values.reshape(-1, *values.shape[-2:]))
    if "S" in rest:
        return planes[:3], _COLOURS[: len(planes)]
    return planes, names if len(names) == len(planes) else ()


def _metadata(tiff: Any, file: str) -> tuple[tuple[str, ...], float | None]:
    """Return channel names and pixel size of an OME-TIFF or a TIFF of ImageJ."""
    if tiff.is_ome:
        return read_ome(tiff.ome_metadata, file)
    if not tiff.is_imagej:
        return (), None  # resolution tags of other programs speak of paper, not of the specimen
    notes: Mapping[str, Any] = tiff.imagej_metadata or {}
    labels = notes.get("Labels", ())
    names = tuple(map(str, labels)) if isinstance(labels, list | tuple) else (str(labels),)
    unit = str(notes.get("unit", "")).replace("\\u00B5", "µ")
    tag = tiff.pages[0].tags.get("XResolution")
    scale = micrometres(unit)
    if tag is None or scale is None or not tag.value[0]:
        return names, None
    return names, scale * tag.value[1] / tag.value[0]
