"""Read a SAS transport file (XPORT), version 5 or 8: layout in ``transport``.

The text of the data is decoded by polars and the numbers by numpy, whole columns at a time. Text is UTF-8;
a column that is not is taken for Latin-1, in which every byte is a character (files of older systems).
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, NoReturn

from mitograft.tables.problems import Problems, refuse, refuse_damaged
from mitograft.tables.transport import RECORD_BYTES, VARIABLE_BYTES, Transport, TransportVariable, Version
from mitograft.tables.transport_number import NUMBER_BYTES, decode_numbers

if TYPE_CHECKING:
    import polars as pl

__all__ = ["decode_transport", "is_transport"]

_KIND = "transport file"
_SIGNATURES: dict[bytes, Version] = {
    b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!": 5,
    b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!": 8,
}
_HEADER = re.compile(rb"HEADER RECORD\*{7}(.{8})HEADER RECORD!{7}")
_MEMBERS = {5: b"MEMBER", 8: b"MEMBV8"}
_START = 640  # where the descriptions of the variables begin: eight records
_LARGEST_TEXT = 32_767
_FEWEST_NUMBER_BYTES = 2
_NUMBER, _TEXT = 1, 2
_LABELS = {b"LABELV8": 3, b"LABELV9": 5}


def is_transport(data: bytes) -> bool:
    """Tell whether bytes begin as a transport file does."""
    return data.startswith(tuple(_SIGNATURES))


def decode_transport(data: bytes, file: str) -> Transport:
    """Return the data set that a transport file holds.

    Parameters
    ----------
    data
        The whole file.
    file
        Its name for messages.

    Raises
    ------
    InputError
        If it is no transport file, is damaged or cut off, holds several data sets, or one variable twice.
    """
    version = _SIGNATURES.get(data[:48])
    if version is None:
        remedy = "Export the data set anew as a SAS transport file (XPORT version 5 or 8)."
        refuse(file, "not-a-transport-file", "something else", "a SAS transport file", remedy)
    if len(data) % RECORD_BYTES or len(data) < _START:
        refuse_damaged(file, _KIND)  # whole lines of 80 bytes
    try:
        layout = _read_layout(data, version, file)
    except (struct.error, ValueError, IndexError, UnicodeDecodeError):
        refuse_damaged(file, _KIND)
    _refuse_second_member(data, layout, file)
    _refuse_repeated(layout.variables, file)
    count = _count_rows(data, layout, file)
    frame = _frame(data, layout, count)
    return Transport(layout.name, layout.label, version, layout.variables, frame)


@dataclass(frozen=True, slots=True)
class _Layout:
    name: str
    label: str
    version: Version
    variables: tuple[TransportVariable, ...]
    start: int
    count: int | None  # rows, where the version says

    @property
    def row_bytes(self) -> int:
        return sum(variable.length for variable in self.variables)

    def fields(self) -> dict[str, tuple[TransportVariable, int]]:
        """Return each variable with the place of its cell in a row."""
        starts = accumulate((variable.length for variable in self.variables), initial=0)
        return {variable.name: (variable, at) for variable, at in zip(self.variables, starts, strict=False)}


def _read_layout(data: bytes, version: Version, file: str) -> _Layout:
    size = int(data[240 + 74 : 240 + 78])
    count = int(data[560 + 53 : 560 + 58])
    if size not in (136, VARIABLE_BYTES) or not count:
        refuse_damaged(file, _KIND)
    stop = _START + count * size
    variables = [
        _variable(data[place : place + size].ljust(VARIABLE_BYTES, b"\0"), version, file)
        for place in range(_START, stop, size)
    ]
    place = -(-stop // RECORD_BYTES) * RECORD_BYTES
    kind, rest = _header_at(data, place, file)
    if kind in _LABELS:
        place = _long_labels(data, place + RECORD_BYTES, int(rest.split()[0]), _LABELS[kind], variables)
        kind, rest = _header_at(data, place, file)
    if kind not in (b"OBS", b"OBSV8"):
        refuse_damaged(file, _KIND)
    rows = int(rest.split()[0]) if kind == b"OBSV8" else None
    name_bytes = 8 if version == 5 else 32
    name, label = _text(data[408 : 408 + name_bytes]), _text(data[512:552])
    places = [struct.unpack(">i", data[at + 84 : at + 88])[0] for at in range(_START, stop, size)]
    starts = accumulate((variable.length for variable in variables), initial=0)
    if places != list(starts)[:-1]:
        refuse_damaged(file, _KIND)
    return _Layout(name, label, version, tuple(variables), place + RECORD_BYTES, rows)


def _variable(record: bytes, version: Version, file: str) -> TransportVariable:
    kind, _, length, _ = struct.unpack(">hhhh", record[:8])
    fits = {_TEXT: 1 <= length <= _LARGEST_TEXT, _NUMBER: _FEWEST_NUMBER_BYTES <= length <= NUMBER_BYTES}
    if not fits.get(kind, False):
        refuse_damaged(file, _KIND)
    name = _text(record[8:16])
    if version == 8:
        name = _text(record[88:120].rstrip(b"\0")) or name
    width = struct.unpack(">h", record[64:66])[0]
    return TransportVariable(
        name, _text(record[16:56]), kind == _TEXT, length, _text(record[56:64].rstrip(b"\0")), width
    )


def _long_labels(
    data: bytes, place: int, count: int, numbers: int, variables: list[TransportVariable]
) -> int:
    """Put labels of more than 40 bytes in; return where the next header record begins."""
    start = place
    for _ in range(count):
        sizes = struct.unpack(f">{numbers}H", data[place : place + 2 * numbers])
        index, label_bytes = sizes[0] - 1, sizes[-1]
        place += 2 * numbers + sum(sizes[1:-1])
        if index < 0:
            raise ValueError("the number of no variable")
        old = variables[index]
        label = _text(data[place : place + label_bytes])
        variables[index] = TransportVariable(old.name, label, old.text, old.length, old.format, old.width)
        place += label_bytes
    return start + -(-(place - start) // RECORD_BYTES) * RECORD_BYTES


def _header_at(data: bytes, place: int, file: str) -> tuple[bytes, bytes]:
    found = _HEADER.match(data, place)
    if found is None:
        refuse_damaged(file, _KIND)
    return found.group(1).strip(), data[place + 48 : place + RECORD_BYTES]


def _text(data: bytes) -> str:
    try:
        return data.decode().rstrip(" ")
    except UnicodeDecodeError:
        return data.decode("latin-1").rstrip(" ")


def _refuse_second_member(data: bytes, layout: _Layout, file: str) -> None:
    mark = b"HEADER RECORD*******" + _MEMBERS[layout.version].ljust(8) + b"HEADER RECORD!!!!!!!"
    place = data.find(mark, layout.start)
    if place >= 0 and place % RECORD_BYTES == 0:
        remedy = "Export each data set to a file of its own."
        refuse(file, "several-data-sets", "more than one data set", "one data set in a file", remedy)


def _refuse_repeated(variables: tuple[TransportVariable, ...], file: str) -> None:
    problems = Problems(file)
    seen: set[str] = set()
    for variable in variables:
        name = variable.name.upper()
        if not name or name in seen:
            found = f"the variable {name[:32]} twice" if name else "a variable without a name"
            problems.add(
                "repeated-variable", found, "each variable once", "Export the data set anew.", None, name[:32]
            )
        seen.add(name)
    problems.raise_any()


def _count_rows(data: bytes, layout: _Layout, file: str) -> int:
    """Count the rows; version 5 does not say, and fills its last line of 80 bytes with blanks."""
    width, total = layout.row_bytes, len(data) - layout.start
    if layout.count is not None:
        if not 0 <= total - layout.count * width < RECORD_BYTES:
            _refuse_truncated(file, layout.count, total // width)
        return layout.count
    count, left = divmod(total, width)
    if left >= RECORD_BYTES or data[len(data) - left :].strip(b" "):
        _refuse_truncated(file, None, count)
    blank = b" " * (width if count else 0)
    while count and total - (count - 1) * width < RECORD_BYTES:
        begin = layout.start + (count - 1) * width
        if data[begin : begin + width] != blank:
            break
        count -= 1
    return count


def _refuse_truncated(file: str, announced: int | None, found: int) -> NoReturn:
    promised = "whole rows" if announced is None else f"{announced} rows, as its header says"
    refuse(
        file,
        "truncated",
        found=f"a transport file that stops within its rows (about {found} are there)",
        expected=promised,
        remedy="Copy or export the file again; copying it may have stopped half way.",
    )


def _frame(data: bytes, layout: _Layout, count: int) -> "pl.DataFrame":
    import numpy as np
    import polars as pl

    width = layout.row_bytes
    block = data[layout.start : layout.start + count * width]
    cells = np.frombuffer(block, np.uint8).reshape(count, width)
    rows = pl.Series("", [block[at : at + width] for at in range(0, len(block), width)], dtype=pl.Binary)
    fields = layout.fields()
    texts = _texts(rows, {name: field for name, field in fields.items() if field[0].text})
    columns = []
    for name, (variable, place) in fields.items():
        if variable.text:
            columns.append(texts[name])
        else:
            numbers = decode_numbers(cells[:, place : place + variable.length])
            columns.append(pl.Series(name, numbers, dtype=pl.Float64).fill_nan(None))
    return pl.DataFrame(columns)


def _texts(rows: "pl.Series", fields: Mapping[str, tuple[TransportVariable, int]]) -> "pl.DataFrame":
    """Return the text columns; "no value" where they are blank."""
    import polars as pl

    cut = rows.to_frame().select(
        pl.first().bin.slice(place, variable.length).alias(name) for name, (variable, place) in fields.items()
    )
    try:
        texts = cut.cast(pl.String)
    except pl.exceptions.PolarsError:
        texts = pl.DataFrame([_latin(column) for column in cut.iter_columns()])
    stripped = pl.all().str.strip_chars_end(" \0")
    return texts.select(pl.when(stripped != "").then(stripped).name.keep())


def _latin(column: "pl.Series") -> "pl.Series":
    import polars as pl

    try:
        return column.cast(pl.String)
    except pl.exceptions.PolarsError:
        cells = [cell.decode("latin-1") for cell in column.to_list()]
        return pl.Series(column.name, cells, dtype=pl.String)
