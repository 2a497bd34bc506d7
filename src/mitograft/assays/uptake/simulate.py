"""Simulated uptake tables and images with a known truth, in the shape a laboratory would send them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mitograft.assays.uptake.simulate_images import ImageTruth, simulate_image
from mitograft.provenance import atomic_write_text
from mitograft.tables.contract import Cell
from mitograft.tables.write import format_csv

__all__ = [
    "GroupTruth",
    "UptakeTruth",
    "image_truth",
    "simulate_cells",
    "simulate_digital",
    "simulate_images",
    "simulate_quantitative",
    "simulate_signals",
    "simulate_two_channels",
    "simulate_uptake",
]

_MARK = "SIMULATED"


@dataclass(frozen=True, slots=True)
class GroupTruth:
    """One group of cells.

    ``taken_up`` is the share of cells with donor mitochondria, ``brightness`` their signal over background,
    ``donor_fraction`` the donor's share of mtDNA; ``potential``, ``jc1`` and ``ros`` are relative to healthy
    cells (1). ``untreated`` marks the control of its plate.
    """

    group: str
    taken_up: float = 0.0
    brightness: float = 300.0
    donor_fraction: float = 0.0
    potential: float = 1.0
    jc1: float = 1.0
    ros: float = 1.0
    untreated: bool = False


@dataclass(frozen=True, slots=True)
class UptakeTruth:
    """Groups on one plate and the noise of the instruments.

    ``background`` and ``spread`` are mean and standard deviation of the signal of a cell without donor
    mitochondria; ``partitions`` and ``copies`` (both alleles, in a partition) belong to digital PCR,
    ``efficiency_donor``, ``efficiency_host``, ``start`` (cycle of the pure allele) and ``cycle_noise`` to
    qPCR; ``noise`` is the relative error of a plate reader; ``images`` are taken of each group, a well each.
    """

    groups: tuple[GroupTruth, ...]
    plate: str = "U1"
    wells: int = 3
    cells: int = 500
    background: float = 100.0
    spread: float = 20.0
    partitions: int = 20000
    copies: float = 0.8
    partition_volume_nl: float = 0.85
    efficiency_donor: float = 0.97
    efficiency_host: float = 1.02
    start: float = 18.0
    cycle_noise: float = 0.12
    mixtures: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3, 0.6, 0.9)
    noise: float = 0.04
    images: int = 3


def simulate_uptake(truth: UptakeTruth, folder: Path, rng: np.random.Generator) -> tuple[Path, ...]:
    """Write the four uptake tables, the images and their table into a folder; return their paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    writers = {
        "uptake_cells.csv": simulate_cells,
        "uptake_signals.csv": simulate_signals,
        "uptake_qpcr.csv": simulate_quantitative,
        "uptake_dpcr.csv": simulate_digital,
    }
    for name, write in writers.items():
        write(truth, folder / name, rng)
    return (*(folder / name for name in writers), *simulate_images(truth, folder, rng))


def image_truth(group: GroupTruth, name: str) -> ImageTruth:
    """Return what an image of a group shows: its share of positive cells, brighter or dimmer mitochondria."""
    ordinary = ImageTruth(name)
    return ImageTruth(
        name,
        taken_up=group.taken_up,
        brightness=ordinary.brightness * group.brightness / GroupTruth("").brightness,
        stray_per_mm2=0.0 if group.untreated else 20.0,
    )


def simulate_images(truth: UptakeTruth, folder: Path, rng: np.random.Generator) -> tuple[Path, ...]:
    """Write images of three channels, one a well, and the table of images; return their paths."""
    rows: list[tuple[Cell, ...]] = []
    paths: list[Path] = []
    for group, well in _wells(replace(truth, wells=truth.images)):
        path = folder / f"uptake_{truth.plate}_{well}.ome.tif"
        simulate_image(image_truth(group, path.name), path, rng)
        role = "untreated" if group.untreated else "sample"
        rows.append((path.name, f"{truth.plate} slide", well, group.group, role, _MARK))
        paths.append(path)
    if rows:
        paths.append(folder / "uptake_images.csv")
        _write(paths[-1], ("image", "plate", "well", "group", "role", "note"), rows)
    return tuple(paths)


def simulate_cells(truth: UptakeTruth, path: Path, rng: np.random.Generator) -> None:
    """Write single-cell signals: normal background, positives brighter by a log-normal signal."""
    rows: list[tuple[Cell, ...]] = []
    for group, well in _wells(truth):
        signals = truth.background + truth.spread * rng.standard_normal(truth.cells)
        positive = rng.random(truth.cells) < group.taken_up
        signals = signals + positive * group.brightness * np.exp(0.3 * rng.standard_normal(truth.cells))
        role = "untreated" if group.untreated else "sample"
        rows += [
            (truth.plate, well, group.group, role, round(float(signal), 2), cell, "RFU", _MARK)
            for cell, signal in enumerate(signals, start=1)
        ]
    names = ("plate", "well", "group", "role", "signal", "cell", "unit", "note")
    _write(path, names, rows)


