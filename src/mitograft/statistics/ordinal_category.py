r"""An ordinal category, such as the category of improvement, between two arms.

Three readings side by side:

* the exact test that decides: the rank-sum test with all its ties, within strata that of van Elteren
  (``permutation.py``), and the probabilistic index;
* the common odds ratio of a higher category, adjusted (``adjusted_odds.py``);
* whether one odds ratio does for all cuts (``parallel_odds.py``).

The likelihood ratio and the score test are for large samples. Share of 1500 simulated trials rejected at
level 0.05 without any effect, four categories of 30 25 25 20 % (60 20 10 10 %), the stratum of two levels:

=========  ===============  ===========================  ===============  ================
arms       ratio            ratio with stratum           parallel odds    exact rank sum
=========  ===============  ===========================  ===============  ================
4 and 5    0.089 (0.114)    0.121 (0.146)                0.065 (0.031)    0.020 (0.009)
6 and 6    0.075 (0.083)    0.094 (0.093)                0.067 (0.046)    0.024 (0.013)
12 and 12  0.064 (0.063)    0.070 (0.069)                0.057 (0.043)    0.043 (0.036)
18 and 18  0.057 (0.054)    0.062 (0.059)                0.052 (0.047)    0.046 (0.037)
=========  ===============  ===========================  ===============  ================

At 24 subjects and fewer the exact test is the one to be read; there the interval of the odds ratio is too
narrow by as much as its test rejects too often.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.statistics.adjusted_odds import AdjustedOdds, adjusted_odds
from mitograft.statistics.parallel_odds import ParallelOddsTest, parallel_odds_test
from mitograft.statistics.permutation import RankSumTest, blocked_rank_sum_test, rank_sum_test
from mitograft.statistics.probabilistic_index import ProbabilisticIndex, probabilistic_index

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["CategoryComparison", "compare_categories"]


@dataclass(frozen=True, eq=False)
class CategoryComparison:
    """All readings of one ordinal outcome, first arm against second.

    Parameters
    ----------
    categories, first, second
        Categories in order, and the number of subjects of each arm in each.
    test
        The exact rank-sum test, within strata where given (van Elteren).
    index
        Probabilistic index with interval, strata left aside.
    odds, parallel
        The adjusted odds ratio, and whether one odds ratio does for all cuts.
    """

    categories: tuple[str, ...]
    first: tuple[int, ...]
    second: tuple[int, ...]
    test: RankSumTest
    index: ProbabilisticIndex
    odds: AdjustedOdds
    parallel: ParallelOddsTest


def compare_categories(
    categories: Sequence[str],
    in_first: Sequence[bool],
    order: Sequence[str],
    *,
    strata: Sequence[Hashable] | None = None,
    covariates: "Mapping[str, ArrayLike] | None" = None,
    level: float = 0.95,
) -> CategoryComparison:
    """Compare two arms on an ordinal category.

    Parameters
    ----------
    categories
        Category of each subject.
    in_first
        Whether each subject is in the first arm.
    order
        The categories, worst first.
    strata, covariates
        Stratum of each subject; covariates enter the odds ratio only.

    Raises
    ------
    UsageError
        If a category is not in ``order``, an arm is empty or lengths differ.

    >>> order = ["none", "minimal", "moderate", "major"]
    >>> seen = ["major", "moderate", "moderate", "minimal", "none", "minimal", "none", "none"]
    >>> found = compare_categories(seen, [True] * 4 + [False] * 4, order)
    >>> found.first, found.second, f"{found.test.p:.3f}", found.odds.separated
    ((0, 1, 2, 1), (3, 1, 0, 0), '0.057', True)
    """
    unknown = sorted({str(name) for name in categories} - set(order))
    if unknown or len(set(order)) != len(order):
        raise UsageError(
            f"Categories: found {', '.join(unknown) or order}; expected some of {', '.join(order)}."
        )
    if len(categories) != len(in_first):
        raise UsageError(f"Categories: found {len(categories)} and {len(in_first)} arms; expected as many.")
    numbers = [float(list(order).index(name)) for name in categories]
    first = [x for x, here in zip(numbers, in_first, strict=True) if here]
    second = [x for x, here in zip(numbers, in_first, strict=True) if not here]
    factors = None if strata is None else {"stratum": strata}
    return CategoryComparison(
        tuple(order),
        tuple(first.count(place) for place in range(len(order))),
        tuple(second.count(place) for place in range(len(order))),
        rank_sum_test(first, second) if strata is None else blocked_rank_sum_test(numbers, in_first, strata),
        probabilistic_index(first, second, level=level),
        adjusted_odds(numbers, in_first, factors=factors, covariates=covariates, level=level),
        parallel_odds_test(numbers, in_first, factors=factors, covariates=covariates),
    )
