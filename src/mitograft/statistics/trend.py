r"""A trend over ordered groups: the Jonckheere-Terpstra test, exact with ties.

``J = sum_{g < h} U_gh``: over all pairs of groups in the stated order (rising dose), the pairs of values in
which the later group is higher, ties for half. It is the Mann-Whitney statistic for two groups. ``index``
is ``J`` as a share of all such pairs: 1/2 without a trend, 1 where every later group lies above every
earlier one.

The null distribution (every arrangement of the values over the groups equally likely) is counted, not
enumerated: tied block after tied block in ascending order, keeping for each way the groups have been filled
so far the distribution of ``J``. A block that puts ``a_h`` values into group ``h`` behind ``c_g`` smaller
ones adds ``sum_{g < h} (c_g a_h + a_g a_h / 2)``. Where that takes too long, ``draws`` random arrangements
from the given generator (p values ``(1 + hits) / (1 + draws)``), and without a generator the normal
approximation with the tie-corrected variance are used; ``method`` says which.

Sources: Jonckheere, Biometrika 1954;41:133; Terpstra, Indag Math 1952;14:327; the variance with ties:
Lehmann, Nonparametrics, 1975, appendix, as in Hollander and Wolfe, Nonparametric Statistical Methods, 1999,
6.2.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.permutation import NullDistribution
from mitograft.statistics.ranking import Levels, check_sample, ordered_levels

__all__ = ["TrendTest", "check_groups", "fillings", "jonckheere", "jonckheere_null"]

_WHOLE = 2**62
_MOST_PIECES = 60_000  # additions of arrays, about half a second
_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class TrendTest:
    """A Jonckheere-Terpstra test.

    Parameters
    ----------
    statistic, mean, variance
        ``J`` with its mean and tie-corrected variance under the null hypothesis.
    index
        ``J`` as a share of all pairs of values from different groups.
    z
        ``(J - mean) / sqrt(variance)``; 0 where all values are tied.
    p, p_increasing, p_decreasing
        Two-sided (twice the smaller tail) and one-sided.
    method
        ``exact``, ``monte carlo`` or ``normal``.
    arrangements
        Number of arrangements counted or drawn; 0 for the normal approximation.
    sizes
        Number of values in each group, in order.
    """

    statistic: float
    mean: float
    variance: float
    index: float
    z: float
    p: float
    p_increasing: float
    p_decreasing: float
    method: Literal["exact", "monte carlo", "normal"]
    arrangements: float
    sizes: tuple[int, ...]

    @property
    def description(self) -> str:
        """The method in words."""
        how = {
            "exact": "exact permutation, ties kept, twice the smaller tail",
            "monte carlo": f"{self.arrangements:,.0f} random permutations, ties kept, twice the smaller tail",
            "normal": "normal approximation with ties",
        }
        return f"Jonckheere-Terpstra trend test, {how[self.method]}"


def jonckheere(
    groups: Sequence[Sequence[float]], *, rng: np.random.Generator | None = None, draws: int = 20_000
) -> TrendTest:
    """Test for a trend over groups in their given order.

    Parameters
    ----------
    groups
        Values of each group, in the order of the dose.
    rng
        Generator (``mitograft.seeds.stream``) for random arrangements where counting takes too long.
    draws
        Number of random arrangements.

    Raises
    ------
    UsageError
        If there are fewer than two groups, a group is empty or a value is missing.

    >>> result = jonckheere([[1, 2, 2], [2, 3, 4], [4, 5, 5]])
    >>> f"{result.statistic} {result.index:.3f} {result.p:.5f} {result.method}"
    '25.5 0.944 0.00714 exact'
    """
    levels, sizes = check_groups(groups, "Trend test")
    members = np.split(levels, np.cumsum(sizes)[:-1])
    twice = int(_twice_j(levels[np.newaxis, :], sizes)[0])
    pairs = sum(m * n for i, m in enumerate(sizes) for n in sizes[i + 1 :])
    variance = _variance(levels, sizes)
    z = (twice / 2.0 - pairs / 2.0) / math.sqrt(variance) if variance > 0.0 else 0.0
    method: Literal["exact", "monte carlo", "normal"] = "exact"
    null = jonckheere_null(members)
    if null is not None:
        less, greater, _ = null.tails(twice)
        arrangements = null.total
    elif rng is not None:
        method, arrangements = "monte carlo", draws
        less, greater = _draw(levels, sizes, twice, rng, draws)
    else:
        from scipy.special import ndtr

        method, arrangements = "normal", 0.0
        less, greater = float(ndtr(z)), float(ndtr(-z))
    return TrendTest(
        statistic=twice / 2.0,
        mean=pairs / 2.0,
        variance=variance,
        index=twice / (2.0 * pairs),
        z=z,
        p=min(1.0, 2.0 * min(less, greater)),
        p_increasing=greater,
        p_decreasing=less,
        method=method,
        arrangements=arrangements,
        sizes=sizes,
    )


def check_groups(groups: Sequence[Sequence[float]], what: str) -> tuple[Levels, tuple[int, ...]]:
    """Return the levels of all values, group after group, and the sizes of the groups."""
    if len(groups) < 2:
        raise UsageError(f"{what}: found {len(groups)} groups; expected at least two.")
    samples = [check_sample(group, f"{what}, group {i}") for i, group in enumerate(groups, start=1)]
    return ordered_levels(np.concatenate(samples)), tuple(map(len, samples))


def jonckheere_null(groups: Sequence[Levels]) -> NullDistribution | None:
    """Return the null distribution of ``2 J``; None where counting would take too long."""
    sizes = tuple(map(len, groups))
    ties = np.bincount(np.concatenate(groups)).tolist()
    total = math.factorial(sum(sizes)) // math.prod(map(math.factorial, sizes))
    kind = np.int64 if total < _WHOLE else np.float64
    reached: dict[tuple[int, ...], tuple[int, npt.NDArray[Any]]] = {
        (0,) * len(sizes): (0, np.ones(1, dtype=kind))
    }
    pieces = 0
    for tied in ties:
        following: dict[tuple[int, ...], tuple[int, npt.NDArray[Any]]] = {}
        for filled, (start, counts) in reached.items():
            room = tuple(size - c for size, c in zip(sizes, filled, strict=True))
            for added, ways in fillings(tied, room):
                pieces += 1
                if pieces > _MOST_PIECES:
                    return None
                behind = sum(
                    (2 * c + a) * later
                    for i, (c, a) in enumerate(zip(filled, added, strict=True))
                    for later in added[i + 1 :]
                )
                after = tuple(c + a for c, a in zip(filled, added, strict=True))
                _gather(following, after, start + behind, counts * ways)
        reached = following
    ((start, counts),) = reached.values()
    taken = np.flatnonzero(counts)
    return NullDistribution(start + taken, counts[taken])


def fillings(count: int, room: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield how ``count`` tied values can be shared out over groups with ``room`` left, and in how many ways.

    >>> list(fillings(2, (1, 2)))
    [((0, 2), 1), ((1, 1), 2)]
    """
    if len(room) == 1:
        if count <= room[0]:
            yield (count,), 1
        return
    for here in range(max(0, count - sum(room[1:])), min(count, room[0]) + 1):
        for rest, ways in fillings(count - here, room[1:]):
            yield (here, *rest), ways * math.comb(count, here)


