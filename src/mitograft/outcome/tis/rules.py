"""The rules of the Total Improvement Score, read from the data tables of this room.

``tis_rules()`` gives the rules of a population (adult or juvenile) and a core set (IMACS or PRINTO). Every
number in them is a row of ``outcome/data/tis_*.csv`` with its citation and confirmation status; unconfirmed
numbers can be overridden by id and stay flagged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import Literal

from mitograft.errors import UsageError
from mitograft.tables.parameters import Parameter, Parameters, load_parameters, load_rows

__all__ = ["CATEGORIES", "ENZYMES", "Measure", "Population", "TisRules", "Variant", "tis_rules"]

Population = Literal["adult", "juvenile"]
Variant = Literal["imacs", "printo"]

CATEGORIES = ("none", "minimal", "moderate", "major")
ENZYMES = ("ck", "aldolase", "ast", "alt", "ldh")
_SLOTS = ("physician", "patient", "strength", "function", "enzyme", "extramuscular")
_PACKAGE = "mitograft.outcome"


@dataclass(frozen=True, slots=True)
class Measure:
    """One core set measure and its points.

    Parameters
    ----------
    name, label, unit
        Column name, the words a reader sees, the unit of its values.
    size
        Range of the measure in its unit, the denominator of the absolute percent change; None where it comes
        with the data (MMT: the maximum of the test; enzyme: a multiple of the upper limit of normal).
    up
        True where a higher value is better.
    edges
        The four band edges in percent; a change scores the next band only when it *exceeds* the edge.
    points
        Points of the five bands.
    step
        Smallest step of the scale as used in practice; None where continuous.
    """

    name: str
    label: str
    unit: str
    size: Fraction | None
    up: bool
    edges: tuple[Fraction, ...]
    points: tuple[Fraction, ...]
    step: Fraction | None

    @property
    def most(self) -> Fraction:
        """The highest points the measure can give."""
        return self.points[-1]


@dataclass(frozen=True)
class TisRules:
    """Everything that defines one Total Improvement Score.

    ``thresholds`` are the inclusive totals of minimal, moderate and major improvement; ``quantum`` is the
    largest number of which all points are multiples (2.5), so that totals are exact small integers inside.
    """

    population: Population
    variant: Variant
    measures: tuple[Measure, ...]
    thresholds: tuple[Fraction, ...]
    quantum: Fraction
    parameters: Parameters

    def multiple(self, enzyme: str) -> Fraction:
        """Range of an enzyme as a multiple of its upper limit of normal."""
        return self.parameters[f"{enzyme}_multiple"].fraction

    @property
    def enzyme_order(self) -> tuple[str, ...]:
        """Enzymes in the order that settles ties of the most abnormal one."""
        return tuple(self.parameters["enzyme_order"].value.split())

    def flagged(self) -> tuple[Parameter, ...]:
        """Unconfirmed or overridden values a score of this kind depends on."""
        used = [f"{self.population}_{name}" for name in CATEGORIES[1:]] + ["percent_change", "missing_rule"]
        if self.variant == "imacs":
            used += [f"{enzyme}_multiple" for enzyme in ENZYMES]
            used += ["enzyme_order", "enzyme_choice", "enzyme_follow"]
        else:
            used += ["chq_phs_range"]
        return self.parameters.flagged(used)


def tis_rules(
    population: Population = "adult",
    variant: Variant = "imacs",
    overrides: Mapping[str, str] | None = None,
) -> TisRules:
    """Give the rules of a population and core set.

    Parameters
    ----------
    population
        ``adult`` (thresholds 20, 40, 60) or ``juvenile`` (30, 45, 70).
    variant
        ``imacs`` (MMT, muscle enzyme, extramuscular VAS) or ``printo`` (CMAS, CHQ-PhS, DAS).
    overrides
        New values of parameters by id, for example ``{"ck_multiple": "10"}``; they become flagged.

    Raises
    ------
    UsageError
        For an unknown population, variant or parameter, or a threshold order that makes no sense.

    >>> [float(threshold) for threshold in tis_rules("juvenile").thresholds]
    [30.0, 45.0, 70.0]
    """
    if population not in ("adult", "juvenile") or variant not in ("imacs", "printo"):
        raise UsageError(
            f"Found population {population!r} and variant {variant!r}; "
            "expected adult or juvenile, and imacs or printo."
        )
    return _rules(population, variant, tuple(sorted((overrides or {}).items())))


@lru_cache(maxsize=64)
def _rules(population: Population, variant: Variant, overrides: tuple[tuple[str, str], ...]) -> TisRules:
    parameters = load_parameters(_PACKAGE, "tis_rules.csv").override(dict(overrides))
    _check_overrides(parameters, dict(overrides))
    measures = tuple(_measures(variant, parameters))
    thresholds = tuple(parameters[f"{population}_{name}"].fraction for name in CATEGORIES[1:])
    if not (0 < thresholds[0] < thresholds[1] < thresholds[2]):
        raise UsageError(
            "The thresholds of minimal, moderate and major improvement must increase from above 0."
        )
    quantum = _quantum([point for measure in measures for point in measure.points])
    return TisRules(population, variant, measures, thresholds, quantum, parameters)


def _check_overrides(parameters: Parameters, overrides: Mapping[str, str]) -> None:
    wrong = [key for key in overrides if parameters[key].kind != "rule" and parameters[key].fraction <= 0]
    if wrong:
        raise UsageError(f"Parameter {', '.join(wrong)}: expected a number above 0.")
    order = parameters["enzyme_order"].value.split()
    if sorted(order) != sorted(ENZYMES):
        raise UsageError(f"Parameter enzyme_order: expected each of {' '.join(ENZYMES)} once.")
    fixed = {"enzyme_choice", "enzyme_follow", "percent_change", "missing_rule"} & set(overrides)
    if fixed:
        raise UsageError(
            f"Parameter {', '.join(sorted(fixed))} describes a rule and cannot be set to a value."
        )


def _measures(variant: str, parameters: Parameters) -> list[Measure]:
    points = load_rows(_PACKAGE, "tis_points.csv")
    rows = [row for row in load_rows(_PACKAGE, "tis_measures.csv") if variant in row["variants"].split()]
    rows.sort(key=lambda row: _SLOTS.index(row["slot"]))
    return [_measure(row, [p for p in points if p["measure"] == row["measure"]], parameters) for row in rows]


def _measure(row: Mapping[str, str], bands: list[dict[str, str]], parameters: Parameters) -> Measure:
    size = row["range"]
    if row["measure"] == "chq_phs":
        size = parameters["chq_phs_range"].value
    return Measure(
        name=row["measure"],
        label=row["label"],
        unit=row["unit"],
        size=Fraction(size) if size else None,
        up=row["better"] == "up",
        edges=tuple(Fraction(band["above_pct"]) for band in bands[1:]),
        points=tuple(Fraction(band["points"]) for band in bands),
        step=Fraction(row["step"]) if row["step"] else None,
    )


def _quantum(points: list[Fraction]) -> Fraction:
    scale = 1
    for point in points:
        scale = scale * point.denominator // gcd(scale, point.denominator)
    return Fraction(gcd(*(int(point * scale) for point in points)), scale)
