"""Read a Parquet file."""

from array import array
from typing import Any

from mitograft.tables.content import describe_content
from mitograft.tables.contract import Cell, RawTable
from mitograft.tables.isolation import decode
from mitograft.tables.problems import Problems, refuse, refuse_damaged
from mitograft.tables.records import MOST_ROWS, check_names

__all__ = ["read_parquet"]

# A Parquet file may hold one value many million times in a few bytes; here each cell becomes an object.
MOST_CELLS = 1 << 27
_FIRST_RECORD = 2  # counted as if the column names were row 1, as in every other kind of file


def read_parquet(data: bytes, file: str) -> RawTable:
    """Read the bytes of a Parquet file.

    Raises
    ------
    InputError
        If the content is not a Parquet file, is damaged or too large, or has columns that a table cannot
        hold; lists every violation.
    """
    if describe_content(data) != "a Parquet file":
        _refuse_other_content(data, file)
    heading, blocks = decode(data, file, "parquet", MOST_ROWS, MOST_CELLS)
    problems = Problems(file)
    _note_refused(heading, problems)
    columns: dict[str, list[Cell]] = {}
    start = 0
    for column in heading.get("columns", ()):
        stop = start + column["bytes"]
        columns[column["name"]] = _cells(column["encoding"], blocks[start:stop])
        start = stop
    if not len(problems):
        check_names([name.strip() for name in columns], problems, row=None)
    problems.raise_any()
    return RawTable(file, {name.strip(): cells for name, cells in columns.items()}, _rows(heading))


def _refuse_other_content(data: bytes, file: str) -> None:
    if data.startswith(b"PAR1"):
        refuse_damaged(file, "Parquet file")  # the end is missing
    refuse(
        file,
        "wrong-content",
        found=describe_content(data) or "content that is no Parquet file",
        expected="a Parquet file, as the ending of the file name says",
        remedy="Give the file the ending it should have, or export the table anew.",
    )


def _note_refused(heading: dict[str, Any], problems: Problems) -> None:
    if "too_large" in heading:
        problems.add(
            "too-large",
            found=heading["too_large"],
            expected=f"at most {MOST_ROWS} records and {MOST_CELLS} cells",
            remedy="Split the table, or keep only the columns you need.",
        )
    for name, kind in heading.get("refused", ()):
        problems.add(
            "column-type",
            found=f"cells of the type {kind[:40]}",
            expected="numbers, text, truth values, dates or times",
            remedy="Leave the column out, or spread it over plain columns.",
            column=name[:40],
        )
    if not heading.get("columns", True):
        problems.add(
            "no-header",
            found="a Parquet file without columns",
            expected="named columns",
            remedy="Check that the right file was given.",
        )


def _cells(encoding: str, block: memoryview) -> list[Cell]:
    if encoding == "doubles":
        doubles = array("d")
        doubles.frombytes(block)
        # The one number that differs from itself is "not a number", the sign for no value.
        return [None if value != value else value for value in doubles]
    import json

    cells: list[Cell] = json.loads(bytes(block))
    return cells


def _rows(heading: dict[str, Any]) -> "range | list[int]":
    if heading["rows"] is None:
        return range(_FIRST_RECORD, heading["count"] + _FIRST_RECORD)
    return [position + _FIRST_RECORD for position in heading["rows"]]
