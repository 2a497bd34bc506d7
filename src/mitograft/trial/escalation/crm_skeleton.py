r"""A skeleton for the CRM from indifference intervals (Lee and Cheung, Clin Trials 2009;6:227).

Before the trial dose ``nu`` is held to be the one with the target rate ``theta``. The other rates are such
that wherever the model holds dose ``k`` and ``k + 1`` equally near to the target, their rates are
``theta - delta`` and ``theta + delta``. With ``F`` the link of the model (log for the power model, logit less
the intercept for the logistic one) the rates follow from

``F(p_{k+1}) = F(p_k) F(theta + delta) / F(theta - delta)``,  ``p_nu = theta``.
"""

import math

from mitograft.errors import UsageError

__all__ = ["indifference_skeleton"]


def indifference_skeleton(
    target: float, half_width: float, dose: int, doses: int, *, intercept: float | None = None
) -> tuple[float, ...]:
    """Return the rates, lowest dose first.

    Parameters
    ----------
    target
        Target DLT rate.
    half_width
        Half width ``delta`` of the indifference interval.
    dose
        The dose held to have the target rate, from 1.
    doses
        Number of doses.
    intercept
        Intercept of the one-parameter logistic model; None for the power model.

    Raises
    ------
    UsageError
        If target and half width leave the range from 0 to 1, the dose is not among the doses, or the
        intercept is not above the log odds of ``target + half_width``.

    >>> [round(rate, 2) for rate in indifference_skeleton(0.25, 0.05, 3, 5)]
    [0.08, 0.16, 0.25, 0.35, 0.46]
    """
    low, high = target - half_width, target + half_width
    if not (half_width > 0 and low > 0 and high < 1):
        raise UsageError(
            f"Skeleton: found target {target:g} and half width {half_width:g}; expected a half width above 0 "
            "that leaves the interval between 0 and 1."
        )
    if not 1 <= dose <= doses:
        raise UsageError(f"Skeleton: found dose {dose} of {doses}, expected a dose from 1 to {doses}.")
    if intercept is not None and not intercept > _logit(high):
        raise UsageError(
            f"Skeleton: found intercept {intercept:g}, expected one above {_logit(high):.3g}, the log odds "
            "of the upper end of the interval."
        )
    if intercept is None:
        ratio = math.log(high) / math.log(low)
        return tuple(math.exp(math.log(target) * ratio ** (k - dose)) for k in range(1, doses + 1))
    ratio = (_logit(high) - intercept) / (_logit(low) - intercept)
    first = _logit(target) - intercept
    return tuple(_expit(intercept + first * ratio ** (k - dose)) for k in range(1, doses + 1))


def _logit(rate: float) -> float:
    return math.log(rate / (1 - rate))


def _expit(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
