"""Type I error and coverage of the register: enumeration, simulation, verdicts, and the page that shows them.

pytest tests/laws/test_error_rates.py -m slow        reruns the register in a small size
"""

import math
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mitograft.errors import UsageError
from mitograft.statistics.error_rates.designs import Answer, Counts, answer, split
from mitograft.statistics.error_rates.enumeration import GRIDS, enumerate_grid
from mitograft.statistics.error_rates.measured import Measured, judge, measures_of
from mitograft.statistics.error_rates.registry import ANALYSES, analyses_of
from mitograft.statistics.error_rates.scenarios import SCENARIOS
from mitograft.statistics.error_rates.simulation import SIZES, measure_all, simulate_error_rates
from mitograft.statistics.error_rates.tis_scores import SCORES, load_error_rate_parameters, tis_scores
from mitograft.statistics.proportions import probability_at_least, wilson
from mitograft.trial.history import read_single_arm

PAGE = Path(__file__).resolve().parents[2] / "docs" / "concepts" / "error-rates.md"
RUNS = int(os.environ.get("MITOGRAFT_SLOW_RUNS", "300"))  # simulated trials in the slow tests
SEED = 7  # not the page's: a rerun must agree within Monte Carlo error, not by repetition
ROW = re.compile(
    r"^\| (?P<name>[^|]+) \| (?P<scenario>[^|]+) \| (?P<claim>[a-z]+, [\d.]+) \| (?P<rest>.*) \|$"
)


def find(rows, name, n, measure="type I error"):
    (found,) = [row for row in rows if (row.analysis, row.n, row.measure) == (name, n, measure)]
    return found


def test_patients_are_divided_evenly():
    assert [split(9, 2), split(12, 3), split(36, 1), split(10, 3)] == [(5, 4), (4, 4, 4), (36,), (4, 3, 3)]


@pytest.mark.parametrize(("arm", "shares"), [("placebo", (21, 11, 4, 48)), ("treated", (37, 32, 15, 47))])
def test_scores_have_the_published_shares(arm, shares):
    # ClinicalTrials.gov, results of NCT02728752 (ProDERM): TIS of 20, 40, 60 or more at week 16.
    scores = tis_scores(arm)
    *counts, n = shares
    for threshold, count in zip((20, 40, 60), counts, strict=True):
        assert scores.probabilities[threshold <= SCORES].sum() == pytest.approx(count / n)
    assert scores.probabilities.sum() == pytest.approx(1.0)
    assert scores.categories[1:].sum() == pytest.approx(counts[0] / n)
    assert tis_scores(arm).index(scores) == pytest.approx(0.5)


def test_scores_drawn_have_the_stated_truths():
    rng = np.random.default_rng(3)
    placebo, treated = tis_scores("placebo"), tis_scores("treated")
    low, high = placebo.at(rng.standard_normal(200_000)), treated.at(rng.standard_normal(200_000))
    assert low.mean() == pytest.approx(placebo.mean, abs=4 * low.std() / math.sqrt(200_000))
    near = 4 * 0.5 / math.sqrt(200_000)  # half of the patients are at or below the median, half at or above
    assert min(np.mean(high <= treated.median), np.mean(high >= treated.median)) >= 0.5 - near
    index = np.mean((high > low) + (high == low) / 2)
    assert index == pytest.approx(treated.index(placebo), abs=near)


def test_visits_lose_the_stated_share_by_the_last_one():
    visits = SCENARIOS["visits, normal"].sample(np.random.default_rng(2), 40_000)
    kept = np.mean(np.bincount(visits.visit)[3] / 40_000)
    assert 1 - kept == pytest.approx(load_error_rate_parameters()["dropout"].number, abs=0.02)
    last = visits.response[visits.visit == 3]
    # 1.6 at the last visit, less by the loss of low values.
    assert last.std() == pytest.approx(1.6, abs=0.05)
    assert last.mean() > 0.02


def test_share_without_response_is_as_stated():
    times = SCENARIOS["times at visits, one arm"].sample(np.random.default_rng(1), 100_000)
    when, seen = (np.array(part) for part in times.arms[0])
    early = np.mean((when <= 16) & (seen == 1))
    # Some of those who respond by week 16 have left before.
    assert early < 1 - SCENARIOS["times at visits, one arm"].truths["share without"] == pytest.approx(21 / 48)
    assert early > 0.40
    assert set(np.unique(when)) <= {0, 4, 8, 12, 16, 20, 24}


