"""Read one sheet of an XLSX workbook.

The archive is opened with limits, the sheet is looked over, and only then does a library decode it, in
a process of its own. It is given a fresh archive with that one sheet, the shared texts and the styles:
whatever else the file holds, and however it might be read in two ways, the library sees exactly the bytes
that were checked.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mitograft.errors import InputError, UsageError
from mitograft.tables.archive import open_archive
from mitograft.tables.content import describe_content
from mitograft.tables.contract import Cell, RawTable
from mitograft.tables.isolation import decode
from mitograft.tables.package import Sheet, open_package
from mitograft.tables.problems import Problems, refuse
from mitograft.tables.records import assemble
from mitograft.tables.sheet import check_sheet, shared_lengths

__all__ = ["read_workbook"]


def read_workbook(data: bytes, file: str, sheet: str | None = None) -> RawTable:
    """Read the bytes of an XLSX workbook.

    Parameters
    ----------
    data, file
        The whole file, and its name for messages.
    sheet
        Name of the sheet; None takes the first visible one.

    Raises
    ------
    UsageError
        If there is no sheet of that name.
    InputError
        If the content is not a workbook, is unsafe to open, or is not a plain table of values; lists every
        violation of the sheet.
    """
    _require_workbook(data, file)
    package = open_package(open_archive(data, file), file)
    name = _choose(package.sheets, sheet, file)
    problems = Problems(f"{file}, sheet '{name}'")
    lengths = shared_lengths(package.strings, file) if package.strings else []
    check_sheet(package.content(name), problems, lengths)
    try:
        records = _records(package.repack(name), problems.file)
    except InputError:
        problems.raise_any()  # the library may fail at the very cell that was noted, and say less about it
        raise
    table = assemble(records, problems, lambda: _empty_as_none)
    problems.raise_any()
    return table


def _require_workbook(data: bytes, file: str) -> None:
    if data.startswith(b"PK\x03\x04"):
        return
    refuse(
        file,
        "wrong-content",
        found=describe_content(data) or "content that is no workbook",
        expected="a workbook (.xlsx), as the ending of the file name says",
        remedy="Open it in a spreadsheet and save it as .xlsx without a password.",
    )


def _choose(sheets: Mapping[str, Sheet], wanted: str | None, file: str) -> str:
    usable = {name: sheet for name, sheet in sheets.items() if sheet.worksheet}
    if wanted is not None and wanted not in usable:
        raise UsageError(
            f"{file}: found no sheet '{wanted}'; expected one of {', '.join(usable) or '(none)'}."
        )
    if not usable:
        refuse(
            file,
            "no-sheet",
            found="a workbook without a worksheet",
            expected="a worksheet with a table",
            remedy="Check that the right file was given.",
        )
    visible = (name for name, sheet in usable.items() if sheet.visible)
    return wanted or next(visible, next(iter(usable)))


def _records(workbook: bytes, source: str) -> list[list[Any]]:
    _, rows = decode(workbook, source, "workbook")
    records: list[list[Any]] = json.loads(bytes(rows))
    return records


def _empty_as_none(cells: Sequence[Any]) -> Iterable[Cell]:
    # Only "not a number" differs from itself.
    return (None if cell == "" or cell != cell else cell for cell in cells)
