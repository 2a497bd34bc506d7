"""Holm's step-down adjustment, and the level at which Bonferroni's intervals hold together.

With ``m`` p values in ascending order ``p_(1) <= ... <= p_(m)``, the adjusted ones are
``max_{j <= i} min(1, (m - j + 1) p_(j))`` (Holm, Scand J Stat 1979;6:65). Comparing them with ``alpha`` keeps
the probability of any false finding at ``alpha`` or below, whatever the dependence of the tests. Intervals
that go with every step do not exist in a useful form; Bonferroni's, each at level ``1 - alpha / m``, hold
together and never contradict a rejection that Bonferroni itself makes.
"""

import math
from collections.abc import Sequence

from mitograft.errors import UsageError
from mitograft.statistics.counts import check_level

__all__ = ["bonferroni_level", "holm"]


def holm(p: Sequence[float]) -> tuple[float, ...]:
    """Return p values adjusted by Holm's step-down, in the order given; NaN stays NaN and does not count.

    Raises
    ------
    UsageError
        If a p value lies outside 0 to 1.

    >>> [round(x, 3) for x in holm([0.01, 0.04, 0.03, 0.005])]
    [0.03, 0.06, 0.06, 0.02]
    """
    values = [float(x) for x in p]
    known = [i for i, x in enumerate(values) if not math.isnan(x)]
    if any(not 0.0 <= values[i] <= 1.0 for i in known):
        raise UsageError("Holm's adjustment: found a p value outside 0 to 1.")
    adjusted, largest = list(values), 0.0
    for rank, i in enumerate(sorted(known, key=values.__getitem__)):
        largest = max(largest, min(1.0, (len(known) - rank) * values[i]))
        adjusted[i] = largest
    return tuple(adjusted)


def bonferroni_level(count: int, level: float = 0.95) -> float:
    """Return the level of each of ``count`` intervals that hold together at ``level``.

    >>> bonferroni_level(5)
    0.99
    """
    if count < 1:
        raise UsageError(f"Bonferroni's level: found {count} intervals; expected at least one.")
    return 1.0 - round((1.0 - check_level(level)) / count, 15)
