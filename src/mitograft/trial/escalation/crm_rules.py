"""What bounds the doses of a continual reassessment method, beside its model: rules of safety and stopping.

* ``skip``: how far an escalation may go. "none": one level above the last dose at most; "tried": one level
  above the highest dose treated so far at most; "any": no limit.
* ``coherent``: no escalation if the DLT rate seen in the last cohort, or in all patients treated at the last
  dose, is above the target. In cohorts of one the first part says: never right after a DLT (Cheung,
  Biometrika 2005;92:863). The second part is the long-memory coherence of Liu and Yuan (J R Stat Soc C
  2015;64:507).
* ``stop``: the trial ends without an MTD where the rate of dose 1 is above a limit with more than a certain
  posterior probability.
* ``overdose``: no dose is given or declared whose rate is above a limit with more than a certain posterior
  probability; the trial ends where that holds for dose 1 (escalation with overdose control, EWOC; Babb,
  Rogatko and Zacks, Stat Med 1998;17:1103).
* ``enough``: the trial ends where the dose to be given next has so many patients already.

De-escalation is never limited.
"""

from dataclasses import dataclass, field
from typing import Literal, get_args

from mitograft.errors import UsageError
from mitograft.trial.escalation.crm_grid import crm_parameters

__all__ = ["CrmRules", "ExcessRule", "overdose_control"]

Skip = Literal["none", "tried", "any"]


@dataclass(frozen=True, slots=True)
class ExcessRule:
    """A limit of the DLT rate, and the posterior probability to be above it that is still accepted.

    ``rate`` None stands for the target of the design.
    """

    probability: float
    rate: float | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that cannot be.

        Raises
        ------
        UsageError
            Unless probability and rate are between 0 and 1.
        """
        if not 0 < self.probability < 1 or not (self.rate is None or 0 < self.rate < 1):
            raise UsageError(
                f"Excess rule: found probability {self.probability:g} and rate {self.rate}; expected both "
                "between 0 and 1."
            )


def overdose_control(rate: float | None = None, probability: float | None = None) -> ExcessRule:
    """Return the rule of overdose control, by default with limit and bound of ``data/crm.csv``."""
    known = crm_parameters()
    return ExcessRule(
        known["overdose_probability"].number if probability is None else probability,
        known["overdose_rate"].number if rate is None else rate,
    )


def _stop() -> ExcessRule:
    return ExcessRule(crm_parameters()["stop_probability"].number)


@dataclass(frozen=True, slots=True)
class CrmRules:
    """Rules of safety and stopping; see the module.

    Parameters
    ----------
    skip
        How far an escalation may go: "none", "tried" or "any".
    coherent
        Whether DLT above the target forbid to escalate.
    stop
        When dose 1 is too toxic; None: never.
    overdose
        Which doses are not given; None: no such limit.
    enough
        Patients at the dose to be given next after which the trial ends; None: never.
    """

    skip: Skip = "none"
    coherent: bool = True
    stop: ExcessRule | None = field(default_factory=_stop)
    overdose: ExcessRule | None = None
    enough: int | None = None

    def __post_init__(self) -> None:
        """Refuse rules that cannot be.

        Raises
        ------
        UsageError
            If ``skip`` is unknown or ``enough`` below 1.
        """
        if self.skip not in get_args(Skip):
            raise UsageError(f"CRM: found skip {self.skip!r}, expected one of {', '.join(get_args(Skip))}.")
        if self.enough is not None and self.enough < 1:
            raise UsageError(f"CRM: found enough {self.enough}, expected at least 1 patient.")
