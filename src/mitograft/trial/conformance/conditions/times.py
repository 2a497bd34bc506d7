"""Dates against one another; partial dates count only where the order is certain."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mitograft.trial.conformance.conditions.logic import NotApplicable, holds
from mitograft.trial.conformance.moments import certainly_before, day_of
from mitograft.trial.conformance.part import Part, typed_columns

if TYPE_CHECKING:
    import polars as pl

__all__ = ["after_cutoff", "end_without_start", "precedes", "wrong_first_dose", "wrong_study_day"]

_STARTS = ("--STDTC", "--STRF", "--STRTPT")
_ENDS = ("--ENDTC", "--ENRF", "--ENRTPT")
_DAYS = {"--DY": "--DTC", "--STDY": "--STDTC", "--ENDY": "--ENDTC"}


def precedes(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find rows where ``first`` is certainly before ``second``; ``when`` restricts the rows."""
    first, second = arguments["first"], arguments["second"]
    when = holds(arguments.get("when", ""))
    table = part.table(first, second, *when.names)
    names = [name for name in (first, second) if "." not in name]
    return part.hits(certainly_before(table, first, second), when.expression(), names)


def end_without_start(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find rows that say when something ended but not when it began."""
    import polars as pl

    starts = [name for name in _STARTS if part.has(name)]
    ends = [name for name in _ENDS if part.has(name)]
    flag = pl.any_horizontal(pl.col(ends).is_not_null())
    if starts:
        flag &= pl.all_horizontal(pl.col(starts).is_null())
    return part.hits(part.table(*starts, *ends), flag, [*starts[:1], *ends[:1]])


def after_cutoff(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find a date after the data cut-off of the protocol."""
    import polars as pl

    if part.protocol.cutoff is None:
        raise NotApplicable("no data cut-off in the protocol")
    name = arguments["variable"]
    table = part.table(name).with_columns(pl.lit(part.protocol.cutoff).alias("_cutoff"))
    return part.hits(certainly_before(table, "_cutoff", name), pl.lit(value=True), [name])


def wrong_study_day(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find study days that do not follow from the date and RFSTDTC (day 1; no day 0)."""
    import polars as pl

    from mitograft.trial.sdtm import study_day

    pairs = [(day, date) for day, date in _DAYS.items() if part.has(day) and part.has(date)]
    if not pairs:
        raise NotApplicable("no study day with its date")
    table = part.table("USUBJID", *(name for pair in pairs for name in pair), "DM.RFSTDTC")
    table = table.with_columns(day_of("DM.RFSTDTC").alias("_start"))
    hits = [part.whole([])]
    for day, date in pairs:
        right = study_day(day_of(date), "_start")
        hits.append(part.hits(table, pl.col(day) != right, [day, date]))
    return pl.concat(hits)


def wrong_first_dose(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find subjects whose ``variable`` is not the day of their first dose in EX."""
    import polars as pl

    name = arguments["variable"]
    doses = pl.concat(
        [
            typed_columns(item, {"USUBJID": "USUBJID", "_first": "EXSTDTC"}).with_columns(day_of("_first"))
            for item in part.others("EX")
            if {"USUBJID", "EXSTDTC"} <= set(item.frame.columns)
        ]
    )
    first = doses.group_by("USUBJID").agg(pl.col("_first").min()).drop_nulls()
    table = part.table("USUBJID", name).join(first, on="USUBJID", how="inner").sort("_row")
    return part.hits(table, day_of(name) != pl.col("_first"), [name])
