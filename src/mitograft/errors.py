"""The error tree: whose fault it is, what was found, what was expected, what to do.

::

    MitograftError            anything mitograft raises on purpose
    |-- UserError             the person at the keyboard can mend it          exit code 2
    |   |-- UsageError        a command line, option or argument is wrong
    |   `-- InputError        the content of a file is wrong; lists every violation
    |       `-- StudyError    study.toml is wrong; lists every mistake with its line
    |-- EnvironmentFault      the machine refused: disk full, no permission   exit code 3
    `-- InternalError         mitograft itself is wrong; please report it     exit code 4

A user's mistake never ends in a traceback. A ``Violation`` is one sentence about one cell; an
``InputError`` carries all of a file's violations, so that one run is enough to mend the file.

Cell text can be patient data. ``describe_cell`` therefore quotes only what cannot identify anybody
(numbers and very short codes) and describes everything else by its kind and length.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import PurePath

__all__ = [
    "EnvironmentFault",
    "InputError",
    "InternalError",
    "MitograftError",
    "StudyError",
    "UsageError",
    "UserError",
    "Violation",
    "describe_cell",
]

_SHORT_CODE = 3
_SHORT_NUMBER = 16
_SHOWN = 20


class MitograftError(Exception):
    """Anything mitograft raises on purpose; ``exit_code`` is what the command line returns."""

    exit_code = 4


class UserError(MitograftError):
    """A mistake the person at the keyboard can mend."""

    exit_code = 2


class UsageError(UserError):
    """A command line, option or function argument is wrong."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule at one place.

    Parameters
    ----------
    rule
        Stable identifier of the rule, for example ``off-scale``.
    found
        What stands there (already safe to show, see ``describe_cell``).
    expected
        What the rule asks for.
    remedy
        What the reader should do.
    file, row, column
        Where; ``row`` counts as the file's own application does (the header is row 1). ``row`` and
        ``column`` are None where the rule concerns the whole file.
    """

    rule: str
    found: str
    expected: str
    remedy: str
    file: str = ""
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        """One line: place, found, expected, remedy."""
        return self.sentence("row", "column")

    def sentence(self, row: str, column: str) -> str:
        """Say it in one line, with the words a file of this kind uses for its rows and columns."""
        parts = [f"{row} {self.row}"] if self.row is not None else []
        parts += [f"{column} {self.column}"] if self.column is not None else []
        head = f"{', '.join(parts)}: " if parts else ""
        return f"{head}found {self.found}; expected {self.expected}. {self.remedy} [{self.rule}]"

    def as_dict(self) -> dict[str, str | int | None]:
        """Return the fields for machine-readable output."""
        return asdict(self)


class InputError(UserError):
    """The content of a file is wrong; ``violations`` lists every broken rule."""

    row_word, column_word = "row", "column"

    def __init__(self, file: str, violations: Iterable[Violation]) -> None:
        self.file = file
        self.violations = tuple(violations)
        super().__init__(self._message())

    def _message(self) -> str:
        count = len(self.violations)
        head = f"{self.file}: {count} problem{'s' if count != 1 else ''} found."
        shown = self.violations[:_SHOWN]
        lines = [f"  - {self._line(violation)}" for violation in shown]
        if count > _SHOWN:
            lines.append(f"  - and {count - _SHOWN} more (use --json to list all).")
        return "\n".join([head, *lines])

    def _line(self, violation: Violation) -> str:
        """Say one problem; with its file where the head of the message names another or several."""
        said = violation.sentence(self.row_word, self.column_word)
        if not violation.file or violation.file in (self.file, PurePath(self.file).name):
            return said
        placed = violation.row is not None or violation.column is not None
        return f"{violation.file}{', ' if placed else ': '}{said}"


class StudyError(InputError):
    """study.toml is wrong; every mistake is listed with its line."""

    row_word, column_word = "line", "key"


class EnvironmentFault(MitograftError):  # noqa: N818  a fault of the machine, not an error of anybody
    """The machine refused: no permission, no space, no such device."""

    exit_code = 3


class InternalError(MitograftError):
    """mitograft broke its own rule; this is a bug to report."""

    exit_code = 4


def describe_cell(value: object) -> str:
    """Describe a cell without giving away what may identify a person.

    Numbers and codes of up to three characters are quoted; longer text is described by its length.

    >>> describe_cell("12,5"), describe_cell("Jane Doe"), describe_cell(""), describe_cell("=A1+B1")
    ("'12,5'", 'text of 8 characters', 'an empty cell', 'a formula')
    """
    text = "" if value is None else str(value).strip()
    if not text:
        return "an empty cell"
    if text[0] == "=":
        return "a formula"
    number_like = len(text) <= _SHORT_NUMBER and all(c in "0123456789.,+-eE<>%/ " for c in text)
    if len(text) <= _SHORT_CODE or number_like:
        return repr(text)
    return f"text of {len(text)} characters"
