import math

import polars as pl
import pytest

from mitograft.errors import UsageError
from mitograft.seeds import stream
from mitograft.statistics.none_seen import none_seen
from mitograft.statistics.poisson_rate import poisson_rate
from mitograft.trial.protocol import Arm
from mitograft.trial.safety import (
    assess_rates,
    assess_trend,
    contrast_rates,
    dose_scores,
    event_criteria,
    load_safety_settings,
    reference_group,
    safety_tables,
    summarise_none_seen,
    summarise_rates,
    summarise_shares,
    summarise_trend,
)
from mitograft.trial.summary import Criterion
from mitograft.trial.summary.standard import safety_population
from mitograft.trial.tables import to_ard, to_csv, to_docx, to_rtf

ANY = (Criterion("Any", {"TRTEMFL": ("Y",)}),)
DOSE = "2022-03-01"


def people(adam):
    return safety_population(adam.datasets["ADSL"], adam.protocol)


def rates(adam, settings, criteria=ANY):
    return assess_rates(people(adam), adam.datasets["ADAE"], criteria, adam.protocol, settings)


def test_shares_are_counted_with_exact_limits(simulated, settings):
    _, adam = simulated
    criteria = event_criteria(settings)
    table = summarise_shares(people(adam), adam.datasets["ADAE"], criteria, settings)
    related = table.find("Related event")[-1]
    frame = adam.datasets["ADAE"].frame
    mine = frame.filter(pl.col("TRTEMFL") == "Y", pl.col("AREL") == "RELATED")
    assert related.value == mine["USUBJID"].n_unique()
    assert len(related.records[0]) == mine.height
    # 0 of 9, 0 of 3: clinical facts, section 5.5 (R binom.test).
    assert table.find("Serious event")[-1].text == "0/9 0.0% (0.0, 33.6)"
    assert table.find("Serious event")[0].text == "0/3 0.0% (0.0, 70.8)"


def test_none_seen_table_holds_the_function(settings):
    table = summarise_none_seen(settings)
    assert [cell.text for cell in table.find("9 patients")] == ["16.4", "22.6", "28.3", "33.6"]
    cells = table.find("36 patients")
    assert [c.value for c in cells] == pytest.approx(
        [100 * u for u in none_seen(36, levels=(0.8, 0.9, 0.95, 0.975)).upper]
    )
    # A third of the patients: ten without an event exclude it with 97.5 % confidence.
    assert [cell.text for cell in table.find("33.3%")] == ["4", "6", "8", "10"]


def test_time_at_risk_by_hand(sketch, settings):
    # Followed 10 and 20 days (both days counted); events on days 3, 3 and 8 of the first subject.
    days = [sketch.later(DOSE, n) for n in (2, 2, 7)]
    first = sketch.Subject("A", DOSE, sketch.later(DOSE, 9), events=[sketch.event(d) for d in days])
    second = sketch.Subject("A", DOSE, sketch.later(DOSE, 19))
    _, adam = sketch.study([first, second])
    found = rates(adam, settings)[0]
    year = 365.25
    assert (found.events.events, found.events.time) == (3, pytest.approx(30 / year))
    assert (found.first.events, found.first.time) == (1, pytest.approx(23 / year))
    # Garwood by the tables of the chi-squared distribution: 3 events 0.6187 to 8.7673 (R poisson.test(3)).
    assert (found.events.low * 30 / year, found.events.high * 30 / year) == pytest.approx(
        (0.6186721229, 8.7672730697), rel=1e-9
    )
    assert (found.events.kind, found.first.kind) == ("exact", "approximate")


@pytest.mark.parametrize(("hazard", "coverage"), [(0.5, 0.987), (2.0, 0.968), (8.0, 0.960)])
def test_interval_of_first_events_covers_as_the_docstring_says(hazard, coverage):
    # The interval of exposure.py for 9 subjects followed 85 days, on drawn times to a first event.
    trials, end = 4000, 85 / 365.25
    times = stream(1, "first events", str(hazard)).exponential(1 / hazard, (trials, 9))
    events, at_risk = (times <= end).sum(axis=1), times.clip(max=end).sum(axis=1)
    found = [poisson_rate(int(k), float(t)) for k, t in zip(events, at_risk, strict=True)]
    covered = sum(one.low <= hazard <= one.high for one in found) / trials
    assert covered == pytest.approx(coverage, abs=4 * math.sqrt(0.04 * 0.96 / trials))


def test_events_of_unknown_start_count_and_those_after_the_end_do_not(sketch, settings):
    end = sketch.later(DOSE, 9)
    events = [sketch.event(None), sketch.event(sketch.later(end, 5))]
    _, adam = sketch.study([sketch.Subject("A", DOSE, end, events=events)])
    found = rates(adam, settings)[0]
    assert (found.events.events, found.undated, found.outside) == (1, 1, 1)
    assert found.first.time == pytest.approx(10 / 365.25)
    notes = " ".join(
        summarise_rates(people(adam), adam.datasets["ADAE"], ANY, adam.protocol, settings).footnotes
    )
    assert "without a known start, counted: 1" in notes
    assert "not counted: 1" in notes


def test_the_cutoff_ends_the_time_at_risk(sketch, settings):
    late = sketch.event("2022-04-20")
    subject = sketch.Subject("A", DOSE, "2022-06-01", events=[sketch.event("2022-03-05"), late])
    _, adam = sketch.study([subject], cutoff="2022-03-31")
    found = rates(adam, settings)[0]
    assert (found.events.events, found.outside) == (1, 1)
    assert found.events.time == pytest.approx(31 / 365.25)


