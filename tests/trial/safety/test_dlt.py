import pytest

from mitograft.errors import UsageError
from mitograft.trial.escalation import ThreePlusThree
from mitograft.trial.protocol import Arm
from mitograft.trial.safety import assess_dlt, summarise_conduct, summarise_dlt

DOSE = "2022-03-01"


def numbers(result, label, name="n"):
    """One statistic of each cell of a row that has it."""
    return [s.value for cell in result.find(label) for s in cell.statistics if s.name == name]


def one(sketch, settings, *events, marks=(), **more):
    """The only dosed subject of a trial."""
    chosen = more.pop("adam_settings", None)
    _, adam = sketch.study([sketch.Subject("A", events=list(events), **more)], marks=marks, settings=chosen)
    (subject,) = assess_dlt(adam, settings).subjects
    return subject, adam


@pytest.mark.parametrize(
    ("start", "changes", "answer"),
    [
        # Window: day 1 to day 15 (14 days after the dose).
        ("2022-03-01", {}, "certain"),
        ("2022-03-15", {}, "certain"),
        ("2022-03-16", {}, "none"),
        ("2022-02-28", {}, "none"),
        ("2022-03-05", {"AETOXGR": "2"}, "none"),
        ("2022-03-05", {"AETOXGR": "5"}, "certain"),
        ("2022-03-05", {"AEREL": "NOT RELATED"}, "none"),
        # On the day of the dose (10:00) the time decides.
        ("2022-03-01T09:00", {}, "none"),
        ("2022-03-01T11:00", {}, "certain"),
        # The disease is no toxicity, whatever its grade.
        ("2022-03-05", {"AEDECOD": "Blood creatine phosphokinase increased", "AETOXGR": "4"}, "none"),
        # What is not known makes a possible one.
        ("2022-03", {}, "date"),
        ("2022", {}, "date"),
        (None, {}, "date"),
        (None, {"AEENDTC": "2022-02-27"}, "none"),
        ("2022-04", {}, "none"),
        # Every possible day, from that of the dose to the end of the event, lies in the window.
        ("2022-03", {"AEENDTC": "2022-03-10"}, "certain"),
        ("2022", {"AEENDTC": "2022-03-10"}, "date"),
        ("2022-03-05", {"AETOXGR": None}, "grade"),
        ("2022-03-05", {"AETOXGR": None, "AESEV": "MODERATE"}, "none"),
        ("2022-03-05", {"AETOXGR": None, "AESEV": "SEVERE"}, "grade"),
        ("2022-03-05", {"AEREL": None}, "relation"),
        ("2022-03-05", {"AEREL": "PERHAPS"}, "relation"),
        ("2022-03", {"AETOXGR": None}, "date grade"),
        ("2022-03", {"AETOXGR": "1"}, "none"),
    ],
)
def test_each_condition_of_the_definition(sketch, settings, start, changes, answer):
    subject, adam = one(sketch, settings, sketch.event(start, **changes))
    found = "none" if not subject.events else "certain"
    if subject.events and subject.events[0].unknown:
        found = " ".join(subject.events[0].unknown)
    assert found == answer
    assert (subject.toxic, subject.possible) == (answer == "certain", answer not in ("certain", "none"))
    if answer == "certain":  # a DLT here is one in ADAE
        assert adam.datasets["ADAE"].frame["DLTFL"].to_list() == ["Y"]


def test_the_mark_of_the_investigator_is_certain(sketch, settings):
    mild = sketch.event("2022-03", grade="1", AEREL="NOT RELATED")
    assert not one(sketch, settings, mild)[0].events
    subject, _ = one(sketch, settings, mild, marks=[("S01", 1)])
    assert subject.toxic
    assert subject.events[0].unknown == ()


def test_what_adae_flags_is_certain_or_possible_here(simulated, settings):
    _, adam = simulated
    flagged = adam.datasets["ADAE"].frame.with_row_index()
    rows = set(flagged.filter(flagged["DLTFL"] == "Y")["index"].to_list())
    found = assess_dlt(adam, settings)
    assert rows <= {event.row for one in found.subjects for event in one.events}


@pytest.mark.parametrize(
    ("last", "events", "evaluable"),
    [
        ("2022-03-15", [], True),  # day 15
        ("2022-03-14", [], False),
        ("2022-03-05", ["2022-03-04"], True),  # toxic, whatever the follow-up
        (None, [], False),
    ],
)
def test_evaluable_means_followed_or_toxic(sketch, settings, last, events, evaluable):
    subject, adam = one(sketch, settings, *map(sketch.event, events), last=last)
    assert subject.evaluable == evaluable
    flag = adam.datasets["ADSL"].frame["DLTEVLFL"].to_list()
    assert flag == ["Y" if evaluable else None] or flag == ["Y" if evaluable else "N"]


def escalation(sketch, plan):
    """Subjects dosed a week apart; each is arm, and ``toxic``, ``possible``, ``left`` or nothing."""
    subjects = []
    for week, word in enumerate(plan.split()):
        arm, _, what = word.partition(":")
        day = sketch.later(DOSE, 7 * week)
        events = {"toxic": [sketch.event(day)], "possible": [sketch.event(day, grade=None)]}.get(what, [])
        last = sketch.later(day, 3 if what == "left" else 90)
        subjects.append(sketch.Subject(arm, day, last, events=events))
    return subjects


