"""What a trace is: a value, the rule that made it, and the same for all the rule read, down to the file.

``trace_records`` gives the same for whole data sets in one table: a row for each record and source record.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from mitograft.trial.adam.derive import Adam

__all__ = ["Trace", "TraceStep", "trace_records"]

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


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One value and where it comes from.

    Parameters
    ----------
    place
        Data set, record and variable, or file, row and fields.
    value
        The value as text; empty for a missing one.
    rule
        Name of the rule; empty for a value that was collected or read.
    method
        What the rule does, in words.
    formula
        The rule with the numbers put in; empty where there is nothing to compute.
    steps
        The values the rule read.
    """

    place: str
    value: str
    rule: str = ""
    method: str = ""
    formula: str = ""
    steps: "tuple[TraceStep, ...]" = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """The trace of one value of one subject."""

    subject: str
    root: TraceStep

    def lines(self) -> list[str]:
        """Return the tree as text, a step deeper two blanks further in."""
        return [f"Subject {self.subject}", *_lines(self.root, 0)]

    def as_dict(self) -> dict[str, object]:
        """Return the tree for machine-readable output."""
        return {"subject": self.subject, **_as_dict(self.root)}

    def files(self) -> tuple[str, ...]:
        """Return the places in files at the ends of the tree, each once."""
        return tuple(dict.fromkeys(step.place for step in _ends(self.root) if step.place.startswith("file ")))


def _lines(step: TraceStep, depth: int) -> Iterator[str]:
    indent = "  " * depth
    value = step.value or "(empty)"
    head = step.place if step.place.startswith("file ") else f"{step.place} = {value}"
    yield indent + head + (f"  [{step.rule}]" if step.rule else "")
    if step.method:
        yield f"{indent}  | {step.method}"
    if step.formula:
        yield f"{indent}  | {step.formula}"
    for inner in step.steps:
        yield from _lines(inner, depth + 1)


def _as_dict(step: TraceStep) -> dict[str, object]:
    return {
        "place": step.place,
        "value": step.value,
        "rule": step.rule,
        "method": step.method,
        "formula": step.formula,
        "steps": [_as_dict(inner) for inner in step.steps],
    }


def _ends(step: TraceStep) -> Iterator[TraceStep]:
    if not step.steps:
        yield step
    for inner in step.steps:
        yield from _ends(inner)


def trace_records(adam: "Adam") -> "pl.DataFrame":
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

    made = [_records(adam, name) for name in adam.datasets]
    return pl.concat([*made, *_more(adam)], how="diagonal").select(_COLUMNS).sort(_COLUMNS, nulls_last=True)


_SINGLE = {"ADSL": ("DM", "USUBJID", None), "ADAE": ("AE", "AESEQ", "AESEQ")}


def _records(adam: "Adam", name: str) -> "pl.DataFrame":
    """Return the single source of each record, null where it has several."""
    import polars as pl

    frame = adam.datasets[name].frame.with_columns(adam.links[name]["_row"].alias("source_row"))
    rule = pl.lit(adam.specification[name].rule).alias("rule")
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


def _more(adam: "Adam") -> "Iterator[pl.DataFrame]":
    """Yield the sources of records made of several: scores of points, totals of doses."""
    several = (
        ("ADTIS", "AVISITN", ("TIS", "TISLO", "TISHI"), "PTS"),
        ("ADEX", None, ("TOTDOSE", "NDOSES"), "DOSE"),
    )
    for name, by, codes, part in several:
        if name in adam.datasets:
            yield _sums(adam, name, by, codes, part)
    if "ADTIS" in adam.datasets:
        yield from _baselines(adam)


def _sums(adam: "Adam", name: str, by: str | None, codes: tuple[str, ...], part: str) -> "pl.DataFrame":
    import polars as pl

    keys = ["USUBJID", *([by] if by else [])]
    frame = adam.datasets[name].frame.select(*keys, "PARAMCD", "ASEQ")
    totals = frame.filter(pl.col("PARAMCD").is_in(codes))
    parts = frame.filter(pl.col("PARAMCD").str.starts_with(part)).select(
        *keys, pl.col("ASEQ").alias("source_record")
    )
    return totals.join(parts, on=keys).select(
        pl.lit(name).alias("dataset"),
        pl.col("USUBJID").alias("usubjid"),
        pl.col("ASEQ").alias("record"),
        pl.col("PARAMCD").alias("parameter"),
        pl.lit(adam.specification[name].rule).alias("rule"),
        pl.lit(name).alias("source_dataset"),
        pl.lit("AVAL").alias("source_variable"),
        "source_record",
    )


def _baselines(adam: "Adam") -> "Iterator[pl.DataFrame]":
    """Yield the baseline record of each percent change."""
    import polars as pl

    changes = adam.datasets["ADTIS"].frame.filter(pl.col("PARAMCD").str.starts_with("APC"))
    for name in ("ADQS", "ADLB"):
        if name not in adam.datasets:
            continue
        frame = adam.datasets[name].frame
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
                pl.lit(adam.specification["ADTIS"].rule).alias("rule"),
                pl.lit(name).alias("source_dataset"),
                pl.lit("AVAL").alias("source_variable"),
                "source_record",
            )
        )
