"""Virtual individuals: trajectories per second and core of the mouse model, at an accuracy that is checked.

Same equations (the generated right-hand side), same individuals, events and output days for all; 24 weeks, 11
outputs, an immunisation on day 0 and a dose on day 14. Times are of the processor; peers are those that are
installed: scipy's LSODA with the same right-hand side compiled by numba, numbalsoda. Accuracy is the largest
|y - reference|/max(|reference|, 1e-3) over individuals, days and states, against a solution at 1e-10.
"""

import time
from functools import cache, partial
from typing import Any

import numpy as np
from harness import Report, best_of, options, peak_memory

from mitograft.mechanism.equations import load_model
from mitograft.mechanism.equations.generate import generate_source
from mitograft.mechanism.solve import Event, Integration, Solution, solve, solve_stream
from mitograft.seeds import stream

DAYS = np.linspace(0.0, 168.0, 11)
EVENTS = (Event(0.0, "immunise", 1.0), Event(14.0, "dose", 100.0))
MODEL = load_model()
N_DRAWN = 20_000


def individuals(first: int, count: int) -> dict[str, Any]:
    """Draw parameters of some individuals, 10 % apart."""
    names = [p.id for p in MODEL.parameters if p.number > 0 and p.kind not in {"input", "switch"}]
    draws = np.exp(stream(7, "bench", str(first)).normal(0.0, 0.1, (len(names), count)))
    found = {name: MODEL.parameters[name].number * draw for name, draw in zip(names, draws, strict=True)}
    return {
        "parameters": found
        | {name: np.minimum(found[name], top) for name, top in MODEL.upper.items() if name in found}
    }


def ours(n: int, **given: Any) -> Solution:
    """Solve the first individuals."""
    return solve(MODEL, n=n, times=DAYS, events=EVENTS, **individuals(0, n), **given)


def compiled() -> dict[str, Any]:
    """Compile the generated scalar functions with numba."""
    from numba import njit

    space: dict[str, Any] = {}
    exec(compile(generate_source(MODEL), "generated", "exec"), space)  # noqa: S102  our own generated text
    space["fast"] = njit(error_model="numpy")(space["rhs"])
    return space


@cache
def drawn_once() -> dict[str, Any]:
    """Return the parameters of the cohort that ours and the peers solve."""
    found: dict[str, Any] = individuals(0, N_DRAWN)["parameters"]
    return found


def legs(space: dict[str, Any], i: int, step: Any) -> np.ndarray:
    """Follow individual ``i`` with a peer: ``step(days, y, p)`` returns the states at the days."""
    drawn = drawn_once()
    values = [drawn[q.id][i] if q.id in drawn else q.number for q in MODEL.parameters]
    p = np.ones(space["P_SIZE"])
    p[: len(values) + len(MODEL.memory)] = [*values, *MODEL.memory.values()]
    space["prepare"](p)
    y = np.zeros(len(MODEL.states))
    space["initial"](p, y)
    found = []
    for event, end in zip(EVENTS, (14.0, 168.0), strict=True):
        space[f"event_{event.kind}"](event.day, event.amount, y, p)
        space["prepare"](p)
        days = np.unique([event.day, *(d for d in DAYS if event.day <= d <= end), end])
        states = step(days, y, p)
        found += [states[k] for k, d in enumerate(days) if d in DAYS and (d < end or end == DAYS[-1])]
        y = states[-1].copy()
    return np.array(found)


def by_scipy(space: dict[str, Any]) -> Any:
    """Return a step of scipy's LSODA."""
    from scipy.integrate import solve_ivp

    out = np.zeros(len(MODEL.states))

    def step(days: np.ndarray, y: np.ndarray, p: np.ndarray) -> np.ndarray:
        def rates(t: float, z: np.ndarray) -> np.ndarray:
            space["fast"](t, z, p, out)
            return out.copy()

        done = solve_ivp(rates, (days[0], days[-1]), y, "LSODA", t_eval=days, rtol=1e-6, atol=1e-9)
        return np.asarray(done.y.T)

    return step