def simulate_signals(truth: UptakeTruth, path: Path, rng: np.random.Generator) -> None:
    """Write plate-reader signals of all dyes, with blank wells and FCCP in every well."""
    rows: list[tuple[Cell, ...]] = []

    for group, well in _wells(truth):
        role = "control" if group.untreated else "sample"
        means = {
            ("tmrm", "baseline"): 60.0 + 200.0 + 1500.0 * group.potential,
            ("tmrm", "fccp"): 60.0 + 200.0,
            ("jc1_red", "baseline"): 50.0 + 2400.0 * group.jc1,
            ("jc1_green", "baseline"): 50.0 + 1200.0,
            ("mitosox", "baseline"): 40.0 + 500.0 * group.ros,
            ("donor", "baseline"): 30.0 + 0.05 * truth.cells * group.taken_up * group.brightness,
        }
        for (channel, state), mean in means.items():
            value = round(mean * (1 + truth.noise * float(rng.standard_normal())), 2)
            cells = truth.cells if channel == "donor" else None
            rows.append((truth.plate, well, group.group, role, channel, state, value, cells, "RFU", _MARK))
    blanks = {"tmrm": 60.0, "jc1_red": 50.0, "jc1_green": 50.0, "mitosox": 40.0, "donor": 30.0}
    for k in range(1, truth.wells + 1):
        for channel, mean in blanks.items():
            value = round(mean * (1 + truth.noise * float(rng.standard_normal())), 2)
            place = (truth.plate, f"H{k:02d}", "blank", "blank", channel, "baseline")
            rows.append((*place, value, None, "RFU", _MARK))
    names = ("plate", "well", "group", "role", "channel", "state", "value", "cells", "unit", "note")
    _write(path, names, rows)


def simulate_quantitative(truth: UptakeTruth, path: Path, rng: np.random.Generator) -> None:
    """Write threshold cycles: samples, mixtures of known fraction, dilutions of both alleles, no template."""
    tubes: list[tuple[str, str, str, str, float, float | None]] = []
    for group in truth.groups:
        tubes += _both(f"S-{group.group}", group.group, "sample", group.donor_fraction, None)
    for fraction in truth.mixtures:
        tubes += _both(f"M-{fraction:g}", "mixture", "mixture", fraction, fraction)
    for target in ("donor", "host"):
        tubes += [
            (f"D-{target}-{power}", "dilution", "dilution", target, 10.0**-power, 10.0**-power)
            for power in range(5)
        ]
        tubes.append(("NTC", "no template", "no template", target, 0.0, None))
    rows: list[tuple[Cell, ...]] = []
    for sample, group_name, role, target, share, known in tubes:
        for _ in range(truth.wells):
            cycle = _cycle(truth, target, share, rng)
            well = f"T{len(rows) + 1:03d}"
            rows.append((truth.plate, well, group_name, sample, role, target, cycle, known, _MARK))
    names = ("plate", "well", "group", "sample", "role", "target", "ct", "known", "note")
    _write(path, names, rows)


def _both(
    sample: str, group: str, role: str, fraction: float, known: float | None
) -> list[tuple[str, str, str, str, float, float | None]]:
    shares = (("donor", fraction), ("host", 1 - fraction))
    return [(sample, group, role, target, share, known) for target, share in shares]


def _cycle(truth: UptakeTruth, target: str, share: float, rng: np.random.Generator) -> float | None:
    """Return the threshold cycle of an allele that is ``share`` of the template; None where it is absent."""
    if share <= 0:
        return None
    efficiency = truth.efficiency_donor if target == "donor" else truth.efficiency_host
    cycle = truth.start - math.log(share) / math.log1p(efficiency)
    return round(cycle + truth.cycle_noise * float(rng.standard_normal()), 3)


def simulate_digital(truth: UptakeTruth, path: Path, rng: np.random.Generator) -> None:
    """Write digital PCR counts: both alleles in each well, Poisson in the partitions."""
    rows: list[tuple[Cell, ...]] = []
    for group, well in _wells(truth):
        for target, share in (("donor", group.donor_fraction), ("host", 1 - group.donor_fraction)):
            positives = int(rng.binomial(truth.partitions, -math.expm1(-truth.copies * share)))
            place = (truth.plate, well, group.group, f"S-{group.group}", "sample", target)
            rows.append((*place, positives, truth.partitions, truth.partition_volume_nl, _MARK))
    for target in ("donor", "host"):
        place = (truth.plate, "H12", "no template", "NTC", "no template", target)
        rows.append((*place, 0, truth.partitions, truth.partition_volume_nl, _MARK))
    names = (
        *("plate", "well", "group", "sample", "role", "target"),
        *("positives", "partitions", "partition_volume_nl", "note"),
    )
    _write(path, names, rows)


def simulate_two_channels(
    size: int, spots: int, shared: float, rng: np.random.Generator, *, noise: float = 2.0
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return a donor and a host image of round spots, a ``shared`` part of them at the same places.

    Spots are Gaussian (standard deviation 2 pixels, height 100) on a ground of 10 with normal noise.
    """
    own = rng.uniform(0, size, (2 * spots, 2))
    together = round(shared * spots)
    donor = own[:spots]
    host = np.vstack([donor[:together], own[spots : 2 * spots - together]])
    images = [_spots(size, places) + noise * rng.standard_normal((size, size)) for places in (donor, host)]
    return images[0], images[1]


def _spots(size: int, places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    grid = np.arange(size, dtype=float)
    rows = np.exp(-((grid[:, None] - places[:, 0]) ** 2) / 8.0)
    columns = np.exp(-((grid[:, None] - places[:, 1]) ** 2) / 8.0)
    return np.asarray(10.0 + 100.0 * rows @ columns.T)


def _wells(truth: UptakeTruth) -> list[tuple[GroupTruth, str]]:
    """Return a row of wells for each group: A01, A02, ... for the first, B01, ... for the second."""
    letters = "ABCDEFG"
    return [
        (group, f"{letters[k]}{well:02d}")
        for k, group in enumerate(truth.groups)
        for well in range(1, truth.wells + 1)
    ]


def _write(path: Path, names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    atomic_write_text(path, format_csv({name: [row[k] for row in rows] for k, name in enumerate(names)}))
