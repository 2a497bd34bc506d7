"""Turn a table into an XLSX workbook of one sheet in which nothing is ever a formula."""

import datetime as dt
import io
from collections.abc import Sequence
from xml.sax.saxutils import escape

from mitograft.errors import UsageError
from mitograft.tables.typed import TypedColumn, number_text

__all__ = ["encode_workbook"]

_MOST_ROWS, _MOST_COLUMNS, _MOST_CHARACTERS = 1_048_576, 16_384, 32_767
_SHEET = "table"
# The library would write the time of day into the workbook; the same table must give the same bytes.
_CREATED = dt.datetime(1980, 1, 1)
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class _Exact(float):
    """A number that the library, which formats with 16 digits, writes with all digits it needs."""

    def __format__(self, _: str) -> str:
        return number_text(float(self))


def encode_workbook(columns: Sequence[TypedColumn]) -> bytes:
    """Return the bytes of a workbook with a header row and one row a record.

    Raises
    ------
    UsageError
        If the table has more rows, columns or characters in a cell than a sheet can hold.
    """
    import xlsxwriter

    _require_fit(columns)
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream, _OPTIONS)
    workbook.set_properties({"created": _CREATED})
    sheet = workbook.add_worksheet(_SHEET)
    sheet.freeze_panes(1, 0)
    bold = workbook.add_format({"bold": True})
    for position, column in enumerate(columns):
        sheet.write_string(0, position, _literal(column.name), bold)
        for row, cell in enumerate(column.cells, start=1):
            if isinstance(cell, str):
                sheet.write_string(row, position, _literal(cell))
            elif isinstance(cell, bool):
                sheet.write_boolean(row, position, cell)
            elif cell is not None:
                sheet.write_number(row, position, _Exact(cell))
    workbook.close()
    return stream.getvalue()


def _literal(text: str) -> str:
    """Return text so that the library writes it as it stands: it takes ``<r>...</r>`` for ready XML."""
    if text.startswith("<r>") and text.endswith("</r>"):
        return f'<r><t xml:space="preserve">{escape(text)}</t></r>'
    return text


def _require_fit(columns: Sequence[TypedColumn]) -> None:
    rows = len(columns[0].cells) + 1
    if rows > _MOST_ROWS or len(columns) > _MOST_COLUMNS:
        raise UsageError(
            f"Found {rows} rows and {len(columns)} columns; an .xlsx sheet holds at most {_MOST_ROWS} rows "
            f"and {_MOST_COLUMNS} columns. Write .csv or .parquet."
        )
    for column in columns:
        longest = max((_length(cell) for cell in column.cells if isinstance(cell, str)), default=0)
        if max(longest, _length(column.name)) > _MOST_CHARACTERS:
            raise UsageError(
                f"Column {column.name[:40]}: found a cell of {longest} characters; an .xlsx cell holds at "
                f"most {_MOST_CHARACTERS}. Write .csv or .parquet."
            )


def _length(text: str) -> int:
    """Count characters as a spreadsheet does: one outside the basic plane counts twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
