"""Read an Agilent Wave workbook (XFe24, XFe96) as it really is.

Rows are found by their label, deselected wells by the fill of their cell, stages by the operation log.
Nothing is interpreted beyond that: dates stay text, group names stay as written (``50.000`` is a name).
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from mitograft.assays.seahorse.read_arrays import read_rates, read_ticks
from mitograft.assays.seahorse.read_configuration import (
    BACKGROUND,
    Layout,
    read_acidification,
    read_buffer_factor,
    read_calibration,
    read_groups,
    read_layout,
    read_normalisation,
    read_oxygen,
)
from mitograft.assays.seahorse.read_fills import cell_fills
from mitograft.assays.seahorse.read_labels import Labels
from mitograft.assays.seahorse.read_stages import protocol_stages, read_log, stages_of_log
from mitograft.assays.seahorse.read_workbook import Workbook, open_workbook, text
from mitograft.assays.seahorse.wave import LogEntry, Rates, Stage, Ticks, WavePlate
from mitograft.errors import InternalError
from mitograft.tables.problems import Problems

__all__ = ["read_wave"]

_CONFIGURATION = "Assay Configuration"
_EXPORT_AGAIN = "Export the assay from Wave to Excel anew."


def read_wave(path: Path, *, stages: Mapping[str, str] | None = None, source: str | None = None) -> WavePlate:
    """Read one workbook exported by Wave.

    Parameters
    ----------
    path
        The workbook (.xlsx).
    stages
        Roles of stages by name as written, where the names are unusual, for example
        ``{"Injection 1": "oligomycin"}``; see ``read_stages.ROLES``.
    source
        Name of the file in results, for example relative to the study folder; None takes the bare name.

    Returns
    -------
    plate
        Everything the analysis needs. Optional sheets (Normalized Rate, Calibration, Operation Log) may be
        missing or empty.

    Raises
    ------
    UsageError
        If there is no such file, or ``stages`` names no known role.
    InputError
        If it is no complete Wave workbook of 24 or 96 wells; lists what is wrong.
    """
    path = Path(path)
    book = open_workbook(path)
    problems = Problems(book.file)
    labels = Labels(book.rows(_CONFIGURATION))
    fills = cell_fills(book.package.content(_CONFIGURATION), book.package.styles, book.file)
    layout = read_layout(labels, fills, problems)
    problems.raise_any()
    if layout is None:
        raise InternalError("A layout was refused without a reason.")
    plate = _assemble(book, labels, layout, problems, stages)
    return plate if source is None else replace(plate, source=source)


def _assemble(
    book: Workbook, labels: Labels, layout: Layout, problems: Problems, roles: Mapping[str, str] | None
) -> WavePlate:
    size = len(layout.wells)
    calibration, target = read_calibration(_optional(book, "Calibration"), size)
    oxygen = read_oxygen(labels, target, problems)
    vendor = read_rates(book.rows("Rate"), layout.wells, "Rate", problems)
    if vendor is None and not problems:
        problems.add("empty-sheet", "a sheet Rate without rates", "the rates of every well", _EXPORT_AGAIN)
    ticks = read_ticks(book.rows("Raw"), layout.wells, problems)
    log = read_log(_optional(book, "Operation Log"))
    stages = _stages(labels, log, vendor, ticks, roles, problems)
    normalised = _optional(book, "Normalized Rate")
    vendor_normalised = (
        read_rates(normalised, layout.wells, "Normalized Rate", problems) if len(normalised) > 1 else None
    )
    problems.raise_any()
    if oxygen is None or vendor is None or ticks is None:
        raise InternalError("A workbook was refused without a reason.")
    return WavePlate(
        source=book.file,
        version=labels.text("XFe Assay Version", "Assay Run Software Version"),
        assay_name=labels.text("Assay Name"),
        wells=layout.wells,
        group=layout.group,
        background=np.array([name.casefold() == BACKGROUND for name in layout.group]),
        selected=np.array([well not in layout.deselected for well in layout.wells]),
        unclear=layout.unclear,
        groups=read_groups(labels.rows),
        stages=stages,
        ports=_ports(labels),
        plated_on=labels.text("Plated On"),
        last_run=labels.text("Last Run"),
        plate_barcode=labels.text("Plate Barcode"),
        cartridge_barcode=labels.text("Cartridge Barcode"),
        instrument=labels.text("Instrument Serial"),
        background_corrected=labels.text("Background Correction").casefold() != "no",
        oxygen=oxygen,
        acidification=read_acidification(labels),
        normalisation=read_normalisation(labels, size),
        buffer_factor=read_buffer_factor(labels, size),
        calibration=calibration,
        ticks=ticks,
        vendor=vendor,
        vendor_normalised=vendor_normalised,
        log=log,
    )


def _optional(book: Workbook, sheet: str) -> list[list[object]]:
    return [list(row) for row in book.rows(sheet)] if book.has(sheet) else []


def _stages(
    labels: Labels,
    log: tuple[LogEntry, ...],
    vendor: Rates | None,
    ticks: Ticks | None,
    roles: Mapping[str, str] | None,
    problems: Problems,
) -> tuple[Stage, ...]:
    if vendor is None or ticks is None:
        return ()
    count = vendor.ocr.shape[1]
    if len(ticks.count) != count:
        problems.add(
            "measurements-differ",
            found=f"{count} measurements in the sheet 'Rate' and {len(ticks.count)} in 'Raw'",
            expected="the same measurements in both",
            remedy=_EXPORT_AGAIN,
        )
        return ()
    found = stages_of_log(log, count, roles) or protocol_stages(labels, count, roles)
    if found is None:
        problems.add(
            "unknown-stages",
            found=f"{count} measurements that neither the operation log nor the protocol summary explains",
            expected="the stage of every measurement",
            remedy=_EXPORT_AGAIN,
        )
    return found or ()


def _ports(labels: Labels) -> tuple[str, ...]:
    top = labels.row("Plate Barcode")
    cells = labels.rows[top][2:] if top is not None else []
    return tuple(text(cell) for cell in cells if text(cell).casefold().startswith("port"))
