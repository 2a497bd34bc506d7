"""2017 EULAR/ACR classification of idiopathic inflammatory myopathy (IIM) with and without muscle biopsy.

The score is the sum of the weights of the criteria met; there are two columns of weights, one for patients
without and one for patients with a biopsy, and the probability of IIM is

    p = 1 / (1 + exp(intercept - score))

The published cut scores are rounded: 5.5 without biopsy is called probable (at least 55 %) although it gives
54.2 %. Categories therefore come by score (default) or by probability, and the result says which. TRAP: a
table in circulation prints the two columns of weights swapped.

Source 10.1136/annrheumdis-2017-211468; the intercepts are recalled and flagged. The criteria
classify patients for studies; they are not a diagnosis.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.outcome.card import INSTRUMENTS
from mitograft.outcome.decimal_grid import STEPS
from mitograft.outcome.items import ItemScale, common_shape, read_flags, read_numbers
from mitograft.tables.parameters import Parameter, Parameters, load_parameters

__all__ = [
    "CARD",
    "CATEGORIES",
    "FINDINGS",
    "RASH",
    "UNDETERMINED",
    "Classification",
    "classify_iim",
    "defaults",
    "read_patients",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.str_]
By = Literal["score", "probability"]

CARD = INSTRUMENTS["IIM-2017"]
CATEGORIES = ("not IIM", "possible", "probable", "definite")
UNDETERMINED = "undetermined"

_MODELS = ("no_biopsy", "biopsy")
_ONSET = ("onset_18_to_40", "onset_from_40")
_OLDEST = 130.0


@cache
def defaults() -> Parameters:
    """Return weights, cuts, intercepts and subgroups with their citations."""
    return load_parameters("mitograft.outcome", "classification.csv")


FINDINGS = tuple(
    p.id.removeprefix("weight/biopsy/")
    for p in defaults()
    if p.id.startswith("weight/biopsy/") and not p.id.endswith(_ONSET)
)
"""Order of the last axis of findings: ten clinical and laboratory ones, then four of the biopsy."""

RASH = tuple(p.id.removeprefix("rash/") for p in defaults() if p.id.startswith("rash/"))


@dataclass(frozen=True, slots=True, eq=False)
class Classification:
    """Score, probability and category; every field has the shape of the leading axes.

    Parameters
    ----------
    score, probability
        NaN where a criterion of the model is missing.
    score_low, score_high, probability_low, probability_high
        Over every completion of the missing criteria.
    category
        One of ``CATEGORIES``, or ``UNDETERMINED`` where it depends on a missing criterion.
    category_low, category_high
        The category at the lowest and the highest score.
    by
        Whether the categories were cut by score or by probability.
    case, trial
        Whether the lowest probability exceeds 50 % (a case) and 90 % (advised for inclusion in a trial).
    biopsy_needed
        None of heliotrope, Gottron papules or Gottron sign is recorded and there is no biopsy: the criteria
        then ask for biopsy features, so the category must not be used alone.
    missing
        Number of missing criteria of the model (onset counts as one).
    flagged
        Unconfirmed or overridden parameters the result depends on.
    """

    score: FloatArray
    score_low: FloatArray
    score_high: FloatArray
    probability: FloatArray
    probability_low: FloatArray
    probability_high: FloatArray
    category: TextArray
    category_low: TextArray
    category_high: TextArray
    by: By
    case: BoolArray
    trial: BoolArray
    biopsy_needed: BoolArray
    missing: IntArray
    flagged: tuple[Parameter, ...]


def classify_iim(
    onset_age: npt.ArrayLike,
    findings: npt.ArrayLike,
    biopsied: npt.ArrayLike,
    *,
    by: By = "score",
    parameters: Parameters | None = None,
) -> Classification:
    """Classify patients.

    Parameters
    ----------
    onset_age
        Shape (...), age at the first symptom in years; 18 and 40 belong to the older band. NaN = missing.
    findings
        Shape (..., 14), 1 present, 0 absent, NaN not recorded, in the order of ``FINDINGS``.
    biopsied
        Shape (...) or one value: whether to use the weights for patients with a biopsy. Without, the four
        biopsy findings are not read.
    by
        Whether categories are cut by the published score (default) or by the probability.
    parameters
        ``defaults()``, possibly overridden.

    Raises
    ------
    UsageError
        If ``by`` is unknown or a value is off its scale (all are listed).
    """
    if by not in ("score", "probability"):
        raise UsageError(f"Found by={by!r}, expected 'score' or 'probability'.")
    rules = defaults() if parameters is None else parameters
    age, found, with_biopsy = read_patients(onset_age, findings, biopsied)
    low, high, missing = _score_bounds(age, found, with_biopsy, rules)
    intercept = np.where(with_biopsy, rules["intercept/biopsy"].number, rules["intercept/no_biopsy"].number)
    p_low, p_high = (1 / (1 + np.exp(intercept - steps / STEPS)) for steps in (low, high))
    ranks = [_rank(s, p, with_biopsy, by, rules) for s, p in ((low, p_low), (high, p_high))]
    names = np.array(CATEGORIES)
    complete = missing == 0
    rash = found[..., [FINDINGS.index(name) for name in RASH]]
    return Classification(
        np.where(complete, low / STEPS, np.nan),
        low / STEPS,
        high / STEPS,
        np.where(complete, p_low, np.nan),
        p_low,
        p_high,
        np.where(ranks[0] == ranks[1], names[ranks[0]], UNDETERMINED),
        np.asarray(names[ranks[0]]),
        np.asarray(names[ranks[1]]),
        by,
        np.asarray(p_low > rules["case_above"].number),
        np.asarray(p_low > rules["trial_above"].number),
        ~(rash == 1).any(axis=-1) & ~with_biopsy,
        missing,
        rules.flagged(_used(rules)),
    )


def read_patients(
    onset_age: npt.ArrayLike, findings: npt.ArrayLike, biopsied: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return checked ages, findings and biopsy marks, ages and marks in the shape of the patients.

    Parameters
    ----------
    onset_age, findings, biopsied
        As in ``classify_iim``.

    Raises
    ------
    UsageError
        If a value is off its scale or the shapes do not fit.
    """
    found = read_flags("IIM classification", FINDINGS, findings)
    ages = read_numbers("Age at onset", onset_age)
    scale = ItemScale("Age at onset", ("years",), (_OLDEST,), whole=False)
    age = scale.read(ages[..., None])[..., 0]
    marks = read_numbers("Biopsy done", biopsied)
    biopsy = read_flags("Biopsy done", ("value",), marks[..., None])[..., 0]
    if np.isnan(biopsy).any():
        raise UsageError("Found biopsy done or not missing, expected True or False for every patient.")
    shape = common_shape(
        "IIM classification", onset_age=age.shape, findings=found.shape[:-1], biopsied=biopsy.shape
    )
    found = np.broadcast_to(found, (*shape, len(FINDINGS)))
    return np.broadcast_to(age, shape), found, np.broadcast_to(biopsy == 1, shape)


