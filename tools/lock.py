"""Make requirements.lock: exact versions with hashes, for every supported Python and system.

    .venv/bin/python tools/lock.py              after a change of pyproject.toml; keeps other pins
    .venv/bin/python tools/lock.py --upgrade    the newest versions of everything

One resolution covers what running, testing, checking and documenting needs, so that the parts always agree.
The file has two parts, which tools/install.py reads: ``run`` (the dependencies and the build backend) and
``develop`` (the rest). It names no package index: pip uses the one its own configuration gives.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
HEADER = """\
# Exact versions with hashes of all that mitograft needs, for Python 3.11 to 3.14 on Linux, macOS and Windows.
# Made by `make lock` (tools/lock.py), installed by tools/install.py; not to be edited by hand.
"""
RESOLVE = [
    *("pip", "compile", "pyproject.toml", "--quiet", "--universal", "--python-version", "3.11"),
    *("--fork-strategy", "fewest", "--generate-hashes", "--no-header", "--no-annotate"),
]


def resolve(folder: Path, groups: tuple[str, ...], pins: str, *options: str) -> str:
    """Resolve the dependencies and ``groups`` with uv, keeping ``pins`` where they still fit."""
    output = folder / "resolved.txt"
    output.write_text(pins, encoding="utf-8")
    chosen = [word for group in groups for word in ("--group", group)]
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([str(uv), *RESOLVE, *chosen, *options, "-o", str(output)], check=True, cwd=ROOT)
    return output.read_text(encoding="utf-8")


def split_blocks(text: str) -> dict[str, str]:
    """Return package name -> its lines (version, marker, hashes)."""
    blocks = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]
    return {block.split("==")[0]: block for block in blocks}


def main() -> None:
    """Resolve everything, then sort the packages into the two parts."""
    old = LOCK.read_text(encoding="utf-8") if LOCK.exists() else ""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        everything = resolve(folder, ("build", "dev", "docs"), old, *sys.argv[1:])
        run = split_blocks(resolve(folder, ("build",), everything))
    blocks = split_blocks(everything)
    parts = {
        "run": [block for name, block in blocks.items() if name in run],
        "develop": [block for name, block in blocks.items() if name not in run],
    }
    text = HEADER + "".join(f"\n# part: {name}\n" + "".join(lines) for name, lines in parts.items())
    LOCK.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
