"""Type, length and decimals of a variable as its data have them, in the words of Define-XML."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Extent", "measure_column"]

_DATE = r"^\d{4}-\d\d-\d\d$"
_MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$"
_PARTIAL_DATE = r"^\d{4}(-\d\d(-\d\d)?)?$"
_EXACT = 1e15
_NUMBER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Extent:
    """Type with the greatest length and the most decimals found; None where the type has none."""

    type: str
    length: int | None = None
    digits: int | None = None
    empty: bool = False


def measure_column(column: "pl.Series", *, date: bool = False) -> Extent:
    """Return type, length and decimals of a column.

    A date of an analysis data set is a whole number of days; text without any value has the length 1.

    Parameters
    ----------
    column
        Text or numbers.
    date
        Whether the text is ISO 8601: ``date``, ``datetime``, ``partialDate`` or ``incompleteDatetime``,
        whichever all values are.

    >>> import polars as pl
    >>> measure_column(pl.Series([1.5, 22.25, None]))
    Extent(type='float', length=5, digits=2, empty=False)
    >>> measure_column(pl.Series(["2026-01-02", "2026-01"]), date=True).type
    'partialDate'
    """
    import polars as pl

    values = column.drop_nulls().unique()
    empty = values.is_empty()
    if column.dtype == pl.Date:
        return Extent("integer", _NUMBER_BYTES, None, empty)
    if column.dtype == pl.String:
        if date:
            return Extent(_date_type(values), None, None, empty)
        return Extent("text", int(values.str.len_bytes().max() or 1), None, empty)  # type: ignore[arg-type]
    if empty:
        return Extent("integer", _NUMBER_BYTES, None, empty=True)
    return _number(values)


def _number(values: "pl.Series") -> Extent:
    import polars as pl

    whole = values.cast(pl.Float64)
    if bool(((whole.floor() == whole) & (whole.abs() < _EXACT)).all()):
        return Extent("integer", int(whole.cast(pl.Int64).cast(pl.String).str.len_bytes().max() or 1))  # type: ignore[arg-type]
    text = [_plain(value) for value in values.to_list()]
    digits = max(len(part.partition(".")[2]) for part in text)
    return Extent("float", max(map(len, text)), digits)


def _plain(value: float) -> str:
    """Write a number without exponent, and without decimals where it has none."""
    written = repr(float(value))
    if "e" in written:
        from decimal import Decimal

        written = format(Decimal(written), "f")
    return re.sub(r"\.0$", "", written)


def _date_type(values: "pl.Series") -> str:
    for pattern, kind in ((_DATE, "date"), (_MOMENT, "datetime"), (_PARTIAL_DATE, "partialDate")):
        if bool(values.str.contains(pattern).all()):
            return kind
    return "incompleteDatetime"
