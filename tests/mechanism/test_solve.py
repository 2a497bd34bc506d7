"""The solver: agreement with scipy, laws, and answers to impossible input."""

import numpy as np
import pytest
from scipy.integrate import simpson, solve_ivp

from mitograft.errors import UsageError
from mitograft.mechanism.equations import load_model, parse_model
from mitograft.mechanism.equations.generate import generate_source
from mitograft.mechanism.solve import Event, Integration, solve, solve_stream, write_stream
from mitograft.seeds import stream

MODEL = load_model()
DAYS = np.linspace(0.0, 168.0, 11)
EVENTS = (Event(0.0, "immunise", 1.0), Event(14.0, "dose", 100.0))


def varied(n, spread=0.15):
    """Parameters of ``n`` individuals; inputs and switches as they are."""
    names = [p.id for p in MODEL.parameters if p.number > 0 and p.kind not in {"input", "switch"}]
    draws = np.exp(stream(6, "virtual individuals", str(n)).normal(0.0, spread, (len(names), n)))
    found = {name: MODEL.parameters[name].number * draw for name, draw in zip(names, draws, strict=True)}
    # A share is at most 1: the solver refuses the individual otherwise.
    return found | {name: np.minimum(found[name], top) for name, top in MODEL.upper.items() if name in found}


def by_scipy(parameters, i):
    """One individual by scipy: LSODA at 1e-10, restarted at each event."""
    space: dict = {}
    exec(compile(generate_source(MODEL), "generated", "exec"), space)  # noqa: S102  our own generated text
    p = np.ones(space["P_SIZE"])
    values = [parameters[q.id][i] if q.id in parameters else q.number for q in MODEL.parameters]
    p[: len(values) + len(MODEL.memory)] = [*values, *MODEL.memory.values()]
    space["prepare"](p)
    y, found, now = np.zeros(len(MODEL.states)), [], 0.0
    space["initial"](p, y)

    def rates(t, y):
        out = np.zeros_like(y)
        space["rhs"](t, y, p, out)
        return out

    for event in EVENTS:
        if event.day > now:
            y = _leg(rates, now, event.day, y, found)
        space[f"event_{event.kind}"](event.day, event.amount, y, p)
        space["prepare"](p)
        now = event.day
    _leg(rates, now, DAYS[-1] + 1e-6, y, found)
    return np.array(found)


def _leg(rates, a, b, y, found):
    inside = [d for d in DAYS if a <= d < b]
    done = solve_ivp(rates, (a, b), y, "LSODA", t_eval=[*inside, b], rtol=1e-10, atol=1e-13)
    assert done.success
    found += list(done.y.T[:-1])
    return done.y[:, -1]


def test_agrees_with_scipy_for_random_individuals():
    parameters = varied(200)
    fine = solve(MODEL, n=200, times=DAYS, parameters=parameters, events=EVENTS, how=Integration(1e-8, 1e-11))
    usual = solve(MODEL, n=200, times=DAYS, parameters=parameters, events=EVENTS)
    assert not fine.failed
    assert not usual.failed
    for i in range(0, 200, 20):
        other = by_scipy(parameters, i)
        assert np.max(np.abs(fine.states[i] - other) / np.maximum(np.abs(other), 1e-3)) < 1e-6
    scale = np.maximum(np.abs(fine.states), 1e-3)
    assert np.max(np.abs(usual.states - fine.states) / scale) < 2e-5


def test_stiff_method_agrees_with_explicit():
    parameters = varied(20)
    given = {"n": 20, "times": DAYS, "parameters": parameters, "events": EVENTS}
    a, b = (solve(MODEL, how=Integration(1e-7, 1e-10, method), **given) for method in ("auto", "stiff"))
    assert b.stiff.all()
    assert not a.stiff.any()
    assert np.max(np.abs(a.states - b.states) / np.maximum(np.abs(a.states), 1e-3)) < 1e-5


def test_same_bytes_for_any_workers_batches_and_chunks(tmp_path):
    n, parameters = 150, varied(150)
    lists = [[Event(0.0, "immunise", 1.0), Event(5.0 + i % 7, "dose", float(i))] for i in range(n)]
    whole = solve(MODEL, n=n, times=DAYS, parameters=parameters, events=lists, how=Integration(workers=1))
    for workers, batch in ((1, 1), (2, 7), (3, 64), (2, None)):
        other = solve(
            MODEL,
            n=n,
            times=DAYS,
            parameters=parameters,
            events=lists,
            how=Integration(workers=workers, batch=batch),
        )  # fmt: skip
        assert other.states.tobytes() == whole.states.tobytes()
        assert other.steps.tobytes() == whole.steps.tobytes()
        assert other.quantity("pool_0").tobytes() == whole.quantity("pool_0").tobytes()

    def chunk(first, count):
        part = slice(first, first + count)
        return {"parameters": {k: v[part] for k, v in parameters.items()}, "events": lists[part]}

    paths = write_stream(
        solve_stream(MODEL, n=n, individuals=chunk, chunk=37, times=DAYS), n, tmp_path / "cohort"
    )
    assert np.load(paths["states"], mmap_mode="r").tobytes() == whole.states.tobytes()
    assert np.load(paths["steps"]).tolist() == whole.steps.tolist()


