"""Reading the model: what is there, and what every kind of mistake is answered with."""

from importlib.resources import files

import pytest

from mitograft.errors import InputError
from mitograft.mechanism.equations import ModelError, load_model, parse_model

EQUATIONS = """\
== First
memory pool = 0       ; what is given
on dose(amount)
  pool = pool*exp(-k*t) + amount

rel = A/(A + K)       ; a share
A' = k*(B - A*rel)    ; rises
B' = -k*B**2 + k*pool
"""
PARAMETERS = """\
name,value,unit,kind,status,citation,note
k,0.5,1/d,assumed,assumed,none,
K,1,1,assumed,assumed,none,
b,2,1,assumed,assumed,none,
"""
STATES = """\
name,label,unit,initial,lower,upper,status,citation,note
B,second,1,b/2,0,,assumed,none,
A,first,1,0,0,1,assumed,none,
"""


def rules(equations: str = EQUATIONS, parameters: str = PARAMETERS, states: str = STATES) -> list[str]:
    with pytest.raises(ModelError) as caught:
        parse_model(equations, parameters, states)
    return [v.rule for v in caught.value.violations]


def test_states_come_in_the_order_of_their_rates() -> None:
    model = parse_model(EQUATIONS, PARAMETERS, STATES)
    assert model.state_names == ("A", "B")
    assert model.states[0].upper == 1
    assert model.states[1].upper is None
    assert model.states[1].initial == "b/2"


def test_statements_keep_order_section_and_words() -> None:
    model = parse_model(EQUATIONS, PARAMETERS, STATES)
    assert [(e.name, e.rate) for e in model.statements] == [("rel", False), ("A", True), ("B", True)]
    assert [e.name for e in model.algebraic] == ["rel"]
    assert model.algebraic[0].words == "a share"
    assert model.algebraic[0].line == 6
    assert model.sections == ("First",)
    assert model.words["pool"] == "what is given"
    assert model.events["dose"][0].code == "pool * exp(-k * t) + amount"


def test_the_digest_follows_equations_and_not_words_or_values() -> None:
    first = parse_model(EQUATIONS, PARAMETERS, STATES).digest
    assert parse_model(EQUATIONS.replace("; rises", "; falls"), PARAMETERS, STATES).digest == first
    assert parse_model(EQUATIONS, PARAMETERS.replace("0.5", "0.7"), STATES).digest == first
    assert parse_model(EQUATIONS.replace("B**2", "B**3"), PARAMETERS, STATES).digest != first


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("rel = A/(A + K) ", "rel = A/(A + L + K) ", "undefined"),
        ("rel = A/(A + K) ", "rel = A/(A + K) + late ;\nlate = 1 ;", "too-early"),
        ("B' =", "C' =", "rate"),
        ("B' =", "A' =", "twice"),
        ("rel = A", "k = A", "twice"),
        ("rel = A/(A + K) ", "exp = A/(A + K) ", "reserved"),
        ("rel = A/(A + K) ", "p = A/(A + K) ", "reserved"),
        ("  pool = pool", "  rel = pool", "event"),
        ("+ amount", "+ rel", "undefined"),
        ("  pool = pool*exp(-k*t) + amount\n", "", "event"),
        ("== First", "First of all", "unreadable"),
        ("memory pool = 0 ", "memory pool = many ", "memory"),
        ("k*B**2", "k*sin(B)", "expression"),
        ("k*B**2", "k*B if B else 0", "expression"),
        ("k*B**2", "__import__('os')", "expression"),
        ("k*B**2", "k*(B", "expression"),
        ("k*B**2", "k*True", "expression"),
        ("k*B**2", "exp*k", "expression"),
        ("k*B**2", "B.real", "expression"),
    ],
)
def test_a_mistake_in_the_equations_is_named(old: str, new: str, rule: str) -> None:
    assert old in EQUATIONS
    assert rule in rules(EQUATIONS.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("K,1,", "K,one,", "number"),
        ("k,0.5,1/d,assumed,assumed", "k,0.5,1/d,assumed,sure", "status"),
        ("b,2", "K,2", "twice"),
        ("b,2", "idle,2,1,assumed,assumed,none,\nb,2", "unused"),
        ("name,value,unit", "name,value,units", "columns"),
        ("K,1,1,assumed,assumed,none,", "K,1,1", "cells"),
    ],
)
def test_a_mistake_in_the_parameters_is_named(old: str, new: str, rule: str) -> None:
    assert old in PARAMETERS
    assert rule in rules(parameters=PARAMETERS.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("b/2", "A", "initial"),
        ("b/2", "b/", "initial"),
        ("0,1,assumed", "0,much,assumed", "number"),
        ("A,first", "Z,third,1,0,0,,assumed,none,\nA,first", "rate"),
    ],
)
def test_a_mistake_in_the_states_is_named(old: str, new: str, rule: str) -> None:
    assert old in STATES
    assert rule in rules(states=STATES.replace(old, new))


def test_all_mistakes_are_told_at_once_with_their_lines() -> None:
    broken = EQUATIONS.replace("A + K)", "A + L)").replace("B**2", "(B")
    with pytest.raises(InputError) as caught:
        parse_model(broken, PARAMETERS, STATES)
    message = str(caught.value)
    assert "equations.txt, line 6: found L in rel" in message
    assert "equations.txt, line 8: found" in message
    assert "parameters.csv, line 3: found parameter K, which nothing uses" in message


def test_the_shipped_model_is_sound() -> None:
    model = load_model()
    assert model is load_model()
    assert len(model.states) == len(model.rates)
    text = files("mitograft.mechanism").joinpath("data/equations.txt").read_text(encoding="utf-8")
    for equation in model.statements:
        assert text.splitlines()[equation.line - 1].startswith(equation.name)
        assert equation.words, f"{equation.name} has no words"