def test_an_arm_without_anybody_has_no_rate(sketch, settings):
    _, adam = sketch.study([sketch.Subject("A", events=[sketch.event(DOSE)]), sketch.Subject("C")])
    table = summarise_rates(people(adam), adam.datasets["ADAE"], ANY, adam.protocol, settings)
    cells = table.find("Events per patient-year (95% CI)")
    assert [cell.text for cell in cells][1] == "NE"
    assert math.isnan(rates(adam, settings)[1].events.rate)
    assert table.find("Events: p value")[1].text == "NE"
    assert table.find("Events: ratio (95% CI)")[2].text.startswith("0.00 (0.00, ")


def test_placebo_is_the_reference_or_the_lowest_dose(sketch, settings):
    arms = (Arm("A", "Dose 1", 1, 150.0), Arm("B", "Dose 2", 2, 300.0), Arm("P", "Placebo", 3, placebo=True))
    plan = [sketch.Subject(arm, events=[sketch.event(DOSE)] * n) for n, arm in enumerate("PAB")]
    _, adam = sketch.study(plan, arms=arms)
    assert reference_group(people(adam), adam.protocol) == "Placebo"
    found = contrast_rates(rates(adam, settings), people(adam), "Placebo")
    assert [(one.group.group, one.events.first.events, one.events.second.events) for one in found] == [
        ("Dose 1", 1, 0), ("Dose 2", 2, 0),
    ]  # fmt: skip
    assert found[1].first.kind == "approximate"
    _, alone = sketch.study(plan[1:2], arms=arms)
    assert reference_group(people(alone), alone.protocol) == ""
    table = summarise_rates(people(alone), alone.datasets["ADAE"], ANY, alone.protocol, settings)
    assert not any("ratio" in row.label for row in table.rows)


def test_trend_over_doses_is_that_of_the_counts(sketch, settings):
    plan = [("A", 0)] * 3 + [("B", 0)] * 2 + [("B", 1)] + [("C", 1)] * 3
    subjects = [sketch.Subject(arm, events=[sketch.event(DOSE)] * n) for arm, n in plan]
    _, adam = sketch.study(subjects)
    (found,) = assess_trend(people(adam), adam.datasets["ADAE"], ANY, adam.protocol, settings)
    assert (found.trend.events, found.trend.sizes) == ((0, 1, 3), (3, 3, 3))
    # By enumeration: nothing lies beyond; 3 of the C(9, 4) = 126 ways to place four events.
    assert found.trend.p_increasing == pytest.approx(3 / 126)
    table = summarise_trend(people(adam), adam.datasets["ADAE"], ANY, adam.protocol, settings)
    texts = [cell.text for cell in table.find("Any")]
    assert texts[:3] == ["0", "1", "3"]
    assert texts[4:] == ["0.024", "0.048"]
    assert texts[3].endswith("inf)")


def test_scores_of_the_doses(sketch, settings):
    by_dose = load_safety_settings({"trend_scores": "dose"})
    _, adam = sketch.study([sketch.Subject("A")])
    assert dose_scores(adam.protocol, settings)[0] == {"Dose 1": 1.0, "Dose 2": 2.0, "Dose 3": 3.0}
    assert dose_scores(adam.protocol, by_dose)[:2] == (
        {"Dose 1": 150.0, "Dose 2": 300.0, "Dose 3": 600.0},
        150.0,
    )
    unknown = (Arm("A", "Dose 1", 1), Arm("P", "Placebo", 2, placebo=True))
    _, adam = sketch.study([sketch.Subject("A")], arms=unknown)
    scores, step, words = dose_scores(adam.protocol, by_dose)
    assert (scores, step) == ({"Placebo": 0.0, "Dose 1": 1.0}, 1.0)
    assert "does not give all doses" in words


@pytest.mark.parametrize("events", [0, 1])
@pytest.mark.parametrize("plan", ["", "A", "AAA", "ABC", "AAABBBCCC"])
def test_every_table_of_a_degenerate_trial_is_made_and_rendered(sketch, events, plan):
    subjects = [sketch.Subject(arm, events=[sketch.event(DOSE)] * events) for arm in plan]
    data, adam = sketch.study(subjects or [sketch.Subject("A", dosed=None)])
    tables = safety_tables(adam, data["EX"], data_kind="simulated")
    assert len(tables) == (6 if plan else 1)
    for table in tables:
        assert to_csv(table)
        assert to_rtf(table)
        assert to_docx(table)
    assert to_ard(tables)


def test_numbers_of_all_tables_stand_on_records_that_exist(simulated):
    data, adam = simulated
    for table in safety_tables(adam, data["EX"], data_kind="simulated"):
        assert table.data_kind == "simulated"
        for _, _, cell in table.cells():
            for records in cell.records:
                frame = adam.datasets[records.dataset].frame
                assert len(records) > 0
                assert records.rows.max() < frame.height


@pytest.mark.parametrize(
    "overrides",
    [
        {"trend_scores": "log"},
        {"infusion_from": "middle"},
        {"one_sided_levels": "0.9 1.5"},
        {"one_sided_levels": ""},
        {"none_seen_rates": "a tenth"},
        {"none_seen_sizes": "3.5"},
        {"level": "1"},
        {"exposure_days": "0"},
        {"cohort_size": "0"},
        {"unheard": "1"},
    ],
)
def test_settings_without_sense_are_refused(overrides):
    with pytest.raises(UsageError, match=r"found|expected|Unknown"):
        load_safety_settings(overrides)


def test_defaults_that_no_source_gives_are_flagged(settings):
    flagged = {parameter.id for parameter in settings.flagged()}
    assert {"hy_days", "infusion_from", "trend_scores", "hy_bilirubin"} <= flagged
    assert "infusion_minutes" not in flagged
