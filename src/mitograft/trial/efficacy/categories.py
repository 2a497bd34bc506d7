"""Categories of improvement of arms against control: exact ranks, proportional odds, stratified scores."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mitograft.statistics.ordinal import proportional_odds
from mitograft.statistics.probabilistic_index import probabilistic_index
from mitograft.statistics.row_mean_scores import row_mean_scores
from mitograft.trial.efficacy.estimate import Estimate
from mitograft.trial.efficacy.outcomes import CATEGORIES, Outcomes

__all__ = ["compare_categories"]

_BLANK = math.nan


def compare_categories(
    outcomes: Outcomes, arms: Sequence[str], control: str, level: float
) -> Iterator[Estimate]:
    """Yield, for each arm, the probabilistic index (primary), the common odds ratio and the stratified test.

    A category that cannot be told is left out and counted in the note.
    """
    for arm in arms:
        one, two = (outcomes.categories[outcomes.members(name)] for name in (arm, control))
        seen = [[float(x) for x in values[~np.isnan(values)]] for values in (one, two)]
        left = one.size + two.size - len(seen[0]) - len(seen[1])
        contrast, note = f"{arm} vs {control}", f"{left} without a category are left out." if left else ""
        if not seen[0] or not seen[1]:
            yield Estimate(
                "probabilistic index", contrast, _BLANK, _BLANK, _BLANK, level, _BLANK, "1", 0, "no estimate",
                "exact", primary=True, note="no category in one of the arms",
            )  # fmt: skip
            continue
        yield from _compare(seen[0], seen[1], contrast, level, note)
    yield from _stratified(outcomes, arms, control, level)


def _compare(
    one: Sequence[float], two: Sequence[float], contrast: str, level: float, note: str
) -> Iterator[Estimate]:
    n = len(one) + len(two)
    index = probabilistic_index(one, two, level=level)
    yield Estimate(
        "probabilistic index", contrast, index.estimate, index.low, index.high, level, index.p, "1", n,
        "share of pairs in which the treated category is better, ties for half; exact permutation p and an "
        "interval calibrated to it", "approximate", primary=True, note=note,
    )  # fmt: skip
    odds = proportional_odds(one, two, level=level)
    if math.isnan(odds.log_odds_ratio):
        note = f"{note} All are in one category: there is no odds ratio.".strip()
    elif odds.separated:
        note = f"{note} The arms do not overlap: one limit is infinite.".strip()
    yield Estimate(
        "log odds ratio of a better category", contrast, odds.log_odds_ratio, odds.low, odds.high, level,
        odds.p, "log odds", n, "proportional odds, profile likelihood", "approximate", note=note,
    )  # fmt: skip


def _stratified(outcomes: Outcomes, arms: Sequence[str], control: str, level: float) -> Iterator[Estimate]:
    """All arms at once, within diagnosis."""
    everyone, strata = (*arms, control), sorted(set(outcomes.strata))
    names, where = np.array(outcomes.arms), np.array(outcomes.strata)
    tables = [
        [
            [
                int(np.sum((outcomes.categories == grade) & (names == arm) & (where == stratum)))
                for grade in range(len(CATEGORIES))
            ]
            for arm in everyone
        ]
        for stratum in strata
    ]
    if not np.sum(tables):
        return
    test = row_mean_scores(tables, range(len(CATEGORIES)))
    yield Estimate(
        "row mean scores by diagnosis", " / ".join(everyone), _BLANK, _BLANK, _BLANK, level,
        _BLANK if test.p is None else test.p, "1", int(np.sum(tables)),
        "Cochran-Mantel-Haenszel, chi-squared", "approximate", note=test.reason,
    )  # fmt: skip
