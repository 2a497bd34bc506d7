"""Section: plate assays, their quality, plate maps and dose responses."""

import math
import re
from collections.abc import Iterator, Sequence

import numpy as np

from mitograft.assays.plate.quality import PlateQuality
from mitograft.assays.plate.results import CurveResult, PlateResult
from mitograft.assays.plate.wells import Well, place_of
from mitograft.evidence import DataKind
from mitograft.report.document import Block, Figure, Paragraph, Section, Table, TableColumn
from mitograft.report.figures.dose_response import DoseCurve, draw_dose_response
from mitograft.report.figures.plate_map import PlateWell, draw_plate_map
from mitograft.statistics.back_calculation import confidence_band
from mitograft.statistics.curves import NoCurve
from mitograft.study.sections.readings import findings_table, parameter_table

__all__ = ["plates_section"]

_MOST_CURVES = 3
_MOST_MAPS = 4
_MAPS_OF_ONE = 1  # plates drawn of each series of files


def plates_section(result: PlateResult, data_kind: DataKind) -> Section:
    """Show the quality of every plate, maps of a few, dose responses, parameters and findings."""
    curves = [c for c in result.curves if c.kind == "dose response" and c.ec50 is not None]
    lead = f"{len(result.quality)} plates, {len(curves)} dose responses with a half-way dose."
    maps = list(_maps(result, data_kind))
    blocks: list[Block] = [_quality(result), *maps]
    if maps and len(maps) < len(result.quality):
        blocks.append(
            Paragraph(
                f"Maps of {len(maps)} of {len(result.quality)} plates are shown, the first of each.", "note"
            )
        )
    blocks += list(_dose_figures(curves, data_kind))
    blocks += [
        parameter_table(result.readings, "plate-parameters"),
        findings_table(result.findings, "plate-findings"),
    ]
    return Section("plates", "Plate assays", lead, tuple(blocks))


def _quality(result: PlateResult) -> Table:
    return Table(
        "plate-quality",
        "Quality of each plate",
        (
            TableColumn("source", "File"),
            TableColumn("plate", "Plate"),
            TableColumn("channel", "Channel"),
            TableColumn("z_prime", "Z′", "", "decimal", 2),
            TableColumn("signal_to_background", "Signal to background", "", "decimal", 1),
            TableColumn("control_cv", "CV of the control", "%", "decimal", 1),
            TableColumn("row_drift", "Drift over rows", "%", "decimal", 1),
            TableColumn("column_drift", "Drift over columns", "%", "decimal", 1),
        ),
        tuple(
            (
                *(q.source, q.plate, q.channel or None, q.z_prime, q.signal_to_background, q.control_cv),
                *(q.row_drift, q.column_drift),
            )
            for q in result.quality
        ),
    )


def _maps(result: PlateResult, data_kind: DataKind) -> Iterator[Figure]:
    """Draw the first plates of each series of files: per cent of the control where there is one."""
    drawn: dict[str, int] = {}
    for quality in result.quality:
        series = _series(quality.source)
        if drawn.get(series, 0) >= _MAPS_OF_ONE or sum(drawn.values()) >= _MOST_MAPS:
            continue
        place = quality.source, quality.plate
        own = [w for w in result.wells if w.plate == place and w.signal.channel == quality.channel]
        wells, unit = _map_wells(own, result)
        if wells:
            drawn[series] = drawn.get(series, 0) + 1
            number = sum(drawn.values())
            yield _map(f"plate-map-{number}", quality, (wells, unit), data_kind)


def _map_wells(own: Sequence[Well], result: PlateResult) -> tuple[list[PlateWell], str]:
    """Return the wells of a map and the unit of its shades; a plate without readings shows its signals."""
    if not own:
        return [], ""
    place = own[0].plate
    readings = {
        r.position: r for r in result.readings if (r.source, r.plate) == place and r.unit == "% of control"
    }
    wells = []
    for well in own:
        if not well.signal.well:
            continue
        reading = readings.get(well.signal.well)
        value = reading.value if reading else math.nan if readings else well.signal.value
        left_out = bool(reading and reading.excluded) or bool(well.signal.note)
        wells.append(PlateWell(*place_of(well.signal.well), value, well.content.role, left_out))
    return wells, "% of control" if readings else "signal"


