"""What is known of the lots as evidence: release, relative potency, shelf life."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mitograft.evidence import DataKind, Evidence
from mitograft.product.analyse import FILES, ProductResult
from mitograft.product.attributes import load_attributes
from mitograft.product.specification import LotVerdict
from mitograft.product.stability import NoStability, Stability

if TYPE_CHECKING:
    from mitograft.product.regression_line import Side

__all__ = ["product_evidence"]

_LEVEL = 0.95  # of the rows that are decisions and have no interval; a row must name one
_MEAN = 0.5  # the bound with this tail is the line itself
_LOTS, _SPECIFICATION, _STABILITY, _POTENCY = FILES[:4]


def product_evidence(product: ProductResult, data_kind: DataKind) -> tuple[Evidence, ...]:
    """Return the rows of a product: every verdict, every relative potency, every shelf life.

    A release verdict is a decision: 1 passes, 0 fails, not-a-number is not tested, and it has no interval. A
    potency that was refused gives no row. A shelf life is the lower end of its row: the estimate is the time
    at which the mean meets the limit, the upper end is open, as the bound of ICH Q1E is one-sided.
    """
    return (
        *(_release(verdict, product, data_kind) for verdict in product.verdicts),
        *_potencies(product, data_kind),
        *_shelf_lives(product, data_kind),
    )


def _release(verdict: LotVerdict, product: ProductResult, data_kind: DataKind) -> Evidence:
    passed = {"pass": 1.0, "fail": 0.0}.get(verdict.verdict, math.nan)
    tested = [row for row in verdict.attributes if row.limit.mandatory and row.verdict != "not tested"]
    example = (
        " The limits are an example, not those of a real product." if product.example_specification else ""
    )
    return Evidence(
        quantity="lot passes release (1 yes, 0 no)",
        contrast=verdict.lot,
        estimate=passed,
        low=math.nan,
        high=math.nan,
        level=_LEVEL,
        unit="1",
        n=len(tested),
        method="mandatory attributes against their limits; n counts those tested",
        source=f"{_LOTS}; {_SPECIFICATION}",
        data_kind=data_kind,
        note=f"{verdict.reason} A decision, without an interval.{example}",
    )


def _potencies(product: ProductResult, data_kind: DataKind) -> Iterator[Evidence]:
    for potency in product.potencies:
        if not math.isnan(potency.estimate):
            yield Evidence(
                quantity=f"relative potency, {potency.assay}",
                contrast=f"{potency.lot} vs {potency.reference}",
                estimate=potency.estimate,
                low=potency.low,
                high=potency.high,
                level=potency.level,
                unit="1",
                n=potency.n,
                method=f"{potency.method}; n counts plates",
                source=_POTENCY,
                data_kind=data_kind,
                note=potency.refused,
            )


def _shelf_lives(product: ProductResult, data_kind: DataKind) -> Iterator[Evidence]:
    cards = load_attributes()
    for found in product.stability:
        if isinstance(found, NoStability):
            continue
        lots = {
            point.lot
            for point in product.stability_points
            if (point.attribute, point.storage) == (found.attribute, found.storage)
        }
        yield Evidence(
            quantity=f"shelf life by {cards[found.attribute].label}",
            contrast=found.storage,
            estimate=max(_meets_limit(found), found.shelf_life),
            low=found.shelf_life,
            high=math.inf,
            level=found.level,
            unit=found.time_unit,
            n=len(lots),
            method=f"ICH Q1E, {found.model}, {found.sided}-sided bound of the mean; n counts lots",
            source=_STABILITY,
            data_kind=data_kind,
            note=_note(found),
        )


def _meets_limit(found: Stability) -> float:
    """Return the time at which the mean of the deciding line meets a limit."""
    line = next(line for line in found.lines if line.lot == found.worst_lot)
    cut = math.log if found.scale == "log" else float
    sides: tuple[tuple[float, Side], ...] = ((found.low, "lower"), (found.high, "upper"))
    return min(line.crossing(cut(limit), side, _MEAN) for limit, side in sides if not math.isnan(limit))


def _note(found: Stability) -> str:
    said = "The shelf life is the lower end; the estimate is where the mean meets the limit."
    if found.extrapolated:
        said += f" Data cover {found.observed_until:g} {found.time_unit}: what lies beyond is extrapolated."
    return said
