"""A trend with the dose: groups in the order of their doses, censored values, what is refused; centres."""

import itertools
import math
from datetime import date

import numpy as np
import pytest

from mitograft.errors import UsageError
from mitograft.mouse.animals import Animal, Colony, Group
from mitograft.mouse.compare import GroupValues
from mitograft.mouse.dose_trend import dose_trend, order_by_dose
from mitograft.mouse.group_centre import centre_word, group_centre
from mitograft.mouse.outcomes import Outcome

DOSES = {"healthy": 0.0, "high": 50.0, "vehicle": 0.0, "low": 5.0}
VALUES = {"vehicle": [3, 4, 4], "low": [2, 3, 4], "high": [1, 1, 3]}


def colony(doses=DOSES, unit="ug"):
    roles = {"healthy": "healthy", "vehicle": "control"}
    groups = {n: Group(n, roles.get(n, "treated"), n, d, unit if d else "") for n, d in doses.items()}
    mice = {
        f"{n}{i}": Animal(f"{n}{i}", n, "F", "C57BL/6", date(2026, 1, 5), date(2026, 3, 2))
        for n in groups
        for i in range(3)
    }
    return Colony(groups, mice, "animals.csv")


def outcome(values=VALUES, below=None):
    flat = {f"{g}{i}": float(v) for g, many in values.items() for i, v in enumerate(many) if v is not None}
    return Outcome("histology.severity", "Severity", "points", "ordinal", flat, "scores.csv", below or {})


def enumerate_p(groups):
    """Return the two-sided p value over every arrangement of nine values in three groups of three."""

    def j(parts):
        return sum(
            (b > a) + (b == a) / 2
            for i, one in enumerate(parts)
            for two in parts[i + 1 :]
            for a in one
            for b in two
        )

    pool, found = [v for g in groups for v in g], []
    for first in itertools.combinations(range(9), 3):
        rest = [i for i in range(9) if i not in first]
        for second in itertools.combinations(rest, 3):
            third = [i for i in rest if i not in second]
            found.append(j([[pool[i] for i in part] for part in (first, second, third)]))
    seen, all_j = j(groups), np.array(found)
    return 2 * min(np.mean(all_j <= seen + 1e-9), np.mean(all_j >= seen - 1e-9))


def test_groups_are_ordered_by_dose_and_healthy_mice_stay_out():
    assert [group.name for group in order_by_dose(colony())] == ["vehicle", "low", "high"]
    found = dose_trend(outcome(), colony(), ())
    assert found.groups == ("vehicle", "low", "high")
    assert found.doses == (0.0, 5.0, 50.0)
    assert found.test is not None
    assert found.test.p == pytest.approx(enumerate_p(list(VALUES.values())), abs=1e-12)
    assert found.test.index < 0.5
    assert "Over doses 0, 5, 50 ug" in found.sentence


def test_the_order_named_does_not_matter():
    one = dose_trend(outcome(), colony(), ("high", "vehicle", "low"))
    assert one == dose_trend(outcome(), colony(), ("low", "high", "vehicle"))


def test_values_below_one_limit_share_the_lowest_rank():
    censored = dose_trend(
        outcome({**VALUES, "high": [None, None, 3]}, {"high0": 1.5, "high1": 1.5}), colony(), ()
    )
    assert censored.test is not None
    assert censored.sizes == (3, 3, 3)
    assert censored.test.p == dose_trend(outcome(), colony(), ()).test.p


@pytest.mark.parametrize("below", [{"high0": 1.5, "high1": 2.0}, {"high0": 3.5, "high1": 3.5}])
def test_an_open_order_is_refused(below):
    found = dose_trend(outcome({**VALUES, "high": [None, None, 3]}, below), colony(), ())
    assert found.test is None
    assert "order is not known" in found.sentence


def test_what_makes_no_trend_is_refused_in_words():
    assert "three or more doses" in dose_trend(outcome(), colony(), ("vehicle", "high")).refused
    assert "healthy and vehicle have the same dose" in dose_trend(outcome(), colony(), tuple(DOSES)).refused
    assert "No mouse of low" in dose_trend(outcome({**VALUES, "low": []}), colony(), ()).refused
    mixed = colony()
    mixed.groups["low"] = Group("low", "treated", "low", 5.0, "mg")  # type: ignore[index]
    assert "different units (mg, ug)" in dose_trend(outcome(), mixed, ()).refused


@pytest.mark.parametrize("groups", [("vehicle", "low", "placebo"), ("vehicle", "low", "low")])
def test_unknown_or_repeated_groups_are_an_error(groups):
    with pytest.raises(UsageError, match="each once"):
        dose_trend(outcome(), colony(), groups)


def test_a_long_count_is_drawn_from_the_generator():
    doses = {"vehicle": 0.0, **{f"d{i}": float(i) for i in range(1, 6)}}
    big = colony(doses)
    mice = {
        f"{n}{i}": Animal(f"{n}{i}", n, "F", "C57BL/6", date(2026, 1, 5), date(2026, 3, 2))
        for n in doses
        for i in range(10)
    }
    many = Colony(big.groups, mice, "animals.csv")
    rng = np.random.default_rng(3)
    values = {n: list(rng.normal(0, 1, 10)) for n in doses}
    assert dose_trend(outcome(values), many, (), np.random.default_rng(1)).test.method == "monte carlo"


def test_the_centre_goes_with_the_scale():
    group = GroupValues("g", (1.0, 2.0, 4.0, 32.0))
    assert group_centre(group, "ordinal") == 3.0
    assert group_centre(group, "interval") == 9.75
    assert group_centre(group, "log") == pytest.approx(4.0)
    assert group_centre(group, "log", censored=True) == 3.0
    assert [centre_word(s) for s in ("ordinal", "log", "binary")] == ["median", "geometric mean", "share"]
    assert centre_word("log", censored=True) == "median"


def test_a_median_below_the_limit_is_no_number():
    assert group_centre(GroupValues("g", (5.0, 6.0, 7.0), (2.0, 2.0)), "log") == 5.0
    assert math.isnan(group_centre(GroupValues("g", (5.0, 6.0), (2.0, 2.0, 2.0)), "log"))
    assert math.isnan(group_centre(GroupValues("g", (1.0, 1.5, 6.0), (2.0, 2.0)), "log"))
    assert math.isnan(group_centre(GroupValues("g", ()), "interval"))
    assert math.isnan(group_centre(GroupValues("g", (0.0, 1.0)), "log"))
