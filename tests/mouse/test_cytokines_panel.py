"""Samples from replicates, outcomes by day, and the panel: censored likelihood and false discovery rate."""

import math
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mitograft.errors import UsageError
from mitograft.mouse.animals import Animal, Colony, Group
from mitograft.mouse.compare import compare_groups
from mitograft.mouse.cytokines.analyse import Panel, compare_panel
from mitograft.mouse.cytokines.contract import Concentration, CytokineOptions, Cytokines
from mitograft.mouse.cytokines.derive import derive_cytokines, put_together
from mitograft.mouse.outcomes import Outcome
from mitograft.statistics.censored import compare_censored

GROUPS = ("vehicle", "low", "high")
N = 5
MICE = [f"{group}{i}" for group in GROUPS for i in range(N)]
COLONY = Colony(
    {g: Group(g, "control" if g == "vehicle" else "treated", g, 0.0, "") for g in GROUPS},
    {m: Animal(m, m[:-1], "F", "C57BL/6", date(2026, 1, 5), date(2026, 3, 2)) for m in MICE},
    "animals.csv",
)


def one(
    value: float, side: str = "", animal: str = "low0", day: int = 21, analyte: str = "il6"
) -> Concentration:
    return Concentration(animal, day, analyte, analyte.upper(), value, "pg/mL", side)  # type: ignore[arg-type]


def outcome(values: list[float], below: dict[str, float] | None = None, name: str = "il6") -> Outcome:
    below = below or {}
    known = {m: v for m, v in zip(MICE, values, strict=True) if m not in below}
    return Outcome(f"cytokine.{name}", name, "pg/mL", "log", known, "cytokines.csv", below)


VALUES = [40.0, 55, 90, 62, 47, 30, 44, 25, 52, 38, 12, 25, 18, 9, 15]


def test_replicates_are_averaged_on_the_logarithm() -> None:
    found = put_together([one(10.0), one(40.0)])
    assert found is not None
    assert (found.value, found.side, found.replicates) == (pytest.approx(20.0), "", 2)


def test_a_replicate_below_its_limit_bounds_the_sample_from_above() -> None:
    found = put_together([one(40.0), one(10.0, "below")])
    assert found is not None
    assert (found.value, found.side) == (pytest.approx(20.0), "below")
    both = put_together([one(10.0, "below"), one(10.0, "below")])
    assert both is not None
    assert (both.value, both.side) == (10.0, "below")
    assert put_together([one(10.0, "below"), one(40.0, "above")]) is None


@given(st.lists(st.tuples(st.floats(0.1, 1e4), st.booleans()), min_size=1, max_size=4), st.data())
def test_the_bound_holds_whatever_the_censored_replicates_were(
    written: list[tuple[float, bool]], data: st.DataObject
) -> None:
    found = put_together([one(v, "below" if below else "") for v, below in written])
    assert found is not None
    truth = [v * data.draw(st.floats(0.01, 1.0)) if below else v for v, below in written]
    mean = math.exp(math.fsum(map(math.log, truth)) / len(truth))
    if any(below for _, below in written):
        assert found.side == "below"
        assert mean <= found.value * (1.0 + 1e-9)
    else:
        assert found.value == pytest.approx(mean, rel=1e-9)


def test_days_are_not_mixed() -> None:
    values = [one(10.0, animal=m, day=14) for m in MICE] + [one(20.0, animal=m) for m in MICE[1:]]
    derived = derive_cytokines(Cytokines(tuple(values), "cytokines.csv"), COLONY)
    assert [o.name for o in derived.panel] == ["cytokine.il6"]
    assert set(derived.panel[0].values.values()) == {20.0}
    assert [o.name for o in derived.by_day] == ["cytokine.il6_day14", "cytokine.il6_day21"]
    assert "15 on day 14" in next(f.found for f in derived.findings if f.rule == "other-days")
    early = derive_cytokines(Cytokines(tuple(values), "cytokines.csv"), COLONY, CytokineOptions(day=14))
    assert len(early.panel[0].values) == len(MICE)


def test_values_above_the_limit_are_left_out_aloud_and_mostly_censored_analytes_too() -> None:
    values = [one(5000.0, "above", animal=MICE[0])]
    values += [one(5.0, "below", animal=m) for m in MICE[1:10]] + [one(9.0, animal=m) for m in MICE[10:]]
    derived = derive_cytokines(Cytokines(tuple(values), "cytokines.csv"), COLONY)
    assert MICE[0] not in derived.panel[0].values
    assert MICE[0] not in derived.panel[0].below
    assert [f.rule for f in derived.findings] == ["above-limit", "mostly-below"]
    assert "Dilute and measure again" in derived.findings[0].remedy


