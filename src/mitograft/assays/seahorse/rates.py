"""Rates recomputed from the raw readings, and their comparison with the vendor's.

OCR follows Gerencser et al. 2009 (``oxygen.py``). ECAR is -1000 times the least-squares slope of pH against
minutes without the first ticks ('Edge Offset'). Both have the mean of the selected background wells
subtracted, and then PER = (ECAR + ECAR of the background) x buffer factor x plate volume x kVol.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.assays.seahorse.oxygen import oxygen_rates, slope_rates
from mitograft.assays.seahorse.wave import Mask, Rates, WavePlate
from mitograft.tables.parameters import Parameters

__all__ = [
    "Comparison",
    "compare_rates",
    "correct_background",
    "normalise",
    "recompute_rates",
    "selected_background",
]

Array = npt.NDArray[np.float64]
_SECONDS_A_MINUTE = 60.0
# Relative differences of small rates say nothing.
_SMALLEST_COMPARED = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """How the recomputed OCR agrees with the vendor's.

    Parameters
    ----------
    source
        The plate's file.
    compared
        Number of wells x measurements (background wells left out).
    median_relative
        Median relative difference where the vendor's OCR exceeds 5 pmol/min, as a fraction.
    largest
        Largest absolute difference, pmol/min.
    median_ecar
        Median absolute difference of ECAR, mpH/min.
    slope_median_relative
        Median relative difference of a straight-line slope, for contrast.
    difference
        Recomputed minus vendor's OCR, wells x measurements.
    """

    source: str
    compared: int
    median_relative: float
    largest: float
    median_ecar: float
    slope_median_relative: float
    difference: Array


def selected_background(plate: WavePlate) -> Mask:
    """Return the mask of the background wells that were not deselected."""
    return plate.background & plate.selected


def recompute_rates(plate: WavePlate, constants: Parameters | None = None) -> Rates:
    """Return OCR, ECAR and PER from the raw readings (wells x measurements).

    The background wells are subtracted where the file says that the vendor did so and at least one is
    selected; otherwise the rates are as they are. Constants: None takes ``rate_parameters()``.
    """
    ocr, ecar = oxygen_rates(plate, constants), _acidification(plate)
    per = ecar * plate.buffer_factor[:, None] * plate.acidification.plate_volume * plate.acidification.k_vol
    background = selected_background(plate)
    if plate.background_corrected and background.any():
        ocr = ocr - ocr[background].mean(axis=0)
        ecar = ecar - ecar[background].mean(axis=0)
    return Rates(plate.vendor.minutes, ocr, ecar, per)


def correct_background(plate: WavePlate, rates: Rates) -> Rates:
    """Return rates with the mean of the selected background wells subtracted (OCR and ECAR)."""
    background = selected_background(plate)
    ocr, ecar = (
        values - values[background].mean(axis=0) if background.any() else values
        for values in (rates.ocr, rates.ecar)
    )
    return Rates(rates.minutes, ocr, ecar, rates.per)


def normalise(plate: WavePlate, rates: Rates) -> Rates | None:
    """Return rate x scale / normalisation value, or None where no value was entered.

    Background wells and wells without a value are NaN.
    """
    entered = plate.normalisation
    if not entered.entered:
        return None
    usable = (entered.values > 0) & ~plate.background
    factor = np.full(len(plate.wells), np.nan)
    np.divide(entered.scale, entered.values, out=factor, where=usable)
    column = factor[:, None]
    return Rates(rates.minutes, rates.ocr * column, rates.ecar * column, rates.per * column)


def compare_rates(plate: WavePlate, constants: Parameters | None = None) -> Comparison:
    """Compare the recomputed rates, and a straight-line slope, with the vendor's Rate sheet."""
    own = recompute_rates(plate, constants)
    background = selected_background(plate)
    slope = slope_rates(plate, constants)
    if plate.background_corrected and background.any():
        slope = slope - slope[background].mean(axis=0)
    wells = ~plate.background
    vendor = plate.vendor.ocr[wells]
    difference = own.ocr - plate.vendor.ocr
    large = np.abs(vendor) > _SMALLEST_COMPARED
    return Comparison(
        source=plate.source,
        compared=vendor.size,
        median_relative=_median_relative(difference[wells], vendor, large),
        largest=float(np.nanmax(np.abs(difference[wells]))),
        median_ecar=float(np.nanmedian(np.abs(own.ecar - plate.vendor.ecar)[wells])),
        slope_median_relative=_median_relative(slope[wells] - vendor, vendor, large),
        difference=difference,
    )


def _median_relative(difference: Array, vendor: Array, where: npt.NDArray[np.bool_]) -> float:
    if not where.any():
        return float("nan")
    return float(np.nanmedian(np.abs(difference[where] / vendor[where])))


def _acidification(plate: WavePlate) -> Array:
    """Return ECAR in mpH/min, not corrected for the background."""
    ticks, skipped = plate.ticks, plate.acidification.edge_offset
    slopes = np.full(ticks.ph.shape[:2], np.nan)
    for m, count in enumerate(ticks.count):
        minutes = ticks.seconds[m, skipped:count] / _SECONDS_A_MINUTE
        # A missing reading leaves the line through the others.
        known = np.isfinite(ticks.ph[:, m, skipped:count])
        ph = np.where(known, ticks.ph[:, m, skipped:count], 0.0)
        weight = known.sum(axis=1)
        mean_x = (known * minutes).sum(axis=1) / np.maximum(weight, 1)
        centred = np.where(known, minutes - mean_x[:, None], 0.0)
        spread = (centred**2).sum(axis=1)
        np.divide((centred * ph).sum(axis=1), spread, out=slopes[:, m], where=spread > 0)
    return -1000.0 * slopes
