"""The section on the single arm: every reading beside every other, nothing without the history."""

from dataclasses import replace

import pytest

from mitograft.report.document import Figure, Paragraph, Table
from mitograft.study.sections.history import history_section
from mitograft.trial.history import load_regression_parameters, read_single_arm
from mitograft.trial.placebo import load_placebo_arms


@pytest.fixture(scope="module")
def reading():
    return read_single_arm(9, 20)


@pytest.fixture(scope="module")
def section(reading):
    return history_section(reading, 7, load_regression_parameters(), "measured")


def tables(section):
    return {block.id: block for block in section.blocks if isinstance(block, Table)}


def test_the_lead_names_both_readings_and_how_far_placebo_arms_differ(section):
    assert "About 44 % of placebo patients" in section.lead
    assert "(33 to 74 % in the 3 arms known)" in section.lead
    assert "7 of 9 reach a posterior probability of 0.95" in section.lead
    assert "robust prior): 9 of 9 reach a posterior probability of 0.95" in section.lead
    assert "0.97 with the history counted in full, 0.85 with the robust prior" in section.lead


def test_every_result_stands_beside_every_reading(section, reading):
    table = tables(section)["history-table"]
    names = [column.name for column in table.columns]
    assert [row[0] for row in table.rows] == list(range(10))
    for column, one in (
        ("p_full", reading.full),
        ("p_discounted", reading.discounted),
        ("p_meta_analytic", reading.meta_analytic),
        ("p_robust", reading.robust),
    ):
        assert [row[names.index(column)] for row in table.rows] == one.probability.tolist()
    assert "Jeffreys" in table.note


def test_worth_conflict_and_differences_cover_all_readings(section):
    found = tables(section)
    assert [row[0] for row in found["history-worth"].rows] == [
        "full", "discounted", "all arms", "meta-analytic", "robust meta-analytic",
    ]  # fmt: skip
    assert [row[2] for row in found["history-worth"].rows] == [48, 48, 96, 48, 48]
    assert len(found["history-differences"].columns) == 6
    assert len(found["history-conflict"].columns) == 7
    assert all(0 <= cell <= 1 for row in found["history-conflict"].rows for cell in row[1:])
    assert "nothing here can tell which" in found["history-conflict"].note
    assert {row[8] for row in found["placebo-arms"].rows} == {"source", "derived", "secondary"}


def test_the_figure_draws_four_readings(section):
    (figure,) = [block for block in section.blocks if isinstance(block, Figure)]
    assert "robust prior" in figure.svg
    assert "naive" in figure.svg
    assert "With the robust prior they are 0: 0.03" in figure.alt


def test_gain_without_treatment_is_shown_and_what_it_assumes(section):
    words = " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))
    assert "regression to the mean" in words
    assert "One past arm shows nothing of how much arms differ" in words
    assert "extramuscular_sd" in words
    found = tables(section)
    assert len(found["regression-to-mean"].rows) == 6
    assert [row[1] for row in found["regression-to-mean"].rows][2] == "below 125 points"
    everybody, _, eligible = found["untreated-scores"].rows
    assert everybody[3] < eligible[3] < 100


def test_one_arm_without_a_vague_part():
    only = [arm for arm in load_placebo_arms() if arm.pool]
    parameters = read_single_arm(1, 20).parameters.override({"vague_weight": "0"})
    section = history_section(
        read_single_arm(2, 20, only, parameters=parameters), None, load_regression_parameters(), "published"
    )
    assert "arms known" not in section.lead
    assert "no result of 2 patients reaches" in section.lead
    assert {row[-1] for row in tables(section)["history-conflict"].rows} == {None}


def test_many_arms_say_no_single_arm_warning():
    arm = next(arm for arm in load_placebo_arms() if arm.pool)
    reading = read_single_arm(3, 20, [arm, replace(arm, trial="another")])
    words = " ".join(
        block.text
        for block in history_section(reading, 1, load_regression_parameters(), "measured").blocks
        if isinstance(block, Paragraph)
    )
    assert "One past arm" not in words
