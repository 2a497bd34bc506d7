"""The Assay Configuration sheet of a simulated workbook: labels and blocks where the instrument puts them."""

from collections.abc import Callable, Mapping

import numpy as np

from mitograft.assays.seahorse.simulate_clock import last_run
from mitograft.assays.seahorse.simulate_instrument import Instrument, instrument
from mitograft.assays.seahorse.simulate_package import Cell, Sheet, Strings, column, row_xml
from mitograft.assays.seahorse.simulate_sensors import BUFFER_FACTOR
from mitograft.assays.seahorse.simulate_truth import PlateTruth

__all__ = ["configuration_sheet"]

_LEFT, _GROUPS = 2, 15  # columns C and P
_TITLES = ("Group #", "Group Name", "Injection Strategy", "Pretreatments", "Cell Type", "XF Assay Medium")
_PORT_VOLUMES = {"XFe24": (56, 62, 69, 76), "XFe96": (25, 25, 25, 25)}

Rows = dict[int, dict[int, Cell]]


def configuration_sheet(plate: PlateTruth, strings: Strings, rng: np.random.Generator) -> Sheet:
    """Return the sheet; serial numbers and barcodes are drawn from ``rng``."""
    device = instrument(plate.model)
    rows: Rows = {}
    _head(rows, plate, device)
    _groups(rows, plate)
    _run(rows, plate, rng)
    _protocol(rows, plate, device)
    _settings(rows, device)
    last = _grids(rows, plate)
    width = column(_GROUPS + len(_TITLES) - 1)
    xml = [row_xml(number, rows[number], strings) for number in sorted(rows)]
    return Sheet("Assay Configuration", xml, f"A1:{width}{last}")


def _put(rows: Rows, row: int, col: int, value: str | float | None, style: str = "plain") -> None:
    rows.setdefault(row, {})[col] = (value, style)


def _pairs(rows: Rows, first: int, pairs: Mapping[str, str | float], style: str = "plain") -> None:
    for row, (label, value) in enumerate(pairs.items(), first):
        _put(rows, row, 0, label)
        _put(rows, row, 1, value, style)


def _head(rows: Rows, plate: PlateTruth, device: Instrument) -> None:
    _pairs(rows, 1, {"XFe Assay Version": device.software})
    _put(rows, 4, 0, "Assay Name", "bold")
    _put(rows, 4, 1, f"SIMULATED {plate.name}")
    _put(rows, 6, 0, "Project Info", "bold")
    _pairs(rows, 7, {"Project Name": "", "Project Number": "", "Principal Investigator": ""})


def _groups(rows: Rows, plate: PlateTruth) -> None:
    _put(rows, 9, _GROUPS, "Groups", "bold")
    _put(rows, 9, _GROUPS + 2, "Conditions", "bold")
    for offset, title in enumerate(_TITLES):
        _put(rows, 10, _GROUPS + offset, title, "title")
    for number, name in enumerate(plate.group_names, 1):
        texts = ("",) * 4 if number == 1 else ("Mito Stress Test", name, "simulated", "Assay Media")
        _put(rows, 10 + number, _GROUPS, number, "grid")
        for offset, text in enumerate((name, *texts), 1):
            _put(rows, 10 + number, _GROUPS + offset, text, "grid")
    _put(rows, 11, 0, "Group Layout", "bold")
    _grid(rows, plate, 11, lambda p: (plate.group(p) or None, _state(plate, p)))
    for offset, state in enumerate(("unassigned", "unselected", "assigned")):
        _put(rows, 21, _LEFT + offset, f"{state.capitalize()} Well", state)


def _state(plate: PlateTruth, position: str) -> str:
    if position in plate.deselected:
        return "unselected"
    return "assigned" if plate.group(position) else "unassigned"


def _grid(rows: Rows, plate: PlateTruth, top: int, cell: Callable[[str], Cell]) -> None:
    """Write a plate: column numbers at ``top``, then a row of the plate in each row below."""
    _, columns = plate.shape
    for index in range(columns):
        _put(rows, top, _LEFT + index, index + 1, "bold")
    for number, position in enumerate(plate.positions):
        row = top + 1 + number // columns
        _put(rows, row, 1, position[0], "bold")
        rows[row][_LEFT + number % columns] = cell(position)


def _digits(rng: np.random.Generator, count: int) -> str:
    return "".join(map(str, rng.integers(0, 10, count)))


