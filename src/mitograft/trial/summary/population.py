"""Who is analysed, in which groups: the denominators of every table come from here and from nowhere else.

Subjects are chosen from the subject-level data set (ADSL) before anything is counted. The group of a record
is the group of its subject there, whatever the record itself says.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mitograft.errors import InputError, Violation
from mitograft.trial.dataset import Dataset

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Group", "Population", "equal_to", "members_of", "refuse_levels", "require_variables"]

SUBJECT = "USUBJID"
_GROUP, _ROW, _PERSON = "_group", "_row", "_person"


@dataclass(frozen=True, eq=False)
class Group:
    """Subjects counted together: name, and their rows in the subject-level data set."""

    label: str
    rows: npt.NDArray[np.int64]

    @property
    def size(self) -> int:
        """Number of subjects: the denominator."""
        return int(self.rows.size)


@dataclass(frozen=True)
class Population:
    """An analysis population and its groups.

    Parameters
    ----------
    subjects
        Subject-level data set, one row a subject.
    flag
        Variable that is ``Y`` for the population's subjects; empty takes everybody who has a group.
    label
        How tables call the population.
    group, order
        Variables with the name and the rank of each subject's group.
    total
        Label of a last column of all groups together; empty for none.
    planned
        Names of groups that are shown even where nobody is in them, in order; empty takes those found.

    Raises
    ------
    InputError
        From ``groups`` and all that use it: variables lacking, a subject twice, a subject of the population
        without a group.
    """

    subjects: Dataset
    flag: str = "SAFFL"
    label: str = "Safety population"
    group: str = "TRT01A"
    order: str = "TRT01AN"
    total: str = ""
    planned: tuple[str, ...] = ()

    @cached_property
    def frame(self) -> "pl.DataFrame":
        """The subjects in it: ``USUBJID``, ``_group`` (place in ``groups``), ``_row`` in the data set."""
        import polars as pl

        self._check()
        chosen = pl.col(self.flag) == "Y" if self.flag else pl.col(self.group).is_not_null()
        frame = self.subjects.frame.with_row_index(_ROW).filter(chosen)
        self._check_subjects(frame)
        names = self._names(frame)
        place = pl.col(self.group).replace_strict(names, range(len(names)), return_dtype=pl.Int64)
        return frame.select(SUBJECT, place.alias(_GROUP), pl.col(_ROW).cast(pl.Int64))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups in order, the total last."""
        places, rows = self.frame[_GROUP].to_numpy(), self.frame[_ROW].to_numpy()
        found = self._names(self.subjects.frame[rows.tolist()])
        groups = [Group(name, rows[places == i]) for i, name in enumerate(found)]
        return (*groups, Group(self.total, rows)) if self.total else tuple(groups)

    @property
    def arms(self) -> tuple[Group, ...]:
        """The groups without the total: what is compared."""
        return self.groups[:-1] if self.total else self.groups

    def _names(self, frame: "pl.DataFrame") -> list[str]:
        pairs = frame.select(self.group, self.order).drop_nulls(self.group).unique()
        found = pairs.sort(self.order, self.group)[self.group].unique(maintain_order=True).to_list()
        return [*self.planned, *(name for name in found if name not in self.planned)]

    def _check(self) -> None:
        flags = (self.flag,) if self.flag else ()
        require_variables(self.subjects, (SUBJECT, self.group, self.order, *flags))

    def _check_subjects(self, frame: "pl.DataFrame") -> None:
        twice = frame.filter(frame[SUBJECT].is_duplicated())
        homeless = frame.filter(frame[self.group].is_null())
        remedy = "Correct the subject-level data set."
        problems = [
            Violation(
                "subject-twice", "a subject in two rows", "one row a subject", remedy, file, row, SUBJECT
            )
            for file, row in _places(self.subjects, twice[_ROW])
        ] + [
            Violation(
                "no-group",
                "a subject of the population without a group",
                "a group",
                remedy,
                file,
                row,
                self.group,
            )
            for file, row in _places(self.subjects, homeless[_ROW])
        ]
        if problems:
            raise InputError(self.subjects.source or self.subjects.name, problems)


def _places(dataset: Dataset, rows: Iterable[int]) -> list[tuple[str, int]]:
    origins = [dataset.origin(row) for row in rows]
    return [(origin.file, origin.row) for origin in origins]


def require_variables(dataset: Dataset, names: Iterable[str]) -> None:
    """Refuse a data set that lacks variables, naming all of them.

    Raises
    ------
    InputError
        If any of ``names`` is no variable of the data set.
    """
    file = dataset.source or dataset.name
    lacking = [name for name in dict.fromkeys(names) if name not in dataset.frame.columns]
    if lacking:
        raise InputError(
            file,
            [
                Violation(
                    "variable-missing",
                    found=f"no variable {name} in {dataset.name}",
                    expected=f"{name}, which the table counts",
                    remedy="Derive it, or name the variable that holds it.",
                    file=file,
                    column=name,
                )
                for name in lacking
            ],
        )


def refuse_levels(dataset: Dataset, variable: str, found: Iterable[object], levels: Iterable[str]) -> None:
    """Refuse values of a variable that a table does not name; nothing is left out unseen.

    Raises
    ------
    InputError
        If a value of ``found`` that is not missing is none of ``levels``; the value itself is not quoted.
    """
    named = list(levels)
    unknown = set(found) - set(named) - {None}
    file = dataset.source or dataset.name
    if unknown:
        raise InputError(
            file,
            [
                Violation(
                    "unknown-level",
                    found=f"{len(unknown)} value(s) of {variable} that the table does not name",
                    expected=f"one of {', '.join(named)}",
                    remedy="Name the value in the table or correct the data set.",
                    file=file,
                    column=variable,
                )
            ],
        )


def members_of(population: Population, dataset: Dataset, where: "pl.Expr | None" = None) -> "pl.DataFrame":
    """Return the rows of a data set that belong to the population, repeated for the total.

    Parameters
    ----------
    population
        Whose records.
    dataset
        Any data set with USUBJID.
    where
        Condition on the records; None takes all.

    Returns
    -------
    polars.DataFrame
        The variables with ``_row`` (place in the data set), ``_person`` (row in the subject-level data set)
        and ``_group`` (place in ``population.groups``), by group and row.
    """
    import polars as pl

    require_variables(dataset, (SUBJECT,))
    frame = dataset.frame.with_row_index(_ROW).with_columns(pl.col(_ROW).cast(pl.Int64))
    if where is not None:
        frame = frame.filter(where)
    people = population.frame.rename({_ROW: _PERSON})
    joined = frame.join(people, on=SUBJECT, how="inner").sort(_ROW)
    if population.total:
        last = pl.lit(len(population.groups) - 1, dtype=pl.Int64).alias(_GROUP)
        joined = pl.concat([joined, joined.with_columns(last)])
    return joined


def equal_to(conditions: Mapping[str, str]) -> "pl.Expr | None":
    """Return the condition that every variable has its value; None where there is no variable."""
    import polars as pl

    if not conditions:
        return None
    return pl.all_horizontal(pl.col(name) == value for name, value in conditions.items())
