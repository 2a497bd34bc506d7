"""SAS transport files (XPORT version 5): a domain to bytes and back.

The same domain always gives the same bytes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mitograft.mouse.send.domain import Domain, Value, domain_label
from mitograft.provenance.faults import fault_of
from mitograft.tables.problems import refuse
from mitograft.tables.transport import Transport, TransportVariable, encode_transport
from mitograft.tables.transport_read import decode_transport

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MOST_BYTES", "encode_xpt", "read_xpt"]

MOST_BYTES = 200_000_000
_NUMBER_BYTES = 8
_LONGEST_LABEL = 40


def encode_xpt(domain: Domain) -> bytes:
    """Return a domain as the bytes of a transport file.

    The domain must keep the limits of the format (``check_send``).

    Raises
    ------
    UsageError
        If it does not.
    """
    import polars as pl

    columns = {name: _column(name, cells) for name, cells in domain.columns.items()}
    variables = [
        TransportVariable(name, domain.labels[name], column.dtype == pl.String, _bytes(column))
        for name, column in columns.items()
    ]
    label = domain_label(domain.name)[:_LONGEST_LABEL]
    return encode_transport(Transport(domain.name, label, 5, tuple(variables), pl.DataFrame(columns)))


def _column(name: str, cells: Sequence[Value]) -> "pl.Series":
    import polars as pl

    kind = pl.String if isinstance(cells[0], str) else pl.Float64
    return pl.Series(name, list(cells), dtype=kind, strict=False)


def _bytes(column: "pl.Series") -> int:
    """Return the bytes that a cell of a column needs."""
    import polars as pl

    if column.dtype != pl.String:
        return _NUMBER_BYTES
    longest = column.str.len_bytes().max()
    return longest if isinstance(longest, int) and longest else 1


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
        data = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise fault_of(error, "read", path) from error
    if size > MOST_BYTES:
        found, expected = f"{size / 1e6:.0f} MB", f"at most {MOST_BYTES / 1e6:.0f} MB"
        refuse(path.name, "too-large", found, expected, "Split the file by subject.")
    table = decode_transport(data, path.name)
    columns: dict[str, Sequence[Value]] = {}
    labels: dict[str, str] = {}
    for variable, column in zip(table.variables, table.frame.iter_columns(), strict=True):
        name = variable.name.upper()
        empty: Value = "" if variable.text else float("nan")
        columns[name] = column.fill_null(empty).to_list()
        labels[name] = variable.label
    return Domain(path.stem.upper(), columns, labels)
