"""Uptake from images: donor signal of each cell, positive cells, colocalisation, a picture to look at.

Cells count as positive above the threshold of the untreated images of their plate, exactly as in tables of
single cells (``derive_cells.py``). Parameters carry the ending ``_image``: light of a camera and light of a
cytometer must not be averaged.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mitograft.assays.findings import Finding, Severity
from mitograft.assays.uptake.derive_cells import CellSignals, derive_cells, gather_signals, threshold_of
from mitograft.assays.uptake.estimates import Estimate, Place, load_uptake_parameters, without_interval
from mitograft.assays.uptake.measure_cells import UNIT, MeasuredImage, measure_image
from mitograft.assays.uptake.overlay import Preview, draw_overlay, preview
from mitograft.assays.uptake.read import CellWell
from mitograft.assays.uptake.read_images import ImageRow, read_image
from mitograft.assays.uptake.swapped import refuse_swapped
from mitograft.errors import InputError, Violation
from mitograft.tables.parameters import Parameters

__all__ = ["ImagesResult", "derive_images"]


@dataclass(frozen=True, repr=False)
class ImagesResult:
    """What the images of a folder say.

    Parameters
    ----------
    estimates, findings
        Derived numbers, and what quality control has to say.
    overlays
        File name without ending to a PNG with the outlines of positive, negative and cut cells.
    signals
        Signals of the cells by plate and group.
    """

    estimates: tuple[Estimate, ...] = ()
    findings: tuple[Finding, ...] = ()
    overlays: dict[str, bytes] = field(default_factory=dict)
    signals: tuple[CellSignals, ...] = ()


def derive_images(
    folder: Path, rows: Sequence[ImageRow], parameters: Parameters | None = None
) -> ImagesResult:
    """Read, measure and compare images one after another; only small previews are kept.

    Raises
    ------
    InputError
        If images break a rule; of several broken images all violations are listed together.
    """
    values = parameters or load_uptake_parameters()
    wells: list[CellWell] = []
    previews: dict[str, Preview] = {}
    estimates: list[Estimate] = []
    findings: list[Finding] = []
    broken: list[Violation] = []
    sizes: dict[str, dict[float, str]] = {}
    for row in rows:
        try:
            image = read_image(folder, row)
            refuse_swapped(image, values)
        except InputError as error:
            broken += error.violations
            continue
        sizes.setdefault(row.place.plate, {}).setdefault(image.pixel_size_um, image.name)
        if broken:
            continue  # nothing will be derived: only what is wrong with the rest is still asked
        measured = measure_image(image, values)
        wells.append(CellWell(row.place, row.untreated, measured.signals, UNIT))
        previews[image.name] = preview(image, measured)
        estimates += _of_image(row.place, measured)
        findings += _image_findings(row.place, measured, values)
    broken += [v for plate, own in sizes.items() if (v := _mixed(plate, own)) is not None]
    if broken:
        raise InputError(", ".join(dict.fromkeys(v.file for v in broken)), broken)
    more, said, signals = _by_plate(wells, values)
    cuts = {well.place.plate: _threshold(wells, well.place.plate, values) for well in wells}
    overlays = {
        well.place.source.partition(".")[0]: draw_overlay(
            previews[well.place.source], well.signals > cuts[well.place.plate]
        )
        for well in wells
    }
    return ImagesResult((*more, *estimates), (*findings, *said), overlays, signals)


def _percentile(values: Parameters) -> float:
    return values["positive_percentile_image"].number


def _threshold(wells: Sequence[CellWell], plate: str, values: Parameters) -> float:
    own = [w.signals for w in wells if w.place.plate == plate and w.untreated and len(w.signals)]
    if not own:
        return math.inf
    return threshold_of(np.concatenate(own), _percentile(values)).value


def _mixed(plate: str, sizes: dict[float, str]) -> Violation | None:
    if max(sizes) <= 1.01 * min(sizes):
        return None
    found = " and ".join(f"{size:g} µm a pixel ({name})" for size, name in list(sizes.items())[:2])
    return Violation(
        "mixed-scales",
        found=f"plate {plate} with {found}",
        expected="one objective for the images of a plate, its untreated ones included",
        remedy="Give images of another objective a plate name and untreated images of their own.",
        file=sizes[max(sizes)],
    )


def _by_plate(
    wells: Sequence[CellWell], values: Parameters
) -> tuple[list[Estimate], list[Finding], tuple[CellSignals, ...]]:
    """Derive the wells that hold cells, on plates whose untreated images hold some; exclude the others."""
    controlled = {well.place.plate for well in wells if well.untreated and len(well.signals)}
    usable = [well for well in wells if len(well.signals) and well.place.plate in controlled]
    estimates, findings = derive_cells(usable, values, percentile=_percentile(values))
    named = [replace(estimate, parameter=f"{estimate.parameter}_image") for estimate in estimates]
    for well in wells:
        if any(well is one for one in usable):
            continue
        reason = "no whole cell" if not len(well.signals) else "no whole untreated cell on the plate"
        named.append(
            Estimate(well.place, "positive_fraction_image", *(math.nan,) * 3, 0.95, "1", reason, reason)
        )
    findings += [finding for plate in sorted(controlled) for finding in _bright_control(usable, plate)]
    return named, findings, gather_signals(usable, "image", _percentile(values))


def _bright_control(wells: Sequence[CellWell], plate: str) -> list[Finding]:
    """Point out untreated cells that are brighter than the treated ones."""
    own = {
        role: [w.signals for w in wells if w.place.plate == plate and w.untreated is role]
        for role in (True, False)
    }
    if not own[False]:
        return []
    control, treated = (float(np.mean(np.concatenate(own[role]))) for role in (True, False))
    if control <= treated:
        return []
    source = next(w.place.source for w in wells if w.place.plate == plate)
    words = f"untreated cells are brighter ({control:.3g} {UNIT}) than treated ones ({treated:.3g})"
    remedy = "Check the roles, and whether donor and recipient channels are swapped."
    return [Finding("bright-control", "warning", source, f"plate {plate}", words, remedy)]


def _of_image(place: Place, measured: MeasuredImage) -> list[Estimate]:
    """Return the number of whole cells and, with a recipient channel, the colocalisation."""
    count = float(len(measured.whole))
    found = [without_interval(place, "cells_image", count, "cells", "cells that do not touch the edge")]
    seen = measured.colocalisation
    if seen is None:
        return found
    shifts = f"{seen.rearrangements} random shifts of the recipient channel"
    method = f"Pearson's correlation of structured light, p = {seen.p:.2g} by {shifts}"
    above = seen.pearson - seen.null_mean
    share = "share of donor light over recipient mitochondria, Costes' thresholds"
    return [
        *found,
        without_interval(place, "colocalisation_pearson", seen.pearson, "1", method),
        without_interval(place, "colocalisation_excess", above, "1", f"Pearson less the mean of {shifts}"),
        without_interval(place, "donor_in_recipient", seen.donor_in_host, "1", share),
    ]


def _image_findings(place: Place, measured: MeasuredImage, values: Parameters) -> list[Finding]:
    found: list[Finding] = []

    def say(rule: str, severity: Severity, words: str, remedy: str) -> None:
        where = f"plate {place.plate}, well {place.position}"
        found.append(Finding(rule, severity, place.source, where, words, remedy))

    count, fewest = len(measured.whole), int(values["fewest_cells_image"].number)
    if count == 0:
        say("no-cells", "error", "no whole cell", "Look at the overlay; give a mask, or exclude the image.")
    elif count < fewest:
        say("few-cells", "warning", f"{count} whole cells", "Take larger or more images of the well.")
    if measured.saturated > values["saturated_donor"].number:
        words = f"{measured.saturated:.1%} of the donor light at the camera's limit"
        say("saturated", "warning", words, "Expose less; signals of bright cells come out too small.")
    return found
