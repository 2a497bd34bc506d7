"""Code generated from the equations: plain Python that numba compiles, one individual or a row of lanes at once.

The generated module has no imports but ``math`` and knows nothing of numba; the solver compiles it. Its functions

* ``prepare(p)``: constants of an individual, from its parameters and memory, into the tail of ``p``; to be called
  before anything else and again whenever memory changes (after every event);
* ``initial(p, y)``: initial values of the states;
* ``rhs(t, y, p, dy)``: rates of the states;
* ``algebraic(t, y, p, out)``: the algebraic quantities;
* ``jac(t, y, p, out)``: the entries of the Jacobian on its pattern (``ROWS``, ``COLS``); ``jac_dense`` writes
  the same into a square matrix that the caller has set to zero; ``dfdt(t, y, p, out)``: derivative by time;
* ``event_KIND(t, amount, y, p)``: what an event does; changes ``y`` and the memory in ``p``.

``p`` holds parameters, memory and constants, in the order of ``PARAMETERS``, ``MEMORY`` and then unnamed,
``P_SIZE`` in all. With lanes the same functions are called ``rhs_lanes`` and so on; arrays have one column for
each lane, ``t`` one element, and one inner loop runs over the ``LANES`` columns, which LLVM turns into vector
instructions. There ``exp`` is a polynomial and ten squarings (relative error below 1e-12 between -700 and 700,
0 below), because a call would stop the vectorising.
"""

import ast
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mitograft.mechanism.equations.model import Model
from mitograft.mechanism.equations.straight import Constants, hoist, straighten, write_expression
from mitograft.mechanism.equations.symbols import symbols, to_sympy

__all__ = ["LANES", "generate_source", "generator_digest"]

LANES = 16
"""Individuals in lockstep: LLVM vectorised 16 lanes of doubles and not 8, when it was measured."""

_GENERATOR = ("generate.py", "lanes.py", "straight.py", "symbols.py")


@dataclass(frozen=True)
class _Function:
    """A function to write: its arguments after ``t, y, p`` and what goes where."""

    name: str
    terms: Sequence[tuple[str, Any]]
    targets: Sequence[tuple[str, str]]


@cache
def generate_source(model: Model) -> str:
    """Return the Python source of every function of a model, the same text for the same equations.

    Scalar functions only; ``mitograft.mechanism.equations.lanes`` gives the lanes. Needs sympy and some
    seconds, so keep the text under ``generator_digest``.
    """
    constants = _constants(model)
    functions = [_scalar(model, f) for f in _functions(model, constants)]
    head = _head(model, constants)
    parts = [head, _prepare(model, constants), _initial(model), *functions, *_event_functions(model)]
    return "\n\n".join(parts) + "\n"


def generator_digest(model: Model) -> str:
    """Return a SHA-256 of everything the generated code depends on, without generating it.

    It covers the equations and the text of the generator, and so keys a cache of source or compiled kernels.
    """
    folder = files("mitograft.mechanism").joinpath("equations")
    texts = [folder.joinpath(name) for name in _GENERATOR]
    whole = model.canonical + "".join(text.read_text(encoding="utf-8") for text in texts if text.is_file())
    return hashlib.sha256(whole.encode()).hexdigest()


@cache
def _hoisted(model: Model) -> tuple[Constants, dict[str, tuple[tuple[str, Any], ...]]]:
    """Take the constants out of every statement and derivative; their numbering is shared by all functions."""
    constants = Constants(frozenset({*model.parameter_names, *model.memory}))
    system = symbols(model)
    jacobian = system.jacobian()
    groups = {
        "algebraic": system.algebraic,
        "rates": tuple((f"rate__{name}", e) for name, e in system.rates),
        "steps": jacobian.steps,
        "entries": tuple((f"j__{k}", e) for k, e in enumerate(jacobian.entries)),
        "time": tuple((f"dt__{name}", e) for name, e in zip(model.state_names, jacobian.time, strict=True)),
    }
    done = {key: tuple((n, hoist(e, constants)) for n, e in terms) for key, terms in groups.items()}
    return constants, done


def _constants(model: Model) -> Constants:
    return _hoisted(model)[0]


