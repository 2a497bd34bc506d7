"""From records (lists of cells) to named columns: the rules every kind of file shares.

The first record with any value is the header. A record without any value is skipped; row numbers stay
those of the file. Cells after the last header name are allowed only where they are empty.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from mitograft.tables.contract import Cell, RawTable
from mitograft.tables.problems import Problems

__all__ = ["MOST_COLUMNS", "MOST_ROWS", "assemble", "check_names"]

MOST_COLUMNS = 1_000
MOST_ROWS = 20 * 1_048_576
# Small enough that the records of a chunk stay in the processor's cache while they are turned into columns.
_CHUNK = 128
_SHOWN_NAME = 40

Record = list[Any]
Convert = Callable[[Sequence[Any]], Iterable[Cell]]


def assemble(records: Iterable[Record], problems: Problems, converters: Callable[[], Convert]) -> RawTable:
    """Turn records into a table.

    Parameters
    ----------
    records
        The records in file order; the first one is row 1. An empty cell is ``""``.
    problems
        Receives every violation.
    converters
        Makes, once a column, the function that turns its cells into final ones (empty into None).

    Returns
    -------
    table
        The columns by name; meaningless where ``problems`` is not empty.
    """
    remaining = iter(records)
    names: list[str] = []
    row = 0
    for record in remaining:
        row += 1
        names = _header(record)
        if names:
            break
    else:
        if not len(problems):
            problems.add(
                "no-header",
                found="nothing that could be a header",
                expected="a first row with the column names and one row a record below it",
                remedy="Check that the right file or sheet was given.",
            )
        return RawTable(problems.file, {}, ())
    if not check_names(names, problems, row):
        return RawTable(problems.file, {}, ())
    body = _Body(names, problems, [converters() for _ in names])
    while not body.overfull and (chunk := list(islice(remaining, _CHUNK))):
        body.extend(chunk, row + 1)
        row += len(chunk)
    return RawTable(problems.file, dict(zip(names, body.columns, strict=True)), body.rows())


def _header(record: Record) -> list[str]:
    names = [_name(cell) for cell in record]
    while names and not names[-1]:
        names.pop()
    return names


def _name(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def check_names(names: Sequence[str], problems: Problems, row: int | None) -> bool:
    """Note empty, repeated and too many column names; return whether reading the records makes sense."""
    if len(names) > MOST_COLUMNS:
        problems.add(
            "too-many-columns",
            found=f"{len(names)} columns",
            expected=f"at most {MOST_COLUMNS} columns",
            remedy="Keep the columns you need; a long table has one row a subject and visit.",
            row=row,
        )
        return False
    first: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if not name:
            problems.add(
                "empty-column-name",
                found=f"no name over column {position}",
                expected="a name over every column",
                remedy="Name the column or remove it.",
                row=row,
            )
        elif name in first:
            problems.add(
                "duplicate-column",
                found=f"the same name over columns {first[name]} and {position}",
                expected="every column name once",
                remedy="Rename or remove one of the two.",
                row=row,
                column=name[:_SHOWN_NAME],
            )
        else:
            first[name] = position
    return True


def _is_blank(record: Record, width: int) -> bool:
    """Tell whether a record holds no value; a lone cell of spaces is a blank line of a wider table."""
    if not any(record):
        return record.count("") == len(record)  # a number 0 is false, yet a value
    return width != 1 and len(record) == 1 and isinstance(record[0], str) and not record[0].strip()


class _Body:
    """The columns below the header, filled a chunk of records at a time."""

    def __init__(self, names: Sequence[str], problems: Problems, converters: Sequence[Convert]) -> None:
        self.width = len(names)
        self.problems = problems
        self.converters = converters
        self.columns: list[list[Cell]] = [[] for _ in names]
        self.spans: list[range] = []
        self.overfull = False

    def extend(self, chunk: list[Record], row: int) -> None:
        """Append the records of ``chunk``, the first of which stands in ``row``."""
        if all(map(any, chunk)) and set(map(len, chunk)) == {self.width}:
            records = chunk
            self._span(row, row + len(chunk))
        else:
            records = self._sift(chunk, row)
        for i, cells in enumerate(zip(*records, strict=True)):
            self.columns[i].extend(self.converters[i](cells))
        if len(self.columns[0]) > MOST_ROWS:
            self.overfull = True
            self.problems.add(
                "too-many-rows",
                found=f"more than {MOST_ROWS} records",
                expected=f"at most {MOST_ROWS} records in a file",
                remedy="Split the file.",
            )

    def _span(self, start: int, stop: int) -> None:
        if self.spans and self.spans[-1].stop == start:
            start = self.spans.pop().start
        self.spans.append(range(start, stop))

    def _sift(self, chunk: list[Record], first: int) -> list[Record]:
        kept = []
        for row, record in enumerate(chunk, start=first):
            if _is_blank(record, self.width):
                continue
            count = len(record)
            while count > self.width and record[count - 1] == "":
                count -= 1
            if count == self.width:
                kept.append(record[:count])
                self._span(row, row + 1)
            else:
                self._wrong_width(row, count)
        return kept

    def _wrong_width(self, row: int, count: int) -> None:
        fewer = count < self.width
        self.problems.add(
            "too-few-cells" if fewer else "too-many-cells",
            found=f"{count} cell{'s' if count != 1 else ''}",
            expected=f"{self.width}, as many as column names",
            remedy="Add the missing cells; write nothing between two separators where there is no value."
            if fewer
            else "Name every column in the first row, without a title above it; put a text that contains the "
            "separator in double quotes.",
            row=row,
        )

    def rows(self) -> Sequence[int]:
        """Return the row numbers of the records kept."""
        if len(self.spans) == 1:
            return self.spans[0]
        return [row for span in self.spans for row in span]
