"""Quality control of whole plates: background, counts, temperature, sensors, edges, stages, barcodes."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from mitograft.assays.findings import Finding
from mitograft.assays.seahorse.check import qc_thresholds
from mitograft.assays.seahorse.oxygen import oxygen_from_emission
from mitograft.assays.seahorse.rates import Comparison, selected_background
from mitograft.assays.seahorse.wave import Rates, WavePlate
from mitograft.errors import InputError, Violation
from mitograft.tables.parameters import Parameters

__all__ = [
    "background_is_zero",
    "check_barcodes",
    "check_comparison",
    "check_plate",
    "require_distinct_plates",
]

Array = npt.NDArray[np.float64]
_SMALL_PLATE = 24
_SMALLEST_SET = 3


def check_plate(plate: WavePlate, rates: Rates, thresholds: Parameters | None = None) -> tuple[Finding, ...]:
    """Judge the plate as a whole (thresholds: None takes ``qc_thresholds()``)."""
    limits = thresholds or qc_thresholds()
    checks = (_layout, _background, _counts, _sensors, _temperature, _buffer)
    findings = [finding for check in checks for finding in check(plate, limits)]
    return (*findings, *_edge(plate, rates, limits))


def check_comparison(
    plate: WavePlate, comparison: Comparison, thresholds: Parameters | None = None
) -> tuple[Finding, ...]:
    """Report wells where the recomputed OCR and the vendor's differ more than they should."""
    limits = thresholds or qc_thresholds()
    size = "24" if len(plate.wells) == _SMALL_PLATE else "96"
    allowed = (
        limits[f"vendor_relative_{size}"].number * np.abs(plate.vendor.ocr)
        + limits[f"vendor_absolute_{size}"].number
    )
    excess = np.abs(comparison.difference) - allowed
    excess[plate.background] = -np.inf
    findings = []
    for well in np.flatnonzero((excess > 0).any(axis=1)):
        worst = int(np.argmax(excess[well]))
        found = (
            f"recomputed OCR differs from the vendor's by {comparison.difference[well, worst]:+.2f} pmol/min "
            f"in measurement {worst + 1} (vendor {plate.vendor.ocr[well, worst]:.2f})"
        )
        remedy = "Look at the raw oxygen of this well for missing or faulty ticks."
        findings.append(Finding("vendor-differs", "warning", plate.source, plate.wells[well], found, remedy))
    return tuple(findings)


def background_is_zero(plate: WavePlate, rates: Rates, thresholds: Parameters | None = None) -> bool:
    """Whether the mean of the selected background wells is zero in every measurement."""
    limit = (thresholds or qc_thresholds())["background_zero"].number
    wells = selected_background(plate)
    if not wells.any():
        return False
    means = np.stack([rates.ocr[wells].mean(axis=0), rates.ecar[wells].mean(axis=0)])
    return bool(np.all(np.abs(means) <= limit))


def check_barcodes(plates: Sequence[WavePlate]) -> tuple[Finding, ...]:
    """Report plates that share a barcode: the same plate given twice, or one workbook saved over another."""
    return tuple(
        Finding(
            "same-barcode",
            "error",
            ", ".join(sources),
            "Plate Barcode",
            f"{len(sources)} workbooks with one plate barcode",
            "Give each plate once; if they are different plates, correct the barcode.",
        )
        for sources in _shared_barcodes(plates)
    )


def require_distinct_plates(plates: Sequence[WavePlate]) -> None:
    """Refuse plates that share a barcode.

    Raises
    ------
    InputError
        One violation for every shared barcode.
    """
    violations = [
        Violation(
            "same-barcode",
            found=f"one plate barcode in {' and '.join(sources)}",
            expected="a barcode of its own on every plate",
            remedy="Give each plate once; if they are different plates, correct the barcode.",
            file=sources[0],
        )
        for sources in _shared_barcodes(plates)
    ]
    if violations:
        raise InputError("Wave workbooks", violations)


