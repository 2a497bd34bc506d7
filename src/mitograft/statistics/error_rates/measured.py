"""One measured figure, and whether it keeps what the analysis claims."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mitograft.statistics.error_rates.designs import Kind
from mitograft.statistics.error_rates.registry import Analysis
from mitograft.statistics.error_rates.tis_scores import load_error_rate_parameters

__all__ = ["Measure", "Measured", "Verdict", "judge", "measures_of", "nominal_error"]

Measure: TypeAlias = Literal["type I error", "coverage"]
Verdict: TypeAlias = Literal["kept", "beyond", "not to be trusted", "no answer"]

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Measured:
    """A type I error among all trials, or a coverage among those with an interval.

    Parameters
    ----------
    analysis, scenario, n, measure
        What was measured, in how many patients in all.
    kind
        What is claimed in this scenario.
    nominal
        Type I error or coverage claimed.
    value
        The share; of an enumeration the worst over the grid of true rates; nan where nothing was answered.
    mean
        Mean over the grid; equal to ``value`` for a simulation.
    se
        Monte Carlo standard error; 0 for an enumeration.
    trials
        Simulated trials; 0 for an enumeration.
    unanswered
        Share of trials without an answer (of an enumeration: the largest).
    """

    analysis: str
    scenario: str
    n: int
    measure: Measure
    kind: Kind
    nominal: float
    value: float
    mean: float
    se: float
    trials: int
    unanswered: float

    @property
    def error(self) -> float:
        """How often it is wrong: the type I error, or one minus the coverage."""
        return self.value if self.measure == "type I error" else 1.0 - self.value

    @property
    def nominal_error(self) -> float:
        """How often it may be wrong."""
        return self.nominal if self.measure == "type I error" else 1.0 - self.nominal


def nominal_error(analysis: Analysis) -> float:
    """Return the type I error an analysis claims: half of the two-sided one for a one-sided test."""
    return load_error_rate_parameters()["alpha"].number * analysis.sides / 2.0


def measures_of(analysis: Analysis, *, null: bool, truths: tuple[str, ...]) -> tuple[Measure, ...]:
    """Return what can be measured where the null hypothesis holds (or not) and some true values are known."""
    found: tuple[Measure, ...] = ()
    if null and (not analysis.truth or analysis.null is not None):
        found = ("type I error",)
    return (*found, "coverage") if analysis.truth in truths else found


def judge(found: Measured) -> Verdict:
    """Say whether a figure keeps its claim.

    *Beyond*: wrong more often than claimed by over three Monte Carlo standard errors (at all, if enumerated).
    *Not to be trusted*: beyond, and wrong more than 1.5 times as often as claimed (Bradley's liberal
    criterion).
    """
    parameters = load_error_rate_parameters()
    if math.isnan(found.value):
        return "no answer"
    allowed = found.nominal_error + parameters["standard_errors"].number * found.se + _ROUNDING
    if found.error <= allowed:
        return "kept"
    limit = parameters["liberal"].number * found.nominal_error
    return "not to be trusted" if found.error > limit else "beyond"
