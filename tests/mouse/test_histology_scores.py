"""scores.csv: every mistake in one message; sections to one number a mouse; what the findings say."""

import math
from datetime import date

import pytest

from mitograft.errors import InputError
from mitograft.mouse.animals import Animal, Colony, Group
from mitograft.mouse.compare import compare_groups
from mitograft.mouse.histology.analyse import HistologyResult, analyse_histology, load_histology_parameters
from mitograft.mouse.histology.derive import derive_scores
from mitograft.mouse.histology.read import check_scores, read_scores
from mitograft.mouse.histology.read_scheme import load_scheme, read_scheme
from mitograft.tables.contract import RawTable
from mitograft.tables.parameters import load_parameters

SIX = load_scheme("sugihara-2007")
HEADER = ("animal", "date", "muscle", "block", "section", "rater", "grade", "bonus")
DAY = "2026-03-23"
GROUPS = {"healthy": "healthy", "vehicle": "control", "PN-101": "treated"}


def colony(n=5, **changed):
    mice = {}
    for group in GROUPS:
        for i in range(1, n + 1):
            name = f"{group[0]}{i}"
            given = {"end_date": date(2026, 3, 23)} | changed.get(name, {})
            mice[name] = Animal(name, group, "F", "C57BL/6", date(2026, 1, 5), date(2026, 3, 2), **given)
    groups = {name: Group(name, role, name, 0.0, "") for name, role in GROUPS.items()}
    return Colony(groups, mice, "animals.csv")


def row(animal, grade, *, muscle="hamstring", block="B1", section="S1", rater="A", bonus="no", day=DAY):
    return (animal, day, muscle, block, section, rater, grade, bonus)


def raw(rows, header=HEADER):
    return RawTable(
        "scores.csv", {n: [r[k] for r in rows] for k, n in enumerate(header)}, range(2, 2 + len(rows))
    )


