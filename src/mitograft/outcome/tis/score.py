r"""Score the Total Improvement Score (TIS) of many subject-visits at once.

.. math:: TIS = \sum_{m=1}^{6} p_m(\Delta_m), \qquad \Delta_m = 100 (x_{m,0} - x_{m,1}) / R_m

with the sign turned where a higher value is better, R the range of the measure and p the point table of the
2016 ACR/EULAR criteria (10.1002/art.40064). The change is *absolute*: relative to the range, not to baseline.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.outcome.tis.change import BLOCK, Change, ScaleChange, Work
from mitograft.outcome.tis.enzyme import enzyme_change
from mitograft.outcome.tis.rules import CATEGORIES, Measure, TisRules, tis_rules

__all__ = ["POLICIES", "Policy", "TisScore", "changes_of", "score_tis"]

Policy = Literal["strict", "zero", "bounds", "rescale"]
POLICIES: tuple[Policy, ...] = ("strict", "zero", "bounds", "rescale")
Floats = npt.NDArray[np.float64]
Values = Mapping[str, npt.ArrayLike]


@dataclass(frozen=True)
class TisScore:
    """Total Improvement Scores of n subject-visits.

    Parameters
    ----------
    rules, policy
        What was applied.
    low, high
        Lowest and highest attainable total in quanta (2.5 points), uint8, shape (n,). They differ only where
        a measure is missing.
    missing
        Bit m is set where measure m of ``rules.measures`` has no change, uint8, shape (n,).
    points, percent
        Per measure, only when components were asked for: points (0..maximum, NaN where missing) and absolute
        percent change (positive = better, NaN where missing), float64, shape (n,).
    """

    rules: TisRules
    policy: Policy
    low: npt.NDArray[np.uint8]
    high: npt.NDArray[np.uint8]
    missing: npt.NDArray[np.uint8]
    points: Mapping[str, Floats] = field(default_factory=dict)
    percent: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def tis_low(self) -> Floats:
        """Lowest attainable total, 0 to 100."""
        return np.asarray(self.low * float(self.rules.quantum))

    @property
    def tis_high(self) -> Floats:
        """Highest attainable total, 0 to 100."""
        return np.asarray(self.high * float(self.rules.quantum))

    @property
    def tis(self) -> Floats:
        """The total under the policy for missing measures; NaN where the policy gives none."""
        low = self.tis_low
        if self.policy == "zero":
            return low
        if self.policy == "bounds":
            return np.where(self.low == self.high, low, np.nan)
        if self.policy == "rescale":
            return self._rescaled(low)
        return np.where(self.missing == 0, low, np.nan)

    def _rescaled(self, low: Floats) -> Floats:
        most = [float(measure.most) for measure in self.rules.measures]
        present = np.array(
            [sum(m for bit, m in enumerate(most) if not code >> bit & 1) for code in range(1 << len(most))]
        )[self.missing]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(present > 0, low * sum(most) / present, np.nan)

    def category(self, total: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """Category of totals: 0 none, 1 minimal, 2 moderate, 3 major, -1 where the total is NaN.

        The thresholds are inclusive. Totals are multiples of 2.5, which float64 holds exactly.
        """
        values = np.asarray(total, dtype=float)
        limits = np.array([float(threshold) for threshold in self.rules.thresholds])
        codes = np.searchsorted(limits, values, side="right").astype(np.int8)
        return np.where(np.isnan(values), np.int8(-1), codes)

    def category_names(self) -> list[str]:
        """Words for each row; a range such as ``none to minimal`` under ``bounds``, empty where no score."""
        if self.policy == "bounds":
            lows, highs = self.category(self.tis_low), self.category(self.tis_high)
            return [
                CATEGORIES[a] if a == b else f"{CATEGORIES[a]} to {CATEGORIES[b]}"
                for a, b in zip(lows.tolist(), highs.tolist(), strict=True)
            ]
        names = [CATEGORIES[code] if code >= 0 else "" for code in self.category(self.tis).tolist()]
        if self.policy == "rescale":
            missing = self.missing.tolist()
            return [f"{n} (non-standard)" if m and n else n for n, m in zip(names, missing, strict=True)]
        return names

    def missing_names(self) -> list[tuple[str, ...]]:
        """Measures without a change, per row."""
        names = [measure.name for measure in self.rules.measures]
        table = [
            tuple(n for bit, n in enumerate(names) if code >> bit & 1) for code in range(1 << len(names))
        ]
        return [table[code] for code in self.missing.tolist()]


def score_tis(
    baseline: Values,
    final: Values,
    *,
    rules: TisRules | None = None,
    missing: Policy = "strict",
    components: bool = True,
) -> TisScore:
    """Score n subject-visits against their baselines.

    Parameters
    ----------
    baseline, final
        Values by column name, each a number or shape (n,), NaN where missing: the measures of the rules
        (``physician_global``, ``patient_global``, ``extramuscular`` in cm; ``mmt8`` with ``mmt8_max``;
        ``haq``) and, for each enzyme present, ``ck`` with ``ck_uln`` in the same unit (likewise aldolase,
        ast, alt, ldh). The maximum of the strength test is taken from ``baseline``.
    rules
        Default: adult, IMACS.
    missing
        ``strict``: no score; ``zero``: a missing measure adds nothing; ``bounds``: a score only where every
        completion gives the same; ``rescale``: points relative to the measures present (non-standard).
    components
        Whether to keep points and percent change per measure (turn off to save memory on millions of rows).

    Returns
    -------
    TisScore
        Totals, bounds, categories and, if asked for, components; rows in the order given.

    Raises
    ------
    UsageError
        For an unknown column or policy, columns of different length, infinite values, values beyond the
        range of a scale, an enzyme without its upper limit, or CHQ-PhS without a range.

    Examples
    --------
    >>> base = {"physician_global": 6, "patient_global": 5, "mmt8": 130, "mmt8_max": 150, "haq": 1,
    ...         "extramuscular": 3, "ck": 800, "ck_uln": 200}
    >>> week12 = base | {"physician_global": 4, "patient_global": 4, "mmt8": 134, "ck": 710}
    >>> score = score_tis(base, week12)
    >>> float(score.tis[0]), score.category_names()[0]
    (27.5, 'minimal')
    """
    if missing not in POLICIES:
        raise UsageError(f"Found missing-measure policy {missing!r}; expected one of {', '.join(POLICIES)}.")
    chosen = rules or tis_rules()
    changes = changes_of(baseline, final, chosen)
    count = len(changes[0].baseline)
    low, high, gaps = (np.zeros(count, dtype=np.uint8) for _ in range(3))
    kept = {m.name: np.empty(count, dtype=np.uint8) for m in chosen.measures} if components else {}
    work = Work(min(BLOCK, max(count, 1)))
    for start in range(0, count, BLOCK):
        rows = slice(start, min(start + BLOCK, count))
        _score_block(rows, changes, chosen, (low, high, gaps), kept, work)
    return _with_components(TisScore(chosen, missing, low, high, gaps), changes, kept)


def _score_block(
    rows: slice,
    changes: tuple[Change, ...],
    rules: TisRules,
    totals: tuple[npt.NDArray[np.uint8], ...],
    kept: Mapping[str, npt.NDArray[np.uint8]],
    work: Work,
) -> None:
    low, high, gaps = totals
    for bit, (measure, change) in enumerate(zip(rules.measures, changes, strict=True)):
        improvement = change.improvement(rows, work)
        largest, smallest = float(improvement.max()), float(improvement.min())
        if not abs(largest) + abs(smallest) < np.inf:
            _mark_missing(rows, bit, measure, change, improvement, (high, gaps))
            largest, smallest = (
                float(np.nanmax(improvement, initial=0)),
                float(np.nanmin(improvement, initial=0)),
            )
        if max(largest, -smallest) > change.limit(rows):
            _off_scale(measure, rows, improvement, change.limit(rows))
        points = change.points(improvement, rows, work)
        np.add(low[rows], points, out=low[rows])
        if kept:
            kept[measure.name][rows] = points
    np.add(high[rows], low[rows], out=high[rows])


def _mark_missing(
    rows: slice,
    bit: int,
    measure: Measure,
    change: Change,
    improvement: Floats,
    totals: tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]],
) -> None:
    """Set the missing bit and add the best attainable points of rows without a change."""
    high, gaps = totals
    index = np.flatnonzero(np.isnan(improvement)) + rows.start
    if np.any(np.isinf(change.baseline[rows])) or np.any(np.isinf(change.final[rows])):
        raise UsageError(f"Found an infinite value in {measure.name}; expected finite numbers or NaN.")
    gaps[index] |= np.uint8(1 << bit)
    high[index] += change.best_points(index)


def _off_scale(measure: Measure, rows: slice, improvement: Floats, limit: float) -> None:
    place = int(np.nanargmax(np.abs(improvement))) + rows.start
    raise UsageError(
        f"Found a change of {measure.name} larger than its range at position {place}; expected at most "
        f"{limit:g} {measure.unit}. Check the unit (cm, not mm) and the maximum of the scale."
    )


def _with_components(
    score: TisScore, changes: tuple[Change, ...], kept: Mapping[str, npt.NDArray[np.uint8]]
) -> TisScore:
    if not kept:
        return score
    quantum = float(score.rules.quantum)
    points, percent = {}, {}
    for bit, (measure, change) in enumerate(zip(score.rules.measures, changes, strict=True)):
        absent = (score.missing >> bit & 1).astype(bool)
        points[measure.name] = np.where(absent, np.nan, kept[measure.name] * quantum)
        percent[measure.name] = change.percent()
    return TisScore(score.rules, score.policy, score.low, score.high, score.missing, points, percent)


def changes_of(baseline: Values, final: Values, rules: TisRules) -> tuple[Change, ...]:
    """Pair the values of each measure, in the order of ``rules.measures`` (see ``score_tis``)."""
    base, last = _arrays(baseline, rules, "baseline"), _arrays(final, rules, "final")
    lengths = {len(values) for values in (*base.values(), *last.values()) if len(values) != 1} or {1}
    if len(lengths) > 1:
        raise UsageError(f"Found columns of different lengths ({sorted(lengths)}); expected one length.")
    count = lengths.pop()
    base, last = ({k: np.broadcast_to(v, (count,)) for k, v in side.items()} for side in (base, last))
    return tuple(_change(measure, base, last, count, rules) for measure in rules.measures)


def _change(
    measure: Measure, base: Mapping[str, Floats], last: Mapping[str, Floats], count: int, rules: TisRules
) -> Change:
    edges = tuple(edge / 100 for edge in measure.edges)
    steps = tuple(
        int((after - before) / rules.quantum)
        for before, after in zip(measure.points, measure.points[1:], strict=False)
    )
    if measure.name == "enzyme":
        return enzyme_change(base, last, count, rules, (edges, steps))
    absent = np.broadcast_to(np.nan, (count,))
    first, second = base.get(measure.name, absent), last.get(measure.name, absent)
    return ScaleChange(first, second, _size(measure, base, first), measure.up, edges, steps)


def _size(measure: Measure, base: Mapping[str, Floats], values: Floats) -> float | Floats:
    if measure.size is not None:
        return float(measure.size)
    if measure.name == "chq_phs":
        if np.all(np.isnan(values)):
            return 1.0  # nothing to score: any range gives the same "missing"
        raise UsageError("CHQ-PhS has no confirmed range: set the parameter chq_phs_range to score it.")
    maximum = base.get(f"{measure.name}_max")
    if maximum is None or np.any(np.isnan(maximum) & ~np.isnan(values)):
        raise UsageError(
            f"Found {measure.name} without {measure.name}_max; expected 80, 150 or 260 for each row."
        )
    if maximum.strides == (0,):
        maximum = maximum[:1]  # one number for all rows
    known = np.where(np.isnan(maximum), 150.0, maximum)
    if np.any(known <= 0):
        raise UsageError(f"Found {measure.name}_max of 0 or less; expected 80, 150 or 260.")
    return float(known[0]) if np.all(known == known[:1]) else known


def _arrays(values: Values, rules: TisRules, side: str) -> dict[str, Floats]:
    known = {m.name for m in rules.measures} | {"mmt8_max"}
    known |= {name for e in rules.enzyme_order for name in (e, f"{e}_uln")}
    unknown = sorted(set(values) - known)
    if unknown:
        raise UsageError(
            f"Unknown {side} column {', '.join(unknown)}; expected one of {', '.join(sorted(known))}."
        )
    return {name: np.atleast_1d(np.asarray(column, dtype=np.float64)) for name, column in values.items()}
