"""Figures of the mitochondria lots: storage, and dose responses beside the reference lot."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mitograft.evidence import DataKind
from mitograft.product.analyse import ProductResult
from mitograft.product.attributes import load_attributes
from mitograft.product.potency import PlatePotency, Potency
from mitograft.product.read import PotencyPoint, StabilityPoint
from mitograft.product.stability import Stability
from mitograft.report.document import Figure
from mitograft.report.figures.dose_response import DoseCurve, draw_dose_response
from mitograft.report.figures.stability import StabilityLine, StabilityLot, draw_stability
from mitograft.report.numbers import format_interval

__all__ = ["potency_figures", "stability_figures"]

_MOST_LOTS = 8
_MOST_FIGURES = 4
_STEPS = 60
_BEYOND = 1.08  # how far beyond the shelf life the line is drawn


def stability_figures(product: ProductResult, data_kind: DataKind) -> Iterator[Figure]:
    """Draw every attribute and storage with a shelf life; lots beyond the eighth are left to the table."""
    studies = [found for found in product.stability if isinstance(found, Stability)]
    for number, found in enumerate(studies[:_MOST_FIGURES], start=1):
        points = [
            point
            for point in product.stability_points
            if (point.attribute, point.storage) == (found.attribute, found.storage)
        ]
        yield _stability(f"stability-{number}", found, points, data_kind)


def _stability(name: str, found: Stability, points: Sequence[StabilityPoint], data_kind: DataKind) -> Figure:
    lots = [_lot(lot, points) for lot in dict.fromkeys(point.lot for point in points)][:_MOST_LOTS]
    label = load_attributes()[found.attribute].label
    life, unit = found.shelf_life, found.time_unit
    words = "the bound meets no limit" if math.isinf(life) else f"shelf life {_time(life, unit)}"
    until = _time(found.observed_until, unit)
    beyond = f"; data of all lots reach to {until}" if found.extrapolated else ""
    sides = " and ".join(
        text for text, value in (("lower", found.low), ("upper", found.high)) if not math.isnan(value)
    )
    return Figure(
        name,
        f"{label} in storage, {found.storage}",
        f"Marks are results, one kind a lot. The line is the regression ({found.model}), dashed its {sides} "
        f"{100 * found.level:.0f} % bound ({found.sided}-sided); the shelf life is where the bound meets the "
        f"limit: {words}{beyond}.",
        f"{len(points)} results of {len(lots)} lots over "
        f"{_time(max(p.time for p in points), unit)}; "
        f"{words}{beyond}.",
        draw_stability(
            lots,
            _line(found, points),
            label=f"{label} ({found.unit})" if found.unit != "1" else label,
            time_label=f"time in storage ({_plural(unit)})",
            limits=[limit for limit in (found.low, found.high) if not math.isnan(limit)],
            shelf_life=life,
            data_kind=data_kind,
        ),
    )


def _time(value: float, unit: str) -> str:
    return f"{value:.3g} {unit if value == 1 else _plural(unit)}"


def _plural(unit: str) -> str:
    return unit if unit == "h" else f"{unit}s"


def _lot(name: str, points: Sequence[StabilityPoint]) -> StabilityLot:
    own = [point for point in points if point.lot == name]
    return StabilityLot(name, tuple(p.time for p in own), tuple(p.value for p in own))


def _line(found: Stability, points: Sequence[StabilityPoint]) -> StabilityLine:
    line = next(line for line in found.lines if line.lot == found.worst_lot)
    last = max(point.time for point in points)
    end = max(last, found.shelf_life * _BEYOND) if math.isfinite(found.shelf_life) else last
    times = np.linspace(0.0, end, _STEPS).tolist()
    return StabilityLine(
        tuple(times),
        tuple(found.mean(line, times).tolist()),
        () if math.isnan(found.low) else tuple(found.bound(line, times, "lower").tolist()),
        () if math.isnan(found.high) else tuple(found.bound(line, times, "upper").tolist()),
    )


def potency_figures(product: ProductResult, data_kind: DataKind) -> Iterator[Figure]:
    """Draw each test lot beside the reference on its first plate, at most four lots."""
    drawn = [p for p in product.potencies if any(plate.curves for plate in p.plates)]
    for number, potency in enumerate(drawn[:_MOST_FIGURES], start=1):
        plate = next(plate for plate in potency.plates if plate.curves)
        yield _potency(f"potency-{number}", potency, plate, (product.potency_points, data_kind))


def _potency(
    name: str, potency: Potency, plate: PlatePotency, given: tuple[Sequence[PotencyPoint], DataKind]
) -> Figure:
    points, data_kind = given
    own = [p for p in points if (p.assay, p.plate) == (plate.assay, plate.plate)]
    found = "refused" if math.isnan(potency.estimate) else _interval(potency)
    here = "not parallel to the reference" if plate.refused else f"relative potency {_interval(plate)}"
    curves = [
        _curve(own, plate, plate.reference, "reference"),
        _curve(own, plate, plate.lot, here),
    ]
    kind = "free, as they are not parallel" if plate.refused else "parallel: one shape, shifted"
    return Figure(
        name,
        f"Potency of {potency.lot} beside {potency.reference}, {potency.assay}",
        f"Plate {plate.plate} of {len(potency.plates)}; the curves are {kind} (test of parallelism p = "
        f"{plate.p:.2g}). Relative potency over all plates: {found}.",
        f"Dose responses of {potency.reference} and {potency.lot}; relative potency {found}.",
        draw_dose_response(
            curves, dose_label=f"dose ({own[0].unit})", response_label="response", data_kind=data_kind
        ),
    )


def _interval(found: Potency | PlatePotency) -> str:
    return format_interval(found.estimate, found.low, found.high, 2)


def _curve(points: Sequence[PotencyPoint], plate: PlatePotency, lot: str, words: str) -> DoseCurve:
    own = [point for point in points if point.lot == lot]
    curve = dict(plate.curves)[lot]
    above = [point.dose for point in own if point.dose > 0]
    grid = np.geomspace(min(above), max(above), _STEPS).tolist()
    fitted = curve.response(grid).tolist()
    return DoseCurve(
        lot,
        tuple(point.dose for point in own),
        tuple(point.response for point in own),
        tuple(zip(grid, fitted, fitted, fitted, strict=True)),
        None,
        words,
    )
