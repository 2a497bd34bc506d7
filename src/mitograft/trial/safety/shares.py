"""A share of few patients with its exact interval, as a number and as a cell of a table."""

import math
from dataclasses import dataclass
from typing import Literal

from mitograft.statistics.proportions import clopper_pearson
from mitograft.statistics.rounding import format_fixed, format_share
from mitograft.trial.summary.result import Cell, Records, Statistic

__all__ = ["Share", "exact_share", "finite", "format_limit", "share_cell"]


@dataclass(frozen=True, slots=True)
class Share:
    """``k`` of ``n`` patients, with the exact interval of the rate behind it.

    Parameters
    ----------
    k, n
        Patients with the event, and patients.
    rate, low, high, level
        Observed rate with its two-sided Clopper-Pearson interval; nan, 0 and 1 of nobody.
    method, kind, note
        In words; ``exact``; why there is no rate, empty otherwise.
    """

    k: int
    n: int
    rate: float
    low: float
    high: float
    level: float
    method: str = "Clopper-Pearson"
    kind: Literal["exact"] = "exact"
    note: str = ""


def exact_share(k: int, n: int, *, level: float = 0.95) -> Share:
    """Return ``k`` of ``n`` with its exact interval; nobody (0 of 0) is answered with all rates.

    Raises
    ------
    UsageError
        If a count is not a whole number or ``k`` exceeds ``n``.

    >>> found = exact_share(0, 9)
    >>> f"{found.low:.3f} {found.high:.3f}"
    '0.000 0.336'
    """
    if n == 0 and k == 0:
        return Share(0, 0, math.nan, 0.0, 1.0, level, note="Nobody: every rate is possible.")
    low, high = clopper_pearson(k, n, level=level)
    return Share(int(k), int(n), k / n, float(low), float(high), level)


def share_cell(
    share: Share, group: str, variable: str, level: str = "", records: tuple[Records, ...] = ()
) -> Cell:
    """Return the cell of a share: ``k/n``, percent and interval in percent."""
    names = ("n", "denominator", "percent", "low", "high")
    values = (float(share.k), float(share.n), *(100.0 * v for v in (share.rate, share.low, share.high)))
    statistics = tuple(
        Statistic(group, variable, level, name, finite(value), "" if name in names[:2] else "%")
        for name, value in zip(names, values, strict=True)
    )
    limits = f"({format_fixed(values[3], 1)}, {format_fixed(values[4], 1)})"
    percent = format_share(share.k, share.n)
    text = f"{share.k}/{share.n} {percent}% {limits}" if share.n else "0/0"
    return Cell(text, statistics, tuple(part for part in records if len(part)))


def finite(value: float) -> float | None:
    """Return a number for the results data; None where it is not defined or not finite."""
    return value if math.isfinite(value) else None


def format_limit(value: float, decimals: int) -> str:
    """Write a number that may be infinite (``inf``, ``-inf``) or missing (``NE``).

    >>> format_limit(2.345, 2), format_limit(-math.inf, 2), format_limit(math.nan, 2)
    ('2.35', '-inf', 'NE')
    """
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return format_fixed(value, decimals, missing="NE")
