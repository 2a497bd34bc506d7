"""Read uptake images: the table that says what each shows, channels by name, the scale, the user's masks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.microscopy.channels import ChannelRole, find_channels
from mitograft.assays.microscopy.decode import decode, read_bytes
from mitograft.assays.microscopy.masks import read_mask
from mitograft.assays.microscopy.planes import check_planes
from mitograft.assays.microscopy.scale import find_scale
from mitograft.assays.uptake.contract import IMAGES
from mitograft.assays.uptake.estimates import Place
from mitograft.errors import InputError, Violation
from mitograft.tables.check import check
from mitograft.tables.contract import Table
from mitograft.tables.parameters import load_rows
from mitograft.tables.problems import refuse
from mitograft.tables.read import read_table

__all__ = ["IMAGE_TABLE", "ImageRow", "UptakeImage", "find_images", "read_image", "read_image_table"]

IMAGE_TABLE = "uptake_images.csv"
"""The table that says plate, well and role of every image of its folder."""

_ENDINGS = (".tif", ".tiff", ".png")
_CHANNELS = ("donor", "nuclei", "recipient", "cell")
_EXAMPLES = ("donor MitoTracker", "DAPI", "recipient mitochondria", "membrane")
_SAY = (
    f"Say which is which in the columns {', '.join(f'{name}_channel' for name in _CHANNELS)} of "
    f"{IMAGE_TABLE}, by name or counted from 1."
)


@dataclass(frozen=True, slots=True)
class ImageRow:
    """What the table says of one image.

    Parameters
    ----------
    place
        File, plate, well and group.
    untreated
        Whether the cells were given no mitochondria.
    pixel_size_um
        Micrometres a pixel as the user gives them; None where the file has to.
    channels
        What the user says of the channels: role to name, or number from 1.
    mask
        File with one label a cell; empty where cells are sought.
    """

    place: Place
    untreated: bool
    pixel_size_um: float | None
    channels: Mapping[str, int | str]
    mask: str


@dataclass(frozen=True, repr=False)
class UptakeImage:
    """One image: a plane for each role it has, the scale, the user's cells where given.

    Parameters
    ----------
    row
        What the table says of it.
    planes
        ``donor`` always, ``nuclei`` unless ``cells`` is given, ``recipient`` (its mitochondria) and ``cell``
        (membrane or cytoplasm) where the file has them; as the camera counted.
    pixel_size_um
        Micrometres a pixel.
    cells
        The user's label mask, 0 outside.
    """

    row: ImageRow
    planes: Mapping[str, npt.NDArray[Any]]
    pixel_size_um: float
    cells: npt.NDArray[np.int32] | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.row.place.source


def find_images(folder: Path) -> tuple[str, ...]:
    """Return the names of the image files of a folder, in order."""
    names = (path.name for path in folder.iterdir() if path.is_file())
    return tuple(sorted(n for n in names if n.lower().endswith(_ENDINGS) and not n.startswith(".")))


def read_image_table(folder: Path) -> tuple[ImageRow, ...]:
    """Read the table of a folder's images; nothing where the folder has neither table nor images.

    Raises
    ------
    InputError
        With every violation: images without a table or a row, rows without an image, a plate without
        untreated cells.
    """
    present, path = find_images(folder), folder / IMAGE_TABLE
    if not path.is_file():
        if present:
            expected = "a table that says plate, well and role (sample or untreated) of every image"
            remedy = "Write it; names of files are not read as if they said it."
            refuse(IMAGE_TABLE, "no-image-table", f"{len(present)} images without it", expected, remedy)
        return ()
    raw = read_table(path)
    table, violations = check(raw, IMAGES)
    found = violations or list(_broken(table, present))
    if found:
        raise InputError(raw.source, sorted(found, key=lambda v: (v.row is not None, v.row or 0)))
    return tuple(_row(table, i) for i in range(len(table)))


def _broken(table: Table, present: tuple[str, ...]) -> Iterator[Violation]:
    named: set[str] = set()
    for i in range(len(table)):
        for column in ("image", "mask"):
            name = _text(table, column, i)
            if name and name not in present:
                found, expected = f"{name[:80]}", "the name of an image file beside the table"
                remedy = "Add the file, or mend the name."
                row = int(table.rows[i])
                yield Violation("no-such-image", found, expected, remedy, table.source, row, column)
            named.add(name)
    for name in present:
        if name not in named:
            remedy = "Add a row for it, or take the image out of the folder."
            yield Violation("image-without-row", name, "a row for every image", remedy, table.source)
    plates: dict[str, bool] = {}
    for i in range(len(table)):
        plate = _text(table, "plate", i)
        plates[plate] = plates.get(plate, False) or _text(table, "role", i) == "untreated"
    for plate in (plate for plate, controlled in plates.items() if not controlled):
        found, expected = f"plate {plate} without untreated cells", "an untreated image on every plate"
        remedy = "Its threshold comes from them. Add one, or leave the plate out."
        yield Violation("no-control", found, expected, remedy, table.source, column="role")


def _text(table: Table, name: str, i: int) -> str:
    column = table.texts.get(name)
    return (column[i] or "") if column is not None else ""


def _row(table: Table, i: int) -> ImageRow:
    size = float(table.numbers["pixel_size_um"][i]) if "pixel_size_um" in table.numbers else np.nan
    said = {name: _text(table, f"{name}_channel", i) for name in _CHANNELS}
    return ImageRow(
        place=Place(*(_text(table, name, i) for name in ("image", "plate", "well", "group"))),
        untreated=_text(table, "role", i) == "untreated",
        pixel_size_um=None if np.isnan(size) else size,
        channels={name: int(text) if text.isdecimal() else text for name, text in said.items() if text},
        mask=_text(table, "mask", i),
    )


def read_image(folder: Path, row: ImageRow) -> UptakeImage:
    """Read one image.

    Raises
    ------
    InputError
        If the file is damaged, a stack, lacks a channel or the scale, has one picture twice, constant planes,
        or a mask that does not fit.
    """
    file = row.place.source
    decoded = decode(read_bytes(folder / file, file), file)
    count = len(decoded.planes)
    if count == 1 and not row.mask:
        expected = "two to four channels: donor mitochondria, nuclei, recipient mitochondria or cells"
        refuse(file, "single-channel", "one channel", expected, "Export all channels into one OME-TIFF.")
    if count > len(_CHANNELS):
        remedy = "Make a projection of the stack, or export the channels needed only."
        refuse(file, "stack", f"{count} planes", "two to four channels", remedy)
    roles = [
        ChannelRole(name, example, name == "donor" or (name == "nuclei" and not row.mask))
        for name, example in zip(_CHANNELS, _EXAMPLES, strict=True)
    ]
    known = load_rows("mitograft.assays.uptake", "channel_names.csv")
    at = find_channels(decoded.names, count, roles, known, given=row.channels, file=file, remedy=_SAY)
    planes = {role: decoded.planes[place] for role, place in at.items()}
    size, _ = find_scale(decoded, row.pixel_size_um, file)
    check_planes(planes, file)
    _refuse_same(planes, file)
    height, width = planes["donor"].shape
    cells = read_mask(folder / row.mask, (height, width), file) if row.mask else None
    return UptakeImage(row, planes, size, cells)


def _refuse_same(planes: Mapping[str, npt.NDArray[Any]], file: str) -> None:
    names = list(planes)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            if np.array_equal(planes[first], planes[second]):
                found = f"the same picture as {first} and as {second}"
                remedy = "Check the export and the channel numbers."
                refuse(file, "same-channel-twice", found, "a picture of its own in each channel", remedy)
