"""Time from the first dose to the first response, with the estimand's answer to intercurrent events."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from mitograft.statistics.proportions import clopper_pearson
from mitograft.statistics.survival import KaplanMeier, kaplan_meier, log_rank
from mitograft.trial.efficacy.estimate import Estimate
from mitograft.trial.efficacy.outcomes import Outcomes

__all__ = ["compare_times", "response_times"]

Array = npt.NDArray[np.float64]


def response_times(outcomes: Outcomes) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return study day of the first response or of the last assessment, and whether it is a response.

    A response is that at a visit, before any event whose strategy is composite: who fails so is censored at
    the end of follow-up without a response, as he will have none. An event whose strategy is hypothetical
    censors at its day.
    """
    n, last = len(outcomes.subjects), outcomes.days[:, -1]
    days, events = np.empty(n), np.zeros(n, dtype=bool)
    for i in range(n):
        seen = ~np.isnan(outcomes.responses[i])
        first = np.flatnonzero(seen & (outcomes.responses[i] == 1.0))
        if first.size:
            days[i], events[i] = outcomes.days[i, first[0]], True
        elif not np.isnan(outcomes.failed_day[i]):
            days[i] = last[i]
        else:
            days[i] = outcomes.days[i, np.flatnonzero(seen)[-1]] if seen.any() else 1.0
            days[i] = np.fmin(days[i], outcomes.stopped_day[i])
    return days, events


def compare_times(outcomes: Outcomes, arms: Sequence[str], control: str, level: float) -> Iterator[Estimate]:
    """Yield, for each arm, the difference of the shares with a response by the visit, and the log-rank test.

    The interval combines the two Kaplan-Meier intervals as Newcombe's does two Wilson intervals (MOVER;
    Zou and Donner, Stat Med 2008;27:1693).
    """
    days, events = response_times(outcomes)
    end = float(np.max(days)) if days.size else 0.0
    for arm in arms:
        groups = [(days[m], events[m]) for m in (outcomes.members(name) for name in (arm, control))]
        test = log_rank(groups)
        (p1, low1, high1), (p2, low2, high2) = (
            _reached(kaplan_meier(*group, level=level), end, level) for group in groups
        )
        difference = p1 - p2
        yield Estimate(
            "difference of response by the visit", f"{arm} vs {control}", difference,
            difference - math.hypot(p1 - low1, high2 - p2), difference + math.hypot(high1 - p1, p2 - low2),
            level, test.p, "1", sum(len(group[0]) for group in groups),
            "Kaplan-Meier with combined intervals; p of the log-rank test", "approximate", primary=True,
            note=f"{test.observed[0]:g} responses where {test.expected[0]:.1f} were expected.",
        )  # fmt: skip


def _reached(curve: KaplanMeier, day: float, level: float) -> tuple[float, float, float]:
    """Return the share with a response by a day; exact binomial limits where all or none had it."""
    last = min(day, float(curve.times[-1]))
    without, low, high = curve.at(last)
    if 0.0 < without < 1.0 and not math.isnan(low):
        return 1.0 - without, 1.0 - high, 1.0 - low
    limits = clopper_pearson(0 if without == 1.0 else curve.n, curve.n, level=level)
    return 1.0 - without, float(limits[0]), float(limits[1])
