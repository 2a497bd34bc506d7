"""What the definition file of the collected data says: the domains' definitions with what the data hold."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import cast

from mitograft.errors import UsageError
from mitograft.tables.parameters import load_rows
from mitograft.trial.dataset import Dataset, Datasets, Variable
from mitograft.trial.define.content import (
    CodelistContent,
    CodelistTerm,
    Content,
    DatasetContent,
    ItemContent,
    OriginContent,
    OriginType,
    ValueContent,
)
from mitograft.trial.define.measures import measure_column
from mitograft.trial.sdtm import domain_variables, find_domain, load_terms
from mitograft.trial.sdtm.domains import Domain, DomainVariable

__all__ = ["sdtm_content", "sdtm_origin"]

_SUPPLEMENT = "SUPP"
_DESIGN = "trial design"
_MANY = 60  # more values than this are no list


def sdtm_content(datasets: Datasets) -> Content:
    """Describe collected data sets by the definitions of ``trial.sdtm``.

    A data set or variable without a definition is described from the data alone. Code lists hold the values
    that occur; a value outside a public list is marked as added.

    Parameters
    ----------
    datasets
        In the order of the file.
    """
    described: list[DatasetContent] = []
    codelists: dict[str, CodelistContent] = {}
    for dataset in datasets.values():
        content = _dataset(dataset)
        described.append(content)
        for item in content.items:
            if item.codelist:
                codelists[item.codelist] = _merge(
                    codelists.get(item.codelist), _codelist(dataset, item.name, item.codelist)
                )
    return Content("SDTM", tuple(described), codelists)


def sdtm_origin(domain: str, variable: str) -> OriginContent:
    """Return where a variable comes from by ``data/sdtm_origins.csv``: the first row that fits.

    Rows of a domain come before those of all; ``--`` stands for the domain's letters, alone for any name.

    >>> sdtm_origin("LB", "LBSEQ").type, sdtm_origin("AE", "AETERM").type, sdtm_origin("TV", "VISIT").type
    ('Derived', 'Collected', 'Protocol')
    """
    family = "SUPP--" if domain.startswith(_SUPPLEMENT) else domain
    names = {variable, "--"}
    if variable.startswith(domain):
        names.add(f"--{variable.removeprefix(domain)}")
    for row in sorted(_origins(), key=lambda row: row["domain"] == ""):
        if row["domain"] in {family, ""} and row["variable"] in names:
            return OriginContent(cast("OriginType", row["origin"]), row["source"], method=row["method"])
    return OriginContent("Not Available")


@cache
def _origins() -> Sequence[Mapping[str, str]]:
    return load_rows("mitograft.trial.define", "sdtm_origins.csv")


def _definition(name: str) -> tuple[Domain | None, Mapping[str, DomainVariable]]:
    try:
        return find_domain(name), {item.name: item for item in domain_variables(name)}
    except UsageError:
        return None, {}


def _dataset(dataset: Dataset) -> DatasetContent:
    domain, known = _definition(dataset.name)
    items = tuple(
        _item(dataset, variable, known.get(variable.name), domain) for variable in dataset.variables
    )
    if domain is None:
        rows = dataset.frame.height
        return DatasetContent(dataset.name, dataset.label, "FINDINGS", "Records", rows, items, known=False)
    return DatasetContent(
        dataset.name,
        dataset.label or domain.label,
        domain.kind.upper(),
        domain.structure,
        dataset.frame.height,
        items,
        reference=domain.kind == _DESIGN,
    )


def _item(
    dataset: Dataset, variable: Variable, known: DomainVariable | None, domain: Domain | None
) -> ItemContent:
    name = variable.name
    date = variable.type == "text" and name.endswith("DTC")
    extent = measure_column(dataset.frame[name], date=date)
    keys = domain.keys if domain else ()
    keyed = ("STUDYID", *keys)
    return ItemContent(
        name,
        variable.label or (known.label if known else name),
        known.role.title() if known else "",
        extent.type,
        extent.length,
        extent.digits,
        "",
        _list_of(dataset, name, known),
        sdtm_origin(dataset.name, name),
        keyed.index(name) + 1 if name in keyed and domain else 0,
        bool(known and known.core == "Req"),
        extent.empty,
        _values(dataset, name),
    )


def _list_of(dataset: Dataset, name: str, known: DomainVariable | None) -> str:
    """Return the code list of a variable: a public one, or that of the tests of its data set."""
    count = dataset.frame[name].drop_nulls().n_unique()
    if name in {f"{dataset.name}TESTCD", "QNAM"} and count:
        return f"{dataset.name}.{name}"
    if known and known.codelist and 0 < count <= _MANY:
        return known.codelist if known.codelist in load_terms() else f"{dataset.name}.{name}"
    return ""


def _codelist(dataset: Dataset, name: str, codelist: str) -> CodelistContent:
    frame = dataset.frame
    public = load_terms().get(codelist, ())
    allowed = {term.value for term in public}
    decode = {"QNAM": "QLABEL", f"{dataset.name}TESTCD": f"{dataset.name}TEST"}.get(name, "")
    if decode in frame.columns:
        pairs = frame.select(name, decode).drop_nulls(name).unique(name, maintain_order=True).sort(name)
        terms = tuple(CodelistTerm(value, words or "") for value, words in pairs.iter_rows())
    else:
        values = frame[name].drop_nulls().unique().sort().to_list()
        terms = tuple(CodelistTerm(str(v), extended=bool(allowed) and v not in allowed) for v in values)
    label = f"Code list {codelist}" if public else f"Values of {dataset.name}.{name}"
    return CodelistContent(codelist, label, terms, bool(public))


def _merge(first: CodelistContent | None, second: CodelistContent) -> CodelistContent:
    if first is None:
        return second
    terms = {term.value: term for term in (*first.terms, *second.terms)}
    ordered = tuple(terms[value] for value in sorted(terms))
    return CodelistContent(first.name, first.label, ordered, first.public)


def _values(dataset: Dataset, name: str) -> tuple[ValueContent, ...]:
    """Return definitions of results by test, and of supplemental values by name."""
    code = f"{dataset.name}TESTCD" if name == f"{dataset.name}ORRES" else "QNAM" if name == "QVAL" else ""
    frame = dataset.frame
    if not code or code not in frame.columns:
        return ()
    words = {term.value: term.decode for term in _codelist(dataset, code, f"{dataset.name}.{code}").terms}
    found = []
    for value, label in words.items():
        extent = measure_column(frame.filter(frame[code] == value)[name])
        item = ItemContent(
            name, label or value, "", extent.type, extent.length, extent.digits, "", "",
            sdtm_origin(dataset.name, name),
        )  # fmt: skip
        found.append(ValueContent(code, value, item))
    return tuple(found)
