"""Two groups of mice on one outcome: the method follows the scale; what cannot be compared says why."""

import math
from collections.abc import Mapping
from datetime import date

import numpy as np
import pytest
from scipy import stats

from mitograft.errors import UsageError
from mitograft.mouse.animals import Animal, Colony, Group
from mitograft.mouse.compare import compare_groups, group_values
from mitograft.mouse.outcomes import Outcome, Scale

GROUPS = ("healthy", "vehicle", "PN-101")
N = 6


def colony(excluded: tuple[str, ...] = ()) -> Colony:
    mice = {
        f"{group}{i}": Animal(
            f"{group}{i}", group, "F", "C57BL/6", date(2026, 1, 5), date(2026, 3, 2),
            excluded="why" if f"{group}{i}" in excluded else "",
        )
        for group in GROUPS
        for i in range(N)
    }  # fmt: skip
    groups = {name: Group(name, "control", name, 0.0, "") for name in GROUPS}
    return Colony(groups, mice, "animals.csv")


def outcome(
    values: Mapping[str, list[float]], scale: Scale, below: Mapping[str, float] | None = None
) -> Outcome:
    flat = {
        f"{group}{i}": v for group, many in values.items() for i, v in enumerate(many) if not math.isnan(v)
    }
    return Outcome("room.quantity", "Quantity", "au", scale, flat, "file.csv", below or {})


def test_grades_are_compared_by_rank_with_an_exact_p() -> None:
    grades = outcome({"vehicle": [3, 3, 4, 2, 3, 4], "PN-101": [1, 2, 2, 3, 1, 0]}, "ordinal")
    found = compare_groups(grades, colony(), "PN-101", "vehicle")
    exact = stats.permutation_test(
        (np.array([1, 2, 2, 3, 1, 0.0]), np.array([3, 3, 4, 2, 3, 4.0])),
        lambda a, b, axis: stats.rankdata(np.concatenate([a, b], axis=axis), axis=axis)[..., :N].sum(
            axis=axis
        ),
        vectorized=True,
        n_resamples=math.inf,
    )
    assert found.p == pytest.approx(exact.pvalue, abs=1e-12)
    assert found.low < found.estimate < found.high < 0.0
    assert "ratio" in found.beside


def test_ratios_are_compared_on_logarithms() -> None:
    values = {"vehicle": [1.0, 2, 4, 8, 2, 4], "PN-101": [2.0, 4, 8, 16, 4, 8]}
    found = compare_groups(outcome(values, "log"), colony(), "PN-101", "vehicle")
    assert found.estimate == pytest.approx(math.log(2))
    assert found.unit == "log ratio"


def test_values_below_the_limit_are_censored_not_replaced() -> None:
    values = {"vehicle": [8.0, 9, 12, 10, 11, 14], "PN-101": [5.0, 6, 4, 5, math.nan, math.nan]}
    below = {"PN-1014": 3.0, "PN-1015": 3.0}
    found = compare_groups(outcome(values, "log", below), colony(), "PN-101", "vehicle")
    half = compare_groups(
        outcome({**values, "PN-101": [5.0, 6, 4, 5, 1.5, 1.5]}, "log"), colony(), "PN-101", "vehicle"
    )
    assert found.n_first == N
    assert "2 of 12 below the limit" in found.method
    assert found.estimate != pytest.approx(half.estimate, abs=1e-3)


def test_incidence_uses_exact_methods() -> None:
    found = compare_groups(
        outcome({"vehicle": [1, 1, 1, 1, 1, 1], "PN-101": [0, 0, 1, 0, 0, 0]}, "binary"),
        colony(),
        "PN-101",
        "vehicle",
    )
    assert found.estimate == pytest.approx(-5 / 6)
    assert found.p == pytest.approx(stats.boschloo_exact([[1, 6], [5, 0]]).pvalue, rel=0.05)


def test_the_share_left_is_zero_at_healthy_and_one_at_untreated() -> None:
    rng = np.random.default_rng(5)
    healthy, sick = rng.normal(0, 0.2, N), rng.normal(4, 0.2, N)
    for treated, expected in ((healthy + 0.01, 0.0), (sick - 0.01, 1.0)):
        values = {"healthy": list(healthy), "vehicle": list(sick), "PN-101": list(treated)}
        found = compare_groups(outcome(values, "interval"), colony(), "PN-101", "vehicle", healthy="healthy")
        assert found.left is not None
        assert found.left.estimate == pytest.approx(expected, abs=0.01)
        row = found.left_evidence("shift", "with vs without", "measured")
        assert row is not None
        assert row.low < expected + 0.01
        assert row.unit == "1"


def test_excluded_mice_stay_out() -> None:
    values = outcome({"vehicle": [1.0, 2, 3, 4, 5, 6]}, "interval")
    assert group_values(values, colony(("vehicle0",)), "vehicle").values == (2, 3, 4, 5, 6)


def test_too_few_mice_are_refused_in_words_an_unknown_group_is_an_error() -> None:
    values = outcome({"vehicle": [1.0], "PN-101": [1.0, 2.0]}, "interval")
    assert "1 mice of vehicle" in compare_groups(values, colony(), "PN-101", "vehicle").refused
    with pytest.raises(UsageError, match="expected one of healthy"):
        compare_groups(values, colony(), "PN-101", "placebo")
