"""Simulated weights and function, read back through files: what is written, and whether the truth is found.

MITOGRAFT_SLOW_RUNS=400 is the full size of each line; by default only gross errors would be seen. Measured at
that size: 95 % intervals of the overall effect covered 94.8 % with 5 mice a group, 95.3 % with 8, and 94.8 %
with 8 where 9 % of the mice left at a humane end point; those of single days 93 to 97 %. Without an
effect 3.5, 5.5 and 6.0 % of 200 studies each with 5, 8 and 10 mice had p < 0.05.
"""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from mitograft.mouse.animals import Colony, read_animals
from mitograft.mouse.function.analyse import model_course
from mitograft.mouse.function.derive import summarise
from mitograft.mouse.function.read import read_follow_up
from mitograft.mouse.function.results import CourseModel
from mitograft.mouse.function.simulate import (
    CourseTruth,
    FunctionTruth,
    GroupCourse,
    WeightTruth,
    simulate_function,
    simulate_weights,
    true_level,
)
from mitograft.mouse.simulate import ColonyTruth, SimulatedGroup, simulate_colony
from mitograft.seeds import stream
from mitograft.tables.read import read_table

RUNS = int(os.environ.get("MITOGRAFT_SLOW_RUNS", "5"))
LATE = (9, 11, 14, 16, 18, 21)


def course(effect: float, frailty: float = 0.25) -> CourseTruth:
    return CourseTruth({"vehicle": GroupCourse(1.0), "PN-101": GroupCourse(1.0, effect)}, frailty=frailty)


def colony_truth(n: int) -> ColonyTruth:
    return ColonyTruth((
        SimulatedGroup("vehicle", "control", "vehicle", n=n),
        SimulatedGroup("PN-101", "treated", "PN-101", 5.0, n=n),
    ))  # fmt: skip


def read_colony(folder: Path) -> Colony:
    return read_animals(read_table(folder / "animals.csv"), read_table(folder / "groups.csv"))


def true_effect(truth: WeightTruth) -> float:
    """Return the difference of mean weight in per cent of baseline, averaged over the days."""

    def level(group: str, day: int) -> float:
        grown = 1.0 + truth.growth * day / truth.start
        return 100.0 * grown * (1.0 - truth.depth * true_level(truth.course, group, day))

    return float(np.mean([level("PN-101", d) - level("vehicle", d) for d in LATE]))


def study(truth: WeightTruth, n: int, seed: int, folder: Path) -> CourseModel:
    mice = simulate_colony(colony_truth(n), folder, stream(seed, "colony"))
    simulate_weights(truth, folder, mice, stream(seed, "weights"))
    colony = read_colony(folder)
    curves = summarise(read_follow_up(colony, folder / "weights.csv"), colony)[0]
    return model_course(curves[0], colony, ["PN-101"], "vehicle")


def coverage(truth: WeightTruth, n: int, studies: int, folder: Path) -> tuple[float, float, float]:
    """Return how often the truth is covered, how often 0 is excluded, and the mean error."""
    effect = true_effect(truth)
    found = [study(truth, n, seed, folder).effects[0].overall for seed in range(studies)]
    covered = float(np.mean([c.low <= effect <= c.high for c in found]))
    claimed = float(np.mean([c.p < 0.05 for c in found]))
    return covered, claimed, float(np.mean([c.estimate - effect for c in found]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "frailty", "humane"), [(5, 0.25, None), (8, 0.25, None), (10, 0.25, None), (8, 0.4, 0.2)]
)
def test_intervals_cover(tmp_path: Path, n: int, frailty: float, humane: float | None) -> None:
    truth = WeightTruth(course(0.4, frailty), depth=0.16 if humane else 0.14, humane_loss=humane)
    covered, claimed, error = coverage(truth, n, RUNS, tmp_path)
    print(f"{n} mice a group, humane end point {humane}: coverage {covered:.3f}, power {claimed:.2f}, "  # noqa: T201  the tables are what a full run is for
          f"mean error {error:+.2f}")  # fmt: skip
    assert covered >= 0.92 - 3.0 * np.sqrt(0.05 * 0.95 / RUNS)
    assert abs(error) < 0.5 + 10.0 / np.sqrt(n * RUNS)


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 8, 10])
def test_false_claims_are_rare(tmp_path: Path, n: int) -> None:
    claimed = coverage(WeightTruth(course(0.0)), n, RUNS, tmp_path)[1]
    print(f"{n} mice a group: false claims {claimed:.3f}")  # noqa: T201  the tables are what a full run is for
    assert claimed <= 0.06 + 3.0 * np.sqrt(0.05 * 0.95 / RUNS)


