"""Read several files, so that one message lists what is wrong with every one of them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from mitograft.errors import InputError, Violation

__all__ = ["read_each"]

S = TypeVar("S")
T = TypeVar("T")


def read_each(items: Sequence[S], read: Callable[[S], T]) -> list[T]:
    """Read all items.

    Raises
    ------
    InputError
        With the violations of all that are broken.
    """
    results: list[T] = []
    broken: list[Violation] = []
    for item in items:
        try:
            results.append(read(item))
        except InputError as error:
            broken += error.violations
    if broken:
        raise InputError(", ".join(dict.fromkeys(v.file for v in broken)), broken)
    return results
