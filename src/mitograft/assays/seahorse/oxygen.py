"""Oxygen consumption rate from the raw readings: the deconvolution of Gerencser et al. 2009.

The sensor lags behind the oxygen of the chamber, the plastic of the wall stores oxygen, and some leaks in
from the atmosphere, so that the slope of the reading is not the rate (it is 30-45 % off)::

    C   = M + TP M'                        level in the chamber from the reading M (probe lag TP)
    C'  = M' + TP M''                      its change
    W'  = (C - W) / TW                     level in the wall, W(0) = C(0)
    OCR = V (-C' + (CO - C) / TAC + (W - C) / TC)

TP, TW, TC and TAC are seconds, CO is the ambient level in mmHg and V turns mmHg/s into pmol/min. M, M' and
M'' come from a quadratic through seven ticks; as in the instrument's software, the coefficient of the square
stands for M''. The mean over ticks 4 to n-3 of a measurement is its rate.

Between measurements the chamber is mixed and returns to the level at which the next measurement begins; the
wall remembers, so that this gap must be filled: an exponential with a half time of 30 s, sampled about as
densely as the measurements. The series is smoothed as one, gaps included.

Source: Gerencser AA et al., Anal Chem 2009;81:6868 (10.1021/ac900881z), equations 5, 13, 14, 19.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from mitograft.assays.seahorse.wave import Mask, Oxygen, Ticks, WavePlate
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["oxygen_from_emission", "oxygen_rates", "rate_parameters", "slope_rates"]

Array = npt.NDArray[np.float64]
_SECONDS_A_MINUTE, _PMOL_A_NMOL = 60.0, 1000.0


@cache
def rate_parameters() -> Parameters:
    """Return the constants of the rate computation, each with its source."""
    return load_parameters(__package__, "rates.csv")


def oxygen_from_emission(emission: Array, background: Mask, oxygen: Oxygen) -> Array:
    """Return oxygen in mmHg from the corrected emission of the probe (wells x ...).

    O2 = CO + (FO/Ksv)(1/F - 1/F_T), where F_T is the mean emission of the selected ``background`` wells at
    that tick: these wells define the ambient level.
    """
    known = np.isfinite(emission[background]).sum(axis=0)
    # Ticks that a shorter measurement does not have stay NaN.
    target = np.nansum(emission[background], axis=0) / np.where(known > 0, known, np.nan)
    level: Array = oxygen.ambient + oxygen.f0 / oxygen.ksv * (1 / emission - 1 / target)
    return level


def oxygen_rates(plate: WavePlate, constants: Parameters | None = None) -> Array:
    """Return OCR (wells x measurements, pmol/min), not yet corrected for the background wells.

    Constants: None takes ``rate_parameters()``.
    """
    known = constants or rate_parameters()
    ticks, oxygen = plate.ticks, plate.oxygen
    level = _without_gaps(ticks.o2, ticks.count)
    series, times, spans = _one_series(level, ticks, known)
    smooth, slope, square = _quadratic(series, times, int(known["smoothing_ticks"].number))
    chamber = smooth + oxygen.tp * slope
    wall = _wall(chamber, times, oxygen.tw)
    change = slope + oxygen.tp * square
    flow = -change + (oxygen.ambient - chamber) / oxygen.tac + (wall - chamber) / oxygen.tc
    skipped = int(known["skipped_ticks"].number)
    means = [flow[:, begin + skipped : end - skipped].mean(axis=1) for begin, end in spans]
    return np.stack(means, axis=1) * _scale(oxygen, known)


def slope_rates(plate: WavePlate, constants: Parameters | None = None) -> Array:
    """Return the rate by the least-squares slope of the reading: what the deconvolution replaces.

    For comparison only; it neglects probe lag, wall and leak and is 30-45 % off.
    """
    ticks = plate.ticks
    slopes = np.full(ticks.o2.shape[:2], np.nan)
    for m, count in enumerate(ticks.count):
        seconds = ticks.seconds[m, :count] - np.nanmean(ticks.seconds[m, :count])
        level = _without_gaps(ticks.o2[:, m : m + 1], ticks.count[m : m + 1])[:, 0, :count]
        slopes[:, m] = level @ seconds / (seconds @ seconds)
    return -slopes * _scale(plate.oxygen, constants or rate_parameters())


def _scale(oxygen: Oxygen, constants: Parameters) -> float:
    """Return pmol/min for 1 mmHg/s."""
    solubility = constants["oxygen_in_air_saturated_medium"].number / oxygen.ambient
    return oxygen.pseudo_volume * solubility * _SECONDS_A_MINUTE * _PMOL_A_NMOL


def _without_gaps(level: Array, count: npt.NDArray[np.int64]) -> Array:
    """Return the readings with single missing ticks bridged linearly (at an end: by the nearest)."""
    bridged: Array = level.copy()
    for m, n in enumerate(count):
        part = bridged[:, m, :n]
        for well in np.flatnonzero(np.isnan(part).any(axis=1)):
            known = np.isfinite(part[well])
            if known.any():
                part[well] = np.interp(np.arange(n), np.flatnonzero(known), part[well, known])
    return bridged


def _one_series(
    level: Array, ticks: Ticks, constants: Parameters
) -> tuple[Array, Array, list[tuple[int, int]]]:
    """Join the measurements into one series per well, with the gaps filled.

    Stamps are whole seconds; within a measurement the ticks are spread evenly between its first and last.

    Returns
    -------
    series, times, spans
        Wells x points; seconds of each point; begin and end of each measurement among the points.
    """
    starts = ticks.seconds[:, 0]
    ends = ticks.seconds[np.arange(len(ticks.count)), ticks.count - 1]
    parts: list[Array] = []
    clock: list[Array] = []
    spans: list[tuple[int, int]] = []
    position = 0
    for m, n in enumerate(ticks.count):
        current = level[:, m, :n]
        if m:
            fill = _fill_times(float(starts[m] - ends[m - 1]), constants["fill_interval"].number)
            half_time = constants["reoxygenation_half_time"].number
            parts.append(_reoxygenation(parts[-1][:, -1:], current[:, :1], fill, half_time))
            clock.append(ends[m - 1] + fill)
            position += len(fill)
        parts.append(current)
        clock.append(np.linspace(starts[m], ends[m], n))
        spans.append((position, position + int(n)))
        position += int(n)
    return np.concatenate(parts, axis=1), np.concatenate(clock), spans


def _fill_times(gap: float, interval: float) -> Array:
    steps = max(round(gap / interval), 2)
    times: Array = np.arange(1, steps, dtype=np.float64) * (gap / steps)
    return times


def _reoxygenation(before: Array, after: Array, elapsed: Array, half_time: float) -> Array:
    level: Array = after + (before - after) * np.exp2(-elapsed / half_time)
    return level


def _quadratic(series: Array, times: Array, width: int) -> tuple[Array, Array, Array]:
    """Return level, slope (1/s) and coefficient of the square (1/s2) of a quadratic through ``width`` points.

    The first and last points have no full window: there the level is the reading and the others are 0.
    """
    half = width // 2
    offsets = np.arange(-half, half + 1.0)
    weights = np.linalg.pinv(np.vander(offsets, 3, increasing=True))
    windows = np.lib.stride_tricks.sliding_window_view(series, width, axis=-1)
    inner = slice(half, series.shape[1] - half)
    step = (times[width - 1 :] - times[: 1 - width]) / (width - 1)
    level: Array = series.copy()
    slope, square = np.zeros(series.shape), np.zeros(series.shape)
    level[:, inner] = windows @ weights[0]
    slope[:, inner] = windows @ weights[1] / step
    square[:, inner] = windows @ weights[2] / step**2
    return level, slope, square


def _wall(chamber: Array, times: Array, constant: float) -> Array:
    """Integrate W' = (C - W)/TW, exactly for a chamber level that is linear between points."""
    wall = np.empty_like(chamber)
    wall[:, 0] = chamber[:, 0]
    steps: Sequence[float] = np.diff(times).tolist()
    for j, step in enumerate(steps, start=1):
        slope = (chamber[:, j] - chamber[:, j - 1]) / step
        lag = slope * constant
        excess = wall[:, j - 1] - chamber[:, j - 1] + lag
        wall[:, j] = chamber[:, j] - lag + excess * np.exp(-step / constant)
    return wall
