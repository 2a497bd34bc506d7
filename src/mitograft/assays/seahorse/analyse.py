"""Several plates of one experiment, from workbooks to readings and findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mitograft.assays.findings import Finding
from mitograft.assays.readings import Reading
from mitograft.assays.seahorse.check import check_wells, qc_thresholds
from mitograft.assays.seahorse.check_plate import (
    background_is_zero,
    check_comparison,
    check_plate,
    require_distinct_plates,
)
from mitograft.assays.seahorse.derive import (
    RULES,
    PlateParameters,
    Rule,
    derive_parameters,
    stress_test_parameters,
)
from mitograft.assays.seahorse.outliers import Exclusion, OutlierRule, find_outliers
from mitograft.assays.seahorse.oxygen import rate_parameters
from mitograft.assays.seahorse.rates import (
    Comparison,
    compare_rates,
    correct_background,
    recompute_rates,
)
from mitograft.assays.seahorse.wave import Rates, WavePlate
from mitograft.errors import UsageError
from mitograft.tables.parameters import Parameter, Parameters

__all__ = ["Options", "SeahorseResult", "analyse_plates", "seahorse_parameters"]


@dataclass(frozen=True, slots=True)
class Options:
    """How plates are analysed.

    Parameters
    ----------
    rule
        ``agilent`` or ``stage_mean``: how a stage becomes one number.
    rates
        ``vendor`` (the Rate sheet) or ``recomputed`` (from the raw readings).
    outliers
        ``none``, ``mad`` or ``log_mad``.
    exclusions
        Reasons by (file, well) of wells the user leaves out.
    parameters
        Constants and thresholds; None takes ``seahorse_parameters()``.
    """

    rule: Rule = "agilent"
    rates: Literal["vendor", "recomputed"] = "vendor"
    outliers: OutlierRule = "none"
    exclusions: Mapping[tuple[str, str], str] = field(default_factory=dict)
    parameters: Parameters | None = None


@dataclass(frozen=True, slots=True)
class SeahorseResult:
    """What came out, in the order of the plates.

    Parameters
    ----------
    readings
        One row a well and parameter; normalised ones end in ``_normalised``. Background wells have none.
    findings
        What quality control says.
    comparisons
        Recomputed against vendor's rates, one a plate.
    parameters
        Derived values as arrays, one a plate.
    exclusions
        Every well left out, by rule and reason.
    rule
        The rule in words, to be printed with the results.
    flagged
        Constants and thresholds used that no primary source confirms.
    """

    readings: tuple[Reading, ...]
    findings: tuple[Finding, ...]
    comparisons: tuple[Comparison, ...]
    parameters: tuple[PlateParameters, ...]
    exclusions: tuple[Exclusion, ...]
    rule: str
    flagged: tuple[Parameter, ...]


def seahorse_parameters() -> Parameters:
    """Return every constant and threshold of this assay: of rates, parameters and quality control."""
    sets = (rate_parameters(), stress_test_parameters(), qc_thresholds())
    return Parameters({parameter.id: parameter for one in sets for parameter in one})


def analyse_plates(plates: Sequence[WavePlate], options: Options | None = None) -> SeahorseResult:
    """Analyse the plates of one experiment together.

    Raises
    ------
    InputError
        If two plates have the same barcode.
    UsageError
        If an option is unknown or an exclusion names a file or well that is not there.
    """
    chosen = options or Options()
    known = chosen.parameters or seahorse_parameters()
    _check_options(plates, chosen)
    require_distinct_plates(plates)
    readings: list[Reading] = []
    findings: list[Finding] = []
    comparisons: list[Comparison] = []
    derived: list[PlateParameters] = []
    left_out: list[Exclusion] = []
    for plate in plates:
        rates = _rates(plate, chosen, known)
        parameters = derive_parameters(plate, rates, chosen.rule, known)
        comparison = compare_rates(plate, known)
        own = {well: why for (source, well), why in chosen.exclusions.items() if source == plate.source}
        exclusions = find_outliers(plate, rates, chosen.outliers, own, known)
        findings += check_plate(plate, rates, known)
        findings += check_wells(plate, rates, parameters, known)
        findings += check_comparison(plate, comparison, known)
        findings += _undefined(plate, parameters) + _excluded(exclusions)
        readings += _readings(plate, parameters, exclusions)
        comparisons.append(comparison)
        derived.append(parameters)
        left_out += exclusions
    return SeahorseResult(
        readings=tuple(readings),
        findings=tuple(findings),
        comparisons=tuple(comparisons),
        parameters=tuple(derived),
        exclusions=tuple(left_out),
        rule=f"{chosen.rule}: {RULES[chosen.rule]}; {chosen.rates} rates; outlier rule {chosen.outliers}",
        flagged=known.flagged(),
    )


def _check_options(plates: Sequence[WavePlate], options: Options) -> None:
    if options.rates not in {"vendor", "recomputed"}:
        raise UsageError(f"Unknown rates {options.rates!r}; expected vendor or recomputed.")
    known = {plate.source for plate in plates}
    strange = sorted({source for source, _ in options.exclusions if source not in known})
    if strange:
        raise UsageError(f"Exclusions name {', '.join(strange)}, which is none of the plates given.")


def _rates(plate: WavePlate, options: Options, known: Parameters) -> Rates:
    rates = recompute_rates(plate, known) if options.rates == "recomputed" else plate.vendor
    return rates if background_is_zero(plate, rates, known) else correct_background(plate, rates)


def _readings(
    plate: WavePlate, parameters: PlateParameters, exclusions: Sequence[Exclusion]
) -> list[Reading]:
    out = {exclusion.well: exclusion.reason for exclusion in exclusions}
    readings = []
    for normalised, table in ((False, parameters.values), (True, parameters.normalised)):
        for name, values in table.items():
            unit = parameters.unit_of(name, normalised=normalised)
            for index in np.flatnonzero(~plate.background):
                value, well = float(values[index]), plate.wells[index]
                why = out.get(well, "") or ("" if np.isfinite(value) else _why(parameters, name, normalised))
                readings.append(
                    Reading(
                        assay="seahorse",
                        parameter=f"{name}_normalised" if normalised else name,
                        value=value,
                        unit=unit,
                        source=plate.source,
                        plate=plate.name,
                        position=well,
                        group=plate.group[index],
                        excluded=why,
                    )
                )
    return readings


def _why(parameters: PlateParameters, name: str, normalised: bool) -> str:  # noqa: FBT001  a private detail
    return parameters.undefined.get(name) or (
        "no normalisation value" if normalised else "undefined: divided by 0"
    )


def _undefined(plate: WavePlate, parameters: PlateParameters) -> list[Finding]:
    by_reason: dict[str, list[str]] = {}
    for name, reason in parameters.undefined.items():
        by_reason.setdefault(reason, []).append(name)
    remedy = "Nothing to do where the assay has no such stage; otherwise say what each stage is."
    return [
        Finding("undefined", "note", plate.source, "", f"{', '.join(names)}: {reason}", remedy)
        for reason, names in by_reason.items()
    ]


def _excluded(exclusions: Sequence[Exclusion]) -> list[Finding]:
    """Deselected wells are told by the check of the layout already."""
    return [
        Finding(
            "excluded",
            "note",
            e.source,
            e.well,
            f"left out by rule '{e.rule}': {e.reason}",
            "It stays in the tables, marked.",
        )
        for e in exclusions
        if e.rule != "deselected"
    ]
