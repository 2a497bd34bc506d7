"""A bright-field picture from TIFF, PNG or JPEG: colours, full scale, pixel size; trust nothing declared."""

import io
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.errors import EnvironmentFault
from mitograft.mouse.infiltrate.scale import find_pixel_size, tiff_pixel_size
from mitograft.tables.problems import library_faults, refuse

__all__ = ["Picture", "decode_labels", "decode_picture", "read_bytes"]

MOST_BYTES = 1 << 29
MOST_VALUES = 1 << 27
SIDE_LOW = 64
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_PLAIN, _LZW, _OLD_JPEG, _NEW_JPEG, _PACKBITS = 1, 5, 6, 7, 32773
_DEFLATE = frozenset({8, 32946})
_BY_PILLOW = frozenset({_LZW, _NEW_JPEG, _PACKBITS})
_BITS = (8, 10, 12, 14, 16)
_MARK = b"SIMULATED"
_SAVE = "Export the field as an RGB TIFF or PNG of 8 bits a colour, at most some 40 million pixels."

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture in transmitted light.

    Parameters
    ----------
    file
        Its name.
    pixels
        Rows, columns, and red, green, blue; without sign, 8 or 16 bits.
    top
        Full scale of the camera: 255 for 8 bits; for 16 bits the least full scale of 10, 12, 14 or 16 bits
        that holds all values.
    pixel_um, scale_from
        Micrometres a pixel, and who gave them: ``file`` or ``user``.
    lossy
        Whether it went through JPEG.
    simulated
        Whether it says of itself that it is simulated.
    """

    file: str
    pixels: Array
    top: int
    pixel_um: float
    scale_from: str
    lossy: bool = False
    simulated: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.pixels.shape[0]), int(self.pixels.shape[1])


@dataclass(frozen=True, slots=True)
class _Decoded:
    values: Array
    pixel_um: float | None = None
    lossy: bool = False


def read_bytes(path: Path, file: str) -> bytes:
    """Read a file whole; refuse one that is missing, a folder or far too large."""
    try:
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            size = f"{path.stat().st_size / 1e9:.1f} GB"
            refuse(file, "too-large", size, f"at most {MOST_BYTES / 1e9:.1f} GB an image", _SAVE)
        return path.read_bytes()
    except FileNotFoundError:
        refuse(file, "no-file", "no such file", "an image file", "Copy it there, or correct the name.")
    except IsADirectoryError:
        refuse(file, "no-file", "a folder", "an image file", "Name the files, one row for each.")
    except OSError as error:
        raise EnvironmentFault(f"{file}: cannot be read ({error.strerror}).") from error


def decode_picture(data: bytes, file: str, given_um: float | None) -> Picture:
    """Decode a colour picture.

    Parameters
    ----------
    data, file
        The bytes and the name.
    given_um
        Micrometres a pixel as the user gives them; None where only the file can.

    Raises
    ------
    InputError
        If it is damaged, too large, not in colour, tiny, of one colour throughout, or without a pixel size.
    """
    decoded = _decode(data, file)
    values = decoded.values
    if values.ndim != 3:
        refuse(file, "not-colour", "a picture without colours", "red, green and blue", _SAVE)
    if min(values.shape[:2]) < SIDE_LOW:
        found = f"{values.shape[1]}×{values.shape[0]} pixels"
        refuse(file, "tiny-image", found, f"at least {SIDE_LOW}×{SIDE_LOW}", "Give the whole field.")
    highest = int(values.max())
    if highest == int(values.min()):
        refuse(file, "constant-image", f"{highest} everywhere", "a picture", "Check the export.")
    size, source = find_pixel_size(decoded.pixel_um, given_um, file)
    bits = 8 if values.dtype.itemsize == 1 else next(b for b in _BITS if highest < 1 << b)
    return Picture(file, values, (1 << bits) - 1, size, source, decoded.lossy, _MARK in data[:65536])


def decode_labels(data: bytes, file: str) -> Array:
    """Decode a label mask of a single plane.

    Raises
    ------
    InputError
        If it is damaged, too large, in colour, or went through JPEG, which changes labels.
    """
    decoded = _decode(data, file)
    if decoded.lossy or decoded.values.ndim != 2:
        found = "a JPEG" if decoded.lossy else "a picture in colours"
        refuse(
            file, "mask-kind", found, "one plane of labels as TIFF or PNG", "Export the labels, not a view."
        )
    return decoded.values


def _decode(data: bytes, file: str) -> _Decoded:
    if data.startswith(_TIFF):
        return _decode_tiff(data, file)
    for start, name in ((_PNG, "PNG"), (_JPEG, "JPEG")):
        if data.startswith(start):
            return _Decoded(_by_pillow(data, name, file), lossy=name == "JPEG")
    return refuse(file, "wrong-content", "neither TIFF nor PNG nor JPEG", "an image of these", _SAVE)


def _check_size(count: int, file: str) -> None:
    if count > MOST_VALUES:
        expected = f"at most {MOST_VALUES / 1e6:.0f} million"
        refuse(file, "too-large", f"{count / 1e6:.0f} million pixel values", expected, _SAVE)


def _by_pillow(data: bytes, kind: str, file: str) -> Array:
    from PIL import Image

    with library_faults(file, f"{kind} image"), warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # sizes are checked here
        try:
            image = Image.open(io.BytesIO(data), formats=[kind])
        except Image.DecompressionBombError:
            _check_size(MOST_VALUES + 1, file)
            raise
        mode, size = image.mode, image.size
    if mode not in {"L", "I;16", "I;16B", "I", "RGB", "RGBA"}:
        refuse(file, "unsupported-image", f"an image of mode {mode}", "RGB or grey, 8 or 16 bits", _SAVE)
    _check_size(size[0] * size[1] * (3 if mode.startswith("RGB") else 1), file)
    with library_faults(file, f"{kind} image"):
        values = np.asarray(image)
    if values.dtype == np.int32:  # how Pillow holds 16 bits of grey
        values = values.astype(np.uint16)
    return _opaque(values, 255)


def _opaque(values: Array, top: int) -> Array:
    """Lay a picture with transparency on white."""
    if values.ndim < 3 or values.shape[2] < 4:
        return values
    cover = values[..., 3:4]
    if int(cover.min()) == top:
        return values[..., :3]
    share = cover.astype(np.float32) / top
    laid = values[..., :3] * share + top * (1 - share)
    return np.asarray(np.round(laid), values.dtype)


def _decode_tiff(data: bytes, file: str) -> _Decoded:
    import logging

    import tifffile

    # What tifffile would log about a damaged file is said by the refusal.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    with library_faults(file, "TIFF image"):
        tiff = tifffile.TiffFile(io.BytesIO(data), _multifile=False)
        series = tiff.series[0]
        axes, shape, kind = series.axes, tuple(series.shape), np.dtype(series.dtype)
        pages = [page.aspage() for page in series.pages if page is not None]
        compression = int(pages[0].compression)
    _check_layout(axes, shape, kind, len(tiff.series), file)
    _check_size(int(np.prod(shape, dtype=np.int64)), file)
    if compression not in _DEFLATE | _BY_PILLOW | {_PLAIN}:
        found, expected = f"TIFF compression number {compression}", "none, deflate, LZW, PackBits or JPEG"
        refuse(file, "unsupported-compression", found, expected, _SAVE)
    with library_faults(file, "TIFF image"):
        inside = all(
            offset + count <= len(data)
            for page in pages
            for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)
        )
        complete = inside and sum(sum(page.databytecounts) for page in pages) > 0
    if not complete:
        refuse(file, "damaged", "a TIFF that ends before its pixels do", "a complete TIFF", "Copy it again.")
    if compression in _DEFLATE:
        _check_inflation(data, pages, file)
    if compression in _BY_PILLOW:
        values = _by_pillow(data, "TIFF", file)
    else:
        with library_faults(file, "TIFF image"):
            values = _colours_last(np.asarray(series.asarray()).reshape(shape), axes)
    return _Decoded(values, tiff_pixel_size(tiff, file), compression == _NEW_JPEG)


def _check_layout(axes: str, shape: tuple[int, ...], kind: np.dtype[Any], series: int, file: str) -> None:
    sides = dict(zip(axes, shape, strict=True))
    planes = int(np.prod([side for axis, side in sides.items() if axis not in "YXS"], dtype=np.int64))
    colours = sides.get("S", 1)
    if series > 1 or not {"Y", "X"} <= set(sides) or colours not in (1, 3, 4) or (planes > 1 and colours > 1):
        found = f"axes {axes} of sizes {'×'.join(map(str, shape))} in {series} series"
        remedy = "Whole-slide files: export the regions of interest. " + _SAVE
        refuse(file, "several-images", found, "one field in red, green and blue", remedy)
    if planes > 1 and planes != 3:
        refuse(file, "several-images", f"{planes} planes", "red, green and blue", _SAVE)
    if kind not in (np.dtype("u1"), np.dtype("u2"), np.dtype("u4"), np.dtype("i4")) or (
        kind.itemsize == 4 and planes * colours > 1
    ):
        refuse(file, "unsupported-image", f"pixels of type {kind}", "8 or 16 bits without sign", _SAVE)


def _check_inflation(data: bytes, pages: list[Any], file: str) -> None:
    """Refuse a piece that inflates to more than the image it declares."""
    for page in pages:
        most = max(int(np.prod(page.chunks, dtype=np.int64)) * page.dtype.itemsize, page.nbytes) + 64
        for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
            if count * 1032 <= MOST_VALUES:  # deflate cannot reach further
                continue
            piece = zlib.decompressobj()
            with library_faults(file, "TIFF image"):
                piece.decompress(data[offset : offset + count], most)
            if not piece.eof and piece.unconsumed_tail:
                refuse(file, "too-large", "a piece larger than the image it belongs to", "a TIFF", _SAVE)


def _colours_last(values: Array, axes: str) -> Array:
    """Return rows, columns and, where there are any, colours; transparency is laid on white."""
    for axis in [a for a, side in zip(axes, values.shape, strict=True) if a not in "YX" and side == 1]:
        values = values.squeeze(axes.index(axis))
        axes = axes.replace(axis, "", 1)
    rest = [a for a in axes if a not in "YX"]
    ordered = values.transpose([axes.index(a) for a in ["Y", "X", *rest]])
    if ordered.ndim == 2:
        return ordered
    ordered = ordered.reshape(*ordered.shape[:2], -1)
    return _opaque(ordered, int(np.iinfo(ordered.dtype).max))
