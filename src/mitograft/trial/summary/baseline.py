"""Demography and baseline: numbers described, categories counted, groups compared if asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from mitograft.evidence import DataKind
from mitograft.statistics.contingency import chi_squared_test, fisher_exact_table
from mitograft.statistics.counts import Array
from mitograft.statistics.description import Description, describe
from mitograft.statistics.rounding import format_fixed, format_p
from mitograft.statistics.variance import one_way_anova
from mitograft.trial.summary.population import (
    Group,
    Population,
    members_of,
    refuse_levels,
    require_variables,
)
from mitograft.trial.summary.result import EMPTY, Cell, Column, Records, Result, Row, Statistic, heading
from mitograft.trial.summary.tally import NOBODY, count_cell, group_columns, sources_of, tally

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Category", "Item", "Measurement", "describe_cells", "summarise_baseline"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number of each subject.

    Parameters
    ----------
    variable, label, unit
        What it is.
    decimals
        Decimals of the data; mean and median are shown with one more, the SD with two more, but none with
        more than three unless the data have more.
    """

    variable: str
    label: str
    unit: str = ""
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Category:
    """A category of each subject.

    Parameters
    ----------
    variable, label
        What it is.
    levels
        Values in order, with the words shown; empty takes those found, in the order of the alphabet. A value
        that is not named is an error, never left out.
    test
        How groups are compared, if they are.
    """

    variable: str
    label: str
    levels: tuple[tuple[str, str], ...] = ()
    test: Literal["chi-squared", "fisher"] = "fisher"


Item = Measurement | Category

_MOST_DECIMALS = 3


def summarise_baseline(
    population: Population,
    items: Sequence[Item],
    *,
    titles: tuple[str, str] = ("demographics", "Demographic and baseline characteristics"),
    tests: bool = False,
    data_kind: DataKind = "measured",
) -> Result:
    """Describe the subjects of each group.

    Parameters
    ----------
    population
        Whose characteristics.
    items
        What is described, in order.
    titles
        Id and title of the table.
    tests
        Whether groups are compared: one-way analysis of variance for numbers, and for categories the test
        that the item names. Such p values describe the allocation, they test no question of the trial.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking, or a category has a value that is not among its levels.
    """
    require_variables(population.subjects, (item.variable for item in items))
    members = members_of(population, population.subjects)
    rows: list[Row] = []
    for item in items:
        if isinstance(item, Measurement):
            rows += _measurement_rows(population, members, item, tests=tests)
        else:
            rows += _category_rows(population, members, item, tests=tests)
    columns = group_columns(population) + ((Column("p value"),) if tests else ())
    notes = ["Categories: number (percent of N). SD: standard deviation."]
    if tests:
        notes.append("p value: one-way analysis of variance for numbers; " + _tests_named(items))
    return Result(
        *titles, population.label, "Characteristic", columns, tuple(rows), tuple(notes), data_kind,
        sources_of([population.subjects]),
    )  # fmt: skip


def describe_cells(
    parts: Sequence[Array], groups: Sequence[Group], item: Measurement, records: Sequence[tuple[Records, ...]]
) -> list[Row]:
    """Return the rows n, mean (SD), median, min to max of one number in each group."""
    described = [describe(part) for part in parts]
    return [
        Row(
            label,
            tuple(
                _described(d, group, item, label, used)
                for d, group, used in zip(described, groups, records, strict=True)
            ),
            1,
        )
        for label in ("n", "Mean (SD)", "Median", "Min, max")
    ]


