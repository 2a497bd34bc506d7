"""Quality of a plate: separation of controls, spread of replicates, and drift across the plate.

* Z' = 1 - 3 (s_p + s_n) / |m_p - m_n| (Zhang et al., J Biomol Screen 1999;4:67);
* signal window = (|m_p - m_n| - 3 (s_p + s_n)) / s_p with the larger mean as ``p`` (Sittampalam et al.,
  J Biomol Screen 1997;2:159);
* drift: replicate wells as a share of their own median, regressed on row and column together; the slope times
  the width of the plate. Only wells that have replicates elsewhere on the plate can show it.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mitograft.assays.findings import Finding
from mitograft.assays.plate.wells import Well, place_of
from mitograft.tables.parameters import Parameters

__all__ = ["PlateQuality", "by_plate", "judge_quality", "measure_quality"]

_PERCENT = 100.0
_LEAST_DF = 3


@dataclass(frozen=True, slots=True)
class PlateQuality:
    """Quality of one plate and channel; NaN where a number cannot be given.

    Parameters
    ----------
    source, plate, channel
        Which plate.
    against
        What the untreated control was compared with: ``positive``, ``blank`` or empty.
    z_prime, signal_window, signal_to_background
        Separation of the control from it.
    control_cv
        Coefficient of variation of the control, in per cent.
    row_drift, column_drift
        Change of the signal from the first to the last row or column, in per cent.
    row_p, column_p
        p-values of the two slopes.
    """

    source: str
    plate: str
    channel: str
    against: str
    z_prime: float
    signal_window: float
    signal_to_background: float
    control_cv: float
    row_drift: float
    row_p: float
    column_drift: float
    column_p: float


def by_plate(wells: Iterable[Well]) -> dict[tuple[str, str, str], list[Well]]:
    """Return the wells of every file, plate and channel, in order of appearance."""
    found: dict[tuple[str, str, str], list[Well]] = defaultdict(list)
    for well in wells:
        found[*well.plate, well.signal.channel].append(well)
    return dict(found)


def measure_quality(wells: Sequence[Well]) -> PlateQuality:
    """Measure the quality of one plate and channel."""
    values = {role: _values(wells, role) for role in ("control", "positive", "blank")}
    against = next((role for role in ("positive", "blank") if len(values[role])), "")
    z_prime, window, ratio = _separation(values["control"], values[against]) if against else (math.nan,) * 3
    first = wells[0]
    return PlateQuality(
        *first.plate,
        first.signal.channel,
        against,
        z_prime,
        window,
        ratio,
        _cv(values["control"]),
        *_drift(wells),
    )


def judge_quality(quality: PlateQuality, rules: Parameters) -> list[Finding]:
    """Return a finding for every limit the plate does not keep."""
    place = " ".join(filter(None, [quality.plate, quality.channel]))

    def note(rule: str, found: str, remedy: str) -> Finding:
        return Finding(rule, "warning", quality.source, place, found, remedy)

    findings = []
    least = rules["z_prime_least"].number
    if quality.z_prime < least:
        findings.append(
            note(
                "z-prime",
                f"Z' of control against {quality.against} is {quality.z_prime:.2f}, below {least:g}",
                "Look at the plate map; small effects cannot be told from noise on this plate.",
            )
        )
    if quality.control_cv > rules["control_cv_most"].number:
        findings.append(
            note(
                "control-cv",
                f"untreated control wells vary by {quality.control_cv:.0f} % (CV)",
                "Look for a well with a bubble, an empty well or a wrong role.",
            )
        )
    for name, drift, p in (
        ("row", quality.row_drift, quality.row_p),
        ("column", quality.column_drift, quality.column_p),
    ):
        if abs(drift) > rules["drift_most"].number and p < rules["drift_p"].number:
            findings.append(
                note(
                    "plate-drift",
                    f"the signal changes by {drift:+.0f} % from the first to the last {name}",
                    "Check temperature, timing and pipetting order; set replicates across the plate.",
                )
            )
    return findings


def _values(wells: Iterable[Well], role: str) -> np.ndarray:
    found = [well.signal.value for well in wells if well.content.role == role]
    values = np.array(found, dtype=np.float64)
    return values[np.isfinite(values)]


def _separation(control: np.ndarray, other: np.ndarray) -> tuple[float, float, float]:
    if len(control) <= 1 or len(other) <= 1 or np.mean(control) == np.mean(other):
        return math.nan, math.nan, math.nan
    high, low = (control, other) if np.mean(control) > np.mean(other) else (other, control)
    gap = float(np.mean(high) - np.mean(low))
    spread = 3.0 * float(np.std(high, ddof=1) + np.std(low, ddof=1))
    top = float(np.std(high, ddof=1))
    window = (gap - spread) / top if top > 0 else math.inf
    background = float(np.mean(low))
    return 1.0 - spread / gap, window, float(np.mean(high)) / background if background > 0 else math.nan


def _cv(values: np.ndarray) -> float:
    if len(values) <= 1 or np.mean(values) <= 0:
        return math.nan
    return float(_PERCENT * np.std(values, ddof=1) / np.mean(values))


def _drift(wells: Sequence[Well]) -> tuple[float, float, float, float]:
    """Return drift and p-value over rows and over columns."""
    shares, places, groups = _shares(wells)
    nothing = (math.nan, math.nan, math.nan, math.nan)
    if len(shares) <= groups + _LEAST_DF:
        return nothing
    measured = np.array([place_of(well.signal.well) for well in wells if well.signal.well], dtype=np.float64)
    spans = np.ptp(measured, axis=0)
    usable = [axis for axis in (0, 1) if np.ptp(places[:, axis]) > 0]
    if not usable or np.linalg.matrix_rank(places[:, usable]) < len(usable):
        return nothing
    found = list(nothing)
    for axis in usable:
        slope, p = _slope(places[:, usable], shares, usable.index(axis), groups)
        found[2 * axis], found[2 * axis + 1] = _PERCENT * slope * float(spans[axis]), p
    return found[0], found[1], found[2], found[3]


def _shares(wells: Sequence[Well]) -> tuple[np.ndarray, np.ndarray, int]:
    """Return replicate wells as deviation from the mean of their group, with group-centred places."""
    groups: dict[tuple[object, ...], list[Well]] = defaultdict(list)
    for well in wells:
        content = well.content
        if (
            content.role in {"control", "positive", "sample"}
            and math.isfinite(well.signal.value)
            and content.well
        ):
            key = (content.role, content.sample, content.donor, repr(content.dose), content.dilution)
            groups[key].append(well)
    shares, places, used = [], [], 0
    for members in groups.values():
        values = np.array([well.signal.value for well in members])
        where = np.array([place_of(well.content.well) for well in members], dtype=np.float64)
        if len(members) > 1 and values.mean() > 0:
            shares.append(values / values.mean() - 1.0)
            places.append(where - where.mean(axis=0))
            used += 1
    if not shares:
        return np.empty(0), np.empty((0, 2)), 0
    return np.concatenate(shares), np.concatenate(places), used


def _slope(places: np.ndarray, shares: np.ndarray, column: int, groups: int) -> tuple[float, float]:
    from scipy.stats import t as t_distribution

    solution, *_ = np.linalg.lstsq(places, shares, rcond=None)
    df = len(shares) - groups - places.shape[1]
    if df < 1:
        return math.nan, math.nan
    variance = float(np.sum((shares - places @ solution) ** 2)) / df
    error = math.sqrt(float(np.linalg.inv(places.T @ places)[column, column]) * variance)
    slope = float(solution[column])
    return slope, float(2.0 * t_distribution.sf(abs(slope) / error, df)) if error > 0 else 0.0