def test_replicates_far_apart_are_pointed_out() -> None:
    values = (one(10.0), one(25.0), one(5.0, "below", animal="low1"), one(900.0, "above", animal="low1"))
    derived = derive_cytokines(Cytokines(values, "cytokines.csv"), COLONY)
    assert [f.rule for f in derived.findings] == ["replicates-apart", "replicates-contradict"]
    assert set(derived.panel[0].values) == {"low0"}


def panel(*outcomes: Outcome, treated: tuple[str, ...] = ("high",)) -> Panel:
    return compare_panel(outcomes, COLONY, treated, "vehicle")


def test_each_analyte_is_the_censored_likelihood() -> None:
    below = {"high3": 10.0, "high1": 30.0}
    [row] = panel(outcome(VALUES, below)).rows
    peer = compare_censored([12, 18, 15], VALUES[:N], [30.0, 10.0], [])
    assert row.comparison.estimate == pytest.approx(peer.log_ratio)
    assert (row.comparison.low, row.comparison.high, row.comparison.p) == (peer.low, peer.high, peer.p)
    assert "2 of 10 below the limit" in row.comparison.method
    same = compare_groups(outcome(VALUES, below), COLONY, "high", "vehicle")
    assert (same.estimate, same.p) == (row.comparison.estimate, row.comparison.p)
    assert row.ratio == pytest.approx(peer.ratio)


def test_without_censoring_it_is_students_test_of_logarithms() -> None:
    [row] = panel(outcome(VALUES)).rows
    logs = [math.log(v) for v in VALUES]
    peer = stats.ttest_ind(logs[10:], logs[:5])
    assert row.comparison.p == pytest.approx(peer.pvalue, rel=1e-6)
    interval = peer.confidence_interval()
    assert (row.comparison.low, row.comparison.high) == pytest.approx((interval.low, interval.high), rel=1e-6)


def test_p_values_are_adjusted_over_all_analytes_and_groups_that_could_be_tested() -> None:
    flat = outcome([40.0, 41, 39, 44, 42] * 3, name="flat")
    lost = outcome([1.0] * 15, {m: 5.0 for m in MICE if not m.startswith("low")}, name="lost")
    made = panel(outcome(VALUES), flat, lost, treated=("low", "high"))
    p = [row.comparison.p for row in made.rows]
    known = [x for x in p if not math.isnan(x)]
    assert made.tested == len(known)
    expected = iter(stats.false_discovery_control(known))
    for row, x in zip(made.rows, p, strict=True):
        assert math.isnan(row.q) if math.isnan(x) else row.q == pytest.approx(next(expected))
    assert "Every mouse of both groups lies below" in made.rows[-1].comparison.refused
    assert made.rule.startswith(
        f"Benjamini and Hochberg over {made.tested} comparisons (3 analytes, 2 treated"
    )
    assert [(row.outcome.name, row.comparison.first) for row in made.called] == [("cytokine.il6", "high")]


def test_a_group_wholly_below_its_limit_has_one_end() -> None:
    [row] = panel(outcome(VALUES, {f"high{i}": 10.0 for i in range(N)})).rows
    assert row.ratio[0] == 0.0
    assert row.ratio[1] == 0.0
    assert 0.0 < row.ratio[2] < 1.0
    assert row.q < 0.05


def test_too_few_mice_are_refused_in_words_and_wrong_calls_are_errors() -> None:
    few = Outcome("cytokine.il6", "IL-6", "pg/mL", "log", {"vehicle0": 1.0, "high0": 2.0}, "c.csv")
    assert "1 mice of high" in panel(few).rows[0].comparison.refused
    with pytest.raises(UsageError, match="expected a control and one or more other groups"):
        panel(outcome(VALUES), treated=("vehicle",))
    grades = Outcome("histology.severity", "x", "", "ordinal", {}, "s.csv")
    with pytest.raises(UsageError, match="expected the scale log"):
        panel(grades)


@settings(max_examples=20)
@given(st.floats(0.01, 100.0))
def test_ratios_do_not_depend_on_the_unit(factor: float) -> None:
    below = {"high3": 10.0}
    rows = [
        panel(outcome([v * k for v in VALUES], {m: v * k for m, v in below.items()})).rows[0]
        for k in (1.0, factor)
    ]
    assert rows[0].ratio == pytest.approx(rows[1].ratio, rel=1e-6)
    assert rows[0].comparison.p == pytest.approx(rows[1].comparison.p, rel=1e-6)
