"""The equations as symbols: each statement in its own terms, and the exact Jacobian by the chain rule.

A model has rates ``f_i(t, y, a, p)`` with algebraic quantities ``a_k(t, y, a_1 .. a_(k-1), p)``. Its Jacobian
is never expanded in states alone, which would swell: derivatives of the algebraic quantities are
symbols of their own, ``d__k__v = da_k/dv``, defined in file order,

``da_k/dv = @a_k/@v + sum over j < k of @a_k/@a_j da_j/dv``    (``@`` partial)

and the rates are treated alike. Entries that are zero whatever the numbers are no part of the pattern.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from mitograft.mechanism.equations.model import Model

__all__ = ["Jacobian", "Symbols", "Terms", "symbols", "to_sympy"]

Terms = tuple[tuple[str, Any], ...]
"""Assignments in order: a name and a sympy expression of what is known before it."""


@dataclass(frozen=True, eq=False)
class Jacobian:
    """The sparse Jacobian of the rates.

    Attributes
    ----------
    steps
        Derivatives of the algebraic quantities, in an order in which each uses only those before it.
    pattern
        Row and column of each entry that may differ from zero, by rows.
    entries
        One expression for each place of the pattern.
    time
        ``df/dt`` at constant state, for each state (0 where time does not enter).
    """

    steps: Terms
    pattern: tuple[tuple[int, int], ...]
    entries: tuple[Any, ...]
    time: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Symbols:
    """The statements of a model as sympy expressions.

    Attributes
    ----------
    model
        The model they belong to.
    algebraic
        Name and expression of each algebraic quantity, in file order.
    rates
        State and expression of each rate, in the order of the states.
    """

    model: Model
    algebraic: Terms
    rates: Terms

    def expanded(self, name: str) -> Any:
        """Return an algebraic quantity, or the rate of a state, in states, memory, parameters and time alone.

        Raises
        ------
        KeyError
            If there is no such quantity or state.
        """
        import sympy

        known = dict(self.algebraic)
        whole = {**known, **dict(self.rates)}[name]
        for quantity, expression in reversed(self.algebraic):
            whole = whole.xreplace({sympy.Symbol(quantity): expression})
        return whole

    def jacobian(self) -> Jacobian:
        """Return the Jacobian, its pattern and the derivative by time."""
        return _jacobian(self)


@cache
def symbols(model: Model) -> Symbols:
    """Return the equations of a model as sympy expressions (cached for each model)."""
    algebraic = tuple((e.name, to_sympy(e.code)) for e in model.algebraic)
    return Symbols(model, algebraic, tuple((e.name, to_sympy(e.code)) for e in model.rates))


def to_sympy(code: str) -> Any:
    """Turn an expression of the language into a sympy expression; decimals become exact fractions."""
    return _convert(ast.parse(code, mode="eval").body)


def _convert(node: ast.expr) -> Any:
    import sympy

    match node:
        case ast.Constant(value):
            exact = Fraction(repr(value))  # the decimal as written, not its nearest binary fraction
            return sympy.Rational(exact.numerator, exact.denominator)
        case ast.Name(name):
            return sympy.Symbol(name)
        case ast.UnaryOp(operator, operand):
            return -_convert(operand) if isinstance(operator, ast.USub) else _convert(operand)
        case ast.Call(ast.Name(name), [argument]):
            return getattr(sympy, name)(_convert(argument))
        case ast.BinOp(left, operator, right):
            return _combine(_convert(left), operator, _convert(right))
    raise TypeError(f"no expression of the language: {ast.dump(node)}")  # the reader lets none through


def _combine(left: Any, operator: ast.operator, right: Any) -> Any:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
    return left**right


def _total(expression: Any, by: Any, known: Mapping[str, Mapping[str, Any]]) -> Any:
    """Return the total derivative of an expression by a state or time."""
    import sympy

    total = sympy.diff(expression, by)
    for name in sorted(s.name for s in expression.free_symbols):
        inner = known.get(name, {}).get(by.name)
        if inner is not None:
            total += sympy.diff(expression, sympy.Symbol(name)) * inner
    return total


@cache
def _jacobian(system: Symbols) -> Jacobian:
    import sympy

    variables = [sympy.Symbol(name) for name in (*system.model.state_names, "t")]
    known: dict[str, dict[str, Any]] = {}
    steps: list[tuple[str, Any]] = []
    for name, expression in system.algebraic:
        known[name] = {}
        for by in variables:
            total = _total(expression, by, known)
            if total.is_Atom and not total.is_Symbol and total != 0:
                known[name][by.name] = total  # a number needs no name
            elif total != 0:
                steps.append((f"d__{name}__{by.name}", total))
                known[name][by.name] = sympy.Symbol(steps[-1][0])
    rows = [[_total(expression, by, known) for by in variables] for _, expression in system.rates]
    pattern = tuple((i, j) for i, row in enumerate(rows) for j, e in enumerate(row[:-1]) if e != 0)
    return Jacobian(
        tuple(steps), pattern, tuple(rows[i][j] for i, j in pattern), tuple(row[-1] for row in rows)
    )
