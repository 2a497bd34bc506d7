"""A copy of the shipped example that a test may spoil."""

import shutil
from pathlib import Path

import pytest

import mitograft.trial.edc
from mitograft.errors import InputError
from mitograft.trial.edc import read_edc
from mitograft.trial.protocol import Arm, Protocol, Visit

EXAMPLE = Path(mitograft.trial.edc.__file__).parent / "example"
WEEKS = ((1, 8), (2, 15), (4, 29), (8, 57), (12, 85))


@pytest.fixture(scope="session")
def protocol():
    arms = tuple(
        Arm(code, f"PN-101 {code.lower()}", n) for n, code in enumerate(("LOW", "MID", "HIGH"), start=1)
    )
    visits = (Visit(1, "SCREENING", -14, 14, 13), Visit(2, "BASELINE", 1))
    weeks = tuple(Visit(n, f"WEEK {week}", day, 2, 2) for n, (week, day) in enumerate(WEEKS, start=3))
    return Protocol("PN-101-101", arms, (*visits, *weeks))


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(EXAMPLE, tmp_path / "export")
    return tmp_path / "export"


@pytest.fixture
def change(folder):
    """Replace a text in a file of the copy; it must be there."""

    def replace(name, old, new, count=1):
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, count), encoding="utf-8")

    return replace


@pytest.fixture
def faults(folder, protocol):
    """The violations of the copy, as (rule, file, row, column)."""

    def read():
        with pytest.raises(InputError) as caught:
            read_edc(folder, protocol)
        return [(v.rule, v.file, v.row, v.column) for v in caught.value.violations], str(caught.value)

    return read
