"""Read one field of view: two channels, nuclei and myosin heavy chain, and the scale."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from mitograft.assays.microscopy.channels import ChannelRole, find_channels
from mitograft.assays.microscopy.decode import Decoded, decode, read_bytes
from mitograft.assays.microscopy.masks import read_mask
from mitograft.assays.microscopy.planes import check_planes
from mitograft.assays.microscopy.scale import find_scale
from mitograft.assays.myotube.images import Labels
from mitograft.assays.myotube.swapped import refuse_swapped
from mitograft.tables.parameters import load_rows
from mitograft.tables.problems import refuse

__all__ = ["Field", "read_field", "read_labels"]

_PAGES = 4
_ROLES = (ChannelRole("nuclei", "DAPI"), ChannelRole("myosin", "MyHC"))


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
    size, origin = find_scale(first, pixel_size_um, file)
    check_planes(dict(zip(("nuclei", "myosin"), planes, strict=True)), file)
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
    known = load_rows("mitograft.assays.myotube", "channel_names.csv")
    at = find_channels(first.names, count, _ROLES, known, given=channels, file=file)
    shown = [first.names[i] if first.names else f"channel {i + 1}" for i in (at["nuclei"], at["myosin"])]
    return (first.planes[at["nuclei"]], first.planes[at["myosin"]]), (shown[0], shown[1])


def read_labels(path: Path, field: Field) -> Labels:
    """Read a label mask of the user's: 0 outside, another number for each nucleus or myotube.

    A mask of two values is taken apart into the regions that hang together.

    Raises
    ------
    InputError
        If it is no single plane of the field's size or holds no object.
    """
    return read_mask(path, (field.nuclei.shape[0], field.nuclei.shape[1]), field.source)
