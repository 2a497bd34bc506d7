"""``[[trial.estimands]]`` and ``[trial.escalation]``: what is estimated, and how doses were to rise."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mitograft.errors import UsageError
from mitograft.study.config_parts import Id, Part, Text

if TYPE_CHECKING:
    from mitograft.trial.efficacy import Estimand
    from mitograft.trial.escalation import Design

__all__ = ["EscalationPart", "EstimandPart"]

_Strategy = Literal["treatment policy", "hypothetical", "composite", "while on treatment"]
_Rate = Annotated[float, Field(gt=0, lt=1)]


class EstimandPart(Part):
    """``[[trial.estimands]]``: one estimand (see ``mitograft.trial.efficacy.estimand``).

    ``rescue``, ``dose_change`` and ``death`` are the answers to what may happen before ``visit`` (default:
    the protocol's primary visit).
    """

    id: Id
    variable: Literal["TIS", "response", "category", "time to response"] = "TIS"
    visit: Text | None = None
    threshold: Literal[20, 40, 60] = 20
    population: Literal["full analysis", "safety"] = "full analysis"
    rescue: _Strategy = "composite"
    dose_change: _Strategy = "treatment policy"
    death: _Strategy = "composite"

    def planned(self, primary_visit: str) -> "Estimand":
        """Return the estimand the trial's rooms work with."""
        from mitograft.trial.efficacy import Estimand

        return Estimand(
            self.id, self.variable, self.visit or primary_visit, self.threshold, self.population,
            {"rescue": self.rescue, "dose change": self.dose_change, "death": self.death},
        )  # fmt: skip


class EscalationPart(Part):
    """``[trial.escalation]``: the rule by which doses were to rise; the arms are its doses, lowest first.

    ``variant`` belongs to 3+3; ``target``, ``cohort``, ``max_patients`` and ``start`` to the other designs;
    ``skeleton`` (prior DLT rate of each dose) and ``estimate`` to the CRM.
    """

    design: Literal["3+3", "boin", "crm", "mtpi2", "i3+3"] = "3+3"
    variant: Literal["escalate_only", "nct04976140", "de_escalating", "six_at_mtd"] = "escalate_only"
    target: _Rate = 0.30
    cohort: Annotated[int, Field(ge=1, le=20)] = 3
    max_patients: Annotated[int, Field(ge=1, le=200)] = 18
    start: Annotated[int, Field(ge=1)] = 1
    skeleton: list[_Rate] = Field(default=[])
    estimate: Literal["plug-in", "posterior"] = "plug-in"

    def planned(self, doses: int) -> "Design":
        """Return the design.

        Raises
        ------
        UsageError
            If there are fewer doses than the design needs, or the skeleton does not fit them.
        """
        from mitograft.trial import escalation as known

        if self.design == "3+3":
            return known.ThreePlusThree(doses, self.variant)
        if self.design == "crm":
            if len(self.skeleton) != doses:
                raise UsageError(
                    f"Escalation: found a skeleton of {len(self.skeleton)} rates for {doses} doses; expected "
                    "one rate for each."
                )
            return known.Crm(
                known.PowerModel(tuple(self.skeleton)), self.target, self.estimate, cohort=self.cohort,
                max_patients=self.max_patients, start=self.start,
            )  # fmt: skip
        sizes = {"cohort": self.cohort, "max_patients": self.max_patients, "start": self.start}
        if self.design == "boin":
            return known.Boin(doses, self.target, **sizes)
        if self.design == "mtpi2":
            return known.Mtpi2(doses, self.target, **sizes)
        return known.I3Plus3(doses, self.target, **sizes)
