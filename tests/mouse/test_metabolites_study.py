"""metabolites.csv from file to outcomes: bad input in one message, findings, recovery of a known truth."""

import math
import os

import numpy as np
import pytest

from mitograft.errors import InputError, UsageError
from mitograft.mouse.animals import read_animals
from mitograft.mouse.compare import compare_groups
from mitograft.mouse.metabolites.analyse import analyse_metabolites
from mitograft.mouse.metabolites.read import read_metabolites
from mitograft.mouse.metabolites.simulate import MetaboliteTruth, simulate_metabolites
from mitograft.mouse.simulate import CIM_GROUPS, ColonyTruth, SimulatedGroup, simulate_colony
from mitograft.seeds import stream
from mitograft.tables.contract import RawTable
from mitograft.tables.read import read_table

RUNS = int(os.environ.get("MITOGRAFT_SLOW_RUNS", "8"))
HIGH, VEHICLE = "CIM + PN-101 high", "CIM vehicle"


def simulate(folder, seed=1, colony=None, **truth):
    rng = stream(seed, "metabolites")
    mice = simulate_colony(colony or ColonyTruth(), folder, rng)
    simulate_metabolites(MetaboliteTruth(**truth), mice, folder, rng)
    return read_animals(read_table(folder / "animals.csv"), read_table(folder / "groups.csv"))


def rewrite(folder, change):
    path = folder / "metabolites.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], *change(lines[1:])]) + "\n", encoding="utf-8")


def rules(result):
    return {finding.rule for finding in result.findings}


def test_every_mistake_is_in_one_message(tmp_path):
    colony = simulate(tmp_path)
    names = ("animal", "date", "metabolite", "value", "unit", "lloq", "flag")
    rows = [
        ("M001", "2026-03-23", "lactate", "12", "umol/g", "0.5", ""),
        ("M002", "2026-03-23", "lactic acid", "9", "nmol/g", "", ""),  # mixed-units
        ("nobody", "2026-03-23", "lactate", "12", "umol/g", "", ""),  # unknown-animal
        ("M001", "2026-03-23", "Lactic acid", "11", "umol/g", "", ""),  # duplicate, by synonym
        ("M003", "2025-03-23", "lactate", "11", "umol/g", "", ""),  # dates-out-of-order
        ("M003", "2026-05-23", "lactate", "11", "umol/g", "", ""),  # after-the-end
        ("M003", "23.3.2026", "lactate", "11", "umol/g", "", ""),  # not-a-date
        ("M001", "2026-03-23", "atp", "-2", "umol/g", "", ""),  # not-a-level
        ("M001", "2026-03-23", "adp", "much", "umol/g", "", ""),  # not-a-level
        ("M001", "2026-03-23", "amp", "0", "umol/g", "", ""),  # off-scale
        ("M001", "2026-03-23", "nad", "<0.5", "umol/g", "0.4", ""),  # two-limits
        ("M001", "2026-03-23", "nadh", "", "umol/g", "", "below"),  # no-limit
        ("M001", "2026-03-23", "malate", "3", "umol/g", "0.4", "below"),  # flag-contradicts
        ("M001", "2026-03-23", "citrate", "3", "zork", "", ""),  # unknown-unit
    ]
    columns = {name: [row[k] or None for row in rows] for k, name in enumerate(names)}
    with pytest.raises(InputError) as caught:
        analyse_metabolites(RawTable("metabolites.csv", columns, range(2, 2 + len(rows))), colony)
    assert sorted((v.rule, v.row) for v in caught.value.violations) == sorted(
        [
            ("mixed-units", 3), ("unknown-animal", 4), ("duplicate", 5), ("dates-out-of-order", 6),
            ("after-the-end", 7), ("not-a-date", 8), ("not-a-level", 9), ("not-a-level", 10),
            ("off-scale", 11), ("two-limits", 12), ("no-limit", 13), ("flag-contradicts", 14),
            ("unknown-unit", 15),
        ]
    )  # fmt: skip
    assert "M001" not in str(caught.value)
    assert "nobody" not in str(caught.value)


def test_all_ways_to_write_a_value_below_its_limit_mean_the_same(tmp_path):
    colony = simulate(tmp_path)
    ways = [
        ("<0.5", None, None),
        (None, "0.5", "below"),
        ("0.3", "0.5", None),
        ("0.3", "0.5", "below"),
        ("0", "0.5", None),
    ]
    for value, lloq, flag in ways:
        columns = {
            "animal": ["M001"], "date": ["2026-03-23"], "metabolite": ["ATP"], "value": [value],
            "unit": ["umol/g"], "lloq": [lloq], "flag": [flag],
        }  # fmt: skip
        result = analyse_metabolites(RawTable("metabolites.csv", columns, [2]), colony)
        (outcome,) = result.outcomes
        assert outcome.below == {"M001": 0.5}
        assert outcome.values == {}
        assert outcome.scale == "log"


