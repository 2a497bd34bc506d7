"""Uptake of donor mitochondria, membrane potential and mitochondrial ROS from the tables of a folder."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mitograft.assays.findings import Finding
from mitograft.assays.readings import Reading
from mitograft.assays.uptake.derive_cells import derive_cells
from mitograft.assays.uptake.derive_digital import derive_digital
from mitograft.assays.uptake.derive_quantitative import derive_quantitative
from mitograft.assays.uptake.derive_signals import derive_signals
from mitograft.assays.uptake.estimates import Estimate, load_uptake_parameters
from mitograft.assays.uptake.read import read_cells, read_digital, read_quantitative, read_signals
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
"""Kind of table to the file name looked for in a folder; at least one must be there."""

_USED: Mapping[Kind, tuple[str, ...]] = {
    "cells": ("positive_percentile", "interval_level", "fewest_control_cells"),
    "signals": (),
    "qpcr": ("interval_level", "efficiency_low", "efficiency_high", "equal_efficiency", "blank_deviations"),
    "dpcr": ("interval_level", "fewest_partitions", "saturated_share"),
}


@dataclass(frozen=True)
class UptakeResult:
    """What the uptake tables say.

    Parameters
    ----------
    estimates
        Every derived number with its interval.
    findings
        What quality control has to say.
    flagged
        Unconfirmed numbers the results rest on.
    """

    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]
    flagged: tuple[Parameter, ...]

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The estimates in the shape the statistics take."""
        return tuple(estimate.reading() for estimate in self.estimates)


def analyse_uptake(folder: Path, parameters: Parameters | None = None) -> UptakeResult:
    """Read and derive the tables of a folder that have one of the names of ``FILES``.

    Raises
    ------
    UsageError
        If there is none of them.
    InputError
        As ``derive_uptake``, and if a file cannot be read as a table.
    """
    folder = Path(folder)
    found = {kind: folder / name for kind, name in FILES.items() if (folder / name).is_file()}
    if not found:
        raise UsageError(f"{folder}: found no uptake table; expected one of {', '.join(FILES.values())}.")
    return derive_uptake({kind: read_table(path) for kind, path in found.items()}, parameters)


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
    readers: Mapping[Kind, Callable[[RawTable], _Derived]] = {
        "cells": lambda raw: derive_cells(read_cells(raw), values),
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
    used = [name for kind in tables for name in _USED[kind]]
    return UptakeResult(tuple(estimates), tuple(findings), values.flagged(used))


def _joined(broken: Sequence[InputError]) -> InputError:
    if len(broken) == 1:
        return broken[0]
    violations: list[Violation] = [violation for error in broken for violation in error.violations]
    return InputError(", ".join(error.file for error in broken), violations)