def _described(
    d: Description, group: Group, item: Measurement, label: str, used: tuple[Records, ...]
) -> Cell:
    k = item.decimals
    one, two = (max(k, min(k + more, _MOST_DECIMALS)) for more in (1, 2))

    def number(name: str, value: float | None) -> Statistic:
        return Statistic(group.label, item.variable, "", name, value, "" if name == "n" else item.unit)

    if label == "n":
        return Cell(str(d.n), (number("n", float(d.n)),), used)
    if d.n == 0:
        return Cell("")
    if label == "Mean (SD)":
        text = f"{format_fixed(d.mean, one)} ({format_fixed(d.sd, two, missing='NE')})"
        return Cell(text, (number("mean", d.mean), number("sd", d.sd)), used)
    if label == "Median":
        return Cell(format_fixed(d.median, one), (number("median", d.median),), used)
    text = f"{format_fixed(d.minimum, k)}, {format_fixed(d.maximum, k)}"
    return Cell(text, (number("min", d.minimum), number("max", d.maximum)), used)


def _measurement_rows(
    population: Population, members: "pl.DataFrame", item: Measurement, *, tests: bool
) -> list[Row]:
    import polars as pl

    parts, records = [], []
    for i, _ in enumerate(population.groups):
        mine = members.filter(pl.col("_group") == i, pl.col(item.variable).is_not_null())
        parts.append(mine[item.variable].cast(pl.Float64).to_numpy())
        records.append((Records(population.subjects.name, mine["_row"]),) if mine.height else ())
    label = f"{item.label} ({item.unit})" if item.unit else item.label
    rows = describe_cells(parts, population.groups, item, records)
    if not tests:
        return [heading(label), *rows]
    p = one_way_anova(parts[: len(population.arms)])
    first = _head(population, label, _p_cell(population, item.variable, "one-way analysis of variance", p))
    return [first, *(Row(row.label, (*row.cells, EMPTY), row.indent) for row in rows)]


def _category_rows(
    population: Population, members: "pl.DataFrame", item: Category, *, tests: bool
) -> list[Row]:
    levels = _levels(population, members, item)
    counted = tally(members, [item.variable])
    blank = (EMPTY,) if tests else ()
    rows = [
        Row(
            words,
            tuple(
                count_cell(
                    counted.get(((value,), i), NOBODY),
                    group,
                    population.subjects.name,
                    (item.variable, words),
                )
                for i, group in enumerate(population.groups)
            )
            + blank,
            1,
        )
        for value, words in levels.items()
    ]
    if not tests:
        return [heading(item.label), *rows]
    table = np.array(
        [
            [counted.get(((value,), i), NOBODY).subjects for i in range(len(population.arms))]
            for value in levels
            if value is not None
        ]
    )
    name, p = _compare(table, item)
    return [_head(population, item.label, _p_cell(population, item.variable, name, p)), *rows]


def _levels(population: Population, members: "pl.DataFrame", item: Category) -> Mapping[str | None, str]:
    """Return the values in order with their words; a missing value last, where there is one."""
    found = set(members[item.variable].to_list())
    levels: dict[str | None, str] = dict(item.levels) or {
        value: value for value in sorted(value for value in found if value is not None)
    }
    refuse_levels(population.subjects, item.variable, found, (str(value) for value in levels))
    return {**levels, None: "Missing"} if None in found else levels


def _compare(table: "Array", item: Category) -> tuple[str, float | None]:
    if item.test == "fisher":
        return "Fisher's exact test", fisher_exact_table(table) if table.size else None
    tested = chi_squared_test(table) if table.size else None
    return "chi-squared test", tested[2] if tested else None


def _head(population: Population, label: str, p: Cell) -> Row:
    return Row(label, (*(EMPTY for _ in population.groups), p))


def _p_cell(population: Population, variable: str, name: str, p: float | None) -> Cell:
    labels = " / ".join(group.label for group in population.arms)
    return Cell(format_p(p, 4) or "NE", (Statistic(labels, variable, "", f"p ({name})", p),))


def _tests_named(items: Sequence[Item]) -> str:
    used = {item.test for item in items if isinstance(item, Category)}
    names = {"chi-squared": "Pearson's chi-squared test", "fisher": "Fisher's exact test"}
    return " or ".join(names[name] for name in sorted(used)) + " for categories. NE: not estimable."
