"""Simulated images.csv with fields and fibre masks for a colony: worse means denser and smaller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mitograft.errors import UsageError
from mitograft.mouse.infiltrate.simulate import FieldTruth, simulate_he
from mitograft.mouse.simulate import SimulatedMouse
from mitograft.provenance import atomic_write_text
from mitograft.tables.contract import Cell
from mitograft.tables.write import format_csv

__all__ = ["ImagesTruth", "simulate_images"]

_MARK = "SIMULATED"


@dataclass(frozen=True)
class ImagesTruth:
    """Truth of the simulated images of a colony.

    Parameters
    ----------
    severity
        Group to severity, 0 (healthy) to 1; frailty of the mouse adds ``between`` of it.
    between
        Standard deviation of severity between mice of a group.
    muscles, blocks, fields
        Muscles, blocks of each, and fields of each block.
    healthy, worst
        Fields of severity 0 and 1; what lies between is interpolated.
    """

    severity: Mapping[str, float] = field(
        default_factory=lambda: {
            "healthy": 0.0,
            "CIM vehicle": 0.8,
            "CIM + PN-101 low": 0.6,
            "CIM + PN-101 high": 0.35,
        }
    )
    between: float = 0.12
    muscles: tuple[str, ...] = ("quadriceps",)
    blocks: int = 1
    fields: int = 1
    healthy: FieldTruth = field(default_factory=lambda: FieldTruth(side_um=300.0, small_share=0.02))
    worst: FieldTruth = field(
        default_factory=lambda: FieldTruth(
            side_um=300.0, small_share=0.3, central_share=0.25, foci_um=(45.0, 30.0), myonuclei=2.0
        )
    )


def simulate_images(
    truth: ImagesTruth, mice: Sequence[SimulatedMouse], folder: Path, rng: np.random.Generator
) -> dict[str, float]:
    """Write ``images.csv`` with fields and fibre masks of every mouse; return the severity of each mouse.

    Excluded mice are photographed like the others. The note column says SIMULATED.

    Raises
    ------
    UsageError
        If a group has no severity, or nothing would be photographed.
    """
    missing = sorted({mouse.group for mouse in mice} - set(truth.severity))
    if missing or truth.blocks < 1 or truth.fields < 1 or not truth.muscles:
        raise UsageError(
            f"Simulated images: found no severity for {len(missing)} groups ({', '.join(missing)}), "
            f"{truth.blocks} blocks, {truth.fields} fields and {len(truth.muscles)} muscles; expected a "
            "severity of each group and at least one of the rest."
        )
    severity: dict[str, float] = {}
    rows: list[dict[str, Cell]] = []
    for mouse in mice:
        mean = truth.severity[mouse.group]
        scatter = truth.between * mouse.frailty if mean > 0.0 else 0.0
        severity[mouse.id] = float(np.clip(mean + scatter, 0.0, 1.0))
        for muscle in truth.muscles:
            for block in range(1, truth.blocks + 1):
                for number in range(1, truth.fields + 1):
                    name = f"{mouse.id}_{muscle}_B{block}_{number}"
                    simulate_he(_between(truth, severity[mouse.id]), folder / f"{name}.ome.tif", rng)
                    rows.append(_row(mouse, muscle, f"B{block}", number, name))
    names = list(rows[0]) if rows else []
    atomic_write_text(folder / "images.csv", format_csv({n: [row[n] for row in rows] for n in names}))
    return severity


def _between(truth: ImagesTruth, severity: float) -> FieldTruth:
    """Return the field of a severity: nuclei, atrophy and the area of the foci grow with it."""
    low, high = truth.healthy, truth.worst

    def mixed(name: str) -> float:
        first, second = float(getattr(low, name)), float(getattr(high, name))
        return first + severity * (second - first)

    radii = tuple(radius * severity**0.5 for radius in high.foci_um if radius * severity**0.5 >= 8.0)
    return replace(
        low,
        small_share=mixed("small_share"),
        central_share=mixed("central_share"),
        myonuclei=mixed("myonuclei"),
        foci_um=radii,
        focus_density=high.focus_density,
    )


def _row(mouse: SimulatedMouse, muscle: str, block: str, number: int, name: str) -> dict[str, Cell]:
    return {
        "file": f"{name}.ome.tif",
        "animal": mouse.id,
        "date": mouse.end_date.isoformat(),
        "muscle": muscle,
        "block": block,
        "section": f"F{number}",
        "fibre_mask": f"{name}_fibres.tif",
        "note": _MARK,
    }
