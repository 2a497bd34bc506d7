"""Results of findings: units, numbers, ranges of normal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mitograft.tables.parameters import load_rows
from mitograft.trial.conformance.conditions.logic import NotApplicable
from mitograft.trial.conformance.part import Part

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "missing_unit", "mixed_units", "number_differs", "number_missing", "out_of_range",
    "range_reversed", "wrong_indicator",
]  # fmt: skip

_TEST = ("--TESTCD", "--CAT", "--SPEC", "--METHOD")
_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
_TOLERANCE = 1e-9
_MM = 10.0


def _same_test(part: Part) -> list[str]:
    return [name for name in _TEST if part.has(name)]


def mixed_units(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find results in another ``unit`` than most of their test; all of them where no unit is the most."""
    import polars as pl

    unit, keys = arguments["unit"], _same_test(part)
    table = part.table(unit, *keys).drop_nulls(unit)
    counts = table.group_by(*keys, unit).len()
    most = pl.col("len").max().over(keys)
    alone = (pl.col("len") == most).sum().over(keys) == 1
    usual = counts.filter((pl.col("len") == most) & alone).drop("len")
    rare = table.join(usual, on=[*keys, unit], how="anti", nulls_equal=True, maintain_order="left")
    return part.hits(rare, pl.lit(value=True), ["--TESTCD", unit])


def missing_unit(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find numbers in ``number`` without ``unit`` where other results of the test have one."""
    import polars as pl

    number, unit, keys = arguments["number"], arguments["unit"], _same_test(part)
    table = part.table(number, unit, *keys)
    elsewhere = pl.col(unit).is_not_null().any().over(keys)
    return part.hits(table, pl.col(number).is_not_null() & pl.col(unit).is_null() & elsewhere, [number, unit])


def number_missing(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find a standard result that is a number as text but not as a number."""
    import polars as pl

    table = part.table("--STRESC", "--STRESN")
    numeric = pl.col("--STRESC").str.contains(_NUMBER)
    return part.hits(table, numeric & pl.col("--STRESN").is_null(), ["--STRESC", "--STRESN"])


def number_differs(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find rows where the text of ``text`` is a number other than the one in --STRESN.

    With ``same_unit``, only rows in which the two units given there (joined by a blank) are the same.
    """
    import polars as pl

    name, units = arguments["text"], arguments.get("same_unit", "").split()
    table = part.table(name, "--STRESN", *units)
    value = pl.col(name).cast(pl.Float64, strict=False)
    apart = (value - pl.col("--STRESN")).abs() > _TOLERANCE * pl.max_horizontal(value.abs(), pl.lit(1.0))
    if units:
        apart &= pl.col(units[0]).eq_missing(pl.col(units[1]))
    return part.hits(table, apart, [name, "--STRESN"])


def range_reversed(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find a lower limit of normal above the upper one."""
    import polars as pl

    low, high = arguments["low"], arguments["high"]
    table = part.table(low, high)
    flag = pl.col(low).cast(pl.Float64, strict=False) > pl.col(high).cast(pl.Float64, strict=False)
    return part.hits(table, flag, [low, high])


def wrong_indicator(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find an indicator of normal that contradicts the number and its range."""
    import polars as pl

    table = part.table("--STRESN", "--STNRLO", "--STNRHI", "--NRIND")
    value, low, high = pl.col("--STRESN"), pl.col("--STNRLO"), pl.col("--STNRHI")
    said = pl.col("--NRIND")
    wrong = (
        ((value < low) & ~said.str.starts_with("LOW"))
        | ((value > high) & ~said.str.starts_with("HIGH"))
        | ((value >= low) & (value <= high) & (said != "NORMAL"))
    )
    return part.hits(table, wrong & said.is_not_null(), ["--STRESN", "--NRIND"])


def out_of_range(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find a core set measure outside its scale (VAS 0-10 cm, MMT-8 0 to its maximum, HAQ 0-3)."""
    import polars as pl

    scales = {row["measure"]: row for row in load_rows("mitograft.trial.conformance", "scales.csv")}
    here = {m: source for m, source in part.protocol.measures.items() if source.domain == part.domain}
    if not here:
        raise NotApplicable("no core set measure in this domain")
    unit = "--STRESU" if part.has("--STRESU") else "--TESTCD"
    table = part.table("--TESTCD", "--STRESN", unit)
    value = pl.when(pl.col(unit) == "mm").then(pl.col("--STRESN") / _MM).otherwise(pl.col("--STRESN"))
    flag = pl.lit(value=False)
    for measure, source in here.items():
        high = float(scales[measure]["high"] or part.protocol.mmt8_max)
        low = float(scales[measure]["low"])
        flag |= (pl.col("--TESTCD") == source.testcd) & ~value.is_between(low, high)
    return part.hits(table, flag.fill_null(value=False), ["--TESTCD", "--STRESN"])
