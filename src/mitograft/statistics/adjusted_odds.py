r"""The common odds ratio of a higher category, first arm against second, adjusted for factors and covariates.

Proportional odds by maximum likelihood (``cumulative_logit.py``), with the likelihood-ratio test and the
profile likelihood interval: all ``b`` with ``2 (l_max - l(b))`` at most the chi-squared quantile on one
degree of freedom. Where the arms, within what the covariates leave, do not overlap, the estimate is
infinite and the interval has one infinite end; where only the covariates are separated, the odds ratio of
the arm may still be finite, and is found at the limit. Without factors and covariates it is
``ordinal.proportional_odds``.

The likelihood ratio is for large samples: simulated sizes are in ``ordinal_category.py``.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mitograft.statistics.counts import check_level
from mitograft.statistics.cumulative_logit import Peak, TwoArms, two_arms

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

__all__ = ["AdjustedOdds", "adjusted_odds"]

_RANK = 1e-9
_FARTHEST = 700.0  # exp beyond overflows
_FINE = 1e-9
_BOUNDLESS = 1e6


@dataclass(frozen=True, slots=True)
class AdjustedOdds:
    """The common odds ratio of a higher category, first arm against second.

    Parameters
    ----------
    log_odds_ratio
        Infinite where the arms are separated; NaN where the data do not determine it.
    low, high, level
        Profile likelihood interval of ``log_odds_ratio``.
    lr, p
        Likelihood ratio statistic and p value on one degree of freedom; NaN without.
    se
        Wald standard error, for comparison with other programs; NaN where there is none.
    log_likelihood
        At the maximum, or its limit.
    separated
        Whether the estimate is infinite.
    n_first, n_second, categories
        Subjects in each arm, and different categories seen.
    method, exact, note
        The method in words, that it is not exact, and what to know of these data.
    """

    log_odds_ratio: float
    low: float
    high: float
    level: float
    lr: float
    p: float
    se: float
    log_likelihood: float
    separated: bool
    n_first: int
    n_second: int
    categories: int
    note: str
    method: str = "proportional odds by maximum likelihood, profile likelihood interval, approximate"
    exact: bool = False

    @property
    def odds_ratio(self) -> tuple[float, float, float]:
        """Odds ratio with its interval."""
        values = (self.log_odds_ratio, self.low, self.high)
        one, two, three = (math.inf if b > _FARTHEST else math.exp(b) for b in values)
        return one, two, three


def adjusted_odds(
    categories: "ArrayLike",
    in_first: Sequence[bool],
    *,
    factors: Mapping[str, Sequence[Hashable]] | None = None,
    covariates: "Mapping[str, ArrayLike] | None" = None,
    level: float = 0.95,
) -> AdjustedOdds:
    """Fit proportional odds with the arm, factors and covariates.

    Parameters
    ----------
    categories
        Category of each subject as a number; a higher one is better. None missing.
    in_first
        Whether each subject is in the first arm.
    factors, covariates
        Name and level (value) of each subject, such as the stratum or the category at baseline.

    Raises
    ------
    UsageError
        If an arm is empty, lengths differ, a value is missing, or the level is not between 0 and 1.

    >>> stratum = list("abababab")
    >>> odds = adjusted_odds([3, 2, 0, 1, 0, 1, 1, 0], [True] * 4 + [False] * 4, factors={"s": stratum})
    >>> f"{odds.odds_ratio[0]:.1f} p {odds.p:.3f}"
    '6.6 p 0.187'
    """
    from scipy.special import chdtrc, chdtri

    check_level(level)
    arms = two_arms(categories, in_first, factors, covariates)
    if arms.sizes[2] == 1:
        return _unknown(arms, level, (0.0, 1.0), 0.0, "all subjects are in one category")
    null = arms.without_arm.climb().value
    if arms.confounded:
        note = "arm and factors or covariates cannot be told apart"
        return _unknown(arms, level, (math.nan, math.nan), null, note)
    model = arms.model
    up, down = model.directions(0)
    peak = model.climb()
    lr = max(0.0, 2.0 * (peak.value - null))
    reach = peak.value - float(chdtri(1.0, 1.0 - level)) / 2.0
    estimate, note = _verdict(peak, up=up, down=down)
    start = estimate if math.isfinite(estimate) else 0.0

    def profile(b: float) -> float:
        return model.climb(b).value

    low = -math.inf if down else _limit(profile, start, -1.0, reach)
    high = math.inf if up else _limit(profile, start, 1.0, reach)
    se = math.nan if up or down else _wald(peak)
    test = lr, float(chdtrc(1.0, lr))
    separated = math.isinf(estimate)
    return AdjustedOdds(estimate, low, high, level, *test, se, peak.value, separated, *arms.sizes, note)


def _unknown(arms: TwoArms, level: float, test: tuple[float, float], value: float, note: str) -> AdjustedOdds:
    first, second, categories = arms.sizes
    return AdjustedOdds(
        log_odds_ratio=math.nan,
        low=-math.inf,
        high=math.inf,
        level=level,
        lr=test[0],
        p=test[1],
        se=math.nan,
        log_likelihood=value,
        separated=False,
        n_first=first,
        n_second=second,
        categories=categories,
        note=note,
    )


def _verdict(peak: Peak, *, up: bool, down: bool) -> tuple[float, str]:
    if up and down:
        return math.nan, "separation by factors or covariates: these data do not determine the odds ratio"
    if up or down:
        return math.inf if up else -math.inf, "the arms do not overlap: the odds ratio has no finite estimate"
    return float(peak.coefficients[0]), ""


def _wald(peak: Peak) -> float:
    """Return the standard error of the first coefficient; NaN where others run off to infinity."""
    information = -peak.hessian
    size = np.sqrt(np.diag(information))
    if not np.all(size > 0.0):
        return math.nan
    scaled = information / np.outer(size, size)
    if np.linalg.eigvalsh(scaled)[0] < _RANK:
        return math.nan
    place = len(peak.cuts)
    return math.sqrt(float(np.linalg.inv(scaled)[place, place])) / float(size[place])


def _limit(profile: "Callable[[float], float]", start: float, sign: float, reach: float) -> float:
    """Return where the profile log-likelihood falls to ``reach``, seen from ``start`` in one direction."""
    from scipy.optimize import brentq

    outside = profile(start) < reach  # separated: the interval lies further on, on the other side
    sign = -sign if outside else sign
    inner, step = start, 1.0
    outer = start + sign * step
    while (profile(outer) < reach) == outside:
        if abs(outer) > _BOUNDLESS:
            return sign * math.inf
        inner, step = outer, step * 2.0
        outer = start + sign * step
    return float(brentq(lambda b: profile(b) - reach, inner, outer, xtol=_FINE))
