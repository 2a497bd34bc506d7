"""What the definition file of the analysis data sets says: their specification with what the data hold."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mitograft.trial.adam import DatasetSpec, ParameterSpec, Specification, VariableSpec, load_specification
from mitograft.trial.dataset import Dataset, Datasets, Variable
from mitograft.trial.define.content import (
    CodelistContent,
    CodelistTerm,
    Content,
    DatasetContent,
    ItemContent,
    OriginContent,
    ValueContent,
)
from mitograft.trial.define.measures import Extent, measure_column

if TYPE_CHECKING:
    import polars as pl

__all__ = ["adam_content"]

_BASIC = "BASIC DATA STRUCTURE"
_PARAMETER = "PARAMCD"
_PUBLIC = frozenset({"NY", "Y", "SEX", "AGEU", "NRIND", "SBJTSTAT", "DATEFL"})
_VALUE_LEVEL = "AVAL"


def adam_content(datasets: Datasets, specification: Specification | None = None) -> Content:
    """Describe analysis data sets by their specification.

    A data set or variable outside the specification is described from the data alone, with the origin "Not
    Available".

    Parameters
    ----------
    datasets
        In the order of the file.
    specification
        Default: the one shipped.
    """
    spec = specification or load_specification()
    described = tuple(_dataset(dataset, spec.datasets.get(name)) for name, dataset in datasets.items())
    occurring: dict[str, set[str]] = {}
    for content, dataset in zip(described, datasets.values(), strict=True):
        for item in content.items:
            if item.codelist:
                values = dataset.frame[item.name].drop_nulls().unique().to_list()
                occurring.setdefault(item.codelist, set()).update(map(str, values))
    codelists = {
        name: _codelist(name, codelist.terms, occurring[name])
        for name, codelist in spec.codelists.items()
        if name in occurring
    }
    for name, dataset in datasets.items():
        parameters = _parameters(dataset)
        if parameters:
            codelists[f"{name}.{_PARAMETER}"] = CodelistContent(
                f"{name}.{_PARAMETER}",
                f"Parameters of {name}",
                tuple(CodelistTerm(code, words) for code, words in parameters),
            )
    return Content("ADaM", described, codelists)


def _codelist(name: str, terms: Mapping[str, str], occurring: set[str]) -> CodelistContent:
    """Return a list as specified, with what occurs beyond it at the end."""
    public = name in _PUBLIC
    listed = [CodelistTerm(value, words) for value, words in terms.items()]
    listed += [CodelistTerm(value, extended=public) for value in sorted(occurring - set(terms))]
    return CodelistContent(name, f"Code list {name}", tuple(listed), public)


def _parameters(dataset: Dataset) -> list[tuple[str, str]]:
    """Return the parameters that occur, with their names, in order of the code."""
    frame = dataset.frame
    if _PARAMETER not in frame.columns or "PARAM" not in frame.columns:
        return []
    pairs = frame.select(_PARAMETER, "PARAM").drop_nulls().unique(_PARAMETER, maintain_order=True)
    return [(code, words) for code, words in pairs.sort(_PARAMETER).iter_rows()]


def _dataset(dataset: Dataset, spec: DatasetSpec | None) -> DatasetContent:
    items = tuple(_item(dataset, variable, spec) for variable in dataset.variables)
    if spec is None:
        basic = _PARAMETER in dataset.frame.columns
        kind, structure = (_BASIC, "One record per subject per parameter") if basic else (_OTHER, "Records")
        return DatasetContent(dataset.name, dataset.label, kind, structure, dataset.frame.height, items)
    read = ", ".join(map(str, spec.sources))
    comment = f"Rows are made by the rule {spec.rule} from {read}." if read else ""
    label = dataset.label or spec.label
    return DatasetContent(
        dataset.name, label, spec.kind, spec.structure, dataset.frame.height, items, comment
    )


_OTHER = "ADAM OTHER"


def _item(dataset: Dataset, variable: Variable, spec: DatasetSpec | None) -> ItemContent:
    known = spec.variable(variable.name) if spec else None
    column = dataset.frame[variable.name]
    extent = measure_column(column)
    if variable.type == "text" and variable.name.endswith("DTC"):
        extent = measure_column(column, date=True)
    codelist = known.codelist if known else ""
    if variable.name == _PARAMETER and _parameters(dataset):
        codelist = f"{dataset.name}.{_PARAMETER}"
    return ItemContent(
        variable.name,
        variable.label or (known.label if known else variable.name),
        "",
        extent.type,
        extent.length,
        extent.digits,
        known.format if known else "DATE9." if variable.type == "date" else "",
        codelist,
        _origin(known),
        known.key if known else variable.key,
        bool(known and known.key) or variable.key > 0,
        extent.empty,
        _values(dataset, variable, spec),
    )


def _origin(known: VariableSpec | None) -> OriginContent:
    if known is None:
        return OriginContent("Not Available")
    if known.origin == "Predecessor":
        return OriginContent("Predecessor", predecessor=", ".join(map(str, known.sources)))
    if known.origin == "Derived":
        return OriginContent("Derived", "Sponsor", method=known.method or f"Rule {known.rule}.")
    return OriginContent("Assigned", "Sponsor")


def _values(dataset: Dataset, variable: Variable, spec: DatasetSpec | None) -> tuple[ValueContent, ...]:
    """Return a definition of the analysis value for every parameter that occurs."""
    frame = dataset.frame
    if variable.name != _VALUE_LEVEL or _PARAMETER not in frame.columns:
        return ()
    found = []
    for code, words in _parameters(dataset):
        column = frame.filter(frame[_PARAMETER] == code)[variable.name]
        if column.null_count() < column.len():
            parameter = spec.parameter(code) if spec else None
            found.append(ValueContent(_PARAMETER, code, _value(variable, column, words, parameter)))
    return tuple(found)


def _value(
    variable: Variable, column: "pl.Series", words: str, parameter: ParameterSpec | None
) -> ItemContent:
    extent: Extent = measure_column(column)
    method = parameter.method if parameter else ""
    origin = OriginContent("Derived", "Sponsor", method=method) if method else OriginContent("Not Available")
    shown = f"8.{parameter.decimals}" if parameter and parameter.decimals and extent.type == "float" else ""
    return ItemContent(variable.name, words, "", extent.type, extent.length, extent.digits, shown, "", origin)
