r"""Whether a treatment makes patients' cells as good as healthy ones, or only better than untreated.

* ``two_one_sided``: equivalence within bounds by two one-sided tests, each at ``alpha``; the same as the
  ``1 - 2 alpha`` interval (90 % for 5 %) lying within the bounds (Schuirmann, J Pharmacokinet Biopharm
  1987;15:657). Absence of a significant difference is not equivalence.
* ``remaining_defect``: the share of the defect that is left,
  ``r = (treated - healthy) / (untreated - healthy)``: 0 is full restoration, 1 no effect at all, below 0
  overshoot. Treated and untreated are pairs of the same patients, healthy donors are others. Fieller's
  method (J R Stat Soc B 1954;16:175): ``r`` belongs to the interval when the hypothesis
  ``treated - r untreated - (1 - r) healthy = 0`` is not rejected, with the variance

      W(r) = var(treated_i - r untreated_i) / n  +  (1 - r)^2 var(healthy) / m

  and Welch's degrees of freedom. At ``r = 1`` this is the paired t test, at ``r = 0`` Welch's t test of
  treated against healthy, and the interval is bounded only where Welch's test finds a defect at all: without
  a defect there is nothing to restore, and the result says so.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.blocked import TResult, t_result, welch_t
from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.donors import exact_mean, exact_variance

__all__ = ["Equivalence", "RemainingDefect", "remaining_defect", "two_one_sided"]

Restoration = Literal["restored", "raised", "not shown", "no defect"]

_GRID = 1000
_BISECTIONS = 60


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Two one-sided tests of a difference within ``lower`` to ``upper``.

    ``low`` and ``high`` are the ``1 - 2 alpha`` interval; ``p`` is the larger one-sided p value.
    """

    estimate: float
    low: float
    high: float
    level: float
    lower: float
    upper: float
    p: float
    equivalent: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class RemainingDefect:
    """The share of the defect that is left after treatment, with Fieller's interval.

    Parameters
    ----------
    estimate, low, high, level
        The share; 0 is fully restored, 1 untouched. Infinite where the interval has no end.
    defect
        Untreated minus healthy, with Welch's test.
    left
        Treated minus healthy, with Welch's test.
    n_patients, n_healthy
        Donors.
    bounded
        Whether the defect itself is established, so that the share has an interval with two ends.
    """

    estimate: float
    low: float
    high: float
    level: float
    defect: TResult
    left: TResult
    n_patients: int
    n_healthy: int
    bounded: bool

    def verdict(self, margin: float) -> Restoration:
        """Judge: ``restored`` (interval within ``-margin`` to ``margin``), ``raised`` (below 1) or less.

        Give the margin before looking at the data; the interval's level should be 0.90 for a test at 5 %.
        """
        if not 0.0 < margin < 1.0:
            raise UsageError(f"Margin of restoration: found {margin!r}; expected a share between 0 and 1.")
        if not self.bounded:
            return "no defect"
        if -margin < self.low and self.high < margin:
            return "restored"
        return "raised" if self.high < 1.0 else "not shown"

    def sentence(self, margin: float) -> str:
        """Say the verdict in a sentence."""
        estimate, low, high = map(_percent, (self.estimate, self.low, self.high))
        share = f"{estimate} % of the defect is left ({100 * self.level:g} % interval {low} to {high} %)"
        return {
            "no defect": "The defect itself is not established in these donors: nothing to judge.",
            "restored": f"Restored: {share}, within {100 * margin:g} % of healthy.",
            "raised": f"Raised, not shown to be restored: {share}.",
            "not shown": f"Not shown: {share}.",
        }[self.verdict(margin)]


def _percent(share: float) -> str:
    return f"{100.0 * share:z.0f}"


def two_one_sided(result: TResult, lower: float, upper: float, *, alpha: float = 0.05) -> Equivalence:
    """Test whether a difference lies within bounds.

    Parameters
    ----------
    result
        A paired, unpaired or blocked comparison (``blocked.py``).
    lower, upper
        Bounds of equivalence, set beforehand, on the scale of the comparison.
    alpha
        Level of each one-sided test.

    Raises
    ------
    UsageError
        If the bounds are not ordered, or the comparison has no standard error.
    """
    from scipy.special import stdtr

    if not (math.isfinite(lower) and math.isfinite(upper) and lower < upper) or not 0.0 < alpha < 0.5:
        raise UsageError(
            f"Equivalence: found bounds {lower!r} to {upper!r} at alpha {alpha!r}; expected lower < upper "
            "and alpha between 0 and 0.5."
        )
    if not result.se > 0.0:
        raise UsageError("Equivalence: the comparison has no variation to judge by; check for copied values.")
    interval = t_result(result.estimate, result.se, result.df, 1.0 - 2.0 * alpha)
    above = float(stdtr(result.df, -(result.estimate - lower) / result.se))
    below = float(stdtr(result.df, -(upper - result.estimate) / result.se))
    p = max(above, below)
    shown = "lies within" if p < alpha else "is not shown to lie within"
    sentence = f"The difference {shown} {lower:g} to {upper:g} (two one-sided tests, p = {p:.2g})."
    return Equivalence(
        result.estimate, interval.low, interval.high, interval.level, lower, upper, p, p < alpha, sentence
    )


