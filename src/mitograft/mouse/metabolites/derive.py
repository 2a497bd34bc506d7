"""Levels to samples, ratios, adenylate energy charge and pathway scores.

    energy charge = (ATP + ADP/2) / (ATP + ADP + AMP)

from 0 (all AMP) to 1 (all ATP), in amounts of substance. Source: Atkinson DE, Biochemistry 1968;7:4030-4034.

A pathway score is the mean, over its metabolites, of the logarithm of the level in units of the healthy
group: ``(ln x - mean) / standard deviation``. It does not depend on units.
"""

import functools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from mitograft.errors import UsageError
from mitograft.mouse.metabolites.contract import RELATIVE_UNITS, Level, Ratio
from mitograft.units import conversion_factor

__all__ = [
    "Derived",
    "PathwayScore",
    "Sample",
    "are_amounts",
    "derive_energy",
    "derive_pathway",
    "derive_pool",
    "derive_ratio",
    "energy_charge",
    "latest_samples",
]

ADENYLATES = ("atp", "adp", "amp")
_AMOUNTS = ("mol/g", "mol/L", "mol")
_LEAST_METABOLITES = 2


@dataclass(frozen=True)
class Sample:
    """What was measured in one tissue of one mouse on one day, by metabolite."""

    animal: str
    tissue: str
    day: int
    levels: Mapping[str, Level]


@dataclass(frozen=True, slots=True)
class Derived:
    """A number of a sample, an upper limit of it (``below`` above 0), or why there is none (``reason``)."""

    value: float = math.nan
    below: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class PathwayScore:
    """Scores of the mice on one pathway; ``used`` metabolites, those ``left_out``, or why there are none."""

    tissue: str
    pathway: str
    scores: Mapping[str, float]
    used: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    reason: str = ""


def energy_charge(atp: float, adp: float, amp: float) -> float:
    """Return the adenylate energy charge of three amounts in one unit.

    Raises
    ------
    UsageError
        If an amount is negative or all are 0.

    >>> energy_charge(1, 0, 0), energy_charge(0, 1, 0), energy_charge(5.0, 1.0, 0.2)
    (1.0, 0.5, 0.8870967741935484)
    """
    total = atp + adp + amp
    if min(atp, adp, amp) < 0.0 or not 0.0 < total < math.inf:
        raise UsageError(
            f"Energy charge: found ATP {atp:g}, ADP {adp:g}, AMP {amp:g}; expected amounts of at least 0 and "
            "one above 0."
        )
    return (atp + adp / 2.0) / total


def latest_samples(levels: Sequence[Level]) -> tuple[Sample, ...]:
    """Return the last sample of each tissue of each mouse, in the order of the file."""
    days: dict[tuple[str, str], dict[int, dict[str, Level]]] = {}
    for level in levels:
        of_day = days.setdefault((level.animal, level.tissue), {}).setdefault(level.day, {})
        of_day[level.metabolite] = level
    return tuple(
        Sample(animal, tissue, max(found), found[max(found)]) for (animal, tissue), found in days.items()
    )


@functools.cache
def are_amounts(unit: str) -> bool:
    """Tell whether a unit counts molecules (mol, mol/g, mol/L); peak areas and masses do not."""
    return unit not in RELATIVE_UNITS and any(_factor(unit, amount) is not None for amount in _AMOUNTS)


@functools.cache
def _factor(unit: str, target: str) -> float | None:
    if unit == target:
        return 1.0
    if {unit, target} & set(RELATIVE_UNITS):
        return None
    try:
        return float(conversion_factor(unit, target))
    except UsageError:
        return None


def _in_one_unit(sample: Sample, names: Sequence[str]) -> tuple[list[Level], list[float], str]:
    """Return levels, the factors that bring them to the unit of the first, and why that is impossible."""
    levels = [sample.levels[name] for name in names if name in sample.levels]
    if len(levels) < len(names):
        return [], [], "not measured"
    factors = [_factor(level.unit, levels[0].unit) for level in levels]
    known = [factor for factor in factors if factor is not None]
    return levels, known, "" if len(known) == len(levels) else "units that do not convert into each other"


