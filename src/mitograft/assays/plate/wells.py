"""Wells of plates: their names, their signals, what stands in them, and all of it together.

Wells are named as everybody writes them, with two digits so that they sort: ``A01`` to ``AF48`` (1536 wells).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from mitograft.assays.findings import Finding

__all__ = ["ROLES", "LayoutWell", "PlateFile", "Role", "Signal", "Well", "place_of", "well_name"]

Role = Literal["blank", "control", "positive", "standard", "sample", "unused"]
ROLES: tuple[str, ...] = get_args(Role)

_WELL = re.compile(r"([A-Za-z]{1,2})0{0,2}([1-9][0-9]?)")
_ALPHABET = 26
_MOST_ROWS, _MOST_COLUMNS = 32, 48


@dataclass(frozen=True, slots=True)
class Signal:
    """One number an instrument measured.

    Parameters
    ----------
    plate, well
        Plate as the file names it; ``well`` is empty where the instrument has none.
    channel
        Analyte, wavelength or label; empty where the file has only one.
    value
        The number; NaN where the instrument gave none.
    note
        What stands there instead of a number, for example ``OVRFLW``.
    """

    plate: str
    well: str
    channel: str
    value: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class LayoutWell:
    """What stands in one well.

    Parameters
    ----------
    plate, well
        An empty ``plate`` stands for every plate.
    role
        ``blank``, ``control`` (untreated, 100 per cent), ``positive`` (the other extreme of the assay),
        ``standard``, ``sample`` or ``unused``.
    sample
        Sample or treatment; for a dose response the preparation.
    dose, dose_unit
        Concentration of a standard or dose of a sample; NaN where there is none.
    analyte
        Channel it speaks of; empty for all.
    donor
        Donor of the cells; empty where the samples table says it.
    dilution
        Factor by which the sample was diluted; read concentrations are multiplied by it.
    """

    plate: str
    well: str
    role: Role
    sample: str = ""
    dose: float = float("nan")
    dose_unit: str = ""
    analyte: str = ""
    donor: str = ""
    dilution: float = 1.0


@dataclass(frozen=True, slots=True)
class PlateFile:
    """What one instrument file held.

    Parameters
    ----------
    source
        File name.
    format
        Name of the format it was read as.
    signals
        The measured numbers; numbers the vendor's software computed from them are left out.
    unit
        Unit of the signals, as far as the file says (``RLU``, ``OD``, ``MFI``).
    layout
        What the file itself says about its wells; empty where it says nothing.
    barcodes
        What identifies each plate beyond this file (barcode, or the plate column of a table).
    findings
        What should be known about the file.
    """

    source: str
    format: str
    signals: tuple[Signal, ...]
    unit: str = ""
    layout: tuple[LayoutWell, ...] = ()
    barcodes: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Well:
    """One signal together with what stands in its well."""

    source: str
    signal: Signal
    content: LayoutWell

    @property
    def plate(self) -> tuple[str, str]:
        """File and plate: plates of different files are different plates."""
        return self.source, self.signal.plate


def well_name(text: str) -> str | None:
    """Return the name of a well with two digits, or None where the text names no well.

    >>> well_name("a1"), well_name("P24"), well_name("AF48"), well_name("H0"), well_name("total")
    ('A01', 'P24', 'AF48', None, None)
    """
    match = _WELL.fullmatch(text.strip())
    if match is None:
        return None
    name = f"{match[1].upper()}{int(match[2]):02}"
    row, column = place_of(name)
    return name if row < _MOST_ROWS and column < _MOST_COLUMNS else None


def place_of(well: str) -> tuple[int, int]:
    """Return row and column of a named well, counted from 0.

    >>> place_of("A01"), place_of("AF48")
    ((0, 0), (31, 47))
    """
    letters = well.rstrip("0123456789")
    row = 0
    for letter in letters:
        row = row * _ALPHABET + ord(letter) - ord("A") + 1
    return row - 1, int(well[len(letters) :]) - 1
