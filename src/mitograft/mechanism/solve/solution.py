"""What a solution is: states of every individual at every time, and who failed and why."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mechanism.equations.language import names_in
from mitograft.mechanism.equations.model import Model

__all__ = ["STATUS", "Solution", "suggest"]

Array = npt.NDArray[Any]

STATUS: Mapping[int, str] = {
    0: "solved",
    1: "more steps than allowed",
    2: "the step became too small for the tolerance",
    3: "the states or their rates became infinite or undefined",
    4: "impossible input",
}
"""What the status of an individual means."""


@dataclass(frozen=True, eq=False)
class Solution:
    """Trajectories of ``n`` individuals at ``m`` times.

    Attributes
    ----------
    times
        Days, shape (n, m); an output on the day of an event is after the event.
    states
        Shape (n, m, states), in the model's units; nan where the individual failed.
    status
        Shape (n,), the keys of ``STATUS``.
    steps
        Integration steps tried, shape (n,).
    stiff
        Whether the stiff method solved the individual, shape (n,).
    reasons
        For individuals of status 4: what is impossible.
    parameters, stored, rows
        What ``quantity`` needs: parameters, memory quantities after each event, and which of them hold at
        each output.
    """

    model: Model
    times: Array
    states: Array
    status: Array
    steps: Array
    stiff: Array
    reasons: Mapping[int, str]
    parameters: Mapping[str, Array | float] = field(repr=False)
    stored: Array = field(repr=False)
    rows: Array = field(repr=False)

    @property
    def failed(self) -> tuple[tuple[int, str], ...]:
        """Number of each individual without a solution, and a sentence that says why."""
        numbers = np.flatnonzero(self.status)
        return tuple((int(i), self.reasons.get(int(i), STATUS[int(self.status[i])])) for i in numbers)

    def state(self, name: str) -> Array:
        """Return one state, shape (n, m).

        Raises
        ------
        UsageError
            If the model has no such state.
        """
        names = self.model.state_names
        if name not in names:
            raise UsageError(f"Solution: found no state {name!r}; {suggest(name, names)}")
        return self.states[:, :, names.index(name)]

    def quantity(self, name: str) -> Array:
        """Return any algebraic quantity, state or memory quantity at the output times, shape (n, m).

        Raises
        ------
        UsageError
            If the model has no quantity of that name.
        """
        statements = {e.name: e.code for e in self.model.algebraic}
        known = [*statements, *self.model.state_names, *self.model.memory]
        if name not in known:
            raise UsageError(f"Solution: found no quantity {name!r}; {suggest(name, known)}")
        values: dict[str, Any] = {"t": self.times}
        with np.errstate(all="ignore"):
            return np.broadcast_to(self._value(name, statements, values), self.times.shape)

    def _value(self, name: str, statements: Mapping[str, str], values: dict[str, Any]) -> Any:
        if name in values:
            return values[name]
        if name in statements:
            code = statements[name]
            for used in names_in(ast.parse(code, mode="eval").body):
                self._value(used, statements, values)
            functions = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "__builtins__": {}}
            found = eval(code, functions, values)  # noqa: S307  the model's own checked expressions
        elif name in self.model.state_names:
            found = self.state(name)
        elif name in self.model.memory:
            found = self.stored[self.rows, list(self.model.memory).index(name)]
        else:
            given = np.asarray(self.parameters[name])
            found = given[:, None] if given.ndim else given
        values[name] = found
        return found


def suggest(name: str, known: Any) -> str:
    """Say what exists: the nearest names, or all of a short list."""
    import difflib

    near = difflib.get_close_matches(name, list(known), 3, 0.5)
    return (
        f"expected one of the model's. Nearest: {', '.join(near)}."
        if near
        else f"there are {', '.join(known)}."
    )
