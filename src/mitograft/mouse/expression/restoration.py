r"""The share of a defect that is left after treatment, with three independent groups of animals.

``r = (treated - healthy) / (untreated - healthy)``: 0 is full restoration, 1 no effect, below 0 overshoot.
Fieller's method (J R Stat Soc B 1954;16:175): ``r`` belongs to the interval when the hypothesis
``treated - r untreated - (1 - r) healthy = 0`` is not rejected, with the variance

    W(r) = var(treated) / n_t + r^2 var(untreated) / n_u + (1 - r)^2 var(healthy) / n_h

and Welch's degrees of freedom. The interval is bounded only where Welch's test finds a defect at all. (Donors
that serve as their own control are paired: ``mitograft.statistics.equivalence.remaining_defect``.)
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.statistics.blocked import TResult, t_result, welch_t
from mitograft.statistics.donors import exact_mean, exact_variance

__all__ = ["ShareLeft", "Verdict", "adjusted_difference", "share_left"]

Array = npt.NDArray[np.float64]
Verdict = Literal["restored", "improved", "not shown", "no defect"]

_GRID = 400
_REFINEMENTS = 6
_FAR = 100.0  # a share beyond this on the coarse grid is no end


@dataclass(frozen=True, slots=True)
class ShareLeft:
    """The share of the defect that is left, with its interval; infinite ends where the interval has none.

    ``bounded`` says whether the defect itself is established (Welch's test at the level of the interval).
    """

    estimate: float
    low: float
    high: float
    level: float
    bounded: bool

    def verdict(self, margin: float) -> Verdict:
        """Judge: ``restored`` (interval within ``-margin`` to ``margin``), ``improved`` (below 1) or less."""
        if not 0.0 < margin < 1.0:
            raise UsageError(f"Margin of restoration: found {margin!r}; expected a share between 0 and 1.")
        if not self.bounded:
            return "no defect"
        if -margin < self.low and self.high < margin:
            return "restored"
        return "improved" if self.high < 1.0 else "not shown"

    def sentence(self, margin: float) -> str:
        """Say the verdict in a sentence."""
        verdict = self.verdict(margin)
        if verdict == "no defect":
            return "The shift itself is not established in these animals: nothing to restore."
        low, high = (f"{100.0 * end:z.0f}" for end in (self.low, self.high))
        share = f"{100.0 * self.estimate:z.0f} % of the shift is left"
        share += f" ({100.0 * self.level:g} % interval {low} to {high} %)"
        return {
            "restored": f"Restored: {share}, within {100.0 * margin:g} % of healthy.",
            "improved": f"Improved, not shown to be restored: {share}.",
            "not shown": f"No effect shown: {share}.",
        }[verdict]


def share_left(
    treated: Sequence[float], untreated: Sequence[float], healthy: Sequence[float], *, level: float = 0.90
) -> ShareLeft:
    """Estimate the share of the defect that is left.

    Parameters
    ----------
    treated, untreated, healthy
        One value an animal; three groups of different animals, at least two in each.
    level
        Level of the interval; 0.90 goes with a one-sided test at 5 %.
    """
    defect = welch_t(untreated, healthy, level=level)
    left = welch_t(treated, healthy, level=level)
    estimate = left.estimate / defect.estimate if defect.estimate else math.nan
    bounded = defect.low > 0.0 or defect.high < 0.0
    if not bounded or not left.se > 0.0:
        return ShareLeft(estimate, -math.inf, math.inf, level, bounded=False)
    parts = [(exact_mean(g), exact_variance(g) / len(g), len(g) - 1.0) for g in (treated, untreated, healthy)]

    def excess(r: Array) -> Array:
        from scipy.special import stdtrit

        weights = (np.ones_like(r), -r, r - 1.0)
        distance = sum(w * mean for w, (mean, _, _) in zip(weights, parts, strict=True))
        variances = [w**2 * v for w, (_, v, _) in zip(weights, parts, strict=True)]
        total = np.sum(variances, axis=0)
        spent = np.sum([v**2 / df for v, (_, _, df) in zip(variances, parts, strict=True)], axis=0)
        df = total**2 / np.maximum(spent, np.finfo(float).tiny)
        reach = -stdtrit(df, (1.0 - level) / 2.0) * np.sqrt(total)
        return np.asarray((np.abs(distance) - reach) / (1.0 + np.abs(r)))

    low, high = (_end(excess, estimate, sign) for sign in (-1.0, 1.0))
    return ShareLeft(estimate, low, high, level, bounded=True)


def _end(excess: Callable[[Array], Array], estimate: float, sign: float) -> float:
    """Return the outermost share on one side that is not rejected: on a grid of ``tan``, made finer."""
    angles = np.linspace(0.0, math.pi / 2.0, _GRID, endpoint=False)
    shares = estimate + sign * np.tan(angles) * (1.0 + abs(estimate))
    for _ in range(_REFINEMENTS):
        kept = np.flatnonzero(excess(shares) <= 0.0)
        last = int(kept[-1]) if len(kept) else 0
        if last == len(shares) - 1:  # on the first grid: no end; later only by rounding
            return sign * math.inf if abs(shares[-1]) > _FAR else float(shares[-1])
        shares = np.linspace(shares[last], shares[last + 1], _GRID)
    return float(shares[0])


def adjusted_difference(
    values: Array, groups: Sequence[str], covariates: Array, pair: tuple[str, str], *, level: float = 0.95
) -> TResult:
    """Compare two groups, first minus second, at equal covariates (least squares over all groups).

    Parameters
    ----------
    values, groups
        One value and group an animal.
    covariates
        Animals x covariates.
    pair
        Groups to compare.

    Returns
    -------
    result
        Without interval (NaN) where no degree of freedom is left or a covariate stands for a group.
    """
    names = sorted(set(groups))
    dummies = np.array([[group == name for name in names] for group in groups], dtype=float)
    design = np.hstack([dummies, covariates - covariates.mean(axis=0)])
    df = len(values) - design.shape[1]
    contrast = np.zeros(design.shape[1])
    contrast[names.index(pair[0])], contrast[names.index(pair[1])] = 1.0, -1.0
    beta = np.linalg.lstsq(design, values, rcond=None)[0]
    if df < 1 or np.linalg.matrix_rank(design) < design.shape[1]:
        return t_result(float(contrast @ beta), math.nan, float(df), level)
    residual = values - design @ beta
    variance = float(residual @ residual) / df
    se = math.sqrt(variance * float(contrast @ np.linalg.solve(design.T @ design, contrast)))
    return t_result(float(contrast @ beta), se, float(df), level)
