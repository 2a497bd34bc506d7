"""Generated code against the statements themselves, evaluated one by one as the file has them."""

import math
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mitograft.mechanism.equations import Model, load_model, parse_model
from mitograft.mechanism.equations.generate import generate_source, generator_digest
from mitograft.mechanism.equations.lanes import LANES, generate_lanes
from mitograft.mechanism.equations.symbols import symbols
from mitograft.seeds import stream

Array = NDArray[np.float64]

# Rounding of some hundred operations; sums in another order lose a few digits where terms cancel.
ROUNDING = 1e-11

SMALL = """\
== Only
memory given = 1
on dose(amount)
  given = given + amount
  A = A + given*log(k)
a = exp(-k*exp(-t/K)) + sqrt(A) + A**1.5 + A**-2 + log(A + 2)/(3*A)
b = given*(a - A)**3/(1 + a)**5 - k*A + 2*k - A/(k*(A + 1)) - a**4
A' = b/K
"""
PARAMETERS = "name,value,unit,kind,status,citation,note\nk,0.5,1,x,assumed,n,\nK,1.5,d,x,assumed,n,\n"
STATES = "name,label,unit,initial,lower,upper,status,citation,note\nA,a,1,k/2 + 0.25,,,assumed,n,\n"


def small() -> Model:
    return parse_model(SMALL, PARAMETERS, STATES)


def run(text: str) -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(compile(text, "generated", "exec"), space)  # noqa: S102  our own text, as the solver runs it
    return space


def draw(model: Model, code: dict[str, Any], what: str) -> tuple[float, Array, Array]:
    """Draw a point that no symmetry makes easy: all states and memory differ and none is zero."""
    random = stream(3, "mechanism-equations", what)
    values = np.array([q.number or 0.1 for q in model.parameters]) * np.exp(
        0.3 * random.standard_normal(len(model.parameter_names))
    )
    p = np.zeros(code["P_SIZE"])
    p[: values.size] = values
    p[values.size : values.size + len(model.memory)] = random.uniform(0.2, 1, len(model.memory))
    code["prepare"](p)
    return random.uniform(1, 3), random.uniform(0.05, 0.9, len(model.states)), p


def scope(model: Model, t: float, y: Array, p: Array) -> dict[str, Any]:
    """Name every number, as the statements use them."""
    names = (*model.parameter_names, *model.memory)
    known: dict[str, Any] = {"exp": math.exp, "log": math.log, "sqrt": math.sqrt, "t": t}
    return (
        known | dict(zip(model.state_names, y, strict=True)) | dict(zip(names, p[: len(names)], strict=True))
    )


def evaluate(model: Model, t: float, y: Array, p: Array) -> tuple[Array, Array]:
    known, rates = scope(model, t, y, p), []
    for statement in model.statements:
        value = eval(statement.code, dict(known))  # noqa: S307  checked by the reader
        if statement.rate:
            rates.append(value)
        else:
            known[statement.name] = value
    return np.array(rates), np.array([known[e.name] for e in model.algebraic])


@pytest.mark.parametrize("what", ["one", "two", "three"])
@pytest.mark.parametrize("model", [load_model(), small()], ids=["shipped", "small"])
def test_generated_rates_and_quantities_are_those_of_the_file(model: Model, what: str) -> None:
    code = run(generate_source(model))
    t, y, p = draw(model, code, what)
    rates, quantities = evaluate(model, t, y, p)
    out = np.zeros(len(rates))
    code["rhs"](t, y, p, out)
    np.testing.assert_allclose(out, rates, rtol=ROUNDING, atol=ROUNDING * np.abs(rates).max())
    out = np.zeros(len(quantities))
    code["algebraic"](t, y, p, out)
    np.testing.assert_allclose(out, quantities, rtol=ROUNDING)


