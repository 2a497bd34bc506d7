"""A folder of SAS transport files to the plain tables of a study, for the same readers and checks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mitograft.errors import InputError, Violation
from mitograft.evidence.finding import Finding
from mitograft.mouse.send.check import check_send
from mitograft.mouse.send.domain import SUPPLEMENT, Domain
from mitograft.mouse.send.read_design import read_design
from mitograft.mouse.send.read_findings import read_findings
from mitograft.mouse.send.records import Import
from mitograft.mouse.send.xport import read_xpt
from mitograft.provenance.faults import fault_of
from mitograft.tables.contract import RawTable

__all__ = ["SendImport", "import_send", "read_domains", "read_send"]

_READ = frozenset({"DM", "TX", "EX", "DS", "POOLDEF", "BW", "XF", "LB", "OM", "MI", "CL"})
_DESIGN = frozenset({"TS", "TA", "TE", "CO"})
_FATAL = frozenset({"several-studies", "not-in-dm", "not-in-pooldef", "duplicate-subject", "variable-type"})
_SHOWN = 5


@dataclass(frozen=True)
class SendImport:
    """The tables of a SEND folder by name, its domains, and what a reader should know of them."""

    tables: Mapping[str, RawTable]
    domains: Mapping[str, Domain]
    findings: tuple[Finding, ...]


def read_send(folder: Path) -> dict[str, RawTable]:
    """Read a SEND folder as plain tables.

    Returns
    -------
    tables
        ``animals`` and ``groups``, and where the folder has them ``weights``, ``scores``, ``function``,
        ``cytokines``, ``metabolites``, ``organ_weights``, ``observations`` and ``pools``, with the columns of
        the files of a study folder. A pooled result has the pool in the column ``animal``.

    Raises
    ------
    InputError
        With everything that keeps the folder from being read.
    """
    return dict(import_send(folder).tables)


def import_send(
    folder: Path,
    *,
    roles: Mapping[str, str] | None = None,
    severity: Mapping[str, float] | None = None,
) -> SendImport:
    """Read a SEND folder as plain tables, with findings.

    Parameters
    ----------
    folder
        Holds ``dm.xpt`` and others.
    roles
        Group to ``healthy``, ``control`` or ``treated``, where the files cannot say it: SEND knows a control,
        but no healthy mice beside diseased ones.
    severity
        Grade of each severity in words (MISEV), where grades are not numbers or ``n OF m``.

    Raises
    ------
    InputError
        If there is no DM, a record names a subject that is not in it, the role of a group or a grade is not
        known, or a unit is none of mass; all of it at once.
    """
    domains = read_domains(folder)
    if "DM" not in domains:
        words = "no dm.xpt", "the subjects of the study", "Add dm.xpt to the folder."
        raise InputError(folder.name, [Violation("missing-domain", *words, "dm.xpt")])
    broken = check_send(domains)
    fatal = [violation for violation in broken if violation.rule in _FATAL]
    known = Import(domains)
    words_of = {word.casefold(): grade for word, grade in (severity or {}).items()}
    tables = {**read_design(known, roles or {}), **read_findings(known, words_of)}
    if fatal or known.violations:
        raise InputError(folder.name, [*fatal, *known.violations])
    findings = (*_conformance(broken), *_unread(domains), *known.findings())
    return SendImport(tables, domains, findings)


def read_domains(folder: Path) -> dict[str, Domain]:
    """Read every transport file of a folder, by name.

    Raises
    ------
    InputError
        If a file is no transport file or is damaged; all such files at once.
    UsageError, EnvironmentFault
        If the folder cannot be read.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".xpt")
    except OSError as error:
        raise fault_of(error, "read", folder) from error
    domains: dict[str, Domain] = {}
    broken: list[Violation] = []
    for path in paths:
        try:
            domain = read_xpt(path)
        except InputError as error:
            broken += error.violations
            continue
        domains[domain.name] = domain
    if broken:
        raise InputError(folder.name, broken)
    return domains


def _conformance(broken: list[Violation]) -> Iterator[Finding]:
    """Say once for each rule and file what does not conform but can be read all the same."""
    grouped: dict[tuple[str, str], list[Violation]] = {}
    for violation in broken:
        grouped.setdefault((violation.rule, violation.file), []).append(violation)
    for (rule, file), cases in grouped.items():
        rows = [str(case.row) for case in cases if case.row is not None]
        more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        place = f"record {', '.join(rows[:_SHOWN])}{more}" if rows else ""
        yield Finding(f"send-{rule}", "warning", file, place, cases[0].found, cases[0].remedy)


def _unread(domains: Mapping[str, Domain]) -> Iterator[Finding]:
    for name, domain in domains.items():
        if name not in _READ | _DESIGN and not name.startswith(SUPPLEMENT):
            found = f"the domain {name} with {len(domain)} records"
            remedy = "No table of a study folder holds such results."
            yield Finding("not-imported", "note", domain.file, "", found, remedy)
