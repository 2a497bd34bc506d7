"""Fixtures every room of the tests may use."""

import os
import shutil
import subprocess

# Small matrices on few cores: threads of the linear algebra library cost more than they bring.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from mitograft.cli import main

# A deadline would be a timed assertion: a busy machine is no failure.
settings.register_profile("mitograft", deadline=None)
settings.load_profile("mitograft")


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


@pytest.fixture(scope="session")
def rscript() -> Callable[..., list[float]]:
    """Run R code that prints numbers, one after another; a second opinion, skipped where R is absent.

    Called with the code and the R packages it needs.
    """
    program = shutil.which("Rscript")

    def run(code: str, *packages: str) -> list[float]:
        if program is None:
            pytest.skip("R is not installed (Rscript not found)")
        named = "".join(
            f"if (!requireNamespace('{name}', quietly=TRUE)) quit(status=77);" for name in packages
        )
        done = subprocess.run(
            [program, "--vanilla", "-e", f"{named}options(digits=17)\n{code}"],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        if done.returncode == 77:
            pytest.skip(f"R lacks one of {', '.join(packages)}")
        if done.returncode:
            pytest.fail(f"R failed: {done.stderr[-2000:]}")
        return [float(word) for word in done.stdout.split()]

    return run


@dataclass(frozen=True)
class Run:
    """How a command line ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def mitograft(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Run the command line in this process."""

    def run(*words: object) -> Run:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        return Run(int(ended.value.code or 0), printed.out, printed.err)

    return run
