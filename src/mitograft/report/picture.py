"""Raster pictures of a report: photographs with what was found in them, carried within the page.

A drawing belongs into a ``Figure``, as SVG. A ``Picture`` is for what has pixels of its own: an image of
cells with outlines over it. It comes as PNG, is limited in size, and is never shown larger than it is.
"""

import re
import struct
from dataclasses import dataclass
from pathlib import PurePosixPath

from mitograft.errors import UsageError
from mitograft.evidence import DataKind

__all__ = ["MOST_BYTES", "MOST_PICTURES", "MOST_SIDE", "LegendEntry", "Picture", "Pictures", "ScaleBar"]

MOST_BYTES = 600_000
"""Largest size of one picture in the page."""
MOST_SIDE = 1600
"""Longest side of a picture in the page, in pixels."""
MOST_PICTURES = 48
"""Largest number of pictures in one block."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">8sI4sII")
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A bar over the lower left corner of a picture.

    Parameters
    ----------
    words
        The length it stands for, for example ``100 µm``.
    share
        Its length as a share of the picture's width, above 0 and at most 1.

    Raises
    ------
    UsageError
        If the words are empty or the share is out of range.
    """

    words: str
    share: float

    def __post_init__(self) -> None:
        """Refuse a bar that says nothing or leaves the picture."""
        if not self.words.strip() or not 0 < self.share <= 1:
            raise UsageError(
                f"Scale bar {self.words!r}: found a share of {self.share:g}; expected words and a share of "
                "the picture's width above 0 and at most 1."
            )


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """What a colour within the pictures (``#rrggbb``) stands for."""

    colour: str
    words: str

    def __post_init__(self) -> None:
        """Refuse what is no colour."""
        if not _COLOUR.fullmatch(self.colour):
            raise UsageError(f"Legend {self.words!r}: found {self.colour!r}; expected a colour as #rrggbb.")


@dataclass(frozen=True, slots=True)
class Picture:
    """A raster picture with what it shows in words.

    Parameters
    ----------
    id
        Part of the address of the picture within the page; unique in a document.
    title
        The subject in one line.
    caption
        How to read the picture.
    alt
        Text alternative: what a reader who cannot see the picture must know.
    png
        The picture, at most ``MOST_BYTES`` bytes and ``MOST_SIDE`` pixels a side.
    scale
        The scale bar; None where the scale is not known.
    legend
        What the colours stand for.
    file
        The picture in full size beside the report, as a path from the report's folder; empty for none.
    data_kind
        Kind of the data if it differs from the document's.

    Raises
    ------
    UsageError
        If a text is missing, the bytes are no PNG or beyond the limits, or the file is not beside the report.
    """

    id: str
    title: str
    caption: str
    alt: str
    png: bytes
    scale: ScaleBar | None = None
    legend: tuple[LegendEntry, ...] = ()
    file: str = ""
    data_kind: DataKind | None = None

    def __post_init__(self) -> None:
        """Refuse pictures without words, and bytes that are no small PNG."""
        if not self.alt.strip() or not self.title.strip():
            raise UsageError(f"Picture {self.id!r}: expected a title and a text alternative. Add them.")
        width, height = self._size()
        if len(self.png) > MOST_BYTES or not 0 < width <= MOST_SIDE or not 0 < height <= MOST_SIDE:
            raise UsageError(
                f"Picture {self.id!r}: found {width} by {height} pixels in {len(self.png):,} bytes; "
                f"expected at most {MOST_SIDE} a side and {MOST_BYTES:,} bytes. Shrink it first (shrink_png)."
            )
        path = PurePosixPath(self.file)
        if path.is_absolute() or ".." in path.parts or "\\" in self.file:
            raise UsageError(
                f"Picture {self.id!r}: found the file {self.file!r}; expected a path from the report's "
                "folder."
            )

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self._size()[0]

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self._size()[1]

    def _size(self) -> tuple[int, int]:
        if len(self.png) >= _HEADER.size:
            signature, _, kind, width, height = _HEADER.unpack_from(self.png)
            if signature == _SIGNATURE and kind == b"IHDR":
                return width, height
        raise UsageError(f"Picture {self.id!r}: found bytes that are no PNG; expected a PNG.")


@dataclass(frozen=True, slots=True)
class Pictures:
    """Several pictures side by side under one title, with one legend.

    Parameters
    ----------
    id, title, caption
        As of a picture, for all of them.
    items
        The pictures, one to ``MOST_PICTURES``; their own legends are not shown.
    legend
        What the colours stand for.
    data_kind
        Kind of the data if it differs from the document's.

    Raises
    ------
    UsageError
        If there are no pictures or too many, or the title is missing.
    """

    id: str
    title: str
    caption: str
    items: tuple[Picture, ...]
    legend: tuple[LegendEntry, ...] = ()
    data_kind: DataKind | None = None

    def __post_init__(self) -> None:
        """Refuse an empty or boundless grid."""
        if not self.title.strip() or not 1 <= len(self.items) <= MOST_PICTURES:
            raise UsageError(
                f"Pictures {self.id!r}: found {len(self.items)} pictures; expected a title and one to "
                f"{MOST_PICTURES} pictures."
            )