def _score_bounds(
    age: FloatArray, found: FloatArray, with_biopsy: BoolArray, rules: Parameters
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the lowest and highest score in steps of 1e-6, and the missing criteria."""
    weights = np.array(
        [[_weight(rules, model, name) for name in (*_ONSET, *FINDINGS)] for model in _MODELS], dtype=np.int64
    )[with_biopsy.astype(np.int64)]
    younger, older = weights[..., 0], weights[..., 1]
    unknown_age = np.isnan(age)
    onset = np.select(
        [age >= rules["onset_older"].number, age >= rules["onset_adult"].number], [older, younger], 0
    )
    onset_high = np.where(unknown_age, np.maximum(np.maximum(younger, older), 0), onset)
    onset_low = np.where(unknown_age, np.minimum(np.minimum(younger, older), 0), onset)
    points = weights[..., len(_ONSET) :]
    certain = (points * (found == 1)).sum(axis=-1)
    open_points = points * np.isnan(found)
    in_model = np.array([f"weight/no_biopsy/{name}" in rules.rows for name in FINDINGS])
    missing = (np.isnan(found) & (in_model | with_biopsy[..., None])).sum(axis=-1) + unknown_age
    low = onset_low + certain + np.minimum(open_points, 0).sum(axis=-1)
    high = onset_high + certain + np.maximum(open_points, 0).sum(axis=-1)
    return low, high, missing


def _weight(rules: Parameters, model: str, name: str) -> int:
    key = f"weight/{model}/{name}"
    return round(rules[key].fraction * STEPS) if key in rules.rows else 0


def _rank(
    steps: IntArray, probability: FloatArray, with_biopsy: BoolArray, by: By, rules: Parameters
) -> IntArray:
    """Return how many of the cuts possible, probable and definite are reached."""
    rank = np.zeros(steps.shape, dtype=np.int64)
    for category in CATEGORIES[1:]:
        if by == "probability":
            rank += probability >= rules[f"probability/{category}"].number
            continue
        cuts = [_steps(rules[f"cut/{model}/{category}"].fraction) for model in _MODELS]
        rank += steps >= np.where(with_biopsy, cuts[1], cuts[0])
    return rank


def _steps(value: Fraction) -> int:
    return round(value * STEPS)


def _used(rules: Parameters) -> list[str]:
    return [p.id for p in rules if not p.id.startswith("subgroup/")]
