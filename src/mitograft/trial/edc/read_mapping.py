"""mapping.toml to what it says; every mistake of grammar in one message."""

import tomllib
from fractions import Fraction
from pathlib import Path

from mitograft.errors import EnvironmentFault, UsageError
from mitograft.tables.problems import refuse
from mitograft.trial.edc.complaints import Complaints
from mitograft.trial.edc.mapping import (
    EdcMapping,
    Export,
    RecordMap,
    ResultMap,
    Selection,
    SupplementMap,
    TestMap,
)
from mitograft.trial.edc.read_source import read_date_source, read_source
from mitograft.trial.edc.section import Section
from mitograft.trial.edc.sources import Source
from mitograft.trial.sdtm.domains import domain_variables, find_domain
from mitograft.trial.sdtm.units import UnitConversion

__all__ = ["read_mapping"]

_MOST_BYTES = 10_000_000
_FINDINGS, _GENERAL = "findings", ("interventions", "events", "findings", "special purpose")
_LONGEST_NAME, _LONGEST_LABEL = 8, 40


def read_mapping(path: Path, complaints: Complaints) -> EdcMapping:
    """Read a mapping file; what is wrong with its grammar goes to ``complaints``.

    Raises
    ------
    UsageError
        If there is no such file.
    InputError
        If it is no TOML.
    EnvironmentFault
        If it cannot be read.
    """
    top = Section(_load(path), "", complaints)
    subject, subject_supplements = _read_subject(Section(top.take("subject") or {}, "[subject]", complaints))
    mapping = EdcMapping(
        path.name,
        _read_export(Section(top.take("export") or {}, "[export]", complaints)),
        top.pairs("visits"),
        top.pairs("units"),
        subject,
        subject_supplements,
        tuple(
            _read_record(Section(table, f"[[record]] {number}", complaints))
            for number, table in enumerate(top.tables("record"), start=1)
        ),
        tuple(
            _read_result(Section(table, f"[[result]] {number}", complaints))
            for number, table in enumerate(top.tables("result"), start=1)
        ),
        tuple(
            _read_conversion(Section(table, f"[[conversion]] {number}", complaints))
            for number, table in enumerate(top.tables("conversion"), start=1)
        ),
    )
    top.close()
    return mapping


