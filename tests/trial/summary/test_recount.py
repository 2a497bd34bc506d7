"""Every number of every table counted a second time, by another engine: SQL in DuckDB on the data sets.

The statements know nothing of the tables' code: they start from the subject-level data set, join the records
to it and count.
"""
# ruff: noqa: S608  the statements are made of constants and run on frames in memory

import duckdb
import pytest

from mitograft.trial.summary import (
    Category,
    Events,
    Laboratory,
    Levels,
    Measurement,
    Population,
    Response,
    Times,
    Visits,
    summarise_baseline,
    summarise_by_visit,
    summarise_disposition,
    summarise_events,
    summarise_exposure,
    summarise_grade_shifts,
    summarise_medication,
    summarise_range_shifts,
    summarise_response,
    summarise_times,
    summarise_worst_level,
)
from mitograft.trial.summary.course import Disposition
from mitograft.trial.summary.standard import standard_tables

TOTAL = "All"


class Engine:
    """SQL on data sets; ``people`` is the population with its groups, the total among them."""

    def __init__(self, data, flag="SAFFL"):
        self.connection = duckdb.connect()
        for name, dataset in data.items():
            self.connection.register(name, dataset.frame.to_arrow())
        self.connection.execute(
            f"create view people as select USUBJID, TRT01A as grp from ADSL where {flag} = 'Y'"
            f" union all select USUBJID, '{TOTAL}' from ADSL where {flag} = 'Y'"
        )

    def rows(self, statement):
        return self.connection.execute(statement).fetchall()

    def sizes(self):
        return dict(self.rows("select grp, count(distinct USUBJID) from people group by grp"))


def statistics_of(cells, *names):
    """Values of the named statistics of a row by group."""
    return {
        cell.statistics[0].group: tuple(s.value for s in cell.statistics if s.name in names)
        for cell in cells
        if cell.statistics
    }


def agree(found, expected):
    """Compare numbers by group; a group that SQL does not return has zeros."""
    for group, values in found.items():
        other = expected.get(group, (0,) * len(values))
        assert values == pytest.approx(other, rel=1e-9, abs=1e-9), group


@pytest.fixture(params=["pilot", "simulated"])
def trial(request):
    """Data sets, population and engine of each trial."""
    data = (
        request.getfixturevalue("pilot")
        if request.param == "pilot"
        else request.getfixturevalue("simulated")[2]
    )
    return data, Population(data["ADSL"], total=TOTAL), Engine(data), request.param


def test_denominators(trial):
    _, population, engine, _ = trial
    assert {group.label: group.size for group in population.groups} == engine.sizes()


def test_baseline(trial):
    _, population, engine, _ = trial
    items = [
        Measurement("AGE", "Age"),
        Category("SEX", "Sex"),
        Category("RACE", "Race"),
        Measurement("BMIBL", "BMI"),
    ]
    table = summarise_baseline(population, items)
    for variable, label in (("SEX", "Sex"), ("RACE", "Race")):
        found = engine.rows(
            f"select {variable}, grp, count(*) from ADSL join people using (USUBJID) group by 1, 2"
        )
        for level in {row[0] for row in found}:
            expected = {group: (n,) for value, group, n in found if value == level}
            agree(statistics_of(table.find(level, under=label), "n"), expected)
    for variable, label in (("AGE", "Age"), ("BMIBL", "BMI")):
        found = engine.rows(
            f"select grp, count({variable}), avg({variable}), stddev_samp({variable}), median({variable}),"
            f" min({variable}), max({variable}) from ADSL join people using (USUBJID) group by grp"
        )
        for place, (row, names) in enumerate(
            [
                ("n", ["n"]),
                ("Mean (SD)", ["mean", "sd"]),
                ("Median", ["median"]),
                ("Min, max", ["min", "max"]),
            ]
        ):
            first = (1, 2, 4, 5)[place]
            expected = {line[0]: line[first : first + len(names)] for line in found}
            agree(statistics_of(table.find(row, under=label), *names), expected)


