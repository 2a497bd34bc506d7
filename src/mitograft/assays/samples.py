"""Which donor and condition a reading belongs to: what the laboratory knows and the instrument does not.

``samples.csv`` has one row for a set of readings. ``source``, ``group`` and ``position`` say which (an empty
cell stands for all); the most specific row that fits a reading wins. ``donor`` is the independent unit: a
patient, a mouse or an independent culture of a cell line. ``condition`` is the group that is compared.
``note`` is for the reader.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mitograft.assays.readings import Reading
from mitograft.errors import InputError, Violation
from mitograft.tables.check import check
from mitograft.tables.contract import Column, Contract, RawTable

__all__ = ["SAMPLES", "Assigned", "Sample", "assign", "read_samples", "require_known_sources"]

SAMPLES = Contract(
    "samples",
    (
        Column("source", "File name; empty: any file", "text"),
        Column("group", "Group name in the instrument's file; empty: any", "text"),
        Column("position", "Well or field; empty: any", "text"),
        Column("donor", "Independent unit: patient or independent culture", "identifier", filled=True),
        Column("condition", "Group that is compared", "text", filled=True),
        Column("dose", "Dose of mitochondria", "number", required=False, low=0.0),
        Column("dose_unit", "Unit of the dose", "text", required=False),
        Column("note", "Remark; simulated tables say here that they are", "text", required=False),
    ),
    key=("source", "group", "position"),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One row of ``samples.csv``; empty ``source``, ``group`` or ``position`` stand for any."""

    source: str
    group: str
    position: str
    donor: str
    condition: str
    dose: float
    dose_unit: str
    row: int

    def fits(self, reading: Reading) -> bool:
        """Tell whether the row speaks of a reading."""
        pairs = (
            (self.source, reading.source),
            (self.group, reading.group),
            (self.position, reading.position),
        )
        return all(not own or own == theirs or theirs.endswith(f"/{own}") for own, theirs in pairs)

    @property
    def weight(self) -> tuple[bool, bool, bool]:
        """How specific the row is: position before source before group."""
        return bool(self.position), bool(self.source), bool(self.group)


@dataclass(frozen=True, slots=True)
class Assigned:
    """A reading with its donor and condition."""

    reading: Reading
    sample: Sample


def read_samples(raw: RawTable) -> tuple[Sample, ...]:
    """Check a samples table.

    Raises
    ------
    InputError
        With every violation.
    """
    table, violations = check(raw, SAMPLES)
    count = len(table)
    texts = {n: [text or "" for text in table.texts.get(n, [""] * count)] for n in SAMPLES.names()}
    doses = table.numbers.get("dose", np.full(count, np.nan)).tolist()
    samples = tuple(
        Sample(
            source=texts["source"][i],
            group=texts["group"][i],
            position=texts["position"][i],
            donor=texts["donor"][i],
            condition=texts["condition"][i],
            dose=doses[i],
            dose_unit=texts["dose_unit"][i],
            row=int(table.rows[i]),
        )
        for i in range(count)
    )
    violations += [_no_place(raw.source, sample.row) for sample in samples if not any(sample.weight)]
    violations += _repeated(raw.source, samples)
    if violations:
        raise InputError(raw.source, violations)
    return samples


def _no_place(source: str, row: int) -> Violation:
    found, expected = "no source, group or position", "at least one of them"
    return Violation("no-place", found, expected, "Say which readings the row is about.", source, row)


def _repeated(source: str, samples: Sequence[Sample]) -> list[Violation]:
    """Find rows about the same readings; the contract's key leaves out rows with an empty cell in it."""
    first: dict[tuple[str, str, str], int] = {}
    found = []
    for sample in samples:
        place = (sample.source, sample.group, sample.position)
        if place in first and any(place) and not all(place):
            found.append(
                Violation(
                    "duplicate",
                    found=f"the same source, group and position as in row {first[place]}",
                    expected="each combination of source, group and position once",
                    remedy="Keep one of the two rows.",
                    file=source,
                    row=sample.row,
                )
            )
        first.setdefault(place, sample.row)
    return found


def require_known_sources(samples: Sequence[Sample], readings: Iterable[Reading], table: str) -> None:
    """Refuse rows about a file that gave no reading: a wrong name would leave readings without a donor.

    Raises
    ------
    InputError
        One violation for every such row.
    """
    known = {reading.source for reading in readings}
    unknown = [s for s in samples if s.source and not any(f"/{n}".endswith(f"/{s.source}") for n in known)]
    if unknown:
        raise InputError(
            table,
            [
                Violation(
                    "unknown-source",
                    found=repr(sample.source[:80]),
                    expected="the name of a file that was read",
                    remedy="Correct the name, add the file, or remove the row.",
                    file=table,
                    row=sample.row,
                    column="source",
                )
                for sample in unknown
            ],
        )


def assign(
    readings: Iterable[Reading], samples: Sequence[Sample]
) -> tuple[tuple[Assigned, ...], tuple[Reading, ...]]:
    """Give every reading its donor and condition.

    Returns
    -------
    assigned, unassigned
        Readings with the most specific row that fits, and those no row speaks of.
    """
    assigned, unassigned = [], []
    ordered = sorted(samples, key=lambda sample: sample.weight, reverse=True)
    found: dict[tuple[str, str, str], Sample | None] = {}
    for reading in readings:
        place = (reading.source, reading.group, reading.position)
        if place not in found:
            found[place] = next((sample for sample in ordered if sample.fits(reading)), None)
        sample = found[place]
        if sample is None:
            unassigned.append(reading)
        else:
            assigned.append(Assigned(reading, sample))
    return tuple(assigned), tuple(unassigned)
