"""What the sensors of a simulated plate emit, in whole counts, and what the software makes of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mitograft.assays.seahorse.simulate_instrument import Instrument, instrument, tick_times
from mitograft.assays.seahorse.simulate_physics import oxygen, ph
from mitograft.assays.seahorse.simulate_rates import acidification_rates, oxygen_rates
from mitograft.assays.seahorse.simulate_truth import PlateTruth

__all__ = ["Calibration", "Channel", "Rates", "Signals", "measure", "rates"]

Floats = NDArray[np.floating]
Counts = NDArray[np.int64]

_O2_EMISSION = 12650.0
_O2_FALL = (
    45.0,
    70.0,
    35.0,
)  # counts lost within a measurement, its time constant in s, counts lost per hour
_O2_OFFSET = 0.25  # mmHg; sensors differ
_PH_OFFSET = 0.008
_CALIBRATION_PH = 7.4
BUFFER_FACTOR = 2.4  # as in the real workbooks


@dataclass(frozen=True, slots=True)
class Calibration:
    """Per well, one channel: LED setting, emission after calibration, reference light minus dark."""

    led: Counts
    emission: Counts
    reference_delta: Counts


@dataclass(frozen=True, slots=True)
class Channel:
    """Counts of one channel and the corrected emission: measurements by ticks by wells."""

    light: Counts
    dark: Counts
    reference_light: Counts
    reference_dark: Counts
    corrected: Floats
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Signals:
    """Everything the Raw sheet holds: measurements by ticks by wells, temperatures and times by ticks."""

    times: Floats
    o2: Floats
    ph: Floats
    oxygen: Channel
    proton: Channel
    well_temperature: Floats
    env_temperature: Floats


@dataclass(frozen=True, slots=True)
class Rates:
    """The Rate sheet: times in minutes by measurement; OCR, ECAR and PER by measurement and well."""

    minutes: Floats
    ocr: Floats
    ecar: Floats
    per: Floats


def measure(plate: PlateTruth, rng: np.random.Generator) -> Signals:
    """Let the instrument read the plate."""
    device, times = instrument(plate.model), tick_times(plate)
    wells = len(plate.positions)
    offsets = rng.normal(0, _O2_OFFSET, wells), rng.normal(0, _PH_OFFSET, wells)
    ticks = times.shape
    within = times - times[:, :1]
    fall, constant, hourly = _O2_FALL
    shared = _O2_EMISSION - fall * (1 - np.exp(-within / constant)) - hourly * (times - times[0, 0]) / 3600
    level = oxygen(plate) + plate.noise * offsets[0]
    emission = 1 / (1 / shared[:, :, None] + (level - device.co) * device.ksv / device.fo)
    o2 = _channel(emission, (12498, 4, 2400, 480), device.o2_noise * plate.noise, rng)
    selected = [
        i for i, p in enumerate(plate.positions) if p in plate.background and p not in plate.deselected
    ]
    mean = o2.corrected[:, :, selected].mean(axis=2, keepdims=True)
    acid = _calibration(wells, (29830, 80, 9900, 2000), rng)
    gain = 1000 * _gain(acid.emission, device)
    emission = acid.emission + (ph(plate) + plate.noise * offsets[1] - _CALIBRATION_PH) * gain
    proton = _channel(emission, acid, device.ph_noise * plate.noise, rng)
    return Signals(
        times=times,
        o2=device.co + device.fo / device.ksv * (1 / o2.corrected - 1 / mean),
        ph=_CALIBRATION_PH + (proton.corrected - acid.emission) / gain,
        oxygen=o2,
        proton=proton,
        well_temperature=37.0 + np.round(rng.normal(0, 0.003, ticks), 6),
        env_temperature=36.06 + np.round(np.cumsum(rng.normal(0, 0.001, times.size)).reshape(ticks), 6),
    )


def _gain(emission: Counts, device: Instrument) -> Floats:
    """Return the pH gain of each sensor: the Gain Equation at its calibration emission."""
    gain: Floats = device.gain_slope * emission + device.gain_offset
    return gain


def _calibration(
    wells: int, typical: tuple[float, float, float, float], rng: np.random.Generator
) -> Calibration:
    emission, spread, led, led_spread = typical
    return Calibration(
        np.clip(np.rint(rng.normal(led, led_spread, wells)), led / 2, 2 * led).astype(np.int64),
        np.rint(rng.normal(emission, spread, wells)).astype(np.int64),
        np.rint(rng.uniform(3500, 7500, wells)).astype(np.int64),
    )


def _channel(
    emission: Floats,
    setting: Calibration | tuple[float, float, float, float],
    noise: float,
    rng: np.random.Generator,
) -> Channel:
    """Turn emissions into counts: light = dark + emission x (reference light - dark) / reference delta."""
    wells = emission.shape[2]
    known = setting if isinstance(setting, Calibration) else _calibration(wells, setting, rng)
    dark = np.broadcast_to(np.int64(1000 + rng.integers(-8, 9)), emission.shape)
    reference_dark = np.broadcast_to(np.int64(32715 + rng.integers(0, 25)), emission.shape)
    ageing = np.rint(np.linspace(0, -8, emission.shape[0] * emission.shape[1])).astype(np.int64)
    delta = known.reference_delta + ageing.reshape(emission.shape[:2])[:, :, None]
    counts = emission * delta / known.reference_delta + rng.normal(0, 1, emission.shape) * noise
    light = dark + np.rint(counts).astype(np.int64)
    corrected: Floats = (light - dark) / delta * known.reference_delta
    return Channel(light, dark, reference_dark + delta, reference_dark, corrected, known)


def rates(plate: PlateTruth, signals: Signals) -> Rates:
    """Return what the instrument's software computes from the signals, corrected for the background wells.

    PER is the uncorrected acidification times buffer factor, plate volume and kVol.
    """
    device = instrument(plate.model)
    background = np.array([p in plate.background for p in plate.positions])
    used = background & ~np.isin(plate.positions, list(plate.deselected))
    ocr = oxygen_rates(signals.o2, signals.times, device)
    uncorrected = acidification_rates(signals.ph, signals.times)
    ocr -= ocr[:, used].mean(axis=1, keepdims=True)
    ecar = uncorrected - uncorrected[:, used].mean(axis=1, keepdims=True)
    per = uncorrected * BUFFER_FACTOR * device.plate_volume * device.kvol
    for sheet in (ocr, ecar):
        sheet[:, used] = 0.0
    per[:, background] = 0.0
    middle = signals.times[:, device.ticks // 2 - 1]
    return Rates((middle - signals.times[0, 0]) / 60, ocr, ecar, per)
