r"""What it says that nobody of ``n`` patients had an event, exactly.

If every patient has the event with probability ``p``, independently, nobody of ``n`` has it with probability
``(1 - p)^n``. Two questions have one answer, ``p = 1 - (1 - c)^(1/n)``:

* none was seen: which event rates are still allowed? All up to this upper limit, with one-sided confidence
  ``c`` (the upper Clopper-Pearson limit at 0 of ``n``; the "rule of three" ``3 / n`` is near it at 95 %);
* before the trial: which event rate would have shown itself in at least one patient with probability ``c``?

Solved for ``n``: at least ``log(1 - c) / log(1 - p)`` patients without an event exclude rates of ``p`` and
more.

Sources: Clopper and Pearson, Biometrika 1934;26:404; Hanley and Lippman-Hand, JAMA 1983;249:1743 (rule of
three).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mitograft.errors import UsageError
from mitograft.statistics.counts import check_level

__all__ = ["NoneSeen", "none_seen", "patients_to_exclude"]

_NEAR = 1e-9  # relative; tells a limit that is met from one that rounding has pushed past it


@dataclass(frozen=True, slots=True)
class NoneSeen:
    """What is still possible when nobody of ``n`` patients had the event.

    Parameters
    ----------
    n
        Patients observed.
    levels
        One-sided levels of confidence, or probabilities that the event shows.
    upper
        For each level: highest event rate still allowed, which is also the smallest that would have shown in
        at least one of ``n`` patients with this probability. 1 where there is no patient.
    rates, needed
        Event rates, and for each rate and level (rates by levels) the fewest patients without event that
        exclude it.
    method, kind, note
        In words; ``exact``; what a reader must know, empty otherwise.
    """

    n: int
    levels: tuple[float, ...]
    upper: tuple[float, ...]
    rates: tuple[float, ...]
    needed: tuple[tuple[int, ...], ...]
    method: str = "exact binomial (upper Clopper-Pearson limit at no event)"
    kind: Literal["exact"] = "exact"
    note: str = ""


def none_seen(n: int, *, levels: Sequence[float], rates: Sequence[float] = ()) -> NoneSeen:
    """Return what no event in ``n`` patients still allows.

    Parameters
    ----------
    n
        Patients observed; 0 is answered: every rate is allowed.
    levels
        One-sided levels of confidence, each between 0 and 1.
    rates
        Event rates for which the number of patients needed is wanted, each between 0 and 1.

    Raises
    ------
    UsageError
        If ``n`` is no whole number from 0, or a level or rate does not lie between 0 and 1.

    >>> found = none_seen(9, levels=(0.95, 0.975), rates=(1 / 3,))
    >>> [f"{limit:.4f}" for limit in found.upper], found.needed
    (['0.2831', '0.3363'], ((8, 10),))
    """
    if n < 0 or n != int(n):
        raise UsageError(f"No event seen: found {n!r} patients; expected a whole number from 0.")
    checked = tuple(check_level(level) for level in levels)
    upper = tuple(-math.expm1(math.log1p(-level) / n) if n else 1.0 for level in checked)
    needed = tuple(tuple(patients_to_exclude(rate, level) for level in checked) for rate in rates)
    note = "" if n else "No patient was observed: every rate is possible."
    return NoneSeen(int(n), checked, upper, tuple(float(rate) for rate in rates), needed, note=note)


def patients_to_exclude(rate: float, level: float) -> int:
    """Return the fewest patients without event after which an event rate of ``rate`` or more is excluded.

    The smallest ``n`` with ``(1 - rate)^n <= 1 - level``.

    Raises
    ------
    UsageError
        If rate or level does not lie between 0 and 1.

    >>> patients_to_exclude(0.1, 0.95), patients_to_exclude(0.5, 0.875)
    (29, 3)
    """
    if not 0.0 < rate < 1.0:
        raise UsageError(f"Rate to exclude: found {rate!r}; expected a number between 0 and 1.")
    wanted = math.log1p(-check_level(level)) / math.log1p(-rate)
    return max(1, math.ceil(wanted * (1.0 - _NEAR)))
