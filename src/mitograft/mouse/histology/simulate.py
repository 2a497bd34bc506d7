"""Simulated scores.csv: what two raters would see in the blocks of a colony, from a latent severity.

    ``latent(mouse, t) = peak(group) r(t) + between x frailty``

in points of the scheme, with ``r`` rising to 1 at the peak day and halving every ``half_life`` days after it:
CIM remits by itself. Muscles, blocks and sections scatter around the mouse, raters around the section; each
rater writes down the nearest score of the scheme, as grade and bonus. Nothing here is measured; the days of
onset and remission are assumptions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mitograft.errors import UsageError
from mitograft.mouse.histology.scheme import Scheme
from mitograft.mouse.simulate import SimulatedMouse
from mitograft.provenance import atomic_write_text
from mitograft.tables.contract import Cell
from mitograft.tables.write import format_csv

__all__ = ["RaterTruth", "ScoresTruth", "remission", "simulate_scores"]

_MARK = "SIMULATED"
_NAMES = ("animal", "date", "muscle", "block", "section", "rater", "grade", "bonus", "note")

Rows = list[tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class RaterTruth:
    """A rater's habit: points added to every section, and scatter."""

    name: str
    bias: float = 0.0
    noise: float = 0.3


@dataclass(frozen=True)
class ScoresTruth:
    """Truth of simulated scores.

    Parameters
    ----------
    peak
        Group to mean severity at the peak, in points of the scheme; well below 0 is a group without lesions.
    between, muscles, blocks, sections
        Standard deviations: between mice of a group, muscles of a mouse, blocks of a muscle, sections of a
        block.
    blocks_per_muscle, sections_per_block
        How many were graded.
    raters
        Who graded.
    peak_day, half_life
        Day of the peak (from memory), and days in which severity halves after it (assumed).
    """

    peak: Mapping[str, float] = field(
        default_factory=lambda: {
            "healthy": -3.0,
            "CIM vehicle": 3.5,
            "CIM + PN-101 low": 2.5,
            "CIM + PN-101 high": 1.5,
        }
    )
    between: float = 0.8
    muscles: float = 0.3
    blocks: float = 0.4
    sections: float = 0.2
    blocks_per_muscle: int = 2
    sections_per_block: int = 1
    raters: tuple[RaterTruth, ...] = (RaterTruth("rater A"), RaterTruth("rater B"))
    peak_day: float = 21.0
    half_life: float = 14.0


def remission(day: float, truth: ScoresTruth) -> float:
    """Return the share of the peak severity that is there on a day.

    >>> [remission(day, ScoresTruth()) for day in (0.0, 10.5, 21.0, 35.0)]
    [0.0, 0.5, 1.0, 0.5]
    """
    if day <= truth.peak_day:
        return max(0.0, day / truth.peak_day)
    return float(0.5 ** ((day - truth.peak_day) / truth.half_life))


def simulate_scores(
    truth: ScoresTruth,
    mice: Sequence[SimulatedMouse],
    scheme: Scheme,
    folder: Path,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Write ``scores.csv``; return the latent severity of each mouse, in points.

    Excluded mice are graded like the others: a blinded rater does not know them. The note column says
    SIMULATED. The same truth and generator state give the same bytes.

    Raises
    ------
    UsageError
        If a group has no severity, or nothing would be graded.
    """
    groups = dict.fromkeys(mouse.group for mouse in mice)
    missing = [group for group in groups if group not in truth.peak]
    if missing or truth.blocks_per_muscle < 1 or truth.sections_per_block < 1 or not truth.raters:
        raise UsageError(
            f"Simulated scores: found no severity for {len(missing)} groups ({', '.join(missing)}), "
            f"{truth.blocks_per_muscle} blocks, {truth.sections_per_block} sections, {len(truth.raters)} "
            "raters; expected a severity of each group and at least one of the rest."
        )
    latent: dict[str, float] = {}
    rows: Rows = []
    for mouse in mice:
        day = float((mouse.end_date - mouse.day_zero).days)
        peak = truth.peak[mouse.group]
        # A group without lesions has none on any day.
        course = peak * remission(day, truth) if peak > 0.0 else peak
        latent[mouse.id] = course + truth.between * mouse.frailty
        rows += _grade_mouse(truth, scheme, mouse, latent[mouse.id], rng)
    columns = {name: [row[k] for row in rows] for k, name in enumerate(_NAMES)}
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write_text(folder / "scores.csv", format_csv(columns))
    return latent


def _grade_mouse(
    truth: ScoresTruth, scheme: Scheme, mouse: SimulatedMouse, latent: float, rng: np.random.Generator
) -> Rows:
    rows: Rows = []
    for muscle in scheme.muscles:
        of_muscle = latent + truth.muscles * rng.standard_normal()
        for block in range(1, truth.blocks_per_muscle + 1):
            of_block = of_muscle + truth.blocks * rng.standard_normal()
            for section in range(1, truth.sections_per_block + 1):
                seen = of_block + truth.sections * rng.standard_normal()
                place = (mouse.id, mouse.end_date.isoformat(), muscle, f"B{block}", f"S{section}")
                for rater in truth.raters:
                    read = seen + rater.bias + rater.noise * rng.standard_normal()
                    grade, bonus = _write_down(read, scheme)
                    rows.append((*place, rater.name, grade, "yes" if bonus else "no", _MARK))
    return rows


def _write_down(read: float, scheme: Scheme) -> tuple[float, bool]:
    """Return grade and bonus of the score nearest to what a rater sees; of two, the one without bonus."""
    choices = [(g, bonus) for bonus in (False, True) for g in scheme.grades if not bonus or _takes(g, scheme)]
    return min(choices, key=lambda choice: abs(scheme.points(choice[0], bonus=choice[1]) - read))


def _takes(grade: float, scheme: Scheme) -> bool:
    return grade > 0.0 and scheme.bonus > 0.0
