"""Doses against the protocol: amount, number, lot."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mitograft.trial.conformance.conditions.logic import NotApplicable
from mitograft.trial.conformance.part import Part

if TYPE_CHECKING:
    import polars as pl

__all__ = ["many_doses", "unknown_lot", "wrong_dose"]

_TOLERANCE = 1e-9


def wrong_dose(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find doses that are not the planned one of the subject's arm (``arm``), in amount or unit."""
    import polars as pl

    planned = [arm for arm in part.protocol.arms if arm.placebo or arm.dose is not None]
    if not planned:
        raise NotApplicable("no doses in the protocol")
    arm = arguments["arm"]
    plan = pl.DataFrame(
        [(item.code, 0.0 if item.placebo else item.dose, item.unit) for item in planned],
        schema={arm: pl.String, "_dose": pl.Float64, "_unit": pl.String},
        orient="row",
    )
    table = part.table("USUBJID", "EXDOSE", "EXDOSU", arm).join(plan, on=arm, how="inner").sort("_row")
    apart = (pl.col("EXDOSE") - pl.col("_dose")).abs() > _TOLERANCE * pl.max_horizontal(
        pl.col("_dose").abs(), pl.lit(1.0)
    )
    return part.hits(table, apart | _other_unit(), ["EXDOSE", "EXDOSU"])


def _other_unit() -> "pl.Expr":
    """Return where a dose above 0 is in another unit than planned; ug may be written in two ways more."""
    import polars as pl

    micro = {"\N{MICRO SIGN}g": "ug", "\N{GREEK SMALL LETTER MU}g": "ug", "mcg": "ug"}
    unit = pl.col("EXDOSU").replace(micro)
    return (pl.col("EXDOSE") > 0) & (unit != pl.col("_unit").replace(micro))


def many_doses(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find subjects with more doses than the protocol plans, placebo counted too."""
    import polars as pl

    planned = part.protocol.doses
    if planned is None:
        raise NotApplicable("no number of doses in the protocol")
    table = part.table("USUBJID", "EXDOSE").filter(pl.col("EXDOSE").is_not_null())
    return part.hits(table, pl.len().over("USUBJID") > planned, ["EXDOSE"])


def unknown_lot(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find lots that are not in the list of released lots."""
    import polars as pl

    if part.lots is None:
        raise NotApplicable("no list of released lots given")
    table = part.table("EXLOT").drop_nulls("EXLOT")
    return part.hits(table, ~pl.col("EXLOT").is_in(sorted(part.lots)), ["EXLOT"])
