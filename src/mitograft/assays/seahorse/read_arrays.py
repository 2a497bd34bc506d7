"""The long sheets as arrays: Rate and Normalized Rate (wells x measurements), Raw (x ticks)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.seahorse.read_workbook import Rows, number, text
from mitograft.assays.seahorse.wave import Rates, Ticks
from mitograft.errors import describe_cell
from mitograft.tables.problems import Problems

__all__ = ["read_rates", "read_ticks"]

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_KEYS = ("Measurement", "Well")
_RATES = ("Time", "OCR", "ECAR", "PER")
_OPTIONAL = frozenset({"PER"})
_RAW = {
    "well_temperature": "Well Temperature",
    "environment_temperature": "Env. Temperature",
    "o2": "O2 (mmHg)",
    "o2_emission": "O2 Corrected Em.",
    "o2_light": "O2 Light Emission",
    "o2_dark": "O2 Dark Emission",
    "o2_ref_light": "O2 Ref Light",
    "o2_ref_dark": "O2 Ref Dark",
    "ph": "pH",
    "ph_emission": "pH Corrected Em.",
    "ph_light": "pH Light",
    "ph_dark": "pH Dark",
    "ph_ref_light": "pH Ref Light",
    "ph_ref_dark": "pH Ref Dark",
}
_VALID = {"o2_valid": "O2 is Valid", "ph_valid": "pH is Valid"}
_DAY = 86_400.0
_CLOCK_PARTS = 3
_MOST_MEASUREMENTS, _MOST_TICKS = 500, 200
_EXPORT_AGAIN = "Export the assay from Wave to Excel anew."


@dataclass(frozen=True)
class _Long:
    """The rows of a long sheet: columns by header, with well and measurement (from 0) of each row."""

    columns: Mapping[str, Sequence[Any]]
    well: Whole
    measurement: Whole


def read_rates(rows: Rows, wells: Sequence[str], sheet: str, problems: Problems) -> Rates | None:
    """Read Rate or Normalized Rate; None where it is empty or wrong (then ``problems`` says why)."""
    long = _long(rows, wells, sheet, _RATES, problems)
    if long is None or not len(long.well):
        return None
    count = int(long.measurement.max()) + 1
    values = {name: np.full((len(wells), count), np.nan) for name in _RATES}
    for name, array in values.items():
        if name.casefold() in long.columns:
            array[long.well, long.measurement] = _numbers(long.columns[name.casefold()])
    _note_gaps(values["OCR"], wells, sheet, problems)
    # All wells of a measurement share its time.
    minutes = np.array([_first_finite(column) for column in values["Time"].T])
    return Rates(minutes, values["OCR"], values["ECAR"], values["PER"])


def read_ticks(rows: Rows, wells: Sequence[str], problems: Problems) -> Ticks | None:
    """Read Raw; blank rows are skipped and missing readings are NaN."""
    needed = ("Tick", "TimeStamp", *_RAW.values(), *_VALID.values())
    long = _long(rows, wells, "Raw", needed, problems)
    if long is None:
        return None
    if not len(long.well):
        problems.add("empty-sheet", "a sheet Raw without readings", "the raw readings", _EXPORT_AGAIN)
        return None
    tick = _numbers(long.columns["tick"])
    measurements = int(long.measurement.max()) + 1
    first = np.full(measurements, np.inf)
    np.minimum.at(first, long.measurement, tick)
    within = tick - first[long.measurement]
    if not np.all(np.isfinite(within)) or within.max() >= _MOST_TICKS:
        problems.add(
            "bad-tick", "a missing or impossible number in the column Tick", "0, 1, 2, ...", _EXPORT_AGAIN
        )
        return None
    inner = within.astype(np.int64)
    count = np.zeros(measurements, np.int64)
    np.maximum.at(count, long.measurement, inner + 1)
    place = (long.well, long.measurement, inner)
    shape = (len(wells), measurements, int(count.max()))

    def cube(name: str) -> Array:
        array = np.full(shape, np.nan)
        array[place] = _numbers(long.columns[name.casefold()])
        return array

    def mask(name: str) -> npt.NDArray[np.bool_]:
        array = np.zeros(shape, np.bool_)
        array[place] = [text(cell).upper() == "Y" for cell in long.columns[name.casefold()]]
        return array

    seconds = _seconds(long, inner, shape[1:])
    _note_gaps(np.where(np.isfinite(cube("O2 (mmHg)")).any(2), 0.0, np.nan), wells, "Raw", problems)
    readings = {name: cube(header) for name, header in _RAW.items()}
    valid = {name: mask(header) for name, header in _VALID.items()}
    return Ticks(count=count, seconds=seconds, **readings, **valid)  # type: ignore[arg-type]  # by field name


def _long(
    rows: Rows, wells: Sequence[str], sheet: str, needed: Iterable[str], problems: Problems
) -> _Long | None:
    # Wave itself writes "O2 is Valid" and "pH Is Valid".
    header = [text(cell).casefold() for cell in rows[0]] if rows else []
    missing = [name for name in (*_KEYS, *needed) if name.casefold() not in header and name not in _OPTIONAL]
    if missing:
        problems.add(
            "missing-column",
            found=f"the sheet '{sheet}' without {', '.join(missing)}",
            expected="the columns of a Wave export",
            remedy=_EXPORT_AGAIN,
        )
        return None
    at = {name: header.index(name) for name in header if name}
    kept = [row for row in rows[1:] if text(row[at["well"]])]
    columns = dict(zip(header, zip(*kept, strict=True), strict=True)) if kept else dict.fromkeys(at, ())
    return _keyed(columns, wells, sheet, problems)


def _keyed(
    columns: Mapping[str, Sequence[Any]], wells: Sequence[str], sheet: str, problems: Problems
) -> _Long | None:
    position = {well: index for index, well in enumerate(wells)}
    names = [text(cell) for cell in columns["well"]]
    strange = sorted({name for name in names if name not in position})
    if strange:
        problems.add(
            "wrong-plate-size",
            found=f"the well {describe_cell(strange[0])} in the sheet '{sheet}'",
            expected=f"wells {wells[0]} to {wells[-1]}, as the group layout has",
            remedy=_EXPORT_AGAIN,
        )
        return None
    measurement = _numbers(columns["measurement"])
    if not np.all((measurement >= 1) & (measurement <= _MOST_MEASUREMENTS) & (measurement % 1 == 0)):
        problems.add(
            "bad-measurement",
            found=f"an impossible number in the column Measurement of '{sheet}'",
            expected=f"1 to {_MOST_MEASUREMENTS}",
            remedy=_EXPORT_AGAIN,
        )
        return None
    well = np.array([position[name] for name in names], np.int64)
    return _Long(columns, well, measurement.astype(np.int64) - 1)


def _note_gaps(values: Array, wells: Sequence[str], sheet: str, problems: Problems) -> None:
    """Note wells without any value of a measurement."""
    gaps = np.isnan(values)
    if not gaps.any():
        return
    named = [wells[int(index)] for index in np.flatnonzero(gaps.any(1))]
    shown = ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")
    problems.add(
        "missing-rows",
        found=f"no value for {shown} in {int(gaps.any(0).sum())} measurement(s) of the sheet '{sheet}'",
        expected="every well of the plate in every measurement",
        remedy=_EXPORT_AGAIN,
    )


def _numbers(cells: Sequence[Any]) -> Array:
    try:
        return np.array(cells, dtype=np.float64)
    except (TypeError, ValueError):  # an empty cell or text among them
        return np.array([number(cell) for cell in cells], dtype=np.float64)


def _seconds(long: _Long, tick: Whole, shape: tuple[int, ...]) -> Array:
    """Return the time of every tick, counted on over midnight."""
    known: dict[Any, float] = {}
    stamps = long.columns["timestamp"]
    seconds = np.full(shape, np.nan)
    for cell in stamps:
        if cell not in known:
            known[cell] = _clock(cell)
    seconds[long.measurement, tick] = [known[cell] for cell in stamps]
    flat = seconds.ravel()
    finite = np.flatnonzero(np.isfinite(flat))
    days = np.cumsum(np.diff(flat[finite], prepend=flat[finite[0]] if len(finite) else 0.0) < -_DAY / 2)
    flat[finite] += days * _DAY
    return flat.reshape(shape)


def _clock(cell: Any) -> float:
    parts = [number(part) for part in text(cell).split(":")]
    if len(parts) != _CLOCK_PARTS:
        return float("nan")
    return parts[0] * 3600 + parts[1] * 60 + parts[2]


def _first_finite(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(finite[0]) if len(finite) else float("nan")
