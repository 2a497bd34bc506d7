"""Events at given days as SBML knows them: one event a day, whose assignments all happen at once.

The model's events act in order, each on what the one before left; SBML evaluates all assignments of an event
before it makes any. Substitution makes the two the same: every assignment is written in what was there before
the first. Events of the first day are part of the initial values.
"""

import ast
import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mitograft.errors import UsageError
from mitograft.mechanism.equations.model import Model

__all__ = ["DatedEvent", "Day", "merge_days", "substitute"]


class DatedEvent(Protocol):
    """What happens to an individual: an event of the model, or ``set NAME`` for a memory."""

    @property
    def day(self) -> float:
        """When it happens."""

    @property
    def kind(self) -> str:
        """The event of the model, or ``set`` and the name of a memory quantity."""

    @property
    def amount(self) -> float:
        """Its size, or the value that is set."""


@dataclass(frozen=True)
class Day:
    """All that happens on one day.

    Attributes
    ----------
    day
        The day.
    clock
        The name of the day in ``values``; empty for day 0.
    amounts
        Name, size and kind of each event.
    values
        New value of each state and memory quantity, in terms of those before.
    """

    day: float
    clock: str
    amounts: tuple[tuple[str, float, str], ...]
    values: Mapping[str, ast.expr]


def merge_days(model: Model, events: Sequence[DatedEvent]) -> tuple[Day, ...]:
    """Gather events by day, in order of day and then as they come.

    Raises
    ------
    UsageError
        If a kind of event or a memory quantity is unknown, or a day is negative or no number.
    """
    days: dict[float, list[tuple[int, DatedEvent]]] = {}
    for number, event in enumerate(sorted(events, key=lambda e: e.day), 1):
        _check(model, event)
        days.setdefault(float(event.day), []).append((number, event))
    return tuple(_merge(model, day, place, found) for place, (day, found) in enumerate(days.items(), 1))


def substitute(tree: ast.expr, values: Mapping[str, ast.expr]) -> ast.expr:
    """Return a copy of an expression with names replaced by expressions."""
    return _Substitution(values).visit(copy.deepcopy(tree))  # type: ignore[no-any-return]


class _Substitution(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.values[node.id]) if node.id in self.values else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.visit(argument) for argument in node.args]
        return node


def _check(model: Model, event: DatedEvent) -> None:
    memory = event.kind.removeprefix("set ") if event.kind.startswith("set ") else None
    if memory is None and event.kind not in model.events:
        asked = ", ".join(model.events)
        raise UsageError(f"Event: found {event.kind!r}, expected one of {asked}, or 'set NAME'. Correct it.")
    if memory is not None and memory not in model.memory:
        asked = ", ".join(model.memory)
        raise UsageError(f"Event set: found {memory!r}, expected one of {asked}. Correct the name.")
    if not 0 <= event.day < float("inf"):
        raise UsageError(f"Event {event.kind}: found day {event.day}, expected 0 or later. Correct it.")
    if not math.isfinite(event.amount):
        raise UsageError(f"Event {event.kind}: found {event.amount}, expected a finite amount. Correct it.")


def _merge(model: Model, day: float, place: int, events: Sequence[tuple[int, DatedEvent]]) -> Day:
    clock = f"day__{place}" if day > 0 else ""
    time: ast.expr = ast.Name(clock) if day > 0 else ast.Constant(0.0, kind="d")
    values: dict[str, ast.expr] = {}
    amounts = []
    for number, event in events:
        name = f"amount__{number}"
        amounts.append((name, float(event.amount), event.kind))
        amount = ast.Name(name)
        if event.kind.startswith("set "):
            values[event.kind.removeprefix("set ")] = amount
            continue
        for a in model.events[event.kind]:
            code = ast.parse(a.code, mode="eval").body
            values[a.name] = substitute(code, {**values, "t": time, "amount": amount})
    return Day(day, clock, tuple(amounts), values)
