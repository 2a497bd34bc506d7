"""Estimands: what is to be estimated, with a stated answer to everything that can happen in between.

An estimand names the variable, the visit, the subjects and, for each intercurrent event, a strategy
(ICH E9(R1), 2019):

* ``treatment policy``: the value is used whatever happened;
* ``hypothetical``: values after the event are set aside, as if they had not been seen; a model for missing
  values answers for them;
* ``composite``: the event itself is a failure: no response, no improvement;
* ``while on treatment``: the last value before the event stands.

The name of an estimand goes with every result computed for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from mitograft.errors import UsageError

__all__ = ["EVENTS", "Estimand", "Event", "Strategy", "Variable", "default_estimands"]

Variable = Literal["TIS", "response", "category", "time to response"]
Event = Literal["rescue", "dose change", "death"]
Strategy = Literal["treatment policy", "hypothetical", "composite", "while on treatment"]
EVENTS: tuple[Event, ...] = get_args(Event)
_THRESHOLDS = (20, 40, 60)
_USUAL: Mapping[Event, Strategy] = {
    "rescue": "composite", "dose change": "treatment policy", "death": "composite",
}  # fmt: skip


@dataclass(frozen=True)
class Estimand:
    """One estimand.

    Parameters
    ----------
    id
        Short name, for tables and evidence.
    variable
        ``TIS``: the Total Improvement Score; ``response``: TIS of at least ``threshold``; ``category``: none,
        minimal, moderate or major improvement; ``time to response``: days from the first dose to the first
        response of at least ``threshold``.
    visit
        Visit at which it is read; for a time, the end of follow-up.
    threshold
        20, 40 or 60; used by ``response`` and ``time to response``.
    population
        ``full analysis`` or ``safety``.
    strategies
        Answer to each intercurrent event; those not named are composite for rescue and death, treatment
        policy for a change of dose.
    assumed
        Whether it was declared nowhere and is the default.

    Raises
    ------
    UsageError
        If a name, threshold or strategy is none of those above.
    """

    id: str
    variable: Variable
    visit: str
    threshold: int = 20
    population: Literal["full analysis", "safety"] = "full analysis"
    strategies: Mapping[Event, Strategy] = field(default_factory=dict)
    assumed: bool = False

    def __post_init__(self) -> None:
        known = {*EVENTS}
        wrong = [name for name in self.strategies if name not in known]
        if wrong:
            raise UsageError(
                f"Estimand {self.id}: found the event {wrong[0]!r}; expected {', '.join(EVENTS)}."
            )
        if self.variable not in get_args(Variable) or self.threshold not in _THRESHOLDS:
            raise UsageError(
                f"Estimand {self.id}: found variable {self.variable!r}, threshold {self.threshold}; expected "
                f"{', '.join(get_args(Variable))}, and 20, 40 or 60."
            )
        for strategy in self.strategies.values():
            if strategy not in get_args(Strategy):
                raise UsageError(
                    f"Estimand {self.id}: found the strategy {strategy!r}; expected "
                    f"{', '.join(get_args(Strategy))}."
                )
        if self.variable == "time to response" and "while on treatment" in self.strategies.values():
            raise UsageError(
                f"Estimand {self.id}: found while on treatment for a time; expected another strategy. A time "
                "that ends at the event is the hypothetical one."
            )

    def strategy(self, event: Event) -> Strategy:
        """Return the answer to an intercurrent event."""
        return self.strategies.get(event, _USUAL[event])

    @property
    def measure(self) -> str:
        """The variable in words, without the visit."""
        if self.variable == "TIS":
            return "Total Improvement Score"
        if self.variable == "category":
            return "category of improvement"
        return f"TIS>={self.threshold} response" if self.variable == "response" else (
            f"time to a TIS of {self.threshold}"
        )  # fmt: skip

    @property
    def title(self) -> str:
        """Variable, visit and id: the name results carry."""
        until = "until" if self.variable == "time to response" else "at"
        return f"{self.measure} {until} {self.visit} (estimand {self.id})"

    @property
    def description(self) -> str:
        """All attributes in one sentence."""
        answers = "; ".join(f"{event}: {self.strategy(event)}" for event in EVENTS)
        where = "by default, no estimand was declared" if self.assumed else "declared in study.toml"
        return (
            f"{self.measure} at {self.visit}, {self.population} population. Intercurrent events: {answers} "
            f"({where})."
        )


def default_estimands(visit: str) -> tuple[Estimand, ...]:
    """Return the estimands of a study that declares none: score, response, category and time."""
    return (
        Estimand("score", "TIS", visit, assumed=True),
        Estimand("response", "response", visit, assumed=True),
        Estimand("category", "category", visit, assumed=True),
        Estimand("time", "time to response", visit, assumed=True),
    )
