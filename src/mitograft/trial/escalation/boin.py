"""The Bayesian optimal interval design (BOIN; Liu and Yuan, J R Stat Soc C 2015;64:507) for a single agent.

An interval design (``interval``) with the limits of ``boin_table``.
"""

from dataclasses import dataclass
from typing import ClassVar

from mitograft.trial.escalation.boin_table import BoinLimits, boin_boundaries, boin_limits
from mitograft.trial.escalation.interval import IntervalDesign

__all__ = ["Boin"]


@dataclass(frozen=True)
class Boin(IntervalDesign):
    """A BOIN design; parameters as in ``IntervalDesign``.

    >>> Boin(3).limits(6)
    BoinLimits(n=6, escalate=1, de_escalate=3, eliminate=4)
    """

    label: ClassVar[str] = "BOIN"
    prior_row: ClassVar[str] = "boin_prior"

    def _check(self) -> None:
        boin_boundaries(self.target)

    def _limits(self, n: int) -> BoinLimits:
        return boin_limits(n, self.target, boin_boundaries(self.target), self.cutoff)
