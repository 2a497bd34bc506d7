"""Decision boundaries of the Bayesian optimal interval design (BOIN).

With target phi, a rate phi1 that is too low and phi2 that is too high (Liu and Yuan, J R Stat Soc C
2015;64:507; by default phi1 = 0.6 phi, phi2 = 1.4 phi):

* ``lambda_e = log((1 - phi1) / (1 - phi)) / log(phi (1 - phi1) / (phi1 (1 - phi)))``
* ``lambda_d = log((1 - phi) / (1 - phi2)) / log(phi2 (1 - phi) / (phi (1 - phi2)))``

With y DLT in n patients at a dose: escalate if ``y / n <= lambda_e``, de-escalate if ``y / n >= lambda_d``.
A dose and all above it are eliminated if ``n >= 3`` and ``P(p > phi | y, n) > 0.95`` with the prior
Beta(1, 1); that probability is ``P(X <= y)`` for X binomial with n + 1 trials and probability phi.

Decisions compare whole numbers of patients, never two quotients.
"""

import math
from dataclasses import dataclass
from functools import cache

from mitograft.errors import UsageError

__all__ = ["BoinLimits", "boin_boundaries", "boin_limits", "elimination_limit", "excess_probability"]

_ELIMINATION_FROM = 3


@dataclass(frozen=True, slots=True)
class BoinLimits:
    """Whole-number limits at n patients: escalate at or below, de-escalate and eliminate at or above.

    ``eliminate`` is None where no number of DLT eliminates the dose.
    """

    n: int
    escalate: int
    de_escalate: int
    eliminate: int | None


def boin_boundaries(
    target: float, low: float | None = None, high: float | None = None
) -> tuple[float, float]:
    """Return ``lambda_e`` and ``lambda_d``.

    Parameters
    ----------
    target
        Target DLT rate.
    low, high
        Rates held to be too low and too high; 0.6 and 1.4 times the target if not given.

    Raises
    ------
    UsageError
        Unless ``0 < low < target < high < 1``.

    >>> [round(value, 3) for value in boin_boundaries(0.25)]
    [0.197, 0.298]
    """
    low = 0.6 * target if low is None else low
    high = 1.4 * target if high is None else high
    if not 0 < low < target < high < 1:
        raise UsageError(
            f"BOIN: found low {low:g}, target {target:g}, high {high:g}; "
            "expected 0 < low < target < high < 1."
        )
    escalate = math.log((1 - low) / (1 - target)) / math.log(target * (1 - low) / (low * (1 - target)))
    de_escalate = math.log((1 - target) / (1 - high)) / math.log(high * (1 - target) / (target * (1 - high)))
    return escalate, de_escalate


@cache
def excess_probability(toxic: int, treated: int, target: float) -> float:
    """Return the posterior probability that the DLT rate is above the target, with the prior Beta(1, 1)."""
    trials = treated + 1
    return math.fsum(
        math.comb(trials, k) * target**k * (1 - target) ** (trials - k) for k in range(toxic + 1)
    )


@cache
def boin_limits(n: int, target: float, boundaries: tuple[float, float], cutoff: float = 0.95) -> BoinLimits:
    """Return the whole-number limits for ``n`` patients at a dose.

    Parameters
    ----------
    n
        Patients at the dose, at least 1.
    target
        Target DLT rate.
    boundaries
        ``lambda_e`` and ``lambda_d``.
    cutoff
        Posterior probability beyond which a dose is eliminated.
    """
    escalate, de_escalate = boundaries
    return BoinLimits(
        n,
        math.floor(n * escalate),
        math.ceil(n * de_escalate),
        elimination_limit(n, target, cutoff),
    )


@cache
def elimination_limit(n: int, target: float, cutoff: float) -> int | None:
    """Return the fewest DLT in ``n`` patients that eliminate a dose; None where no number does."""
    if n < _ELIMINATION_FROM:
        return None
    return next((y for y in range(n + 1) if excess_probability(y, n, target) > cutoff), None)
