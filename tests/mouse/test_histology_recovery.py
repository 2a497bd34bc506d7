"""Simulated CIM studies go through files and come back: severity, agreement, coverage, false claims, power.

    pytest tests/mouse/test_histology_recovery.py -m slow -s          prints the table

MITOGRAFT_SLOW_RUNS=200 is the full size of each line; by default only gross errors would be seen.
"""

import math
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.mouse.animals import read_animals
from mitograft.mouse.compare import compare_groups, group_values
from mitograft.mouse.histology.analyse import analyse_histology
from mitograft.mouse.histology.read_scheme import load_scheme
from mitograft.mouse.histology.simulate import RaterTruth, ScoresTruth, remission, simulate_scores
from mitograft.mouse.simulate import CIM_GROUPS, ColonyTruth, SimulatedGroup, simulate_colony
from mitograft.seeds import stream
from mitograft.tables.read import read_table

RUNS = int(os.environ.get("MITOGRAFT_SLOW_RUNS", "25"))
SIX = load_scheme("sugihara-2007")
VEHICLE, HIGH = "CIM vehicle", "CIM + PN-101 high"
SIZES = (5, 6, 8, 10)


def study(folder, seed, truth, n=8, scheme=SIX, **colony_truth):
    groups = tuple(SimulatedGroup(g.name, g.role, g.treatment, g.dose, n) for g in CIM_GROUPS)
    mice = simulate_colony(ColonyTruth(groups=groups, **colony_truth), folder, stream(seed, "colony"))
    latent = simulate_scores(truth, mice, scheme, folder, stream(seed, "scores"))
    colony = read_animals(read_table(folder / "animals.csv"), read_table(folder / "groups.csv"))
    return analyse_histology(folder / "scores.csv", colony, scheme), colony, latent


def two_groups(high):
    return ScoresTruth(peak={"healthy": -3.0, VEHICLE: 3.0, "CIM + PN-101 low": high, HIGH: high})


def test_scores_follow_the_latent_severity(tmp_path):
    truth = ScoresTruth(blocks_per_muscle=3, sections_per_block=2)
    result, colony, latent = study(tmp_path, 1, truth)
    severity = result.outcomes[0].values
    assert set(severity) == set(colony.animals)
    ill = [name for name in severity if latent[name] > 1.0]
    error = [severity[name] - latent[name] for name in ill]
    # The gravest of two sections lies a little above their mean (0.56 SD of section and reading).
    assert abs(np.mean(error) - 0.56 * math.hypot(0.2, 0.3 / math.sqrt(2))) < 0.15
    assert np.std(error) < 0.5
    assert all(severity[m] == 0.0 for m in severity if colony.animals[m].group == "healthy")
    assert "SIMULATED" in (tmp_path / "scores.csv").read_text(encoding="utf-8").splitlines()[1]


def test_the_same_seed_gives_the_same_scores(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        study(tmp_path / name, seed, ScoresTruth())
    one, two, other = ((tmp_path / n / "scores.csv").read_bytes() for n in "abc")
    assert one == two != other


def test_both_shipped_schemes_can_be_simulated(tmp_path):
    result, _, _ = study(tmp_path, 1, ScoresTruth(), scheme=load_scheme("cim-four-grades"))
    assert max(result.outcomes[0].values.values()) <= 4.0
    assert not [f for f in result.findings if f.severity == "error"]


def test_a_biased_and_careless_rater_is_found(tmp_path):
    good, _, _ = study(tmp_path / "good", 1, ScoresTruth())
    careless = ScoresTruth(raters=(RaterTruth("A"), RaterTruth("B", bias=-2.0, noise=1.5)))
    bad, _, _ = study(tmp_path / "bad", 1, careless)
    assert good.agreements[0].judged.kappa > 0.8
    assert bad.agreements[0].difference > 1.0
    assert [f.rule for f in bad.findings] == ["raters-disagree"]
    assert good.findings == ()


def test_cim_remits_by_itself(tmp_path):
    early, colony, _ = study(tmp_path / "early", 1, ScoresTruth(), last_day=21)
    late, _, _ = study(tmp_path / "late", 1, ScoresTruth(), last_day=49)
    severities = [np.mean(group_values(r.outcomes[0], colony, VEHICLE).values) for r in (early, late)]
    assert remission(49.0, ScoresTruth()) == 0.25
    assert severities[1] < 0.5 * severities[0]


def test_mice_of_a_humane_end_point_are_named(tmp_path):
    result, _, _ = study(tmp_path, 1, ScoresTruth(), humane=0.125, excluded=1)
    assert {"day-of-its-own", "excluded-mouse"} <= {finding.rule for finding in result.findings}


def test_a_group_without_severity_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="1 groups"):
        study(tmp_path, 1, ScoresTruth(peak={"healthy": -3.0, VEHICLE: 3.0, HIGH: 1.0}))


@cache
def true_index(high):
    """Return the probabilistic index of one large simulated study, less 1/2."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        result, colony, _ = study(Path(folder), 99, two_groups(high), n=1500)
    one, two = (np.array(group_values(result.outcomes[0], colony, g).values) for g in (HIGH, VEHICLE))
    return float(np.mean(np.sign(one[:, None] - two[None, :])) / 2.0)


@pytest.mark.slow
@pytest.mark.parametrize("high", [3.0, 2.0, 1.0])
def test_coverage_false_claims_and_power(tmp_path, high):
    # The groups of no effect have an index of exactly 1/2.
    truth = 0.0 if high == 3.0 else true_index(high)
    covered, claimed = [], []
    for n in SIZES:
        here = []
        for run in range(RUNS):
            result, colony, _ = study(tmp_path, 1000 * n + run, two_groups(high), n=n)
            here.append(compare_groups(result.outcomes[0], colony, HIGH, VEHICLE))
        covered += [found.low <= truth <= found.high for found in here]
        claims = [found.p <= 0.05 for found in here]
        claimed += claims
        # An interval claims what the exact test claims, no more and no less.
        assert all((f.low > 0.0 or f.high < 0.0) == claim for f, claim in zip(here, claims, strict=True))
        share = np.mean(covered[-RUNS:])
        print(f"\npeak {high:g} against 3, n {n}: claimed {np.mean(claims):.3f}, covered {share:.3f}")  # noqa: T201  the table is what a full run is for
    noise = 3.5 * math.sqrt(0.05 * 0.95 / len(covered))
    assert np.mean(covered) >= 0.92 - noise
    if high == 3.0:
        assert np.mean(claimed) <= 0.05 + noise
    else:
        assert np.mean(claimed) > 0.05 + noise
