"""What a definition file says, apart from its markup: data sets, variables, values, code lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "CodelistContent",
    "CodelistTerm",
    "Content",
    "DatasetContent",
    "ItemContent",
    "OriginContent",
    "Standard",
    "ValueContent",
]

Standard = Literal["ADaM", "SDTM"]
OriginType = Literal["Collected", "Derived", "Assigned", "Protocol", "Predecessor", "Not Available"]


@dataclass(frozen=True, slots=True)
class OriginContent:
    """Where a value comes from: type, who gave it, and the predecessor or the method in words."""

    type: OriginType
    source: str = ""
    predecessor: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class ValueContent:
    """One value-level definition: what the variable holds where ``variable`` equals ``value``."""

    variable: str
    value: str
    item: "ItemContent"


@dataclass(frozen=True, slots=True)
class ItemContent:
    """One variable.

    Parameters
    ----------
    name, label, role
        As in the data set and its standard.
    type, length, digits, format
        Type of Define-XML (``text``, ``integer``, ``float``, ``date`` ...), greatest length and most decimals
        in the data (None where the type has none), display format.
    codelist
        Name of its code list; empty for none.
    origin
        Where its values come from.
    key, mandatory
        Place in the key from 1 (0 for none); whether every record has it.
    empty
        Whether no record has it.
    values
        Value-level definitions.
    """

    name: str
    label: str
    role: str
    type: str
    length: int | None
    digits: int | None
    format: str
    codelist: str
    origin: OriginContent
    key: int = 0
    mandatory: bool = False
    empty: bool = False
    values: tuple[ValueContent, ...] = ()


@dataclass(frozen=True, slots=True)
class DatasetContent:
    """One data set: class, what a row is, number of records, how its rows are made (empty for collected).

    ``reference`` marks a data set without subjects, ``known`` one that the standard defines.
    """

    name: str
    label: str
    kind: str
    structure: str
    records: int
    items: tuple[ItemContent, ...]
    comment: str = ""
    reference: bool = False
    known: bool = True


@dataclass(frozen=True, slots=True)
class CodelistTerm:
    """One value with its meaning (empty for none); ``extended``: the sponsor added it to a public list."""

    value: str
    decode: str = ""
    extended: bool = False


@dataclass(frozen=True, slots=True)
class CodelistContent:
    """One code list; ``public``: the list is one of CDISC's controlled terminology."""

    name: str
    label: str
    terms: tuple[CodelistTerm, ...]
    public: bool = False
    numeric: bool = False


@dataclass(frozen=True)
class Content:
    """Everything one definition file says, in its order."""

    standard: Standard
    datasets: tuple[DatasetContent, ...]
    codelists: Mapping[str, CodelistContent] = field(default_factory=dict)
