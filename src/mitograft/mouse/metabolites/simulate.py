"""Simulated metabolites.csv of muscle, from a known truth.

    ln level = ln healthy + burden x shift + between x frailty x direction + noise

``burden`` is 0 in healthy mice, 1 in untreated CIM and what a group keeps of it under treatment. Levels and
shifts are assumptions (data/simulated_levels.csv), not measurements.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mitograft.errors import UsageError
from mitograft.mouse.simulate import SimulatedMouse
from mitograft.provenance import atomic_write_text
from mitograft.tables.parameters import load_rows
from mitograft.tables.typed import number_text
from mitograft.tables.write import format_csv

if TYPE_CHECKING:
    from mitograft.tables.contract import Cell

__all__ = ["MetaboliteTruth", "simulate_metabolites"]

_MARK = "SIMULATED"
_NAMES = ("animal", "date", "tissue", "metabolite", "value", "unit", "lloq", "batch", "note")
_DIGITS = 4


@dataclass(frozen=True)
class MetaboliteTruth:
    """Truth of simulated metabolite levels.

    Parameters
    ----------
    burden
        Group to the share of the metabolic shift its mice carry.
    noise, between
        Standard deviations of the logarithm: of each level, and between mice by their frailty.
    batches
        Number of instrument runs; mice are dealt to them in turn.
    slow
        Mice whose muscle was frozen too late: most of their ATP is AMP.
    tissue
        What was sampled.
    """

    burden: Mapping[str, float] = field(
        default_factory=lambda: {
            "healthy": 0.0,
            "CIM vehicle": 1.0,
            "CIM + PN-101 low": 0.7,
            "CIM + PN-101 high": 0.3,
        }
    )
    noise: float = 0.15
    between: float = 0.1
    batches: int = 1
    slow: tuple[str, ...] = ()
    tissue: str = "gastrocnemius"


def simulate_metabolites(
    truth: MetaboliteTruth, mice: Sequence[SimulatedMouse], folder: Path, rng: np.random.Generator
) -> dict[str, dict[str, float]]:
    """Write ``metabolites.csv``; return the true level of each metabolite of each mouse.

    Levels below the limit are written as '<limit'. The note says SIMULATED. The same truth and generator
    state give the same bytes.

    Raises
    ------
    UsageError
        If a group has no burden, or there is no batch.
    """
    missing = sorted({mouse.group for mouse in mice} - set(truth.burden))
    if missing or truth.batches < 1:
        raise UsageError(
            f"Simulated metabolites: found no burden for {', '.join(missing) or '-'} and {truth.batches} "
            "batches; expected a burden of each group and at least one batch."
        )
    table = load_rows("mitograft.mouse.metabolites", "simulated_levels.csv")
    rows: list[tuple[Cell, ...]] = []
    levels: dict[str, dict[str, float]] = {}
    for place, mouse in enumerate(mice):
        levels[mouse.id] = _levels(truth, mouse, table, rng)
        batch = f"run {place % truth.batches + 1}"
        for row in table:
            level, limit = levels[mouse.id][row["id"]], float(row["lloq"])
            text = f"<{row['lloq']}" if level < limit else number_text(float(f"{level:.{_DIGITS}g}"))
            day = mouse.end_date.isoformat()
            rows.append((mouse.id, day, truth.tissue, row["id"], text, row["unit"], limit, batch, _MARK))
    folder.mkdir(parents=True, exist_ok=True)
    columns = {name: [row[k] for row in rows] for k, name in enumerate(_NAMES)}
    atomic_write_text(folder / "metabolites.csv", format_csv(columns))
    return levels


def _levels(
    truth: MetaboliteTruth,
    mouse: SimulatedMouse,
    table: Sequence[Mapping[str, str]],
    rng: np.random.Generator,
) -> dict[str, float]:
    noise = rng.standard_normal(len(table))
    found: dict[str, float] = {}
    for row, random in zip(table, noise.tolist(), strict=True):
        shift = float(row["shift"])
        # The frailest mice are shifted further; healthy mice are not.
        ill = truth.burden[mouse.group] * shift + (
            math.copysign(truth.between, shift) * mouse.frailty if mouse.role != "healthy" else 0.0
        )
        found[row["id"]] = float(row["healthy"]) * math.exp(ill + truth.noise * random)
    if mouse.id in truth.slow:
        found["amp"] += 0.7 * found["atp"]
        found["atp"] *= 0.3
    return found
