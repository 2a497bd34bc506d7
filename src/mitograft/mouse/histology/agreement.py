"""Whether two raters see the same: weighted kappa on the scheme's scores, sections clustered by mouse."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mitograft.mouse.animals import Colony
from mitograft.mouse.histology.contract import SectionGrade
from mitograft.mouse.histology.scheme import Scheme
from mitograft.statistics.agreement import Agreement, weighted_kappa

__all__ = ["RaterAgreement", "find_agreement"]

_FEWEST_PAIRS = 2

Place = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class RaterAgreement:
    """Two raters who graded the same sections.

    Parameters
    ----------
    first, second, feature
        Who, and what.
    kappa
        Quadratic weighted kappa over all scores of the scheme, with an interval by mouse.
    immunised
        The same without healthy mice, whose zeros nobody disputes and which make any kappa look high; None
        where there are no healthy mice, or fewer than two sections of others. This one is judged.
    difference
        Mean score of the first less that of the second over the shared sections; kappa alone does not tell
        a shift from scatter.
    """

    first: str
    second: str
    feature: str
    kappa: Agreement
    immunised: Agreement | None
    difference: float

    @property
    def judged(self) -> Agreement:
        """The kappa that is held against the threshold."""
        return self.immunised or self.kappa


def find_agreement(
    grades: Sequence[SectionGrade],
    scheme: Scheme,
    colony: Colony,
    rng: np.random.Generator | None = None,
) -> tuple[RaterAgreement, ...]:
    """Compare every two raters who share at least two sections.

    Parameters
    ----------
    grades
        All graded sections.
    scheme
        Its scores are the scale of kappa, whether they were used or not.
    colony
        Which mice are healthy.
    rng
        For bootstrap intervals by mouse; none without it.
    """
    healthy = {mouse.id for mouse in colony if colony.groups[mouse.group].role == "healthy"}
    return tuple(
        pair
        for feature in scheme.features
        for pair in _pairs([g for g in grades if g.feature == feature], scheme.scale, healthy, rng)
    )


def _pairs(
    grades: Sequence[SectionGrade],
    scale: Sequence[float],
    healthy: set[str],
    rng: np.random.Generator | None,
) -> Iterator[RaterAgreement]:
    by_rater: dict[str, dict[Place, float]] = {}
    for grade in grades:
        by_rater.setdefault(grade.rater, {})[grade.place] = grade.points
    for first, second in combinations(sorted(by_rater), 2):
        pairs = {
            place: (points, by_rater[second][place])
            for place, points in by_rater[first].items()
            if place in by_rater[second]
        }
        if len(pairs) < _FEWEST_PAIRS:
            continue
        ill = {place: pair for place, pair in pairs.items() if place[0] not in healthy}
        apart = len(ill) < len(pairs) and len(ill) >= _FEWEST_PAIRS
        yield RaterAgreement(
            first=first,
            second=second,
            feature=grades[0].feature,
            kappa=_kappa(pairs, scale, rng),
            immunised=_kappa(ill, scale, rng) if apart else None,
            difference=math.fsum(a - b for a, b in pairs.values()) / len(pairs),
        )


def _kappa(
    pairs: Mapping[Place, tuple[float, float]], scale: Sequence[float], rng: np.random.Generator | None
) -> Agreement:
    one, two = zip(*pairs.values(), strict=True)
    return weighted_kappa(one, two, scale, clusters=[place[0] for place in pairs], rng=rng)
