"""Rules of ADSL: treatment, dates, disposition, diagnosis, body size, populations."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from mitograft.trial.adam.rules.dosing import complete_day, given_doses
from mitograft.trial.adam.work import Work
from mitograft.trial.sdtm.dates import earliest_day, exact_day, latest_day

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "NOT_ASSIGNED",
    "RULES",
    "actual_arm",
    "age_group",
    "body_mass_index",
    "body_size",
    "completed",
    "diagnosis",
    "disease_duration",
    "disposition",
    "dlt_evaluable",
    "enrolled",
    "full_analysis",
    "last_record",
    "planned_arm",
    "reference_dates",
    "subject_rows",
    "treated",
    "treatment_dates",
    "treatment_duration",
]

NOT_ASSIGNED = ("SCRNFAIL", "NOTASSGN")
"""Arm codes that mean: assigned to no arm (SDTM Implementation Guide, domain DM)."""

_YEAR = 365.25


def subject_rows(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  makes the rows
    """One row for each subject of DM, in the order of USUBJID."""
    return work.subjects.select("_subject", "_row", "USUBJID")


def age_group(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Put AGE between the cut points of the settings."""
    import polars as pl

    cuts = [int(cut) for cut in work.setting("age_cuts").split()]
    names = [f"<{cuts[0]}", *(f"{a}-{b - 1}" for a, b in pairwise(cuts)), f">={cuts[-1]}"]
    reached = pl.sum_horizontal((pl.col("AGE") >= cut).cast(pl.Float64) for cut in cuts)
    number = pl.when(pl.col("AGE").is_not_null()).then(reached + 1)
    made = frame.with_columns(number.alias("AGEGR1N"))
    places = {float(place): name for place, name in enumerate(names, 1)}
    return made.with_columns(pl.col("AGEGR1N").replace_strict(places, default=None).alias("AGEGR1"))


