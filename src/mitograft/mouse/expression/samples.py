"""The table of samples: which sample is which mouse, in which group, with which covariates."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mitograft.errors import Violation
from mitograft.mouse.animals import Colony, read_date
from mitograft.mouse.expression.options import ExpressionOptions
from mitograft.tables.check import check, parse_number
from mitograft.tables.contract import Column, Contract, RawTable, Table
from mitograft.tables.read import read_table

__all__ = ["SAMPLES", "Samples", "read_samples"]

SAMPLES = Contract(
    "expression samples",
    (
        Column("sample", "Name of the sample, as in the counts", "identifier", filled=True),
        Column("animal", "Identifier of the mouse", "identifier", required=False),
        Column("group", "Group, where no animals.csv says it", "text", required=False),
        Column("date", "Day the muscle was taken, YYYY-MM-DD", "text", required=False),
    ),
    key=("sample",),
)


@dataclass(frozen=True)
class Samples:
    """What is known of each sample, in file order; ``animals`` is empty where there is no colony."""

    names: tuple[str, ...]
    animals: tuple[str, ...]
    groups: tuple[str, ...]
    covariates: Mapping[str, tuple[str | float, ...]]
    rows: tuple[int, ...]
    source: str


def read_samples(
    path: Path, options: ExpressionOptions, colony: Colony | None
) -> tuple[Samples, list[Violation]]:
    """Read the table of samples; columns that are not asked for are left alone.

    Returns
    -------
    samples, violations
        Rows with a sample name, each once, and every broken rule.
    """
    raw = read_table(path)
    table, violations = check(_wanted(raw, options), _contract(options, colony))
    texts = {name: [cell or "" for cell in cells] for name, cells in table.texts.items()}
    names = texts.get("sample", [""] * len(table))
    kept = [i for i, name in enumerate(names) if name and names.index(name) == i]
    groups = texts.get("group", [""] * len(table))
    animals = texts.get("animal", [""] * len(table))
    if colony is not None:
        violations += _check_mice(table, animals, groups, colony)
        groups = [colony.animals[a].group if a in colony.animals else "" for a in animals]
    covariates = {name: _values(texts.get(name, [""] * len(table))) for name in options.covariates}
    return Samples(
        tuple(names[i] for i in kept),
        tuple(animals[i] for i in kept) if colony is not None else (),
        tuple(groups[i] for i in kept),
        {name: tuple(cells[i] for i in kept) for name, cells in covariates.items()},
        tuple(int(table.rows[i]) for i in kept),
        raw.source,
    ), violations


def _wanted(raw: RawTable, options: ExpressionOptions) -> RawTable:
    """Return the columns that matter, under our names."""
    own = {"sample": options.sample_column, "animal": options.animal_column, "group": options.group_column}
    names = {ours: theirs for ours, theirs in own.items() if theirs in raw.columns}
    names |= {name: name for name in ("date", *options.covariates) if name in raw.columns}
    return RawTable(raw.source, {ours: raw.columns[theirs] for ours, theirs in names.items()}, raw.rows)


def _contract(options: ExpressionOptions, colony: Colony | None) -> Contract:
    needed = "group" if colony is None else "animal"
    columns = [
        Column(c.name, c.label, c.role, required=c.required or c.name == needed,
               filled=c.filled or c.name == needed)
        for c in SAMPLES.columns
    ]  # fmt: skip
    columns += [Column(name, "Covariate of the design", "text", filled=True) for name in options.covariates]
    return Contract(SAMPLES.name, tuple(columns), SAMPLES.key)


def _check_mice(table: Table, animals: list[str], groups: list[str], colony: Colony) -> list[Violation]:
    """Find unknown mice, groups other than the colony's, dates that are none or lie before birth."""
    rows = [int(row) for row in table.rows]
    violations = colony.unknown(table.source, dict(zip(rows, animals, strict=True)))
    dates = table.texts.get("date", [None] * len(rows))
    for row, name, group, text in zip(rows, animals, groups, dates, strict=True):
        day, broken = read_date(text, table.source, row, "date")
        violations += broken
        mouse = colony.animals.get(name)
        if mouse is None:
            continue
        if group and group != mouse.group:
            remedy = "Correct one of the two files, or leave the group to animals.csv."
            found, expected = "a group other than that of the mouse", f"the group of {colony.source}"
            violations.append(Violation("two-groups", found, expected, remedy, table.source, row, "group"))
        if day is not None and day < mouse.birth_date:
            found, expected = "a date before the birth of the mouse", "a later date"
            violations.append(
                Violation("dates-out-of-order", found, expected, "Correct it.", table.source, row, "date")
            )
    return violations


def _values(cells: list[str]) -> tuple[str | float, ...]:
    """Return a covariate as numbers where every cell is one."""
    numbers = [parse_number(cell) for cell in cells]
    known = [number for number in numbers if number is not None]
    return tuple(known) if len(known) == len(cells) else tuple(cells)
