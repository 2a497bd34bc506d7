"""Section: every unconfirmed value and assumption that a result depends on."""

from collections.abc import Iterable

from mitograft.report.document import Section, Table, TableColumn
from mitograft.study.config import Assumption
from mitograft.tables.parameters import Parameter

__all__ = ["flagged_section"]


def flagged_section(used: Iterable[tuple[str, Parameter]], assumptions: Iterable[Assumption]) -> Section:
    """List flagged parameters with what they affect, and the assumptions of study.toml."""
    values = Table(
        "flagged-values",
        "Unconfirmed values in use",
        (
            TableColumn("id", "Value"),
            TableColumn("value", "Set to"),
            TableColumn("unit", "Unit"),
            TableColumn("status", "Status"),
            TableColumn("affects", "Affects"),
            TableColumn("note", "Remark"),
            TableColumn("citation", "Source"),
        ),
        tuple((p.id, p.value or "not set", p.unit, p.status, what, p.note, p.citation) for what, p in used),
        note="recall: believed, not confirmed in the source; secondary: second-hand; assumed: no "
        "source gives "
        "it; overridden: set by the user. Each can be set under [parameters] of study.toml.",
    )
    texts = Table(
        "assumptions",
        "Assumptions of this study",
        (
            TableColumn("id", "Assumption"),
            TableColumn("text", "What is assumed"),
            TableColumn("affects", "Affects"),
        ),
        tuple((a.id, a.text, a.affects) for a in assumptions),
    )
    lead = (
        f"Results of this report depend on {len(values.rows)} values that are not confirmed by a source, and "
        f"on {len(texts.rows)} assumptions about the data."
    )
    blocks = tuple(table for table in (texts, values) if table.rows)
    return Section("flagged", "Values to confirm", lead, blocks)
