"""A trial without control: what was seen in each dose group and in all, exactly, and its trend over doses.

Nothing here is an effect of treatment. Medians have intervals between order statistics, shares those of
Clopper and Pearson, trends over doses the exact Jonckheere-Terpstra and Cochran-Armitage tests.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mitograft.statistics.median import median_interval
from mitograft.statistics.proportions import clopper_pearson
from mitograft.statistics.survival import kaplan_meier
from mitograft.statistics.trend import jonckheere
from mitograft.trial.efficacy.estimate import Estimate
from mitograft.trial.efficacy.outcomes import CATEGORIES, Outcomes
from mitograft.trial.efficacy.times import response_times

__all__ = ["ALL", "describe_arms", "describe_trend"]

ALL = "all treated"
_BLANK = math.nan


def describe_arms(outcomes: Outcomes, arms: Sequence[str], level: float) -> Iterator[Estimate]:
    """Yield the estimate of each arm with subjects, and of all arms together where there are several."""
    present = [arm for arm in arms if outcomes.members(arm).size]
    for arm in (*present, *([None] if len(present) > 1 else [])):
        members, name = outcomes.members(arm), arm or ALL
        match outcomes.estimand.variable:
            case "TIS":
                yield _median(outcomes.at_visit[members], name, level)
            case "response":
                yield _share("share of responders", outcomes.responses[members, -1], name, level)
            case "category":
                for grade, words in enumerate(CATEGORIES[1:], start=1):
                    reached = np.where(
                        np.isnan(outcomes.categories[members]), np.nan, outcomes.categories[members] >= grade
                    )
                    yield _share(
                        f"share with {words.lower()} improvement" + (" or better" if grade < 3 else ""),
                        reached,
                        name,
                        level,
                    )
            case "time to response":
                yield _time(outcomes, members, name, level)


def describe_trend(outcomes: Outcomes, arms: Sequence[str], level: float) -> Iterator[Estimate]:
    """Yield the trend over the dose groups, lowest first; nothing where there are fewer than two."""
    present = [arm for arm in arms if outcomes.members(arm).size]
    if len(present) < 2 or outcomes.estimand.variable == "time to response":
        return
    values = {
        "TIS": outcomes.at_visit, "response": outcomes.responds, "category": outcomes.categories,
    }[outcomes.estimand.variable]  # fmt: skip
    groups = [[float(x) for x in values[outcomes.members(arm)] if not math.isnan(x)] for arm in present]
    kept = [group for group in groups if group]
    if len(kept) < 2:
        return
    test = jonckheere(kept)
    yield Estimate(
        "trend over doses", " < ".join(present), test.index, _BLANK, _BLANK, level, test.p, "1",
        sum(map(len, kept)), test.description, "exact" if test.method == "exact" else "approximate",
        note="Share of pairs in which the higher dose has the higher value; 1/2 without a trend.",
    )  # fmt: skip


def _median(values: "np.ndarray", name: str, level: float) -> Estimate:
    seen = values[~np.isnan(values)]
    found = median_interval(seen, level=level)
    missing = values.size - seen.size
    note = f"{missing} of {values.size} without a score are left out." if missing else ""
    if not seen.size:
        return _nothing("median", name, level, "points", note or "nobody has a score")
    return Estimate(
        "median", name, found.median, max(found.low, 0.0), min(found.high, 100.0), level, _BLANK, "points",
        int(seen.size), "median, interval between order statistics", "conservative", primary=True, note=note,
    )  # fmt: skip


def _share(what: str, values: "np.ndarray", name: str, level: float) -> Estimate:
    n, k = int(values.size), int(np.nansum(values))
    low, high = (float(x) for x in clopper_pearson(k, n, level=level))
    missing = int(np.isnan(values).sum())
    note = f"{k} of {n}." + (f" {missing} not assessed count as no response." if missing else "")
    return Estimate(
        what, name, k / n, low, high, level, _BLANK, "1", n, "Clopper-Pearson", "conservative", primary=True,
        note=note,
    )  # fmt: skip


def _time(outcomes: Outcomes, members: "np.ndarray", name: str, level: float) -> Estimate:
    days, events = response_times(outcomes)
    curve = kaplan_meier(days[members], events[members], level=level)
    found = curve.quantile(0.5)
    note = f"{int(events[members].sum())} of {members.size} responded."
    if found.time is None:
        note += " The median is not reached."
    return Estimate(
        "median time to response", name, math.inf if found.time is None else found.time,
        0.0 if found.low is None else found.low, math.inf if found.high is None else found.high,
        level, _BLANK, "days", int(members.size), "Kaplan-Meier, log-log limits", "approximate",
        primary=True, note=note,
    )  # fmt: skip


def _nothing(what: str, name: str, level: float, unit: str, why: str) -> Estimate:
    return Estimate(
        what, name, _BLANK, _BLANK, _BLANK, level, _BLANK, unit, 0, "none", "exact", primary=True, note=why
    )
