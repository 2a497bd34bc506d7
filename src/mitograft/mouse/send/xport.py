"""SAS transport files (XPORT version 5): a domain to bytes and back, by pyreadstat.

The same domain always gives the same bytes: the four time stamps of the header are set to a fixed instant.
"""

import re
import tempfile
from pathlib import Path
from typing import Any, Literal

from mitograft.errors import InternalError
from mitograft.mouse.send.domain import Domain, Value, domain_label
from mitograft.provenance.faults import fault_of
from mitograft.tables.problems import library_faults, refuse, refuse_damaged

__all__ = ["MOST_BYTES", "encode_xpt", "read_xpt"]

MOST_BYTES = 200_000_000
_RECORD = 80
_VERSION: Literal[5] = 5
_INSTANT = b"01JAN70:00:00:00"
_STAMPS = (144, 160, 464, 480)
_STAMP = re.compile(rb"\d\d[A-Z]{3}\d\d:\d\d:\d\d:\d\d")
_SIGNATURES = (b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!", b"HEADER RECORD*******LIBV8")


def encode_xpt(domain: Domain) -> bytes:
    """Return a domain as the bytes of a transport file.

    The domain must keep the limits of the format (``check_send``).

    Raises
    ------
    InternalError
        If the library writes another header than the one known here.
    """
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame(
        {
            name: pd.Series(list(cells), dtype=object if isinstance(cells[0], str) else "float64")
            for name, cells in domain.columns.items()
        }
    )
    with tempfile.TemporaryDirectory(prefix="mitograft-") as folder:
        path = Path(folder) / domain.file
        pyreadstat.write_xport(
            frame,
            path,
            file_label=domain_label(domain.name)[:40],
            column_labels=[domain.labels[name] for name in domain.columns],
            table_name=domain.name,
            file_format_version=_VERSION,
        )
        data = bytearray(path.read_bytes())
    for place in _STAMPS:
        if not _STAMP.fullmatch(data[place : place + len(_INSTANT)]):
            raise InternalError(f"{domain.file}: the transport file has no time stamp at byte {place}.")
        data[place : place + len(_INSTANT)] = _INSTANT
    return bytes(data)


def read_xpt(path: Path) -> Domain:
    """Read a transport file; the domain is called as the file.

    Raises
    ------
    InputError
        If it is not a transport file, is damaged or too large.
    UsageError, EnvironmentFault
        If it is missing or cannot be read.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(_RECORD)
    except OSError as error:
        raise fault_of(error, "read", path) from error
    if size > MOST_BYTES:
        found, expected = f"{size / 1e6:.0f} MB", f"at most {MOST_BYTES / 1e6:.0f} MB"
        refuse(path.name, "too-large", found, expected, "Split the file by subject.")
    if not head.startswith(_SIGNATURES):
        remedy = "Export the data set anew as a SAS transport file (XPORT version 5)."
        refuse(path.name, "not-a-transport-file", "something else", "a SAS transport file", remedy)
    if size % _RECORD:
        refuse_damaged(path.name, "transport file")  # the format has no count, but whole lines of 80 bytes
    frame, meta = _decode(path)
    with library_faults(path.name, "transport file"):
        columns: dict[str, list[Value]] = {}
        for name in frame.columns:
            cells = frame[name].tolist()
            columns[str(name).upper()] = (
                [float(cell) for cell in cells]
                if frame[name].dtype.kind in "fiu"
                else [cell if isinstance(cell, str) else "" for cell in cells]
            )
        labels = [label or "" for label in meta.column_labels]
    if len(columns) != len(labels):
        refuse(path.name, "damaged", "the same variable twice", "each variable once", "Export it anew.")
    return Domain(path.stem.upper(), columns, dict(zip(columns, labels, strict=True)))


def _decode(path: Path) -> Any:
    import pyreadstat

    with library_faults(path.name, "transport file"):
        try:
            found = pyreadstat.read_xport(path, disable_datetime_conversion=True)
        except (UnicodeDecodeError, pyreadstat.ReadstatError):
            # Files of older systems are in Latin-1, in which every byte is a character.
            found = pyreadstat.read_xport(path, disable_datetime_conversion=True, encoding="LATIN1")
    return found
