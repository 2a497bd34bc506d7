"""Rows of ADTTE: days from the first dose to response, adverse event, discontinuation and toxicity."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mitograft.trial.adam.work import Work

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RULES", "time_rows"]


def time_rows(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  makes the rows
    """One row for each dosed subject and parameter."""
    import polars as pl

    subjects = (
        work.frames["ADSL"]
        .filter(pl.col("TRTSDT").is_not_null())
        .select("_subject", pl.col("TRTSDT").alias("STARTDT"), "EOSDT", "EOSSTT", "LSTDT")
        .with_columns(
            pl.max_horizontal("STARTDT", pl.coalesce("EOSDT", "LSTDT")).alias("_end"),
            pl.when(pl.col("EOSDT").is_not_null())
            .then(pl.lit("EOSDT"))
            .otherwise(pl.lit("LSTDT"))
            .alias("_from"),
        )
    )
    made = {
        "TTRESP": _response(subjects, work),
        "TTAE": _event(subjects, work, "TRTEMFL", "TREATMENT-EMERGENT ADVERSE EVENT"),
        "TTDISC": _discontinuation(subjects),
        "TTDLT": _toxicity(subjects, work),
    }
    rows = [
        made[p.code].with_columns(
            pl.lit(p.code).alias("PARAMCD"),
            pl.lit(p.name).alias("PARAM"),
            pl.lit(float(p.number)).alias("PARAMN"),
        )
        for p in work.specification["ADTTE"].parameters
    ]
    days = (pl.col("ADT") - pl.col("STARTDT")).dt.total_days() + 1
    return (
        pl.concat(rows)
        .with_columns(days.cast(pl.Float64).alias("AVAL"), pl.lit(None, pl.UInt32).alias("_row"))
        .sort("_subject", "PARAMN")
    )


def _timed(
    subjects: "pl.DataFrame",
    event: "pl.DataFrame",
    censored: "tuple[pl.Expr, pl.Expr, pl.Expr]",
    what: tuple[str, ...],
) -> "pl.DataFrame":
    """Put events and censored times together.

    ``event`` has ``_subject``, ``_day``, ``_sequence``; ``censored`` gives day, variable of ADSL and words;
    ``what`` the words of the event, its data set and its variable.
    """
    import polars as pl

    words, dataset, variable = what
    joined = subjects.join(event, on="_subject", how="left", maintain_order="left")
    happened = pl.col("_day").is_not_null()
    day, source, reason = censored
    return joined.select(
        "_subject",
        "STARTDT",
        pl.when(happened).then(pl.col("_day")).otherwise(day).alias("ADT"),
        pl.when(happened).then(0.0).otherwise(1.0).alias("CNSR"),
        pl.when(happened).then(pl.lit(words)).otherwise(reason).alias("EVNTDESC"),
        pl.when(happened).then(pl.lit(dataset)).otherwise(pl.lit("ADSL")).alias("SRCDOM"),
        pl.when(happened).then(pl.lit(variable)).otherwise(source).alias("SRCVAR"),
        pl.when(happened).then(pl.col("_sequence")).alias("SRCSEQ"),
    )


def _study_end() -> "tuple[pl.Expr, pl.Expr, pl.Expr]":
    import polars as pl

    words = pl.when(pl.col("_from") == "EOSDT").then(pl.lit("END OF STUDY")).otherwise(pl.lit("LAST RECORD"))
    return pl.col("_end"), pl.col("_from"), words


def _first_event(work: Work, flag: str) -> "pl.DataFrame":
    """First event of each subject with a flag and a known start, not before the first dose."""
    import polars as pl

    return (
        work.frames["ADAE"]
        .filter(pl.col(flag) == "Y", pl.col("ASTDT") >= pl.col("TRTSDT"))
        .sort("_subject", "ASTDT", "AESEQ")
        .group_by("_subject", maintain_order=True)
        .agg(pl.col("ASTDT").first().alias("_day"), pl.col("AESEQ").first().alias("_sequence"))
    )


def _event(subjects: "pl.DataFrame", work: Work, flag: str, words: str) -> "pl.DataFrame":
    return _timed(subjects, _first_event(work, flag), _study_end(), (words, "ADAE", "ASTDT"))


def _toxicity(subjects: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Dose-limiting toxicity; censored at the end of its window at the latest."""
    import polars as pl

    last = pl.col("STARTDT") + pl.duration(days=work.protocol.dlt_days)
    whole = pl.col("_end") >= last
    _, source, words = _study_end()
    censored = (
        pl.min_horizontal(pl.col("_end"), last),
        pl.when(whole).then(pl.lit("TRTSDT")).otherwise(source),
        pl.when(whole).then(pl.lit("END OF WINDOW")).otherwise(words),
    )
    found = _first_event(work, "DLTFL")
    return _timed(subjects, found, censored, ("DOSE-LIMITING TOXICITY", "ADAE", "ASTDT"))


def _discontinuation(subjects: "pl.DataFrame") -> "pl.DataFrame":
    import polars as pl

    left = subjects.filter(pl.col("EOSSTT") == "DISCONTINUED").select(
        "_subject", pl.col("_end").alias("_day"), pl.lit(None, pl.Float64).alias("_sequence")
    )
    end, source, words = _study_end()
    completed = pl.when(pl.col("EOSSTT") == "COMPLETED").then(pl.lit("COMPLETED STUDY")).otherwise(words)
    return _timed(subjects, left, (end, source, completed), ("DISCONTINUED STUDY", "ADSL", "EOSDT"))


def _response(subjects: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """First visit at which the lowest threshold is met; censored at the last visit with a known answer."""
    import polars as pl

    scores = work.frames["ADTIS"].filter(pl.col("PARAMCD") == "TIS", pl.col("ADT").is_not_null())
    scores = scores.sort("_subject", "ADT", "AVISITN")
    first = (
        scores.filter(pl.col("CRIT1FL") == "Y")
        .group_by("_subject", maintain_order=True)
        .agg(pl.col("ADT").first().alias("_day"), pl.col("ASEQ").first().alias("_sequence"))
    )
    last = (
        scores.filter(pl.col("CRIT1FL").is_not_null())
        .group_by("_subject", maintain_order=True)
        .agg(pl.col("ADT").last().alias("_seen"), pl.col("ASEQ").last().alias("_seen_sequence"))
    )
    joined = subjects.join(last, on="_subject", how="left", maintain_order="left")
    assessed = pl.col("_seen").is_not_null()
    made = _timed(
        joined,
        first,
        (
            pl.coalesce("_seen", "STARTDT"),
            pl.when(assessed).then(pl.lit("ADT")).otherwise(pl.lit("TRTSDT")),
            pl.when(assessed).then(pl.lit("LAST SCORE")).otherwise(pl.lit("NO SCORE")),
        ),
        ("RESPONSE (LOWEST THRESHOLD MET)", "ADTIS", "ADT"),
    )
    seen = made["EVNTDESC"] == "LAST SCORE"
    return made.with_columns(
        pl.when(seen).then(pl.lit("ADTIS")).otherwise(pl.col("SRCDOM")).alias("SRCDOM"),
        pl.when(seen).then(joined["_seen_sequence"]).otherwise(pl.col("SRCSEQ")).alias("SRCSEQ"),
    )


RULES: Mapping[str, Callable[["pl.DataFrame", Work], "pl.DataFrame"]] = {"time_rows": time_rows}
