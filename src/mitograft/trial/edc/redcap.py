"""A REDCap project export: records as CSV of raw values, with the data dictionary.

The dictionary is the CSV file of 18 columns that a project offers for download, or the export of the same by
the programming interface. The records may be longitudinal (``redcap_event_name``), with repeating instruments
and events (``redcap_repeat_instrument``, ``redcap_repeat_instance``) and boxes to tick (``field___code``).
Branching is not evaluated. The data access group is the field ``@site``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from mitograft.errors import Violation
from mitograft.tables.contract import RawTable
from mitograft.tables.problems import refuse
from mitograft.tables.read import read_table
from mitograft.trial.edc.complaints import Complaints
from mitograft.trial.edc.forms import SITE, SUBJECT_FORM, FieldInfo, FormRow, Forms
from mitograft.trial.edc.mapping import Export
from mitograft.trial.edc.sources import box_name

__all__ = ["parse_choices", "read_dictionary", "read_redcap"]

_EVENT, _INSTRUMENT, _INSTANCE = "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"
_GROUP = "redcap_data_access_group"
_STANDARD = {_EVENT, _INSTRUMENT, _INSTANCE, _GROUP, "redcap_survey_identifier"}
_LABEL_COLUMNS = {"Event Name", "Repeat Instrument", "Repeat Instance", "Data Access Group"}
_COLUMNS = {
    "field": ("Variable / Field Name", "field_name"),
    "form": ("Form Name", "form_name"),
    "type": ("Field Type", "field_type"),
    "label": ("Field Label", "field_label"),
    "choices": ("Choices, Calculations, OR Slider Labels", "select_choices_or_calculations"),
}
_CODED = {"radio", "dropdown", "checkbox"}
_FIXED = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
_RAW = "Export the records again as raw data, not as labels."


def read_redcap(folder: Path, export: Export, complaints: Complaints) -> Forms:
    """Read an export; what is wrong with its content goes to ``complaints``.

    Raises
    ------
    UsageError
        If a file is not there.
    InputError
        If a file is no table, or no dictionary.
    """
    fields = read_dictionary(folder / export.dictionary)
    reader = _Reader(export, fields, complaints)
    for name in export.records:
        reader.read(read_table(folder / name))
    return reader.result()


def read_dictionary(path: Path) -> Mapping[str, FieldInfo]:
    """Read a data dictionary; fields in its order, boxes after their field.

    Raises
    ------
    InputError
        If it is no data dictionary.
    """
    table = read_table(path)
    columns = {
        key: next((list(table.columns[name]) for name in names if name in table.columns), None)
        for key, names in _COLUMNS.items()
    }
    absent = [_COLUMNS[key][0] for key, cells in columns.items() if cells is None]
    if absent or not len(table):
        refuse(path.name, "no-dictionary", f"a table without {', '.join(absent) or 'records'}",
               "the data dictionary of the project, with its 18 columns",
               "Download the data dictionary of the project as CSV.")  # fmt: skip
    cells = {key: [str(cell or "").strip() for cell in found or ()] for key, found in columns.items()}
    fields: dict[str, FieldInfo] = {}
    for index, name in enumerate(cells["field"]):
        kind = cells["type"][index]
        if name and kind != "descriptive":
            info = _field(name, kind, {key: found[index] for key, found in cells.items()})
            fields[name] = info
            if info.boxes:
                fields |= {box.name: box for box in _boxes(info)}
    return fields


def _field(name: str, kind: str, cells: Mapping[str, str]) -> FieldInfo:
    choices = parse_choices(cells["choices"]) if kind in _CODED else _FIXED.get(kind, {})
    return FieldInfo(name, frozenset({cells["form"]}), cells["label"], choices, kind == "checkbox")


def _boxes(info: FieldInfo) -> Iterator[FieldInfo]:
    for code, label in info.choices.items():
        yield FieldInfo(box_name(info.name, code), info.forms, label)


def parse_choices(text: str) -> dict[str, str]:
    """Take the choices of a field apart.

    >>> parse_choices("1, Yes, fully | 0, No")
    {'1': 'Yes, fully', '0': 'No'}
    """
    pairs = (part.partition(",") for part in text.split("|") if part.strip())
    return {code.strip(): label.strip() for code, _, label in pairs}


class _Reader:
    """The records of one project, file after file."""

    def __init__(self, export: Export, fields: Mapping[str, FieldInfo], complaints: Complaints) -> None:
        self.export, self.fields, self.complaints = export, fields, complaints
        self.forms = frozenset(form for info in fields.values() for form in info.forms)
        self.subject_field = export.subject or next(iter(fields))
        self.rows: list[FormRow] = []
        self.events: dict[str, tuple[str, int]] = {}
        self.seen: set[tuple[str, ...]] = set()
        self.records = self.missing = 0

    def read(self, table: RawTable) -> None:
        """Read one file of records."""
        if not self._check_header(table):
            return
        self._check_labels(table)
        columns = self._columns_by_form(table)
        for index in range(len(table)):
            self._read_row(table, index, columns)
        self.records += len(table)

    def result(self) -> Forms:
        """Return everything read."""
        fields = {**self.fields, SITE: FieldInfo(SITE, frozenset({SUBJECT_FORM}))}
        return Forms(
            fields, self.forms | {SUBJECT_FORM}, self.events, tuple(self.rows), records=self.records,
            subject_field=self.subject_field, missing=self.missing,
        )  # fmt: skip

    def _check_header(self, table: RawTable) -> bool:
        if self.subject_field not in table.columns:
            labels = {info.label for info in self.fields.values()} - set(self.fields) | _LABEL_COLUMNS
            if labels & set(table.columns):
                self._file(table, "label-export", "the labels of the fields in the header",
                           "the names of the fields", _RAW)  # fmt: skip
            else:
                self._file(table, "missing-column", f"no column {self.subject_field}",
                           "the field that names the record", "Export all fields.")  # fmt: skip
            return False
        extra = {f"{form}_{end}" for form in self.forms for end in ("complete", "timestamp")} | _STANDARD
        for name in table.columns:
            if name not in self.fields and name not in extra:
                self._file(table, "not-in-dictionary", "a column the dictionary does not know",
                           "a field of the dictionary", "Download dictionary and records at one time.",
                           name)  # fmt: skip
        return True

    def _check_labels(self, table: RawTable) -> None:
        for name, cells in table.columns.items():
            info = self.fields.get(name)
            if info is None or not info.choices or info.boxes:
                continue
            words = set(info.choices.values()) - set(info.choices)
            for row, cell in zip(table.rows, cells, strict=True):
                if cell is not None and str(cell).strip() in words:
                    self._file(table, "label-export", "the words of a choice", "its code", _RAW, name, row)
                    return

    def _columns_by_form(self, table: RawTable) -> dict[str, list[str]]:
        columns: dict[str, list[str]] = {}
        for name in table.columns:
            if name in self.fields and name != self.subject_field:
                for form in self.fields[name].forms:
                    columns.setdefault(form, []).append(name)
        return columns

    def _read_row(self, table: RawTable, index: int, columns: Mapping[str, list[str]]) -> None:
        def cell(name: str) -> str:
            value = table.columns[name][index] if name in table.columns else None
            return "" if value is None else str(value).strip()

        row, subject, instrument = table.rows[index], cell(self.subject_field), cell(_INSTRUMENT)
        event = cell(self.export.event) if self.export.event else cell(_EVENT)
        if not subject:
            self._file(table, "missing-subject", "an empty cell", "the record the row belongs to",
                       "Export again; do not edit the file.", self.subject_field, row)  # fmt: skip
            return
        if instrument and instrument not in self.forms:
            self._file(table, "unknown-form", "an instrument the dictionary does not know",
                       "the name of an instrument", _RAW, _INSTRUMENT, row)  # fmt: skip
            return
        self.events.setdefault(event, (table.source, row))
        group = (subject, "", "", SUBJECT_FORM, "")
        if cell(_GROUP) and group not in self.seen:
            self.seen.add(group)
            self.rows.append(FormRow(*group, table.source, row, {SITE: cell(_GROUP)}))
        for form in (instrument,) if instrument else columns:
            values = {name: cell(name) for name in columns.get(form, ())}
            filled = {n: v for n, v in values.items() if v and not (v == "0" and "___" in n)}
            kept = {n: v for n, v in filled.items() if v not in self.export.missing}
            self.missing += len(filled) - len(kept)
            instance = cell(_INSTANCE)
            place = (subject, event, "" if instrument else instance, form, instance if instrument else "")
            if kept and self._is_new(table, row, place):
                self.rows.append(FormRow(*place, table.source, row, kept))

    def _is_new(self, table: RawTable, row: int, place: tuple[str, ...]) -> bool:
        if place in self.seen:
            self._file(table, "row-twice", f"form {place[3]} of one record, event and instance a second time",
                       "each once", "Export again; do not join files by hand.", None, row)  # fmt: skip
            return False
        self.seen.add(place)
        return True

    def _file(
        self, table: RawTable, rule: str, found: str, expected: str, remedy: str,
        column: str | None = None, row: int | None = None,
    ) -> None:  # fmt: skip
        self.complaints.add(Violation(rule, found, expected, remedy, table.source, row, column))
