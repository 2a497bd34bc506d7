"""The plain tables of a study, as the makers of domains need them."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from mitograft.mouse.send.domain import iso_date, study_day
from mitograft.mouse.send.layouts import Row, plain_rows
from mitograft.tables.contract import RawTable

__all__ = ["PlainStudy", "Supplement", "plain_study"]


@dataclass(frozen=True, slots=True)
class Supplement:
    """What has no variable of its own: ``subject`` (or pool) and number of the record it belongs to."""

    domain: str
    subject: Mapping[str, str]
    sequence: int | None
    column: str
    value: str


@dataclass(frozen=True)
class PlainStudy:
    """The tables of a study as rows of text.

    Parameters
    ----------
    id
        STUDYID.
    rows
        Table to rows.
    severity
        Grade, as text, to what it looks like; for MISTRESC.
    """

    id: str
    rows: Mapping[str, list[Row]]
    severity: Mapping[str, str] = field(default_factory=dict)

    @functools.cached_property
    def sets(self) -> dict[str, str]:
        """Group to set code, G1 onwards in the order of groups.csv."""
        return {name: f"G{k}" for k, name in enumerate(self.groups, start=1)}

    @functools.cached_property
    def groups(self) -> dict[str, Row]:
        """Group to its row."""
        return {row.get("group", ""): row for row in self.rows.get("groups", [])}

    @functools.cached_property
    def references(self) -> dict[str, date | None]:
        """Mouse to RFSTDTC, which is its day zero."""
        return {
            row.get("animal", ""): iso_date(row.get("day_zero", "")) for row in self.rows.get("animals", [])
        }

    @functools.cached_property
    def pools(self) -> dict[str, list[str]]:
        """Pool to its mice."""
        pools: dict[str, list[str]] = {}
        for row in self.rows.get("pools", []):
            pools.setdefault(row.get("pool", ""), []).append(row.get("animal", ""))
        return pools

    def subject(self, animal: str) -> dict[str, str]:
        """Return USUBJID of a mouse or POOLID of a pool."""
        if animal in self.pools:
            return {"POOLID": animal}
        return {"USUBJID": f"{self.id}-{animal}" if animal else ""}

    def day(self, animal: str, when: str) -> float:
        """Return the study day of a date; NaN where the date or RFSTDTC is not known.

        A pool has the reference date of its mice where they share one.
        """
        mice = {self.references.get(mouse) for mouse in self.pools.get(animal, [animal])}
        reference, day = mice.pop() if len(mice) == 1 else None, iso_date(when)
        return float("nan") if reference is None or day is None else float(study_day(day, reference))

    def columns(self, table: str) -> Iterator[str]:
        """Yield the columns of a table that hold a value."""
        yield from dict.fromkeys(name for row in self.rows.get(table, []) for name in row)


def plain_study(
    tables: Mapping[str, RawTable], study_id: str, severity: Mapping[float, str] | None
) -> PlainStudy:
    """Return the tables as rows of text."""
    words = {f"{grade:g}": text for grade, text in (severity or {}).items()}
    return PlainStudy(study_id, {name: plain_rows(raw) for name, raw in tables.items()}, words)
