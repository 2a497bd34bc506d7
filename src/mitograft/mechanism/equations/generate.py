"""Code generated from the equations: plain Python that numba compiles, for one individual or many lanes.

The generated module imports ``math`` alone and knows nothing of numba; the solver compiles it. Its functions:

* ``prepare(p)``: constants of an individual, from its parameters and memory, into the tail of ``p``; to be
  called before anything else and again whenever memory changes (after every event);
* ``initial(p, y)``: initial values of the states;
* ``rhs(t, y, p, out)``: rates of the states;
* ``algebraic(t, y, p, out)``: the algebraic quantities;
* ``jac(t, y, p, out)``: the entries of the Jacobian on its pattern (``ROWS``, ``COLS``); ``jac_dense`` writes
  the same into a square matrix that the caller has set to zero; ``dfdt(t, y, p, out)``: derivative by time;
* ``event_KIND(t, amount, y, p)``: what an event does; changes ``y`` and the memory in ``p``.

``p`` holds parameters, memory and constants, in the order of ``PARAMETERS``, ``MEMORY`` and then unnamed,
``P_SIZE`` in all. Lanes are in ``mitograft.mechanism.equations.lanes``.
"""

import ast
import hashlib
from functools import cache
from importlib.resources import files

from mitograft.mechanism.equations.functions import Function, hoist_model, list_functions, list_steps, locate
from mitograft.mechanism.equations.model import Model
from mitograft.mechanism.equations.straight import write_expression
from mitograft.mechanism.equations.symbols import symbols, to_sympy

__all__ = ["generate_source", "generator_digest"]

_GENERATOR = ("functions.py", "generate.py", "lanes.py", "straight.py", "symbols.py")


@cache
def generate_source(model: Model) -> str:
    """Return the Python source of the functions of one individual, the same text for the same equations.

    It needs sympy and some seconds, so keep the text under ``generator_digest``.
    """
    functions = [_write(model, f) for f in list_functions(model)]
    dense = _write_dense(model)
    parts = [_head(model), _prepare(model), _initial(model), *functions, dense, *_events(model)]
    return "\n\n".join(parts) + "\n"


def generator_digest(model: Model) -> str:
    """Return a SHA-256 of everything the generated code depends on, without generating it.

    It covers the equations and the text of the generator, and so keys a cache of source or compiled kernels.
    """
    folder = files("mitograft.mechanism").joinpath("equations")
    texts = [folder.joinpath(name).read_text(encoding="utf-8") for name in _GENERATOR]
    return hashlib.sha256("".join([model.canonical, *texts]).encode()).hexdigest()


def _head(model: Model) -> str:
    pattern = symbols(model).jacobian().pattern
    size = len(model.parameter_names) + len(model.memory) + len(hoist_model(model)[0].names)
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


def _body(model: Model, function: Function) -> list[str]:
    loads, flat = list_steps(model, function.terms, function.results)
    body = [f"{name} = {array}[{i}]" for name, (array, i) in loads]
    return body + [f"{name} = {write_expression(e)}" for name, e in flat]


def _define(head: str, body: list[str]) -> str:
    return "\n    ".join([f"def {head}:", *(body or ["pass"])])


def _write(model: Model, function: Function) -> str:
    results = [f"out[{i}] = {name}" for i, name in enumerate(function.results)]
    return _define(f"{function.name}(t, y, p, out)", _body(model, function) + results)


def _write_dense(model: Model) -> str:
    (jac,) = (f for f in list_functions(model) if f.name == "jac")
    pattern = symbols(model).jacobian().pattern
    results = [f"out[{i}, {j}] = {name}" for (i, j), name in zip(pattern, jac.results, strict=True)]
    return _define("jac_dense(t, y, p, out)", _body(model, jac) + results)


def _prepare(model: Model) -> str:
    terms = [(name, e) for e, name in hoist_model(model)[0].names.items()]
    names = tuple(name for name, _ in terms)
    places = locate(model)
    results = [f"{places[name][0]}[{places[name][1]}] = {name}" for name in names]
    return _define("prepare(p)", _body(model, Function("prepare", terms, names)) + results)


def _initial(model: Model) -> str:
    def place(name: str) -> str:
        return "{}[{}]".format(*locate(model)[name])

    values = (write_expression(to_sympy(s.initial), place) for s in model.states)
    return _define("initial(p, y)", [f"y[{i}] = {value}" for i, value in enumerate(values)])


def _events(model: Model) -> list[str]:
    places = {name: f"{array}[{i}]" for name, (array, i) in locate(model).items()}
    return [
        _define(
            f"event_{kind}(t, amount, y, p)",
            [f"{places[a.name]} = {_placed(a.code, places)}" for a in assignments],
        )
        for kind, assignments in model.events.items()
    ]


def _placed(code: str, places: dict[str, str]) -> str:
    tree = ast.parse(code, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = places.get(node.id, node.id)
        elif isinstance(node, ast.Constant):
            node.value = float(ast.literal_eval(node))
    return ast.unparse(tree)
