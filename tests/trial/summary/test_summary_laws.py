"""What must hold for any table: order of rows, totals, denominators, and what is refused."""

import polars as pl
import pytest

from mitograft.errors import InputError, UsageError
from mitograft.trial.dataset import Dataset, Datasets
from mitograft.trial.summary import (
    Category,
    Cell,
    Column,
    Events,
    Laboratory,
    Levels,
    Measurement,
    Population,
    Records,
    Response,
    Result,
    Row,
    Visits,
    summarise_baseline,
    summarise_events,
    summarise_exposure,
    summarise_range_shifts,
    summarise_response,
    summarise_worst_level,
)
from mitograft.trial.summary.standard import standard_tables
from mitograft.trial.tables import to_ard, to_csv


def shuffled(dataset, seed):
    return Dataset(
        dataset.name,
        dataset.label,
        dataset.frame.sample(fraction=1, shuffle=True, seed=seed),
        dataset.variables,
    )


def printed(tables):
    return [to_csv(table) for table in tables]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_does_not_matter(simulated, seed):
    protocol, _, data = simulated
    other = Datasets(shuffled(dataset, seed) for dataset in data.values())
    first = standard_tables(data, protocol, data_kind="simulated")
    second = standard_tables(other, protocol, data_kind="simulated")
    assert printed(first) == printed(second)
    assert to_ard(first).frame.equals(to_ard(second).frame)  # hashes of the records included


def test_other_names_of_subjects_do_not_matter(pilot):
    def renamed(dataset):
        frame = dataset.frame.with_columns(("X" + pl.col("USUBJID").str.reverse()).alias("USUBJID"))
        return Dataset(dataset.name, "", frame, dataset.variables)

    def tables(data):
        population = Population(data["ADSL"], total="All")
        return [
            summarise_events(population, Events(data["ADAE"])),
            summarise_range_shifts(population, Laboratory(data["ADLBC"])),
        ]

    assert printed(tables(pilot)) == printed(tables(Datasets(map(renamed, pilot.values()))))


def test_the_group_comes_from_the_subject_not_from_the_record(pilot):
    wrong = pilot["ADAE"].frame.with_columns(pl.lit("Placebo").alias("TRTA"))
    adae = Dataset("ADAE", "", wrong, pilot["ADAE"].variables)
    population = Population(pilot["ADSL"])
    assert printed([summarise_events(population, Events(adae))]) == printed(
        [summarise_events(population, Events(pilot["ADAE"]))]
    )


@pytest.fixture
def few(make):
    """Four subjects, one of them not treated, and five events."""
    adsl = make(
        "ADSL",
        {
            "USUBJID": ["1", "2", "3", "4"],
            "SAFFL": ["Y", "Y", "Y", "N"],
            "TRT01A": ["A", "A", "B", None],
            "TRT01AN": [1.0, 1.0, 2.0, None],
            "SEX": ["F", None, "M", "F"],
            "AGE": [40.0, 50.0, None, 60.0],
        },
    )
    adae = make(
        "ADAE",
        {
            "USUBJID": ["1", "1", "1", "3", "4"],
            "AEBODSYS": ["X", "X", "Y", None, "X"],
            "AEDECOD": ["a", "a", "b", None, "a"],
            "TRTEMFL": ["Y", "Y", None, "Y", "Y"],
            "GRADE": ["1", "3", "5", None, "2"],
        },
    )
    return adsl, adae


def test_subjects_outside_the_population_are_never_counted(few):
    adsl, adae = few
    table = summarise_events(Population(adsl, total="All"), Events(adae))
    texts = {row.label: [cell.text for cell in row.cells] for row in table.rows}
    assert texts["Any event"] == ["1 (50.0%) [2]", "1 (100.0%) [1]", "2 (66.7%) [3]"]
    assert texts["a"] == ["1 (50.0%) [2]", "0", "1 (33.3%) [2]"]
    assert texts["Not coded"] == ["0", "1 (100.0%) [1]", "1 (33.3%) [1]"]
    assert "b" not in texts


def test_the_worst_level_counts_each_subject_once(few):
    adsl, adae = few
    levels = Levels("GRADE", "grade", tuple((str(i), f"Grade {i}") for i in range(1, 6)))
    table = summarise_worst_level(Population(adsl), Events(adae), levels, titles=("g", "G"))
    assert [cell.text for cell in table.find("Grade 3", under="Any event")] == ["1 (50.0%)", "0"]
    assert [cell.text for cell in table.find("Grade 1", under="Any event")] == ["0", "0"]
    assert [cell.text for cell in table.find("Missing", under="Any event")] == ["0", "1 (100.0%)"]


