"""One source of a mapping file: a field, boxes, a constant or a date."""

from typing import cast

from mitograft.trial.edc.complaints import Complaints
from mitograft.trial.edc.section import Section
from mitograft.trial.edc.sources import (
    CheckboxSource,
    ConstantSource,
    DateSource,
    FieldSource,
    Order,
    Source,
)

__all__ = ["read_date_source", "read_source"]

_KINDS = ("field", "checkbox", "constant", "date")
_ORDERS = ("YMD", "DMY", "MDY")
_PARTS = (1, 3)


def read_source(value: object, place: str, complaints: Complaints) -> Source | None:
    """Read a source; None, with a complaint, where it is none."""
    if isinstance(value, str) and value:
        return FieldSource(value)
    kinds = [kind for kind in _KINDS if isinstance(value, dict) and kind in value]
    if len(kinds) != 1:
        complaints.note("no-source", place, "no source, or several", "a field name, or a table with one of "
                        f"{', '.join(_KINDS)}", "Write it as in the guide.")  # fmt: skip
        return None
    section = Section(value, place, complaints)
    source = _read(section, kinds[0])
    section.close()
    return source


def read_date_source(value: object, place: str, complaints: Complaints) -> DateSource | None:
    """Read a source that must be a date (a text is its field)."""
    source = read_source({"date": value} if isinstance(value, str) else value, place, complaints)
    if source is not None and not isinstance(source, DateSource):
        complaints.note("no-source", place, "a source that is no date", "{ date = ... }", "Correct it.")
        return None
    return source


def _read(section: Section, kind: str) -> Source | None:
    if kind == "constant":
        return ConstantSource(section.text("constant", required=True))
    if kind == "date":
        return _read_date(section)
    codes = section.pairs("codes", required=kind == "checkbox")
    if kind == "checkbox":
        several = section.text("several") or None
        return CheckboxSource(section.text("checkbox", required=True), codes, several)
    field = FieldSource(
        section.text("field", required=True), codes, section.flag("labels"), section.flag("upper")
    )
    if field.labels and codes:
        section.note("two-sources", "labels", "both codes and labels", "one of them", "Remove one.")
    return field


def _read_date(section: Section) -> DateSource | None:
    parts = section.texts("date")
    order = section.text("order", allowed=_ORDERS) or "YMD"
    time = section.text("time")
    if len(parts) not in _PARTS:
        section.note("wrong-type", "date", f"{len(parts)} fields", "one field, or year, month and day",
                     "Name one or three fields.")  # fmt: skip
        return None
    return DateSource(parts, time, cast("Order", order))
