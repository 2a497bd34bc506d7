"""Simulated studies from counts to verdict: coverage of the share, false claims, power against group size.

MITOGRAFT_SLOW_RUNS=300 is the full size of each line; by default only gross errors would be seen.
"""

import os
import sys
from datetime import date

import numpy as np
import pytest

from mitograft.mouse.animals import Animal, Colony, Group
from mitograft.mouse.expression.analyse import load_expression_parameters
from mitograft.mouse.expression.counts import read_counts
from mitograft.mouse.expression.gene_sets import find_coverage, load_panel
from mitograft.mouse.expression.options import ExpressionOptions
from mitograft.mouse.expression.scores import log_cpm, score_sets
from mitograft.mouse.expression.shift import Roles, find_composite, find_shift
from mitograft.mouse.expression.simulate import ExpressionTruth, GroupExpression, simulate_counts
from mitograft.seeds import stream

RUNS = int(os.environ.get("MITOGRAFT_SLOW_RUNS", "8"))
HEALTHY, VEHICLE = GroupExpression(0.0, 0.02), GroupExpression(1.0, 0.15)
GROUPS = {
    "healthy": HEALTHY,
    "vehicle": VEHICLE,
    "as vehicle": VEHICLE,
    "half": GroupExpression(0.5, 0.08),
    "as healthy": HEALTHY,
}
ROLES = {"healthy": "healthy", "vehicle": "control"}
TREATED = ("as vehicle", "half", "as healthy")


def make_colony(each):
    groups = {g: Group(g, ROLES.get(g, "treated"), g, 0.0, "") for g in GROUPS}
    animals = {
        f"{g} {i}": Animal(f"{g} {i}", g, "F", "C57BL/6", date(2026, 1, 5), date(2026, 3, 2))
        for g in GROUPS
        for i in range(each)
    }
    return Colony(groups, animals, "animals.csv")


def run_study(folder, mice, rng):
    # A smaller fall and more variation between mice than the default: a shift that has to be looked for.
    truth = ExpressionTruth(
        {mouse.id: mouse.group for mouse in mice}, GROUPS, fall=0.6, between_shifts=0.2, background=60
    )
    simulate_counts(truth, folder, rng)
    counts = read_counts(folder, ExpressionOptions(), mice)
    sets, _ = find_coverage(load_panel("mouse"), counts.genes)
    scores = score_sets(log_cpm(counts.values), counts.genes, sets)
    roles = Roles("healthy", "vehicle", TREATED)
    composite = find_composite(scores, sets)
    return find_shift(counts.subjects, counts.groups, composite, None, roles, load_expression_parameters())


@pytest.mark.slow
@pytest.mark.parametrize("each", [5, 8, 10])
def test_claims_from_counts(each, tmp_path):
    mice, rng = make_colony(each), stream(29, "expression", each)
    studies = [run_study(tmp_path, mice, rng) for _ in range(RUNS)]
    by_group = {g: [s.restorations[i] for s in studies] for i, g in enumerate(TREATED)}
    covered = {
        g: np.mean([r.share.low <= left <= r.share.high for r in by_group[g]])
        for g, left in (("as vehicle", 1.0), ("as healthy", 0.0))
    }
    false = np.mean([r.verdict in ("improved", "restored") for r in by_group["as vehicle"]])
    wrong = np.mean([r.verdict == "restored" for r in by_group["half"]])
    power = np.mean([r.verdict in ("improved", "restored") for r in by_group["half"]])
    restored = np.mean([r.verdict == "restored" for r in by_group["as healthy"]])
    sys.stdout.write(
        f"\n{each} mice a group, {RUNS} studies: coverage {covered}, claimed without effect {false:.3f}, "
        f"half called restored {wrong:.3f}, half seen {power:.2f}, restoration shown {restored:.2f}\n"
    )
    slack = 3.0 * np.sqrt(0.09 / RUNS)
    assert all(share >= 0.87 - slack for share in covered.values())
    assert false <= 0.06 + 3.0 * np.sqrt(0.06 * 0.94 / RUNS)
    assert wrong <= 0.06 + 3.0 * np.sqrt(0.06 * 0.94 / RUNS)
