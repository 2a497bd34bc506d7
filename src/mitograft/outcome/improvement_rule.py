"""The cuts of the 2004 IMACS definition of improvement and of the variants met in trials."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from mitograft.errors import UsageError, describe_cell
from mitograft.outcome.fixed_rules import refuse_overrides
from mitograft.tables.parameters import Parameter, Parameters, load_parameters

__all__ = ["VARIANTS", "ImprovementRule", "defaults", "improvement_rule"]

_BASE = "imacs_2004"
_FIXED = (f"{_BASE}/change_relative_to",)
_OPEN = "open"


@dataclass(frozen=True, slots=True)
class ImprovementRule:
    """The cuts of a definition of improvement.

    Parameters
    ----------
    variant
        Name of the parameter set.
    improved_percent, worse_percent
        Relative change from which a measure is improved, or worse.
    improved_needed, worse_allowed
        Measures that must have improved, and that may be worse.
    mmt_may_worsen
        Whether a worse muscle test is tolerated.
    worsening_from_zero
        Whether a rise from a baseline of 0 counts as worse.
    highest
        Top of the scale by measure; a measure left out has none.
    flagged
        Unconfirmed or overridden parameters among these.
    """

    variant: str
    improved_percent: Fraction
    worse_percent: Fraction
    improved_needed: int
    worse_allowed: int
    mmt_may_worsen: bool
    worsening_from_zero: bool
    highest: Mapping[str, float]
    flagged: tuple[Parameter, ...]


@cache
def defaults() -> Parameters:
    """Return the cuts of every variant and the scales, with their citations."""
    return load_parameters("mitograft.outcome", "doi.csv")


VARIANTS = tuple(dict.fromkeys(p.id.split("/")[0] for p in defaults() if not p.id.startswith("scale/")))


def improvement_rule(variant: str = _BASE, *, parameters: Parameters | None = None) -> ImprovementRule:
    """Return the cuts of a named variant; what it does not set is as in the 2004 definition.

    Parameters
    ----------
    variant
        One of ``VARIANTS``.
    parameters
        ``defaults()``, possibly overridden.

    Raises
    ------
    UsageError
        If the variant is unknown or a cut cannot be used.
    """
    rows = defaults() if parameters is None else parameters
    refuse_overrides(rows, _FIXED)
    if variant not in VARIANTS:
        raise UsageError(f"Found variant {variant!r}, expected one of {', '.join(VARIANTS)}.")

    def row(name: str) -> Parameter:
        return rows[f"{variant}/{name}" if f"{variant}/{name}" in rows.rows else f"{_BASE}/{name}"]

    names = ("improved_percent", "worse_percent", "improved_needed", "worse_allowed", "mmt_may_worsen")
    used = [row(name) for name in (*names, "worsening_from_zero")]
    scales = [p for p in rows if p.id.startswith("scale/")]
    percents = [_at_least_zero(p) for p in used[:2]]
    counts = [int(_at_least_zero(p, whole=True)) for p in used[2:4]]
    return ImprovementRule(
        variant,
        percents[0],
        percents[1],
        counts[0],
        counts[1],
        _choice(used[4], "yes", "no"),
        _choice(used[5], "worse", "ignored"),
        {p.id.removeprefix("scale/"): float(_at_least_zero(p)) for p in scales if p.value != _OPEN},
        tuple(p for p in used + scales if p.flagged),
    )


def _at_least_zero(parameter: Parameter, *, whole: bool = False) -> Fraction:
    try:
        value = parameter.fraction
    except (ValueError, ZeroDivisionError):
        value = Fraction(-1)
    if value < 0 or (whole and value.denominator != 1):
        kind = "a whole number" if whole else "a number"
        raise UsageError(
            f"Parameter {parameter.id}: found {describe_cell(parameter.value)}, "
            f"expected {kind} of at least 0."
        )
    return value


def _choice(parameter: Parameter, yes: str, no: str) -> bool:
    if parameter.value not in (yes, no):
        raise UsageError(
            f"Parameter {parameter.id}: found {describe_cell(parameter.value)}, expected {yes} or {no}."
        )
    return parameter.value == yes