def test_categories_have_the_stated_odds_ratio():
    drawn = SCENARIOS["categories, treated better"].sample(np.random.default_rng(4), 400_000)
    for cut in (1, 2, 3):
        high, low = (np.mean(np.array(arm) >= cut) for arm in drawn.values)
        log_ratio = math.log(high / (1 - high)) - math.log(low / (1 - low))
        assert log_ratio == pytest.approx(1.5, abs=0.05)


def test_coverage_of_wilson_agrees_with_a_direct_sum():
    rates, n = np.arange(1, 100) / 100, 9
    low, high = wilson(np.arange(n + 1), n)
    each = [sum(stats.binom.pmf(k, n, p) for k in range(n + 1) if low[k] <= p <= high[k]) for p in rates]
    found = find(enumerate_grid(GRIDS["any response rate"], n), "Wilson interval", n, "coverage")
    assert (found.value, found.mean) == pytest.approx((min(each), np.mean(each)))
    assert (found.se, found.trials, found.unanswered) == (0.0, 0, pytest.approx(0.0, abs=1e-12))


def test_error_of_fisher_agrees_with_scipy():
    found = find(enumerate_grid(GRIDS["equal response rates"], 12), "Fisher's exact test", 12)
    errors = []
    for p in np.arange(1, 100) / 100:
        weights = np.outer(stats.binom.pmf(range(7), 6, p), stats.binom.pmf(range(7), 6, p))
        errors.append(sum(weights[i, j] for i in range(7) for j in range(7)
                          if stats.fisher_exact([[i, 6 - i], [j, 6 - j]]).pvalue <= 0.05))  # fmt: skip
    assert found.value == pytest.approx(max(errors))
    assert found.mean == pytest.approx(np.mean(errors))


def test_error_of_the_binomial_test_is_its_tail():
    # 8 of 9 is the first result below 2.5 % at 21/48: P(X >= 8) = 0.0074, P(X >= 7) = 0.039.
    found = find(
        enumerate_grid(GRIDS["placebo as in history"], 9), "Binomial test against a fixed placebo rate", 9
    )
    assert found.value == pytest.approx(stats.binom.sf(7, 9, 21 / 48))
    assert stats.binom.sf(6, 9, 21 / 48) > 0.025
    above = find(
        enumerate_grid(GRIDS["placebo above history"], 9), "Binomial test against a fixed placebo rate", 9
    )
    assert above.value == pytest.approx(stats.binom.sf(7, 9, 21 / 48 + 0.1))
    assert (found.kind, above.kind) == ("exact", "approximate")


def test_poisson_outcomes_are_all_counted():
    rows = enumerate_grid(GRIDS["any event rate"], 36)
    low, high = (
        stats.chi2.ppf(0.025, 2 * np.arange(80)) / 72,
        stats.chi2.ppf(0.975, 2 * np.arange(1, 81)) / 72,
    )
    low = np.nan_to_num(low)
    each = [
        sum(stats.poisson.pmf(k, 36 * r) for k in range(80) if low[k] <= r <= high[k])
        for r in np.arange(1, 11) / 10
    ]
    assert find(rows, "Garwood interval", 36, "coverage").value == pytest.approx(min(each), abs=1e-9)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", [name for name, grid in GRIDS.items() if "three" not in name and grid.null])
def test_exact_tests_of_counts_never_exceed_their_claim(name, n):
    for row in enumerate_grid(GRIDS[name], n):
        if row.kind == "exact":
            assert row.value <= row.nominal + 1e-9, row
            assert judge(row) == "kept"


def test_same_seed_same_figures_whatever_else_is_run():
    names = ["times, equal arms", "normal, mean 0"]
    both = measure_all(names, seed=5, trials=20)
    assert both == measure_all(names[:1], seed=5, trials=20) + measure_all(names[1:], seed=5, trials=20)
    assert both != measure_all(names, seed=6, trials=20)


def test_short_run_is_the_beginning_of_a_long_one():
    scenario = SCENARIOS["TIS, equal arms"]
    assert scenario.draw(1, 9, 3).values == scenario.draw(1, 9, 3).values != scenario.draw(1, 9, 4).values
    short = find(simulate_error_rates(scenario, 9, seed=1, trials=30), "Welch t test", 9)
    long = find(simulate_error_rates(scenario, 9, seed=1, trials=60), "Welch t test", 9)
    assert 0 <= round(60 * long.value) - round(30 * short.value) <= 30


