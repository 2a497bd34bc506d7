"""All paths of a small design: complete, and the same as the merged characteristics."""

import math
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.errors import UsageError
from mitograft.trial.escalation import (
    Backfill,
    Boin,
    ThreePlusThree,
    exact_characteristics,
    path_tree,
)

DESIGNS = [
    ThreePlusThree(3, "nct04976140"),
    ThreePlusThree(3, "six_at_mtd"),
    Boin(3, max_patients=9),
    Backfill(Boin(2, max_patients=6), size=2),
]


def test_the_registry_rule_has_its_paths():
    # A dose is passed by 0/3, or by 1/3 and 0/3, and ends the trial by 2/3, 3/3, or by 1/3 and then 1, 2 or
    # 3 of 3: 2 ways on and 5 to end at doses 1 and 2, and 7 ways to end at dose 3: 5 + 2 x 5 + 4 x 7.
    rows = path_tree(ThreePlusThree(3, "nct04976140"), (0.1, 0.2, 0.3))
    assert len(rows) == 5 + 2 * 5 + 4 * 7
    first = rows[0]
    assert first.path == "1: 0/3, 2: 0/3, 3: 0/3"
    assert first.probability == pytest.approx((0.9 * 0.8 * 0.7) ** 3)
    assert (first.action, first.dose, first.cause) == ("declare", 3, "highest dose tolerated")
    assert (first.patients, first.toxic) == (9, 0)
    last = rows[-1]
    assert (last.path, last.action, last.dose, last.cause) == ("1: 3/3", "stop", None, "no dose tolerated")
    assert last.reason.endswith(".")


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
@given(rates=st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_paths_add_up_to_the_characteristics(design, rates):
    rates = sorted(rates)[: design.doses]
    rows = path_tree(design, rates)
    found = exact_characteristics(design, rates)
    assert len({row.path for row in rows}) == len(rows)
    assert math.fsum(row.probability for row in rows) == pytest.approx(1, abs=1e-12)
    chosen, causes = defaultdict(float), defaultdict(float)
    for row in rows:
        chosen[row.dose] += row.probability
        causes[row.cause] += row.probability
    assert [chosen[dose + 1] for dose in range(design.doses)] == pytest.approx(found.selection, abs=1e-12)
    assert set(dict(found.stops)) <= set(causes)
    merged = [dict(found.stops).get(cause, 0.0) for cause in causes]
    assert merged == pytest.approx(list(causes.values()), abs=1e-12)
    patients = math.fsum(row.patients * row.probability for row in rows)
    toxic = math.fsum(row.toxic * row.probability for row in rows)
    assert (patients, toxic) == pytest.approx((found.sample_size, found.toxic_patients), abs=1e-9)


def test_too_many_paths_and_wrong_rates_are_refused():
    with pytest.raises(UsageError, match="more than 10 paths"):
        path_tree(Boin(3), (0.1, 0.2, 0.3), most=10)
    with pytest.raises(UsageError, match="one per dose"):
        path_tree(Boin(3), (0.1,))


def test_backfill_is_marked():
    rows = path_tree(Backfill(Boin(2, max_patients=6), size=1), (0.1, 0.2))
    assert any(", b1: 1/1" in row.path for row in rows)
