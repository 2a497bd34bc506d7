"""From what was asked to arrays for the kernels; what is impossible is found here and told per individual.

What is wrong for all (an unknown name, a shared value that cannot be) is one ``UsageError``; what is wrong
for one individual becomes its status and a sentence, and the others are solved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mechanism.equations.model import Model
from mitograft.mechanism.solve.solution import suggest

__all__ = ["Cohort", "Event", "build_cohort"]

Array = npt.NDArray[Any]
Values = Mapping[str, Any]


class Event(NamedTuple):
    """What happens to an individual on a day.

    ``kind`` is an event of the model, or ``set NAME`` for a memory quantity; ``amount`` is its size or the
    new value. An event of amount 0 that sets nothing does nothing and is left out: dose zero is vehicle.
    """

    day: float
    kind: str
    amount: float


@dataclass
class Cohort:
    """Inputs of ``n`` individuals, checked; ``status`` is 4 where impossible, ``reasons`` say why."""

    model: Model
    n: int
    start: float
    times: Array
    parameters: Values
    memory: Values
    initial: Values
    first: Array
    day: Array
    kind: Array
    amount: Array
    shared: bool
    status: Array
    reasons: dict[int, str] = field(default_factory=dict)

    def individuals(self, rows: slice) -> tuple[Array, Array]:
        """Return initial values and parameters with memory of some individuals."""
        n = rows.stop - rows.start
        given = [(p.id, self.parameters.get(p.id, p.number)) for p in self.model.parameters]
        given += [(name, self.memory.get(name, value)) for name, value in self.model.memory.items()]
        fixed = np.empty((n, len(given)))
        for i, (_, value) in enumerate(given):
            fixed[:, i] = _some(value, rows)
        y0 = np.empty((n, len(self.model.states)))
        known = {p.id: _some(self.parameters.get(p.id, p.number), rows) for p in self.model.parameters}
        for i, state in enumerate(self.model.states):
            y0[:, i] = (
                _some(self.initial[state.name], rows)
                if state.name in self.initial
                else _start(state.initial, known)
            )
        return y0, fixed

    def schedule(self, rows: slice) -> tuple[Array, Array, Array, Array, Array]:
        """Return times and events of some individuals, events numbered from 0."""
        n = rows.stop - rows.start
        # A copy, as a read-only view would be another type to the compiler.
        times = np.array(np.broadcast_to(self.times, (self.n, self.times.shape[-1]))[rows])
        if self.shared:
            first = np.arange(n + 1, dtype=np.int64) * self.day.size
            return times, first, np.tile(self.day, n), np.tile(self.kind, n), np.tile(self.amount, n)
        first = self.first[rows.start : rows.stop + 1]
        part = slice(first[0], first[-1])
        return (
            times,
            first - first[0],
            self.day[part].copy(),
            self.kind[part].copy(),
            self.amount[part].copy(),
        )

    def refuse(self, bad: Array, words: str, values: Any = None) -> None:
        """Note individuals as impossible; the first reason found is kept."""
        for i in np.flatnonzero(bad & (self.status == 0)):
            told = "" if values is None else f" {float(values[i]):g}"
            self.reasons[int(i)] = f"impossible input: {words.replace('{}', told.strip())}"
        self.status[bad] = 4


def build_cohort(
    model: Model, n: int, given: Mapping[str, Values], events: Any, times: Any, start: float
) -> Cohort:
    """Check what was asked and return it as arrays.

    Raises
    ------
    UsageError
        For an unknown name, a shape that does not fit ``n``, or a shared value that cannot be.
    """
    if n < 1:
        raise UsageError(f"solve: found n = {n}, expected at least one individual.")
    if not np.isfinite(start):
        raise UsageError(f"solve: found start = {start}, expected a day. Give the day of the initial values.")
    known = {
        "parameters": (*model.parameter_names, *model.memory),  # both come in one mapping
        "memory": tuple(model.memory),
        "initial": model.state_names,
    }
    values = {part: _values(part, given[part], known[part], n) for part in known}
    shared = not len(events) or isinstance(events[0], Event)
    lists = [list(events)] if shared else [list(own) for own in events]
    if not shared and len(lists) != n:
        raise UsageError(
            f"solve: found {len(lists)} lists of events for {n} individuals. Give one list for each."
        )
    status = np.zeros(n, np.int64)
    empty = np.zeros(0)
    cohort = Cohort(
        model=model,
        n=n,
        start=float(start),
        times=_times(times, n),
        parameters=values["parameters"],
        memory=values["memory"],
        initial=values["initial"],
        first=empty,
        day=empty,
        kind=empty,
        amount=empty,
        shared=shared,
        status=status,
    )
    _check_values(cohort)
    _check_times(cohort)
    _fill_events(cohort, lists)
    return cohort


def _some(value: Any, rows: slice) -> Any:
    return value[rows] if isinstance(value, np.ndarray) else value


def _start(code: str, known: Values) -> Any:
    functions = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "__builtins__": {}}
    return eval(code, functions, dict(known))  # noqa: S307  the model's own checked expression


def _values(part: str, given: Values, known: Sequence[str], n: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise UsageError(
                f"solve: found no {part.rstrip('s')} {name!r} in the model; {suggest(name, known)}"
            )
        array = np.asarray(value, float)
        if array.ndim and array.shape != (n,):
            raise UsageError(
                f"solve: found {part} {name} of shape {array.shape}, expected one number or {n}, one "
                "for each."
            )
        found[name] = np.ascontiguousarray(array) if array.ndim else float(array)
    return found


def _times(times: Any, n: int) -> Array:
    array = np.asarray(times, float)
    if array.ndim not in (1, 2) or array.shape[-1] == 0 or (array.ndim == 2 and array.shape[0] != n):
        raise UsageError(
            f"solve: found times of shape {array.shape}, expected (m,) for all or ({n}, m), with at least "
            "one day."
        )
    return array


def _judge(cohort: Cohort, bad: Any, words: str, value: Any) -> None:
    """Refuse individuals, or the call where the value is shared."""
    if isinstance(value, np.ndarray):
        if np.any(bad):
            cohort.refuse(np.asarray(bad), words, value)
    elif bad:
        raise UsageError(f"solve: found {words.replace('{}', f'{value:g}')}.")


def _check_values(cohort: Cohort) -> None:
    bounds = {s.name: s for s in cohort.model.states}
    with np.errstate(invalid="ignore"):
        for name, value in cohort.parameters.items():
            negative = cohort.model.parameters[name].number >= 0 and value < 0
            bad = ~np.isfinite(value) | negative
            _judge(cohort, bad, f"parameter {name} = {{}}, expected a finite number, not negative", value)
            limit = cohort.model.upper.get(name)
            if limit is not None:
                words = f"parameter {name} = {{}}, expected at most {limit:g}, as it is a share"
                _judge(cohort, value > limit, words, value)
        for name, value in cohort.memory.items():
            _judge(cohort, ~np.isfinite(value), f"memory {name} = {{}}, expected a finite number", value)
        for name, value in cohort.initial.items():
            low, high = bounds[name].lower, bounds[name].upper
            bad = ~np.isfinite(value)
            bad = bad if low is None else bad | (value < low)
            bad = bad if high is None else bad | (value > high)
            span = f"{'any' if low is None else f'{low:g}'} to {'any' if high is None else f'{high:g}'}"
            _judge(cohort, bad, f"initial {name} = {{}}, expected a finite number, {span}", value)
    _check_starts(cohort)


def _check_starts(cohort: Cohort) -> None:
    """Refuse individuals whose parameters put a state outside its bounds at the start."""
    known = {p.id: cohort.parameters.get(p.id, p.number) for p in cohort.model.parameters}
    for state in cohort.model.states:
        if state.name not in cohort.initial:
            with np.errstate(all="ignore"):
                value = _start(state.initial, known)
            bad = ~np.isfinite(value)
            bad = bad if state.lower is None else bad | (value < state.lower)
            bad = bad if state.upper is None else bad | (value > state.upper)
            words = f"initial {state.name} = {{}} (it is {state.initial}), outside its bounds"
            _judge(cohort, bad, words, value if isinstance(value, np.ndarray) else float(value))


def _check_times(cohort: Cohort) -> None:
    rows = np.atleast_2d(cohort.times)
    with np.errstate(invalid="ignore"):
        bad = (
            ~np.isfinite(rows).all(axis=1)
            | (np.diff(rows, axis=1) < 0).any(axis=1)
            | (rows[:, 0] < cohort.start)
        )
    words = f"times that are not finite, not in order, or before the start (day {cohort.start:g})"
    if cohort.times.ndim == 1 and bad[0]:
        raise UsageError(f"solve: found {words}. Give days in rising order.")
    if cohort.times.ndim == 2:
        cohort.refuse(bad, words)


def _fill_events(cohort: Cohort, lists: list[list[Event]]) -> None:
    """Sort the events by day (those of a day stay in order), refuse impossible ones, number the kinds."""
    kinds = {kind: k for k, kind in enumerate(cohort.model.events)}
    settings = {f"set {name}": len(kinds) + k for k, name in enumerate(cohort.model.memory)}
    numbers = kinds | settings
    first, rows = [0], list[tuple[float, int, float]]()
    for who, own in enumerate(lists):
        kept = []
        for position, event in enumerate(own, 1):
            if event.kind not in numbers:
                raise UsageError(f"solve: found no event {event.kind!r}; {suggest(event.kind, numbers)}")
            if wrong := _wrong(event, cohort.start):
                if cohort.shared:
                    raise UsageError(f"solve: found event {position}, {wrong}.")
                mask = np.zeros(cohort.n, bool)
                mask[who] = True
                cohort.refuse(mask, f"event {position}, {wrong}")
            elif event.amount != 0 or event.kind in settings:
                kept.append((float(event.day), numbers[event.kind], float(event.amount)))
        rows += sorted(kept, key=lambda row: row[0])
        first.append(len(rows))
    cohort.first = np.array(first, np.int64)
    cohort.day = np.array([row[0] for row in rows], float)
    cohort.kind = np.array([row[1] for row in rows], np.int64)
    cohort.amount = np.array([row[2] for row in rows], float)


def _wrong(event: Event, start: float) -> str:
    said = f"{event.kind} of {event.amount:g} on day {event.day:g}"
    if not (np.isfinite(event.day) and np.isfinite(event.amount)):
        return f"{said}: expected finite numbers"
    if event.amount < 0:
        return f"{said}: expected an amount that is not negative"
    return f"{said}: before the start (day {start:g})" if event.day < start else ""