@pytest.mark.parametrize("model", [load_model(), small()], ids=["shipped", "small"])
def test_events_do_what_the_file_says_in_its_order(model: Model) -> None:
    code = run(generate_source(model))
    for kind, assignments in model.events.items():
        t, y, p = draw(model, code, kind)
        known = scope(model, t, y, p) | {"amount": 0.7}
        for a in assignments:
            known[a.name] = eval(a.code, dict(known))  # noqa: S307  checked by the reader
        code[f"event_{kind}"](t, 0.7, y, p)
        np.testing.assert_allclose(y, [known[name] for name in model.state_names], rtol=1e-14)
        names = (*model.parameter_names, *model.memory)
        np.testing.assert_allclose(p[: len(names)], [known[name] for name in names], rtol=1e-14)


def test_initial_values_follow_parameters() -> None:
    code = run(generate_source(small()))
    p, y = np.zeros(code["P_SIZE"]), np.zeros(1)
    p[:2] = 0.5, 4.0
    code["initial"](p, y)
    assert y[0] == pytest.approx(0.5)


def test_constants_wait_for_prepare() -> None:
    """A changed parameter acts after ``prepare`` and not before: nothing else looks at it twice."""
    code = run(generate_source(small()))
    t, y, p = draw(small(), code, "constants")
    p[2] *= 2  # the memory quantity
    code["prepare"](p)
    out = np.zeros(1)
    code["rhs"](t, y, p, out)
    np.testing.assert_allclose(out, evaluate(small(), t, y, p)[0], rtol=ROUNDING)


@pytest.mark.parametrize("model", [load_model(), small()], ids=["shipped", "small"])
def test_lanes_compute_what_one_individual_does(model: Model) -> None:
    code = run(generate_source(model)) | run(generate_lanes(model))
    points = [draw(model, code, f"lane-{k}") for k in range(LANES)]
    t = np.array([point[0] for point in points])
    y = np.array([point[1] for point in points]).T.ravel().copy()
    p = np.array([point[2] for point in points]).T.ravel().copy()
    for name, size in (
        ("rhs", len(model.states)),
        ("algebraic", len(model.algebraic)),
        ("jac", len(code["ROWS"])),
        ("dfdt", len(model.states)),
    ):
        out, alone = np.zeros(size * LANES), np.zeros((size, LANES))
        code[f"{name}_lanes"](t, y, p, out)
        for k, (time, states, values) in enumerate(points):
            column = np.zeros(size)
            code[name](time, states, values, column)
            alone[:, k] = column
        np.testing.assert_allclose(
            out.reshape(size, LANES), alone, rtol=1e-10, atol=1e-11 * np.abs(alone).max()
        )


def test_the_exponential_of_lanes_is_accurate_between_its_bounds() -> None:
    code = run(
        generate_lanes(
            parse_model(
                "memory b = 1\na = exp(b*A)\nA' = a*k/K", PARAMETERS, STATES.replace("k/2 + 0.25", "0")
            )
        )
    )
    x = np.linspace(-700, 700, LANES * 50).reshape(50, LANES)
    for row in (*x, np.zeros(LANES), np.linspace(-1, 1, LANES)):
        out = np.zeros(LANES)
        p = np.ones(LANES * 4)
        code["algebraic_lanes"](np.zeros(LANES), row, p, out)
        np.testing.assert_allclose(out, np.exp(row), rtol=3e-13)
    code["algebraic_lanes"](np.zeros(LANES), np.full(LANES, -1e9), np.ones(LANES * 4), out)
    assert out.max() < 1e-300


def test_numba_compiles_the_code_as_it_stands() -> None:
    numba = pytest.importorskip("numba")
    model = small()
    code = run(generate_source(model)) | run(generate_lanes(model))
    t, y, p = draw(model, code, "numba")
    plain, compiled = np.zeros(1), np.zeros(1)
    code["rhs"](t, y, p, plain)
    numba.njit(code["rhs"])(t, y, p, compiled)
    np.testing.assert_allclose(compiled, plain, rtol=1e-13)
    numba.njit(code["event_dose"])(t, 1.0, y, p)
    assert y[0] != 0


