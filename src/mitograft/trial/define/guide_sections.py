"""What a reviewer's guide says: sections of paragraphs and tables, before any file format."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from mitograft.evidence import DataKind
from mitograft.tables.parameters import FLAGGED, Parameter, load_rows
from mitograft.trial.adam import Adam, Specification, load_specification
from mitograft.trial.dataset import Datasets
from mitograft.trial.define.content import Content
from mitograft.trial.protocol import Protocol

if TYPE_CHECKING:
    from mitograft.trial.conformance.findings import Finding

__all__ = ["GuideSection", "GuideTable", "guide_sections"]

_KINDS = {
    "measured": "The data were collected.",
    "published": "The data were published by others and are analysed again.",
    "simulated": "SIMULATED DATA: no patient stands behind these data.",
}
_DRAFT = (
    "DRAFT. A program wrote this text from the data sets, their specification and the protocol. A person "
    "must read every statement, complete what is missing and answer for it. Nothing here says that the data "
    "meet what an authority asks."
)
_TO_WRITE = (
    "Source of the data and of their cleaning; who mapped and derived them.",
    "Versions of the dictionaries used for coding, and of the controlled terminology.",
    "Deviations from the protocol and from the analysis plan that a reader must know of.",
    "Reasons for every finding that remains.",
)
_SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class GuideTable:
    """A table: headings, rows, and the share of the width of every column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class GuideSection:
    """A heading with its paragraphs, list and table."""

    title: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    table: GuideTable | None = None


def guide_sections(
    contents: Sequence[Content],
    adam: Adam | Datasets,
    protocol: Protocol,
    *,
    findings: "Sequence[Finding] | None" = None,
    data_kind: DataKind = "measured",
) -> tuple[GuideSection, ...]:
    """Return the sections of the guide.

    Parameters
    ----------
    contents
        What the definition files say, collected data first.
    adam
        The analysis data sets; an ``Adam`` says in addition which choices it rests on.
    protocol
        Arms, visits, window for dose-limiting toxicity.
    findings
        Of the checks of the collected data; None where they were not run.
    data_kind
        Said at the beginning.
    """
    datasets = adam.datasets if isinstance(adam, Adam) else adam
    spec = adam.specification if isinstance(adam, Adam) else load_specification()
    return (
        GuideSection("About this draft", (_DRAFT, _KINDS[data_kind])),
        _arms(protocol),
        _visits(protocol),
        *(_datasets(content) for content in contents),
        _populations(datasets, spec),
        _derivations(contents),
        _imputed(datasets),
        _findings(findings),
        _choices(adam),
        _tables(),
        _notes(adam),
        GuideSection("To be written by the sponsor", points=_TO_WRITE),
    )


def _arms(protocol: Protocol) -> GuideSection:
    rows = tuple(
        (arm.code, arm.name, "not stated" if arm.dose is None else f"{arm.dose:g} {arm.unit}")
        for arm in protocol.arms
    )
    words = (
        f"Study {protocol.study}. The window for dose-limiting toxicity is {protocol.dlt_days} days after "
        f"the first dose. Adverse events and laboratory values are graded by CTCAE {protocol.ctcae}. "
        f"Cut-off: {protocol.cutoff or 'none'}."
    )
    return GuideSection("Study and arms", (words,), (), GuideTable(("Arm", "Name", "Dose"), rows, (2, 5, 3)))


def _visits(protocol: Protocol) -> GuideSection:
    rows = tuple(
        (f"{visit.number:g}", visit.name, f"{visit.day}", f"{visit.before} before, {visit.after} after")
        for visit in protocol.visits
    )
    words = f"Baseline is {protocol.baseline_visit}, the end point is read at {protocol.primary_visit}."
    columns = ("Number", "Visit", "Study day", "Days allowed")
    return GuideSection("Visits", (words,), (), GuideTable(columns, rows, (1, 3, 2, 4)))


def _datasets(content: Content) -> GuideSection:
    rows = tuple(
        (
            dataset.name,
            dataset.label,
            dataset.kind.capitalize(),
            dataset.structure,
            " ".join(item.name for item in sorted(dataset.items, key=lambda item: item.key) if item.key),
            f"{dataset.records}",
        )
        for dataset in content.datasets
    )
    name = {"ADaM": "Analysis data sets", "SDTM": "Collected data sets"}[content.standard]
    columns = ("Name", "Label", "Class", "One row", "Key", "Rows")
    return GuideSection(
        f"{name} ({content.standard})", (), (), GuideTable(columns, rows, (2, 4, 3, 5, 4, 1.6))
    )


