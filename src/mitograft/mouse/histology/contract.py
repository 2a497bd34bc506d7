"""Columns of scores.csv, and one graded section."""

from dataclasses import dataclass
from datetime import date

from mitograft.tables.contract import Column, Contract

__all__ = ["SCORES", "SectionGrade"]

SCORES = Contract(
    "histology scores",
    (
        Column("animal", "Identifier of the mouse", "identifier", filled=True),
        Column("date", "Day the muscle was taken, YYYY-MM-DD", "text", filled=True),
        Column("muscle", "Muscle of the scheme", "text", filled=True),
        Column("block", "Block of the muscle", "text", filled=True),
        Column("section", "Section of the block, where several were graded", "text", required=False),
        Column("rater", "Who graded", "identifier", filled=True),
        Column("grade", "Grade of the scheme, without bonus; empty where excluded", "number", low=0.0),
        Column("bonus", "Whether the bonus applies", "category", required=False, allowed=("yes", "no")),
        Column("feature", "What was graded; empty is the first of the scheme", "text", required=False),
        Column("excluded", "Why there is no grade (lost, cut through a tendon)", "text", required=False),
        Column("note", "Free text", "text", required=False),
    ),
)


@dataclass(frozen=True, slots=True)
class SectionGrade:
    """What one rater saw in one section: ``points`` is the grade with its bonus, by the scheme."""

    animal: str
    day: date
    muscle: str
    block: str
    section: str
    rater: str
    feature: str
    points: float

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Mouse, muscle, block and section: the same for all raters and features."""
        return self.animal, self.muscle, self.block, self.section