def test_slowly_frozen_muscle_is_found(tmp_path):
    colony = simulate(tmp_path, slow=("M005",))
    result = analyse_metabolites(tmp_path / "metabolites.csv", colony)
    found = [finding for finding in result.findings if finding.rule == "low-energy-charge"]
    assert [finding.place for finding in found] == ["M005"]
    assert "frozen" in found[0].remedy
    others = [v.value for place, v in result.derived["energy_charge"].items() if place != "M005"]
    assert min(others) > 0.8
    assert "energy_charge_least" in {parameter.id for parameter in result.parameters}


def test_batches_that_hold_one_group_are_found(tmp_path):
    colony = simulate(tmp_path, batches=2)
    assert rules(analyse_metabolites(tmp_path / "metabolites.csv", colony)) == {"batches"}
    healthy = {mouse.id for mouse in colony.included("healthy")}

    def by_group(lines):
        return [
            line.replace("run 1", "run 2")
            if line.split(",")[0] in healthy
            else line.replace("run 2", "run 1")
            for line in lines
        ]

    rewrite(tmp_path, by_group)
    assert "batch-by-group" in rules(analyse_metabolites(tmp_path / "metabolites.csv", colony))


def test_missing_mice_unknown_names_and_late_days_are_found(tmp_path):
    colony = simulate(tmp_path)
    late = {mouse.id for mouse in colony.included(HIGH)}

    def change(lines):
        kept = [line for line in lines if not line.startswith("M001,")]
        moved = [s.replace("2026-03-23", "2026-03-16") if s.split(",")[0] in late else s for s in kept]
        return [line.replace(",c3,", ",unobtainium,") for line in moved]

    rewrite(tmp_path, change)
    found = rules(analyse_metabolites(tmp_path / "metabolites.csv", colony))
    assert {"mouse-without-sample", "unknown-metabolite", "days-apart"} <= found


def test_several_tissues_have_outcomes_of_their_own(tmp_path):
    colony = simulate(tmp_path)
    rewrite(tmp_path, lambda lines: lines + [line.replace("gastrocnemius", "Plasma pool") for line in lines])
    result = analyse_metabolites(tmp_path / "metabolites.csv", colony)
    names = {outcome.name for outcome in result.outcomes}
    assert {"metabolite.gastrocnemius.lactate", "metabolite.plasma_pool.energy_charge"} <= names
    assert "metabolite.lactate" not in names
    assert "M001, Plasma pool" in result.derived["energy_charge"]


def test_excluded_mice_and_levels_are_left_out(tmp_path):
    colony = simulate(tmp_path, colony=ColonyTruth(excluded=2))
    result = analyse_metabolites(tmp_path / "metabolites.csv", colony)
    gone = {mouse.id for mouse in colony if mouse.excluded}
    assert len(gone) == 2
    assert not any(gone & set(outcome.values) for outcome in result.outcomes)
    raw = read_table(tmp_path / "metabolites.csv")
    columns = {**raw.columns, "excluded": ["tube broke", *[None] * (len(raw) - 1)]}
    path_levels = read_metabolites(tmp_path / "metabolites.csv", colony)
    fewer = analyse_metabolites(RawTable("metabolites.csv", columns, raw.rows), colony).levels
    assert len(fewer) == len(path_levels) - 1


def test_the_simulator_is_deterministic_and_marked(tmp_path):
    for name in ("a", "b"):
        simulate(tmp_path / name)
    text = (tmp_path / "a" / "metabolites.csv").read_text(encoding="utf-8")
    assert text == (tmp_path / "b" / "metabolites.csv").read_text(encoding="utf-8")
    assert text.count("SIMULATED") == len(text.splitlines()) - 1
    rng = np.random.default_rng(0)
    mice = simulate_colony(ColonyTruth(groups=CIM_GROUPS[:1]), tmp_path, rng)
    with pytest.raises(UsageError, match="no burden for healthy"):
        simulate_metabolites(MetaboliteTruth(burden={}), mice, tmp_path, rng)


@pytest.mark.slow
def test_the_shift_of_a_treated_group_is_recovered(tmp_path):
    """Coverage of the ratio of lactate to pyruvate, treated against vehicle: 95 of 100 within chance."""
    groups = tuple(SimulatedGroup(g.name, g.role, g.treatment, g.dose, n=8) for g in CIM_GROUPS)
    truth = (0.3 - 1.0) * (0.7 - 0.1)  # difference of burdens times the shifts of lactate and pyruvate
    hits = 0
    for seed in range(RUNS):
        colony = simulate(tmp_path, seed, ColonyTruth(groups=groups), between=0.0)
        result = analyse_metabolites(tmp_path / "metabolites.csv", colony)
        outcome = next(o for o in result.outcomes if o.name == "metabolite.lactate_pyruvate")
        row = compare_groups(outcome, colony, HIGH, VEHICLE)
        hits += row.low <= truth <= row.high
    chance = 3.5 * math.sqrt(0.95 * 0.05 / RUNS)
    assert abs(hits / RUNS - 0.95) <= max(chance, 0.5 / RUNS)