def _populations(datasets: Datasets, spec: Specification) -> GuideSection:
    if "ADSL" not in datasets:
        return GuideSection("Populations", ("There is no data set of subjects.",))
    frame = datasets["ADSL"].frame
    rows = tuple(
        (v.name, v.label, v.method, f"{(frame[v.name] == 'Y').sum()} of {frame.height}")
        for v in spec["ADSL"].variables
        if v.role == "population" and v.name in frame.columns
    )
    columns = ("Flag", "Population", "Who", "Subjects")
    return GuideSection("Populations", (), (), GuideTable(columns, rows, (2, 4, 8, 2)))


def _derivations(contents: Iterable[Content]) -> GuideSection:
    rows: dict[tuple[str, str], list[str]] = {}
    for content in contents:
        for dataset in content.datasets:
            for item in dataset.items:
                if item.origin.method and content.standard == "ADaM":
                    rows.setdefault((item.name, item.origin.method), []).append(dataset.name)
    listed = tuple((name, ", ".join(where), method) for (name, method), where in rows.items())
    words = "One row for every derived variable; definitions by parameter are in the definition file."
    columns = ("Variable", "Data sets", "Rule")
    return GuideSection("Derived variables", (words,), (), GuideTable(columns, listed, (2, 3, 10)))


def _imputed(datasets: Datasets) -> GuideSection:
    rows = tuple(
        (name, variable.name, variable.label, str(count))
        for name, dataset in datasets.items()
        for variable in dataset.variables
        if variable.name.endswith(("DTF", "TMF"))
        and (count := dataset.frame[variable.name].len() - dataset.frame[variable.name].null_count())
    )
    if not rows:
        return GuideSection("Imputed dates", ("No date was imputed.",))
    columns = ("Data set", "Flag", "Label", "Rows")
    return GuideSection("Imputed dates", (), (), GuideTable(columns, rows, (2, 2, 6, 1.6)))


def _findings(findings: "Sequence[Finding] | None") -> GuideSection:
    title = "Findings of the checks"
    if findings is None:
        return GuideSection(title, ("No checks were run for this draft.",))
    if not findings:
        return GuideSection(title, ("The checks that were run found nothing.",))
    counts = {kind: sum(len(f.records) for f in findings if f.severity == kind) for kind in _SEVERITIES}
    words = ", ".join(f"{kind}: {count}" for kind, count in counts.items())
    ordered = sorted(findings, key=lambda f: (_SEVERITIES.index(f.severity), f.rule_id, f.domain))
    rows = tuple((f.severity, f.rule_id, f.domain, f.message, str(len(f.records)), "") for f in ordered)
    columns = ("Severity", "Rule", "Data set", "What", "Records", "Explanation")
    told = f"Records by severity: {words}. The explanations are for the sponsor to write."
    return GuideSection(title, (told,), (), GuideTable(columns, rows, (2, 2, 2, 6, 2, 4)))


def _choices(adam: Adam | Datasets) -> GuideSection:
    title = "Choices that nobody has confirmed"
    if not isinstance(adam, Adam):
        return GuideSection(title, ("What the analysis data sets rest on was not handed over.",))
    flagged: list[Parameter] = [*adam.settings.flagged(), *adam.rules.flagged()]
    rows = tuple((p.id, f"{p.value} {p.unit}".strip(), p.status, p.note or p.citation) for p in flagged)
    words = "The analysis data sets depend on these; each needs a source or a decision in the analysis plan."
    columns = ("Choice", "Value", "Status", "Note")
    return GuideSection(title, (words,), (), GuideTable(columns, rows, (3, 4, 2, 7)))


def _tables() -> GuideSection:
    """Count the unconfirmed rows of the tables that come with the program."""
    rows = []
    for table in load_rows("mitograft.trial.define", "flagged_tables.csv"):
        if not files(table["package"]).joinpath("data", table["file"]).is_file():
            continue
        listed = load_rows(table["package"], table["file"])
        count = sum(row["status"] in FLAGGED for row in listed)
        rows.append((table["what"], f"{count} of {len(listed)}"))
    words = "Rows of the tables of the program whose source was not read: recalled, second-hand or assumed."
    columns = ("Table", "Unconfirmed rows")
    return GuideSection("Unconfirmed tables", (words,), (), GuideTable(columns, tuple(rows), (7, 3)))


def _notes(adam: Adam | Datasets) -> GuideSection:
    notes = adam.notes if isinstance(adam, Adam) else ()
    if not notes:
        return GuideSection("What was left out", ("Nothing was noted.",))
    return GuideSection("What was left out", (), tuple(notes))
