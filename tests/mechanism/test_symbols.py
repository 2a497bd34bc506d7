"""The exact Jacobian against differences, its pattern, and expansion against evaluation step by step."""

import numpy as np
import pytest

from mitograft.mechanism.equations import load_model, parse_model
from mitograft.mechanism.equations.generate import generate_source
from mitograft.mechanism.equations.symbols import symbols, to_sympy

from .test_generate import Array, draw, evaluate, run


def differences(code, t: float, y: Array, p: Array) -> tuple[Array, Array]:
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


def test_a_jacobian_known_by_hand() -> None:
    table = "name,value,unit,kind,status,citation,note\nk,2,1,x,assumed,n,\n"
    states = "name,label,unit,initial,lower,upper,status,citation,note\nA,a,1,0,,,assumed,n,\nB,b,1,0,,,assumed,n,\n"
    model = parse_model("s = A*B\nA' = k*s**2 + t**2\nB' = -B + 3", table, states)
    jacobian = symbols(model).jacobian()
    assert jacobian.pattern == ((0, 0), (0, 1), (1, 1))
    known = dict(jacobian.steps)
    k, s, b, t = (to_sympy(name) for name in ("k", "s", "B", "t"))
    first = jacobian.entries[0].subs(known)
    assert (first - 2 * k * s * b).simplify() == 0
    assert jacobian.entries[2] == -1
    assert jacobian.time == (2 * t, 0)


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


def test_unknown_quantities_have_no_expansion() -> None:
    with pytest.raises(KeyError):
        symbols(load_model()).expanded("NOTHING")


def test_decimals_are_exact() -> None:
    assert str(to_sympy("0.1 + 0.2")) == "3/10"
    assert float(to_sympy("1e-3*7")) == 0.007
