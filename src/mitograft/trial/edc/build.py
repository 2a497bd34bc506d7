"""Rows of the export to rows of SDTM data sets, by the mapping."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from mitograft.trial.edc.complaints import Complaints
from mitograft.trial.edc.context import Context
from mitograft.trial.edc.evaluate import Evaluator, Used
from mitograft.trial.edc.forms import FormRow, Forms
from mitograft.trial.edc.mapping import EdcMapping, RecordMap, ResultMap, Selection, SupplementMap, TestMap
from mitograft.trial.edc.results import Standardiser, Value
from mitograft.trial.edc.sources import ConstantSource, FieldSource, Source, list_fields
from mitograft.trial.edc.visits import find_visits
from mitograft.trial.sdtm.domains import domain_variables, find_domain

if TYPE_CHECKING:
    from mitograft.trial.protocol import Protocol

__all__ = ["Builder", "BuiltRow", "Qualifier"]


@dataclass(frozen=True, slots=True)
class Qualifier:
    """A supplemental value of one row and the field it comes from."""

    map: SupplementMap
    value: str
    used: Used


@dataclass
class BuiltRow:
    """One row of a data set before its subject is named and its number given."""

    subject: str
    values: dict[str, Value]
    origin: tuple[str, int, str]
    qualifiers: list[Qualifier] = field(default_factory=list)


class Builder:
    """Builds the rows of every data set except DM."""

    def __init__(
        self, mapping: EdcMapping, forms: Forms, protocol: "Protocol", complaints: Complaints
    ) -> None:
        self.mapping, self.forms, self.complaints = mapping, forms, complaints
        self.context = Context(forms)
        self.evaluator = Evaluator(self.context, complaints)
        self.standardiser = Standardiser(mapping, complaints)
        self.visits = find_visits(self.context, mapping, protocol, complaints)
        self.rows: dict[str, list[BuiltRow]] = {}

    def run(self) -> None:
        """Build all rows."""
        for record in self.mapping.records:
            self.rows.setdefault(record.domain, []).extend(self._records(record))
        for result in self.mapping.results:
            self.rows.setdefault(result.domain, []).extend(self._results(result))
        if self.mapping.export.visit_date:
            self.evaluator.fields.add(self.mapping.export.visit_date)
            if "SV" not in self.rows:
                self.rows["SV"] = list(self._visit_rows())

    def _select(self, selection: Selection) -> Iterator[FormRow]:
        if selection.field:
            self.evaluator.fields.add(selection.field)
        for row in self.forms.rows:
            if row.form != selection.form or (selection.events and row.event not in selection.events):
                continue
            if selection.field and self.context.look_up(row, selection.field).value not in selection.values:
                continue
            yield row

    def _records(self, record: RecordMap) -> Iterator[BuiltRow]:
        fields = record.fields()
        for row in self._select(record.selection):
            if fields.isdisjoint(row.values) or self._is_header(row, fields):
                continue
            used = Used()
            values = self._columns(record.domain, record.columns, row, used, record.place)
            qualifiers = [self.qualify(item, row, record.place) for item in record.supplements]
            self._finish(record.domain, values, row, _result_field(record))
            filled = [item for item in qualifiers if item.value]
            yield BuiltRow(row.subject, values, used.origin(row.file, row.row), filled)

    def _is_header(self, row: FormRow, fields: frozenset[str]) -> bool:
        """Whether the row holds only what stands beside the repeating groups the record is made of."""
        return (
            row.parent is None
            and not fields.isdisjoint(self.forms.repeated.get(row.form, ()))
            and not any(name in row.values for name in fields & self.forms.repeated[row.form])
        )

    def _columns(
        self, domain: str, columns: Mapping[str, Source], row: FormRow, used: Used, place: str
    ) -> dict[str, Value]:
        numbers = _numbers(domain)
        values: dict[str, Value] = {}
        for name, source in columns.items():
            text = self.evaluator.of_row(source, row, used, f"{place} {name}")
            if name in numbers:
                values[name] = self.evaluator.number(text, row, next(iter(list_fields(source)), name))
            else:
                values[name] = text or None
        return values

    def qualify(self, item: SupplementMap, row: FormRow, place: str) -> Qualifier:
        """Return a supplemental value of a row."""
        used = Used()
        return Qualifier(item, self.evaluator.of_row(item.value, row, used, f"{place} {item.qnam}"), used)

    def _finish(self, domain: str, values: dict[str, Value], row: FormRow, name: str) -> None:
        """Add the visit and, to a result, its standard form."""
        visit = self.visits.get((row.subject, row.event, row.event_repeat))
        if visit is not None and _has_visit(domain):
            values.setdefault("VISITNUM", visit.number)
            values.setdefault("VISIT", visit.name)
        if find_domain(domain).kind == "findings":
            self.standardiser.standardise(domain, values, row, name)

    def _results(self, result: ResultMap) -> Iterator[BuiltRow]:
        for row in self._select(result.selection):
            for test in result.tests:
                if test.field in row.values:
                    yield self._result(result, test, row)

    def _result(self, result: ResultMap, test: TestMap, row: FormRow) -> BuiltRow:
        used, domain = Used(), result.domain
        place = f"{result.place} {test.testcd}"
        values = self._columns(domain, result.columns, row, used, result.place)

        def take(name: str, constant: str) -> str | None:
            if not name:
                return constant or None
            coded = bool(self.forms.fields[name].choices)
            return self.evaluator.of_row(FieldSource(name, labels=coded), row, used, place) or None

        original = self.evaluator.of_row(FieldSource(test.field, test.codes), row, used, place)
        values[f"{domain}TESTCD"], values[f"{domain}TEST"] = test.testcd, test.test
        values[f"{domain}CAT"] = result.category or None
        values[f"{domain}ORRES"] = original or None
        values[f"{domain}ORRESU"] = take(test.unit_field, test.unit)
        if domain == "LB":
            values["LBORNRLO"] = take(test.low_field, test.low)
            values["LBORNRHI"] = take(test.high_field, test.high)
        values[f"{domain}DTC"] = self._result_date(result, row, used, place)
        self._finish(domain, values, row, test.field)
        return BuiltRow(row.subject, values, used.origin(row.file, row.row))

    def _result_date(self, result: ResultMap, row: FormRow, used: Used, place: str) -> str | None:
        if result.date is not None:
            return self.evaluator.of_row(result.date, row, used, place) or None
        visit = self.visits.get((row.subject, row.event, row.event_repeat))
        if visit is None or not visit.date:
            return None
        used.add(visit.row, self.mapping.export.visit_date)
        return visit.date

    def _visit_rows(self) -> Iterator[BuiltRow]:
        for (subject, _, _), visit in self.visits.items():
            if visit.row is None or not visit.date:
                continue
            values: dict[str, Value] = {
                "VISITNUM": visit.number, "VISIT": visit.name, "SVSTDTC": visit.date, "SVENDTC": visit.date
            }  # fmt: skip
            origin = (visit.row.file, visit.row.row, self.mapping.export.visit_date)
            yield BuiltRow(subject, values, origin)


@cache
def _numbers(domain: str) -> frozenset[str]:
    return frozenset(item.name for item in domain_variables(domain) if item.type == "number")


@cache
def _has_visit(domain: str) -> bool:
    return any(item.name == "VISITNUM" and item.always for item in domain_variables(domain))


def _result_field(record: RecordMap) -> str:
    """Return the field of the result of a record; its variable where that is a constant."""
    name = f"{record.domain}ORRES"
    source = record.columns.get(name, ConstantSource(""))
    return next(iter(list_fields(source)), name)
