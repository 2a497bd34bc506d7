"""Random numbers of individuals that depend on nothing but the seed, the name of the draw and the individual.

Individuals are numbered from 0. Numbers are drawn in blocks of a fixed size, each from its own stream, so
that individual 70,000 gets the same numbers alone, in a batch of a thousand, or among a million.
"""

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.seeds import stream

__all__ = ["BLOCK", "normals", "uniforms"]

Array = npt.NDArray[np.float64]
BLOCK = 4096


def normals(seed: int, *path: str | int, count: int, width: int = 1, first: int = 0) -> Array:
    """Return standard normal numbers, shape (count, width), of individuals ``first`` and after.

    Parameters
    ----------
    seed, path
        As of ``mitograft.seeds.stream``.
    count, width
        Individuals, and numbers for each.
    first
        Number of the first individual; a batch says here where it begins.

    Raises
    ------
    UsageError
        If a number is negative or no whole number.
    """
    return _draw(seed, path, count, width, first, "normal")


def uniforms(seed: int, *path: str | int, count: int, width: int = 1, first: int = 0) -> Array:
    """Return numbers uniform on [0, 1), shape (count, width); arguments as of ``normals``.

    Raises
    ------
    UsageError
        As ``normals``.
    """
    return _draw(seed, path, count, width, first, "uniform")


def _draw(seed: int, path: tuple[str | int, ...], count: int, width: int, first: int, kind: str) -> Array:
    if min(count, width, first) < 0:
        raise UsageError(
            f"Random numbers of individuals: found {count} individuals, {width} numbers each, from {first}; "
            "expected whole numbers from 0."
        )
    out = np.empty((count, width))
    for block in range(first // BLOCK, (first + count - 1) // BLOCK + 1) if count else ():
        start = block * BLOCK
        low, high = max(first, start), min(first + count, start + BLOCK)
        rng = stream(seed, *path, kind, block)
        # Only as many as are needed: the numbers of an individual do not depend on those after it.
        size = (high - start, width)
        drawn = rng.standard_normal(size) if kind == "normal" else rng.random(size)
        out[low - first : high - first] = drawn[low - start :]
    return out
