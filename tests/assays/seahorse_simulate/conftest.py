"""Simulated plates shared by the tests of this folder."""

import io
import zipfile
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


def _cut(name, data):
    """Keep the first 299 rows of the Raw sheet, the only large one: openpyxl takes seconds for the rest."""
    end = data.find(b'<row r="300"')
    if "worksheets/sheet" not in name or len(data) < 2_000_000 or end < 0:
        return data
    return data[:end] + data[data.index(b"</sheetData>") :]


def _open_short(path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(buffer, "w") as short:
        for name in whole.namelist():
            short.writestr(name, _cut(name, whole.read(name)))
    return openpyxl.load_workbook(buffer)


@pytest.fixture(scope="session")
def opened_short():
    """Return a function that opens a workbook with a shortened Raw sheet."""
    return _open_short
