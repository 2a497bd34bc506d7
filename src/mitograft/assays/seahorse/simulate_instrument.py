"""Constants of the simulated instruments and the clock of a run."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mitograft.assays.seahorse.simulate_truth import Model, PlateTruth
from mitograft.tables.parameters import load_parameters

__all__ = ["FIRST_MIX", "PROBE_DOWN", "Instrument", "instrument", "starts", "tick_times"]

FIRST_MIX = 3840.0  # s after the start of calibration: calibration, loading and equilibration of a real run
PROBE_DOWN = 3.0  # s from the start of "Measure" to the first tick

_PMOL_PER_UL_AT_CO = 0.214  # nmol O2 per uL of medium at CO, as the vendor's formula has it


@dataclass(frozen=True, slots=True)
class Instrument:
    """Calculation settings and timing of one model; times in seconds, volumes in microlitres."""

    software: str
    fo: float
    ksv: float
    pseudo_volume: float
    tac: float
    tw: float
    tc: float
    tp: float
    gain_slope: float
    gain_offset: float
    plate_volume: float
    kvol: float
    ticks: int
    tick_seconds: float
    mix_seconds: float
    wait_seconds: float
    measure_seconds: float
    inject_seconds: float
    o2_noise: float
    ph_noise: float

    @property
    def co(self) -> float:
        """O2 level of air-saturated medium, mmHg: (FO / 12500 - 1) / Ksv."""
        return (self.fo / 12500 - 1) / self.ksv

    @property
    def pmol_per_mmhg(self) -> float:
        """OCR in pmol/min of 1 mmHg/s: PseudoVolume x 0.214 / CO x 60 x 1000."""
        return self.pseudo_volume * _PMOL_PER_UL_AT_CO / self.co * 60 * 1000


@cache
def instrument(model: Model) -> Instrument:
    """Return the constants of a model, from ``data/simulated_instruments.csv``."""
    rows = load_parameters("mitograft.assays.seahorse", "simulated_instruments.csv")
    values = {p.id.split("/")[1]: p for p in rows if p.id.startswith(f"{model}/")}
    numbers = {name: p.number for name, p in values.items() if name not in {"software", "ticks"}}
    return Instrument(software=values["software"].value, ticks=int(values["ticks"].number), **numbers)


def starts(plate: PlateTruth) -> NDArray[np.float64]:
    """Return when each cycle begins (with its injection or its mixing), s after calibration began."""
    device = instrument(plate.model)
    cycle = device.mix_seconds + device.wait_seconds + device.measure_seconds
    lengths = [
        cycle + (device.inject_seconds if _injects(stage, c) else 0) for stage, c in plate.measurements
    ]
    return FIRST_MIX + np.concatenate(([0.0], np.cumsum(lengths)[:-1]))


def tick_times(plate: PlateTruth) -> NDArray[np.float64]:
    """Return the exact time of every tick, s after calibration began; measurements by ticks."""
    device = instrument(plate.model)
    first = [
        start
        + (device.inject_seconds if _injects(*key) else 0)
        + device.mix_seconds
        + device.wait_seconds
        + PROBE_DOWN
        for start, key in zip(starts(plate), plate.measurements, strict=True)
    ]
    times: NDArray[np.float64] = np.array(first)[:, None] + device.tick_seconds * np.arange(device.ticks)
    return times


def _injects(stage: int, cycle: int) -> bool:
    return stage > 0 and cycle == 0
