"""Sources to values: codes translated, boxes read, dates put together; what was used is noted."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mitograft.errors import describe_cell
from mitograft.trial.edc.complaints import Complaints
from mitograft.trial.edc.compose import compose_date
from mitograft.trial.edc.context import Context, Found
from mitograft.trial.edc.forms import FormRow
from mitograft.trial.edc.sources import (
    CheckboxSource,
    ConstantSource,
    DateSource,
    FieldSource,
    Source,
    box_name,
)

__all__ = ["Evaluator", "Used", "as_number"]

_Look = Callable[[str], Found]
_TICKED = {"1", "true", "yes", "checked"}


@dataclass
class Used:
    """The fields one row of a data set was made of, with the rows of the export they stand in."""

    places: dict[tuple[str, int, str], None] = field(default_factory=dict)

    def add(self, row: FormRow | None, name: str) -> None:
        """Note a field."""
        if row is not None:
            self.places[(row.file, row.row, name)] = None

    def origin(self, file: str, row: int) -> tuple[str, int, str]:
        """Return file, row and fields; a field of another row is written ``field@row``.

        Where it stands in another file, it is written ``field@file:row``.
        """
        names: list[str] = []
        for place, at, name in self.places:
            if (place, at) == (file, row):
                names.append(name)
            else:
                names.append(f"{name}@{at}" if place == file else f"{name}@{place}:{at}")
        return file, row, ";".join(names)


def as_number(text: str) -> float | None:
    """Return a text as a number; None where it is none, or not finite."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") and "_" not in text else None


class Evaluator:
    """Evaluates sources against rows; faults go to ``complaints``, what was changed is counted."""

    def __init__(self, context: Context, complaints: Complaints) -> None:
        self.context, self.complaints = context, complaints
        self.changes: Counter[str] = Counter()
        self.fields: set[str] = set()

    def of_row(self, source: Source, row: FormRow, used: Used, place: str) -> str:
        """Return the value of a source for a row; empty where there is none."""
        return self._value(source, lambda name: self._look(row, name, place), used)

    def of_subject(self, source: Source, subject: str, used: Used, place: str) -> str:
        """Return the value of a source for a subject, wherever it stands."""

        def look(name: str) -> Found:
            found = self.context.of_subject(subject, name)
            self._check_one(found, self.context.first[subject], name, place)
            return found

        return self._value(source, look, used)

    def number(self, text: str, row: FormRow, name: str) -> float | None:
        """Return a text as a number, with a complaint where it is none."""
        value = as_number(text) if text else None
        if text and value is None:
            self.complaints.cell(row, name, "no-number", describe_cell(text), "a number with a decimal point")
        return value

    def _look(self, row: FormRow, name: str, place: str) -> Found:
        found = self.context.look_up(row, name)
        self._check_one(found, row, name, place)
        return found

    def _check_one(self, found: Found, row: FormRow, name: str, place: str) -> None:
        if found.many:
            self.complaints.cell(
                row, name, "ambiguous-field", "several different values elsewhere for this subject",
                f"one value for {place}", "Map a field of the form itself, or correct the data.",
            )  # fmt: skip

    def _value(self, source: Source, look: _Look, used: Used) -> str:
        if isinstance(source, ConstantSource):
            return source.value
        if isinstance(source, FieldSource):
            return self._field(source, self._take(look, source.field, used))
        if isinstance(source, CheckboxSource):
            return self._boxes(source, look, used)
        return self._date(source, look, used)

    def _take(self, look: _Look, name: str, used: Used) -> Found:
        self.fields.add(name)
        found = look(name)
        used.add(found.row, name)
        return found

    def _field(self, source: FieldSource, found: Found) -> str:
        text = found.value
        if not text:
            return ""
        if source.codes:
            text = self._translate(source.field, source.codes.get(text), found)
        elif source.labels:
            text = self._translate(
                source.field, self.context.forms.fields[source.field].choices.get(text), found
            )
        return text.upper() if source.upper else text

    def _translate(self, name: str, text: str | None, found: Found) -> str:
        self.changes["translated"] += 1
        if text is None and found.row is not None:
            self.complaints.cell(
                found.row, name, "unknown-code", describe_cell(found.value), "a code the mapping translates",
                "Add the code to the mapping, or correct the value.",
            )  # fmt: skip
        return text or ""

    def _boxes(self, source: CheckboxSource, look: _Look, used: Used) -> str:
        ticked: list[tuple[str, Found]] = []
        for code, text in source.codes.items():
            found = look(box_name(source.field, code))
            self.fields.add(box_name(source.field, code))
            if found.value.lower() in _TICKED:
                used.add(found.row, box_name(source.field, code))
                ticked.append((text, found))
        self.fields.add(source.field)
        if not ticked:
            return ""
        self.changes["translated"] += 1
        if len(ticked) == 1:
            return ticked[0][0]
        if source.several is None and ticked[0][1].row is not None:
            self.complaints.cell(
                ticked[0][1].row, source.field, "several-boxes", f"{len(ticked)} boxes ticked", "one",
                "Add 'several' to the mapping, or correct the data.",
            )  # fmt: skip
        return source.several or ""

    def _date(self, source: DateSource, look: _Look, used: Used) -> str:
        found = [self._take(look, name, used) for name in source.parts]
        time = self._take(look, source.time, used) if source.time else Found()
        if not any(part.value for part in found):
            return ""
        text = compose_date([part.value for part in found], source.order, time.value)
        if text is None:
            self._complain_date(source, [*found, time])
        elif len(found) > 1 or time.value or text != found[0].value:
            self.changes["dates put together"] += 1
        return text or ""

    def _complain_date(self, source: DateSource, found: Iterable[Found]) -> None:
        row = next((part.row for part in found if part.row is not None), None)
        if row is not None:
            shown = (
                "parts that are no date" if len(source.parts) > 1 or source.time else "text that is no date"
            )
            self.complaints.cell(
                row,
                source.parts[0],
                "no-date",
                shown,
                f"a date in the order {source.order}, year of 4 digits",
            )
