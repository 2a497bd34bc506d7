"""The mixed model over time: against statsmodels, against the t test it must equal, and its laws."""

import math
import warnings
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from mitograft.errors import UsageError
from mitograft.mouse.animals import Animal, Colony, Group
from mitograft.mouse.function.analyse import model_course
from mitograft.mouse.function.contract import CourseOptions, Points, Series, load_measures
from mitograft.mouse.function.derive import Curves, prepare
from mitograft.mouse.function.results import CourseModel
from mitograft.statistics.mixed import Contrast

ZERO = date(2026, 3, 2)
DAYS = (0, 7, 10, 14, 21)
GROUPS = ("vehicle", "low", "high")
N = 6


def colony(early: dict[str, int] | None = None) -> Colony:
    early = early or {}
    mice = {
        f"{group}{i}": Animal(
            f"{group}{i}", group, "F", "C57BL/6", date(2026, 1, 5), ZERO,
            end_date=ZERO + timedelta(days=early.get(f"{group}{i}", 21)),
            end_reason="humane end point" if f"{group}{i}" in early else "scheduled",
        )
        for group in GROUPS
        for i in range(N)
    }  # fmt: skip
    roles = {
        g: Group(g, "control" if g == "vehicle" else "treated", g, 0.0, "", schedule="7") for g in GROUPS
    }
    return Colony(roles, mice, "animals.csv")


def values(seed: int, effect: float = 3.0, *, baseline: bool = True) -> dict[str, Points]:
    """Weights with a spread between mice and effects of 0, 1 and 2 times ``effect`` after treatment."""
    rng = np.random.default_rng(seed)
    found = {}
    for k, group in enumerate(GROUPS):
        for i in range(N):
            own = 20.0 + rng.normal(0, 1)
            shift = rng.normal(0, 0.5)
            found[f"{group}{i}"] = tuple(
                (d, float(own + (d > 0) * shift - 0.1 * d + (d > 7) * k * effect + rng.normal(0, 0.4)))
                for d in DAYS
                if d or baseline
            )
    return found


def curves(points: dict[str, Points], mice: Colony, test: str = "weight") -> Curves:
    one = Series(load_measures()[test], "g", f"{test}.csv", points)
    return prepare(one, mice, CourseOptions())


def fit(points: dict[str, Points], options: CourseOptions | None = None, mice: Colony | None = None,
        treated: tuple[str, ...] = ("low", "high")) -> CourseModel:  # fmt: skip
    mice = mice or colony()
    return model_course(curves(points, mice), mice, treated, "vehicle", options)