def _run(rows: Rows, plate: PlateTruth, rng: np.random.Generator) -> None:
    _put(rows, 22, 0, "Run Info", "bold")
    _pairs(rows, 23, {"Plated On": "", "Last Run": last_run(plate)})
    serial, lot = _digits(rng, 5), _digits(rng, 5)
    cartridge = {
        "Cartridge Barcode": f"B{serial}{lot}B**+416-6+105-2300F+240-2***000A+200-4**+000+0125&",
        "Cartridge Type": "B",
        "Cartridge Serial": serial,
        "Cartridge Lot": lot,
        "Cartridge Validity": "Valid",
    }
    _pairs(rows, 26, cartridge)
    barcode = plate.barcode or f"R{_digits(rng, 10)}V"
    parts = {
        "Plate Barcode": barcode,
        "Plate Type": barcode[:1],
        "Plate Serial": barcode[1:6],
        "Plate Lot": barcode[6:11],
        "Plate Orientation": barcode[11:12],
    }
    _pairs(rows, 32, parts)
    for offset, (port, volume) in enumerate(zip("ABCD", _PORT_VOLUMES[plate.model], strict=True)):
        _put(rows, 32, _LEFT + offset, f"Port {port}: {volume} µL")
    _pairs(rows, 38, {"Instrument Serial": f"SIM{_digits(rng, 3)}"})


def _protocol(rows: Rows, plate: PlateTruth, device: Instrument) -> None:
    _put(rows, 41, 0, "Protocol Summary", "bold")
    _put(rows, 42, 1, "Calibration", "title")
    _put(rows, 44, 1, "Equilibration: Yes")
    mix, wait, measure = (60 * (int(s) // 60) for s in (device.mix_seconds, device.wait_seconds, 180))
    for index, stage in enumerate(plate.stages):
        lines = [
            (42, stage.name),
            (44, f"Mix: {_clock(mix)}"),
            (45, f"Wait: {_clock(wait)}"),
            (46, f"Measure: {_clock(measure)}"),
            (47, f"Cycles: {stage.cycles}"),
            (48, f"Duration: {_clock((mix + wait + measure) * stage.cycles)}"),
        ]
        if index:
            lines.append((43, f"Port(s): {'ABCD'[index - 1]}"))
        for row, text in lines:
            _put(rows, row, _LEFT + index, text, "title" if row == 42 else "plain")


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _settings(rows: Rows, device: Instrument) -> None:
    titles = ((51, "Calculation Settings"), (56, "O2 Settings"), (69, "pH Settings"))
    for row, title in titles:
        _put(rows, row, 0, title, "bold")
    _pairs(rows, 52, {"Atmospheric Pressure": 760}, "number")
    _pairs(rows, 53, {"Background Correction": "Yes"})
    _pairs(rows, 54, {"% O2": 100}, "number")
    _pairs(rows, 57, {"Calculation Method": "AKOS"})
    _pairs(rows, 58, {"ksv": device.ksv}, "science")
    _pairs(rows, 59, {"Ksv Temp Correction": "False"})
    _pairs(rows, 60, {"Corrected Ksv": device.ksv, "Calculated FO": device.fo}, "science")
    constants = {"Pseudo Volume": device.pseudo_volume, "TAC": device.tac, "TAW": 0, "TW": device.tw}
    _pairs(rows, 62, constants | {"TC": device.tc, "TP": device.tp}, "number")
    _pairs(rows, 70, {"Gain Equation": 0}, "science")
    for col, value in enumerate((0, device.gain_slope, device.gain_offset), 2):
        _put(rows, 70, col, value, "science")
    _pairs(rows, 71, {"ECAR Technique": "Line Fit"})
    _pairs(rows, 72, {"Edge Offset": 3}, "number")
    _pairs(rows, 73, {"Temperature Gain Correction": "False"})
    _put(rows, 74, 0, "Proton Efflux Settings", "bold")
    _pairs(rows, 75, {"Default Buffer Factor": 0, "Calibration pH": 7.4}, "science")
    _pairs(rows, 77, {"Plate Volume": device.plate_volume, "kVol": device.kvol}, "number")


def _grids(rows: Rows, plate: PlateTruth) -> int:
    """Write the normalisation values and the buffer factors; return the last row."""
    normalised = bool(plate.cell_counts)
    _put(rows, 81, 0, "Normalization Settings", "bold")
    _pairs(rows, 82, {"Normalization Unit:": plate.normalisation_unit if normalised else ""})
    _pairs(rows, 83, {"Norm. Scale Factor:": _whole(plate.normalisation_scale) if normalised else 1})
    _put(rows, 84, 0, "Normalization Values:")
    style = "grid science" if normalised else "grid"
    _grid(rows, plate, 84, lambda p: (_whole(plate.cell_counts.get(p, "")), style))
    top = 84 + plate.shape[0] + 2
    _put(rows, top, 0, "Buffer Factor Settings", "bold")
    _put(rows, top + 2, 0, "Buffer Factor :")
    _grid(rows, plate, top + 2, lambda p: (BUFFER_FACTOR if p in plate.wells else 0, "grid science"))
    last = top + 2 + plate.shape[0]
    if plate.model == "XFe96":
        _put(rows, last + 2, 0, "Notes", "bold")
        _put(rows, last + 3, 0, " ")
        last += 3
    return last


def _whole(value: str | float) -> str | float:
    return int(value) if isinstance(value, float) and value.is_integer() else value
