"""One arm of a virtual trial at one visit, and how it compares with a published arm."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mechanism.observe.core_set import (
    MEASURES,
    CoreSetVisits,
    Effects,
    score_visits,
    simulate_core_set,
)
from mitograft.mechanism.observe.drift import DriftPoint
from mitograft.mechanism.population.patients import Patients
from mitograft.statistics.proportions import clopper_pearson
from mitograft.tables.parameters import Parameters, load_rows

__all__ = [
    "THRESHOLDS",
    "ArmComparison",
    "ArmSummary",
    "Published",
    "compare_arm",
    "load_published",
    "simulate_arm",
    "summarise_arm",
]

Array = npt.NDArray[np.float64]
THRESHOLDS = (20.0, 40.0, 60.0)
_Z = 1.959963984540054


@dataclass(frozen=True)
class Published:
    """One published number of an arm; ``statistic`` is mean, sd or count, n its patients (None: assumed)."""

    arm: str
    week: int
    measure: str
    statistic: str
    value: float
    n: int | None
    status: str
    citation: str


@dataclass(frozen=True)
class ArmSummary:
    """An arm in the words of a registry.

    Parameters
    ----------
    values
        By ``(measure, statistic)``: ``tis`` mean and sd, ``tis20`` and so on share, changes of the measures
        mean and sd (``ck``: of the logarithm).
    patients, stayed
        Patients, and those among them who did not switch; changes are of these, scores of all.
    """

    values: Mapping[tuple[str, str], float]
    patients: int
    stayed: int


@dataclass(frozen=True)
class ArmComparison:
    """A published number with its 95 % interval, the simulated one, and whether it lies within."""

    published: Published
    shown: float
    low: float
    high: float
    simulated: float
    within: bool
    method: str


def load_published(arm: str) -> tuple[Published, ...]:
    """Return the published numbers of an arm: ``placebo``, ``active`` (week 16) or ``open`` (week 40).

    Raises
    ------
    UsageError
        For an unknown arm.
    """
    rows = load_rows("mitograft.mechanism.population", "published.csv")
    found = tuple(
        Published(
            row["arm"],
            int(row["week"]),
            row["measure"],
            row["statistic"],
            float(row["value"]),
            int(row["n"]) if row["n"] else None,
            row["status"],
            row["citation"],
        )
        for row in rows
        if row["arm"] == arm
    )
    if not found:
        known = ", ".join(dict.fromkeys(row["arm"] for row in rows))
        raise UsageError(f"Published arm: found {arm!r}; expected one of {known}.")
    return found


def simulate_arm(
    patients: Patients,
    effects: Effects,
    day: float,
    *,
    drift: DriftPoint | None,
    seed: int,
    parameters: Parameters | None = None,
) -> ArmSummary:
    """Return the summary of an arm on one day; ``effects`` has shape (n, 1).

    Raises
    ------
    UsageError
        If the effects do not fit the patients, or a value makes no sense.
    """
    visits = simulate_core_set(
        patients.baseline, effects, [day], drift=drift, seed=seed, parameters=parameters
    )
    return summarise_arm(patients, visits)


def summarise_arm(patients: Patients, visits: CoreSetVisits, *, visit: int = 0) -> ArmSummary:
    """Return the summary of an arm at one visit; NaN where there is nobody, or a spread of one patient."""
    total = score_visits(patients.baseline, visits)[:, visit]
    total = total[~np.isnan(total)]
    stay = visits.switched > visits.days[visit]
    values = {("tis", "mean"): _mean(total), ("tis", "sd"): _sd(total)}
    values |= {(f"tis{t:g}", "share"): _mean((total >= t).astype(float)) for t in THRESHOLDS}
    for name in MEASURES:
        before, after = patients.baseline[name], visits.values[name][:, visit]
        change = _log_ratio(after, before) if name == "ck" else after - before
        change = change[stay & ~np.isnan(change)]
        values |= {(name, "mean"): _mean(change), (name, "sd"): _sd(change)}
    return ArmSummary(values, len(patients), int(stay.sum()))


def compare_arm(summary: ArmSummary, published: tuple[Published, ...]) -> tuple[ArmComparison, ...]:
    """Return each published number with its uncertainty beside the simulated one; assumed rows are left out.

    A mean has the interval of its standard error, a standard deviation the same under a normal distribution
    (approximate), a share the exact interval of Clopper and Pearson.
    """
    spreads = {row.measure: row.value for row in published if row.statistic == "sd"}
    return tuple(_compared(row, summary, spreads.get(row.measure)) for row in published if row.n is not None)


def _compared(row: Published, summary: ArmSummary, sd: float | None) -> ArmComparison:
    n = row.n or 0
    if row.statistic == "count":
        low, high = (float(x) for x in clopper_pearson(row.value, n))
        shown, key, method = row.value / n, "share", "exact binomial (Clopper-Pearson)"
    else:
        own = row.value if row.statistic == "sd" else sd
        if own is None:
            raise UsageError(
                f"Published {row.measure} mean: found no standard deviation beside it; add its row."
            )
        half = _Z * own / np.sqrt(n if row.statistic == "mean" else 2 * (n - 1))
        low, high, shown, key = row.value - half, row.value + half, row.value, row.statistic
        method = "approximate normal"
    simulated = summary.values[(row.measure, key)]
    return ArmComparison(row, shown, low, high, simulated, bool(low <= simulated <= high), method)


def _log_ratio(after: Array, before: Array) -> Array:
    ok = (after > 0.0) & (before > 0.0)
    ratio = np.divide(after, before, out=np.full_like(after, np.nan), where=ok)
    return np.asarray(np.log(ratio))


def _mean(x: Array) -> float:
    return float(x.mean()) if x.size else float("nan")


def _sd(x: Array) -> float:
    return float(x.std(ddof=1)) if x.size > 1 else float("nan")