def check_events(table, engine, where, by=("AEBODSYS", "AEDECOD"), source="ADAE"):
    """Recount any event, each class and each term of a table of events."""
    soc, term = (f"coalesce({name}, 'Not coded')" for name in by)
    base = f"from {source} join people using (USUBJID) where {where}"
    count = "count(distinct USUBJID), count(*)"
    expected = {
        ((), group): (n, m) for group, n, m in engine.rows(f"select grp, {count} {base} group by grp")
    }
    for a, group, n, m in engine.rows(f"select {soc}, grp, {count} {base} group by 1, 2"):
        expected[(a,), group] = (n, m)
    for a, b, group, n, m in engine.rows(f"select {soc}, {term}, grp, {count} {base} group by 1, 2, 3"):
        expected[(a, b), group] = (n, m)
    found = {}
    above = ""
    for place, row in enumerate(table.rows):
        above = row.label if row.indent == 0 else above
        key = () if place == 0 else (above, row.label) if row.indent else (row.label,)
        for cell in row.cells:
            if cell.statistics and cell.statistics[0].name == "n":
                values = {s.name: s.value for s in cell.statistics}
                found[key, cell.statistics[0].group] = (values["n"], values["events"])
    assert {key: value for key, value in found.items() if value != (0, 0)} == expected


def test_events(trial):
    data, population, engine, _ = trial
    check_events(summarise_events(population, Events(data["ADAE"])), engine, "TRTEMFL = 'Y'")
    serious = Events(data["ADAE"], {"TRTEMFL": "Y", "AESER": "Y"})
    check_events(summarise_events(population, serious), engine, "TRTEMFL = 'Y' and AESER = 'Y'")


def test_medication(simulated):
    _, sdtm, adam = simulated
    data = adam.with_items([sdtm["CM"]])
    table = summarise_medication(Population(data["ADSL"], total=TOTAL), data["CM"])
    check_events(table, Engine(data), "true", ("CMCAT", "CMTRT"), "CM")


@pytest.mark.parametrize(
    ("name", "variable", "levels"),
    [
        ("pilot", "AESEV", (("MILD", "Mild"), ("MODERATE", "Moderate"), ("SEVERE", "Severe"))),
        ("simulated", "ATOXGRN", tuple((str(grade), f"Grade {grade}") for grade in range(1, 6))),
    ],
)
def test_worst_level(request, name, variable, levels):
    data = request.getfixturevalue(name)
    data = data if name == "pilot" else data[2]
    population, engine = Population(data["ADSL"], total=TOTAL), Engine(data)
    table = summarise_worst_level(
        population, Events(data["ADAE"]), Levels(variable, "level", levels), titles=("w", "W")
    )
    value = (
        f"cast({variable} as varchar)" if variable == "AESEV" else f"cast(cast({variable} as int) as varchar)"
    )
    cases = " ".join(f"when {value} = '{code}' then {i}" for i, (code, _) in enumerate(levels, start=1))
    found = engine.rows(
        f"select worst, grp, count(*) from (select USUBJID, grp, max(case {cases} else 0 end) as worst"
        " from ADAE join people using (USUBJID) where TRTEMFL = 'Y' group by 1, 2) group by 1, 2"
    )
    for i, (_, label) in enumerate(levels, start=1):
        expected = {group: (n,) for worst, group, n in found if worst == i}
        agree(statistics_of(table.find(label, under="Any event"), "n"), expected)
    term = engine.rows(
        "select AEBODSYS, AEDECOD from ADAE where TRTEMFL = 'Y' order by AESEQ, USUBJID limit 1"
    )[0]
    found = engine.rows(
        f"select worst, grp, count(*) from (select USUBJID, grp, max(case {cases} else 0 end) as worst"
        " from ADAE join people using (USUBJID) where TRTEMFL = 'Y'"
        f" and AEBODSYS = '{term[0]}' and AEDECOD = '{term[1]}'"
        " group by 1, 2) group by 1, 2"
    )
    rows = list(table.rows)
    start = next(i for i, row in enumerate(rows) if row.label == term[0] and row.indent == 0)
    start = next(i for i in range(start, len(rows)) if rows[i].label == term[1] and rows[i].indent == 1)
    for i, (_, label) in enumerate(levels, start=1):
        row = next(row for row in rows[start + 1 :] if row.label == label)
        agree(statistics_of(row.cells, "n"), {group: (n,) for worst, group, n in found if worst == i})


