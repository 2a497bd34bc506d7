"""Collecting what is wrong with a file, and turning any library's failure into one clear refusal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from mitograft.errors import EnvironmentFault, InputError, MitograftError, Violation

__all__ = ["Problems", "library_faults", "refuse", "refuse_damaged"]

# A file that breaks a rule in every row would otherwise need more memory for the complaints than for itself.
MOST_KEPT = 10_000


class Problems:
    """The violations found in one file so far.

    Parameters
    ----------
    file
        Name of the file (with the sheet for a workbook) as messages show it.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self._kept: list[Violation] = []
        self._count = 0

    def __len__(self) -> int:
        """Return how many violations were found."""
        return self._count

    def add(
        self,
        rule: str,
        found: str,
        expected: str,
        remedy: str,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        """Note one violation (arguments as in ``Violation``)."""
        self._count += 1
        if self._count <= MOST_KEPT:
            self._kept.append(Violation(rule, found, expected, remedy, self.file, row, column))

    def raise_any(self) -> None:
        """Raise all violations in one ``InputError``, by row; do nothing where there are none."""
        if not self._count:
            return
        kept = sorted(self._kept, key=lambda violation: violation.row or 0)
        if self._count > MOST_KEPT:
            kept.append(
                Violation(
                    "too-many-problems",
                    found=f"{self._count - MOST_KEPT} further problems, not listed",
                    expected="a file that keeps the rules above",
                    remedy="Mend the first ones; they usually have one cause.",
                    file=self.file,
                )
            )
        raise InputError(self.file, kept)


def refuse(
    file: str, rule: str, found: str, expected: str, remedy: str, *, row: int | None = None
) -> NoReturn:
    """Raise an ``InputError`` with this one violation (arguments as in ``Violation``)."""
    raise InputError(file, [Violation(rule, found, expected, remedy, file, row)])


def refuse_damaged(file: str, kind: str) -> NoReturn:
    """Raise an ``InputError`` for content that is not what its ending promises."""
    refuse(
        file,
        "damaged",
        found=f"a damaged or incomplete {kind}",
        expected=f"a readable {kind}",
        remedy="Copy the file again, or open it in its own application and save it anew.",
    )


@contextmanager
def library_faults(file: str, kind: str) -> Iterator[None]:
    """Turn whatever a decoding library raises inside the block into a refusal of ``file`` as damaged.

    The block must hold calls of the library only, on bytes already in memory: then every exception says
    that the content is not what its ending promises.

    Raises
    ------
    InputError
        Instead of the library's exception.
    EnvironmentFault
        If memory ran out.
    """
    try:
        yield
    except MitograftError:
        raise
    except MemoryError:
        raise EnvironmentFault(f"{file}: not enough memory to read this {kind}.") from None
    except Exception:  # whatever the library may raise
        refuse_damaged(file, kind)
