"""Criteria of laboratory grades as data: one row says beyond which limit a grade begins.

=========  ================================================
basis      limit
=========  ================================================
value      the number itself, in the unit of the test
uln, lln   number x upper or lower limit of normal
above-uln  upper limit of normal + number
baseline   number x the subject's baseline
=========  ================================================

A grade of the direction ``high`` begins above its limit (at it where ``inclusive``), one of ``low`` below.
``baseline`` says whether the row holds for subjects whose baseline was normal, abnormal (above the upper
limit) or for any; rows with ``symptoms`` hold only for subjects with symptoms.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast

from mitograft.errors import InternalError, UsageError
from mitograft.tables.parameters import FLAGGED, STATUSES, load_rows

__all__ = ["Criterion", "GradingTest", "load_criteria", "load_tests"]

Direction = Literal["low", "high"]
Basis = Literal["value", "uln", "lln", "above-uln", "baseline"]
Baseline = Literal["any", "normal", "abnormal"]

_PACKAGE = "mitograft.trial.coding"
_FILES = {"5.0": "ctcae_5_0.csv"}
_ALLOWED = {
    "direction": {"low", "high"},
    "basis": {"value", "uln", "lln", "above-uln", "baseline"},
    "baseline": {"any", "normal", "abnormal"},
    "inclusive": {"yes", "no"},
    "symptoms": {"yes", "no"},
    "grade": {"1", "2", "3", "4"},
    "status": STATUSES,
}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One row of the table: where a grade of a test begins (see the module's description)."""

    id: str
    test: str
    direction: Direction
    term: str
    grade: int
    basis: Basis
    number: Fraction
    inclusive: bool
    baseline: Baseline
    symptoms: bool
    status: str
    citation: str
    note: str

    @property
    def flagged(self) -> bool:
        """Whether the row is unconfirmed and must be shown beside results."""
        return self.status in FLAGGED

    @property
    def absolute(self) -> bool:
        """Whether the limit has a unit of its own, so that the value must be converted to it."""
        return self.basis in ("value", "above-uln")


@dataclass(frozen=True, slots=True)
class GradingTest:
    """A laboratory test: code, name, unit of its criteria, whether the disease itself raises it.

    ``factors`` turns a value in another unit into ``unit``, keyed by the unit in lower case.
    """

    test: str
    name: str
    unit: str
    disease: bool
    note: str
    factors: dict[str, Fraction]


def load_criteria(version: str = "5.0") -> tuple[Criterion, ...]:
    """Return the criteria of a version of CTCAE, in the order of the file.

    Raises
    ------
    UsageError
        If the version is not there.
    """
    if version not in _FILES:
        raise UsageError(f"CTCAE: found version {version!r}; expected one of {', '.join(_FILES)}.")
    return tuple(_criterion(row) for row in load_rows(_PACKAGE, _FILES[version]))


def load_tests() -> dict[str, GradingTest]:
    """Return the tests by their code (LBTESTCD), with the units their values may come in."""
    units = load_rows(_PACKAGE, "units.csv")
    return {
        row["test"]: GradingTest(
            row["test"],
            row["name"],
            row["unit"],
            row["disease"] == "yes",
            row["note"],
            {
                unit["unit"].lower(): _fraction(unit["factor"])
                for unit in units
                if unit["test"] == row["test"]
            },
        )
        for row in load_rows(_PACKAGE, "tests.csv")
    }


def _criterion(row: dict[str, str]) -> Criterion:
    wrong = [name for name, allowed in _ALLOWED.items() if row[name] not in allowed]
    if wrong or not row["citation"]:
        raise InternalError(f"{_PACKAGE}: bad row {row['id']!r}: {', '.join(wrong) or 'citation'}.")
    return Criterion(
        row["id"],
        row["test"],
        cast("Direction", row["direction"]),
        row["term"],
        int(row["grade"]),
        cast("Basis", row["basis"]),
        _fraction(row["number"]),
        row["inclusive"] == "yes",
        cast("Baseline", row["baseline"]),
        row["symptoms"] == "yes",
        row["status"],
        row["citation"],
        row["note"],
    )


def _fraction(text: str) -> Fraction:
    """Read a number or a quotient of two, for example 10/40.078."""
    above, _, below = text.partition("/")
    return Fraction(above) / Fraction(below or "1")