def test_missing_values_are_shown_and_left_out_of_means(few):
    adsl, _ = few
    table = summarise_baseline(Population(adsl), [Category("SEX", "Sex"), Measurement("AGE", "Age")])
    assert [cell.text for cell in table.find("Missing")] == ["1 (50.0%)", "0"]
    assert [cell.text for cell in table.find("n")] == ["2", "0"]
    assert [cell.text for cell in table.find("Mean (SD)")] == ["45.0 (7.07)", ""]


def test_planned_groups_without_subjects_are_shown(few):
    adsl, adae = few
    table = summarise_events(Population(adsl, planned=("A", "B", "C")), Events(adae))
    assert [column.header for column in table.columns] == ["A (N=2)", "B (N=1)", "C (N=0)"]
    assert table.find("Any event")[2].text == "0"


def test_who_was_not_assessed_is_no_responder(make):
    adsl = make(
        "ADSL", {"USUBJID": ["1", "2", "3"], "SAFFL": ["Y"] * 3, "TRT01A": ["A"] * 3, "TRT01AN": [1.0] * 3}
    )
    adtis = make(
        "ADTIS",
        {
            "USUBJID": ["1", "2"],
            "PARAMCD": ["TIS"] * 2,
            "AVISIT": ["WEEK 12"] * 2,
            "AVISITN": [12.0] * 2,
            "ANL01FL": ["Y"] * 2,
            "CRIT1FL": ["Y", None],
        },
    )
    table = summarise_response(Population(adsl), Visits(adtis, "TIS"), [Response("CRIT1FL", "Minimal")])
    assert table.find("Assessed")[0].text == "2"
    assert table.find("Minimal")[0].text == "1 (33.3%)"
    # Clopper-Pearson of 1 of 3: 0.84% to 90.57% (R binom.test).
    assert table.find("95% CI")[0].text == "(0.8, 90.6)"


def test_all_lacking_variables_are_named_at_once(few):
    adsl, adae = few
    with pytest.raises(InputError) as caught:
        summarise_events(Population(adsl), Events(adae, {"NOFL": "Y"}, "NOSOC", "NOTERM"))
    assert {violation.column for violation in caught.value.violations} == {"NOFL", "NOSOC", "NOTERM"}


def test_a_subject_twice_or_without_a_group_is_refused(few):
    adsl, _ = few
    twice = Dataset("ADSL", "", pl.concat([adsl.frame, adsl.frame[:1]]), adsl.variables)
    with pytest.raises(InputError, match="a subject in two rows"):
        _ = Population(twice).groups
    homeless = Dataset("ADSL", "", adsl.frame.with_columns(SAFFL=pl.lit("Y")), adsl.variables)
    with pytest.raises(InputError, match="without a group"):
        _ = Population(homeless).groups


def test_a_value_that_the_table_does_not_name_is_refused_without_quoting_it(few):
    adsl, _ = few
    with pytest.raises(InputError, match=r"1 value\(s\) of SEX") as caught:
        summarise_baseline(Population(adsl), [Category("SEX", "Sex", (("F", "Female"),))])
    assert "'M'" not in str(caught.value)


def test_a_grade_that_the_table_does_not_name_is_refused(few):
    adsl, adae = few
    with pytest.raises(InputError, match=r"1 value\(s\) of GRADE"):
        summarise_worst_level(
            Population(adsl), Events(adae), Levels("GRADE", "grade", (("1", "1"),)), titles=("g", "G")
        )


def test_what_cannot_be_asked_is_refused(few):
    adsl, adae = few
    with pytest.raises(UsageError, match="expected one of A, B"):
        summarise_events(Population(adsl), Events(adae), against="C")
    with pytest.raises(UsageError, match="expected at least one variable"):
        summarise_exposure(Population(adsl), adae, [])
    with pytest.raises(UsageError, match="found 2 cells; expected 1"):
        Result("t", "T", "All", "", (Column("A"),), (Row("r", (Cell("1"), Cell("2"))),))
    with pytest.raises(UsageError, match="records of ADAE"):
        Result("t", "T", "All", "", (Column("A"),), (Row("r", (Cell("1", (), (Records("ADAE", [0]),)),)),))
    table = summarise_events(Population(adsl), Events(adae))
    with pytest.raises(UsageError, match="found no row 'zzz'"):
        table.find("zzz")
