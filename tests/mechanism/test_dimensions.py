"""Units: what follows from the tables, and every disagreement named."""

import pytest

from mitograft.mechanism.equations import Model, ModelError, load_model, parse_model
from mitograft.mechanism.equations.dimensions import derive_dimensions, read_unit, write_unit

PARAMETERS = """\
name,value,unit,kind,status,citation,note
k,0.5,1/d,x,assumed,n,
U,2,ug,x,assumed,n,
N,2,cells,x,assumed,n,
"""
STATES = "name,label,unit,initial,lower,upper,status,citation,note\nM,mass,ug,U/2,,,assumed,n,\n"
EQUATIONS = """\
memory given = 0
memory last = 0
on dose(amount)
  given = given*exp(-k*(t - last)) + amount
  last = t
share = M/(M + U)
M' = k*given*share - k*M*sqrt(share) - k*U*N/N
"""


def model(old: str = "", new: str = "", *, parameters: str = PARAMETERS) -> Model:
    assert old in EQUATIONS + parameters
    return parse_model(EQUATIONS.replace(old, new), parameters.replace(old, new), STATES)


def test_units_of_memory_and_doses_follow_from_their_use() -> None:
    known = derive_dimensions(model()).known
    units = {name: write_unit(known[name]) for name in ("given", "last", "amount dose", "share", "M")}
    assert units == {"given": "ug", "last": "d", "amount dose": "ug", "share": "1", "M": "ug"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("M/(M + U)", "M/(M + k)", "the sides of M + k: ug and 1/d"),
        ("M/(M + U)", "M/(M + 1)", "the sides of M + 1: ug and 1"),
        ("M/(M + U)", "exp(M)/M*U", "exp(M) of a quantity with a unit: ug and 1"),
        ("M/(M + U)", "log(M)*M/M", "log(M) of a quantity with a unit: ug and 1"),
        ("M/(M + U)", "M/U*2**M", "units of exponents of 2 ** M: ug and 1"),
        ("k*given*share", "k*k*U*share", "the sides of k * k * U * share - "),
        ("  last = t", "  last = t*amount", "rate of M, asked and found"),
        ("k,0.5,1/d", "k,0.5,1/week", "k in '1/week'"),
        ("k,0.5,1/d", "k,0.5,1", "rate of M, asked and found: ug/d and ug"),
    ],
)
def test_a_disagreement_is_named(old: str, new: str, told: str) -> None:
    with pytest.raises(ModelError) as caught:
        model(old, new)
    assert told in str(caught.value)


def test_an_initial_value_has_the_unit_of_its_state() -> None:
    with pytest.raises(ModelError, match="initial value of M"):
        parse_model(EQUATIONS, PARAMETERS, STATES.replace("U/2", "N/2"))


@pytest.mark.parametrize("text", ["1", "1/d", "ug", "ug/d^2", "particle/cell", "cell*ug/d"])
def test_units_are_read_as_they_are_written(text: str) -> None:
    dimension = read_unit(text)
    assert dimension is not None
    assert write_unit(dimension) == text


@pytest.mark.parametrize("text", ["", "furlong", "1/", "d/week", "ug^x"])
def test_a_unit_that_is_not_known_is_not_read(text: str) -> None:
    assert read_unit(text) is None


def test_plurals_and_multiples() -> None:
    assert read_unit("particles/cells") == read_unit("particle/cell")
    assert read_unit("x ULN of baseline") == {}


def test_the_shipped_model_agrees_in_every_unit() -> None:
    found = derive_dimensions(load_model())
    assert found.violations == []
    assert not [name for name, dimension in found.known.items() if any(base[0] == "?" for base in dimension)]
    assert write_unit(found.known["pool_0"]) == "ug"
    assert write_unit(found.known["amount dose"]) == "ug"
    assert write_unit(found.known["death"]) == "1/d"
