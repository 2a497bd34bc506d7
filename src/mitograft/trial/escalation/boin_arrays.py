"""The decisions of many trials of an interval design at once: rows of arrays that go forward together.

The decisions are those of ``interval.IntervalDesign`` (BOIN, mTPI-2, i3+3), from its limits. At the end
the isotonic estimate of dose i is ``max_{a <= i} min_{b >= i} Av(a, b)``, where ``Av`` is the weighted mean
of doses a to b (Robertson, Wright and Dykstra, Order Restricted Statistical Inference, 1988, theorem 1.4.4),
which is what pooling adjacent violators gives.
"""

import numpy as np
import numpy.typing as npt

from mitograft.trial.escalation.interval import (
    ENOUGH,
    FULL,
    NONE_LEFT,
    NUDGE,
    TOO_TOXIC,
    IntervalDesign,
)

__all__ = ["BoinTables", "Flags", "Whole", "ending_causes", "select_doses"]

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_NEVER = 2**31


class BoinTables:
    """The whole-number limits of a design as arrays by number of patients, and the step they lead to."""

    def __init__(self, design: IntervalDesign) -> None:
        self.enough = design.enough
        rows = [design.limits(n) for n in range(1, design.max_patients + 1)]
        self.up = np.array([-1, *(row.escalate for row in rows)])
        self.down = np.array([_NEVER, *(row.de_escalate for row in rows)])
        self.out = np.array([_NEVER, *(_NEVER if row.eliminate is None else row.eliminate for row in rows)])

    def move(self, dose: Whole, treated: Whole, toxic: Whole, allowed: Whole) -> tuple[Whole, Whole, Flags]:
        """Return next dose, highest dose left and whether the trial is over, each for every trial.

        Parameters
        ----------
        dose
            Dose of the last cohort, from 0.
        treated, toxic
            Patients and DLT at that dose.
        allowed
            Number of doses that were not eliminated before this cohort.
        """
        left = np.where(toxic >= self.out[treated], np.minimum(allowed, dose), allowed)
        step = (toxic <= self.up[treated]).astype(np.int64) - (toxic >= self.down[treated])
        after = np.minimum(np.clip(dose + step, 0, None), left - 1)
        over: Flags = left == 0
        if self.enough is not None:
            over |= (after == dose) & (treated >= self.enough)
        return np.maximum(after, 0), left, over


def select_doses(design: IntervalDesign, treated: Whole, toxic: Whole, allowed: Whole) -> Whole:
    """Return the MTD (from 1) of each row of counts; 0 where no treated dose is left.

    Parameters
    ----------
    design
        An interval design.
    treated, toxic
        Patients and DLT: a row for each trial, a column for each dose.
    allowed
        Highest dose of each trial that is not eliminated; 0 if all are.
    """
    doses = np.arange(design.doses)
    open_: Flags = (treated > 0) & (doses < allowed[:, None])
    first, second = toxic + design.prior, treated - toxic + design.prior
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
        away[at, i] = np.abs(fit + i * NUDGE - design.target)
    return np.where(open_.any(axis=1), np.argmin(away, axis=1) + 1, 0)


def ending_causes(
    design: IntervalDesign, declared: Whole, treated: Whole, allowed: Whole, weight: npt.NDArray[np.float64]
) -> dict[str, float]:
    """Return why trials ended, each cause with the sum of the weights; causes that do not occur are left out.

    Parameters
    ----------
    design
        An interval design.
    declared
        MTD of each trial; 0 for none.
    treated
        Patients: a row for each trial, a column for each dose.
    allowed
        Highest dose of each trial that is not eliminated.
    weight
        Probability or share of each trial.
    """
    full = treated.sum(axis=1) >= design.max_patients
    names = (TOO_TOXIC, NONE_LEFT, FULL, ENOUGH)
    code = np.where(allowed == 0, 0, np.where(declared == 0, 1, np.where(full, 2, 3)))
    sums = np.bincount(code, weight, minlength=len(names))
    return {name: float(total) for name, total in zip(names, sums, strict=True) if total > 0}
