"""Read one field of view: two channels, nuclei and myosin heavy chain, and the scale."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.channels import find_channels
from mitograft.assays.myotube.decode import Decoded, decode, read_bytes
from mitograft.assays.myotube.images import Labels
from mitograft.assays.myotube.swapped import refuse_swapped
from mitograft.tables.problems import Problems, refuse

__all__ = ["Field", "read_field", "read_labels"]

_SIDE_LOW = 64
_PIXEL_LOW, _PIXEL_HIGH = 0.02, 10.0
_PAGES = 4


@dataclass(frozen=True)
class Field:
    """One field of view.

    Parameters
    ----------
    source
        Name of the file.
    nuclei, myosin
        The two channels, as the camera counted.
    pixel_size_um
        Micrometres a pixel.
    scale_from
        ``file`` or ``user``: who gave the scale.
    names
        The two channels' names as the file or the user gives them.
    """

    source: str
    nuclei: npt.NDArray[Any]
    myosin: npt.NDArray[Any]
    pixel_size_um: float
    scale_from: str
    names: tuple[str, str]


def read_field(
    path: Path,
    *,
    source: str = "",
    myosin: Path | None = None,
    pixel_size_um: float | None = None,
    channels: Mapping[str, int | str] | None = None,
) -> Field:
    """Read a field from OME-TIFF, TIFF or PNG.

    Parameters
    ----------
    path
        The file; with ``myosin`` the file of the nuclear channel alone.
    source
        Name for messages and readings; the file's name where empty.
    myosin
        A second file that holds the myosin channel alone.
    pixel_size_um
        Micrometres a pixel; needed where the file gives no scale, refused where it contradicts the file.
    channels
        Which channel is which (role to name or number from 1), where the names do not say it.

    Raises
    ------
    InputError
        If the file is damaged, a stack, has not two channels, no scale, constant or swapped channels.
    """
    file = source or path.name
    first = decode(read_bytes(path, file), file)
    planes, names = _pair(first, path, myosin, channels, file)
    size, origin = _scale(first, pixel_size_um, file)
    _check_planes(planes, file)
    refuse_swapped(planes[0], planes[1], size, file)
    return Field(file, planes[0], planes[1], size, origin, names)


def _pair(
    first: Decoded, path: Path, myosin: Path | None, channels: Mapping[str, int | str] | None, file: str
) -> tuple[tuple[npt.NDArray[Any], npt.NDArray[Any]], tuple[str, str]]:
    if myosin is not None:
        second = decode(read_bytes(myosin, myosin.name), myosin.name)
        for name, part in ((file, first), (myosin.name, second)):
            if len(part.planes) != 1:
                found = f"{len(part.planes)} channels"
                refuse(name, "not-one-channel", found, "one channel a file", "Give the field as one file.")
        return (first.planes[0], second.planes[0]), (path.name, myosin.name)
    count = len(first.planes)
    if count < 2:
        remedy = "Export both channels into one OME-TIFF, or give the two files of the field."
        refuse(file, "single-channel", "one channel", "two channels: nuclei and myosin heavy chain", remedy)
    if count > _PAGES:
        remedy = "Make a projection of the stack, or export the two channels only."
        refuse(file, "stack", f"{count} planes", "two channels", remedy)
    at = find_channels(first.names, count, channels, file)
    shown = [first.names[i] if first.names else f"channel {i + 1}" for i in (at["nuclei"], at["myosin"])]
    return (first.planes[at["nuclei"]], first.planes[at["myosin"]]), (shown[0], shown[1])


def _scale(decoded: Decoded, given: float | None, file: str) -> tuple[float, str]:
    own = decoded.pixel_size_um
    if own is None and given is None:
        refuse(
            file,
            "missing-scale",
            "no pixel size in the file",
            "micrometres a pixel",
            "Give pixel_size_um for this file as the microscope states it; it is never assumed.",
        )
    if own is not None and given is not None and abs(own - given) > 0.01 * own:
        refuse(
            file,
            "contradicting-scale",
            f"{own:g} µm a pixel in the file, {given:g} from the user",
            "one pixel size",
            "Leave pixel_size_um away, or mend the file.",
        )
    size = own if own is not None else float(given or 0)
    if not _PIXEL_LOW <= size <= _PIXEL_HIGH:
        refuse(
            file,
            "implausible-scale",
            f"{size:g} µm a pixel",
            f"{_PIXEL_LOW} to {_PIXEL_HIGH} µm",
            "Check the unit of the pixel size.",
        )
    return size, "file" if own is not None else "user"


def _check_planes(planes: tuple[npt.NDArray[Any], npt.NDArray[Any]], file: str) -> None:
    """List what makes the planes useless."""
    problems = Problems(file)
    if planes[0].shape != planes[1].shape:
        found = " and ".join("×".join(map(str, plane.shape)) for plane in planes)
        problems.add("sizes-differ", f"channels of {found} pixels", "the same size", "Export them together.")
    for word, plane in zip(("nuclei", "myosin"), planes, strict=True):
        if min(plane.shape) < _SIDE_LOW:
            found = f"{plane.shape[1]}×{plane.shape[0]} pixels"
            expected = f"at least {_SIDE_LOW}×{_SIDE_LOW}"
            problems.add("tiny-image", found, expected, "Give the whole field.", None, word)
        elif plane.min() == plane.max():
            found = f"the same value {plane.flat[0]} everywhere"
            problems.add("constant-image", found, "a picture", "Check the exposure and export.", None, word)
    problems.raise_any()


def read_labels(path: Path, field: Field) -> Labels:
    """Read a label mask of the user's: 0 outside, another number for each nucleus or myotube.

    A mask of two values is taken apart into the regions that hang together.

    Raises
    ------
    InputError
        If it is no single plane of the field's size or holds no object.
    """
    from scipy.ndimage import label

    file = path.name
    decoded = decode(read_bytes(path, file), file)
    if len(decoded.planes) != 1 or decoded.planes[0].shape != field.nuclei.shape:
        found = f"{len(decoded.planes)} plane(s) of {'×'.join(map(str, decoded.planes[0].shape))} pixels"
        expected = f"one plane of {'×'.join(map(str, field.nuclei.shape))} pixels, as {field.source}"
        refuse(file, "mask-shape", found, expected, "Export the label mask at the size of the field.")
    plane = decoded.planes[0]
    values, numbered = np.unique(plane, return_inverse=True)
    if len(values) < 2 or values[0] != 0:
        remedy = "Export labels: 0 for background, one number for each object."
        refuse(file, "mask-empty", "no object on a background of 0", "labelled objects", remedy)
    if len(values) == 2:
        return np.asarray(label(plane > 0, np.ones((3, 3)))[0], np.int32)
    return np.asarray(numbered.reshape(plane.shape), np.int32)