def _load(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(
            f"{path.parent}: found no {path.name}; expected one beside the export. "
            "See the guide to mapping files."
        ) from None
    except OSError as fault:
        raise EnvironmentFault(f"{path}: the machine could not read this file ({fault.strerror}).") from None
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as fault:
        where = str(fault) if isinstance(fault, tomllib.TOMLDecodeError) else "no text in UTF-8, or too deep"
        refuse(path.name, "no-toml", f"text that is no TOML: {where}", "a mapping file in TOML",
               "Mend the place named.")  # fmt: skip


def _read_export(section: Section) -> Export:
    kind = section.text("kind", required=True, allowed=("redcap", "odm"))
    export = Export(
        kind,
        records=section.texts("records"),
        dictionary=section.text("dictionary", required=kind == "redcap"),
        file=section.text("file", required=kind == "odm"),
        studyid=section.text("studyid"),
        subject=section.text("subject"),
        event=section.text("event"),
        visit_date=section.text("visit_date"),
        missing=frozenset(section.texts("missing")),
    )
    if kind == "redcap" and not export.records:
        section.note("missing-key", "records", "nothing", "the file of records", "Add records.")
    for name in (*export.records, export.dictionary, export.file):
        if Path(name).is_absolute() or ".." in Path(name).parts:
            section.note("outside-folder", "", "a path out of the folder", "a file beside the mapping",
                         "Put the export beside the mapping file.")  # fmt: skip
    section.close()
    return export


def _read_subject(section: Section) -> tuple[dict[str, Source], tuple[SupplementMap, ...]]:
    supplements = _read_supplements(section)
    columns = _read_columns(section, "DM")
    section.close()
    if section.names() == ():
        section.note("missing-table", "", "no [subject]", "the variables of DM", "Add the table [subject].")
    elif "SITEID" not in columns:
        section.note("missing-key", "SITEID", "nothing", "where the site stands", "Add SITEID.")
    return columns, supplements


def _read_columns(section: Section, domain: str) -> dict[str, Source]:
    """Read the keys in capitals as variables of a domain."""
    known = {item.name for item in domain_variables(domain)}
    columns: dict[str, Source] = {}
    for key in section.names():
        if not key.isupper():
            continue
        value = section.take(key)
        if key not in known or key in ("STUDYID", "DOMAIN", "USUBJID", f"{domain}SEQ"):
            section.note("unknown-variable", key, f"no variable to map in {domain}",
                         f"a variable of {domain} other than its identifiers",
                         "Correct the name, or use a supplement.")  # fmt: skip
            continue
        source = read_source(value, f"{section.place} {key}", section.complaints)
        if source is not None:
            columns[key] = source
    return columns


def _read_domain(section: Section, kinds: tuple[str, ...]) -> str:
    name = section.text("domain", required=True)
    try:
        kind = find_domain(name).kind if name else ""
    except UsageError:
        kind = ""
    if name and (kind not in kinds or name == "DM" or name.startswith("SUPP")):
        section.note("unknown-domain", "domain", repr(name), f"a data set of class {' or '.join(kinds)}",
                     "Correct the name; DM is made by [subject], SUPP-- by supplements.")  # fmt: skip
        return ""
    return name


def _read_selection(section: Section) -> Selection:
    where = section.take("where")
    form, events = section.text("form", required=True), section.texts("events")
    if where is None:
        return Selection(form, events)
    inner = Section(where, f"{section.place} where", section.complaints)
    selection = Selection(form, events, inner.text("field", required=True), inner.texts("values"))
    if not selection.values:
        inner.note("missing-key", "values", "nothing", "the values to take", "Add values.")
    inner.close()
    return selection


def _read_record(section: Section) -> RecordMap:
    domain = _read_domain(section, _GENERAL)
    place = f"{section.place} ({domain})" if domain else section.place
    section.place = place
    selection, supplements = _read_selection(section), _read_supplements(section)
    columns = _read_columns(section, domain) if domain else {}
    if not domain:
        for key in section.names():
            section.take(key)
    section.close()
    return RecordMap(domain, selection, columns, supplements, place)


def _read_supplements(section: Section) -> tuple[SupplementMap, ...]:
    found: list[SupplementMap] = []
    for number, table in enumerate(section.tables("supplement"), start=1):
        inner = Section(table, f"{section.place} supplement {number}", section.complaints)
        qnam, label = inner.text("qnam", required=True), inner.text("label", required=True)
        source = read_source(inner.take("value"), f"{inner.place} value", section.complaints)
        origin, evaluator = inner.text("origin") or "CRF", inner.text("evaluator")
        inner.close()
        if len(qnam) > _LONGEST_NAME or len(label) > _LONGEST_LABEL:
            inner.note("too-long", "qnam", "a name or label that is too long",
                       f"at most {_LONGEST_NAME} and {_LONGEST_LABEL} characters", "Shorten it.")  # fmt: skip
        if source is not None:
            found.append(SupplementMap(qnam, label, source, origin, evaluator))
    return tuple(found)


def _read_result(section: Section) -> ResultMap:
    domain = _read_domain(section, (_FINDINGS,))
    place = f"{section.place} ({domain})" if domain else section.place
    section.place = place
    selection, category = _read_selection(section), section.text("category")
    date = section.take("date")
    source = None if date is None else read_date_source(date, f"{place} date", section.complaints)
    tests = tuple(
        _read_test(Section(table, f"{place} test {number}", section.complaints))
        for number, table in enumerate(section.tables("tests"), start=1)
    )
    columns = _read_columns(section, domain) if domain else {}
    if not domain:
        for key in section.names():
            section.take(key)
    section.close()
    return ResultMap(domain, selection, category, source, tests, columns, place)


def _read_test(section: Section) -> TestMap:
    test = TestMap(
        section.text("testcd", required=True),
        section.text("test", required=True),
        section.text("field", required=True),
        section.text("unit"),
        section.text("unit_field"),
        section.number("low"),
        section.number("high"),
        section.text("low_field"),
        section.text("high_field"),
        section.pairs("codes"),
    )
    for one, other in (("unit", "unit_field"), ("low", "low_field"), ("high", "high_field")):
        if getattr(test, one) and getattr(test, other):
            section.note("two-sources", one, f"both {one} and {other}", "one of them", "Remove one.")
    if len(test.testcd) > _LONGEST_NAME or len(test.test) > _LONGEST_LABEL:
        section.note("too-long", "testcd", "a code or name that is too long",
                     f"at most {_LONGEST_NAME} and {_LONGEST_LABEL} characters", "Shorten it.")  # fmt: skip
    section.close()
    return test


def _read_conversion(section: Section) -> UnitConversion:
    factor, offset = _read_fraction(section, "factor", "1"), _read_fraction(section, "offset", "0")
    if factor <= 0:
        section.note("no-number", "factor", "a factor of zero or less", "a positive factor", "Correct it.")
        factor = Fraction(1)
    names = (section.text("test"), section.text("from", required=True), section.text("to", required=True))
    section.close()
    return UnitConversion(*names, factor, offset)


def _read_fraction(section: Section, key: str, default: str) -> Fraction:
    text = section.text(key, required=key == "factor") or default
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        section.note("no-number", key, "text that is no number", 'a number in quotes, "88.42"', "Correct it.")
        return Fraction(default)
