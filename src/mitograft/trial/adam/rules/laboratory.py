"""Rules of ADLB: rows, reference range, toxicity grades, shifts."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mitograft.trial.adam.rules.results import Place, after_baseline, by_distinct, named_rows, of_baseline
from mitograft.trial.adam.work import Work

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RULES", "grade_shift", "grades", "laboratory_rows", "range_indicator", "range_shift"]


def laboratory_rows(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  makes the rows
    """One row for each result of LB."""
    return named_rows(work, "ADLB", [Place("LB", {})])


def range_indicator(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  one interface
    """Compare the value with its normal range."""
    import polars as pl

    value, low, high = pl.col("AVAL"), pl.col("ANRLO"), pl.col("ANRHI")
    limits = value.is_not_null() & (low.is_not_null() | high.is_not_null())
    indicator = (
        pl.when(value < low)
        .then(pl.lit("LOW"))
        .when(value > high)
        .then(pl.lit("HIGH"))
        .when(limits)
        .then(pl.lit("NORMAL"))
        .otherwise(pl.col("_indicator").str.to_uppercase())
    )
    return frame.with_columns(indicator.alias("ANRIND"))


def range_shift(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Shift of the range indicator from baseline."""
    import polars as pl

    made = frame.with_columns(of_baseline(frame, "ANRIND").alias("BNRIND"))
    before, now = (pl.col(name).str.to_titlecase() for name in ("BNRIND", "ANRIND"))
    named = by_distinct(made, ("BNRIND", "ANRIND"), (before + " to " + now).alias("SHIFT1"))
    return named.with_columns(pl.when(after_baseline(work)).then(pl.col("SHIFT1")))


def grade_shift(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Shift of the toxicity grade from baseline."""
    import polars as pl

    made = frame.with_columns(of_baseline(frame, "ATOXGR").alias("BTOXGR"))
    words = (pl.col("BTOXGR") + " to " + pl.col("ATOXGR")).alias("SHIFT2")
    named = by_distinct(made, ("BTOXGR", "ATOXGR"), words)
    return named.with_columns(pl.when(after_baseline(work)).then(pl.col("SHIFT2")))


def grades(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Grade values by the protocol's version of the criteria.

    Where a criterion refers to the baseline, a record up to the baseline is graded without one.
    """
    import polars as pl

    from mitograft.trial.coding import load_grading

    later = pl.int_range(pl.len()) > pl.col("_base")
    asked = frame.select(
        pl.col("PARAMCD").alias("test"),
        pl.col("AVAL").alias("value"),
        pl.col("ANRLO").alias("low"),
        pl.col("ANRHI").alias("high"),
        pl.when(later).then(pl.col("BASE")).alias("baseline"),
        pl.col("AVALU").alias("unit"),
    )
    distinct = asked.unique(maintain_order=True)
    graded = load_grading(work.protocol.ctcae).grade(*(distinct[name] for name in distinct.columns))
    answers = distinct.with_columns(
        graded["grade"].cast(pl.Int64).cast(pl.String).alias("ATOXGR"), graded["term"].alias("ATOXDSC")
    )
    found = asked.join(answers, on=asked.columns, how="left", nulls_equal=True, maintain_order="left")
    return frame.with_columns(found["ATOXGR"], found["ATOXDSC"])


RULES: Mapping[str, Callable[["pl.DataFrame", Work], "pl.DataFrame"]] = {
    rule.__name__: rule for rule in (laboratory_rows, range_indicator, range_shift, grades, grade_shift)
}
