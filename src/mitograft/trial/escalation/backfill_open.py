"""Which doses are open for backfill.

A dose is open if

* it lies below the dose of the current cohort and was explored itself;
* it is not eliminated;
* it and the doses below it are not closed: a dose is closed while its own DLT are too many and so are those
  of it and the next higher dose together. Too many are as many as say down in an interval design, in any
  other design more than the target rate;
* it has fewer than ``cap`` patients, and some activity was seen at it or below (``active_from``, judged
  outside).

The rules are those of BF-BOIN (Zhao, Yuan, Korn and Freidlin, Clin Cancer Res 2024;30:673), as described in
the manual of the R package simFastBOIN, and carried over to other designs by their target rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from mitograft.trial.escalation.design import Cohort, Counts, Design, count_path
from mitograft.trial.escalation.interval import IntervalDesign
from mitograft.trial.escalation.settings import exact

__all__ = ["BackfillDose", "Eliminates", "backfill_open"]


@runtime_checkable
class Eliminates(Protocol):
    """A design that eliminates doses by their counts."""

    def allowed(self, counts: Counts) -> int:
        """Return the highest dose that is not eliminated; 0 if all are."""


@dataclass(frozen=True, slots=True)
class BackfillDose:
    """A dose below the current one: how many patients it can take (0: closed), and why."""

    dose: int
    room: int
    reason: str


def backfill_open(
    design: Design,
    path: Sequence[Cohort],
    cap: int | None = None,
    *,
    current: int | None = None,
    active_from: int = 1,
) -> tuple[BackfillDose, ...]:
    """Return every dose below the current one and whether it is open for backfill, lowest first.

    Parameters
    ----------
    design
        The design of the exploration.
    path
        Cohorts so far, backfill included.
    cap
        Patients at a dose beyond which it is closed; None: the row ``backfill_cap`` of ``data/conduct.csv``.
    current
        Dose of the cohort to be treated beside; None: the dose the design names next. Nothing is open where
        the design has ended the trial.
    active_from
        Lowest dose at which activity was seen.

    Raises
    ------
    UsageError
        If a cohort was treated at a dose the design does not have.
    """
    most = int(exact(None, "backfill_cap")) if cap is None else cap
    if current is None:
        said = design.recommend(path)
        current = said.dose if said.action == "treat" else None
    counts = count_path(path, design.doses)
    explored = {cohort.dose for cohort in path if not cohort.backfill}
    rows: list[BackfillDose] = []
    toxic_below = False
    for dose in range(1, current or 1):
        treated, toxic = counts.treated[dose - 1], counts.toxic[dose - 1]
        toxic_below |= _closed(design, counts, dose)
        why = f"Dose {dose}: {toxic} DLT in {treated}"
        if dose not in explored or dose < active_from:
            wanting = "not explored yet" if dose not in explored else "no activity seen"
            rows.append(BackfillDose(dose, 0, f"{why}; {wanting}, closed."))
        elif toxic_below:
            rows.append(BackfillDose(dose, 0, f"{why}; this dose or a lower one is too toxic, closed."))
        elif treated >= most:
            rows.append(BackfillDose(dose, 0, f"{why}; the most are {most} patients, closed."))
        else:
            rows.append(BackfillDose(dose, most - treated, f"{why}; open for {most - treated} more."))
    return tuple(rows)


def _closed(design: Design, counts: Counts, dose: int) -> bool:
    """Say whether a dose is eliminated, or too toxic by itself and together with the next."""
    if isinstance(design, Eliminates) and dose > design.allowed(counts):
        return True
    alone = _too_many(design, counts.treated[dose - 1], counts.toxic[dose - 1])
    pair = slice(dose - 1, dose + 1)
    return alone and _too_many(design, sum(counts.treated[pair]), sum(counts.toxic[pair]))


def _too_many(design: Design, treated: int, toxic: int) -> bool:
    if isinstance(design, IntervalDesign):
        return treated > 0 and toxic >= design.limits(treated).de_escalate
    return toxic > design.target * treated
