"""The metabolic shift: how far a mouse lies from healthy, and whether treatment brings it back.

The composite of a mouse is the weighted mean of its scores of the sets with a weight in the panel
(respiratory electron transport, complex I biogenesis, citric acid cycle, fatty-acid oxidation). The index

    shift = -(composite - mean of healthy) / standard deviation of healthy

is 0 for healthy mice on average and rises as oxidative genes fall; sets and signs are fixed before the data
are seen. All tests are the same whatever the scale, except the bounds of equivalence, which are given in
standard deviations of healthy mice; that these are estimated from few mice is not part of the test.

Infiltrating cells dilute the muscle's own genes, so every comparison is also given at equal infiltrate and
muscle markers. Infiltrate is a consequence of the disease: the two answer different questions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.mouse.expression.gene_sets import GeneSet
from mitograft.mouse.expression.restoration import ShareLeft, Verdict, adjusted_difference, share_left
from mitograft.statistics.blocked import TResult, t_result, welch_t
from mitograft.statistics.donors import exact_mean, exact_variance
from mitograft.statistics.equivalence import Equivalence, two_one_sided
from mitograft.tables.parameters import Parameters

__all__ = ["GroupIndex", "Restoration", "Roles", "Shift", "ShiftContrast", "find_composite", "find_shift"]

Array = npt.NDArray[np.float64]
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Roles:
    """Which groups are healthy, diseased without treatment, and treated."""

    healthy: str
    untreated: str
    treated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupIndex:
    """The index of one group: mean with its 95 % interval (t), and the number of mice."""

    group: str
    n: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ShiftContrast:
    """A difference of two groups, as it is and at equal infiltrate and muscle markers (None without them)."""

    tested: str
    reference: str
    difference: TResult
    adjusted: TResult | None


@dataclass(frozen=True, slots=True)
class Restoration:
    """Whether one treatment restores the shift.

    Parameters
    ----------
    group
        The treated group.
    from_untreated, to_healthy
        Its differences; a negative first one is an improvement.
    share
        Share of the shift that is left, the primary answer.
    equivalence
        Two one-sided tests of the distance to healthy, within bounds in standard deviations of healthy; None
        where the mice do not vary.
    verdict, sentence
        Judged by the share and the margin.
    """

    group: str
    from_untreated: ShiftContrast
    to_healthy: ShiftContrast
    share: ShareLeft
    equivalence: Equivalence | None
    verdict: Verdict
    sentence: str


@dataclass(frozen=True, eq=False)
class Shift:
    """The index of every mouse, its groups, the defect and what each treatment does to it."""

    index: Mapping[str, float]
    sets: tuple[str, ...]
    roles: Roles
    healthy_mean: float
    healthy_sd: float
    groups: tuple[GroupIndex, ...]
    defect: ShiftContrast
    restorations: tuple[Restoration, ...]


def find_composite(scores: Mapping[str, Array], sets: Sequence[GeneSet]) -> tuple[Array, tuple[str, ...]]:
    """Return the weighted mean of the scores that belong to the index, and which sets these are."""
    used = [item for item in sets if item.weight and np.all(np.isfinite(scores.get(item.id, np.nan)))]
    if not used:
        return np.empty(0), ()
    weights = np.array([item.weight for item in used])
    table = np.array([scores[item.id] for item in used])
    return np.asarray(weights @ table / np.abs(weights).sum()), tuple(item.id for item in used)


def find_shift(
    subjects: Sequence[str],
    groups: Sequence[str],
    composite: tuple[Array, tuple[str, ...]],
    covariates: Array | None,
    roles: Roles,
    parameters: Parameters,
) -> Shift | None:
    """Return the index and its tests; None where there are no sets, or healthy mice do not vary.

    Parameters
    ----------
    subjects, groups
        Mice and their groups.
    composite
        Of ``find_composite``.
    covariates
        Mice x markers (infiltrate, muscle); None where they were not counted.
    roles
        Groups; healthy and untreated need at least two mice.
    parameters
        Margin, level and bound.
    """
    values, sets = composite
    names = np.array(groups)
    healthy = [float(x) for x in values[names == roles.healthy]] if sets else []
    if len(healthy) < 2 or not exact_variance(healthy) > 0.0 or groups.count(roles.untreated) < 2:
        return None
    mean, sd = exact_mean(healthy), exact_variance(healthy) ** 0.5
    index = -(values - mean) / sd
    comparison = _Comparison(index, groups, covariates)
    return Shift(
        index={subject: float(x) for subject, x in zip(subjects, index, strict=True)},
        sets=sets,
        roles=roles,
        healthy_mean=mean,
        healthy_sd=sd,
        groups=tuple(_group(g, comparison.of(g)) for g in dict.fromkeys(groups)),
        defect=comparison.contrast(roles.untreated, roles.healthy),
        restorations=tuple(
            _restoration(group, comparison, roles, parameters)
            for group in roles.treated
            if groups.count(group) > 1
        ),
    )


class _Comparison:
    """Index, groups and covariates, asked for one pair of groups at a time."""

    def __init__(self, index: Array, groups: Sequence[str], covariates: Array | None) -> None:
        self.index, self.groups, self.covariates = index, groups, covariates

    def of(self, group: str) -> list[float]:
        return [float(x) for x, g in zip(self.index, self.groups, strict=True) if g == group]

    def contrast(self, tested: str, reference: str) -> ShiftContrast:
        difference = welch_t(self.of(tested), self.of(reference), level=_LEVEL)
        adjusted = None
        if self.covariates is not None:
            pair = (tested, reference)
            adjusted = adjusted_difference(self.index, self.groups, self.covariates, pair, level=_LEVEL)
        return ShiftContrast(tested, reference, difference, adjusted)


def _group(group: str, values: list[float]) -> GroupIndex:
    mean, n = exact_mean(values), len(values)
    if n < 2:
        return GroupIndex(group, n, mean, float("nan"), float("nan"))
    result = t_result(mean, (exact_variance(values) / n) ** 0.5, n - 1.0, _LEVEL)
    return GroupIndex(group, n, mean, result.low, result.high)


def _restoration(group: str, comparison: _Comparison, roles: Roles, parameters: Parameters) -> Restoration:
    level, margin = parameters["restoration_level"].number, parameters["restoration_margin"].number
    bound = parameters["equivalence_bound"].number
    treated, untreated, healthy = (comparison.of(g) for g in (group, roles.untreated, roles.healthy))
    share = share_left(treated, untreated, healthy, level=level)
    distance = welch_t(treated, healthy, level=level)
    alpha = (1.0 - level) / 2.0
    equivalence = two_one_sided(distance, -bound, bound, alpha=alpha) if distance.se > 0.0 else None
    return Restoration(
        group,
        comparison.contrast(group, roles.untreated),
        comparison.contrast(group, roles.healthy),
        share,
        equivalence,
        share.verdict(margin),
        share.sentence(margin),
    )
