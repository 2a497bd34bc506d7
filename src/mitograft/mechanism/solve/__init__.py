"""The solver: many virtual individuals, each with its own parameters, events and times."""

from mitograft.mechanism.solve.cohort import Event
from mitograft.mechanism.solve.run import METHODS, Integration, solve
from mitograft.mechanism.solve.solution import STATUS, Solution
from mitograft.mechanism.solve.stream import solve_stream, write_stream

__all__ = ["METHODS", "STATUS", "Event", "Integration", "Solution", "solve", "solve_stream", "write_stream"]
