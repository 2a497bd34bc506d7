"""A panel of cytokines: treated against control, every analyte by the same censored likelihood.

Each ratio of geometric means comes from the censored log-normal model of ``statistics.censored``, also where
no value is censored (it is then Student's t test of logarithms): one method for the whole panel. The p values
of all analytes and all treated groups that could be tested are adjusted together by Benjamini and Hochberg.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mitograft.errors import UsageError
from mitograft.mouse.animals import Colony
from mitograft.mouse.compare import GroupComparison, GroupValues, group_values
from mitograft.mouse.cytokines.contract import CytokineOptions
from mitograft.mouse.outcomes import Outcome
from mitograft.statistics.censored import compare_censored
from mitograft.statistics.false_discovery import benjamini_hochberg

__all__ = ["Panel", "PanelRow", "compare_panel"]

_FEWEST = 2


@dataclass(frozen=True, slots=True)
class PanelRow:
    """One analyte of one treated group: the comparison, and its p value adjusted over the panel (``q``)."""

    outcome: Outcome
    comparison: GroupComparison
    q: float

    @property
    def ratio(self) -> tuple[float, float, float]:
        """Ratio of geometric means, treated to control, with its interval."""
        found = self.comparison
        one, two, three = (_exp(v) for v in (found.estimate, found.low, found.high))
        return one, two, three


@dataclass(frozen=True)
class Panel:
    """All analytes compared.

    Parameters
    ----------
    treated, control
        Groups.
    rows
        Analyte by analyte, within it the treated groups in their order.
    tested
        Comparisons that the adjustment is made over.
    rate
        False discovery rate at which an adjusted p value is called.
    rule
        The adjustment in words.
    """

    treated: tuple[str, ...]
    control: str
    rows: tuple[PanelRow, ...]
    tested: int
    rate: float
    rule: str

    @property
    def called(self) -> tuple[PanelRow, ...]:
        """Rows at or below the false discovery rate."""
        return tuple(row for row in self.rows if row.q <= self.rate)


def compare_panel(
    outcomes: Sequence[Outcome],
    colony: Colony,
    treated: Sequence[str],
    control: str,
    options: CytokineOptions | None = None,
) -> Panel:
    """Compare every analyte between treated groups and control.

    Parameters
    ----------
    outcomes
        One for each analyte (``CytokineOutcomes.panel``).
    colony
        Which mouse belongs to which group.
    treated, control
        Groups; ratios are treated to control.
    options
        Level of intervals, false discovery rate.

    Raises
    ------
    UsageError
        If a group does not exist or is named twice, or an outcome is not on the log scale.
    """
    options = options or CytokineOptions()
    named = [*treated, control]
    if not treated or len(set(named)) < len(named) or set(named) - set(colony.groups):
        raise UsageError(
            f"Panel of cytokines: found the groups {', '.join(map(repr, named))}; expected a control and one "
            f"or more other groups of {', '.join(colony.groups)}, each once."
        )
    wrong = [outcome.name for outcome in outcomes if outcome.scale != "log"]
    if wrong:
        raise UsageError(f"Panel of cytokines: found {wrong[0]} on another scale; expected the scale log.")
    rows = [
        PanelRow(outcome, _compare(outcome, colony, group, control, options.level), math.nan)
        for outcome in outcomes
        for group in treated
    ]
    adjusted = benjamini_hochberg([row.comparison.p for row in rows])
    tested = sum(not math.isnan(row.comparison.p) for row in rows)
    rate = options.rules["false_discovery_rate"].number
    rule = (
        f"Benjamini and Hochberg over {tested} comparisons ({len(outcomes)} analytes, {len(treated)} treated "
        f"group{'s' if len(treated) > 1 else ''}), called at {100 * rate:g} %"
    )
    done = tuple(replace(row, q=q) for row, q in zip(rows, adjusted, strict=True))
    return Panel(tuple(treated), control, done, tested, rate, rule)


def _compare(outcome: Outcome, colony: Colony, group: str, control: str, level: float) -> GroupComparison:
    one, two = group_values(outcome, colony, group), group_values(outcome, colony, control)
    why = _refusal(outcome, one, two)
    if not why:
        try:
            found = compare_censored(one.values, two.values, one.below, two.below, level=level)
        except UsageError as error:
            why = str(error)
    if why:
        nan = math.nan
        return GroupComparison(
            outcome, group, control, one.n, two.n, nan, nan, nan, level, "log ratio", nan, "none", refused=why
        )
    count = len(one.below) + len(two.below)
    return GroupComparison(
        outcome, group, control, one.n, two.n, found.log_ratio, found.low, found.high, level, "log ratio",
        found.p, f"censored log-normal likelihood, {count} of {one.n + two.n} below the limit",
        note=found.note,
    )  # fmt: skip


def _refusal(outcome: Outcome, one: GroupValues, two: GroupValues) -> str:
    few = [g for g in (one, two) if g.n < _FEWEST]
    if few:
        return f"{few[0].n} mice of {few[0].group} have a value of {outcome.name}; at least {_FEWEST} needed."
    if not one.values and not two.values:
        return "Every mouse of both groups lies below the limit of quantification."
    return ""


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf
