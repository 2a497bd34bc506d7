"""Standard units of results and exact conversions to them, both as data files with sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from mitograft.tables.parameters import load_rows

__all__ = ["UnitConversion", "find_conversion", "load_conversions", "standard_unit"]

_ROOM = "mitograft.trial.sdtm"


@dataclass(frozen=True, slots=True)
class UnitConversion:
    """standard = factor × entered + offset; ``testcd`` is empty where it holds for any test."""

    testcd: str
    unit: str
    standard: str
    factor: Fraction
    offset: Fraction = Fraction(0)

    def apply(self, value: Fraction) -> Fraction:
        """Return an entered value in the standard unit, exactly."""
        return self.factor * value + self.offset

    def invert(self, value: Fraction) -> Fraction:
        """Return a standard value in the unit of entry, exactly."""
        return (value - self.offset) / self.factor


@cache
def _standards() -> Mapping[tuple[str, str], str]:
    return {(row["domain"], row["testcd"]): row["unit"] for row in load_rows(_ROOM, "standard_units.csv")}


def standard_unit(domain: str, testcd: str) -> str | None:
    """Return the standard unit of a test; None where the project sets none.

    >>> standard_unit("LB", "CREAT"), standard_unit("QS", "HAQDI")
    ('umol/L', None)
    """
    return _standards().get((domain, testcd))


@cache
def load_conversions() -> tuple[UnitConversion, ...]:
    """Return the shipped conversions."""
    return tuple(
        UnitConversion(row["testcd"], row["from"], row["to"], _number(row["factor"]), _number(row["offset"]))
        for row in load_rows(_ROOM, "conversions.csv")
    )


def _number(text: str) -> Fraction:
    above, _, below = text.partition("/")
    return Fraction(above) / Fraction(below or "1")


def find_conversion(
    testcd: str, unit: str, standard: str, more: tuple[UnitConversion, ...] = ()
) -> UnitConversion | None:
    """Return how a unit is converted: ``more`` before the shipped, of the test before of any test.

    >>> find_conversion("CREAT", "mg/dL", "umol/L").factor
    Fraction(442, 5)
    """
    if unit == standard:
        return UnitConversion(testcd, unit, standard, Fraction(1))
    for known in (more, load_conversions()):
        for test in (testcd, ""):
            for item in known:
                if (item.testcd, item.unit, item.standard) == (test, unit, standard):
                    return item
    return None
