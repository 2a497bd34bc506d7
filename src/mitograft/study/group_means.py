"""Means of groups over donors, for pictures: the donor is the unit, replicates are averaged within it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mitograft.statistics.donors import average_donors, exact_mean, exact_variance

__all__ = ["LEVEL", "GroupMean", "group_means"]

LEVEL = 0.95
"""Level of the intervals."""


@dataclass(frozen=True, slots=True)
class GroupMean:
    """One group: the mean of each donor, their mean, and its t interval (NaN with one donor)."""

    group: str
    donors: Mapping[str, float]
    estimate: float
    low: float
    high: float


def group_means(
    values: Sequence[float], donors: Sequence[str], groups: Sequence[str]
) -> tuple[GroupMean, ...]:
    """Return every group with its donors, in the order in which groups first occur; NaN is left out.

    >>> (group,) = group_means([1.0, 3.0, 4.0], ["P1", "P1", "P2"], ["IIM", "IIM", "IIM"])
    >>> group.donors, group.estimate
    ({'P1': 2.0, 'P2': 4.0}, 3.0)
    """
    found: dict[str, dict[str, float]] = {}
    for mean in average_donors(values, donors, groups):
        found.setdefault(mean.group, {})[mean.donor] = mean.mean
    return tuple(_group(group, own) for group, own in found.items())


def _group(group: str, donors: Mapping[str, float]) -> GroupMean:
    estimate, half = exact_mean(donors.values()), math.nan
    if len(donors) > 1:
        from scipy.stats import t as t_distribution

        quantile = float(t_distribution.isf((1 - LEVEL) / 2, len(donors) - 1))
        half = quantile * math.sqrt(exact_variance(donors.values()) / len(donors))
    return GroupMean(group, donors, estimate, estimate - half, estimate + half)
