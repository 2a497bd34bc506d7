"""Exact intervals of what was seen, by dose and overall, and what an event that nobody had still allows."""

from collections.abc import Sequence

from mitograft.evidence import DataKind
from mitograft.statistics.none_seen import none_seen
from mitograft.statistics.rounding import format_fixed
from mitograft.tables.parameters import Parameters
from mitograft.trial.dataset import Dataset
from mitograft.trial.safety.settings import listed
from mitograft.trial.safety.shares import exact_share, share_cell
from mitograft.trial.summary.criteria import Criterion, condition_of
from mitograft.trial.summary.population import Population, members_of, require_variables
from mitograft.trial.summary.result import Cell, Column, Records, Result, Row, Statistic, heading
from mitograft.trial.summary.tally import NOBODY, group_columns, sources_of, tally

__all__ = ["summarise_none_seen", "summarise_shares"]


def summarise_shares(
    population: Population,
    dataset: Dataset,
    criteria: Sequence[Criterion],
    settings: Parameters,
    *,
    titles: tuple[str, str] = ("event-intervals", "Adverse events with exact intervals"),
    data_kind: DataKind = "measured",
) -> Result:
    """Count the subjects with a record that meets each criterion, with the exact interval of the rate.

    Parameters
    ----------
    population, dataset, criteria
        Whose records, which ones.
    settings
        ``level``.
    titles
        Id and title of the table.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    require_variables(dataset, (name for criterion in criteria for name in criterion.variables))
    level, rows = settings["level"].number, []
    for criterion in criteria:
        counted = tally(members_of(population, dataset, condition_of(criterion)))
        cells = []
        for i, group in enumerate(population.groups):
            part = counted.get(((), i), NOBODY)
            share = exact_share(part.subjects, group.size, level=level)
            records = (Records(dataset.name, part.rows),)
            cells.append(share_cell(share, group.label, criterion.label, criterion.level, records))
        rows.append(Row(criterion.label, tuple(cells), criterion.indent))
    notes = (
        f"Subjects with the event/subjects, percent and exact {100 * level:g}% interval in percent "
        "(Clopper-Pearson: covers at least as often as it says, at every number of subjects).",
    )
    return Result(
        *titles, population.label, "", group_columns(population), tuple(rows), notes, data_kind,
        sources_of([population.subjects, dataset]),
    )  # fmt: skip


def summarise_none_seen(
    settings: Parameters,
    *,
    titles: tuple[str, str] = ("none-seen", "What no event in so many patients still allows"),
    data_kind: DataKind = "measured",
) -> Result:
    """Show the highest event rate that no event still allows, and how many patients exclude a rate.

    Parameters
    ----------
    settings
        ``one_sided_levels``, ``none_seen_sizes``, ``none_seen_rates``.
    titles
        Id and title of the table.
    data_kind
        As in ``Result``.
    """
    levels, rates = listed(settings, "one_sided_levels"), listed(settings, "none_seen_rates")
    rows = [heading("Patients, none with the event: highest rate still allowed, %")]
    for size in (int(number) for number in listed(settings, "none_seen_sizes")):
        limits = [100.0 * value for value in none_seen(size, levels=levels).upper]
        rows.append(_row(f"{size} patients", "highest rate", limits, levels, 1))
    rows.append(heading("Event rate: patients without the event that exclude it"))
    for rate, needed in zip(rates, none_seen(0, levels=levels, rates=rates).needed, strict=True):
        rows.append(_row(f"{format_fixed(100 * rate, 1)}%", "patients needed", needed, levels, 0))
    columns = tuple(Column(f"{100 * level:g}%", span="One-sided confidence") for level in levels)
    notes = (
        "Exact: 1 - (1 - confidence)^(1/patients). Read before the trial, the same number is the smallest "
        "event rate that would show itself in at least one patient with this probability.",
        "It holds for each event that nobody had, also for one that nobody thought of.",
    )
    return Result(*titles, "Any", "", columns, tuple(rows), notes, data_kind)


def _row(label: str, name: str, values: Sequence[float], levels: Sequence[float], decimals: int) -> Row:
    unit = "%" if decimals else ""
    cells = (
        Cell(
            format_fixed(value, decimals),
            (Statistic("Any", label, f"{100 * level:g}%", name, float(value), unit),),
        )
        for value, level in zip(values, levels, strict=True)
    )
    return Row(label, tuple(cells), 1)
