"""The import contracts of pyproject.toml hold."""

import subprocess
import sys
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "mitograft"


def test_import_contracts_hold():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_has_its_place_in_the_layers():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract for contract in contracts["contracts"] if contract["type"] == "layers")
    assert layers["exhaustive"] is True
    placed = {room.strip(" ()") for layer in layers["layers"] for room in layer.split("|")}
    rooms = {path.stem for path in SOURCE.glob("*.py")} | {
        path.parent.name for path in SOURCE.glob("*/__init__.py")
    }
    assert rooms - {"__init__"} <= placed


def is_simulator(module: str) -> bool:
    return any(part.startswith("simulat") for part in module.split("."))


def may_start_a_simulator(module: str) -> bool:
    return is_simulator(module) or module.startswith("mitograft.cli")


def test_analysis_never_sees_a_simulator():
    graph = grimp.build_graph("mitograft", cache_dir=None)
    simulators = {module for module in graph.modules if is_simulator(module)}
    assert "mitograft.product.simulate" in simulators
    seen = {
        f"{importer} imports {simulator}"
        for simulator in simulators
        for importer in graph.find_modules_that_directly_import(simulator)
        if not may_start_a_simulator(importer)
    }
    assert seen == set()
