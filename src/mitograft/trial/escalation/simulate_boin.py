"""Many BOIN trials at once: the trials are rows of arrays and go forward together, cohort by cohort.

The decisions are those of ``boin.Boin``, taken from its whole-number limits. At the end the isotonic estimate
of dose i is ``max_{a <= i} min_{b >= i} Av(a, b)``, where ``Av`` is the weighted mean of doses a to b
(Robertson, Wright and Dykstra, Order Restricted Statistical Inference, 1988, theorem 1.4.4), which is what
pooling adjacent violators gives.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.trial.escalation.boin import Boin
from mitograft.trial.escalation.characteristics import Characteristics, check_rates

__all__ = ["select_doses", "simulate_boin"]

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_PRIOR = 0.05
_NUDGE = 1e-10  # as in ``Boin.select``
_NEVER = 2**31


def simulate_boin(
    design: Boin, rates: Sequence[float], trials: int = 10_000, seed: int = 1
) -> Characteristics:
    """Return shares and means over simulated trials.

    Parameters
    ----------
    design
        A BOIN design.
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
    shares = np.bincount(declared, minlength=design.doses + 1) / trials
    return Characteristics(
        true,
        tuple(shares[1:].tolist()),
        float(shares[0]),
        tuple(trial.treated.mean(axis=0).tolist()),
        tuple(trial.toxic.mean(axis=0).tolist()),
        trials,
    )


class _Trials:
    """All trials: current dose (from 0), counts by dose, doses not eliminated, whether still running."""

    def __init__(self, design: Boin, trials: int) -> None:
        self.design = design
        self.dose = np.full(trials, design.start - 1)
        self.treated = np.zeros((trials, design.doses), dtype=np.int64)
        self.toxic = np.zeros((trials, design.doses), dtype=np.int64)
        self.allowed = np.full(trials, design.doses)
        self.running = np.ones(trials, dtype=bool)
        rows = [design.limits(n) for n in range(1, design.max_patients + 1)]
        self.up = np.array([-1, *(row.escalate for row in rows)])
        self.down = np.array([_NEVER, *(row.de_escalate for row in rows)])
        self.out = np.array([_NEVER, *(_NEVER if row.eliminate is None else row.eliminate for row in rows)])

    def treat(self, rates: npt.NDArray[np.float64], size: int, draws: np.random.Generator) -> None:
        """Treat one cohort in every running trial and move each to its next dose."""
        rows = np.flatnonzero(self.running)
        dose = self.dose[rows]
        chance = draws.random((len(rows), size))
        self.treated[rows, dose] += size
        self.toxic[rows, dose] += (chance < rates[dose, None]).sum(axis=1)
        self._move(rows, dose)

    def _move(self, rows: Whole, dose: Whole) -> None:
        treated, toxic = self.treated[rows, dose], self.toxic[rows, dose]
        allowed = np.where(
            toxic >= self.out[treated], np.minimum(self.allowed[rows], dose), self.allowed[rows]
        )
        step = (toxic <= self.up[treated]).astype(np.int64) - (toxic >= self.down[treated])
        after = np.minimum(np.clip(dose + step, 0, None), allowed - 1)
        over = allowed == 0
        if self.design.enough is not None:
            over |= (after == dose) & (treated >= self.design.enough)
        self.allowed[rows] = allowed
        self.dose[rows] = np.maximum(after, 0)
        self.running[rows] = ~over


def select_doses(design: Boin, treated: Whole, toxic: Whole, allowed: Whole) -> Whole:
    """Return the MTD (from 1) of each row of counts; 0 where no treated dose is left.

    Parameters
    ----------
    design
        A BOIN design.
    treated, toxic
        Patients and DLT: a row for each trial, a column for each dose.
    allowed
        Highest dose of each trial that is not eliminated; 0 if all are.
    """
    doses = np.arange(design.doses)
    open_: Flags = (treated > 0) & (doses < allowed[:, None])
    first, second = toxic + _PRIOR, treated - toxic + _PRIOR
    sums = first + second
    weights = np.where(open_, sums * sums * (sums + 1) / (first * second), 0.0)
    zero = np.zeros((len(treated), 1))
    total = np.hstack([zero, np.cumsum(weights, axis=1)])
    product = np.hstack([zero, np.cumsum(weights * first / sums, axis=1)])
    away = np.full(treated.shape, np.inf)
    for i in doses:
        at = np.flatnonzero(open_[:, i])
        fit = np.full(len(at), -np.inf)
        for a in range(i + 1):
            means = [
                (product[at, b + 1] - product[at, a]) / (total[at, b + 1] - total[at, a])
                for b in range(i, design.doses)
            ]
            fit = np.maximum(fit, np.min(means, axis=0))
        away[at, i] = np.abs(fit + i * _NUDGE - design.target)
    return np.where(open_.any(axis=1), np.argmin(away, axis=1) + 1, 0)
