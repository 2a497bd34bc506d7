"""Dates of SDTM: ISO 8601 text, complete or partial, and what can be concluded from them.

A date may end early (``2023``, ``2023-04``), carry a time (``2023-04-05T10:30``) or have a gap for an unknown
part in the middle (``2023---15``: the 15th of an unknown month; ``--04-15``: the year is unknown). SDTM
Implementation Guide 3.4, section 4.4.2; ISO 8601:2004.

The functions take and give polars expressions, so that whole columns are treated at once. An invalid text is
null everywhere except in ``is_date``. Imputation is in ``impute``.
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "PATTERN",
    "PartialDate",
    "day_precision",
    "earliest_day",
    "exact_day",
    "is_date",
    "latest_day",
    "parse_date",
    "study_day",
]

PATTERN = (
    r"^(?P<year>[0-9]{4}|-)"
    r"(?:-(?P<month>0[1-9]|1[0-2]|-)(?:-(?P<day>0[1-9]|[12][0-9]|3[01]|-))?)?"
    r"(?:T(?P<time>(?:[01][0-9]|2[0-3]|-)(?::(?:[0-5][0-9]|-)(?::[0-5][0-9](?:\.[0-9]+)?)?)?)"
    r"(?P<zone>Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?)?$"
)
"""ISO 8601 as SDTM allows it; the calendar (30 February) is checked besides."""

_PATTERN = re.compile(PATTERN)
_MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """What a text says: each part or None where it is unknown."""

    year: int | None
    month: int | None = None
    day: int | None = None
    time: str | None = None

    @property
    def complete(self) -> bool:
        """Whether year, month and day are known."""
        return None not in (self.year, self.month, self.day)

    def days(self) -> tuple[dt.date, dt.date] | None:
        """Return the earliest and latest day it can be; None without a year."""
        if self.year is None:
            return None
        months = [self.month] if self.month else list(_MONTHS)
        lengths = {month: calendar.monthrange(self.year, month)[1] for month in months}
        fitting = [month for month in months if not self.day or self.day <= lengths[month]]
        first, last = fitting[0], fitting[-1]
        return (
            dt.date(self.year, first, self.day or 1),
            dt.date(self.year, last, self.day or lengths[last]),
        )


@lru_cache(maxsize=65_536)  # the date of a visit stands beside every result of it
def parse_date(text: str) -> PartialDate | None:
    """Take one text apart; None where it is no date of SDTM.

    >>> parse_date("2023---15"), parse_date("2023-02-30")
    (PartialDate(year=2023, month=None, day=15, time=None), None)
    """
    match = _PATTERN.match(text)
    if match is None or text.endswith("\n"):
        return None
    year, month, day = (_part(match[name]) for name in ("year", "month", "day"))
    if not _writable(match, year) or (day and not _exists(year, month, day)):
        return None
    return PartialDate(year, month, day, match["time"])


def _part(text: str | None) -> int | None:
    return int(text) if text and text != "-" else None


def _writable(match: re.Match[str], year: int | None) -> bool:
    """Whether gaps stand only before something known, and a time only after a day."""
    if year == 0 or (match["time"] and not match["day"]):
        return False
    if match["day"] == "-" or (match["month"] == "-" and match["day"] is None):
        return bool(match["time"])
    return match["year"] != "-" or match["month"] is not None


def _exists(year: int | None, month: int | None, day: int) -> bool:
    if month is None:
        return True
    return day <= calendar.monthrange(2000 if year is None else year, month)[1]


def _column(value: "str | pl.Expr") -> "pl.Expr":
    import polars as pl

    return pl.col(value) if isinstance(value, str) else value


def _parts(column: "str | pl.Expr") -> "dict[str, pl.Expr]":
    """Year, month and day as whole numbers (null: unknown), and whether the text is a date."""
    import polars as pl

    text = _column(column)
    groups = text.str.extract_groups(PATTERN).struct
    raw = {name: groups.field(name) for name in ("year", "month", "day", "time")}
    parts = {name: raw[name].cast(pl.Int32, strict=False) for name in ("year", "month", "day")}
    known_year = parts["year"].fill_null(2000)
    day = _build(known_year, parts["month"].fill_null(1), parts["day"].fill_null(1))
    ends_in_gap = (raw["day"] == "-").fill_null(value=False) | (
        (raw["month"] == "-").fill_null(value=False) & raw["day"].is_null()
    )
    timed = raw["time"].is_not_null()
    parts["valid"] = (
        raw["year"].is_not_null()
        & (known_year != 0)
        & ~(timed & raw["day"].is_null())
        & (~ends_in_gap | timed)
        & ((raw["year"] != "-") | raw["month"].is_not_null())
        & day.is_not_null()
    )
    return parts


def _build(year: "pl.Expr", month: "pl.Expr", day: "pl.Expr") -> "pl.Expr":
    """Return the day, null where the calendar has none such (30 February) or a part is null."""
    import polars as pl

    text = pl.concat_str(
        year.cast(pl.String).str.zfill(4), month.cast(pl.String).str.zfill(2),
        day.cast(pl.String).str.zfill(2), separator="-",
    )  # fmt: skip
    return text.str.to_date("%Y-%m-%d", strict=False)


def is_date(column: "str | pl.Expr") -> "pl.Expr":
    """Whether each text is a date as SDTM allows it; null stays null."""
    import polars as pl

    return pl.when(_column(column).is_not_null()).then(_parts(column)["valid"])


def day_precision(column: "str | pl.Expr") -> "pl.Expr":
    """Return ``day``, ``month``, ``year`` or ``none``: the finest part known without a gap before it.

    ``2023---15`` has the precision ``year``. Invalid text and null are null.
    """
    import polars as pl

    parts = _parts(column)
    return (
        pl.when(parts["valid"])
        .then(
            pl.when(parts["year"].is_null()).then(pl.lit("none"))
            .when(parts["month"].is_null()).then(pl.lit("year"))
            .when(parts["day"].is_null()).then(pl.lit("month"))
            .otherwise(pl.lit("day"))
        )
    )  # fmt: skip


def exact_day(column: "str | pl.Expr") -> "pl.Expr":
    """Return the day of a complete date, with or without a time; null for a partial one."""
    import polars as pl

    parts = _parts(column)
    return pl.when(parts["valid"]).then(_build(parts["year"], parts["month"], parts["day"]))


def earliest_day(column: "str | pl.Expr") -> "pl.Expr":
    """Return the earliest day a date can be; null without a year."""
    import polars as pl

    parts = _parts(column)
    day = _build(parts["year"], parts["month"].fill_null(1), parts["day"].fill_null(1))
    return pl.when(parts["valid"]).then(day)


def latest_day(column: "str | pl.Expr") -> "pl.Expr":
    """Return the latest day a date can be; null without a year."""
    import polars as pl

    parts = _parts(column)
    month = parts["month"].fill_null(12)
    known = _build(parts["year"], month, parts["day"])
    unknown = _build(parts["year"], month, pl.lit(1)).dt.month_end()
    return pl.when(parts["valid"]).then(pl.when(parts["day"].is_null()).then(unknown).otherwise(known))


def study_day(date: "str | pl.Expr", reference: "str | pl.Expr") -> "pl.Expr":
    """Return the study day of a ``Date``: 1 on the reference day, -1 the day before, never 0.

    SDTM Implementation Guide 3.4, section 4.4.4. Null where either day is.
    """
    import polars as pl

    days = (_column(date) - _column(reference)).dt.total_days()
    return pl.when(days >= 0).then(days + 1).otherwise(days).cast(pl.Float64)
