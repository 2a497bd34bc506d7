"""Rules every data set of results shares: rows, study day, visit windows, baseline, change, analysis flag."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mitograft.trial.adam.rules.dosing import clock_time, complete_day
from mitograft.trial.adam.work import Work
from mitograft.trial.sdtm.dates import study_day

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "RULES",
    "Place",
    "after_baseline",
    "analysis_day",
    "analysis_flag",
    "analysis_visit",
    "baseline",
    "baseline_flag",
    "by_distinct",
    "change",
    "named_rows",
    "of_baseline",
    "visit_window",
]

_UNLISTED = 1000
_DECIMALS = 9  # of a change: differences of decimals as written have no more
_FAR = 99_999  # days from the target of a record without a date


@dataclass(frozen=True)
class Place:
    """Where a domain holds results, and under which parameter code.

    ``codes`` maps test codes to parameter codes; ``others`` says whether the domain's other tests are taken
    under their own codes; ``without`` are test codes left to another place.
    """

    domain: str
    codes: Mapping[str, str]
    others: bool = True
    without: frozenset[str] = frozenset()


def named_rows(work: Work, dataset: str, places: Iterable[Place]) -> "pl.DataFrame":
    """Return the rows of several domains as one, named by parameter and in the order of analysis."""
    import polars as pl

    rows = pl.concat([_place_rows(work, place) for place in places])
    names = _names(rows, work, dataset)
    joined = rows.join(names, on="PARAMCD", how="left", maintain_order="left")
    order = ("_subject", "PARAMN", "ADT", "_time", "VISITNUM", "SRCSEQ", "_row")
    ordered = joined.sort(*order, nulls_last=[name == "ADT" for name in order])
    sequence = pl.int_range(1, pl.len() + 1).over("_subject").cast(pl.Float64).alias("ASEQ")
    group = (pl.col("_subject").cast(pl.UInt64) * 100_000 + pl.col("PARAMN").cast(pl.UInt64)).rle_id()
    return ordered.with_columns(sequence, group.alias("_group"))


def _place_rows(work: Work, place: Place) -> "pl.DataFrame":
    import polars as pl

    d = place.domain
    text = (f"{d}TESTCD", f"{d}TEST", f"{d}CAT", f"{d}STRESC", f"{d}STRESU", f"{d}DTC", "VISIT", f"{d}NRIND")
    number = (f"{d}SEQ", f"{d}STRESN", f"{d}STNRLO", f"{d}STNRHI", "VISITNUM")
    rows = work.domain(d, text, number)
    code = pl.col(f"{d}TESTCD").str.to_uppercase()
    named = code.replace_strict(
        dict(place.codes), default=code if place.others else None, return_dtype=pl.String
    )
    day = complete_day(pl.col(f"{d}DTC"))
    result = pl.any_horizontal(pl.col(f"{d}STRESN", f"{d}STRESC").is_not_null())
    return (
        rows.filter(~code.is_in(sorted(place.without)), result)
        .select(
            "_subject", "_row", named.alias("PARAMCD"), pl.col(f"{d}TEST").alias("_test"),
            pl.col(f"{d}CAT").alias("PARCAT1"), pl.col(f"{d}STRESN").alias("AVAL"),
            pl.col(f"{d}STRESC").alias("AVALC"), pl.col(f"{d}STRESU").alias("AVALU"),
            pl.col(f"{d}STNRLO").alias("ANRLO"), pl.col(f"{d}STNRHI").alias("ANRHI"),
            pl.col(f"{d}NRIND").alias("_indicator"), "VISIT", "VISITNUM", day.alias("ADT"),
            clock_time(pl.col(f"{d}DTC")).alias("_time"), pl.lit(d).alias("SRCDOM"),
            pl.lit(f"{d}STRESN").alias("SRCVAR"), pl.col(f"{d}SEQ").alias("SRCSEQ"),
        )
        .filter(pl.col("PARAMCD").is_not_null())
    )  # fmt: skip


def _names(rows: "pl.DataFrame", work: Work, dataset: str) -> "pl.DataFrame":
    """Name and number of each parameter that occurs."""
    import polars as pl

    listed = work.specification[dataset].parameters
    numbers = {p.code: p.number for p in listed}
    names = {p.code: p.name for p in listed}
    found = (
        rows.group_by("PARAMCD", "_test", "AVALU")
        .len()
        .sort(["PARAMCD", "len", "_test", "AVALU"], descending=[False, True, False, False], nulls_last=True)
        .unique("PARAMCD", keep="first", maintain_order=True)
    )
    unit = pl.when(pl.col("AVALU").is_not_null()).then(" (" + pl.col("AVALU") + ")").otherwise(pl.lit(""))
    code = pl.col("PARAMCD")
    own = pl.coalesce("_test", "PARAMCD") + unit
    other = _UNLISTED + (~code.is_in(list(numbers))).cast(pl.Int64).cum_sum()
    return found.select(
        "PARAMCD",
        code.replace_strict(names, default=own, return_dtype=pl.String).alias("PARAM"),
        code.replace_strict(numbers, default=other, return_dtype=pl.Int64).cast(pl.Float64).alias("PARAMN"),
    )


def analysis_day(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  one interface
    """Study day of the record."""
    return frame.with_columns(study_day("ADT", "TRTSDT").alias("ADY"))


def _offset(day: "pl.Expr") -> "pl.Expr":
    """Days from the first dose (there is no day 0)."""
    import polars as pl

    return pl.when(day > 0).then(day - 1).otherwise(day)


def _before(day: int) -> int:
    return day - 1 if day > 0 else day


def by_distinct(frame: "pl.DataFrame", keys: tuple[str, str], *made: "pl.Expr") -> "pl.DataFrame":
    """Add columns that depend on two columns only: computed once for each pair of values."""
    distinct = frame.select(keys).unique(maintain_order=True).with_columns(*made)
    return frame.join(distinct, on=keys, how="left", nulls_equal=True, maintain_order="left")


def analysis_visit(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Name the visit: as planned, else by the window that holds the day."""
    import polars as pl

    visits = work.protocol.visits
    numbers = {visit.name: visit.number for visit in visits}
    names = {visit.name.upper(): visit.name for visit in visits}
    planned = pl.col("VISIT").str.to_uppercase().replace_strict(names, default=None, return_dtype=pl.String)
    day = _offset(pl.col("ADY"))
    near = [
        pl.when(day.is_between(_before(v.day) - v.before, _before(v.day) + v.after))
        .then((day - _before(v.day)).abs())
        .fill_null(float(_FAR))
        for v in visits
    ]
    least = pl.min_horizontal(near)
    windowed = pl.coalesce(
        pl.when((distance == least) & (least < _FAR)).then(pl.lit(visit.name))
        for visit, distance in zip(visits, near, strict=True)
    )
    name = pl.coalesce(planned, windowed, pl.lit("UNSCHEDULED")).alias("AVISIT")
    number = pl.col("AVISIT").replace_strict(numbers, default=None, return_dtype=pl.Float64)
    made = by_distinct(frame, ("VISIT", "ADY"), name)
    return made.with_columns(pl.coalesce(number, "VISITNUM").alias("AVISITN"))


