"""SBML: valid with units for libSBML, and the same courses in libRoadRunner, COPASI and scipy.

Measured with 200 individuals (relative to the larger of the value and 0.001): libRoadRunner 2.10.0 within
2.4e-7 and COPASI 4.48 within 1e-8 of LSODA at 1e-10.
"""

import xml.etree.ElementTree as ET
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from mitograft.errors import UsageError
from mitograft.mechanism.equations import load_model
from mitograft.mechanism.equations.describe import describe_model
from mitograft.mechanism.equations.generate import generate_source
from mitograft.mechanism.equations.sbml import export_sbml
from mitograft.seeds import stream
from mitograft.tables.parameters import load_rows

Array = NDArray[np.float64]

AGREEMENT = 1e-4  # relative, at every visit: what the project asks of other simulators
VISITS = (3.0, 10.0, 15.0, 21.0, 28.0, 42.0, 60.0)
# Shares cannot exceed 1, and what events of day 0 read stays as it is, so these are not varied.
SHARES = {
    "C_set",
    "ceiling",
    "viable",
    "f_1",
    "f_6",
    "h_m",
    "u_0",
    "block",
    "t_T",
    "t_17",
    "F_m",
    "F_p",
    "gly",
}
CORE = "{http://www.sbml.org/sbml/level3/version2/core}"


class Event(NamedTuple):
    day: float
    kind: str
    amount: float


EVENTS = (
    Event(0, "immunise", 1.0),
    Event(7, "dose", 100.0),
    Event(7, "dose", 50.0),
    Event(14, "set e_IL6", 0.2),
    Event(20, "necrosis", 0.1),
)


def individuals(count: int) -> list[dict[str, float]]:
    random = stream(1, "mechanism-sbml", "individuals")
    varied = [p for p in load_model().parameters if p.id not in SHARES and not p.id.startswith("sw_")]
    return [
        {p.id: p.number * float(np.exp(0.2 * random.standard_normal())) for p in varied} for _ in range(count)
    ]


@cache
def kernels() -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(compile(generate_source(load_model()), "generated", "exec"), space)  # noqa: S102  our own text
    numba = pytest.importorskip("numba")
    return space | {"rhs": numba.njit(space["rhs"])}


def reference(values: dict[str, float]) -> Array:
    """Return the states at the visits by LSODA at 1e-10, stopped and restarted at every event."""
    from scipy.integrate import solve_ivp

    code, model = kernels(), load_model()
    names = (*model.parameter_names, *model.memory)
    p, y, now = np.zeros(code["P_SIZE"]), np.zeros(len(model.states)), 0.0
    p[: len(names)] = [values.get(q.id, q.number) for q in model.parameters] + list(model.memory.values())
    code["prepare"](p)
    code["initial"](p, y)

    def rates(t: float, states: Array) -> Array:
        out = np.zeros(states.size)
        code["rhs"](t, states, p, out)
        return out

    course = {}
    for stop in sorted({e.day for e in EVENTS} | set(VISITS)):
        if stop > now:
            y = solve_ivp(rates, (now, stop), y, method="LSODA", rtol=1e-10, atol=1e-12).y[:, -1]
            now = stop
        for event in (e for e in EVENTS if e.day == stop):
            if event.kind.startswith("set "):
                p[names.index(event.kind[4:])] = event.amount
            else:
                code[f"event_{event.kind}"](stop, event.amount, y, p)
            code["prepare"](p)
        course[stop] = y.copy()
    return np.array([course[visit] for visit in VISITS])


def difference(found: Array, expected: Array) -> float:
    return float((np.abs(found - expected) / np.maximum(np.abs(expected), 1e-3)).max())


