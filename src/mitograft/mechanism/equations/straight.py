"""Straight-line code from symbolic assignments: constants taken out, common parts shared, nothing idle.

What depends on parameters and memory alone cannot change between events, so it is computed once for each
individual (``hoist``). The rest is split into shared parts (``straighten``) and written as Python whose
integer powers are products and whose order does not depend on the run.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Constants", "hoist", "straighten", "write_expression"]

_ROOT = 2


@dataclass
class Constants:
    """Expressions of parameters and memory alone, each with its name ``c__i``, in the order they were met."""

    fixed: frozenset[str]
    names: dict[Any, str] = field(default_factory=dict)

    def still(self, expression: Any) -> bool:
        """Whether an expression depends on nothing but what is fixed between events."""
        return all(s.name in self.fixed or s.name.startswith("c__") for s in expression.free_symbols)

    def name(self, expression: Any) -> Any:
        """Return the symbol that stands for a constant expression."""
        import sympy

        if expression not in self.names:
            self.names[expression] = f"c__{len(self.names)}"
        return sympy.Symbol(self.names[expression])


def hoist(expression: Any, constants: Constants) -> Any:
    """Return an expression with every part that is constant between events replaced by its symbol."""
    from sympy import Add, Mul

    if expression.is_Atom or expression.is_number:
        return expression
    if constants.still(expression):
        return constants.name(expression)
    arguments = _ordered(expression)
    if isinstance(expression, (Add, Mul)):
        still = [a for a in arguments if constants.still(a)]
        if _worth_hoisting(still):
            moving = [hoist(a, constants) for a in arguments if a not in still]
            return expression.func(constants.name(expression.func(*still)), *moving)
    return expression.func(*(hoist(a, constants) for a in expression.args))


def _worth_hoisting(still: Sequence[Any]) -> bool:
    return len(still) > 1 and not all(a.is_number for a in still) and not (len(still) == 2 and -1 in still)


def straighten(
    terms: Sequence[tuple[str, Any]], outputs: Iterable[str], prefix: str
) -> list[tuple[str, Any]]:
    """Return assignments that compute ``outputs``: common parts once, each before use, idle ones not.

    Parameters
    ----------
    terms
        Assignments, in an order in which each uses only what stands before it.
    outputs
        Names that are wanted.
    prefix
        Start of the names of shared parts, which are numbered.
    """
    import sympy

    named = sympy.numbered_symbols(prefix)
    shared, whole = sympy.cse([e for _, e in terms], symbols=named, order="canonical")
    flat = [(s.name, e) for s, e in shared]
    flat += [(name, e) for (name, _), e in zip(terms, whole, strict=True)]
    flat = _split_powers(flat, prefix)
    return _needed(_sorted(flat), set(outputs))


def write_expression(expression: Any, name: Callable[[str], str] = str) -> str:
    """Write a sympy expression as Python; ``name`` says how each symbol is written."""
    return _Writer(name).write(expression)


def _ordered(expression: Any) -> list[Any]:
    from sympy import default_sort_key

    return sorted(expression.args, key=default_sort_key)


def _split_powers(flat: Sequence[tuple[str, Any]], prefix: str) -> list[tuple[str, Any]]:
    """Give the base of every integer power of 2 and more a name, so that it can be written as a product."""
    import sympy

    done: list[tuple[str, Any]] = []
    names: dict[Any, Any] = {}
    for name, expression in flat:
        powers = [p for p in expression.atoms(sympy.Pow) if p.exp.is_Integer and not p.base.is_Symbol]
        powers = sorted((p for p in powers if abs(p.exp) >= _ROOT), key=sympy.default_sort_key)
        swaps = {}
        for power in powers:
            if power.base not in names:
                names[power.base] = sympy.Symbol(f"{prefix}b{len(names)}")
                done.append((names[power.base].name, power.base))
            swaps[power] = sympy.Pow(names[power.base], power.exp)
        done.append((name, expression.xreplace(swaps)))
    return done


def _sorted(flat: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Order assignments so that each stands after what it uses, else as they came."""
    known = dict(flat)
    done: dict[str, Any] = {}

    def place(name: str) -> None:
        if name in done or name not in known:
            return
        for used in sorted(s.name for s in known[name].free_symbols):
            place(used)
        done[name] = known[name]

    for name, _ in flat:
        place(name)
    return list(done.items())


def _needed(flat: Sequence[tuple[str, Any]], wanted: set[str]) -> list[tuple[str, Any]]:
    kept = []
    for name, expression in reversed(flat):
        if name in wanted:
            kept.append((name, expression))
            wanted |= {s.name for s in expression.free_symbols}
    return kept[::-1]


class _Writer:
    """Python text of sympy expressions, with products for integer powers and one division for each term."""

    def __init__(self, name: Callable[[str], str]) -> None:
        self.name = name

    def write(self, e: Any) -> str:
        """Write an expression that needs no brackets."""
        if e.is_Symbol:
            return self.name(e.name)
        if e.is_Number:
            return repr(float(e))
        if e.is_Add:
            return self._sum(e)
        if e.is_Mul:
            return self._product(e)
        if e.is_Pow:
            return self._product(e) if e.exp.is_Number and e.exp < 0 else self._power(e.base, e.exp)
        if e.func.__name__ in {"exp", "log"}:
            return f"{e.func.__name__}({self.write(e.args[0])})"
        raise TypeError(f"no way to write {e.func.__name__}")

    def _bracketed(self, e: Any) -> str:
        text = self.write(e)
        return f"({text})" if e.is_Add or e.is_Mul or (e.is_Pow and "/" in text) or text[0] == "-" else text

    def _sum(self, e: Any) -> str:
        # A positive term first, so that the sum does not begin with a change of sign.
        terms = sorted((self.write(a) for a in _ordered(e)), key=lambda text: text[0] == "-")
        return "".join(
            text if i == 0 else (f" - {text[1:]}" if text[0] == "-" else f" + {text}")
            for i, text in enumerate(terms)
        )

    def _product(self, e: Any) -> str:
        from sympy import Pow

        factors = _ordered(e) if e.is_Mul else [e]
        sign, above, below = "", [], []
        for f in factors:
            if f == -1:
                sign = "-"
            elif f.is_Pow and f.exp.is_Number and f.exp < 0:
                below.append(self._bracketed(Pow(f.base, -f.exp)))
            elif f.is_Number and f < 0:
                sign = "-"
                above.append(self.write(-f))
            else:
                above.append(self._bracketed(f))
        top = "*".join(above) or "1.0"
        if not below:
            return sign + top
        return (
            f"{sign}{top}/{below[0]}"
            if len(below) == 1 and "*" not in below[0]
            else (f"{sign}{top}/({'*'.join(below)})")
        )

    def _power(self, base: Any, exponent: Any) -> str:
        from sympy import Rational

        if exponent.is_Integer and base.is_Symbol:
            return _repeated(self.write(base), int(exponent))
        if exponent == Rational(1, _ROOT):
            return f"sqrt({self.write(base)})"
        return f"{self._bracketed(base)}**{self._bracketed(exponent)}"


def _repeated(text: str, times: int) -> str:
    """Write a power as a product by halves, which is how few multiplications give it."""
    if times == 1:
        return text
    half = _repeated(text, times // _ROOT)
    double = f"({half})*({half})" if times > 3 else f"{half}*{half}"
    return f"({double}*{text})" if times % _ROOT else f"({double})"
