"""What one Agilent Wave workbook says, as arrays: wells x measurements (x ticks).

Wells are in plate order (A01, A02, ... by rows). A measurement is one cycle of mix, wait and measure; a tick
is one reading of the sensors within it, about 14-16 s apart. Numbers of ticks can differ between measurements
of one plate; missing ticks are NaN.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError

__all__ = [
    "Acidification",
    "Calibration",
    "Group",
    "LogEntry",
    "Normalisation",
    "Oxygen",
    "Rates",
    "Stage",
    "Ticks",
    "WavePlate",
    "well_names",
    "with_normalisation",
]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Group:
    """One row of the table of groups (all text as written)."""

    number: str
    name: str
    injection_strategy: str = ""
    pretreatment: str = ""
    cell_type: str = ""
    medium: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the protocol.

    Parameters
    ----------
    name
        Free text as written in the protocol, for example ``rot/ama``.
    role
        What it is: ``basal``, ``acute``, ``oligomycin``, ``fccp``, ``rotenone_antimycin``, ``monensin``,
        ``glucose``, ``deoxyglucose`` or ``unknown``.
    injected
        Whether the stage begins with an injection.
    measurements
        Indices (from 0) of its measurements, in order; empty for an injection that was not measured.
    """

    name: str
    role: str
    injected: bool
    measurements: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Oxygen:
    """Constants of the oxygen channel.

    ``f0`` and ``ksv`` (1/mmHg) belong to the Stern-Volmer equation, ``pseudo_volume`` is in uL. ``tac``,
    ``taw``, ``tw``, ``tc`` and ``tp`` are time constants in seconds (atmosphere-chamber, atmosphere-wall,
    wall, chamber-wall, probe); 0 means no exchange. ``target_emission`` is that of the calibration.
    """

    pressure: float
    ksv: float
    f0: float
    pseudo_volume: float
    tac: float
    taw: float
    tw: float
    tc: float
    tp: float
    target_emission: float = 12_500.0

    @property
    def ambient(self) -> float:
        """Oxygen in air-saturated medium, mmHg: CO = (FO/F_target - 1)/Ksv."""
        return (self.f0 / self.target_emission - 1) / self.ksv


@dataclass(frozen=True, slots=True)
class Acidification:
    """Constants of the pH channel; ``plate_volume`` and ``k_vol`` scale PER, ``edge_offset`` is in ticks."""

    gain: tuple[float, ...]
    edge_offset: int
    default_buffer_factor: float
    calibration_ph: float
    plate_volume: float
    k_vol: float


@dataclass(frozen=True, slots=True, eq=False)
class Normalisation:
    """Normalisation as entered: ``values`` (wells; NaN where empty), what they count, and the scale."""

    unit: str
    scale: float
    values: Array

    @property
    def entered(self) -> bool:
        """Whether any well has a value."""
        return bool(np.any(self.values > 0))


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Calibration by well: LED value, emission, reference delta (wells) and status texts, by channel."""

    o2_led: Array
    o2_emission: Array
    o2_reference: Array
    o2_status: tuple[str, ...]
    ph_led: Array
    ph_emission: Array
    ph_reference: Array
    ph_status: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Rates: ``minutes`` (measurements); ``ocr`` (pmol/min), ``ecar`` (mpH/min), ``per`` (pmol/min), 2D."""

    minutes: Array
    ocr: Array
    ecar: Array
    per: Array


