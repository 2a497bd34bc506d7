"""Measures by visit: value and change from baseline, and responders with exact intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mitograft.evidence import DataKind
from mitograft.statistics.proportions import clopper_pearson
from mitograft.statistics.rounding import format_fixed
from mitograft.trial.dataset import Dataset
from mitograft.trial.summary.baseline import Measurement, describe_cells
from mitograft.trial.summary.population import Group, Population, equal_to, members_of, require_variables
from mitograft.trial.summary.result import Cell, Records, Result, Row, Statistic, heading
from mitograft.trial.summary.tally import NOBODY, Tally, count_cell, group_columns, sources_of, tally

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Response", "Visits", "summarise_by_visit", "summarise_response"]


@dataclass(frozen=True)
class Visits:
    """Records of one parameter at visits (a data set of basic structure) and the variables tables read.

    Parameters
    ----------
    data
        The data set, one row a subject, parameter and visit among the records of ``where``.
    parameter
        PARAMCD of the parameter.
    where
        Variables with the value a counted record has: the analysed record of each visit.
    names
        Visits in order; empty takes those with a record, by AVISITN.
    """

    data: Dataset
    parameter: str
    where: Mapping[str, str] = field(default_factory=lambda: {"ANL01FL": "Y"})
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """A flag that is Y where a subject responds at a visit, with the words for it."""

    variable: str
    label: str


def summarise_by_visit(
    population: Population,
    visits: Visits,
    measured: Measurement,
    *,
    titles: tuple[str, str],
    change: str = "CHG",
    data_kind: DataKind = "measured",
) -> Result:
    """Describe a measure at each visit, and its change from baseline.

    Parameters
    ----------
    population, visits
        Whose records, which ones.
    measured
        Variable (AVAL), label, unit and decimals of the measure.
    titles
        Id and title of the table.
    change
        Variable with the change from baseline; empty where there is none (the score itself). It is described
        after the baseline only.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    require_variables(visits.data, [measured.variable, *([change] if change else [])])
    members = _at_visits(population, visits)
    moved = Measurement(change, "Change from baseline", measured.unit, measured.decimals)
    rows: list[Row] = []
    for name, mine in _each_visit(members, visits):
        rows.append(heading(name))
        rows += _described(population, visits, mine, measured)
        if change and _has_changed(mine, change):
            rows.append(heading("Change from baseline", 1))
            rows += [Row(row.label, row.cells, 2) for row in _described(population, visits, mine, moved)]
    unit = f" ({measured.unit})" if measured.unit else ""
    notes = (
        f"{measured.label}{unit}. n: subjects with a value; no value is imputed. SD: standard deviation.",
    )
    return Result(
        *titles, population.label, "Visit", group_columns(population), tuple(rows), notes, data_kind,
        sources_of([population.subjects, visits.data]),
    )  # fmt: skip


def summarise_response(
    population: Population,
    visits: Visits,
    responses: Sequence[Response],
    *,
    titles: tuple[str, str] = ("response", "Responders by visit"),
    level: float = 0.95,
    data_kind: DataKind = "measured",
) -> Result:
    """Count responders at each visit, with Clopper-Pearson intervals.

    The denominator is every subject of the group: one who was not assessed counts as no responder.

    Parameters
    ----------
    population, visits
        Whose records, which ones.
    responses
        The flags, in order.
    titles
        Id and title of the table.
    level
        Level of the intervals.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    require_variables(visits.data, (response.variable for response in responses))
    members = _at_visits(population, visits)
    rows: list[Row] = []
    for name, mine in _each_visit(members, visits):
        rows.append(heading(name))
        assessed = tally(mine)
        found = [assessed.get(((), i), NOBODY) for i in range(len(population.groups))]
        rows.append(
            Row(
                "Assessed",
                tuple(_number(*pair, visits) for pair in zip(found, population.groups, strict=True)),
                1,
            )
        )
        for response in responses:
            rows += _responders(population, visits, mine, response, (name, level))
    notes = (
        "Number of responders (percent of N). A subject who was not assessed, or whose response cannot be "
        "told, counts as no responder.",
        f"CI: exact {100 * level:g}% interval of Clopper and Pearson.",
    )
    return Result(
        *titles, population.label, "Visit / response", group_columns(population), tuple(rows), notes,
        data_kind, sources_of([population.subjects, visits.data]),
    )  # fmt: skip


def _at_visits(population: Population, visits: Visits) -> "pl.DataFrame":
    import polars as pl

    require_variables(visits.data, ["PARAMCD", "AVISIT", "AVISITN", *visits.where])
    wanted = (pl.col("PARAMCD") == visits.parameter) & pl.col("AVISIT").is_not_null()
    also = equal_to(visits.where)
    return members_of(population, visits.data, wanted if also is None else wanted & also)


def _each_visit(members: "pl.DataFrame", visits: Visits) -> list[tuple[str, "pl.DataFrame"]]:
    import polars as pl

    found = members.select("AVISIT", "AVISITN").unique().sort("AVISITN", "AVISIT")
    names = visits.names or tuple(found["AVISIT"].unique(maintain_order=True).to_list())
    return [(name, members.filter(pl.col("AVISIT") == name)) for name in names]


def _has_changed(members: "pl.DataFrame", change: str) -> bool:
    """Tell whether the visit has a change to describe: a value of it, in a record other than the baseline."""
    import polars as pl

    later = members.filter(pl.col("ABLFL").fill_null("N") != "Y") if "ABLFL" in members.columns else members
    return later[change].drop_nulls().len() > 0


def _described(
    population: Population, visits: Visits, members: "pl.DataFrame", measured: Measurement
) -> list[Row]:
    import polars as pl

    parts, records = [], []
    for i, _ in enumerate(population.groups):
        mine = members.filter(pl.col("_group") == i, pl.col(measured.variable).is_not_null())
        parts.append(mine[measured.variable].cast(pl.Float64).to_numpy())
        records.append((Records(visits.data.name, mine["_row"]),) if mine.height else ())
    return describe_cells(parts, population.groups, measured, records)


def _number(counted: Tally, group: Group, visits: Visits) -> Cell:
    records = (Records(visits.data.name, counted.rows),) if counted.rows.size else ()
    number = Statistic(group.label, visits.parameter, "assessed", "n", float(counted.subjects))
    return Cell(str(counted.subjects), (number,), records)


def _responders(
    population: Population,
    visits: Visits,
    members: "pl.DataFrame",
    response: Response,
    at: tuple[str, float],
) -> list[Row]:
    import polars as pl

    name, level = at
    counted = tally(members.filter(pl.col(response.variable) == "Y"))
    found = [counted.get(((), i), NOBODY) for i in range(len(population.groups))]
    named = (response.variable, name)
    counts = tuple(
        count_cell(part, group, visits.data.name, named)
        for part, group in zip(found, population.groups, strict=True)
    )
    intervals = tuple(
        _interval(part, group, named, level) for part, group in zip(found, population.groups, strict=True)
    )
    return [Row(response.label, counts, 1), Row(f"{100 * level:g}% CI", intervals, 2)]


def _interval(counted: Tally, group: Group, named: tuple[str, str], level: float) -> Cell:
    if not group.size:
        return Cell("")
    low, high = (100.0 * float(limit) for limit in clopper_pearson(counted.subjects, group.size, level=level))
    statistics = tuple(
        Statistic(group.label, *named, f"{end} (Clopper-Pearson)", value, "%")
        for end, value in (("low", low), ("high", high))
    )
    return Cell(f"({format_fixed(low, 1)}, {format_fixed(high, 1)})", statistics)
