"""Read the uptake tables: checked columns, ready to be derived from."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.assays.uptake.check import check_cells, check_digital, check_quantitative, check_signals
from mitograft.assays.uptake.contract import CELLS, DIGITAL, QUANTITATIVE, SIGNALS
from mitograft.assays.uptake.estimates import Place
from mitograft.errors import InputError, Violation
from mitograft.tables.check import check
from mitograft.tables.contract import Contract, RawTable, Table

__all__ = [
    "CellWell",
    "DigitalWell",
    "QuantitativeWell",
    "Signal",
    "read_cells",
    "read_digital",
    "read_quantitative",
    "read_signals",
]

_NO_UNIT = "RFU"


@dataclass(frozen=True, slots=True)
class CellWell:
    """The cells of one well; ``untreated`` cells were given no mitochondria."""

    place: Place
    untreated: bool
    signals: npt.NDArray[np.float64]
    unit: str


@dataclass(frozen=True, slots=True)
class Signal:
    """One fluorescence reading of a well; ``cells`` is NaN where they were not counted."""

    place: Place
    role: str
    channel: str
    state: str
    value: float
    cells: float
    unit: str


@dataclass(frozen=True, slots=True)
class QuantitativeWell:
    """One threshold cycle; NaN where nothing was amplified. ``known`` is NaN where it does not apply."""

    place: Place
    sample: str
    role: str
    target: str
    ct: float
    known: float


@dataclass(frozen=True, slots=True)
class DigitalWell:
    """Counts of one target in one well."""

    place: Place
    sample: str
    role: str
    target: str
    positives: int
    partitions: int
    volume_nl: float


def read_cells(raw: RawTable) -> tuple[CellWell, ...]:
    """Check a table of single cells; one entry a well, in the order of the table.

    Raises
    ------
    InputError
        With every violation; a plate without untreated cells has no threshold.
    """
    table = _checked(raw, CELLS, check_cells)
    rows: dict[tuple[str, str], list[int]] = {}
    plates, wells = _column(table, "plate"), _column(table, "well")
    for i, key in enumerate(zip(plates, wells, strict=True)):
        rows.setdefault(key, []).append(i)
    roles, groups, units = (_column(table, name) for name in ("role", "group", "unit"))
    return tuple(
        CellWell(
            place=Place(table.source, plate, well, groups[own[0]]),
            untreated=roles[own[0]] == "untreated",
            signals=table.numbers["signal"][own],
            unit=units[own[0]] or _NO_UNIT,
        )
        for (plate, well), own in rows.items()
    )


def read_signals(raw: RawTable) -> tuple[Signal, ...]:
    """Check a table of plate-reader signals.

    Raises
    ------
    InputError
        With every violation; mitochondrial ROS needs a control on its plate, JC-1 both channels.
    """
    table = _checked(raw, SIGNALS, check_signals)
    roles, channels, states, units = (_column(table, name) for name in ("role", "channel", "state", "unit"))
    cells = table.numbers.get("cells", np.full(len(table), math.nan))
    return tuple(
        Signal(
            place=place,
            role=roles[i],
            channel=channels[i],
            state=states[i],
            value=float(table.numbers["value"][i]),
            cells=float(cells[i]),
            unit=units[i] or _NO_UNIT,
        )
        for i, place in enumerate(_places(table))
    )


def read_quantitative(raw: RawTable) -> tuple[QuantitativeWell, ...]:
    """Check a table of threshold cycles.

    Raises
    ------
    InputError
        With every violation; a sample needs both alleles.
    """
    table = _checked(raw, QUANTITATIVE, check_quantitative)
    samples, roles, targets = (_column(table, name) for name in ("sample", "role", "target"))
    return tuple(
        QuantitativeWell(
            place=place,
            sample=samples[i],
            role=roles[i],
            target=targets[i],
            ct=float(table.numbers["ct"][i]),
            known=float(table.numbers["known"][i]),
        )
        for i, place in enumerate(_places(table))
    )


def read_digital(raw: RawTable) -> tuple[DigitalWell, ...]:
    """Check a table of digital PCR counts.

    Raises
    ------
    InputError
        With every violation; a sample needs both alleles and one partition volume.
    """
    table = _checked(raw, DIGITAL, check_digital)
    samples, roles, targets = (_column(table, name) for name in ("sample", "role", "target"))
    return tuple(
        DigitalWell(
            place=place,
            sample=samples[i],
            role=roles[i],
            target=targets[i],
            positives=int(table.numbers["positives"][i]),
            partitions=int(table.numbers["partitions"][i]),
            volume_nl=float(table.numbers["partition_volume_nl"][i]),
        )
        for i, place in enumerate(_places(table))
    )


def _checked(raw: RawTable, contract: Contract, rule: Callable[[Table], Iterable[Violation]]) -> Table:
    table, violations = check(raw, contract)
    # Rules across rows would only repeat what is wrong with the cells.
    found: Sequence[Violation] = violations or list(rule(table))
    if found:
        raise InputError(raw.source, sorted(found, key=lambda v: (v.row is not None, v.row or 0)))
    return table


def _column(table: Table, name: str) -> list[str]:
    return [cell or "" for cell in table.texts.get(name, [None] * len(table))]


def _places(table: Table) -> list[Place]:
    columns = (_column(table, name) for name in ("plate", "well", "group"))
    return [Place(table.source, *cells) for cells in zip(*columns, strict=True)]
