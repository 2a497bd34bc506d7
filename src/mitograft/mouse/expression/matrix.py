"""Read a matrix of numbers with names on both edges: CSV, TSV (also packed with gzip), XLSX or Parquet.

A count matrix may be wider than any other table (one column a gene), and its names may repeat; therefore it
is not read as a table of named columns.
"""

import csv
import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mitograft.errors import InputError, UsageError, Violation, describe_cell
from mitograft.tables.check import is_missing, parse_number
from mitograft.tables.contract import Cell
from mitograft.tables.problems import library_faults, refuse
from mitograft.tables.read import read_table

__all__ = ["ENDINGS", "Matrix", "read_matrix"]

ENDINGS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".xlsx", ".parquet")
_MOST_BYTES = 2_000_000_000
_SHOWN = 15  # cells named for each rule; the rest is counted

Record = list[Cell]


@dataclass(frozen=True, eq=False)
class Matrix:
    """Numbers with the names of rows and columns; a cell that is no number is NaN and has a violation.

    Parameters
    ----------
    source
        File name.
    rows, columns
        Names; they may repeat.
    lines
        Row number in the file of each row.
    values
        Rows x columns.
    violations
        Cells without a number, rows that are too long or too short.
    """

    source: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    lines: tuple[int, ...]
    values: npt.NDArray[np.float64]
    violations: tuple[Violation, ...] = ()


def read_matrix(path: Path) -> Matrix:
    """Read a matrix whose first row and first column are names.

    The first row may lack the cell over the first column, as R writes it.

    Raises
    ------
    UsageError
        If the path or its ending is wrong.
    InputError
        If the file is no such matrix. Cells that are no numbers are only noted.
    """
    name = path.name.lower()
    ending = next((e for e in sorted(ENDINGS, key=len, reverse=True) if name.endswith(e)), None)
    if ending is None:
        raise UsageError(f"{path}: expected a matrix with one of the endings {', '.join(ENDINGS)}.")
    if ending in (".xlsx", ".parquet"):
        table = read_table(path)
        records: list[tuple[int, Record]] = [(1, list(table.columns))]
        cells = zip(*table.columns.values(), strict=True)
        records += [(row, list(record)) for row, record in zip(table.rows, cells, strict=True)]
    else:
        records = _text_records(_read_bytes(path), path.name, ending)
    return _matrix(records, path.name)


def _read_bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file. Check the name and the folder.") from None
    except OSError as fault:
        raise UsageError(f"{path}: could not be read ({fault.strerror}).") from None
    if not path.name.lower().endswith(".gz"):
        return data
    with library_faults(path.name, "gzip file"), gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        data = stream.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        refuse(path.name, "too-large", f"more than {_MOST_BYTES / 1e9:g} GB unpacked", "less", "Split it.")
    return data


def _text_records(data: bytes, file: str, ending: str) -> list[tuple[int, Record]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        refuse(file, "encoding", "bytes that are not UTF-8", "text in UTF-8", "Save it again as UTF-8.")
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count) if ending.startswith(".csv") else "\t"
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records: list[tuple[int, Record]] = []
    try:
        for number, record in enumerate(reader, start=1):
            if any(record):
                records.append((number, list(record)))
    except csv.Error:
        remedy = "Mend the quotes of this row; the rows below it were not read."
        row = records[-1][0] + 1 if records else 1
        refuse(file, "broken-quotes", "quotes that do not match", "quotes in pairs", remedy, row=row)
    return records


def _matrix(records: list[tuple[int, Record]], file: str) -> Matrix:
    if len(records) < 2:
        remedy = "Check that the right file was given."
        refuse(file, "no-rows", "no rows below the header", "a matrix with names on both edges", remedy)
    header = ["" if cell is None else str(cell).strip() for cell in records[0][1]]
    width = len(records[1][1])
    if len(header) == width - 1:
        header = ["", *header]
    while header and not header[-1]:
        header.pop()
    wide = len(header)
    ragged = [row for row, record in records[1:] if not _filled(record) <= wide <= len(record)]
    if ragged:
        found, expected = "more or fewer cells than the header", f"{len(header)} cells"
        remedy = "Mend the row, or choose the right separator."
        raise InputError(
            file, [Violation("ragged-row", found, expected, remedy, file, row) for row in ragged[:_SHOWN]]
        )
    broken: list[tuple[int, int, Cell]] = []
    values = np.empty((len(records) - 1, len(header) - 1))
    for index, (_, record) in enumerate(records[1:]):
        values[index] = _numbers(record[1 : len(header)], index, broken)
    lines = tuple(row for row, _ in records[1:])
    names = tuple("" if r[0] is None else str(r[0]).strip() for _, r in records[1:])
    columns = tuple(header[1:])
    return Matrix(file, names, columns, lines, values, tuple(_describe(broken, file, lines)))


def _filled(record: Record) -> int:
    """Return the number of cells up to the last one with a value."""
    return max((i + 1 for i, cell in enumerate(record) if cell not in (None, "")), default=0)


def _numbers(record: Record, index: int, broken: list[tuple[int, int, Cell]]) -> npt.NDArray[np.float64]:
    try:
        row = np.array(record, dtype=np.float64)
        if np.all(np.isfinite(row)):
            return row
    except (TypeError, ValueError):
        pass
    parsed = [None if is_missing(cell) else parse_number(cell) for cell in record]
    broken.extend((index, i, record[i]) for i, value in enumerate(parsed) if value is None)
    return np.array([np.nan if value is None else value for value in parsed], dtype=np.float64)


def _describe(broken: list[tuple[int, int, Cell]], file: str, lines: tuple[int, ...]) -> Iterable[Violation]:
    for index, column, cell in islice(broken, _SHOWN):
        yield Violation(
            "empty" if is_missing(cell) else "not-a-number",
            describe_cell(cell),
            "a whole number of reads",
            "Give the raw count; 0 where there was no read.",
            file,
            lines[index],
            f"{column + 2}",
        )
    if len(broken) > _SHOWN:
        found = f"{len(broken) - _SHOWN} more cells without a number"
        yield Violation("not-a-number", found, "numbers", "Mend the export.", file)
