"""The 3+3 design in named variants.

Every variant treats cohorts of three and reads a dose the same way, with y DLT in n patients:

* y >= 2: too toxic;
* n < 3: complete the cohort of three;
* y = 0, or y = 1 with n >= 6: tolerated, go to the next dose;
* y = 1 with n < 6: complete six patients.

They differ in what must be true of the dose that is declared as the maximum tolerated dose (MTD):

``escalate_only``
    The dose below the first that is too toxic, with the three or six patients it has; the highest dose once
    it is tolerated. Storer, Biometrics 1989;45:925 (design A); Lin and Shih, Biostatistics 2001;2:203
    ("without dose de-escalation").
``nct04976140``
    The rule of the PN-101 trial (registry NCT04976140), which is ``escalate_only`` in its effect: low and
    intermediate dose 0/3 up, 1/3 three more, 1/6 up, >= 2/6 the MTD is the dose below, or is not determined
    at the low dose; high dose 0/3 or 1/6 declared MTD, >= 2/6 MTD at the dose below. The registry does not
    spell out >= 2/3; it is read as >= 2/6, and the reason says so.
``de_escalating``
    After a dose that is too toxic the dose below gets three more patients if it has fewer than six, and so on
    downwards until a dose has at most 1 DLT in six; the highest dose is declared with three if none has a
    DLT. Lin and Shih 2001 ("with dose de-escalation").
``six_at_mtd``
    As ``de_escalating``, and the highest dose too is declared with six patients only.

The limit of the DLT rate is taken as 1/3 (two of six is too many).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from mitograft.errors import UsageError
from mitograft.trial.escalation.design import (
    Cohort,
    Counts,
    Recommendation,
    check_doses,
    count_digest,
    count_path,
)

__all__ = ["ThreePlusThree", "Variant"]

Variant = Literal["escalate_only", "nct04976140", "de_escalating", "six_at_mtd"]

_COHORT = 3
_FULL = 6
_TOO_MANY = 2
_LEVELS = 3
_NONE, _TOP, _BELOW = "no dose tolerated", "highest dose tolerated", "next dose too toxic"


@dataclass(frozen=True)
class ThreePlusThree:
    """A 3+3 design.

    Parameters
    ----------
    doses
        Number of dose levels.
    variant
        One of ``escalate_only``, ``nct04976140``, ``de_escalating``, ``six_at_mtd``.
    start
        First dose.

    >>> trial = ThreePlusThree(3, "nct04976140")
    >>> trial.recommend([Cohort(1, 3, 0), Cohort(2, 3, 1)]).reason
    'Dose 2: 1 DLT in 3; three more patients.'
    """

    doses: int
    variant: Variant = "escalate_only"
    start: int = 1

    def __post_init__(self) -> None:
        """Refuse a design that cannot be.

        Raises
        ------
        UsageError
            If the variant is unknown, there is no dose, the start is not among them, or the rule of
            NCT04976140 is asked for with other than its three levels.
        """
        check_doses(self.doses, self.start)
        if self.variant not in get_args(Variant):
            raise UsageError(
                f"3+3: found variant {self.variant!r}; expected one of {', '.join(get_args(Variant))}."
            )
        if self.variant == "nct04976140" and (self.doses, self.start) != (_LEVELS, 1):
            raise UsageError(
                f"3+3: found {self.doses} doses from dose {self.start} for the rule of NCT04976140; "
                "expected its three levels from the first. Take escalate_only for other numbers."
            )

    @property
    def name(self) -> str:
        """Name with variant."""
        return f"3+3 ({self.variant})"

    @property
    def target(self) -> float:
        """Limit of the DLT rate."""
        return 1 / 3

    def digest(self, path: Sequence[Cohort]) -> Hashable:
        """Return last dose and counts: the design looks at nothing else."""
        return count_digest(path)

    def recommend(self, path: Sequence[Cohort]) -> Recommendation:
        """Return the next step.

        Raises
        ------
        UsageError
            If a cohort was treated at a dose the design does not have.
        """
        counts = count_path(path, self.doses)
        if counts.last is None:
            return Recommendation("treat", self.start, _COHORT, f"First cohort at dose {self.start}.")
        dose = counts.last
        treated, toxic = counts.treated[dose - 1], counts.toxic[dose - 1]
        seen = f"Dose {dose}: {toxic} DLT in {treated}"
        if toxic >= _TOO_MANY:
            return self._go_down(counts, dose, seen)
        if treated < _COHORT:
            return Recommendation("treat", dose, _COHORT - treated, f"{seen}; complete the cohort of three.")
        if toxic == 1 and treated < _FULL:
            return Recommendation("treat", dose, _FULL - treated, f"{seen}; three more patients.")
        return self._go_up(counts, dose, seen)

    def choose(self, path: Sequence[Cohort]) -> int | None:
        """Return the dose that would be declared if the trial ended now; None where there is none.

        That is the highest tolerated dose below the lowest that is too toxic: 0 DLT in at least three, or at
        most 1 in at least six.

        Raises
        ------
        UsageError
            If a cohort was treated at a dose the design does not have.
        """
        counts = count_path(path, self.doses)
        best = None
        for dose, (treated, toxic) in enumerate(zip(counts.treated, counts.toxic, strict=True), start=1):
            if toxic >= _TOO_MANY:
                break
            if treated >= (_FULL if toxic else _COHORT):
                best = dose
        return best

    def _go_up(self, counts: Counts, dose: int, seen: str) -> Recommendation:
        if dose == self.doses:
            return self._declare(
                counts, dose, f"{seen} at the highest dose", six=self.variant == "six_at_mtd"
            )
        if counts.toxic[dose] >= _TOO_MANY:
            return self._declare(counts, dose, f"{seen}; dose {dose + 1} is too toxic", six=self._confirms)
        return Recommendation("treat", dose + 1, _COHORT, f"{seen}; tolerated, go up to dose {dose + 1}.")

    def _go_down(self, counts: Counts, dose: int, seen: str) -> Recommendation:
        why = f"{seen}; too toxic"
        if self.variant == "nct04976140" and counts.treated[dose - 1] < _FULL:
            why += " (the registry names 2 of 6 only; 2 of 3 is read alike)"
        for lower in range(dose - 1, 0, -1):
            if counts.toxic[lower - 1] < _TOO_MANY:
                return self._declare(counts, lower, why, six=self._confirms)
        return Recommendation(
            "stop", None, 0, f"{why}, and no lower dose is left: MTD not determined.", cause=_NONE
        )

    @property
    def _confirms(self) -> bool:
        return self.variant in {"de_escalating", "six_at_mtd"}

    def _declare(self, counts: Counts, dose: int, why: str, *, six: bool) -> Recommendation:
        """Declare a tolerated dose, or first treat what it lacks of three or six patients."""
        treated = counts.treated[dose - 1]
        full = _FULL if six or counts.toxic[dose - 1] else _COHORT
        if treated < full:
            more = min(_COHORT, full - treated)
            return Recommendation(
                "treat", dose, more, f"{why}; dose {dose} has {treated} of {full} patients."
            )
        cause = _TOP if dose == self.doses else _BELOW
        return Recommendation("declare", dose, 0, f"{why}; MTD is dose {dose}.", cause=cause)
