"""Who the patients are (group, diagnosis) and how a publication marked them."""

from collections.abc import Mapping
from dataclasses import dataclass

from mitograft.errors import InputError
from mitograft.tables.check import check
from mitograft.tables.contract import Column, Contract, RawTable

__all__ = ["Mark", "Subject", "read_marks", "read_subjects"]

_SUBJECT = Column("subject", "Subject identifier", "identifier", filled=True)
_CITATION = Column("citation", "Where the row was published", "text", required=False)

SUBJECTS = Contract(
    "subjects",
    (
        _SUBJECT,
        Column("group", "Treatment group", "text", filled=True),
        Column("diagnosis", "Diagnosis", "text", required=False),
        _CITATION,
    ),
    key=("subject",),
)
MARKS = Contract(
    "published marks",
    (
        _SUBJECT,
        Column("mark", "Published mark, such as improved or not improved", "text", filled=True),
        Column("definition", "Definition the mark follows", "text", required=False),
        _CITATION,
        Column("note", "Remark", "text", required=False),
    ),
    key=("subject",),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Group and diagnosis of one patient."""

    group: str
    diagnosis: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """How a publication marked one patient."""

    mark: str
    definition: str = ""
    citation: str = ""


def read_subjects(raw: RawTable) -> Mapping[str, Subject]:
    """Check a subjects table; subject identifier to group.

    Raises
    ------
    InputError
        With every violation.
    """
    rows = _checked(raw, SUBJECTS)
    return {row["subject"]: Subject(row["group"], row["diagnosis"], row["citation"]) for row in rows}


def read_marks(raw: RawTable) -> Mapping[str, Mark]:
    """Check a table of published marks; subject identifier to mark.

    Raises
    ------
    InputError
        With every violation.
    """
    rows = _checked(raw, MARKS)
    return {row["subject"]: Mark(row["mark"], row["definition"], row["citation"]) for row in rows}


def _checked(raw: RawTable, contract: Contract) -> list[dict[str, str]]:
    table, violations = check(raw, contract)
    if violations:
        raise InputError(raw.source, violations)
    columns = {name: table.texts.get(name, [None] * len(table)) for name in contract.names()}
    return [{name: column[i] or "" for name, column in columns.items()} for i in range(len(table))]