def _gather(
    into: dict[tuple[int, ...], tuple[int, npt.NDArray[Any]]],
    key: tuple[int, ...],
    start: int,
    counts: npt.NDArray[Any],
) -> None:
    """Add a distribution that begins at ``start`` to the one kept under ``key``."""
    if key not in into:
        into[key] = (start, counts)
        return
    first, kept = into[key]
    low, high = min(first, start), max(first + len(kept), start + len(counts))
    if low < first or high > first + len(kept):
        wider = np.zeros(high - low, dtype=kept.dtype)
        wider[first - low : first - low + len(kept)] = kept
        into[key] = (low, wider)
        first, kept = low, wider
    kept[start - first : start - first + len(counts)] += counts


def _twice_j(arrangements: Levels, sizes: tuple[int, ...]) -> Levels:
    """Return ``2 J`` of each row; a row holds the levels, group after group."""
    parts = np.split(arrangements, np.cumsum(sizes)[:-1], axis=1)
    total = np.zeros(len(arrangements), dtype=np.int64)
    for i, earlier in enumerate(parts):
        for later in parts[i + 1 :]:
            signs = np.sign(later[:, :, np.newaxis] - earlier[:, np.newaxis, :])
            total += np.sum(signs, axis=(1, 2)) + earlier.shape[1] * later.shape[1]
    return total


def _draw(
    levels: Levels, sizes: tuple[int, ...], observed: int, rng: np.random.Generator, draws: int
) -> tuple[float, float]:
    low = high = 0
    for done in range(0, draws, _CHUNK):
        rows = np.tile(levels, (min(_CHUNK, draws - done), 1))
        drawn = _twice_j(rng.permuted(rows, axis=1), sizes)
        low += int(np.sum(drawn <= observed))
        high += int(np.sum(drawn >= observed))
    return (1 + low) / (1 + draws), (1 + high) / (1 + draws)


def _variance(levels: Levels, sizes: tuple[int, ...]) -> float:
    n, t = np.array(sizes, dtype=float), np.bincount(levels).astype(float)
    total = float(len(levels))

    def whole(x: npt.NDArray[np.float64]) -> float:
        return float(np.sum(x * (x - 1.0) * (2.0 * x + 5.0)))

    def triples(x: npt.NDArray[np.float64]) -> float:
        return float(np.sum(x * (x - 1.0) * (x - 2.0)))

    def pairs(x: npt.NDArray[np.float64]) -> float:
        return float(np.sum(x * (x - 1.0)))

    variance = (total * (total - 1.0) * (2.0 * total + 5.0) - whole(n) - whole(t)) / 72.0
    if total > 2:
        variance += triples(n) * triples(t) / (36.0 * total * (total - 1.0) * (total - 2.0))
    variance += pairs(n) * pairs(t) / (8.0 * total * (total - 1.0))
    return max(variance, 0.0) if len(t) > 1 else 0.0