@pytest.mark.parametrize(("name", "source", "low"), [("pilot", "ADLBC", "L"), ("simulated", "ADLB", "LOW")])
def test_range_shifts(request, name, source, low):
    data = request.getfixturevalue(name)
    data = data if name == "pilot" else data[2]
    engine = Engine(data)
    table = summarise_range_shifts(Population(data["ADSL"], total=TOTAL), Laboratory(data[source]))
    high, normal = ("H", "N") if low == "L" else ("HIGH", "NORMAL")
    found = engine.rows(
        f"select PARAM, base, case when l and h then 'Low and high' when l then 'Low' when h then 'High'"
        f" when n then 'Normal' else 'Missing' end as worst, grp, count(*) from"
        f" (select PARAM, USUBJID, grp, coalesce(bool_or(ANRIND = '{low}'), false) as l,"
        f" coalesce(bool_or(ANRIND = '{high}'), false) as h,"
        f" coalesce(bool_or(ANRIND = '{normal}'), false) as n,"
        f" case any_value(BNRIND) when '{low}' then 'Low' when '{high}' then 'High'"
        f" when '{normal}' then 'Normal' else 'Missing' end as base from {source} join people using (USUBJID)"
        f" where ADY > 1 and coalesce(ABLFL, 'N') <> 'Y' group by 1, 2, 3) group by 1, 2, 3, 4"
    )
    expected = {(param, f"{base} to {worst}", group): n for param, base, worst, group, n in found}
    counted = {
        (s.variable, s.level, s.group): s.value
        for _, _, cell in table.cells()
        for s in cell.statistics
        if s.name == "n" and " to " in s.level and s.value
    }
    assert counted == expected


def test_grade_shifts(simulated):
    data = simulated[2]
    table = summarise_grade_shifts(
        Population(data["ADSL"], total=TOTAL), Laboratory(data["ADLB"], value="ATOXGR", baseline="BTOXGR")
    )
    found = Engine(data).rows(
        "select PARAM, coalesce(base, 'Missing'), cast(worst as varchar), grp, count(*) from"
        " (select PARAM, USUBJID, grp, max(try_cast(ATOXGR as int)) as worst, any_value(BTOXGR) as base"
        " from ADLB join people using (USUBJID) where ADY > 1 and coalesce(ABLFL, 'N') <> 'Y'"
        " group by 1, 2, 3) where worst is not null group by 1, 2, 3, 4"
    )
    expected = {(param, f"{base} to {worst}", group): n for param, base, worst, group, n in found}
    counted = {
        (s.variable, s.level, s.group): s.value
        for _, _, cell in table.cells()
        for s in cell.statistics
        if s.name == "n" and " to " in s.level and s.value and not s.level.endswith("Missing")
    }
    assert counted == expected


@pytest.mark.parametrize(
    ("name", "source", "code"),
    [("pilot", "ADADAS", "ACTOT"), ("simulated", "ADQS", "MMT8TOT"), ("simulated", "ADTIS", "TIS")],
)
def test_visits(request, name, source, code):
    data = request.getfixturevalue(name)
    data = data if name == "pilot" else data[2]
    change = "" if source == "ADTIS" else "CHG"
    table = summarise_by_visit(
        Population(data["ADSL"], total=TOTAL), Visits(data[source], code), Measurement("AVAL", "Value"),
        titles=("v", "V"), change=change,
    )  # fmt: skip
    for variable, under in (("AVAL", ""), (change, "Change from baseline")):
        if not variable:
            continue
        found = Engine(data).rows(
            f"select AVISIT, grp, count({variable}), avg({variable}), stddev_samp({variable}) from {source}"
            f" join people using (USUBJID) where PARAMCD = '{code}' and ANL01FL = 'Y'"
            " and AVISIT is not null group by 1, 2"
        )
        visits = [row.label for row in table.rows if row.is_heading and not row.indent]
        assert set(visits) == {row[0] for row in found}
        for visit in visits:
            cells = rows_of(table, visit, under)
            if cells is None:
                continue
            agree(statistics_of(cells[0], "n"), {row[1]: (row[2],) for row in found if row[0] == visit})
            means = {row[1]: row[3:5] for row in found if row[0] == visit and row[2] > 1}
            agree({k: v for k, v in statistics_of(cells[1], "mean", "sd").items() if k in means}, means)


