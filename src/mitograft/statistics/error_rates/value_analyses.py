"""Analyses of values and of ordered categories, each brought to the form ``(data, level) -> Answer``."""

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from mitograft.errors import UsageError
from mitograft.statistics.ancova import fit_ancova
from mitograft.statistics.blocked import welch_t
from mitograft.statistics.contingency import chi_squared_test, fisher_exact_table
from mitograft.statistics.error_rates.designs import Answer, Arms, answer
from mitograft.statistics.group_sequential import Boundary, obrien_fleming, pocock
from mitograft.statistics.kruskal import kruskal_wallis
from mitograft.statistics.median import median_interval
from mitograft.statistics.ordinal import proportional_odds
from mitograft.statistics.permutation import rank_sum_test
from mitograft.statistics.probabilistic_index import brunner_munzel, probabilistic_index
from mitograft.statistics.row_mean_scores import StratifiedTest, general_association, row_mean_scores
from mitograft.statistics.trend import jonckheere
from mitograft.statistics.variance import one_way_anova

__all__ = [
    "ancova_of",
    "ancova_slope_of",
    "ancova_term_of",
    "brunner_munzel_of",
    "chi_squared_table_of",
    "fisher_table_of",
    "general_association_of",
    "jonckheere_of",
    "kruskal_of",
    "looks_obrien_fleming_of",
    "looks_pocock_of",
    "mean_of",
    "median_of",
    "one_way_of",
    "probabilistic_index_of",
    "proportional_odds_of",
    "rank_sum_of",
    "row_mean_scores_of",
    "welch_of",
]

_GRADES = 4
_LOOKS = (1.0 / 3.0, 2.0 / 3.0, 1.0)
_FEWEST_AT_LOOK = 2


def mean_of(data: Arms, level: float) -> Answer:
    """Return the mean of one arm with its t interval, from an analysis of covariance with one group."""
    values = data.values[0]
    found = fit_ancova(values, ["all"] * len(values)).mean("all", level=level)
    return answer(found.p, found.low, found.high, found.reason)


def median_of(data: Arms, level: float) -> Answer:
    """Return the median with its interval between order statistics."""
    found = median_interval(data.values[0], level=level)
    note = "too few values to bound the median" if math.isinf(found.low) else ""
    return answer(None, found.low, found.high, note)


def looks_obrien_fleming_of(data: Arms, level: float) -> Answer:
    """Return 0 where the t test at one of three looks reaches O'Brien and Fleming's p value, else 1."""
    return _looks(data, _boundary(obrien_fleming, level))


def looks_pocock_of(data: Arms, level: float) -> Answer:
    """Return 0 where the t test at one of three looks reaches Pocock's p value, else 1."""
    return _looks(data, _boundary(pocock, level))


def ancova_of(data: Arms, level: float) -> Answer:
    """Return the difference of two arms adjusted for the value at baseline."""
    y, groups = _stacked(data)
    fit = fit_ancova(y, groups, order=_names(data), covariates={"baseline": _joined(data.baseline)})
    found = fit.difference("1", "2", level=level)
    return answer(found.p, found.low, found.high, found.reason)


def ancova_term_of(data: Arms, level: float) -> Answer:  # noqa: ARG001 - every analysis takes a level
    """Return the F test of all arms, adjusted for the value at baseline."""
    y, groups = _stacked(data)
    fit = fit_ancova(y, groups, order=_names(data), covariates={"baseline": _joined(data.baseline)})
    found = fit.test("group")
    return answer(found.p, note=found.reason)


def ancova_slope_of(data: Arms, level: float) -> Answer:
    """Return the linear trend over doses, adjusted for the value at baseline."""
    y, groups = _stacked(data)
    covariates = {"dose": [float(group) for group in groups], "baseline": _joined(data.baseline)}
    found = fit_ancova(y, ["all"] * len(y), covariates=covariates).slope("dose", level=level)
    return answer(found.p, found.low, found.high, found.reason)


def welch_of(data: Arms, level: float) -> Answer:
    """Return Welch's t test."""
    found = welch_t(*data.values, level=level)
    return answer(found.p, found.low, found.high, "" if found.se > 0.0 else "no spread within the arms")


