"""Section: where every number comes from."""

from collections.abc import Sequence

from mitograft.evidence import Evidence
from mitograft.provenance import FileRecord, Versions
from mitograft.report.document import Paragraph, Section, Table, TableColumn

__all__ = ["evidence_table", "provenance_section"]

_LONG = 12  # a longer table is opened by the reader


def provenance_section(inputs: Sequence[FileRecord], versions: Versions, command: str, seed: int) -> Section:
    """Show inputs with their hashes, the versions and the command."""
    files = Table(
        "inputs",
        "Files read",
        (
            TableColumn("file", "File"),
            TableColumn("bytes", "Size", "bytes", "right", 0),
            TableColumn("sha256", "SHA-256"),
        ),
        tuple((record.path, record.size, record.sha256) for record in inputs),
        collapsed=len(inputs) > _LONG,
    )
    software = Table(
        "versions",
        "Software",
        (TableColumn("name", "Package"), TableColumn("version", "Version")),
        (
            ("mitograft", versions.mitograft),
            ("Python", versions.python),
            *((name, version) for name, version in sorted(versions.packages.items())),
        ),
        collapsed=True,
    )
    lead = "Every input with its checksum; the same files and versions give the same results, byte for byte."
    text = (
        f"Command: {command}. Seed: {seed} (nothing in this report is random). The manifest beside this page "
        "holds the checksums of all outputs; the audit log lists every run of this folder in a chain "
        "of hashes."
    )
    return Section("provenance", "Provenance", lead, (Paragraph(text), files, software))


def evidence_table(evidence: Sequence[Evidence]) -> Table:
    """Every evidence row, the currency the claims are judged in."""
    return Table(
        "evidence",
        "Evidence rows",
        (
            TableColumn("quantity", "Quantity"),
            TableColumn("contrast", "Contrast"),
            TableColumn("estimate", "Estimate", "", "decimal", 2),
            TableColumn("low", "lower limit", "", "decimal", 2),
            TableColumn("high", "upper limit", "", "decimal", 2),
            TableColumn("unit", "Unit"),
            TableColumn("n", "n", "", "right", 0),
            TableColumn("method", "Method"),
            TableColumn("source", "Source"),
            TableColumn("note", "Remark"),
        ),
        tuple(
            (e.quantity, e.contrast, e.estimate, e.low, e.high, e.unit, e.n, e.method, e.source, e.note)
            for e in evidence
        ),
        note="Intervals are widened by patients whose missing measures leave their response open.",
        collapsed=True,
    )
