r"""Agreement of two raters on one scale: weighted kappa, with sections nested in animals where there are any.

``kappa_w = (sum w_ij p_ij - sum w_ij p_i. p_.j) / (1 - sum w_ij p_i. p_.j)`` with agreement weights ``w_ij
= 1 - (|s_i - s_j| / range)^e`` from the levels ``s`` of the scale; ``e`` is 1 (linear) or 2 (quadratic)
(Cohen, Psychol Bull 1968;70:213). Levels are those of the scale, not only those that were used.

The large-sample standard error is that of Fleiss, Cohen and Everitt (Psychol Bull 1969;72:323). It equals
the root mean square of each pair's influence on kappa over ``n``. Where pairs are clustered (several
sections of one mouse), influences are summed within clusters first, with the factor ``G / (G - 1)`` for
``G`` clusters and Student's t on ``G - 1`` degrees of freedom: sections of one mouse are not independent
observations. A percentile bootstrap over pairs or whole clusters is drawn from a given generator.

Where the raters agree on every pair, or one of them used one level only, neither method has a width: the
limits are NaN and ``note`` says why.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.proportions import normal_quantile

__all__ = ["Agreement", "weighted_kappa"]

_EXPONENTS = {"linear": 1.0, "quadratic": 2.0}
_SAME = 1e-9
_FEWEST_CLUSTERS = 3
_SAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Agreement:
    """Weighted kappa of two raters.

    Parameters
    ----------
    kappa, se
        Estimate and large-sample standard error; NaN where kappa is not defined.
    low, high, level
        Interval from ``se``; NaN where it has no width.
    boot_low, boot_high
        Percentile bootstrap interval; NaN where no generator was given or it has no width.
    exact_agreement, expected_agreement
        Share of pairs with the same level, and the weighted agreement expected by chance.
    pairs, clusters
        Pairs of ratings, and the clusters (mice) they come from.
    weights
        ``linear`` or ``quadratic``.
    note
        Why there is no interval; empty where there is one.
    """

    kappa: float
    se: float
    low: float
    high: float
    level: float
    boot_low: float
    boot_high: float
    exact_agreement: float
    expected_agreement: float
    pairs: int
    clusters: int
    weights: str
    note: str = ""


def weighted_kappa(
    first: Sequence[float],
    second: Sequence[float],
    scale: Sequence[float],
    *,
    weights: Literal["linear", "quadratic"] = "quadratic",
    clusters: Sequence[Hashable] | None = None,
    rng: np.random.Generator | None = None,
    level: float = 0.95,
) -> Agreement:
    """Compare the grades two raters gave to the same sections.

    Parameters
    ----------
    first, second
        Grades by the first and the second rater, pair by pair.
    scale
        All levels of the scale.
    weights
        ``linear`` or ``quadratic`` disagreement.
    clusters
        Mouse of each pair; without it every pair is its own.
    rng
        Generator (``mitograft.seeds.stream``) of 2,000 bootstrap samples; none without it.
    level
        Level of the intervals.

    Raises
    ------
    UsageError
        If lengths differ, there are fewer than two pairs, or a grade is not a level of the scale.

    >>> result = weighted_kappa([0, 1, 2, 3, 3, 1], [0, 1, 3, 3, 2, 1], [0, 1, 2, 3], weights="linear")
    >>> f"{result.kappa:.3f} {result.se:.3f}"
    '0.727 0.170'
    """
    check_level(level)
    one, two, distance = _pairs(first, second, scale, weights)
    member, count = _members(clusters, len(one))
    kappa, expected = _kappa(np.ones(len(one)), one, two, distance)
    exact = float(np.mean(one == two))
    nan = math.nan
    if math.isnan(kappa):
        note = "Both raters used one and the same level throughout: kappa is not defined."
        return Agreement(nan, nan, nan, nan, level, nan, nan, exact, 1.0, len(one), count, weights, note)
    influence = _influence(one, two, distance, kappa)
    summed = np.bincount(member, weights=influence, minlength=count)
    clustered = count < len(one)
    # Influences sum to 0 over all pairs.
    se = math.sqrt(float(np.sum(summed**2))) / len(one)
    quantile = normal_quantile(level)
    if clustered:
        se *= math.sqrt(count / (count - 1.0)) if count > 1 else nan
        quantile = _student(level, count - 1.0)
    note = _note(exact, se, count if clustered else None)
    if note:
        return Agreement(
            kappa, se, nan, nan, level, nan, nan, exact, expected, len(one), count, weights, note
        )
    boot = (nan, nan) if rng is None else _bootstrap(one, two, distance, (member, count), rng, level)
    reach = quantile * se
    low, high = max(-1.0, kappa - reach), min(1.0, kappa + reach)
    return Agreement(kappa, se, low, high, level, *boot, exact, expected, len(one), count, weights, "")


def _note(exact: float, se: float, clusters: int | None) -> str:
    if exact == 1.0:
        return "The raters agree on every pair: these data put no interval around kappa."
    if clusters is not None and clusters < _FEWEST_CLUSTERS:
        return f"Pairs from {clusters} animals only: too few for an interval."
    if not se > _SAME:
        return "Kappa has no variation in these data (one rater used one level only): no interval."
    return ""


def _pairs(
    first: Sequence[float], second: Sequence[float], scale: Sequence[float], weights: str
) -> tuple[np.ndarray, np.ndarray, Array]:
    """Return both ratings as places on the scale, and the disagreement of each two levels."""
    if weights not in _EXPONENTS:
        raise UsageError(f"Weighted kappa: found weights {weights!r}; expected 'linear' or 'quadratic'.")
    if len(first) != len(second) or len(first) < 2:
        raise UsageError(
            f"Weighted kappa: found {len(first)} and {len(second)} ratings; expected pairs, at least two."
        )
    levels = np.unique(np.asarray(scale, dtype=float))
    if len(levels) < 2:
        raise UsageError("Weighted kappa: expected a scale of at least two levels.")
    places = []
    for name, ratings in (("first", first), ("second", second)):
        apart = np.abs(np.asarray(ratings, dtype=float)[:, np.newaxis] - levels)
        nearest = np.argmin(apart, axis=1)
        off = ~(apart[np.arange(len(nearest)), nearest] <= _SAME * max(1.0, float(np.max(np.abs(levels)))))
        if np.any(off):
            found = float(np.asarray(ratings, dtype=float)[off][0])
            raise UsageError(
                f"Weighted kappa, {name} rater: found {found:g}, which is not a level of the scale."
            )
        places.append(nearest)
    distance = np.abs(levels[:, np.newaxis] - levels) / (levels[-1] - levels[0])
    return places[0], places[1], distance ** _EXPONENTS[weights]


def _members(clusters: Sequence[Hashable] | None, pairs: int) -> tuple[np.ndarray, int]:
    if clusters is None:
        return np.arange(pairs), pairs
    if len(clusters) != pairs:
        raise UsageError(f"Weighted kappa: found {len(clusters)} animals for {pairs} pairs of ratings.")
    number = {name: i for i, name in enumerate(dict.fromkeys(clusters))}
    return np.array([number[name] for name in clusters]), len(number)


def _kappa(times: Array, one: np.ndarray, two: np.ndarray, distance: Array) -> tuple[float, float]:
    """Return kappa and the agreement expected by chance, each pair taken ``times`` times."""
    total, size = float(times.sum()), len(distance)
    margins = [np.bincount(x, weights=times, minlength=size) / total for x in (one, two)]
    by_chance = float(margins[0] @ distance @ margins[1])
    seen = float(times @ distance[one, two]) / total
    return (1.0 - seen / by_chance if by_chance > _SAME else math.nan), 1.0 - by_chance


def _influence(one: np.ndarray, two: np.ndarray, distance: Array, kappa: float) -> Array:
    """Return each pair's influence on kappa = 1 - observed / expected disagreement."""
    size, n = len(distance), len(one)
    row, column = (np.bincount(x, minlength=size) / n for x in (one, two))
    by_chance = float(row @ distance @ column)
    seen = distance[one, two]
    shift = (distance @ column)[one] + (row @ distance)[two] - 2.0 * by_chance
    return np.asarray(-(seen - seen.mean()) / by_chance + (1.0 - kappa) * shift / by_chance)


def _student(level: float, df: float) -> float:
    from scipy.special import stdtrit

    return -float(stdtrit(df, (1.0 - level) / 2.0)) if df > 0.0 else math.nan


def _bootstrap(
    one: np.ndarray,
    two: np.ndarray,
    distance: Array,
    members: tuple[np.ndarray, int],
    rng: np.random.Generator,
    level: float,
) -> tuple[float, float]:
    member, count = members
    drawn = rng.multinomial(count, np.full(count, 1.0 / count), size=_SAMPLES)
    values = np.array([_kappa(times[member].astype(float), one, two, distance)[0] for times in drawn])
    values = values[~np.isnan(values)]  # samples in which both raters used one level
    half = (1.0 - level) / 2.0
    low, high = np.quantile(values, [half, 1.0 - half]).tolist()
    return low, high