def same(one: Contrast, other: Contrast, rel: float = 1e-6) -> None:
    for name in ("estimate", "se", "df", "low", "high"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=rel, abs=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_effects_are_those_of_statsmodels(seed: int) -> None:
    import statsmodels.api as sm

    mice, points = colony(), values(seed)
    drop = {f"low{seed}": 14, f"vehicle{seed}": 10}
    points = {m: tuple(p for p in ps if p[0] <= drop.get(m, 21)) for m, ps in points.items()}
    made = fit(points, CourseOptions(random_slope=False), mice)
    prepared = curves(points, mice)
    rows = [(m, d, v) for m, ps in prepared.values.items() for d, v in ps if d > 7]
    days = sorted({d for _, d, _ in rows})
    base = prepared.baseline
    middle = np.mean([base[m] for m in dict.fromkeys(m for m, _, _ in rows)])
    x = np.array([
        [*(d == day for day in days), base[m] - middle,
         *(m.startswith(g) and d == day for g in ("low", "high") for day in days)]
        for m, d, _ in rows
    ], dtype=float)  # fmt: skip
    mouse = [m for m, _, _ in rows]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a variance near 0 on its way
        peer = sm.MixedLM(np.array([v for _, _, v in rows]), x, groups=mouse).fit(reml=True, method="powell")
    # The covariance of the fixed effects at its variances, by the dense formula.
    z = np.array([[float(m == k) for k in dict.fromkeys(mouse)] for m in mouse])
    v = float(peer.cov_re[0, 0]) * z @ z.T + float(peer.scale) * np.eye(len(rows))
    covariance = np.linalg.inv(x.T @ np.linalg.solve(v, x))
    for k, group in enumerate(("low", "high")):
        effect = made.effect(group)
        assert effect is not None
        first = 1 + len(days) + k * len(days)
        own = peer.fe_params[first : first + len(days)]
        assert [d.contrast.estimate for d in effect.days] == pytest.approx(own.tolist(), rel=1e-5, abs=1e-6)
        assert effect.overall.estimate == pytest.approx(float(np.mean(own)), rel=1e-5)
        mean = np.zeros(x.shape[1])
        mean[first : first + len(days)] = 1.0 / len(days)
        assert effect.overall.se == pytest.approx(math.sqrt(float(mean @ covariance @ mean)), rel=1e-5)
        ses = np.sqrt(np.diag(covariance))[first : first + len(days)]
        assert [d.contrast.se for d in effect.days] == pytest.approx(ses.tolist(), rel=1e-5)


def test_in_balanced_data_the_overall_effect_has_students_t_test_of_the_means_of_mice() -> None:
    points = values(4, baseline=False)
    late = {m: tuple(p for p in ps if p[0] > 7) for m, ps in points.items()}
    made = fit(late, CourseOptions(random_slope=False, first=7), treated=("high",))
    means = {m: float(np.mean([v for _, v in ps])) for m, ps in late.items()}
    one, two = ([v for m, v in means.items() if m.startswith(g)] for g in ("high", "vehicle"))
    peer = stats.ttest_ind(one, two)
    effect = made.effects[0].overall
    assert effect.estimate == pytest.approx(np.mean(one) - np.mean(two))
    assert (effect.df, effect.p) == (pytest.approx(2 * N - 2), pytest.approx(peer.pvalue, rel=1e-6))
    interval = peer.confidence_interval()
    assert (effect.low, effect.high) == pytest.approx((interval.low, interval.high), rel=1e-6)


def test_a_random_slope_is_kept_only_where_it_fits() -> None:
    rng = np.random.default_rng(9)
    flat, steep = {}, {}
    for group in GROUPS:
        for i in range(N):
            own, slope = rng.normal(20, 1), rng.normal(0, 0.5)
            noise = rng.normal(0, 0.3, len(DAYS))
            flat[f"{group}{i}"] = tuple((d, float(own + e)) for d, e in zip(DAYS, noise, strict=True))
            steep[f"{group}{i}"] = tuple(
                (d, float(own + slope * max(0, d - 7) + e)) for d, e in zip(DAYS, noise, strict=True)
            )
    assert fit(flat).random == "intercept of the mouse"
    assert fit(steep).random == "intercept and slope of the mouse"
    assert fit(steep, CourseOptions(random_slope=False)).random == "intercept of the mouse"


@pytest.mark.parametrize("time", ["factor", "linear", "spline"])
def test_time_is_always_in_the_model(time: str) -> None:
    """A remission common to all groups changes no effect, however time is modelled."""
    points = values(5)
    options = CourseOptions(time=time, random_slope=False)  # type: ignore[arg-type]
    remitted = {m: tuple((d, v + 0.02 * max(d, 0)) for d, v in ps) for m, ps in points.items()}
    late = CourseOptions(time=time, random_slope=False, first=7)  # type: ignore[arg-type]
    mice = colony()
    made = []
    for one in (points, remitted):
        raw = {m: tuple(p for p in ps if p[0]) for m, ps in one.items()}  # without baseline: no per cent
        made.append(model_course(curves(raw, mice), mice, ["high"], "vehicle", late))
    same(made[0].effects[0].overall, made[1].effects[0].overall)
    assert made[0].change is not None
    assert made[1].change is not None
    assert made[1].change.estimate - made[0].change.estimate == pytest.approx(0.02 * 11, rel=1e-6)
    assert fit(points, options).time == time if time != "spline" else "linear"


def test_swapping_groups_turns_the_sign_and_the_order_of_mice_does_not_matter() -> None:
    points, mice = values(6), colony()
    one = fit(points, treated=("high",)).effects[0].overall
    backwards = model_course(
        curves(dict(reversed(points.items())), mice), mice, ["vehicle"], "high"
    ).effects[0].overall  # fmt: skip
    assert backwards.estimate == pytest.approx(-one.estimate)
    assert (backwards.low, backwards.high) == pytest.approx((-one.high, -one.low), rel=1e-6)


def test_logarithms_are_compared_for_enzymes() -> None:
    mice = colony()
    points = {m: tuple((d, math.exp(v / 4)) for d, v in ps) for m, ps in values(7).items()}
    made = model_course(curves(points, mice, "ck"), mice, ["high"], "vehicle")
    assert made.unit == "log ratio"
    assert made.effects[0].overall.estimate == pytest.approx(6.0 / 4.0, abs=0.3)
    assert made.groups[0].means[0] == pytest.approx(
        stats.gmean([points[f"vehicle{i}"][0][1] for i in range(N)]), rel=1e-9
    )


def test_several_treated_groups_and_days_are_adjusted_by_holm() -> None:
    made = fit(values(8, effect=0.3))
    low, high = made.effects
    p, q = sorted((low.overall.p, high.overall.p))
    assert sorted((low.p_holm, high.p_holm)) == pytest.approx(sorted((min(1, 2 * p), max(min(1, 2 * p), q))))
    assert all(day.p_holm >= day.contrast.p for day in low.days)
    assert [day.day for day in low.days] == [10, 14, 21]
    assert low.per_day is not None
    assert low.per_day.estimate == pytest.approx(
        np.polyfit([10, 14, 21], [d.contrast.estimate for d in low.days], 1)[0]
    )


def test_who_left_early_stays_with_what_was_measured_and_is_counted() -> None:
    points = values(9)
    early = {"vehicle0": 10, "vehicle1": 14}
    points = {m: tuple(p for p in ps if p[0] <= early.get(m, 21)) for m, ps in points.items()}
    made = fit(points, mice=colony(early))
    effect = made.effects[1]
    assert [(d.day, d.n_treated, d.n_control) for d in effect.days] == [(10, 6, 6), (14, 6, 5), (21, 6, 4)]
    assert effect.n_control == N
    [seen] = [a for a in made.attendance if a.group == "vehicle"]
    assert (seen.days, seen.measured) == (DAYS, (6, 6, 6, 5, 4))
    assert (seen.present, seen.left) == ((6, 6, 6, 5, 4), (0, 0, 0, 1, 2))
    assert "2 mice left before" in next(f.found for f in made.findings if f.rule == "left-early")
    assert [m.left for m in made.groups[0].mice][:3] == ["humane end point", "humane end point", ""]


def test_a_day_without_anybody_to_compare_with_is_left_out_and_told() -> None:
    points = values(10)
    points = {
        m: tuple(p for p in ps if p[0] != 14 or not m.startswith("vehicle")) for m, ps in points.items()
    }
    made = fit(points)
    assert [d.day for d in made.effects[0].days] == [10, 21]
    assert "days 14" in next(f.found for f in made.findings if f.rule == "sparse-days")


def test_a_treated_group_missing_on_a_day_has_no_effect_there() -> None:
    points = values(11)
    points = {m: tuple(p for p in ps if p[0] != 14 or not m.startswith("low")) for m, ps in points.items()}
    low, high = fit(points).effects
    assert ([d.day for d in low.days], [d.day for d in high.days]) == ([10, 21], [10, 14, 21])


def test_one_late_day_is_refused_as_a_course() -> None:
    points = {m: (ps[0], ps[-1]) for m, ps in values(12).items()}
    made = fit(points)
    assert "on day 21 only" in made.refused
    assert "remission" in made.refused
    assert made.evidence("low", "weight", "a vs b", "measured") is None


def test_too_few_mice_are_refused_and_unknown_groups_are_an_error() -> None:
    points = values(13)
    few = {m: ps for m, ps in points.items() if not m.startswith("low") or m == "low0"}
    assert "1 mice of low" in fit(few).refused
    with pytest.raises(UsageError, match="expected a control and one or more other groups of vehicle"):
        fit(points, treated=("unheard of",))
    with pytest.raises(UsageError, match="each once"):
        fit(points, treated=("vehicle",))


def test_evidence_says_what_was_done() -> None:
    made = fit(values(14))
    row = made.evidence("high", "body weight", "with vs without", "simulated")
    assert row is not None
    assert (row.n, row.unit, row.source) == (2 * N, "percentage points", "weight.csv")
    for words in (
        "time since immunisation as each day its own mean",
        "adjusted for baseline",
        "REML",
        "mouse",
    ):
        assert words in row.method


def test_means_are_those_measured_with_students_interval() -> None:
    points, mice = values(15), colony()
    made = fit(points, mice=mice)
    [curve] = [g for g in made.groups if g.group == "high"]
    prepared = curves(points, mice)
    at = [dict(prepared.values[f"high{i}"])[14] for i in range(N)]
    peer = stats.ttest_1samp(at, 0.0).confidence_interval()
    k = curve.days.index(14)
    assert (curve.means[k], curve.counts[k]) == (pytest.approx(np.mean(at)), N)
    assert (curve.lows[k], curve.highs[k]) == pytest.approx((peer.low, peer.high))
