"""The lineage of whole data sets: a row for each record and each record it was made from."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from mitograft.trial.adam.specification import Specification
from mitograft.trial.dataset import Datasets

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Derived", "trace_records"]

_COLUMNS = (
    "dataset",
    "usubjid",
    "record",
    "parameter",
    "rule",
    "source_dataset",
    "source_variable",
    "source_record",
    "source_row",
)


class Derived(NamedTuple):
    """Derived data sets, their specification and the links of their records to the collected rows."""

    datasets: Datasets
    specification: Specification
    links: "Mapping[str, pl.DataFrame]"


def trace_records(made: Derived) -> "pl.DataFrame":
    """List every record with the records it was made from.

    Returns
    -------
    polars.DataFrame
        ``dataset``, ``usubjid``, ``record`` (ASEQ, AESEQ; null for ADSL and ADTTE), ``parameter``, ``rule``
        (the function that made the record), ``source_dataset``, ``source_variable``, ``source_record`` (its
        sequence number) and ``source_row`` (its row in the collected data set, from 0). A record made of
        several has a row for each.
    """
    import polars as pl

    frames = [_records(made, name) for name in made.datasets]
    return pl.concat([*frames, *_more(made)], how="diagonal").select(_COLUMNS).sort(_COLUMNS, nulls_last=True)


_SINGLE = {"ADSL": ("DM", "USUBJID", None), "ADAE": ("AE", "AESEQ", "AESEQ")}


def _records(made: Derived, name: str) -> "pl.DataFrame":
    """Return the single source of each record, null where it has several."""
    import polars as pl

    frame = made.datasets[name].frame.with_columns(made.links[name]["_row"].alias("source_row"))
    rule = pl.lit(made.specification[name].rule).alias("rule")
    head = (pl.lit(name).alias("dataset"), pl.col("USUBJID").alias("usubjid"), rule, "source_row")
    if name in _SINGLE:
        domain, variable, sequence = _SINGLE[name]
        number = pl.col(sequence) if sequence else pl.lit(None, pl.Float64)
        return frame.select(
            *head,
            pl.lit(domain).alias("source_dataset"),
            pl.lit(variable).alias("source_variable"),
            number.alias("record"),
            number.alias("source_record"),
        )
    record = pl.col("ASEQ") if "ASEQ" in frame.columns else pl.lit(None, pl.Float64)
    return frame.filter(pl.col("SRCDOM").is_not_null() | pl.lit(name in ("ADLB", "ADQS"))).select(
        *head,
        record.alias("record"),
        pl.col("PARAMCD").alias("parameter"),
        pl.col("SRCDOM").alias("source_dataset"),
        pl.col("SRCVAR").alias("source_variable"),
        pl.col("SRCSEQ").alias("source_record"),
    )


def _more(made: Derived) -> "Iterator[pl.DataFrame]":
    """Yield the sources of records made of several: scores of points, totals of doses."""
    several = (
        ("ADTIS", "AVISITN", ("TIS", "TISLO", "TISHI"), "PTS"),
        ("ADEX", None, ("TOTDOSE", "NDOSES"), "DOSE"),
    )
    for name, by, codes, part in several:
        if name in made.datasets:
            yield _sums(made, name, by, codes, part)
    if "ADTIS" in made.datasets:
        yield from _baselines(made)


def _sums(made: Derived, name: str, by: str | None, codes: tuple[str, ...], part: str) -> "pl.DataFrame":
    import polars as pl

    keys = ["USUBJID", *([by] if by else [])]
    frame = made.datasets[name].frame.select(*keys, "PARAMCD", "ASEQ")
    totals = frame.filter(pl.col("PARAMCD").is_in(codes))
    parts = frame.filter(pl.col("PARAMCD").str.starts_with(part)).select(
        *keys, pl.col("ASEQ").alias("source_record")
    )
    return totals.join(parts, on=keys).select(
        pl.lit(name).alias("dataset"),
        pl.col("USUBJID").alias("usubjid"),
        pl.col("ASEQ").alias("record"),
        pl.col("PARAMCD").alias("parameter"),
        pl.lit(made.specification[name].rule).alias("rule"),
        pl.lit(name).alias("source_dataset"),
        pl.lit("AVAL").alias("source_variable"),
        "source_record",
    )


def _baselines(made: Derived) -> "Iterator[pl.DataFrame]":
    """Yield the baseline record of each percent change."""
    import polars as pl

    changes = made.datasets["ADTIS"].frame.filter(pl.col("PARAMCD").str.starts_with("APC"))
    for name in ("ADQS", "ADLB"):
        if name not in made.datasets:
            continue
        frame = made.datasets[name].frame
        base = frame.filter(pl.col("ABLFL") == "Y").select(
            "USUBJID", "PARAMCD", pl.col("ASEQ").alias("source_record")
        )
        own = changes.filter(pl.col("SRCDOM") == name, pl.col("SRCSEQ").is_not_null())
        of_record = frame.select("USUBJID", pl.col("ASEQ").alias("SRCSEQ"), pl.col("PARAMCD").alias("_code"))
        yield (
            own.join(of_record, on=["USUBJID", "SRCSEQ"])
            .join(base, left_on=["USUBJID", "_code"], right_on=["USUBJID", "PARAMCD"])
            .select(
                pl.lit("ADTIS").alias("dataset"),
                pl.col("USUBJID").alias("usubjid"),
                pl.col("ASEQ").alias("record"),
                pl.col("PARAMCD").alias("parameter"),
                pl.lit(made.specification["ADTIS"].rule).alias("rule"),
                pl.lit(name).alias("source_dataset"),
                pl.lit("AVAL").alias("source_variable"),
                "source_record",
            )
        )
