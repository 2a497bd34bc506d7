"""Read several files, so that one message lists what is wrong with every one of them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from mitograft.errors import InputError, Violation

__all__ = ["Broken", "read_each"]

S = TypeVar("S")
T = TypeVar("T")


class Broken:
    """What is wrong with files that are read one after another."""

    def __init__(self) -> None:
        self._found: list[Violation] = []

    def reading(self, read: Callable[[], T]) -> T | None:
        """Return what ``read`` gives; where that is broken, note why and return None."""
        try:
            return read()
        except InputError as error:
            self._found += error.violations
            return None

    def raise_any(self) -> None:
        """Raise everything noted as one ``InputError``; do nothing where nothing is."""
        if self._found:
            raise InputError(", ".join(dict.fromkeys(v.file for v in self._found)), self._found)


def read_each(items: Sequence[S], read: Callable[[S], T]) -> list[T]:
    """Read all items.

    Raises
    ------
    InputError
        With the violations of all that are broken.
    """
    broken = Broken()
    results: list[T] = []
    for item in items:
        broken.reading(partial(_append, results, read, item))
    broken.raise_any()
    return results


def _append(results: list[T], read: Callable[[S], T], item: S) -> None:
    results.append(read(item))
