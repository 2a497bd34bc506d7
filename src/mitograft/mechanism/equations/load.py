"""Reading the model: three files become one checked ``Model``, or one message with all that is wrong."""

import csv
import io
from functools import cache
from importlib.resources import files

from mitograft.errors import Violation
from mitograft.mechanism.equations.check import check_names
from mitograft.mechanism.equations.dimensions import check_units
from mitograft.mechanism.equations.language import read_lines
from mitograft.mechanism.equations.model import Model, ModelError, State
from mitograft.tables.parameters import STATUSES, Parameter, Parameters

__all__ = ["load_model", "parse_model"]

_PARAMETER = ("name", "value", "unit", "kind", "status", "citation", "note")
_STATE = ("name", "label", "unit", "initial", "lower", "upper", "status", "citation", "note")


@cache
def load_model() -> Model:
    """Read mitograft's own model from the data of this room.

    Raises
    ------
    ModelError
        If the files do not make a model; every mistake is named with its line.
    """
    folder = files("mitograft.mechanism").joinpath("data")
    names = ("equations.txt", "parameters.csv", "states.csv")
    return parse_model(*(folder.joinpath(name).read_text(encoding="utf-8") for name in names))


def parse_model(equations: str, parameters: str, states: str) -> Model:
    """Make a model of the texts of its three files.

    Parameters
    ----------
    equations
        The equations, in the language of ``mitograft.mechanism.equations.language``.
    parameters
        CSV with the columns name, value, unit, kind, status, citation, note and, where a value has a largest
        possible one (a share), upper; others are ignored.
    states
        CSV with the columns name, label, unit, initial, lower, upper, status, citation, note.

    Raises
    ------
    ModelError
        If a line cannot be read, a name is unknown, used too early, defined twice, reserved or unused, a
        state has no rate, an event changes what it may not, a value is no number, or units do not agree.
    """
    draft = read_lines(equations)
    violations = list(draft.violations)
    table = _parameters(parameters, violations)
    upper = _upper(parameters, table, violations)
    rows = _states(states, violations)
    violations += check_names(draft, rows, table)
    _stop(violations)
    order = {e.name: i for i, e in enumerate(e for e in draft.statements if e.rate)}
    model = Model(
        states=tuple(sorted(rows, key=lambda s: order[s.name])),
        parameters=table,
        memory=draft.memory,
        statements=tuple(draft.statements),
        events={kind: tuple(assignments) for kind, assignments in draft.events.items()},
        words=draft.words,
        upper=upper,
    )
    _stop(list(check_units(model)))
    return model


def _stop(violations: list[Violation]) -> None:
    if violations:
        raise ModelError("model", violations)


def _rows(text: str, fields: tuple[str, ...], file: str, violations: list[Violation]) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [f for f in fields if f not in (reader.fieldnames or ())]
    rows = [] if missing else list(reader)
    if missing:
        told = f"no column {', '.join(missing)}"
        violations.append(Violation("columns", told, ", ".join(fields), "Add it.", file, 1))
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            told = "too many or too few cells"
            violations.append(Violation("cells", told, "one for each column", "Mend it.", file, number))
    return [row for row in rows if None not in row and None not in row.values()]


def _number(text: str, what: tuple[str, int, str], violations: list[Violation]) -> float:
    try:
        return float(text)
    except ValueError:
        file, row, name = what
        told = f"{name} = {text!r}"
        violations.append(Violation("number", told, "a number", "Correct the value.", file, row))
        return 0.0


def _parameters(text: str, violations: list[Violation]) -> Parameters:
    file, rows = "parameters.csv", dict[str, Parameter]()
    for line, row in enumerate(_rows(text, _PARAMETER, file, violations), 2):
        name = row["name"]
        _number(row["value"], (file, line, name), violations)
        if row["status"] not in STATUSES:
            told = f"{name} with status {row['status']!r}"
            violations.append(Violation("status", told, ", ".join(sorted(STATUSES)), "Mend it.", file, line))
        if name in rows:
            violations.append(Violation("twice", f"{name} a second time", "once", "Remove it.", file, line))
        rows[name] = Parameter(name, *(row[field] for field in _PARAMETER[1:]))
    return Parameters(rows)


def _upper(text: str, table: Parameters, violations: list[Violation]) -> dict[str, float]:
    """Return the largest possible values; a value above its own is a mistake."""
    file, found = "parameters.csv", dict[str, float]()
    for line, row in enumerate(csv.DictReader(io.StringIO(text, newline="")), 2):
        name, given = row.get("name") or "", row.get("upper") or ""
        if not given or name not in table.rows:
            continue
        found[name] = _number(given, (file, line, name), violations)
        if float(table[name].number) > found[name]:
            told = f"{name} = {table[name].value}"
            violations.append(Violation("beyond", told, f"at most {given}", "Correct it.", file, line))
    return found


def _states(text: str, violations: list[Violation]) -> list[State]:
    file, states = "states.csv", []
    for line, row in enumerate(_rows(text, _STATE, file, violations), 2):
        place = (file, line, row["name"])
        lower, upper = (_number(row[k], place, violations) if row[k] else None for k in ("lower", "upper"))
        start = (row["name"], row["label"], row["unit"], row["initial"])
        states.append(State(*start, lower, upper, row["status"], row["citation"], row["note"]))
    return states
