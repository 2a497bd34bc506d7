"""Mistakes of study.toml that only the other files of the folder show, listed together with their lines."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from mitograft.errors import StudyError, Violation
from mitograft.study.config import FILE
from mitograft.study.toml_lines import line_of

__all__ = ["Mistakes", "one_of"]


class Mistakes:
    """Collects mistakes of one study folder, so that one message names them all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: list[Violation] = []

    def add(self, rule: str, keys: Sequence[str | int], found: str, expected: str, remedy: str) -> None:
        """Note a mistake at a key of study.toml (list indices from 0)."""
        path = self.folder / FILE
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        name = ".".join(str(key + 1) if isinstance(key, int) else key for key in keys)
        self.found.append(Violation(rule, found, expected, remedy, FILE, line_of(text, keys), name))

    def raise_any(self) -> None:
        """Raise what was found.

        Raises
        ------
        StudyError
            With every mistake, in the order of the lines.
        """
        if self.found:
            raise StudyError(FILE, sorted(self.found, key=lambda v: v.row or 0))


def one_of(names: Iterable[str], wanted: str) -> str:
    """Say what could have been meant.

    >>> one_of(["IIM", "healthy"], "healty")
    'one of IIM, healthy (healthy?)'
    """
    known = list(dict.fromkeys(names))
    near = get_close_matches(wanted, known, 1, 0.75)
    return f"one of {', '.join(known) or 'none'}" + (f" ({near[0]}?)" if near else "")
