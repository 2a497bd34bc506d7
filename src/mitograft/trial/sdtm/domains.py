"""Which data sets SDTM has, which variables they have, and how one is put together.

The definitions are data (``data/domains.csv``, ``data/variables.csv``, ``data/terms.csv``): names, labels,
types, roles and lengths as in the SDTM Implementation Guide 3.4, for the data sets a trial of this kind has.
Data sets named SUPPAE, SUPPDM and so on share the definition ``SUPP--``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from mitograft.errors import UsageError
from mitograft.tables.parameters import load_rows
from mitograft.trial.dataset import Dataset, Variable, VariableType

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "Domain",
    "DomainVariable",
    "Term",
    "allowed_terms",
    "domain_variables",
    "find_domain",
    "load_domains",
    "load_terms",
    "make_dataset",
    "sequence_date",
    "sequence_name",
]

_ROOM = "mitograft.trial.sdtm"
_SUPPLEMENT = "SUPP--"


@dataclass(frozen=True, slots=True)
class DomainVariable:
    """One variable of a domain.

    Parameters
    ----------
    domain, name, label, type
        As in the Implementation Guide; type is ``text`` or ``number``.
    role, core
        Role (``identifier``, ``topic``, ``timing`` ...) and ``Req``, ``Exp`` or ``Perm``.
    length
        Bytes this project keeps free for the longest text; None for a number.
    codelist
        Name of its list in ``terms.csv``; empty for free text.
    always
        Whether every data set of the trial has it, filled in or not.
    """

    domain: str
    name: str
    label: str
    type: VariableType
    role: str
    core: str
    length: int | None
    codelist: str
    always: bool


@dataclass(frozen=True, slots=True)
class Domain:
    """One data set: name, label, observation class, what a row is, and the natural key."""

    name: str
    label: str
    kind: str
    structure: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One value of a codelist; ``extensible`` says whether a sponsor may add values to the list."""

    codelist: str
    value: str
    extensible: bool


@cache
def load_domains() -> Mapping[str, Domain]:
    """Return the definitions of all domains by name, in the order in which they are delivered."""
    return {
        row["domain"]: Domain(
            row["domain"], row["label"], row["class"], row["structure"], tuple(row["keys"].split())
        )
        for row in load_rows(_ROOM, "domains.csv")
    }


@cache
def load_terms() -> Mapping[str, tuple[Term, ...]]:
    """Return the controlled terms the trial uses, by codelist."""
    lists: dict[str, list[Term]] = {}
    for row in load_rows(_ROOM, "terms.csv"):
        term = Term(row["codelist"], row["value"], row["extensible"] == "Y")
        lists.setdefault(term.codelist, []).append(term)
    return {name: tuple(terms) for name, terms in lists.items()}


def allowed_terms(domain: str, variable: str) -> tuple[Term, ...]:
    """Return the controlled terms of a variable; empty where it has no codelist.

    >>> [term.value for term in allowed_terms("AE", "AESEV")]
    ['MILD', 'MODERATE', 'SEVERE']
    """
    codelist = next((item.codelist for item in domain_variables(domain) if item.name == variable), "")
    return load_terms().get(codelist, ())