def planned_arm(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Name, order and dose of the planned arm."""
    import polars as pl

    code, name = (
        work.collected("DM", variable, frame["_row"], number=False) for variable in ("ARMCD", "ARM")
    )
    doses = {arm.code: arm.dose for arm in work.protocol.arms}
    units = {arm.code: arm.unit for arm in work.protocol.arms if arm.dose is not None}
    return frame.with_columns(
        *_arm(work, code, name, "P"),
        code.replace_strict(doses, default=None, return_dtype=pl.Float64).alias("DOSE01P"),
        code.replace_strict(units, default=None, return_dtype=pl.String).alias("DOSE01U"),
    )


def actual_arm(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Name and order of the arm whose treatment was given."""
    import polars as pl

    code, name = (
        work.collected("DM", variable, frame["_row"], number=False) for variable in ("ACTARMCD", "ACTARM")
    )
    made = frame.with_columns(*_arm(work, code, name, "A"))
    dosed = pl.col("TRTSDT").is_not_null()
    return made.with_columns(
        pl.when(dosed).then(pl.col(column)).alias(column) for column in ("TRT01A", "TRT01AN")
    )


def _arm(work: Work, code: "pl.Series", name: "pl.Series", suffix: str) -> "tuple[pl.Series, pl.Series]":
    import polars as pl

    names = {arm.code: arm.name for arm in work.protocol.arms}
    orders = {arm.code: float(arm.order) for arm in work.protocol.arms}
    none = code.str.to_uppercase().is_in(NOT_ASSIGNED)
    frame = pl.DataFrame({"code": code, "name": name, "none": none})
    said = frame.select(
        pl.when(pl.col("code").is_null() | pl.col("none"))
        .then(None)
        .otherwise(pl.col("code").replace_strict(names, default=pl.col("name")))
        .alias(f"TRT01{suffix}")
    ).to_series()
    number = code.replace_strict(orders, default=None, return_dtype=pl.Float64)
    return said, number.alias(f"TRT01{suffix}N")


def treatment_dates(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """First and last day of treatment, and the time of the first dose where one is known."""
    import polars as pl

    if not work.has("EX"):
        start, end = (
            work.collected("DM", variable, frame["_row"], number=False)
            for variable in ("RFXSTDTC", "RFXENDTC")
        )
        taken = frame.with_columns(start.alias("_start"), end.alias("_end"))
        return taken.with_columns(
            earliest_day(pl.col("_start")).alias("TRTSDT"),
            latest_day(pl.coalesce("_end", "_start")).alias("TRTEDT"),
            pl.col("_start").str.slice(11, 5).replace("", None).alias("_dose_time"),
        ).drop("_start", "_end")
    first = (
        given_doses(work)
        .sort("_subject", "start", "time", "EXSEQ", nulls_last=True)
        .group_by("_subject", maintain_order=True)
        .agg(
            pl.col("start").first().alias("TRTSDT"),
            pl.col("time").first().alias("_dose_time"),
            pl.col("_row").first().alias("_from_TRTSDT"),
            pl.col("end").max().alias("TRTEDT"),
            pl.col("_row").sort_by("end", nulls_last=False).last().alias("_from_TRTEDT"),
        )
    )
    return _joined(frame, first)


def _joined(frame: "pl.DataFrame", values: "pl.DataFrame") -> "pl.DataFrame":
    return frame.join(values, on="_subject", how="left", maintain_order="left")


def treatment_duration(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  one interface
    """Days from the first to the last treatment, both counted."""
    import polars as pl

    days = (pl.col("TRTEDT") - pl.col("TRTSDT")).dt.total_days() + 1
    return frame.with_columns(days.cast(pl.Float64).alias("TRTDURD"))


def reference_dates(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Days of informed consent and of death."""
    import polars as pl

    consent, death = (
        work.collected("DM", variable, frame["_row"], number=False) for variable in ("RFICDTC", "DTHDTC")
    )
    taken = frame.with_columns(consent.alias("_consent"), death.alias("_death"))
    return taken.with_columns(
        exact_day(pl.col("_consent")).alias("RFICDT"), earliest_day(pl.col("_death")).alias("DTHDT")
    ).drop("_consent", "_death")


def disposition(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """How and when the subject left the study: the last disposition event that is no screen failure."""
    import polars as pl

    events = work.domain("DS", ("DSDECOD", "DSCAT", "DSSTDTC"), ("DSSEQ",)).filter(
        pl.col("DSCAT").str.to_uppercase() == "DISPOSITION EVENT",
        pl.col("DSDECOD").str.to_uppercase() != "SCREEN FAILURE",
    )
    last = (
        events.with_columns(earliest_day(pl.col("DSSTDTC")).alias("EOSDT"))
        .sort("_subject", "EOSDT", "DSSEQ", nulls_last=True)
        .group_by("_subject", maintain_order=True)
        .agg(
            pl.col("EOSDT").last(),
            pl.col("DSDECOD").last().alias("_end"),
            *(pl.col("_row").last().alias(f"_from_{name}") for name in ("EOSDT", "EOSSTT", "DCSREAS")),
        )
    )
    ended, completed = pl.col("_end").is_not_null(), pl.col("_end").str.to_uppercase() == "COMPLETED"
    status = (
        pl.when(completed)
        .then(pl.lit("COMPLETED"))
        .when(ended)
        .then(pl.lit("DISCONTINUED"))
        .when(pl.col("ENRLFL") == "Y")
        .then(pl.lit("ONGOING"))
    )
    return _joined(frame, last).with_columns(
        status.alias("EOSSTT"), pl.when(ended & ~completed).then(pl.col("_end")).alias("DCSREAS")
    )


def last_record(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Day of the subject's last visit, dose or disposition, not after the cut-off."""
    import polars as pl

    places = {"SV": ("SVENDTC", "SVSTDTC"), "EX": ("EXENDTC", "EXSTDTC"), "DS": ("DSSTDTC",)}
    days = [
        work.domain(domain, (variable,)).select("_subject", complete_day(pl.col(variable)).alias("LSTDT"))
        for domain, variables in {**places, "DM": ("RFPENDTC",)}.items()
        for variable in variables
    ]
    last = pl.concat(days).group_by("_subject").agg(pl.col("LSTDT").max())
    limit = pl.lit(work.protocol.cutoff, pl.String).str.to_date(strict=False)
    return _joined(frame, last).with_columns(pl.min_horizontal("LSTDT", limit).alias("LSTDT"))


def diagnosis(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Primary diagnosis and the middle of the days on which it may have been made."""
    import polars as pl

    history = work.domain("MH", ("MHDECOD", "MHCAT", "MHSTDTC"), ("MHSEQ",))
    text = pl.col("MHSTDTC")
    low, high = earliest_day(text), latest_day(text)
    span = (high - low).dt.total_days()
    flag = pl.when(span > 31).then(pl.lit("M")).when(span > 0).then(pl.lit("D"))
    first = (
        history.filter(pl.col("MHCAT").str.to_uppercase() == "PRIMARY DIAGNOSIS")
        .with_columns((low + pl.duration(days=span // 2)).alias("DIAGDT"), flag.alias("DIAGDTF"))
        .sort("_subject", "DIAGDT", "MHSEQ", nulls_last=True)
        .group_by("_subject", maintain_order=True)
        .agg(
            pl.col("MHDECOD").first().alias("DIAG"),
            pl.col("DIAGDT", "DIAGDTF").first(),
            *(pl.col("_row").first().alias(f"_from_{name}") for name in ("DIAG", "DIAGDT", "DIAGDTF")),
        )
    )
    return _joined(frame, first)


def disease_duration(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  one interface
    """Years from diagnosis to the first dose."""
    import polars as pl

    days = (pl.coalesce("TRTSDT", "RFICDT") - pl.col("DIAGDT")).dt.total_days()
    return frame.with_columns((days / _YEAR).alias("DISDUR"))


def body_size(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Last height and weight on or before the first dose."""
    import polars as pl

    signs = work.domain("VS", ("VSTESTCD", "VSDTC"), ("VSSTRESN", "VISITNUM", "VSSEQ"))
    signs = signs.filter(pl.col("VSTESTCD").is_in(["HEIGHT", "WEIGHT"]))
    signs = signs.with_columns(
        complete_day(pl.col("VSDTC")).alias("day"), work.of_subject(signs, "TRTSDT").alias("dose")
    ).filter(pl.col("dose").is_null() | (pl.col("day") <= pl.col("dose")), pl.col("VSSTRESN").is_not_null())
    signs = signs.sort("_subject", "day", "VISITNUM", "VSSEQ")
    for test, name in (("HEIGHT", "HEIGHTBL"), ("WEIGHT", "WEIGHTBL")):
        last = (
            signs.filter(pl.col("VSTESTCD") == test)
            .group_by("_subject", maintain_order=True)
            .agg(pl.col("VSSTRESN").last().alias(name), pl.col("_row").last().alias(f"_from_{name}"))
        )
        frame = _joined(frame, last)
    return frame


def body_mass_index(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  one interface
    """Weight over the square of the height in metres."""
    import polars as pl

    return frame.with_columns((10_000 * pl.col("WEIGHTBL") / pl.col("HEIGHTBL") ** 2).alias("BMIBL"))


def _flag(condition: "pl.Expr", name: str) -> "pl.Expr":
    import polars as pl

    return pl.when(condition.fill_null(value=False)).then(pl.lit("Y")).otherwise(pl.lit("N")).alias(name)


def enrolled(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Flag subjects who were assigned to an arm."""
    import polars as pl

    code = work.collected("DM", "ARMCD", frame["_row"], number=False).str.to_uppercase()
    return frame.with_columns(_flag(pl.lit(code.is_not_null() & ~code.is_in(NOT_ASSIGNED)), "ENRLFL"))


def treated(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  one interface
    """Dosed at least once."""
    import polars as pl

    return frame.with_columns(_flag(pl.col("TRTSDT").is_not_null(), "SAFFL"))


def full_analysis(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Dosed, with a core set measure at baseline and at a later planned visit."""
    import polars as pl

    codes = [p.code for p in work.specification["ADQS"].parameters if p.measure]
    baseline = work.protocol.visit(work.protocol.baseline_visit)
    measures = work.frames["ADQS"].filter(pl.col("PARAMCD").is_in(codes), pl.col("AVAL").is_not_null())
    later = (pl.col("ANL01FL") == "Y") & (pl.col("AVISITN") > (baseline.number if baseline else 0))
    both = (
        measures.group_by("_subject", "PARAMN")
        .agg((pl.col("ABLFL") == "Y").any().alias("base"), later.any().alias("later"))
        .filter(pl.col("base"), pl.col("later"))
    )
    has = pl.col("_subject").is_in(both["_subject"].unique().implode())
    return frame.with_columns(_flag((pl.col("SAFFL") == "Y") & has, "FASFL"))


def dlt_evaluable(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Dosed, with a dose-limiting toxicity or followed over the whole window."""
    import polars as pl

    hit = work.frames["ADAE"].filter(pl.col("DLTFL") == "Y")["_subject"].unique()
    last = pl.coalesce("EOSDT", "LSTDT")
    followed = (last - pl.col("TRTSDT")).dt.total_days() >= work.protocol.dlt_days
    evaluable = (pl.col("SAFFL") == "Y") & (followed | pl.col("_subject").is_in(hit.implode()))
    return frame.with_columns(_flag(evaluable, "DLTEVLFL"))


def completed(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  one interface
    """Dosed and completed the study."""
    import polars as pl

    return frame.with_columns(_flag((pl.col("SAFFL") == "Y") & (pl.col("EOSSTT") == "COMPLETED"), "COMPLFL"))


RULES: Mapping[str, Callable[["pl.DataFrame", Work], "pl.DataFrame"]] = {
    rule.__name__: rule
    for rule in (
        subject_rows,
        age_group,
        planned_arm,
        actual_arm,
        treatment_dates,
        treatment_duration,
        reference_dates,
        disposition,
        last_record,
        diagnosis,
        disease_duration,
        body_size,
        body_mass_index,
        enrolled,
        treated,
        full_analysis,
        dlt_evaluable,
        completed,
    )
}
