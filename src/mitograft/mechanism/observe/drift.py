r"""What patients of a placebo arm change without any drug: a matter of observation, not of biology.

Improvement of measure ``j`` on day ``t``, with ``h`` rising from 0 to 1 at the reference day,

.. math::

    d_j(t) = \mu_j h(t) + s_j \left[ \sqrt{\lambda}\, h(t)\,P_j + \sqrt{1 - \lambda}\, V_j(t) \right], \qquad
    P_j = \sqrt{\rho}\, z + \sqrt{1 - \rho}\, e_j

for most patients: ``P`` lasts, ``V`` (of the same form) is new at every visit, and the common factor ``z``
moves all measures together. A share ``pi`` of patients does not take part: only scatter of half the size,
without a common factor. Another share switches to a rescue drug; they are drawn independently of the rest,
because the published changes leave them out, and their score counts as 0 from then on.

Neither ``rho`` nor ``pi`` is identified by what is published: along a ridge they trade off. The ridge is
carried as a table (``drift_ridge.csv``) with a weight for each point, and one point is chosen for a whole
virtual trial.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mechanism.observe.chance import normals, uniforms
from mitograft.seeds import stream
from mitograft.tables.parameters import Parameters, load_rows

__all__ = ["DRIFTING", "DriftPoint", "PatientDrift", "choose_drift", "load_ridge", "placebo_drift"]

Array = npt.NDArray[np.float64]
DRIFTING = ("physician_global", "patient_global", "mmt8", "haq", "extramuscular", "ck")
_MINUTES = 1440.0


@dataclass(frozen=True)
class DriftPoint:
    """One point of the ridge.

    Parameters
    ----------
    rho, no_change
        Correlation by the common factor, and share of patients that takes no part; both 0 to 1.
    mean, sd
        By measure, in its unit (``ck``: of the logarithm), improvement positive: of those who take part, at
        the reference day.
    switch
        Share that leaves for a rescue drug by the reference day.
    misfit
        Sum of squared standardised differences from the published placebo arm.
    weight
        Relative support, 0 to 1.
    """

    rho: float
    no_change: float
    mean: Mapping[str, float]
    sd: Mapping[str, float]
    switch: float
    misfit: float = float("nan")
    weight: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no distribution.

        Raises
        ------
        UsageError
            If a share or a correlation leaves 0 to 1, or a spread is negative.
        """
        shares = {"rho": self.rho, "no_change": self.no_change, "switch": self.switch, "weight": self.weight}
        bad = [f"{name} {value:g}" for name, value in shares.items() if not 0.0 <= value <= 1.0]
        if bad or any(not self.sd.get(name, -1.0) >= 0.0 or name not in self.mean for name in DRIFTING):
            raise UsageError(
                f"Placebo drift: found {', '.join(bad) or 'a missing mean or spread'}; expected shares "
                f"from 0 to 1, and a mean and a spread of {', '.join(DRIFTING)}."
            )


@dataclass(frozen=True)
class PatientDrift:
    """Drift of n patients at m visits: ``better`` by measure (n, m), who takes part, day of a switch."""

    better: Mapping[str, Array]
    moved: npt.NDArray[np.bool_]
    switched: Array


def load_ridge() -> tuple[DriftPoint, ...]:
    """Return the points of the ridge that the published placebo arm leaves open, best supported first."""
    rows = load_rows("mitograft.mechanism.observe", "drift_ridge.csv")
    points = [
        DriftPoint(
            float(row["rho"]),
            float(row["no_change"]),
            {name: float(row[f"{name}_mean"]) for name in DRIFTING},
            {name: float(row[f"{name}_sd"]) for name in DRIFTING},
            float(row["switch"]),
            float(row["misfit"]),
            float(row["weight"]),
        )
        for row in rows
    ]
    return tuple(sorted(points, key=lambda point: -point.weight))


def choose_drift(ridge: Sequence[DriftPoint], seed: int, *path: str | int) -> DriftPoint:
    """Choose one point by its weight: the same for all patients of a trial, another for another trial.

    Raises
    ------
    UsageError
        If there is no point, or none has weight.
    """
    weights = np.array([point.weight for point in ridge])
    if not weights.sum() > 0.0:
        raise UsageError(
            f"Placebo drift: found {len(ridge)} points without weight; expected one with weight."
        )
    place = stream(seed, "mechanism", "observe", "ridge", *path).random() * weights.sum()
    last = int(np.flatnonzero(weights)[-1])
    return ridge[min(int(np.searchsorted(np.cumsum(weights), place, side="right")), last)]


def placebo_drift(
    point: DriftPoint | None, days: Array, *, count: int, seed: int, parameters: Parameters, first: int = 0
) -> PatientDrift:
    """Return the drift of ``count`` patients on the given days; nothing at all where ``point`` is None.

    Raises
    ------
    UsageError
        If a parameter makes no sense.
    """
    n, m = count, len(days)
    if point is None:
        nothing = {name: np.zeros((n, m)) for name in DRIFTING}
        return PatientDrift(nothing, np.ones(n, dtype=bool), np.full(n, np.inf))
    path = ("mechanism", "observe", "patient")
    kinds = uniforms(seed, *path, "kind", count=n, width=3, first=first)
    moved = kinds[:, 0] >= point.no_change
    lasting = normals(seed, *path, "lasting", count=n, width=1 + len(DRIFTING), first=first)
    better = {name: np.empty((n, m)) for name in DRIFTING}
    share = parameters["drift_lasting"].number
    for k, day in enumerate(days.tolist()):
        rise = _rise(day, parameters)
        # One stream for each day: a visit keeps its errors when others are added.
        new = normals(
            seed, *path, "visit", round(day * _MINUTES), count=n, width=1 + len(DRIFTING), first=first
        )
        mixed = np.sqrt(share) * rise * lasting + np.sqrt(1.0 - share) * new
        for j, name in enumerate(DRIFTING):
            common = np.sqrt(point.rho) * mixed[:, 0] + np.sqrt(1.0 - point.rho) * mixed[:, 1 + j]
            still = parameters["drift_still"].number * point.sd[name] * mixed[:, 1 + j]
            better[name][:, k] = np.where(moved, point.mean[name] * rise + point.sd[name] * common, still)
    leaves = kinds[:, 1] < point.switch
    window = parameters["switch_first"].number, parameters["switch_last"].number
    day_left = np.where(leaves, window[0] + (window[1] - window[0]) * kinds[:, 2], np.inf)
    return PatientDrift(better, moved, day_left)


def _rise(day: float, parameters: Parameters) -> float:
    tau, reference = parameters["drift_tau"].number, parameters["drift_reference"].number
    if not (tau > 0.0 and reference > 0.0):
        raise UsageError(
            f"Placebo drift: found times {tau:g} and {reference:g} d; expected positive numbers."
        )
    return float(np.expm1(-day / tau) / np.expm1(-reference / tau))
