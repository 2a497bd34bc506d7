"""Dates and times of a simulated run, written the way each instrument's software writes them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from mitograft.assays.seahorse.simulate_instrument import FIRST_MIX, instrument, starts
from mitograft.assays.seahorse.simulate_truth import Model, PlateTruth

__all__ = ["date_text", "last_run", "operations", "stamp"]

_CALIBRATION = datetime(2026, 1, 5, 9, 0, 0)  # the instrument's clock knows no zone
_BEFORE = (  # instruction, command, index, start and end in seconds from the start of calibration
    ("Home", "Home", 0, -102, -97),
    ("Load Cartridge", "LoadProbes", 0, -97, 0),
    ("Initialization", "Calibrate", 1, 0, 1030),
    ("PreCalibration", "PreCalibrate", 1, 1, 794),
    ("OffsetCalibrate", "OffsetCalibrate", 1, 797, 804),
    ("CoarseCalibrate", "CoarseCalibrate", 1, 797, 878),
    ("FineCalibrate", "FineCalibrate", 1, 878, 1027),
    ("Load Plate", "LoadPlate", 0, 1030, 3086),
    ("Equilibrate", "Equilibrate", 0, 3086, int(FIRST_MIX) - 1),
)

Operation = tuple[str | int, ...]


def stamp(seconds: float) -> str:
    """Return a tick's time as the Raw sheet has it: whole seconds since calibration began.

    >>> stamp(4036.9)
    '01:07:16'
    """
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def date_text(seconds: float, model: Model, *, minutes: bool = False) -> str:
    """Return a date and time; the two exports at hand were written under different locales."""
    at = _CALIBRATION + timedelta(seconds=int(seconds))
    if model == "XFe96":
        return at.strftime("%d-%m-%Y %H:%M" if minutes else "%d-%m-%Y %H:%M:%S")
    clock = at.strftime("%M" if minutes else "%M:%S")
    return f"{at.month}/{at.day}/{at.year} {at.hour % 12 or 12}:{clock} {'AM' if at.hour < 12 else 'PM'}"


def operations(plate: PlateTruth) -> Iterator[Operation]:
    """Yield the rows of the Operation Log."""
    for name, command, index, begin, end in (*_BEFORE, *_protocol(plate)):
        yield (
            name,
            command,
            index,
            date_text(begin, plate.model),
            date_text(end, plate.model),
            "Success",
        )


def last_run(plate: PlateTruth) -> str:
    """Return when the run ended."""
    return date_text(_end(plate), plate.model, minutes=True)


def _end(plate: PlateTruth) -> float:
    return max(end for _, command, _, _, end in _protocol(plate) if command == "Measure")


def _protocol(plate: PlateTruth) -> Iterator[tuple[str, str, int, float, float]]:
    device, now = instrument(plate.model), 0.0
    for begin, (stage, cycle) in zip(starts(plate), plate.measurements, strict=True):
        now = float(begin)
        steps = [
            ("Mix", device.mix_seconds),
            ("Wait", device.wait_seconds),
            ("Measure", device.measure_seconds),
        ]
        if stage and not cycle:
            steps.insert(0, ("Inject", device.inject_seconds))
        for command, length in steps:
            if length:
                yield plate.stages[stage].name, command, stage + 2, now, now + length
            now += length
    yield "Unload Cartridge", "UnloadCartridge", 0, now, now + 92
