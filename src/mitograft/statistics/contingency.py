r"""Tables of counts with several rows and columns: Pearson's chi-squared test and Fisher's exact test.

Fisher's test of an r x c table (Freeman and Halton, Biometrika 1951;38:141) adds the probabilities, both
margins fixed, of all tables no more probable than the one observed: ``P(T) = prod r_i! prod c_j! / (N! prod
t_ij!)``. The tables are counted, not listed: column after column, all ways that leave the same row totals
and have reached the same probability are one entry (the network of Mehta and Patel, J Am Stat Assoc
1983;78:427, without its pruning). The distribution of ``prod t_ij!`` is kept in whole numbers, so that ties
of probability are ties. Where that would take too long the p value is None and the caller says so; nothing
is drawn at random unasked.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["chi_squared_test", "fisher_exact_table"]

_MOST_STEPS = 400_000


def chi_squared_test(table: "ArrayLike") -> tuple[float, int, float] | None:
    """Return Pearson's chi-squared statistic, degrees of freedom and p value (no continuity correction).

    Rows and columns without any count are left out; None where fewer than two of either remain.

    Raises
    ------
    UsageError
        If a count is negative or no whole number.

    >>> statistic, df, p = chi_squared_test([[10, 20], [20, 10]])
    >>> f"{statistic:.4f} {df} {p:.6f}"
    '6.6667 1 0.009823'
    """
    from scipy.special import chdtrc

    counts = _filled(table)
    if min(counts.shape) < 2:
        return None
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    statistic = float(np.sum((counts - expected) ** 2 / expected))
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return statistic, df, float(chdtrc(df, statistic))


def fisher_exact_table(table: "ArrayLike") -> float | None:
    """Return the p value of Fisher's exact test of an r x c table; None where it would take too long.

    Rows and columns without any count do not matter; 1 where only one row or column is left.

    Raises
    ------
    UsageError
        If a count is negative or no whole number.

    >>> round(fisher_exact_table([[3, 1, 2], [1, 4, 2]]), 5)
    0.32401
    """
    counts = _filled(table)
    if min(counts.shape, default=0) < 2:
        return 1.0
    if counts.shape[0] > counts.shape[1]:
        counts = counts.T
    whole = counts.astype(int)
    columns = sorted(whole.sum(axis=0).tolist(), reverse=True)
    weights = _weights(tuple(whole.sum(axis=1).tolist()), columns)
    if weights is None:
        return None
    # A table's probability is its multinomial weight over the total: the product of the columns' weights.
    observed = math.prod(_multinomial(tuple(column)) for column in whole.T.tolist())
    total = sum(weight * ways for weight, ways in weights.items())
    return sum(weight * ways for weight, ways in weights.items() if weight <= observed) / total


def _filled(table: "ArrayLike") -> Array:
    counts = np.atleast_2d(np.asarray(table, dtype=float))
    if not np.all((counts >= 0) & (counts == np.rint(counts))):
        raise UsageError(
            "Table of counts: found a count that is negative or no whole number; expected 0, 1, ..."
        )
    filled: Array = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    return filled


def _weights(rows: tuple[int, ...], columns: Sequence[int]) -> dict[int, int] | None:
    """Return how many tables with these margins have each product of column multinomials.

    The state is what the rows still take, in ascending order: rows with the same rest are alike.
    """
    steps = 0
    reached: dict[tuple[int, ...], dict[int, int]] = {tuple(sorted(rows)): {1: 1}}
    for column in columns:
        following: dict[tuple[int, ...], dict[int, int]] = {}
        for rest, weights in reached.items():
            for taken in _splits(column, rest):
                steps += len(weights)
                if steps > _MOST_STEPS:
                    return None
                factor = _multinomial(tuple(sorted(taken)))
                left = tuple(sorted(r - t for r, t in zip(rest, taken, strict=True)))
                into = following.setdefault(left, {})
                for weight, ways in weights.items():
                    into[weight * factor] = into.get(weight * factor, 0) + ways
        reached = following
    return reached[(0,) * len(rows)]


def _splits(total: int, most: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield every way to split ``total`` over places that take at most ``most``."""
    if len(most) == 1:
        if total <= most[0]:
            yield (total,)
        return
    room = sum(most[1:])
    for first in range(max(0, total - room), min(total, most[0]) + 1):
        for others in _splits(total - first, most[1:]):
            yield (first, *others)


@cache
def _multinomial(parts: tuple[int, ...]) -> int:
    """Return the number of orders of things of several kinds: ``(sum parts)! / prod parts!``."""
    ways, total = 1, 0
    for part in parts:
        total += part
        ways *= math.comb(total, part)
    return ways
