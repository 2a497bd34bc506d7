"""The centre of a group of mice that a figure marks, by the scale of the outcome."""

import math
from collections.abc import Sequence

from mitograft.mouse.compare import GroupValues
from mitograft.mouse.outcomes import Scale

__all__ = ["centre_word", "group_centre"]

_WORDS: dict[Scale, str] = {
    "ordinal": "median",
    "interval": "mean",
    "log": "geometric mean",
    "binary": "share",
}


def centre_word(scale: Scale, *, censored: bool = False) -> str:
    """Name the centre: median of grades, mean, geometric mean (median where values are censored), share."""
    return "median" if censored else _WORDS[scale]


def group_centre(group: GroupValues, scale: Scale, *, censored: bool = False) -> float:
    """Return the centre of a group.

    Parameters
    ----------
    group
        Known and censored values.
    scale
        Scale of the outcome.
    censored
        Whether any group of the figure has values below a limit: then all get the median, which does not
        depend on what lies below.

    Returns
    -------
    centre
        NaN where no mouse has a value, or the median itself lies below a limit.

    >>> group_centre(GroupValues("vehicle", (1.0, 2.0, 4.0)), "ordinal")
    2.0
    """
    if group.below or censored or scale == "ordinal":
        return _median([*[-math.inf] * len(group.below), *group.values], max(group.below, default=-math.inf))
    if not group.values:
        return math.nan
    if scale == "log":
        if min(group.values) <= 0.0:
            return math.nan
        return math.exp(math.fsum(map(math.log, group.values)) / len(group.values))
    return math.fsum(group.values) / len(group.values)


def _median(values: Sequence[float], limit: float) -> float:
    ordered = sorted(values)
    if not ordered:
        return math.nan
    half = len(ordered) // 2
    low = ordered[half] if len(ordered) % 2 else ordered[half - 1]
    # A known value below a limit may be smaller or larger than the censored ones.
    if low < limit or math.isinf(low):
        return math.nan
    return (low + ordered[half]) / 2.0
