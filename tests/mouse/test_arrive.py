"""ARRIVE Essential 10: what the files show, contradict or leave open."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from mitograft.mouse.animals import Animal, Colony, Group
from mitograft.mouse.arrive import Design, Told, check_arrive

ZERO = date(2026, 3, 2)
GROUPS = {
    "healthy": Group("healthy", "healthy", "none", 0.0, ""),
    "vehicle": Group("vehicle", "control", "vehicle", 0.0, "ug", "i.v.", "7; 14"),
    "PN-101": Group("PN-101", "treated", "PN-101", 5.0, "ug", "i.v.", "7; 14"),
}
DESIGN = Design(
    experimental_unit="mouse",
    primary_outcome="histology.severity",
    sample_size="power 0.8 for an index of 0.85",
    criteria="weight loss above 20 % ends the study",
    randomisation="list drawn with seed 7, blocks of 4",
    blinding=dict.fromkeys(("allocation", "conduct", "assessment", "analysis"), "yes"),
    reported_n={"healthy": 4, "vehicle": 4, "PN-101": 4},
)


def colony(**changes: Mapping[str, Any]) -> Colony:
    """Twelve mice, groups mixed in the cages and in the order; ``changes`` by identifier."""
    names = list(GROUPS)
    mice = {
        f"M{i}": Animal(
            f"M{i}", names[i % 3], "FM"[i // 3 % 2], "C57BL/6", date(2026, 1, 5), ZERO, f"C{i // 6}", i + 1
        )
        for i in range(12)
    }
    return Colony(GROUPS, {k: replace(v, **changes.get(k, {})) for k, v in mice.items()}, "animals.csv")


def standings(herd: Colony, design: Design = DESIGN, told: Told | None = None) -> list[str]:
    everybody = frozenset(a.id for a in herd.included())
    told = told or Told(
        {"histology.severity": everybody}, frozenset({"histology.severity"}), frozenset(a.id for a in herd)
    )
    return [item.standing for item in check_arrive(herd, design, told)]


def test_a_complete_study_shows_all_ten() -> None:
    assert standings(colony()) == ["shown"] * 10


def test_silence_is_open_never_shown() -> None:
    told = Told({}, frozenset(), frozenset())
    assert standings(colony(), Design(), told) == [
        *("open", "open", "open", "open", "open", "open", "open", "open", "shown", "open")
    ]


@pytest.mark.parametrize(
    ("item", "design"),
    [
        (1, replace(DESIGN, experimental_unit="section")),
        (2, replace(DESIGN, reported_n={"vehicle": 5})),
        (5, replace(DESIGN, blinding={**DESIGN.blinding, "assessment": "no"})),
        (6, replace(DESIGN, primary_outcome="histology.unheard_of")),
    ],
)
def test_what_is_said_against_the_files_is_contradicted(item: int, design: Design) -> None:
    assert standings(colony(), design)[item - 1] == "contradicted"


def test_one_group_a_cage_is_confounded() -> None:
    herd = colony(**{f"M{i}": {"cage": f"cage {i % 3}"} for i in range(12)})
    assert standings(herd)[3] == "contradicted"


def test_an_order_group_by_group_is_no_randomisation() -> None:
    herd = colony(**{f"M{i}": {"order": 1 + i // 3 + 4 * (i % 3)} for i in range(12)})
    assert standings(herd)[3] == "contradicted"


def test_sexes_apart_are_confounded() -> None:
    herd = colony(**{f"M{i}": {"sex": "F" if i % 3 == 1 else "M"} for i in range(12)})
    assert standings(herd)[3] == "contradicted"


def test_a_mouse_without_outcome_and_reason_is_found_one_that_died_is_not() -> None:
    seen = frozenset(f"M{i}" for i in range(11))
    told = Told(
        {"histology.severity": seen}, frozenset({"histology.severity"}), frozenset(f"M{i}" for i in range(12))
    )
    assert standings(colony(), told=told)[2] == "contradicted"
    assert standings(colony(M11={"end_reason": "humane end point"}), told=told)[2] == "shown"
    assert standings(colony(M11={"excluded": "injection failed"}), told=told)[2] == "shown"
