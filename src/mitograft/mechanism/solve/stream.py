"""Cohorts larger than memory: solved in chunks, handed on one by one or written to a folder.

The files are NumPy's own format, written chunk after chunk, so that memory does not grow with the cohort;
read them with ``numpy.load(path, mmap_mode="r")``.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from mitograft.errors import EnvironmentFault, UsageError
from mitograft.mechanism.equations.model import Model
from mitograft.mechanism.solve.run import solve
from mitograft.mechanism.solve.solution import Solution

__all__ = ["solve_stream", "write_stream"]

_CHUNK = 20_000
_FILES = {"states": np.float64, "status": np.int64, "steps": np.int64}


def solve_stream(
    model: Model,
    *,
    n: int,
    individuals: Callable[[int, int], Mapping[str, Any]],
    chunk: int = _CHUNK,
    **options: Any,
) -> Iterator[Solution]:
    """Yield the solutions of a cohort chunk by chunk; only one chunk is in memory.

    Parameters
    ----------
    model
        The model.
    n
        How many individuals in all.
    individuals
        Called with the number of the first individual and how many; returns the keyword arguments of
        ``solve`` that differ between chunks (``parameters``, ``initial``, ``events``, ``times``).
    chunk
        Individuals in a chunk. Changes no number.
    options
        Keyword arguments of ``solve`` for all chunks.

    Raises
    ------
    UsageError
        If ``n`` or ``chunk`` is below one, and whatever ``solve`` raises.
    """
    for name, value in (("n", n), ("chunk", chunk)):
        if value < 1:
            raise UsageError(f"solve_stream: found {name} = {value}, expected at least 1.")
    return _chunks(model, n, individuals, chunk, options)


def _chunks(
    model: Model, n: int, individuals: Callable[[int, int], Mapping[str, Any]], chunk: int, options: Any
) -> Iterator[Solution]:
    for first in range(0, n, chunk):
        count = min(chunk, n - first)
        yield solve(model, n=count, **{**options, **individuals(first, count)})


def write_stream(solutions: Iterator[Solution], n: int, out: Path) -> dict[str, Path]:
    """Write solutions one after the other to ``states.npy``, ``status.npy`` and ``steps.npy`` of a folder.

    Parameters
    ----------
    solutions
        What ``solve_stream`` yields; all with the same number of output times.
    n
        How many individuals they hold in all.
    out
        The folder; made where it is missing.

    Returns
    -------
    dict
        The paths by name.

    Raises
    ------
    UsageError
        If the solutions hold another number of individuals.
    EnvironmentFault
        If the folder cannot be written.
    """
    paths = {name: out / f"{name}.npy" for name in _FILES}
    try:
        out.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            files = {name: stack.enter_context(path.open("wb")) for name, path in paths.items()}
            done = 0
            for solution in solutions:
                for name, file in files.items():
                    _append(
                        file, getattr(solution, name).astype(_FILES[name], copy=False), n, first=done == 0
                    )
                done += solution.status.size
    except OSError as error:
        raise EnvironmentFault(
            f"{out}: cannot be written ({error.strerror}). Choose another folder."
        ) from error
    if done != n:
        raise UsageError(f"write_stream: found {done} individuals, expected {n}. Give the n of solve_stream.")
    return paths


def _append(file: BinaryIO, values: Any, n: int, *, first: bool) -> None:
    if first:
        header = {
            "descr": np.lib.format.dtype_to_descr(values.dtype),
            "fortran_order": False,
            "shape": (n, *values.shape[1:]),
        }
        np.lib.format.write_array_header_1_0(file, header)
    np.ascontiguousarray(values).tofile(file)