def visit_window(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Planned day of the visit, distance from it, and whether the record lies outside the window."""
    import polars as pl

    visits = work.protocol.visits
    target, before, after = (
        pl.col("AVISIT").replace_strict(
            {v.name: float(getattr(v, side)) for v in visits}, default=None, return_dtype=pl.Float64
        )
        for side in ("day", "before", "after")
    )
    late = _offset(pl.col("ADY")) - _offset(target)
    outside = (late < -before) | (late > after)
    return by_distinct(
        frame,
        ("AVISIT", "ADY"),
        target.alias("AWTARGET"),
        late.abs().alias("AWTDIFF"),
        pl.when(outside).then(pl.lit("Y")).alias("OUTWFL"),
    )


def baseline_flag(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Flag the baseline record of each subject and parameter; ``_base`` is its row for all others."""
    import polars as pl

    dose_time = work.of_subject(frame, "_dose_time").alias("_dose")
    late = (pl.col("ADT") == pl.col("TRTSDT")) & (pl.col("_time") > pl.col("_dose")).fill_null(value=False)
    candidate = pl.col("AVAL").is_not_null() & (pl.col("ADT") <= pl.col("TRTSDT")) & ~late
    if work.setting("baseline_rule") == "visit":
        candidate &= pl.col("VISIT").str.to_uppercase() == work.protocol.baseline_visit.upper()
    chosen = frame.with_columns(dose_time).select(candidate.fill_null(value=False)).to_series().to_numpy()
    group = frame["_group"].to_numpy()
    base = np.full(int(group[-1]) + 1 if len(group) else 0, -1, dtype=np.int64)
    rows = np.flatnonzero(chosen)
    base[group[rows]] = rows  # the last of a group stays
    flag = np.zeros(len(group), dtype=bool)
    flag[base[base >= 0]] = True
    place = pl.Series("_base", base[group], dtype=pl.Int64)
    return frame.with_columns(
        pl.when(pl.Series(flag)).then(pl.lit("Y")).alias("ABLFL"),
        pl.when(place >= 0).then(place).alias("_base"),
    )


def of_baseline(frame: "pl.DataFrame", column: str) -> "pl.Series":
    """Return a column at the baseline record of each row's subject and parameter."""
    return frame[column].gather(frame["_base"])


def after_baseline(work: Work) -> "pl.Expr":
    """Whether a record is the baseline record or later; without a date its planned visit decides."""
    import polars as pl

    visit = work.protocol.visit(work.protocol.baseline_visit)
    later = pl.col("AVISITN") > (visit.number if visit else 0)
    dated = pl.int_range(pl.len()) >= pl.col("_base")
    return pl.col("_base").is_not_null() & pl.when(pl.col("ADT").is_null()).then(later).otherwise(dated)


def baseline(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":  # noqa: ARG001  one interface
    """Value at baseline."""
    return frame.with_columns(of_baseline(frame, "AVAL").alias("BASE"))


def change(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Change and percent change from baseline."""
    import polars as pl

    difference = (pl.col("AVAL") - pl.col("BASE")).round(_DECIMALS)
    made = frame.with_columns(pl.when(after_baseline(work)).then(difference).alias("CHG"))
    percent = (100 * pl.col("CHG") / pl.col("BASE")).round(_DECIMALS)
    return made.with_columns(pl.when(pl.col("BASE") != 0).then(percent).alias("PCHG"))


def analysis_flag(frame: "pl.DataFrame", work: Work) -> "pl.DataFrame":
    """Flag the one record of each subject, parameter and planned visit that is analysed."""
    import polars as pl

    names = [visit.name for visit in work.protocol.visits]
    at_baseline = (pl.col("AVISIT") == work.protocol.baseline_visit) & (pl.col("ABLFL") == "Y")
    rank = (
        (~at_baseline.fill_null(value=False)).cast(pl.Int64) * 2**56
        + pl.col("AWTDIFF").fill_null(_FAR).cast(pl.Int64) * 2**32
        + (2**32 - 1 - pl.int_range(pl.len()))
    )
    best = (
        frame.with_columns(rank.alias("_rank"))
        .filter(pl.col("AVAL").is_not_null(), pl.col("AVISIT").is_in(names))
        .group_by("_group", "AVISITN")
        .agg(pl.col("_rank").min())["_rank"]
    )
    rows = 2**32 - 1 - (best.to_numpy() & (2**32 - 1))
    flag = np.zeros(frame.height, dtype=bool)
    flag[rows] = True
    return frame.with_columns(pl.when(pl.Series(flag)).then(pl.lit("Y")).alias("ANL01FL"))


RULES: Mapping[str, Callable[["pl.DataFrame", Work], "pl.DataFrame"]] = {
    rule.__name__: rule
    for rule in (
        analysis_day,
        analysis_visit,
        visit_window,
        baseline_flag,
        baseline,
        change,
        analysis_flag,
    )
}
