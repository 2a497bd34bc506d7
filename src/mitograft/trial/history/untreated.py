"""The Total Improvement Score of untreated patients: chance and admission alone, by simulation.

Six measures of one patient, in standard deviations towards the bad side::

    at a visit = sqrt(r_j) lasting_j + sqrt(1 - r_j) passing_j

The lasting part is that of the patient, the passing part is new at every visit; each is normally distributed
with a common correlation between the measures. Nobody is treated and nobody's disease changes. The values are
kept within their scales and scored as real ones. What comes out is no forecast of a placebo arm, in which
attention, time and other drugs act as well: it is the part that needs none of these.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.outcome.tis import TisRules, score_tis, tis_rules
from mitograft.seeds import stream
from mitograft.tables.parameters import Parameters
from mitograft.trial.history.regression_to_mean import (
    AdmittedMeasure,
    load_admitted_measures,
    load_regression_parameters,
)

__all__ = ["UntreatedScore", "simulate_untreated"]

Array = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
_FEWEST = 100


@dataclass(frozen=True)
class UntreatedScore:
    """Scores of untreated patients under one rule of admission.

    Parameters
    ----------
    admission
        The rule in words.
    admitted, patients
        Share of all patients admitted, and their number in the simulation.
    mean, mean_error
        Mean Total Improvement Score and its Monte Carlo standard error.
    thresholds, reached, reached_error
        Thresholds of the score, share of the admitted that reach each, Monte Carlo standard errors.
    method, exact
        How they were computed; simulated, never exact.
    note
        Why there is no number, where there is none.
    """

    admission: str
    admitted: float
    patients: int
    mean: float
    mean_error: float
    thresholds: tuple[float, ...]
    reached: tuple[float, ...]
    reached_error: tuple[float, ...]
    method: str = "simulation of two visits without treatment"
    exact: bool = False
    note: str = ""


def simulate_untreated(
    parameters: Parameters | None = None, *, rules: TisRules | None = None, seed: int = 1
) -> tuple[UntreatedScore, ...]:
    """Return the scores of untreated patients: all, those below the cut-off of MMT-8, those fully eligible.

    Parameters
    ----------
    parameters
        As of ``load_regression_parameters``, the default.
    rules
        Bands, points and thresholds; the adult IMACS score by default.
    seed
        Seed of the simulation; the same seed gives the same patients.

    Raises
    ------
    UsageError
        If a parameter is no number that makes sense, or there are fewer than 100 patients.
    """
    given, chosen = parameters or load_regression_parameters(), rules or tis_rules()
    measures = load_admitted_measures(given, rules=chosen)
    before, after = _two_visits(measures, given, seed)
    bad = np.stack([_on_bad_side(m, x) for m, x in zip(measures, before, strict=True)])
    strength = [m.measure.name for m in measures].index("mmt8")
    others = np.delete(bad, strength, axis=0).sum(axis=0) >= given["criteria_needed"].number
    total = score_tis(_named(measures, before), _named(measures, after), rules=chosen).tis
    cutoff = given["mmt8_cutoff"].value
    return tuple(
        _score(words, admitted, total, chosen)
        for words, admitted in (
            ("everybody", np.ones(total.size, dtype=bool)),
            (f"MMT-8 below {cutoff}", bad[strength]),
            (f"MMT-8 below {cutoff} and the other criteria", bad[strength] & others),
        )
    )


def _two_visits(
    measures: tuple[AdmittedMeasure, ...], given: Parameters, seed: int
) -> tuple[list[Array], list[Array]]:
    count = int(given["simulated_patients"].number)
    if count < _FEWEST:
        raise UsageError(f"Parameter simulated_patients: found {count}; expected at least {_FEWEST}.")
    lasting = _correlated(given, "lasting", count, seed, len(measures))
    visits = []
    for visit in ("before", "after"):
        passing = _correlated(given, "passing", count, seed, len(measures), visit)
        visits.append(
            [
                _within(m, np.sqrt(m.reliability) * lasting[j] + np.sqrt(1.0 - m.reliability) * passing[j])
                for j, m in enumerate(measures)
            ]
        )
    return visits[0], visits[1]


def _correlated(given: Parameters, part: str, count: int, seed: int, rows: int, *visit: str) -> Array:
    r = given[f"{part}_correlation"].number
    if not 0.0 <= r <= 1.0:
        raise UsageError(f"Parameter {part}_correlation: found {r:g}; expected a correlation from 0 to 1.")
    draws = stream(seed, "trial", "history", "untreated", part, *visit).standard_normal((rows + 1, count))
    return np.asarray(np.sqrt(r) * draws[0] + np.sqrt(1.0 - r) * draws[1:])


def _within(measure: AdmittedMeasure, badness: Array) -> Array:
    x = measure.value(-badness)
    return x if measure.log else np.clip(x, 0.0, measure.size)


def _on_bad_side(measure: AdmittedMeasure, x: Array) -> Marks:
    if measure.cutoff is None:
        return np.ones(x.size, dtype=bool)
    return np.asarray(x < measure.cutoff if measure.measure.up else x >= measure.cutoff)


def _named(measures: tuple[AdmittedMeasure, ...], values: list[Array]) -> dict[str, Array | float]:
    columns: dict[str, Array | float] = {"mmt8_max": 150.0, "ck_uln": 1.0}
    for measure, x in zip(measures, values, strict=True):
        columns["ck" if measure.measure.name == "enzyme" else measure.measure.name] = x
    return columns


def _score(words: str, admitted: Marks, total: Array, rules: TisRules) -> UntreatedScore:
    count, thresholds = int(admitted.sum()), tuple(float(t) for t in rules.thresholds)
    share = count / total.size
    if count < 2:
        unknown, none = float("nan"), (float("nan"),) * len(thresholds)
        note = "Too few of the simulated patients are admitted by these cut-offs."
        return UntreatedScore(words, share, count, unknown, unknown, thresholds, none, none, note=note)
    score = total[admitted]
    reached = [float(np.mean(score >= t)) for t in thresholds]
    return UntreatedScore(
        words,
        share,
        count,
        float(score.mean()),
        float(score.std(ddof=1) / np.sqrt(count)),
        thresholds,
        tuple(reached),
        tuple(float(np.sqrt(p * (1.0 - p) / count)) for p in reached),
    )
