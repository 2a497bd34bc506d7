"""Domains that were split into several data sets (LBCH, LBHE, ... of LB), put together again.

A split data set has the domain's code in DOMAIN and a longer name; a supplement of one (SUPPLBCH) has the
code in RDOMAIN. --SEQ is unique over all parts, so nothing is renumbered.
"""

from typing import TYPE_CHECKING

from mitograft.trial.dataset import Dataset, Datasets, Variable

if TYPE_CHECKING:
    import polars as pl

__all__ = ["join_split_domains"]

_SUPPLEMENT = "SUPP"
_CODE = 2


def join_split_domains(datasets: Datasets) -> Datasets:
    """Return the data sets with the parts of every split domain as one; others are as they were.

    A part is left alone where a data set of the whole domain is there too. Rows follow one another in the
    order of the parts' names, each with its own origin; a variable that one part lacks is empty there.
    """
    parts: dict[str, list[Dataset]] = {}
    for dataset in datasets.values():
        whole = _whole_of(dataset)
        if whole and whole not in datasets:
            parts.setdefault(whole, []).append(dataset)
    taken = {part.name for members in parts.values() for part in members}
    kept = [dataset for dataset in datasets.values() if dataset.name not in taken]
    return Datasets([*kept, *(_joined(name, members) for name, members in sorted(parts.items()))])


def _whole_of(dataset: Dataset) -> str:
    """Return the name of the domain a data set is a part of; empty where it is a whole one."""
    supplement = dataset.name.startswith(_SUPPLEMENT)
    variable, start = ("RDOMAIN", len(_SUPPLEMENT)) if supplement else ("DOMAIN", 0)
    if variable not in dataset.frame.columns or len(dataset.name) <= start + _CODE:
        return ""
    codes = dataset.frame[variable].drop_nulls().unique().to_list()
    code = dataset.name[start : start + _CODE]
    return dataset.name[: start + _CODE] if codes == [code] else ""


def _joined(name: str, parts: list[Dataset]) -> Dataset:
    import polars as pl

    variables: dict[str, Variable] = {}
    for part in parts:
        for variable in part.variables:
            variables.setdefault(variable.name, variable)
    frame = pl.concat([part.frame for part in parts], how="diagonal_relaxed").select(*variables)
    origins = pl.concat([_origins(part) for part in parts])
    source = ", ".join(part.source for part in parts)
    return Dataset(name, parts[0].label, frame, tuple(variables.values()), source, origins)


def _origins(part: Dataset) -> "pl.DataFrame":
    import polars as pl

    if part.origins is not None:
        return part.origins
    rows = [part.origin(index) for index in range(part.frame.height)]
    return pl.DataFrame(
        {
            "file": [o.file for o in rows],
            "row": [o.row for o in rows],
            "fields": [";".join(o.fields) for o in rows],
        },
        schema={"file": pl.String, "row": pl.Int64, "fields": pl.String},
    )
