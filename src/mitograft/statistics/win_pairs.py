r"""Every subject compared with every other on prioritised outcomes: who fared better, and by which outcome.

A pair is decided by the first outcome on which the two differ (Finkelstein and Schoenfeld, Stat Med
1999;18:1341; Pocock et al., Eur Heart J 2012;33:176):

* ``higher`` and ``lower``: by the values, if they differ by more than the margin.
* ``later`` (death, rescue): the one known to have been without the event when the other had it, more than the
  margin earlier. Somebody censored at the time of the other's event was still without it. Two events at one
  time, or nothing known, leave the pair undecided.
* ``earlier`` (time to response): the reverse.

A missing value decides nothing and leaves the pair to the next outcome. A margin or censoring may make the
comparisons circular (A beats B, B beats C, C ties A); nothing here needs them to be otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array

__all__ = ["Outcome", "Pairs", "compare_pairs"]

Better = Literal["higher", "lower", "later", "earlier"]

_BETTER = ("higher", "lower", "later", "earlier")
_SAME = 1e-12


@dataclass(frozen=True, eq=False)
class Outcome:
    """One outcome of all subjects.

    Parameters
    ----------
    name
        What it is.
    values
        Value or time of each subject; NaN where missing.
    better
        Which value is better: ``higher``, ``lower``; for times to an event ``later``, ``earlier``.
    margin
        Differences of at most this much count as ties; in the unit of the values.
    event
        For times: whether the event was seen at that time (else the subject was censored then).
    """

    name: str
    values: Sequence[float] | Array
    better: Better
    margin: float = 0.0
    event: Sequence[bool] | None = None

    def compare(self) -> npt.NDArray[np.int8]:
        """Return the matrix of comparisons: 1 where the row fares better than the column, -1 worse, 0 tie.

        Raises
        ------
        UsageError
            If the kind of outcome, its margin or its events are not usable.
        """
        values = np.asarray(self.values, dtype=float)
        timed = self.better in ("later", "earlier")
        if self.better not in _BETTER:
            raise UsageError(
                f"Outcome {self.name}: found {self.better!r}; expected one of {', '.join(_BETTER)}."
            )
        if not 0.0 <= self.margin < np.inf:
            raise UsageError(f"Outcome {self.name}: found margin {self.margin}; expected 0 or more.")
        if timed != (self.event is not None) or (self.event is not None and len(self.event) != values.size):
            raise UsageError(
                f"Outcome {self.name}: found {'no ' if self.event is None else ''}events with "
                f"{self.better!r}; expected one for each time for 'later' and 'earlier', and none otherwise."
            )
        ahead = _ahead(values, self.margin)
        if timed:
            event = np.asarray(self.event, dtype=bool)
            if self.margin == 0.0:
                at_once = ~np.isnan(values) & ~event
                ahead |= _level(values) & at_once[:, None] & event[None, :]
            ahead &= event[None, :]
        better = ahead.astype(np.int8) - ahead.T.astype(np.int8)
        return -better if self.better in ("lower", "earlier") else better


@dataclass(frozen=True, eq=False)
class Pairs:
    """All pairs of subjects.

    Parameters
    ----------
    better
        1 where the row fares better than the column, -1 worse, 0 undecided.
    decided_by
        Index of the outcome that decided; the number of outcomes where none did.
    names
        Names of the outcomes, in order of priority.
    """

    better: npt.NDArray[np.int8]
    decided_by: npt.NDArray[np.int8]
    names: tuple[str, ...]


def compare_pairs(outcomes: Sequence[Outcome]) -> Pairs:
    """Compare all subjects with each other by the first outcome that tells them apart.

    Raises
    ------
    UsageError
        If there are no outcomes, two have one name, or they are not of the same subjects.

    >>> death = Outcome("death", [10, 84, 84], "later", event=[True, False, False])
    >>> tis = Outcome("TIS", [60, 20, 45], "higher")
    >>> compare_pairs([death, tis]).better.tolist()
    [[0, -1, -1], [1, 0, -1], [1, 1, 0]]
    """
    names = tuple(outcome.name for outcome in outcomes)
    sizes = {len(outcome.values) for outcome in outcomes}
    if len(sizes) != 1 or len(set(names)) != len(names):
        raise UsageError(
            f"Prioritised outcomes: found {', '.join(names) or 'none'} with {sorted(sizes)} values; expected "
            "at least one, with different names and one value for each subject."
        )
    size = sizes.pop()
    better = np.zeros((size, size), dtype=np.int8)
    decided = np.full((size, size), len(names), dtype=np.int8)
    for place, outcome in enumerate(outcomes):
        found = np.where(better == 0, outcome.compare(), 0).astype(np.int8)
        decided[found != 0] = place
        better += found
    return Pairs(better, decided, names)


def _ahead(values: Array, margin: float) -> npt.NDArray[np.bool_]:
    """Return where the row's value is larger than the column's by more than the margin."""
    with np.errstate(invalid="ignore"):
        difference = values[:, None] - values[None, :]
        size = np.maximum(np.abs(values[:, None]), np.abs(values[None, :]))
        # Rounding makes no winners. Beside an infinite value only equality ties; NaN compares as false.
        return np.where(np.isinf(size), difference > 0.0, difference > margin + _SAME * size)


def _level(values: Array) -> npt.NDArray[np.bool_]:
    ahead = _ahead(values, 0.0)
    known = ~np.isnan(values)
    return ~ahead & ~ahead.T & known[:, None] & known[None, :]
