r"""The six core set measures of a patient: what biology gives, what time gives, what a rater writes.

Biology. With ``a`` the inflammation left relative to day 0 and ``F`` the functional fibre mass relative to
day 0

.. math::

    x_j = x_{j,0} \left(1 - k_j (1 - a)\right), \qquad
    150 - \mathrm{MMT} = (150 - \mathrm{MMT}_0) \left(1 - k (1 - a)\right) - 150\, w\,(F - 1)

for the scales on which high is bad, and for strength. ``k_j`` is the share of a measure that follows
inflammation, the physician's global assessment setting the unit (``k = 1``); the rest is damage, mood, other
organs. Creatine kinase follows its own state.

Observation. The drift of placebo arms (``drift``) is added in the units of the scale, the value kept within
the ends and written at a step of the scale. Day 0 is the baseline itself. The Total Improvement Score is
computed from these values by ``mitograft.outcome.tis``; nothing here knows its points.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mechanism.observe.drift import DriftPoint, PatientDrift, placebo_drift
from mitograft.mechanism.observe.inflammation import Course, derive_inflammation
from mitograft.mechanism.observe.instrument import checked, to_scale
from mitograft.outcome.tis import score_tis
from mitograft.tables.parameters import Parameters, load_parameters

__all__ = [
    "MEASURES",
    "CoreSetVisits",
    "Effects",
    "derive_core_set",
    "derive_effects",
    "load_core_set",
    "score_visits",
    "simulate_core_set",
]

Array = npt.NDArray[np.float64]
MEASURES = ("physician_global", "patient_global", "mmt8", "haq", "extramuscular", "ck")
"""The measures by the names the Total Improvement Score knows; ``ck`` in multiples of its upper limit."""


@dataclass(frozen=True)
class Effects:
    """What the equations say of n patients at m visits: shapes (n, m), relative to day 0 (1 = unchanged)."""

    inflammation: Array
    fibre: Array
    ck: Array

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises
        ------
        UsageError
            If a value is negative or infinite, or the shapes differ.
        """
        shapes = {np.shape(x) for x in (self.inflammation, self.fibre, self.ck)}
        if len(shapes) != 1 or len(next(iter(shapes))) != 2:
            raise UsageError(
                f"Effects: found shapes {sorted(shapes)}; expected one shape (patients, visits)."
            )
        for name in ("inflammation", "fibre", "ck"):
            checked(f"Relative {name}", getattr(self, name))

    @classmethod
    def none(cls, patients: int, visits: int) -> "Effects":
        """Nothing changes: untreated patients whose disease is steady."""
        return cls(*(np.ones((patients, visits)) for _ in range(3)))


@dataclass(frozen=True)
class CoreSetVisits:
    """What was written down for n patients at m visits.

    Parameters
    ----------
    days
        Days since the first dose, shape (m,).
    values
        By measure, each (n, m), in the unit of the instrument; ``ck`` in multiples of its upper limit.
    ck_units
        Creatine kinase in U/L.
    switched
        Day on which a patient left the arm for a rescue drug; infinite for those who stayed.
    moved
        False for patients of the no-change share.
    """

    days: Array
    values: Mapping[str, Array]
    ck_units: Array
    switched: Array
    moved: npt.NDArray[np.bool_]


def load_core_set() -> Parameters:
    """Return the parameters of the core set measures (``core_set.csv``)."""
    return load_parameters("mitograft.mechanism.observe", "core_set.csv")


def derive_effects(course: Course) -> Effects:
    """Return the effects of a solution whose first time is the patient's day 0.

    A patient without inflammation at day 0 has no relative change and gets NaN.

    Raises
    ------
    UsageError
        If a state is infinite or negative.
    """
    tracks = derive_inflammation(course), course.state("FIBRE"), course.state("CK")
    return Effects(*(_relative(track) for track in tracks))


def _relative(track: Array) -> Array:
    start = np.asarray(track, dtype=float)[:, :1]
    return np.asarray(np.divide(track, start, out=np.full_like(track, np.nan), where=start > 0.0))


