"""The decision table of an interval design: what each number of DLT in each number of patients says.

``E`` up, ``S`` stay, ``D`` down, ``U`` down and eliminate the dose with all above it (elsewhere printed DU).
"""

from dataclasses import dataclass

from mitograft.trial.escalation.interval import IntervalDesign

__all__ = ["DecisionRow", "decision_table"]


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """Decisions at ``n`` patients: one letter for each number of DLT from 0 to ``n``."""

    n: int
    letters: str


def decision_table(design: IntervalDesign, most: int | None = None) -> tuple[DecisionRow, ...]:
    """Return one row for each number of patients at a dose, from 1.

    Parameters
    ----------
    design
        BOIN, mTPI-2 or i3+3.
    most
        Patients of the last row; None: all patients of the trial.

    >>> from mitograft.trial.escalation.i3plus3 import I3Plus3
    >>> [row.letters for row in decision_table(I3Plus3(3), 4)]
    ['ES', 'ESD', 'ESDU', 'ESDUU']
    """
    return tuple(
        DecisionRow(n, "".join(_letter(design, n, y) for y in range(n + 1)))
        for n in range(1, (design.max_patients if most is None else most) + 1)
    )


def _letter(design: IntervalDesign, n: int, toxic: int) -> str:
    limits = design.limits(n)
    if limits.eliminate is not None and toxic >= limits.eliminate:
        return "U"
    if toxic >= limits.de_escalate:
        return "D"
    return "E" if toxic <= limits.escalate else "S"
