"""Rates as the instrument's own software gives them, for the Rate sheet of a simulated workbook.

The oxygen in the chamber is recovered from the probe's signal by undoing, one after another, the lag of the
probe, the exchange with the plastic wall and the leak of the atmosphere (Gerencser et al. 2009, Anal Chem
81:6868, equations 5, 13, 14 and 19), with the vendor's time constants. Kept apart from the reader's own
computation on purpose: each checks the other.
"""

import numpy as np
from numpy.typing import NDArray

from mitograft.assays.seahorse.simulate_instrument import Instrument

__all__ = ["acidification_rates", "oxygen_rates"]

Floats = NDArray[np.floating]

_WINDOW = 7
_EDGE = 3  # ticks left out at either end of a measurement, and at the start of the pH line
_FILL = 30.0  # s; the oxygen level returns with this time constant between measurements


def oxygen_rates(o2: Floats, times: Floats, device: Instrument) -> Floats:
    """Return OCR, not background corrected, pmol/min: measurements by wells.

    Parameters
    ----------
    o2
        Oxygen level at the probe, mmHg: measurements by ticks by wells.
    times
        Tick times, s: measurements by ticks.
    device
        Instrument constants.
    """
    level, when, owner = _continuous(o2, times)
    smooth, slope, curvature = _smoothed(level, device.tick_seconds)
    chamber = smooth + device.tp * slope
    change = slope + device.tp * curvature
    wall = _wall(chamber, when, device.tw)
    flow = -change + (device.co - chamber) / device.tac + (wall - chamber) / device.tc
    means = [flow[owner == m][_EDGE:-_EDGE].mean(axis=0) for m in range(len(o2))]
    return np.array(means) * device.pmol_per_mmhg


def acidification_rates(ph: Floats, times: Floats) -> Floats:
    """Return ECAR, not background corrected, mpH/min: minus the slope of pH from the fourth tick on."""
    minutes = times[:, _EDGE:, None] / 60
    minutes = minutes - minutes.mean(axis=1, keepdims=True)
    slopes: Floats = (minutes * ph[:, _EDGE:]).sum(axis=1) / (minutes**2).sum(axis=1)
    return -1000 * slopes


def _continuous(o2: Floats, times: Floats) -> tuple[Floats, Floats, NDArray[np.int_]]:
    """Join the measurements into one series; between two, the level returns to where the next begins."""
    spacing = times[0, 1] - times[0, 0]
    levels, when, owner = [o2[0]], [times[0]], [np.zeros(o2.shape[1], int)]
    for m in range(1, len(o2)):
        gap = times[m, 0] - times[m - 1, -1]
        count = round(gap / spacing) - 1
        passed = np.arange(1, count + 1) * gap / (count + 1)
        left = np.exp(-np.maximum(passed - spacing, 0) / _FILL)[:, None]
        levels += [o2[m, 0] + (o2[m - 1, -1] - o2[m, 0]) * left, o2[m]]
        when += [times[m - 1, -1] + passed, times[m]]
        owner += [np.full(count, -1), np.full(o2.shape[1], m)]
    return np.concatenate(levels), np.concatenate(when), np.concatenate(owner)


def _smoothed(level: Floats, spacing: float) -> tuple[Floats, Floats, Floats]:
    """Return the quadratic through seven points: value, slope and coefficient of the square.

    At the two ends of the series, where seven points are not to be had, the level itself with no slope.
    """
    half = _WINDOW // 2
    weights = np.linalg.pinv(np.vander(np.arange(-half, half + 1.0), 3, increasing=True))
    windows = np.lib.stride_tricks.sliding_window_view(level, _WINDOW, axis=0)
    inner = windows @ weights.T
    smooth, slope, curvature = level.copy(), np.zeros_like(level), np.zeros_like(level)
    smooth[half:-half] = inner[..., 0]
    slope[half:-half] = inner[..., 1] / spacing
    curvature[half:-half] = inner[..., 2] / spacing**2
    return smooth, slope, curvature


def _wall(chamber: Floats, when: Floats, constant: float) -> Floats:
    """Return the oxygen of the wall: dw/dt = (c - w) / TW, exact for a level linear between points."""
    steps = np.diff(when) / constant
    decay = np.exp(-steps)
    share = (1 - decay) / steps
    wall = np.empty_like(chamber)
    wall[0] = chamber[0]
    for j, (kept, part) in enumerate(zip(decay, share, strict=True)):
        wall[j + 1] = wall[j] * kept + chamber[j] * (part - kept) + chamber[j + 1] * (1 - part)
    return wall
