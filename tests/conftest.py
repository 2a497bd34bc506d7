"""Fixtures every room of the tests may use."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data files outside the repository; tests that need it skip where it is absent."""
    default = Path(__file__).resolve().parents[1].parent / "shared"
    folder = Path(os.environ.get("MITOGRAFT_SHARED", default))
    if not folder.is_dir():
        pytest.skip(
            f"no shared data folder (set MITOGRAFT_SHARED; looked for {folder.name}/ beside the repository)"
        )
    return folder
