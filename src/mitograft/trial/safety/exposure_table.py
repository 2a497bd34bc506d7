"""The table of adverse events per time at risk."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mitograft.evidence import DataKind
from mitograft.statistics.rounding import format_fixed, format_p
from mitograft.tables.parameters import Parameters
from mitograft.trial.dataset import Dataset
from mitograft.trial.protocol import Protocol
from mitograft.trial.safety.exposure import EventRates, RateContrast, assess_rates, contrast_rates
from mitograft.trial.safety.shares import finite, format_limit
from mitograft.trial.summary.criteria import Criterion
from mitograft.trial.summary.population import Population
from mitograft.trial.summary.result import EMPTY, Cell, Records, Result, Row, Statistic, heading
from mitograft.trial.summary.tally import group_columns, sources_of

if TYPE_CHECKING:
    from mitograft.statistics.poisson_rate import PoissonRate, RateComparison

__all__ = ["reference_group", "summarise_rates"]


def reference_group(population: Population, protocol: Protocol) -> str:
    """Return the group others are compared with: placebo, or the lowest dose; empty if it is alone."""
    labels = [group.label for group in population.arms if group.size]
    arms = sorted(protocol.arms, key=lambda arm: (not arm.placebo, arm.order))
    named = [arm.name for arm in arms if arm.name in labels]
    return named[0] if len(labels) > 1 and named else ""


def summarise_rates(
    population: Population,
    dataset: Dataset,
    criteria: Sequence[Criterion],
    protocol: Protocol,
    settings: Parameters,
    *,
    data_kind: DataKind = "measured",
) -> Result:
    """Show events and first events per time at risk, with intervals, and groups compared.

    Parameters
    ----------
    population, dataset, criteria
        Whose events, which ones.
    protocol, settings
        Arms and cut-off; ``level``, ``exposure_days``.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    found = assess_rates(population, dataset, criteria, protocol, settings)
    reference = reference_group(population, protocol)
    contrasts = contrast_rates(found, population, reference) if reference else ()
    share = f"{100 * settings['level'].number:g}% CI"
    rows: list[Row] = []
    for criterion in criteria:
        mine = [one for one in found if one.criterion is criterion]
        compared = {one.group.place: one for one in contrasts if one.group.criterion is criterion}
        rows.append(heading(criterion.label))
        rows += _rate_rows(mine, dataset.name, share)
        rows += _contrast_rows(mine, compared, share) if reference else []
    notes = [
        "Patient-years: from the first dose to the end of follow-up, both days included; for first events to "
        f"the first event. A year has {settings['exposure_days'].number:g} days.",
        "All events: exact Poisson interval (Garwood), if events are independent at a constant rate. First "
        "events: the same, taking the time at risk as fixed: approximate.",
        f"Events without a known start, counted: {_total(found, 'undated', population)}. Events after the "
        f"end of follow-up, not counted: {_total(found, 'outside', population)} (all kinds together).",
    ]
    if reference:
        notes.append(
            f"Compared with {reference}: conditional binomial test and interval of the ratio, exact for all "
            "events; p is twice the smaller tail. No correction for multiple tests."
        )
    return Result(
        "event-rates", "Adverse events per time at risk", population.label, "", group_columns(population),
        tuple(rows), tuple(notes), data_kind, sources_of([population.subjects, dataset]),
    )  # fmt: skip


def _total(found: Sequence[EventRates], name: str, population: Population) -> int:
    arms = range(len(population.arms))
    return sum(getattr(one, name) for one in found if one.place in arms)


def _rate_rows(mine: Sequence[EventRates], dataset: str, share: str) -> list[Row]:
    def cells(which: str, *, rate: bool) -> tuple[Cell, ...]:
        return tuple(_rate_cell(one, which, dataset, rate=rate) for one in mine)

    return [
        Row("Events / patient-years", cells("events", rate=False), 1),
        Row(f"Events per patient-year ({share})", cells("events", rate=True), 1),
        Row("Subjects with event / patient-years to it", cells("first", rate=False), 1),
        Row(f"Subjects per patient-year, EAIR ({share})", cells("first", rate=True), 1),
    ]


def _rate_cell(one: EventRates, which: str, dataset: str, *, rate: bool) -> Cell:
    found: PoissonRate = getattr(one, which)
    named = (one.group, one.criterion.label, "all events" if which == "events" else "first events")
    if not rate:
        text = f"{found.events} / {format_fixed(found.time, 2)}"
        numbers = (("n", float(found.events), ""), ("time at risk", found.time, "a"))
        statistics = tuple(Statistic(*named, name, value, unit) for name, value, unit in numbers)
        return Cell(text, statistics, (Records(dataset, one.rows),) if one.rows else ())
    values = (("rate", found.rate), ("low", found.low), ("high", found.high))
    statistics = tuple(Statistic(*named, name, finite(value), "1/a") for name, value in values)
    if found.time == 0.0:
        return Cell("NE", statistics)
    limits = [format_limit(value, 2) for _, value in values]
    return Cell(f"{limits[0]} ({limits[1]}, {limits[2]})", statistics)


def _contrast_rows(mine: Sequence[EventRates], compared: dict[int, RateContrast], share: str) -> list[Row]:
    rows = []
    for which, words in (("events", "Events"), ("first", "EAIR")):
        for part, label in (
            ("ratio", f"{words}: ratio ({share})"),
            ("difference", f"{words}: difference ({share})"),
            ("p", f"{words}: p value"),
        ):
            cells = tuple(_contrast_cell(compared.get(one.place), which, part) for one in mine)
            rows.append(Row(label, cells, 1))
    return rows


def _contrast_cell(contrast: RateContrast | None, which: str, part: str) -> Cell:
    if contrast is None:
        return EMPTY
    found: RateComparison = getattr(contrast, which)
    groups = f"{contrast.group.group} / {contrast.reference.group}"
    kind = found.difference_kind if part == "difference" else found.kind
    named = (groups, contrast.group.criterion.label, "all events" if which == "events" else "first events")
    if part == "p":
        p = finite(found.p)
        return Cell(format_p(p) or "NE", (Statistic(*named, f"p ({kind})", p),))
    values = [getattr(found, name) for name in (part, f"{part}_low", f"{part}_high")]
    unit = "1/a" if part == "difference" else ""
    statistics = tuple(
        Statistic(*named, name, finite(value), unit)
        for name, value in zip((f"{part} ({kind})", "low", "high"), values, strict=True)
    )
    limits = [format_limit(value, 2) for value in values]
    return Cell(f"{limits[0]} ({limits[1]}, {limits[2]})", statistics)
