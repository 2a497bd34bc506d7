"""Core set measures and subjects of the analysis data sets as the tables the scoring of files reads."""

from typing import TYPE_CHECKING, cast

from mitograft.tables.contract import Cell, RawTable
from mitograft.trial.adam.derive import Adam
from mitograft.trial.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = ["core_set_table", "subjects_table"]


def core_set_table(adam: Adam, protocol: Protocol) -> RawTable:
    """Return the core set measures of dosed subjects, one row a subject and visit.

    The columns are those of ``trial.core_set.core_set_contract``. The baseline visit holds the baseline
    records (ABLFL), the later planned visits the analysed ones (ANL01FL); earlier visits and subjects without
    a baseline are left out. ``derive_tis`` with that baseline gives the scores of ADTIS.
    """
    import polars as pl

    measures = {p.code: p.measure for p in adam.specification["ADQS"].parameters if p.measure}
    enzymes = {p.code: p.measure for p in adam.specification["ADLB"].parameters if p.measure}
    qs = _records(adam, "ADQS", protocol).with_columns(
        pl.col("PARAMCD").replace_strict(measures, default=None)
    )
    lb = _records(adam, "ADLB", protocol).with_columns(
        pl.col("PARAMCD").replace_strict(enzymes, default=None)
    )
    qs, lb = (side.filter(pl.col("PARAMCD").is_not_null()) for side in (qs, lb))
    keys = ["USUBJID", "AVISITN", "AVISIT"]
    rows = qs.select(keys).unique().sort(keys)
    based = rows.filter(pl.col("AVISIT") == protocol.baseline_visit)["USUBJID"]
    rows = rows.filter(pl.col("USUBJID").is_in(based.implode()))
    for name in measures.values():
        rows = _joined(rows, qs, name, {"AVAL": name})
    rows = rows.with_columns(pl.lit(float(protocol.mmt8_max)).alias("mmt8_max"))
    for name in enzymes.values():
        rows = _joined(rows, lb, name, {"AVAL": name, "ANRHI": f"{name}_uln", "AVALU": f"{name}_unit"})
    return _raw(rows.drop("AVISITN").rename({"USUBJID": "subject", "AVISIT": "visit"}), "ADQS and ADLB")


def _records(adam: Adam, dataset: str, protocol: Protocol) -> "pl.DataFrame":
    """Baseline records, moved to the baseline visit, and analysed records of later visits."""
    import polars as pl

    if dataset not in adam.datasets:
        return pl.DataFrame(schema={"USUBJID": pl.String, "AVISIT": pl.String, "AVISITN": pl.Float64})
    visit = next(visit for visit in protocol.visits if visit.name == protocol.baseline_visit)
    frame = adam.datasets[dataset].frame.filter(pl.col("SAFFL") == "Y", pl.col("AVAL").is_not_null())
    first = frame.filter(pl.col("ABLFL") == "Y").with_columns(
        pl.lit(visit.name).alias("AVISIT"), pl.lit(float(visit.number)).alias("AVISITN")
    )
    later = frame.filter(
        pl.col("ANL01FL") == "Y", pl.col("ABLFL").is_null(), pl.col("AVISITN") > visit.number
    )
    return pl.concat([first, later])


def _joined(
    rows: "pl.DataFrame", records: "pl.DataFrame", name: str, columns: dict[str, str]
) -> "pl.DataFrame":
    import polars as pl

    own = records.filter(pl.col("PARAMCD") == name).select(
        "USUBJID", "AVISITN", *(pl.col(old).alias(new) for old, new in columns.items())
    )
    return rows.join(own, on=["USUBJID", "AVISITN"], how="left", maintain_order="left")


def subjects_table(adam: Adam) -> RawTable:
    """Return subject, group (actual treatment) and diagnosis of the dosed subjects."""
    import polars as pl

    frame = adam.datasets["ADSL"].frame.filter(pl.col("SAFFL") == "Y")
    named = frame.select(
        pl.col("USUBJID").alias("subject"), pl.col("TRT01A").alias("group"), pl.col("DIAG").alias("diagnosis")
    )
    return _raw(named, "ADSL")


def _raw(frame: "pl.DataFrame", source: str) -> RawTable:
    columns = {name: cast("list[Cell]", frame[name].to_list()) for name in frame.columns}
    return RawTable(source, columns, range(2, frame.height + 2))
