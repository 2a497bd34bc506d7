"""The sheets of a simulated workbook that hold what was measured: Raw, Calibration, Operation Log."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mitograft.assays.seahorse.simulate_clock import operations, stamp
from mitograft.assays.seahorse.simulate_package import STYLES, Cell, Sheet, Strings, column, row_xml
from mitograft.assays.seahorse.simulate_sensors import Channel, Signals
from mitograft.assays.seahorse.simulate_truth import PlateTruth

__all__ = ["calibration_sheet", "operation_sheet", "raw_sheet", "styles_sheet"]

_RAW = (
    *("Measurement", "Tick", "Well", "Group", "TimeStamp", "Well Temperature", "Env. Temperature"),
    *("O2 is Valid", "O2 (mmHg)", "O2 Light Emission", "O2 Dark Emission", "O2 Ref Light", "O2 Ref Dark"),
    *("O2 Corrected Em.", "pH Is Valid", "pH", "pH Light", "pH Dark", "pH Ref Light", "pH Ref Dark"),
    "pH Corrected Em.",
)
_DECIMALS = frozenset(
    {"Well Temperature", "Env. Temperature", "O2 (mmHg)", "O2 Corrected Em.", "pH", "pH Corrected Em."}
)
_TEXTS = frozenset({"Well", "Group", "TimeStamp", "O2 is Valid", "pH Is Valid"})
_LOG = ("Instruction Name", "Command Name", "Command Index", "Start Time", "End Time", "Completion Status")
_STYLE_NAMES = (
    ("Bold style", "Italic style", "underline style", "grid style", "Gagnam style!", "Grid Title style")
    + ("Error Style", "Good Style", "Low-key error style", "grid error style")
    + ("blue fill", "red fill", "green fill", "orange fill", "tan fill") * 2
    + ("Normal style", "Right-justify", "Center", "Right-justify grid", "Center grid")
    + ("Right-justify", "Center", "double_Format", "", "NERD_STYLE_GRID")
    + ("Unassigned Well", "Unselected Well") * 2
    + ("", "grid_double_Format", "mega double", "Baseline Rate", "BOLD_NERD_STYLE")
)
_STYLED = {
    "Bold style": "bold",
    "double_Format": "number",
    "NERD_STYLE_GRID": "grid science",
    "Unassigned Well": "unassigned",
    "Unselected Well": "unselected",
    "grid_double_Format": "grid number",
    "mega double": "mega",
}


def raw_sheet(plate: PlateTruth, signals: Signals, strings: Strings) -> Sheet:
    """Return the sheet with one row for every tick and well."""
    header: dict[int, Cell] = {
        i: (title, "bold number" if title in _DECIMALS else "bold") for i, title in enumerate(_RAW)
    }
    rows = [row_xml(1, header, strings)]
    rows += _raw_rows(plate, signals, strings)
    return Sheet("Raw", rows, f"A1:{column(len(_RAW) - 1)}{len(rows)}", "A2")


def _raw_rows(plate: PlateTruth, signals: Signals, strings: Strings) -> Iterator[str]:
    """Write the rows from one pattern: the cell-by-cell way takes several times as long."""
    pattern = _pattern()
    wells = [strings(p, signals.times.size) for p in plate.positions]
    groups = [strings(plate.group(p), signals.times.size) for p in plate.positions]
    valid = strings("Y", 2 * signals.o2.size)
    number = 1
    for tick, (m, t) in enumerate(np.ndindex(signals.times.shape)):
        time = strings(stamp(float(signals.times[m, t])), len(wells))
        shared = repr(float(signals.well_temperature[m, t])), repr(float(signals.env_temperature[m, t]))
        oxygen, proton = _counts(signals.oxygen, m, t), _counts(signals.proton, m, t)
        levels = signals.o2[m, t].tolist(), signals.ph[m, t].tolist()
        for w, (well, group) in enumerate(zip(wells, groups, strict=True)):
            number += 1
            front = m + 1, tick, well, group, time, *shared
            yield pattern.format(
                *front, valid, levels[0][w], *oxygen[w], valid, levels[1][w], *proton[w], n=number
            )


def _pattern() -> str:
    index = {name: i for i, name in enumerate(STYLES)}
    cells = []
    for col, title in enumerate(_RAW):
        style = index["number" if title in _DECIMALS else "plain"]
        kind = ' t="s"' if title in _TEXTS else ""
        cells.append(f'<c r="{column(col)}{{n}}" s="{style}"{kind}><v>{{}}</v></c>')
    return f'<row r="{{n}}">{"".join(cells)}</row>'


def _counts(channel: Channel, measurement: int, tick: int) -> list[tuple[int | float, ...]]:
    sheets = (channel.light, channel.dark, channel.reference_light, channel.reference_dark, channel.corrected)
    return list(zip(*(sheet[measurement, tick].tolist() for sheet in sheets), strict=True))


def calibration_sheet(plate: PlateTruth, signals: Signals, strings: Strings) -> Sheet:
    """Return the sheet with the calibration of both channels, O2 at the left and pH at the right."""
    rows: dict[int, dict[int, Cell]] = {
        1: {0: ("Start Temperature:", "plain"), 1: (37.01, "number"), 2: ("C", "plain")},
        2: {0: ("End Temperature:", "plain"), 1: (37.0, "number"), 2: ("C", "plain")},
    }
    sides = ((0, "O2", 12500, signals.oxygen), (14, "pH", 30000, signals.proton))
    for left, name, target, channel in sides:
        known = channel.calibration
        mean, spread = float(known.led.mean()), float(known.led.std(ddof=1))
        rows.setdefault(4, {}).update({left: (f"{name} Target Emission", "bold")})
        rows[4][left + 1] = (target, "plain")
        for row, label, value in ((4, "Average:", mean), (5, "Std Dev:", spread), (6, "CV:", spread / mean)):
            rows.setdefault(row, {}).update({left + 5: (label, "plain"), left + 6: (value, "number")})
        status = f"{'PH' if name == 'pH' else name} Status"
        blocks: tuple[tuple[str, NDArray[np.int64] | None], ...] = (
            (f"{name} LED Value", known.led),
            (f"{name} Emission", known.emission),
            (status, None),
            (f"{name} Initial Reference Delta", known.reference_delta),
        )
        for block, (title, values) in enumerate(blocks):
            _block(rows, plate, (7 + 9 * block, left), title, values)
    xml = [row_xml(number, rows[number], strings) for number in sorted(rows)]
    return Sheet("Calibration", xml, f"A1:{column(15 + plate.shape[1])}{34 + plate.shape[0]}")


def _block(
    rows: dict[int, dict[int, Cell]],
    plate: PlateTruth,
    place: tuple[int, int],
    title: str,
    values: NDArray[np.int64] | None,
) -> None:
    top, left = place
    width = plate.shape[1]
    head = rows.setdefault(top, {})
    head[left] = (title, "bold")
    head |= {left + 2 + i: (i + 1, "bold") for i in range(width)}
    for w, position in enumerate(plate.positions):
        row = rows.setdefault(top + 1 + w // width, {})
        row[left + 1] = (position[0], "bold")
        row[left + 2 + w % width] = ("Good" if values is None else int(values[w]), "grid")


def operation_sheet(plate: PlateTruth, strings: Strings) -> Sheet:
    """Return the log of what the instrument did."""
    rows = [row_xml(1, {i: (title, "bold") for i, title in enumerate(_LOG)}, strings)]
    for line in operations(plate):
        cells: dict[int, Cell] = {i: (value, "plain") for i, value in enumerate(line)}
        rows.append(row_xml(len(rows) + 1, cells, strings))
    return Sheet("Operation Log", rows, f"A1:F{len(rows)}", "A2")


def styles_sheet(strings: Strings) -> Sheet:
    """Return the hidden sheet from which the instrument's software takes its formats."""
    rows = []
    for number, name in enumerate(_STYLE_NAMES, 1):
        cells: dict[int, Cell] = {0: (name, _STYLED.get(name, "plain"))} if name else {}
        if number == 1:
            cells |= {3: ("Template Version:", "plain"), 4: (1, "plain")}
        rows.append(row_xml(number, cells, strings))
    return Sheet("styles", rows, f"A1:E{len(rows)}", very_hidden=True)
