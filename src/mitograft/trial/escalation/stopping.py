"""Rules that end a trial beside those of its design: one noun, ``Stopping``, for any design.

``Stopping(design, rules)`` is itself a design. After each cohort the rules are asked in their order; the
first that is met ends the trial and its words name the cause, so that causes can be counted
(``Characteristics.stops``). The dose declared is the one the design would declare now (``choice``). Where no
rule is met the answer is the design's own, with a cohort cut to the patients that are left.

Two kinds of rules differ in when they are asked: a rule of safety (``LowestTooToxic``) also after the design
itself would declare a dose, the others only while the design would go on.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

from mitograft.errors import UsageError
from mitograft.trial.escalation.boin_table import excess_probability
from mitograft.trial.escalation.choice import chosen_dose
from mitograft.trial.escalation.design import (
    Cohort,
    Counts,
    Design,
    Recommendation,
    count_digest,
    count_path,
)

__all__ = [
    "EnoughPatients",
    "LowestTooToxic",
    "MostPatients",
    "PreciseEnough",
    "Situation",
    "StopRule",
    "Stopping",
]


@dataclass(frozen=True, slots=True)
class Situation:
    """What a rule looks at: counts, the design's next step, the dose it would declare now, its target."""

    counts: Counts
    said: Recommendation
    candidate: int | None
    target: float

    def at(self, dose: int) -> tuple[int, int]:
        """Return patients and DLT at a dose."""
        return self.counts.treated[dose - 1], self.counts.toxic[dose - 1]


class StopRule(Protocol):
    """A rule: its cause in fixed words, whether it is one of safety, and the reason once it is met."""

    cause: ClassVar[str]
    safety: ClassVar[bool]

    def met(self, now: Situation) -> str | None:
        """Return why the trial is to end, with the numbers; None while it may go on."""


@dataclass(frozen=True)
class MostPatients:
    """End once this many patients are treated, backfill included; the last cohort is cut to fit."""

    patients: int
    cause: ClassVar[str] = "most patients treated"
    safety: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Raise UsageError unless at least one patient is allowed."""
        _at_least_one(type(self).__name__, self.patients)

    def met(self, now: Situation) -> str | None:
        """Return the reason once no patient is left."""
        treated = sum(now.counts.treated)
        return (
            f"{treated} patients treated, the most are {self.patients}" if treated >= self.patients else None
        )


@dataclass(frozen=True)
class EnoughPatients:
    """End when the design would treat again the very dose it would declare, and that dose has this many."""

    patients: int
    cause: ClassVar[str] = "enough patients at the dose"
    safety: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Raise UsageError unless at least one patient is asked for."""
        _at_least_one(type(self).__name__, self.patients)

    def met(self, now: Situation) -> str | None:
        """Return the reason once the candidate has enough patients."""
        if now.candidate is None or now.said.dose != now.candidate:
            return None
        treated, _ = now.at(now.candidate)
        if treated < self.patients:
            return None
        return f"dose {now.candidate} has {treated} patients, {self.patients} are enough"


@dataclass(frozen=True)
class PreciseEnough:
    """End when the exact interval (Clopper and Pearson) of the DLT rate at the candidate is narrow enough.

    Parameters
    ----------
    width
        Greatest width of the interval, as a proportion.
    level
        Confidence level.
    """

    width: float
    level: float = 0.95
    cause: ClassVar[str] = "rate at the dose known precisely enough"
    safety: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Raise UsageError unless width and level are between 0 and 1."""
        if not (0 < self.width < 1 and 0 < self.level < 1):
            raise UsageError(
                f"PreciseEnough: found width {self.width:g} and level {self.level:g}; "
                "expected both between 0 and 1."
            )

    def met(self, now: Situation) -> str | None:
        """Return the reason once the interval is narrow enough."""
        from mitograft.statistics.proportions import clopper_pearson

        if now.candidate is None:
            return None
        treated, toxic = now.at(now.candidate)
        low, high = (float(bound) for bound in clopper_pearson(toxic, treated, level=self.level))
        if high - low > self.width:
            return None
        return (
            f"dose {now.candidate}: {toxic} DLT in {treated}, exact {self.level:.0%} interval {low:.3f} to "
            f"{high:.3f}, not wider than {self.width:g}"
        )


@dataclass(frozen=True)
class LowestTooToxic:
    """End without an MTD when the lowest dose is above the target with more than this probability.

    The prior of its DLT rate is flat, Beta(1, 1).

    Parameters
    ----------
    probability
        Posterior probability of a rate above the target beyond which the trial ends.
    patients
        Patients at the lowest dose from which the rule applies.
    """

    probability: float
    patients: int = 3
    cause: ClassVar[str] = "lowest dose too toxic"
    safety: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Raise UsageError unless the probability is between 0 and 1 and a patient is asked for."""
        _at_least_one(type(self).__name__, self.patients)
        if not 0 < self.probability < 1:
            raise UsageError(
                f"LowestTooToxic: found probability {self.probability:g}, expected one between 0 and 1."
            )

    def met(self, now: Situation) -> str | None:
        """Return the reason once the lowest dose is too toxic."""
        treated, toxic = now.at(1)
        if treated < self.patients:
            return None
        excess = excess_probability(toxic, treated, now.target)
        if excess <= self.probability:
            return None
        return (
            f"dose 1: {toxic} DLT in {treated}, a rate above {now.target:g} has probability {excess:.3f}, "
            f"more than {self.probability:g}"
        )


