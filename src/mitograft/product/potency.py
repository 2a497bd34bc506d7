"""Relative potency of lots against a reference lot: parallel four-parameter curves, plate by plate.

Each test lot is compared with the reference of its own plate. Where the curves are not parallel the lot does
not act as a dilution of the reference, one number cannot say how potent it is, and none is given. Plates of
one assay are combined by the geometric mean, with the t interval over plates where there are at least two.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from mitograft.product.attributes import load_product_parameters
from mitograft.product.read import PotencyPoint

if TYPE_CHECKING:
    from mitograft.statistics.curve_model import Curve

__all__ = ["PlatePotency", "Potency", "relative_potencies"]

Scale = Literal["linear", "log10"]


@dataclass(frozen=True, slots=True)
class PlatePotency:
    """The relative potency of a lot on one plate; NaN with a ``refused`` reason where there is none.

    ``f``, ``df1``, ``df2`` and ``p`` are those of the test of parallelism (NaN and 0 where no curve fits).
    ``curves`` are the parallel curves of reference and lot, or the free ones where they are not parallel.
    """

    assay: str
    plate: str
    lot: str
    reference: str
    estimate: float
    low: float
    high: float
    level: float
    f: float
    df1: int
    df2: int
    p: float
    refused: str = ""
    curves: tuple[tuple[str, "Curve"], ...] = ()


@dataclass(frozen=True, slots=True)
class Potency:
    """The relative potency of a lot in one assay (1 is the reference), over its plates.

    ``n`` counts the plates with a potency; ``refused`` says why there is none, or which plates are missing.
    """

    assay: str
    lot: str
    reference: str
    estimate: float
    low: float
    high: float
    level: float
    n: int
    method: str
    plates: tuple[PlatePotency, ...]
    refused: str = ""


def relative_potencies(
    points: Sequence[PotencyPoint],
    *,
    scale: Scale = "linear",
    level: float = 0.95,
    alpha: float | None = None,
) -> tuple[Potency, ...]:
    """Return the relative potency of every test lot in every assay, in the order of the table.

    Parameters
    ----------
    points
        Dose-response points; each plate has one reference lot.
    scale
        Scale of the response in the fit.
    level
        Level of the intervals.
    alpha
        Below this p of the test of parallelism no potency is given; None takes the shipped value.
    """
    if alpha is None:
        alpha = load_product_parameters()["parallelism_level"].number
    plates: dict[tuple[str, str], list[PotencyPoint]] = {}
    for point in points:
        plates.setdefault((point.assay, point.plate), []).append(point)
    found: dict[tuple[str, str, str], list[PlatePotency]] = {}
    for own in plates.values():
        reference = next(point.lot for point in own if point.reference)
        for lot in dict.fromkeys(point.lot for point in own if not point.reference):
            one = _plate_potency(own, lot, reference, (scale, level, alpha))
            found.setdefault((one.assay, lot, reference), []).append(one)
    return tuple(_combine(key, rows, level) for key, rows in found.items())


def _plate_potency(
    points: Sequence[PotencyPoint], lot: str, reference: str, choice: tuple[Scale, float, float]
) -> PlatePotency:
    from mitograft.statistics.curves import NoCurve
    from mitograft.statistics.parallel_curves import fit_parallel_curves

    scale, level, alpha = choice
    own = {name: [point for point in points if point.lot == name] for name in (reference, lot)}
    fit = fit_parallel_curves(
        {name: [point.dose for point in rows] for name, rows in own.items()},
        {name: [point.response for point in rows] for name, rows in own.items()},
        reference,
        scale=scale,
        level=level,
        alpha=alpha,
    )
    none = PlatePotency(
        assay=points[0].assay,
        plate=points[0].plate,
        lot=lot,
        reference=reference,
        estimate=math.nan,
        low=math.nan,
        high=math.nan,
        level=level,
        f=math.nan,
        df1=0,
        df2=0,
        p=math.nan,
    )
    if isinstance(fit, NoCurve):
        return replace(none, refused=fit.reason)
    free = {name: own_fit.curve for name, own_fit in fit.free.items()}
    curves = tuple((fit.curves if fit.parallel else free).items())
    tested = replace(none, f=fit.f, df1=fit.df[0], df2=fit.df[1], p=fit.p, curves=curves)
    if not fit.parallel:
        reason = (
            f"Not parallel to the reference (F({tested.df1}, {tested.df2}) = {fit.f:.3g}, p = {fit.p:.2g}, "
            f"below {alpha:g}): the lot does not act as a dilution of it and has no single potency."
        )
        return replace(tested, refused=reason)
    found = fit.relative_potency[lot]
    return replace(tested, estimate=found.estimate, low=found.low, high=found.high)


def _combine(key: tuple[str, str, str], plates: Sequence[PlatePotency], level: float) -> Potency:
    from scipy.stats import t as t_distribution

    usable = [plate for plate in plates if not plate.refused]
    missing = [f"Plate {plate.plate}: {plate.refused}" for plate in plates if plate.refused]
    assay, lot, reference = key
    estimate = low = high = math.nan
    method = "parallel 4PL"
    if len(usable) == 1:
        estimate, low, high = usable[0].estimate, usable[0].low, usable[0].high
        method = "parallel 4PL, profile likelihood interval of one plate"
    elif usable:
        logs = np.log([plate.estimate for plate in usable])
        half = float(t_distribution.isf((1 - level) / 2, len(logs) - 1) * logs.std(ddof=1)) / math.sqrt(
            len(logs)
        )
        middle = float(logs.mean())
        estimate, low, high = math.exp(middle), math.exp(middle - half), math.exp(middle + half)
        method = "parallel 4PL, geometric mean of plates with t interval"
    return Potency(
        assay=assay,
        lot=lot,
        reference=reference,
        estimate=estimate,
        low=low,
        high=high,
        level=level,
        n=len(usable),
        method=method,
        plates=tuple(plates),
        refused=" ".join(missing),
    )
