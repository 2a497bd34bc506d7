"""Many simulated trials of BOIN, mTPI-2 or i3+3 at once: a check of the exact characteristics, and quick.

All trials go forward together, cohort by cohort (``boin_arrays``).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.trial.escalation.boin_arrays import BoinTables, ending_causes, select_doses
from mitograft.trial.escalation.characteristics import Characteristics, check_rates
from mitograft.trial.escalation.interval import IntervalDesign

__all__ = ["simulate_boin"]


def simulate_boin(
    design: IntervalDesign, rates: Sequence[float], trials: int = 10_000, seed: int = 1
) -> Characteristics:
    """Return shares and means over simulated trials.

    Parameters
    ----------
    design
        BOIN, mTPI-2 or i3+3.
    rates
        True DLT rate of each dose, lowest dose first.
    trials
        Number of trials.
    seed
        Seed of the study.

    Raises
    ------
    UsageError
        If the rates do not fit the doses or there is no trial.
    """
    true = check_rates(design, rates)
    if trials < 1:
        raise UsageError(f"Simulation: found {trials} trials, expected at least 1.")
    trial = _Trials(design, trials)
    draws = stream(seed, "escalation", "boin arrays")
    left = design.max_patients
    while left > 0 and trial.running.any():
        size = min(design.cohort, left)
        trial.treat(np.asarray(true), size, draws)
        left -= size
    declared = select_doses(design, trial.treated, trial.toxic, trial.allowed)
    causes = ending_causes(design, declared, trial.treated, trial.allowed, np.full(trials, 1.0))
    shares = np.bincount(declared, minlength=design.doses + 1) / trials
    return Characteristics(
        true,
        tuple(shares[1:].tolist()),
        float(shares[0]),
        tuple(trial.treated.mean(axis=0).tolist()),
        tuple(trial.toxic.mean(axis=0).tolist()),
        trials,
        tuple((cause, count / trials) for cause, count in sorted(causes.items())),
    )


class _Trials:
    """All trials: current dose (from 0), counts by dose, doses not eliminated, whether still running."""

    def __init__(self, design: IntervalDesign, trials: int) -> None:
        self.tables = BoinTables(design)
        self.dose = np.full(trials, design.start - 1)
        self.treated = np.zeros((trials, design.doses), dtype=np.int64)
        self.toxic = np.zeros((trials, design.doses), dtype=np.int64)
        self.allowed = np.full(trials, design.doses)
        self.running = np.ones(trials, dtype=bool)

    def treat(self, rates: npt.NDArray[np.float64], size: int, draws: np.random.Generator) -> None:
        """Treat one cohort in every running trial and move each to its next dose."""
        rows = np.flatnonzero(self.running)
        dose = self.dose[rows]
        chance = draws.random((len(rows), size))
        self.treated[rows, dose] += size
        self.toxic[rows, dose] += (chance < rates[dose, None]).sum(axis=1)
        after, allowed, over = self.tables.move(
            dose, self.treated[rows, dose], self.toxic[rows, dose], self.allowed[rows]
        )
        self.dose[rows], self.allowed[rows], self.running[rows] = after, allowed, ~over
