"""Rules of ADAE: dates, treatment-emergent events, dose-limiting toxicity, first occurrences."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mitograft.tables.parameters import load_rows
from mitograft.trial.adam.rules.dosing import clock_time
from mitograft.trial.adam.work import Work
from mitograft.trial.sdtm.dates import day_precision, earliest_day, latest_day, study_day

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "RULES",
    "coding",
    "dose_limiting",
    "event_days",
    "event_end",
    "event_grade",
    "event_relation",
    "event_rows",
    "event_start",
    "first_occurrence",
    "investigator_marks",
    "treatment_emergent",
]

_IMPUTED = {"month": "D", "year": "M"}


def event_rows(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  makes the rows
    """One row for each row of AE, in the order of subject and AESEQ."""
    rows = work.domain("AE", (), ("AESEQ",))
    return rows.sort("_subject", "AESEQ", "_row").select("_subject", "_row")


def coding(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Take the dictionary terms; ``derive_adam`` has filled the empty ones of AE before."""
    names = ("AELLT", "AEDECOD", "AEBODSYS")
    return frame.with_columns(work.collected("AE", name, frame["_row"], number=False) for name in names)


def _dates(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    names = {"AESTDTC": "_start", "AEENDTC": "_end"}
    return frame.with_columns(
        work.collected("AE", name, frame["_row"], number=False).alias(alias) for name, alias in names.items()
    )


def _imputation(column: str) -> "pl.Expr":
    import polars as pl

    return day_precision(pl.col(column)).replace_strict(_IMPUTED, default=None, return_dtype=pl.String)


def event_start(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """First possible day of the event, or the day of the first dose where that is one.

    The day of the first dose is taken only where the start is partial, that day lies within the possible
    ones, and the event did not end before it: such an event then counts as treatment-emergent, which is the
    cautious reading.
    """
    import polars as pl

    low, high, end = (
        earliest_day(pl.col("_start")),
        latest_day(pl.col("_start")),
        latest_day(pl.col("_end")),
    )
    dated = _dates(frame, work).with_columns(low.alias("_low"), high.alias("_high"), end.alias("_last"))
    dose = pl.col("TRTSDT")
    possible = (
        (pl.col("_low") < pl.col("_high"))
        & dose.is_between("_low", "_high")
        & (pl.col("_last").is_null() | (pl.col("_last") >= dose))
    )
    return dated.with_columns(
        pl.when(possible).then(dose).otherwise(pl.col("_low")).alias("ASTDT"),
        _imputation("_start").alias("ASTDTF"),
    ).drop("_start", "_end", "_low", "_high", "_last")


def event_end(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Last possible day of the event; a partial date ends neither after death nor after the cut-off."""
    import polars as pl

    death = work.of_subject(frame, "DTHDT").alias("_death")
    limit = pl.lit(work.protocol.cutoff, pl.String).str.to_date(strict=False)
    low, high = earliest_day(pl.col("_end")), latest_day(pl.col("_end"))
    capped = pl.max_horizontal(low, pl.min_horizontal(high, pl.col("_death"), limit))
    return (
        _dates(frame, work)
        .with_columns(death)
        .with_columns(
            pl.when(low == high).then(high).when(high.is_not_null()).then(capped).alias("AENDT"),
            _imputation("_end").alias("AENDTF"),
        )
        .drop("_start", "_end", "_death")
    )


def event_days(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  one interface
    """Study days of start and end."""
    return frame.with_columns(
        study_day("ASTDT", "TRTSDT").alias("ASTDY"), study_day("AENDT", "TRTSDT").alias("AENDY")
    )


def event_grade(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Toxicity grade as a number."""
    return frame.with_columns(work.collected("AE", "AETOXGR", frame["_row"], number=True).alias("ATOXGRN"))


def event_relation(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Related or not related, by the table of words; missing or unknown words as the settings say."""
    words = {row["value"]: row["relation"] for row in load_rows("mitograft.trial.adam", "relations.csv")}
    given = work.collected("AE", "AEREL", frame["_row"], number=False).str.to_uppercase()
    missing = work.setting("missing_relation")
    unknown = given.is_not_null() & ~given.is_in(list(words))
    if unknown.any():
        work.notes.append(f"AE: {unknown.sum()} rows with an unknown word in AEREL; taken as {missing}.")
    return frame.with_columns(given.replace_strict(words, default=missing).alias("AREL"))


def treatment_emergent(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Began on or after the first dose; on its day the times decide where both are known."""
    import polars as pl

    timed = frame.with_columns(
        work.collected("AE", "AESTDTC", frame["_row"], number=False).alias("_start"),
        work.of_subject(frame, "_dose_time").alias("_dose"),
    )
    start, dose = pl.col("ASTDT"), pl.col("TRTSDT")
    before = (start == dose) & (clock_time(pl.col("_start")) < pl.col("_dose")).fill_null(value=False)
    known = (start >= dose) & ~before
    unknown = start.is_null() & (pl.col("AENDT").is_null() | (pl.col("AENDT") >= dose))
    emergent = dose.is_not_null() & (known.fill_null(value=False) | unknown)
    return timed.with_columns(pl.when(emergent).then(pl.lit("Y")).alias("TRTEMFL")).drop("_start", "_dose")


def investigator_marks(work: Work) -> "pl.DataFrame":
    """Return ``_subject``, ``_row`` of AE and ``_mark`` (row of SUPPAE) of events marked AEDLT = Y."""
    import polars as pl

    marks = work.domain("SUPPAE", ("IDVAR", "IDVARVAL", "QNAM", "QVAL")).filter(
        pl.col("QNAM").str.to_uppercase() == "AEDLT", pl.col("QVAL").str.to_uppercase() == "Y"
    )
    marks = marks.select(
        "_subject",
        pl.col("IDVARVAL").cast(pl.Float64, strict=False).alias("AESEQ"),
        pl.col("_row").alias("_mark"),
    )
    events = work.domain("AE", ("AEDLT",), ("AESEQ",))
    joined = events.join(
        marks.unique(["_subject", "AESEQ"], keep="first"), on=["_subject", "AESEQ"], how="left"
    )
    marked = pl.col("_mark").is_not_null() | (pl.col("AEDLT").str.to_uppercase() == "Y")
    return joined.filter(marked).select("_subject", "_row", "_mark")


def dose_limiting(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Flag what the investigator marked, or what grade, relation and window say; never CK by rule."""
    import polars as pl

    marks = investigator_marks(work)
    least = float(work.settings["dlt_grade"].number)
    excluded = f"(?i){work.setting('dlt_not')}"
    disease = pl.any_horizontal(
        pl.col(name).str.contains(excluded).fill_null(value=False) for name in ("AEDECOD", "AETERM")
    )
    by_rule = (
        (pl.col("TRTEMFL") == "Y")
        & (pl.col("AREL") == "RELATED")
        & (pl.col("ATOXGRN") >= least)
        & pl.col("ASTDY").is_between(1, work.protocol.dlt_days + 1)
        & ~disease
    ).fill_null(value=False)
    frame = frame.join(
        marks.select("_row", pl.lit(value=True).alias("_marked"), pl.col("_mark").alias("_from_DLTFL")),
        on="_row",
        how="left",
        maintain_order="left",
    )
    marked = pl.col("_marked").is_not_null()
    basis = (
        pl.when(marked & by_rule)
        .then(pl.lit("BOTH"))
        .when(marked)
        .then(pl.lit("INVESTIGATOR"))
        .when(by_rule)
        .then(pl.lit("RULE"))
    )
    return frame.with_columns(
        basis.alias("DLTBASIS"), pl.when(marked | by_rule).then(pl.lit("Y")).alias("DLTFL")
    ).drop("_marked")


def first_occurrence(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  one interface
    """First treatment-emergent event of the subject, of each organ class and of each preferred term."""
    import polars as pl

    order = frame.with_row_index("_index").sort("_subject", "ASTDT", "AESEQ", "_index", nulls_last=True)
    emergent = order.filter(pl.col("TRTEMFL") == "Y")
    groups = {"AOCCFL": (), "AOCCSFL": ("AEBODSYS",), "AOCCPFL": ("AEBODSYS", "AEDECOD")}
    for name, by in groups.items():
        known = emergent.filter(pl.col(by[-1]).is_not_null()) if by else emergent
        first = known.unique(["_subject", *by], keep="first", maintain_order=True)["_index"]
        flag = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(first.implode())
        frame = frame.with_columns(pl.when(flag).then(pl.lit("Y")).alias(name))
    return frame


RULES: Mapping[str, Callable[["pl.DataFrame", Work], "pl.DataFrame"]] = {
    rule.__name__: rule
    for rule in (
        event_rows,
        coding,
        event_start,
        event_end,
        event_days,
        event_grade,
        event_relation,
        treatment_emergent,
        dose_limiting,
        first_occurrence,
    )
}
