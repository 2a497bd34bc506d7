"""Sections of the cell assays: respiration, plates, myotube images, uptake; and what quality control says."""

import math
import re
from collections.abc import Iterator, Sequence

import numpy as np

from mitograft.assays.findings import Finding
from mitograft.assays.plate.results import CurveResult, PlateResult
from mitograft.assays.readings import Reading
from mitograft.assays.seahorse.analyse import SeahorseResult
from mitograft.assays.seahorse.wave import WavePlate
from mitograft.assays.uptake.derive import UptakeResult
from mitograft.evidence import DataKind
from mitograft.report.document import Block, Figure, Paragraph, Section, Table, TableColumn
from mitograft.report.figures.dose_response import DoseCurve, draw_dose_response
from mitograft.report.figures.gallery import draw_gallery
from mitograft.report.figures.rate_agreement import RatePair, draw_rate_agreement
from mitograft.report.figures.traces import Injection, Trace, draw_traces
from mitograft.statistics.back_calculation import confidence_band
from mitograft.statistics.curves import NoCurve
from mitograft.study.assay_files import MyotubeResult
from mitograft.study.invitro import Invitro

__all__ = ["assay_sections"]

_MOST_TRACES = 6
_MOST_CURVES = 3
_GALLERY = 12
_PLATES_SHOWN = 3


def assay_sections(invitro: Invitro, data_kind: DataKind) -> Iterator[Section]:
    """Yield a section for every assay that has files."""
    details = invitro.details
    if details.seahorse is not None:
        yield _seahorse(details.seahorse, details.waves, data_kind)
    if details.plates is not None:
        yield _plates(details.plates, data_kind)
    if details.myotube is not None:
        yield _myotubes(details.myotube, data_kind)
    if details.uptake is not None:
        yield _uptake(details.uptake)


def _seahorse(result: SeahorseResult, waves: Sequence[WavePlate], data_kind: DataKind) -> Section:
    worst = max(comparison.median_relative for comparison in result.comparisons)
    slope = np.nanmedian([comparison.slope_median_relative for comparison in result.comparisons])
    lead = (
        f"{len(waves)} plates. Rates recomputed from the raw readings differ from the vendor's by at most "
        f"{100 * worst:.2f} % (median of a plate); a straight line through the readings would be off by "
        f"{100 * slope:.0f} %."
    )
    blocks: list[Block] = [Paragraph(f"Parameters by the rule {result.rule}.")]
    blocks += [_trace_figure(plate, index, data_kind) for index, plate in enumerate(waves[:_PLATES_SHOWN])]
    if len(waves) > _PLATES_SHOWN:
        blocks.append(
            Paragraph(f"Traces of the first {_PLATES_SHOWN} of {len(waves)} plates are shown.", "note")
        )
    blocks += [_agreement(result, waves, data_kind), _parameters(result.readings, "seahorse-parameters")]
    blocks.append(_findings(result.findings, "seahorse-findings"))
    return Section("seahorse", "Respiration (Seahorse)", lead, tuple(blocks))


def _trace_figure(plate: WavePlate, index: int, data_kind: DataKind) -> Figure:
    names = [name for name in dict.fromkeys(plate.group) if name and name.lower() != "background"]
    groups = np.array(plate.group)
    traces = []
    for name in names[:_MOST_TRACES]:
        wells = plate.vendor.ocr[(groups == name) & plate.selected & ~plate.background]
        traces.append(
            Trace(
                name,
                tuple(plate.vendor.minutes.tolist()),
                tuple(wells.mean(axis=0).tolist()),
                wells=tuple(tuple(row) for row in wells.tolist()),
            )
        )
    injections = [
        Injection(stage.name, float(plate.vendor.minutes[stage.measurements[0]]))
        for stage in plate.stages[1:]
        if stage.measurements
    ]
    last = "; ".join(f"{trace.label} ends at {trace.values[-1]:.3g}" for trace in traces)
    return Figure(
        f"traces-{index + 1}",
        f"Oxygen consumption on plate {plate.source}",
        "Mean of each group (bold) and its wells (faint); lines mark the injections.",
        f"Oxygen consumption rate over {plate.vendor.minutes[-1]:.0f} minutes for {len(traces)} "
        f"groups; {last} pmol/min.",
        draw_traces(traces, injections, quantity="OCR (pmol/min)", data_kind=data_kind),
    )


