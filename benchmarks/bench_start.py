"""Cold start of the command line: nine patients scored, and the help text.

Each command is a new process with a warm disk cache. Peers: the interpreter alone (what nothing can beat) and
an interpreter that only imports pandas (what a data-frame stack would cost before any work).
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import Report, best_of, options

MEASURES = ["physician_global", "patient_global", "mmt8", "mmt8_max", "haq", "extramuscular", "ck", "ck_uln"]
HEADER = ["subject", "visit", *MEASURES]
HEAVY = ("pandas", "polars", "scipy", "matplotlib", "pyarrow", "pydantic", "pint")


def write_patients(path: Path) -> None:
    """Write nine patients with a baseline and a later visit."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for i in range(9):
            writer.writerow([f"P{i}", 0, 6, 5, 100 + i, 150, 1.5, 3, 900, 200])
            writer.writerow([f"P{i}", 12, 4, 4, 112 + i, 150, 1.25, 2, 500, 200])


def seconds(command: list[str], times: int) -> float:
    """Shortest wall time of a command that must succeed."""
    return best_of(times, lambda: subprocess.run(command, check=True, capture_output=True))[0]


def loaded(command: list[str]) -> float:
    """Count the heavy packages a command loads."""
    code = (
        "import sys; from mitograft.cli import main\n"
        f"try: main({command!r})\nexcept SystemExit: pass\n"
        f"print(sum(name in sys.modules for name in {HEAVY!r}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stderr.strip().splitlines()[-1])


def main() -> None:
    """Run and report."""
    choice = options(__doc__ or "")
    times = 5 if choice.quick else 15
    report = Report("start", "Cold start of the command line")
    report.peers = {"interpreter": "python -c pass", "pandas": "python -c 'import pandas'"}
    with tempfile.TemporaryDirectory() as folder:
        patients = Path(folder) / "patients.csv"
        write_patients(patients)
        command = [sys.executable, "-m", "mitograft"]
        score = seconds([*command, "score", str(patients)], times)
        show = seconds([*command, "--help"], times)
        heavy = loaded(["score", str(patients)]) + loaded(["--help"])
    bare = seconds([sys.executable, "-c", "pass"], times)
    pandas = seconds([sys.executable, "-c", "import pandas"], times)
    report.add("score_seconds", score, "s", "mitograft score, nine patients (required: under 0.5)")
    report.add("help_seconds", show, "s", "mitograft --help")
    report.add("bare_seconds", bare, "s", "interpreter alone")
    report.add("pandas_seconds", pandas, "s", "interpreter and import pandas")
    report.add(
        "ratio_pandas_to_score", pandas / score, "x", "importing pandas takes this many times a whole score"
    )
    report.add("heavy_packages", heavy, "", "heavy packages loaded by both commands (required: 0)")
    report.finish(as_json=choice.json, packages=("mitograft", "click", "numpy", "pandas"))


if __name__ == "__main__":
    main()