def find_domain(name: str) -> Domain:
    """Return the definition of a data set (``SUPPAE`` is named so, with the definition of ``SUPP--``).

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    domains = load_domains()
    if name in domains:
        return domains[name]
    parent = name.removeprefix("SUPP")
    if parent != name and parent in domains:
        base = domains[_SUPPLEMENT]
        label = f"Supplemental Qualifiers for {parent}"
        return Domain(name, label, base.kind, base.structure, base.keys)
    raise UsageError(f"Found data set {name!r}; expected one of {', '.join(domains)}.")


@cache
def domain_variables(domain: str) -> tuple[DomainVariable, ...]:
    """Return the variables of a domain in their order.

    Raises
    ------
    UsageError
        If there is no such domain.

    >>> [item.name for item in domain_variables("AE")][:4]
    ['STUDYID', 'DOMAIN', 'USUBJID', 'AESEQ']
    """
    find_domain(domain)
    found = _all_variables()
    return found.get(domain) or found[_SUPPLEMENT]


@cache
def _all_variables() -> Mapping[str, tuple[DomainVariable, ...]]:
    domains: dict[str, list[DomainVariable]] = {}
    for row in load_rows(_ROOM, "variables.csv"):
        kind: VariableType = "number" if row["type"] == "number" else "text"
        length = int(row["length"]) if row["length"] else None
        variable = DomainVariable(
            row["domain"], row["variable"], row["label"], kind, row["role"], row["core"], length,
            row["codelist"], row["always"] == "Y",
        )  # fmt: skip
        domains.setdefault(variable.domain, []).append(variable)
    return {name: tuple(variables) for name, variables in domains.items()}


def sequence_name(domain: str) -> str:
    """Return the name of the sequence number of a domain; empty where it has none.

    >>> sequence_name("AE"), sequence_name("DM")
    ('AESEQ', '')
    """
    name = f"{domain}SEQ"
    return name if any(item.name == name for item in domain_variables(domain)) else ""


def make_dataset(
    domain: str,
    frame: "pl.DataFrame",
    origins: "pl.DataFrame | None" = None,
    *,
    source: str = "",
    complete: bool = True,
) -> Dataset:
    """Make a data set from columns in any order.

    Labels, types and the order of the columns come from the definition; columns it does not know stay at the
    end. Empty text becomes null. Where the sequence number is absent, the rows are put in order (subject,
    date, order given) and numbered from 1 within each subject; otherwise they stay as they are.

    Parameters
    ----------
    domain
        Name of the data set, for example AE or SUPPAE.
    frame, origins
        The rows and where each was read; ``origins`` may be None.
    source
        File name for messages.
    complete
        Whether columns that every data set of the trial has are added, without values, where absent.

    Raises
    ------
    UsageError
        If there is no such domain, or a column does not hold numbers where it should.
    """
    definition = {item.name: item for item in domain_variables(domain)}
    frame = _with_columns(domain, frame, complete)
    sequence = sequence_name(domain)
    if sequence and sequence not in frame.columns and "USUBJID" in frame.columns:
        frame, origins = _number(domain, frame, origins)
    frame = _typed(domain, frame, definition)
    order = [name for name in definition if name in frame.columns]
    order += [name for name in frame.columns if name not in definition]
    keys = find_domain(domain).keys
    variables = tuple(_variable(name, definition.get(name), frame, keys) for name in order)
    return Dataset(domain, find_domain(domain).label, frame.select(order), variables, source, origins)


def _with_columns(domain: str, frame: "pl.DataFrame", complete: bool) -> "pl.DataFrame":  # noqa: FBT001
    import polars as pl

    if not complete:
        return frame
    absent = [
        pl.lit(None, dtype=pl.Float64 if item.type == "number" else pl.String).alias(item.name)
        for item in domain_variables(domain)
        if item.always and item.name not in frame.columns and item.name != sequence_name(domain)
    ]
    return frame.with_columns(absent)


def _number(
    domain: str, frame: "pl.DataFrame", origins: "pl.DataFrame | None"
) -> "tuple[pl.DataFrame, pl.DataFrame | None]":
    import polars as pl

    date = sequence_date(domain)
    keys: list[pl.Expr] = [pl.col("USUBJID")]
    if date in frame.columns:
        keys.append(pl.col(date).fill_null("9999"))  # without a date: last
    order = frame.select(pl.arg_sort_by(*keys, maintain_order=True)).to_series()
    frame = frame[order].with_columns(
        pl.int_range(1, pl.len() + 1).over("USUBJID").cast(pl.Float64).alias(sequence_name(domain))
    )
    return frame, None if origins is None else origins[order]


def sequence_date(domain: str) -> str:
    """Return the date by which the rows of a domain are numbered; empty where they are not.

    >>> sequence_date("AE"), sequence_date("LB"), sequence_date("DM")
    ('AESTDTC', 'LBDTC', '')
    """
    names = {item.name for item in domain_variables(domain)} if sequence_name(domain) else set()
    return next((name for name in (f"{domain}STDTC", f"{domain}DTC") if name in names), "")


def _typed(domain: str, frame: "pl.DataFrame", definition: Mapping[str, DomainVariable]) -> "pl.DataFrame":
    import polars as pl

    columns: list[pl.Expr] = []
    for name, kind in frame.schema.items():
        known = definition.get(name)
        if (known is not None and known.type == "number") or (known is None and kind.is_numeric()):
            columns.append(pl.col(name).cast(pl.Float64))
        else:
            text = pl.col(name).cast(pl.String)
            columns.append(pl.when(text.str.strip_chars() != "").then(text).alias(name))
    try:
        return frame.select(columns)
    except pl.exceptions.PolarsError:
        wrong = [n for n, k in frame.schema.items() if n in definition and k == pl.String]
        numbers = [name for name in wrong if definition[name].type == "number"]
        raise UsageError(
            f"{domain}: found text in {', '.join(numbers) or 'a column of numbers'}; expected numbers."
        ) from None


def _variable(
    name: str, known: DomainVariable | None, frame: "pl.DataFrame", keys: tuple[str, ...]
) -> Variable:
    key = keys.index(name) + 1 if name in keys else 0
    if known is not None:
        return Variable(name, known.label, known.type, known.length, key)
    return Variable(name, type="number" if frame.schema[name].is_numeric() else "text", key=key)
