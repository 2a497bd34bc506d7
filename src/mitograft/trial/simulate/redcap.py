"""Write site data as a REDCap project leaves it: raw records, data dictionary, and the mapping file to SDTM.

A longitudinal project: events are visits, adverse events and medication are repeating instruments of the
event ``logs``, unscheduled visits a repeating event. The field ``data_kind`` says ``simulated``.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from mitograft.provenance import atomic_write_text
from mitograft.tables.write import format_csv
from mitograft.trial.simulate.mapping import write_mapping
from mitograft.trial.simulate.site import Field, Form, FormRow, SiteData, case_report_form, event_of

__all__ = ["write_redcap"]

_SUBJECT = "record_id"
_HEADER = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
_VALIDATION = {"date": "date_ymd", "time": "time", "number": "number", "integer": "integer"}
_IDENTIFIERS = ("brthdat",)
_COMPLETE = "2"
_Key = tuple[str, str, int, str, int]


def write_redcap(site: SiteData, folder: Path) -> None:
    """Write ``records.csv``, ``dictionary.csv`` and ``mapping.toml`` into a folder, made if needed."""
    folder.mkdir(parents=True, exist_ok=True)
    forms = case_report_form(tuple(arm.name for arm in site.protocol.arms))
    atomic_write_text(folder / "records.csv", format_csv(_records(site, forms)))
    atomic_write_text(folder / "dictionary.csv", format_csv(_dictionary(forms)))
    atomic_write_text(folder / "mapping.toml", write_mapping(site.protocol, "redcap"))


def _dictionary(forms: Mapping[str, Form]) -> dict[str, list[str]]:
    rows = [[_SUBJECT, next(iter(forms)), "", "text", "Record", *[""] * 13]]
    rows += [_entry(form, field) for form in forms.values() for field in form.fields]
    return {name: [row[place] for row in rows] for place, name in enumerate(_HEADER)}


def _entry(form: Form, field: Field) -> list[str]:
    kind = field.type if field.type in ("radio", "checkbox") else "text"
    note = f"in {field.unit}" if field.unit else "unknown parts: UNK" if field.type == "partial" else ""
    identifier = "y" if field.name in _IDENTIFIERS else ""
    head = [field.name, form.name, "", kind, field.label, field.choices, note]
    return [*head, _VALIDATION.get(field.type, ""), field.min, field.max, identifier, *[""] * 7]


def _columns(forms: Mapping[str, Form]) -> Iterable[str]:
    for form in forms.values():
        for field in form.fields:
            boxes = [f"{field.name}___{code}" for code in field.codes]
            yield from boxes if field.type == "checkbox" else [field.name]
        yield f"{form.name}_complete"


def _records(site: SiteData, forms: Mapping[str, Form]) -> dict[str, list[str]]:
    """One row for each event of a subject, and one for each row of a repeating form."""
    cells: dict[_Key, dict[str, str]] = {}
    for row in site.rows:
        filled = cells.setdefault(_key(row, forms[row.form]), {})
        for field in forms[row.form].fields:
            if field.type == "checkbox":
                filled |= {f"{field.name}___{code}": "0" for code in field.codes}
        filled |= {**row.values, f"{row.form}_complete": _COMPLETE}
    keys = list(cells)
    repeats = [key[4] or key[2] for key in keys]
    return {
        _SUBJECT: [key[0] for key in keys],
        "redcap_event_name": [event_of(key[1]) for key in keys],
        "redcap_repeat_instrument": [key[3] for key in keys],
        "redcap_repeat_instance": [str(number) if number else "" for number in repeats],
        **{name: [cells[key].get(name, "") for key in keys] for name in _columns(forms)},
    }


def _key(row: FormRow, form: Form) -> _Key:
    return row.subject, row.event, row.occurrence, form.name if form.repeating else "", row.instance
