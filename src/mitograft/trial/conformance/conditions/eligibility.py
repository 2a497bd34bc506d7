"""Eligibility at baseline, as far as data can tell: strength and core set measures."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mitograft.tables.parameters import Parameters, load_parameters
from mitograft.trial.conformance.conditions.logic import NotApplicable
from mitograft.trial.conformance.part import Part, typed_columns

if TYPE_CHECKING:
    import polars as pl

__all__ = ["few_measures", "no_enzyme_limit", "too_strong", "too_young"]

_ENZYMES = ("CK", "ALDOLASE", "ALT", "AST", "LDH")
_MMT_RULE = 150
_MM = 10.0
_NEAR = 1e-9


def too_young(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find treated subjects below the lowest age."""
    import polars as pl

    least = load_parameters("mitograft.trial.conformance", "eligibility.csv")["age_least"].number
    return part.hits(_treated(part, "AGE"), pl.col("AGE") < least, ["AGE"])


def too_strong(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find treated subjects whose baseline MMT-8 is not below the limit."""
    import polars as pl

    if part.protocol.mmt8_max != _MMT_RULE:
        raise NotApplicable("the criterion is known for an MMT-8 of 150 only")
    limit = load_parameters("mitograft.trial.conformance", "eligibility.csv")["mmt8_below"].number
    values = _measure(part, "mmt8")
    table = _treated(part).join(values, on="USUBJID", how="left").sort("_row")
    return part.hits(table, pl.col("_value") >= limit, ["USUBJID"])


def few_measures(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find treated subjects who cannot have enough abnormal core set measures at baseline.

    A measure that is not known counts as abnormal: only certain cases are found.
    """
    import polars as pl

    limits = load_parameters("mitograft.trial.conformance", "eligibility.csv")
    table = _treated(part)
    met = []
    for measure in ("physician_global", "patient_global", "haq", "extramuscular"):
        values = _measure(part, measure).rename({"_value": measure})
        table = table.join(values, on="USUBJID", how="left")
        met.append(_reached(measure, limits))
    table = table.join(_enzymes(part), on="USUBJID", how="left").sort("_row")
    met.append(pl.col("_multiple") > limits["enzyme_above"].number + _NEAR)
    possible = pl.sum_horizontal(*(flag.fill_null(value=True).cast(pl.Int32) for flag in met))
    return part.hits(table, possible < int(limits["measures_least"].number), ["USUBJID"])


def _reached(measure: str, limits: Parameters) -> "pl.Expr":
    """Return whether a measure is at its limit (``_least``) or above it (``_above``)."""
    import polars as pl

    if f"{measure}_least" in limits.rows:
        return pl.col(measure) >= limits[f"{measure}_least"].number - _NEAR
    return pl.col(measure) > limits[f"{measure}_above"].number + _NEAR


def no_enzyme_limit(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find baseline muscle enzymes without upper limit of normal: the response needs it."""
    import polars as pl

    table = part.table("LBTESTCD", "LBSTRESN", "LBSTNRHI", "VISIT")
    baseline = (pl.col("VISIT") == part.protocol.baseline_visit) & pl.col("LBTESTCD").is_in(_ENZYMES)
    flag = baseline & pl.col("LBSTRESN").is_not_null() & pl.col("LBSTNRHI").is_null()
    return part.hits(table, flag, ["LBTESTCD", "LBSTNRHI"])


def _treated(part: Part, *names: str) -> "pl.DataFrame":
    """Return the rows of DM of subjects with a dose."""
    import polars as pl

    whole = [item for item in part.others("EX") if "USUBJID" in item.frame.columns]
    doses = pl.concat([typed_columns(item, {"USUBJID": "USUBJID"}) for item in whole])
    return part.table("USUBJID", *names).join(doses, on="USUBJID", how="semi").sort("_row")


def _measure(part: Part, measure: str) -> "pl.DataFrame":
    """Return USUBJID and ``_value`` of a core set measure at baseline; VAS in mm are made cm."""
    import polars as pl

    source = next((place for name, place in part.protocol.measures.items() if name == measure), None)
    wanted = [] if source is None else _at_baseline(part, source.domain, (source.testcd,))
    frames = [pl.DataFrame(schema={"USUBJID": pl.String, "_value": pl.Float64})]
    for rows, prefix in wanted:
        value = pl.col(f"{prefix}STRESN")
        if f"{prefix}STRESU" in rows.columns:
            value = pl.when(pl.col(f"{prefix}STRESU") == "mm").then(value / _MM).otherwise(value)
        frames.append(rows.select("USUBJID", value.cast(pl.Float64).alias("_value")))
    return pl.concat(frames).drop_nulls().unique("USUBJID", keep="first", maintain_order=True)


def _enzymes(part: Part) -> "pl.DataFrame":
    """Return USUBJID and ``_multiple``: the largest baseline enzyme as multiple of its upper limit."""
    import polars as pl

    frames = [pl.DataFrame(schema={"USUBJID": pl.String, "_multiple": pl.Float64})]
    for rows, _ in _at_baseline(part, "LB", _ENZYMES):
        if "LBSTNRHI" in rows.columns:
            multiple = (pl.col("LBSTRESN") / pl.col("LBSTNRHI")).alias("_multiple")
            frames.append(rows.select("USUBJID", multiple))
    return pl.concat(frames).group_by("USUBJID").agg(pl.col("_multiple").max())


def _at_baseline(part: Part, domain: str, tests: Iterable[str]) -> "list[tuple[pl.DataFrame, str]]":
    """Return the baseline rows of tests of a domain, with the prefix of its variables."""
    import polars as pl

    found = []
    for item in part.others(domain):
        needed = {"USUBJID", "VISIT", f"{domain}TESTCD", f"{domain}STRESN"}
        if needed <= set(item.frame.columns):
            at_visit = pl.col("VISIT") == part.protocol.baseline_visit
            more = {f"{domain}STRESU", f"{domain}STNRHI"} & set(item.frame.columns)
            table = typed_columns(item, {name: name for name in sorted(needed | more)})
            rows = table.filter(at_visit & pl.col(f"{domain}TESTCD").is_in(list(tests)))
            found.append((rows, domain))
    return found