def _shared_barcodes(plates: Sequence[WavePlate]) -> list[list[str]]:
    by_barcode: defaultdict[str, list[str]] = defaultdict(list)
    for plate in plates:
        if plate.plate_barcode:
            by_barcode[plate.plate_barcode].append(plate.source)
    return [sources for sources in by_barcode.values() if len(sources) > 1]


Findings = Iterator[Finding]


def _layout(plate: WavePlate, _: Parameters) -> Findings:
    for well, selected in zip(plate.wells, plate.selected, strict=True):
        if not selected:
            yield Finding(
                "deselected",
                "note",
                plate.source,
                well,
                "deselected in Wave",
                "It is left out of comparisons.",
            )
    for well in plate.unclear:
        found = "the cell of the layout has a fill that is none of Wave's"
        yield Finding(
            "unclear-fill", "warning", plate.source, well, found, "It counts as selected; check it."
        )
    for stage in plate.stages:
        if stage.role == "unknown" and stage.measurements:
            found = f"the stage '{stage.name}' is not known"
            remedy = "Say what it is in the study's settings (for example oligomycin)."
            yield Finding("unknown-stage", "warning", plate.source, "", found, remedy)


def _background(plate: WavePlate, limits: Parameters) -> Findings:
    wells = selected_background(plate)
    if not wells.any():
        found, remedy = "no selected background well", "Rates cannot be corrected; select a background well."
        yield Finding("no-background", "error", plate.source, "", found, remedy)
        return
    if not background_is_zero(plate, plate.vendor, limits):
        mean = float(plate.vendor.ocr[wells].mean())
        found = f"the vendor's background wells are not zero (mean OCR {mean:.2f} pmol/min)"
        remedy = "Their mean was subtracted from every well."
        yield Finding("background-not-zero", "warning", plate.source, "", found, remedy)
    if wells.sum() < 2:  # one well is always equal to itself
        return
    level = np.nanmean(oxygen_from_emission(plate.ticks.o2_emission, wells, plate.oxygen)[wells], axis=2)
    for index, change in zip(np.flatnonzero(wells).tolist(), np.ptp(level, axis=1), strict=True):
        if change > limits["background_drift"].number:
            found = f"oxygen moves by {change:.1f} mmHg against the other background wells"
            remedy = "Deselect this background well in Wave if it was disturbed."
            yield Finding("background-drift", "warning", plate.source, plate.wells[index], found, remedy)


def _counts(plate: WavePlate, limits: Parameters) -> Findings:
    entered = plate.normalisation
    if not entered.entered:
        return
    groups: defaultdict[str, list[float]] = defaultdict(list)
    usable = plate.selected & ~plate.background & (entered.values > 0)
    for counted in np.flatnonzero(usable):
        groups[plate.group[counted]].append(float(entered.values[counted]))
    for index, well in enumerate(plate.wells):
        value = float(entered.values[index])
        if plate.background[index]:
            if value > 0:
                found = f"a background well with a normalisation value of {value:g}"
                yield Finding("background-count", "note", plate.source, well, found, "It is not normalised.")
            continue
        if not plate.selected[index]:
            continue
        middle = float(np.median(groups[plate.group[index]])) if groups[plate.group[index]] else float("nan")
        yield from _one_count(plate, well, value, middle, limits)


def _one_count(plate: WavePlate, well: str, value: float, middle: float, limits: Parameters) -> Findings:
    if not value > 0:
        found, remedy = "no normalisation value", "Enter the count of this well, or exclude it."
        yield Finding("missing-count", "error", plate.source, well, found, remedy)
    elif value < limits["count_low"].number * middle or value > limits["count_high"].number * middle:
        word = "low" if value < middle else "high"
        found = f"the normalisation value {value:g} is {value / middle:.2f} x that of its group ({middle:g})"
        remedy = "Look at the image of this well; exclude it if the cells were lost or miscounted."
        yield Finding(f"{word}-count", "warning", plate.source, well, found, remedy)


