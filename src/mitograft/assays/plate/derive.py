"""From wells to readings: blank-corrected signals as per cent of the untreated control, plate by plate.

Viability (CCK-8, MTT) and relative ATP content are ``100 (signal - blank) / (control - blank)`` with the
means of the blank and the untreated control wells of the same plate and channel; where the layout names
donors, a well is compared with the control wells of its own donor.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from mitograft.assays.findings import Finding
from mitograft.assays.plate.concentrations import read_concentrations
from mitograft.assays.plate.quality import by_plate, judge_quality, measure_quality
from mitograft.assays.plate.results import PlateResult
from mitograft.assays.plate.wells import LayoutWell, Well
from mitograft.assays.readings import Reading
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = [
    "blank_corrected",
    "derive_concentrations",
    "derive_counts",
    "derive_percent",
    "group_name",
    "plate_rules",
]

_PERCENT = 100.0
_COUNT_UNITS = {"viability_percent": "%"}


def plate_rules() -> Parameters:
    """Return the thresholds of this assay."""
    return load_parameters("mitograft.assays.plate", "plate_rules.csv")


def derive_percent(wells: Iterable[Well], parameter: str, *, rules: Parameters | None = None) -> PlateResult:
    """Derive per cent of the untreated control for every control, positive and sample well.

    Parameters
    ----------
    wells
        Joined wells of one or more plates.
    parameter
        Name of the readings, for example ``viability`` or ``atp_relative``.
    rules
        Thresholds; None takes those of the package.
    """
    rules, wells = rules or plate_rules(), tuple(wells)
    readings: list[Reading] = []
    findings: list[Finding] = []
    quality = []
    for (source, plate, channel), members in by_plate(wells).items():
        measured = measure_quality(members)
        quality.append(measured)
        findings += judge_quality(measured, rules)
        if not any(well.content.role == "control" for well in members):
            findings.append(
                Finding(
                    "no-control",
                    "error",
                    source,
                    plate,
                    "no untreated control well",
                    "Mark the untreated wells with the role 'control' in the layout; nothing was derived.",
                )
            )
            continue
        corrected, more = blank_corrected(members)
        findings += more
        name = f"{parameter}_{channel}" if channel and _several_channels(wells) else parameter
        own = _percent_readings(members, corrected, name, source)
        readings += own
        findings += _spread_replicates(members, own, rules)
    return PlateResult(tuple(readings), tuple(findings), quality=tuple(quality))


def derive_concentrations(
    wells: Iterable[Well], parameter: str, *, rules: Parameters | None = None
) -> PlateResult:
    """Derive concentrations from the standards of every plate and analyte (ELISA, Luminex, ATP content).

    Readings are named ``parameter`` or, for several analytes, ``parameter_analyte``. A value outside the
    limits of quantification is excluded with the reason, and kept as a censored ``Concentration``.
    """
    wells = tuple(wells)
    several = _several_channels(wells)
    result = PlateResult()
    for members in by_plate(wells).values():
        channel = members[0].signal.channel
        name = f"{parameter}_{channel}" if several and channel else parameter
        result += read_concentrations(members, name, group_name, rules or plate_rules())
    return result


def derive_counts(wells: Iterable[Well]) -> PlateResult:
    """Return what a cell counter reports (viability, live, dead and total cells) as readings."""
    readings = tuple(
        Reading(
            "plate",
            well.signal.channel,
            well.signal.value,
            _COUNT_UNITS.get(well.signal.channel, "cells/mL"),
            well.source,
            well.signal.plate,
            "",
            well.content.sample,
        )
        for well in wells
        if not well.signal.well
    )
    return PlateResult(readings)


def group_name(content: LayoutWell) -> str:
    """Return the group a well belongs to: sample, and its dose where it has one.

    >>> group_name(LayoutWell("p", "A01", "sample", "PN-101", 30.0, "ug/mL"))
    'PN-101 30 ug/mL'
    >>> group_name(LayoutWell("p", "A01", "control"))
    'control'
    """
    name = content.sample or content.role
    return name if math.isnan(content.dose) else f"{name} {content.dose:g} {content.dose_unit}".rstrip()


def blank_corrected(wells: Sequence[Well]) -> tuple[list[float], list[Finding]]:
    """Return the signals of one plate and channel less the mean of its blanks, in the same order."""
    blanks = [well.signal.value for well in wells if well.content.role == "blank"]
    known = [value for value in blanks if math.isfinite(value)]
    first = wells[0]
    findings = []
    if not known:
        findings.append(
            Finding(
                "no-blank",
                "warning",
                first.source,
                first.signal.plate,
                "no blank well; nothing was subtracted",
                "Add wells without cells: the background counts as signal otherwise.",
            )
        )
    blank = float(np.mean(known)) if known else 0.0
    return [well.signal.value - blank for well in wells], findings


def _several_channels(wells: Iterable[Well]) -> bool:
    return len({well.signal.channel for well in wells}) > 1


def _percent_readings(
    wells: Sequence[Well], corrected: Sequence[float], parameter: str, source: str
) -> list[Reading]:
    controls: dict[str, list[float]] = defaultdict(list)
    for well, value in zip(wells, corrected, strict=True):
        if well.content.role == "control" and math.isfinite(value):
            controls[well.content.donor].append(value)
            if well.content.donor:
                controls[""].append(value)
    readings = []
    for well, value in zip(wells, corrected, strict=True):
        if well.content.role not in {"control", "positive", "sample"}:
            continue
        own = controls.get(well.content.donor) or controls.get("", [])
        control = float(np.mean(own)) if own else math.nan
        percent = _PERCENT * value / control if control > 0 else math.nan
        excluded = _why_excluded(well, control)
        readings.append(
            Reading(
                "plate",
                parameter,
                percent,
                "% of control",
                source,
                well.signal.plate,
                well.signal.well,
                group_name(well.content),
                excluded,
            )
        )
    return readings


def _why_excluded(well: Well, control: float) -> str:
    if math.isnan(well.signal.value):
        return f"no value ({well.signal.note or 'missing'})"
    return "" if control > 0 else "the untreated control is not above the blank"


def _spread_replicates(
    wells: Sequence[Well], readings: Sequence[Reading], rules: Parameters
) -> list[Finding]:
    """Return a note for every sample whose replicate wells on one plate differ too much."""
    most = rules["replicate_cv_most"].number
    donors = {well.signal.well: well.content.donor for well in wells}
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for reading in readings:
        if not reading.excluded:
            groups[reading.group, donors[reading.position]].append(reading.value)
    findings = []
    for (group, _), values in groups.items():
        mean = float(np.mean(values))
        if len(values) <= 1 or mean <= 0:
            continue
        cv = _PERCENT * float(np.std(values, ddof=1)) / mean
        if cv > most:
            first = readings[0]
            findings.append(
                Finding(
                    "replicate-cv",
                    "warning",
                    first.source,
                    f"{first.plate}, {group}",
                    f"{len(values)} replicate wells vary by {cv:.0f} % (CV), more than {most:g} %",
                    "Look at the wells on the plate map.",
                )
            )
    return findings
