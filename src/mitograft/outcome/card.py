"""The card of each instrument: name, range, unit, direction and source, for listings, reports and laws."""

from dataclasses import dataclass
from typing import Literal

from mitograft.tables.parameters import load_rows

__all__ = ["INSTRUMENTS", "Card"]

Better = Literal["up", "down", "neither"]


@dataclass(frozen=True, slots=True)
class Card:
    """What a reader must know of an instrument before reading its score.

    Parameters
    ----------
    name, abbreviation
        Full name and the key in ``INSTRUMENTS``.
    low, high
        Ends of the score's range, in ``unit``.
    unit
        Unit of the score.
    better
        Direction of improvement; ``neither`` for a diagnostic probability.
    citation
        Where the range and rule were read.
    status
        How far they are confirmed: source, derived, secondary or recall.
    note
        When to use the score, and what it is confused with.
    """

    name: str
    abbreviation: str
    low: float
    high: float
    unit: str
    better: Better
    citation: str
    status: str
    note: str = ""


_DIRECTIONS: dict[str, Better] = {"up": "up", "down": "down", "neither": "neither"}


def _card(row: dict[str, str]) -> Card:
    return Card(
        row["name"],
        row["abbreviation"],
        float(row["low"]),
        float(row["high"]),
        row["unit"],
        _DIRECTIONS[row["better"]],
        row["citation"],
        row["status"],
        row["note"],
    )


INSTRUMENTS: dict[str, Card] = {
    row["abbreviation"]: _card(row) for row in load_rows("mitograft.outcome", "instruments.csv")
}
