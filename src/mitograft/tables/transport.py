"""SAS transport files (XPORT), versions 5 and 8: what one holds, and how it is turned into bytes.

The same table always gives the same bytes: the time stamps of the header are a fixed instant. A file holds
one data set.

Version 5 keeps names of 8 bytes, labels of 40 and text of 200; version 8 names of 32, labels of 256 and text
of 32,767. Who writes a file checks these limits first.

Source: SAS Institute, "Record Layout of a SAS Version 5 or 6 Data Set in SAS Transport (XPORT) Format"
(TS-140) and its sequel for versions 8 and 9.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mitograft.errors import UsageError
from mitograft.tables.transport_number import NUMBER_BYTES, encode_numbers

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

__all__ = ["RECORD_BYTES", "VARIABLE_BYTES", "Transport", "TransportVariable", "Version", "encode_transport"]

Version = Literal[5, 8]
RECORD_BYTES = 80
VARIABLE_BYTES = 140
_INSTANT = b"01JAN70:00:00:00"
_SOFTWARE = b"6.06    bsd4.2  "  # the version and system that open software for this format writes
_NUMBER, _TEXT = 1, 2
_SHORT_LABEL = 40
_HEADERS = {
    5: (b"LIBRARY", b"MEMBER", b"DSCRPTR", b"NAMESTR", b"OBS"),
    8: (b"LIBV8", b"MEMBV8", b"DSCPTV8", b"NAMSTV8", b"OBSV8"),
}


@dataclass(frozen=True, slots=True)
class TransportVariable:
    """One variable.

    Parameters
    ----------
    name, label
        As the file has them.
    text
        Whether its cells are text; else numbers.
    length
        Bytes of one cell in the file.
    format
        Name of the SAS format without width, such as ``DATE``; empty for none.
    width
        Width of the format.
    """

    name: str
    label: str
    text: bool
    length: int
    format: str = ""
    width: int = 0


@dataclass(frozen=True)
class Transport:
    """A data set as a transport file holds it: text (null where empty) and numbers (null where missing)."""

    name: str
    label: str
    version: Version
    variables: tuple[TransportVariable, ...]
    frame: "pl.DataFrame"


def encode_transport(table: Transport) -> bytes:
    """Return a data set as the bytes of a transport file.

    Raises
    ------
    UsageError
        If names, labels, text or numbers are beyond the limits of the version.
    """
    header = b"".join(_header(table))
    body = _pad(_observations(table).tobytes())
    return header + body


def _header(table: Transport) -> Iterable[bytes]:
    library, member, descriptor, variables, observations = _HEADERS[table.version]
    name_bytes = 8 if table.version == 5 else 32
    yield _record(library)
    yield b"SAS     SAS     SASLIB  " + _SOFTWARE + b" " * 24 + _INSTANT
    yield _pad(_INSTANT)
    yield _record(member, b"000000000000000001600000000140")
    yield _record(descriptor)
    named = b"SAS     " + _fit(table.name, name_bytes, "data set name") + b"SASDATA " + _SOFTWARE
    yield named + b" " * (RECORD_BYTES - len(named) - len(_INSTANT)) + _INSTANT
    yield _pad(_INSTANT + b" " * 16 + _fit(table.label, _SHORT_LABEL, "data set label"))
    yield _record(variables, b"000000%04d00000000000000000000" % len(table.variables))
    yield _pad(b"".join(_variables(table)))
    if table.version == 5:
        yield _record(observations)
    else:
        yield from _long_labels(table)
        yield _record(observations, b"%15d" % table.frame.height)


def _variables(table: Transport) -> Iterable[bytes]:
    place = 0
    for number, variable in enumerate(table.variables, start=1):
        if variable.length < 1 or (not variable.text and variable.length != NUMBER_BYTES):
            raise UsageError(f"{variable.name}: found a length of {variable.length} bytes.")
        kind = _TEXT if variable.text else _NUMBER
        label = variable.label.encode()
        if table.version == 5:
            name = _fit(variable.name, 8, "name")
            label, rest = _fit(variable.label, _SHORT_LABEL, "label"), b""
        else:
            name = variable.name.encode()[:8].ljust(8)
            rest = _fit(variable.name, 32, "name") + struct.pack(">h", len(label))
            label = label[:_SHORT_LABEL].ljust(_SHORT_LABEL)
        yield b"".join(
            (
                struct.pack(">hhhh", kind, 0, variable.length, number),
                *(name, label, _fit(variable.format, 8, "format")),
                struct.pack(">hhhxx", variable.width, 0, int(not variable.text)),
                b" " * 8 + struct.pack(">hhi", 0, 0, place),
                rest.ljust(VARIABLE_BYTES - 88, b"\0"),
            )
        )
        place += variable.length


def _long_labels(table: Transport) -> Iterable[bytes]:
    found = []
    for number, variable in enumerate(table.variables, start=1):
        name, label = variable.name.encode(), variable.label.encode()
        if len(label) > _SHORT_LABEL:
            found.append(struct.pack(">hhh", number, len(name), len(label)) + name + label)
    if found:
        yield _record(b"LABELV8", b"%d" % len(found), fill=b" ")
        yield _pad(b"".join(found))


def _observations(table: Transport) -> "npt.NDArray[np.uint8]":
    import numpy as np

    if not table.variables:
        raise UsageError(f"{table.name}: found no variable; expected one at least.")
    blocks = [
        _texts(table.frame[variable.name], variable)
        if variable.text
        else encode_numbers(table.frame[variable.name].to_numpy(), variable.name)
        for variable in table.variables
    ]
    return np.concatenate(blocks, axis=1)


def _texts(column: "pl.Series", variable: TransportVariable) -> "npt.NDArray[np.uint8]":
    import numpy as np
    import polars as pl

    longest = column.str.len_bytes().max()
    if isinstance(longest, int) and longest > variable.length:
        raise UsageError(
            f"{variable.name}: found text of {longest} bytes; expected {variable.length} at most."
        )
    cells: Any = np.array(column.fill_null("").cast(pl.Binary).to_list(), dtype=f"S{variable.length}")
    found: npt.NDArray[np.uint8] = cells.view(np.uint8).reshape(-1, variable.length)
    return np.where(found == 0, np.uint8(ord(" ")), found)


def _fit(text: str, length: int, what: str) -> bytes:
    data = text.encode()
    if len(data) > length:
        raise UsageError(f"{text[:length]}: found a {what} of {len(data)} bytes; expected {length} at most.")
    return data.ljust(length)


def _record(kind: bytes, rest: bytes = b"", fill: bytes = b"0") -> bytes:
    """Return a header record: its kind, then 30 characters."""
    return b"HEADER RECORD*******" + kind.ljust(8) + b"HEADER RECORD!!!!!!!" + _tail(rest, fill)


def _tail(rest: bytes, fill: bytes) -> bytes:
    return rest.ljust(32) if rest else fill * 30 + b"  "


def _pad(data: bytes) -> bytes:
    return data + b" " * (-len(data) % RECORD_BYTES)
