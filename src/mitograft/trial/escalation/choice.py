"""The dose that would be declared if a trial ended now."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from mitograft.trial.escalation.design import Cohort, Design

__all__ = ["Chooses", "chosen_dose"]


@runtime_checkable
class Chooses(Protocol):
    """A design that can say at any time which dose it would declare."""

    def choose(self, path: Sequence[Cohort]) -> int | None:
        """Return the dose that would be declared if the trial ended now; None where there is none."""


def chosen_dose(design: Design, path: Sequence[Cohort]) -> int | None:
    """Return the dose that would be declared if the trial ended now; None where there is none.

    A design with ``choose`` is asked. For any other it is the dose the design names next, or the highest dose
    below it that was tried.
    """
    if isinstance(design, Chooses):
        return design.choose(path)
    said = design.recommend(path)
    tried = {cohort.dose for cohort in path}
    return max((dose for dose in tried if said.dose is not None and dose <= said.dose), default=None)
