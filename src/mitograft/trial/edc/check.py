"""Compare a mapping with the export, the protocol and the controlled terms, before anything is made."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from mitograft.errors import Violation
from mitograft.trial.edc.complaints import Complaints
from mitograft.trial.edc.forms import Forms
from mitograft.trial.edc.mapping import (
    UNSCHEDULED,
    EdcMapping,
    RecordMap,
    ResultMap,
    Selection,
    SupplementMap,
)
from mitograft.trial.edc.sources import CheckboxSource, ConstantSource, FieldSource, Source, list_fields
from mitograft.trial.sdtm.domains import allowed_terms

if TYPE_CHECKING:
    from mitograft.trial.protocol import Protocol

__all__ = ["check_mapping"]

_ARMS = ("ARMCD", "ACTARMCD")


def check_mapping(mapping: EdcMapping, forms: Forms, protocol: "Protocol", complaints: Complaints) -> None:
    """Note every form, field, event, code, visit, arm or term of a mapping that does not exist."""
    checker = _Checker(mapping, forms, protocol, complaints)
    checker.check_export()
    checker.check_visits()
    checker.check_sources("[subject]", "DM", mapping.subject, mapping.subject_supplements)
    for record in mapping.records:
        checker.check_record(record)
    for result in mapping.results:
        checker.check_result(result)


class _Checker:
    """One mapping beside one export."""

    def __init__(
        self, mapping: EdcMapping, forms: Forms, protocol: "Protocol", complaints: Complaints
    ) -> None:
        self.mapping, self.forms, self.protocol, self.complaints = mapping, forms, protocol, complaints

    def check_export(self) -> None:
        """Check the study and the fields [export] names."""
        export = self.mapping.export
        if export.studyid and export.studyid != self.protocol.study:
            self.complaints.note("other-study", "[export] studyid", "the identifier of another study",
                                 self.protocol.study, "Use the mapping of this study.")  # fmt: skip
        for key in ("event", "visit_date"):
            if getattr(export, key):
                self._field(getattr(export, key), f"[export] {key}")
        if export.subject and export.kind == "redcap":
            self._field(export.subject, "[export] subject")

    def check_visits(self) -> None:
        """Check that events are mapped to visits of the protocol, and every event of the export is."""
        planned = [visit.name for visit in self.protocol.visits]
        for event, visit in self.mapping.visits.items():
            if visit and visit not in (*planned, UNSCHEDULED):
                self._unknown("unknown-visit", f"[visits] {event}", visit, [*planned, UNSCHEDULED])
            if visit == UNSCHEDULED and not self.mapping.export.visit_date:
                self.complaints.note("missing-key", "[export] visit_date", "nothing",
                                     "the field with the date of a visit", "Add visit_date.")  # fmt: skip
        for event, (file, row) in self.forms.events.items():
            if event and event not in self.mapping.visits:
                self.complaints.add(
                    Violation("unmapped-event", f"the event {event}", "an event listed in [visits]",
                              'List it; "" says that it is no visit.', file, row)
                )  # fmt: skip

    def check_record(self, record: RecordMap) -> None:
        """Check a [[record]]."""
        if record.domain:
            self._selection(record.selection, record.place)
            self.check_sources(record.place, record.domain, record.columns, record.supplements)

    def check_result(self, result: ResultMap) -> None:
        """Check a [[result]]."""
        if not result.domain:
            return
        self._selection(result.selection, result.place)
        self.check_sources(result.place, result.domain, result.columns)
        for source in [result.date] if result.date is not None else []:
            self._source(source, f"{result.place} date")
        for test in result.tests:
            place = f"{result.place} {test.testcd}"
            for name in test.fields():
                self._field(name, place)
            self._codes(FieldSource(test.field, test.codes), place)
            info = self.forms.fields.get(test.field)
            if info is not None and result.selection.form not in info.forms:
                self.complaints.note("other-form", place, f"{test.field}, a field of another form",
                                     f"a field of {result.selection.form}", "Correct it.")  # fmt: skip

    def check_sources(
        self,
        place: str,
        domain: str,
        columns: Mapping[str, Source],
        supplements: Iterable[SupplementMap] = (),
    ) -> None:
        """Check the sources of a data set and the values they give."""
        for name, source in columns.items():
            self._source(source, f"{place} {name}")
            self._terms(source, domain, name, f"{place} {name}")
        for item in supplements:
            self._source(item.value, f"{place} {item.qnam}")

    def _selection(self, selection: Selection, place: str) -> None:
        if selection.form not in self.forms.forms:
            self._unknown("unknown-form", f"{place} form", selection.form, self.forms.forms)
        for event in selection.events:
            if event not in self.mapping.visits:
                self._unknown("unknown-event", f"{place} events", event, self.mapping.visits)
        if selection.field:
            self._field(selection.field, f"{place} where")

    def _source(self, source: Source, place: str) -> None:
        if isinstance(source, CheckboxSource):
            self._field(source.field, place)
            self._boxes(source, place)
            return
        for name in list_fields(source):
            self._field(name, place)
        if isinstance(source, FieldSource):
            self._codes(source, place)

    def _field(self, name: str, place: str) -> None:
        info = self.forms.fields.get(name)
        if info is None and name != self.forms.subject_field:
            self._unknown("unknown-field", place, name, self.forms.fields)

    def _boxes(self, source: CheckboxSource, place: str) -> None:
        for code, name in zip(source.codes, list_fields(source), strict=True):
            if name not in self.forms.fields and source.field in self.forms.fields:
                self.complaints.note("unknown-choice", place, f"the box {code} of {source.field}",
                                     "a box of the field", "Correct the code.")  # fmt: skip

    def _codes(self, source: FieldSource, place: str) -> None:
        info = self.forms.fields.get(source.field)
        if info is None:
            return
        if info.boxes:
            self.complaints.note("boxes", place, f"{source.field}, a field of boxes", "{ checkbox = ... }",
                                 "Use checkbox instead of field.")  # fmt: skip
        elif source.labels and not info.choices:
            self.complaints.note("no-choices", place, f"labels of {source.field}, which has no choices",
                                 "a field with choices", "Leave out 'labels'.")  # fmt: skip
        for code in source.codes if info.choices else ():
            if code not in info.choices and code not in self.mapping.export.missing:
                self._unknown("unknown-choice", place, code, info.choices)

    def _terms(self, source: Source, domain: str, variable: str, place: str) -> None:
        """Check values that the mapping itself writes."""
        if variable in _ARMS:
            allowed: list[str] = [arm.code for arm in self.protocol.arms]
        else:
            terms = allowed_terms(domain, variable)
            allowed = [] if any(term.extensible for term in terms) else [term.value for term in terms]
        for value in _written(source) if allowed else ():
            if value and value not in allowed:
                self._unknown("unknown-term", place, value, allowed)

    def _unknown(self, rule: str, place: str, found: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(found, names, n=1)
        few = len(names) <= 12
        expected = f"one of {', '.join(names)}" if few else "one the export has"
        remedy = f"Did you mean {near[0]}?" if near else "Correct the name in the mapping."
        self.complaints.note(rule, place, repr(found), expected, remedy)


def _written(source: Source) -> Iterator[str]:
    if isinstance(source, ConstantSource):
        yield source.value
    elif isinstance(source, CheckboxSource):
        yield from [*source.codes.values(), *([source.several] if source.several else [])]
    elif isinstance(source, FieldSource):
        yield from source.codes.values()
