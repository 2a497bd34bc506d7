"""Categories of improvement of arms against control: exact ranks, proportional odds, stratified scores."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mitograft.statistics.ordinal_category import compare_categories as compare_ordinal
from mitograft.statistics.row_mean_scores import row_mean_scores
from mitograft.trial.efficacy.estimate import Estimate
from mitograft.trial.efficacy.outcomes import CATEGORIES, Outcomes
from mitograft.trial.efficacy.strata import usable_strata

__all__ = ["compare_categories"]

_BLANK = math.nan
_PAIR = 2


def compare_categories(
    outcomes: Outcomes, arms: Sequence[str], control: str, level: float
) -> Iterator[Estimate]:
    """Yield, for each arm, the probabilistic index (primary), the common odds ratio and the stratified test.

    The p value of the index is that of the exact rank-sum test, within diagnosis where it can be (van
    Elteren). A category that cannot be told is left out and counted in the note.
    """
    for arm in arms:
        both = [i for i, name in enumerate(outcomes.arms) if name in (arm, control)]
        seen = [i for i in both if not math.isnan(outcomes.categories[i])]
        left = len(both) - len(seen)
        note = f"{left} without a category are left out." if left else ""
        if len({outcomes.arms[i] for i in seen}) < _PAIR:
            yield Estimate(
                "probabilistic index", f"{arm} vs {control}", _BLANK, _BLANK, _BLANK, level, _BLANK, "1", 0,
                "no estimate", "approximate", primary=True, note="no category in one of the arms",
            )  # fmt: skip
            continue
        yield from _compare(outcomes, seen, (arm, control), level, note)
    yield from _stratified(outcomes, arms, control, level)


def _compare(
    outcomes: Outcomes, seen: Sequence[int], pair: tuple[str, str], level: float, note: str
) -> Iterator[Estimate]:
    strata = [outcomes.strata[i] for i in seen]
    within = usable_strata(strata)
    found = compare_ordinal(
        [CATEGORIES[int(outcomes.categories[i])] for i in seen],
        [outcomes.arms[i] == pair[0] for i in seen],
        CATEGORIES,
        strata=strata if within else None,
        level=level,
    )
    contrast, index, odds = f"{pair[0]} vs {pair[1]}", found.index, found.odds
    yield Estimate(
        "probabilistic index", contrast, index.estimate, index.low, index.high, level, found.test.p, "1",
        len(seen), "share of pairs in which the treated category is better, ties for half, with an interval "
        f"calibrated to its permutation test; p: {found.test.description}"
        + (", within diagnosis" if within else ""),
        "approximate", primary=True, note=note,
    )  # fmt: skip
    yield Estimate(
        "log odds ratio of a better category", contrast, odds.log_odds_ratio, odds.low, odds.high, level,
        odds.p, "log odds", len(seen), odds.method + (", adjusted for diagnosis" if within else ""),
        "approximate", note=f"{note} {odds.note}".strip(),
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
