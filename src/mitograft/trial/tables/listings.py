"""Listings: one row a record, in the same form as a table, so that every renderer takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mitograft.evidence import DataKind
from mitograft.tables.typed import number_text
from mitograft.trial.dataset import Dataset
from mitograft.trial.summary.population import Population, equal_to, require_variables
from mitograft.trial.summary.result import Cell, Column, Records, Result, Row
from mitograft.trial.summary.tally import sources_of

if TYPE_CHECKING:
    import polars as pl

    from mitograft.trial.conformance.findings import Finding

__all__ = ["Listing", "list_findings", "list_records"]


@dataclass(frozen=True)
class Listing:
    """What a listing shows.

    Parameters
    ----------
    id, title
        Of the listing.
    columns
        Variable to heading, in order; USUBJID is the label of the row and need not be among them.
    where
        Variables with the value a listed record has.
    sort
        Variables that order the records within a subject.
    """

    id: str
    title: str
    columns: Mapping[str, str]
    where: Mapping[str, str] = field(default_factory=dict)
    sort: tuple[str, ...] = ()


def list_records(
    population: Population, dataset: Dataset, listing: Listing, *, data_kind: DataKind = "measured"
) -> Result:
    """List the records of the subjects of a population, by group and subject.

    Parameters
    ----------
    population, dataset
        Whose records.
    listing
        Which of them, and which variables.
    data_kind
        As in ``Result``.

    Raises
    ------
    InputError
        If a variable is lacking.
    """
    import polars as pl

    require_variables(dataset, ["USUBJID", *listing.columns, *listing.where, *listing.sort])
    people = population.frame.select("USUBJID", "_group")
    frame = dataset.frame.with_row_index("_row")
    wanted = equal_to(listing.where)
    frame = frame if wanted is None else frame.filter(wanted)
    frame = frame.join(people, on="USUBJID", how="inner").sort("_group", "USUBJID", *listing.sort, "_row")
    rows: list[Row] = []
    for i, group in enumerate(population.arms):
        mine = frame.filter(pl.col("_group") == i)
        if mine.height:
            rows.append(Row(f"{group.label} (N={group.size})"))
            rows += _rows(mine, dataset.name, tuple(listing.columns))
    if not rows:
        rows = [Row("No such record.")]
    columns = tuple(Column(words, align="left") for words in listing.columns.values())
    return Result(
        listing.id, listing.title, population.label, "Subject", columns, tuple(rows),
        (f"Records listed: {frame.height}.",), data_kind, sources_of([population.subjects, dataset]),
    )  # fmt: skip


def list_findings(
    findings: Sequence["Finding"], *, id: str = "findings", title: str = "Findings of the data checks",  # noqa: A002
    population: str = "All records", data_kind: DataKind = "measured",
) -> Result:  # fmt: skip
    """List findings of the checks (protocol deviations among them), one row a record.

    Parameters
    ----------
    findings
        As ``mitograft.trial.conformance.check_datasets`` returns them.
    id, title, population, data_kind
        As in ``Result``.
    """
    rows = []
    for finding in findings:
        for record in finding.records or (None,):
            where = (
                "" if record is None else f"{record.dataset} {number_text(record.seq) if record.seq else ''}"
            )
            file = "" if record is None else f"{record.file} {record.row or ''}"
            texts = (finding.severity, finding.domain, where.strip(), finding.message, file.strip())
            subject = (record.usubjid if record is not None else "") or "(whole data set)"
            rows.append(Row(subject, (Cell(finding.rule_id), *(Cell(str(text)) for text in texts))))
    heads = ("Rule", "Severity", "Domain", "Record", "Finding", "File and row")
    columns = tuple(Column(words, align="left") for words in heads)
    count = len(findings)
    return Result(
        id, title, population, "Subject", columns, tuple(rows) or (Row("No finding."),),
        (f"Findings listed: {count}.",), data_kind,
    )  # fmt: skip


def _rows(frame: "pl.DataFrame", dataset: str, names: Sequence[str]) -> list[Row]:
    cells = [[_text(value) for value in frame[name].to_list()] for name in names]
    subjects, places = frame["USUBJID"].to_list(), frame["_row"].to_list()
    rows, before = [], None
    for i, (subject, place) in enumerate(zip(subjects, places, strict=True)):
        texts = tuple(Cell(column[i], (), (Records(dataset, [place]),)) for column in cells)
        rows.append(Row(subject if subject != before else "", texts, 1))
        before = subject
    return rows


def _text(value: object) -> str:
    if isinstance(value, float):
        return number_text(value)
    return "" if value is None else str(value)
