"""Simulated colony: animals.csv and groups.csv as a laboratory would keep them, from a known truth.

Each mouse carries a frailty (standard normal) that the simulators of the rooms share: the mice that fare
worst in histology lose most weight and are the ones that reach a humane end point. No dose of the real study
is public; the doses here are placeholders.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import numpy as np

from mitograft.errors import UsageError
from mitograft.mouse.animals import Role
from mitograft.provenance import atomic_write_text
from mitograft.tables.contract import Cell
from mitograft.tables.write import format_csv

__all__ = ["CIM_GROUPS", "ColonyTruth", "SimulatedGroup", "SimulatedMouse", "simulate_colony"]

_MARK = "SIMULATED"


@dataclass(frozen=True, slots=True)
class SimulatedGroup:
    """A group of ``n`` mice and what it is given."""

    name: str
    role: Role
    treatment: str
    dose: float = 0.0
    n: int = 8


CIM_GROUPS = (
    SimulatedGroup("healthy", "healthy", "none"),
    SimulatedGroup("CIM vehicle", "control", "vehicle"),
    SimulatedGroup("CIM + PN-101 low", "treated", "PN-101", 5.0),
    SimulatedGroup("CIM + PN-101 high", "treated", "PN-101", 50.0),
)


@dataclass(frozen=True)
class ColonyTruth:
    """Truth of a simulated colony.

    Parameters
    ----------
    groups
        Groups of mice.
    cages
        ``mixed``: the list is drawn in rounds of one mouse of each group, so that every cage holds several
        groups; ``by group``: one group after the other, cage and group confounded.
    mice_per_cage
        Mice in a cage.
    age
        Youngest and oldest age on day zero, in days.
    day_zero, last_day
        Day of immunisation; day, counted from it, on which the study ends.
    humane, humane_day
        Share of the immunised mice that reach a humane end point (the frailest), and the day.
    excluded
        Number of mice excluded for a failed injection, drawn from the treated groups.
    dose_unit, route, schedule
        Of the treatment.
    """

    groups: tuple[SimulatedGroup, ...] = CIM_GROUPS
    cages: Literal["mixed", "by group"] = "mixed"
    mice_per_cage: int = 4
    age: tuple[int, int] = (56, 70)
    day_zero: date = date(2026, 3, 2)
    last_day: int = 21
    humane: float = 0.0
    humane_day: int = 12
    excluded: int = 0
    dose_unit: str = "ug"
    route: str = "intravenous"
    schedule: str = "7"


@dataclass(frozen=True, slots=True)
class SimulatedMouse:
    """A mouse of the colony, for the simulators of the rooms.

    ``frailty`` is standard normal over the colony; ``end_date`` the day its muscles are taken.
    """

    id: str
    group: str
    role: Role
    dose: float
    frailty: float
    birth_date: date
    day_zero: date
    end_date: date
    end_reason: str
    excluded: str
    cage: str
    order: int


def simulate_colony(truth: ColonyTruth, folder: Path, rng: np.random.Generator) -> tuple[SimulatedMouse, ...]:
    """Write ``animals.csv`` and ``groups.csv``; return the mice, in the order of the file.

    Strain and treatment begin with SIMULATED. The same truth and generator state give the same bytes.

    Raises
    ------
    UsageError
        If there is no group, a group has no mice, or a number cannot be.
    """
    _check(truth)
    mice = tuple(_mice(truth, rng))
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write_text(folder / "groups.csv", format_csv(_groups_table(truth)))
    atomic_write_text(folder / "animals.csv", format_csv(_animals_table(mice)))
    return mice


def _check(truth: ColonyTruth) -> None:
    names = [group.name for group in truth.groups]
    treated = sum(group.n for group in truth.groups if group.role == "treated")
    good = (
        names
        and len(set(names)) == len(names)
        and all(group.n > 0 for group in truth.groups)
        and truth.mice_per_cage > 0
        and 0 <= truth.excluded <= treated
        and 0.0 <= truth.humane <= 1.0
        and 0 <= truth.humane_day <= truth.last_day
        and 0 < truth.age[0] <= truth.age[1]
    )
    if not good:
        raise UsageError(
            "Simulated colony: found numbers that cannot be; expected groups of different names with mice, "
            "exclusions among treated mice, shares from 0 to 1 and days and ages in order."
        )


def _mice(truth: ColonyTruth, rng: np.random.Generator) -> Iterator[SimulatedMouse]:
    listed = _draw_list(truth, rng)
    frailty = rng.standard_normal(len(listed))
    ages = rng.integers(truth.age[0], truth.age[1] + 1, len(listed)).tolist()
    immunised = [i for i, group in enumerate(listed) if group.role != "healthy"]
    frailest = sorted(immunised, key=lambda i: -frailty[i])[: round(truth.humane * len(immunised))]
    treated = [i for i in immunised if listed[i].role == "treated"]
    excluded = set(rng.permutation(treated)[: truth.excluded].tolist())
    for i, group in enumerate(listed):
        humane = i in frailest
        day = truth.humane_day if humane else truth.last_day
        yield SimulatedMouse(
            id=f"M{i + 1:03d}",
            group=group.name,
            role=group.role,
            dose=group.dose,
            frailty=float(frailty[i]),
            birth_date=truth.day_zero - timedelta(days=ages[i]),
            day_zero=truth.day_zero,
            end_date=truth.day_zero + timedelta(days=day),
            end_reason="humane end point" if humane else "scheduled",
            excluded="injection failed" if i in excluded else "",
            cage=f"C{i // truth.mice_per_cage + 1:02d}",
            order=i + 1,
        )


def _draw_list(truth: ColonyTruth, rng: np.random.Generator) -> list[SimulatedGroup]:
    """Return the group of each mouse, in the order of the randomisation list."""
    if truth.cages == "by group":
        return [group for group in truth.groups for _ in range(group.n)]
    listed: list[SimulatedGroup] = []
    for turn in range(max(group.n for group in truth.groups)):
        open_groups = [group for group in truth.groups if group.n > turn]
        listed += [open_groups[place] for place in rng.permutation(len(open_groups)).tolist()]
    return listed


def _groups_table(truth: ColonyTruth) -> dict[str, Sequence[Cell]]:
    given = [group.role != "healthy" for group in truth.groups]
    return {
        "group": [group.name for group in truth.groups],
        "role": [group.role for group in truth.groups],
        "treatment": [f"{_MARK} {group.treatment}" for group in truth.groups],
        "dose": [group.dose for group in truth.groups],
        "dose_unit": [truth.dose_unit] * len(truth.groups),
        "route": [truth.route if g else None for g in given],
        "schedule": [truth.schedule if g else None for g in given],
    }


def _animals_table(mice: Sequence[SimulatedMouse]) -> dict[str, Sequence[Cell]]:
    return {
        "animal": [mouse.id for mouse in mice],
        "group": [mouse.group for mouse in mice],
        "sex": ["F"] * len(mice),
        "strain": [f"{_MARK} C57BL/6"] * len(mice),
        "birth_date": [mouse.birth_date.isoformat() for mouse in mice],
        "day_zero": [mouse.day_zero.isoformat() for mouse in mice],
        "cage": [mouse.cage for mouse in mice],
        "randomisation_order": [mouse.order for mouse in mice],
        "end_date": [mouse.end_date.isoformat() for mouse in mice],
        "end_reason": [mouse.end_reason for mouse in mice],
        "excluded": [mouse.excluded or None for mouse in mice],
    }
