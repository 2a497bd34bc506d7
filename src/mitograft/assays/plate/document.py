"""An instrument file opened without trust: its text in a stated encoding, or the cells of its sheets."""

import csv
import io
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from mitograft.errors import EnvironmentFault, UsageError
from mitograft.tables.content import describe_content
from mitograft.tables.contract import Cell, RawTable
from mitograft.tables.problems import Problems, refuse

__all__ = ["Document", "Rows", "open_document"]

Rows = Sequence[Sequence[Cell]]

_MOST_BYTES = 100_000_000
_PEEK = 20_000
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Document:
    """The bytes of one file and the ways to look at them.

    Parameters
    ----------
    source
        File name for messages and results.
    data
        The whole content.
    """

    def __init__(self, source: str, data: bytes) -> None:
        self.source, self.data = source, data

    @property
    def ending(self) -> str:
        """The ending of the file name, in lower case."""
        return Path(self.source).suffix.lower()

    @property
    def stem(self) -> str:
        """The file name without its ending."""
        return Path(self.source).stem

    @property
    def is_workbook(self) -> bool:
        """Whether the name says that this is a workbook."""
        return self.ending == ".xlsx"

    @cached_property
    def peek(self) -> str:
        """The beginning of the text, for telling formats apart only; empty for a workbook."""
        if self.is_workbook:
            return ""
        encoding = "utf-16" if self.data.startswith(_UTF16) else "utf-8-sig"
        return self.data[:_PEEK].decode(encoding, errors="replace")

    def text(self, *encodings: str) -> str:
        """Return the text with line feeds, in the first of the encodings that fits (default UTF-8).

        Raises
        ------
        InputError
            If none fits.
        """
        kind = describe_content(self.data)
        if kind:
            refuse(
                self.source,
                "wrong-content",
                found=kind,
                expected="text, as the ending of the file name says",
                remedy="Export the plate again from the instrument's software.",
            )
        wanted = encodings or ("utf-8-sig",)
        for encoding in wanted:
            text = self._decoded(encoding)
            if text is not None:
                return text.replace("\r\n", "\n").replace("\r", "\n")
        return refuse(
            self.source,
            "encoding",
            found="text in another encoding",
            expected=f"text in {' or '.join(wanted).replace('-sig', '').upper()}",
            remedy="Export it again in that encoding, or save the values in the tidy layout.",
        )

    def _decoded(self, encoding: str) -> str | None:
        if encoding == "utf-16" and not self.data.startswith(_UTF16):
            return None  # without its mark, almost any bytes are UTF-16
        try:
            return self.data.decode(encoding)
        except UnicodeDecodeError:
            return None

    def lines(self, separator: str, *encodings: str) -> Rows:
        """Return the records of the text, cell by cell, without surrounding blanks."""
        reader = csv.reader(io.StringIO(self.text(*encodings), newline=""), delimiter=separator)
        problems = Problems(self.source)
        rows: list[list[Cell]] = []
        try:
            for record in reader:
                rows.append([cell.strip() for cell in record])  # noqa: PERF401  to know the row of a fault
        except csv.Error:
            problems.add(
                "broken-quotes",
                found="a record that cannot be split into cells",
                expected="double quotes in pairs, and no NUL byte",
                remedy="Export the file again.",
                row=len(rows) + 1,
            )
        problems.raise_any()
        return rows

    @cached_property
    def sheets(self) -> Mapping[str, Rows]:
        """The cells of every visible sheet, by name.

        Raises
        ------
        InputError
            If the content is no workbook, is unsafe, or a sheet holds formulas or errors.
        """
        import json

        from mitograft.tables.archive import open_archive
        from mitograft.tables.isolation import decode
        from mitograft.tables.package import open_package
        from mitograft.tables.sheet import check_sheet, shared_lengths

        if not self.data.startswith(b"PK\x03\x04"):
            refuse(
                self.source,
                "wrong-content",
                found=describe_content(self.data) or "content that is no workbook",
                expected="a workbook (.xlsx), as the ending of the file name says",
                remedy="Open it in a spreadsheet and save it as .xlsx without a password.",
            )
        package = open_package(open_archive(self.data, self.source), self.source)
        lengths = shared_lengths(package.strings, self.source) if package.strings else []
        found: dict[str, Rows] = {}
        for name, sheet in package.sheets.items():
            if not (sheet.visible and sheet.worksheet):
                continue
            problems = Problems(f"{self.source}, sheet '{name}'")
            check_sheet(package.content(name), problems, lengths)
            problems.raise_any()
            found[name] = json.loads(bytes(decode(package.repack(name), problems.file, "workbook")[1]))
        return found

    def table(self) -> RawTable:
        """Return the content as one table with a header."""
        if self.is_workbook:
            from mitograft.tables.workbook import read_workbook

            return read_workbook(self.data, self.source)
        from mitograft.tables.text import read_text

        return read_text(self.data, self.source, None if self.ending == ".csv" else "\t")


def open_document(path: Path, source: str | None = None) -> Document:
    """Read the bytes of a file of at most 100 MB.

    Raises
    ------
    UsageError
        If there is no such file, or it may not be read.
    InputError
        If it is empty or too large.
    """
    name = source or path.name
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file. Check the name and the folder.") from None
    except IsADirectoryError:
        raise UsageError(f"{path}: found a folder; expected a file. Name one file in it.") from None
    except PermissionError:
        raise UsageError(f"{path}: no permission to read this file. Ask its owner.") from None
    except OSError as fault:
        raise EnvironmentFault(f"{path}: the machine could not read it ({fault.strerror}).") from None
    if not data:
        refuse(name, "empty-file", "an empty file (0 bytes)", "a plate export", "Export the plate again.")
    if len(data) > _MOST_BYTES:
        refuse(
            name, "too-large", "more than 100 MB", "a plate export", "Check that the right file was given."
        )
    return Document(name, data)
