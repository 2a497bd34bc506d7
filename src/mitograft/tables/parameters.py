"""Parameters and criteria as data: every number a row with unit, kind, confirmation status and citation.

A file of parameters is a CSV with the columns ``id, value, unit, kind, status, citation, note``.

* ``kind``: measured, literature, assumed, fitted, rule;
* ``status``: how far the value is confirmed: ``source`` (read in the cited source), ``derived``
  (arithmetic from sources), ``secondary`` (second-hand), ``recall`` (believed, not confirmed) or ``assumed``
  (chosen, because no source gives it). The last three, and any row a user overrides, are *flagged*: every
  report lists them beside the results that use them.

Values are kept as exact fractions; ``number`` and ``fraction`` give them as float or Fraction.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.resources import files

from mitograft.errors import InternalError, UsageError

__all__ = ["FLAGGED", "STATUSES", "Parameter", "Parameters", "load_parameters", "load_rows"]

FIELDS = ("id", "value", "unit", "kind", "status", "citation", "note")
FLAGGED = frozenset({"secondary", "recall", "assumed", "overridden"})
STATUSES = FLAGGED | {"source", "derived"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number or rule with its provenance; ``value`` is the text as written in the data file."""

    id: str
    value: str
    unit: str
    kind: str
    status: str
    citation: str
    note: str = ""

    @property
    def flagged(self) -> bool:
        """Whether the value is unconfirmed or overridden and must be shown beside results.

        A fitted value rests on the data it was fitted to; it is flagged whatever its status.
        """
        return self.status in FLAGGED or self.kind == "fitted"

    @property
    def fraction(self) -> Fraction:
        """The value as an exact fraction."""
        return Fraction(self.value)

    @property
    def number(self) -> float:
        """The value as the nearest float."""
        return float(Fraction(self.value))


@dataclass(frozen=True)
class Parameters:
    """An ordered, immutable set of parameters, looked up by id."""

    rows: Mapping[str, Parameter]

    def __getitem__(self, key: str) -> Parameter:
        """Return the parameter of that id."""
        return self.rows[key]

    def __iter__(self) -> Iterator[Parameter]:
        """Iterate over the parameters in file order."""
        return iter(self.rows.values())

    def flagged(self, ids: Iterable[str] | None = None) -> tuple[Parameter, ...]:
        """Return the flagged parameters (of ``ids``, or all of them)."""
        wanted = set(self.rows) if ids is None else set(ids)
        return tuple(p for p in self if p.flagged and p.id in wanted)

    def override(self, values: Mapping[str, str]) -> "Parameters":
        """Return a copy with some values replaced by the user; replaced rows become flagged.

        Raises
        ------
        UsageError
            If an id is unknown or a value does not read as its default does (number for number).
        """
        unknown = sorted(set(values) - set(self.rows))
        if unknown:
            raise UsageError(
                f"Unknown parameter {', '.join(unknown)}; expected one of {', '.join(self.rows)}."
            )
        changed = {key: _overridden(self.rows[key], text) for key, text in values.items()}
        return Parameters({**self.rows, **changed})


def _overridden(parameter: Parameter, text: str) -> Parameter:
    if parameter.kind != "rule":
        try:
            Fraction(text)
        except (ValueError, ZeroDivisionError):
            raise UsageError(f"Parameter {parameter.id}: found {text!r}, expected a number.") from None
    note = f"set by the user; default {parameter.value} ({parameter.status}). {parameter.note}".strip()
    return replace(parameter, value=text, status="overridden", citation="the user", note=note)


def load_rows(package: str, name: str) -> list[dict[str, str]]:
    """Read a data file shipped in ``package`` (a CSV) as a list of rows of text.

    Raises
    ------
    InternalError
        If a row has more or fewer cells than the header.
    """
    text = files(package).joinpath("data", name).read_text(encoding="utf-8")
    # Not splitlines(): a quoted cell may hold line ends and other characters it would split at.
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows = list(reader)
    for row in rows:
        if None in row or None in row.values():
            raise InternalError(f"{package}/data/{name}: a row with too many or too few cells: {row}.")
    return rows


def load_parameters(package: str, name: str) -> Parameters:
    """Read a parameter file shipped in ``package``.

    Raises
    ------
    InternalError
        If the shipped file lacks a column, a citation or has a duplicate id.
    """
    rows = load_rows(package, name)
    parameters: dict[str, Parameter] = {}
    for row in rows:
        known = row.get("status") in STATUSES
        if set(row) != set(FIELDS) or not row["citation"] or not known or row["id"] in parameters:
            raise InternalError(f"{package}/data/{name}: bad row {row.get('id')!r}.")
        parameters[row["id"]] = Parameter(**row)
    return Parameters(parameters)
