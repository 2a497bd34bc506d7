"""Decode a workbook or Parquet file in a process of its own (run as a script by ``isolation``).

The libraries that decode these formats trust counts and lengths written in the file. A damaged or hostile
file can make them ask for more memory than there is, which ends the process at once. Here that process is
this one. It reads the file from standard input and writes to standard output: a line of JSON, then the
cells. It depends on nothing else in mitograft, so that it starts fast.

Exit status: 0 decoded, 3 the library could not decode the content; anything else is a crash.
"""

import contextlib
import datetime as dt
import io
import json
import math
import os
import sys
from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

__all__ = ["DAMAGED", "Heading", "decode_parquet", "decode_workbook", "main", "plain_cell"]

DAMAGED = 3
_SECONDS_A_MINUTE = 60
_MINUTES_AN_HOUR = 60
_MOST_MEMORY = 16 << 30
_THREADS = "4"  # each reserves memory, and the limit above holds on machines of many cores too
_MOST_TEXT = 1_000_000_000

Heading = dict[str, Any]


def plain_cell(cell: object) -> str | float | int | bool | None:
    """Return a library's cell as a table holds it.

    Numbers, truth values and text stay; dates and times become text in ISO 8601; durations become hours,
    minutes and seconds.

    >>> plain_cell(dt.date(2024, 1, 31)), plain_cell(dt.timedelta(days=1.5))
    ('2024-01-31', '36:00:00')
    """
    if cell is None or isinstance(cell, str | float | int):
        return cell
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(round(abs(cell).total_seconds()), _SECONDS_A_MINUTE)
        hours, minutes = divmod(minutes, _MINUTES_AN_HOUR)
        return f"{'-' if cell < dt.timedelta() else ''}{hours}:{minutes:02}:{seconds:02}"
    return str(cell)


def decode_workbook(data: bytes) -> tuple[Heading, list[bytes]]:
    """Decode the only sheet of a workbook into rows of cells; an empty cell is empty text."""
    import python_calamine

    sheet = python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0)
    rows = [[plain_cell(cell) for cell in row] for row in sheet.iter_rows()]
    return {}, [json.dumps(rows, ensure_ascii=False).encode()]


def decode_parquet(data: bytes, most_rows: int, most_cells: int) -> tuple[Heading, list[bytes]]:
    """Decode a Parquet file column by column.

    Numbers of 32 bits stand for the shortest decimal that rounds to them (2.2, not 2.200000047683716), and
    "not a number" and empty text for no value. Records without any value are left out.

    Returns
    -------
    heading, blocks
        ``rows`` (positions of the records kept, null for all of ``count``) and ``columns`` with one block
        each; or only ``refused`` (name and type of columns a table cannot hold) or ``too_large``.
    """
    import polars as pl

    schema = pl.read_parquet_schema(io.BytesIO(data))
    refused = [(name, str(kind)) for name, kind in schema.items() if not _is_plain(kind)]
    if refused:
        return {"refused": refused}, []
    count = int(pl.scan_parquet(io.BytesIO(data)).select(pl.len()).collect().item())
    if count > most_rows or count * len(schema) > most_cells:
        return {"too_large": f"{count} records of {len(schema)} columns"}, []
    frame = pl.read_parquet(io.BytesIO(data)).select(_normal(name, kind) for name, kind in schema.items())
    texts = frame.select(pl.col(pl.String).str.len_bytes().sum())
    size = sum(map(int, texts.row(0))) if texts.width else 0
    if size > _MOST_TEXT:
        return {"too_large": f"{size / 1e6:.0f} MB of text"}, []
    filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    rows = None if filled.all() else filled.arg_true().to_list()
    columns = [_block(column) for column in frame.filter(filled).iter_columns()]
    heading = {"count": frame.height, "rows": rows, "columns": [described for described, _ in columns]}
    return heading, [block for _, block in columns]


def _is_plain(kind: "pl.DataType") -> bool:
    import polars as pl

    plain = (pl.String, pl.Boolean, pl.Categorical, pl.Enum, pl.Null)
    return kind.is_numeric() or kind.is_temporal() or isinstance(kind, plain)


def _normal(name: str, kind: "pl.DataType") -> "pl.Expr":
    import polars as pl

    column = pl.col(name)
    if kind == pl.Float32:
        column = column.cast(pl.String).cast(pl.Float64)
    if kind.is_float() or kind.is_decimal():
        return column.cast(pl.Float64).fill_nan(None)
    if isinstance(kind, pl.Categorical | pl.Enum | pl.String):
        text = column.cast(pl.String)
        return pl.when(text != "").then(text).alias(name)
    return column


def _block(column: "pl.Series") -> tuple[Heading, bytes]:
    """Return name and encoding of a column with its cells: doubles in a row (no value is NaN) or JSON."""
    import polars as pl

    if column.dtype == pl.Float64:
        block = array("d", column.fill_null(math.nan).to_list()).tobytes()
        return {"name": column.name, "encoding": "doubles", "bytes": len(block)}, block
    cells = column.to_list()
    if column.dtype.is_temporal():
        cells = [plain_cell(cell) for cell in cells]
    block = json.dumps(cells, ensure_ascii=False).encode()
    return {"name": column.name, "encoding": "json", "bytes": len(block)}, block


def main(arguments: list[str]) -> int:
    """Decode standard input as ``workbook``, or as ``parquet`` with the most rows and cells allowed."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # no such limit on this system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    os.environ["POLARS_MAX_THREADS"] = _THREADS
    data = sys.stdin.buffer.read()
    try:
        if arguments[0] == "parquet":
            heading, blocks = decode_parquet(data, int(arguments[1]), int(arguments[2]))
        else:
            heading, blocks = decode_workbook(data)
    except (KeyboardInterrupt, SystemExit, ImportError):
        raise  # a broken installation must not look like a damaged file
    except BaseException:  # a library written in Rust panics with a bare BaseException
        return DAMAGED
    sys.stdout.buffer.write(json.dumps(heading).encode() + b"\n")
    sys.stdout.buffer.writelines(blocks)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
