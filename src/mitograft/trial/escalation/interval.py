"""Interval designs: the next dose follows from the DLT at the current dose alone, by whole-number limits.

BOIN, mTPI-2 and i3+3 are of this kind and differ only in their limits. With y DLT in n patients at the
current dose: up by one level if ``y <= escalate(n)``, down by one if ``y >= de_escalate(n)``, otherwise stay;
never to an eliminated dose, never beyond the lowest or highest. A dose and all above it are eliminated if
``y >= eliminate(n)``. The trial stops without an MTD when the lowest dose is eliminated, and ends when
``max_patients`` are treated or, if asked for, when the design says to stay at a dose that already has
``enough`` patients. Backfill patients count at their dose, not towards ``max_patients``.

The MTD is then chosen among the treated doses that are not eliminated: the posterior means
``(y + a) / (n + 2 a)`` are made non-decreasing by isotonic regression, weighted by the inverse of the
posterior variance (Beta(a, a) prior), and the dose nearest to the target is taken. Of equal estimates the
highest dose is taken if they are below the target, otherwise the lowest; of two different estimates equally
near, the lower.

A dose whose posterior excess is beyond the cut-off counts as eliminated whenever the counts say so. A dose
once eliminated is not treated again, so that this is the same as remembering it.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from mitograft.errors import UsageError
from mitograft.trial.escalation.boin_table import BoinLimits
from mitograft.trial.escalation.design import (
    Cohort,
    Counts,
    Recommendation,
    check_doses,
    count_digest,
    count_path,
)
from mitograft.trial.escalation.isotonic import pool_adjacent
from mitograft.trial.escalation.settings import exact

__all__ = ["ENOUGH", "FULL", "NONE_LEFT", "NUDGE", "TOO_TOXIC", "IntervalDesign"]

NUDGE = 1e-10  # decides between equal estimates; below any difference two sets of counts can make
FULL, ENOUGH = "most patients treated", "enough patients at a dose"
TOO_TOXIC, NONE_LEFT = "lowest dose too toxic", "no treated dose left"


@dataclass(frozen=True)
class IntervalDesign(ABC):
    """What interval designs share; a subclass gives the limits.

    Parameters
    ----------
    doses
        Number of dose levels.
    target
        Target DLT rate.
    cohort
        Patients in a cohort; the last one is smaller if fewer are left.
    max_patients
        Patients at most.
    enough
        Patients at a dose after which "stay" ends the trial; None: never.
    start
        First dose.
    cutoff
        Posterior probability of excess beyond which a dose is eliminated.
    """

    doses: int
    target: float = 0.30
    cohort: int = 3
    max_patients: int = 30
    enough: int | None = None
    start: int = 1
    cutoff: float = 0.95
    label: ClassVar[str]
    prior_row: ClassVar[str]

    def __post_init__(self) -> None:
        """Refuse a design that cannot be.

        Raises
        ------
        UsageError
            If there is no dose, the start is not among them, or target, sizes or cut-off are impossible.
        """
        check_doses(self.doses, self.start)
        if self.cohort < 1 or self.max_patients < 1 or (self.enough is not None and self.enough < 1):
            raise UsageError(
                f"{self.label}: found cohort {self.cohort}, at most {self.max_patients} patients, enough "
                f"{self.enough}; expected at least 1 each."
            )
        if not 0 < self.cutoff < 1:
            raise UsageError(
                f"{self.label}: found cut-off {self.cutoff:g}, expected a number between 0 and 1."
            )
        self._check()

    @abstractmethod
    def _check(self) -> None:
        """Refuse an impossible target or interval."""

    @abstractmethod
    def _limits(self, n: int) -> BoinLimits:
        """Return the whole-number limits for at least one patient."""

    @property
    def name(self) -> str:
        """Name with target."""
        return f"{self.label} (target {self.target:g})"

    @cached_property
    def _known_limits(self) -> dict[int, BoinLimits]:
        return {}

    @cached_property
    def prior(self) -> float:
        """Both parameters of the Beta prior in the selection of the MTD."""
        return float(exact(None, self.prior_row))

    def limits(self, n: int) -> BoinLimits:
        """Return the whole-number limits at ``n`` patients.

        Raises
        ------
        UsageError
            If ``n`` is below 1.
        """
        if n < 1:
            raise UsageError(f"{self.label} limits: found {n} patients, expected at least 1.")
        if n not in self._known_limits:
            self._known_limits[n] = self._limits(n)
        return self._known_limits[n]

    def digest(self, path: Sequence[Cohort]) -> Hashable:
        """Return last dose and counts: the design looks at nothing else."""
        return count_digest(path)

    def recommend(self, path: Sequence[Cohort]) -> Recommendation:
        """Return the next step.

        Raises
        ------
        UsageError
            If a cohort was treated at a dose the design does not have.
        """
        counts = count_path(path, self.doses)
        size = min(self.cohort, self.max_patients - sum(counts.treated) + counts.backfilled)
        if counts.last is None:
            return Recommendation("treat", self.start, size, f"First cohort at dose {self.start}.")
        allowed = self.allowed(counts)
        if allowed == 0:
            return Recommendation(
                "stop", None, 0, "Dose 1 is eliminated as too toxic: no MTD.", cause=TOO_TOXIC
            )
        dose, reason = self._move(counts, counts.last, allowed)
        if size <= 0:
            return self._declare(counts, "The trial is full", FULL)
        treated = counts.treated[dose - 1]
        if self.enough is not None and dose == counts.last and treated >= self.enough:
            return self._declare(counts, f"Dose {dose} has {treated} patients and stays", ENOUGH)
        return Recommendation("treat", dose, size, reason)

    def allowed(self, counts: Counts) -> int:
        """Return the highest dose that is not eliminated; 0 if all are."""
        for dose, (treated, toxic) in enumerate(zip(counts.treated, counts.toxic, strict=True), start=1):
            limit = self.limits(treated).eliminate if treated else None
            if limit is not None and toxic >= limit:
                return dose - 1
        return self.doses

    def choose(self, path: Sequence[Cohort]) -> int | None:
        """Return the dose that would be declared if the trial ended now; None where there is none."""
        counts = count_path(path, self.doses)
        allowed = self.allowed(counts)
        return self.select(counts.treated[:allowed], counts.toxic[:allowed])

    def select(self, treated: Sequence[int], toxic: Sequence[int]) -> int | None:
        """Return the dose nearest to the target by isotonic regression; None where no dose was treated.

        Only doses that are not eliminated are to be given, lowest first.
        """
        doses = [place for place, n in enumerate(treated) if n]
        if not doses:
            return None
        prior = self.prior
        first = [toxic[d] + prior for d in doses]
        second = [treated[d] - toxic[d] + prior for d in doses]
        sums = [a + b for a, b in zip(first, second, strict=True)]
        means = [a / s for a, s in zip(first, sums, strict=True)]
        weights = [s * s * (s + 1) / (a * b) for a, b, s in zip(first, second, sums, strict=True)]
        fit = pool_adjacent(means, weights)
        away = [abs(mean + place * NUDGE - self.target) for place, mean in enumerate(fit)]
        return doses[away.index(min(away))] + 1

    def _move(self, counts: Counts, dose: int, allowed: int) -> tuple[int, str]:
        treated, toxic = counts.treated[dose - 1], counts.toxic[dose - 1]
        seen = f"Dose {dose}: {toxic} DLT in {treated}"
        limits = self.limits(treated)
        if dose > allowed:
            return allowed, f"{seen}; eliminated as too toxic, go down to dose {allowed}."
        if toxic >= limits.de_escalate:
            if dose == 1:
                return 1, f"{seen}, {limits.de_escalate} or more; there is no lower dose, stay."
            return dose - 1, f"{seen}, {limits.de_escalate} or more; go down to dose {dose - 1}."
        if toxic > limits.escalate:
            return dose, f"{seen}, within the interval; stay."
        if dose == allowed:
            why = "this is the highest dose" if dose == self.doses else f"dose {dose + 1} is eliminated"
            return dose, f"{seen}, {limits.escalate} or fewer; {why}, stay."
        return dose + 1, f"{seen}, {limits.escalate} or fewer; go up to dose {dose + 1}."

    def _declare(self, counts: Counts, why: str, cause: str) -> Recommendation:
        allowed = self.allowed(counts)
        dose = self.select(counts.treated[:allowed], counts.toxic[:allowed])
        if dose is None:
            return Recommendation(
                "stop", None, 0, "No treated dose is left that is not eliminated: no MTD.", cause=NONE_LEFT
            )
        return Recommendation(
            "declare", dose, 0, f"{why}; dose {dose} is nearest to the target {self.target:g}.", cause=cause
        )
