"""Turn a table into the bytes of a file; the caller writes them.

The same table always gives the same bytes. Numbers are written with the shortest text that reads back as
the same number; a cell without a value is empty (null in JSON). Text that a spreadsheet would run as a
formula is escaped in CSV and TSV and written as text in XLSX; the kind of the column decides, so that the
number -0.5 stays a number.
"""

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence

from mitograft.errors import UsageError
from mitograft.tables.contract import Cell
from mitograft.tables.escape import escape
from mitograft.tables.typed import TypedColumn, number_text, shortest, typed_columns

__all__ = ["ENDINGS", "encode_table", "format_csv"]


def format_csv(columns: Mapping[str, Sequence[Cell]]) -> str:
    r"""Return a table as the text of a CSV file (commas, lines ended by a line feed).

    >>> format_csv({"subject": ["007", "=1+1"], "pct_haq": [-0.5, None]})
    "subject,pct_haq\n007,-0.5\n'=1+1,\n"
    """
    return _separated(typed_columns(columns), ",")


def encode_table(ending: str, columns: Mapping[str, Sequence[Cell]]) -> bytes:
    """Return a table as the bytes of a file.

    Parameters
    ----------
    ending
        One of ``ENDINGS`` (``.csv``, ``.tsv``, ``.xlsx``, ``.parquet``, ``.json``), in any case.
    columns
        Cells by column name; lists or arrays of one length.

    Raises
    ------
    UsageError
        If the ending is none of these, or the table does not fit the format.
    """
    encode = _ENCODERS.get(ending.lower())
    if encode is None:
        raise UsageError(f"Found the ending '{ending}'; expected one of {', '.join(ENDINGS)}.")
    return encode(typed_columns(columns))


def _separated(columns: Sequence[TypedColumn], separator: str) -> str:
    special = re.compile(f'[{separator}"\r\n]')

    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if special.search(text) else text

    header = [quoted(escape(column.name)) for column in columns]
    fields = [_fields(column, quoted) for column in columns]
    lone_empty = '""' if len(columns) == 1 else ""  # a line of one empty cell would be a blank line
    rows = (separator.join(row) or lone_empty for row in zip(*fields, strict=True))
    return "\n".join([separator.join(header), *rows]) + "\n"


def _fields(column: TypedColumn, quoted: Callable[[str], str]) -> list[str]:
    if column.kind == "text":
        return [quoted(escape(cell)) if isinstance(cell, str) else "" for cell in column.cells]
    if column.kind == "number":
        return [number_text(cell) if isinstance(cell, int | float) else "" for cell in column.cells]
    return ["" if cell is None else str(cell).lower() for cell in column.cells]


def _csv(columns: Sequence[TypedColumn]) -> bytes:
    return _separated(columns, ",").encode()


def _tsv(columns: Sequence[TypedColumn]) -> bytes:
    return _separated(columns, "\t").encode()


def _json(columns: Sequence[TypedColumn]) -> bytes:
    names = [column.name for column in columns]
    records = zip(*(map(_json_cell, column.cells) for column in columns), strict=True)
    lines = (json.dumps(dict(zip(names, record, strict=True)), ensure_ascii=False) for record in records)
    body = ",\n".join(lines)
    return (f"[\n{body}\n]\n" if body else "[]\n").encode()


def _json_cell(cell: Cell) -> Cell:
    return shortest(cell) if isinstance(cell, float) else cell


def _parquet(columns: Sequence[TypedColumn]) -> bytes:
    import polars as pl

    kinds = {"boolean": pl.Boolean, "text": pl.String}
    series = []
    for column in columns:
        whole = {type(cell) for cell in column.cells if cell is not None} == {int}
        kind = kinds.get(column.kind, pl.Int64 if whole else pl.Float64)
        series.append(pl.Series(column.name, column.cells, dtype=kind, strict=False))
    stream = io.BytesIO()
    pl.DataFrame(series).write_parquet(stream)
    return stream.getvalue()


def _xlsx(columns: Sequence[TypedColumn]) -> bytes:
    from mitograft.tables.write_workbook import encode_workbook

    return encode_workbook(columns)


_ENCODERS: Mapping[str, Callable[[Sequence[TypedColumn]], bytes]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".xlsx": _xlsx,
    ".parquet": _parquet,
    ".json": _json,
}
ENDINGS = tuple(_ENCODERS)
