"""Whether the names of a model make sense: every mistake is found in one pass and told with its line."""

import ast
from collections.abc import Mapping, Sequence

from mitograft.errors import Violation
from mitograft.mechanism.equations.language import RESERVED, Draft, names_in, parse_expression
from mitograft.mechanism.equations.model import State
from mitograft.tables.parameters import Parameters

__all__ = ["check_names"]

_CSV = {"parameters.csv": "parameter", "states.csv": "state"}


def check_names(draft: Draft, states: Sequence[State], parameters: Parameters) -> tuple[Violation, ...]:
    """Return what is wrong with the names: unknown, too early, twice, reserved, without rate, unused."""
    tables = {"parameters.csv": [p.id for p in parameters], "states.csv": [s.name for s in states]}
    return (
        *_clashes(draft, tables),
        *_undefined(draft, {*tables["parameters.csv"], *tables["states.csv"], *draft.memory}),
        *_rates(draft, tables["states.csv"]),
        *_events(draft, set(tables["parameters.csv"]), set(tables["states.csv"])),
        *_initials(states, set(tables["parameters.csv"])),
        *_unused(draft, states, tables["parameters.csv"]),
    )


def _bad(rule: str, found: str, expected: str, line: int | None, file: str = "equations.txt") -> Violation:
    return Violation(rule, found, expected, "Mend the file.", file, line)


def _uses(code: str) -> tuple[str, ...]:
    return names_in(ast.parse(code, mode="eval").body)


def _clashes(draft: Draft, tables: Mapping[str, Sequence[str]]) -> list[Violation]:
    places = [(name, row, file) for file, names in tables.items() for row, name in enumerate(names, 2)]
    places += [(name, line, "equations.txt") for name, line in draft.places]
    found, seen = [], dict[str, str]()
    for name, line, file in places:
        if name in RESERVED or "__" in name or not name.isidentifier():
            expected = "a name that is no function, no word of Python, not t, y, p, and without __"
            found.append(_bad("reserved", f"the name {name!r}", expected, line, file))
        if name in seen:
            found.append(_bad("twice", f"{name} a second time (first in {seen[name]})", "once", line, file))
        seen.setdefault(name, file)
    return found


def _undefined(draft: Draft, given: set[str]) -> list[Violation]:
    found, known = [], given | {"t"}
    below = {s.name for s in draft.statements if not s.rate}
    for statement in draft.statements:
        for name in _uses(statement.code):
            if name not in known:
                rule = "too-early" if name in below else "undefined"
                told = f"{name} in {statement.name}" + (", defined further down" if name in below else "")
                found.append(_bad(rule, told, "what stands above, or is in the tables", statement.line))
        if not statement.rate:
            known.add(statement.name)
    return found


def _rates(draft: Draft, states: Sequence[str]) -> list[Violation]:
    found, seen = [], set[str]()
    for rate in (s for s in draft.statements if s.rate):
        if rate.name not in states:
            found.append(_bad("rate", f"a rate of {rate.name}", "a state of states.csv", rate.line))
        if rate.name in seen:
            found.append(_bad("twice", f"a second rate of {rate.name}", "one rate each", rate.line))
        seen.add(rate.name)
    missing = [name for name in states if name not in seen]
    return found + [_bad("rate", f"no rate of state {name}", "one rate each", None) for name in missing]


def _events(draft: Draft, parameters: set[str], states: set[str]) -> list[Violation]:
    found, changing = [], {*states, *draft.memory}
    for kind, assignments in draft.events.items():
        if not assignments:
            found.append(_bad("event", f"event {kind} that does nothing", "indented assignments", None))
        for a in assignments:
            if a.name not in changing:
                expected = "a state or a memory quantity"
                found.append(_bad("event", f"{kind} assigns {a.name}", expected, a.line))
            for name in _uses(a.code):
                if name not in changing | parameters | {"t", "amount"}:
                    expected = "states, memory, parameters, t and amount"
                    found.append(_bad("undefined", f"{name} in event {kind}", expected, a.line))
    return found


def _initials(states: Sequence[State], parameters: set[str]) -> list[Violation]:
    found = []
    for row, state in enumerate(states, 2):
        tree, strange = parse_expression(state.initial)
        unknown = [strange] if tree is None else [n for n in names_in(tree) if n not in parameters]
        for name in unknown:
            told = f"{name} in the initial value of {state.name}"
            found.append(_bad("initial", told, "numbers and parameters", row, "states.csv"))
    return found


def _unused(draft: Draft, states: Sequence[State], parameters: Sequence[str]) -> list[Violation]:
    codes = [s.code for s in draft.statements] + [a.code for e in draft.events.values() for a in e]
    trees = [parse_expression(s.initial)[0] for s in states]
    used = {name for code in codes for name in _uses(code)}
    used |= {name for tree in trees if tree is not None for name in names_in(tree)}
    rows = [(name, row, "parameters.csv") for row, name in enumerate(parameters, 2)]
    lines = dict(draft.places)
    rows += [(name, lines[name], "equations.txt") for name in draft.memory]
    return [
        _bad("unused", f"{_CSV.get(file, 'memory')} {name}, which nothing uses", "used names only", row, file)
        for name, row, file in rows
        if name not in used
    ]
