"""Plates with a known truth, written as the files a laboratory has: tidy tables, grids, bead-assay exports.

Everything random comes from the given generator, and the same generator gives the same bytes. Every file says
that it is simulated where its format has room for it.
"""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mitograft.assays.plate.wells import LayoutWell, Role, place_of, well_name
from mitograft.statistics.curve_model import Curve
from mitograft.tables.contract import Cell
from mitograft.tables.write import format_csv

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "BeadAssayTruth",
    "CellPlateTruth",
    "simulate_bead_assay",
    "simulate_grid_export",
    "simulate_layout",
    "simulate_tidy_plate",
]

_ROWS, _COLUMNS = 8, 12
_MARK = "SIMULATED"


@dataclass(frozen=True)
class CellPlateTruth:
    """A 96-well plate of cells: what is true of it and how it is disturbed.

    Parameters
    ----------
    barcode
        Plate; it begins with ``SIMULATED`` in the files.
    donors
        Level of the injured cells without treatment, as a share of the healthy control, by donor.
    doses, dose_unit
        Doses of the preparation, 0 included where untreated injured cells are wanted.
    ec50, slope, rescue
        The dose response: share of what is missing that is restored at a high dose (``rescue``).
    preparation
        Name of the preparation.
    replicates
        Wells of each donor and dose.
    control_signal, blank_signal
        Signal of a healthy control well (blank included) and of a well without cells.
    cv
        Coefficient of variation of a well.
    row_drift, column_drift
        True change of the signal across the plate, as a share.
    standards
        Standard concentrations; signals follow the power law ``blank + factor * dose^exponent``.
    standard_factor, standard_exponent
        That power law.
    """

    barcode: str
    donors: Mapping[str, float] = field(default_factory=lambda: {"D1": 0.45, "D2": 0.5})
    doses: tuple[float, ...] = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0)
    dose_unit: str = "ug/mL"
    ec50: float = 8.0
    slope: float = 1.2
    rescue: float = 0.8
    preparation: str = "PN-101"
    replicates: int = 4
    control_signal: float = 100_000.0
    blank_signal: float = 800.0
    cv: float = 0.05
    row_drift: float = 0.0
    column_drift: float = 0.0
    standards: tuple[float, ...] = ()
    standard_factor: float = 50_000.0
    standard_exponent: float = 1.0

    @property
    def plate(self) -> str:
        """The plate's name in the files."""
        return f"{_MARK} {self.barcode}"

    def response(self, donor: str, dose: float) -> float:
        """Return the true share of the healthy control at a dose."""
        injured = self.donors[donor]
        top = injured + self.rescue * (1.0 - injured)
        curve = Curve(-self.slope, injured, max(top, injured + 1e-12), math.log(self.ec50))
        return float(curve.response([dose])[0])


@dataclass(frozen=True)
class BeadAssayTruth:
    """A multiplex bead assay: standard curves by analyte, and true concentrations by sample.

    Parameters
    ----------
    batch
        Batch; it begins with ``SIMULATED`` in the file.
    curves
        Curve of each analyte; fluorescence against concentration.
    top, steps, factor
        Highest standard by analyte, number of standards, dilution from one to the next.
    samples
        Concentration by sample and analyte, undiluted.
    dilution
        Dilution of every sample.
    cv
        Coefficient of variation of the fluorescence.
    unit
        Unit of the concentrations.
    """

    batch: str
    curves: Mapping[str, Curve]
    top: Mapping[str, float]
    samples: Mapping[str, Mapping[str, float]]
    steps: int = 8
    factor: float = 4.0
    dilution: float = 2.0
    cv: float = 0.05
    unit: str = "pg/mL"


def simulate_tidy_plate(truth: CellPlateTruth, path: Path, rng: "np.random.Generator") -> None:
    """Write one plate as a tidy CSV with its layout columns."""
    content = _contents(truth)
    signals = _signals(truth, content, rng)
    columns: dict[str, Sequence[Cell]] = {
        "plate": [truth.plate] * len(content),
        "well": [item.well for item in content],
        "signal": [round(value, 1) for value in signals],
        **_layout_columns(content),
        "comment": ["simulated"] * len(content),
    }
    path.write_text(format_csv(columns), encoding="utf-8")


def simulate_grid_export(truth: CellPlateTruth, path: Path, rng: "np.random.Generator") -> None:
    """Write one plate as a BMG MARS export (CSV with a grid); the layout is ``simulate_layout``'s."""
    content = _contents(truth)
    values = dict(zip((item.well for item in content), _signals(truth, content, rng), strict=True))
    blank = [""] * (_COLUMNS + 1)
    head = [
        ["User: USER", "Path: SIMULATED", "Test run no.: 1"],
        ["Test name: SIMULATED ATP", "Date: 1/1/2024", "Time: 9:00:00 AM"],
        [],
        [f"ID1: {truth.plate}", "ID2:", "ID3:"],
        ["Luminescence"],
        [],
        ["Raw Data (No filter)"],
        [],
        ["", *(str(column + 1) for column in range(_COLUMNS))],
    ]
    rows = [(record + blank)[: _COLUMNS + 1] for record in head]
    for row in range(_ROWS):
        wells = (f"{chr(ord('A') + row)}{column + 1:02}" for column in range(_COLUMNS))
        rows.append(
            [chr(ord("A") + row), *(f"{values[well]:.0f}" if well in values else "" for well in wells)]
        )
    _write_rows(path, rows)


