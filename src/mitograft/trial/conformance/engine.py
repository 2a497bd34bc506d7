"""Run the rules over the data sets."""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mitograft.errors import UsageError
from mitograft.trial.conformance.conditions.registry import CONDITIONS, NotApplicable
from mitograft.trial.conformance.findings import Checked, Finding, Outcome, RecordRef
from mitograft.trial.conformance.part import Part, domain_of
from mitograft.trial.conformance.rules import Rule, load_rules
from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.protocol import Protocol

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_datasets", "run_rules"]


def check_datasets(
    data: Datasets,
    protocol: Protocol,
    rules: Sequence[Rule] | None = None,
    *,
    lots: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """Check SDTM data sets and return what is wrong, by rule and data set.

    Parameters
    ----------
    data
        The data sets of one study, as they are: any may be absent.
    protocol
        Arms, visits and windows.
    rules
        The rules to run; all by default.
    lots
        Names of the lots that were released; without them the rule about lots is skipped.
    """
    return run_rules(data, protocol, rules, lots=lots).findings


def run_rules(
    data: Datasets,
    protocol: Protocol,
    rules: Sequence[Rule] | None = None,
    *,
    lots: Collection[str] | None = None,
) -> Checked:
    """Check SDTM data sets; say also which rules passed and which were skipped, and why.

    Parameters
    ----------
    data, protocol, rules, lots
        As ``check_datasets``.

    Raises
    ------
    UsageError
        If a rule names a condition that does not exist.
    """
    known = None if lots is None else frozenset(lots)
    parts = [Part(dataset, data, protocol, known) for dataset in data.values()]
    findings: list[Finding] = []
    outcomes: list[Outcome] = []
    for rule in load_rules() if rules is None else rules:
        if rule.condition not in CONDITIONS:
            raise UsageError(f"Rule {rule.id}: found no condition {rule.condition!r}.")
        asked = [part for part in parts if _is_for(rule, part)]
        outcomes += [] if asked else [_absent(rule)]
        for part in asked:
            finding, outcome = _run(rule, part)
            outcomes.append(outcome)
            findings += [finding] if finding else []
    return Checked(tuple(findings), tuple(outcomes))


def _is_for(rule: Rule, part: Part) -> bool:
    return any(name in ("*", part.domain, part.dataset.name, part.kind) for name in rule.domains)


def _absent(rule: Rule) -> Outcome:
    return Outcome(rule.id, "|".join(rule.domains), "skipped", "domain absent")


def _run(rule: Rule, part: Part) -> tuple[Finding | None, Outcome]:
    name = part.dataset.name
    absent = [part.own(item) for item in rule.requires if not part.has(item)]
    if absent:
        return None, Outcome(rule.id, name, "skipped", f"{', '.join(absent)} absent")
    try:
        hits = CONDITIONS[rule.condition](part, rule.arguments)
    except NotApplicable as reason:
        return None, Outcome(rule.id, name, "skipped", str(reason))
    if not hits.height:
        return None, Outcome(rule.id, name, "passed")
    finding = Finding(
        rule.id,
        rule.severity,
        name,
        rule.message.replace("--", part.domain),
        tuple(_references(part.dataset, hits)),
        rule.kind,
        rule.remedy.replace("--", part.domain),
        rule.reference,
    )
    return finding, Outcome(rule.id, name, "fired")


def _references(dataset: Dataset, hits: "pl.DataFrame") -> Iterator[RecordRef]:
    """Name the records, one a row with all its variables, in the order of the data set."""
    import polars as pl

    file = dataset.source or dataset.name
    for (variable,) in hits.filter(pl.col("_row").is_null()).select("variable").iter_rows():
        yield RecordRef(dataset.name, None, None, file, None, variable)
    joined = pl.col("variable").unique(maintain_order=True).str.join(";")
    found = hits.drop_nulls("_row").group_by("_row").agg(joined).sort("_row")
    places = found["_row"]
    subjects = _taken(dataset.frame, "USUBJID", places)
    numbers = _taken(dataset.frame, f"{domain_of(dataset)}SEQ", places)
    origins = _origins(dataset, places, file)
    for subject, number, (name, row), variable in zip(
        subjects, numbers, origins, found["variable"], strict=True
    ):
        yield RecordRef(dataset.name, subject, _whole(number), name, row, variable)


def _taken(frame: "pl.DataFrame", name: str, places: "pl.Series") -> list[Any]:
    return frame[name].gather(places).to_list() if name in frame.columns else [None] * places.len()


def _origins(dataset: Dataset, places: "pl.Series", file: str) -> list[tuple[str, int]]:
    if dataset.origins is None:
        return [(file, place + 1) for place in places]
    return dataset.origins.select("file", "row")[places].rows()


def _whole(value: object) -> int | None:
    """Return a sequence number as a whole number; None where it is none."""
    return int(value) if isinstance(value, float | int) and value == int(value) else None