def test_files_say_that_they_are_simulated_and_are_repeatable(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        folder = tmp_path / name
        mice = simulate_colony(colony_truth(4), folder, stream(1, "colony"))
        simulate_weights(WeightTruth(course(0.4)), folder, mice, stream(1, "weights"))
        simulate_function(FunctionTruth(course(0.4)), folder, mice, stream(1, "function"))
        written.append([(folder / f"{table}.csv").read_bytes() for table in ("weights", "function")])
    assert written[0] == written[1]
    for text in (part.decode() for part in written[0]):
        lines = text.splitlines()
        assert all("SIMULATED" in line for line in lines[1:])


def test_mice_that_lose_too_much_leave_and_every_file_agrees(tmp_path: Path) -> None:
    truth = WeightTruth(course(0.4, frailty=0.6), depth=0.18, humane_loss=0.2)
    mice = simulate_colony(colony_truth(10), tmp_path, stream(2, "colony"))
    ended = simulate_weights(truth, tmp_path, mice, stream(2, "weights"))
    simulate_function(FunctionTruth(truth.course), tmp_path, ended, stream(2, "function"))
    gone = [m for m in ended if m.end_reason == "humane end point"]
    assert 1 <= len(gone) <= 8
    colony = read_colony(tmp_path)
    assert {m.id for m in gone} == {a.id for a in colony if a.end_reason == "humane end point"}
    curves, outcomes, findings = summarise(
        read_follow_up(colony, tmp_path / "weights.csv", tmp_path / "function.csv"), colony
    )
    weight = curves[0]
    for mouse in gone:
        assert weight.values[mouse.id][-1][1] < 80.0
    [last] = [o for o in outcomes if o.name == "function.weight_last"]
    assert not {m.id for m in gone} & set(last.values)
    assert not [f for f in findings if f.rule == "humane-limit"]
    made = model_course(weight, colony, ["PN-101"], "vehicle")
    left = sum(a.left[-1] for a in made.attendance)
    assert left == len(gone)
    assert sum(bool(m.left) for g in made.groups for m in g.mice) == len(gone)


def test_the_disease_remits_and_treatment_acts_from_the_day_after() -> None:
    truth = course(0.5)
    levels = [true_level(truth, "vehicle", day) for day in (-3, 0, 7, 14, 21, 60)]
    assert levels[:2] == [0.0, 0.0]
    assert levels[3] == max(levels) == 1.0
    assert levels[5] < 0.01
    assert true_level(truth, "PN-101", 7) == true_level(truth, "vehicle", 7)
    assert true_level(truth, "PN-101", 8) == pytest.approx(0.5 * true_level(truth, "vehicle", 8))


def test_function_is_recovered_as_well(tmp_path: Path) -> None:
    mice = simulate_colony(colony_truth(10), tmp_path, stream(3, "colony"))
    simulate_function(FunctionTruth(course(0.6)), tmp_path, mice, stream(3, "function"))
    colony = read_colony(tmp_path)
    curves, outcomes, _ = summarise(read_follow_up(colony, None, tmp_path / "function.csv"), colony)
    assert [c.series.name for c in curves] == ["grip", "ck"]
    names = {o.name for o in outcomes}
    assert {"function.grip_auc", "function.grip_day14", "function.ck_auc", "function.ck_day21"} <= names
    grip, ck = (model_course(c, colony, ["PN-101"], "vehicle").effects[0].overall for c in curves)
    expected = 0.6 * np.mean([true_level(course(0.0), "vehicle", d) for d in (14, 21)])
    assert grip.low < 35.0 * expected < grip.high
    assert ck.low < -1.2 * expected < ck.high
    assert all(re.fullmatch(r"function\.[a-z0-9_]+", name) for name in names)
