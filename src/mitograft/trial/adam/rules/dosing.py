"""Doses that were given, as EX records them."""

from typing import TYPE_CHECKING

from mitograft.trial.adam.work import Work
from mitograft.trial.sdtm.dates import earliest_day, latest_day

if TYPE_CHECKING:
    import polars as pl

__all__ = ["clock_time", "complete_day", "given_doses"]


def given_doses(work: Work) -> "pl.DataFrame":
    """Return the rows of EX that stand for a dose that was given, with ``start``, ``end`` and ``time``.

    A dose of 0 counts only where the treatment is a placebo by its name or by the subject's planned arm; a
    dose that is not stated counts; EXOCCUR = N does not.
    """
    import polars as pl

    doses = work.domain("EX", ("EXTRT", "EXDOSU", "EXSTDTC", "EXENDTC", "EXOCCUR"), ("EXSEQ", "EXDOSE"))
    placebo = [arm.code for arm in work.protocol.arms if arm.placebo]
    arm = work.collected("DM", "ARMCD", work.subjects["_row"], number=False)
    doses = doses.with_columns(arm.gather(doses["_subject"]).alias("_arm"))
    inert = pl.col("EXTRT").str.to_uppercase().str.contains("PLACEBO", literal=True) | pl.col("_arm").is_in(
        placebo
    )
    given = (pl.col("EXDOSE").is_null() | (pl.col("EXDOSE") > 0) | inert.fill_null(value=False)) & (
        pl.col("EXOCCUR").fill_null("Y").str.to_uppercase() != "N"
    )
    return doses.filter(given).with_columns(
        earliest_day(pl.col("EXSTDTC")).alias("start"),
        latest_day(pl.coalesce("EXENDTC", "EXSTDTC")).alias("end"),
        clock_time(pl.col("EXSTDTC")).alias("time"),
    )


def complete_day(text: "pl.Expr") -> "pl.Expr":
    """Return the day of a complete ISO 8601 date; the quick way for whole columns of results."""
    return text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def clock_time(text: "pl.Expr") -> "pl.Expr":
    """Return the time of day of an ISO 8601 text as hours and minutes; null where there is none."""
    return text.str.extract(r"^\d{4}-\d{2}-\d{2}T(\d{2}:\d{2})", 1)
