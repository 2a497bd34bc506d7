"""The Bayesian optimal interval design (BOIN; Liu and Yuan, J R Stat Soc C 2015;64:507) for a single agent.

The next dose follows from the DLT at the current dose alone (``boin_table``): up, stay or down by one level,
never to an eliminated dose, never beyond the lowest or highest. The trial stops without an MTD when the
lowest dose is eliminated, and ends when ``max_patients`` are treated or, if asked for, when the design
says to stay at a dose that already has ``enough`` patients.

The MTD is then chosen among the treated doses that are not eliminated: the posterior means
``(y + 0.05) / (n + 0.1)`` are made non-decreasing by isotonic regression, weighted by the inverse of the
posterior variance (Beta(0.05, 0.05) prior), and the dose nearest to the target is taken. Of equal estimates
the highest dose is taken if they are below the target, otherwise the lowest; of two different estimates
equally near, the lower.

A dose whose posterior excess is beyond the cut-off counts as eliminated whenever the counts say so. A dose
once eliminated is not treated again, so that this is the same as remembering it.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from mitograft.errors import UsageError
from mitograft.trial.escalation.boin_table import BoinLimits, boin_boundaries, boin_limits
from mitograft.trial.escalation.design import (
    Cohort,
    Counts,
    Recommendation,
    check_doses,
    count_digest,
    count_path,
)
from mitograft.trial.escalation.isotonic import pool_adjacent

__all__ = ["Boin"]

_PRIOR = 0.05
_NUDGE = 1e-10  # decides between equal estimates; below any difference two sets of counts can make


@dataclass(frozen=True)
class Boin:
    """A BOIN design.

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

    def __post_init__(self) -> None:
        """Refuse a design that cannot be.

        Raises
        ------
        UsageError
            If there is no dose, the start is not among them, or target, sizes or cut-off are impossible.
        """
        check_doses(self.doses, self.start)
        boin_boundaries(self.target)
        if self.cohort < 1 or self.max_patients < 1 or (self.enough is not None and self.enough < 1):
            raise UsageError(
                f"BOIN: found cohort {self.cohort}, at most {self.max_patients} patients, enough "
                f"{self.enough}; expected at least 1 each."
            )
        if not 0 < self.cutoff < 1:
            raise UsageError(f"BOIN: found cut-off {self.cutoff:g}, expected a number between 0 and 1.")

    @property
    def name(self) -> str:
        """Name with target."""
        return f"BOIN (target {self.target:g})"

    def limits(self, n: int) -> BoinLimits:
        """Return the whole-number limits at ``n`` patients.

        Raises
        ------
        UsageError
            If ``n`` is below 1.
        """
        if n < 1:
            raise UsageError(f"BOIN limits: found {n} patients, expected at least 1.")
        return boin_limits(n, self.target, boin_boundaries(self.target), self.cutoff)

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
        size = min(self.cohort, self.max_patients - sum(counts.treated))
        if counts.last is None:
            return Recommendation("treat", self.start, size, f"First cohort at dose {self.start}.")
        allowed = self.allowed(counts)
        if allowed == 0:
            return Recommendation("stop", None, 0, "Dose 1 is eliminated as too toxic: no MTD.")
        dose, reason = self._move(counts, counts.last, allowed)
        full = self.enough is not None and dose == counts.last and counts.treated[dose - 1] >= self.enough
        if size <= 0 or full:
            return self._declare(counts, allowed)
        return Recommendation("treat", dose, size, reason)

    def allowed(self, counts: Counts) -> int:
        """Return the highest dose that is not eliminated; 0 if all are."""
        for dose, (treated, toxic) in enumerate(zip(counts.treated, counts.toxic, strict=True), start=1):
            limit = self.limits(treated).eliminate if treated else None
            if limit is not None and toxic >= limit:
                return dose - 1
        return self.doses

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

    def _declare(self, counts: Counts, allowed: int) -> Recommendation:
        dose = self.select(counts.treated[:allowed], counts.toxic[:allowed])
        if dose is None:
            return Recommendation("stop", None, 0, "No treated dose is left that is not eliminated: no MTD.")
        return Recommendation(
            "declare", dose, 0, f"The trial is full; dose {dose} is nearest to the target {self.target:g}."
        )

    def select(self, treated: Sequence[int], toxic: Sequence[int]) -> int | None:
        """Return the dose nearest to the target by isotonic regression; None where no dose was treated.

        Only doses that are not eliminated are to be given, lowest first.
        """
        doses = [place for place, n in enumerate(treated) if n]
        if not doses:
            return None
        first = [toxic[d] + _PRIOR for d in doses]
        second = [treated[d] - toxic[d] + _PRIOR for d in doses]
        sums = [a + b for a, b in zip(first, second, strict=True)]
        means = [a / s for a, s in zip(first, sums, strict=True)]
        weights = [s * s * (s + 1) / (a * b) for a, b, s in zip(first, second, sums, strict=True)]
        fit = pool_adjacent(means, weights)
        away = [abs(mean + place * _NUDGE - self.target) for place, mean in enumerate(fit)]
        return doses[away.index(min(away))] + 1