def test_the_text_does_not_depend_on_the_run() -> None:
    script = (
        "import hashlib; from mitograft.mechanism.equations import load_model as m;"
        "from mitograft.mechanism.equations.generate import generate_source as s;"
        "from mitograft.mechanism.equations.lanes import generate_lanes as l;"
        "print(hashlib.sha256((s(m()) + l(m())).encode()).hexdigest())"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_the_key_of_the_cache_follows_the_equations() -> None:
    other = parse_model(SMALL.replace("2*k", "3*k"), PARAMETERS, STATES)
    assert generator_digest(small()) == generator_digest(small())
    assert generator_digest(other) != generator_digest(small())


def differences(code: dict[str, Any], t: float, y: Array, p: Array) -> tuple[Array, Array]:
    """Return central differences of the rates by every state and by time."""

    def rates(time: float, states: Array) -> Array:
        out = np.zeros(y.size)
        code["rhs"](time, states, p, out)
        return out

    step = 1e-5
    columns = [(rates(t, y + step * e) - rates(t, y - step * e)) / (2 * step) for e in np.eye(y.size)]
    return np.array(columns).T, (rates(t + step, y) - rates(t - step, y)) / (2 * step)


@pytest.mark.parametrize("what", ["one", "two", "three", "four"])
def test_the_jacobian_is_that_of_differences(what: str) -> None:
    model = load_model()
    code = run(generate_source(model))
    t, y, p = draw(model, code, what)
    by_state, by_time = differences(code, t, y, p)
    dense, time = np.zeros((y.size, y.size)), np.zeros(y.size)
    code["jac_dense"](t, y, p, dense)
    code["dfdt"](t, y, p, time)
    # Error of a central difference: step^2 times the third derivative, plus rounding over the step.
    np.testing.assert_allclose(dense, by_state, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(time, by_time, rtol=1e-6, atol=1e-6)
    assert np.abs(time).max() > 0


def test_the_sparse_entries_are_the_dense_ones() -> None:
    model = load_model()
    code = run(generate_source(model))
    t, y, p = draw(model, code, "sparse")
    dense, entries = np.zeros((y.size, y.size)), np.zeros(len(code["ROWS"]))
    code["jac_dense"](t, y, p, dense)
    code["jac"](t, y, p, entries)
    np.testing.assert_array_equal(dense[code["ROWS"], code["COLS"]], entries)
    assert np.count_nonzero(dense) == np.count_nonzero(entries)
    assert len(entries) < y.size**2 / 2


def test_the_pattern_holds_every_dependence_that_is_found_by_trying() -> None:
    model = load_model()
    code = run(generate_source(model))
    pattern = set(zip(code["ROWS"], code["COLS"], strict=True))
    t, y, p = draw(model, code, "trying")
    before = evaluate(model, t, y, p)[0]
    for j in range(y.size):
        moved = y.copy()
        moved[j] += 0.01
        changed = np.flatnonzero(evaluate(model, t, moved, p)[0] != before)
        assert {(int(i), j) for i in changed} <= pattern


def test_an_expanded_rate_uses_states_alone() -> None:
    model = load_model()
    system = symbols(model)
    code = run(generate_source(model))
    t, y, p = draw(model, code, "expanded")
    names = {*model.state_names, *model.parameter_names, *model.memory, "t"}
    whole = system.expanded("FIBRE")
    assert {s.name for s in whole.free_symbols} <= names
    values = dict(zip((*model.state_names, *model.parameter_names, *model.memory), (*y, *p), strict=False))
    rate = evaluate(model, t, y, p)[0][model.state_names.index("FIBRE")]
    assert float(whole.subs({**values, "t": t})) == pytest.approx(rate, rel=1e-10)
