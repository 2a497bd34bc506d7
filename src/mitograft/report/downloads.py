"""The CSV file offered beside each table, carried within the page itself."""

import csv
import io
import math
from urllib.parse import quote

from mitograft.report.characters import admitted
from mitograft.report.document import Table
from mitograft.tables.contract import Cell
from mitograft.tables.escape import escape

__all__ = ["csv_address", "csv_text"]

_SCHEME = "data:text/csv;charset=utf-8,"
_BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets take the text for another encoding


def csv_text(table: Table) -> str:
    """Return a table as CSV: full precision, empty where missing, text made safe for spreadsheets."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([escape(column.name) for column in table.columns])
    writer.writerows([_cell(cell) for cell in row] for row in table.rows)
    return admitted(buffer.getvalue())


def csv_address(table: Table) -> str:
    """Return the ``data:`` address under which the page offers the table as CSV."""
    return _SCHEME + quote(_BYTE_ORDER_MARK + csv_text(table), safe="")


def _cell(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return escape(cell) if isinstance(cell, str) else repr(cell)