def test_a_test_that_is_wrong_is_found(monkeypatch):
    from mitograft.statistics.error_rates import simulation
    from mitograft.statistics.error_rates.registry import Analysis

    liar = Analysis("always", "", "times, two arms", "exact", lambda *_: answer(0.0))
    silent = Analysis("never", "", "times, two arms", "exact", lambda *_: answer(note="no answer"))
    monkeypatch.setattr(simulation, "analyses_of", lambda *_: (liar, silent))
    rows = simulate_error_rates(SCENARIOS["times, equal arms"], 9, seed=1, trials=10)
    assert (rows[0].value, judge(rows[0])) == (1.0, "not to be trusted")
    assert math.isnan(rows[1].value)
    assert (rows[1].unanswered, judge(rows[1])) == (1.0, "no answer")


def test_what_is_beyond_by_little_is_measured_again_in_fresh_trials(monkeypatch):
    from mitograft.statistics.error_rates import simulation

    seeds = []

    def fake(scenario, n, *, seed, trials, names=None):
        seeds.append((seed, names))
        found = [("chance", 0.061 if names is None else 0.05), ("good", 0.05), ("bad", 0.2)]
        return [
            Measured(name, scenario.name, n, "type I error", "exact", 0.05, share, share, 0.0034, trials, 0.0)
            for name, share in found
            if names is None or name in names
        ]

    monkeypatch.setattr(simulation, "simulate_error_rates", fake)
    rows = measure_all(["times, equal arms"], seed=3, trials=4000)
    assert [(row.analysis, row.value) for row in rows[:3]] == [("chance", 0.05), ("good", 0.05), ("bad", 0.2)]
    assert seeds[0] == (3, None)
    assert seeds[1][0] != 3
    assert seeds[1][1] == {"chance"}


@pytest.mark.parametrize(
    ("value", "trials", "verdict"),
    [
        (0.05, 0, "kept"), (0.0501, 0, "beyond"), (0.08, 0, "not to be trusted"),
        (0.06, 4000, "kept"), (0.061, 4000, "beyond"), (0.08, 4000, "not to be trusted"), (0.1, 100, "kept"),
    ],
)  # fmt: skip
def test_verdicts(value, trials, verdict):
    se = math.sqrt(0.05 * 0.95 / trials) if trials else 0.0
    row = Measured("", "", 9, "type I error", "approximate", 0.05, value, value, se, trials, 0.0)
    assert judge(row) == verdict
    other = Measured("", "", 9, "coverage", "approximate", 0.95, 1 - value, 1 - value, se, trials, 0.0)
    assert judge(other) == verdict


def test_an_answer_has_both_limits_or_a_reason():
    assert answer(math.nan, 0.1, math.nan) == Answer(
        note="the data determine neither a p value nor an interval"
    )
    assert answer(0.5) == Answer(0.5)


def test_unknown_scenarios_and_empty_runs_are_refused():
    with pytest.raises(UsageError, match="found 'no such'"):
        measure_all(["no such"], seed=1, trials=1)
    with pytest.raises(UsageError, match="found 0 trials"):
        measure_all(["times, equal arms"], seed=1, trials=0)


def test_names_are_unique_and_every_analysis_is_measured():
    names = [analysis.name for analysis in ANALYSES]
    assert len(names) == len(set(names))
    assert {row[0] for row in expected_rows()} == set(names)
    for analysis in ANALYSES:
        assert set(analysis.holds_in or ()) <= {*GRIDS, *SCENARIOS}
        assert analysis.kind != "approximate" or analysis.instead, analysis.name


def test_an_exact_analysis_counts_as_approximate_where_its_assumption_fails():
    (ancova,) = [a for a in ANALYSES if a.name == "ANCOVA, difference"]
    assert ancova.kind_in("normal, equal arms") == "exact"
    assert ancova.kind_in("TIS, equal arms") == "approximate"


def expected_rows():
    """Name, scenario and measure of everything the register can be asked."""
    places = [(g.name, g.design, g.null, tuple(g.truths)) for g in GRIDS.values()]
    places += [(s.name, s.design, s.null, tuple(s.truths)) for s in SCENARIOS.values()]
    return {
        (analysis.name, name, measure)
        for name, design, null, truths in places
        for analysis in analyses_of(design, name)
        for measure in measures_of(analysis, null=null, truths=truths)
    }