def derive_ratio(sample: Sample, ratio: Ratio) -> Derived:
    """Return a ratio; a limit where the numerator lies below one and the denominator is known.

    Of a sum, all parts must be known. A denominator below its limit gives no ratio.
    """
    levels, factors, reason = _in_one_unit(sample, (*ratio.numerator, *ratio.denominator))
    if reason:
        return Derived(reason=reason)
    over = levels[: len(ratio.numerator)]
    under = levels[len(ratio.numerator) :]
    if any(level.below for level in under):
        return Derived(reason="denominator below its limit")
    if any(level.below for level in over) and len(over) > 1:
        return Derived(reason="part of the numerator below its limit")
    scaled = [f * (x.limit if x.below else x.value) for x, f in zip(levels, factors, strict=True)]
    found = math.fsum(scaled[: len(over)]) / math.fsum(scaled[len(over) :])
    return Derived(below=found) if over[0].below else Derived(value=found)


def _adenylates(sample: Sample) -> tuple[list[float], str]:
    levels, factors, reason = _in_one_unit(sample, ADENYLATES)
    if not reason and not are_amounts(levels[0].unit):
        reason = "no amounts of substance"
    if not reason and any(level.below for level in levels):
        reason = "an adenylate below its limit"
    return [] if reason else [f * x.value for x, f in zip(levels, factors, strict=True)], reason


def derive_energy(sample: Sample) -> Derived:
    """Return the energy charge of a sample; none from peak areas or with an adenylate below its limit."""
    amounts, reason = _adenylates(sample)
    return Derived(reason=reason) if reason else Derived(value=energy_charge(*amounts))


def derive_pool(sample: Sample) -> Derived:
    """Return ATP + ADP + AMP of a sample, in the unit of ATP."""
    amounts, reason = _adenylates(sample)
    return Derived(reason=reason) if reason else Derived(value=math.fsum(amounts))


def derive_pathway(
    samples: Sequence[Sample], pathway: str, names: Sequence[str], healthy: Collection[str], least: int
) -> PathwayScore:
    """Score the samples of one tissue on a pathway.

    Parameters
    ----------
    samples
        Of one tissue, one a mouse.
    pathway, names
        Its name and its metabolites.
    healthy
        The healthy mice.
    least
        Fewest healthy mice.

    Only metabolites known in every mouse that has any of the pathway count, so that all scores mean the
    same; the others are named in ``left_out``.
    """
    held = [sample for sample in samples if any(name in sample.levels for name in names)]
    tissue = samples[0].tissue if samples else ""
    measured = [name for name in names if any(name in sample.levels for sample in held)]
    whole = [name for name in measured if all(_known(sample, name) for sample in held)]
    reference = [sample for sample in held if sample.animal in healthy]
    if len(reference) < max(least, _LEAST_METABOLITES):
        reason = f"{len(reference)} healthy mice; {least} are needed"
        return PathwayScore(tissue, pathway, {}, (), tuple(measured), reason)
    scales = dict(_scales(reference, whole))
    left_out = tuple(name for name in measured if name not in scales)
    if len(scales) < _LEAST_METABOLITES:
        reason = f"{len(scales)} metabolites known in every mouse; {_LEAST_METABOLITES} are needed"
        return PathwayScore(tissue, pathway, {}, (), left_out, reason)
    scores = {
        sample.animal: fmean((math.log(sample.levels[n].value) - m) / s for n, (m, s) in scales.items())
        for sample in held
    }
    return PathwayScore(tissue, pathway, scores, tuple(scales), left_out)


def _known(sample: Sample, name: str) -> bool:
    return name in sample.levels and not sample.levels[name].below


def _scales(reference: Sequence[Sample], names: Sequence[str]) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield mean and standard deviation of the logarithm in healthy mice, where they differ at all."""
    for name in names:
        logs = [math.log(sample.levels[name].value) for sample in reference]
        if stdev(logs) > 0.0:
            yield name, (fmean(logs), stdev(logs))
