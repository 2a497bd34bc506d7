"""The conduct of a TITE-BOIN trial in real time: the next step on a day, from the days of its patients.

The decision at the current dose is that of ``tite_boin``. The step keeps to the doses that are not eliminated
(pending patients counted without a DLT) and to the lowest and highest dose. Suspended means: wait, and ask
again when a window is over or a DLT occurs. Once ``max_patients`` are treated the MTD is chosen when all
windows are over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mitograft.errors import UsageError
from mitograft.trial.escalation.boin import Boin
from mitograft.trial.escalation.design import Recommendation, count_path
from mitograft.trial.escalation.late_onset import OngoingCohort, check_days
from mitograft.trial.escalation.tite_boin import TiteDecision, tite_boin_decision

__all__ = ["TiteStep", "tite_boin_step"]


@dataclass(frozen=True, slots=True)
class TiteStep:
    """What a TITE-BOIN trial does on a day: the step (None: wait), the decision behind it, the reason."""

    said: Recommendation | None
    decision: TiteDecision | None
    reason: str


def tite_boin_step(design: Boin, cohorts: Sequence[OngoingCohort], today: int, window: int = 14) -> TiteStep:
    """Return the next step at the end of a day.

    Parameters
    ----------
    design
        A BOIN design; ``enough`` is asked only once nobody is pending.
    cohorts
        Cohorts in the order in which they were begun, with all patients dosed so far.
    today
        Day of the decision, on the same scale as the days of the patients.
    window
        Days after the dose within which a DLT counts.

    Raises
    ------
    UsageError
        If the window has no day, a patient's day lies in the future, or a dose does not exist.
    """
    if window < 1:
        raise UsageError(f"Window for toxicity: found {window} days, expected at least 1.")
    check_days(cohorts, today)
    path = [known for cohort in cohorts if (known := cohort.counted(window)) is not None]
    counts = count_path(path, design.doses)
    waiting = [(cohort.dose, patient) for cohort in cohorts for patient in cohort.pending(today, window)]
    if counts.last is None or not waiting:
        said = design.recommend(path)
        return TiteStep(said, None, said.reason)
    shares = [(today - patient.dosed) / window for dose, patient in waiting if dose == counts.last]
    place = counts.last - 1
    found = tite_boin_decision(design, counts.treated[place], counts.toxic[place], shares)
    size = min(design.cohort, design.max_patients - sum(counts.treated) + counts.backfilled)
    allowed = design.allowed(counts)
    if allowed == 0:
        said = design.recommend(path)
        return TiteStep(said, found, said.reason)
    if size <= 0:
        return TiteStep(None, found, "All patients are treated; wait until all windows are over.")
    if found.move == "suspend":
        return TiteStep(None, found, f"Dose {counts.last}: {found.reason[:-1]} until more is known.")
    return _step(counts.last, allowed, size, found)


def _step(dose: int, allowed: int, size: int, found: TiteDecision) -> TiteStep:
    change = {"up": 1, "down": -1, "eliminate": -1}.get(found.move, 0)
    after = max(1, min(dose + change, allowed))
    where = "stay" if after == dose else f"go {'up' if after > dose else 'down'} to dose {after}"
    ending = "." if found.move == "stay" else f"; {where}."
    reason = f"Dose {dose}: {found.reason[:-1]}{ending}"
    return TiteStep(Recommendation("treat", after, size, reason), found, reason)
