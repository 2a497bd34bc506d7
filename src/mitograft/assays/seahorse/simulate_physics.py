"""Oxygen and pH in the wells of a simulated plate.

Oxygen follows three compartments (Gerencser et al. 2009, Anal Chem 81:6868): the chamber c, its plastic
wall w and the probe p, as differences from air-saturated medium,

    dc/dt = -OCR/V - c/TAC + (w - c)/TC,    dw/dt = (c - w)/TW,    dp/dt = (c - p)/TP,

where V turns pmol/min into mmHg/s. While the probes are up, the chamber also mixes with the medium above it
(time constant 30 s). With a constant rate each step is solved exactly by the matrix exponential.

The vendor's calculation is calibrated, so that a true rate reads as itself; the forward rates are therefore
adjusted until the noise-free plate gives the true rates by that calculation. What is left between truth and
reading is noise.
"""

import numpy as np
from numpy.typing import NDArray

from mitograft.assays.seahorse.simulate_instrument import PROBE_DOWN, Instrument, instrument, tick_times
from mitograft.assays.seahorse.simulate_rates import oxygen_rates
from mitograft.assays.seahorse.simulate_truth import PlateTruth

__all__ = ["oxygen", "ph", "true_ecar", "true_ocr"]

Floats = NDArray[np.floating]

_MIXING = 30.0  # s
_REST = 3600.0  # s of open wells before the first measurement
_ROUNDS = 4
_MEDIUM_ECAR = (6.0, 4.0, 40.0)  # mpH/min of medium alone: late, early excess, its time constant in minutes
_START_PH = 7.38


def true_ocr(plate: PlateTruth) -> Floats:
    """Return the OCR of every measurement and well, pmol/min; wells without cells have their drift only."""
    hours = tick_times(plate).mean(axis=1) / 3600
    rates = np.zeros((len(plate.measurements), len(plate.positions)))
    for column, position in enumerate(plate.positions):
        if position in plate.wells:
            rates[:, column] = _course(plate, position)
        rates[:, column] += plate.drift.get(position, 0.0) * (hours - hours[0])
    return rates


def _course(plate: PlateTruth, position: str) -> list[float]:
    well, states = plate.wells[position], plate.states(position)
    now, course = well.ocr(states[0]), []
    for stage, cycle in plate.measurements:
        aim = well.ocr(states[stage])
        if states[stage] == "fccp":
            aim = well.non_mito + well.maximal * (1 - plate.rundown) ** cycle
        now = aim + (now - aim) * plate.settling
        course.append(now)
    return course


def true_ecar(plate: PlateTruth) -> Floats:
    """Return the ECAR of every measurement and well, mpH/min, without that of the medium."""
    rates = np.zeros((len(plate.measurements), len(plate.positions)))
    for column, position in enumerate(plate.positions):
        if position in plate.wells:
            well, states = plate.wells[position], plate.states(position)
            rates[:, column] = [
                well.ecar if states[stage] == "none" else well.ecar_inhibited
                for stage, _ in plate.measurements
            ]
    return rates


def oxygen(plate: PlateTruth) -> Floats:
    """Return the noise-free oxygen level at the probe, mmHg: measurements by ticks by wells."""
    device, times, aim = instrument(plate.model), tick_times(plate), true_ocr(plate)
    forward = aim
    for _ in range(_ROUNDS):
        level = _probe(forward, times, device)
        forward = forward + aim - oxygen_rates(level, times, device)
    return _probe(forward, times, device)


def _probe(rates: Floats, times: Floats, device: Instrument) -> Floats:
    consumed = rates / device.pmol_per_mmhg
    tail = device.measure_seconds - PROBE_DOWN - (device.ticks - 1) * device.tick_seconds
    lower, tick = _step(device, PROBE_DOWN), _step(device, device.tick_seconds)
    level = np.empty((*times.shape, rates.shape[1]))
    state: Floats = np.zeros((3, rates.shape[1]))
    closed_until = times[0, 0] - PROBE_DOWN - _REST
    for m, rate in enumerate(consumed):
        state = _advance(state, rate, _step(device, times[m, 0] - PROBE_DOWN - closed_until, mixed=True))
        state = _advance(state, rate, lower)
        level[m, 0] = state[2]
        for t in range(1, times.shape[1]):
            state = _advance(state, rate, tick)
            level[m, t] = state[2]
        state = _advance(state, rate, _step(device, tail))
        closed_until = times[m, -1] + tail
    return level + device.co


def _step(device: Instrument, seconds: float, *, mixed: bool = False) -> Floats:
    """Return the matrix that carries (c, w, p, rate) over a time with a constant rate."""
    from scipy.linalg import expm

    air = 1 / device.tac + (1 / _MIXING if mixed else 0.0)
    system = np.array(
        [
            [-air - 1 / device.tc, 1 / device.tc, 0.0, -1.0],
            [1 / device.tw, -1 / device.tw, 0.0, 0.0],
            [1 / device.tp, 0.0, -1 / device.tp, 0.0],
            [0.0, 0.0, 0.0, 0.0],
        ]
    )
    carried: Floats = expm(system * seconds)[:3]
    return carried


def _advance(state: Floats, rate: Floats, step: Floats) -> Floats:
    moved: Floats = step[:, :3] @ state + np.outer(step[:, 3], rate)
    return moved


def ph(plate: PlateTruth) -> Floats:
    """Return the noise-free pH, measurements by ticks by wells; mixing restores it between measurements."""
    times = tick_times(plate)
    minutes = (times - times[0, 0]) / 60
    late, early, constant = _MEDIUM_ECAR
    medium = late + early * np.exp(-minutes[:, 0] / constant)
    slope = true_ecar(plate) + medium[:, None]
    passed = minutes - minutes[:, :1]
    level: Floats = _START_PH - passed[:, :, None] * slope[:, None, :] / 1000
    return level
