"""Simulated plates shared by the tests of this folder."""

from functools import cache

import numpy as np
import openpyxl
import pytest

from mitograft.assays.seahorse.simulate import PlateTruth, WellTruth, simulate_wave
from mitograft.assays.seahorse.simulate_truth import BACKGROUND


def build_plate(model="XFe24", name="plate", **changes):
    """Five groups of equal size that differ in all parameters."""
    rows, columns = (4, 6) if model == "XFe24" else (8, 12)
    wells = [f"{'ABCDEFGH'[r]}{c + 1:02d}" for r in range(rows) for c in range(columns)]
    wells = [w for w in wells if w not in BACKGROUND[model]]
    groups = {w: "ABCDE"[i * 5 // len(wells)] for i, w in enumerate(wells)}
    cells = {
        w: WellTruth(5 + k, 20 + 10 * k, 4 + k, 45 + 12 * k, ecar=4 + k, ecar_inhibited=8 + k)
        for w, g in groups.items()
        for k in ["ABCDE".index(g)]
    }
    settings = {"name": name, "wells": cells, "groups": groups, "model": model}
    return PlateTruth(**(settings | changes))


@pytest.fixture(scope="session")
def make_plate():
    """Return the function that builds the truth of a plate."""
    return build_plate


@pytest.fixture(scope="session")
def workbook(tmp_path_factory):
    """Return a function that simulates a plate and gives the path of its workbook."""
    folder = tmp_path_factory.mktemp("wave")

    def write(plate, seed=1):
        path = folder / f"{len(list(folder.iterdir()))}.xlsx"
        simulate_wave(plate, path, np.random.default_rng(seed))
        return path

    return write


@pytest.fixture(scope="session")
def opened():
    """Return a function that opens a workbook with its formats, each file once."""
    return cache(openpyxl.load_workbook)
