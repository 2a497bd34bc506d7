"""What quality control has to say: one finding is one broken expectation at one place of one file."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Severity"]

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a reader of the results should know, with what to do about it.

    Parameters
    ----------
    rule
        Stable identifier of the rule, for example ``failed-injection``.
    severity
        ``error``: the value must not be used; ``warning``: look before using it; ``note``: for the record.
    source
        Name of the file it was found in.
    place
        Where in it: a well (``A05``), a field, a mouse, a gene; empty for the whole file.
    found
        What stands there, in words and numbers.
    remedy
        What the reader should do.
    """

    rule: str
    severity: Severity
    source: str
    place: str
    found: str
    remedy: str

    def __str__(self) -> str:
        """One line: source, place, found, remedy."""
        where = f"{self.source}, {self.place}" if self.place else self.source
        return f"{self.severity}: {where}: {self.found}. {self.remedy} [{self.rule}]"
