r"""Win ratio, win odds and net benefit of two arms on prioritised outcomes.

Each subject of the first arm is compared with each of the second (``win_pairs.py``). With ``W`` wins, ``L``
losses and ``T`` ties of the first arm::

    win ratio = W / L     win odds = (W + T/2) / (L + T/2)     net benefit = (W - L) / (W + L + T)

In strata ``h`` of ``N_h`` subjects, pairs are made within strata and ``W``, ``L``, ``T`` are sums of
``W_h / N_h`` and so on (Dong et al., J Biopharm Stat 2018;28:778).

**Test.** ``W - L`` is a sum of whole scores (wins less losses of each subject against all others of its
stratum), so the test of Finkelstein and Schoenfeld (Stat Med 1999;18:1341) is carried out by exact
permutation within strata, with any number of ties or censored times (``score_permutation.py``).

**Intervals.** Both are approximate at any sample size; they differ in what they lean on.

* ``low``, ``high``: all win probabilities ``q = (W + T/2) / (W + L + T)`` within ``k(q) sqrt(V(q))`` of the
  estimate, as in ``probabilistic_index.py``: variance of Hanley and McNeil, ``k`` from the exact
  permutation distribution at 1/2. They exclude "no difference" exactly when the exact test does, and exist
  when all pairs are won. For the win ratio the share of ties is held at its observed value.
* ``large_low``, ``large_high``: the usual large-sample ones from the variance of U statistics, on the log
  scale for ratios (Bebu and Lachin, Biostatistics 2016;17:178), with divisors ``m - 1`` and ``n - 1``. NaN
  where they do not exist: one subject in an arm, all pairs alike, no win or no loss.

Simulated coverage at 95 %, two arms of 5 (12) with a score in steps of 2.5, with and without deaths in a
tenth put first; large-sample intervals that do not exist count as not covering. No effect: ``low`` to
``high`` 0.95 (0.95 to 0.96), large-sample 0.89 to 0.98 (0.93 to 0.97). Nearly all pairs won (net benefit
0.8 to 0.98): 0.91 to 0.97 (0.91 to 0.99), large-sample 0.09 to 0.49 (0.39 to 0.80). At 12 an arm and below
use the first. With 2 and 2 to 3 and 9 subjects it covered in 0.92 to 1.00; with one subject in an arm in as
little as 0.77, and the note says so.

A ratio says nothing without the share of ties: it is the same for 2 wins to 1 loss in 3 pairs and in 300.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.bisection import last_true
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.proportions import normal_quantile
from mitograft.statistics.score_permutation import ScoreBlock, ScoreTest, score_test
from mitograft.statistics.win_pairs import Outcome, Pairs, compare_pairs

__all__ = ["OutcomeCount", "WinEstimate", "WinStatistics", "win_statistics"]

_ROUNDING = 1e-15


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """Pairs decided by one outcome, for and against the first arm, and those it left undecided."""

    name: str
    wins: int
    losses: int
    left: int


@dataclass(frozen=True, slots=True)
class WinEstimate:
    """An estimate with both intervals; NaN where something does not exist. All are approximate."""

    estimate: float
    low: float
    high: float
    large_low: float
    large_high: float
    kind: str = "approximate"


@dataclass(frozen=True, slots=True)
class WinStatistics:
    """Wins and losses of the first arm against the second.

    Parameters
    ----------
    wins, losses, ties
        Numbers of pairs, summed over strata without weights.
    by_outcome
        The same by the outcome that decided, in order of priority.
    win_ratio, win_odds, net_benefit
        Estimates with intervals of the stated level, weighted over strata.
    p, p_greater, p_less
        Two-sided and one-sided p values (first arm better, worse).
    smallest_p
        The smallest two-sided p value these data could have given; NaN for the normal approximation.
    exact
        Whether the p values come from the exact permutation distribution. Intervals never do.
    n_first, n_second, strata
        Subjects that took part, and strata with both arms.
    method, note
        The method in words; what to know of these data.
    """

    wins: int
    losses: int
    ties: int
    by_outcome: tuple[OutcomeCount, ...]
    win_ratio: WinEstimate
    win_odds: WinEstimate
    net_benefit: WinEstimate
    level: float
    p: float
    p_greater: float
    p_less: float
    smallest_p: float
    exact: bool
    n_first: int
    n_second: int
    strata: int
    method: str
    note: str


def win_statistics(
    outcomes: Sequence[Outcome],
    in_first: Sequence[bool],
    *,
    strata: Sequence[Hashable] | None = None,
    level: float = 0.95,
) -> WinStatistics:
    """Compare two arms on prioritised outcomes.

    Parameters
    ----------
    outcomes
        In order of priority, each with one value for each subject of both arms.
    in_first
        Whether each subject is in the first arm.
    strata
        Stratum of each subject; pairs are made within strata.
    level
        Level of the intervals.

    Raises
    ------
    UsageError
        If lengths differ, no stratum holds both arms, or an outcome is not usable.

    >>> tis = Outcome("TIS", [60, 45, 30, 40, 20, 10], "higher")
    >>> found = win_statistics([tis], [True, True, True, False, False, False])
    >>> found.wins, found.losses, found.win_ratio.estimate, f"{found.p:.1f}"
    (8, 1, 8.0, '0.2')
    """
    check_level(level)
    pairs = compare_pairs(outcomes)
    first = np.asarray(in_first, dtype=bool)
    labels = [0] * first.size if strata is None else list(strata)
    if not first.size == len(labels) == len(pairs.better):
        raise UsageError(
            f"Win statistics: found {len(pairs.better)} values, {first.size} arms and {len(labels)} strata; "
            "expected one arm and one stratum for each subject."
        )
    blocks, alone = [], 0
    for label in dict.fromkeys(labels):
        here = np.flatnonzero([other == label for other in labels])
        if np.any(first[here]) and not np.all(first[here]):
            blocks.append(_Block.of(pairs, here[first[here]], here[~first[here]]))
        else:
            alone += here.size
    if not blocks:
        raise UsageError(
            "Win statistics: found no stratum with subjects of both arms; expected at least one."
        )
    return _compare(blocks, alone, pairs.names, level)


@dataclass(frozen=True, eq=False)
class _Block:
    """One stratum: the comparisons of both arms, and the scores of all its subjects."""

    better: npt.NDArray[np.int8]
    decided_by: npt.NDArray[np.int8]
    scores: ScoreBlock

    @classmethod
    def of(cls, pairs: Pairs, one: npt.NDArray[np.intp], two: npt.NDArray[np.intp]) -> "_Block":
        both = np.concatenate([one, two])
        scores = pairs.better[np.ix_(both, both)].sum(axis=1, dtype=np.int64)
        between = np.ix_(one, two)
        return cls(pairs.better[between], pairs.decided_by[between], ScoreBlock(scores, one.size))

    @property
    def sizes(self) -> tuple[int, int]:
        m, n = self.better.shape
        return m, n

    def shares(self) -> tuple[Array, Array]:
        """Return the shares of wins and losses with their covariance, NaN with one subject in an arm."""
        kinds = np.stack([self.better == 1, self.better == -1]).astype(float)
        parts = [
            np.cov(kinds.mean(axis=axis), ddof=1) / size if size > 1 else np.full((2, 2), math.nan)
            for axis, size in zip((2, 1), self.sizes, strict=True)
        ]
        return kinds.mean(axis=(1, 2)), parts[0] + parts[1]


def _compare(blocks: Sequence[_Block], alone: int, names: tuple[str, ...], level: float) -> WinStatistics:
    raw = np.array([block.better.size / sum(block.sizes) for block in blocks])
    weights = raw / raw.sum()
    parts = [block.shares() for block in blocks]
    wins, losses = (float(weights @ [share[i] for share, _ in parts]) for i in (0, 1))
    covariance = np.asarray(sum(w**2 * c for w, (_, c) in zip(weights, parts, strict=True)))
    half = max(0.0, 1.0 - wins - losses) / 2.0
    test, whole = _test(blocks)
    low, high = _interval(wins + half, blocks, (weights, whole), test, level)
    z = normal_quantile(level)
    won, lost, tied = (sum(int(np.sum(block.better == sign)) for block in blocks) for sign in (1, -1, 0))
    limits = [tuple(_ratio(q - part, 1.0 - q - part) for q in (low, high)) for part in (half, 0.0)]
    exact = test.null is not None
    within = f" within {len(blocks)} strata" if len(blocks) > 1 else ""
    return WinStatistics(
        won, lost, tied,
        tuple(_count(blocks, place, name) for place, name in enumerate(names)),
        _estimate(_ratio(wins, losses), limits[0], _log_spread(wins, losses, covariance), z),
        _estimate(
            _ratio(wins + half, losses + half), limits[1], _odds_spread(wins - losses, covariance), z
        ),
        _benefit(wins - losses, (low, high), covariance, z),
        level, test.p, test.p_greater, test.p_less, test.smallest_p, exact,
        sum(block.sizes[0] for block in blocks), sum(block.sizes[1] for block in blocks), len(blocks),
        f"Finkelstein-Schoenfeld test, {'exact permutation' if exact else 'normal approximation'}{within}, "
        "twice the smaller tail; intervals approximate",
        _notes(blocks, (won, lost, tied), alone),
    )  # fmt: skip


def _count(blocks: Sequence[_Block], place: int, name: str) -> OutcomeCount:
    by = [(block.better[block.decided_by == place], block.decided_by > place) for block in blocks]
    wins, losses = (sum(int(np.sum(found == sign)) for found, _ in by) for sign in (1, -1))
    return OutcomeCount(name, wins, losses, sum(int(np.sum(left)) for _, left in by))


def _test(blocks: Sequence[_Block]) -> tuple[ScoreTest, list[int]]:
    """Return the test with the whole weights of the strata, in proportion to ``1 / N``."""
    multiple = math.lcm(*(sum(block.sizes) for block in blocks))
    whole = [multiple // sum(block.sizes) for block in blocks]
    observed = sum(w * int(block.better.sum(dtype=np.int64)) for w, block in zip(whole, blocks, strict=True))
    return score_test([block.scores for block in blocks], whole, observed), whole


def _interval(
    estimate: float,
    blocks: Sequence[_Block],
    weights: tuple[Array, list[int]],
    test: ScoreTest,
    level: float,
) -> tuple[float, float]:
    """Return the limits of the win probability."""
    sizes = [block.sizes for block in blocks]
    z = normal_quantile(level)

    def variance(q: Array) -> Array:
        return np.asarray(
            sum(w**2 * _hanley_mcneil(q, m, n) for w, (m, n) in zip(weights[0], sizes, strict=True))
        )

    possible = sum(w * m * n for w, (m, n) in zip(weights[1], sizes, strict=True))
    low, high = -z * math.sqrt(test.variance), z * math.sqrt(test.variance)
    if test.null is not None:
        low, high = test.null.critical(1.0 - level)
        # Where a tail can reject nothing, not even winning every pair may exclude 1/2.
        low = -possible - 0.5 if low < test.null.values[0] else low
        high = possible + 0.5 if high > test.null.values[-1] else high
    unit = 2.0 * possible * math.sqrt(float(variance(np.array(0.5))))

    def within(distance: Array, q: Array, k: float) -> npt.NDArray[np.bool_]:
        k_squared = z**2 + (k**2 - z**2) * 4.0 * q * (1.0 - q)
        return np.asarray(distance**2 <= k_squared * variance(q))

    at = np.array([estimate])
    upper = last_true(lambda q: within(q - at, q, low / unit), at, np.ones(1))
    lower = 1.0 - last_true(lambda q: within(q - 1.0 + at, 1.0 - q, high / unit), 1.0 - at, np.ones(1))
    return float(min(lower[0], estimate)), float(max(upper[0], estimate))


def _notes(blocks: Sequence[_Block], counts: Sequence[int], alone: int) -> str:
    notes = [f"{alone} subjects are in strata of one arm only and say nothing"] if alone else []
    wins, losses, ties = counts
    if wins == losses == 0:
        notes.append("no pair is decided: there is no win ratio")
    elif wins == 0 or losses == 0:
        notes.append("every decided pair is won by one arm: the win ratio has no finite estimate above 0")
    if ties > wins + losses:
        notes.append("most pairs are ties: read the win ratio beside the net benefit")
    if any(1 in block.sizes for block in blocks):
        notes.append(
            "one subject in an arm: no large-sample interval, and the other covers less often than it says"
        )
    return "; ".join(notes)


def _hanley_mcneil(q: Array, m: int, n: int) -> Array:
    s = (m + n) / 2.0 - 1.0
    return np.asarray(q * (1.0 - q) * (1.0 + s * (1.0 - q) / (2.0 - q) + s * q / (1.0 + q)) / (m * n))


def _ratio(above: float, below: float) -> float:
    if below <= _ROUNDING:
        return math.nan if above <= _ROUNDING else math.inf
    return max(0.0, above) / below


def _log_spread(wins: float, losses: float, covariance: Array) -> float:
    """Return the standard error of the log of the win ratio."""
    if min(wins, losses) <= 0.0:
        return math.nan
    slope = np.array([1.0 / wins, -1.0 / losses])
    return _root(float(slope @ covariance @ slope))


def _odds_spread(benefit: float, covariance: Array) -> float:
    """Return the standard error of the log of the win odds, ``(1 + d) / (1 - d)`` of the net benefit."""
    if abs(benefit) >= 1.0:
        return math.nan
    slope = np.array([1.0, -1.0]) * 2.0 / (1.0 - benefit**2)
    return _root(float(slope @ covariance @ slope))


def _root(variance: float) -> float:
    return math.sqrt(variance) if variance > _ROUNDING else math.nan


def _estimate(value: float, limits: tuple[float, ...], se: float, z: float) -> WinEstimate:
    if math.isnan(value):
        return WinEstimate(value, 0.0, math.inf, math.nan, math.nan)
    if math.isnan(se):
        return WinEstimate(value, limits[0], limits[1], math.nan, math.nan)
    return WinEstimate(value, limits[0], limits[1], value * math.exp(-z * se), value * math.exp(z * se))


def _benefit(value: float, limits: tuple[float, float], covariance: Array, z: float) -> WinEstimate:
    slope = np.array([1.0, -1.0])
    se = _root(float(slope @ covariance @ slope))
    low, high = (2.0 * q - 1.0 for q in limits)
    if math.isnan(se):
        return WinEstimate(value, low, high, math.nan, math.nan)
    return WinEstimate(value, low, high, max(-1.0, value - z * se), min(1.0, value + z * se))