def rows_of(table, visit, under):
    """The cells of n and mean of a visit, or of its change; None where the visit has none."""
    rows = list(table.rows)
    start = next(i for i, row in enumerate(rows) if row.label == visit) + 1
    if under:
        following = [row.label for row in rows[start:]]
        ends = [i for i, row in enumerate(rows[start:]) if row.is_heading and not row.indent]
        if under not in following[: ends[0] if ends else None]:
            return None
        start += following.index(under) + 1
    return rows[start].cells, rows[start + 1].cells


def test_response(simulated):
    data = simulated[2]
    table = summarise_response(
        Population(data["ADSL"], total=TOTAL), Visits(data["ADTIS"], "TIS"), (Response("CRIT1FL", "Minimal"),)
    )
    found = Engine(data).rows(
        "select AVISIT, grp, count(distinct USUBJID) filter (where CRIT1FL = 'Y') from ADTIS"
        " join people using (USUBJID) where PARAMCD = 'TIS' and ANL01FL = 'Y' group by 1, 2"
    )
    for visit in {row[0] for row in found}:
        expected = {group: (n,) for name, group, n in found if name == visit}
        agree(statistics_of(table.find("Minimal", under=visit), "n"), expected)


@pytest.mark.parametrize(("name", "code"), [("pilot", "TTDE"), ("simulated", "TTAE")])
def test_times(request, name, code):
    data = request.getfixturevalue(name)
    data = data if name == "pilot" else data[2]
    table = summarise_times(
        Population(data["ADSL"], total=TOTAL), Times(data["ADTTE"], code, (30.0,)), titles=("t", "T")
    )
    found = Engine(data).rows(
        "select grp, count(*) filter (where CNSR = 0), count(*) filter (where CNSR > 0),"
        " count(*) filter (where AVAL >= 30) from ADTTE"
        f" join people using (USUBJID) where PARAMCD = '{code}' and AVAL is not null group by 1"
    )
    for place, label in ((1, "Events"), (2, "Censored")):
        agree(statistics_of(table.find(label), "n"), {row[0]: (row[place],) for row in found})
    agree(statistics_of(table.find("At risk"), "at risk"), {row[0]: (row[3],) for row in found})


def test_disposition_and_exposure(trial):
    data, population, engine, name = trial
    table = summarise_disposition(population, Disposition())
    found = engine.rows(
        "select DCSREAS, grp, count(*) from ADSL join people using (USUBJID)"
        " where EOSSTT = 'DISCONTINUED' group by 1, 2"
    )
    for reason in {row[0] for row in found} - {None}:
        agree(
            statistics_of(table.find(reason), "n"),
            {group: (n,) for value, group, n in found if value == reason},
        )
    if name == "simulated":
        given = summarise_exposure(
            population, data["ADEX"], [Measurement("AVAL", "Dose")], where={"PARAMCD": "DOSE"}
        )
        found = engine.rows(
            "select grp, avg(dose) from (select USUBJID, grp, sum(AVAL) as dose from ADEX join people"
            " using (USUBJID) where PARAMCD = 'DOSE' group by 1, 2) group by 1"
        )
        agree(
            statistics_of(given.find("Mean (SD)", under="Dose"), "mean"), {row[0]: (row[1],) for row in found}
        )


def test_every_count_of_the_standard_tables_is_the_number_of_subjects_in_its_records(simulated):
    """Each count is recounted from the records it names, whatever the table."""
    protocol, _, data = simulated
    tables = standard_tables(data, protocol, data_kind="simulated")
    assert len(tables) > 10
    counted = 0
    for table in tables:
        for _, _, cell in table.cells():
            if not cell.statistics or cell.statistics[0].name != "n":
                continue
            people = set()
            for records in cell.records:
                people |= set(table.sources[records.dataset].frame["USUBJID"].gather(records.rows).to_list())
            assert len(people) == cell.statistics[0].value, (table.id, cell)
            counted += 1
    assert counted > 300
