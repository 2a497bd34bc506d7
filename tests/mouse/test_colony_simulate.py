"""The simulated colony is read like anybody's, marked, mixed over cages and the same for the same seed."""

from collections import Counter

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.mouse.animals import read_animals
from mitograft.mouse.arrive import Design, Told, check_arrive
from mitograft.mouse.simulate import CIM_GROUPS, ColonyTruth, SimulatedGroup, simulate_colony
from mitograft.seeds import stream
from mitograft.tables.read import read_table


def make(folder, truth, seed=1):
    mice = simulate_colony(truth, folder, stream(seed, "colony"))
    return mice, read_animals(read_table(folder / "animals.csv"), read_table(folder / "groups.csv"))


def randomisation(colony):
    return check_arrive(colony, Design(randomisation="list"), Told({}, frozenset(), frozenset()))[3]


def test_files_hold_what_was_returned(tmp_path):
    mice, colony = make(tmp_path, ColonyTruth(humane=0.2, excluded=2))
    assert [mouse.id for mouse in mice] == list(colony.animals)
    for mouse in mice:
        animal = colony.animals[mouse.id]
        assert (animal.group, animal.excluded, animal.cage) == (mouse.group, mouse.excluded, mouse.cage)
        assert (animal.end_date, animal.end_reason) == (mouse.end_date, mouse.end_reason)
        assert (animal.birth_date, animal.day_zero, animal.order) == (
            mouse.birth_date, mouse.day_zero, mouse.order,
        )  # fmt: skip
    assert {g.name: (g.role, g.dose) for g in colony.groups.values()} == {
        g.name: (g.role, g.dose) for g in CIM_GROUPS
    }


def test_every_table_is_marked(tmp_path):
    make(tmp_path, ColonyTruth())
    for name in ("animals.csv", "groups.csv"):
        lines = (tmp_path / name).read_text(encoding="utf-8").splitlines()[1:]
        assert all("SIMULATED" in line for line in lines)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        make(tmp_path / name, ColonyTruth(humane=0.1, excluded=1), seed)
    one, two, other = ((tmp_path / n / "animals.csv").read_bytes() for n in "abc")
    assert one == two != other


def test_cages_mix_the_groups_and_the_check_sees_it(tmp_path):
    _, colony = make(tmp_path, ColonyTruth())
    cages = {cage: {a.group for a in colony if a.cage == cage} for cage in {a.cage for a in colony}}
    assert all(len(groups) == 4 for groups in cages.values())
    assert randomisation(colony).standing == "shown"


def test_cages_by_group_are_contradicted(tmp_path):
    _, colony = make(tmp_path, ColonyTruth(cages="by group"))
    item = randomisation(colony)
    assert item.standing == "contradicted"
    assert "one group only" in item.found


def test_the_frailest_immunised_mice_leave_early_and_treated_mice_are_excluded(tmp_path):
    mice, _ = make(tmp_path, ColonyTruth(humane=0.25, excluded=2))
    early = [m for m in mice if m.end_reason == "humane end point"]
    rest = [m for m in mice if m.end_reason == "scheduled" and m.role != "healthy"]
    assert len(early) == 6
    assert all(m.role != "healthy" for m in early)
    assert min(m.frailty for m in early) > max(m.frailty for m in rest)
    assert {(m.end_date - m.day_zero).days for m in early} == {12}
    assert {(m.end_date - m.day_zero).days for m in rest} == {21}
    assert Counter(m.role for m in mice if m.excluded) == {"treated": 2}


def test_groups_of_unequal_size(tmp_path):
    groups = tuple(
        SimulatedGroup(g.name, g.role, g.treatment, g.dose, n=n)
        for g, n in zip(CIM_GROUPS, (3, 9, 5, 7), strict=True)
    )
    mice, colony = make(tmp_path, ColonyTruth(groups=groups))
    assert Counter(m.group for m in mice) == {g.name: g.n for g in groups}
    assert len(colony.animals) == 24


@pytest.mark.parametrize(
    "truth",
    [
        ColonyTruth(groups=()),
        ColonyTruth(groups=(CIM_GROUPS[0], CIM_GROUPS[0])),
        ColonyTruth(groups=(SimulatedGroup("a", "control", "vehicle", n=0),)),
        ColonyTruth(excluded=99),
        ColonyTruth(humane=1.5),
        ColonyTruth(humane_day=30),
        ColonyTruth(mice_per_cage=0),
        ColonyTruth(age=(70, 56)),
    ],
)
def test_numbers_that_cannot_be(tmp_path, truth):
    with pytest.raises(UsageError, match="Simulated colony"):
        simulate_colony(truth, tmp_path, np.random.default_rng(1))
    assert list(tmp_path.iterdir()) == []
