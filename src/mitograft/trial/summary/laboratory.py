"""Laboratory shifts: from the baseline to the worst value after it, in normal ranges and in grades."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mitograft.evidence import DataKind
from mitograft.trial.dataset import Dataset
from mitograft.trial.summary.population import Group, Population, equal_to, members_of, require_variables
from mitograft.trial.summary.result import Cell, Column, Records, Result, Row, Statistic, heading
from mitograft.trial.summary.tally import NOBODY, Key, Tally, count_cell, sources_of, tally

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Laboratory", "summarise_grade_shifts", "summarise_range_shifts"]

_BASE, _WORST, _MISSING = "_base", "_worst", "Missing"
_BOTH = "Low and high"
_RANGES = ("Low", "Normal", "High", _BOTH, _MISSING)
_BITS = {"Normal": 1, "Low": 2, "High": 4}
_WORST_OF = {0: _MISSING, 1: "Normal", 2: "Low", 3: "Low", 4: "High", 5: "High", 6: _BOTH, 7: _BOTH}


@dataclass(frozen=True)
class Laboratory:
    """Laboratory records and the variables that tables read.

    Parameters
    ----------
    data
        The data set, one row a subject, parameter and time.
    where
        Variables with the value a counted record has; empty takes all. Among them are all records after the
        first day, unscheduled ones too, unless a flag says otherwise.
    value, baseline
        Variables with the level of the record and of the baseline.
    parameter, order
        Variables with the name and the rank of the parameter.
    words
        Value of the range indicator to the words shown; the usual codes unless said otherwise.
    """

    data: Dataset
    where: Mapping[str, str] = field(default_factory=dict)
    value: str = "ANRIND"
    baseline: str = "BNRIND"
    parameter: str = "PARAM"
    order: str = "PARAMN"
    words: Mapping[str, str] = field(
        default_factory=lambda: {
            "LOW": "Low", "L": "Low", "LL": "Low", "LOW LOW": "Low",
            "NORMAL": "Normal", "N": "Normal",
            "HIGH": "High", "H": "High", "HH": "High", "HIGH HIGH": "High",
        }
    )  # fmt: skip


def summarise_range_shifts(
    population: Population,
    laboratory: Laboratory,
    *,
    titles: tuple[str, str] = ("laboratory-range-shifts", "Laboratory shifts from baseline, normal range"),
    data_kind: DataKind = "measured",
) -> Result:
    """Count subjects by their range at baseline and their worst range after it.

    A subject with values below and above the range after baseline is counted once, as "Low and high".

    Parameters
    ----------
    population, laboratory
        Whose records, which ones.
    titles
        Id and title of the table.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    import polars as pl

    after = _after_baseline(population, laboratory)
    words = dict(laboratory.words)
    level = pl.col(laboratory.value).replace_strict(words, default=None, return_dtype=pl.String)
    base = pl.col(laboratory.baseline).replace_strict(words, default=None, return_dtype=pl.String)
    after = after.with_columns(level.alias("_level"), base.fill_null(_MISSING).alias(_BASE))
    bits = pl.col("_level").replace_strict(_BITS, default=0, return_dtype=pl.Int64)
    seen = bits.bitwise_or().over([laboratory.parameter, "_group", "_person"])
    worst = seen.replace_strict(_WORST_OF, return_dtype=pl.String)
    after = after.with_columns(worst.alias(_WORST))
    both = (pl.col(_WORST) == _BOTH) & pl.col("_level").is_in(["Low", "High"])
    attained = after.filter(both | (pl.col("_level").fill_null(_MISSING) == pl.col(_WORST)))
    found = set(after[_WORST].unique().to_list())
    levels = [level for level in _RANGES if level not in (_BOTH, _MISSING) or level in found]
    return _table(population, laboratory, attained, (_RANGES[:3], levels), titles, data_kind)


