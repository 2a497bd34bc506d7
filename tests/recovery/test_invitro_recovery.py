"""Known effects, written as instrument files, come back through readers and donor statistics at the "
"stated rate."""

import os

import numpy as np
import pytest

from mitograft.assays.plate.check import join_layout
from mitograft.assays.plate.derive import derive_percent
from mitograft.assays.plate.layout import read_layout
from mitograft.assays.plate.read import read_plate_file
from mitograft.assays.plate.simulate import CellPlateTruth, simulate_layout, simulate_tidy_plate
from mitograft.assays.seahorse.analyse import Options, analyse_plates
from mitograft.assays.seahorse.read import read_wave
from mitograft.assays.seahorse.simulate import simulate_wave
from mitograft.assays.seahorse.simulate_truth import PlateTruth, WellTruth
from mitograft.seeds import stream
from mitograft.statistics.donor_comparison import compare_donors
from mitograft.tables.read import read_table

EXPERIMENTS, CULTURES = 200, 4
DOSE, EC50, SLOPE = 30.0, 8.0, 1.2
INJURED, BETWEEN = 0.45, 0.06


def plate_experiment(folder, number, rescue):
    """One experiment: a plate for each culture, written, read and compared."""
    rng = stream(200, "tests", "plates", number, str(rescue))
    truths = [
        CellPlateTruth(
            f"{number}_{culture}",
            donors={f"C{culture}": float(rng.normal(INJURED, BETWEEN))},
            doses=(0.0, DOSE),
            rescue=rescue,
            ec50=EC50,
            slope=SLOPE,
            replicates=3,
        )
        for culture in range(CULTURES)
    ]
    paths = [folder / f"{truth.barcode}.csv" for truth in truths]
    for truth, path in zip(truths, paths, strict=True):
        simulate_tidy_plate(truth, path, rng)
    simulate_layout(truths, folder / "layout.csv")
    wells, _ = join_layout(
        [read_plate_file(path) for path in paths], read_layout(read_table(folder / "layout.csv"))
    )
    readings = [r for r in derive_percent(wells, "atp_content").readings if r.group.startswith("PN-101")]
    return compare_donors(
        [r.value for r in readings],
        [r.source for r in readings],
        [r.group for r in readings],
        first=f"PN-101 {DOSE:g} ug/mL",
        second="PN-101 0 ug/mL",
    )


@pytest.mark.parametrize("rescue", [0.8, 0.0])
def test_200_plate_experiments(tmp_path, rescue):
    share = DOSE**SLOPE / (DOSE**SLOPE + EC50**SLOPE)
    truth = 100 * rescue * (1 - INJURED) * share
    found = [plate_experiment(tmp_path, number, rescue) for number in range(EXPERIMENTS)]
    covered = np.mean([f.low <= truth <= f.high for f in found])
    # 3 points around 0.95, plus three standard errors of 200 experiments (1.5 points each).
    assert abs(covered - 0.95) <= 0.03 + 3 * np.sqrt(0.95 * 0.05 / EXPERIMENTS)
    if rescue == 0.0:
        claims = np.mean([f.low > 0 for f in found])  # the claim is one-sided: higher
        assert claims <= 0.06
    else:
        assert np.mean([f.low > 0 for f in found]) > 0.9


def respiration_experiment(folder, number, factor):
    """One experiment of three Wave workbooks, each with a donor's untreated and treated wells."""
    rng = stream(200, "tests", "waves", number, str(factor))
    plates = []
    for donor in range(3):
        level = float(np.exp(rng.normal(0, 0.15)))
        own = float(np.exp(rng.normal(np.log(factor), 0.05)))
        wells, groups = {}, {}
        for row in "ABCD":
            for column, (name, size) in {2: ("none", level), 4: ("PN-101", level * own)}.items():
                spread = size * float(np.exp(rng.normal(0, 0.05)))
                wells[f"{row}{column:02d}"] = WellTruth(8.0, 40 * spread, 9 * spread, 95 * spread)
                groups[f"{row}{column:02d}"] = name
        wells = {k: v for k, v in wells.items() if k not in PlateTruth("x", {}, {}).background}
        groups = {k: groups[k] for k in wells}
        path = folder / f"w{number}_{donor}.xlsx"
        simulate_wave(PlateTruth(f"{number}_{donor}", wells, groups, barcode=f"B{number}{donor}"), path, rng)
        plates.append(read_wave(path))
    result = analyse_plates(plates, Options(rule="stage_mean"))
    readings = [r for r in result.readings if r.parameter == "maximal_respiration" and not r.excluded]
    return compare_donors(
        [r.value for r in readings],
        [r.source for r in readings],
        [r.group for r in readings],
        first="PN-101",
        second="none",
        scale="log ratio",
    )


def run_respiration(folder, experiments, factor):
    truth = np.log(factor)
    found = [respiration_experiment(folder, number, factor) for number in range(experiments)]
    return np.mean([f.low <= truth <= f.high for f in found]), np.mean([f.low > 0 for f in found])


@pytest.mark.slow
@pytest.mark.parametrize("factor", [1.0, 1.3])
def test_respiration_experiments_through_wave_workbooks(tmp_path, factor):
    # MITOGRAFT_SLOW_RUNS=200 is the full size; by default only gross errors of coverage would be seen.
    experiments = int(os.environ.get("MITOGRAFT_SLOW_RUNS", "8"))
    covered, claims = run_respiration(tmp_path, experiments, factor)
    assert covered >= 0.92 - 3 * np.sqrt(0.95 * 0.05 / experiments)
    if factor == 1.0:
        assert claims <= 0.06 + 3 * np.sqrt(0.025 * 0.975 / experiments)
