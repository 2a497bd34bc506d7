"""The conduct of a trial cohort by cohort: what was given, what was seen, what the design said next.

A cohort that was not treated at the dose, or not in the number, the design had asked for is shown as a
departure; the design goes on from what was really done.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mitograft.trial.escalation.design import Cohort, Design, Recommendation, count_path

__all__ = ["ConductRow", "conduct_table"]


@dataclass(frozen=True, slots=True)
class ConductRow:
    """One cohort of a trial.

    Parameters
    ----------
    number
        Cohort, from 1.
    cohort
        Dose, patients and DLT of this cohort.
    treated, toxic
        Patients and DLT at this dose so far.
    departure
        How the cohort departs from what the design had asked for; empty where it does not.
    recommendation
        What the design says after this cohort.
    """

    number: int
    cohort: Cohort
    treated: int
    toxic: int
    departure: str
    recommendation: Recommendation


def conduct_table(design: Design, path: Sequence[Cohort]) -> tuple[ConductRow, ...]:
    """Return one row for each cohort.

    Raises
    ------
    UsageError
        If a cohort was treated at a dose the design does not have.
    """
    count_path(path, design.doses)
    rows: list[ConductRow] = []
    asked = design.recommend(())
    for number, cohort in enumerate(path, start=1):
        departure = _departure(asked, cohort)
        sums = count_path(path[:number], design.doses)
        asked = design.recommend(path[:number])
        place = cohort.dose - 1
        rows.append(ConductRow(number, cohort, sums.treated[place], sums.toxic[place], departure, asked))
    return tuple(rows)


def _departure(asked: Recommendation, given: Cohort) -> str:
    if asked.action != "treat":
        return "The design had ended the trial."
    if given.backfill and not asked.backfill:
        return f"Backfill at dose {given.dose} that the design had not asked for."
    if given.dose != asked.dose:
        return f"Dose {given.dose} instead of dose {asked.dose}."
    if given.treated != asked.patients:
        return f"{given.treated} patients instead of {asked.patients}."
    return ""
