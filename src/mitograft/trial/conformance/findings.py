"""What the checks have to say: findings with their records, and which rule was run where."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Checked", "Finding", "Outcome", "RecordRef", "Severity", "findings_table", "outcomes_table"]

Severity = Literal["error", "warning", "note"]
_COLUMNS = (
    "rule", "severity", "class", "domain", "message", "remedy", "reference",
    "dataset", "usubjid", "seq", "file", "row", "variable",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecordRef:
    """One record a finding is about: enough to find it, no value of it.

    ``row`` counts as the file's own application does; ``usubjid``, ``seq`` and ``row`` are None where the
    finding concerns a whole data set. ``variable`` names the variables, joined by ``;``.
    """

    dataset: str
    usubjid: str | None
    seq: int | None
    file: str
    row: int | None
    variable: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule broken in a data set.

    Parameters
    ----------
    rule_id, severity, domain, message
        The rule, how bad it is (``error``: analyses would be wrong; ``warning``: look; ``note``: for the
        record), the data set and what is wrong in it.
    records
        Where, in the order of the data set.
    kind, remedy, reference
        Class of the rule, what to do, and the public rules that ask the same.
    """

    rule_id: str
    severity: Severity
    domain: str
    message: str
    records: tuple[RecordRef, ...]
    kind: str = ""
    remedy: str = ""
    reference: str = ""

    def __str__(self) -> str:
        """One line: rule, severity, data set, message, number of records."""
        count = len(self.records)
        what = f"{count} record{'s' if count != 1 else ''}"
        return f"{self.rule_id} {self.severity} {self.domain}: {self.message} ({what})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a rule in a data set: ``passed``, ``fired`` or ``skipped`` with the reason."""

    rule_id: str
    domain: str
    status: Literal["passed", "fired", "skipped"]
    reason: str = ""

    def __str__(self) -> str:
        """One line, for example ``MG-3001 AE skipped: AEENDTC absent``."""
        return f"{self.rule_id} {self.domain} {self.status}{': ' if self.reason else ''}{self.reason}"


@dataclass(frozen=True, slots=True)
class Checked:
    """All findings, by rule and data set, and what became of every rule."""

    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]

    def counts(self) -> dict[str, int]:
        """Return the number of records of each severity."""
        counts = Counter[str]()
        for finding in self.findings:
            counts[finding.severity] += len(finding.records)
        return {severity: counts[severity] for severity in ("error", "warning", "note")}


def findings_table(findings: Iterable[Finding]) -> dict[str, list[str | int | None]]:
    """Return findings as columns, one row a record, in the order given."""
    table: dict[str, list[str | int | None]] = {name: [] for name in _COLUMNS}
    for finding in findings:
        head = (
            finding.rule_id, finding.severity, finding.kind, finding.domain, finding.message,
            finding.remedy, finding.reference,
        )  # fmt: skip
        for ref in finding.records:
            cells = (*head, ref.dataset, ref.usubjid, ref.seq, ref.file, ref.row, ref.variable)
            for name, cell in zip(_COLUMNS, cells, strict=True):
                table[name].append(cell)
    return table


def outcomes_table(outcomes: Sequence[Outcome]) -> dict[str, list[str]]:
    """Return outcomes as columns: rule, domain, status, reason."""
    return {
        "rule": [outcome.rule_id for outcome in outcomes],
        "domain": [outcome.domain for outcome in outcomes],
        "status": [outcome.status for outcome in outcomes],
        "reason": [outcome.reason for outcome in outcomes],
    }
