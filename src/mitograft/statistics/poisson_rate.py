r"""Events per time at risk: exact intervals of one rate, and the exact conditional comparison of two.

With ``k`` events in time ``t`` under a constant rate, ``k`` is Poisson with mean ``rate x t``:

* one rate: the limits are the rates at which ``k`` or more (``k`` or fewer) events would have probability
  ``h = (1 - level) / 2``: ``chi2(h; 2 k) / (2 t)`` and ``chi2(1 - h; 2 k + 2) / (2 t)`` (Garwood, Biometrika
  1936;28:437);
* two rates: given ``k1 + k2`` events, ``k1`` is binomial with probability
  ``ratio x t1 / (ratio x t1 + t2)``; Clopper-Pearson limits of that probability give exact limits of the
  ratio (Przyborowski and Wilenski, Biometrika 1940;31:313). No such condition exists for the difference: its
  interval joins Garwood limits of both rates at level ``sqrt(level)`` each. Arms being independent, both
  hold together with probability ``level`` at least, so the interval of the difference is conservative and
  wide.

Exact means: under the Poisson distribution. Events of one subject that come in clusters vary more, and every
interval here is then too short.
"""

import math
from dataclasses import dataclass
from typing import Literal

from mitograft.errors import UsageError
from mitograft.statistics.counts import check_level
from mitograft.statistics.proportions import clopper_pearson

__all__ = ["PoissonRate", "RateComparison", "compare_rates", "poisson_rate"]

_NEAR = 1e-7  # relative; probabilities closer than this are ties (as R does)
Kind = Literal["exact", "conservative", "approximate"]


@dataclass(frozen=True, slots=True)
class PoissonRate:
    """A rate with its exact interval.

    Parameters
    ----------
    events, time
        What was counted, in which time at risk.
    rate, low, high, level
        Events per unit of time; nan, 0 and infinity where there was no time at risk.
    method, kind, note
        In words; ``exact``; why there is no rate, empty otherwise.
    """

    events: int
    time: float
    rate: float
    low: float
    high: float
    level: float
    method: str = "Garwood (exact Poisson)"
    kind: Kind = "exact"
    note: str = ""


@dataclass(frozen=True, slots=True)
class RateComparison:
    """Two rates compared, first against second.

    Parameters
    ----------
    first, second
        The rates.
    ratio, ratio_low, ratio_high
        First over second with its exact conditional interval; nan, 0 and infinity where there is none.
    difference, difference_low, difference_high
        First minus second with its conservative interval.
    p
        Two-sided p value of equal rates: twice the smaller tail, which agrees with the interval of the ratio.
    p_least_likely
        The other common definition: all results no more probable than the one seen (R ``poisson.test``).
    level, method, kind, note
        Of the intervals; words; of the ratio; why something is missing, empty otherwise.
    """

    first: PoissonRate
    second: PoissonRate
    ratio: float
    ratio_low: float
    ratio_high: float
    difference: float
    difference_low: float
    difference_high: float
    p: float
    p_least_likely: float
    level: float
    method: str = "exact conditional (binomial given all events); difference: joined Garwood limits"
    kind: Kind = "exact"
    difference_kind: Kind = "conservative"
    note: str = ""


def poisson_rate(events: int, time: float, *, level: float = 0.95) -> PoissonRate:
    """Return a rate with Garwood's exact interval.

    Parameters
    ----------
    events
        Number of events.
    time
        Time at risk in any unit; 0 is answered without a rate.
    level
        Level of the two-sided interval.

    Raises
    ------
    UsageError
        If ``events`` is no whole number from 0, ``time`` is negative or not finite, there are events in no
        time, or the level does not lie between 0 and 1.

    >>> found = poisson_rate(3, 2.0)
    >>> f"{found.rate:.2f} {found.low:.4f} {found.high:.4f}"
    '1.50 0.3093 4.3836'
    """
    from scipy.special import gammainccinv, gammaincinv

    _check(events, time)
    half = (1.0 - check_level(level)) / 2.0
    if time == 0.0:
        return PoissonRate(0, 0.0, math.nan, 0.0, math.inf, level, note="No time at risk: no rate.")
    low = float(gammaincinv(events, half)) / time if events else 0.0
    high = float(gammainccinv(events + 1, half)) / time
    return PoissonRate(int(events), float(time), events / time, low, high, level)


def compare_rates(k1: int, t1: float, k2: int, t2: float, *, level: float = 0.95) -> RateComparison:
    """Compare ``k1`` events in time ``t1`` with ``k2`` in ``t2``.

    Raises
    ------
    UsageError
        As ``poisson_rate``.

    >>> found = compare_rates(11, 800.0, 3, 1000.0)
    >>> f"{found.ratio:.3f} {found.ratio_low:.3f} {found.ratio_high:.3f} p={found.p_least_likely:.4f}"
    '4.583 1.211 25.586 p=0.0135'
    """
    first, second = (poisson_rate(k, t, level=level) for k, t in ((k1, t1), (k2, t2)))
    wide = [poisson_rate(k, t, level=math.sqrt(level)) for k, t in ((k1, t1), (k2, t2))]
    difference = first.rate - second.rate, wide[0].low - wide[1].high, wide[0].high - wide[1].low
    if not (t1 and t2):
        note, nothing = "No time at risk in one group: no comparison.", (math.nan, 0.0, math.inf)
        return RateComparison(
            first, second, *nothing, *difference, math.nan, math.nan, level, note=note
        )  # fmt: skip
    total, share = int(k1 + k2), t1 / (t1 + t2)
    if not total:
        note = "No event in either group: the ratio is not defined and every ratio is allowed."
        return RateComparison(
            first, second, math.nan, 0.0, math.inf, *difference, 1.0, 1.0, level, note=note
        )  # fmt: skip
    low, high = (float(limit) for limit in clopper_pearson(k1, total, level=level))
    ratio = first.rate / second.rate if k2 else math.inf
    limits = low / (1.0 - low) * t2 / t1, high / (1.0 - high) * t2 / t1 if high < 1.0 else math.inf
    p, p_least_likely = _p_values(int(k1), total, share)
    note = "" if k1 and k2 else "No event in one group: the ratio is at the end of its range."
    return RateComparison(
        first, second, ratio, *limits, *difference, p, p_least_likely, level, note=note
    )  # fmt: skip


def _p_values(k: int, total: int, share: float) -> tuple[float, float]:
    """Return twice the smaller binomial tail, and the sum over results no more probable than ``k``."""
    import numpy as np
    from scipy.special import bdtr, bdtrc, gammaln, xlog1py, xlogy

    at_least = float(bdtrc(k - 1, total, share)) if k else 1.0
    p = min(1.0, 2.0 * min(float(bdtr(k, total, share)), at_least))
    j = np.arange(total + 1.0)
    logs = gammaln(total + 1.0) - gammaln(j + 1.0) - gammaln(total - j + 1.0)
    logs += xlogy(j, share) + xlog1py(total - j, -share)
    return p, min(1.0, float(np.exp(logs[logs <= logs[k] + _NEAR]).sum()))


def _check(events: int, time: float) -> None:
    if events < 0 or events != int(events):
        raise UsageError(f"Rate: found {events!r} events; expected a whole number from 0.")
    if not (math.isfinite(time) and time >= 0.0):
        raise UsageError(f"Rate: found time at risk {time!r}; expected a number from 0.")
    if events and not time:
        raise UsageError(
            f"Rate: found {events} events in no time at risk; expected none. Count the day of the event as "
            "time at risk."
        )
