"""Checks of analysis data sets against their specification, and of what must hold between their variables."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mitograft.errors import Violation
from mitograft.trial.adam.derive import Adam
from mitograft.trial.adam.specification import DatasetSpec, Specification, VariableSpec, load_specification
from mitograft.trial.dataset import Datasets

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_adam"]

_NEAR = 1e-6
_BASIC = "BASIC DATA STRUCTURE"
_AGAIN = "Derive the data sets again from their sources."


def check_adam(adam: Adam | Datasets) -> tuple[Violation, ...]:
    """Check analysis data sets.

    Columns and their types, texts not longer than specified, code lists, unique keys, subjects of ADSL;
    PARAM, PARAMCD and PARAMN one to one; one baseline record and one value of it for each subject and
    parameter, CHG = AVAL - BASE, no study day 0, one analysed record a visit; the Total Improvement Score
    as the sum of its points and between its bounds; times to event of at least one day.

    Parameters
    ----------
    adam
        Derived data sets, or some read from files.

    Returns
    -------
    violations
        Every broken rule; ``file`` is the data set and ``row`` the record, from 1. Empty where all hold.
    """
    datasets = adam.datasets if isinstance(adam, Adam) else adam
    specification = load_specification()
    found: list[Violation] = []
    for name, dataset in datasets.items():
        if name not in specification.datasets:
            continue
        columns = list(_columns(specification[name], dataset.frame))
        found += columns
        if not columns:
            found += _content(specification, name, datasets)
    return tuple(found)


def _columns(spec: DatasetSpec, frame: "pl.DataFrame") -> Iterator[Violation]:
    import polars as pl

    types = {"text": pl.String, "number": pl.Float64, "date": pl.Date}
    for variable in spec.variables:
        if variable.name not in frame.columns:
            yield _violation(spec, "missing-variable", "no such variable", variable.label, variable.name)
        elif frame.schema[variable.name] not in (types[variable.type], pl.Null):
            found = str(frame.schema[variable.name])
            yield _violation(spec, "wrong-type", found, variable.type, variable.name)
    for name in frame.columns:
        if spec.variable(name) is None:
            yield _violation(spec, "unknown-variable", "a variable", "none of that name", name)


def _violation(
    spec: DatasetSpec, rule: str, found: str, expected: str, column: str | None = None, row: int | None = None
) -> Violation:
    return Violation(rule, found, expected, _AGAIN, spec.name, row, column)


def _content(specification: Specification, name: str, datasets: Datasets) -> Iterator[Violation]:
    spec, frame = specification[name], datasets[name].frame
    for variable in spec.variables:
        yield from _values(specification, spec, variable, frame)
    yield from _keys(spec, frame, datasets)
    if spec.kind == _BASIC:
        yield from _parameters(spec, frame)
    for rule, expected, column, broken in _laws(spec, frame):
        for row in frame.with_row_index("_at").filter(broken.fill_null(value=False))["_at"].to_list():
            yield _violation(spec, rule, "a record that breaks the rule", expected, column, row + 1)


def _values(
    specification: Specification, spec: DatasetSpec, variable: VariableSpec, frame: "pl.DataFrame"
) -> Iterator[Violation]:
    import polars as pl

    if variable.type != "text":
        return
    column = pl.col(variable.name)
    long = frame.with_row_index("_at").filter(column.str.len_bytes() > variable.length)["_at"].to_list()
    for row in long:
        expected = f"at most {variable.length} bytes"
        yield _violation(spec, "too-long", "a longer text", expected, variable.name, row + 1)
    if variable.codelist:
        terms = list(specification.codelists[variable.codelist].terms)
        other = frame.with_row_index("_at").filter(column.is_not_null(), ~column.is_in(terms))["_at"]
        for row in other.to_list():
            yield _violation(spec, "not-in-list", "another value", " or ".join(terms), variable.name, row + 1)


def _keys(spec: DatasetSpec, frame: "pl.DataFrame", datasets: Datasets) -> Iterator[Violation]:
    import polars as pl

    rows = frame.with_row_index("_at")
    for row in rows.filter(pl.struct(spec.keys).is_duplicated())["_at"].to_list():
        yield _violation(spec, "duplicate-key", "a second record", ", ".join(spec.keys), None, row + 1)
    if "ADSL" in datasets:
        known = datasets["ADSL"].frame["USUBJID"]
        for row in rows.filter(~pl.col("USUBJID").is_in(known.implode()).fill_null(value=False))[
            "_at"
        ].to_list():
            yield _violation(spec, "unknown-subject", "a subject", "one of ADSL", "USUBJID", row + 1)


def _parameters(spec: DatasetSpec, frame: "pl.DataFrame") -> Iterator[Violation]:
    names = frame.select("PARAMCD", "PARAM", "PARAMN").unique(maintain_order=True)
    for column in names.columns:
        if names[column].is_duplicated().any():
            expected = "PARAMCD, PARAM and PARAMN one to one"
            yield _violation(
                spec, "parameter-names", f"{column} with several of the others", expected, column
            )
    if "AVALU" in frame.columns:
        units = frame.select("PARAMCD", "AVALU").drop_nulls().unique(maintain_order=True)
        for code in sorted(set(units.filter(units["PARAMCD"].is_duplicated())["PARAMCD"].to_list())):
            yield _violation(spec, "mixed-units", f"several units of {code}", "one unit a parameter", "AVALU")


def _laws(spec: DatasetSpec, frame: "pl.DataFrame") -> "Iterator[tuple[str, str, str, pl.Expr]]":
    """Yield rule, what holds, variable, and an expression that is true where it does not."""
    import polars as pl

    has = set(frame.columns)
    group = ["USUBJID", "PARAMCD"]
    flagged = pl.col("ABLFL") == "Y"
    if "ABLFL" in has:
        yield (
            "two-baselines",
            "one baseline record a parameter",
            "ABLFL",
            (flagged & (flagged.sum().over(group) > 1)),
        )
        base = pl.when(flagged).then(pl.col("AVAL")).max().over(group)
        yield "base", "AVAL of the baseline record", "BASE", ~base.eq_missing(pl.col("BASE"))
        change = (pl.col("CHG") - (pl.col("AVAL") - pl.col("BASE"))).abs() > _NEAR
        yield "change", "CHG = AVAL - BASE", "CHG", change
    if {"ANL01FL", "AVISIT"} <= has:
        analysed = pl.col("ANL01FL") == "Y"
        count = analysed.sum().over([*group, "AVISIT"])
        yield "two-analysed", "one record a visit", "ANL01FL", analysed & (count > 1)
        yield "analysed-empty", "a value", "AVAL", analysed & pl.col("AVAL").is_null()
    for day in sorted({"ADY", "ASTDY", "AENDY"} & has):
        yield "day-zero", "a study day other than 0", day, pl.col(day) == 0
    if spec.name == "ADTIS":
        yield from _score_laws()
    if spec.name == "ADTTE":
        yield "time", "at least one day", "AVAL", pl.col("AVAL") < 1
        yield "censor", "0 or 1", "CNSR", ~pl.col("CNSR").is_in([0.0, 1.0])


def _score_laws() -> "Iterator[tuple[str, str, str, pl.Expr]]":
    import polars as pl

    visit = ["USUBJID", "AVISITN"]
    code, value = pl.col("PARAMCD"), pl.col("AVAL")
    points = pl.when(code.str.starts_with("PTS")).then(value).sum().over(visit)
    low, high = (pl.when(code == name).then(value).max().over(visit) for name in ("TISLO", "TISHI"))
    total = code == "TIS"
    yield "score-sum", "the sum of the six points", "AVAL", total & ((value - points).abs() > _NEAR)
    yield "score-bounds", "a score between TISLO and TISHI", "AVAL", total & ~value.is_between(low, high)
    yield "score-range", "0 to 100", "AVAL", code.str.contains("^(TIS|PTS)") & ~value.is_between(0, 100)
