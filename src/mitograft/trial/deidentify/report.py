"""What de-identification did, and which subjects are still few of their kind.

Subjects who agree in age group, sex, race, site and country form a cell. A study in which every cell has at
least k subjects is k-anonymous in these variables (Sweeney L. k-anonymity. Int J Uncertain Fuzziness
Knowl-Based Syst 2002;10:557-570).
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mitograft.trial.dataset import Dataset

if TYPE_CHECKING:
    import polars as pl

__all__ = ["QUASI_IDENTIFIERS", "Dropped", "Report", "SmallCell", "count_cells"]

QUASI_IDENTIFIERS = ("AGE", "SEX", "RACE", "SITEID", "COUNTRY")
"""Variables that many know of a person and that identify in combination."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Cells that were emptied or replaced, or rows or a data set that was left out, and why."""

    dataset: str
    variable: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class SmallCell:
    """Subjects of one kind (variable and value, as de-identified), fewer than asked for."""

    values: tuple[tuple[str, str], ...]
    subjects: int


@dataclass(frozen=True)
class Report:
    """What was done and what is left.

    Parameters
    ----------
    subjects
        How many were recoded.
    dates, partial_dates
        Cells shifted, and how many of them are partial.
    ages
        Ages that became 90.
    sites
        Sites before and after grouping.
    dropped
        Everything emptied or left out, by data set and variable.
    smallest_group
        The least number of subjects asked for.
    smallest_cell
        Subjects of the smallest cell of age group, sex, race, site and country; 0 without demographics.
    small_cells
        The cells below ``smallest_group``, fewest subjects first.
    """

    subjects: int
    dates: int
    partial_dates: int
    ages: int
    sites: tuple[int, int]
    dropped: tuple[Dropped, ...]
    smallest_group: int
    smallest_cell: int
    small_cells: tuple[SmallCell, ...]

    def lines(self) -> tuple[str, ...]:
        """Return the report in plain sentences."""
        few = sum(cell.subjects for cell in self.small_cells)
        emptied = [f"{d.dataset} {d.variable}: {d.count} ({d.reason})" for d in self.dropped]
        return (
            f"{self.subjects} subjects recoded; {self.sites[0]} sites became {self.sites[1]}.",
            f"{self.dates} dates shifted, {self.partial_dates} of them partial; {self.ages} ages grouped.",
            f"The smallest cell of {', '.join(QUASI_IDENTIFIERS)} has {self.smallest_cell} subjects; "
            f"{few} subjects are in {len(self.small_cells)} cells of fewer than {self.smallest_group}.",
            *emptied,
        )


def count_cells(
    subjects: Dataset, bands: tuple[float, ...], oldest: float
) -> tuple[tuple[SmallCell, ...], int]:
    """Return every cell of the subjects, fewest first, and the subjects of the smallest.

    Parameters
    ----------
    subjects
        DM or ADSL, de-identified.
    bands
        Lower ends of the age groups.
    oldest
        The age above which all are one group.
    """
    import polars as pl

    frame = subjects.frame
    names = [name for name in QUASI_IDENTIFIERS if name in frame.columns]
    if not names or not frame.height:
        return (), 0
    shown = frame.select(
        _age_group(bands, oldest) if name == "AGE" else pl.col(name).cast(pl.String).fill_null("")
        for name in names
    )
    counted = shown.group_by(names).len("subjects").sort("subjects", *names)
    cells = tuple(
        SmallCell(tuple((name, str(row[name])) for name in names), row["subjects"])
        for row in counted.iter_rows(named=True)
    )
    return cells, cells[0].subjects


def _age_group(bands: tuple[float, ...], oldest: float) -> "pl.Expr":
    import polars as pl

    age = pl.col("AGE").cast(pl.Float64, strict=False)
    edges = [*bands, oldest + 1]
    names = [f"<{edges[0]:g}", *(f"{low:g}-{high - 1:g}" for low, high in pairwise(edges))]
    group: Any = pl.when(age.is_null()).then(pl.lit(""))
    for edge, name in zip(edges, names, strict=True):
        group = group.when(age < edge).then(pl.lit(name))
    found: pl.Expr = group.otherwise(pl.lit(f">{oldest:g}")).alias("AGE")
    return found
