"""Quality control of single wells: each finding names the well and the reason.

Thresholds are rows of ``data/qc.csv``; most are chosen, because no source gives them. Deselected and
background wells are not judged here (see ``check_plate.py``).
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mitograft.assays.findings import Finding, Severity
from mitograft.assays.seahorse.derive import PlateParameters
from mitograft.assays.seahorse.wave import Rates, WavePlate
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["check_wells", "qc_thresholds"]

Array = npt.NDArray[np.float64]
_LOOK = "Look at the trace of this well; deselect or exclude it if the cause is technical."
_RESPONSES = {
    "oligomycin": (-1.0, np.min, "did not fall after oligomycin"),
    "fccp": (1.0, np.max, "did not rise after FCCP"),
    "rotenone_antimycin": (-1.0, np.min, "did not fall after rotenone/antimycin"),
}


@cache
def qc_thresholds() -> Parameters:
    """Return the thresholds of quality control, each with its source and status."""
    return load_parameters(__package__, "qc.csv")


def check_wells(
    plate: WavePlate,
    rates: Rates,
    parameters: PlateParameters,
    thresholds: Parameters | None = None,
) -> tuple[Finding, ...]:
    """Judge every selected sample well: rates, responses to injections, and derived parameters.

    Parameters
    ----------
    plate, rates, parameters
        One plate with the rates used and what was derived from them.
    thresholds
        None takes ``qc_thresholds()``.
    """
    limits = thresholds or qc_thresholds()
    judged = plate.selected & ~plate.background
    findings: list[Finding] = []
    for index in np.flatnonzero(judged):
        well = int(index)
        for rule, severity, found in _judge(plate, rates, parameters, limits, well):
            findings.append(Finding(rule, severity, plate.source, plate.wells[well], found, _LOOK))
    return tuple(findings)


Judged = Iterator[tuple[str, Severity, str]]


def _judge(
    plate: WavePlate, rates: Rates, parameters: PlateParameters, limits: Parameters, well: int
) -> Judged:
    ocr = rates.ocr[well]
    yield from _negative(ocr, limits)
    basal = plate.measured("basal")
    if basal and ocr[list(basal)].mean() < limits["low_rate"].number:
        yield "low-rate", "warning", f"basal OCR is only {ocr[list(basal)].mean():.1f} pmol/min"
        yield from _derived(parameters, limits, well)
        return
    yield from _drift(ocr[list(basal)], limits)
    yield from _responses(plate, ocr, limits)
    yield from _derived(parameters, limits, well)


def _negative(ocr: Array, limits: Parameters) -> Judged:
    below = np.flatnonzero(ocr < limits["negative_rate"].number)
    if len(below):
        listed = ", ".join(str(m + 1) for m in below)
        lowest = float(ocr[below].min())
        yield (
            "negative-rate",
            "warning",
            f"OCR is negative (lowest {lowest:.1f} pmol/min, measurement {listed})",
        )


def _drift(ocr: Array, limits: Parameters) -> Judged:
    if len(ocr) < 2:
        return
    change = float(ocr[-1] - ocr[0])
    fraction = abs(change) / abs(float(ocr.mean()))
    if fraction > limits["drift"].number and abs(change) > limits["drift_smallest"].number:
        yield (
            "drifting-rate",
            "warning",
            f"basal OCR drifts by {change:+.1f} pmol/min ({100 * fraction:.0f} %)",
        )


def _responses(plate: WavePlate, ocr: Array, limits: Parameters) -> Judged:
    """Look at each injection: is OCR after it different from the last before it, the right way."""
    basal = plate.measured("basal")
    reference = float(ocr[basal[-1]]) if basal else float("nan")
    measured = [stage for stage in plate.stages if stage.measurements]
    for before, stage in pairwise(measured):
        if stage.role not in _RESPONSES:
            continue
        sign, choose, words = _RESPONSES[stage.role]
        last = float(ocr[before.measurements[-1]])
        reached = float(_chosen(choose, ocr[list(stage.measurements)]))
        # After a block by oligomycin FCCP must be judged against what is left, the others against basal.
        size = abs(reference) if stage.role == "oligomycin" else abs(last)
        if before.role == stage.role or size == 0:  # a titration: only its first step must respond
            continue
        change = sign * (reached - last) / size
        if change < limits[f"{stage.role}_response"].number:
            found = (
                f"OCR {words} ({last:.1f} to {reached:.1f} pmol/min): no response, or the injection failed"
            )
            yield "failed-injection", "warning", found


def _chosen(choose: Callable[..., Array], values: Array) -> Array:
    return choose(values)


def _derived(parameters: PlateParameters, limits: Parameters, well: int) -> Judged:
    def value(name: str) -> float:
        return float(parameters.values[name][well])

    coupling, highest = value("coupling_efficiency"), limits["coupling_highest"].number
    if coupling > highest:
        yield "coupling-above-100", "warning", f"coupling efficiency is {coupling:.0f} %"
    if value("proton_leak") < 0:
        yield "negative-leak", "warning", f"proton leak is {value('proton_leak'):.1f} pmol/min"
    if value("non_mitochondrial_respiration") < 0:
        level = value("non_mitochondrial_respiration")
        yield (
            "negative-non-mitochondrial",
            "warning",
            f"non-mitochondrial respiration is {level:.1f} pmol/min",
        )
    if value("spare_capacity") < 0:
        level = value("spare_capacity")
        yield "fccp-below-basal", "warning", f"maximal respiration is {-level:.1f} pmol/min below basal"