def by_numbalsoda(space: dict[str, Any]) -> Any:
    """Return a step of numbalsoda."""
    import numba
    from numbalsoda import lsoda, lsoda_sig

    fast, size, states = space["fast"], space["P_SIZE"], len(MODEL.states)
    view = getattr(numba, "carray")  # noqa: B009  its stubs leave the name out

    def rates(t: float, y: Any, out: Any, p: Any) -> None:
        fast(t, view(y, (states,)), view(p, (size,)), view(out, (states,)))

    address = numba.cfunc(lsoda_sig)(rates).address

    def step(days: np.ndarray, y: np.ndarray, p: np.ndarray) -> np.ndarray:
        return np.asarray(lsoda(address, y, days, p, rtol=1e-6, atol=1e-9)[0])

    return step


def all_legs(space: dict[str, Any], n: int, step: Any) -> list[np.ndarray]:
    """Follow the first individuals with a peer."""
    return [legs(space, i, step) for i in range(n)]


def error(found: np.ndarray, reference: np.ndarray) -> float:
    """Largest relative error."""
    return float(np.max(np.abs(found - reference) / np.maximum(np.abs(reference), 1e-3)))


def compare(report: Report, n: int, rate: float, reference: np.ndarray) -> None:
    """Add the peers that are installed."""
    space = compiled()
    for name, make in (("scipy", by_scipy), ("numbalsoda", by_numbalsoda)):
        try:
            step = make(space)
        except ImportError as missing:
            report.remarks.append(f"{name}: not compared ({missing})")
            continue
        legs(space, 0, step)
        seconds, found = best_of(2, partial(all_legs, space, n, step), time.process_time)
        report.add(f"{name}_rate", n / seconds, "trajectories/s/core", name)
        report.add(f"{name}_ratio", rate * seconds / n, "x", f"ratio to {name}")
        report.add(f"{name}_error", error(np.array(found), reference[:n]), "", f"largest error, {name}")


def main() -> None:
    """Run and report."""
    global N_DRAWN  # one cohort for ours and the peers
    choice = options(__doc__ or "")
    report = Report("mechanism", "The mechanistic model, 24 weeks, 11 outputs, rtol 1e-6 and atol 1e-9")
    report.peers = {
        "scipy": "solve_ivp LSODA, right-hand side by numba",
        "numbalsoda": "lsoda, same right-hand side",
    }
    N_DRAWN, few = (2000, 20) if choice.quick else (20_000, 100)
    start = time.perf_counter()
    ours(16)
    report.add(
        "first_result", time.perf_counter() - start, "s", "first result (compiles where the cache is cold)"
    )
    seconds, found = best_of(3, lambda: ours(N_DRAWN, how=Integration(workers=1)), time.process_time)
    rate = N_DRAWN / seconds
    reference = solve(
        MODEL,
        n=few,
        times=DAYS,
        events=EVENTS,
        how=Integration(rtol=1e-10, atol=1e-13, method="explicit"),
        parameters={k: v[:few] for k, v in individuals(0, N_DRAWN)["parameters"].items()},
    )
    report.add("rate", rate, "trajectories/s/core", f"mitograft, {N_DRAWN} individuals")
    report.add("failed", len(found.failed), "", "individuals without a solution")
    report.add("steps", float(found.steps.mean()), "", "steps tried, mean")
    report.add("error", error(found.states[:few], reference.states), "", "largest error, mitograft")
    compare(report, few, rate, reference.states)
    total = 10_000 if choice.quick else 100_000
    start = time.perf_counter()
    for _ in solve_stream(MODEL, n=total, individuals=individuals, chunk=10_000, times=DAYS, events=EVENTS):
        pass
    report.add(
        "cohort", time.perf_counter() - start, "s", f"{total} individuals, all cores, in chunks of 10,000"
    )
    report.add("memory", peak_memory(), "MiB", "peak memory")
    report.finish(as_json=choice.json, packages=("mitograft", "numpy", "scipy", "numba"))


if __name__ == "__main__":
    main()
