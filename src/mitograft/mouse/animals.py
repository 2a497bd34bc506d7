"""Who the animals are: groups, randomisation, dates, exclusions and humane end points."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from mitograft.errors import InputError, Violation, describe_cell
from mitograft.tables.check import check
from mitograft.tables.contract import Column, Contract, RawTable, Table

__all__ = ["ANIMALS", "GROUPS", "Animal", "Colony", "Group", "Role", "read_animals", "read_date"]

Role = Literal["healthy", "control", "treated"]
_ENDS = ("scheduled", "humane end point", "found dead", "other")

GROUPS = Contract(
    "mouse groups",
    (
        Column("group", "Group name", "text", filled=True),
        Column(
            "role", "Part in the study", "category", filled=True, allowed=("healthy", "control", "treated")
        ),
        Column("treatment", "What was given (none, vehicle, PN-101)", "text", filled=True),
        Column("dose", "Dose of one administration; 0 for none or vehicle", "number", filled=True, low=0.0),
        Column("dose_unit", "Unit of the dose", "text"),
        Column("route", "Route of administration", "text", required=False),
        Column("schedule", "Days of treatment after day zero, for example '7; 14'", "text", required=False),
    ),
    key=("group",),
)
ANIMALS = Contract(
    "animals",
    (
        Column("animal", "Identifier of the mouse", "identifier", filled=True),
        Column("group", "Group name of groups.csv", "text", filled=True),
        Column("sex", "Sex", "category", filled=True, allowed=("F", "M")),
        Column("strain", "Strain", "text", filled=True),
        Column("birth_date", "Date of birth, YYYY-MM-DD", "text", filled=True),
        Column(
            "day_zero", "Date of immunisation (healthy mice: of the sham or of day zero)", "text", filled=True
        ),
        Column("cage", "Cage", "text", required=False),
        Column("randomisation_order", "Place in the randomisation list", "number", required=False, low=1.0),
        Column("end_date", "Last day in the study, YYYY-MM-DD", "text", required=False),
        Column("end_reason", "Why the mouse left the study", "category", required=False, allowed=_ENDS),
        Column(
            "excluded",
            "Why the mouse is left out of the analysis; empty where it is not",
            "text",
            required=False,
        ),
    ),
    key=("animal",),
)


@dataclass(frozen=True, slots=True)
class Group:
    """One group of mice and what it was given."""

    name: str
    role: Role
    treatment: str
    dose: float
    dose_unit: str
    route: str = ""
    schedule: str = ""


@dataclass(frozen=True, slots=True)
class Animal:
    """One mouse; ``excluded`` is empty where it belongs to the analysis, ``end_date`` None where unknown."""

    id: str
    group: str
    sex: str
    strain: str
    birth_date: date
    day_zero: date
    cage: str = ""
    order: int | None = None
    end_date: date | None = None
    end_reason: str = ""
    excluded: str = ""

    def day(self, when: date) -> int:
        """Return the days since immunisation (day zero)."""
        return (when - self.day_zero).days


@dataclass(frozen=True)
class Colony:
    """All groups and mice of a study, in the order of the files.

    Parameters
    ----------
    groups, animals
        By name and by identifier.
    source
        The file of the animals, for findings.
    """

    groups: Mapping[str, Group]
    animals: Mapping[str, Animal]
    source: str

    def __iter__(self) -> Iterator[Animal]:
        """Iterate over the mice in file order."""
        return iter(self.animals.values())

    def included(self, group: str | None = None) -> tuple[Animal, ...]:
        """Return the mice that belong to the analysis, of one group or of all."""
        return tuple(a for a in self if not a.excluded and group in (None, a.group))

    def unknown(self, source: str, rows: Mapping[int, str]) -> list[Violation]:
        """Return a violation for every row of a file that names a mouse the colony does not have."""
        return [
            Violation(
                "unknown-animal",
                found="an animal that is not in " + self.source,
                expected="an identifier of that file",
                remedy="Correct the identifier, or add the mouse.",
                file=source,
                row=row,
                column="animal",
            )
            for row, animal in rows.items()
            if animal and animal not in self.animals
        ]


def read_date(text: str | None, source: str, row: int, column: str) -> tuple[date | None, list[Violation]]:
    """Read a date written YYYY-MM-DD; what is wrong with it otherwise. An empty cell is no date."""
    if not text:
        return None, []
    try:
        if len(text) == len("2026-01-31"):
            return date.fromisoformat(text), []
    except ValueError:
        pass
    expected, remedy = "a date written YYYY-MM-DD", "Write the date as year-month-day."
    return None, [Violation("not-a-date", describe_cell(text), expected, remedy, source, row, column)]


def read_animals(animals: RawTable, groups: RawTable) -> Colony:
    """Check the tables of groups and animals.

    Raises
    ------
    InputError
        With every violation of both files: a mouse in two groups, an unknown group, dates out of order.
    """
    known, broken = check(groups, GROUPS)
    table, found = check(animals, ANIMALS)
    described = {group.name: group for group in _groups(known)}
    mice: dict[str, Animal] = {}
    violations = [*broken, *(v for v in found if v.rule != "duplicate"), *_twice(table)]
    for index in range(len(table)):
        animal, more = _animal(table, index, described)
        violations += more
        if animal is not None:
            mice.setdefault(animal.id, animal)
    if violations:
        raise InputError(", ".join(dict.fromkeys(v.file for v in violations)), violations)
    return Colony(described, mice, animals.source)


def _groups(table: Table) -> Iterator[Group]:
    for index in range(len(table)):
        text = {name: (cells[index] or "") for name, cells in table.texts.items()}
        dose = float(table.numbers["dose"][index]) if "dose" in table.numbers else float("nan")
        yield Group(
            text.get("group", ""),
            cast("Role", text.get("role", "")),
            text.get("treatment", ""),
            dose,
            text.get("dose_unit", ""),
            text.get("route", ""),
            text.get("schedule", ""),
        )


def _twice(table: Table) -> Iterator[Violation]:
    """Find mice on several rows; one in two groups is the worse mistake and is named as such."""
    seen: dict[str, tuple[int, str | None]] = {}
    names = table.texts.get("animal", [])
    groups = table.texts.get("group", [None] * len(names))
    for index, (name, group) in enumerate(zip(names, groups, strict=True)):
        if not name:
            continue
        row = int(table.rows[index])
        if name not in seen:
            seen[name] = (row, group)
            continue
        first, before = seen[name]
        rule, found = (
            ("duplicate", f"the same mouse as in row {first}")
            if group == before
            else ("two-groups", f"the mouse of row {first} in another group")
        )
        remedy = "Keep one row." if group == before else "Find out which group is right, and keep that row."
        yield Violation(rule, found, "each mouse once, in one group", remedy, table.source, row, "animal")


def _animal(table: Table, index: int, groups: Mapping[str, Group]) -> tuple[Animal | None, list[Violation]]:
    """Return a mouse and what is wrong with its row; None where no mouse can be made of it."""
    text = {name: (cells[index] or "") for name, cells in table.texts.items()}
    row, broken = int(table.rows[index]), []
    dates: dict[str, date | None] = {}
    for name in ("birth_date", "day_zero", "end_date"):
        dates[name], found = read_date(text.get(name), table.source, row, name)
        broken += found
    if text.get("group") and text["group"] not in groups:
        expected = f"one of the groups {', '.join(groups)}"
        remedy = "Correct it, or describe the group in groups.csv."
        broken.append(Violation("unknown-group", "a group that is not described", expected, remedy,
                                table.source, row, "group"))  # fmt: skip
    broken += _order(dates, table.source, row)
    birth, zero = dates["birth_date"], dates["day_zero"]
    if not text.get("animal") or birth is None or zero is None:
        return None, broken
    order = (
        table.numbers["randomisation_order"][index]
        if "randomisation_order" in table.numbers
        else float("nan")
    )
    animal = Animal(
        id=text["animal"],
        group=text.get("group", ""),
        sex=text.get("sex", ""),
        strain=text.get("strain", ""),
        birth_date=birth,
        day_zero=zero,
        cage=text.get("cage", ""),
        order=int(order) if order == order else None,
        end_date=dates["end_date"],
        end_reason=text.get("end_reason", ""),
        excluded=text.get("excluded", ""),
    )
    return animal, broken


def _order(dates: Mapping[str, date | None], source: str, row: int) -> Iterator[Violation]:
    """Find dates before the one they must follow."""
    words = {"birth_date": "birth", "day_zero": "day zero", "end_date": "the end"}
    for earlier, later in (("birth_date", "day_zero"), ("day_zero", "end_date")):
        first, second = dates[earlier], dates[later]
        if first is not None and second is not None and second < first:
            yield Violation(
                "dates-out-of-order",
                found=f"{words[later]} before {words[earlier]}",
                expected=f"{words[later]} on or after {words[earlier]}",
                remedy="Correct one of the two dates.",
                file=source,
                row=row,
                column=later,
            )
