"""The generated functions for many individuals in lockstep, in a form that compilers turn into vector code.

``rhs_lanes(t, y, p, out)`` and its like compute for ``LANES`` individuals what ``rhs`` does for one.
``t`` has one element for each lane; ``y``, ``p`` and ``out`` are flat and contiguous, with item ``i`` of lane
``k`` at ``i*LANES + k``. With constant strides LLVM sees that the arrays do not overlap and vectorises the
loop over lanes; with two-dimensional arrays it does not (numba 0.68: no packed instruction, 5 times slower),
nor with fewer than 16 lanes.

``exp`` would be a call and stop the vectorising. Here it is its Taylor polynomial at ``x/1024``, squared ten
times, with ``x`` kept within -700 and 700: relative error below 3e-13.
"""

import math
from functools import cache
from typing import Any

from mitograft.mechanism.equations.functions import Function, list_functions, list_steps
from mitograft.mechanism.equations.model import Model
from mitograft.mechanism.equations.straight import write_expression

__all__ = ["LANES", "generate_lanes"]

LANES = 16

_HALVINGS = 10
_BOUND = 700.0
_DEGREE = 17  # (700/1024)**18/18!, times 1024 for the squarings, is below 1e-15


@cache
def generate_lanes(model: Model) -> str:
    """Return the source of ``rhs_lanes``, ``algebraic_lanes``, ``jac_lanes`` and ``dfdt_lanes``.

    The text stands by itself; constants in ``p`` are those of ``prepare`` in ``generate_source``.
    """
    head = f'"""Generated; do not edit."""\nfrom math import log, sqrt\n\nLANES = {LANES}'
    return "\n\n".join([head, *(_write(model, f) for f in list_functions(model))]) + "\n"


def _write(model: Model, function: Function) -> str:
    loads, flat = list_steps(model, function.terms, function.results)
    body = [f"{name} = {array}[{i * LANES} + lane]" for name, (array, i) in loads]
    if any(s.name == "t" for _, e in flat for s in e.free_symbols):
        body.append("t__ = t[lane]")
    for name, expression in flat:
        body += _without_exp(name, expression)
    body += [f"out[{i * LANES} + lane] = {name}" for i, name in enumerate(function.results)]
    lines = [f"def {function.name}_lanes(t, y, p, out):", f"    for lane in range({LANES}):"]
    return "\n        ".join(["\n".join(lines), *body])


def _without_exp(name: str, expression: Any) -> list[str]:
    """Write an assignment with every exponential computed in line before it."""
    import sympy

    lines = []
    # The innermost first, so that the argument of each holds no other.
    calls = sorted(expression.atoms(sympy.exp), key=lambda e: (e.count_ops(), sympy.default_sort_key(e)))
    swaps: dict[Any, Any] = {}
    for k, call in enumerate(calls):
        target = f"e__{k}__{name}"
        lines += _exponential(target, write_expression(call.args[0].xreplace(swaps), _name))
        swaps[call] = sympy.Symbol(target)
    return [*lines, f"{name} = {write_expression(expression.xreplace(swaps), _name)}"]


def _name(name: str) -> str:
    return "t__" if name == "t" else name


def _exponential(target: str, argument: str) -> list[str]:
    power = repr(1.0 / math.factorial(_DEGREE))
    for n in range(_DEGREE - 1, -1, -1):
        power = f"({1.0 / math.factorial(n)!r} + {target}*{power})"
    return [
        f"{target} = {argument}",
        f"{target} = min(max({target}, {-_BOUND}), {_BOUND})*{0.5**_HALVINGS!r}",
        f"{target} = {power}",
        *[f"{target} = {target}*{target}"] * _HALVINGS,
    ]
