"""From dates in a table to days since immunisation: what lies before birth or after the end is an error."""

from datetime import date

from mitograft.errors import Violation
from mitograft.mouse.animals import Animal, Colony, read_date
from mitograft.tables.contract import Table

__all__ = ["read_days"]


def read_days(table: Table, colony: Colony) -> tuple[list[int | None], list[Violation]]:
    """Return the day of each row since the immunisation of its mouse, and what is wrong with dates and mice.

    A row without a readable date or a known mouse has no day. Days before the immunisation are negative.
    """
    rows = [int(row) for row in table.rows]
    animals = [cell or "" for cell in table.texts.get("animal", [None] * len(rows))]
    dates = table.texts.get("date", [None] * len(rows))
    violations = colony.unknown(table.source, dict(zip(rows, animals, strict=True)))
    days: list[int | None] = []
    for row, name, text in zip(rows, animals, dates, strict=True):
        when, broken = read_date(text, table.source, row, "date")
        violations += broken
        mouse = colony.animals.get(name)
        if mouse is None or when is None:
            days.append(None)
            continue
        violations += _outside(mouse, when, table.source, row)
        days.append(mouse.day(when))
    return days, violations


def _outside(mouse: Animal, when: date, source: str, row: int) -> list[Violation]:
    if when < mouse.birth_date:
        found, expected = "a date before the birth of the mouse", "a date on or after it"
        remedy = "Correct the date, or the date of birth."
        return [Violation("dates-out-of-order", found, expected, remedy, source, row, "date")]
    if mouse.end_date is not None and when > mouse.end_date:
        found, expected = "a date after the mouse left the study", "a date up to its end_date"
        remedy = "Correct the date, the animal or the end_date of animals.csv."
        return [Violation("after-the-end", found, expected, remedy, source, row, "date")]
    return []
