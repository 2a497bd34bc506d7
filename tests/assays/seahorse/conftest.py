"""A simulated plate as a workbook, and ways to break it."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from mitograft.assays.seahorse.read import read_wave
from mitograft.assays.seahorse.simulate import PlateTruth, WellTruth, wave_workbook
from mitograft.assays.seahorse.wave import WavePlate, well_names

BACKGROUND = {"A01", "B04", "C03", "D06"}
CELLS = tuple(well for well in well_names(4, 6) if well not in BACKGROUND)
DESELECTED = frozenset({"A05", "D06"})


def make_truth() -> PlateTruth:
    return PlateTruth(
        name="made for tests",
        wells={
            well: WellTruth(non_mito=4, basal=60 + index, leak=12, maximal=150)
            for index, well in enumerate(CELLS)
        },
        groups={well: ("control" if index < 10 else "treated") for index, well in enumerate(CELLS)},
        cell_counts=dict.fromkeys(CELLS, 20_000.0),
        failed_injections={"B02": ("oligo",), "C05": ("fccp",)},
        deselected=DESELECTED,
    )


@pytest.fixture(scope="session")
def simulated_bytes() -> bytes:
    return wave_workbook(make_truth(), np.random.default_rng(24))


@pytest.fixture(scope="session")
def simulated(simulated_bytes, tmp_path_factory) -> WavePlate:
    path = tmp_path_factory.mktemp("wave") / "plate.xlsx"
    path.write_bytes(simulated_bytes)
    return read_wave(path)


@dataclass
class Breaker:
    """Write the simulated workbook with some of its parts changed."""

    data: bytes
    folder: Path

    def write(self, change: Callable[[str, bytes], bytes | None]) -> Path:
        stream = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(self.data)) as old,
            zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for name in old.namelist():
                content = change(name, old.read(name))
                if content is not None:
                    new.writestr(name, content)
        path = self.folder / "broken.xlsx"
        path.write_bytes(stream.getvalue())
        return path

    def replace(self, part: str, old: str, new: str) -> Path:
        def change(name: str, content: bytes) -> bytes:
            if name != part:
                return content
            assert old.encode() in content
            return content.replace(old.encode(), new.encode())

        return self.write(change)


@pytest.fixture
def breaker(simulated_bytes, tmp_path) -> Breaker:
    return Breaker(simulated_bytes, tmp_path)


@pytest.fixture
def with_ocr(simulated) -> Callable[[np.ndarray], WavePlate]:
    """Replace the vendor's OCR of the simulated plate."""

    def make(ocr: np.ndarray) -> WavePlate:
        return replace(simulated, vendor=replace(simulated.vendor, ocr=ocr))

    return make