def rank_sum_of(data: Arms, level: float) -> Answer:  # noqa: ARG001
    """Return the exact rank-sum test."""
    return answer(rank_sum_test(*data.values).p)


def probabilistic_index_of(data: Arms, level: float) -> Answer:
    """Return the interval of the probabilistic index."""
    found = probabilistic_index(*data.values, level=level)
    return answer(None, found.low, found.high)


def brunner_munzel_of(data: Arms, level: float) -> Answer:  # noqa: ARG001
    """Return the Brunner-Munzel test."""
    return answer(brunner_munzel(*data.values).p)


def one_way_of(data: Arms, level: float) -> Answer:  # noqa: ARG001
    """Return the F test of one-way analysis of variance."""
    p = one_way_anova(data.values)
    return answer(p, note="" if p is not None else "no spread within the arms, or one arm only")


def kruskal_of(data: Arms, level: float) -> Answer:  # noqa: ARG001
    """Return the exact Kruskal-Wallis test."""
    return answer(kruskal_wallis(data.values).p)


def jonckheere_of(data: Arms, level: float) -> Answer:  # noqa: ARG001
    """Return the exact Jonckheere-Terpstra test."""
    return answer(jonckheere(data.values).p)


def proportional_odds_of(data: Arms, level: float) -> Answer:
    """Return the profile likelihood interval and the likelihood ratio test of the common odds ratio."""
    found = proportional_odds(*data.values, level=level)
    return answer(found.p, found.low, found.high)


def fisher_table_of(data: Arms, level: float) -> Answer:  # noqa: ARG001
    """Return Fisher's exact test of arms by categories."""
    p = fisher_exact_table(_table(data))
    return answer(p, note="" if p is not None else "too many tables to count")


def chi_squared_table_of(data: Arms, level: float) -> Answer:  # noqa: ARG001
    """Return Pearson's chi-squared test of arms by categories."""
    found = chi_squared_test(_table(data))
    return answer(None if found is None else found[2], note="" if found else "one arm or one category only")


def row_mean_scores_of(data: Arms, level: float) -> Answer:  # noqa: ARG001
    """Return the Cochran-Mantel-Haenszel test of row mean scores."""
    return _stratified(row_mean_scores([_table(data)], list(range(_GRADES))))


def general_association_of(data: Arms, level: float) -> Answer:  # noqa: ARG001
    """Return the Cochran-Mantel-Haenszel test of general association."""
    return _stratified(general_association([_table(data)]))


def _stratified(found: StratifiedTest) -> Answer:
    return answer(found.p, note=found.reason)


@cache
def _boundary(kind: Callable[..., Boundary], level: float) -> Boundary:
    return kind(_LOOKS, alpha=1.0 - level, sides=2)


def _looks(data: Arms, boundary: Boundary) -> Answer:
    values = data.values[0]
    ends = [round(share * len(values)) for share in boundary.information]
    if ends[0] < _FEWEST_AT_LOOK:
        raise UsageError(
            f"Looks at the data: found {len(values)} values for {len(ends)} looks; expected at least "
            f"{_FEWEST_AT_LOOK} at the first."
        )
    reached = False
    for end, nominal in zip(ends, boundary.nominal_p, strict=True):
        p = mean_of(Arms((values[:end],)), 0.5).p
        if p is None:
            return answer(note="no spread at one of the looks")
        reached = reached or p <= nominal
    return answer(0.0 if reached else 1.0)


def _names(data: Arms) -> list[str]:
    return [str(i) for i in range(1, len(data.values) + 1)]


def _stacked(data: Arms) -> tuple[list[float], list[str]]:
    groups = [name for name, values in zip(_names(data), data.values, strict=True) for _ in values]
    return _joined(data.values), groups


def _joined(arms: tuple[list[float], ...]) -> list[float]:
    return [value for values in arms for value in values]


def _table(data: Arms) -> list[list[int]]:
    return [np.bincount(np.array(grades, dtype=int), minlength=_GRADES).tolist() for grades in data.values]
