"""Rows of a table that each ask one thing of a record: disposition, overviews of adverse events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mitograft.evidence import DataKind
from mitograft.statistics.contingency import fisher_exact_table
from mitograft.statistics.rounding import format_p
from mitograft.trial.dataset import Dataset
from mitograft.trial.summary.population import Population, members_of, require_variables
from mitograft.trial.summary.result import EMPTY, Cell, Column, Result, Row, Statistic
from mitograft.trial.summary.tally import NOBODY, Tally, count_cell, group_columns, sources_of, tally

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Criterion", "compare_counts", "condition_of", "summarise_criteria"]


@dataclass(frozen=True)
class Criterion:
    """One row: its label and what its records have.

    Parameters
    ----------
    label
        Words of the row.
    values
        Variable to the values it may have; every variable must agree. Empty: all records.
    at_least
        Variable (a number) to the least value it must have.
    indent
        Depth of the label.
    tested
        Whether groups are compared in this row, where the table has p values.
    """

    label: str
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    at_least: Mapping[str, float] = field(default_factory=dict)
    indent: int = 0
    tested: bool = True

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables it looks at."""
        return (*self.values, *self.at_least)

    @property
    def level(self) -> str:
        """The condition in words for the analysis results data."""
        parts = [f"{name} in ({', '.join(allowed)})" for name, allowed in self.values.items()]
        return "; ".join([*parts, *(f"{name} >= {least:g}" for name, least in self.at_least.items())])


def condition_of(criterion: Criterion) -> "pl.Expr":
    """Return the criterion as a condition on records; a missing value never meets it."""
    import polars as pl

    meets = [pl.col(name).is_in(list(allowed)) for name, allowed in criterion.values.items()]
    meets += [pl.col(name) >= least for name, least in criterion.at_least.items()]
    return pl.all_horizontal(*meets).fill_null(value=False) if meets else pl.lit(value=True)


def summarise_criteria(
    population: Population,
    dataset: Dataset,
    criteria: Sequence[Criterion],
    *,
    titles: tuple[str, str],
    events: bool = False,
    tests: bool = False,
    data_kind: DataKind = "measured",
) -> Result:
    """Count, for each criterion, the subjects with at least one record that meets it.

    Parameters
    ----------
    population, dataset
        Whose records.
    criteria
        The rows.
    titles
        Id and title of the table.
    events
        Whether records are counted too, in brackets.
    tests
        Whether the groups are compared by Fisher's exact test (all groups at once).
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    require_variables(dataset, (name for criterion in criteria for name in criterion.variables))
    rows = []
    for criterion in criteria:
        counted = tally(members_of(population, dataset, condition_of(criterion)))
        cells = [
            count_cell(
                counted.get(((), i), NOBODY),
                group,
                dataset.name,
                (criterion.label, criterion.level),
                events=events,
            )
            for i, group in enumerate(population.groups)
        ]
        if tests:
            found = [counted.get(((), i), NOBODY) for i in range(len(population.arms))]
            cells.append(compare_counts(population, found, criterion.label) if criterion.tested else EMPTY)
        rows.append(Row(criterion.label, tuple(cells), criterion.indent))
    columns = group_columns(population) + ((Column("p value"),) if tests else ())
    notes = ["Number of subjects (percent of N)" + (" [number of events]." if events else ".")]
    if tests:
        notes.append("p value: Fisher's exact test over the groups, without correction for multiple tests.")
    return Result(
        *titles, population.label, "", columns, tuple(rows), tuple(notes), data_kind,
        sources_of([population.subjects, dataset]),
    )  # fmt: skip


def compare_counts(population: Population, found: Sequence[Tally], variable: str) -> Cell:
    """Return the p value of Fisher's exact test of subjects with and without, over all groups."""
    table = [
        [part.subjects, group.size - part.subjects]
        for part, group in zip(found, population.arms, strict=True)
    ]
    p = fisher_exact_table(table)
    labels = " / ".join(group.label for group in population.arms)
    return Cell(format_p(p) or "NE", (Statistic(labels, variable, "", "p (Fisher's exact test)", p),))