def summarise_grade_shifts(
    population: Population,
    laboratory: Laboratory,
    *,
    titles: tuple[str, str] = ("laboratory-grade-shifts", "Laboratory shifts from baseline, CTCAE grade"),
    data_kind: DataKind = "measured",
) -> Result:
    """Count subjects by their grade at baseline and their highest grade after it.

    Parameters
    ----------
    population, laboratory
        Whose records, which ones; ``value`` and ``baseline`` name variables with grades 0 to 5 as text or
        numbers (``ATOXGR``, ``BTOXGR``).
    titles
        Id and title of the table.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    import polars as pl

    after = _after_baseline(population, laboratory)

    def grade(name: str) -> pl.Expr:
        return pl.col(name).cast(pl.Float64, strict=False).cast(pl.Int64)

    after = after.with_columns(
        grade(laboratory.value).alias("_level"),
        grade(laboratory.baseline).cast(pl.String).fill_null(_MISSING).alias(_BASE),
    )
    highest = pl.col("_level").max().over([laboratory.parameter, "_group", "_person"])
    after = after.with_columns(highest.alias(_WORST))
    graded = after.filter(pl.col(laboratory.parameter).is_in(_graded(after, laboratory)))
    attained = graded.filter(pl.col("_level").eq_missing(pl.col(_WORST)))
    attained = attained.with_columns(pl.col(_WORST).cast(pl.String).fill_null(_MISSING))
    found = sorted(set(attained[_WORST].unique().to_list()) | {"0"})
    bases = sorted(set(attained[_BASE].unique().to_list()) - {_MISSING} | {"0"})
    return _table(population, laboratory, attained, (bases, found), titles, data_kind)


def _graded(after: "pl.DataFrame", laboratory: Laboratory) -> list[str]:
    import polars as pl

    return after.filter(pl.col("_level").is_not_null())[laboratory.parameter].unique().to_list()


def _after_baseline(population: Population, laboratory: Laboratory) -> "pl.DataFrame":
    import polars as pl

    lab = laboratory
    needed = (lab.value, lab.baseline, lab.parameter, lab.order, "ADY", "ABLFL", *lab.where)
    require_variables(lab.data, needed)
    later = (pl.col("ADY") > 1) & (pl.col("ABLFL").fill_null("N") != "Y")
    wanted = equal_to(lab.where)
    return members_of(population, lab.data, later if wanted is None else later & wanted)


def _table(
    population: Population,
    laboratory: Laboratory,
    attained: "pl.DataFrame",
    levels: tuple[Sequence[str], Sequence[str]],
    titles: tuple[str, str],
    data_kind: DataKind,
) -> Result:
    lab, (bases, worst) = laboratory, levels
    counted = tally(attained, [lab.parameter, _BASE, _WORST])
    lines = tally(attained, [lab.parameter, _BASE])
    whole = tally(attained, [lab.parameter])
    order = attained.select(lab.parameter, lab.order).unique().sort(lab.order, lab.parameter)
    rows: list[Row] = []
    for name in order[lab.parameter].unique(maintain_order=True).to_list():
        rows.append(heading(name))
        seen = [base for base in (*bases, _MISSING) if any(key == (name, base) for key, _ in lines)]
        shown = [*bases, *(base for base in seen if base not in bases)]
        rows += [
            _line(population, lab.data.name, (name, base), worst, (counted, lines, whole)) for base in shown
        ]
    columns = [
        Column(label, span=f"{group.label} (N={group.size})")
        for group in population.groups
        for label in (*worst, "Total")
    ]
    notes = (
        "Rows: baseline; columns: worst value after it, scheduled or not. Number of subjects; percent of the "
        "subjects of the group with a record of the parameter after baseline (the sum of its Totals).",
        "Missing: no result, or none from which range or grade can be told.",
    )
    return Result(
        *titles, population.label, "Parameter / baseline", tuple(columns), tuple(rows), notes, data_kind,
        sources_of([population.subjects, lab.data]),
    )  # fmt: skip


Counts = Mapping[tuple[Key, int], Tally]


def _line(
    population: Population,
    dataset: str,
    key: tuple[str, str],
    worst: Sequence[str],
    counts: tuple[Counts, Counts, Counts],
) -> Row:
    counted, lines, whole = counts
    cells: list[Cell] = []
    for i, group in enumerate(population.groups):
        assessed = whole.get(((key[0],), i), NOBODY).subjects
        base = Group(group.label, np.arange(assessed))
        for level in worst:
            part = counted.get(((*key, level), i), NOBODY)
            cells.append(count_cell(part, base, dataset, (key[0], f"{key[1]} to {level}")))
        total = lines.get((key, i), NOBODY)
        number = Statistic(group.label, key[0], key[1], "n", float(total.subjects))
        records = (Records(dataset, total.rows),) if total.rows.size else ()
        cells.append(Cell(str(total.subjects), (number,), records))
    return Row(key[1], tuple(cells), 1)
