"""The continual reassessment method (CRM; O'Quigley, Pepe and Fisher, Biometrics 1990;46:33).

After each cohort the posterior of a model of the DLT rate by dose (``crm_model``, ``crm_two_parameter``) is
found from all patients so far; the next cohort gets the dose whose estimated rate is nearest to the target
(of two equally near, the lower), as far as the rules allow (``crm_rules``). The estimate is one of two that
differ noticeably in few patients:

* ``plug-in``: the rate at the posterior mean of the parameters (as in R dfcrm; Cheung 2011, section 3.2);
* ``posterior``: the posterior mean of the rate (as in R trialr).

The first cohort gets the dose ``start``. The trial ends when ``max_patients`` are treated (backfill patients
not among them) or by a rule. The MTD is then the dose with the estimate nearest to the target among the doses
that were treated and that the rules allow at that moment: a dose no patient has had is never declared.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from mitograft.errors import UsageError
from mitograft.trial.escalation.crm_grid import ToxicityModel, crm_parameters
from mitograft.trial.escalation.crm_posterior import CrmPosterior, fit_crm
from mitograft.trial.escalation.crm_rules import CrmRules, ExcessRule
from mitograft.trial.escalation.design import (
    Cohort,
    Counts,
    Recommendation,
    check_doses,
    count_digest,
    count_path,
)
from mitograft.trial.escalation.interval import ENOUGH, FULL, NONE_LEFT, TOO_TOXIC

__all__ = ["Crm"]

Estimate = Literal["plug-in", "posterior"]


def _default(name: str) -> int:
    return field(default_factory=lambda: int(crm_parameters()[name].fraction))


@dataclass(frozen=True)
class Crm:
    """A CRM design.

    Parameters
    ----------
    model
        Model of the DLT rate with its prior; it says how many doses there are.
    target
        Target DLT rate.
    estimate
        "plug-in" or "posterior".
    rules
        Rules of safety and stopping.
    cohort
        Patients in a cohort; the last one is smaller if fewer are left.
    max_patients
        Patients at most.
    start
        First dose.
    """

    model: ToxicityModel
    target: float
    estimate: Estimate = "plug-in"
    rules: CrmRules = field(default_factory=CrmRules)
    cohort: int = _default("cohort")
    max_patients: int = _default("max_patients")
    start: int = 1

    def __post_init__(self) -> None:
        """Refuse a design that cannot be.

        Raises
        ------
        UsageError
            If the start is not among the doses, target, estimate or sizes are impossible, or the prior alone
            forbids the first dose.
        """
        check_doses(self.doses, self.start)
        if not 0 < self.target < 1 or self.estimate not in get_args(Estimate):
            raise UsageError(
                f"CRM: found target {self.target:g} and estimate {self.estimate!r}; expected a target "
                f"between 0 and 1 and one of {', '.join(get_args(Estimate))}."
            )
        if self.cohort < 1 or self.max_patients < 1:
            raise UsageError(
                f"CRM: found cohort {self.cohort} and at most {self.max_patients} patients; expected at "
                "least 1 each."
            )
        nobody = Counts(None, (0,) * self.doses, (0,) * self.doses)
        if self.allowed(nobody) < self.start:
            raise UsageError(
                f"CRM: found a prior under which the rules on excess forbid dose {self.start} before anyone "
                "is treated; expected one that allows the first dose. Revise the prior or the rules."
            )

    @property
    def doses(self) -> int:
        """Number of dose levels."""
        return self.model.doses

    @property
    def name(self) -> str:
        """Name with model, target and estimate."""
        control = ", overdose control" if self.rules.overdose else ""
        return f"CRM (target {self.target:g}, {self.estimate}{control}; {self.model.name})"

    def posterior(self, counts: Counts) -> CrmPosterior:
        """Return the posterior; ``excess`` has one row for each rule on excess, ``stop`` first."""
        limits = tuple(self._limit(rule) for rule in self._excess_rules())
        return fit_crm(self.model, counts.treated, counts.toxic, limits)

    def allowed(self, counts: Counts) -> int:
        """Return the highest dose that the rules on excess allow; 0 if they end the trial."""
        return self._allowed(self.posterior(counts))

    def digest(self, path: Sequence[Cohort]) -> Hashable:
        """Return last dose, counts and whether the last cohort alone forbids to escalate."""
        return count_digest(path), self._last_cohort_bars(path)

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
        found = self.posterior(counts)
        if self._allowed(found) == 0:
            return Recommendation("stop", None, 0, self._why_stop(found), cause=TOO_TOXIC)
        if size <= 0:
            return self._declare(path, "The trial is full", FULL)
        dose, reason = self._move(path, counts, found)
        treated = counts.treated[dose - 1]
        if self.rules.enough is not None and treated >= self.rules.enough:
            return self._declare(path, f"Dose {dose} is next and has {treated} patients", ENOUGH)
        return Recommendation("treat", dose, size, reason)

    def choose(self, path: Sequence[Cohort]) -> int | None:
        """Return the dose that would be declared if the trial ended now; None where there is none."""
        counts = count_path(path, self.doses)
        found = self.posterior(counts)
        if counts.last is None or self._allowed(found) == 0:
            return None
        highest, _ = self._ceiling(path, counts, found)
        treated = [dose for dose in range(1, highest + 1) if counts.treated[dose - 1]]
        return self._nearest(found, treated) if treated else None

    def estimates(self, counts: Counts) -> tuple[float, ...]:
        """Return the estimated DLT rate of each dose."""
        return self._estimates(self.posterior(counts))

    def _estimates(self, found: CrmPosterior) -> tuple[float, ...]:
        return found.plug_in if self.estimate == "plug-in" else found.rates

    def _allowed(self, found: CrmPosterior) -> int:
        stop, overdose = self.rules.stop, self.rules.overdose
        if stop and found.excess[0][0] > stop.probability:
            return 0
        if overdose is None:
            return self.doses
        return sum(probability <= overdose.probability for probability in found.excess[-1])

    def _excess_rules(self) -> list[ExcessRule]:
        return [rule for rule in (self.rules.stop, self.rules.overdose) if rule is not None]

    def _limit(self, rule: ExcessRule) -> float:
        return self.target if rule.rate is None else rule.rate

    def _nearest(self, found: CrmPosterior, doses: Sequence[int]) -> int:
        rates = self._estimates(found)
        return min(doses, key=lambda dose: (abs(rates[dose - 1] - self.target), dose))

    def _last_cohort_bars(self, path: Sequence[Cohort]) -> bool:
        """Say whether the last cohort's rate is above the target where that of its dose is not."""
        last = next((cohort for cohort in reversed(path) if not cohort.backfill), None)
        if not self.rules.coherent or last is None or last.toxic / last.treated <= self.target:
            return False
        same = [cohort for cohort in path if cohort.dose == last.dose]
        return sum(c.toxic for c in same) / sum(c.treated for c in same) <= self.target

    def _ceiling(self, path: Sequence[Cohort], counts: Counts, found: CrmPosterior) -> tuple[int, str]:
        """Return the highest dose the rules allow next, and the rule that says so."""
        last = counts.last or self.start
        bounds = [(self.doses, "")]
        if self._last_cohort_bars(path):
            bounds.append((last, "the rate in the last cohort is above the target"))
        elif self.rules.coherent and counts.toxic[last - 1] / counts.treated[last - 1] > self.target:
            bounds.append((last, f"the rate seen at dose {last} is above the target"))
        if self.rules.skip == "none":
            bounds.append((last + 1, "one level at a time"))
        if self.rules.skip == "tried":
            highest = max(dose for dose, treated in enumerate(counts.treated, start=1) if treated)
            bounds.append((highest + 1, f"dose {highest + 1} is the next untried one"))
        if self.rules.overdose:
            bounds.append((self._allowed(found), self._why_overdose(found, self.rules.overdose)))
        return min(bounds, key=lambda bound: bound[0])

    def _move(self, path: Sequence[Cohort], counts: Counts, found: CrmPosterior) -> tuple[int, str]:
        """Return the next dose, and the reason with the numbers it rests on."""
        last = counts.last or self.start
        rates = self._estimates(found)
        wanted = self._nearest(found, range(1, self.doses + 1))
        highest, why = self._ceiling(path, counts, found)
        # The estimates rise with dose: if a higher dose is wanted, the highest allowed is nearest.
        dose = min(wanted, highest)
        go = "stay" if dose == last else f"go {'up' if dose > last else 'down'} to dose {dose}"
        seen = f"Dose {last}: {counts.toxic[last - 1]} DLT in {counts.treated[last - 1]}"
        near = f"dose {wanted} has the estimated rate nearest to {self.target:g} ({rates[wanted - 1]:.3f})"
        return dose, f"{seen}; {near}; {why + ', ' if wanted > highest else ''}{go}."

    def _declare(self, path: Sequence[Cohort], why: str, cause: str) -> Recommendation:
        dose = self.choose(path)
        if dose is None:
            return Recommendation(
                "stop", None, 0, f"{why}; no treated dose is allowed: no MTD.", cause=NONE_LEFT
            )
        rate = self.estimates(count_path(path, self.doses))[dose - 1]
        return Recommendation(
            "declare",
            dose,
            0,
            f"{why}; dose {dose} has the estimated rate nearest to {self.target:g} among the treated doses "
            f"allowed ({rate:.3f}).",
            cause=cause,
        )

    def _why_stop(self, found: CrmPosterior) -> str:
        rule, excess = next(
            (rule, row[0])
            for rule, row in zip(self._excess_rules(), found.excess, strict=True)
            if row[0] > rule.probability
        )
        return (
            f"Dose 1 has a DLT rate above {self._limit(rule):g} with probability {excess:.3f}, more than "
            f"{rule.probability:g}: no MTD."
        )

    def _why_overdose(self, found: CrmPosterior, rule: ExcessRule) -> str:
        dose = min(self._allowed(found) + 1, self.doses)
        return (
            f"dose {dose} has a rate above {self._limit(rule):g} with probability "
            f"{found.excess[-1][dose - 1]:.3f}, more than {rule.probability:g}"
        )
