"""What the command line must not load: start-up time is part of the promise."""

import csv
import json
import subprocess
import sys

import pytest

HEAVY = {"pandas", "polars", "scipy", "matplotlib", "pyarrow", "pydantic", "pint"}
SCORE_NEEDS_NO = HEAVY | {"jinja2", "rich", "hypothesis", "pytest"}

COLUMNS = [
    "subject", "visit", "physician_global", "patient_global", "mmt8", "mmt8_max", "haq", "extramuscular",
    "ck", "ck_uln",
]  # fmt: skip


def modules_after(code: str, *arguments: str) -> set[str]:
    """Top-level modules loaded by a new interpreter after running ``code``."""
    program = (
        "import sys\n"
        "try:\n"
        f"    {code}\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        "import json\n"
        "print('\\n' + json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_probe_sees_a_heavy_import():
    assert "scipy" in modules_after("import scipy.stats")


def test_importing_the_package_loads_nothing_heavy():
    assert not modules_after("import mitograft") & HEAVY


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["score", "--help"]], ids=" ".join)
def test_help_loads_nothing_heavy(arguments):
    loaded = modules_after("from mitograft.cli import main; main(sys.argv[1:])", *arguments)
    assert not loaded & HEAVY
    assert "numpy" not in loaded


def test_scoring_nine_patients_loads_no_data_frame_or_plotting_stack(tmp_path):
    table = tmp_path / "nine.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for subject in range(9):
            writer.writerow([subject, 0, 6, 5, 110, 150, 1.5, 3, 900, 200])
            writer.writerow([subject, 12, 4, 4, 125, 150, 1, 2, 500, 200])
    out = tmp_path / "scores.csv"
    code = "from mitograft.cli import main; main(sys.argv[1:])"
    loaded = modules_after(code, "score", str(table), "-o", str(out))
    assert len(out.read_text(encoding="utf-8").splitlines()) == 10
    assert not loaded & SCORE_NEEDS_NO
