"""``solve``: the trajectories of many individuals, on every core, the same for any number of them.

Individuals are solved in batches by threads (the kernels do not hold Python's lock). An individual's numbers
depend on its own inputs alone, so neither batch nor worker count changes a byte.
"""

import itertools
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mechanism.equations.model import Model
from mitograft.mechanism.solve.cache import load_kernel
from mitograft.mechanism.solve.cohort import Cohort, Event, build_cohort
from mitograft.mechanism.solve.settings import load_settings
from mitograft.mechanism.solve.solution import Solution

__all__ = ["METHODS", "Integration", "count_workers", "solve"]

Array = npt.NDArray[Any]
METHODS = ("auto", "explicit", "stiff")
_IMPOSSIBLE, _TOO_MANY = 4, 1


@dataclass(frozen=True, slots=True)
class Integration:
    """How to integrate.

    Parameters
    ----------
    rtol, atol
        Tolerance of one step: root mean square of error/(atol + rtol*size) over the states, at most 1. The
        error of a trajectory is of that order, not below it.
    method
        ``explicit``: Dormand and Prince 5(4), output by its polynomial of order 4. ``stiff``: Rodas, order 4.
        ``auto``: explicit, and stiff for those that the explicit method does not finish within its budget.
    start
        Day of the initial values.
    workers
        Threads; by default one for each core this process may use.
    batch
        Individuals a worker takes at a time. Changes no number.

    Raises
    ------
    UsageError
        If one of them makes no sense.
    """

    rtol: float = 1e-6
    atol: float = 1e-9
    method: str = "auto"
    start: float = 0.0
    workers: int | None = None
    batch: int | None = None

    def __post_init__(self) -> None:
        _check_call(self.rtol, self.atol, self.method, self.workers, self.batch)


def solve(
    model: Model,
    *,
    n: int,
    times: npt.ArrayLike,
    parameters: Mapping[str, npt.ArrayLike] | None = None,
    initial: Mapping[str, npt.ArrayLike] | None = None,
    events: Sequence[Event] | Sequence[Sequence[Event]] = (),
    how: Integration | None = None,
) -> Solution:
    """Integrate a model for ``n`` individuals, each with its own parameters, events and output times.

    Parameters
    ----------
    model
        The model; see ``mitograft.mechanism.equations.load_model``.
    n
        How many individuals.
    times
        Days of the outputs in rising order, shape (m,) for all or (n, m). An output on the day of an event is
        after the event.
    parameters, initial
        What differs from the model's own values: one number for all, or one for each individual, shape (n,).
        ``parameters`` takes parameters and memory quantities alike, ``initial`` states.
    events
        One list for all, or one list for each individual. The integration stops at each exactly.
    how
        Tolerances, method, workers; as ``Integration`` has them if not given.

    Returns
    -------
    Solution
        Individuals that failed are nan, with a status and a sentence; the others are not touched by them.

    Raises
    ------
    UsageError
        For an unknown name, a shape that does not fit, or a shared value that is impossible.
    """
    asked = how or Integration()
    values = parameters or {}
    given = {
        "parameters": {name: value for name, value in values.items() if name not in model.memory},
        "memory": {name: value for name, value in values.items() if name in model.memory},
        "initial": initial or {},
    }
    cohort = build_cohort(model, n, given, events, times, asked.start)
    count = asked.workers or count_workers()
    size = asked.batch or int(np.clip(-(-n // count), 1, load_settings().batch))
    parts = [slice(a, min(a + size, n)) for a in range(0, n, size)]
    m = cohort.times.shape[-1]
    states = np.full((n, m, len(model.states)), np.nan)
    steps, stiff = np.zeros(n, np.int64), np.zeros(n, bool)
    stored = _stored(cohort)
    results = (states, stored, cohort.status, steps, stiff)

    def work(part: slice) -> None:
        _solve_part(cohort, part, asked.method, (asked.rtol, asked.atol), results)

    if count == 1 or len(parts) == 1:
        for part in parts:
            work(part)
    else:
        # The first batch alone, so that a kernel is compiled once.
        work(parts[0])
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(work, parts[1:]))
    full = np.broadcast_to(cohort.times, (n, m))
    kept = {p.id: cohort.parameters.get(p.id, p.number) for p in model.parameters}
    rows = _memory_rows(cohort, full)
    return Solution(model, full, states, cohort.status, steps, stiff, cohort.reasons, kept, stored, rows)


def count_workers() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_call(rtol: float, atol: float, method: str, workers: int | None, batch: int | None) -> None:
    if not (0 < rtol < 1 and 0 < atol < np.inf):
        raise UsageError(
            f"solve: found rtol {rtol} and atol {atol}, expected positive numbers, rtol below 1."
        )
    if method not in METHODS:
        raise UsageError(f"solve: found method {method!r}, expected one of {', '.join(METHODS)}.")
    for name, value in (("workers", workers), ("batch", batch)):
        if value is not None and value < 1:
            raise UsageError(
                f"solve: found {name} = {value}, expected at least 1. Leave it out for the default."
            )


def _stored(cohort: Cohort) -> Array:
    """Room for the memory quantities of each individual: at the start and after each event."""
    events = cohort.n * cohort.day.size if cohort.shared else cohort.day.size
    return np.zeros((cohort.n + events, len(cohort.model.memory)))


def _solve_part(
    cohort: Cohort, part: slice, method: str, tolerance: tuple[float, float], results: tuple[Array, ...]
) -> None:
    states, stored, status, steps, stiff = results
    settings = load_settings()
    y0, fixed = cohort.individuals(part)
    schedule = cohort.schedule(part)
    own = cohort.day.size * part.start if cohort.shared else int(cohort.first[part.start])
    rows = slice(own + part.start, own + part.start + int(schedule[1][-1]) + part.stop - part.start)
    result = (states[part], stored[rows], status[part], steps[part])
    individuals = (y0, fixed, cohort.start)
    if method != "stiff":
        most = settings.budget if method == "auto" else settings.most
        kernel = load_kernel(cohort.model, "explicit")
        kernel.run_explicit(individuals, schedule, (*tolerance, most, np.inf), result)
    again = result[2] == _TOO_MANY if method == "auto" else np.full(result[2].size, method == "stiff")
    again &= result[2] != _IMPOSSIBLE
    if not again.any():
        return
    stiff[part] = again
    waiting = result[2].copy()
    result[2][~again] = _IMPOSSIBLE
    result[2][again] = 0
    kernel = load_kernel(cohort.model, "stiff")
    kernel.run_stiff(individuals, schedule, (*tolerance, settings.most, np.inf), result)
    result[2][~again] = waiting[~again]


def _memory_rows(cohort: Cohort, times: Array) -> Array:
    """Return where the memory quantities of each output stand in the store, shape (n, m)."""
    if cohort.shared:
        first = np.arange(cohort.n) * (cohort.day.size + 1)
        happened = np.searchsorted(cohort.day, cohort.times, side="right")
        return first[:, None] + np.broadcast_to(happened, times.shape)
    own = [cohort.day[a:b] for a, b in itertools.pairwise(cohort.first)]
    happened = np.stack([np.searchsorted(days, t, side="right") for days, t in zip(own, times, strict=True)])
    return (cohort.first[:-1] + np.arange(cohort.n))[:, None] + happened
