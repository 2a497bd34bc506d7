"""Backfill: patients added at doses below the one being explored, beside its cohorts.

``Backfill(design, ...)`` is itself a design. Beside each cohort of the exploration, ``size`` patients are
treated at the highest dose that was open when that cohort began (``backfill_open``); the next decision waits
for both. In a path the backfill cohort stands after the cohort it was treated beside
(``Cohort.backfill``); whether it is treated does not depend on the outcome of that cohort.

Backfill patients count in the decisions (``counted``; not for 3+3, whose rules know three and six patients
only) or in the opening of doses alone. Where they count in an interval design, the data of a backfilled dose
may say a lower step than those of the current dose. Then the decision is that of all data from the highest
such dose up to the current one together; a step down goes to the highest dose, from that one on, whose data
together do not say down, or to the dose below it if there is none. Elimination comes first.

The rule of conflict is that of BF-BOIN (Zhao, Yuan, Korn and Freidlin, Clin Cancer
Res 2024;30:673), as described in the manual of the R package simFastBOIN; patients are counted when their
window is over, as everywhere here.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from mitograft.errors import UsageError
from mitograft.trial.escalation.backfill_open import backfill_open
from mitograft.trial.escalation.choice import chosen_dose
from mitograft.trial.escalation.design import (
    Cohort,
    Counts,
    Design,
    Recommendation,
    count_digest,
    count_path,
)
from mitograft.trial.escalation.interval import IntervalDesign
from mitograft.trial.escalation.three_plus_three import ThreePlusThree

__all__ = ["Backfill"]


@dataclass(frozen=True)
class Backfill:
    """A design with backfill.

    Parameters
    ----------
    design
        Design of the exploration.
    size
        Backfill patients beside each cohort.
    cap
        Patients at a dose beyond which it is closed; None: the row ``backfill_cap``.
    counted
        Whether the decisions count backfill patients. ``max_patients`` of an interval design never does.
    active_from
        Lowest dose at which activity was seen.
    """

    design: Design
    size: int = 1
    cap: int | None = None
    counted: bool = True
    active_from: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises
        ------
        UsageError
            If size, cap or dose are below 1, or backfill is to count in a 3+3 design.
        """
        if self.size < 1 or self.active_from < 1 or (self.cap is not None and self.cap < 1):
            raise UsageError(
                f"Backfill: found size {self.size}, cap {self.cap}, active from dose {self.active_from}; "
                "expected at least 1 each."
            )
        if self.counted and isinstance(self.design, ThreePlusThree):
            raise UsageError(
                "Backfill: found patients to be counted in a 3+3 design, whose rules know three and six "
                "patients only. Set counted=False, or take another design."
            )

    @property
    def name(self) -> str:
        """Name of the design, and how backfill enters it."""
        return f"{self.design.name} with backfill{'' if self.counted else ' not counted'}"

    @property
    def doses(self) -> int:
        """Number of dose levels."""
        return self.design.doses

    @property
    def target(self) -> float:
        """Target or limit of the DLT rate."""
        return self.design.target

    def digest(self, path: Sequence[Cohort]) -> Hashable:
        """Return the state of the design, the counts, and the backfill cohort that is due."""
        due = self._due(path)
        added = frozenset(cohort.dose for cohort in path if cohort.backfill)
        step = None if due is None else (due.dose, due.patients)
        return (step, added, self.design.digest(self._seen(path)), count_digest(path))

    def choose(self, path: Sequence[Cohort]) -> int | None:
        """Return the dose that would be declared if the trial ended now."""
        return chosen_dose(self.design, self._seen(path))

    def recommend(self, path: Sequence[Cohort]) -> Recommendation:
        """Return the backfill cohort that is due beside the last cohort, or else the next step.

        Raises
        ------
        UsageError
            If a cohort was treated at a dose the design does not have.
        """
        due = self._due(path)
        if due is not None:
            return due
        said = self.design.recommend(self._seen(path))
        if self.counted and isinstance(self.design, IntervalDesign) and said.action == "treat":
            return _settled(self.design, path, said)
        return said

    def _seen(self, path: Sequence[Cohort]) -> Sequence[Cohort]:
        return path if self.counted else tuple(cohort for cohort in path if not cohort.backfill)

    def _due(self, path: Sequence[Cohort]) -> Recommendation | None:
        if not path or path[-1].backfill:
            return None
        rows = backfill_open(
            self.design, path[:-1], self.cap, current=path[-1].dose, active_from=self.active_from
        )
        place = next((row for row in reversed(rows) if row.room), None)
        if place is None:
            return None
        why = f"Backfill beside the cohort at dose {path[-1].dose}. {place.reason}"
        return Recommendation("treat", place.dose, min(self.size, place.room), why, backfill=True)


def _settled(design: IntervalDesign, path: Sequence[Cohort], said: Recommendation) -> Recommendation:
    """Return the step of all data together where a backfilled dose says less than the current one."""
    counts = count_path(path, design.doses)
    current = counts.last
    if current is None or current > design.allowed(counts):
        return said
    step = _step(design, counts, current, current)
    doses = {cohort.dose for cohort in path if cohort.backfill and cohort.dose < current}
    anchor = max((dose for dose in doses if _step(design, counts, dose, dose) < step), default=None)
    if anchor is None:
        return said
    together = _step(design, counts, anchor, current)
    if together >= step:
        return said
    dose = current if together == 0 else _highest(design, counts, anchor, current)
    why = (
        f"Dose {anchor}: {counts.toxic[anchor - 1]} DLT in {counts.treated[anchor - 1]}, more than goes with "
        f"dose {current}; doses {anchor} to {current} together say dose {dose}."
    )
    return Recommendation("treat", dose, said.patients, why)


def _step(design: IntervalDesign, counts: Counts, low: int, high: int) -> int:
    """Return what the data of doses ``low`` to ``high`` together say: 1 up, 0 stay, -1 down."""
    treated, toxic = sum(counts.treated[low - 1 : high]), sum(counts.toxic[low - 1 : high])
    limits = design.limits(treated)
    return int(toxic <= limits.escalate) - int(toxic >= limits.de_escalate)


def _highest(design: IntervalDesign, counts: Counts, anchor: int, current: int) -> int:
    """Return the highest dose from ``anchor`` whose data together do not say down; else the one below."""
    good = [dose for dose in range(anchor, current) if _step(design, counts, anchor, dose) >= 0]
    return max(good, default=max(1, anchor - 1))
