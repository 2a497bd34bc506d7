"""Create .venv and install mitograft with the exact versions of requirements.lock.

    python3 tools/install.py          what running mitograft needs
    python3 tools/install.py --all    also what testing, checking and documenting it needs

Needs Python 3.11 to 3.14 with pip and nothing else. Every archive is compared with its hash in the lock; only
wheels are accepted, so nothing is built except mitograft itself. Run again at any time: what is already in
place is left alone.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

if not (3, 11) <= sys.version_info[:2] <= (3, 14):  # before anything below is read by an older Python
    sys.exit("mitograft needs Python 3.11 to 3.14; this is " + sys.version.split()[0] + ".")

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
ENVIRONMENT = ROOT / ".venv"
PART = "# part: "


def read_parts(text: str) -> dict[str, str]:
    """Split the text of the lock at its ``# part:`` lines."""
    return {name: body for name, _, body in (part.partition("\n") for part in text.split(PART)[1:])}


def find_python() -> Path:
    """Return the interpreter of .venv, which is created when absent."""
    windows = sys.platform == "win32"
    python = ENVIRONMENT / ("Scripts/python.exe" if windows else "bin/python")
    if not python.exists():
        print(f"Creating {ENVIRONMENT}")
        venv.create(ENVIRONMENT, with_pip=True, symlinks=not windows)
    return python


def run_pip(python: Path, *arguments: str) -> None:
    """Run pip install in .venv; only its errors are shown."""
    command = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*command, *arguments], check=True, cwd=ROOT)


def install_part(python: Path, name: str, locked: str) -> None:
    """Install one part of the lock, unless its stamp says that just this was installed before."""
    stamp = ENVIRONMENT / f"mitograft-{name}.sha256"
    wanted = hashlib.sha256(locked.encode() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing {locked.count('==')} locked packages (part: {name})", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "requirements.txt")
        listed.write_text(locked, encoding="utf-8")
        run_pip(python, "--require-hashes", "--only-binary=:all:", "-r", str(listed))
    if name == "run":
        run_pip(python, "--no-build-isolation", "--no-deps", "--editable", str(ROOT))
    stamp.write_text(wanted)
    print(f"done in {time.monotonic() - started:.0f} s", flush=True)


def main() -> int:
    """Install what the command line asks for."""
    parser = argparse.ArgumentParser(description="Create .venv and install mitograft from requirements.lock.")
    parser.add_argument("--all", action="store_true", help="also what tests, checks and documentation need")
    wanted = ["run", "develop"] if parser.parse_args().all else ["run"]
    parts = read_parts(LOCK.read_text(encoding="utf-8"))
    try:
        python = find_python()
        for name in wanted:
            install_part(python, name, parts[name])
    except subprocess.CalledProcessError:
        print(
            "Not installed: a step failed, and its message is above. Check the network (and, where venv or "
            "ensurepip is named, that your Python has it: python3-venv on Debian), then run this again.",
            file=sys.stderr,
        )
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
