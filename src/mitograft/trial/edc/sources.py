"""Where the value of a variable comes from: a field, boxes to tick, a constant or the parts of a date."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "CheckboxSource",
    "ConstantSource",
    "DateSource",
    "FieldSource",
    "Order",
    "Source",
    "box_name",
    "list_fields",
]

Order = Literal["YMD", "DMY", "MDY"]


@dataclass(frozen=True, slots=True)
class FieldSource:
    """A field as it stands, translated by ``codes``, or as the words of its choice (``labels``)."""

    field: str
    codes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    labels: bool = False
    upper: bool = False


@dataclass(frozen=True, slots=True)
class CheckboxSource:
    """The one box that is ticked, translated; ``several`` where more than one is."""

    field: str
    codes: Mapping[str, str]
    several: str | None = None


@dataclass(frozen=True, slots=True)
class ConstantSource:
    """Always the same text."""

    value: str


@dataclass(frozen=True, slots=True)
class DateSource:
    """A date: one field written in ``order``, or three (year, month, day); a field for the time of day."""

    parts: tuple[str, ...]
    time: str = ""
    order: Order = "YMD"


Source = FieldSource | CheckboxSource | ConstantSource | DateSource


def box_name(name: str, code: str) -> str:
    """Return the column of one box.

    REDCap writes a minus sign of a code as an underscore and capitals as small letters.

    >>> box_name("race", "1"), box_name("why", "-9")
    ('race___1', 'why____9')
    """
    return f"{name}___{code.lower().replace('-', '_')}"


def list_fields(source: Source) -> tuple[str, ...]:
    """Return the fields (columns) a source reads."""
    if isinstance(source, FieldSource):
        return (source.field,)
    if isinstance(source, CheckboxSource):
        return tuple(box_name(source.field, code) for code in source.codes)
    if isinstance(source, DateSource):
        return (*source.parts, *([source.time] if source.time else []))
    return ()
