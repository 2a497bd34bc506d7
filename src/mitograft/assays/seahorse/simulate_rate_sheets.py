"""The nine rate sheets of a simulated workbook: a table, blocks by group and blocks by plate, three times."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mitograft.assays.seahorse.simulate_package import Cell, Sheet, Strings, column, row_xml
from mitograft.assays.seahorse.simulate_sensors import Rates
from mitograft.assays.seahorse.simulate_truth import PlateTruth

__all__ = ["normalised", "rate_sheets"]

_HEADER = ("Measurement", "Well", "Group", "Time", "OCR", "ECAR", "PER")
_LEGEND = (
    ("Unassigned Well", "unassigned"),
    ("Unselected Well", "unselected"),
    ("OCR Data", "ocr"),
    ("ECAR Data", "ecar"),
    ("PER Data", "per"),
)
_QUANTITIES = (("OCR (pmol/min):", "ocr"), ("ECAR (mpH/min):", "ecar"), ("PER (pmol/min)", "per"))

_SUMMARIES = (("OCR", ":"), ("ECAR", ""), ("PER", ""))  # as the real titles have it, units included

Rows = dict[int, dict[int, Cell]]


def normalised(plate: PlateTruth, rates: Rates) -> Rates | None:
    """Return the rates by cell count, rate x scale / count; None for a plate without counts.

    Wells without a count stand at 0, as background wells do.
    """
    if not plate.cell_counts:
        return None
    counts = np.array([plate.cell_counts.get(p, 0.0) for p in plate.positions], dtype=float)
    factor = np.divide(plate.normalisation_scale, counts, out=np.zeros_like(counts), where=counts > 0)
    return Rates(rates.minutes, rates.ocr * factor, rates.ecar * factor, rates.per * factor)


def rate_sheets(name: str, plate: PlateTruth, rates: Rates | None, strings: Strings) -> Iterator[Sheet]:
    """Yield the table, the columns and the plates; headers alone, well hidden, without rates."""
    hidden = rates is None
    yield _table(name, plate, rates, strings)
    rows: Rows = {row: {0: cell} for row, cell in enumerate(_LEGEND, 1)}
    merged = _columns(rows, plate, rates) if rates else ()
    yield _sheet(f"{name} (Columns)", rows, strings, freeze="B1", merged=merged, hidden=hidden)
    rows = {1: dict(enumerate(_LEGEND))}
    if rates:
        _plates(rows, plate, rates)
    yield _sheet(f"{name} (Plates)", rows, strings, freeze="A2", merged=(), hidden=hidden)


def _sheet(
    name: str, rows: Rows, strings: Strings, *, freeze: str, merged: tuple[str, ...], hidden: bool
) -> Sheet:
    xml = [row_xml(number, rows[number], strings) for number in sorted(rows)]
    width = max(max(cells) for cells in rows.values())
    return Sheet(name, xml, f"A1:{column(width)}{max(rows)}", freeze, merged, hidden)


def _table(name: str, plate: PlateTruth, rates: Rates | None, strings: Strings) -> Sheet:
    header: dict[int, Cell] = {
        i: (title, "bold number" if title in {"OCR", "ECAR", "PER"} else "bold")
        for i, title in enumerate(_HEADER)
    }
    empty_column = not name.startswith("Baselined")
    if empty_column:
        header[len(_HEADER)] = (None, "number")
    rows = [row_xml(1, header, strings)]
    for m, minute in enumerate(rates.minutes) if rates else ():
        values = (rates.ocr[m], rates.ecar[m], rates.per[m])  # type: ignore[union-attr] # there are rates
        for w, position in enumerate(plate.positions):
            cells: dict[int, Cell] = {0: (m + 1, "plain"), 1: (position, "plain")}
            cells |= {2: (plate.group(position), "plain"), 3: (float(minute), "number")}
            cells |= {4 + q: (_plain(value[w]), "number") for q, value in enumerate(values)}
            rows.append(row_xml(len(rows) + 1, cells, strings))
    return Sheet(name, rows, f"A1:{'H' if empty_column else 'G'}{len(rows)}", "A2", (), rates is None)


def _plain(value: float) -> int | float:
    return float(value) if value else 0


def _columns(rows: Rows, plate: PlateTruth, rates: Rates) -> tuple[str, ...]:
    """Fill the sheet that has a block of columns for every group; return the merged titles."""
    merged: list[str] = []
    top = 7
    for (title, style), values in zip(_QUANTITIES, _values(rates), strict=True):
        rows[top] = {0: (title, "bold")}
        rows[top + 1] = {0: ("Time", "bold")}
        rows[top + 2] = {}
        for m, minute in enumerate(rates.minutes):
            rows[top + 3 + m] = {0: (float(minute), "grid bold number")}
        left = 1
        for group in plate.group_names[1:]:
            wells = [w for w, p in enumerate(plate.positions) if plate.group(p) == group]
            rows[top + 1][left] = (f"Group Name: {group}", "bold")
            if len(wells) > 1:
                merged.append(f"{column(left)}{top + 1}:{column(left + len(wells) - 1)}{top + 1}")
            for col, w in enumerate(wells, left):
                rows[top + 2][col] = (plate.positions[w], "bold")
                for m in range(len(rates.minutes)):
                    rows[top + 3 + m][col] = (_plain(values[m, w]), _style(plate, w, style))
            left += len(wells) + 1
        top += len(rates.minutes) + 5
    return tuple(merged)


def _plates(rows: Rows, plate: PlateTruth, rates: Rates) -> None:
    """Fill the sheet that has a plate for every measurement."""
    height, width = plate.shape
    for q, ((title, style), values) in enumerate(zip(_QUANTITIES, _values(rates), strict=True)):
        left = q * (width + 2)
        rows.setdefault(2, {})[left] = (title, "bold")
        for m in range(len(rates.minutes)):
            top = 4 + m * (height + 4)
            rows.setdefault(top, {})[left + 1] = (f"Measurement {m + 1}", "bold")
            numbers = rows.setdefault(top + 1, {})
            numbers |= {left + 2 + i: (i + 1, "bold") for i in range(width)}
            for w, position in enumerate(plate.positions):
                row = rows.setdefault(top + 2 + w // width, {})
                row[left + 1] = (position[0], "bold")
                row[left + 2 + w % width] = (_plain(values[m, w]), _style(plate, w, style))

    _summaries(rows, plate, rates)


def _summaries(rows: Rows, plate: PlateTruth, rates: Rates) -> None:
    """Add mean and standard deviation of every group; without deselected wells, save for the background."""
    row = 4 + len(rates.minutes) * (plate.shape[0] + 4)
    groups = [_members(plate, name) for name in plate.group_names]
    for (_, style), (title, end), values in zip(_QUANTITIES, _SUMMARIES, _values(rates), strict=True):
        means = [values[:, wells].mean(axis=1) if wells else values[:, 0] * 0 for wells in groups]
        errors = [
            values[:, wells].std(axis=1, ddof=1) if len(wells) > 1 else values[:, 0] * 0 for wells in groups
        ]
        for what, numbers in ((f"Group Data (pmol/min){end}", means), ("Group Error (pmol/min)", errors)):
            rows[row] = {0: (f"{title} {what}", "bold")}
            if numbers is errors:
                rows[row][1] = ("StandardDeviation", "plain")
            rows[row + 1] = {0: ("Measurement:", "bold")}
            rows[row + 2] = {0: ("Time (min):", "bold")}
            for m, minute in enumerate(rates.minutes, 1):
                rows[row + 1][m] = (f"Measurement {m}", "bold")
                rows[row + 2][m] = (float(minute), "grid number")
            for line, (name, series) in enumerate(zip(plate.group_names, numbers, strict=True), row + 3):
                rows[line] = {0: (name, "grid")}
                rows[line] |= {m: (_plain(value), style) for m, value in enumerate(series, 1)}
            row += len(groups) + 4


def _members(plate: PlateTruth, name: str) -> list[int]:
    return [
        w
        for w, p in enumerate(plate.positions)
        if plate.group(p) == name and (name == "Background" or p not in plate.deselected)
    ]


def _values(rates: Rates) -> Sequence[NDArray[np.floating]]:
    return rates.ocr, rates.ecar, rates.per


def _style(plate: PlateTruth, well: int, style: str) -> str:
    position = plate.positions[well]
    if position in plate.deselected:
        return "unselected number"
    return style if plate.group(position) else "unassigned number"
