"""The modified toxicity probability interval design, version 2 (mTPI-2).

Guo, Wang, Yang, Lin and Ji, Contemp Clin Trials 2017;58:23 (arXiv:1609.08737). The rates from 0 to 1 are cut
into intervals as wide as the equivalence interval from ``target - below`` to ``target + above``, which is one
of them; those at 0 and 1 may be narrower. With y DLT in n patients the rate of the dose is Beta(1 + y,
1 + n - y), from a flat prior. The interval with the greatest *unit probability mass*, posterior probability
divided by width, decides: one below the equivalence interval says up, that interval itself stay, one above it
down. The probability that a Beta(1 + y, 1 + n - y) rate is at most x is that of more than y successes in
n + 1 trials with rate x, a sum of whole numbers; the masses are compared exactly.

Elimination, end of the trial and choice of the MTD are those of ``interval``. Of intervals with exactly equal
mass the higher decides (the paper does not say; the safer answer is taken).
"""

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import ClassVar

from mitograft.errors import UsageError
from mitograft.trial.escalation.boin_table import BoinLimits, elimination_limit
from mitograft.trial.escalation.interval import IntervalDesign
from mitograft.trial.escalation.settings import exact

__all__ = ["Mtpi2", "check_equivalence", "mtpi2_limits"]

Bounds = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Mtpi2(IntervalDesign):
    """An mTPI-2 design; parameters as in ``IntervalDesign``, and the equivalence interval.

    Parameters
    ----------
    below, above
        Width of the equivalence interval below and above the target; None: the rows ``mtpi2_below`` and
        ``mtpi2_above`` of ``data/conduct.csv``.

    >>> Mtpi2(3).limits(6)
    BoinLimits(n=6, escalate=1, de_escalate=3, eliminate=4)
    """

    below: float | None = None
    above: float | None = None
    label: ClassVar[str] = "mTPI-2"
    prior_row: ClassVar[str] = "mtpi2_prior"

    @property
    def equivalence(self) -> Bounds:
        """Bounds of the equivalence interval."""
        target = Fraction(repr(float(self.target)))
        return target - exact(self.below, "mtpi2_below"), target + exact(self.above, "mtpi2_above")

    def _check(self) -> None:
        check_equivalence(self.label, self.target, self.equivalence)

    def _limits(self, n: int) -> BoinLimits:
        return mtpi2_limits(n, self.target, self.equivalence, self.cutoff)


def check_equivalence(label: str, target: float, bounds: Bounds) -> None:
    """Raise UsageError unless ``0 < low <= target <= high < 1`` and ``low < high``."""
    low, high = bounds
    if not 0 < low <= Fraction(repr(float(target))) <= high < 1 or low == high:
        raise UsageError(
            f"{label}: found target {target:g} and equivalence interval {float(low):g} to {float(high):g}; "
            "expected an interval around the target, within 0 and 1."
        )


@cache
def mtpi2_limits(n: int, target: float, equivalence: Bounds, cutoff: float = 0.95) -> BoinLimits:
    """Return the whole-number limits for ``n`` patients at a dose.

    More DLT move the posterior up, so that the deciding interval never falls and two limits say it all.

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
    edges = _edges(equivalence)
    moves = [_move(y, n, edges, equivalence) for y in range(n + 1)]
    return BoinLimits(n, moves.count(-1) - 1, n + 1 - moves.count(1), elimination_limit(n, target, cutoff))


@cache
def _edges(equivalence: Bounds) -> tuple[Fraction, ...]:
    """Return 0, the ends of all intervals in order, and 1."""
    low, high = equivalence
    width = high - low
    down = [low - k * width for k in range(math.ceil(low / width))]
    up = [high + k * width for k in range(math.ceil((1 - high) / width))]
    return (Fraction(0), *reversed(down), *up, Fraction(1))


def _move(y: int, n: int, edges: tuple[Fraction, ...], equivalence: Bounds) -> int:
    """Return -1 for up (the deciding interval lies below), 0 for stay, 1 for down."""
    scale = math.lcm(*(edge.denominator for edge in edges))
    whole = [int(edge * scale) for edge in edges]
    below = [_at_most(x, scale, y, n) for x in whole]
    widths = [b - a for a, b in itertools.pairwise(whole)]
    masses = [b - a for a, b in itertools.pairwise(below)]
    best = 0
    for place in range(1, len(widths)):
        if masses[place] * widths[best] >= masses[best] * widths[place]:
            best = place
    low, high = equivalence
    return -1 if edges[best] < low else int(edges[best] >= high)


def _at_most(x: int, scale: int, y: int, n: int) -> int:
    """Return ``scale ** (n + 1)`` times the posterior probability of a rate of at most ``x / scale``."""
    trials = n + 1
    return sum(math.comb(trials, k) * x**k * (scale - x) ** (trials - k) for k in range(y + 1, trials + 1))
