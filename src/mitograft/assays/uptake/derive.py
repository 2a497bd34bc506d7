"""Uptake of donor mitochondria, membrane potential, mitochondrial ROS from tables and images of a folder."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mitograft.assays.findings import Finding
from mitograft.assays.readings import Reading
from mitograft.assays.uptake.derive_cells import CellSignals, derive_cells, gather_signals
from mitograft.assays.uptake.derive_digital import derive_digital
from mitograft.assays.uptake.derive_images import ImagesResult, derive_images
from mitograft.assays.uptake.derive_quantitative import derive_quantitative
from mitograft.assays.uptake.derive_signals import derive_signals
from mitograft.assays.uptake.estimates import Estimate, load_uptake_parameters
from mitograft.assays.uptake.read import read_cells, read_digital, read_quantitative, read_signals
from mitograft.assays.uptake.read_images import IMAGE_TABLE, ImageRow, read_image_table
from mitograft.errors import InputError, UsageError, Violation
from mitograft.tables.contract import RawTable
from mitograft.tables.parameters import Parameter, Parameters
from mitograft.tables.read import read_table

__all__ = ["FILES", "Kind", "UptakeResult", "analyse_uptake", "derive_uptake"]

Kind = str
_Derived = tuple[list[Estimate], list[Finding]]

FILES: Mapping[Kind, str] = {
    "cells": "uptake_cells.csv",
    "signals": "uptake_signals.csv",
    "qpcr": "uptake_qpcr.csv",
    "dpcr": "uptake_dpcr.csv",
}
"""Kind of table to the file name looked for in a folder; one must be there, or images with their table."""

_USED: Mapping[Kind, tuple[str, ...]] = {
    "cells": ("positive_percentile", "interval_level", "fewest_control_cells"),
    "signals": (),
    "qpcr": ("interval_level", "efficiency_low", "efficiency_high", "equal_efficiency", "blank_deviations"),
    "dpcr": ("interval_level", "fewest_partitions", "saturated_share"),
    "images": (
        *("positive_percentile_image", "interval_level", "fewest_control_cells", "nuclear_pixel"),
        *("nuclear_radius", "nuclear_area_low", "cell_reach", "cell_reach_bare", "sheet_hole"),
        *("light_window", "light_smoothing", "noise_multiple", "donor_noise_multiple"),
        *("fewest_cells_image", "saturated_donor", "costes_shuffles"),
    ),
}


@dataclass(frozen=True)
class UptakeResult:
    """What the uptake tables and images say.

    Parameters
    ----------
    estimates
        Every derived number with its interval.
    findings
        What quality control has to say.
    flagged
        Unconfirmed numbers the results rest on.
    signals
        Signals of single cells by plate and group, of tables and of images.
    overlays
        Name of an image without ending to a PNG of its cells.
    """

    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]
    flagged: tuple[Parameter, ...]
    signals: tuple[CellSignals, ...] = ()
    overlays: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The estimates in the shape the statistics take."""
        return tuple(estimate.reading() for estimate in self.estimates)


def analyse_uptake(folder: Path, parameters: Parameters | None = None) -> UptakeResult:
    """Read and derive the tables of a folder that have one of the names of ``FILES``, and its images.

    Images need the table ``uptake_images.csv`` beside them (plate, well, group, role of each).

    Raises
    ------
    UsageError
        If there is neither.
    InputError
        As ``derive_uptake``, and if a file cannot be read as a table or an image; of several broken files all
        violations are listed together.
    """
    folder = Path(folder)
    found = {kind: folder / name for kind, name in FILES.items() if (folder / name).is_file()}
    broken: list[InputError] = []
    rows: tuple[ImageRow, ...] = ()
    images, tables = ImagesResult(), UptakeResult((), (), ())
    values = parameters or load_uptake_parameters()
    try:
        rows = read_image_table(folder)
        images = derive_images(folder, rows, values)
    except InputError as error:
        broken.append(error)
    if not found and not rows and not broken:
        expected = ", ".join(FILES.values())
        raise UsageError(
            f"{folder}: found no uptake table; expected one of {expected}, or images with {IMAGE_TABLE}."
        )
    try:
        tables = derive_uptake({kind: read_table(path) for kind, path in found.items()}, values)
    except InputError as error:
        broken.append(error)
    if broken:
        raise _joined(broken)
    return UptakeResult(
        (*tables.estimates, *images.estimates),
        (*tables.findings, *images.findings),
        values.flagged([*_used(found), *(_USED["images"] if rows else ())]),
        (*tables.signals, *images.signals),
        images.overlays,
    )


def _used(kinds: Iterable[Kind]) -> list[str]:
    return [name for kind in kinds for name in _USED[kind]]


def derive_uptake(tables: Mapping[Kind, RawTable], parameters: Parameters | None = None) -> UptakeResult:
    """Derive readings from tables by kind (``cells``, ``signals``, ``qpcr``, ``dpcr``).

    Raises
    ------
    UsageError
        If a kind is unknown.
    InputError
        If a table is wrong; of several wrong tables all violations are listed together.
    """
    unknown = sorted(set(tables) - set(FILES))
    if unknown:
        raise UsageError(f"derive_uptake: found {', '.join(unknown)}; expected {', '.join(FILES)}.")
    values = parameters or load_uptake_parameters()
    signals: list[CellSignals] = []

    def cells(raw: RawTable) -> _Derived:
        wells = read_cells(raw)
        signals.extend(gather_signals(wells, "table", values["positive_percentile"].number))
        return derive_cells(wells, values)

    readers: Mapping[Kind, Callable[[RawTable], _Derived]] = {
        "cells": cells,
        "signals": lambda raw: derive_signals(read_signals(raw)),
        "qpcr": lambda raw: derive_quantitative(read_quantitative(raw), values),
        "dpcr": lambda raw: derive_digital(read_digital(raw), values),
    }
    estimates: list[Estimate] = []
    findings: list[Finding] = []
    broken: list[InputError] = []
    for kind in (kind for kind in FILES if kind in tables):
        try:
            more, said = readers[kind](tables[kind])
        except InputError as error:
            broken.append(error)
            continue
        estimates += more
        findings += said
    if broken:
        raise _joined(broken)
    flagged = values.flagged(_used(tables))
    return UptakeResult(tuple(estimates), tuple(findings), flagged, tuple(signals))


def _joined(broken: Sequence[InputError]) -> InputError:
    if len(broken) == 1:
        return broken[0]
    violations: list[Violation] = [violation for error in broken for violation in error.violations]
    return InputError(", ".join(error.file for error in broken), violations)
