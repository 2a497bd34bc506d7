"""The i3+3 design (Liu, Wang and Ji, J Biopharm Stat 2020;30:294; arXiv:1901.01303).

The rule is told here as in the manual of the R package FIND; no printed decision table was at hand.

With y DLT in n patients at a dose and the equivalence interval from ``target - below`` to ``target + above``,
bounds included:

* ``y / n`` below the interval: up;
* ``y / n`` within it: stay;
* ``y / n`` above it: stay if ``(y - 1) / n`` is below the interval, so that one DLT alone makes the
  difference; otherwise down.

Fractions are compared exactly. Elimination, end of the trial and choice of the MTD are those of ``interval``.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import ClassVar

from mitograft.trial.escalation.boin_table import BoinLimits, elimination_limit
from mitograft.trial.escalation.interval import IntervalDesign
from mitograft.trial.escalation.mtpi2 import check_equivalence
from mitograft.trial.escalation.settings import exact

__all__ = ["I3Plus3", "i3plus3_limits"]


@dataclass(frozen=True)
class I3Plus3(IntervalDesign):
    """An i3+3 design; parameters as in ``IntervalDesign``, and the equivalence interval.

    Parameters
    ----------
    below, above
        Width of the equivalence interval below and above the target; None: the rows ``i3plus3_below`` and
        ``i3plus3_above`` of ``data/conduct.csv``.

    >>> I3Plus3(3).limits(6)
    BoinLimits(n=6, escalate=1, de_escalate=3, eliminate=4)
    """

    below: float | None = None
    above: float | None = None
    label: ClassVar[str] = "i3+3"
    prior_row: ClassVar[str] = "i3plus3_prior"

    @property
    def equivalence(self) -> tuple[Fraction, Fraction]:
        """Bounds of the equivalence interval."""
        target = Fraction(repr(float(self.target)))
        return target - exact(self.below, "i3plus3_below"), target + exact(self.above, "i3plus3_above")

    def _check(self) -> None:
        check_equivalence(self.label, self.target, self.equivalence)

    def _limits(self, n: int) -> BoinLimits:
        return i3plus3_limits(n, self.target, self.equivalence, self.cutoff)


@cache
def i3plus3_limits(
    n: int, target: float, equivalence: tuple[Fraction, Fraction], cutoff: float = 0.95
) -> BoinLimits:
    """Return the whole-number limits for ``n`` patients at a dose.

    ``de_escalate`` is ``n + 1`` where no number of DLT says down.

    Parameters
    ----------
    n
        Patients at the dose, at least 1.
    target
        Target DLT rate, for elimination.
    equivalence
        Bounds of the equivalence interval.
    cutoff
        Posterior probability beyond which a dose is eliminated.
    """
    low, high = equivalence
    up = math.ceil(n * low) - 1  # y / n < low
    above = math.floor(n * high) + 1  # y / n > high
    # Down from y if y / n is above and (y - 1) / n is not below, that is y - 1 > up.
    return BoinLimits(n, up, max(above, up + 2), elimination_limit(n, target, cutoff))
