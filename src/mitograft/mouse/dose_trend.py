"""Whether an outcome rises or falls with the dose: Jonckheere's test over groups ordered by dose.

Healthy mice do not belong to the trend: they were given nothing, as vehicle mice were, and differ from them
by the disease. Values below one common limit of quantification share the lowest rank, which is all a rank
test needs to know of them; several limits, or known values below a limit, leave the order open and are
refused.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mitograft.errors import UsageError
from mitograft.mouse.animals import Colony, Group
from mitograft.mouse.compare import group_values
from mitograft.mouse.outcomes import Outcome
from mitograft.statistics.trend import TrendTest, jonckheere

__all__ = ["DoseTrend", "dose_trend", "order_by_dose"]

_FEWEST = 3


@dataclass(frozen=True, slots=True)
class DoseTrend:
    """One outcome over groups of rising dose.

    Parameters
    ----------
    outcome
        What was tested.
    groups, doses, unit
        Groups by rising dose, their doses and the unit.
    sizes
        Mice of each group that have a value.
    test
        The test; None where ``refused``.
    refused
        Why there is no test; empty where there is one.
    """

    outcome: Outcome
    groups: tuple[str, ...]
    doses: tuple[float, ...]
    unit: str
    sizes: tuple[int, ...]
    test: TrendTest | None
    refused: str = ""

    @property
    def sentence(self) -> str:
        """The result in a sentence."""
        if self.test is None:
            return self.refused
        steps = ", ".join(f"{dose:g}" for dose in self.doses)
        share = 100.0 * self.test.index
        return (
            f"Over doses {steps} {self.unit}".rstrip()
            + f", the mouse of the higher dose had the higher value in "
            f"{share:.0f} % of pairs (50 % without a trend), p = {self.test.p:.2g}; {self.test.description}."
        )


def order_by_dose(colony: Colony, groups: Sequence[str] = ()) -> tuple[Group, ...]:
    """Return groups by rising dose: those named, or the control and treated groups.

    Raises
    ------
    UsageError
        If a group is unknown or named twice.
    """
    names = list(groups) or [group.name for group in colony.groups.values() if group.role != "healthy"]
    unknown = [name for name in names if name not in colony.groups]
    if unknown or len(set(names)) < len(names):
        raise UsageError(
            f"Dose trend: found the groups {names}; expected groups of {', '.join(colony.groups)}, each once."
        )
    return tuple(sorted((colony.groups[name] for name in names), key=lambda group: group.dose))


def dose_trend(
    outcome: Outcome, colony: Colony, groups: Sequence[str], rng: np.random.Generator | None = None
) -> DoseTrend:
    """Test for a trend of an outcome with the dose.

    Parameters
    ----------
    outcome
        One number a mouse, of any scale.
    colony
        Mice, and the doses of their groups.
    groups
        Groups in any order, three or more of different doses; empty takes the control and treated groups.
    rng
        Generator for random permutations where exact counting takes too long.

    Raises
    ------
    UsageError
        If a group is unknown or named twice.
    """
    ordered = order_by_dose(colony, groups)
    values = [group_values(outcome, colony, group.name) for group in ordered]
    limits = {limit for group in values for limit in group.below}
    known = [value for group in values for value in group.values]
    test, refused = None, _refuse(ordered, [group.n for group in values], limits, known)
    if not refused:
        samples = [[-math.inf] * len(group.below) + list(group.values) for group in values]
        test = jonckheere(samples, rng=rng)
    return DoseTrend(
        outcome=outcome,
        groups=tuple(group.name for group in ordered),
        doses=tuple(group.dose for group in ordered),
        unit=next((group.dose_unit for group in ordered if group.dose_unit), ""),
        sizes=tuple(group.n for group in values),
        test=test,
        refused=refused,
    )


def _refuse(groups: Sequence[Group], sizes: Sequence[int], limits: set[float], known: Sequence[float]) -> str:
    """Say why there is no trend to test; empty where there is."""
    if len(groups) < _FEWEST:
        return f"{len(groups)} groups: a trend needs three or more doses; compare the groups instead."
    doses = [group.dose for group in groups]
    if len(set(doses)) < len(doses):
        twice = [group.name for group in groups if doses.count(group.dose) > 1]
        return f"{' and '.join(twice)} have the same dose: a trend needs one group a dose."
    units = {group.dose_unit for group in groups if group.dose > 0.0}
    if len(units) > 1:
        return f"Doses in different units ({', '.join(sorted(units))}): a trend needs one."
    empty = [group.name for group, size in zip(groups, sizes, strict=True) if not size]
    if empty:
        return f"No mouse of {' and '.join(empty)} has a value."
    if len(limits) > 1 or (limits and min(known, default=math.inf) < max(limits)):
        return "Values lie below different limits: their order is not known."
    return ""