@pytest.mark.parametrize(
    ("plan", "cohorts", "last"),
    [
        ("A A A B B B C C C", ["1:3/0", "2:3/0", "3:3/0"], "declare 3"),
        ("A A:toxic A A A A B B B", ["1:3/1", "1:3/0", "2:3/0"], "treat 3"),
        ("A A:toxic A:toxic", ["1:3/2"], "stop None"),
        ("A:left A A A B B B", ["1:3/0", "2:3/0"], "treat 3"),
        ("A A A B:toxic B:toxic B", ["1:3/0", "2:3/2"], "declare 1"),
        ("A A B B B", ["1:2/0", "2:3/0"], "treat 3"),
    ],
)
def test_cohorts_and_what_the_design_says(sketch, settings, plan, cohorts, last):
    _, adam = sketch.study(escalation(sketch, plan))
    found = assess_dlt(adam, settings, ThreePlusThree(3, "nct04976140"))
    counted = [c.counted() for c in found.cohorts]
    assert [f"{c.dose}:{c.treated}/{c.toxic}" for c in counted] == cohorts
    said = found.conduct[-1].recommendation
    assert f"{said.action} {said.dose}" == last
    assert sum(len(c.subjects) for c in found.cohorts) == len(plan.split())


def test_a_cohort_treated_otherwise_than_asked_is_a_departure(sketch, settings):
    _, adam = sketch.study(escalation(sketch, "A A A:toxic B B B"))
    found = assess_dlt(adam, settings, ThreePlusThree(3, "nct04976140"))
    assert found.conduct[1].departure == "Dose 2 instead of dose 1."
    table = summarise_conduct(found, adam)
    assert [cell.text for cell in table.find("Cohort 2")][5] == "Dose 2 instead of dose 1."


def test_possible_toxicity_is_asked_a_second_time(sketch, settings):
    _, adam = sketch.study(escalation(sketch, "A A:possible A"))
    found = assess_dlt(adam, settings, ThreePlusThree(3, "nct04976140"))
    assert found.conduct[0].recommendation.dose == 2
    assert found.conduct_if_possible[0].recommendation.dose == 1
    table = summarise_conduct(found, adam)
    cells = [cell.text for cell in table.find("Cohort 1")]
    assert cells[1:5] == ["3", "3", "0", "1"]
    assert cells[6] == "Dose 1: 0 DLT in 3; tolerated, go up to dose 2."
    assert cells[7] == "Dose 1: 1 DLT in 3; three more patients."


def test_table_by_dose(sketch, settings):
    _, adam = sketch.study(escalation(sketch, "A A A B B:toxic B:possible B:left B B C"))
    found = assess_dlt(adam, settings)
    table = summarise_dlt(found, adam, settings)
    # R 4.2.2: binom.test(1, 5) 0.505 to 71.642 %, binom.test(2, 5) 5.274 to 85.337 %.
    assert [cell.text for cell in table.find("Dose 2")][:5] == [
        "6", "5", "1/5 20.0% (0.5, 71.6)", "1", "2/5 40.0% (5.3, 85.3)",
    ]  # fmt: skip
    assert [cell.text for cell in table.find("Dose 1")][5:] == ["41.5", "53.6", "63.2", "70.8"]
    assert [cell.text for cell in table.find("Dose 2")][5:] == [""] * 4
    assert table.find("All doses")[2].text.startswith("1/9")
    rows = table.find("Dose 2")[2].records[0]
    assert adam.datasets["ADAE"].frame["USUBJID"][rows.rows.tolist()].to_list() == ["S05"]
    assert "dlt_grade" in " ".join(table.footnotes)


def test_placebo_takes_no_part_in_the_escalation(sketch, settings):
    arms = (Arm("P", "Placebo", 1, placebo=True), Arm("A", "Dose 1", 2, 150.0), Arm("B", "Dose 2", 3, 300.0))
    _, adam = sketch.study(escalation(sketch, "A P A A B P B B"), arms=arms)
    found = assess_dlt(adam, settings, ThreePlusThree(2))
    assert [len(c.subjects) for c in found.cohorts] == [3, 3]
    table = summarise_dlt(found, adam, settings)
    assert table.find("Placebo")[0].text == "2"
    assert table.find("All doses")[0].text == "6"


@pytest.mark.parametrize("plan", ["", "A:left", "A:left A:left B:left"])
def test_nobody_evaluable_is_answered(sketch, settings, plan):
    _, adam = sketch.study(escalation(sketch, plan) or [sketch.Subject("A", dosed=None)])
    found = assess_dlt(adam, settings, ThreePlusThree(3, "nct04976140"))
    assert found.conduct == ()
    cells = summarise_dlt(found, adam, settings).find("All doses")
    assert cells[2].text == "0/0"
    assert [s.value for s in cells[2].statistics] == [0.0, 0.0, None, 0.0, 100.0]
    table = summarise_conduct(found, adam)
    assert all("Nobody was evaluable." in [c.text for c in row.cells] for row in table.rows)


def test_everybody_toxic_is_answered(sketch, settings):
    _, adam = sketch.study(escalation(sketch, "A:toxic A:toxic A:toxic"))
    found = assess_dlt(adam, settings, ThreePlusThree(3, "nct04976140"))
    assert summarise_dlt(found, adam, settings).find("Dose 1")[2].text == "3/3 100.0% (29.2, 100.0)"


def test_another_number_of_doses_is_refused(sketch, settings):
    _, adam = sketch.study(escalation(sketch, "A A A"))
    with pytest.raises(UsageError, match="a design of 5 doses and a protocol of 3"):
        assess_dlt(adam, settings, ThreePlusThree(5))


def test_the_simulated_trial_as_it_was_made(simulated, settings):
    _, adam = simulated
    found = assess_dlt(adam, settings, ThreePlusThree(3, "nct04976140"))
    assert [len(c.subjects) for c in found.cohorts] == [3, 3, 3]
    assert [row.departure for row in found.conduct] == ["", "", ""]
    assert found.conduct[-1].recommendation.action == "declare"
    assert [p.id for p in found.flagged] == ["dlt_grade", "dlt_not", "missing_relation"]
