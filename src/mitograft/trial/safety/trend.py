"""Events by dose: the exact trend test of each kind of event, with the odds ratio of one step of dose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mitograft.evidence import DataKind
from mitograft.statistics.dose_trend import DoseTrend, dose_trend
from mitograft.statistics.rounding import format_p
from mitograft.tables.parameters import Parameters
from mitograft.trial.dataset import Dataset
from mitograft.trial.protocol import Protocol
from mitograft.trial.safety.shares import finite, format_limit
from mitograft.trial.summary.criteria import Criterion, condition_of
from mitograft.trial.summary.population import Group, Population, members_of, require_variables
from mitograft.trial.summary.result import EMPTY, Cell, Column, Records, Result, Row, Statistic
from mitograft.trial.summary.tally import NOBODY, Tally, sources_of, tally

__all__ = ["EventTrend", "assess_trend", "dose_scores", "summarise_trend"]


@dataclass(frozen=True)
class EventTrend:
    """One kind of event over the doses: groups with a score in order, what was counted in each, the test."""

    criterion: Criterion
    groups: tuple[Group, ...]
    counted: tuple[Tally, ...]
    trend: DoseTrend


def dose_scores(protocol: Protocol, settings: Parameters) -> tuple[Mapping[str, float], float, str]:
    """Return the score of each arm by name, the step of the odds ratio and what the scores are, in words.

    Placebo has the score 0. Doses are taken where the setting ``trend_scores`` says so and the protocol gives
    all of them; the step is then the smallest difference of two doses.
    """
    active = sorted((arm for arm in protocol.arms if not arm.placebo), key=lambda arm: arm.order)
    scores = {arm.name: 0.0 for arm in protocol.arms if arm.placebo}
    order = {arm.name: float(place) for place, arm in enumerate(active, start=1)}
    if settings["trend_scores"].value == "order":
        return scores | order, 1.0, "place in the order of doses (placebo 0)"
    doses = [arm.dose for arm in active]
    known = [dose for dose in doses if dose is not None]
    if len(known) < len(doses) or len({arm.unit for arm in active}) > 1:
        return scores | order, 1.0, "place in the order of doses, as the protocol does not give all doses"
    scores |= dict(zip((arm.name for arm in active), known, strict=True))
    levels = sorted(set(scores.values()))
    gaps = [high - low for low, high in pairwise(levels)]
    return scores, min(gaps, default=1.0), "dose"


def assess_trend(
    population: Population,
    dataset: Dataset,
    criteria: Sequence[Criterion],
    protocol: Protocol,
    settings: Parameters,
) -> tuple[EventTrend, ...]:
    """Test each kind of event for a trend over the doses.

    Groups that are no arm of the protocol have no score and are left out.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    require_variables(dataset, (name for criterion in criteria for name in criterion.variables))
    scores, step, _ = dose_scores(protocol, settings)
    places = [i for i, group in enumerate(population.arms) if group.label in scores]
    places.sort(key=lambda i: scores[population.arms[i].label])
    groups = tuple(population.arms[i] for i in places)
    found = []
    for criterion in criteria:
        by_group = tally(members_of(population, dataset, condition_of(criterion)))
        counted = tuple(by_group.get(((), i), NOBODY) for i in places)
        trend = dose_trend(
            [part.subjects for part in counted],
            [group.size for group in groups],
            [scores[group.label] for group in groups],
            step=step,
            level=settings["level"].number,
        )
        found.append(EventTrend(criterion, groups, counted, trend))
    return tuple(found)


def summarise_trend(
    population: Population,
    dataset: Dataset,
    criteria: Sequence[Criterion],
    protocol: Protocol,
    settings: Parameters,
    *,
    data_kind: DataKind = "measured",
) -> Result:
    """Show the trend of each kind of event over the doses.

    Parameters
    ----------
    population, dataset, criteria
        Whose records, which ones.
    protocol, settings
        Doses of the arms; ``trend_scores``, ``level``.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    found = assess_trend(population, dataset, criteria, protocol, settings)
    _, step, words = dose_scores(protocol, settings)
    groups = found[0].groups if found else ()
    share = f"{100 * settings['level'].number:g}% CI"
    columns = (
        *(Column(group.label, group.size) for group in groups),
        Column(f"Odds ratio per step ({share})"),
        Column("p, rising"),
        Column("p, two-sided"),
    )
    rows = tuple(Row(one.criterion.label, _cells(one, dataset.name)) for one in found)
    exact = all(one.trend.kind == "exact" for one in found)
    method = (
        "exact conditional Cochran-Armitage test" if exact else "Cochran-Armitage test, in part approximate"
    )
    notes = [
        f"Subjects with the event. p value: {method}; two-sided: twice the smaller tail. Score: {words}.",
        f"Odds ratio of a step of {step:g}: exact conditional logistic model, median-unbiased estimate with "
        "exact interval. NE: no event, events in all, or one dose only.",
        "No correction for multiple tests. Without randomisation a trend may be one of time or of patients.",
    ]
    return Result(
        "dose-trend", "Trend of adverse events over the doses", population.label, "", columns, rows,
        tuple(notes), data_kind, sources_of([population.subjects, dataset]),
    )  # fmt: skip


def _cells(one: EventTrend, dataset: str) -> tuple[Cell, ...]:
    trend, label = one.trend, one.criterion.label
    counts = [
        Cell(
            str(part.subjects),
            (Statistic(group.label, label, one.criterion.level, "n", float(part.subjects)),),
            (Records(dataset, part.rows),) if part.rows.size else (),
        )
        for group, part in zip(one.groups, one.counted, strict=True)
    ]
    everyone = " / ".join(group.label for group in one.groups)
    named = (everyone, label, one.criterion.level)
    values = (trend.median_unbiased, trend.low, trend.high)
    parts = [format_limit(value, 2) for value in values]
    ratio = tuple(
        Statistic(*named, name, finite(value))
        for name, value in zip(("odds ratio (median-unbiased)", "low", "high"), values, strict=True)
    )
    if values[0] != values[0]:
        return (*counts, Cell("NE", ratio), EMPTY, EMPTY)
    tests = [
        Cell(format_p(p), (Statistic(*named, name, p),))
        for name, p in ((f"p rising ({trend.kind})", trend.p_increasing), (f"p ({trend.kind})", trend.p))
    ]
    return (*counts, Cell(f"{parts[0]} ({parts[1]}, {parts[2]})", ratio), *tests)
