"""Two groups of mice compared on one outcome, by the method its scale asks for.

=========  =============================================================  =========================
scale      estimate and interval                                          p value
=========  =============================================================  =========================
ordinal    probabilistic index minus 1/2 (Newcombe's method 5)            exact permutation with ties
interval   difference of means (Welch)                                    Welch
log        logarithm of the ratio; censored likelihood below a limit      the same model
binary     difference of incidence (Miettinen-Nurminen)                   Boschloo
=========  =============================================================  =========================

The difference is first minus second; 0 is no difference on every scale. With a healthy group the share of the
defect that is left is estimated too: 0 is healthy, 1 is the untreated group.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mitograft.errors import UsageError
from mitograft.evidence import DataKind, Evidence
from mitograft.mouse.animals import Colony
from mitograft.mouse.expression.restoration import ShareLeft, share_left
from mitograft.mouse.outcomes import Outcome, Scale
from mitograft.statistics.blocked import welch_t
from mitograft.statistics.censored import compare_censored
from mitograft.statistics.incidence import compare_incidence
from mitograft.statistics.ordinal import proportional_odds
from mitograft.statistics.permutation import rank_sum_test
from mitograft.statistics.probabilistic_index import probabilistic_index

__all__ = ["GroupComparison", "GroupValues", "compare_groups", "group_values"]

_LEAST = 2


@dataclass(frozen=True, slots=True)
class GroupValues:
    """Values of the mice of one group that belong to the analysis; ``below`` are limits of censored ones."""

    group: str
    values: tuple[float, ...]
    below: tuple[float, ...] = ()

    @property
    def n(self) -> int:
        """Mice with a value, known or censored."""
        return len(self.values) + len(self.below)


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """One outcome of two groups compared.

    Parameters
    ----------
    outcome, first, second
        What was compared.
    n_first, n_second
        Mice.
    estimate, low, high, level, unit
        First minus second, on the scale of the module's table; NaN where ``refused``.
    p
        Two-sided p value.
    method
        In words.
    left
        The share of the defect that is left; None without a healthy group or where it cannot be had.
    beside
        A second analysis in words (proportional odds by likelihood ratio, for grades).
    refused
        Why there is no comparison; empty where there is one.
    note
        What a reader must know.
    """

    outcome: Outcome
    first: str
    second: str
    n_first: int
    n_second: int
    estimate: float
    low: float
    high: float
    level: float
    unit: str
    p: float
    method: str
    left: ShareLeft | None = None
    beside: str = ""
    refused: str = ""
    note: str = ""

    def evidence(self, quantity: str, contrast: str, data_kind: DataKind, note: str = "") -> Evidence | None:
        """Return the difference as evidence; None where it was refused."""
        if self.refused:
            return None
        words = " ".join(part for part in (note, self.note) if part)
        return Evidence(
            quantity=quantity,
            contrast=contrast,
            estimate=self.estimate,
            low=self.low,
            high=self.high,
            level=self.level,
            unit=self.unit,
            n=self.n_first + self.n_second,
            method=f"{self.outcome.name}: {self.method}",
            source=self.outcome.source,
            data_kind=data_kind,
            note=words,
        )

    def left_evidence(
        self, quantity: str, contrast: str, data_kind: DataKind, note: str = ""
    ) -> Evidence | None:
        """Return the share of the defect that is left as evidence; None where it has no interval."""
        row = self.evidence(quantity, contrast, data_kind, note)
        left = self.left
        if row is None or left is None or not left.bounded:
            return None
        method = f"{self.outcome.name}: share of the defect that is left, Fieller with Welch's variances"
        return replace(
            row,
            estimate=left.estimate,
            low=left.low,
            high=left.high,
            level=left.level,
            unit="1",
            method=method,
        )


def group_values(outcome: Outcome, colony: Colony, group: str) -> GroupValues:
    """Return the values of a group's mice, excluded ones left out, in the order of the animals' file."""
    mice = [animal.id for animal in colony.included(group)]
    known = tuple(outcome.values[m] for m in mice if m in outcome.values)
    return GroupValues(group, known, tuple(outcome.below[m] for m in mice if m in outcome.below))


def compare_groups(
    outcome: Outcome, colony: Colony, first: str, second: str, *, healthy: str = "", level: float = 0.95
) -> GroupComparison:
    """Compare two groups of mice on one outcome.

    Parameters
    ----------
    outcome
        One number a mouse.
    colony
        Which mouse belongs to which group.
    first, second
        Groups; the difference is first minus second.
    healthy
        Group of healthy mice, for the share of the defect that is left.
    level
        Level of the interval.

    Raises
    ------
    UsageError
        If a group does not exist.
    """
    absent = [name for name in (first, second, healthy) if name and name not in colony.groups]
    if absent:
        raise UsageError(
            f"Comparison of {outcome.name}: found group {absent[0]!r}; "
            f"expected one of {', '.join(colony.groups)}."
        )
    one, two = (group_values(outcome, colony, name) for name in (first, second))
    refusal = _refusal(outcome, one, two)
    if refusal:
        return _refused(outcome, one, two, refusal)
    try:
        made = _METHODS[outcome.scale](outcome, one, two, level)
    except UsageError as error:
        return _refused(outcome, one, two, str(error))
    left = _left(outcome, one, two, group_values(outcome, colony, healthy)) if healthy else None
    return replace(made, left=left)


def _refusal(outcome: Outcome, one: GroupValues, two: GroupValues) -> str:
    few = [g for g in (one, two) if g.n < _LEAST]
    if few:
        return (
            f"{few[0].n} mice of {few[0].group} have a value of {outcome.name}; at least {_LEAST} are needed."
        )
    if outcome.scale in ("interval", "ordinal") and (one.below or two.below):
        return f"Values of {outcome.name} below a limit need the scale log."
    return ""


def _refused(outcome: Outcome, one: GroupValues, two: GroupValues, why: str) -> GroupComparison:
    nan = math.nan
    return GroupComparison(
        outcome, one.group, two.group, one.n, two.n, nan, nan, nan, 0.95, "", nan, "none", refused=why
    )


def _ordinal(outcome: Outcome, one: GroupValues, two: GroupValues, level: float) -> GroupComparison:
    index = probabilistic_index(one.values, two.values, level=level)
    test = rank_sum_test(one.values, two.values)
    note = f"Smallest p value {one.n} and {two.n} mice can give: {test.smallest_p:.2g}."
    return GroupComparison(
        outcome, one.group, two.group, one.n, two.n,
        index.estimate - 0.5, index.low - 0.5, index.high - 0.5, level, "probability", test.p,
        f"probabilistic index minus 1/2 (Newcombe 5), {test.method} permutation test with ties",
        beside=_odds(one, two, level), note=note,
    )  # fmt: skip


def _odds(one: GroupValues, two: GroupValues, level: float) -> str:
    """Say the proportional odds in words; a model that has no answer says so."""
    try:
        odds = proportional_odds(one.values, two.values, level=level)
    except UsageError as error:
        return str(error)
    low, high, ratio = map(_exp, (odds.low, odds.high, odds.log_odds_ratio))
    apart = "; the groups do not overlap, the ratio has no finite estimate" if odds.separated else ""
    return (
        f"Odds of a higher grade: ratio {ratio:.2g} ({100 * level:g} % interval {low:.2g} to {high:.2g}), "
        f"likelihood ratio p = {odds.p:.2g}{apart}."
    )


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _interval(outcome: Outcome, one: GroupValues, two: GroupValues, level: float) -> GroupComparison:
    found = welch_t(one.values, two.values, level=level)
    return GroupComparison(
        outcome, one.group, two.group, one.n, two.n,
        found.estimate, found.low, found.high, level, outcome.unit or "1", found.p,
        "difference of means, Welch t",
    )  # fmt: skip


def _log(outcome: Outcome, one: GroupValues, two: GroupValues, level: float) -> GroupComparison:
    if one.below or two.below:
        found = compare_censored(one.values, two.values, one.below, two.below, level=level)
        estimate, low, high, p = found.log_ratio, found.low, found.high, found.p
        count = len(one.below) + len(two.below)
        method = f"censored log-normal likelihood, {count} of {one.n + two.n} below the limit"
        note = found.note
    else:
        if min(*one.values, *two.values) <= 0.0:
            raise UsageError(f"Comparison of {outcome.name}: a ratio needs values above 0.")
        logs = [[math.log(v) for v in g.values] for g in (one, two)]
        welch = welch_t(*logs, level=level)
        estimate, low, high, p = welch.estimate, welch.low, welch.high, welch.p
        method, note = "ratio of geometric means, Welch t of logarithms", ""
    return GroupComparison(
        outcome,
        one.group,
        two.group,
        one.n,
        two.n,
        estimate,
        low,
        high,
        level,
        "log ratio",
        p,
        method,
        note=note,
    )


def _binary(outcome: Outcome, one: GroupValues, two: GroupValues, level: float) -> GroupComparison:
    found = compare_incidence(round(sum(one.values)), one.n, round(sum(two.values)), two.n, level=level)
    return GroupComparison(
        outcome, one.group, two.group, one.n, two.n,
        found.difference, found.low, found.high, level, "proportion", found.p_boschloo,
        "difference of incidence (Miettinen-Nurminen), Boschloo's exact test",
    )  # fmt: skip


_METHODS: dict[Scale, Callable[[Outcome, GroupValues, GroupValues, float], GroupComparison]] = {
    "ordinal": _ordinal,
    "interval": _interval,
    "log": _log,
    "binary": _binary,
}


def _left(outcome: Outcome, one: GroupValues, two: GroupValues, healthy: GroupValues) -> ShareLeft | None:
    """Return the share of the defect left; on logarithms for ratios, none for grades and incidence."""
    if (
        outcome.scale not in ("interval", "log")
        or healthy.n < _LEAST
        or one.below
        or two.below
        or healthy.below
    ):
        return None
    groups: list[Sequence[float]] = [one.values, two.values, healthy.values]
    if outcome.scale == "log":
        groups = [[math.log(v) for v in g] for g in groups]
    return share_left(*groups)
