"""Rows of ADEX: each dose given, and the subject's total and number of doses."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mitograft.trial.adam.rules.dosing import given_doses
from mitograft.trial.adam.work import Work

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RULES", "exposure_rows"]


def exposure_rows(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  makes the rows
    """One row for each dose, and two a subject for total and number."""
    import polars as pl

    doses = given_doses(work).sort("_subject", "start", "time", "EXSEQ", nulls_last=True)
    more = {name: work.collected("EX", name, doses["_row"], number=False) for name in ("EXLOT", "EXROUTE")}
    single = doses.select(
        "_subject",
        "_row",
        pl.lit("DOSE").alias("PARAMCD"),
        pl.col("EXDOSE").alias("AVAL"),
        pl.col("EXDOSU").alias("AVALU"),
        pl.col("start").alias("ADT"),
        "EXTRT",
        more["EXLOT"],
        more["EXROUTE"],
        pl.lit("EX").alias("SRCDOM"),
        pl.lit("EXDOSE").alias("SRCVAR"),
        pl.col("EXSEQ").alias("SRCSEQ"),
    )
    stated = pl.col("EXDOSE").is_not_null().all() & (pl.col("EXDOSU").n_unique() == 1)
    sums = doses.group_by("_subject", maintain_order=True).agg(
        pl.when(stated).then(pl.col("EXDOSE").sum()).alias("TOTDOSE"),
        pl.len().cast(pl.Float64).alias("NDOSES"),
        pl.when(stated).then(pl.col("EXDOSU").first()).alias("_unit"),
        pl.col("start").first().alias("ADT"),
    )
    totals = [
        sums.select(
            "_subject",
            pl.lit(name).alias("PARAMCD"),
            pl.col(name).alias("AVAL"),
            pl.col("_unit").alias("AVALU") if name == "TOTDOSE" else pl.lit(None, pl.String).alias("AVALU"),
            "ADT",
        )
        for name in ("TOTDOSE", "NDOSES")
    ]
    return _numbered(pl.concat([single, *totals], how="diagonal"), work)


def _numbered(rows: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    import polars as pl

    parameters = work.specification["ADEX"].parameters
    code = pl.col("PARAMCD")
    named = rows.with_columns(
        code.replace_strict({p.code: p.name for p in parameters}).alias("PARAM"),
        code.replace_strict({p.code: float(p.number) for p in parameters}).alias("PARAMN"),
        pl.col("AVAL").cast(pl.String).str.strip_suffix(".0").alias("AVALC"),
    )
    ordered = named.sort("_subject", "PARAMN", "ADT", "SRCSEQ", maintain_order=True)
    sequence = pl.int_range(1, pl.len() + 1).over("_subject").cast(pl.Float64)
    return ordered.with_columns(sequence.alias("ASEQ"))


RULES: Mapping[str, Callable[["pl.DataFrame", Work], "pl.DataFrame"]] = {"exposure_rows": exposure_rows}
