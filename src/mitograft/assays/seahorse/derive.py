"""Mito Stress Test parameters of every well, by a named rule.

``agilent`` (default), from OCR ``x`` of a well; stages by their role::

    non-mitochondrial   min x after rotenone/antimycin
    basal               last x before the first injection - non-mitochondrial
    maximal             max x after FCCP - non-mitochondrial
    proton leak         min x after oligomycin - non-mitochondrial
    ATP-linked          last x before oligomycin - min x after oligomycin
    spare               maximal - basal; in percent 100 maximal / basal
    coupling            100 ATP-linked / basal

``stage_mean`` takes the mean of a stage wherever ``agilent`` takes its last, largest or smallest value.

ATP production rate (pmol ATP/min): mitochondrial 2 x P/O x ATP-linked OCR; glycolytic PER - CO2 factor x
mitochondrial OCR, both before the first injection. The energy map is (OCR, ECAR) before the first injection
and at the largest OCR after FCCP.

A parameter whose stages are missing is NaN, with the reason.

Source of the rules: kit definitions of the Agilent Seahorse XF Cell Mito Stress Test, as told by
secondary sources; the equation table of the user guide was not read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from mitograft.assays.seahorse.wave import Rates, WavePlate
from mitograft.errors import UsageError
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = ["RULES", "UNITS", "PlateParameters", "Rule", "derive_parameters", "stress_test_parameters"]

Array = npt.NDArray[np.float64]
Rule = Literal["agilent", "stage_mean"]
RULES: Mapping[str, str] = {
    "agilent": "last before injection, minimum after oligomycin and rotenone/antimycin, maximum after FCCP",
    "stage_mean": "mean of every stage",
}
_RATE, _PERCENT, _ATP = "pmol/min", "%", "pmol ATP/min"
UNITS: Mapping[str, str] = {
    "non_mitochondrial_respiration": _RATE,
    "basal_respiration": _RATE,
    "atp_linked_respiration": _RATE,
    "proton_leak": _RATE,
    "maximal_respiration": _RATE,
    "spare_capacity": _RATE,
    "spare_capacity_percent": _PERCENT,
    "coupling_efficiency": _PERCENT,
    "basal_ocr": _RATE,
    "basal_ecar": "mpH/min",
    "basal_per": _RATE,
    "stressed_ocr": _RATE,
    "stressed_ecar": "mpH/min",
    "atp_rate_mitochondrial": _ATP,
    "atp_rate_glycolytic": _ATP,
    "atp_rate_total": _ATP,
}
_OXYGEN_ATOMS = 2
_SMALL_PLATE = 24


@dataclass(frozen=True, slots=True, eq=False)
class PlateParameters:
    """Parameters of every well of one plate.

    Parameters
    ----------
    source, wells
        The plate's file and wells; all arrays are over the wells.
    rule
        ``agilent`` or ``stage_mean``.
    values
        Raw values by parameter, in the units of ``UNITS``; NaN in background wells.
    normalised
        The same per ``scale`` of ``unit`` (value x scale / normalisation value), for all parameters that are
        not percentages; empty where no normalisation was entered.
    unit, scale
        What the normalisation counts and per how many.
    undefined
        Why a parameter could not be derived on this plate, by parameter.
    """

    source: str
    wells: tuple[str, ...]
    rule: str
    values: Mapping[str, Array]
    normalised: Mapping[str, Array]
    unit: str
    scale: float
    undefined: Mapping[str, str]

    def unit_of(self, parameter: str, *, normalised: bool = False) -> str:
        """Return the unit of a parameter, with the normalisation where it was applied."""
        if not normalised:
            return UNITS[parameter]
        return f"{UNITS[parameter]} per {self.scale:g} {self.unit or 'units'}"


@cache
def stress_test_parameters() -> Parameters:
    """Return the constants of the ATP production rate, each with its source and status."""
    return load_parameters(__package__, "mst.csv")


def derive_parameters(
    plate: WavePlate, rates: Rates, rule: Rule = "agilent", constants: Parameters | None = None
) -> PlateParameters:
    """Derive all parameters of one plate.

    Parameters
    ----------
    plate
        The plate (stages, normalisation, background wells).
    rates
        The vendor's rates (``plate.vendor``) or recomputed ones.
    rule
        How a stage becomes one number.
    constants
        P/O ratio and CO2 contribution factors; None takes ``stress_test_parameters()``.

    Raises
    ------
    UsageError
        If there is no such rule.
    """
    if rule not in RULES:
        raise UsageError(f"Unknown rule {rule!r}; expected one of {', '.join(RULES)}.")
    levels = _Levels(plate, rates, rule)
    values = _respiration(levels)
    values |= _energy(levels, values, constants or stress_test_parameters())
    for name, array in values.items():
        array = array.copy()  # noqa: PLW2901  background wells are blanked in a copy
        array[plate.background] = np.nan
        values[name] = array
    undefined = {name: reason for name in UNITS if (reason := levels.reasons.get(name))}
    return PlateParameters(
        source=plate.source,
        wells=plate.wells,
        rule=rule,
        values={name: values[name] for name in UNITS},
        normalised=_normalised(plate, values),
        unit=plate.normalisation.unit,
        scale=plate.normalisation.scale,
        undefined=undefined,
    )


@dataclass
class _Levels:
    """One number a stage and well, and why some cannot be had."""

    plate: WavePlate
    rates: Rates
    rule: str
    reasons: dict[str, str] = field(default_factory=dict)

    def after(self, role: str, choose: Callable[..., Array]) -> Array:
        """Return the smallest or largest (or mean) OCR of the stages of a role; NaN where there is none."""
        measured = self.plate.measured(role)
        if not measured:
            return self.nothing
        values = self.rates.ocr[:, list(measured)]
        chosen: Array = (np.mean if self.rule == "stage_mean" else choose)(values, axis=1)
        return chosen

    def before_first_injection(self, values: Array) -> Array:
        return self._before(values, next((i for i, s in enumerate(self.plate.stages) if s.injected), None))

    def before(self, role: str, values: Array) -> Array:
        """Return the value at the end of the stage before the first stage of a role."""
        index = next((i for i, s in enumerate(self.plate.stages) if s.role == role and s.measurements), None)
        return self.nothing if index is None else self._before(values, index)

    def _before(self, values: Array, stage: int | None) -> Array:
        earlier = [s for s in self.plate.stages[:stage] if s.measurements]
        if not earlier:
            return self.nothing
        if self.rule == "stage_mean":
            mean: Array = values[:, list(earlier[-1].measurements)].mean(axis=1)
            return mean
        last: Array = values[:, earlier[-1].measurements[-1]]
        return last

    @property
    def nothing(self) -> Array:
        return np.full(len(self.plate.wells), np.nan)

    def explain(self, names: tuple[str, ...], *roles: str) -> None:
        """Note which of the stages that parameters need are missing."""
        missing = [role for role in roles if not self.plate.measured(role)]
        for name in names:
            if missing and name not in self.reasons:
                self.reasons[name] = "no measurement of the stage " + " and ".join(missing)


def _respiration(levels: _Levels) -> dict[str, Array]:
    ocr = levels.rates.ocr
    start = levels.before_first_injection(ocr)
    non_mito = levels.after("rotenone_antimycin", np.min)
    inhibited = levels.after("oligomycin", np.min)
    basal = start - non_mito
    maximal = levels.after("fccp", np.max) - non_mito
    linked = levels.before("oligomycin", ocr) - inhibited
    levels.explain(("non_mitochondrial_respiration", "basal_respiration"), "rotenone_antimycin")
    levels.explain(
        ("maximal_respiration", "spare_capacity", "spare_capacity_percent"), "fccp", "rotenone_antimycin"
    )
    levels.explain(("proton_leak", "coupling_efficiency"), "oligomycin", "rotenone_antimycin")
    levels.explain(("atp_linked_respiration",), "oligomycin")
    return {
        "non_mitochondrial_respiration": non_mito,
        "basal_respiration": basal,
        "atp_linked_respiration": linked,
        "proton_leak": inhibited - non_mito,
        "maximal_respiration": maximal,
        "spare_capacity": maximal - basal,
        "spare_capacity_percent": _percent(maximal, basal),
        "coupling_efficiency": _percent(linked, basal),
    }


def _energy(levels: _Levels, respiration: Mapping[str, Array], constants: Parameters) -> dict[str, Array]:
    plate, rates = levels.plate, levels.rates
    start = levels.before_first_injection
    per = start(rates.per)
    if not np.any(rates.per[~plate.background]):
        per = levels.nothing
        for name in ("basal_per", "atp_rate_glycolytic", "atp_rate_total"):
            levels.reasons[name] = "PER is 0 throughout: the workbook was exported without a buffer factor"
    size = "24" if len(plate.wells) == _SMALL_PLATE else "96"
    factor = constants[f"co2_contribution_factor_{size}"].number
    mitochondrial = _OXYGEN_ATOMS * constants["p_o_ratio"].number * respiration["atp_linked_respiration"]
    glycolytic = per - factor * respiration["basal_respiration"]
    stressed_ocr, stressed_ecar = _stressed(levels)
    levels.explain(("atp_rate_mitochondrial",), "oligomycin")
    levels.explain(("atp_rate_glycolytic",), "rotenone_antimycin")
    levels.explain(("atp_rate_total",), "oligomycin", "rotenone_antimycin")
    levels.explain(("stressed_ocr", "stressed_ecar"), "fccp")
    return {
        "basal_ocr": start(rates.ocr),
        "basal_ecar": start(rates.ecar),
        "basal_per": per,
        "stressed_ocr": stressed_ocr,
        "stressed_ecar": stressed_ecar,
        "atp_rate_mitochondrial": mitochondrial,
        "atp_rate_glycolytic": glycolytic,
        "atp_rate_total": mitochondrial + glycolytic,
    }


def _stressed(levels: _Levels) -> tuple[Array, Array]:
    """Return OCR and ECAR where OCR after FCCP is largest (or the means of that stage)."""
    measured = list(levels.plate.measured("fccp"))
    if not measured:
        return levels.nothing, levels.nothing
    ocr, ecar = levels.rates.ocr[:, measured], levels.rates.ecar[:, measured]
    if levels.rule == "stage_mean":
        return ocr.mean(axis=1), ecar.mean(axis=1)
    at = np.argmax(ocr, axis=1)[:, None]
    return np.take_along_axis(ocr, at, 1)[:, 0], np.take_along_axis(ecar, at, 1)[:, 0]


def _percent(part: Array, whole: Array) -> Array:
    result = np.full(part.shape, np.nan)
    np.divide(100.0 * part, whole, out=result, where=whole != 0)
    return result


def _normalised(plate: WavePlate, values: Mapping[str, Array]) -> dict[str, Array]:
    entered = plate.normalisation
    if not entered.entered:
        return {}
    factor = np.full(len(plate.wells), np.nan)
    usable = (entered.values > 0) & ~plate.background
    np.divide(entered.scale, entered.values, out=factor, where=usable)
    return {name: values[name] * factor for name, unit in UNITS.items() if unit != _PERCENT}
