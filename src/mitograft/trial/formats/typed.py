"""From plain cells to a data set: each column gets the type of its variable, each row its origin."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mitograft.errors import describe_cell
from mitograft.tables.contract import Cell, RawTable
from mitograft.tables.problems import Problems
from mitograft.tables.typed import number_text
from mitograft.trial.dataset import Dataset, Variable

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FIRST_RECORD", "make_dataset", "make_origins", "typed_dataset", "unique_names"]

FIRST_RECORD = 2  # counted as if the names were row 1, whatever the kind of file
_SHOWN_NAME = 40


def make_dataset(
    frame: "pl.DataFrame", name: str, label: str, variables: Sequence[Variable], file: str
) -> Dataset:
    """Return a data set from columns of the right types without trailing blanks, row by row as in it."""
    origins = make_origins(file, range(FIRST_RECORD, frame.height + FIRST_RECORD))
    return Dataset(name, label, frame, tuple(variables), file, origins)


def make_origins(file: str, rows: Sequence[int]) -> "pl.DataFrame":
    """Return the origins of rows that were read whole from one file."""
    import polars as pl

    columns = {"row": pl.Series(rows, dtype=pl.Int64)}
    whole = pl.DataFrame(columns).with_columns(pl.lit(file).alias("file"), pl.lit("").alias("fields"))
    return whole.select("file", "row", "fields")


def typed_dataset(raw: RawTable, name: str, label: str, variables: Sequence[Variable]) -> Dataset:
    """Return a data set from the cells of a file.

    Parameters
    ----------
    raw
        The file's columns.
    name, label
        Of the data set.
    variables
        One for each column, in order.

    Raises
    ------
    InputError
        If a cell of a number or date is none; lists every one.
    """
    import polars as pl

    problems = Problems(raw.source)
    columns = [
        _column(variable, cells, raw.rows, problems)
        for variable, cells in zip(variables, raw.columns.values(), strict=True)
    ]
    problems.raise_any()
    frame = _without_trailing_blanks(pl.DataFrame(columns))
    origins = make_origins(raw.source, raw.rows)
    return Dataset(name, label, frame, tuple(variables), raw.source, origins)


def unique_names(names: Iterable[str], file: str) -> list[str]:
    """Return names in capitals.

    Raises
    ------
    InputError
        If two are the same then, or one is empty.
    """
    found: list[str] = []
    problems = Problems(file)
    for name in names:
        capital = name.strip().upper()
        if not capital:
            remedy = "Give the variable its name."
            problems.add("variable-name", "a variable without a name", "a name", remedy)
        elif capital in found:
            said = f"the variable {capital[:_SHOWN_NAME]} twice"
            remedy = "Give each variable a name of its own; capitals and small letters are the same."
            problems.add("repeated-variable", said, "each variable once", remedy, None, capital[:_SHOWN_NAME])
        found.append(capital)
    problems.raise_any()
    return found


def _column(
    variable: Variable, cells: Sequence[Cell], rows: Sequence[int], problems: Problems
) -> "pl.Series":
    import polars as pl

    if variable.type == "number" and not any(isinstance(cell, str) for cell in cells):
        numbers = pl.Series(variable.name, cells, dtype=pl.Float64, strict=False)
        for index in numbers.is_infinite().arg_true().to_list():
            problems.add(
                "not-a-number", "an infinite number", "a number", "Mend it.", rows[index], variable.name
            )
        return numbers
    texts = pl.Series(variable.name, [_text(cell) for cell in cells], dtype=pl.String)
    if variable.type == "text":
        return texts
    texts = _blank_to_null(texts.str.strip_chars())
    if variable.type == "number":
        typed = texts.cast(pl.Float64, strict=False)
        typed = _blank_to_null(typed)
        rule, expected = "not-a-number", "a number, or nothing"
    else:
        typed = texts.str.to_date("%Y-%m-%d", strict=False)
        rule, expected = "not-a-date", "a whole date such as 2026-03-31, or nothing"
    for index in (typed.is_null() & texts.is_not_null()).arg_true().to_list():
        problems.add(
            rule,
            describe_cell(texts[index]),
            expected,
            "Mend the cell, or say that the variable is text.",
            rows[index],
            variable.name,
        )
    return typed


def _text(cell: Cell) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    return str(cell).lower() if isinstance(cell, bool) else number_text(cell)


def _blank_to_null(column: "pl.Series") -> "pl.Series":
    """Return a column with null for empty text and for numbers that are not finite."""
    import polars as pl

    sound = column != "" if column.dtype == pl.String else column.is_finite()
    return column.to_frame("").select(pl.when(sound).then(pl.first())).to_series().alias(column.name)


def _without_trailing_blanks(frame: "pl.DataFrame") -> "pl.DataFrame":
    import polars as pl

    stripped = pl.col(pl.String).str.strip_chars_end(" ")
    return frame.with_columns(pl.when(stripped != "").then(stripped).name.keep())
