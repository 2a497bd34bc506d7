"""Open a Wave workbook without trusting it: checked archive, checked extent, then one sheet at a time."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mitograft.errors import EnvironmentFault, InputError, UsageError, Violation
from mitograft.tables.archive import open_archive
from mitograft.tables.content import describe_content
from mitograft.tables.package import Package, open_package
from mitograft.tables.problems import library_faults, refuse, refuse_damaged
from mitograft.tables.sheet import shared_lengths

__all__ = ["REQUIRED", "Rows", "Workbook", "number", "open_workbook", "text"]

Rows = Sequence[Sequence[Any]]
REQUIRED = ("Assay Configuration", "Rate", "Raw")
_MOST_BYTES = 100_000_000
_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PASSWORD = "EncryptedPackage".encode("utf-16-le")  # [MS-OFFCRYPTO] 2.3.4: the stream that holds the workbook
_MOST_ROWS, _MOST_LETTERS, _MOST_CHARACTERS = 200_000, 2, 500_000_000
_SHORT_TEXT = 1_000
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([^"']*)["']""")
_PLAIN_REFERENCE = re.compile(rb"([A-Za-z]{1,%d})?([0-9]{1,7})?" % _MOST_LETTERS)
_EXPORT_AGAIN = "Open the assay in Wave and export it to Excel anew."
_WORKBOOK = "a Wave workbook (.xlsx) with at most 200,000 rows and 702 columns a sheet"


@dataclass(frozen=True)
class Workbook:
    """The sheets of a workbook that passed the checks."""

    package: Package
    longest_text: int

    @property
    def file(self) -> str:
        """Name of the file for messages."""
        return self.package.file

    def has(self, sheet: str) -> bool:
        """Whether there is a worksheet of that name."""
        return sheet in self.package.sheets and self.package.sheets[sheet].worksheet

    def rows(self, sheet: str) -> Rows:
        """Return all cells of a sheet from A1 on; an empty cell is empty text.

        Raises
        ------
        InputError
            If the sheet cannot be decoded.
        """
        import python_calamine

        self._check_extent(self.package.content(sheet))
        data = self.package.repack(sheet)
        try:
            with library_faults(self.file, "workbook"):
                workbook = python_calamine.CalamineWorkbook.from_object(io.BytesIO(data))
                return workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
        except BaseException as fault:
            # A panic of the Rust library is no Exception, so that nothing swallows it by accident.
            if type(fault).__name__ == "PanicException":
                refuse_damaged(self.file, "workbook")
            raise

    def _check_extent(self, content: bytes) -> None:
        """Refuse cells far away and long texts shared by many cells: they would need too much memory."""
        for reference in set(_REFERENCE.findall(content)):
            match = _PLAIN_REFERENCE.fullmatch(reference)
            if match is None or int(match[2] or 0) > _MOST_ROWS:
                refuse(self.file, "too-large", "a cell outside any Wave sheet", _WORKBOOK, _EXPORT_AGAIN)
        if self.longest_text * content.count(b"<") > _MOST_CHARACTERS and self.longest_text > _SHORT_TEXT:
            refuse(self.file, "too-large", "a very long text in many cells", _WORKBOOK, _EXPORT_AGAIN)


def open_workbook(path: Path) -> Workbook:
    """Open a Wave workbook and check that the sheets every analysis needs are there.

    Raises
    ------
    UsageError
        If there is no such file.
    InputError
        If it is not a workbook, is damaged or unsafe, or lacks a sheet.
    """
    data = _read_bytes(path)
    file = path.name
    if not data.startswith(_ZIP):
        refuse(file, "wrong-content", *_wrong_content(data))
    package = open_package(open_archive(data, file), file)
    lengths = shared_lengths(package.strings, file) if package.strings else []
    workbook = Workbook(package, max(lengths, default=0))
    missing = [name for name in REQUIRED if not workbook.has(name)]
    if missing:
        raise InputError(file, [_missing_sheet(file, name, package.sheets) for name in missing])
    return workbook


def _wrong_content(data: bytes) -> tuple[str, str, str]:
    """Say what stands there instead of a workbook: what was found, what was expected, what to do."""
    found, remedy = describe_content(data) or "content that is no .xlsx workbook", _EXPORT_AGAIN
    if data.startswith(_GZIP):
        found = "a compressed file, perhaps a Wave project (.asyr)"
    elif data.startswith(_OLE) and _PASSWORD in data:
        found = "a workbook with a password"
        remedy = "Open it in Excel with its password and save it without the password."
    elif data.startswith(_OLE):
        found = "an old Excel file (.xls), whatever its name says"
        remedy = "Open it in Excel and save it as .xlsx, or export the assay from Wave anew."
    return found, _WORKBOOK, remedy


def _missing_sheet(file: str, name: str, present: Mapping[str, object]) -> Violation:
    near = get_close_matches(name, [sheet for sheet in present if sheet not in REQUIRED], n=1, cutoff=0.5)
    hint = f"Rename the sheet '{near[0]}' back to '{name}' if it is this one, or e" if near else "E"
    return Violation(
        "missing-sheet",
        found=f"no sheet '{name}'",
        expected=f"the sheets {', '.join(REQUIRED)}, as Wave exports them",
        remedy=f"{hint}xport the assay from Wave to Excel anew.",
        file=file,
    )


def _read_bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise UsageError(f"{path}: no such file. Check the name and the folder.")
        size = path.stat().st_size
        if size > _MOST_BYTES:
            refuse(path.name, "too-large", f"a file of {size / 1e6:.0f} MB", "at most 100 MB", _EXPORT_AGAIN)
        data = path.read_bytes()
    except PermissionError:
        raise UsageError(f"{path}: no permission to read this file.") from None
    except OSError as fault:
        raise EnvironmentFault(f"{path}: the machine could not read this file ({fault.strerror}).") from None
    if not data:
        refuse(path.name, "empty-file", "an empty file (0 bytes)", _WORKBOOK, "Copy the file again.")
    return data


def text(cell: Any) -> str:
    """Return a cell as text; whole numbers without a decimal point, as a spreadsheet shows them.

    >>> text(12.0), text(" x "), text(None)
    ('12', 'x', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def number(cell: Any) -> float:
    """Return a cell as a number, NaN where it holds none; a decimal comma is understood.

    >>> number(2.5), number("2,5"), number(" ")
    (2.5, 2.5, nan)
    """
    if isinstance(cell, bool) or cell is None:
        return float("nan")
    if isinstance(cell, int | float):
        return float(cell)
    try:
        return float(str(cell).strip().replace(",", "."))
    except ValueError:
        return float("nan")
