r"""Donor mtDNA fraction from digital PCR.

With ``k`` positive of ``n`` partitions the mean number of copies in a partition is
``lambda = -ln(1 - k/n)`` (Poisson). The interval of ``lambda`` is the transformed Clopper-Pearson interval of
``k/n``. The donor fraction is ``r / (1 + r)`` with ``r = lambda_donor / lambda_host``; the interval of ``r``
joins the two by the method of variance estimates recovery for ratios (MOVER-R, Donner and Zou, Stat Methods
Med 2012;21:347), which takes a count of 0 in its stride.

The interval holds the chance of partitioning alone. Pipetting, extraction and copies of mtDNA in the nucleus
are not in it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mitograft.assays.findings import Finding
from mitograft.assays.uptake.estimates import Estimate, Place, load_uptake_parameters
from mitograft.assays.uptake.read import DigitalWell
from mitograft.statistics.proportions import clopper_pearson
from mitograft.tables.parameters import Parameters

__all__ = ["Concentration", "concentration", "derive_digital", "donor_fraction"]


@dataclass(frozen=True, slots=True)
class Concentration:
    """Mean copies in a partition with interval; infinite where every partition is positive."""

    value: float
    low: float
    high: float


def concentration(positives: int, partitions: int, *, level: float = 0.95) -> Concentration:
    """Return the Poisson-corrected mean number of copies in a partition.

    >>> round(concentration(5000, 20000).value, 6)
    0.287682
    """
    low, high = (float(limit) for limit in clopper_pearson(positives, partitions, level=level))
    return Concentration(*(_copies(share) for share in (positives / partitions, low, high)))


def donor_fraction(donor: Concentration, host: Concentration) -> Concentration:
    """Return the donor's share of all copies with its interval.

    NaN where neither allele was seen, or one is saturated.
    """
    if math.isinf(donor.value) or math.isinf(host.value) or donor.value + host.value == 0:
        return Concentration(math.nan, math.nan, math.nan)
    low, high = _ratio_limits(donor, host)
    return Concentration(donor.value / (donor.value + host.value), _share(low), _share(high))


def derive_digital(
    wells: Sequence[DigitalWell], parameters: Parameters | None = None
) -> tuple[list[Estimate], list[Finding]]:
    """Derive donor fraction and copies of every sample; wells of a sample are pooled."""
    values = parameters or load_uptake_parameters()
    level = values["interval_level"].number
    findings = [finding for well in wells for finding in _well_findings(well, values)]
    estimates: list[Estimate] = []
    for plate, sample in dict.fromkeys(
        (well.place.plate, well.sample) for well in wells if well.role == "sample"
    ):
        own = [
            well
            for well in wells
            if well.role == "sample" and (well.place.plate, well.sample) == (plate, sample)
        ]
        blank = [well for well in wells if well.role == "no template" and well.place.plate == plate]
        estimates += _sample(own, sample, level)
        findings += _blank_findings(own, blank, sample, level)
    return estimates, findings


def _sample(wells: Sequence[DigitalWell], sample: str, level: float) -> list[Estimate]:
    names = dict.fromkeys(well.place.position for well in wells)
    first = wells[0].place
    position = first.position if len(names) == 1 else sample
    place = Place(first.source, first.plate, position, first.group)
    pooled = {target: _pooled(wells, target, level) for target in ("donor", "host")}
    fraction = donor_fraction(pooled["donor"], pooled["host"])
    volume_ul = wells[0].volume_nl / 1000.0
    excluded = "" if math.isfinite(fraction.value) else "no allele seen, or every partition positive"
    found = [
        Estimate(
            *(place, "donor_mtdna_fraction_dpcr", fraction.value, fraction.low, fraction.high, level, "1"),
            "digital PCR, Poisson, MOVER-R interval",
            excluded,
        )
    ]
    for target, own in pooled.items():
        per_ul = [part / volume_ul for part in (own.value, own.low, own.high)]
        saturated = math.isinf(own.value)
        found.append(
            Estimate(
                *(place, f"{target}_mtdna_copies", math.nan if saturated else per_ul[0], per_ul[1]),
                *(per_ul[2], level, "1/uL", "digital PCR, Poisson"),
                "every partition positive" if saturated else "",
            )
        )
    return found


def _pooled(wells: Sequence[DigitalWell], target: str, level: float) -> Concentration:
    own = [well for well in wells if well.target == target]
    return concentration(
        sum(well.positives for well in own), sum(well.partitions for well in own), level=level
    )


def _copies(share: float) -> float:
    return math.inf if share >= 1.0 else -math.log1p(-share)


def _share(ratio: float) -> float:
    return 1.0 if math.isinf(ratio) else ratio / (1.0 + ratio)


def _ratio_limits(top: Concentration, bottom: Concentration) -> tuple[float, float]:
    """Return the MOVER-R limits of ``top / bottom``, in a form without 0/0."""
    product = top.value * bottom.value
    # (2 top - low) is above 0 as low <= value; the other factor may be below 0 where bottom is hardly known.
    under = top.low * (2 * top.value - top.low) * bottom.high * (2 * bottom.value - bottom.high)
    over = top.high * (2 * top.value - top.high) * bottom.low * (2 * bottom.value - bottom.low)
    if math.isinf(top.high) or math.isinf(bottom.high):
        return 0.0, math.inf
    low_divisor = product + math.sqrt(max(product**2 - under, 0.0))
    low = top.low * (2 * top.value - top.low) / low_divisor if low_divisor > 0 else 0.0
    divisor = bottom.low * (2 * bottom.value - bottom.low)
    high = (product + math.sqrt(max(product**2 - over, 0.0))) / divisor if divisor > 0 else math.inf
    return max(low, 0.0), high


def _well_findings(well: DigitalWell, values: Parameters) -> list[Finding]:
    found = []
    place = f"plate {well.place.plate}, well {well.place.position}, {well.target}"
    fewest = int(values["fewest_partitions"].number)
    if well.partitions < fewest:
        words = f"{well.partitions} accepted partitions, fewer than {fewest}"
        remedy = "Check the well's droplets; repeat it where too few were made."
        found.append(Finding("few-partitions", "warning", well.place.source, place, words, remedy))
    if well.positives >= values["saturated_share"].number * well.partitions:
        words = f"{well.positives} of {well.partitions} partitions positive"
        remedy = "The concentration is hardly determined; dilute the sample."
        found.append(Finding("saturated", "warning", well.place.source, place, words, remedy))
    return found


def _blank_findings(
    wells: Sequence[DigitalWell], blanks: Sequence[DigitalWell], sample: str, level: float
) -> list[Finding]:
    """Point out donor copies that wells without template have as well."""
    own = [well for well in blanks if well.target == "donor"]
    if not own:
        return []
    blank = _pooled(own, "donor", level)
    donor = _pooled(wells, "donor", level)
    if blank.value == 0 or donor.low > blank.high:
        return []
    first = wells[0].place
    words = (
        f"donor copies {donor.value:.3g} ({donor.low:.3g} to {donor.high:.3g}) in a partition of sample "
        f"{sample} are not above those without template, {blank.value:.3g} "
        f"({blank.low:.3g} to {blank.high:.3g})"
    )
    remedy = "Do not read the fraction as donor mtDNA."
    return [Finding("not-above-blank", "warning", first.source, f"plate {first.plate}", words, remedy)]
