"""Scenarios of true toxicity, to show how a design behaves: rates at the lowest and the highest dose."""

import math
from dataclasses import dataclass

from mitograft.tables.parameters import load_rows

__all__ = ["Scenario", "load_scenarios"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """True DLT rates at the lowest and the highest dose; those between rise evenly on the logit scale."""

    name: str
    low: float
    high: float

    def rates(self, doses: int) -> tuple[float, ...]:
        """Return the rate of each dose, lowest first.

        >>> [round(rate, 3) for rate in Scenario("s", 0.1, 0.5).rates(3)]
        [0.1, 0.25, 0.5]
        """
        if doses == 1:
            return (self.low,)
        first, last = (math.log(rate / (1.0 - rate)) for rate in (self.low, self.high))
        steps = (first + (last - first) * i / (doses - 1) for i in range(doses))
        inner = [1.0 / (1.0 + math.exp(-step)) for step in steps]
        return (self.low, *inner[1:-1], self.high)


def load_scenarios() -> tuple[Scenario, ...]:
    """Return the scenarios of the data file; all are choices."""
    rows = load_rows("mitograft.trial.escalation", "scenarios.csv")
    return tuple(Scenario(row["name"], float(row["low"]), float(row["high"])) for row in rows)