def write(tmp_path, rows, header=HEADER):
    lines = [",".join(map(str, line)) for line in (header, *rows)]
    (tmp_path / "scores.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path / "scores.csv"


def analyse(tmp_path, rows, mice=None, scheme=SIX) -> HistologyResult:
    return analyse_histology(write(tmp_path, rows), mice or colony(), scheme)


def grades_of(rows, scheme=SIX):
    grades, violations = check_scores(raw(rows), scheme, colony())
    assert not violations
    return derive_scores(grades, scheme, scheme.features[0])


def rules(result):
    return {finding.rule for finding in result.findings}


def full(severity, raters=("A", "B"), sections=1):
    """Both muscles of five mice a group, two blocks each, the same grade throughout a mouse."""
    return [
        row(
            f"{group[0]}{i}", severity[group][i - 1], muscle=muscle, block=block, section=f"S{s}", rater=rater
        )
        for group in GROUPS
        for i in range(1, 6)
        for muscle in SIX.muscles
        for block in ("B1", "B2")
        for s in range(sections)
        for rater in raters
    ]


SEVERITY = {"healthy": [0, 0, 0, 0, 0], "vehicle": [3, 4, 4, 5, 3], "PN-101": [1, 2, 3, 1, 2]}


# Reading


def test_every_mistake_is_in_one_message(tmp_path):
    rows = [
        row("v1", 3),
        row("v1", 2),  # the same section twice
        row("nobody", 3),
        row("v2", 7),  # off the scheme
        row("v3", 2.5),  # a bonus written into the grade
        row("v4", 0, bonus="yes"),
        row("v5", 2, muscle="soleus"),
        row("P1", 2, day="2026-02-20"),  # before day zero
        row("P2", 2, day="2025-12-24"),  # before birth
        row("P3", 2, day="23.3.2026"),
        row("P4", 2),
        row("P4", 2, block="B2", day="2026-03-20"),  # the same mouse on another day
        row("P5", ""),
        row("h1", -1),
        row("h2", "severe"),
        row("h3", 1, bonus="maybe"),
    ]
    with pytest.raises(InputError) as caught:
        read_scores(write(tmp_path, rows), SIX, colony())
    found = sorted((v.row, v.rule) for v in caught.value.violations)
    assert found == [
        (3, "duplicate"),
        (4, "unknown-animal"),
        (5, "grade-off-scheme"),
        (6, "grade-off-scheme"),
        (7, "bonus-without-lesion"),
        (8, "muscle-off-scheme"),
        (9, "dates-out-of-order"),
        (10, "dates-out-of-order"),
        (11, "not-a-date"),
        (13, "two-days"),
        (14, "empty"),
        (15, "off-scale"),
        (16, "not-a-number"),
        (17, "unknown-value"),
    ]
    text = str(caught.value)
    assert "before birth" in text
    assert "yes in the column bonus" in text
    assert "nobody" not in text


def test_a_missing_column_is_one_violation():
    rows = [line[:6] + line[7:] for line in (row("v1", 1), row("v2", 1))]
    _, violations = check_scores(raw(rows, HEADER[:6] + HEADER[7:]), SIX, colony())
    assert [(v.rule, v.column) for v in violations] == [("missing-column", "grade")]


def test_an_excluded_section_has_no_grade_and_does_not_count():
    header = (*HEADER, "excluded")
    rows = [(*row("v1", 4), ""), (*row("v1", "", section="S2"), "torn"), (*row("v2", 3), "torn")]
    grades, violations = check_scores(raw(rows, header), SIX, colony())
    assert [(v.row, v.rule) for v in violations] == [(4, "grade-of-excluded")]
    assert [grade.points for grade in grades] == [4.0]


def test_a_feature_of_the_scheme_only(tmp_path):
    path = tmp_path / "two.toml"
    text = 'name="two"\nversion="1"\ntitle="t"\nstatus="source"\ncitation="c"\nmuscles=["hamstring"]\n'
    text += (
        'features=["inflammation","necrosis"]\naggregation={sections="max",blocks="mean",muscles="mean"}\n'
    )
    text += 'levels=[{grade=0,text="none"},{grade=1,text="some"},{grade=2,text="much"}]\n'
    path.write_text(text, encoding="utf-8")
    scheme, header = read_scheme(path), (*HEADER, "feature")
    rows = [(*row("v1", 2), ""), (*row("v1", 1), "necrosis"), (*row("v2", 1, bonus="yes"), "fibrosis")]
    _, violations = check_scores(raw(rows, header), scheme, colony())
    assert [v.rule for v in violations] == ["feature-off-scheme", "bonus-without-lesion"]
    result = analyse_histology(write(tmp_path, rows[:2], header), colony(), scheme)
    values = {outcome.name: dict(outcome.values) for outcome in result.outcomes}
    assert values["histology.severity"] == {"v1": 2.0}
    assert values["histology.necrosis"] == {"v1": 1.0}
    assert values["histology.necrosis.hamstring"] == {"v1": 1.0}
    assert values["histology.incidence"] == {"v1": 1.0}
    assert "histology.incidence.necrosis" not in values


# From section to mouse


def test_raters_sections_blocks_muscles_by_the_rules():
    # S1 (3 + 4) / 2 = 3.5, S2 2; block B1 max 3.5, B2 1.5; hamstring mean 2.5; quadriceps 0; mouse 1.25.
    (score,) = grades_of(
        [
            row("v1", 3, rater="A"),
            row("v1", 4, rater="B"),
            row("v1", 2, section="S2", rater="A"),
            row("v1", 1, block="B2", bonus="yes"),
            row("v1", 0, muscle="quadriceps"),
        ]
    )
    assert score.muscles == {"hamstring": 2.5, "quadriceps": 0.0}
    assert score.score == 1.25
    assert (score.blocks, score.sections, score.raters) == ((2, 1), (2, 1, 1), (2, 1, 1, 1))


def test_blocks_and_muscles_of_one_name_stay_apart():
    scores = grades_of(
        [row("v1", 4, block="B1"), row("v2", 2, block="B1"), row("v1", 2, muscle="quadriceps")]
    )
    assert {score.animal: score.score for score in scores} == {"v1": 3.0, "v2": 2.0}


@pytest.mark.parametrize("sections", [1, 4])
def test_sections_are_never_counted_as_mice(tmp_path, sections):
    result = analyse(tmp_path, full(SEVERITY, sections=sections))
    assert len(result.grades) == 15 * 2 * 2 * 2 * sections
    severity = next(o for o in result.outcomes if o.name == "histology.severity")
    found = compare_groups(severity, colony(), "PN-101", "vehicle")
    assert (found.n_first, found.n_second) == (5, 5)
    # Five against five: no p value below 2 / 252, however many sections were graded.
    assert found.p >= 2 / 252
    assert all(set(o.values) <= set(colony().animals) for o in result.outcomes)


def test_more_sections_change_neither_effect_nor_p(tmp_path):
    few, many = (analyse(tmp_path, full(SEVERITY, sections=s)).outcomes[0] for s in (1, 6))
    one, two = (compare_groups(o, colony(), "PN-101", "vehicle") for o in (few, many))
    assert (one.estimate, one.low, one.high, one.p) == (two.estimate, two.low, two.high, two.p)


def test_incidence_is_a_score_above_zero_and_each_muscle_has_its_own(tmp_path):
    rows = [row("v1", 0), row("v1", 1, muscle="quadriceps"), row("v2", 0), row("v2", 0, muscle="quadriceps")]
    values = {o.name: dict(o.values) for o in analyse(tmp_path, rows).outcomes}
    assert values["histology.incidence"] == {"v1": 1.0, "v2": 0.0}
    assert values["histology.incidence.hamstring"] == {"v1": 0.0, "v2": 0.0}
    assert values["histology.severity.quadriceps"] == {"v1": 1.0, "v2": 0.0}


def test_excluded_mice_stay_out_of_every_outcome_and_are_named(tmp_path):
    mice = colony(v1={"excluded": "injection failed"})
    result = analyse(tmp_path, full(SEVERITY), mice)
    assert all("v1" not in outcome.values for outcome in result.outcomes)
    assert "v1" in {score.animal for score in result.scores}
    assert "excluded-mouse" in rules(result)


# Raters


def test_raters_who_agree_have_no_finding(tmp_path):
    result = analyse(tmp_path, full(SEVERITY))
    (pair,) = result.agreements
    assert pair.kappa.kappa == 1.0
    assert pair.kappa.clusters == 15
    assert pair.immunised is not None
    assert pair.immunised.clusters == 10
    assert result.findings == ()


def test_weighted_kappa_by_hand(tmp_path):
    # Quadratic kappa 1 - sum (a - b)^2 / sum over all pairs of ratings (a_i - b_j)^2 / n.
    first, second = [1, 2, 3, 4, 2, 5], [2, 2, 4, 3, 1, 5]
    rows = [row(f"v{i % 3 + 1}", a, block=f"B{i}") for i, a in enumerate(first)]
    rows += [row(f"v{i % 3 + 1}", b, block=f"B{i}", rater="B") for i, b in enumerate(second)]
    (pair,) = analyse(tmp_path, rows).agreements
    seen = sum((a - b) ** 2 for a, b in zip(first, second, strict=True))
    chance = sum((a - b) ** 2 for a in first for b in second) / 6
    assert pair.kappa.kappa == pytest.approx(1 - seen / chance, abs=1e-12)
    assert pair.difference == 0.0
    assert pair.immunised is None


def test_the_zeros_of_healthy_mice_do_not_hide_disagreement(tmp_path):
    rows = full(SEVERITY, raters=("A",))
    swapped = {"healthy": [0] * 5, "vehicle": [1, 2, 3, 1, 2], "PN-101": [3, 4, 4, 5, 3]}
    rows += full(swapped, raters=("B",))
    result = analyse(tmp_path, rows)
    (pair,) = result.agreements
    assert pair.immunised is not None
    assert pair.immunised.kappa < pair.kappa.kappa
    assert "raters-disagree" in rules(result)


def test_one_rater_no_shared_sections_and_raters_by_group(tmp_path):
    assert "one-rater" in rules(analyse(tmp_path, full(SEVERITY, raters=("A",))))
    rows = [line for line in full(SEVERITY) if (line[5] == "A") == line[0].startswith("P")]
    found = rules(analyse(tmp_path, rows))
    assert {"no-shared-sections", "rater-by-group"} <= found


def test_raters_who_see_one_grade_only_have_no_kappa(tmp_path):
    flat = {"healthy": [0] * 5, "vehicle": [0] * 5, "PN-101": [0] * 5}
    result = analyse(tmp_path, full(flat))
    assert math.isnan(result.agreements[0].kappa.kappa)
    assert "kappa-undefined" in rules(result)


# What is missing or uneven


def test_missing_mice_and_muscles_are_named(tmp_path):
    rows = [line for line in full(SEVERITY) if line[0] != "v5" and (line[0], line[2]) != ("P1", "quadriceps")]
    result = analyse(tmp_path, rows)
    by_rule = {finding.rule: finding for finding in result.findings}
    assert by_rule["mouse-without-score"].found == "1 of 5 mice have no score: v5"
    assert by_rule["muscle-missing"].found == "1 of 14 mice lack quadriceps: P1"
    only = [line for line in full(SEVERITY) if line[2] == "hamstring"]
    assert "muscle-not-scored" in rules(analyse(tmp_path, only))


def test_the_gravest_of_more_sections_is_no_fair_comparison(tmp_path):
    rows = [*full(SEVERITY), row("v1", 2, section="more"), row("v1", 2, section="more", rater="B")]
    assert "uneven-sampling" in rules(analyse(tmp_path, rows))


def test_groups_taken_on_different_days_are_not_alike(tmp_path):
    rows = [
        (line[0], "2026-03-16", *line[2:]) if line[0].startswith("v") else line for line in full(SEVERITY)
    ]
    result = analyse(tmp_path, rows)
    (finding,) = (f for f in result.findings if f.rule == "days-apart")
    assert "vehicle: day 14; PN-101: day 21" in finding.found
    alone = [(line[0], "2026-03-16", *line[2:]) if line[0] == "v1" else line for line in full(SEVERITY)]
    result = analyse(tmp_path, alone)
    assert [f.found for f in result.findings if f.rule == "day-of-its-own"] == [
        "muscle taken on another day than that of the group: v1 (day 14)"
    ]


def test_a_muscle_taken_after_the_mouse_left(tmp_path):
    mice = colony(v1={"end_date": date(2026, 3, 12)})
    assert "after-the-end" in rules(analyse(tmp_path, full(SEVERITY), mice))


def test_the_scheme_and_the_thresholds_are_flagged(tmp_path):
    result = analyse(tmp_path, full(SEVERITY))
    assert {p.id for p in result.parameters} == {"scheme sugihara-2007", "kappa_least", "days_apart"}
    assert (
        load_histology_parameters().rows
        == load_parameters("mitograft.mouse.histology", "parameters.csv").rows
    )
    assert "sections by max, blocks by mean" in result.outcomes[0].note
