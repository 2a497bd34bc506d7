"""Placebo arms with known response counts: the shipped ones and the user's own, through one door."""

from dataclasses import dataclass

from mitograft.errors import InputError, Violation
from mitograft.tables.check import check
from mitograft.tables.contract import Column, Contract, RawTable, Table
from mitograft.tables.parameters import FLAGGED, load_rows

__all__ = ["PLACEBO_ARMS", "PlaceboArm", "load_placebo_arms", "read_placebo_arms"]

_COUNTS = ("responders", "n", "undetermined")

PLACEBO_ARMS = Contract(
    "placebo arms",
    (
        Column("trial", "name of the trial", "text", filled=True),
        Column("nct", "registration number", "text", required=False),
        Column("arm", "name of the arm", "text", filled=True),
        Column("population", "diagnoses included", "text", filled=True),
        Column("week", "week of the visit", "number", "weeks", filled=True, low=0),
        Column(
            "threshold",
            "smallest Total Improvement Score of a responder",
            "category",
            filled=True,
            allowed=("20", "30", "40", "45", "60", "70"),
            source="adult 10.1136/annrheumdis-2017-211400, juvenile 10.1136/annrheumdis-2017-211401",
        ),
        Column("responders", "patients who responded", "number", "patients", filled=True, low=0),
        Column("n", "patients whose response is known", "number", "patients", filled=True, low=1),
        Column("undetermined", "patients whose response is not known", "number", required=False, low=0),
        Column("pool", "whether the arm is used by default", "category", filled=True, allowed=("yes", "no")),
        Column(
            "status",
            "how far the counts are confirmed",
            "category",
            filled=True,
            allowed=("source", "derived", "secondary", "recall"),
        ),
        Column("citation", "where the counts come from", "text", filled=True),
        Column("note", "what makes the arm differ", "text", required=False),
    ),
    key=("trial", "arm", "threshold"),
)
"""The columns of a table of placebo arms, one row an arm and threshold.

``week`` is no part of the key: two visits of the same patients must not be counted twice.
"""


@dataclass(frozen=True, slots=True)
class PlaceboArm:
    """Response counts of one placebo (or untreated) arm at one threshold of the Total Improvement Score.

    ``n`` counts the patients whose response is known; ``undetermined`` those left out of ``n`` because
    missing measures leave both answers open.
    """

    trial: str
    nct: str
    arm: str
    population: str
    week: float
    threshold: int
    responders: int
    n: int
    undetermined: int
    pool: bool
    status: str
    citation: str
    note: str = ""

    @property
    def flagged(self) -> bool:
        """Whether the counts are unconfirmed and must be shown beside results."""
        return self.status in FLAGGED


def load_placebo_arms() -> tuple[PlaceboArm, ...]:
    """Return the placebo arms shipped with mitograft."""
    rows = load_rows("mitograft.trial", "placebo_arms.csv")
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return read_placebo_arms(RawTable("placebo_arms.csv", columns, range(2, len(rows) + 2)))


def read_placebo_arms(raw: RawTable) -> tuple[PlaceboArm, ...]:
    """Return the arms of a table that keeps the contract ``PLACEBO_ARMS``.

    Raises
    ------
    InputError
        With every broken rule.
    """
    table, violations = check(raw, PLACEBO_ARMS)
    violations += _count_violations(table)
    if violations:
        raise InputError(raw.source, violations)
    return tuple(_arm(table, i) for i in range(len(table)))


def _count_violations(table: Table) -> list[Violation]:
    found = []
    for i, row in enumerate(int(r) for r in table.rows):
        values = {name: float(table.numbers[name][i]) for name in _COUNTS if name in table.numbers}
        for name, value in values.items():
            if value == value and not value.is_integer():  # a missing cell (NaN) is reported elsewhere
                found.append(_violation(table, row, name, "not-whole", f"{value:g}", "a whole number"))
        responders, n = values.get("responders", float("nan")), values.get("n", float("nan"))
        if responders > n:
            expected = f"at most the {n:g} patients of the arm"
            found.append(_violation(table, row, "responders", "too-many", f"{responders:g}", expected))
    return found


def _violation(table: Table, row: int, column: str, rule: str, found: str, expected: str) -> Violation:
    return Violation(rule, found, expected, "Correct the count.", table.source, row, column)


def _arm(table: Table, i: int) -> PlaceboArm:
    def text(name: str) -> str:
        return (table.texts[name][i] or "") if name in table.texts else ""

    def number(name: str) -> float:
        value = float(table.numbers[name][i]) if name in table.numbers else 0.0
        return value if value == value else 0.0

    return PlaceboArm(
        trial=text("trial"),
        nct=text("nct"),
        arm=text("arm"),
        population=text("population"),
        week=number("week"),
        threshold=int(text("threshold")),
        responders=int(number("responders")),
        n=int(number("n")),
        undetermined=int(number("undetermined")),
        pool=text("pool") == "yes",
        status=text("status"),
        citation=text("citation"),
        note=text("note"),
    )
