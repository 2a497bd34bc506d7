"""A data set to a SAS transport file and back.

Dates of an analysis data set are numbers with a date format in SAS: days since 1 January 1960. They are
written with the format DATE9. and every date format is read as a date. Date-times and times stay numbers.
"""

from typing import TYPE_CHECKING, Any

from mitograft.errors import InputError, describe_cell
from mitograft.tables.problems import Problems
from mitograft.tables.transport import Transport, TransportVariable, Version, encode_transport
from mitograft.tables.transport_number import NUMBER_BYTES
from mitograft.tables.transport_read import decode_transport
from mitograft.trial.dataset import Dataset, Variable
from mitograft.trial.formats.limits import check_transport
from mitograft.trial.formats.typed import FIRST_RECORD, make_dataset, unique_names

if TYPE_CHECKING:
    import polars as pl

__all__ = ["decode_xpt", "encode_xpt"]

_DATE_FORMATS = frozenset(
    ("DATE", "DDMMYY", "MMDDYY", "YYMMDD", "E8601DA", "B8601DA", "IS8601DA", "DDMMYYD", "MMDDYYD", "YYMMDDD")
)
_DATE = ("DATE", 9)
_EPOCH_DAYS = 3653  # from 1 January 1960, day 0 of SAS, to 1 January 1970
_FARTHEST = 10_000_000  # days; beyond the year 9999 there is no date


def encode_xpt(dataset: Dataset, version: Version) -> bytes:
    """Return a data set as the bytes of a transport file.

    Raises
    ------
    InputError
        If it breaks a limit of the version; lists every violation of ``check_transport``.
    """
    violations = check_transport(dataset, version)
    if violations:
        raise InputError(dataset.source or dataset.name, violations)
    import polars as pl

    days = [
        (pl.col(v.name).cast(pl.Int32) + _EPOCH_DAYS).cast(pl.Float64)
        for v in dataset.variables
        if v.type == "date"
    ]
    frame = dataset.frame.with_columns(days)
    variables = tuple(_variable(v, frame[v.name]) for v in dataset.variables)
    return encode_transport(Transport(dataset.name, dataset.label, version, variables, frame))


def _variable(variable: Variable, column: "pl.Series") -> TransportVariable:
    if variable.type == "text":
        longest: Any = column.str.len_bytes().max()
        return TransportVariable(variable.name, variable.label, True, max(variable.length or 1, longest or 1))  # noqa: FBT003
    said = _DATE if variable.type == "date" else ("", 0)
    return TransportVariable(variable.name, variable.label, False, NUMBER_BYTES, *said)  # noqa: FBT003


def decode_xpt(data: bytes, name: str, file: str) -> Dataset:
    """Return the data set in a transport file.

    Parameters
    ----------
    data
        The whole file.
    name, file
        Name to give the data set, and the file's for messages.

    Raises
    ------
    InputError
        If it is no transport file or is damaged (``decode_transport``), or a date is none.
    """
    table = decode_transport(data, file)
    names = unique_names(table.frame.columns, file)
    variables = [
        Variable(capital, v.label, _type(v), v.length if v.text else None)
        for capital, v in zip(names, table.variables, strict=True)
    ]
    frame = table.frame.rename(dict(zip(table.frame.columns, names, strict=True)))
    return make_dataset(_with_dates(frame, variables, file), name, table.label, variables, file)


def _type(variable: TransportVariable) -> Any:
    if variable.text:
        return "text"
    return "date" if variable.format.upper() in _DATE_FORMATS else "number"


def _with_dates(frame: "pl.DataFrame", variables: list[Variable], file: str) -> "pl.DataFrame":
    import polars as pl

    problems = Problems(file)
    dates = [variable.name for variable in variables if variable.type == "date"]
    for name in dates:
        column = frame[name]
        wrong = (column != column.floor()) | (column.abs() > _FARTHEST)
        for index in wrong.fill_null(value=False).arg_true().to_list():
            found = describe_cell(column[index])
            remedy = "Give the variable a format of numbers, or whole dates."
            problems.add("not-a-date", found, "whole days since 1960", remedy, index + FIRST_RECORD, name)
    problems.raise_any()
    return frame.with_columns((pl.col(dates).cast(pl.Int32) - _EPOCH_DAYS).cast(pl.Date)) if dates else frame