def _functions(model: Model, constants: Constants) -> list[_Function]:
    terms = _hoisted(model)[1]
    pattern = symbols(model).jacobian().pattern
    inside = [*terms["algebraic"], *terms["steps"]]
    states = model.state_names
    entries = [(f"j__{k}", f"out[{k}]") for k in range(len(pattern))]
    dense = [(f"j__{k}", f"out[{i}, {j}]") for k, (i, j) in enumerate(pattern)]
    return [
        _Function(
            "rhs",
            [*terms["algebraic"], *terms["rates"]],
            [(f"rate__{s}", f"out[{i}]") for i, s in enumerate(states)],
        ),
        _Function(
            "algebraic", terms["algebraic"], [(e.name, f"out[{i}]") for i, e in enumerate(model.algebraic)]
        ),
        _Function("jac", [*inside, *terms["entries"]], entries),
        _Function("jac_dense", [*inside, *terms["entries"]], dense),
        _Function(
            "dfdt", [*inside, *terms["time"]], [(f"dt__{s}", f"out[{i}]") for i, s in enumerate(states)]
        ),
    ]


def _head(model: Model, constants: Constants) -> str:
    pattern = symbols(model).jacobian().pattern
    size = len(model.parameter_names) + len(model.memory) + len(constants.names)
    lines = [
        '"""Generated from the equations of mitograft\'s mechanistic model; do not edit."""',
        "from math import exp, log, sqrt",
        "",
        f'DIGEST = "{model.digest}"',
        f"STATES = {model.state_names!r}",
        f"PARAMETERS = {model.parameter_names!r}",
        f"MEMORY = {tuple(model.memory)!r}",
        f"ALGEBRAIC = {tuple(e.name for e in model.algebraic)!r}",
        f"EVENTS = {tuple(model.events)!r}",
        f"P_SIZE = {size}",
        f"ROWS = {tuple(i for i, _ in pattern)!r}",
        f"COLS = {tuple(j for _, j in pattern)!r}",
    ]
    return "\n".join(lines)


def _places(model: Model, lane: str = "") -> dict[str, str]:
    """Where each state, parameter, memory quantity and constant is stored; ``lane`` is the second index."""
    fixed = [*model.parameter_names, *model.memory]
    places = {name: f"y[{i}{lane}]" for i, name in enumerate(model.state_names)}
    return places | {name: f"p[{i}{lane}]" for i, name in enumerate(fixed)}


def _place(model: Model, lane: str = "") -> Callable[[str], str | None]:
    places = _places(model, lane)
    first = len(model.parameter_names) + len(model.memory)

    def place(name: str) -> str | None:
        return f"p[{first + int(name[3:])}{lane}]" if name.startswith("c__") else places.get(name)

    return place


def function_body(model: Model, function: _Function, lane: str = "") -> list[str]:
    """Return the statements of a function: loads of what is used, shared parts, results."""
    place = _place(model, lane)
    flat = straighten(function.terms, [name for name, _ in function.targets], "x__")
    known = {name for name, _ in flat}
    used = sorted({s.name for _, e in flat for s in e.free_symbols} - known - {"t"}, key=_natural)
    body = [f"{name} = {place(name)}" for name in used]
    body += [f"{name} = {write_expression(e)}" for name, e in flat]
    return body + [f"{target} = {name}" for name, target in function.targets]


def _natural(name: str) -> tuple[str, int, str]:
    match = re.fullmatch(r"(c__)(\d+)", name)
    return ("~", int(match[2]), "") if match else ("", 0, name)


def _scalar(model: Model, function: _Function) -> str:
    body = function_body(model, function)
    return "\n    ".join([f"def {function.name}(t, y, p, out):", *body])


def _prepare(model: Model, constants: Constants) -> str:
    place = _place(model)
    terms = [(name, e) for e, name in constants.names.items()]
    flat = straighten(terms, [name for name, _ in terms], "x__")
    known = {name for name, _ in flat}
    used = sorted({s.name for _, e in flat for s in e.free_symbols} - known)
    body = [f"{name} = {place(name)}" for name in used]
    body += [f"{name} = {write_expression(e)}" for name, e in flat]
    body += [f"{place(name)} = {name}" for name, _ in terms]
    return "\n    ".join(["def prepare(p):", *(body or ["pass"])])


def _initial(model: Model) -> str:
    places = _places(model)
    body = [
        f"y[{i}] = {write_expression(to_sympy(s.initial), places.__getitem__)}"
        for i, s in enumerate(model.states)
    ]
    return "\n    ".join(["def initial(p, y):", *body])


def _event_functions(model: Model) -> list[str]:
    places = _places(model) | {"t": "t", "amount": "amount"}
    return [
        "\n    ".join(
            [f"def event_{kind}(t, amount, y, p):"]
            + [f"{places[a.name]} = {_placed(a.code, places)}" for a in assignments]
        )
        for kind, assignments in model.events.items()
    ]


def _placed(code: str, places: dict[str, str]) -> str:
    tree = ast.parse(code, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = places.get(node.id, node.id)
        elif isinstance(node, ast.Constant):
            node.value = float(node.value)  # type: ignore[arg-type]
    return ast.unparse(tree)