def _agreement(result: SeahorseResult, waves: Sequence[WavePlate], data_kind: DataKind) -> Figure:
    pairs = [
        RatePair(
            f"{plate.source} {plate.wells[well]}",
            float(plate.vendor.ocr[well, m]),
            float(plate.vendor.ocr[well, m] + comparison.difference[well, m]),
        )
        for plate, comparison in zip(waves, result.comparisons, strict=True)
        for well in np.flatnonzero(~plate.background).tolist()
        for m in range(plate.vendor.ocr.shape[1])
    ]
    largest = max(comparison.largest for comparison in result.comparisons)
    return Figure(
        "rate-agreement",
        "Recomputed and vendor's rates",
        "Difference of every recomputed rate from the vendor's Rate sheet; the band is 0.5 % + 0.5 pmol/min.",
        f"{len(pairs)} rates; the largest difference is {largest:.2f} pmol/min.",
        draw_rate_agreement(pairs, data_kind=data_kind),
    )


def _parameters(readings: Sequence[Reading], name: str) -> Table:
    """Mean of each parameter in each group of each file."""
    cells: dict[tuple[str, str], dict[str, list[float]]] = {}
    units: dict[str, str] = {}
    for reading in readings:
        if reading.excluded or math.isnan(reading.value):
            continue
        units[reading.parameter] = reading.unit
        row = cells.setdefault((reading.source, reading.group or reading.position), {})
        row.setdefault(reading.parameter, []).append(reading.value)
    shown = [parameter for parameter in units if not parameter.endswith("_normalised")]
    columns = (
        TableColumn("source", "File"),
        TableColumn("group", "Group"),
        *(TableColumn(p, p.replace("_", " "), units[p], "decimal", 2) for p in shown),
    )
    rows = tuple(
        (*key, *(float(np.mean(values[p])) if p in values else None for p in shown))
        for key, values in cells.items()
    )
    return Table(name, "Mean of each group", columns, rows, collapsed=True)


def _plates(result: PlateResult, data_kind: DataKind) -> Section:
    curves = [c for c in result.curves if c.kind == "dose response" and c.ec50 is not None]
    lead = f"{len(result.quality)} plates, {len(curves)} dose responses with a half-way dose."
    blocks: list[Block] = [_quality(result)]
    blocks += list(_dose_figures(curves, data_kind))
    blocks += [_parameters(result.readings, "plate-parameters"), _findings(result.findings, "plate-findings")]
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
                q.source,
                q.plate,
                q.channel,
                q.z_prime,
                q.signal_to_background,
                q.control_cv,
                q.row_drift,
                q.column_drift,
            )
            for q in result.quality
        ),
    )


def _dose_figures(curves: Sequence[CurveResult], data_kind: DataKind) -> Iterator[Figure]:
    """Draw the dose responses of each series of files (the name without its number), a few in one picture."""
    series: dict[tuple[str, str], list[CurveResult]] = {}
    for curve in curves:
        name = re.sub(r"[ _-]*\d*\.\w+$", "", curve.source)
        series.setdefault((name, curve.response_unit), []).append(curve)
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
                c.source,
                c.name,
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


def _myotubes(result: MyotubeResult, data_kind: DataKind) -> Section:
    lead = f"{len(result.overlays)} fields; the outlined photographs are in the folder overlays."
    pictures = result.pictures[:_GALLERY]
    figure = Figure(
        "gallery",
        "Fields of view as they were segmented",
        "Shapes are myosin-positive objects, marks are nuclei (filled: fused). The first "
        f"{len(pictures)} fields.",
        "; ".join(f"{picture.label}: {picture.value}" for picture in pictures) + ".",
        draw_gallery(pictures, data_kind=data_kind),
    )
    note = (
        "Fusion index: nuclei whose centre lies in a myosin-positive object with at least two nuclei, of all "
        "nuclei. Thresholds join touching myotubes and count cells over or under a tube as fused: "
        "objects are "
        "counted, not myotubes."
    )
    blocks = (Paragraph(note, "note"), figure, _parameters(result.readings, "myotube-parameters"),
              _findings(result.findings, "myotube-findings"))  # fmt: skip
    return Section("myotubes", "Myotube images", lead, blocks)


def _uptake(result: UptakeResult) -> Section:
    lead = (
        f"{len(result.estimates)} estimates of uptake, donor mtDNA, membrane potential and reactive oxygen."
    )
    note = "No public images of uptake exist: these methods are validated on constructed data only."
    blocks = (
        Paragraph(note, "note"),
        _parameters(result.readings, "uptake-parameters"),
        _findings(result.findings, "uptake-findings"),
    )
    return Section("uptake", "Uptake of donor mitochondria", lead, blocks)


def _findings(findings: Sequence[Finding], name: str) -> Table:
    order = {"error": 0, "warning": 1, "note": 2}
    return Table(
        name,
        "What quality control says",
        (
            TableColumn("severity", "Severity"),
            TableColumn("source", "File"),
            TableColumn("place", "Place"),
            TableColumn("found", "Found"),
            TableColumn("remedy", "What to do"),
        ),
        tuple(
            (f.severity, f.source, f.place, f.found, f.remedy)
            for f in sorted(findings, key=lambda f: (order[f.severity], f.source, f.place))
        ),
        collapsed=True,
    )
