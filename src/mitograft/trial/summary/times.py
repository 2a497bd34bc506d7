"""Time to an event: events, median, share without the event at given times, log-rank test."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.evidence import DataKind
from mitograft.statistics.rounding import format_fixed, format_p
from mitograft.statistics.survival import KaplanMeier, kaplan_meier, log_rank
from mitograft.trial.dataset import Dataset
from mitograft.trial.summary.population import Group, Population, members_of, require_variables
from mitograft.trial.summary.result import EMPTY, Cell, Column, Result, Row, Statistic, heading
from mitograft.trial.summary.tally import NOBODY, count_cell, group_columns, sources_of, tally

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Times", "estimate_curves", "summarise_times"]


@dataclass(frozen=True)
class Times:
    """Times to one event (ADTTE).

    Parameters
    ----------
    data
        The data set: AVAL is the time, CNSR 0 for an event.
    parameter
        PARAMCD of the event.
    at
        Times at which the share without the event and the number at risk are shown.
    unit
        Unit of AVAL.
    level
        Level of the intervals.
    """

    data: Dataset
    parameter: str
    at: tuple[float, ...] = ()
    unit: str = "days"
    level: float = 0.95


def estimate_curves(population: Population, times: Times) -> dict[str, KaplanMeier]:
    """Return the Kaplan-Meier curve of each group that has a record, by the label of the group.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    members = _members(population, times)
    samples = ((group.label, _sample(members, i)) for i, group in enumerate(population.groups))
    return {label: kaplan_meier(*sample, level=times.level) for label, sample in samples if len(sample[0])}


def summarise_times(
    population: Population,
    times: Times,
    *,
    titles: tuple[str, str],
    tests: bool = False,
    data_kind: DataKind = "measured",
) -> Result:
    """Describe the time to an event in each group.

    Parameters
    ----------
    population, times
        Whose times, to which event.
    titles
        Id and title of the table.
    tests
        Whether the groups are compared by the log-rank test.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    import polars as pl

    members = _members(population, times)
    curves = estimate_curves(population, times)
    rows = []
    for label, censor in (("Events", True), ("Censored", False)):
        counted = tally(members.filter((pl.col("CNSR") == 0) == censor))
        found = [counted.get(((), i), NOBODY) for i in range(len(population.groups))]
        rows.append(
            Row(
                label,
                tuple(
                    count_cell(part, group, times.data.name, (times.parameter, label.lower()))
                    for part, group in zip(found, population.groups, strict=True)
                ),
            )
        )
    share = f"{100 * times.level:g}% CI"
    of_group = [(group, curves.get(group.label)) for group in population.groups]
    rows.append(Row(f"Median, {times.unit} ({share})", tuple(_median(*pair, times) for pair in of_group)))
    for moment in times.at:
        rows.append(heading(f"At {moment:g} {times.unit}"))
        rows.append(Row("At risk", tuple(_at_risk(*pair, times, moment) for pair in of_group), 1))
        rows.append(
            Row(
                f"Without the event, % ({share})",
                tuple(_without(*pair, times, moment) for pair in of_group),
                1,
            )
        )
    columns = group_columns(population)
    notes = [
        "Events and censored: number (percent of N). NR: not reached. NE: not estimable, as nobody was "
        "observed so long or the interval is not defined."
    ]
    notes.append(
        "Kaplan-Meier estimates; intervals by Greenwood's variance on the log(-log) scale, of the median by "
        "Brookmeyer and Crowley."
    )
    if tests:
        columns = (*columns, Column("p value"))
        p = _compared(population, members, times)
        rows = [row if row.is_heading else Row(row.label, (*row.cells, EMPTY), row.indent) for row in rows]
        rows[0] = Row(rows[0].label, (*rows[0].cells[:-1], p), 0)
        notes.append("p value: log-rank test over the groups.")
    return Result(
        *titles, population.label, "", columns, tuple(rows), tuple(notes), data_kind,
        sources_of([population.subjects, times.data]),
    )  # fmt: skip


def _members(population: Population, times: Times) -> "pl.DataFrame":
    import polars as pl

    require_variables(times.data, ["PARAMCD", "AVAL", "CNSR"])
    wanted = (
        (pl.col("PARAMCD") == times.parameter) & pl.col("AVAL").is_not_null() & pl.col("CNSR").is_not_null()
    )
    return members_of(population, times.data, wanted)


def _sample(members: "pl.DataFrame", group: int) -> tuple[Sequence[float], Sequence[int]]:
    import polars as pl

    mine = members.filter(pl.col("_group") == group)
    return mine["AVAL"].to_list(), (mine["CNSR"] == 0).cast(pl.Int64).to_list()


def _median(group: Group, curve: KaplanMeier | None, times: Times) -> Cell:
    if curve is None:
        return EMPTY
    found = curve.quantile()
    parts = [format_fixed(value, 1, missing="NR") for value in (found.time, found.low, found.high)]
    statistics = tuple(
        Statistic(group.label, times.parameter, "", name, value, times.unit)
        for name, value in (("median", found.time), ("median low", found.low), ("median high", found.high))
    )
    return Cell(f"{parts[0]} ({parts[1]}, {parts[2]})", statistics)


def _at_risk(group: Group, curve: KaplanMeier | None, times: Times, moment: float) -> Cell:
    number = int(curve.numbers_at_risk([moment])[0]) if curve else 0
    named = (group.label, times.parameter, f"{moment:g} {times.unit}")
    return Cell(str(number), (Statistic(*named, "at risk", float(number)),))


def _without(group: Group, curve: KaplanMeier | None, times: Times, moment: float) -> Cell:
    if curve is None:
        return EMPTY
    shares = [100.0 * value for value in curve.at(moment)]
    share, low, high = (format_fixed(value, 1, missing="NE") for value in shares)
    text = share if share == "NE" else f"{share} ({low}, {high})"
    named = (group.label, times.parameter, f"{moment:g} {times.unit}")
    statistics = tuple(
        Statistic(*named, name, None if value != value else value, "%")
        for name, value in zip(("without the event", "low", "high"), shares, strict=True)
    )
    return Cell(text, statistics)


def _compared(population: Population, members: "pl.DataFrame", times: Times) -> Cell:
    samples = [_sample(members, i) for i in range(len(population.arms))]
    filled = [sample for sample in samples if len(sample[0])]
    p = log_rank(filled).p if len(filled) > 1 else None
    labels = " / ".join(group.label for group in population.arms)
    return Cell(format_p(p) or "NE", (Statistic(labels, times.parameter, "", "p (log-rank test)", p),))
