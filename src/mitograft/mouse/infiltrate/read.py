"""histology/images.csv to the images to measure; everything that is wrong with the table in one message."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path, PurePosixPath

from mitograft.errors import InputError, Violation, describe_cell
from mitograft.mouse.animals import Colony, read_date
from mitograft.mouse.infiltrate.contract import ENDINGS, IMAGES, ImageRow
from mitograft.tables.check import check
from mitograft.tables.contract import RawTable, Table
from mitograft.tables.read import read_table

__all__ = ["check_images", "read_images"]

_MASK_ENDINGS = (".tif", ".tiff", ".png")


def read_images(path: Path, colony: Colony) -> tuple[ImageRow, ...]:
    """Read the table of images; excluded ones are left out.

    Raises
    ------
    InputError
        With every violation: unknown mice, dates before birth or day zero, two days for one mouse, an image
        or a mask named twice, names that leave the folder, a pixel size that cannot be.
    """
    rows, violations = check_images(read_table(path), colony)
    if violations:
        raise InputError(path.name, violations)
    return rows


def check_images(raw: RawTable, colony: Colony) -> tuple[tuple[ImageRow, ...], list[Violation]]:
    """Compare a table of images with its contract and the colony.

    Returns
    -------
    rows, violations
        Images that are not excluded and have nothing wrong; everything that is wrong with the others.
    """
    table, violations = check(raw, IMAGES)
    cells = _Cells(table, colony)
    violations += colony.unknown(table.source, dict(zip(cells.numbers, cells.text["animal"], strict=True)))
    rows: list[ImageRow] = []
    for index in range(len(table)):
        found = [*cells.check_date(index), *cells.check_names(index)]
        violations += found
        row = None if found or cells.text["excluded"][index] else cells.row(index)
        if row is not None:
            rows.append(row)
    violations += [*_masks_twice(cells), *_two_days(cells)]
    return tuple(rows), violations


class _Cells:
    """The cells of the file as text with their place."""

    def __init__(self, table: Table, colony: Colony) -> None:
        self.colony, self.source = colony, table.source
        self.numbers = [int(row) for row in table.rows]
        empty = [""] * len(table)
        names = [column.name for column in IMAGES.columns if column.role != "number"]
        self.text = {n: [c or "" for c in table.texts[n]] if n in table.texts else empty for n in names}
        sizes = table.numbers.get("pixel_size_um")
        self.sizes: list[float | None] = [None] * len(table)
        if sizes is not None:
            self.sizes = [None if size != size else float(size) for size in sizes]
        self.days: list[date | None] = [None] * len(table)

    def fault(self, index: int, rule: str, column: str, found: str, expected: str, remedy: str) -> Violation:
        """Return a violation of a cell."""
        return Violation(rule, found, expected, remedy, self.source, self.numbers[index], column)

    def check_date(self, index: int) -> Iterator[Violation]:
        """Find a day that is none, or before birth or day zero."""
        text, row = self.text["date"][index], self.numbers[index]
        self.days[index], broken = read_date(text, self.source, row, "date")
        yield from broken
        mouse, day = self.colony.animals.get(self.text["animal"][index]), self.days[index]
        if mouse is None or day is None:
            return
        for limit, words in ((mouse.birth_date, "birth"), (mouse.day_zero, "day zero")):
            if day < limit:
                yield self.fault(
                    index, "dates-out-of-order", "date", f"a day before {words} of the mouse",
                    f"a day on or after {words}", "Correct one of the two dates.",
                )  # fmt: skip
                return

    def check_names(self, index: int) -> Iterator[Violation]:
        """Find names of files that leave the folder or are of another kind."""
        for column, endings in (
            ("file", ENDINGS),
            ("fibre_mask", _MASK_ENDINGS),
            ("nucleus_mask", _MASK_ENDINGS),
        ):
            name = self.text[column][index]
            if not name:
                continue
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name:
                yield self.fault(
                    index, "outside-folder", column, describe_cell(name),
                    "a file in the folder of this table", "Copy the file there and write its name alone.",
                )  # fmt: skip
            elif path.suffix.lower() not in endings:
                yield self.fault(
                    index, "unknown-ending", column, f"the ending {describe_cell(path.suffix)}",
                    f"one of {', '.join(endings)}", "Export the image as TIFF or PNG.",
                )  # fmt: skip

    def row(self, index: int) -> ImageRow | None:
        """Return an image; None where a cell it needs is missing."""
        text, day = {name: cells[index] for name, cells in self.text.items()}, self.days[index]
        needed = (text["file"], text["animal"], text["muscle"], text["block"])
        if day is None or not all(needed):
            return None
        return ImageRow(
            self.numbers[index], text["file"], text["animal"], day, text["muscle"], text["block"],
            text["section"], self.sizes[index], text["fibre_mask"], text["nucleus_mask"],
        )  # fmt: skip


def _masks_twice(cells: _Cells) -> Iterator[Violation]:
    """Find a mask that is said to belong to two images, or is an image itself."""
    first: dict[str, int] = dict(zip(cells.text["file"], cells.numbers, strict=True))
    for column in ("fibre_mask", "nucleus_mask"):
        for index, name in enumerate(cells.text[column]):
            if not name:
                continue
            if name in first:
                yield cells.fault(
                    index, "mask-twice", column, f"the file of row {first[name]}",
                    "a mask of its own for each image", "Correct one of the two names.",
                )  # fmt: skip
            first.setdefault(name, cells.numbers[index])


def _two_days(cells: _Cells) -> Iterator[Violation]:
    """Find mice whose muscles were taken on several days: there would be no one day of their value."""
    first: dict[str, tuple[date, int]] = {}
    for index, (animal, day) in enumerate(zip(cells.text["animal"], cells.days, strict=True)):
        if not animal or day is None:
            continue
        known, number = first.setdefault(animal, (day, cells.numbers[index]))
        if known != day:
            yield cells.fault(
                index, "two-days", "date", f"another day than in row {number}",
                "one day for all muscles of a mouse", "Correct the date; it is the day the muscle was taken.",
            )  # fmt: skip
