"""Simulated Seahorse plates, written as the workbooks that Agilent Wave exports.

The way of a plate: its truth (``simulate_truth``), oxygen and pH in its wells (``simulate_physics``), counts
of the sensors (``simulate_sensors``), the vendor's rates (``simulate_rates``) and the fourteen sheets.
Nothing that reads or analyses workbooks imports these modules.
"""

from pathlib import Path

import numpy as np

from mitograft.assays.seahorse.simulate_configuration import configuration_sheet
from mitograft.assays.seahorse.simulate_package import Strings, package
from mitograft.assays.seahorse.simulate_rate_sheets import normalised, rate_sheets
from mitograft.assays.seahorse.simulate_raw_sheets import (
    calibration_sheet,
    operation_sheet,
    raw_sheet,
    styles_sheet,
)
from mitograft.assays.seahorse.simulate_sensors import measure, rates
from mitograft.assays.seahorse.simulate_truth import MITO_STRESS_TEST, PlateTruth, Stage, WellTruth
from mitograft.provenance import atomic_write_bytes

__all__ = ["MITO_STRESS_TEST", "PlateTruth", "Stage", "WellTruth", "simulate_wave", "wave_workbook"]


def simulate_wave(truth: PlateTruth, path: Path, rng: np.random.Generator) -> None:
    """Write a simulated plate as a Wave workbook; the same truth and generator give the same bytes.

    The assay name in the workbook begins with SIMULATED.

    Parameters
    ----------
    truth
        What the cells do and what goes wrong.
    path
        File to write (``.xlsx``); replaced if it exists.
    rng
        Source of all randomness: noise, sensor offsets, serial numbers.

    Raises
    ------
    UsageError
        If the folder does not exist.
    """
    atomic_write_bytes(path, wave_workbook(truth, rng))


def wave_workbook(truth: PlateTruth, rng: np.random.Generator) -> bytes:
    """Return a simulated plate as the bytes of a Wave workbook."""
    signals = measure(truth, rng)
    computed = rates(truth, signals)
    strings = Strings()
    sheets = [
        configuration_sheet(truth, strings, rng),
        *rate_sheets("Rate", truth, computed, strings),
        *rate_sheets("Normalized Rate", truth, normalised(truth, computed), strings),
        *rate_sheets("Baselined Rate", truth, None, strings),
        raw_sheet(truth, signals, strings),
        styles_sheet(strings),
        calibration_sheet(truth, signals, strings),
        operation_sheet(truth, strings),
    ]
    return package(sheets, strings, f"SIMULATED {truth.name}")
