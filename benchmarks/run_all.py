"""Run every benchmark and write the page of the documentation: ``python benchmarks/run_all.py [--quick]``."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Measured by `make bench` on the machine named under each table, our code and its peers in one run on the same
data. Seconds belong to that machine; the ratios travel. This page is written by `benchmarks/run_all.py`.
"""


def run(script: Path, extra: list[str]) -> dict[str, Any]:
    """Run one benchmark and return its document."""
    print(f"running {script.name}", file=sys.stderr)
    done = subprocess.run(
        [sys.executable, str(script), "--json", *extra], check=True, capture_output=True, text=True, cwd=HERE
    )
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def section(document: dict[str, Any]) -> str:
    """One part of the page."""
    lines = [f"\n## {document['title']}\n", "| figure | value | unit |", "|---|---:|---|"]
    figures = document["figures"].values()
    lines += [f"| {figure['meaning']} | {figure['value']:,.4g} | {figure['unit']} |" for figure in figures]
    lines += [f"\nPeers: {'; '.join(f'{k}: {v}' for k, v in document['peers'].items())}."]
    lines += document["remarks"]
    machine = document["machine"]
    versions = ", ".join(
        f"{k} {v}" for k, v in machine.items() if k not in ("platform", "processor", "cores")
    )
    lines.append(f"\nMachine: {machine['processor']}, {machine['cores']} cores; {versions}.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all and write the page."""
    scripts = sorted(HERE.glob("bench_*.py"))
    documents = [run(script, sys.argv[1:]) for script in scripts]
    PAGE.write_text(HEAD + "".join(map(section, documents)), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
