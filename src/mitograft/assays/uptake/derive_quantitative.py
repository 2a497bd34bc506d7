"""Donor mtDNA fraction from allele-specific qPCR: delta-Ct with efficiencies, standard mixtures, blanks.

With mixtures of known fraction on the plate the calibration line is used (``calibration.py``); its residual
carries the error of one sample, so mixtures and samples want the same number of replicate wells. Without
mixtures each allele is quantified by its dilution series (whose quantities must then be in one unit for both
alleles), or, without these, both are taken to reach the threshold at equal copies; the interval is that of
replicate wells (Welch), which holds no error of the series.

A sample whose score does not exceed the limit of blank of mixtures without donor mtDNA is pointed out:
allele-specific primers amplify the other allele a little.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mitograft.assays.findings import Finding, Severity
from mitograft.assays.uptake.calibration import (
    Calibration,
    Efficiency,
    efficiency_of,
    expit,
    fit_calibration,
)
from mitograft.assays.uptake.estimates import Estimate, Place, load_uptake_parameters
from mitograft.assays.uptake.read import QuantitativeWell
from mitograft.tables.parameters import Parameters

__all__ = ["derive_quantitative"]

_TARGETS = ("donor", "host")


@dataclass(frozen=True, slots=True)
class _Score:
    """``ln(donor/host)`` but for a constant, with its standard error and degrees of freedom."""

    value: float
    error: float
    df: float
    wells: tuple[int, int]


def derive_quantitative(
    wells: Sequence[QuantitativeWell], parameters: Parameters | None = None
) -> tuple[list[Estimate], list[Finding]]:
    """Derive the donor mtDNA fraction of every sample, plate by plate."""
    values = parameters or load_uptake_parameters()
    estimates: list[Estimate] = []
    findings: list[Finding] = []
    for plate in dict.fromkeys(well.place.plate for well in wells):
        own = [well for well in wells if well.place.plate == plate]
        one = _Plate(own, values)
        findings += one.findings()
        for sample in dict.fromkeys(well.sample for well in own if well.role == "sample"):
            estimate, more = one.sample(sample)
            estimates.append(estimate)
            findings += more
    return estimates, findings


class _Plate:
    """The wells of one plate with its efficiencies, calibration line and blanks."""

    def __init__(self, wells: Sequence[QuantitativeWell], values: Parameters) -> None:
        self.wells, self.values = wells, values
        self.first = wells[0].place
        self.level = values["interval_level"].number
        self.series = {target: _series(wells, target, self.level) for target in _TARGETS}
        equal = values["equal_efficiency"].number
        self.efficiency = {target: own.value if own else equal for target, own in self.series.items()}
        donor, host = self.series["donor"], self.series["host"]
        # With both series the score is ln(quantity of donor / quantity of host), without, but for a constant.
        self.start = {"donor": donor.cycle_of_one, "host": host.cycle_of_one} if donor and host else {}
        mixtures = self._mixtures()
        usable = {name: f for name, f in mixtures.items() if 0 < f < 1}
        scores = {name: _score(self._of(name, "mixture"), self.efficiency, self.start) for name in mixtures}
        kept = [(f, score.value) for name, f in usable.items() if (score := scores[name]) is not None]
        self.mixture_wells = {score.wells for name in usable if (score := scores[name]) is not None}
        self.line: Calibration | None = fit_calibration([f for f, _ in kept], [s for _, s in kept])
        self.mixtures = len(usable)
        blanks = [score.value for name, f in mixtures.items() if f == 0 and (score := scores[name])]
        deviations = values["blank_deviations"].number
        self.blank = (
            float(np.mean(blanks) + deviations * np.std(blanks, ddof=1)) if len(blanks) > 1 else math.nan
        )

    def sample(self, name: str) -> tuple[Estimate, list[Finding]]:
        """Return the donor fraction of one sample and what is to be said about it."""
        wells = self._of(name, "sample")
        positions = dict.fromkeys(well.place.position for well in wells)
        place = Place(
            self.first.source,
            self.first.plate,
            wells[0].place.position if len(positions) == 1 else name,
            wells[0].place.group,
        )
        score = _score(wells, self.efficiency, self.start)
        if score is None:
            absent = next(t for t in _TARGETS if not _cycles(wells, t))
            reason = f"{absent} allele not amplified"
            method = "allele-specific qPCR"
            nothing = (math.nan, math.nan, math.nan)
            estimate = Estimate(place, "donor_mtdna_fraction_qpcr", *nothing, self.level, "1", method, reason)
            return estimate, [self._finding("not-amplified", name, reason, "Read it as below detection.")]
        fraction, low, high, method = self._fraction(score)
        estimate = Estimate(place, "donor_mtdna_fraction_qpcr", fraction, low, high, self.level, "1", method)
        return estimate, self._remarks(name, score, fraction, low)

    def findings(self) -> list[Finding]:
        """Return what is to be said about the plate."""
        found = []
        acceptable = (self.values["efficiency_low"].number, self.values["efficiency_high"].number)
        for target, own in self.series.items():
            if own is None:
                words = (
                    f"no dilution series of the {target} allele; an efficiency of {self.efficiency[target]:g}"
                )
                remedy = "Measure a dilution series of at least three quantities."
                found.append(self._finding("no-efficiency", "", f"{words} is assumed", remedy, "note"))
            elif not acceptable[0] <= own.value <= acceptable[1]:
                words = f"the {target} allele amplifies with efficiency {own.value:.3g}"
                remedy = f"Expected {acceptable[0]:g} to {acceptable[1]:g}; check primers and inhibition."
                found.append(self._finding("efficiency", "", words, remedy))
        if self.line is None:
            words = f"{self.mixtures} mixtures of known fraction give no calibration line"
            how = (
                "by their dilution series"
                if self.start
                else "as if they reached the threshold at equal copies"
            )
            remedy = f"The alleles are compared {how}; measure at least three mixtures."
            found.append(self._finding("no-calibration", "", words, remedy))
        for well in self.wells:
            if well.role == "no template" and not math.isnan(well.ct):
                words = f"{well.target} allele amplified without template at cycle {well.ct:.4g}"
                remedy = "Look for contamination before using late cycles."
                found.append(self._finding("no-template", well.place.position, words, remedy))
        return found

    def _fraction(self, score: _Score) -> tuple[float, float, float, str]:
        if self.line is not None:
            method = f"allele-specific qPCR, calibration line of {self.line.n} mixtures, Fieller interval"
            return *self.line.fraction(score.value, level=self.level), method
        from scipy.stats import t as t_distribution

        how = "dilution series of both alleles" if self.start else "equal thresholds assumed"
        method = f"allele-specific qPCR, {how}, Welch interval of replicate wells"
        if math.isnan(score.error):
            return expit(score.value), math.nan, math.nan, method
        half = float(t_distribution.isf((1 - self.level) / 2, score.df)) * score.error
        return expit(score.value), expit(score.value - half), expit(score.value + half), method

    def _remarks(self, name: str, score: _Score, fraction: float, low: float) -> list[Finding]:
        found = []
        if score.value <= self.blank:
            words = f"donor signal of sample {name} is not above mixtures without donor mtDNA"
            found.append(self._finding("below-blank", name, words, "Read it as below detection."))
        if self.line is None:
            return found
        if not self.line.lowest <= fraction <= self.line.highest:
            span = f"{self.line.lowest:g} to {self.line.highest:g}"
            words = f"donor fraction {fraction:.3g} of sample {name} lies outside the mixtures, {span}"
            found.append(self._finding("extrapolated", name, words, "Add mixtures near it."))
        if math.isnan(low):
            words = "the calibration line is too uncertain for an interval"
            found.append(self._finding("open-interval", name, words, "Add mixtures or replicates."))
        if score.wells not in self.mixture_wells:
            words = f"sample {name} has other numbers of replicate wells than the mixtures"
            remedy = "Its interval is that of a sample replicated as the mixtures are."
            found.append(self._finding("replicates", name, words, remedy, "note"))
        return found

    def _of(self, name: str, role: str) -> list[QuantitativeWell]:
        return [well for well in self.wells if well.sample == name and well.role == role]

    def _mixtures(self) -> dict[str, float]:
        return {well.sample: well.known for well in self.wells if well.role == "mixture"}

    def _finding(
        self, rule: str, place: str, found: str, remedy: str, severity: Severity = "warning"
    ) -> Finding:
        where = f"plate {self.first.plate}" + (f", {place}" if place else "")
        return Finding(rule, severity, self.first.source, where, found, remedy)


def _series(wells: Sequence[QuantitativeWell], target: str, level: float) -> Efficiency | None:
    own = [w for w in wells if w.role == "dilution" and w.target == target and not math.isnan(w.ct)]
    return efficiency_of([w.known for w in own], [w.ct for w in own], level=level) if own else None


def _cycles(wells: Sequence[QuantitativeWell], target: str) -> list[float]:
    return [well.ct for well in wells if well.target == target and not math.isnan(well.ct)]


def _score(
    wells: Sequence[QuantitativeWell], efficiency: Mapping[str, float], start: Mapping[str, float]
) -> _Score | None:
    """Return the score of a sample; None where an allele was never amplified."""
    value, parts, counts = 0.0, [], []
    for target, sign in zip(_TARGETS, (-1.0, 1.0), strict=True):
        cycles, per_cycle = _cycles(wells, target), math.log1p(efficiency[target])
        if not cycles:
            return None
        value += sign * per_cycle * (float(np.mean(cycles)) - start.get(target, 0.0))
        spread = float(np.var(cycles, ddof=1)) if len(cycles) > 1 else math.nan
        parts.append((per_cycle**2 * spread / len(cycles), len(cycles) - 1))
        counts.append(len(cycles))
    variance = sum(part for part, _ in parts)
    if math.isnan(variance) or variance == 0:
        return _Score(value, math.nan, math.nan, (counts[0], counts[1]))
    df = variance**2 / sum(part**2 / own for part, own in parts)
    return _Score(value, math.sqrt(variance), df, (counts[0], counts[1]))
