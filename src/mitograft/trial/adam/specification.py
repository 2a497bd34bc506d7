"""The specification of the analysis data sets: one table drives derivations, checks and documents.

``data/specification.csv`` has a row for each variable: label, type, length, origin, the rule that derives it
(a function of ``trial.adam.rules``), the variables the rule reads and its method in words. The same rows give
the order of columns, the order of the derivations, the checks of ``check_adam``, the steps of ``explain`` and
the definition file.

A variable listed for ADSL and for other data sets is derived in ADSL and copied from there.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, cast

from mitograft.errors import InternalError
from mitograft.tables.parameters import load_rows
from mitograft.trial.dataset import Variable, VariableType

__all__ = [
    "Codelist",
    "DatasetSpec",
    "ParameterSpec",
    "Source",
    "Specification",
    "VariableSpec",
    "load_specification",
]

Origin = Literal["Predecessor", "Derived", "Assigned"]
_PACKAGE = "mitograft.trial.adam"
_SOURCE = re.compile(r"(?P<dataset>\w*)\.(?P<variable>\w+)(\[(?P<parameter>\w+)\])?$")


@dataclass(frozen=True, slots=True)
class Source:
    """A variable that is read: ``RS.RSSTRESN``, ``ADQS.AVAL[PHYGLOB]``, ``SUPPAE.QVAL[AEDLT]``.

    ``parameter`` restricts the rows to a parameter, test code or QNAM; empty for no restriction.
    """

    dataset: str
    variable: str
    parameter: str = ""

    def __str__(self) -> str:
        """As it is written in the specification."""
        return f"{self.dataset}.{self.variable}" + (f"[{self.parameter}]" if self.parameter else "")


@dataclass(frozen=True, slots=True)
class VariableSpec:
    """One variable of one analysis data set.

    Parameters
    ----------
    dataset, name, label
        Which variable, with its label of at most 40 characters.
    type, length, format
        ``text``, ``number`` or ``date``; bytes; display format.
    codelist
        Name of its code list; empty for none.
    origin
        ``Predecessor`` (copied), ``Derived`` or ``Assigned``.
    rule
        Name of the function that makes it; ``copy`` and ``subject`` copy from SDTM and from ADSL.
    sources
        What the rule reads.
    method
        The rule in words.
    key
        Place in the key of the data set from 1; 0 for none.
    role
        ``identifier``, ``subject``, ``treatment``, ``timing``, ``population``, ``topic``, ``record``,
        ``flag`` or ``trace``.
    """

    dataset: str
    name: str
    label: str
    type: VariableType
    length: int
    format: str
    codelist: str
    origin: Origin
    rule: str
    sources: tuple[Source, ...]
    method: str
    key: int
    role: str

    def variable(self) -> Variable:
        """Return it as a variable of a data set."""
        return Variable(self.name, self.label, self.type, self.length, self.key)


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One parameter (PARAMCD) of one analysis data set.

    ``measure`` is the name the scoring room uses (``physician_global``, ``ck``), empty for none; ``decimals``
    the places a value is shown with, None for as collected.
    """

    dataset: str
    code: str
    name: str
    number: int
    measure: str
    decimals: int | None
    sources: tuple[Source, ...]
    method: str


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """One analysis data set: what a row is, its key, its variables in column order and its parameters.

    ``rule`` is the function that makes its rows; it reads ``sources``.
    """

    name: str
    label: str
    kind: str
    structure: str
    keys: tuple[str, ...]
    rule: str
    sources: tuple[Source, ...]
    variables: tuple[VariableSpec, ...]
    parameters: tuple[ParameterSpec, ...] = ()

    def variable(self, name: str) -> VariableSpec | None:
        """Return a variable by name; None where it has none of that name."""
        return next((variable for variable in self.variables if variable.name == name), None)

    def parameter(self, code: str) -> ParameterSpec | None:
        """Return a parameter by its code; None where the table does not list it."""
        return next((parameter for parameter in self.parameters if parameter.code == code), None)


@dataclass(frozen=True, slots=True)
class Codelist:
    """Values a variable may take, each with its meaning, in order."""

    name: str
    terms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Specification:
    """All analysis data sets by name, in order, and the code lists they use."""

    datasets: Mapping[str, DatasetSpec]
    codelists: Mapping[str, Codelist]

    def __getitem__(self, name: str) -> DatasetSpec:
        """Return the data set of that name."""
        return self.datasets[name]

    def __iter__(self) -> Iterator[DatasetSpec]:
        """Iterate over the data sets."""
        return iter(self.datasets.values())


