"""Sections of the cell assays: respiration, plates, myotube images, uptake; and what quality control says."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from mitograft.assays.plate.results import CurveResult, PlateResult
from mitograft.assays.uptake.derive import UptakeResult
from mitograft.evidence import DataKind
from mitograft.report.document import Block, Figure, Paragraph, Section, Table, TableColumn
from mitograft.report.figures.dose_response import DoseCurve, draw_dose_response
from mitograft.report.figures.gallery import draw_gallery
from mitograft.statistics.back_calculation import confidence_band
from mitograft.statistics.curves import NoCurve
from mitograft.study.assay_files import MyotubeResult
from mitograft.study.invitro import Invitro
from mitograft.study.sections.readings import findings_table, parameter_table
from mitograft.study.sections.respiration import respiration_section

__all__ = ["assay_sections"]

_MOST_TRACES = 6
_MOST_CURVES = 3
_GALLERY = 12
_PLATES_SHOWN = 3


def assay_sections(invitro: Invitro, data_kind: DataKind) -> Iterator[Section]:
    """Yield a section for every assay that has files."""
    details = invitro.details
    if details.seahorse is not None:
        yield respiration_section(details.seahorse, details.waves, data_kind)
    if details.plates is not None:
        yield _plates(details.plates, data_kind)
    if details.myotube is not None:
        yield _myotubes(details.myotube, data_kind)
    if details.uptake is not None:
        yield _uptake(details.uptake)


def _plates(result: PlateResult, data_kind: DataKind) -> Section:
    curves = [c for c in result.curves if c.kind == "dose response" and c.ec50 is not None]
    lead = f"{len(result.quality)} plates, {len(curves)} dose responses with a half-way dose."
    blocks: list[Block] = [_quality(result)]
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
    blocks = (Paragraph(note, "note"), figure, parameter_table(result.readings, "myotube-parameters"),
              findings_table(result.findings, "myotube-findings"))  # fmt: skip
    return Section("myotubes", "Myotube images", lead, blocks)


def _uptake(result: UptakeResult) -> Section:
    lead = (
        f"{len(result.estimates)} estimates of uptake, donor mtDNA, membrane potential and reactive oxygen."
    )
    note = "No public images of uptake exist: these methods are validated on constructed data only."
    blocks = (
        Paragraph(note, "note"),
        parameter_table(result.readings, "uptake-parameters"),
        findings_table(result.findings, "uptake-findings"),
    )
    return Section("uptake", "Uptake of donor mitochondria", lead, blocks)
