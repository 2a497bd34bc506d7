"""Concentrations of one plate and analyte, read from its standard curve with limits of quantification."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from mitograft.assays.findings import Finding
from mitograft.assays.plate.results import Concentration, CurveResult, PlateResult
from mitograft.assays.plate.wells import LayoutWell, Well
from mitograft.assays.readings import Reading
from mitograft.statistics.back_calculation import (
    Fitted,
    LimitRule,
    Limits,
    back_calculate,
    quantification_limits,
)
from mitograft.statistics.curve_choice import choose_curve
from mitograft.statistics.curves import NoCurve
from mitograft.statistics.straight_line import fit_line
from mitograft.tables.parameters import Parameters

__all__ = ["fit_standards", "limit_rule", "read_concentrations"]


def limit_rule(rules: Parameters) -> LimitRule:
    """Return the rule of the limits of quantification."""
    names = ("recovery_bias_most", "recovery_edge_bias_most", "recovery_cv_most", "recovery_edge_cv_most")
    return LimitRule(*(rules[name].number for name in names))


def fit_standards(
    doses: Sequence[float], signals: Sequence[float], rules: Parameters
) -> tuple[Fitted | NoCurve, str]:
    """Fit a standard curve to the logarithm of the signal and say why this one.

    A four- or five-parameter curve where the data determine one; otherwise, within the linear range, a
    straight line through the logarithms of dose and signal.
    """
    bounds = rules["asymmetry_low"].number, rules["asymmetry_high"].number
    choice = choose_curve(doses, signals, scale="log10", g_bounds=bounds)
    if not isinstance(choice.fit, NoCurve):
        return choice.fit, choice.reason
    line = fit_line(doses, signals)
    if isinstance(line, NoCurve):
        return choice.fit, choice.reason
    return line, f"A straight line through the logarithms: {choice.reason[:1].lower()}{choice.reason[1:]}"


def read_concentrations(
    wells: Sequence[Well], parameter: str, group_name: Callable[[LayoutWell], str], rules: Parameters
) -> PlateResult:
    """Fit the standards of one plate and analyte and read its samples.

    Signals are used as they are: the lower plateau of the curve is the blank. Wells of the roles sample,
    control and positive are read.
    """
    first = wells[0]
    standards = [
        (well.content.dose, well.signal.value)
        for well in wells
        if well.content.role == "standard"
        and math.isfinite(well.content.dose)
        and math.isfinite(well.signal.value)
    ]
    unit = next((well.content.dose_unit for well in wells if well.content.role == "standard"), "")
    place = " ".join(filter(None, [first.signal.plate, first.signal.channel]))
    if not standards:
        return PlateResult(
            findings=(
                Finding(
                    "no-standards",
                    "error",
                    first.source,
                    place,
                    "no standard with a concentration and a signal",
                    "Give the standards in the layout; nothing was derived.",
                ),
            )
        )
    doses, signals = (tuple(column) for column in zip(*standards, strict=True))
    fit, reason = fit_standards(doses, signals, rules)
    limits = None if isinstance(fit, NoCurve) else quantification_limits(fit, limit_rule(rules))
    where = first.source, first.signal.plate, first.signal.channel
    curve = CurveResult(*where, "standards", doses, signals, unit, "signal", fit, reason, limits=limits)
    findings = _curve_findings(fit, reason, limits, first.source, place)
    if isinstance(fit, NoCurve) or limits is None:
        return PlateResult(findings=findings, curves=(curve,))
    read = [well for well in wells if well.content.role in {"sample", "control", "positive"}]
    concentrations = _read(read, fit, limits, unit, rules["interval_level"].number)
    readings = tuple(
        _reading(found, parameter, group_name(well.content))
        for found, well in zip(concentrations, read, strict=True)
    )
    return PlateResult(readings, findings, (curve,), concentrations)


def _curve_findings(
    fit: Fitted | NoCurve, reason: str, limits: Limits | None, source: str, place: str
) -> tuple[Finding, ...]:
    if isinstance(fit, NoCurve):
        return (
            Finding(
                "no-standard-curve",
                "error",
                source,
                place,
                reason.rstrip("."),
                "No concentration was derived.",
            ),
        )
    found = [Finding("standard-curve", "note", source, place, reason.rstrip("."), "Nothing to do.")]
    if limits is not None and math.isnan(limits.lloq):
        found.append(
            Finding(
                "no-quantification-range",
                "error",
                source,
                place,
                limits.reason.rstrip("."),
                "Repeat the standards; every concentration of this plate is excluded.",
            )
        )
    return tuple(found)


def _read(
    wells: Sequence[Well], fit: Fitted, limits: Limits, unit: str, level: float
) -> tuple[Concentration, ...]:
    if not wells:
        return ()
    signals = np.array([well.signal.value for well in wells])
    dose, low, high = back_calculate(fit, signals, level=level)
    rising = bool(fit.predict(np.array(fit.data.tested))[0][0] < fit.predict(np.array(fit.data.tested))[0][1])
    middle = float(np.median([fit.data.y.min(), fit.data.y.max()]))
    found = []
    for well, value, below, above in zip(wells, dose, low, high, strict=True):
        factor = well.content.dilution
        logarithm = math.log10(well.signal.value) if well.signal.value > 0 else -math.inf
        flag, bound = _flag(float(value), limits, beyond_top=(logarithm > middle) == rising)
        if math.isnan(well.signal.value):
            flag, bound = "no value", math.nan
        found.append(
            Concentration(
                well.source,
                well.signal.plate,
                well.signal.well,
                well.signal.channel,
                well.content.sample,
                float(value) * factor,
                float(below) * factor,
                float(above) * factor,
                unit,
                flag,
                bound * factor,
            )
        )
    return tuple(found)


def _flag(value: float, limits: Limits, *, beyond_top: bool) -> tuple[str, float]:
    if math.isnan(limits.lloq):
        return "no limits of quantification", math.nan
    if math.isnan(value):
        return (">curve", limits.uloq) if beyond_top else ("<curve", limits.lloq)
    if value < limits.lloq:
        return "<LLOQ", limits.lloq
    return (">ULOQ", limits.uloq) if value > limits.uloq else ("", math.nan)


def _reading(found: Concentration, parameter: str, group: str) -> Reading:
    excluded = ""
    if found.flag:
        side = {"<": "below", ">": "above"}.get(found.flag[0])
        excluded = (
            f"{side} the limit of quantification, {found.bound:.4g} {found.unit}".rstrip()
            if side
            else found.flag
        )
    return Reading(
        "plate", parameter, found.value, found.unit, found.source, found.plate, found.well, group, excluded
    )
