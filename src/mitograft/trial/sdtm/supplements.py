"""Supplemental qualifiers put back beside their parent records, and related records."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mitograft.errors import Violation
from mitograft.trial.dataset import Dataset, Datasets, Variable

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Relation", "RelationMember", "merge_supplements", "related_records"]

_Rows = Mapping[tuple[str, ...], list[int]]


@dataclass(frozen=True, slots=True)
class RelationMember:
    """One side of a relation: data set, key variable and value (empty: every record), rows found (from 0)."""

    domain: str
    variable: str
    value: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """Records that belong together; ``subject`` is empty where whole data sets are related."""

    id: str
    subject: str
    members: tuple[RelationMember, ...]


def merge_supplements(data: Datasets, domain: str) -> tuple[Dataset, tuple[Violation, ...]]:
    """Put the supplemental qualifiers of a data set beside its own variables.

    Each QNAM becomes a text variable with QLABEL as its label. Numbers in IDVARVAL match as numbers ("1" and
    "1.0" are one sequence number); an empty IDVAR means the one record of the subject.

    Returns
    -------
    dataset, violations
        The parent with its qualifiers (unchanged where there are none), and what could not be merged: no such
        record, two values for one place, a name the parent has already, an IDVAR that is no variable.

    Raises
    ------
    KeyError
        If the parent is not in ``data``.
    """
    parent = data[domain]
    supplement = data.get(f"SUPP{domain}")
    if supplement is None or not supplement.frame.height:
        return parent, ()
    merger = _Merger(parent, supplement)
    merger.run()
    return merger.result(), tuple(merger.violations)


class _Merger:
    """One parent and its supplement."""

    def __init__(self, parent: Dataset, supplement: Dataset) -> None:
        self.parent, self.supplement = parent, supplement
        self.columns: dict[str, list[str | None]] = {}
        self.labels: dict[str, str] = {}
        self.violations: list[Violation] = []
        self.indices: dict[str, _Rows] = {}

    def run(self) -> None:
        """Place every row of the supplement."""
        for number, row in enumerate(self.supplement.frame.iter_rows(named=True)):
            self._place(number, row)

    def _place(self, number: int, row: Mapping[str, str | None]) -> None:
        name, variable = row["QNAM"] or "", row["IDVAR"] or ""
        if not name or name in self.parent.frame.columns:
            self._fault(number, "supplement-name", "QNAM", "a name the parent has already, or none",
                        f"a name that is no variable of {self.parent.name}")  # fmt: skip
            return
        if variable and variable not in self.parent.frame.columns:
            self._fault(number, "supplement-variable", "IDVAR", repr(variable),
                        f"a variable of {self.parent.name}")  # fmt: skip
            return
        rows = self._rows(variable).get(_key(row["USUBJID"], row["IDVARVAL"] if variable else ""), [])
        if not rows:
            self._fault(number, "supplement-without-parent", "IDVARVAL", "no such record",
                        f"the record of {self.parent.name} it belongs to")  # fmt: skip
        for index in rows:
            self._set(number, name, index, row)

    def _set(self, number: int, name: str, index: int, row: Mapping[str, str | None]) -> None:
        values = self.columns.setdefault(name, [None] * self.parent.frame.height)
        self.labels.setdefault(name, row.get("QLABEL") or "")
        if values[index] is not None:
            self._fault(number, "supplement-twice", "QNAM", f"a second {name} of one record", "one value")
        else:
            values[index] = row["QVAL"]

    def _rows(self, variable: str) -> _Rows:
        if variable not in self.indices:
            self.indices[variable] = _index(self.parent.frame, variable)
        return self.indices[variable]

    def _fault(self, number: int, rule: str, column: str, found: str, expected: str) -> None:
        origin = self.supplement.origin(number)
        remedy = "Correct the supplemental record, or its parent."
        self.violations.append(Violation(rule, found, expected, remedy, origin.file, origin.row, column))

    def result(self) -> Dataset:
        """Return the parent with the columns found."""
        import polars as pl

        columns = [pl.Series(name, values, dtype=pl.String) for name, values in self.columns.items()]
        variables = tuple(Variable(name, self.labels[name]) for name in self.columns)
        frame = self.parent.frame.with_columns(columns)
        return replace(self.parent, frame=frame, variables=(*self.parent.variables, *variables))


def _key(subject: str | None, value: object) -> tuple[str, ...]:
    return (subject or "", _plain(value))


def _plain(value: object) -> str:
    """Write a value so that numbers match whatever way they are written."""
    text = "" if value is None else str(value).strip()
    try:
        return f"{float(text):.12g}"
    except ValueError:
        return text


def _index(frame: "pl.DataFrame", variable: str) -> _Rows:
    subjects = frame["USUBJID"].to_list() if "USUBJID" in frame.columns else [""] * frame.height
    values = frame[variable].to_list() if variable else [""] * frame.height
    rows: dict[tuple[str, ...], list[int]] = {}
    for index, (subject, value) in enumerate(zip(subjects, values, strict=True)):
        rows.setdefault(_key(subject, value), []).append(index)
    return rows


def related_records(data: Datasets) -> tuple[Relation, ...]:
    """Read RELREC: which records belong together.

    A row without USUBJID and IDVARVAL relates whole data sets by the values of IDVAR; its member has no rows.

    Returns
    -------
    relations
        By subject and RELID in the order of the file; none without RELREC. A member whose data set or record
        is not there has no rows.
    """
    if "RELREC" not in data:
        return ()
    groups: dict[tuple[str, str], list[RelationMember]] = {}
    for row in data["RELREC"].frame.iter_rows(named=True):
        place = (row["USUBJID"] or "", row["RELID"] or "")
        groups.setdefault(place, []).append(_member(data, row))
    return tuple(Relation(name, subject, tuple(members)) for (subject, name), members in groups.items())


def _member(data: Datasets, row: Mapping[str, str | None]) -> RelationMember:
    domain, variable, value = (row[name] or "" for name in ("RDOMAIN", "IDVAR", "IDVARVAL"))
    return RelationMember(
        domain, variable, value, tuple(_find(data, row["USUBJID"], domain, variable, value))
    )


def _find(data: Datasets, subject: str | None, domain: str, variable: str, value: str) -> Iterator[int]:
    dataset = data.get(domain)
    if dataset is None or variable not in dataset.frame.columns or not (subject and value):
        return
    yield from _index(dataset.frame, variable).get(_key(subject, value), [])
