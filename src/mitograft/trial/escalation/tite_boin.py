"""TITE-BOIN: decisions of BOIN that weigh the follow-up of patients still inside their window.

Yuan, Lin, Li, Nie and Warren, Clin Cancer Res 2018;24:4921. At the current dose n patients were treated, s
had a DLT, c are pending (inside their window without one), and r = n - c are known. Each pending patient is
followed for a share t of the window; STFT is the sum of the shares. DLT are taken to occur evenly over the
window, so that a pending patient still has one with about the probability ``(1 - t) p / (1 - p)``, p being
the posterior mean of the DLT rate from the known patients and the prior Beta(a, 1 - a), a half the target:

* ``p = (s + a) / (r + 1)``;
* estimate: ``(s + p / (1 - p) (c - STFT)) / n``.

The rules, in this order:

1. eliminated as in BOIN, all n counted and nobody pending given a DLT: down, and never again;
2. ``s / n`` reaches the BOIN bound for down: down, whatever the pending patients show;
3. more than half of the n pending: suspended, wait for more follow-up;
4. estimate at or below the BOIN bound for up, and ``s / n`` below the target: up;
5. estimate at or above the BOIN bound for down, and ``s / n`` not below the target: down;
6. otherwise stay.

The rules 4 and 5 keep the design coherent: waiting alone never moves the dose down below the target.
With nobody pending it is BOIN.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mitograft.errors import UsageError
from mitograft.trial.escalation.boin import Boin
from mitograft.trial.escalation.boin_table import boin_boundaries
from mitograft.trial.escalation.settings import exact

__all__ = ["TiteDecision", "tite_boin_decision", "tite_boin_follow_up"]

Move = Literal["up", "stay", "down", "eliminate", "suspend"]


@dataclass(frozen=True, slots=True)
class TiteDecision:
    """A decision with the estimate of the DLT rate and the total follow-up (in windows) it rests on."""

    move: Move
    estimate: float
    follow_up: float
    reason: str


def tite_boin_decision(design: Boin, treated: int, toxic: int, followed: Sequence[float]) -> TiteDecision:
    """Return the decision at the current dose.

    Parameters
    ----------
    design
        A BOIN design: target, bounds and cut-off of elimination.
    treated, toxic
        Patients and DLT at the current dose, pending patients included.
    followed
        Share of the window over, from 0 to below 1, of each pending patient.

    Raises
    ------
    UsageError
        If there is no patient, or the numbers do not go together.

    >>> tite_boin_decision(Boin(5, 0.2), 9, 1, [0.5, 0.6, 0.5, 0.6]).move
    'up'
    """
    known = treated - len(followed)
    if treated < 1 or not 0 <= toxic <= known or not all(0 <= share < 1 for share in followed):
        raise UsageError(
            f"TITE-BOIN: found {treated} patients, {toxic} DLT and pending shares {list(followed)}; expected "
            "at least one patient, DLT only among those not pending, and shares from 0 to below 1."
        )
    total = math.fsum(followed)
    estimate = (toxic + _odds(design, toxic, known) * (len(followed) - total)) / treated
    move = _move(design, treated, toxic, len(followed), estimate)
    reason = (
        f"{toxic} DLT in {treated}, {len(followed)} pending with {total:.2f} windows of follow-up: "
        f"estimated rate {estimate:.3f}, {move}."
    )
    return TiteDecision(move, estimate, total, reason)


def tite_boin_follow_up(
    design: Boin, treated: int, toxic: int, pending: int
) -> tuple[float | None, float | None]:
    """Return the total follow-up from which the dose goes up, and up to which it goes down; None where never.

    0 or less for up, and the number pending or more for down, mean: whatever the follow-up. The rules on
    elimination and suspension are not looked at.

    Parameters
    ----------
    design
        A BOIN design.
    treated, toxic, pending
        Patients at the current dose, those with a DLT, those pending.

    Raises
    ------
    UsageError
        If the numbers do not go together.
    """
    if treated < 1 or pending < 1 or toxic < 0 or toxic + pending > treated:
        raise UsageError(
            f"TITE-BOIN: found {treated} patients, {toxic} DLT and {pending} pending; expected at least one "
            "pending and no more of both than patients."
        )
    odds = _odds(design, toxic, treated - pending)
    low, high = boin_boundaries(design.target)
    under, over = (pending - (bound * treated - toxic) / odds for bound in (low, high))
    may_rise = toxic <= design.limits(treated).escalate
    may_fall = _reaches(design, toxic, treated) and over >= 0
    return under if may_rise else None, over if may_fall else None


def _odds(design: Boin, toxic: int, known: int) -> float:
    first = float(exact(None, "tite_prior")) * design.target
    mean = (toxic + first) / (known + 1)
    return mean / (1 - mean)


def _reaches(design: Boin, toxic: int, treated: int) -> bool:
    """Say whether the observed rate is at the target or above, by whole decimals."""
    return toxic >= exact(design.target, "") * treated


def _move(design: Boin, treated: int, toxic: int, pending: int, estimate: float) -> Move:
    limits = design.limits(treated)
    if limits.eliminate is not None and toxic >= limits.eliminate:
        return "eliminate"
    if toxic >= limits.de_escalate:
        return "down"
    if pending > exact(None, "tite_pending") * treated:
        return "suspend"
    if not pending:
        return "up" if toxic <= limits.escalate else "stay"
    low, high = boin_boundaries(design.target)
    if estimate <= low and not _reaches(design, toxic, treated):
        return "up"
    return "down" if estimate >= high and _reaches(design, toxic, treated) else "stay"
