"""What a total is made of, and what would reach the next category."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np
import numpy.typing as npt

from mitograft.outcome.tis.change import Change, EnzymeChange
from mitograft.outcome.tis.rules import CATEGORIES, Measure, TisRules, tis_rules
from mitograft.outcome.tis.score import TisScore, Values, changes_of, score_tis

__all__ = ["NextCategory", "Step", "contributions", "next_category"]


def contributions(score: TisScore) -> Mapping[str, npt.NDArray[np.float64]]:
    """Share of each measure in the total, 0 to 1, shape (n,) per measure.

    NaN where the total is 0 (nothing to share) or the measure is missing. The shares of the measures present
    add to 1. ``score`` must have been made with ``components=True``.
    """
    total = score.tis_low
    with np.errstate(invalid="ignore", divide="ignore"):
        return {name: np.where(total > 0, points / total, np.nan) for name, points in score.points.items()}


@dataclass(frozen=True, slots=True)
class Step:
    """The smallest further change in one measure that reaches the next category.

    Parameters
    ----------
    measure, unit
        Which measure, and the unit of the numbers below (multiples of the upper limit for the enzyme).
    further
        Further improvement that must be *exceeded*, in the unit.
    further_percent
        The same as absolute percent of the range of the measure.
    limit
        The value that must be passed: fall below it, or rise above it where higher is better.
    target
        The first value past the limit on the scale's own steps (0.1 cm, 1 point, 0.125); None where the
        measure is continuous.
    """

    measure: str
    unit: str
    further: float
    further_percent: float
    limit: float
    target: float | None


@dataclass(frozen=True, slots=True)
class NextCategory:
    """Ways of one subject-visit to the next category, the smallest (in percent of range) first.

    ``missing_points`` is the gap to the threshold. ``steps`` is empty where no single measure can close it.
    """

    category: str
    missing_points: float
    steps: tuple[Step, ...]


def next_category(
    baseline: Values, final: Values, *, rules: TisRules | None = None
) -> list[NextCategory | None]:
    """Find, per row, the smallest further change in any one measure that reaches the next category.

    Arguments as for ``score_tis``. Rows that already are major or miss a measure give None. All comparisons
    are made on the decimals as written.

    >>> base = {"physician_global": 6, "patient_global": 5, "mmt8": 130, "mmt8_max": 150, "haq": 1,
    ...         "extramuscular": 3, "ck": 800, "ck_uln": 200}
    >>> week12 = base | {"physician_global": 4, "patient_global": 4, "mmt8": 134, "ck": 710}
    >>> [(step.measure, step.target) for step in next_category(base, week12)[0].steps]
    [('extramuscular', 1.4)]
    """
    chosen = rules or tis_rules()
    score = score_tis(baseline, final, rules=chosen)
    changes = changes_of(baseline, final, chosen)
    return [_next(row, score, changes, chosen) for row in range(len(score.low))]


def _next(row: int, score: TisScore, changes: tuple[Change, ...], rules: TisRules) -> NextCategory | None:
    total = int(score.low[row]) * rules.quantum
    above = [threshold for threshold in rules.thresholds if threshold > total]
    if score.missing[row] or not above:
        return None
    need = above[0] - total
    steps = [
        _step(row, measure, change, Fraction(str(score.points[measure.name][row])) + need)
        for measure, change in zip(rules.measures, changes, strict=True)
    ]
    found = sorted((step for step in steps if step), key=lambda step: step.further_percent)
    name = CATEGORIES[len(CATEGORIES) - len(above)]
    return NextCategory(name, float(need), tuple(found))


def _step(row: int, measure: Measure, change: Change, wanted: Fraction) -> Step | None:
    if wanted > measure.most:
        return None
    edge = next(e for e, p in zip(measure.edges, measure.points[1:], strict=True) if p >= wanted) / 100
    before, now, size = _exact(row, change)
    sign = 1 if measure.up else -1
    limit = before + sign * edge * size
    end = size if measure.up else Fraction(0)
    if sign * (end - limit) <= 0:  # not even the best value lies past the limit
        return None
    further = sign * (limit - now)
    return Step(
        measure.name,
        measure.unit,
        float(further),
        float(100 * further / size),
        float(limit),
        _target(limit, measure),
    )


def _exact(row: int, change: Change) -> tuple[Fraction, Fraction, Fraction]:
    """Baseline, present value and range of one row as exact fractions."""
    size = change.size if isinstance(change.size, float) else change.size[row]
    if isinstance(change, EnzymeChange):
        parts = (change.baseline, change.baseline_uln, change.final, change.final_uln)
        v0, u0, v1, u1 = (Fraction(str(float(part[row]))) for part in parts)
        return v0 / u0, v1 / u1, Fraction(str(float(size)))
    before, now = change.baseline[row], change.final[row]
    return Fraction(str(float(before))), Fraction(str(float(now))), Fraction(str(float(size)))


def _target(limit: Fraction, measure: Measure) -> float | None:
    if measure.step is None:
        return None
    units = limit / measure.step
    return float((floor(units) + 1 if measure.up else ceil(units) - 1) * measure.step)
