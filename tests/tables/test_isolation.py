"""Whatever happens to the decoding process, this one goes on with one clear message."""

import subprocess

import pytest

from mitograft.errors import EnvironmentFault, InputError, InternalError
from mitograft.tables import decoder
from mitograft.tables.isolation import decode


@pytest.mark.parametrize(
    "script",
    [
        "import os; os.abort()",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "raise SystemExit(3)",
    ],
    ids=["abort", "killed", "damaged"],
)
def test_a_decoder_that_dies_means_a_damaged_file(tmp_path, monkeypatch, script):
    path = tmp_path / "dying.py"
    path.write_text(script)
    monkeypatch.setattr(decoder, "__file__", str(path))
    with pytest.raises(
        InputError, match=r"cohort\.parquet: .*\n.*found a damaged or incomplete Parquet file"
    ):
        decode(b"content", "cohort.parquet", "parquet", 1, 1)


def test_a_decoder_with_a_mistake_of_ours_is_not_blamed_on_the_file(tmp_path, monkeypatch):
    path = tmp_path / "broken.py"
    path.write_text("import no_such_library")
    monkeypatch.setattr(decoder, "__file__", str(path))
    with pytest.raises(InternalError, match="The decoder of a workbook failed: ModuleNotFoundError"):
        decode(b"content", "cohort.xlsx", "workbook")


def test_a_system_that_starts_no_process(monkeypatch):
    def fail(*_args, **_more):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(EnvironmentFault, match=r"cannot start the process .*Save it as CSV in UTF-8"):
        decode(b"content", "cohort.xlsx", "workbook")


@pytest.mark.parametrize("arguments", [["workbook"], ["parquet", "1", "1"]])
def test_the_decoder_says_damaged_by_its_exit_status(monkeypatch, capsysbinary, arguments):
    import io
    import sys
    from types import SimpleNamespace

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"nothing of the kind")))
    monkeypatch.setattr(decoder, "_MOST_MEMORY", -1)  # no limit for the process of the tests
    assert decoder.main(arguments) == decoder.DAMAGED
    assert capsysbinary.readouterr().out == b""
