"""Imputation of partial dates, with the flag that says which part was imputed.

Days that a partial date can be form a range; an imputed day is always one of them. ``2023---15`` can be only
a 15th. Bounds (first dose, death, data cut-off) move an imputed day within that range, never out of it, and
never a day that was collected whole. Flags as in the ADaM Implementation Guide 1.3, section 3.1.4: D, M or Y
for day, month or year, the highest part that was imputed.
"""

from typing import TYPE_CHECKING, Literal

from mitograft.trial.sdtm.dates import day_precision, earliest_day, latest_day

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Highest", "ImputationRule", "impute_date"]

ImputationRule = Literal["first", "middle", "last"]
Highest = Literal["day", "month", "year"]

_RANKS = {"day": 1, "month": 2, "year": 3}
_MONTHS = tuple(f"{month:02}" for month in range(1, 13))


def impute_date(
    column: "str | pl.Expr",
    rule: ImputationRule = "first",
    *,
    not_before: "pl.Expr | None" = None,
    not_after: "pl.Expr | None" = None,
    highest: Highest = "month",
) -> "tuple[pl.Expr, pl.Expr]":
    """Return the day of each date, imputed where it is partial, and the flag.

    Parameters
    ----------
    column
        Text in ISO 8601.
    rule
        ``first`` or ``last`` of the days it can be, or ``middle``: the 15th of the month, 30 June of the
        year.
    not_before, not_after
        Days (``Date``) that move an imputed day, for example the first dose and the death or data cut-off. A
        bound before or after all days the date can be moves it only to its own first or last day. Where the
        two contradict each other, ``not_after`` wins.
    highest
        The highest part that may be imputed. With ``year`` a missing date (or year) becomes ``not_before``
        (``first``), ``not_after`` (``last``), or the one of them there is.

    Returns
    -------
    day, flag
        Expressions of type ``Date`` and ``String``; both null where nothing can be concluded, the flag also
        where the date is complete.
    """
    import polars as pl

    text = pl.col(column) if isinstance(column, str) else column
    precision = day_precision(text)
    flag = precision.replace_strict(
        {"day": None, "month": "D", "year": "M"}, default=None, return_dtype=pl.String
    )
    chosen = _bounded(text, _choose(text, rule), not_before, not_after)
    rank = precision.replace_strict({"day": 0, "month": 1, "year": 2}, default=None, return_dtype=pl.Int8)
    allowed = rank <= _RANKS[highest]
    day, mark = pl.when(allowed).then(chosen), pl.when(allowed).then(flag)
    if highest != "year":
        return day, mark
    whole = _whole(rule, not_before, not_after)
    missing = text.is_null() | (precision == "none")
    return (
        pl.when(missing).then(whole).otherwise(day),
        pl.when(missing).then(pl.when(whole.is_not_null()).then(pl.lit("Y"))).otherwise(mark),
    )


def _whole(rule: ImputationRule, not_before: "pl.Expr | None", not_after: "pl.Expr | None") -> "pl.Expr":
    """Return the day of a date of which nothing is known."""
    import polars as pl

    bounds = [bound for bound in (not_before, not_after) if bound is not None]
    if not bounds:
        return pl.lit(None, dtype=pl.Date)
    first = pl.coalesce(bounds if rule == "first" else bounds[::-1])
    return first if not_after is None else pl.min_horizontal(first, not_after)


def _choose(text: "pl.Expr", rule: ImputationRule) -> "pl.Expr":
    import polars as pl

    if rule == "first":
        return earliest_day(text)
    if rule == "last":
        return latest_day(text)
    year, gap = text.str.slice(0, 4), _gap_days(text)
    in_month = text.str.slice(0, 7) + "-15"
    return (
        pl.when(day_precision(text) == "day").then(earliest_day(text))
        .when(day_precision(text) == "month").then(in_month.str.to_date("%Y-%m-%d", strict=False))
        .when(_has_gap(text)).then(pl.coalesce(gap[5], gap[6]))
        .otherwise((year + "-06-30").str.to_date("%Y-%m-%d", strict=False))
    )  # fmt: skip


def _has_gap(text: "pl.Expr") -> "pl.Expr":
    """Whether the month is unknown and the day is known."""
    return text.str.contains(r"^[0-9]{4}---[0-9]{2}")


def _gap_days(text: "pl.Expr") -> "list[pl.Expr]":
    """Return the day in each of the twelve months; null where the month has none such."""
    year, day = text.str.slice(0, 4), text.str.slice(7, 2)
    return [(year + f"-{month}-" + day).str.to_date("%Y-%m-%d", strict=False) for month in _MONTHS]


def _bounded(
    text: "pl.Expr", day: "pl.Expr", not_before: "pl.Expr | None", not_after: "pl.Expr | None"
) -> "pl.Expr":
    import polars as pl

    first, last = earliest_day(text), latest_day(text)
    gap, gap_days = _has_gap(text), _gap_days(text)
    if not_before is not None:
        bound = pl.min_horizontal(not_before, last)
        later = pl.min_horizontal([pl.when(d >= bound).then(d) for d in gap_days])
        moved = pl.when(gap).then(later).otherwise(bound)
        day = pl.when((day < bound) & bound.is_not_null()).then(moved).otherwise(day)
    if not_after is not None:
        bound = pl.max_horizontal(not_after, first)
        sooner = pl.max_horizontal([pl.when(d <= bound).then(d) for d in gap_days])
        moved = pl.when(gap).then(sooner).otherwise(bound)
        day = pl.when((day > bound) & not_after.is_not_null()).then(moved).otherwise(day)
    return day
