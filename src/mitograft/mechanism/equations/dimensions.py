"""Units: the dimension of every quantity follows from the tables, and sums must be of one kind.

A dimension is a vector of exponents of base units (day, microgram, cell, particle). Parameters and states
bring theirs; numbers have none; those of memory and of amounts of events are unknown and follow from their
use: every sum, function, rate and assignment is a linear equation in exponents, solved as it is met. What
then does not agree is named with its line.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from mitograft.errors import Violation
from mitograft.mechanism.equations.model import Model

__all__ = ["Dimension", "Dimensions", "check_units", "derive_dimensions", "read_unit", "write_unit"]

Dimension = dict[str, Fraction]
"""Exponent of each base unit; a name that starts with ``?`` is a dimension not known yet."""

_BASES = {
    "d": "d",
    "ug": "ug",
    "cell": "cell",
    "cells": "cell",
    "particle": "particle",
    "particles": "particle",
}
_WORD = re.compile(r"([A-Za-z]+|1)(?:\^(-?\d+))?")
_EXPONENT = "units of exponents"


@dataclass
class Dimensions:
    """Dimensions of all quantities, and what does not agree.

    Attributes
    ----------
    known
        By name: parameters, states, memory, algebraic quantities, ``t`` and ``amount KIND`` for each event.
    violations
        Sums, functions, rates and assignments whose sides differ, with their lines.
    """

    known: dict[str, Dimension] = field(default_factory=dict)
    solved: dict[str, Dimension] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    def reduce(self, dimension: Dimension) -> Dimension:
        """Put what is known of unknown dimensions in their place."""
        unknown = next((name for name in sorted(dimension) if name in self.solved), None)
        if unknown is None:
            return dimension
        rest = {name: power for name, power in dimension.items() if name != unknown}
        return self.reduce(_times(rest, self.solved[unknown], dimension[unknown]))

    def agree(self, one: Dimension, other: Dimension, line: int, what: str) -> None:
        """Ask that two dimensions are the same: solves an unknown, or notes a violation."""
        rest = self.reduce(_times(one, other, Fraction(-1)))
        unknown = next((name for name in sorted(rest) if name[0] == "?"), None)
        if unknown is not None:
            power = rest.pop(unknown)
            self.solved[unknown] = _times({}, rest, Fraction(-1) / power)
        elif rest:
            left, right = write_unit(self.reduce(one)), write_unit(self.reduce(other))
            told, remedy = f"{what}: {left} and {right}", "Mend the equation, or the units in the tables."
            violation = Violation("units", told, "the same unit", remedy, "equations.txt", line)
            self.violations.append(violation)


def read_unit(text: str) -> Dimension | None:
    """Read a unit such as ``1``, ``1/d`` or ``particles/ug``; None where it is not understood.

    A unit that starts with ``x`` and a word is a multiple of something and has no dimension.

    >>> read_unit("ug/d"), read_unit("x ULN of baseline"), read_unit("furlong")
    ({'ug': Fraction(1, 1), 'd': Fraction(-1, 1)}, {}, None)
    """
    if text.startswith("x "):
        return {}
    dimension: Dimension = {}
    for place, part in enumerate(text.split("/")):
        for factor in part.split("*"):
            match = _WORD.fullmatch(factor.strip())
            if match is None or (match[1] != "1" and match[1] not in _BASES):
                return None
            power = Fraction(int(match[2] or 1)) * (-1 if place else 1)
            dimension = _times(dimension, {} if match[1] == "1" else {_BASES[match[1]]: Fraction(1)}, power)
    return dimension


def write_unit(dimension: Mapping[str, Fraction]) -> str:
    """Write a dimension as a unit; an unknown one has a question mark.

    >>> write_unit({"ug": Fraction(1), "d": Fraction(-2)}), write_unit({})
    ('ug/d^2', '1')
    """
    above = [_power(name, p) for name, p in sorted(dimension.items()) if p > 0]
    below = [_power(name, -p) for name, p in sorted(dimension.items()) if p < 0]
    return "/".join(["*".join(above) or "1", *below])


def derive_dimensions(model: Model) -> Dimensions:
    """Return the dimension of every quantity of a model, and every place where units do not agree."""
    found = Dimensions({"t": {"d": Fraction(1)}})
    for file, rows in (
        ("parameters.csv", [(p.id, p.unit) for p in model.parameters]),
        ("states.csv", [(s.name, s.unit) for s in model.states]),
    ):
        for name, unit in rows:
            dimension = read_unit(unit)
            if dimension is None:
                told, asked = f"{name} in {unit!r}", "1 or d, ug, cells, particles with * / ^"
                found.violations.append(
                    Violation("units", told, asked, "Correct the unit.", file, None, name)
                )
            found.known[name] = {f"?{name}": Fraction(1)} if dimension is None else dimension
    found.known |= {name: {f"?{name}": Fraction(1)} for name in model.memory}
    _walk_events(model, found)
    _walk_statements(model, found)
    _walk_initials(model, found)
    found.known = {name: found.reduce(dimension) for name, dimension in found.known.items()}
    return found


def check_units(model: Model) -> tuple[Violation, ...]:
    """Return every place of a model where units are unknown or do not agree."""
    return tuple(derive_dimensions(model).violations)


def _power(name: str, power: Fraction) -> str:
    return name if power == 1 else f"{name}^{power}"


def _times(one: Mapping[str, Fraction], other: Mapping[str, Fraction], power: Fraction) -> Dimension:
    """Return ``one * other**power``."""
    names = dict.fromkeys((*one, *other))
    whole = {name: one.get(name, Fraction(0)) + power * other.get(name, Fraction(0)) for name in names}
    return {name: p for name, p in whole.items() if p}


def _walk_events(model: Model, found: Dimensions) -> None:
    for kind, assignments in model.events.items():
        found.known[f"amount {kind}"] = {f"?amount {kind}": Fraction(1)}
        names = found.known | {"amount": found.known[f"amount {kind}"]}
        for a in assignments:
            value = _dimension(_tree(a.code), names, (found, a.line))
            found.agree(names[a.name], value, a.line, f"{a.name} in event {kind}")


def _walk_statements(model: Model, found: Dimensions) -> None:
    per_day = {"d": Fraction(-1)}
    for statement in model.statements:
        value = _dimension(_tree(statement.code), found.known, (found, statement.line))
        if statement.rate:
            asked = _times(found.known[statement.name], per_day, Fraction(1))
            found.agree(asked, value, statement.line, f"rate of {statement.name}, asked and found")
        else:
            found.known[statement.name] = value


def _walk_initials(model: Model, found: Dimensions) -> None:
    for state in model.states:
        tree = _tree(state.initial)
        if any(isinstance(node, ast.Name) for node in ast.walk(tree)):
            value = _dimension(tree, found.known, (found, 0))
            found.agree(found.known[state.name], value, 0, f"initial value of {state.name}")


def _tree(code: str) -> ast.expr:
    return ast.parse(code, mode="eval").body


def _dimension(node: ast.expr, names: Mapping[str, Dimension], place: tuple[Dimensions, int]) -> Dimension:
    """Return the dimension of an expression; disagreements inside it are noted with its line."""
    found, line = place
    match node:
        case ast.Name(name):
            return names[name]
        case ast.UnaryOp(_, operand):
            return _dimension(operand, names, place)
        case ast.Call(ast.Name(function), [argument]):
            inner = _dimension(argument, names, place)
            if function == "sqrt":
                return _times({}, inner, Fraction(1, 2))
            found.agree(inner, {}, line, f"{function}({ast.unparse(argument)}) of a quantity with a unit")
        case ast.BinOp(left, operator, right):
            sides = (_dimension(left, names, place), _dimension(right, names, place))
            return _combine(node, operator, sides, place)
    return {}


def _combine(
    node: ast.BinOp, operator: ast.operator, sides: tuple[Dimension, Dimension], place: tuple[Dimensions, int]
) -> Dimension:
    found, line = place
    match operator:
        case ast.Mult():
            return _times(*sides, Fraction(1))
        case ast.Div():
            return _times(*sides, Fraction(-1))
        case ast.Pow():
            found.agree(sides[1], {}, line, f"{_EXPONENT} of {ast.unparse(node)}")
            return _raise(node, sides[0], place)
    found.agree(*sides, line, f"the sides of {_short(node)}")
    return sides[0]


def _raise(node: ast.BinOp, base: Dimension, place: tuple[Dimensions, int]) -> Dimension:
    """Return the dimension of a power; only a number may be the exponent of a quantity with a unit."""
    try:
        return _times({}, base, Fraction(str(ast.literal_eval(node.right))))
    except ValueError:
        found, line = place
        found.agree(base, {}, line, f"the base of {ast.unparse(node)}")
        return {}


def _short(node: ast.expr) -> str:
    text, most = ast.unparse(node), 60
    return text if len(text) <= most else f"{text[:most]} ..."
