"""Who and which: subjects, keys, pairs of variables, links between data sets."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mitograft.trial.conformance.conditions.logic import NotApplicable, holds
from mitograft.trial.conformance.part import Part, typed_columns

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "absent_elsewhere", "dangling_relation", "dangling_supplement", "not_one_to_one", "present_elsewhere",
    "repeated", "repeated_key", "wrong_domain", "wrong_study", "wrong_subject_name",
]  # fmt: skip

_MORE_KEYS = (
    "VISITNUM", "--CAT", "--SCAT", "--OBJ", "--SPEC", "--METHOD", "--LOC", "--LAT", "--POS", "--TPT",
    "--TPTNUM",
)  # fmt: skip
_LEAST_KEY = 2  # USUBJID alone says nothing


def repeated(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find rows that share the values of ``keys``; missing values are not compared."""
    return _repeated(part, arguments["keys"].split(), complete=True)


def repeated_key(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find rows that share the natural key of their domain, with whatever qualifies a test besides."""
    from mitograft.trial.sdtm import load_domains

    if part.domain not in load_domains():
        raise NotApplicable("no key known for this domain")
    keys = [name for name in load_domains()[part.domain].keys if name in part.names]
    keys += [part.own(name) for name in _MORE_KEYS if part.own(name) in part.names]
    if len(keys) < _LEAST_KEY:
        raise NotApplicable("fewer than two variables of the key present")
    return _repeated(part, list(dict.fromkeys(keys)), complete=False)


def _repeated(part: Part, keys: list[str], *, complete: bool) -> "pl.DataFrame":
    import polars as pl

    table = part.table(*keys)
    again = pl.struct(keys).is_duplicated()
    if complete:
        again &= pl.all_horizontal(pl.col(keys).is_not_null())
    return part.hits(table, again, keys)


def absent_elsewhere(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find subjects that are not in data set ``other``; ``when`` restricts the rows (see ``logic``)."""
    return _elsewhere(part, arguments, wanted=False)


def present_elsewhere(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find subjects that are in data set ``other``; ``when`` restricts the rows (see ``logic``)."""
    return _elsewhere(part, arguments, wanted=True)


def _elsewhere(part: Part, arguments: Mapping[str, str], *, wanted: bool) -> "pl.DataFrame":
    import polars as pl

    others = [item for item in part.others(arguments["other"]) if "USUBJID" in item.frame.columns]
    columns = {"USUBJID": "USUBJID"}
    known = pl.concat([typed_columns(item, columns)["USUBJID"] for item in others]).drop_nulls().unique()
    condition = arguments.get("when", "")
    table = part.table("USUBJID", *holds(condition).names)
    found = pl.col("USUBJID").is_in(known.implode())
    flag = (found if wanted else ~found) & pl.col("USUBJID").is_not_null()
    return part.hits(table, flag & holds(condition).expression(), ["USUBJID", *holds(condition).names])


def wrong_domain(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find rows whose ``variable`` is not the domain of the data set."""
    import polars as pl

    name = arguments["variable"]
    return part.hits(part.table(name), pl.col(name) != part.domain, [name])


def wrong_study(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find rows of another study than the protocol's."""
    import polars as pl

    name = arguments["variable"]
    return part.hits(part.table(name), pl.col(name) != part.protocol.study, [name])


def wrong_subject_name(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find subjects whose USUBJID is not STUDYID-SITEID-SUBJID."""
    import polars as pl

    names = ("STUDYID", "SITEID", "SUBJID", "USUBJID")
    built = pl.concat_str(*names[:3], separator="-")
    return part.hits(part.table(*names), pl.col("USUBJID") != built, ["USUBJID"])


def not_one_to_one(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find rows in which ``first`` and ``second`` do not belong to one another alone.

    Rows whose ``second`` begins with the text of ``except`` are left out.
    """
    import polars as pl

    first, second = arguments["first"], arguments["second"]
    table = part.table(first, second).drop_nulls([first, second])
    if arguments.get("except"):
        table = table.filter(~pl.col(second).cast(pl.String).str.starts_with(arguments["except"]))
    pairs = table.select(first, second).unique()
    several = pl.col(first).is_duplicated() | pl.col(second).is_duplicated()
    wrong = pairs.filter(several)
    return part.hits(table.join(wrong, on=[first, second], how="semi"), pl.lit(value=True), [first, second])


def dangling_supplement(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find supplemental qualifiers whose parent record is not there."""
    table = part.table("RDOMAIN", "IDVAR", "IDVARVAL", "USUBJID")
    return part.hits(*_without_parent(part, table), ["RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL"])


def dangling_relation(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find related records that are not there; relations of whole data sets have no value to look for."""
    import polars as pl

    table = part.table("RDOMAIN", "IDVAR", "IDVARVAL", "USUBJID").filter(pl.col("IDVARVAL").is_not_null())
    return part.hits(*_without_parent(part, table), ["RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL"])


def _without_parent(part: Part, table: "pl.DataFrame") -> "tuple[pl.DataFrame, pl.Expr]":
    """Return the rows and the flag: no record of RDOMAIN has IDVARVAL in IDVAR for this subject."""
    import polars as pl

    known = [table.select("_row").clear()]
    for (domain, variable), rows in table.group_by("RDOMAIN", "IDVAR", maintain_order=True):
        known += [_matched(rows, parent.frame, variable) for parent in part.others(str(domain))]
    found = pl.concat(known)["_row"].unique()
    return table, ~pl.col("_row").is_in(found.implode())


def _matched(rows: "pl.DataFrame", parent: "pl.DataFrame", variable: object) -> "pl.DataFrame":
    import polars as pl

    if "USUBJID" not in parent.columns or (variable is not None and variable not in parent.columns):
        return rows.select("_row").clear()
    parent = parent.with_columns(pl.col("USUBJID").cast(pl.String))
    subjects = parent.select("USUBJID").unique()
    if variable is None:  # the one record of the subject
        return rows.join(subjects, on="USUBJID", how="semi").select("_row")
    numeric = parent.schema[str(variable)].is_numeric()
    kind = pl.Float64 if numeric else pl.String
    keys = parent.select("USUBJID", pl.col(str(variable)).cast(kind).alias("_value")).unique()
    values = rows.with_columns(pl.col("IDVARVAL").str.strip_chars().cast(kind, strict=False).alias("_value"))
    return values.join(keys, on=["USUBJID", "_value"], how="semi").select("_row")