@lru_cache(maxsize=1)
def load_specification() -> Specification:
    """Read the specification shipped with the package.

    Raises
    ------
    InternalError
        If its tables contradict each other.

    >>> spec = load_specification()
    >>> [dataset.name for dataset in spec]
    ['ADSL', 'ADAE', 'ADEX', 'ADLB', 'ADQS', 'ADTIS', 'ADTTE']
    >>> spec["ADTIS"].parameter("APCMM").method
    '100 x (AVAL - BASE) / maximum of the test.'
    """
    heads = load_rows(_PACKAGE, "datasets.csv")
    variables = load_rows(_PACKAGE, "specification.csv")
    parameters = [_parameter(row) for row in load_rows(_PACKAGE, "parameters.csv")]
    datasets = {}
    for head in heads:
        name, keys = head["dataset"], tuple(head["keys"].split())
        own = tuple(_variable(row, name, keys, head["rule"]) for row in _rows_of(variables, name))
        datasets[name] = DatasetSpec(
            name,
            head["label"],
            head["kind"],
            head["structure"],
            keys,
            head["rule"],
            _sources(head["sources"], name),
            own,
            tuple(parameter for parameter in parameters if parameter.dataset == name),
        )
    specification = Specification(datasets, _codelists())
    _check(specification)
    return specification


def _rows_of(rows: list[dict[str, str]], dataset: str) -> list[dict[str, str]]:
    return [row for row in rows if dataset in row["dataset"].split()]


def _variable(row: Mapping[str, str], dataset: str, keys: tuple[str, ...], rows_rule: str) -> VariableSpec:
    name = row["variable"]
    copied = dataset != "ADSL" and row["dataset"].split()[0] == "ADSL"
    rule = rows_rule if row["rule"] == "rows" else row["rule"]
    return VariableSpec(
        dataset,
        name,
        row["label"],
        cast("VariableType", row["type"]),
        int(row["length"]),
        row["format"],
        row["codelist"],
        "Predecessor" if copied else cast("Origin", row["origin"]),
        "subject" if copied else rule,
        (Source("ADSL", name),) if copied else _sources(row["sources"], dataset),
        "" if copied else row["method"],
        keys.index(name) + 1 if name in keys else 0,
        row["role"],
    )


def _parameter(row: Mapping[str, str]) -> ParameterSpec:
    return ParameterSpec(
        row["dataset"],
        row["paramcd"],
        row["param"],
        int(row["paramn"]),
        row["measure"],
        int(row["decimals"]) if row["decimals"] else None,
        _sources(row["sources"], row["dataset"]),
        row["method"],
    )


def _sources(text: str, own: str) -> tuple[Source, ...]:
    """Read ``EX.EXSTDTC .TRTSDT``; a name that begins with a dot is one of the same data set."""
    found = []
    for word in text.split():
        match = _SOURCE.match(word)
        if not match:
            raise InternalError(f"Specification: cannot read source {word!r}.")
        found.append(Source(match["dataset"] or own, match["variable"], match["parameter"] or ""))
    return tuple(found)


def _codelists() -> dict[str, Codelist]:
    terms: dict[str, dict[str, str]] = {}
    for row in load_rows(_PACKAGE, "codelists.csv"):
        terms.setdefault(row["codelist"], {})[row["value"]] = row["label"]
    return {name: Codelist(name, values) for name, values in terms.items()}


def _check(specification: Specification) -> None:
    """Refuse a specification that names what it does not hold."""
    for dataset in specification:
        names = [variable.name for variable in dataset.variables]
        if len(set(names)) < len(names) or not set(dataset.keys) <= set(names):
            raise InternalError(f"Specification of {dataset.name}: a variable twice, or a key it lacks.")
        of_variables = [source for variable in dataset.variables for source in variable.sources]
        of_parameters = [source for parameter in dataset.parameters for source in parameter.sources]
        for source in (*dataset.sources, *of_variables, *of_parameters):
            target = specification.datasets.get(source.dataset)
            if target is not None and target.variable(source.variable) is None:
                raise InternalError(f"Specification of {dataset.name}: no variable {source}.")
        unknown = {v.codelist for v in dataset.variables} - {"", *specification.codelists}
        if unknown:
            raise InternalError(f"Specification of {dataset.name}: no code list {sorted(unknown)}.")
