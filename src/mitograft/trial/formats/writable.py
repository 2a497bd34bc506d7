"""Bring a data set to the one form that every format holds alike, before it is written."""

from dataclasses import replace
from typing import TYPE_CHECKING

from mitograft.errors import InputError, UsageError, Violation
from mitograft.trial.dataset import Dataset, Variable
from mitograft.trial.formats.typed import FIRST_RECORD

if TYPE_CHECKING:
    import polars as pl

__all__ = ["writable"]


def writable(dataset: Dataset) -> Dataset:
    """Return a data set with text, numbers and dates as its variables say.

    Text loses trailing blanks and is null where empty; "not a number" is null.

    Raises
    ------
    UsageError
        If a column is not of its variable's type.
    InputError
        If a number is infinite; lists every one.
    """
    columns = [_column(dataset, variable) for variable in dataset.variables]
    file = dataset.source or dataset.name
    violations = [
        Violation(
            "not-a-number",
            "an infinite number",
            "a finite number, or no value",
            "Mend the calculation.",
            file,
            index + FIRST_RECORD,
            variable.name,
        )
        for variable, column in zip(dataset.variables, columns, strict=True)
        if variable.type == "number"
        for index in column.is_infinite().arg_true().to_list()
    ]
    if violations:
        raise InputError(file, violations)
    import polars as pl

    return replace(dataset, frame=pl.DataFrame(columns))


def _column(dataset: Dataset, variable: Variable) -> "pl.Series":
    import polars as pl

    column = dataset.frame[variable.name]
    kind = {"text": pl.String, "number": pl.Float64, "date": pl.Date}[variable.type]
    fits = column.dtype in (kind, pl.Null) or (variable.type == "number" and column.dtype.is_numeric())
    fits = fits or (variable.type == "text" and column.dtype in (pl.Categorical, pl.Enum))
    if not fits:
        raise UsageError(f"{dataset.name}.{variable.name}: found {column.dtype}; expected {variable.type}.")
    column = column.cast(kind)
    if variable.type == "number":
        return column.fill_nan(None)
    if variable.type == "date":
        return column
    stripped = column.str.strip_chars_end(" ")
    return stripped.to_frame("").select(pl.when(stripped != "").then(stripped)).to_series().alias(column.name)
