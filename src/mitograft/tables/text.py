"""Read CSV and TSV files: UTF-8 text in which every cell stays the text that was written."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from mitograft.tables.content import describe_content
from mitograft.tables.contract import Cell, RawTable
from mitograft.tables.escape import holds_escapes, restore
from mitograft.tables.problems import Problems, refuse
from mitograft.tables.records import assemble

__all__ = ["read_text"]

_SEPARATORS = ",;\t"  # in order of preference where a header holds as many of one as of another
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF8 = "text in UTF-8"
_SAVE_AS_UTF8 = "Save the file again as text in UTF-8 (in a spreadsheet: 'CSV UTF-8')."
# Cells repeat (visits, doses, scores on a grid): keeping one copy of each halves the memory. The limit keeps
# a column of distinct values from paying for it.
_MOST_SHARED = 16_384


def read_text(data: bytes, file: str, separator: str | None = None) -> RawTable:
    """Read the bytes of a CSV or TSV file.

    Parameters
    ----------
    data
        The whole file.
    file
        Its name for messages.
    separator
        The separator; None finds it in the header line (comma, semicolon or tab).

    Raises
    ------
    InputError
        If the bytes are not UTF-8 text or not a table; lists every violation found.
    """
    _refuse_other_content(data, file)
    problems = Problems(file)
    records = _records(data, separator or _find_separator(data), problems)
    if holds_escapes(data):
        records = ([restore(cell) for cell in record] for record in records)
    table = assemble(records, problems, _sharing)
    problems.raise_any()
    return table


def _refuse_other_content(data: bytes, file: str) -> None:
    if data.startswith(_UTF16_MARKS):
        refuse(file, "encoding", "text in UTF-16", _UTF8, _SAVE_AS_UTF8, row=1)
    kind = describe_content(data)
    if kind:
        refuse(
            file,
            "wrong-content",
            found=kind,
            expected="a table as text, as the ending of the file name says",
            remedy="Give the file the ending it should have, or export the table as CSV in UTF-8.",
        )
    nul = data.find(b"\x00")
    if nul >= 0:
        refuse(
            file,
            "encoding",
            found="a NUL byte (text in UTF-16 or UTF-32, or no text at all)",
            expected=_UTF8,
            remedy=_SAVE_AS_UTF8,
            row=_row_of(data, nul),
        )


def _row_of(data: bytes, position: int) -> int:
    """Count the rows up to a byte, as a spreadsheet counts them (a quoted cell may hold line ends)."""
    before = data[:position].decode("utf-8-sig", errors="replace") + "."
    try:
        return sum(1 for _ in csv.reader(io.StringIO(before, newline="")))
    except csv.Error:
        return len(before.splitlines())


def _find_separator(data: bytes) -> str:
    """Return the separator that stands most often in the header line, outside quotes."""
    lines = io.BytesIO(data.removeprefix(b"\xef\xbb\xbf"))
    first = next((line for line in lines if line.strip()), b"")
    header = first.lstrip(b" \r\n").partition(b"\r")[0].decode("utf-8", errors="replace")
    outside = re.sub(r'"[^"]*"?', "", header)
    return max(_SEPARATORS, key=outside.count)


def _records(data: bytes, separator: str, problems: Problems) -> Iterator[list[str]]:
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    rows = 0
    try:
        for record in csv.reader(text, delimiter=separator, strict=True):
            rows += 1
            yield record
    except UnicodeDecodeError:
        _add_bad_byte(data, problems)
    except csv.Error as fault:
        _add_broken_row(str(fault), rows + 1, problems)


def _add_bad_byte(data: bytes, problems: Problems) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as fault:
        problems.add(
            "encoding",
            found=f"the byte 0x{data[fault.start]:02X}, which is not UTF-8 (an older 8-bit encoding?)",
            expected=_UTF8,
            remedy=_SAVE_AS_UTF8,
            row=_row_of(data, fault.start),
        )


def _add_broken_row(fault: str, row: int, problems: Problems) -> None:
    if "field larger" in fault:
        found = f"a cell of more than {csv.field_size_limit()} characters (a quote never closed?)"
    elif "unexpected end" in fault:
        found = "a double quote that is never closed"
    else:
        found = "text after a closing double quote"
    problems.add(
        "broken-quotes",
        found=found,
        expected="double quotes in pairs around a whole cell, doubled inside it",
        remedy="Mend the quotes of this row; the rows below it were not read.",
        row=row,
    )


def _sharing() -> Callable[[Sequence[str]], Iterable[Cell]]:
    shared: dict[str, str | None] = {"": None}

    def convert(cells: Sequence[str]) -> Iterable[Cell]:
        if len(shared) > _MOST_SHARED:
            shared.clear()
            shared[""] = None
        return map(shared.setdefault, cells, cells)

    return convert