@dataclass(frozen=True, slots=True, eq=False)
class Ticks:
    """The raw sensor readings.

    ``count`` is the number of ticks of each measurement and ``seconds`` (measurements x ticks) their time of
    day in whole seconds, made continuous over midnight. All other arrays are wells x measurements x ticks:
    temperatures (C), oxygen (mmHg) with its corrected emission, light and dark readings of well and
    reference, the same for pH, and whether the instrument called the reading valid.
    """

    count: npt.NDArray[np.int64]
    seconds: Array
    well_temperature: Array
    environment_temperature: Array
    o2: Array
    o2_emission: Array
    o2_light: Array
    o2_dark: Array
    o2_ref_light: Array
    o2_ref_dark: Array
    o2_valid: Mask
    ph: Array
    ph_emission: Array
    ph_light: Array
    ph_dark: Array
    ph_ref_light: Array
    ph_ref_dark: Array
    ph_valid: Mask


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One row of the operation log; times as written (they depend on the computer's language)."""

    instruction: str
    command: str
    index: str
    start: str
    end: str
    status: str


@dataclass(frozen=True, slots=True, eq=False)
class WavePlate:
    """One plate: who, where, how, and what was measured.

    Parameters
    ----------
    source
        Name of the file.
    wells
        Well names in plate order; ``len(wells)`` is 24 or 96.
    group
        Group name of each well as written.
    background, selected
        Masks of wells: temperature-correction wells; wells neither deselected nor
        unassigned in Wave (by cell fill).
    unclear
        Wells whose cell fill is none of Wave's three; they count as selected.
    ports
        Injection volumes as written (``Port A: 56 uL``).
    plated_on, last_run
        Dates as written, in whatever order and language.
    background_corrected
        Whether the vendor's rates have the background wells subtracted.
    buffer_factor
        Buffer factor of each well (mM/pH); NaN where empty.
    vendor, vendor_normalised
        Rates as Wave computed them; the latter None where no normalisation was entered.
    """

    source: str
    version: str
    assay_name: str
    wells: tuple[str, ...]
    group: tuple[str, ...]
    background: Mask
    selected: Mask
    unclear: tuple[str, ...]
    groups: tuple[Group, ...]
    stages: tuple[Stage, ...]
    ports: tuple[str, ...]
    plated_on: str
    last_run: str
    plate_barcode: str
    cartridge_barcode: str
    instrument: str
    background_corrected: bool
    oxygen: Oxygen
    acidification: Acidification
    normalisation: Normalisation
    buffer_factor: Array
    calibration: Calibration | None
    ticks: Ticks
    vendor: Rates
    vendor_normalised: Rates | None
    log: tuple[LogEntry, ...]

    @property
    def name(self) -> str:
        """What identifies the plate: its barcode, or the file name where it has none."""
        return self.plate_barcode or self.source

    @property
    def simulated(self) -> bool:
        """Whether the assay name says that the plate was simulated."""
        return self.assay_name.upper().startswith("SIMULATED")

    def measured(self, role: str) -> tuple[int, ...]:
        """Return the indices of all measurements of stages with this role, in order."""
        return tuple(m for stage in self.stages if stage.role == role for m in stage.measurements)

    def index(self, well: str) -> int:
        """Return the position of a well.

        Raises
        ------
        UsageError
            If the plate has no such well.
        """
        try:
            return self.wells.index(well)
        except ValueError:
            raise UsageError(
                f"{self.source}: no well {well!r}; this plate has {self.wells[0]} to {self.wells[-1]}."
            ) from None


def well_names(rows: int, columns: int) -> tuple[str, ...]:
    """Return the well names of a plate in plate order.

    >>> well_names(2, 2)
    ('A01', 'A02', 'B01', 'B02')
    """
    return tuple(
        f"{chr(ord('A') + row)}{column:02}" for row in range(rows) for column in range(1, columns + 1)
    )


def with_normalisation(
    plate: WavePlate, values: Mapping[str, float], *, unit: str, scale: float = 1.0
) -> WavePlate:
    """Return the plate with normalisation values of the user's (for example counted cells of each well).

    Raises
    ------
    UsageError
        If a well is not on the plate or the scale is not positive.
    """
    if not scale > 0:
        raise UsageError(f"{plate.source}: found the normalisation scale {scale:g}; expected more than 0.")
    array = np.full(len(plate.wells), np.nan)
    for well, value in values.items():
        array[plate.index(well)] = value
    return replace(plate, normalisation=Normalisation(unit, scale, array), vendor_normalised=None)
