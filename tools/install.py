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
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
PART = "# part: "
STAMP = "mitograft-{}.sha256"
FAILED = (
    "Not installed: a step failed, and its message is above. Check the network (and, where venv or ensurepip "
    "is named, that your Python has it: python3-venv on Debian), then run this again."
)


def read_parts(text: str) -> dict[str, str]:
    """Split the text of the lock at its ``# part:`` lines."""
    return {name: body for name, _, body in (part.partition("\n") for part in text.split(PART)[1:])}


def make_environment() -> None:
    """Create .venv, or anew where its interpreter is gone; give it pip where it has none."""
    if not PYTHON.exists():
        print(f"Creating {ENVIRONMENT}", flush=True)
        venv.create(ENVIRONMENT, clear=True, with_pip=True, symlinks=sys.platform != "win32")
    elif subprocess.run([str(PYTHON), "-m", "pip", "-V"], check=False, capture_output=True).returncode:
        subprocess.run([str(PYTHON), "-m", "ensurepip"], check=True, capture_output=True)


def run_pip(*arguments: str) -> None:
    """Run pip install in .venv; only its errors are shown."""
    command = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*command, *arguments], check=True, cwd=ROOT)


def make_stamp(locked: str) -> str:
    """Return what the stamp of an installed part holds: a hash of all that decides what is installed."""
    return hashlib.sha256(locked.encode() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()


def find_missing(parts: dict[str, str]) -> list[str]:
    """Return the parts whose stamp does not say that just this was installed."""
    if not PYTHON.exists():
        return list(parts)
    stamps = {name: ENVIRONMENT / STAMP.format(name) for name in parts}
    return [n for n, file in stamps.items() if not file.exists() or file.read_text() != make_stamp(parts[n])]


def install_part(name: str, locked: str) -> None:
    """Install one part of the lock; the part ``run`` ends with mitograft itself."""
    print(f"Installing {locked.count('==')} locked packages (part: {name})", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "requirements.txt")
        listed.write_text(locked, encoding="utf-8")
        run_pip("--require-hashes", "--only-binary=:all:", "-r", str(listed))
    if name == "run":
        run_pip("--no-build-isolation", "--no-deps", "--editable", str(ROOT))
    (ENVIRONMENT / STAMP.format(name)).write_text(make_stamp(locked))
    print(f"done in {time.monotonic() - started:.0f} s", flush=True)


def main() -> int:
    """Install what the command line asks for."""
    parser = argparse.ArgumentParser(description="Create .venv and install mitograft from requirements.lock.")
    parser.add_argument("--all", action="store_true", help="also what tests, checks and documentation need")
    wanted = ("run", "develop") if parser.parse_args().all else ("run",)
    parts = read_parts(LOCK.read_text(encoding="utf-8"))
    try:
        if find_missing({name: parts[name] for name in wanted}):
            make_environment()
        for name in find_missing({name: parts[name] for name in wanted}):
            install_part(name, parts[name])
    except subprocess.CalledProcessError:
        print(FAILED, file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("Interrupted; run this again, and it goes on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
