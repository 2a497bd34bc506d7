"""Simulated cytokines, read back through files: what is written, and whether the ratio is found.

MITOGRAFT_SLOW_RUNS=400 is the full size of each line; by default only gross errors would be seen. Measured in
1,200 studies, 95 % intervals of the ratio with 5 and 8 mice a group covered: not censored 94.2 and 93.1 %,
a third of the mice below the limit 95.0 and 95.8 %, over half of them 98.3 and 96.3 %; without an effect 5.2
and 5.0 % had p < 0.05. Half the limit in place of censored values covered 90.7 and 91.8 % with a third
censored, and moved the logarithm of the ratio by 0.11.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from mitograft.mouse.animals import Colony, read_animals
from mitograft.mouse.cytokines.analyse import Panel, compare_panel
from mitograft.mouse.cytokines.contract import CytokineOptions, Cytokines
from mitograft.mouse.cytokines.derive import derive_cytokines
from mitograft.mouse.cytokines.read import read_cytokines
from mitograft.mouse.cytokines.simulate import (
    AnalyteTruth,
    CytokineTruth,
    simulate_cytokines,
    true_log_ratio,
)
from mitograft.mouse.simulate import ColonyTruth, SimulatedGroup, simulate_colony
from mitograft.seeds import stream
from mitograft.tables.read import read_table

RUNS = int(os.environ.get("MITOGRAFT_SLOW_RUNS", "10"))
LIMITS = {"none": 0.1, "a third": 6.0, "over half": 9.0}
SICK = {"vehicle": 1.0, "PN-101": 1.0}
TRUTH = CytokineTruth(
    {"vehicle": 1.0, "PN-101": 0.5},
    (
        *(AnalyteTruth(name, "pg/mL", 3.0, 4.0, lloq=limit) for name, limit in LIMITS.items()),
        AnalyteTruth("no effect", "pg/mL", 3.0, 4.0, lloq=6.0, response=SICK),
    ),
)


def study(truth: CytokineTruth, n: int, seed: int, folder: Path) -> tuple[Cytokines, Colony]:
    groups = (
        SimulatedGroup("vehicle", "control", "vehicle", n=n),
        SimulatedGroup("PN-101", "treated", "PN-101", 5.0, n=n),
    )
    mice = simulate_colony(ColonyTruth(groups), folder, stream(seed, "colony"))
    simulate_cytokines(truth, folder, mice, stream(seed, "cytokines"))
    colony = read_animals(read_table(folder / "animals.csv"), read_table(folder / "groups.csv"))
    return read_cytokines(folder / "cytokines.csv", colony), colony


def compared(truth: CytokineTruth, n: int, seed: int, folder: Path) -> Panel:
    read, colony = study(truth, n, seed, folder)
    return compare_panel(derive_cytokines(read, colony).panel, colony, ["PN-101"], "vehicle")


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 8])
def test_ratios_are_covered_and_false_claims_rare(tmp_path: Path, n: int) -> None:
    covered: dict[str, list[bool]] = {}
    claimed = []
    for seed in range(RUNS):
        for row, analyte in zip(compared(TRUTH, n, seed, tmp_path).rows, TRUTH.analytes, strict=True):
            truth = true_log_ratio(TRUTH, analyte, "PN-101", "vehicle")
            found = row.comparison
            covered.setdefault(analyte.analyte, []).append(found.low <= truth <= found.high)
            if analyte.response:
                claimed.append(found.p < 0.05)
    noise = 3.0 * np.sqrt(0.05 * 0.95 / RUNS)
    shares = {name: float(np.mean(hits)) for name, hits in covered.items()}
    print(f"{n} mice a group: coverage {shares}, false claims {np.mean(claimed):.3f}")  # noqa: T201  what a full run is for
    assert min(shares.values()) >= 0.92 - noise
    assert np.mean(claimed) <= 0.06 + noise


def test_files_say_that_they_are_simulated_and_are_repeatable(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        study(TRUTH, 4, 1, tmp_path / name)
        written.append((tmp_path / name / "cytokines.csv").read_bytes())
    assert written[0] == written[1]
    assert all("SIMULATED" in line for line in written[0].decode().splitlines()[1:])


def test_all_ways_of_writing_a_censored_value_read_as_the_same(tmp_path: Path) -> None:
    read = []
    for written in ("flag", "text", "number"):
        truth = CytokineTruth(TRUTH.groups, TRUTH.analytes, written=written)  # type: ignore[arg-type]
        read.append(study(truth, 5, 2, tmp_path / written)[0].values)
    assert read[0] == read[1] == read[2]
    assert {value.side for value in read[0]} == {"", "below"}


def test_upper_limits_are_written_as_well(tmp_path: Path) -> None:
    low = AnalyteTruth("IL-6", "pg/mL", 8.0, 6.0, lloq=1.0, uloq=30.0)
    found = study(CytokineTruth(TRUTH.groups, (low,)), 5, 3, tmp_path)[0]
    assert {value.side for value in found.values} == {"", "above"}


def test_half_the_limit_biases_the_ratio(tmp_path: Path) -> None:
    """Half the limit lies below the mean of what it stands for here, and makes the effect look larger."""
    estimates: dict[str, list[float]] = {"censored": [], "half_limit": []}
    analyte = AnalyteTruth("IL-6", "pg/mL", 3.0, 4.0, lloq=6.0)
    truth = CytokineTruth({"vehicle": 1.0, "PN-101": 0.5}, (analyte,), replicates=1)
    expected = true_log_ratio(truth, analyte, "PN-101", "vehicle")
    for seed in range(15):
        read, colony = study(truth, 10, seed, tmp_path)
        for below, found in estimates.items():
            options = CytokineOptions(below=below)  # type: ignore[arg-type]  # a literal
            derived = derive_cytokines(read, colony, options)
            made = compare_panel(derived.panel, colony, ["PN-101"], "vehicle", options)
            found.append(made.rows[0].comparison.estimate)
    assert np.mean(estimates["censored"]) == pytest.approx(expected, abs=0.2)
    assert np.mean(estimates["half_limit"]) < np.mean(estimates["censored"]) - 0.05
