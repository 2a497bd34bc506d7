"""One number for each mouse: areas, last values, nadirs, by hand and by law; nothing is carried forward."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitograft.mouse.animals import Animal, Colony, Group
from mitograft.mouse.function.contract import CourseOptions, FollowUp, Points, Series, load_measures
from mitograft.mouse.function.derive import prepare, summarise, treatment_days, visit_values
from mitograft.mouse.outcomes import Outcome

ZERO = date(2026, 3, 2)


def colony(names: list[str], *, schedule: str = "", early: Mapping[str, int] | None = None) -> Colony:
    early = early or {}
    mice = {
        name: Animal(
            name, "PN-101" if i % 2 else "vehicle", "F", "C57BL/6", date(2026, 1, 5), ZERO,
            end_date=ZERO + timedelta(days=early.get(name, 21)),
            end_reason="humane end point" if name in early else "scheduled",
        )
        for i, name in enumerate(names)
    }  # fmt: skip
    groups = {
        "vehicle": Group("vehicle", "control", "vehicle", 0.0, "", schedule=schedule),
        "PN-101": Group("PN-101", "treated", "PN-101", 5.0, "ug", schedule=schedule),
    }
    return Colony(groups, mice, "animals.csv")


def series(values: Mapping[str, Points], test: str = "weight") -> Series:
    return Series(load_measures()[test], "g" if test == "weight" else "U/L", f"{test}.csv", values)


def outcomes(one: Series, mice: Colony, options: CourseOptions | None = None) -> dict[str, Outcome]:
    return {o.name: o for o in summarise(FollowUp((one,)), mice, options)[1]}


def test_the_area_is_the_trapezoid_in_per_cent_of_baseline_divided_by_the_days() -> None:
    one = series({"M1": ((0, 20.0), (7, 18.0), (21, 20.0)), "M2": ((0, 25.0), (7, 25.0), (21, 20.0))})
    found = outcomes(one, colony(["M1", "M2"]))
    # M1: (7 (100 + 90) / 2 + 14 (90 + 100) / 2) / 21 = 95; M2: (700 + 14 (100 + 80) / 2) / 21 = 93 1/3
    assert found["function.weight_auc"].values == pytest.approx({"M1": 95.0, "M2": 280.0 / 3.0})
    assert found["function.weight_auc"].unit == "% of baseline"
    assert "days 0 to 21" in found["function.weight_auc"].label
    assert found["function.weight_last"].values == pytest.approx({"M1": 100.0, "M2": 80.0})
    assert found["function.weight_nadir"].values == pytest.approx({"M1": 90.0, "M2": 80.0})


def test_the_window_begins_with_treatment_where_the_groups_say_when() -> None:
    one = series({"M1": ((0, 20.0), (7, 18.0), (21, 20.0))})
    found = outcomes(one, colony(["M1"], schedule="7; 14"))
    assert found["function.weight_auc"].values == pytest.approx({"M1": 95.0})
    assert "days 7 to 21" in found["function.weight_auc"].label
    chosen = outcomes(one, colony(["M1"], schedule="7; 14"), CourseOptions(first=0, last=7))
    assert chosen["function.weight_auc"].values == pytest.approx({"M1": 95.0})
    assert chosen["function.weight_last"].values == pytest.approx({"M1": 90.0})


def test_only_plain_lists_are_days_of_treatment() -> None:
    mice = colony(["M1"], schedule="daily from 7 to 14")
    assert treatment_days(mice) == {}
    assert treatment_days(colony(["M1"], schedule="-1, 7;14")) == {
        "vehicle": (-1, 7, 14),
        "PN-101": (-1, 7, 14),
    }


def test_a_mouse_that_leaves_early_is_named_and_nothing_is_carried_forward() -> None:
    whole = ((0, 20.0), (7, 18.0), (14, 18.0), (21, 18.0))
    one = series({"M1": whole, "M2": whole[:3], "M3": whole[:2], "M4": whole[:1]})
    mice = colony(["M1", "M2", "M3", "M4"], early={"M2": 14, "M3": 9, "M4": 3})
    _, found, findings = summarise(FollowUp((one,)), mice)
    by_name = {o.name: o for o in found}
    assert by_name["function.weight_auc"].values == pytest.approx(
        {"M1": (7 * 95 + 14 * 90) / 21, "M2": (7 * 95 + 7 * 90) / 14}  # over its 14 days
    )
    assert set(by_name["function.weight_last"].values) == {"M1"}
    assert set(by_name["function.weight_nadir"].values) == {"M1", "M2", "M3"}
    partly = [f for f in findings if f.rule == "followed-partly"]
    assert [(f.severity, f.place) for f in partly] == [
        ("warning", "M2, weight"), ("warning", "M3, weight"), ("warning", "M4, weight"),
    ]  # fmt: skip
    assert "days 0 to 14 of days 0 to 21; left the study: humane end point" in partly[0].found
    assert "mean over those days; nothing was carried forward" in partly[0].remedy
    assert "no area under the curve" in partly[1].remedy


def test_ratio_scales_stay_in_their_unit_and_average_logarithms() -> None:
    one = series({"M1": ((0, 100.0), (7, 400.0), (21, 400.0)), "M2": ((7, 100.0), (21, 900.0))}, "ck")
    mice = colony(["M1", "M2"], schedule="7")
    found = outcomes(one, mice)
    auc = found["function.ck_auc"]
    assert auc.values == pytest.approx({"M1": 400.0, "M2": 300.0})  # M2: the geometric mean of 100 and 900
    assert (auc.scale, auc.unit) == ("log", "U/L")
    assert found["function.ck_day21"].values == pytest.approx({"M1": 400.0, "M2": 900.0})
    assert "first day of treatment" in found["function.ck_day7"].note


def test_without_a_baseline_a_mouse_is_named_and_without_any_the_unit_is_the_files() -> None:
    one = series({"M1": ((0, 20.0), (7, 18.0)), "M2": ((3, 20.0), (7, 18.0))})
    curves = prepare(one, colony(["M1", "M2"]), CourseOptions())
    assert set(curves.values) == {"M1"}
    assert [(f.rule, f.place) for f in curves.findings] == [("no-baseline", "M2, weight")]
    few = series({m: ((0 if m == "M1" else 3, 20.0), (7, 18.0)) for m in ("M1", "M2", "M3")})
    curves = prepare(few, colony(["M1", "M2", "M3"]), CourseOptions())
    assert (curves.scale, set(curves.values), curves.baseline) == ("own", {"M1", "M2", "M3"}, {})
    late = series({"M1": ((3, 20.0), (7, 18.0))})
    curves = prepare(late, colony(["M1"]), CourseOptions())
    assert (curves.scale, curves.unit, curves.values["M1"]) == ("own", "g", ((3, 20.0), (7, 18.0)))
    old = series({"M1": ((-40, 15.0), (7, 18.0)), "M2": ((0, 20.0), (7, 18.0))})
    assert set(prepare(old, colony(["M1", "M2"]), CourseOptions()).values) == {"M2"}


def test_a_baseline_may_be_chosen_at_treatment() -> None:
    one = series({"M1": ((0, 20.0), (7, 16.0), (21, 20.0))})
    curves = prepare(one, colony(["M1"]), CourseOptions(baseline_day=7))
    assert curves.values["M1"][-1] == (21, 125.0)
    assert curves.window.first == 7


def test_excluded_mice_have_no_curve() -> None:
    mice = colony(["M1", "M2"])
    out = Colony(mice.groups, {**mice.animals, "M2": replace(mice.animals["M2"], excluded="why")}, "a.csv")
    one = series({"M1": ((0, 20.0), (7, 18.0)), "M2": ((0, 20.0), (7, 18.0))})
    assert set(prepare(one, out, CourseOptions()).values) == {"M1"}


def test_a_mouse_kept_beyond_the_limit_of_weight_loss_is_pointed_out() -> None:
    one = series({"M1": ((0, 20.0), (7, 15.0), (9, 15.5)), "M2": ((0, 20.0), (7, 15.0))})
    mice = colony(["M1", "M2"], early={"M2": 7})
    findings = [f for f in summarise(FollowUp((one,)), mice)[2] if f.rule == "humane-limit"]
    assert [f.place for f in findings] == ["M1"]
    assert "75 % of its baseline weight on day 7, and weighed until day 9" in findings[0].found


def test_nominal_days_take_the_nearest_measurement_within_tolerance() -> None:
    points: Points = ((0, 1.0), (6, 2.0), (8, 3.0), (13, 4.0), (17, 5.0))
    options = CourseOptions(days=(0, 7, 14, 21), tolerance=1)
    assert visit_values(points, options) == {0: 1.0, 7: 2.0, 14: 4.0}
    assert visit_values(points, CourseOptions()) == dict(points)


def test_long_gaps_are_told() -> None:
    one = series({"M1": ((0, 20.0), (21, 18.0))})
    findings = summarise(FollowUp((one,)), colony(["M1"]))[2]
    assert [f.rule for f in findings] == ["long-gap"]


levels = st.floats(5.0, 50.0)
courses = st.lists(st.tuples(st.integers(1, 40), levels), min_size=2, max_size=8, unique_by=lambda p: p[0])


@given(courses, st.floats(0.1, 10.0))
def test_the_area_does_not_depend_on_the_unit_of_weight(
    points: list[tuple[int, float]], factor: float
) -> None:
    whole = ((0, 20.0), *sorted(points))
    areas = [
        outcomes(series({"M1": tuple((d, v * k) for d, v in whole)}), colony(["M1"]))["function.weight_auc"]
        for k in (1.0, factor)
    ]
    assert areas[0].values["M1"] == pytest.approx(areas[1].values["M1"], rel=1e-9)


@given(courses, st.integers(0, 6))
def test_a_point_on_the_line_between_its_neighbours_changes_no_area(
    points: list[tuple[int, float]], place: int
) -> None:
    whole = [(0, 20.0), *((4 * d, v) for d, v in sorted(points))]
    at = place % (len(whole) - 1)
    (a, u), (b, v) = whole[at], whole[at + 1]
    middle = (a + b) // 2
    more = sorted([*whole, (middle, u + (v - u) * (middle - a) / (b - a))])
    areas = [
        outcomes(series({"M1": tuple(p)}), colony(["M1"]))["function.weight_auc"].values["M1"]
        for p in (whole, more)
    ]
    assert areas[0] == pytest.approx(areas[1], rel=1e-9)
    lowest, highest = (100.0 * f(v for _, v in whole) / 20.0 for f in (min, max))
    assert lowest - 1e-9 <= areas[0] <= highest + 1e-9
    assert math.isfinite(areas[0])
