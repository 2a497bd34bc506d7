"""Simulated cytokines of CIM mice: log-normal between mice, replicates, limits of quantification.

The mean logarithm of a group is that of healthy mice plus the rise of the analyte times the share of the
disease in the group (0 healthy, 1 untreated). Replicates vary around the mouse. What lies outside the limits
is written as laboratories write it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from mitograft.mouse.simulate import SimulatedMouse
from mitograft.provenance import atomic_write_text
from mitograft.tables.contract import Cell
from mitograft.tables.write import format_csv

__all__ = ["AnalyteTruth", "CytokineTruth", "simulate_cytokines", "true_log_ratio"]

_MARK = "SIMULATED"
_NAMES = ("animal", "date", "analyte", "concentration", "unit", "lloq", "uloq", "flag", "replicate", "note")


@dataclass(frozen=True, slots=True)
class AnalyteTruth:
    """Truth of one analyte.

    Parameters
    ----------
    analyte, unit
        As written in the file.
    level
        Median of healthy mice.
    rise
        Factor between untreated and healthy mice.
    between
        Standard deviation of the logarithm between mice of a group.
    lloq, uloq
        Limits of quantification; infinite for no upper one.
    response
        Share of the disease in a group, where this analyte differs from the others.
    """

    analyte: str
    unit: str
    level: float
    rise: float
    between: float = 0.5
    lloq: float = 1.0
    uloq: float = math.inf
    response: Mapping[str, float] = field(default_factory=dict)


_PANEL = (
    AnalyteTruth("IL-6", "pg/mL", 8.0, 6.0, lloq=4.0, uloq=5000.0),
    AnalyteTruth("TNF", "pg/mL", 6.0, 3.0, lloq=5.0, uloq=5000.0),
    AnalyteTruth("IL-1β", "pg/mL", 3.0, 4.0, lloq=5.0, uloq=5000.0),
    AnalyteTruth("IFN-γ", "pg/mL", 5.0, 5.0, lloq=4.0, uloq=5000.0),
    AnalyteTruth("IL-10", "pg/mL", 12.0, 1.5, lloq=8.0, uloq=5000.0),
)


@dataclass(frozen=True)
class CytokineTruth:
    """Truth of a panel.

    Parameters
    ----------
    groups
        Share of the disease in each group: 0 healthy, 1 untreated.
    analytes
        The panel.
    replicates, noise
        Technical replicates, and the standard deviation of the logarithm between them.
    written
        How values below the limit stand in the file: an empty cell with a ``flag``, as ``text`` (``<4``), as
        the ``number`` the instrument extrapolated; ``mixed`` takes turns by analyte.
    """

    groups: Mapping[str, float]
    analytes: tuple[AnalyteTruth, ...] = _PANEL
    replicates: int = 2
    noise: float = 0.08
    written: Literal["flag", "text", "number", "mixed"] = "mixed"


def true_log_ratio(truth: CytokineTruth, analyte: AnalyteTruth, first: str, second: str) -> float:
    """Return the true logarithm of the ratio of geometric means of two groups."""
    shares = [analyte.response.get(group, truth.groups[group]) for group in (first, second)]
    return (shares[0] - shares[1]) * math.log(analyte.rise)


def simulate_cytokines(
    truth: CytokineTruth, folder: Path, mice: Sequence[SimulatedMouse], rng: np.random.Generator
) -> None:
    """Write ``cytokines.csv``: one sample of each mouse, on its last day."""
    table: dict[str, list[Cell]] = {name: [] for name in _NAMES}
    for turn, analyte in enumerate(truth.analytes):
        ways = ("flag", "text", "number")
        written = ways[turn % len(ways)] if truth.written == "mixed" else truth.written
        for mouse in mice:
            share = analyte.response.get(mouse.group, truth.groups[mouse.group])
            own = math.log(analyte.level) + share * math.log(analyte.rise)
            own += analyte.between * float(rng.standard_normal())
            errors = (truth.noise * rng.standard_normal(truth.replicates)).tolist()
            for number, error in enumerate(errors, start=1):
                value = float(f"{math.exp(own + error):.4g}")
                cells = _cells(value, analyte, written)
                cells |= {"animal": mouse.id, "date": mouse.end_date.isoformat(), "note": _MARK}
                cells["replicate"] = str(number) if truth.replicates > 1 else None
                for name, column in table.items():
                    column.append(cells[name])
    atomic_write_text(folder / "cytokines.csv", format_csv(table))


def _cells(value: float, analyte: AnalyteTruth, written: str) -> dict[str, Cell]:
    """Return concentration, flag and limits as the laboratory writes them."""
    cells: dict[str, Cell] = {
        "analyte": analyte.analyte,
        "unit": analyte.unit,
        "lloq": analyte.lloq,
        "uloq": None if math.isinf(analyte.uloq) else analyte.uloq,
        "flag": None,
        "concentration": f"{value:g}",
    }
    side = "below" if value < analyte.lloq else "above" if value > analyte.uloq else ""
    if side and written == "flag":
        cells |= {"concentration": None, "flag": side}
    elif side and written == "text":
        limit = analyte.lloq if side == "below" else analyte.uloq
        cells["concentration"] = f"{'<' if side == 'below' else '>'}{limit:g}"
    return cells
