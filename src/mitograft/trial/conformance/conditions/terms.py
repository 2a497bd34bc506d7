"""Controlled terms, and the names the protocol gives to visits and arms."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mitograft.trial.conformance.conditions.logic import NotApplicable
from mitograft.trial.conformance.part import Part

if TYPE_CHECKING:
    import polars as pl

__all__ = ["unknown_arm", "unknown_term", "unknown_visit"]

_UNSCHEDULED = "UNSCHEDULED"
_NO_ARM = ("SCRNFAIL", "NOTASSGN", "NOTTRT")


def unknown_term(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find values not in their list; ``extensible``: only lists that may (yes) or may not be extended.

    A value a list may be extended by is reported once, at its first record.
    """
    import polars as pl

    from mitograft.trial.sdtm import load_terms

    lists = load_terms()
    checked = [item for item in part.definition if item.codelist in lists and item.name in part.names]
    texts = [item for item in checked if part.dataset.frame.schema[item.name] == pl.String]
    hits = [part.whole([])]
    for item in texts:
        terms = lists[item.codelist]
        if all(term.extensible for term in terms) == (arguments["extensible"] == "yes"):
            table = part.table(item.name)
            flag = ~pl.col(item.name).is_in([term.value for term in terms])
            if arguments["extensible"] == "yes":
                flag &= pl.col(item.name).is_first_distinct()
            hits.append(part.hits(table, flag.fill_null(value=False), [item.name]))
    return pl.concat(hits)


def unknown_visit(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":  # noqa: ARG001
    """Find visits that are neither planned nor called unscheduled; each name is reported once."""
    import polars as pl

    planned = [visit.name for visit in part.protocol.visits]
    table = part.table("VISIT").drop_nulls("VISIT")
    flag = ~pl.col("VISIT").is_in(planned) & ~pl.col("VISIT").str.starts_with(_UNSCHEDULED)
    return part.hits(table, flag & pl.col("VISIT").is_first_distinct(), ["VISIT"])


def unknown_arm(part: Part, arguments: Mapping[str, str]) -> "pl.DataFrame":
    """Find codes in ``variable`` that are no planned arm."""
    import polars as pl

    if not part.protocol.arms:
        raise NotApplicable("no arms in the protocol")
    name = arguments["variable"]
    planned = pl.col(name).is_in([arm.code for arm in part.protocol.arms])
    none = pl.col(name).str.to_uppercase().is_in(_NO_ARM)
    return part.hits(part.table(name), (~planned & ~none).fill_null(value=False), [name])