def page_rows():
    """Figures of the page: (name, scenario, measure) -> claim, figures by size, trials, Monte Carlo error."""
    found, measure = {}, ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line in ("Type I error:", "Coverage:"):
            measure = line[:-1].replace("Type", "type").replace("Coverage", "coverage")
        row = ROW.match(line)
        if row:
            *cells, trials, se, _ = row["rest"].split(" | ")
            figures = [math.nan if c == "none" else float(c.split(" ")[0].strip("*")) for c in cells]
            marks = ["✗" if "✗" in c else "bold" if "*" in c else "" for c in cells]
            count = 0 if trials == "all outcomes" else int(trials.replace(",", ""))
            key = (row["name"], row["scenario"], measure)
            assert key not in found
            found[key] = row["claim"], figures, marks, count, float(se)
    return found


def test_page_has_every_row_of_the_register():
    assert set(page_rows()) == expected_rows()


def test_page_marks_what_is_beyond_its_claim():
    marks = {"kept": "", "beyond": "bold", "not to be trusted": "✗", "no answer": ""}
    for (name, scenario, measure), (claim, figures, shown, trials, se) in page_rows().items():
        kind, nominal = claim.split(", ")
        for value, mark in zip(figures, shown, strict=True):
            row = Measured(name, scenario, 9, measure, kind, float(nominal), value, value, se, trials, 0.0)
            # Figures are printed to three places: near the border either verdict may be right.
            near = [judge(row), *(judge(replace(row, value=value + by)) for by in (-0.0006, 0.0006))]
            assert mark in {marks[verdict] for verdict in near}, (name, scenario, value)


def test_enumerated_rows_of_the_page_are_those_of_a_rerun():
    page = page_rows()
    for name in ("any response rate", "placebo above history", "equal event rates"):
        for n, at in zip(SIZES, range(3), strict=True):
            for row in enumerate_grid(GRIDS[name], n):
                figure = page[row.analysis, name, row.measure][1][at]
                assert figure == pytest.approx(row.value, abs=0.00051)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_rerun_keeps_exact_claims_and_agrees_with_the_page(name):
    page = page_rows()
    for row in measure_all([name], seed=SEED, trials=RUNS):
        claim, figures, _, trials, se = page[row.analysis, name, row.measure]
        figure = figures[SIZES.index(row.n)]
        assert claim == f"{row.kind}, {row.nominal:g}"
        if math.isnan(row.value):
            assert math.isnan(figure)
            continue
        if row.kind == "exact":
            assert row.error <= row.nominal_error + _reach(row.nominal_error, row.trials), row
        # Both shares vary about one truth, taken from the longer run but no nearer to 0 or 1 than the claim.
        error = max(1 - figure if row.measure == "coverage" else figure, row.nominal_error)
        assert abs(row.value - figure) <= _reach(error, row.trials) + _reach(error, trials), (row, figure, se)


def _reach(share, trials):
    """Four Monte Carlo standard errors and one trial: a few hundred figures are compared."""
    return 4 * math.sqrt(share * (1 - share) / trials) + 1 / trials


@pytest.mark.parametrize("counts", [Counts((2, 1), (5, 4))])
def test_the_register_is_a_plain_call(counts):
    (newcombe,) = [a for a in analyses_of("responders, two arms") if a.name == "Newcombe interval"]
    found = newcombe.analyse(counts, 0.95)
    assert found.p is None
    assert found.low < 2 / 5 - 1 / 4 < found.high


@pytest.mark.parametrize("n", [9, 12, 36])
def test_readings_of_a_single_arm_on_the_page_are_those_of_a_rerun(n):
    # Enumerated: a placebo arm that responds as ProDERM's (21 of 48) is called better than placebo so often.
    column = {9: 2, 12: 3, 36: 4}[n]
    lines = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    shown = {cells[0]: cells[column] for cells in lines if len(cells) == 5 and cells[1] == "as in history"}
    readings = read_single_arm(n, 20).readings
    assert set(shown) == {reading.name for reading in readings}
    for reading in readings:
        error = float(probability_at_least(reading.smallest[0.975], n, 21 / 48))
        assert shown[reading.name] == f"{error:.3f}"
    assert float(shown["robust meta-analytic"]) <= 0.025
