"""Variables and values as such: present, of their type, readable."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from mitograft.trial.conformance.part import Part

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "bad_dates", "leading_spaces", "long_text", "missing_values", "missing_variables", "not_whole",
    "wrong_type",
]  # fmt: skip


def missing_variables(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find variables that are not there; ``core``: Req, or ``always`` for those every data set has."""
    core = arguments["core"]
    wanted = [
        item.name
        for item in part.definition
        if item.core == core or (core == "always" and item.always and item.core != "Req")
    ]
    return part.whole([name for name in wanted if name not in part.names])


def missing_values(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find rows without a value of a variable of this ``core``; USUBJID has a rule of its own."""
    import polars as pl

    wanted = [
        item.name for item in part.definition if item.core == arguments["core"] and item.name != "USUBJID"
    ]
    present = [name for name in wanted if name in part.names]
    return _per_variable(part, present, lambda name: pl.col(name).is_null())


def not_whole(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find numbers that are no whole number from 1."""
    import polars as pl

    name = arguments["variable"]
    table = part.table(name)
    if not table.schema[name].is_numeric():
        return part.whole([part.own(name)])
    wrong = pl.col(name).is_null() | (pl.col(name) < 1) | (pl.col(name) != pl.col(name).floor())
    return part.hits(table, wrong, [name])


def wrong_type(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find variables that hold text where SDTM has a number, or the other way round."""
    import polars as pl

    schema = part.dataset.frame.schema
    wrong = [
        item.name
        for item in part.definition
        if item.name in schema
        and schema[item.name] != pl.Null
        and schema[item.name].is_numeric() != (item.type == "number")
    ]
    return part.whole(wrong)


def long_text(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find text of more than ``bytes`` bytes."""
    import polars as pl

    most = int(arguments["bytes"])
    return _per_variable(part, _texts(part), lambda name: pl.col(name).str.len_bytes() > most)


def leading_spaces(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find text that begins with white space, or is only a full stop."""
    import polars as pl

    return _per_variable(
        part, _texts(part), lambda name: pl.col(name).str.contains(r"^\s") | (pl.col(name) == ".")
    )


def bad_dates(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find dates (variables ending in DTC) that are not ISO 8601 as SDTM allows it."""
    import polars as pl

    from mitograft.trial.sdtm import is_date

    dates = [name for name in _texts(part) if name.endswith("DTC")]

    def wrong(name: str) -> "pl.Expr":
        values = part.dataset.frame.select(pl.col(name).unique())
        bad = values.filter(~is_date(name)).to_series()
        return pl.col(name).is_in(bad.implode())

    return _per_variable(part, dates, wrong)


def _texts(part: Part) -> list[str]:
    import polars as pl

    return [name for name, kind in part.dataset.frame.schema.items() if kind == pl.String]


def _per_variable(part: Part, names: Iterable[str], flag: "Callable[[str], pl.Expr]") -> "pl.DataFrame":
    """Return the hits of several variables, each with its own flag."""
    import polars as pl

    names = list(names)
    if not names:
        return part.whole([])
    frame = part.dataset.frame.select(flag(name).fill_null(value=False).alias(name) for name in names)
    broken = [name for name, some in frame.select(pl.all().any()).row(0, named=True).items() if some]
    rows = frame.with_row_index("_row")
    return pl.concat([part.whole([]), *(part.hits(rows, pl.col(name), [name]) for name in broken)])
