"""Which drifts the published placebo arm leaves open, for a grid of rho and no-change share.

At each point of the grid the means and spreads of the drift are moved until the *observed* changes (after
ends and steps of the scales, in those who stayed) have the published moments. What is left, mean and spread
of the score and the three shares of responders, is not fitted but judged: the misfit is the sum of squared
differences over standard errors at n = 48, as if they were independent, which they are not;
``exp(-misfit / 2)`` is therefore a relative support, not a probability.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mitograft.mechanism.observe.core_set import Effects, load_core_set
from mitograft.mechanism.observe.drift import DRIFTING, DriftPoint
from mitograft.mechanism.population.arm import ArmSummary, Published, load_published, simulate_arm
from mitograft.mechanism.population.patients import Patients, load_population, simulate_patients
from mitograft.mechanism.population.weighting import Weighting, fit_weights, select_by_weight
from mitograft.tables.parameters import Parameters

__all__ = ["fit_drift", "fit_ridge", "proderm_patients", "score_misfit"]

_ROUNDS = 12


def proderm_patients(
    candidates: int, *, seed: int, parameters: Parameters | None = None
) -> tuple[Patients, Weighting]:
    """Return patients selected to the published shares of the physician's assessment, and the weighting.

    About ``candidates`` over the largest relative weight remain.

    Raises
    ------
    UsageError
        As ``simulate_patients``.
    """
    given = parameters or load_population()
    patients = simulate_patients(candidates, seed=seed, admission="proderm", parameters=given)
    activity = patients.baseline["physician_global"]
    columns = {
        "physician's assessment 0 to 3": (activity < given["mild_below"].number).astype(float),
        "physician's assessment 7 to 10": (activity >= given["severe_from"].number).astype(float),
    }
    targets = dict(
        zip(columns, (given["physician_mild"].number, given["physician_severe"].number), strict=True)
    )
    weighting = fit_weights(columns, targets)
    return patients.take(select_by_weight(weighting, seed=seed)), weighting


def fit_drift(patients: Patients, *, rho: float, no_change: float, seed: int) -> DriftPoint:
    """Return the drift whose observed changes have the published moments of the placebo arm at week 16.

    Moments of the extramuscular assessment and the enzyme are assumed (``published.csv``).

    Raises
    ------
    UsageError
        If ``rho`` or ``no_change`` leave 0 to 1.
    """
    given, placebo = load_core_set(), load_published("placebo")
    wanted = {(r.measure, r.statistic): r.value for r in placebo if r.measure in DRIFTING}
    sign = {name: 1.0 if name == "mmt8" else -1.0 for name in DRIFTING}
    mean = {name: sign[name] * wanted[name, "mean"] for name in DRIFTING}
    sd = {name: wanted[name, "sd"] for name in DRIFTING}
    point = DriftPoint(rho, no_change, mean, sd, given["switch_share"].number)
    effects, day = Effects.none(len(patients), 1), given["drift_reference"].number
    taking_part = max(1.0 - no_change, 0.1)
    for _ in range(_ROUNDS):
        seen = simulate_arm(patients, effects, day, drift=point, seed=seed).values
        mean = {
            k: m + sign[k] * (wanted[k, "mean"] - seen[k, "mean"]) / taking_part
            for k, m in point.mean.items()
        }
        sd = {k: s * wanted[k, "sd"] / max(seen[k, "sd"], 1e-9) for k, s in point.sd.items()}
        point = replace(point, mean=mean, sd=sd)
    summary = simulate_arm(patients, effects, day, drift=point, seed=seed)
    return replace(point, misfit=score_misfit(summary, placebo))


def score_misfit(summary: ArmSummary, published: Sequence[Published]) -> float:
    """Return the sum of squared standardised differences of score mean, score spread and responder shares."""
    total = 0.0
    spread = next(r.value for r in published if r.measure == "tis" and r.statistic == "sd")
    for row in published:
        if not row.measure.startswith("tis") or row.n is None:
            continue
        if row.statistic == "count":
            shown = row.value / row.n
            error, key = np.sqrt(shown * (1.0 - shown) / row.n), "share"
        else:
            shown, key = row.value, row.statistic
            error = spread / np.sqrt(row.n if row.statistic == "mean" else 2 * (row.n - 1))
        total += ((summary.values[row.measure, key] - shown) / error) ** 2
    return float(total)


def fit_ridge(
    patients: Patients, rhos: Sequence[float], shares: Sequence[float], *, seed: int, most: float = 2.0
) -> tuple[DriftPoint, ...]:
    """Return the points of the grid whose misfit is at most ``most``, weighted by their support, best first.

    Raises
    ------
    UsageError
        As ``fit_drift``.
    """
    points = [fit_drift(patients, rho=r, no_change=p, seed=seed) for r in rhos for p in shares]
    kept = sorted((p for p in points if p.misfit <= most), key=lambda p: p.misfit)
    return tuple(replace(p, weight=float(np.exp(-0.5 * (p.misfit - kept[0].misfit)))) for p in kept)
