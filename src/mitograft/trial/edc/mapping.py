"""What a mapping file says (its grammar is in the guide to mapping files)."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from mitograft.trial.edc.sources import DateSource, Source, list_fields
from mitograft.trial.sdtm.units import UnitConversion

__all__ = [
    "UNSCHEDULED",
    "EdcMapping",
    "Export",
    "RecordMap",
    "ResultMap",
    "Selection",
    "SupplementMap",
    "TestMap",
]

UNSCHEDULED = "UNSCHEDULED"


@dataclass(frozen=True, slots=True)
class Export:
    """Which files the export is and how they name subjects, events and missing values."""

    kind: str
    records: tuple[str, ...] = ()
    dictionary: str = ""
    file: str = ""
    studyid: str = ""
    subject: str = ""
    event: str = ""
    visit_date: str = ""
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows of a form count: its name, events (empty: all), a field with the values it must have."""

    form: str
    events: tuple[str, ...] = ()
    field: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SupplementMap:
    """One supplemental qualifier."""

    qnam: str
    label: str
    value: Source
    origin: str = "CRF"
    evaluator: str = ""


@dataclass(frozen=True)
class RecordMap:
    """One row of a data set for each row of a form; ``place`` is how messages name it."""

    domain: str
    selection: Selection
    columns: Mapping[str, Source]
    supplements: tuple[SupplementMap, ...]
    place: str

    def fields(self) -> frozenset[str]:
        """Return the fields that make a row when they are filled in."""
        sources = [*self.columns.values(), *(item.value for item in self.supplements)]
        return frozenset(name for source in sources for name in list_fields(source))


@dataclass(frozen=True, slots=True)
class TestMap:
    """One result of a form: its test, field, unit and limits (each a constant or a field)."""

    testcd: str
    test: str
    field: str
    unit: str = ""
    unit_field: str = ""
    low: str = ""
    high: str = ""
    low_field: str = ""
    high_field: str = ""
    codes: Mapping[str, str] = dataclasses.field(default_factory=dict)

    __test__ = False  # not a test of pytest

    def fields(self) -> tuple[str, ...]:
        """Return the fields it reads."""
        return tuple(name for name in (self.field, self.unit_field, self.low_field, self.high_field) if name)


@dataclass(frozen=True)
class ResultMap:
    """One row of a findings data set for each test of a form."""

    domain: str
    selection: Selection
    category: str
    date: DateSource | None
    tests: tuple[TestMap, ...]
    columns: Mapping[str, Source]
    place: str


@dataclass(frozen=True)
class EdcMapping:
    """A mapping file as read; ``subject`` fills DM."""

    file: str
    export: Export
    visits: Mapping[str, str]
    units: Mapping[str, str]
    subject: Mapping[str, Source]
    subject_supplements: tuple[SupplementMap, ...]
    records: tuple[RecordMap, ...]
    results: tuple[ResultMap, ...]
    conversions: tuple[UnitConversion, ...]
