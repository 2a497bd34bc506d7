"""The plain tables of a study to a folder of SAS transport files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mitograft.errors import InputError, UsageError, Violation
from mitograft.evidence.finding import Finding
from mitograft.mouse.send.check import NOT_ASCII, check_send
from mitograft.mouse.send.domain import SUPPLEMENT, Domain, Record
from mitograft.mouse.send.layouts import is_column_name, make_codes
from mitograft.mouse.send.study import PlainStudy, Supplement, plain_study
from mitograft.mouse.send.write_design import dose_days, write_design
from mitograft.mouse.send.write_findings import write_findings
from mitograft.mouse.send.xport import encode_xpt
from mitograft.provenance import atomic_write_bytes
from mitograft.tables.contract import RawTable

__all__ = ["SEND_TABLES", "SendExport", "make_send", "write_send"]

SEND_TABLES = (
    *("animals", "groups", "weights", "scores", "function", "cytokines"),
    *("metabolites", "organ_weights", "observations", "pools"),
)
"""The plain tables that go to SEND and come back; all but the first two may be absent."""

_LONGEST_ID = 40


@dataclass(frozen=True)
class SendExport:
    """What was written: the domains by name, the files in order, and what a reader should know."""

    domains: Mapping[str, Domain]
    files: tuple[Path, ...]
    findings: tuple[Finding, ...]


def write_send(
    tables: Mapping[str, RawTable],
    folder: Path,
    study_id: str,
    *,
    severity: Mapping[float, str] | None = None,
) -> SendExport:
    """Write a folder of SAS transport files; the same tables give the same bytes.

    Parameters
    ----------
    tables
        ``animals`` and ``groups``, and any of the others of ``SEND_TABLES``, as their files hold them.
    folder
        Where to; made if it does not exist. Nothing is written if anything is wrong.
    study_id
        STUDYID: letters, digits, points, hyphens and underscores.
    severity
        Grade to what it looks like (the levels of the scheme), for MISTRESC.

    Raises
    ------
    UsageError
        If the study has no animals or groups, a table is unknown, or the identifier cannot be one.
    InputError
        With everything that keeps the domains from conforming.
    """
    domains, findings = make_send(tables, study_id, severity=severity)
    found = check_send(domains)
    broken = [violation for violation in found if violation.rule != NOT_ASCII]
    if broken:
        raise InputError("SEND export", broken)
    findings = (*findings, *_foreign_letters(found))
    encoded = {domain.file: encode_xpt(domain) for domain in domains.values()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in encoded.items():
        atomic_write_bytes(folder / name, data)
    return SendExport(domains, tuple(folder / name for name in encoded), findings)


def make_send(
    tables: Mapping[str, RawTable], study_id: str, *, severity: Mapping[float, str] | None = None
) -> tuple[dict[str, Domain], tuple[Finding, ...]]:
    """Return the domains of a study (not yet checked) and what could not be put into them.

    Parameters and errors are those of ``write_send``.
    """
    absent = [name for name in ("animals", "groups") if name not in tables]
    unknown = [name for name in tables if name not in SEND_TABLES]
    allowed = all(c.isalnum() or c in "-._" for c in study_id) and study_id.isascii()
    if absent or unknown or not allowed or not 1 <= len(study_id) <= _LONGEST_ID:
        raise UsageError(
            f"SEND export: found no table {', '.join(absent) or '-'}, unknown tables "
            f"{', '.join(unknown) or '-'} and the identifier {study_id!r}; expected animals and groups, "
            f"others of {', '.join(SEND_TABLES[2:])}, and an identifier of at most {_LONGEST_ID} letters, "
            "digits, points, hyphens and underscores."
        )
    study = plain_study(tables, study_id, severity)
    design, of_mice = write_design(study)
    measured, of_records = write_findings(study)
    records = {**design, **measured}
    domains = {name: _domain(study, name, rows) for name, rows in records.items() if rows}
    domains |= _supplements(study, [*of_mice, *of_records])
    return domains, (*_lost_columns(study), *_no_dates(study))


def _domain(study: PlainStudy, name: str, rows: Sequence[Record]) -> Domain:
    head: dict[str, str] = {"STUDYID": study.id}
    if len(name) == 2:
        head["DOMAIN"] = name
    return Domain.build(name, [{**head, **row} for row in rows])


def _supplements(study: PlainStudy, entries: Sequence[Supplement]) -> dict[str, Domain]:
    rows: dict[str, list[Record]] = {}
    kept = [entry for entry in entries if is_column_name(entry.column)]
    codes = make_codes([entry.column for entry in kept])
    for entry in kept:
        related = {"IDVAR": f"{entry.domain}SEQ", "IDVARVAL": str(entry.sequence)} if entry.sequence else {}
        rows.setdefault(f"{SUPPLEMENT}{entry.domain}", []).append(
            {
                "STUDYID": study.id, "RDOMAIN": entry.domain, **entry.subject, **related,
                "QNAM": codes[entry.column], "QLABEL": entry.column, "QVAL": entry.value,
                "QORIG": "COLLECTED",
            }
        )  # fmt: skip
    return {name: Domain.build(name, records) for name, records in rows.items()}


def _lost_columns(study: PlainStudy) -> list[Finding]:
    return [
        Finding(
            "column-not-exported", "warning", f"{table}.csv", "", "a column whose name SEND cannot carry",
            "Name it in small letters, digits and underscores (at most 40) to have it exported.",
        )
        for table in study.rows
        for column in study.columns(table)
        if not is_column_name(column)
    ]  # fmt: skip


def _no_dates(study: PlainStudy) -> list[Finding]:
    return [
        Finding(
            "no-dose-dates", "note", "groups.csv", name, "treated, without days in the column schedule",
            "Write the days after day zero ('7; 14'); without them EX has no dose of the group.",
        )
        for name, row in study.groups.items()
        if row.get("role") == "treated" and dose_days(row.get("schedule", "")) is None
    ]  # fmt: skip


def _foreign_letters(found: Sequence[Violation]) -> list[Finding]:
    """Say once for each variable that it holds letters outside ASCII."""
    cases: dict[tuple[str, str], list[Violation]] = {}
    for v in found:
        if v.rule == NOT_ASCII:
            cases.setdefault((v.file, v.column or ""), []).append(v)
    return [
        Finding(NOT_ASCII, "warning", file, column, f"{v[0].found} in {len(v)} records", v[0].remedy)
        for (file, column), v in cases.items()
    ]
