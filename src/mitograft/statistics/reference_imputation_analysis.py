r"""Analysis of completed outcomes: ANCOVA at each visit as weights of subjects, jackknife, tipping points.

An adjusted mean of an arm, or a difference of two, by least squares is a weighted sum of the outcomes with
weights that do not depend on them (``ancova.py`` has the model). The weights are found once for all subjects
and once without each subject; estimates at any visit and for any shift of imputed values follow by products.

The jackknife over ``n`` subjects has ``se^2 = (n - 1) / n sum_i (e_-i - mean(e_-i))^2``, with ``e_-i`` the
estimate without subject ``i``, the imputation model fitted anew. The estimate itself is that of all subjects.

A shift ``d`` of imputed values moves every estimate linearly, ``e_-i(d) = e_-i + d g_-i``, so that
``se(d)^2`` is quadratic in ``d``, and the shifts at which ``e(d)^2 = z^2 se(d)^2`` are the real roots of a
quadratic equation: the tipping points, exact.

Sources: Wolbers et al., Pharm Stat 2022;21:1246; Cro et al., Stat Med 2020;39:2815 (tipping points).
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from mitograft.statistics.counts import Array, check_level
from mitograft.statistics.reference_imputation_data import TrialOutcome

__all__ = [
    "ImputedEffect",
    "JackknifeSummary",
    "TippingPoint",
    "find_tipping_point",
    "summarise_jackknife",
    "weigh_subjects",
]

_FULL_RANK = 1e-10
_FOLLOWS = 1e-7
_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True)
class ImputedEffect:
    """An adjusted mean at a visit, or a difference of two, with its standard error by the jackknife.

    Parameters
    ----------
    arm, reference
        The arm, and the arm subtracted; None for a mean.
    visit
        Visit, counted from 0.
    n, n_imputed
        Subjects analysed, and how many of them have an imputed value at the visit.
    estimate, se, z, p, low, high
        Value in units of the outcome, standard error, statistic, two-sided p value against 0 and interval,
        from the normal distribution; None where there is none.
    method
        How all this was found, in words.
    note
        What to know of it, such as why something is None.
    kind
        ``approximate``: the interval holds for many subjects.
    """

    arm: Any
    reference: Any
    visit: int
    n: int
    n_imputed: int
    estimate: float | None
    se: float | None
    z: float | None
    p: float | None
    low: float | None
    high: float | None
    method: str
    note: str = ""
    kind: Literal["approximate"] = "approximate"


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """Multiples of a shift of imputed values at which a difference turns from significant to not, or back.

    Parameters
    ----------
    arm, reference, visit
        The difference, as in ``ImputedEffect``.
    level
        Level of the interval that then just touches 0.
    significant
        Whether the interval excludes 0 without a shift; None without an estimate.
    shifts
        All such multiples, in order; empty where no shift changes the conclusion.
    nearest
        The one closest to 0; None where there is none.
    method, note
        As in ``ImputedEffect``.
    kind
        ``approximate``: as the interval is.
    """

    arm: Any
    reference: Any
    visit: int
    level: float
    significant: bool | None
    shifts: tuple[float, ...]
    nearest: float | None
    method: str
    note: str = ""
    kind: Literal["approximate"] = "approximate"


class JackknifeSummary(NamedTuple):
    """Estimate, standard error, statistic, p value and interval; None where there is none, and why not."""

    estimate: float | None = None
    se: float | None = None
    z: float | None = None
    p: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""


def weigh_subjects(trial: TrialOutcome) -> Array:
    """Return weights of subjects, sample x contrast x subject; NaN where a sample does not determine it.

    Samples are all subjects, then without subject 0, 1, ... (whose weight is 0). Contrasts are the adjusted
    mean of each arm at the mean of the covariates, then each arm but the first minus the first.
    """
    n, size = trial.arm.size, len(trial.arms)
    design = np.column_stack([*(trial.arm == arm for arm in range(size)), trial.covariates]).astype(float)
    weights = np.zeros((n + 1, 2 * size - 1, n))
    for sample in range(n + 1):
        kept = np.arange(n) != sample - 1
        rows = design[kept]
        means = np.hstack([np.eye(size), np.tile(rows[:, size:].mean(axis=0), (size, 1))])
        contrasts = np.vstack([means, means[1:] - means[0]])
        lengths = np.linalg.norm(rows, axis=0)
        lengths[lengths == 0.0] = 1.0
        inverse = np.linalg.pinv(rows / lengths, rcond=_FULL_RANK)
        scaled = contrasts / lengths
        off = np.abs(scaled - scaled @ inverse @ (rows / lengths)).max(axis=1)
        found = scaled @ inverse
        found[off > _FOLLOWS * np.abs(scaled).max(axis=1)] = np.nan
        weights[sample][:, kept] = found
    return weights


def summarise_jackknife(estimates: Array, level: float, *, scale: float = 0.0) -> JackknifeSummary:
    """Return estimate, standard error, test and interval of a value.

    Parameters
    ----------
    estimates
        The value for all subjects, then without each; NaN where there is none.
    level
        Level of the interval.
    scale
        Size of the outcomes; a standard error that is a rounding error of it counts as none.

    Raises
    ------
    UsageError
        If the level is not between 0 and 1.
    """
    from scipy.special import ndtr, ndtri

    check_level(level)
    whole, rest = float(estimates[0]), estimates[1:]
    if np.isnan(whole):
        return JackknifeSummary(note="not estimable")
    lost = np.flatnonzero(np.isnan(rest))
    if lost.size:
        who = ", ".join(str(i) for i in lost[:5]) + (", ..." if lost.size > 5 else "")
        note = f"no standard error: the jackknife has no estimate without subject {who} (from 0)"
        return JackknifeSummary(whole, note=note)
    se = float(np.sqrt(_cover(rest, rest)))
    if se <= _NO_SPREAD * max(abs(whole), scale):
        return JackknifeSummary(whole, 0.0, note="no test: the estimate is the same without any one subject")
    z = whole / se
    half = float(ndtri(0.5 + level / 2.0)) * se
    return JackknifeSummary(whole, se, z, float(2.0 * ndtr(-abs(z))), whole - half, whole + half)


def find_tipping_point(estimates: Array, gains: Array, level: float) -> tuple[float, ...]:
    """Return the shifts at which the interval of the jackknife just touches 0, in order.

    Parameters
    ----------
    estimates, gains
        Value without shift and change for a shift of 1: for all subjects, then without each.
    level
        Level of the interval.

    Raises
    ------
    UsageError
        If the level is not between 0 and 1.
    """
    from scipy.special import ndtri

    check_level(level)
    z2 = float(ndtri(0.5 + level / 2.0)) ** 2
    (e, *rest), (g, *more) = estimates, gains
    left, right = np.array(rest), np.array(more)
    a = g * g - z2 * _cover(right, right)
    b = 2.0 * (e * g - z2 * _cover(left, right))
    c = e * e - z2 * _cover(left, left)
    scale = g * g + z2 * _cover(right, right)
    if abs(a) <= _NO_SPREAD * scale:
        return (-c / b,) if b else ()
    under = b * b - 4.0 * a * c
    if under < 0.0:
        return ()
    q = -0.5 * (b + np.copysign(np.sqrt(under), b))
    roots = {float(q / a), float(c / q)} if q else {0.0}
    return tuple(sorted(roots))


def _cover(one: Array, other: Array) -> float:
    """Return the jackknife covariance of two estimates."""
    n = one.size
    return float((n - 1) / n * np.sum((one - one.mean()) * (other - other.mean())))
