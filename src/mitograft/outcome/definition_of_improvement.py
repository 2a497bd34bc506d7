"""IMACS preliminary definition of improvement, 2004 (10.1002/art.20349).

For each of six core set measures with baseline b and follow-up f the change is *relative to baseline*::

    gain     = b - f  (lower is better)    or    f - b  (muscle test: higher is better)
    improved : gain > 0   and   gain >= 20 % of b
    worse    : gain < 0   and  -gain >= 25 % of b

A patient is improved when at least 3 measures improved, no more than 2 are worse, and the muscle test is not
among the worse. From a baseline of 0 any rise of a lower-is-better measure is worse, and improvement is
impossible. A measure that was not recorded at both visits is neither improved nor worse.

Not to be confused with the total improvement score of 2016, whose change is relative to the *range* of the
scale. Comparisons with a cut are made in whole steps of 1e-6, never by binary rounding.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.outcome.decimal_grid import LARGEST, STEPS, reaches, to_steps
from mitograft.outcome.improvement_rule import ImprovementRule, improvement_rule
from mitograft.outcome.items import common_shape, off_scale, off_scale_sentence, read_numbers
from mitograft.tables.parameters import Parameter

__all__ = [
    "MEASURES",
    "Improvement",
    "definition_of_improvement",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

MEASURES = ("physician_global", "patient_global", "mmt", "haq", "enzyme", "extramuscular")
"""Order of the last axis of baseline and follow-up."""

_MMT = MEASURES.index("mmt")


@dataclass(frozen=True, slots=True, eq=False)
class Improvement:
    """The definition applied; the first three fields have six measures on the last axis.

    Parameters
    ----------
    relative_change
        Percent of baseline, improvement positive, for reading only (the flags are decided exactly). From a
        baseline of 0: 0 where nothing changed, else plus or minus infinity. NaN where missing.
    improved, worse
        Whether each measure reached its cut.
    n_improved, n_worse, n_measured
        How many did, and how many were recorded at both visits.
    result
        Whether the patient improved, missing measures skipped.
    result_low, result_high
        The result under the worst and the best completion of what is missing; where they differ, the mark
        depends on a missing value.
    flagged
        Unconfirmed or overridden parameters the result depends on.
    """

    relative_change: FloatArray
    improved: BoolArray
    worse: BoolArray
    n_improved: IntArray
    n_worse: IntArray
    n_measured: IntArray
    result: BoolArray
    result_low: BoolArray
    result_high: BoolArray
    flagged: tuple[Parameter, ...]


def definition_of_improvement(
    baseline: npt.ArrayLike,
    final: npt.ArrayLike,
    mmt_max: npt.ArrayLike,
    *,
    rule: ImprovementRule | None = None,
    highest: Mapping[str, float] | None = None,
) -> Improvement:
    """Apply the definition to patients.

    Parameters
    ----------
    baseline, final
        Shape (..., 6), in the order of ``MEASURES``; NaN = not recorded. Each measure in one unit at both
        visits; the enzyme is the same enzyme.
    mmt_max
        Maximum of the muscle test (80, 150 or 260), one number or shape (...).
    rule
        From ``improvement_rule``; the 2004 definition where not given.
    highest
        Top of a scale where it is not the usual one, by measure: ``{"physician_global": 100}`` for
        millimetres. It limits the input and the completions of missing values.

    Raises
    ------
    UsageError
        If shapes do not fit or a value is off its scale (all are listed).
    """
    cuts = improvement_rule() if rule is None else rule
    before, after = _read(baseline), _read(final)
    if before.shape != after.shape:
        raise UsageError(
            f"Found baseline of shape {before.shape} and follow-up of shape {after.shape}; expected the same."
        )
    tops = _tops(mmt_max, before.shape, {**cuts.highest, **(highest or {})})
    _require_on_scale(before, after, tops)
    known = ~np.isnan(before) & ~np.isnan(after)
    b, f = to_steps(before), to_steps(after)
    improved, worse = (flags & known for flags in _flags(b, f, cuts))
    outcomes = [
        _decide(*_flags(*_completed(before, after, tops, best=best), cuts), cuts) for best in (False, True)
    ]
    return Improvement(
        _relative_change(b, f, known),
        improved,
        worse,
        improved.sum(axis=-1),
        worse.sum(axis=-1),
        known.sum(axis=-1),
        _decide(improved, worse, cuts),
        outcomes[0],
        outcomes[1],
        cuts.flagged,
    )


def _gain(b: IntArray, f: IntArray) -> IntArray:
    gain = b - f
    gain[..., _MMT] *= -1
    return gain


def _flags(b: IntArray, f: IntArray, rule: ImprovementRule) -> tuple[BoolArray, BoolArray]:
    gain = _gain(b, f)
    improved = (gain > 0) & reaches(gain, rule.improved_percent / 100, b)
    worse = (gain < 0) & reaches(-gain, rule.worse_percent / 100, b)
    return improved, worse if rule.worsening_from_zero else worse & (b > 0)


def _decide(improved: BoolArray, worse: BoolArray, rule: ImprovementRule) -> BoolArray:
    enough = improved.sum(axis=-1) >= rule.improved_needed
    tolerable = worse.sum(axis=-1) <= rule.worse_allowed
    return np.asarray(enough & tolerable & (rule.mmt_may_worsen | ~worse[..., _MMT]))


def _completed(
    before: FloatArray, after: FloatArray, tops: FloatArray, *, best: bool
) -> tuple[IntArray, IntArray]:
    """Fill missing values with the end of the scale that most favours (or disfavours) improvement.

    The relative change is monotone in either value, so the ends of the scale decide what is attainable.
    """
    fall_wanted = np.full(len(MEASURES), best)
    fall_wanted[_MMT] = not best
    b = np.where(np.isnan(before), np.where(fall_wanted, tops, 0.0), before)
    f = np.where(np.isnan(after), np.where(fall_wanted, 0.0, tops), after)
    return to_steps(b), to_steps(f)


def _relative_change(b: IntArray, f: IntArray, known: BoolArray) -> FloatArray:
    gain = _gain(b, f)
    from_zero = np.where(gain == 0, 0.0, np.copysign(np.inf, gain))
    percent = np.where(b > 0, 100 * gain / np.where(b > 0, b, STEPS), from_zero)
    return np.where(known, percent, np.nan)


def _read(values: npt.ArrayLike) -> FloatArray:
    array = read_numbers("Definition of improvement", values)
    if array.ndim == 0 or array.shape[-1] != len(MEASURES):
        raise UsageError(
            f"Found an array of shape {array.shape}, expected {len(MEASURES)} measures on the last axis "
            f"({', '.join(MEASURES)})."
        )
    return array


def _tops(mmt_max: npt.ArrayLike, shape: tuple[int, ...], highest: Mapping[str, float]) -> FloatArray:
    unknown = sorted(set(highest) - set(MEASURES) | {"mmt"} & set(highest))
    if unknown:
        raise UsageError(
            f"Found {', '.join(unknown)} in highest; expected measures among {', '.join(MEASURES)} "
            "except mmt, whose maximum is mmt_max."
        )
    tops = np.full(shape, LARGEST)
    for i, measure in enumerate(MEASURES):
        tops[..., i] = highest.get(measure, LARGEST)
    maxima = read_numbers("Maximum of the muscle test", mmt_max)
    if not np.all(maxima > 0):
        raise UsageError(
            "Found a maximum of the muscle test that is missing or not above 0; expected 80, 150 or 260."
        )
    if common_shape("Definition of improvement", baseline=shape[:-1], mmt_max=maxima.shape) != shape[:-1]:
        raise UsageError(f"Found mmt_max of shape {maxima.shape}, expected one number or shape {shape[:-1]}.")
    tops[..., _MMT] = maxima
    return tops


def _require_on_scale(before: FloatArray, after: FloatArray, tops: FloatArray) -> None:
    names = [f"{visit} {measure}" for visit in ("baseline", "follow-up") for measure in MEASURES]
    values = np.concatenate([before, after], axis=-1)
    highs = np.concatenate([tops, tops], axis=-1)
    bad = off_scale(values, highs)
    if bad.any():
        raise UsageError(off_scale_sentence("Definition of improvement", names, values, bad, highs))
