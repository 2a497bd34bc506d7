"""What the generated functions compute and where every number is stored, whatever the form of the code."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from mitograft.mechanism.equations.model import Model
from mitograft.mechanism.equations.straight import Constants, hoist, straighten
from mitograft.mechanism.equations.symbols import Terms, symbols

__all__ = ["Function", "Place", "hoist_model", "list_functions", "list_steps", "locate"]

Place = tuple[str, int]
"""An array (``y`` states; ``p`` parameters, memory, constants; ``out`` results) and the place in it."""


@dataclass(frozen=True, eq=False)
class Function:
    """A function of ``t, y, p`` that fills ``out``.

    Attributes
    ----------
    name
        What it is called.
    terms
        Assignments that lead to the results, in order.
    results
        Names of the results, in the order of ``out``.
    """

    name: str
    terms: Sequence[tuple[str, Any]]
    results: tuple[str, ...]


@cache
def hoist_model(model: Model) -> tuple[Constants, dict[str, Terms]]:
    """Take the constants out of every statement and derivative; all functions share their numbering."""
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
    return constants, {key: tuple((n, hoist(e, constants)) for n, e in g) for key, g in groups.items()}


def list_functions(model: Model) -> tuple[Function, ...]:
    """Return the functions: rates, algebraic quantities, Jacobian on its pattern, derivative by time."""
    terms = hoist_model(model)[1]
    inside = (*terms["algebraic"], *terms["steps"])

    def results(key: str) -> tuple[str, ...]:
        return tuple(name for name, _ in terms[key])

    return (
        Function("rhs", (*terms["algebraic"], *terms["rates"]), results("rates")),
        Function("algebraic", terms["algebraic"], results("algebraic")),
        Function("jac", (*inside, *terms["entries"]), results("entries")),
        Function("dfdt", (*inside, *terms["time"]), results("time")),
    )


def list_steps(
    model: Model, terms: Sequence[tuple[str, Any]], results: Sequence[str]
) -> tuple[list[tuple[str, Place]], list[tuple[str, Any]]]:
    """Return what a function loads (name and place) and then computes (name and expression), in order."""
    flat = straighten(terms, results, "x__")
    known = {name for name, _ in flat} | {"t"}
    used = sorted({s.name for _, e in flat for s in e.free_symbols} - known)
    places = locate(model)
    loads = [(name, places[name]) for name in used]
    return sorted(loads, key=lambda load: (load[1][0] != "y", load[1][1])), flat


@cache
def locate(model: Model) -> dict[str, Place]:
    """Return where each state, parameter, memory quantity and constant stands."""
    fixed = [*model.parameter_names, *model.memory]
    constants = [f"c__{i}" for i in range(len(hoist_model(model)[0].names))]
    places: dict[str, Place] = {name: ("y", i) for i, name in enumerate(model.state_names)}
    return places | {name: ("p", i) for i, name in enumerate([*fixed, *constants])}
