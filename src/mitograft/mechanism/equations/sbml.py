"""The model as SBML Level 3 Version 2 core, so that any simulator of biology can run and doubt it.

States are parameters with rate rules, algebraic quantities have assignment rules, memory is changed by events
alone. Parameters, memory and initial values may be overridden for one individual; doses are events at their
days, whose day and amount are parameters of the file (``day__i``, ``amount__i``) so that a reader can change
them. Every quantity has a unit; numbers in equations are dimensionless, as their reader checked. Cells and
particles are SBML's ``item``. Cross-references to ontologies are data (``annotations.csv``).

The writer is the project's own, with the standard library: libSBML is a test's second opinion.
"""

import ast
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mitograft.errors import UsageError
from mitograft.mechanism.equations.dimensions import Dimension, derive_dimensions, write_unit
from mitograft.mechanism.equations.doses import DatedEvent, Day, merge_days, substitute
from mitograft.mechanism.equations.mathml import write_math
from mitograft.mechanism.equations.model import Model
from mitograft.tables.parameters import load_rows

__all__ = ["export_sbml"]

_CORE = "http://www.sbml.org/sbml/level3/version2/core"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_BIOLOGY = "http://biomodels.net/biology-qualifiers/"
_SECONDS_A_DAY = "86400"
_BASES = {"d": ("second", "0", _SECONDS_A_DAY), "ug": ("gram", "-6", "1"), "cell": ("item", "0", "1")}
_BASES["particle"] = _BASES["cell"]


def export_sbml(
    model: Model, *, values: Mapping[str, float] | None = None, events: Sequence[DatedEvent] = ()
) -> bytes:
    """Write a model, for one individual, as SBML.

    Parameters
    ----------
    model
        The model.
    values
        Values of parameters, memory quantities or states at day 0 that differ from the tables.
    events
        What happens to the individual, as for the solver.

    Returns
    -------
    bytes
        The document, the same bytes for the same input.

    Raises
    ------
    UsageError
        If a name, a kind of event or a day is not known to the model, or a value is not finite.
    """
    changed = _check_values(model, values or {})
    days = merge_days(model, events)
    found = derive_dimensions(model)
    units = {name: found.reduce(dimension) for name, dimension in found.known.items()}
    root = ET.Element("sbml", {"xmlns": _CORE, "xmlns:sbml": _CORE, "level": "3", "version": "2"})
    about = {"id": "mitograft", "name": "Inflammatory myopathy and mitochondrial transplantation"}
    body = ET.SubElement(root, "model", {"metaid": "mitograft", **about, "timeUnits": "d"})
    _notes(body)
    _unit_definitions(body, units.values())
    first = days[0] if days and days[0].day == 0 else None
    _quantities(body, model, (units, changed), days)
    _initial_assignments(body, model, (units, changed), first)
    _rules(body, model)
    _events(body, [day for day in days if day is not first])
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _check_values(model: Model, values: Mapping[str, float]) -> dict[str, float]:
    known = {*model.parameter_names, *model.memory, *model.state_names}
    for name, value in values.items():
        if name not in known:
            raise UsageError(
                f"Value of {name!r}: found no such quantity, expected a parameter, memory or state."
            )
        if not math.isfinite(value):
            raise UsageError(f"Value of {name}: found {value}, expected a finite number. Correct it.")
    return {name: float(value) for name, value in values.items()}


def _notes(body: ET.Element) -> None:
    notes = ET.SubElement(body, "notes")
    text = (
        "Time in days. Values are starting points of a research model, many of them assumed; see its tables."
    )
    ET.SubElement(notes, "p", xmlns="http://www.w3.org/1999/xhtml").text = text


def _unit_id(dimension: Mapping[str, Any]) -> str:
    text = write_unit(dimension)
    if text == "1":
        return "dimensionless"
    above, _, below = text.replace("^", "").replace("*", "_").partition("/")
    below = "_per_".join(below.split("/"))
    return (
        "_per_".join(part for part in ("" if above == "1" else above, below) if part)
        if above != "1"
        else (f"per_{below}")
    )


def _unit_definitions(body: ET.Element, dimensions: Iterable[Dimension]) -> None:
    listed = ET.SubElement(body, "listOfUnitDefinitions")
    unique = {_unit_id(dimension): dimension for dimension in dimensions}
    for name, dimension in sorted(unique.items()):
        if name == "dimensionless":
            continue
        definition = ET.SubElement(listed, "unitDefinition", id=name)
        parts = ET.SubElement(definition, "listOfUnits")
        for base, power in sorted(dimension.items()):
            kind, scale, multiplier = _BASES[base]
            about = {"kind": kind, "exponent": str(power), "scale": scale, "multiplier": multiplier}
            ET.SubElement(parts, "unit", about)