def test_dose_zero_is_no_dose_to_the_byte():
    vehicle = solve(MODEL, n=1, times=DAYS, events=[EVENTS[0], Event(14.0, "dose", 0.0)])
    nothing = solve(MODEL, n=1, times=DAYS, events=[EVENTS[0]])
    assert vehicle.states.tobytes() == nothing.states.tobytes()
    # and what the event does with amount 0, applied all the same, is nothing: the rule rests on this
    space: dict = {}
    exec(compile(generate_source(MODEL), "generated", "exec"), space)  # noqa: S102  our own generated text
    for kind in MODEL.events:
        p = np.linspace(0.5, 1.5, space["P_SIZE"])
        y = np.linspace(0.1, 0.9, len(MODEL.states))
        space["prepare"](p)
        out = [np.zeros_like(y), np.zeros_like(y)]
        space["rhs"](3.0, y, p, out[0])
        z = y.copy()
        space[f"event_{kind}"](3.0, 0.0, z, p)
        space["prepare"](p)
        space["rhs"](3.0, z, p, out[1])
        np.testing.assert_array_equal(y, z)
        np.testing.assert_allclose(out[0], out[1], rtol=1e-11, atol=1e-13)


def test_states_stay_within_the_tolerance_of_their_lower_bounds():
    found = solve(MODEL, n=200, times=np.arange(0.0, 169.0), parameters=varied(200, 0.3), events=EVENTS)
    assert np.nanmin(found.states) > -1e-8


def test_mitochondria_are_conserved():
    grid = np.arange(0.0, 20.0001, 0.02)
    # a fine tolerance, as the sums are compared to 1e-6 of the dose
    found = solve(MODEL, n=1, times=grid, events=[Event(0.0, "dose", 100.0)], how=Integration(1e-9, 1e-12))
    number = {p.id: p.number for p in MODEL.parameters}
    cells = sum(found.state(f"mito_{k}") for k in "FMP")
    broken = sum(
        number[r] * found.state(s) for r, s in (("d_m", "mito_F"), ("d_m", "mito_M"), ("d_p", "mito_P"))
    )
    leaving = number["k_out"] * found.quantity("pool") * number["k_lost"] / found.quantity("w_all")
    gone = simpson(broken + leaving, x=grid)[0]
    given = (number["F_m"] + number["F_p"]) * number["viable"] * 100.0
    assert cells[0, -1] + gone + found.quantity("pool")[0, -1] == pytest.approx(given, rel=1e-6)


def test_output_on_the_day_of_an_event_is_after_it_and_days_may_repeat():
    found = solve(
        MODEL,
        n=2,
        times=[0.0, 14.0, 14.0, 15.0],
        events=[[Event(14.0, "dose", 10.0)], [Event(3, "set e_IL1", 0)]],
    )
    assert found.state("mito_P")[0, 1] > 0
    assert found.states[0, 1].tobytes() == found.states[0, 2].tobytes()
    assert found.quantity("e_IL1").tolist() == [[1, 1, 1, 1], [1, 0, 0, 0]]
    assert found.quantity("t_dose")[0].tolist() == [0, 14, 14, 14]


def test_impossible_individuals_are_told_and_do_not_stop_the_others():
    alone = solve(MODEL, n=1, times=DAYS, events=[EVENTS[0]])
    k_act = np.full(5, MODEL.parameters["k_act"].number)
    k_act[1:3] = np.nan, -1.0
    lists = [[EVENTS[0]] for _ in range(5)]
    lists[3] = [Event(2.0, "dose", -3.0)]
    found = solve(
        MODEL,
        n=5,
        times=DAYS,
        parameters={"k_act": k_act},
        initial={"FIBRE": np.array([1, 1, 1, 1, 2.0])},
        events=lists,
    )
    assert found.status.tolist() == [0, 4, 4, 4, 4]
    assert found.states[0].tobytes() == alone.states[0].tobytes()
    assert np.isnan(found.states[1:]).all()
    said = dict(found.failed)
    assert "k_act = nan" in said[1]
    assert "k_act = -1" in said[2]
    assert "dose of -3 on day 2" in said[3]
    assert "FIBRE = 2" in said[4]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"parameters": {"k_akt": 1.0}}, "no parameter 'k_akt'.*k_act"),
        ({"parameters": {"e_IL2": 1.0}}, "no parameter 'e_IL2'.*e_IL1"),
        ({"initial": {"CD9": 1.0}}, "no initial 'CD9'"),
        ({"parameters": {"k_act": [1.0, 2.0, 3.0]}}, "shape"),
        ({"parameters": {"k_act": -1.0}}, "k_act = -1"),
        ({"events": [Event(1.0, "doze", 1.0)]}, "no event 'doze'.*dose"),
        ({"events": [Event(1.0, "dose", -1.0)]}, "not negative"),
        ({"events": [Event(-1.0, "dose", 1.0)]}, "before the start"),
        ({"events": [[], [], []]}, "3 lists"),
        ({"times": [3.0, 2.0]}, "not in order"),
        ({"times": []}, "at least one day"),
        ({"n": 0}, "n = 0"),
    ],
)
def test_wrong_calls_are_answered(given, words):
    with pytest.raises(UsageError, match=words):
        solve(MODEL, **{"n": 2, "times": DAYS, **given})