def _sensors(plate: WavePlate, _: Parameters) -> Findings:
    shown = np.arange(plate.ticks.o2.shape[2]) < plate.ticks.count[:, None]
    for channel, valid, values in (
        ("oxygen", plate.ticks.o2_valid, plate.ticks.o2),
        ("pH", plate.ticks.ph_valid, plate.ticks.ph),
    ):
        bad = (~valid & np.isfinite(values)).sum(axis=(1, 2))
        missing = (np.isnan(values) & shown).sum(axis=(1, 2))
        for index, well in enumerate(plate.wells):
            if bad[index] or missing[index]:
                found = f"{bad[index]} readings of {channel} marked invalid, {missing[index]} missing"
                remedy = "Rates from the raw readings bridge single missing ticks; look at the trace."
                yield Finding("invalid-ticks", "warning", plate.source, well, found, remedy)
    if plate.calibration is not None:
        texts = (("oxygen", plate.calibration.o2_status), ("pH", plate.calibration.ph_status))
        for channel, states in texts:
            for well, state in zip(plate.wells, states, strict=True):
                if state and state.casefold() != "good":
                    found = f"the calibration of {channel} was '{state}', not 'Good'"
                    yield Finding(
                        "calibration", "warning", plate.source, well, found, "Exclude it if in doubt."
                    )


def _temperature(plate: WavePlate, limits: Parameters) -> Findings:
    target, tolerance = limits["temperature"].number, limits["temperature_tolerance"].number
    values = plate.ticks.well_temperature
    if np.isnan(values).all():
        return
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low < target - tolerance or high > target + tolerance:
        found = f"well temperature between {low:.2f} and {high:.2f} C, not {target:g} +/- {tolerance:g}"
        remedy = "Rates depend on temperature: repeat the plate, or say so."
        yield Finding("temperature", "warning", plate.source, "", found, remedy)


def _buffer(plate: WavePlate, _: Parameters) -> Findings:
    samples = ~plate.background
    if not np.any(plate.vendor.per[samples]):
        found = "PER is 0 throughout"
        if np.any(plate.buffer_factor[samples] > 0):
            found += ", although the workbook has buffer factors"
        remedy = "PER and glycolytic ATP production are undefined; enter the buffer factor in Wave."
        yield Finding("no-per", "note", plate.source, "", found, remedy)


def _edge(plate: WavePlate, rates: Rates, limits: Parameters) -> Findings:
    """Compare edge wells with inner wells of the same groups: basal OCR relative to the group's mean."""
    basal = plate.measured("basal")
    rows = Counter(well[0] for well in plate.wells)
    columns = max(rows.values())
    if not basal:
        return
    level = rates.ocr[:, list(basal)].mean(axis=1)
    edge: list[float] = []
    inner: list[float] = []
    for group in dict.fromkeys(plate.group):
        wells = [
            i
            for i, g in enumerate(plate.group)
            if g == group and plate.selected[i] and not plate.background[i]
        ]
        outside = [i for i in wells if _at_edge(i, len(rows), columns)]
        if not outside or len(outside) == len(wells):
            continue
        centre = float(np.mean(level[wells]))
        if centre > limits["low_rate"].number:
            edge += [float(level[i]) / centre for i in outside]
            inner += [float(level[i]) / centre for i in wells if i not in outside]
    if min(len(edge), len(inner)) < _SMALLEST_SET:
        return
    difference = float(np.mean(edge) - np.mean(inner))
    error = float(np.sqrt(np.var(edge, ddof=1) / len(edge) + np.var(inner, ddof=1) / len(inner)))
    if (
        abs(difference) * 100 > limits["edge_difference"].number
        and abs(difference) > limits["edge_t"].number * error
    ):
        found = f"edge wells respire {100 * difference:+.0f} % against inner wells of the same groups"
        remedy = "Spread the groups over the plate, or leave the edge empty."
        yield Finding("edge-effect", "warning", plate.source, "edge wells", found, remedy)


def _at_edge(index: int, rows: int, columns: int) -> bool:
    row, column = divmod(index, columns)
    return row in {0, rows - 1} or column in {0, columns - 1}
