"""Dose-limiting toxicity: the mark of the investigator against window, grade and causality.

The mark is SUPPAE.QNAM = AEDLT with the value Y, or a variable AEDLT of AE.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mitograft.tables.parameters import load_rows
from mitograft.trial.conformance.moments import day_of
from mitograft.trial.conformance.part import Part, typed_columns

if TYPE_CHECKING:
    import polars as pl

__all__ = ["disease_dlt", "dlt_outside_window", "unmarked_dlt", "weak_dlt"]

_GRADE = 3


def dlt_outside_window(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find dose-limiting events that began before the first dose or after the window."""
    import polars as pl

    outside = (pl.col("_days") < 0) | (pl.col("_days") > part.protocol.dlt_days)
    return part.hits(_events(part), pl.col("_dlt") & outside, ["AESTDTC"])


def unmarked_dlt(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find related events of grade 3 or more within the window that are not marked (disease itself apart)."""
    import polars as pl

    within = (pl.col("_days") >= 0) & (pl.col("_days") <= part.protocol.dlt_days)
    flag = within & ~pl.col("_dlt") & _related() & (_grade() >= _GRADE) & ~_disease()
    return part.hits(_events(part), flag, ["AETOXGR", "AEREL", "AESTDTC"])


def weak_dlt(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find dose-limiting events that are below grade 3 or not related."""
    import polars as pl

    weak = (_grade() < _GRADE) | (~_related() & pl.col("AEREL").is_not_null())
    return part.hits(_events(part), pl.col("_dlt") & weak, ["AETOXGR", "AEREL"])


def disease_dlt(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find dose-limiting events that are the disease itself (creatine kinase)."""
    import polars as pl

    return part.hits(_events(part), pl.col("_dlt") & _disease(), ["AEDECOD"])


def _events(part: Part) -> "pl.DataFrame":
    """Return the adverse events with ``_dlt`` and ``_days`` since the first dose."""
    import polars as pl

    names = [name for name in ("AETERM", "AEDECOD", "AESTDTC", "AETOXGR", "AEREL", "AEDLT") if part.has(name)]
    table = part.table("USUBJID", "AESEQ", *names, "DM.RFXSTDTC")
    days = (day_of("AESTDTC") - day_of("DM.RFXSTDTC")).dt.total_days()
    marks = _marks(part)
    table = table.join(marks, on=["USUBJID", "AESEQ"], how="left").sort("_row")
    own = (pl.col("AEDLT") == "Y") if "AEDLT" in names else pl.lit(value=False)
    marked = (own | pl.col("_marked")).fill_null(value=False)
    return table.with_columns(marked.alias("_dlt"), days.alias("_days"))


def _marks(part: Part) -> "pl.DataFrame":
    import polars as pl

    frames = [pl.DataFrame(schema={"USUBJID": pl.String, "AESEQ": pl.Float64})]
    columns = {name: name for name in ("USUBJID", "QNAM", "QVAL", "IDVAR", "IDVARVAL")}
    if "SUPPAE" in part.data and set(columns) <= set(part.data["SUPPAE"].frame.columns):
        rows = typed_columns(part.data["SUPPAE"], columns).filter(
            (pl.col("QNAM") == "AEDLT") & (pl.col("QVAL") == "Y") & (pl.col("IDVAR") == "AESEQ")
        )
        number = pl.col("IDVARVAL").cast(pl.Float64, strict=False).alias("AESEQ")
        frames.append(rows.select("USUBJID", number))
    return pl.concat(frames).unique().with_columns(_marked=pl.lit(value=True))


def _grade() -> "pl.Expr":
    import polars as pl

    return pl.col("AETOXGR").cast(pl.Float64, strict=False)


def _words(kind: str) -> list[str]:
    rows = load_rows("mitograft.trial.conformance", "words.csv")
    return [row["text"] for row in rows if row["kind"] == kind]


def _related() -> "pl.Expr":
    import polars as pl

    return pl.col("AEREL").str.to_uppercase().is_in(_words("related")).fill_null(value=False)


def _disease() -> "pl.Expr":
    import polars as pl

    return pl.col("AEDECOD").str.to_lowercase().str.contains_any(_words("disease")).fill_null(value=False)