def derive_core_set(
    baseline: Mapping[str, npt.ArrayLike], effects: Effects, *, parameters: Parameters | None = None
) -> dict[str, Array]:
    """Return what biology alone makes of the measures, before drift, ends of scales and steps; each (n, m).

    Parameters
    ----------
    baseline
        The six ``MEASURES`` at day 0, each shape (n,).

    Raises
    ------
    UsageError
        If a measure is missing, beyond its scale or of another length than the effects.
    """
    given = parameters or load_core_set()
    start = _checked_baseline(baseline, len(effects.inflammation), given)
    fallen = 1.0 - effects.inflammation
    out = {}
    for name in MEASURES:
        x = start[name][:, None]
        if name == "ck":
            out[name] = x * effects.ck
            continue
        left = 1.0 - given[f"{name}_gain"].number * fallen
        if name != "mmt8":
            out[name] = x * left
            continue
        top = given["mmt8_top"].number
        out[name] = top - (top - x) * left + top * given["mmt8_fibre"].number * (effects.fibre - 1.0)
    return out


def simulate_core_set(
    baseline: Mapping[str, npt.ArrayLike],
    effects: Effects,
    days: npt.ArrayLike,
    *,
    drift: DriftPoint | None,
    seed: int,
    first: int = 0,
    parameters: Parameters | None = None,
) -> CoreSetVisits:
    """Return what is written down at each visit.

    Parameters
    ----------
    baseline, effects
        As of ``derive_core_set``; baselines are taken as written down at day 0.
    days
        Days of the visits since day 0, shape (m,), from 0.
    drift
        One point of the ridge (``load_ridge``); None for no drift and no scatter, only the steps of the
        scales.
    seed, first
        The same patient on the same day gets the same drift whatever other visits or patients there are.

    Raises
    ------
    UsageError
        As ``derive_core_set``, or if the days do not fit the effects.
    """
    given = parameters or load_core_set()
    n, m = effects.inflammation.shape
    at = np.asarray(days, dtype=float)
    if at.shape != (m,) or not np.all(at >= 0.0) or not np.all(np.isfinite(at)):
        raise UsageError(f"Visits: found days of shape {at.shape}; expected {m} finite days from 0.")
    start = _checked_baseline(baseline, n, given)
    true = derive_core_set(start, effects, parameters=given)
    moves = placebo_drift(drift, at, count=n, seed=seed, first=first, parameters=given)
    values = {name: _written(name, true[name], moves, start[name], at, given) for name in MEASURES}
    units = np.round(values["ck"] * given["ck_uln"].number)
    return CoreSetVisits(at, values, units, moves.switched, moves.moved)


def score_visits(baseline: Mapping[str, npt.ArrayLike], visits: CoreSetVisits) -> Array:
    """Return the Total Improvement Score of each patient at each visit, (n, m); 0 from the day of a switch.

    NaN where a measure is missing. That switched patients count as not improved is ProDERM's rule.

    Raises
    ------
    UsageError
        If a value lies beyond its scale.
    """
    scores = []
    fixed = {"mmt8_max": 150.0, "ck_uln": 1.0}
    for k, day in enumerate(visits.days):
        final = {name: values[:, k] for name, values in visits.values.items()} | {"ck_uln": 1.0}
        total = score_tis({**baseline, **fixed}, final, components=False).tis
        scores.append(np.where(visits.switched <= day, 0.0, total))
    return np.stack(scores, axis=1) if scores else np.empty((len(visits.switched), 0))


def _written(
    name: str, true: Array, moves: PatientDrift, start: Array, days: Array, given: Parameters
) -> Array:
    better = moves.better[name]
    if name == "ck":
        # The drift of the enzyme is one of its logarithm, so that it cannot become negative.
        return np.where(days == 0.0, start[:, None], true * np.exp(-better))
    signed = better if name == "mmt8" else -better
    step, top = given[f"{name}_step"].number, given[f"{name}_top"].number
    return np.where(days == 0.0, start[:, None], to_scale(true + signed, step=step, low=0.0, high=top))


def _checked_baseline(
    baseline: Mapping[str, npt.ArrayLike], patients: int, given: Parameters
) -> dict[str, Array]:
    missing = [name for name in MEASURES if name not in baseline]
    if missing:
        raise UsageError(f"Baseline: found no {', '.join(missing)}; expected all of {', '.join(MEASURES)}.")
    out = {}
    for name in MEASURES:
        x = checked(f"Baseline {name}", baseline[name])
        if x.shape != (patients,):
            raise UsageError(f"Baseline {name}: found shape {x.shape}; expected ({patients},).")
        top = given[f"{name}_top"].number if name != "ck" else np.inf
        if np.any(x > top):
            raise UsageError(f"Baseline {name}: found {np.nanmax(x):g}; expected at most {top:g}.")
        out[name] = x
    return out
