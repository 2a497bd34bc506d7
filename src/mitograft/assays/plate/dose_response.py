"""Dose response of a preparation: EC50 with its profile-likelihood interval, or why there is none.

Responses are readings in per cent of control (or any other); each preparation and donor of one plate gives
one curve with four parameters. Wells of one plate share its errors: the interval speaks of that plate, and
donors are compared by their EC50, not by pooling their wells.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from mitograft.assays.findings import Finding
from mitograft.assays.plate.derive import plate_rules
from mitograft.assays.plate.results import CurveResult, PlateResult
from mitograft.assays.plate.wells import Well
from mitograft.assays.readings import Reading
from mitograft.statistics.curve_intervals import profile_interval
from mitograft.statistics.curves import CurveFit, NoCurve, fit_curve
from mitograft.tables.parameters import Parameters

__all__ = ["derive_dose_response"]

_Key = tuple[str, str, str, str, str]


def derive_dose_response(
    readings: Iterable[Reading], wells: Iterable[Well], *, rules: Parameters | None = None
) -> PlateResult:
    """Fit a curve to every parameter, plate, preparation and donor that has doses.

    Parameters
    ----------
    readings
        What ``derive_percent`` gave; excluded readings are left out.
    wells
        The wells behind them, for doses and donors.
    rules
        Thresholds; None takes those of the package.

    Returns
    -------
    result
        Readings ``ec50_<parameter>`` (NaN and excluded with the reason where there is no curve), curves and
        findings.
    """
    level = (rules or plate_rules())["interval_level"].number
    contents = {(*well.plate, well.signal.well): well.content for well in wells}
    groups: dict[_Key, list[tuple[float, float]]] = defaultdict(list)
    units: dict[_Key, tuple[str, str]] = {}
    for reading in readings:
        content = contents.get((reading.source, reading.plate, reading.position))
        if content is None or content.role != "sample" or math.isnan(content.dose) or reading.excluded:
            continue
        key = (reading.parameter, reading.source, reading.plate, content.sample, content.donor)
        groups[key].append((content.dose, reading.value))
        if content.dose_unit or key not in units:
            units[key] = (content.dose_unit, reading.unit)
    result = PlateResult()
    for key, points in groups.items():
        result += _derive(key, points, units[key], level)
    return result


def _derive(
    key: _Key, points: Sequence[tuple[float, float]], units: tuple[str, str], level: float
) -> PlateResult:
    parameter, source, plate, sample, donor = key
    doses, responses = (tuple(column) for column in zip(*points, strict=True))
    fit = fit_curve(doses, responses)
    name = " ".join(filter(None, [sample, donor]))
    place = f"{plate}, {name}"
    findings = []
    interval = None
    reason = "4 parameters."
    if isinstance(fit, NoCurve):
        reason = fit.reason
        remedy = "No EC50 is given."
        findings.append(Finding("no-dose-response", "warning", source, place, reason.rstrip("."), remedy))
    else:
        interval = profile_interval(fit, "ec50", level=level)
        findings += _judge(fit, interval.low, interval.high, source, place)
    reading = Reading(
        "plate",
        f"ec50_{parameter}",
        interval.estimate if interval else math.nan,
        units[0],
        source,
        plate,
        "",
        name,
        "" if interval else reason,
    )
    curve = CurveResult(
        source, plate, name, "dose response", doses, responses, *units, fit, reason, ec50=interval
    )
    return PlateResult((reading,), tuple(findings), (curve,))


def _judge(fit: CurveFit, low: float, high: float, source: str, place: str) -> list[Finding]:
    found = []
    if fit.extrapolated:
        found.append(
            Finding(
                "ec50-outside-doses",
                "warning",
                source,
                place,
                f"the EC50 of {fit.curve.ec50:.3g} lies outside the doses tested",
                "Test doses on both sides of it before using it.",
            )
        )
    if low <= 0 or math.isinf(high):
        side = "lower" if low <= 0 else "upper"
        found.append(
            Finding(
                "ec50-open",
                "warning",
                source,
                place,
                f"the interval of the EC50 has no {side} limit",
                "Add doses until both plateaus are reached.",
            )
        )
    return found
