r"""Compare treatments on donors: the one door through which readings of wells and fields become evidence.

Replicates are averaged within donor and group; donors are the sample. What is done then follows from who was
measured where, never from the values:

===========================================  ===================================================
donors                                       method
===========================================  ===================================================
at least 3 in both groups, or all in both    paired t test on donor means (donors in one group
                                             only are left out, and counted in the note)
all in one group only                        Welch's t test on donor means
two in both, others in one group only        mixed model of donor means, random donor,
                                             Satterthwaite degrees of freedom
one in both, others in one group only        Welch's t test without the donor in both
===========================================  ===================================================

A comparison that cannot be made returns with ``refused`` saying why and NaN for every number: one donor with
many wells is a well-measured donor, not evidence about donors. On the scale ``log ratio`` the logarithm is
taken of the donor mean (not of each well, where a background-corrected value near 0 would decide everything),
so every donor mean must be above 0.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mitograft.errors import UsageError
from mitograft.statistics.blocked import TResult, as_percent, fit_blocks, paired_t, t_result, welch_t
from mitograft.statistics.counts import check_level
from mitograft.statistics.donors import DonorMean, average_donors
from mitograft.statistics.dunnett import DunnettComparison, Method, dunnett
from mitograft.statistics.mixed import RandomTerm, fit_mixed

__all__ = ["DonorComparison", "DonorDunnett", "Scale", "compare_donors", "compare_dunnett"]

Scale = Literal["difference", "log ratio"]

_PAIRS = 3
_FEWEST = 2
_LEVEL = 0.95
_NAN = math.nan


@dataclass(frozen=True, slots=True)
class DonorComparison:
    """Two groups compared on donors, first minus second (or the log of first / second).

    Parameters
    ----------
    first, second
        Names of the groups.
    estimate, low, high, level
        Estimate and interval on ``scale``.
    se, df, p
        Standard error, degrees of freedom and two-sided p value.
    n_first, n_second
        Donors that enter.
    paired
        Whether donors were compared with themselves.
    method
        What was done, in words for a report.
    unit_note
        What counted as the sample, what was averaged and what was left out.
    donor_means
        Mean of each donor in each of the two groups, on the original scale.
    scale
        ``difference`` or ``log ratio``.
    p_permutation
        Exact sign-flip p value of a paired comparison, else NaN.
    refused
        Why no comparison was made; empty where one was.
    """

    first: str
    second: str
    estimate: float
    low: float
    high: float
    level: float
    se: float
    df: float
    p: float
    n_first: int
    n_second: int
    paired: bool
    method: str
    unit_note: str
    donor_means: tuple[DonorMean, ...]
    scale: Scale
    p_permutation: float = _NAN
    refused: str = ""

    @property
    def result(self) -> TResult:
        """The comparison as input of ``equivalence.two_one_sided``."""
        return t_result(self.estimate, self.se, self.df, self.level, self.p_permutation)

    def at_level(self, level: float) -> "DonorComparison":
        """Return the same comparison with its interval at another level, for example 0.90 for equivalence."""
        if self.refused:
            return replace(self, level=check_level(level))
        moved = t_result(self.estimate, self.se, self.df, level)
        return replace(self, level=level, low=moved.low, high=moved.high)

    @property
    def percent(self) -> tuple[float, float, float]:
        """Estimate and interval of a log ratio as a change in percent."""
        if self.scale != "log ratio":
            raise UsageError("Change in percent: found the scale 'difference'; expected 'log ratio'.")
        return as_percent(self.estimate), as_percent(self.low), as_percent(self.high)


@dataclass(frozen=True, slots=True)
class DonorDunnett:
    """Several groups compared with one control on donors; fields as in ``DonorComparison``."""

    control: str
    comparisons: tuple[DunnettComparison, ...]
    level: float
    df: float
    n_donors: int
    blocked: bool
    method: str
    multiplicity: str
    unit_note: str
    donor_means: tuple[DonorMean, ...]
    scale: Scale
    refused: str = ""


def compare_donors(
    values: Sequence[float],
    donors: Sequence[str],
    groups: Sequence[str],
    *,
    first: str,
    second: str,
    scale: Scale = "difference",
    replicate_unit: str = "well",
) -> DonorComparison:
    """Compare two groups, first minus second, with the donor as the unit.

    The interval is the 95 % interval; ``DonorComparison.at_level`` gives any other.

    Parameters
    ----------
    values, donors, groups
        One entry for each replicate; NaN where a value is missing. Other groups are ignored.
    first, second
        Groups to compare.
    scale
        ``difference`` or ``log ratio``.
    replicate_unit
        What a replicate is called: ``well``, ``field``.

    Raises
    ------
    UsageError
        If arguments do not fit together. Data that allow no comparison are no error: see ``refused``.

    Examples
    --------
    >>> result = compare_donors(
    ...     [10, 12, 15, 17, 20, 22, 23, 31], list("aaaabbbb"), ["dose", "dose", "none", "none"] * 2,
    ...     first="dose", second="none")
    >>> result.n_first, result.paired, result.method
    (2, True, 'paired t test on donor means')
    """
    _check(scale)
    if first == second:
        raise UsageError(f"Comparison: found group {first!r} twice; expected two different groups.")
    means = tuple(m for m in average_donors(values, donors, groups) if m.group in (first, second))
    one, two = ({m.donor: m.mean for m in means if m.group == group} for group in (first, second))
    note = _unit_note(means, replicate_unit)

    def outcome(
        method: str, used: tuple[int, int], result: TResult | None, refused: str = ""
    ) -> DonorComparison:
        shown = result or TResult(_NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _LEVEL)
        return DonorComparison(
            first, second, shown.estimate, shown.low, shown.high, _LEVEL, shown.se, shown.df, shown.p, *used,
            method.startswith("paired"), method, note, means, scale, shown.p_permutation, refused,
        )  # fmt: skip

    counts = (len(one), len(two))
    obstacle = _obstacle(one, two, first, second, replicate_unit) or _unloggable(means, scale)
    if obstacle:
        return outcome("none", counts, None, obstacle)
    if scale == "log ratio":
        one, two = ({donor: math.log(mean) for donor, mean in group.items()} for group in (one, two))
    try:
        method, used, result = _compare(one, two)
    except UsageError as error:  # the data leave no variation to a mixed model: an outcome, not a mistake
        return outcome("none", counts, None, str(error))
    note += _left_out(one, two, used)
    if not result.se > 0.0:
        return outcome(
            method, used, None,
            "The donors do not vary at all, so nothing says how far the result would hold for others. "
            "Check for copied or constant values.",
        )  # fmt: skip
    return outcome(method, used, result)


def compare_dunnett(
    values: Sequence[float],
    donors: Sequence[str],
    groups: Sequence[str],
    *,
    control: str,
    scale: Scale = "difference",
    level: float = _LEVEL,
    adjust: Method = "single-step",
) -> DonorDunnett:
    """Compare every other group with a control, with the donor as the unit and, where shared, as a block.

    Donors measured in two groups or more are blocks (those in one group only are then left out); where no
    donor is shared, the groups are compared as independent samples of equal variance. Parameters and errors
    as in ``compare_donors``; ``level`` is the simultaneous level of all intervals, ``adjust`` is
    ``single-step`` (Dunnett) or ``holm``.
    """
    _check(scale)
    check_level(level)
    means = average_donors(values, donors, groups)
    note = _unit_note(means, "replicate")
    per_donor = {m.donor: sum(other.donor == m.donor for other in means) for m in means}
    blocked = any(count > 1 for count in per_donor.values())
    used = [m for m in means if per_donor[m.donor] > 1] if blocked else list(means)
    if len(used) < len(means):
        note += f" {len(means) - len(used)} donor(s) in one group only left out."
    how = "least squares on donor means" + (", donor as block" if blocked else ", independent donors")
    n_donors = len({m.donor for m in used})

    def refuse(reason: str) -> DonorDunnett:
        return DonorDunnett(
            control, (), level, _NAN, n_donors, blocked, "none", "", note, means, scale, reason
        )

    names = {m.group for m in used}
    lost = sorted({m.group for m in means} - names)
    if control in lost:
        return refuse(
            f"The control {control!r} shares no donor with another group, while other groups share donors. "
            "Compare each group with it on its own (compare_donors) and adjust by Holm."
        )
    if lost:
        note += f" Not compared, for want of shared donors: {', '.join(lost)}."
    if control not in names or len(names) < _FEWEST:
        return refuse(f"The control {control!r} and at least one other group need donors; there are none.")
    if n_donors < _FEWEST:
        return refuse(_one_donor("replicate"))
    obstacle = _unloggable(tuple(used), scale)
    if obstacle:
        return refuse(obstacle)
    y = [math.log(m.mean) if scale == "log ratio" else m.mean for m in used]
    try:
        fit = fit_blocks(y, [m.group for m in used], [m.donor for m in used] if blocked else None)
        result = dunnett(fit, control, level=level, method=adjust)
    except UsageError as error:  # the design or the data allow no comparison: an outcome, not a mistake
        return refuse(str(error))
    return DonorDunnett(
        control, result.comparisons, level, result.df, n_donors, blocked, how, result.multiplicity, note,
        means, scale,
    )  # fmt: skip


def _check(scale: str) -> None:
    if scale not in ("difference", "log ratio"):
        raise UsageError(f"Scale: found {scale!r}; expected 'difference' or 'log ratio'.")


def _compare(one: dict[str, float], two: dict[str, float]) -> tuple[str, tuple[int, int], TResult]:
    shared = [donor for donor in one if donor in two]
    if len(shared) >= _PAIRS or len(shared) == len(one) == len(two):
        result = paired_t([one[d] for d in shared], [two[d] for d in shared], level=_LEVEL)
        return "paired t test on donor means", (len(shared), len(shared)), result
    counts = (len(one), len(two))
    if len(shared) < _FEWEST:
        alone = [[mean for donor, mean in group.items() if donor not in shared] for group in (one, two)]
        result = welch_t(*alone, level=_LEVEL)
        return "Welch's t test on donor means", (len(alone[0]), len(alone[1])), result
    return "mixed model of donor means, Satterthwaite df", counts, _partly_shared(one, two)


def _partly_shared(one: dict[str, float], two: dict[str, float]) -> TResult:
    """Compare groups that share some donors, by a random donor effect.

    Donors are sorted by their means: the order in which they came leaves not even a trace of rounding.
    """
    one, two = (dict(sorted(group.items(), key=lambda item: item[1])) for group in (one, two))
    y = [*one.values(), *two.values()]
    if max(y) == min(y):
        return t_result(0.0, 0.0, 0.0, _LEVEL)
    design = [[1.0, 0.5]] * len(one) + [[1.0, -0.5]] * len(two)
    fit = fit_mixed(y, design, [RandomTerm("donor", [*one, *two])], names=("mean", "difference"))
    found = fit.contrast("difference", level=_LEVEL)
    return t_result(found.estimate, found.se, found.df, _LEVEL)


def _obstacle(one: dict[str, float], two: dict[str, float], first: str, second: str, unit: str) -> str:
    for name, group in ((first, one), (second, two)):
        if not group:
            return f"No donor has a value in the group {name!r}."
    if len(one.keys() | two.keys()) < _FEWEST:
        return _one_donor(unit)
    shared = one.keys() & two.keys()
    alone = len(one) - len(shared), len(two) - len(shared)
    if not shared and min(alone) < _FEWEST:
        fewest = first if alone[0] < _FEWEST else second
        return f"The group {fewest!r} has a single donor, and no donor is in both groups. " + _one_donor(unit)
    if len(shared) == 1 and min(alone) < _FEWEST:
        return (
            f"A single donor is in both groups, and only {alone[0]} and {alone[1]} others in one of "
            "them: too few to tell donors from treatment. Give at least two donors in both groups, better "
            "three or more."
        )
    return ""


def _left_out(one: dict[str, float], two: dict[str, float], used: tuple[int, int]) -> str:
    shared = len(one.keys() & two.keys())
    count = len(one) + len(two) - sum(used)
    if not count:
        return ""
    if shared == 1:
        return " The one donor in both groups is left out."
    return f" {count} donor{'s' if count > 1 else ''} in one group only left out."


def _one_donor(unit: str) -> str:
    return (
        f"Found a single donor: more {unit}s of one donor say nothing about other donors. "
        "Give at least two donors, better three or more."
    )


def _unloggable(means: tuple[DonorMean, ...], scale: Scale) -> str:
    wrong = sum(not m.mean > 0.0 for m in means)
    if scale == "log ratio" and wrong:
        return f"{wrong} donor mean(s) of 0 or below have no logarithm; use the scale 'difference'."
    return ""


def _unit_note(means: Sequence[DonorMean], unit: str) -> str:
    donors = len({m.donor for m in means})
    replicates = sum(m.n for m in means)
    return (
        f"The donor is the unit: {replicates} {unit}{'s' if replicates != 1 else ''} of {donors} "
        f"donor{'s' if donors != 1 else ''}, averaged within donor and group."
    )
