"""Our own grid layout: blocks of 8 x 12, 16 x 24 or other plates with row letters and column numbers."""

from mitograft.assays.plate.document import Document, Rows
from mitograft.assays.plate.formats.format import Format
from mitograft.assays.plate.grid import Grid, find_grids, grid_cells, read_signal, words
from mitograft.assays.plate.wells import PlateFile, Signal
from mitograft.tables.problems import Problems

__all__ = ["PLAIN_GRID"]

_NAME = "plate grid"


def _separator(document: Document) -> str:
    return max(",;\t", key=document.peek.count)


def _sheets(document: Document) -> dict[str, Rows]:
    if document.is_workbook:
        return dict(document.sheets)
    return {"": document.lines(_separator(document))}


def _detect(document: Document) -> bool:
    if document.is_workbook:
        return any(find_grids(rows) for rows in document.sheets.values())
    separator = _separator(document)
    return bool(find_grids([line.split(separator) for line in document.peek.splitlines()]))


def _read(document: Document) -> PlateFile:
    """Read every block; the line above a block names its plate, and in its second cell the channel."""
    signals: list[Signal] = []
    barcodes: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    for sheet, rows in _sheets(document).items():
        problems = Problems(f"{document.source}, sheet '{sheet}'" if sheet else document.source)
        grids = find_grids(rows)
        for number, grid in enumerate(grids, start=1):
            plate, channel = _caption(rows, grid)
            if plate:
                barcodes[plate] = plate
            else:
                parts = (
                    [document.stem, sheet if len(document.sheets) > 1 else ""] if sheet else [document.stem]
                )
                plate = " ".join([*filter(None, parts), *([str(number)] if len(grids) > 1 else [])])
            if (plate, channel) in seen:
                problems.add(
                    "duplicate-plate",
                    found="a second block with the same plate and channel",
                    expected="every plate and channel once",
                    remedy="Name the plate above each block, and the channel in the cell beside the name.",
                    row=grid.top + 1,
                )
            seen.add((plate, channel))
            signals += _signals(grid, plate, channel, problems)
        problems.raise_any()
    return PlateFile(document.source, _NAME, tuple(signals), "", barcodes=barcodes)


def _caption(rows: Rows, grid: Grid) -> tuple[str, str]:
    above = [words(cell) for cell in rows[grid.top - 1]] if grid.top else []
    above += ["", ""]
    return (above[0], above[1]) if above[0] or not any(above) else ("", above[1])


def _signals(grid: Grid, plate: str, channel: str, problems: Problems) -> list[Signal]:
    found = []
    for well, cell, line in grid_cells(grid):
        value = read_signal(cell, problems, line, well)
        if value:
            found.append(Signal(plate, well, channel, *value))
    return found


PLAIN_GRID = Format(
    _NAME, (".csv", ".tsv", ".txt", ".xlsx"), "blocks with row letters and column numbers", _detect, _read
)
