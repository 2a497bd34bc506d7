"""The contract of a dose-escalation design: from the cohorts so far to the next step, with its reason.

Doses are numbered from 1 (lowest). A *path* is the cohorts of a trial in the order they were treated, each
with its number of dose-limiting toxicities (DLT). A design answers a path with one of three actions:

* ``treat``: the next cohort, its dose and size;
* ``declare``: the trial is over and this dose is the maximum tolerated dose (MTD);
* ``stop``: the trial is over and no dose is the MTD.

``digest`` names the state a path leads to: two paths with equal digests get the same answer now and after
any cohorts that follow. Exact operating characteristics merge such paths. For designs that look only at the
last dose and the counts by dose, ``count_digest`` is enough.

A path may hold *backfill* cohorts: patients added at a dose below the one that is being explored. They enter
the path after the cohort beside which they were treated and are counted at their dose, but they are never the
last cohort from which the dose moves (``Counts.last``), and ``Counts.backfilled`` says how many they are.

A recommendation that ends the trial names its ``cause`` in a few fixed words, so that causes can be counted.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from mitograft.errors import UsageError

__all__ = [
    "Cohort",
    "Counts",
    "Design",
    "Recommendation",
    "check_doses",
    "count_digest",
    "count_path",
    "last_dose",
]

Action = Literal["treat", "declare", "stop"]


@dataclass(frozen=True, slots=True)
class Cohort:
    """Patients treated at one dose (from 1) whose window for toxicity is over, and those with a DLT.

    ``backfill`` marks patients added at a dose below the one that was being explored.
    """

    dose: int
    treated: int
    toxic: int
    backfill: bool = False

    def __post_init__(self) -> None:
        """Refuse a cohort that cannot be.

        Raises
        ------
        UsageError
            If the dose or the number treated is below 1, or ``toxic`` is not within 0 to ``treated``.
        """
        if self.dose < 1 or self.treated < 1 or not 0 <= self.toxic <= self.treated:
            raise UsageError(
                f"Cohort: found {self.toxic} DLT in {self.treated} patients at dose {self.dose}; expected a "
                "dose from 1, at least one patient, and no more DLT than patients."
            )


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What a design says next: action, dose (None for ``stop``), patients of the next cohort, reason.

    ``cause`` says in fixed words why the trial is over (empty while it goes on); ``backfill`` marks a cohort
    below the dose being explored.
    """

    action: Action
    dose: int | None
    patients: int
    reason: str
    cause: str = ""
    backfill: bool = False

    @property
    def ending(self) -> str:
        """The cause, or what the action says where a design names none."""
        return self.cause or {"declare": "MTD declared", "stop": "no MTD", "treat": ""}[self.action]


@dataclass(frozen=True, slots=True)
class Counts:
    """A path summed up: last dose explored (None before the first), patients and DLT by dose, lowest first.

    ``backfilled`` is the number of patients, among those treated, that were added below the dose explored.
    """

    last: int | None
    treated: tuple[int, ...]
    toxic: tuple[int, ...]
    backfilled: int = 0


class Design(Protocol):
    """A rule of escalation: any object with these attributes and methods.

    ``target`` is the DLT rate that ``coherence`` refers to: the design never escalates from a dose whose
    observed rate is above it.
    """

    @property
    def name(self) -> str:
        """Name with variant, for tables."""

    @property
    def doses(self) -> int:
        """Number of dose levels."""

    @property
    def target(self) -> float:
        """Target or limit of the DLT rate."""

    def recommend(self, path: Sequence[Cohort]) -> Recommendation:
        """Return the next step after these cohorts."""

    def digest(self, path: Sequence[Cohort]) -> Hashable:
        """Return the state these cohorts lead to."""


def check_doses(doses: int, start: int) -> None:
    """Raise UsageError unless there is at least one dose and the starting dose is among them."""
    if doses < 1 or not 1 <= start <= doses:
        raise UsageError(
            f"Design: found {doses} doses and start at dose {start}; "
            "expected at least one dose and a start among them."
        )


def count_path(path: Sequence[Cohort], doses: int) -> Counts:
    """Sum up a path by dose.

    Raises
    ------
    UsageError
        If a cohort was treated at a dose the design does not have.
    """
    treated, toxic = [0] * doses, [0] * doses
    for cohort in path:
        if cohort.dose > doses:
            raise UsageError(f"Path: found a cohort at dose {cohort.dose}, expected doses 1 to {doses}.")
        treated[cohort.dose - 1] += cohort.treated
        toxic[cohort.dose - 1] += cohort.toxic
    added = sum(cohort.treated for cohort in path if cohort.backfill)
    return Counts(last_dose(path), tuple(treated), tuple(toxic), added)


def last_dose(path: Sequence[Cohort]) -> int | None:
    """Return the dose explored last, backfill cohorts aside; None before the first cohort."""
    return next((cohort.dose for cohort in reversed(path) if not cohort.backfill), None)


def count_digest(path: Sequence[Cohort]) -> Hashable:
    """Return last dose, counts by dose and number backfilled, for designs that look at nothing else."""
    sums: dict[int, tuple[int, int]] = {}
    added = 0
    for cohort in path:
        treated, toxic = sums.get(cohort.dose, (0, 0))
        sums[cohort.dose] = (treated + cohort.treated, toxic + cohort.toxic)
        added += cohort.treated if cohort.backfill else 0
    return (last_dose(path) or 0, tuple(sorted(sums.items())), added)