@dataclass(frozen=True)
class Stopping:
    """A design with further rules that end the trial.

    Parameters
    ----------
    design
        Any design.
    rules
        Rules in the order in which they are asked.

    >>> from mitograft.trial.escalation.boin import Boin
    >>> trial = Stopping(Boin(3), (LowestTooToxic(0.9), EnoughPatients(9), MostPatients(24)))
    >>> said = trial.recommend([Cohort(1, 3, 0), Cohort(2, 9, 3)])
    >>> said.action, said.dose, said.cause
    ('declare', 2, 'enough patients at the dose')
    """

    design: Design
    rules: tuple[StopRule, ...]

    @property
    def name(self) -> str:
        """Name of the design and causes of the rules."""
        return (
            f"{self.design.name}, ended also by: {'; '.join(rule.cause for rule in self.rules) or 'nothing'}"
        )

    @property
    def doses(self) -> int:
        """Number of dose levels."""
        return self.design.doses

    @property
    def target(self) -> float:
        """Target or limit of the DLT rate."""
        return self.design.target

    def digest(self, path: Sequence[Cohort]) -> Hashable:
        """Return the state of the design and the counts the rules look at."""
        return (self.design.digest(path), count_digest(path))

    def choose(self, path: Sequence[Cohort]) -> int | None:
        """Return the dose that would be declared if the trial ended now."""
        return chosen_dose(self.design, path)

    def recommend(self, path: Sequence[Cohort]) -> Recommendation:
        """Return the next step.

        Raises
        ------
        UsageError
            If a cohort was treated at a dose the design does not have.
        """
        said = self.design.recommend(path)
        counts = count_path(path, self.doses)
        if counts.last is None or said.action == "stop":
            return self._fit(said, counts)
        now = Situation(counts, said, chosen_dose(self.design, path), self.target)
        for rule in self.rules:
            why = rule.met(now) if rule.safety or said.action == "treat" else None
            if why is not None:
                return _ended(rule, why, now.candidate)
        return self._fit(said, counts)

    def _fit(self, said: Recommendation, counts: Counts) -> Recommendation:
        """Cut the next cohort to the patients that are left."""
        left = [rule.patients - sum(counts.treated) for rule in self.rules if isinstance(rule, MostPatients)]
        if said.action != "treat" or said.patients <= min(left, default=said.patients):
            return said
        return replace(said, patients=min(left))


def _ended(rule: StopRule, why: str, candidate: int | None) -> Recommendation:
    start = why[0].upper() + why[1:]
    if rule.safety:
        return Recommendation("stop", None, 0, f"{start}: no MTD.", cause=rule.cause)
    if candidate is None:
        return Recommendation(
            "stop", None, 0, f"{start}, and no dose can be declared: no MTD.", cause=rule.cause
        )
    return Recommendation("declare", candidate, 0, f"{start}; MTD is dose {candidate}.", cause=rule.cause)


def _at_least_one(name: str, patients: int) -> None:
    if patients < 1:
        raise UsageError(f"{name}: found {patients} patients, expected at least 1.")
