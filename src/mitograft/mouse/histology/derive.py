"""Graded sections to one score a mouse: raters averaged, then section to block to muscle to mouse.

The order is fixed: (1) the raters of a section are averaged, (2) sections are put together to a block, (3)
blocks to a muscle, (4) muscles to the mouse, each by the rule of the scheme. What leaves this module has one
value for each mouse; sections cannot be counted as mice.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from mitograft.mouse.histology.contract import SectionGrade
from mitograft.mouse.histology.scheme import Rule, Scheme

__all__ = ["MouseScore", "derive_scores"]

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class MouseScore:
    """One feature of one mouse.

    Parameters
    ----------
    animal, day, feature
        Whose score it is, and of which day.
    score
        The one number of the mouse.
    muscles
        Muscle to its score.
    blocks, sections
        Blocks of each muscle, and sections of each block, that were graded.
    raters
        Raters of each section.
    """

    animal: str
    day: date
    feature: str
    score: float
    muscles: Mapping[str, float]
    blocks: tuple[int, ...]
    sections: tuple[int, ...]
    raters: tuple[int, ...]


def derive_scores(grades: Iterable[SectionGrade], scheme: Scheme, feature: str) -> tuple[MouseScore, ...]:
    """Put the graded sections of every mouse together.

    Parameters
    ----------
    grades
        Sections of any mice and features.
    scheme
        Its rules of aggregation.
    feature
        The feature that is wanted.

    Returns
    -------
    scores
        One for each mouse that has a grade of the feature, in the order of first sight.
    """
    by_mouse: dict[str, list[SectionGrade]] = {}
    for grade in grades:
        if grade.feature == feature:
            by_mouse.setdefault(grade.animal, []).append(grade)
    return tuple(_derive(mouse, feature, scheme) for mouse in by_mouse.values())


def _derive(grades: Sequence[SectionGrade], feature: str, scheme: Scheme) -> MouseScore:
    rules = scheme.aggregation
    raters = _gather((grade.place[1:], grade.points) for grade in grades)
    sections = _gather((place[:2], _mean(points)) for place, points in raters.items())
    blocks = _gather((place[0], _put(rules.sections, values)) for place, values in sections.items())
    found = {muscle: _put(rules.blocks, values) for muscle, values in blocks.items()}
    muscles = {muscle: found[muscle] for muscle in scheme.muscles if muscle in found}
    return MouseScore(
        animal=grades[0].animal,
        day=grades[0].day,
        feature=feature,
        score=_put(rules.muscles, list(muscles.values())),
        muscles=muscles,
        blocks=_sizes(blocks),
        sections=_sizes(sections),
        raters=_sizes(raters),
    )


def _gather(pairs: Iterable[tuple[K, float]]) -> dict[K, list[float]]:
    gathered: dict[K, list[float]] = {}
    for key, value in pairs:
        gathered.setdefault(key, []).append(value)
    return gathered


def _sizes(gathered: Mapping[K, list[float]]) -> tuple[int, ...]:
    return tuple(len(values) for values in gathered.values())


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _put(rule: Rule, values: Sequence[float]) -> float:
    rules: dict[Rule, Callable[[Sequence[float]], float]] = {"mean": _mean, "max": max}
    return rules[rule](values)
