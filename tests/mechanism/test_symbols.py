"""The equations as symbols: a Jacobian known by hand, exact decimals."""

import pytest

from mitograft.mechanism.equations import load_model, parse_model
from mitograft.mechanism.equations.symbols import symbols, to_sympy


def test_a_jacobian_known_by_hand() -> None:
    table = "name,value,unit,kind,status,citation,note\nk,2,1/d,x,assumed,n,\n"
    states = "name,label,unit,initial,lower,upper,status,citation,note\n"
    states += "A,a,1,0,,,assumed,n,\nB,b,1,0,,,assumed,n,\n"
    model = parse_model("s = A*B\nA' = k*s**2 + k**3*t**2\nB' = k*(3 - B)", table, states)
    jacobian = symbols(model).jacobian()
    assert jacobian.pattern == ((0, 0), (0, 1), (1, 1))
    known = dict(jacobian.steps)
    k, s, b, t = (to_sympy(name) for name in ("k", "s", "B", "t"))
    first = jacobian.entries[0].subs(known)
    assert (first - 2 * k * s * b).simplify() == 0
    assert jacobian.entries[2] == -k
    assert jacobian.time == (2 * k**3 * t, 0)


def test_unknown_quantities_have_no_expansion() -> None:
    with pytest.raises(KeyError):
        symbols(load_model()).expanded("NOTHING")


def test_decimals_are_exact() -> None:
    assert str(to_sympy("0.1 + 0.2")) == "3/10"
    assert float(to_sympy("1e-3*7")) == 0.007