def _map(name: str, quality: PlateQuality, drawn: tuple[list[PlateWell], str], data_kind: DataKind) -> Figure:
    wells, unit = drawn
    known = [w.value for w in wells if math.isfinite(w.value) and not w.excluded]
    crossed = sum(w.excluded for w in wells)
    span = f"{min(known):.3g} to {max(known):.3g} {unit}" if known else "no values"
    verb = "well is" if crossed == 1 else "wells are"
    left_out = f"{crossed or 'no'} {verb} left out"
    words = "; ".join([*_quality_words(quality), left_out])
    return Figure(
        name,
        f"Plate map: {quality.plate}",
        f"The darker, the higher. {words}.",
        f"{len(wells)} wells, {span}. {words}.",
        draw_plate_map(wells, title=quality.plate, unit=unit, data_kind=data_kind),
    )


def _quality_words(quality: PlateQuality) -> list[str]:
    named = (
        ("Z′ {:.2f}", quality.z_prime),
        ("CV of the control {:.1f} %", quality.control_cv),
        ("drift over rows {:.1f} %", quality.row_drift),
        ("drift over columns {:.1f} %", quality.column_drift),
    )
    return [words.format(value).replace("-", "−") for words, value in named if not math.isnan(value)]


def _series(source: str) -> str:
    """Return the name of a file without its number and ending: files of one series differ in these."""
    return re.sub(r"[ _-]*\d*\.\w+$", "", source)


def _dose_figures(curves: Sequence[CurveResult], data_kind: DataKind) -> Iterator[Figure]:
    """Draw the dose responses of each series of files, a few in one picture."""
    series: dict[tuple[str, str], list[CurveResult]] = {}
    for curve in curves:
        series.setdefault((_series(curve.source), curve.response_unit), []).append(curve)
    for number, ((name, unit), members) in enumerate(series.items(), start=1):
        drawn = members[:_MOST_CURVES]
        more = (
            f" {len(drawn)} of {len(members)} cultures are drawn; the table has all."
            if len(members) > len(drawn)
            else ""
        )
        yield Figure(
            f"dose-response-{number}",
            f"Dose response: {name}",
            f"Points are wells; the line is the fitted curve with its band.{more}",
            "; ".join(_half_way(curve) for curve in members) + ".",
            draw_dose_response(
                [_dose_curve(curve) for curve in drawn],
                dose_label=f"dose ({members[0].dose_unit})",
                response_label=unit,
                data_kind=data_kind,
            ),
            _half_way_table(f"half-way-{number}", members),
        )


def _half_way(curve: CurveResult) -> str:
    found = curve.ec50
    if found is None:
        return f"{curve.name}: no half-way dose"
    interval = f"{found.estimate:.3g} ({found.low:.3g} to {found.high:.3g})"
    return f"{curve.name}: half-way dose {interval} {curve.dose_unit}"


def _half_way_table(name: str, curves: Sequence[CurveResult]) -> Table:
    return Table(
        name,
        "Half-way dose of each culture",
        (
            TableColumn("source", "File"),
            TableColumn("name", "Preparation and culture"),
            TableColumn("ec50", "Half-way dose", curves[0].dose_unit, "decimal", 2),
            TableColumn("low", "lower limit", "", "decimal", 2),
            TableColumn("high", "upper limit", "", "decimal", 2),
            TableColumn("reason", "Curve"),
        ),
        tuple(
            (
                *(c.source, c.name),
                *((c.ec50.estimate, c.ec50.low, c.ec50.high) if c.ec50 else (None,) * 3),
                c.reason,
            )
            for c in curves
        ),
    )


def _dose_curve(curve: CurveResult) -> DoseCurve:
    points: tuple[tuple[float, float, float, float], ...] = ()
    if not isinstance(curve.fit, NoCurve):
        above = [dose for dose in curve.doses if dose > 0]
        grid = np.geomspace(min(above), max(above), 60)
        points = tuple(
            zip(grid.tolist(), *(a.tolist() for a in confidence_band(curve.fit, grid)), strict=True)
        )
    ec50 = None if curve.ec50 is None else (curve.ec50.estimate, curve.ec50.low, curve.ec50.high)
    return DoseCurve(curve.name or curve.plate, curve.doses, curve.responses, points, ec50, curve.reason)
