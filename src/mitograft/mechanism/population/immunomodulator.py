r"""A generic immunomodulator: it lowers inflammation, differently in each patient, and nothing else.

The fall of inflammation of a patient at week 16 is the quantile of a Beta distribution with mean
``strength`` at the standard normal distribution function of the patient's responsiveness; before and after
it follows ``1 - exp(-t / tau)``. One number, the strength, is fitted to one published number, the mean score
of the active arm; shares, spread and the core set changes of that arm are then predictions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mechanism.observe.core_set import Effects, load_core_set
from mitograft.mechanism.observe.drift import DriftPoint
from mitograft.mechanism.population.arm import load_published, simulate_arm
from mitograft.mechanism.population.patients import Patients, load_population
from mitograft.tables.parameters import Parameters

__all__ = ["Strength", "derive_drug_effects", "fit_gains", "fit_strength"]

Array = npt.NDArray[np.float64]
_HALVINGS, _WEAKEST, _STRONGEST = 25, 0.001, 0.999
_Z = 1.959963984540054


@dataclass(frozen=True)
class Strength:
    """The mean fall of inflammation that gives a published mean score.

    Parameters
    ----------
    value, low, high
        Share of inflammation, and its range as the published mean moves over its 95 % interval.
    score
        Mean score reached at ``value``.
    note
        Why there is no such strength, where there is none (then NaN).
    """

    value: float
    low: float
    high: float
    score: float
    note: str = ""
    method: str = "bisection with the same patients and errors; interval from the published standard error"
    exact: bool = False


def derive_drug_effects(
    patients: Patients,
    strength: float,
    days: npt.ArrayLike,
    *,
    parameters: Parameters | None = None,
) -> Effects:
    """Return the effects of a drug of that strength on the given days, shape (n, m); fibre mass stays.

    Raises
    ------
    UsageError
        If the strength leaves 0 to 1.
    """
    from scipy.special import betaincinv, ndtr

    if not 0.0 <= strength <= 1.0:
        raise UsageError(f"Strength of a drug: found {strength:g}; expected a share from 0 to 1.")
    given = parameters or load_population()
    size, tau = given["response_size"].number, given["response_tau"].number
    if strength in (0.0, 1.0):
        fall = np.full(len(patients), strength)
    else:
        fall = betaincinv(strength * size, (1.0 - strength) * size, ndtr(patients.response))
    course = np.expm1(-np.asarray(days, dtype=float) / tau) / np.expm1(
        -given["response_reference"].number / tau
    )
    left = np.clip(1.0 - fall[:, None] * course[None, :], 0.0, None)
    return Effects(left, np.ones_like(left), 1.0 - given["ck_follow"].number * (1.0 - left))


def fit_strength(
    patients: Patients,
    *,
    drift: DriftPoint,
    seed: int,
    switch: float = 0.0,
    parameters: Parameters | None = None,
) -> Strength:
    """Return the strength whose mean score is that of ProDERM's active arm at week 16.

    Parameters
    ----------
    patients, drift
        Patients of the trial, and one point of the ridge; the drift is that of placebo.
    switch
        Share that switches; nobody did in the active arm.

    Raises
    ------
    UsageError
        If the share leaves 0 to 1.
    """
    active = load_published("active")
    mean = next(r for r in active if r.measure == "tis" and r.statistic == "mean")
    sd = next(r for r in active if r.measure == "tis" and r.statistic == "sd")
    own = DriftPoint(drift.rho, drift.no_change, drift.mean, drift.sd, switch)
    day = load_core_set()["drift_reference"].number

    def score(strength: float) -> float:
        effects = derive_drug_effects(patients, strength, [day], parameters=parameters)
        return simulate_arm(patients, effects, day, drift=own, seed=seed).values["tis", "mean"]

    error = _Z * sd.value / np.sqrt(mean.n or 1)
    value, low, high = (_solve(score, goal) for goal in (mean.value, mean.value - error, mean.value + error))
    if np.isnan(value):
        return Strength(value, low, high, value, f"No strength gives a mean score of {mean.value:g}.")
    return Strength(value, low, high, score(value))


def fit_gains(patients: Patients) -> dict[str, float]:
    """Return the share of each measure that follows inflammation, relative to the physician's assessment.

    Gain at week 40 under open treatment (both arms) less the drift of placebo at week 16, over the mean
    baseline (of strength: the mean deficit). The active arm at week 16 is not used.

    Raises
    ------
    UsageError
        If there is no patient.
    """
    if not len(patients):
        raise UsageError("Gains of the core set: found no patient; expected at least one.")
    late = {r.measure: r.value for r in load_published("open")}
    placebo = {r.measure: r.value for r in load_published("placebo") if r.statistic == "mean"}
    top = load_core_set()["mmt8_top"].number
    room: Mapping[str, float] = {
        name: float(np.mean(top - x if name == "mmt8" else x)) for name, x in patients.baseline.items()
    }
    share = {name: abs(late[name] - placebo[name]) / room[name] for name in late}
    return {name: value / share["physician_global"] for name, value in share.items()}


def _solve(score: Callable[[float], float], goal: float) -> float:
    low, high = _WEAKEST, _STRONGEST
    if not score(low) <= goal <= score(high):
        return float("nan")
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if score(middle) < goal else (low, middle)
    return 0.5 * (low + high)
