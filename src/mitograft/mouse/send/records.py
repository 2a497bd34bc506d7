"""What the readers of single domains share: subjects, days, supplements, and what was left out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from mitograft.errors import Violation
from mitograft.evidence.finding import Finding
from mitograft.mouse.send.domain import SUPPLEMENT, Domain, iso_date
from mitograft.mouse.send.layouts import Row, is_column_name
from mitograft.tables.contract import Cell, RawTable

__all__ = ["Import", "as_table"]


def as_table(source: str, rows: Sequence[tuple[int, Row]], columns: Sequence[str]) -> RawTable:
    """Return rows as a table: ``columns`` first, whether or not they hold a value, then any others.

    Each row comes with the number of its record, counted from 1.
    """
    names = dict.fromkeys([*columns, *(name for _, row in rows for name in row)])
    cells: dict[str, list[Cell]] = {name: [row.get(name) or None for _, row in rows] for name in names}
    return RawTable(source, cells, [number for number, _ in rows])


@dataclass
class Import:
    """The domains of a folder, and what is learnt while they are read."""

    domains: Mapping[str, Domain]
    violations: list[Violation] = field(default_factory=list)
    left_out: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    subjects: dict[str, str] = field(default_factory=dict)
    references: dict[str, date] = field(default_factory=dict)
    supplements: dict[tuple[str, str, str], Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Learn the subjects and their reference dates, and what supplements say of which record."""
        for subjects, index in self.records("DM"):
            name = subjects.text("USUBJID", index)
            self.subjects[name] = subjects.text("SUBJID", index) or name
            start = iso_date(subjects.text("RFSTDTC", index))
            if start is not None:
                self.references[name] = start
        for name, domain in self.domains.items():
            if name.startswith(SUPPLEMENT):
                self._learn(domain)

    def _learn(self, domain: Domain) -> None:
        for index in range(len(domain)):
            label, value = domain.text("QLABEL", index), domain.text("QVAL", index)
            subject = domain.text("USUBJID", index) or domain.text("POOLID", index)
            if not is_column_name(label):
                remedy = "Only qualifiers whose label is a column of a study folder are read."
                self.leave(
                    domain, "qualifier-not-read", f"the qualifier {domain.text('QNAM', index)}", remedy
                )
                continue
            key = domain.name.removeprefix(SUPPLEMENT), subject, domain.text("IDVARVAL", index)
            self.supplements.setdefault(key, {})[label] = value

    def records(self, name: str) -> Iterator[tuple[Domain, int]]:
        """Yield a domain with each of its records; nothing where the folder does not have it."""
        domain = self.domains.get(name)
        if domain is not None:
            yield from ((domain, index) for index in range(len(domain)))

    def leave(self, domain: Domain, rule: str, what: str, remedy: str) -> None:
        """Note one record that is not read."""
        self.left_out[domain.file, rule, what, remedy] += 1

    def findings(self) -> Iterator[Finding]:
        """Say what was not read, with the number of records."""
        for (file, rule, what, remedy), count in self.left_out.items():
            yield Finding(rule, "note", file, "", f"{what} ({count} record{'s' * (count > 1)})", remedy)

    def animal(self, domain: Domain, index: int) -> str:
        """Return the mouse of a record as animals.csv calls it, or its pool."""
        subject = domain.text("USUBJID", index)
        return self.subjects.get(subject, subject) or domain.text("POOLID", index)

    def day(self, domain: Domain, index: int, start: str = "DTC") -> str:
        """Return the date of a record: of --DTC, or where that is empty from RFSTDTC and --DY."""
        text = domain.text(f"{domain.prefix}{start}", index)
        when = iso_date(text)
        if when is not None:
            return when.isoformat()
        reference = self.references.get(domain.text("USUBJID", index))
        day = domain.number(f"{domain.prefix}{start.replace('DTC', 'DY')}", index)
        if text or reference is None or not float(day).is_integer() or day == 0:
            return text  # incomplete: the reader of the table says so
        return (reference + timedelta(days=int(day) - (day > 0))).isoformat()

    def further(self, domain: Domain, index: int) -> Row:
        """Return what the supplements say of a record."""
        subject = domain.text("USUBJID", index) or domain.text("POOLID", index)
        number = domain.text(f"{domain.prefix}SEQ", index)
        return dict(self.supplements.get((domain.name, subject, number), {}))

    def wrong(self, domain: Domain, rule: str, words: tuple[str, str, str], index: int, column: str) -> None:
        """Note a record from which no row can be made."""
        self.violations.append(Violation(rule, *words, domain.file, index + 1, column))
