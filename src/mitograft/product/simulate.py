"""Simulated lots: the tables a laboratory would send, from a truth that the analysis never sees."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mitograft.product.attributes import load_attributes
from mitograft.provenance import atomic_write_text
from mitograft.tables.contract import Cell
from mitograft.tables.parameters import load_rows
from mitograft.tables.write import format_csv

__all__ = ["DoseTruth", "LotTruth", "ProductTruth", "StabilityTruth", "simulate_product"]

_MARK = "SIMULATED"
_DAY = "2024-01-15"
_TEXTS = (("mtdna_identity", "identity"), ("sterility", "sterility"), ("mycoplasma", "mycoplasma"))


@dataclass(frozen=True, slots=True)
class LotTruth:
    """One lot: factors on the mean of attributes, words of the text attributes, relative potency.

    ``slope`` is the factor on the reference's slope of the dose-response curve; other than 1, the lot's
    curve is not parallel. ``left_out`` names attributes that were not tested.
    """

    lot: str
    factors: Mapping[str, float] = field(default_factory=dict)
    identity: str = "matches donor bank"
    sterility: str = "no growth"
    mycoplasma: str = "not detected"
    potency: float = 1.0
    slope: float = 1.0
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StabilityTruth:
    """One attribute in storage: ``value = start x (1 - loss x time)``, with lot-to-lot spreads and noise."""

    attribute: str
    storage: str
    time_unit: str
    times: tuple[float, ...]
    start: float
    loss: float
    between_starts: float = 0.0
    between_losses: float = 0.0
    noise: float = 0.02


@dataclass(frozen=True, slots=True)
class DoseTruth:
    """A dose planned from a lot: ug of protein, and the hours between storage and injection."""

    lot: str
    dose_ug: float
    hours: float
    on_ice: bool = False


@dataclass(frozen=True, slots=True)
class ProductTruth:
    """What the simulated tables are made from; the first lot is the reference of the potency assays."""

    lots: tuple[LotTruth, ...]
    stability: tuple[StabilityTruth, ...] = ()
    assays: tuple[str, ...] = ("ATP in C2C12",)
    plates: int = 3
    doses: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
    dose_unit: str = "ug/mL"
    replicates: int = 3
    bottom: float = 100.0
    top: float = 250.0
    ec50: float = 20.0
    steepness: float = 1.2
    response_noise: float = 4.0
    doses_planned: tuple[DoseTruth, ...] = ()


def simulate_product(truth: ProductTruth, folder: Path, rng: np.random.Generator) -> tuple[Path, ...]:
    """Write the tables of a folder of lots; return their paths.

    ``lots.csv`` and ``specification.csv`` (the shipped example) always; ``stability.csv``, ``potency.csv``
    and ``doses.csv`` where the truth has them. Every method and storage name begins with SIMULATED, so that
    no table passes for a measured one. The same truth and generator state give the same bytes.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    shipped = load_rows("mitograft.product", "example_specification.csv")
    tables: dict[str, dict[str, list[Cell]]] = {
        "lots.csv": _lots(truth, rng),
        "specification.csv": {name: [row[name] for row in shipped] for name in shipped[0]},
    }
    if truth.stability:
        tables["stability.csv"] = _stability(truth, rng)
    if len(truth.lots) > 1 and truth.assays:
        tables["potency.csv"] = _potency(truth, rng)
    if truth.doses_planned:
        tables["doses.csv"] = _doses(truth)
    for name, columns in tables.items():
        atomic_write_text(folder / name, format_csv(columns))
    return tuple(folder / name for name in tables)


def _lots(truth: ProductTruth, rng: np.random.Generator) -> dict[str, list[Cell]]:
    cards = load_attributes()
    rows: list[tuple[Cell, ...]] = []
    for lot in truth.lots:
        for row in load_rows("mitograft.product", "simulation.csv"):
            name = row["id"]
            mean = float(row["mean"]) * lot.factors.get(name, 1.0)
            own = mean * math.exp(float(row["between_lots"]) * rng.standard_normal())
            for replicate in range(int(row["replicates"])):
                value = own * math.exp(float(row["within_lot"]) * rng.standard_normal())
                if name not in lot.left_out:
                    method = f"{_MARK} {row['method']}"
                    rows.append(
                        (lot.lot, name, _round(value), cards[name].unit, replicate + 1, method, "", _DAY)
                    )
        for name, field_name in _TEXTS:
            if name not in lot.left_out:
                text = getattr(lot, field_name)
                rows.append((lot.lot, name, None, "", 1, f"{_MARK} {cards[name].label}", text, _DAY))
    return _columns(("lot", "attribute", "value", "unit", "replicate", "method", "result_text", "date"), rows)


def _stability(truth: ProductTruth, rng: np.random.Generator) -> dict[str, list[Cell]]:
    cards = load_attributes()
    rows: list[tuple[Cell, ...]] = []
    for part in truth.stability:
        for lot in truth.lots:
            start = part.start + part.between_starts * part.start * rng.standard_normal()
            loss = part.loss + part.between_losses * rng.standard_normal()
            for time in part.times:
                value = start * (1 - loss * time) + part.noise * part.start * rng.standard_normal()
                unit = cards[part.attribute].unit
                storage = f"{_MARK} {part.storage}"
                rows.append(
                    (lot.lot, part.attribute, storage, time, part.time_unit, _round(value), unit, 1, _MARK)
                )
    return _columns(
        ("lot", "attribute", "storage", "time", "time_unit", "value", "unit", "replicate", "method"), rows
    )


def _potency(truth: ProductTruth, rng: np.random.Generator) -> dict[str, list[Cell]]:
    rows: list[tuple[Cell, ...]] = []
    for assay in truth.assays:
        for plate in range(1, truth.plates + 1):
            for k, lot in enumerate(truth.lots):
                for dose in truth.doses:
                    for replicate in range(1, truth.replicates + 1):
                        noise = truth.response_noise * rng.standard_normal()
                        response = _round(_response(truth, lot, dose) + noise)
                        role = "reference" if k == 0 else "test"
                        place = (f"{_MARK} {assay}", f"P{plate}", lot.lot, role)
                        rows.append((*place, dose, truth.dose_unit, response, replicate, _MARK))
    return _columns(("assay", "plate", "lot", "role", "dose", "unit", "response", "replicate", "note"), rows)


def _doses(truth: ProductTruth) -> dict[str, list[Cell]]:
    rows = [
        (plan.lot, plan.dose_ug, "ug", plan.hours, "yes" if plan.on_ice else "no", f"{_MARK} plan")
        for plan in truth.doses_planned
    ]
    return _columns(("lot", "dose", "unit", "hours", "on_ice", "note"), rows)


def _response(truth: ProductTruth, lot: LotTruth, dose: float) -> float:
    relative = (truth.ec50 / (lot.potency * dose)) ** (truth.steepness * lot.slope)
    return float(truth.bottom + (truth.top - truth.bottom) / (1 + relative))


def _round(value: float) -> float:
    """Keep five digits, as an instrument's export does."""
    return float(f"{value:.5g}")


def _columns(names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> dict[str, list[Cell]]:
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}
