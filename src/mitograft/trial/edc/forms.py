"""What an export holds, whatever its format: rows of forms, and what is known of their fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["SITE", "SUBJECT_FORM", "FieldInfo", "FormRow", "Forms"]

SITE, SUBJECT_FORM = "@site", "@subject"


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field: the forms that have it, its words, and the words of its choices by code (none: free)."""

    name: str
    forms: frozenset[str]
    label: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    boxes: bool = False


@dataclass(frozen=True, slots=True)
class FormRow:
    """One form as filled in once: for a repeating form or item group, one repetition.

    Parameters
    ----------
    subject, event, form
        As the export names them; ``event`` is empty in a project without events.
    event_repeat, repeat
        Number of the repetition of the event and of the form; empty where it does not repeat.
    file, row
        Where it stands: the row of a table, the line of an XML file.
    values
        Fields with a value; nothing is kept of an empty one.
    parent
        The row with the fields beside the repeating item group this one is of (ODM); None elsewhere.
    """

    subject: str
    event: str
    event_repeat: str
    form: str
    repeat: str
    file: str
    row: int
    values: Mapping[str, str]
    parent: "FormRow | None" = None


@dataclass(frozen=True)
class Forms:
    """An export.

    Parameters
    ----------
    fields
        Every field by name; a field of boxes once as such and once for each box.
    forms
        Every form, filled in or not.
    events
        The events that occur, with the place where each occurs first.
    rows
        In the order of the export.
    repeated
        By form, the fields of item groups that repeat within it (ODM).
    records
        How many rows (REDCap) or filled in forms (ODM) were read.
    subject_field
        The field that names the subject; empty in ODM.
    missing
        How many values were codes for no value.
    """

    fields: Mapping[str, FieldInfo]
    forms: frozenset[str]
    events: Mapping[str, tuple[str, int]]
    rows: tuple[FormRow, ...]
    repeated: Mapping[str, frozenset[str]] = field(default_factory=dict)
    records: int = 0
    subject_field: str = ""
    missing: int = 0
