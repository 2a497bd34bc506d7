r"""Whether any of several groups differs: the Kruskal-Wallis test by permutation, with ties.

``H = (12 / (N (N + 1)) sum_g R_g^2 / n_g - 3 (N + 1)) / C`` with the rank sums ``R_g`` and the tie factor
``C`` (Kruskal and Wallis, J Am Stat Assoc 1952;47:583). Every arrangement of the values over the groups is
equally likely under the null hypothesis; large ``H`` is evidence against it. For few and small groups
(three of five, four of four) the distribution of the rank sums is counted, tied block after tied block;
beyond, ``draws`` random arrangements from the given generator are taken, and without a generator the
chi-squared distribution on ``k - 1`` degrees of freedom, which is poor below five values a group.
Arrangements are compared by ``sum_g R_g^2 / n_g`` in whole numbers, so that ties of ``H`` are ties.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mitograft.statistics.ranking import Levels, doubled_mid_ranks, tie_factor
from mitograft.statistics.trend import check_groups, fillings

__all__ = ["KruskalWallis", "kruskal_wallis"]

_WHOLE = 2**62
_MOST_STATES = 1_500_000  # rank-sum vectors visited, about half a second
_CHUNK = 10_000

Sums = npt.NDArray[np.int64]
Counts = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class KruskalWallis:
    """A Kruskal-Wallis test.

    Parameters
    ----------
    statistic, df
        ``H`` with ties and the number of groups less one; ``H`` is 0 where all values are tied.
    p
        Probability of ``H`` or more.
    method
        ``exact``, ``monte carlo`` or ``chi-squared``.
    arrangements
        Number of arrangements counted or drawn; 0 for chi-squared.
    sizes
        Number of values in each group.
    """

    statistic: float
    df: int
    p: float
    method: Literal["exact", "monte carlo", "chi-squared"]
    arrangements: float
    sizes: tuple[int, ...]

    @property
    def description(self) -> str:
        """The method in words."""
        how = {
            "exact": "exact permutation, ties kept",
            "monte carlo": f"{self.arrangements:,.0f} random permutations, ties kept",
            "chi-squared": "chi-squared approximation with ties",
        }
        return f"Kruskal-Wallis test, {how[self.method]}"


def kruskal_wallis(
    groups: Sequence[Sequence[float]], *, rng: np.random.Generator | None = None, draws: int = 100_000
) -> KruskalWallis:
    """Test whether any group differs from the others.

    Parameters
    ----------
    groups
        Values of each group.
    rng
        Generator (``mitograft.seeds.stream``) for random arrangements where counting takes too long.
    draws
        Number of random arrangements.

    Raises
    ------
    UsageError
        If there are fewer than two groups, a group is empty or a value is missing.

    >>> result = kruskal_wallis([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    >>> f"{result.statistic:.1f} {result.p:.6f} {result.method}"
    '7.2 0.003571 exact'
    """
    levels, sizes = check_groups(groups, "Kruskal-Wallis test")
    ranks = doubled_mid_ranks(levels)
    observed = _size(_sums(ranks[np.newaxis, :], sizes), sizes)[0]
    statistic = _statistic(ranks, sizes, tie_factor(levels))
    method: Literal["exact", "monte carlo", "chi-squared"] = "exact"
    counted = _count(levels, ranks, sizes)
    if counted is not None:
        sums, counts = counted
        total = counts.sum().item()
        p, arrangements = counts[_size(sums, sizes) >= observed].sum().item() / total, total
    elif rng is not None:
        method, arrangements, hits = "monte carlo", draws, 0
        for done in range(0, draws, _CHUNK):
            rows = np.tile(ranks, (min(_CHUNK, draws - done), 1))
            hits += int(np.sum(_size(_sums(rng.permuted(rows, axis=1), sizes), sizes) >= observed))
        p = (1 + hits) / (1 + draws)
    else:
        from scipy.special import chdtrc

        method, arrangements = "chi-squared", 0.0
        p = float(chdtrc(len(sizes) - 1, statistic))
    return KruskalWallis(statistic, len(sizes) - 1, p, method, arrangements, sizes)


def _sums(arrangements: Levels, sizes: tuple[int, ...]) -> Sums:
    """Return the doubled rank sum of each group (column) of each row."""
    starts = np.cumsum([0, *sizes[:-1]])
    sums: Sums = np.add.reduceat(arrangements, starts, axis=1)
    return sums


def _size(sums: Sums, sizes: tuple[int, ...]) -> Sums:
    """Return ``sum_g R_g^2 / n_g`` times a common denominator, in whole numbers."""
    common = math.lcm(*sizes)
    total: Sums = sums**2 @ np.array([common // size for size in sizes], dtype=np.int64)
    return total


def _statistic(ranks: Levels, sizes: tuple[int, ...], factor: float) -> float:
    if factor <= 0.0:
        return 0.0
    n = len(ranks)
    sums = _sums(ranks[np.newaxis, :], sizes)[0] / 2.0
    between = float(np.sum(sums**2 / np.array(sizes)))
    return max(0.0, (12.0 / (n * (n + 1.0)) * between - 3.0 * (n + 1.0)) / factor)


def _count(levels: Levels, ranks: Levels, sizes: tuple[int, ...]) -> tuple[Sums, Counts] | None:
    """Return all vectors of doubled rank sums and how often each occurs; None where there are too many."""
    total = math.factorial(len(levels)) // math.prod(map(math.factorial, sizes))
    kind = np.int64 if total < _WHOLE else np.float64
    base = int(ranks.sum()) + 1
    if base ** (len(sizes) - 1) >= _WHOLE:
        return None
    places = np.array([base**i for i in range(len(sizes) - 1)], dtype=np.int64)
    ties = np.bincount(levels)
    of_level = dict(zip(levels.tolist(), ranks.tolist(), strict=True))
    reached: dict[tuple[int, ...], tuple[Sums, Counts]] = {
        (0,) * len(sizes): (np.zeros(1, dtype=np.int64), np.ones(1, dtype=kind))
    }
    visited = 0
    for level, tied in enumerate(ties.tolist()):
        parts: dict[tuple[int, ...], list[tuple[Sums, Counts]]] = {}
        for filled, (keys, counts) in reached.items():
            room = tuple(size - c for size, c in zip(sizes, filled, strict=True))
            for added, ways in fillings(tied, room):
                visited += len(keys)
                if visited > _MOST_STATES:
                    return None
                shift = int(places @ np.array(added[:-1], dtype=np.int64)) * of_level[level]
                after = tuple(c + a for c, a in zip(filled, added, strict=True))
                parts.setdefault(after, []).append((keys + shift, counts * ways))
        reached = {after: _merge(pieces) for after, pieces in parts.items()}
    ((keys, counts),) = reached.values()
    digits = np.stack([keys // place % base for place in places], axis=1)
    last = int(ranks.sum()) - digits.sum(axis=1, keepdims=True)
    return np.hstack([digits, last]), counts


def _merge(pieces: list[tuple[Sums, Counts]]) -> tuple[Sums, Counts]:
    if len(pieces) == 1:
        return pieces[0]
    keys, place = np.unique(np.concatenate([keys for keys, _ in pieces]), return_inverse=True)
    counts = np.zeros(len(keys), dtype=pieces[0][1].dtype)
    np.add.at(counts, place, np.concatenate([counts for _, counts in pieces]))
    return keys, counts
