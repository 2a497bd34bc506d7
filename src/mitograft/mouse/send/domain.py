"""One data set of SEND, the variables it may have, and the study day.

The study day has no zero: with the reference date RFSTDTC (here the day of immunisation, day zero of
animals.csv), day 1 is RFSTDTC itself and day -1 the day before.

Source: PhUSE PDS2014 define.xml (CDISC SEND 3.0), computation method of --DY.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from mitograft.tables.parameters import load_rows
from mitograft.tables.typed import number_text

__all__ = [
    "SUPPLEMENT",
    "Domain",
    "Record",
    "Value",
    "Variable",
    "domain_kind",
    "domain_label",
    "domain_variables",
    "iso_date",
    "study_day",
]

Value = str | float
Record = Mapping[str, Value]

SUPPLEMENT = "SUPP"
_PACKAGE = "mitograft.mouse.send"
_ISO_DATE = len("2026-01-31")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a domain: at most 8 characters of name and 40 of label."""

    name: str
    label: str
    number: bool
    required: bool


@dataclass(frozen=True)
class Domain:
    """A data set: a domain, its supplemental qualifiers (SUPPxx) or a relation (POOLDEF).

    Parameters
    ----------
    name
        For example ``BW`` or ``SUPPBW``; the file is called so, in small letters.
    columns
        Variable to cells of one length; text or number. Missing text is empty, a missing number NaN.
    labels
        Variable to label, as the file has it.
    """

    name: str
    columns: Mapping[str, Sequence[Value]]
    labels: Mapping[str, str]

    def __len__(self) -> int:
        """Return the number of records."""
        return len(next(iter(self.columns.values()), ()))

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"{self.name.lower()}.xpt"

    @property
    def prefix(self) -> str:
        """The two letters its variables begin with."""
        return self.name if len(self.name) == 2 else ""

    def text(self, variable: str, index: int) -> str:
        """Return a cell as text; empty where the variable or the value is missing."""
        cells = self.columns.get(variable)
        if cells is None:
            return ""
        value = cells[index]
        if isinstance(value, str):
            return value.strip()
        return "" if value != value else number_text(value)

    def number(self, variable: str, index: int) -> float:
        """Return a cell as a number; NaN where it is missing or is text."""
        cells = self.columns.get(variable)
        value = float("nan") if cells is None else cells[index]
        return float("nan") if isinstance(value, str) else float(value)

    @classmethod
    def build(cls, name: str, records: Sequence[Record]) -> "Domain":
        """Put records together: the variables of the model in their order, those without any value left out.

        Required variables are always there.
        """
        kept = [
            variable
            for variable in domain_variables(name)
            if variable.required or any(_filled(record.get(variable.name, "")) for record in records)
        ]
        columns: dict[str, Sequence[Value]] = {}
        for variable in kept:
            empty: Value = float("nan") if variable.number else ""
            columns[variable.name] = [record.get(variable.name, empty) for record in records]
        return cls(name, columns, {variable.name: variable.label for variable in kept})


def study_day(day: date, reference: date) -> int:
    """Return the study day: 1 on the reference date, -1 the day before it, never 0.

    >>> study_day(date(2026, 3, 2), date(2026, 3, 2)), study_day(date(2026, 3, 1), date(2026, 3, 2))
    (1, -1)
    """
    apart = (day - reference).days
    return apart + 1 if apart >= 0 else apart


def iso_date(text: str) -> date | None:
    """Return the date of an ISO 8601 date or date and time; None where it is incomplete or none.

    >>> iso_date("2026-03-02T09:30"), iso_date("2026-03")
    (datetime.date(2026, 3, 2), None)
    """
    head, _, clock = text.partition("T")
    if len(head) != _ISO_DATE or (clock and not clock[0].isdigit()):
        return None
    try:
        return date.fromisoformat(head)
    except ValueError:
        return None


def domain_variables(name: str) -> tuple[Variable, ...]:
    """Return the variables mitograft knows of a domain, in order; none for one it does not know."""
    return _model().get(_family(name), ())


def domain_label(name: str) -> str:
    """Return the label of a data set; empty for one mitograft does not know."""
    label = _labels().get(_family(name), ("", ""))[0]
    return f"{label} - {name.removeprefix(SUPPLEMENT)}" if _family(name) == SUPPLEMENT else label


def domain_kind(name: str) -> str:
    """Return ``design``, ``subjects``, ``events``, ``findings`` or ``relations``; empty where unknown."""
    return _labels().get(_family(name), ("", ""))[1]


def _family(name: str) -> str:
    return SUPPLEMENT if name.startswith(SUPPLEMENT) and len(name) > len(SUPPLEMENT) else name


def _filled(value: Value) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value == value


@functools.cache
def _model() -> dict[str, tuple[Variable, ...]]:
    model: dict[str, tuple[Variable, ...]] = {}
    for row in load_rows(_PACKAGE, "variables.csv"):
        variable = Variable(row["name"], row["label"], row["type"] == "number", row["required"] == "yes")
        model[row["domain"]] = (*model.get(row["domain"], ()), variable)
    return model


@functools.cache
def _labels() -> dict[str, tuple[str, str]]:
    return {row["domain"]: (row["label"], row["kind"]) for row in load_rows(_PACKAGE, "domains.csv")}