@pytest.mark.parametrize("how", [{"method": "magic"}, {"rtol": 0.0}, {"workers": 0}])
def test_impossible_ways_to_integrate_are_answered(how):
    with pytest.raises(UsageError, match=next(iter(how))):
        Integration(**how)


def test_a_share_above_one_is_an_impossible_individual():
    found = solve(MODEL, n=3, times=DAYS, parameters={"C_set": np.array([0.6, 1.2, 1.0])}, events=EVENTS)
    assert found.status.tolist() == [0, 4, 0]
    assert "C_set = 1.2, expected at most 1" in dict(found.failed)[1]
    with pytest.raises(UsageError, match="block"):
        solve(MODEL, n=3, times=DAYS, parameters={"block": 1.5})


def test_unknown_quantities_are_answered():
    found = solve(MODEL, n=1, times=[0.0])
    with pytest.raises(UsageError, match="CD8"):
        found.state("CD88")
    with pytest.raises(UsageError, match="eff_8"):
        found.quantity("eff_88")


PARAMETERS = "name,value,unit,kind,status,citation,note\n"
STATES = "name,label,unit,initial,lower,upper,status,citation,note\n"


def small(equations, parameters, states):
    rows = "".join(f"{k},{v},{u},assumed,assumed,a test,\n" for k, (v, u) in parameters.items())
    lines = "".join(f"{k},{k},1,{v},,,assumed,a test,\n" for k, v in states.items())
    return parse_model(equations, PARAMETERS + rows, STATES + lines)


@pytest.fixture(scope="module")
def circle():
    """x'' = -x with a slow change of pace and a fast third state: an exact answer, stiff where k is large."""
    text = "w = a*(1 + t)\nx' = w*z\nz' = -w*x\nu' = -k*(u - x*x)\nv' = g*v*v\n"
    rates = {"a": (0.2, "1/d"), "k": (1, "1/d"), "g": (0, "1/d")}
    return small(
        text.replace("(1 + t)", "(1 + b*t)"), {**rates, "b": (1, "1/d")}, {"x": 0, "z": 1, "u": 0, "v": 1}
    )


@pytest.mark.parametrize(
    ("method", "order", "tolerances"), [("explicit", 5, (1e-6, 1e-10)), ("stiff", 4, (1e-4, 1e-8))]
)
def test_observed_order(circle, method, order, tolerances):
    """Error falls as the steps to the power of minus the order: x = sin(a (t + t^2/2))."""
    days = np.linspace(0.0, 10.0, 4)
    exact = np.sin(0.2 * (days + days**2 / 2))
    runs = [solve(circle, n=1, times=days, how=Integration(r, r, method)) for r in tolerances]
    errors = [np.max(np.abs(run.state("x")[0] - exact)) for run in runs]
    observed = np.log(errors[0] / errors[1]) / np.log(runs[1].steps[0] / runs[0].steps[0])
    assert order - 0.6 < observed < order + 1.2
    assert errors[1] < 100 * tolerances[1]


def test_stiff_individuals_go_over_to_the_stiff_method(circle):
    found = solve(circle, n=2, times=[10.0], parameters={"k": np.array([1.0, 1e5])})
    assert found.stiff.tolist() == [False, True]
    assert found.status.tolist() == [0, 0]
    assert found.state("u")[1, 0] == pytest.approx(np.sin(12.0) ** 2, abs=1e-4)


def test_an_individual_that_explodes_says_so(circle):
    found = solve(circle, n=2, times=[10.0], parameters={"g": np.array([0.0, 1.0])})  # v = 1/(1 - t)
    assert found.status[0] == 0
    assert found.status[1] in {1, 2, 3}
    assert np.isfinite(found.states[0]).all()
    assert np.isnan(found.states[1]).all()