def _quantities(
    body: ET.Element,
    model: Model,
    numbers: tuple[Mapping[str, Dimension], Mapping[str, float]],
    days: Sequence[Day],
) -> None:
    units, changed = numbers
    listed = ET.SubElement(body, "listOfParameters")
    references = _references()

    def add(name: str, label: str, value: float | None, *, constant: bool, unit: Dimension) -> None:
        about = {"metaid": name, "id": name, "name": label} if label else {"metaid": name, "id": name}
        if value is not None:
            about["value"] = repr(value)
        about |= {"units": _unit_id(unit), "constant": "true" if constant else "false"}
        _annotate(ET.SubElement(listed, "parameter", about), references.get(name, []))

    for p in model.parameters:
        add(p.id, p.note, changed.get(p.id, p.number), constant=True, unit=units[p.id])
    for name, value in model.memory.items():
        add(name, model.words[name], changed.get(name, value), constant=False, unit=units[name])
    for state in model.states:
        number = changed.get(state.name, _number(state.initial))
        add(state.name, state.label, number, constant=False, unit=units[state.name])
    for equation in model.algebraic:
        add(equation.name, equation.words, None, constant=False, unit=units[equation.name])
    for day in days:
        if day.day > 0:
            add(day.clock, "day of events", day.day, constant=True, unit=units["t"])
        for name, amount, kind in day.amounts:
            what = kind.removeprefix("set ") if kind.startswith("set ") else f"amount {kind}"
            add(name, f"amount of {kind}", amount, constant=True, unit=units[what])


def _number(code: str) -> float | None:
    """Return the value of an initial expression that is a number; None where parameters decide."""
    tree = _tree(code)
    return None if any(isinstance(n, ast.Name) for n in ast.walk(tree)) else float(ast.literal_eval(tree))


def _tree(code: str) -> ast.expr:
    return ast.parse(code, mode="eval").body


def _references() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in load_rows("mitograft.mechanism", "annotations.csv"):
        found.setdefault(row["name"], []).append(row)
    return found


def _annotate(element: ET.Element, rows: Sequence[Mapping[str, str]]) -> None:
    if not rows:
        return
    spaces = {"xmlns:rdf": _RDF, "xmlns:bqbiol": _BIOLOGY}
    rdf = ET.SubElement(ET.SubElement(element, "annotation"), "rdf:RDF", spaces)
    description = ET.SubElement(rdf, "rdf:Description", {"rdf:about": f"#{element.get('metaid')}"})
    for row in rows:
        bag = ET.SubElement(ET.SubElement(description, f"bqbiol:{row['qualifier']}"), "rdf:Bag")
        ET.SubElement(bag, "rdf:li", {"rdf:resource": row["resource"]})


def _initial_assignments(
    body: ET.Element,
    model: Model,
    numbers: tuple[Mapping[str, Dimension], Mapping[str, float]],
    first: Day | None,
) -> None:
    """Write initial values that follow from parameters, or from events of day 0."""
    units, changed = numbers
    fixed = {s.name: changed.get(s.name, _number(s.initial)) for s in model.states}
    fixed |= {name: changed.get(name, value) for name, value in model.memory.items()}
    start: dict[str, ast.expr] = {s.name: _tree(s.initial) for s in model.states}
    start |= {n: ast.Constant(v, kind=_unit_id(units[n])) for n, v in fixed.items() if v is not None}
    given = {} if first is None else {n: substitute(tree, start) for n, tree in first.values.items()}
    open_ones = [name for name, value in fixed.items() if value is None]
    names = list(dict.fromkeys([*open_ones, *given]))
    listed = ET.SubElement(body, "listOfInitialAssignments") if names else body
    for name in names:
        element = ET.SubElement(listed, "initialAssignment", symbol=name)
        write_math(element, given.get(name, start[name]))


def _rules(body: ET.Element, model: Model) -> None:
    listed = ET.SubElement(body, "listOfRules")
    for equation in model.statements:
        kind = "rateRule" if equation.rate else "assignmentRule"
        write_math(ET.SubElement(listed, kind, variable=equation.name), _tree(equation.code))


def _events(body: ET.Element, days: Sequence[Day]) -> None:
    if not days:
        return
    listed = ET.SubElement(body, "listOfEvents")
    for day in days:
        event = ET.SubElement(listed, "event", id=f"event_{day.clock}", useValuesFromTriggerTime="true")
        trigger = ET.SubElement(event, "trigger", initialValue="false", persistent="true")
        maths = ET.SubElement(trigger, "math", xmlns="http://www.w3.org/1998/Math/MathML")
        apply = ET.SubElement(maths, "apply")
        ET.SubElement(apply, "geq")
        about = {"encoding": "text", "definitionURL": "http://www.sbml.org/sbml/symbols/time"}
        ET.SubElement(apply, "csymbol", about).text = "time"
        ET.SubElement(apply, "ci").text = day.clock
        assignments = ET.SubElement(event, "listOfEventAssignments")
        for name, tree in day.values.items():
            write_math(ET.SubElement(assignments, "eventAssignment", variable=name), tree)
