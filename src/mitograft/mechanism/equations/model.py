"""What the equations are once they have been read: states, quantities, rates and events, all immutable."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from mitograft.errors import InputError
from mitograft.tables.parameters import Parameters

__all__ = ["Assignment", "Equation", "Model", "ModelError", "State"]


class ModelError(InputError):
    """The files of the model are wrong; every mistake is listed with its line."""

    row_word, column_word = "line", "name"


@dataclass(frozen=True, slots=True)
class State:
    """A quantity the integrator carries; ``initial`` is an expression of parameters, bounds may be None."""

    name: str
    label: str
    unit: str
    initial: str
    lower: float | None
    upper: float | None
    status: str
    citation: str
    note: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name = code`` at a line of the file; ``code`` is an expression in canonical Python."""

    name: str
    code: str
    line: int


@dataclass(frozen=True, slots=True)
class Equation:
    """An algebraic quantity or, where ``rate`` is true, the time derivative of a state.

    ``code`` is the expression in canonical Python, ``words`` what the file says about it.
    """

    name: str
    code: str
    rate: bool
    words: str
    section: str
    line: int


@dataclass(frozen=True, eq=False)
class Model:
    """The mechanistic model, read and checked.

    Attributes
    ----------
    states
        In the order of their rates in the file: the order of the state vector.
    parameters
        The parameter table, by name, in file order.
    memory
        Quantities that only events change, with their values before the first event.
    statements
        Algebraic quantities and rates in file order: each uses only what stands above it.
    events
        What each kind of event does, in order; the size of the event is called ``amount``.
    words
        The file's words for each memory quantity.
    upper
        Largest possible value of the parameters that are shares.
    """

    states: tuple[State, ...]
    parameters: Parameters
    memory: Mapping[str, float]
    statements: tuple[Equation, ...]
    events: Mapping[str, tuple[Assignment, ...]]
    words: Mapping[str, str]
    upper: Mapping[str, float] = field(default_factory=dict)

    @property
    def algebraic(self) -> tuple[Equation, ...]:
        """The algebraic quantities, in file order."""
        return tuple(e for e in self.statements if not e.rate)

    @property
    def rates(self) -> tuple[Equation, ...]:
        """The rates, in file order, which is that of the states."""
        return tuple(e for e in self.statements if e.rate)

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the states in the order of the state vector."""
        return tuple(s.name for s in self.states)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the parameters in file order."""
        return tuple(p.id for p in self.parameters)

    @property
    def sections(self) -> tuple[str, ...]:
        """Titles of the sections that hold equations, in file order."""
        return tuple(dict.fromkeys(e.section for e in self.statements))

    @property
    def canonical(self) -> str:
        """All that decides what the generated code computes, as one text; default values are not in it."""
        lines = [f"parameters {' '.join(self.parameter_names)}", f"memory {' '.join(self.memory)}"]
        lines += [f"initial {s.name} = {s.initial}" for s in self.states]
        lines += [f"{e.name}{chr(39) if e.rate else ''} = {e.code}" for e in self.statements]
        for kind, assignments in self.events.items():
            lines += [f"on {kind}"] + [f"  {a.name} = {a.code}" for a in assignments]
        return "\n".join(lines) + "\n"

    @property
    def digest(self) -> str:
        """SHA-256 of ``canonical``: two models with the same digest generate the same code."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()
