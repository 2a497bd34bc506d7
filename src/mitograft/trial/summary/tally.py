"""Counting subjects and events of each group, with the records that were counted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mitograft.statistics.rounding import format_share
from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.summary.population import Group, Population
from mitograft.trial.summary.result import Cell, Column, Records, Statistic

if TYPE_CHECKING:
    import polars as pl

__all__ = ["NOBODY", "Key", "Tally", "count_cell", "count_text", "group_columns", "sources_of", "tally"]

Key = tuple[str | None, ...]


@dataclass(frozen=True, eq=False)
class Tally:
    """How many subjects have how many records, and which."""

    subjects: int
    events: int
    rows: npt.NDArray[np.int64]


NOBODY = Tally(0, 0, np.empty(0, dtype=np.int64))


def tally(members: "pl.DataFrame", by: Sequence[str] = ()) -> Mapping[tuple[Key, int], Tally]:
    """Count subjects and records for each combination of levels and each group.

    Parameters
    ----------
    members
        As from ``members_of``.
    by
        Variables whose levels are told apart.

    Returns
    -------
    Mapping
        By (levels, place of the group); combinations without a record are absent.
    """
    import polars as pl

    counted = members.group_by([*by, "_group"]).agg(
        pl.col("_person").n_unique().alias("_subjects"), pl.len().alias("_events"), pl.col("_row")
    )
    levels = [counted[name].to_list() for name in by]
    parts = zip(
        counted["_group"].to_list(), counted["_subjects"].to_list(), counted["_events"].to_list(), strict=True
    )
    if not counted.height:
        return {}
    rows = counted["_row"].explode().to_numpy()
    ends = np.cumsum(counted["_events"].to_numpy())
    found: dict[tuple[Key, int], Tally] = {}
    for i, (group, subjects, events) in enumerate(parts):
        key = tuple(level[i] for level in levels)
        found[key, group] = Tally(subjects, events, rows[ends[i] - events : ends[i]])
    return found


def count_cell(
    counted: Tally, group: Group, dataset: str, named: tuple[str, str], *, events: bool = False
) -> Cell:
    """Return the cell of a count: subjects, percent of the group, and events in brackets if asked for.

    Parameters
    ----------
    counted, group
        What was counted, of whom.
    dataset
        Name of the data set with the records.
    named
        Variable and level, for the statistics.
    events
        Whether the number of records is shown too.
    """
    statistics = [
        Statistic(group.label, *named, "n", float(counted.subjects)),
        Statistic(group.label, *named, "percent", _percent(counted.subjects, group.size), "%"),
        Statistic(group.label, *named, "denominator", float(group.size)),
    ]
    text = count_text(counted.subjects, group.size)
    if events:
        statistics.append(Statistic(group.label, *named, "events", float(counted.events)))
        text += f" [{counted.events}]" if counted.events else ""
    records = (Records(dataset, counted.rows),) if counted.rows.size else ()
    return Cell(text, tuple(statistics), records)


def count_text(part: int, whole: int) -> str:
    """Return a count with its percent; zero stands alone.

    >>> count_text(65, 86), count_text(0, 86), count_text(0, 0)
    ('65 (75.6%)', '0', '0')
    """
    return f"{part} ({format_share(part, whole)}%)" if part else "0"


def _percent(part: int, whole: int) -> float | None:
    return 100.0 * part / whole if whole else None


def group_columns(population: Population) -> tuple[Column, ...]:
    """Return one column for each group, with its denominator."""
    return tuple(Column(group.label, group.size) for group in population.groups)


def sources_of(datasets: Iterable[Dataset]) -> Datasets:
    """Return data sets by name, each once."""
    return Datasets({item.name: item for item in datasets}.values())
