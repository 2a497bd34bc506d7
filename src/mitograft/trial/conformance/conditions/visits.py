"""Visits: their order and their windows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mitograft.trial.conformance.conditions.logic import NotApplicable
from mitograft.trial.conformance.moments import day_of
from mitograft.trial.conformance.part import Part

if TYPE_CHECKING:
    import polars as pl

__all__ = ["outside_window", "visit_disorder"]


def visit_disorder(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find visits dated before a visit with a lower number of the same subject (days, planned or not)."""
    import polars as pl

    name = arguments["date"]
    table = part.table("USUBJID", "VISITNUM", name).with_columns(day_of(name).alias("_day"))
    table = table.drop_nulls(["USUBJID", "VISITNUM", "_day"])
    visits = table.group_by("USUBJID", "VISITNUM").agg(pl.col("_day").min().alias("_first"))
    visits = visits.sort("USUBJID", "VISITNUM").with_columns(
        pl.col("_first").cum_max().shift(1).over("USUBJID").alias("_before")
    )
    wrong = visits.filter(pl.col("_first") < pl.col("_before"))
    table = table.join(wrong, on=["USUBJID", "VISITNUM"], how="semi").sort("_row")
    return part.hits(table, pl.lit(value=True), ["VISITNUM", name])


def outside_window(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find planned visits on a study day outside their window of the protocol."""
    import polars as pl

    from mitograft.trial.sdtm import study_day

    name = arguments["date"]
    if not part.protocol.visits:
        raise NotApplicable("no visits in the protocol")
    windows = pl.DataFrame(
        [(v.name, _count(v.day) - v.before, _count(v.day) + v.after) for v in part.protocol.visits],
        schema={"VISIT": pl.String, "_low": pl.Int64, "_high": pl.Int64},
        orient="row",
    )
    table = part.table("USUBJID", "VISIT", name, "DM.RFSTDTC").join(windows, on="VISIT", how="inner")
    day = study_day(day_of(name), day_of("DM.RFSTDTC"))
    count = pl.when(day > 0).then(day - 1).otherwise(day)
    return part.hits(
        table.sort("_row"), (count < pl.col("_low")) | (count > pl.col("_high")), ["VISIT", name]
    )


def _count(day: int) -> int:
    """Return days since the first dose: study day 1 is 0, and there is no study day 0."""
    return day - 1 if day > 0 else day
