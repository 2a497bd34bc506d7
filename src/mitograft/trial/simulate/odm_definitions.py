"""Metadata of an ODM file: events, forms, items and code lists of the case report form."""

from collections.abc import Iterable, Iterator

from mitograft.trial.protocol import Protocol
from mitograft.trial.simulate.odm_lines import Lines, leaf, open_element, translated
from mitograft.trial.simulate.site import LOGS, Field, Form, event_of

__all__ = ["define_metadata"]

_UNSCHEDULED = "UNSCHEDULED"
_TYPES = {"date": "date", "time": "text", "number": "float", "integer": "integer"}
_EVENT_TYPES = {LOGS: "Common", _UNSCHEDULED: "Unscheduled"}


def define_metadata(protocol: Protocol, forms: Iterable[Form], version: str) -> Lines:
    """Return the lines of MetaDataVersion."""
    forms = tuple(forms)
    fields = [field for form in forms for field in form.fields]
    yield open_element(2, "MetaDataVersion", {"OID": version, "Name": "Case report form"})
    yield from _events(protocol, forms)
    for form in forms:
        yield from _form(form)
    for form in forms:
        yield from _group(form)
    for field in fields:
        yield from _definitions(field)
    for field in fields:
        if field.type == "radio":
            yield from _code_list(field)
    yield "  </MetaDataVersion>"


def _events(protocol: Protocol, forms: tuple[Form, ...]) -> Lines:
    planned = dict(_forms_of_events(protocol, forms))
    yield "   <Protocol>"
    for number, event in enumerate(planned, 1):
        attributes = {"StudyEventOID": event_of(event), "OrderNumber": str(number), "Mandatory": "No"}
        yield leaf(4, "StudyEventRef", **attributes)
    yield "   </Protocol>"
    for event, names in planned.items():
        repeating = "Yes" if event == _UNSCHEDULED else "No"
        kind = _EVENT_TYPES.get(event, "Scheduled")
        head = {"OID": event_of(event), "Name": event, "Repeating": repeating, "Type": kind}
        yield open_element(3, "StudyEventDef", head)
        for name in names:
            yield leaf(4, "FormRef", FormOID=name, Mandatory="No")
        yield "   </StudyEventDef>"


def _forms_of_events(protocol: Protocol, forms: tuple[Form, ...]) -> Iterator[tuple[str, list[str]]]:
    visits = [visit.name for visit in protocol.visits]
    for event in [*visits, _UNSCHEDULED, LOGS]:
        places = {"logs"} if event == LOGS else {"visits"}
        places |= {"screening"} if event == visits[0] else set()
        places |= {"baseline"} if event == protocol.baseline_visit else set()
        yield event, [form.name for form in forms if form.where in places]


def _form(form: Form) -> Lines:
    repeating = "Yes" if form.repeating else "No"
    yield open_element(3, "FormDef", {"OID": form.name, "Name": form.label, "Repeating": repeating})
    yield leaf(4, "ItemGroupRef", ItemGroupOID=f"{form.name}_items", Mandatory="No")
    yield "   </FormDef>"


def _group(form: Form) -> Lines:
    yield open_element(
        3, "ItemGroupDef", {"OID": f"{form.name}_items", "Name": form.label, "Repeating": "No"}
    )
    for field in form.fields:
        for item in _items(field):
            yield leaf(4, "ItemRef", ItemOID=item, Mandatory="No")
    yield "   </ItemGroupDef>"


def _items(field: Field) -> list[str]:
    """Return the items of a field: one, or one for each box."""
    return [f"{field.name}___{code}" for code in field.codes] if field.type == "checkbox" else [field.name]


def _definitions(field: Field) -> Lines:
    for item in _items(field):
        kind = "integer" if field.type == "checkbox" else _TYPES.get(field.type, "text")
        length = {"Length": "200"} if kind == "text" else {"Length": "10"} if kind != "date" else {}
        digits = {"SignificantDigits": "3"} if kind == "float" else {}
        head = {"OID": item, "Name": field.label, "DataType": kind, **length, **digits}
        yield open_element(3, "ItemDef", head)
        yield from translated("Question", field.codes.get(item.partition("___")[2], field.label))
        if field.type == "radio":
            yield leaf(4, "CodeListRef", CodeListOID=f"{field.name}_codes")
        yield "   </ItemDef>"


def _code_list(field: Field) -> Lines:
    yield open_element(3, "CodeList", {"OID": f"{field.name}_codes", "Name": field.label, "DataType": "text"})
    for code, words in field.codes.items():
        yield open_element(4, "CodeListItem", {"CodedValue": code})
        yield from translated("Decode", words, 5)
        yield "    </CodeListItem>"
    yield "   </CodeList>"
