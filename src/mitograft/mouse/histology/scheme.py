"""Grading schemes: named, versioned data files with levels, bonus, muscles and rules of aggregation.

A score is the grade, plus the bonus where several lesions share it, at most the maximum. How sections become
blocks, blocks muscles and muscles one number for the mouse is part of the scheme, so that it is set before
anybody sees a score. Two schemes ship; a user's own is a file of the same form.
"""

from dataclasses import dataclass
from typing import Literal

from mitograft.tables.parameters import Parameter

__all__ = ["Aggregation", "Level", "Rule", "Scheme"]

Rule = Literal["mean", "max"]


@dataclass(frozen=True, slots=True)
class Level:
    """One grade and what it looks like."""

    grade: float
    text: str


@dataclass(frozen=True, slots=True)
class Aggregation:
    """How sections are put together to a block, blocks to a muscle and muscles to the mouse."""

    sections: Rule
    blocks: Rule
    muscles: Rule


@dataclass(frozen=True)
class Scheme:
    """A grading scheme.

    Parameters
    ----------
    name, version, title
        What it is called; the version changes with any of the rest.
    levels
        Grades from 0 (no lesion) upwards.
    bonus, bonus_text
        Points added where it applies, 0 for none, and when that is.
    maximum
        Highest score, bonus included.
    muscles, features
        What is graded; the first feature is the severity.
    aggregation
        Rules from section to mouse.
    status, citation, note
        How far the wording is confirmed (as for any parameter) and where it comes from.
    source
        File it was read from.
    """

    name: str
    version: str
    title: str
    levels: tuple[Level, ...]
    bonus: float
    bonus_text: str
    maximum: float
    muscles: tuple[str, ...]
    features: tuple[str, ...]
    aggregation: Aggregation
    status: str
    citation: str
    note: str
    source: str

    @property
    def grades(self) -> tuple[float, ...]:
        """The grades of the levels, ascending."""
        return tuple(level.grade for level in self.levels)

    @property
    def scale(self) -> tuple[float, ...]:
        """Every score a section can have, ascending: what weighted kappa is measured on."""
        scores = {self.points(grade, bonus=bonus) for grade in self.grades for bonus in (False, True)}
        return tuple(sorted(scores))

    @property
    def flagged(self) -> tuple[Parameter, ...]:
        """The scheme as a flagged parameter, empty where its wording is confirmed."""
        words = f"{self.title}. {self.note}".strip()
        row = Parameter(f"scheme {self.name}", self.version, "", "rule", self.status, self.citation, words)
        return (row,) if row.flagged else ()

    def points(self, grade: float, *, bonus: bool) -> float:
        """Return the score of a grade; no lesion takes no bonus."""
        added = self.bonus if bonus and grade > 0.0 else 0.0
        return min(float(grade) + added, self.maximum)