def remaining_defect(
    treated: Sequence[float], untreated: Sequence[float], healthy: Sequence[float], *, level: float = 0.90
) -> RemainingDefect:
    """Estimate the share of the defect that is left after treatment.

    Parameters
    ----------
    treated, untreated
        Donor means of the same patients, in the same order.
    healthy
        Donor means of healthy donors.
    level
        Level of the interval; 0.90 goes with a one-sided test at 5 %.

    Raises
    ------
    UsageError
        If there are fewer than two patients or two healthy donors, or no variation at all.
    """
    n, m = len(treated), len(healthy)
    if n != len(untreated) or n < 2 or m < 2:
        raise UsageError(
            f"Restoration: found {n} treated, {len(untreated)} untreated and {m} healthy donors; expected "
            "the same patients treated and untreated, at least two, and at least two healthy donors."
        )
    defect, left = welch_t(untreated, healthy, level=level), welch_t(treated, healthy, level=level)
    if not (defect.se > 0.0 and left.se > 0.0):
        raise UsageError("Restoration: the donors do not vary; check for copied values.")
    estimate = left.estimate / defect.estimate if defect.estimate else math.nan
    excess = _fieller(treated, untreated, healthy, check_level(level))
    bounded = defect.low > 0.0 or defect.high < 0.0
    if not bounded or math.isnan(estimate):
        return RemainingDefect(estimate, -math.inf, math.inf, level, defect, left, n, m, bounded=False)
    low, high = _ends(excess, estimate)
    return RemainingDefect(estimate, low, high, level, defect, left, n, m, bounded=True)


def _fieller(
    treated: Sequence[float], untreated: Sequence[float], healthy: Sequence[float], level: float
) -> Callable[[Array], Array]:
    """Return ``(|estimate(r)| - t se(r)) / (1 + |r|)``: not above 0 where ``r`` is not rejected."""
    from scipy.special import stdtrit

    n, m = len(treated), len(healthy)
    means = [exact_mean(part) for part in (treated, untreated, healthy)]
    both = exact_variance([a + b for a, b in zip(treated, untreated, strict=True)])
    apart = exact_variance([a - b for a, b in zip(treated, untreated, strict=True)])
    var_t, var_u, cov = exact_variance(treated), exact_variance(untreated), (both - apart) / 4.0
    var_h = exact_variance(healthy) / m

    def excess(r: Array) -> Array:
        patients = np.maximum(var_t - 2.0 * r * cov + r**2 * var_u, 0.0) / n
        controls = (1.0 - r) ** 2 * var_h
        total = patients + controls
        df = total**2 / np.maximum(patients**2 / (n - 1.0) + controls**2 / (m - 1.0), np.finfo(float).tiny)
        reach = -stdtrit(df, (1.0 - level) / 2.0) * np.sqrt(total)
        return np.asarray(
            (np.abs(means[0] - r * means[1] - (1.0 - r) * means[2]) - reach) / (1.0 + np.abs(r))
        )

    return excess


def _ends(excess: Callable[[Array], Array], estimate: float) -> tuple[float, float]:
    """Return the outermost values that are not rejected, on either side of the estimate.

    The range is searched on a grid of ``tan``, which reaches as good as infinity; an end is then bisected.
    """
    angles = np.linspace(0.0, math.pi / 2, _GRID, endpoint=False)
    ends = []
    for sign in (-1.0, 1.0):
        reach = sign * np.tan(angles) * (1.0 + abs(estimate))
        kept = np.flatnonzero(excess(estimate + reach) <= 0.0)
        last = int(kept[-1]) if len(kept) else 0
        if last == len(angles) - 1:
            ends.append(sign * math.inf)
            continue
        inner, outer = estimate + reach[last], estimate + reach[last + 1]
        for _ in range(_BISECTIONS):
            middle = 0.5 * (inner + outer)
            inside = bool(excess(np.array([middle]))[0] <= 0.0)
            inner, outer = (middle, outer) if inside else (inner, middle)
        ends.append(float(inner))
    return ends[0], ends[1]
