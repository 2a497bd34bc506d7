"""Find the value of a field for a row: in the row, in its event, anywhere for its subject."""

from collections.abc import Mapping
from dataclasses import dataclass

from mitograft.trial.edc.forms import FormRow, Forms

__all__ = ["Context", "Found"]

_Index = Mapping[tuple[str, ...], Mapping[str, list[FormRow]]]


@dataclass(frozen=True, slots=True)
class Found:
    """A value and the row it stands in; empty where there is none, ``many`` where several differ."""

    value: str = ""
    row: FormRow | None = None
    many: bool = False


_NOTHING = Found()


class Context:
    """The rows of an export, indexed for looking values up."""

    def __init__(self, forms: Forms) -> None:
        self.forms = forms
        events: dict[tuple[str, ...], dict[str, list[FormRow]]] = {}
        subjects: dict[tuple[str, ...], dict[str, list[FormRow]]] = {}
        self.first: dict[str, FormRow] = {}
        for row in forms.rows:
            self.first.setdefault(row.subject, row)
            in_event = events.setdefault((row.subject, row.event, row.event_repeat), {})
            of_subject = subjects.setdefault((row.subject,), {})
            for name in row.values:
                in_event.setdefault(name, []).append(row)
                of_subject.setdefault(name, []).append(row)
        self._events: _Index = events
        self._subjects: _Index = subjects

    def subjects(self) -> tuple[str, ...]:
        """Return the subjects in the order of the export."""
        return tuple(self.first)

    def visits(self) -> tuple[tuple[str, str, str], ...]:
        """Return subject, event and repetition of every event that occurred, in the order of the export."""
        return tuple((key[0], key[1], key[2]) for key in self._events)

    def look_up(self, row: FormRow, field: str) -> Found:
        """Return the value of a field for a row: of the row, the rows beside it, its event, its subject."""
        if field == self.forms.subject_field:
            return Found(row.subject, row)
        if field in row.values:
            return Found(row.values[field], row)
        if row.parent is not None and field in row.parent.values:
            return Found(row.parent.values[field], row.parent)
        info = self.forms.fields.get(field)
        if info is None or row.form in info.forms:
            return _NOTHING  # a field of the form itself that is empty here
        found = self.in_event(row.subject, row.event, row.event_repeat, field)
        return found if found.row is not None or found.many else self.of_subject(row.subject, field)

    def in_event(self, subject: str, event: str, repeat: str, field: str) -> Found:
        """Return the value of a field in one event."""
        return _only(self._events.get((subject, event, repeat), {}).get(field, []), field)

    def of_subject(self, subject: str, field: str) -> Found:
        """Return the value of a field anywhere for a subject."""
        if field == self.forms.subject_field and subject in self.first:
            return Found(subject, self.first[subject])
        return _only(self._subjects.get((subject,), {}).get(field, []), field)


def _only(rows: list[FormRow], field: str) -> Found:
    if not rows:
        return _NOTHING
    values = {row.values[field] for row in rows}
    return Found(rows[0].values[field], rows[0]) if len(values) == 1 else Found(many=True)
