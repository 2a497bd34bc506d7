"""Everything that is wrong with an export and its mapping, collected over several files."""

from collections.abc import Iterable

from mitograft.errors import InputError, Violation
from mitograft.trial.edc.forms import FormRow

__all__ = ["Complaints", "OdmError"]

_MOST_KEPT = 10_000


class OdmError(InputError):
    """The content of an ODM file, or of a mapping for one, is wrong; places are lines and items."""

    row_word, column_word = "line", "item"


class Complaints:
    """The violations found so far; ``file`` is the mapping, ``lines`` whether the export counts lines."""

    def __init__(self, file: str, *, lines: bool = False) -> None:
        self.file, self.lines = file, lines
        self._kept: dict[tuple[str, str, int | None, str | None], Violation] = {}
        self._left_out = 0

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._kept) + self._left_out

    def add(self, violation: Violation) -> None:
        """Note a violation, once for each rule and place."""
        place = (violation.rule, violation.file, violation.row, violation.column)
        if place in self._kept:
            return
        if len(self._kept) < _MOST_KEPT:
            self._kept[place] = violation
        else:
            self._left_out += 1

    def note(self, rule: str, place: str, found: str, expected: str, remedy: str) -> None:
        """Note what is wrong at a key of the mapping."""
        self.add(Violation(rule, found, expected, remedy, self.file, None, place))

    def cell(self, row: FormRow, field: str, rule: str, found: str, expected: str, remedy: str = "") -> None:
        """Note what is wrong with a field of a row of the export."""
        remedy = remedy or "Correct the value in the data capture system and export again."
        self.add(Violation(rule, found, expected, remedy, row.file, row.row, field))

    def extend(self, violations: Iterable[Violation]) -> None:
        """Note several violations."""
        for violation in violations:
            self.add(violation)

    def raise_any(self) -> None:
        """Raise all violations in one ``InputError``, by file and row; do nothing where there are none."""
        if not self._kept:
            return
        kept = sorted(
            self._kept.values(), key=lambda item: (item.file != self.file, item.file, item.row or 0)
        )
        if self._left_out:
            kept.append(
                Violation(
                    "too-many-problems", f"{self._left_out} further problems, not listed",
                    "files that keep the rules above", "Mend the first ones; they usually have one cause.",
                    self.file,
                )
            )  # fmt: skip
        raise (OdmError if self.lines else InputError)(self.file, kept)
