"""Leave wells out by a named rule, and say which and why.

* ``none``: only what was deselected in Wave (and what the user excludes);
* ``mad``: a well whose mean squared distance from its group's median trace is more than 3 scaled MAD above
  the median of its group;
* ``log_mad``: the same for log OCR with 5 scaled MAD, repeated without the wells already found until none
  is found; rates of 0 or less do not count.

A scaled MAD is 1.4826 times the median absolute deviation. Groups of fewer than four wells are left as they
are: a median of three says little about which of them is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mitograft.assays.seahorse.check import qc_thresholds
from mitograft.assays.seahorse.wave import Rates, WavePlate
from mitograft.errors import UsageError
from mitograft.tables.parameters import Parameters

__all__ = ["OUTLIER_RULES", "Exclusion", "OutlierRule", "find_outliers"]

Array = npt.NDArray[np.float64]
OutlierRule = Literal["none", "mad", "log_mad"]
OUTLIER_RULES = ("none", "mad", "log_mad")
_MAD_TO_SD = 1.4826


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A well that is left out of comparisons, by which rule, and why."""

    source: str
    well: str
    rule: str
    reason: str


def find_outliers(
    plate: WavePlate,
    rates: Rates,
    rule: OutlierRule = "none",
    excluded: Mapping[str, str] | None = None,
    thresholds: Parameters | None = None,
) -> tuple[Exclusion, ...]:
    """Return every well left out: deselected in Wave, excluded by the user, or found by the rule.

    Parameters
    ----------
    plate, rates
        The plate and the rates the rule looks at.
    rule
        ``none``, ``mad`` or ``log_mad``.
    excluded
        Reasons by well, of the user.
    thresholds
        None takes ``qc_thresholds()``.

    Raises
    ------
    UsageError
        If there is no such rule or well, or a reason is empty.
    """
    if rule not in OUTLIER_RULES:
        raise UsageError(f"Unknown outlier rule {rule!r}; expected one of {', '.join(OUTLIER_RULES)}.")
    found: dict[str, Exclusion] = {}
    for well, chosen in zip(plate.wells, plate.selected, strict=True):
        if not chosen:
            found[well] = Exclusion(plate.source, well, "deselected", "deselected or unassigned in Wave")
    for well, reason in (excluded or {}).items():
        plate.index(well)
        if not reason.strip():
            raise UsageError(f"{plate.source}, well {well}: found no reason for the exclusion; give one.")
        found.setdefault(well, Exclusion(plate.source, well, "user", reason.strip()))
    if rule != "none":
        limits = thresholds or qc_thresholds()
        for well, reason in _by_distance(plate, rates, rule, frozenset(found), limits).items():
            found[well] = Exclusion(plate.source, well, rule, reason)
    return tuple(found[well] for well in plate.wells if well in found)


def _by_distance(
    plate: WavePlate, rates: Rates, rule: str, out: frozenset[str], limits: Parameters
) -> dict[str, str]:
    log = rule == "log_mad"
    values = rates.ocr
    if log:
        values = np.log(np.where(values > 0, values, np.nan))
    limit = limits[f"outlier_{rule}"].number
    smallest = int(limits["outlier_smallest_group"].number)
    reasons: dict[str, str] = {}
    for group in dict.fromkeys(plate.group):
        wells = [
            i
            for i, name in enumerate(plate.group)
            if name == group and not plate.background[i] and plate.wells[i] not in out
        ]
        while len(wells) >= smallest:
            excess = _excess(values[wells])
            beyond = [i for i, x in zip(wells, excess, strict=True) if x > limit]
            for i, x in zip(wells, excess, strict=True):
                if x > limit:
                    scale = "log OCR" if log else "OCR"
                    reasons[plate.wells[i]] = (
                        f"{scale} lies {x:.1f} MAD from its group {group} (limit {limit:g})"
                    )
            wells = [i for i in wells if i not in beyond]
            if not log or not beyond:
                break
    return reasons


def _excess(traces: Array) -> Array:
    """Return how many scaled MAD the squared distance of each trace is above the median distance."""
    counted = np.isfinite(traces)
    known = np.flatnonzero(counted.any(axis=0))
    distance = np.zeros(len(traces))
    weight = counted.sum(axis=1)
    for column in known:
        present = counted[:, column]
        centre = np.median(traces[present, column])
        distance[present] += (traces[present, column] - centre) ** 2
    distance = np.divide(distance, weight, out=np.zeros(len(traces)), where=weight > 0)
    middle = np.median(distance)
    spread = _MAD_TO_SD * np.median(np.abs(distance - middle))
    return (distance - middle) / spread if spread > 0 else np.zeros(len(traces))
