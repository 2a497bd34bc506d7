"""Dates shifted by a number of days of each subject: what lies between two dates stays.

A complete date moves by exactly the shift; its time stays. Of a partial one the middle of what it can be
moves, and what was known of it is written: ``2023-04`` with a shift of -100 days becomes the month of
2023-04-15 less 100 days. A gap in the middle (``2023---15``) is left off, because the day of an unknown month
means nothing after a shift. Study days of complete dates are the same before and after; a partial date may
come to lie on the other side of a dose.

All shifts go back by more than the study is long, so that no year of the study, and with it no date of
anybody, occurs again. Dates before 1900 or after 2199, and text that is no date, are emptied.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from mitograft.trial.deidentify.codes import derive_number
from mitograft.trial.sdtm.dates import day_precision, earliest_day, latest_day

if TYPE_CHECKING:
    import polars as pl

__all__ = ["date_limits", "make_shifts", "shift_dates", "shift_text"]

_FIRST, _LAST = date(1900, 1, 1), date(2199, 12, 31)
_DAYS_A_YEAR = 366
_SECONDS_A_DAY = 86_400
_WRITTEN = {"day": 10, "month": 7, "year": 4}


def date_limits(columns: Iterable["pl.Series"]) -> tuple[date, date] | None:
    """Return the earliest and latest day in columns of dates or ISO 8601 text; None where there is none."""
    found: list[date] = []
    for column in columns:
        low, high = _bounds(column)
        found += [day for day in (low.min(), high.max()) if isinstance(day, date)]
    return (min(found), max(found)) if found else None


def _bounds(column: "pl.Series") -> "tuple[pl.Series, pl.Series]":
    """Return the earliest and the latest day of each cell; null where it is none that can be shifted."""
    import polars as pl

    frame = column.alias("cell").to_frame()
    if column.dtype == pl.Date:
        frame = frame.select(low="cell", high="cell")
    else:
        frame = frame.select(low=earliest_day("cell"), high=latest_day("cell"))
    sound = pl.col("low").is_between(_FIRST, _LAST) & pl.col("high").is_between(_FIRST, _LAST)
    frame = frame.select(pl.when(sound).then(pl.col("low")), pl.when(sound).then(pl.col("high")))
    return frame["low"], frame["high"]


def make_shifts(
    key: bytes, subjects: Iterable[str], limits: tuple[date, date] | None, jitter: int
) -> Mapping[str, int]:
    """Return the days to add to every date of a subject, by USUBJID; all are negative.

    Parameters
    ----------
    key
        The secret key.
    subjects
        Their USUBJID.
    limits
        Earliest and latest day of the study (``date_limits``).
    jitter
        Days by which the shifts differ.
    """
    length = (limits[1] - limits[0]).days if limits else 0
    least = length + 2 * _DAYS_A_YEAR
    return {
        subject: -(least + derive_number(key, "shift", subject, jitter)) for subject in sorted(set(subjects))
    }


def shift_text(column: "pl.Series", days: "pl.Series") -> "pl.Series":
    """Return ISO 8601 dates shifted by a number of days in each row; null where either is missing.

    >>> import polars as pl
    >>> cells = ["2023-04-05T10:30", "2023-04", "2023", "2023---15", "unknown"]
    >>> shift_text(pl.Series(cells), pl.Series([-100] * 5)).to_list()
    ['2022-12-26T10:30', '2023-01', '2023', '2023', None]
    """
    import polars as pl

    low, high = _bounds(column)
    frame = pl.DataFrame({"cell": column, "low": low, "high": high, "days": days})
    middle = pl.col("low") + (pl.col("high") - pl.col("low")) / 2
    text = (middle + pl.duration(days="days")).dt.to_string("%Y-%m-%d")
    precision = day_precision("cell")
    written: Any = pl.when(precision == "day").then(text + pl.col("cell").str.slice(_WRITTEN["day"]))
    for name in ("month", "year"):
        written = written.when(precision == name).then(text.str.slice(0, _WRITTEN[name]))
    return frame.select(written.alias(column.name)).to_series()


def shift_dates(column: "pl.Series", days: "pl.Series") -> "pl.Series":
    """Return dates, or seconds since 1960 (SAS date-times), shifted by a number of days in each row."""
    import polars as pl

    if column.dtype == pl.Date:
        low, _ = _bounds(column)
        frame = pl.DataFrame({"cell": low, "days": days})
        return (
            frame.select((pl.col("cell") + pl.duration(days="days")).cast(pl.Date))
            .to_series()
            .alias(column.name)
        )
    return (column + days.cast(pl.Float64) * _SECONDS_A_DAY).alias(column.name)