@pytest.mark.parametrize(
    ("values", "events"),
    [
        ({}, ()),
        ({}, EVENTS),
        ({"C_set": 0.6, "pool_0": 2.0, "mito_F": 3.0, "e_IL6": 0.0}, (Event(0, "dose", 10.0), *EVENTS)),
        ({}, (Event(0, "dose", 10.0), Event(0, "injure", 1.0), Event(3, "dose", 1e-7))),
    ],
)
def test_libsbml_finds_nothing_to_say(values: dict[str, float], events: tuple[Event, ...]) -> None:
    """No error and no warning: units of every equation included."""
    libsbml = pytest.importorskip("libsbml")
    text = export_sbml(load_model(), values=values, events=events).decode()
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    assert [document.getError(i).getMessage() for i in range(document.getNumErrors())] == []


@pytest.mark.filterwarnings("default")
def test_libroadrunner_runs_it_to_the_same_courses() -> None:
    roadrunner = pytest.importorskip("roadrunner")
    model = load_model()
    runner = roadrunner.RoadRunner(export_sbml(model, events=EVENTS).decode())
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-10, 1e-12
    for values in individuals(200):
        runner.resetAll()
        for name, value in values.items():
            runner[name] = value
        course = np.array(runner.simulate(times=[0, *VISITS], selections=["time", *model.state_names]))
        assert difference(course[1:, 1:], reference(values)) < AGREEMENT


@pytest.mark.filterwarnings("default")
def test_copasi_runs_it_to_the_same_courses() -> None:
    basico = pytest.importorskip("basico")
    model = load_model()
    for values in individuals(10):
        loaded = basico.load_model_from_string(export_sbml(model, values=values, events=EVENTS).decode())
        course = basico.run_time_course(
            values=[0, *VISITS], r_tol=1e-10, a_tol=1e-12, use_sbml_id=True, max_steps=10**6, model=loaded
        )
        columns = [name if name in course else f"Values[{name}]" for name in model.state_names]
        found = course.loc[list(VISITS), columns].to_numpy()
        basico.remove_datamodel(loaded)
        assert difference(found, reference(values)) < AGREEMENT


def test_the_document_holds_every_quantity_once_and_keeps_the_order_of_statements() -> None:
    model = load_model()
    root = ET.fromstring(export_sbml(model, events=EVENTS))  # noqa: S314  our own text
    ids = [e.get("id") for e in root.iter(f"{CORE}parameter")]
    assert len(ids) == len(set(ids))
    assert {*model.parameter_names, *model.memory, *model.state_names} <= set(ids)
    (rules,) = root.iter(f"{CORE}listOfRules")
    assert [rule.get("variable") for rule in rules] == [e.name for e in model.statements]
    (days,) = root.iter(f"{CORE}listOfEvents")
    assert len(days) == 3  # day 0 is in the initial values, two doses of day 7 are one event


def test_the_bytes_are_the_same_each_time() -> None:
    assert export_sbml(load_model(), events=EVENTS) == export_sbml(load_model(), events=EVENTS)


def test_annotations_name_quantities_of_the_model() -> None:
    model = load_model()
    known = {*model.state_names, *(e.name for e in model.algebraic)}
    assert {row["name"] for row in load_rows("mitograft.mechanism", "annotations.csv")} <= known


@pytest.mark.parametrize(
    ("values", "events", "told"),
    [
        ({"nothing": 1.0}, (), "no such quantity"),
        ({"k_out": float("nan")}, (), "expected a finite number"),
        ({}, (Event(1, "feed", 1),), "found 'feed'"),
        ({}, (Event(1, "set k_out", 1),), "found 'k_out'"),
        ({}, (Event(-1, "dose", 1),), "found day -1"),
        ({}, (Event(float("nan"), "dose", 1),), "found day nan"),
        ({}, (Event(1, "dose", float("inf")),), "found inf"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    values: dict[str, float], events: tuple[Event, ...], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        export_sbml(load_model(), values=values, events=events)


def test_the_page_says_every_equation_and_every_parameter_once() -> None:
    model, page = load_model(), describe_model(load_model())
    for equation in model.statements:
        assert page.count(f"| `{equation.name}{chr(39) if equation.rate else ''} = ") == 1
    for parameter in model.parameters:
        assert page.count(f"| `{parameter.id}` | {parameter.value} |") == 1
        if parameter.flagged:
            assert f"{parameter.status} (flag)" in page
