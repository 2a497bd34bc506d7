"""A medical dictionary: from a term as written to its lowest level term, preferred term and organ class."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Coded", "Dictionary", "same_term"]


@dataclass(frozen=True, slots=True)
class Coded:
    """Where a term stands in the dictionary.

    Parameters
    ----------
    llt, pt, soc
        Lowest level term, preferred term and primary system organ class.
    llt_code, pt_code, soc_code
        Their codes, for use at run time only: codes of a licensed dictionary belong to its owner.
    current
        Whether the lowest level term may be used for new events.
    """

    llt: str
    pt: str
    soc: str
    llt_code: str = ""
    pt_code: str = ""
    soc_code: str = ""
    current: bool = True


@dataclass(frozen=True)
class Dictionary:
    """Terms of one release of a dictionary.

    Parameters
    ----------
    name, version
        What it is called.
    terms
        Lowest level terms, the key as ``same_term`` gives it.
    preferred
        Preferred terms, keyed alike.
    """

    name: str
    version: str
    terms: Mapping[str, Coded]
    preferred: Mapping[str, Coded]

    def __len__(self) -> int:
        """Return the number of lowest level terms."""
        return len(self.terms)

    def code(self, term: str | None) -> Coded | None:
        """Return where a term stands; None if it is no current lowest level term.

        Case and white space do not count; nothing else is guessed.
        """
        found = self.find(term)
        return found if found is not None and found.current else None

    def find(self, term: str | None) -> Coded | None:
        """Return where a term stands, current or not; None if it is no lowest level term."""
        return self.terms.get(same_term(term)) if term else None

    def prefer(self, term: str | None) -> Coded | None:
        """Return where a preferred term stands; None if it is none."""
        return self.preferred.get(same_term(term)) if term else None


def same_term(term: str) -> str:
    """Return a term as it is compared: one case, single spaces.

    >>> same_term("  HEAD   pain ")
    'head pain'
    """
    return " ".join(term.split()).casefold()
