"""What a lot can be tested for: the card of each attribute, and how its units are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from mitograft.errors import InternalError, UsageError
from mitograft.tables.parameters import Parameters, load_parameters, load_rows

__all__ = ["Attribute", "load_attributes", "load_product_parameters", "unit_factor"]

Kind = Literal["number", "text"]
_KINDS: Mapping[str, Kind] = {"number": "number", "text": "text"}


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a reader must know of an attribute before reading its value.

    Parameters
    ----------
    id, label
        Name in files and the words for readers.
    kind
        ``number``, or ``text`` for a finding such as ``no growth``.
    unit
        Unit the value is kept in; empty for text.
    better
        ``up``, ``down`` or ``neither``.
    role
        What the attribute speaks for. ``potency respiration`` and ``potency ATP synthesis`` are two roles:
        one is never taken for the other.
    other_units
        ``convert`` where any unit of the same size may be given; otherwise the accepted names, each equal to
        ``unit`` (endotoxin units are no enzyme units, although a unit library reads them so).
    status, citation, note
        Where the definition comes from and how far it is confirmed.
    """

    id: str
    label: str
    kind: Kind
    unit: str
    better: str
    role: str
    other_units: str
    status: str
    citation: str
    note: str


@cache
def load_attributes() -> Mapping[str, Attribute]:
    """Return the attributes shipped with mitograft, by id.

    Raises
    ------
    InternalError
        If a shipped row has an unknown kind.
    """
    cards = {}
    for row in load_rows("mitograft.product", "attributes.csv"):
        if row["kind"] not in _KINDS:
            raise InternalError(f"attributes.csv: unknown kind {row['kind']!r}.")
        cards[row["id"]] = Attribute(
            id=row["id"],
            label=row["label"],
            kind=_KINDS[row["kind"]],
            unit=row["unit"],
            better=row["better"],
            role=row["role"],
            other_units=row["other_units"],
            status=row["status"],
            citation=row["citation"],
            note=row["note"],
        )
    return cards


@cache
def load_product_parameters() -> Parameters:
    """Return the numbers used for stability and dose preparation, each with its source and status."""
    return load_parameters("mitograft.product", "product.csv")


def unit_factor(attribute: Attribute, unit: str) -> float:
    """Return what a value in ``unit`` is multiplied by to stand in the attribute's own unit.

    Raises
    ------
    UsageError
        If the unit does not measure the attribute.
    """
    from mitograft.units import conversion_factor

    name = unit.strip()
    if name == attribute.unit:
        return 1.0
    if attribute.other_units != "convert":
        names = attribute.other_units.split()
        if name in names:
            return 1.0
        raise UsageError(f"found unit {name!r}, expected {' or '.join(names) or 'no unit'}")
    return float(conversion_factor(name, attribute.unit))
