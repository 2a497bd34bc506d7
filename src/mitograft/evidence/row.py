"""One row of evidence and the rules it keeps."""

import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Literal, cast, get_args

from mitograft.errors import UsageError, Violation, describe_cell

__all__ = ["COLUMNS", "NUMBERS", "TEXTS", "DataKind", "Evidence", "filter_evidence", "row_violations"]

DataKind = Literal["measured", "published", "simulated"]

NUMBERS = ("estimate", "low", "high", "level")
TEXTS = ("quantity", "contrast", "unit", "method", "source", "data_kind", "note")
_FILLED = ("quantity", "unit", "method", "source")
_LARGEST_COUNT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """One estimate with its interval and where it comes from.

    Parameters
    ----------
    quantity
        What is estimated, for example ``response rate``.
    contrast
        What is compared with what, for example ``PN-101 vs placebo``; empty for a single group.
    estimate, low, high
        The estimate and the ends of its interval, in ``unit``; NaN where there is none. An end may be
        infinite.
    level
        Confidence or credible level of the interval, between 0 and 1, for example 0.95.
    unit
        Unit of the estimate; ``1`` for a plain number.
    n
        Number of experimental units (donors, mice, patients) behind it.
    method
        How it was computed, for example ``Clopper-Pearson``.
    source
        The file or publication it comes from.
    data_kind
        ``measured``, ``published`` or ``simulated``.
    note
        Anything a reader must know.

    Raises
    ------
    UsageError
        If a field breaks a rule; all broken rules are named.
    """

    quantity: str
    contrast: str
    estimate: float
    low: float
    high: float
    level: float
    unit: str
    n: int
    method: str
    source: str
    data_kind: DataKind
    note: str = ""

    def __post_init__(self) -> None:
        broken = row_violations({field.name: getattr(self, field.name) for field in fields(self)})
        if broken:
            raise UsageError("Evidence: " + "; ".join(str(violation) for violation in broken))
        for name in NUMBERS:
            object.__setattr__(self, name, float(getattr(self, name)))
        object.__setattr__(self, "n", int(self.n))


COLUMNS = tuple(field.name for field in fields(Evidence))


def filter_evidence(
    rows: Iterable[Evidence], *, quantity: str | None = None, contrast: str | None = None
) -> tuple[Evidence, ...]:
    """Return the rows of that quantity and that contrast, in order; None takes all."""
    return tuple(
        row
        for row in rows
        if (quantity is None or row.quantity == quantity) and (contrast is None or row.contrast == contrast)
    )


def row_violations(row: Mapping[str, object]) -> list[Violation]:
    """Return every rule that the values of a row break; ``row`` holds all columns."""
    checked = [_text_violation(name, row[name]) for name in TEXTS]
    checked += [_number_violation(name, row[name]) for name in NUMBERS]
    checked.append(_count_violation(row["n"]))
    listed = [violation for violation in checked if violation]
    if not {violation.column for violation in listed} & set(NUMBERS):
        listed += _interval_violations({name: float(cast("float", row[name])) for name in NUMBERS})
    return listed


def _violation(rule: str, column: str, found: str, expected: str, remedy: str) -> Violation:
    return Violation(rule, found, expected, remedy, column=column)


def _text_violation(name: str, value: object) -> Violation | None:
    if not isinstance(value, str):
        return _violation("not-text", name, describe_cell(value), "text", "Give it as text.")
    if any("\ud800" <= c <= "\udfff" for c in value):
        return _violation(
            "not-text", name, "half a character", "text that UTF-8 can hold", "Correct the text."
        )
    if name in _FILLED and not value.strip():
        return _violation("empty", name, describe_cell(value), "a text that is not empty", "Fill it in.")
    if name == "data_kind" and value not in get_args(DataKind):
        expected = f"one of {', '.join(get_args(DataKind))}"
        return _violation("unknown-value", name, describe_cell(value), expected, "Correct it.")
    return None


def _number_violation(name: str, value: object) -> Violation | None:
    try:
        if not isinstance(value, bool) and isinstance(value, numbers.Real):
            float(value)
            return None
    except OverflowError:
        pass
    remedy = "Give a number, or NaN where there is none."
    return _violation("not-a-number", name, describe_cell(value), "a number", remedy)


def _count_violation(value: object) -> Violation | None:
    whole = not isinstance(value, bool) and isinstance(value, numbers.Integral)
    if whole and 0 <= cast("int", value) <= _LARGEST_COUNT:
        return None
    return _violation("not-a-count", "n", describe_cell(value), "a whole number of at least 0", "Correct it.")


def _interval_violations(row: Mapping[str, float]) -> list[Violation]:
    listed: list[Violation] = []
    if not 0 < row["level"] < 1:
        expected = "a level between 0 and 1, such as 0.95"
        listed.append(_violation("off-scale", "level", repr(row["level"]), expected, "Correct the level."))
    for lower, upper in (("low", "estimate"), ("estimate", "high"), ("low", "high")):
        if row[lower] > row[upper]:
            found = f"{lower} {row[lower]!r} above {upper} {row[upper]!r}"
            listed.append(
                _violation("out-of-order", lower, found, "low <= estimate <= high", "Correct the interval.")
            )
    return listed