def simulate_layout(truths: Sequence[CellPlateTruth], path: Path) -> None:
    """Write the layout table of some plates."""
    content = [item for truth in truths for item in _contents(truth)]
    columns: dict[str, Sequence[Cell]] = {
        "plate": [item.plate for item in content],
        "well": [item.well for item in content],
        **_layout_columns(content),
    }
    path.write_text(format_csv(columns), encoding="utf-8")


def simulate_bead_assay(truth: BeadAssayTruth, path: Path, rng: "np.random.Generator") -> None:
    """Write a bead assay as a Luminex xPONENT export (CSV): standards in duplicate, samples in duplicate."""
    analytes = list(truth.curves)
    wells = iter(f"{chr(ord('A') + i % _ROWS)}{i // _ROWS + 1}" for i in range(_ROWS * _COLUMNS))
    names = [f"Standard{step + 1}" for step in range(truth.steps) for _ in range(2)]
    names += ["Background0"] * 2 + [sample for sample in truth.samples for _ in range(2)]
    median = [["Location", "Sample", *analytes, "Total Events"]]
    dilutions = [["Location", "Sample", "Dilution Factor"]]
    for number, (name, well) in enumerate(zip(names, wells, strict=False), start=1):
        location = f"{number}(1,{well})"
        values = [_fluorescence(truth, name, analyte, rng) for analyte in analytes]
        median.append([location, name, *(f"{value:.1f}" for value in values), "1000"])
        dilutions.append([location, name, f"{truth.dilution if name in truth.samples else 1:g}"])
    expected = [["Reagent", *analytes]]
    expected += [
        [f"Standard{step + 1}", *(f"{_standard(truth, analyte, step):.6g}" for analyte in analytes)]
        for step in range(truth.steps)
    ]
    rows = [
        ["Program", "xPONENT", "", "FlexMAP 3D"],
        ["Build", "4.3.229.0"],
        ["Batch", f"{_MARK} {truth.batch}"],
        ["BatchDescription", "SIMULATED DATA"],
        [],
        ["Results"],
        [],
        *_block("Median", median),
        *_block("Units", [["Analyte:", *analytes], ["Units:", *[truth.unit] * len(analytes)]]),
        *_block("Standard Expected Concentration", expected),
        *_block("Dilution Factor", dilutions),
    ]
    _write_rows(path, rows)


def _contents(truth: CellPlateTruth) -> list[LayoutWell]:
    """Lay the plate out replicate by replicate, so that drift and dose can be told apart."""
    once: list[tuple[Role, str, float, str, str]] = [("blank", "", math.nan, "", "")]
    for donor in truth.donors:
        once.append(("control", "healthy", math.nan, "", donor))
        once += [("sample", truth.preparation, dose, truth.dose_unit, donor) for dose in truth.doses]
    groups = once * truth.replicates
    for dose in truth.standards:
        groups += [("standard", "ATP", dose, "uM", "")] * 2
    places = (f"{chr(ord('A') + i % _ROWS)}{i // _ROWS + 1}" for i in range(_ROWS * _COLUMNS))
    return [
        LayoutWell(truth.plate, well_name(place) or "", role, sample, dose, unit, "", donor)
        for place, (role, sample, dose, unit, donor) in zip(places, groups, strict=False)
    ]


def _signals(truth: CellPlateTruth, content: Sequence[LayoutWell], rng: "np.random.Generator") -> list[float]:
    signals = []
    for item in content:
        row, column = place_of(item.well)
        drift = 1.0 + truth.row_drift * (row / (_ROWS - 1) - 0.5)
        drift *= 1.0 + truth.column_drift * (column / (_COLUMNS - 1) - 0.5)
        noise = 1.0 + truth.cv * float(rng.standard_normal())
        signals.append(truth.blank_signal + (_expected(truth, item) * drift * noise))
        if item.role == "blank":
            signals[-1] *= noise
    return signals


def _expected(truth: CellPlateTruth, item: LayoutWell) -> float:
    """Return the true signal above the blank."""
    healthy = truth.control_signal - truth.blank_signal
    if item.role == "standard":
        return float(truth.standard_factor * item.dose**truth.standard_exponent)
    if item.role == "control":
        return healthy
    return healthy * truth.response(item.donor, item.dose) if item.role == "sample" else 0.0


def _layout_columns(content: Sequence[LayoutWell]) -> dict[str, Sequence[Cell]]:
    return {
        "role": [item.role for item in content],
        "sample": [item.sample or None for item in content],
        "dose": [None if math.isnan(item.dose) else item.dose for item in content],
        "dose_unit": [item.dose_unit or None for item in content],
        "donor": [item.donor or None for item in content],
    }


def _standard(truth: BeadAssayTruth, analyte: str, step: int) -> float:
    return float(f"{truth.top[analyte] / truth.factor**step:.6g}")


def _fluorescence(truth: BeadAssayTruth, name: str, analyte: str, rng: "np.random.Generator") -> float:
    if name.startswith("Standard"):
        dose = _standard(truth, analyte, int(name.removeprefix("Standard")) - 1)
    else:
        dose = truth.samples[name][analyte] / truth.dilution if name in truth.samples else 0.0
    noise = math.exp(truth.cv * float(rng.standard_normal()))
    return float(truth.curves[analyte].response([dose])[0]) * noise


def _block(name: str, records: Sequence[Sequence[str]]) -> list[list[str]]:
    return [["DataType:", name], *map(list, records), []]


def _write_rows(path: Path, rows: Sequence[Sequence[str]]) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerows(rows)
    path.write_bytes(stream.getvalue().encode())
