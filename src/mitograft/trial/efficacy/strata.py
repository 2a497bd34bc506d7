"""Diagnosis as a stratum: whether it can be adjusted for, and its columns."""

from collections.abc import Sequence

__all__ = ["indicator_columns", "usable_strata"]


def usable_strata(strata: Sequence[str]) -> bool:
    """Whether diagnosis can be adjusted for: known for all, at least two, each of two subjects or more."""
    levels = set(strata)
    return len(levels) > 1 and "" not in levels and all(list(strata).count(level) > 1 for level in levels)


def indicator_columns(strata: Sequence[str]) -> tuple[list[float], ...]:
    """Return one column of 0 and 1 for each level but the first.

    >>> indicator_columns(["DM", "PM", "DM"])
    ([0.0, 1.0, 0.0],)
    """
    return tuple([float(name == level) for name in strata] for level in sorted(set(strata))[1:])
