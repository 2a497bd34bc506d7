"""Compare dates that may be partial: only what is certain counts.

Two ISO 8601 texts are compared as far as both are known: 2024-03 is certainly before 2024-04-02, but neither
before nor after 2024-03-15. What follows a gap (2023---15) is not used; minutes are, seconds and zones not.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

__all__ = ["certainly_before", "day_of", "known_part"]

_MINUTES = 16
_DAY = 10


def known_part(name: str) -> "pl.Expr":
    """Return the text of a date up to its first gap, to the minute; null for none."""
    import polars as pl

    text = pl.col(name).str.replace(r"-[-T].*", "").str.slice(0, _MINUTES)
    return pl.when(text.str.len_chars() >= len("2024")).then(text)


def day_of(name: str) -> "pl.Expr":
    """Return the day of a date that is known to the day; null for others."""
    import polars as pl

    return pl.col(name).str.slice(0, _DAY).str.to_date("%Y-%m-%d", strict=False)


def certainly_before(table: "pl.DataFrame", first: str, second: str) -> "pl.DataFrame":
    """Return the rows in which ``first`` is before ``second`` however the unknown parts are read."""
    import polars as pl

    # If the beginnings differ this way, so do the whole texts: the cheap comparison leaves few to look at.
    likely = table.filter(pl.col(first) < pl.col(second))
    one, other = known_part(first), known_part(second)
    length = pl.min_horizontal(one.str.len_chars(), other.str.len_chars())
    return likely.filter(one.str.slice(0, length) < other.str.slice(0, length))
