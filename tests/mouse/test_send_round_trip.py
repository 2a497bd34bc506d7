"""SEND: simulated studies written as transport files and read back are the same tables."""

import hashlib
from datetime import timedelta
from types import MappingProxyType

import numpy as np
import pytest

from mitograft.errors import InputError, UsageError
from mitograft.mouse.animals import read_animals
from mitograft.mouse.cytokines.contract import CYTOKINES
from mitograft.mouse.cytokines.simulate import CytokineTruth, simulate_cytokines
from mitograft.mouse.function.contract import FUNCTION, WEIGHTS
from mitograft.mouse.histology.read import check_scores
from mitograft.mouse.histology.read_scheme import load_scheme
from mitograft.mouse.histology.simulate import ScoresTruth, simulate_scores
from mitograft.mouse.metabolites.read import check_metabolites
from mitograft.mouse.metabolites.simulate import MetaboliteTruth, simulate_metabolites
from mitograft.mouse.send.check import check_send
from mitograft.mouse.send.layouts import plain_rows
from mitograft.mouse.send.read import import_send, read_send
from mitograft.mouse.send.write import SEND_TABLES, make_send, write_send
from mitograft.mouse.simulate import CIM_GROUPS, ColonyTruth, SimulatedGroup, simulate_colony
from mitograft.seeds import stream
from mitograft.tables.check import check
from mitograft.tables.contract import RawTable
from mitograft.tables.read import read_table
from mitograft.tables.write import format_csv

GROUPS = tuple(SimulatedGroup(g.name, g.role, g.treatment, g.dose, n=3) for g in CIM_GROUPS)
SHARES = MappingProxyType({g.name: s for g, s in zip(GROUPS, (0.0, 1.0, 0.7, 0.3), strict=True)})


def simulate_study(folder, seed):
    """Every table the room knows, with what real files hold: gaps, exclusions, limits, repeats, pools."""
    rng = stream(seed, "send")
    truth = ColonyTruth(groups=GROUPS, humane=0.2, excluded=1, schedule="7; 14")
    mice = simulate_colony(truth, folder, rng)
    simulate_scores(ScoresTruth(blocks_per_muscle=1), mice, load_scheme("sugihara-2007"), folder, rng)
    simulate_cytokines(CytokineTruth(dict(SHARES)), folder, mice, rng)
    simulate_metabolites(MetaboliteTruth(), mice, folder, rng)
    write_measurements(folder, mice, rng)
    return {name: read_table(folder / f"{name}.csv") for name in SEND_TABLES}


def write_measurements(folder, mice, rng):
    tables = {
        name: {column: [] for column in columns.split()}
        for name, columns in {
            "weights": "animal date weight_g excluded note",
            "function": "animal date test value unit trial",
            "organ_weights": "animal date organ mass_mg",
            "observations": "animal date sign severity",
            "pools": "pool animal",
        }.items()
    }

    def add(name, *cells):
        for column, cell in zip(tables[name].values(), cells, strict=True):
            column.append(cell)

    for k, mouse in enumerate(mice):
        for day in (-1, 0, 7):
            when = (mouse.day_zero + timedelta(days=day)).isoformat()
            weight = float(rng.normal(20, 1))
            add("weights", mouse.id, when, weight if k else None, "" if k else "scales broke", "SIMULATED")
        add("weights", mouse.id, mouse.end_date.isoformat(), 20.25, "wet fur" if k % 3 == 0 else "", "")
        for trial in ("1", "2"):
            grip = float(rng.normal(1.2, 0.1))
            add("function", mouse.id, mouse.end_date.isoformat(), "grip strength", grip, "N", trial)
        add("function", mouse.id, mouse.end_date.isoformat(), "CK", float(rng.lognormal(6)), "U/L", "")
        add("organ_weights", mouse.id, mouse.end_date.isoformat(), "gastrocnemius", float(rng.normal(130, 9)))
        if k % 4 == 0:
            add("observations", mouse.id, mouse.end_date.isoformat(), "piloerection", "mild")
        if k < 2:
            add("pools", "P1", mouse.id)
    for name, columns in tables.items():
        (folder / f"{name}.csv").write_text(format_csv(columns), encoding="utf-8")


def content(raw: RawTable):
    return sorted(sorted(row.items()) for row in plain_rows(raw))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_study_comes_back_as_it_was(tmp_path, seed):
    tables = simulate_study(tmp_path, seed)
    written = write_send(tables, tmp_path / "send", "SIM-1")
    back = read_send(tmp_path / "send")
    assert set(back) == set(tables)
    for name, raw in tables.items():
        assert content(back[name]) == content(raw), name
    # Names of cytokines with Greek letters are kept, and said not to be plain.
    assert {finding.rule for finding in written.findings} == {"not-ascii"}


def test_what_comes_back_passes_the_readers_of_the_study_folder(tmp_path):
    tables = simulate_study(tmp_path, 4)
    write_send(tables, tmp_path / "send", "SIM-1")
    back = read_send(tmp_path / "send")
    colony = read_animals(back["animals"], back["groups"])
    assert len(colony.animals) == sum(group.n for group in GROUPS)
    for name, contract in (("weights", WEIGHTS), ("function", FUNCTION), ("cytokines", CYTOKINES)):
        assert not check(back[name], contract)[1], name
    grades, broken = check_scores(back["scores"], load_scheme("sugihara-2007"), colony)
    before, _ = check_scores(tables["scores"], load_scheme("sugihara-2007"), colony)
    assert not broken
    assert grades == before
    levels, broken = check_metabolites(back["metabolites"], colony)
    assert not broken
    assert len(levels) == len(tables["metabolites"])


def test_the_same_tables_give_the_same_bytes(tmp_path):
    tables = simulate_study(tmp_path, 1)
    hashes = []
    for folder in ("a", "b"):
        files = write_send(tables, tmp_path / folder, "SIM-1").files
        hashes.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in files])
    assert hashes[0] == hashes[1]
    names = {path.name for path in files}
    written = ("ts", "ta", "te", "tx", "dm", "ex", "ds", "bw", "cl", "lb", "mi", "om", "xf", "pooldef")
    assert {f"{name}.xpt" for name in written} <= names
    head = files[0].read_bytes()
    assert head.startswith(b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!")  # XPORT version 5
    assert b"SASLIB" in head[80:160]


def test_what_is_written_keeps_the_rules(tmp_path):
    domains, _ = make_send(simulate_study(tmp_path, 1), "SIM-1")
    assert {violation.rule for violation in check_send(domains)} == {"not-ascii"}
    assert all(len(name) <= 8 for domain in domains.values() for name in domain.columns)


def test_study_days_grades_and_doses_stand_where_they_belong(tmp_path):
    tables = simulate_study(tmp_path, 1)
    levels = {level.grade: level.text for level in load_scheme("sugihara-2007").levels}
    domains, _ = make_send(tables, "SIM-1", severity=levels)
    days = {domains["BW"].number("BWDY", i) for i in range(len(domains["BW"]))}
    assert {-1.0, 1.0, 8.0} <= days
    assert 0.0 not in days
    mi = domains["MI"]
    assert {(mi.text("MISEV", i), mi.text("MISTRESC", i)) for i in range(len(mi))} <= {
        (f"{grade:g}", text) for grade, text in levels.items()
    }
    ex = domains["EX"]
    # The second dose falls away for mice that reached a humane end point on day 12.
    assert {ex.number("EXSTDY", i) for i in range(len(ex))} == {8.0, 15.0}
    ended = {row["animal"] for row in plain_rows(tables["animals"]) if row["end_reason"] != "scheduled"}
    late = [i for i in range(len(ex)) if ex.number("EXSTDY", i) == 15.0]
    assert ended
    assert not any(ex.text("USUBJID", i).removeprefix("SIM-1-") in ended for i in late)
    assert domains["XF"].text("XFTESTCD", 0) == "GRIP"
    lb = domains["LB"]
    assert {lb.text("LBCAT", i) for i in range(len(lb))} == {"CLINICAL CHEMISTRY", "CYTOKINES", "METABOLITES"}


def test_pooled_results_name_the_pool_and_its_mice(tmp_path):
    tables = simulate_study(tmp_path, 1)
    columns = {
        "animal": ["P1"], "date": ["2026-03-23"], "analyte": ["IL-6"], "concentration": ["12"],
        "unit": ["pg/mL"],
    }  # fmt: skip
    tables["cytokines"] = RawTable("cytokines.csv", columns, [2])
    export = write_send(tables, tmp_path / "send", "SIM-1")
    lb = export.domains["LB"]
    place = next(i for i in range(len(lb)) if lb.text("LBTEST", i) == "IL-6")
    assert (lb.text("POOLID", place), lb.text("USUBJID", place), lb.number("LBDY", place)) == ("P1", "", 22.0)
    assert content(read_send(tmp_path / "send")["cytokines"]) == content(tables["cytokines"])


def test_numbers_survive_the_format_to_the_last_bit(tmp_path):
    tables = simulate_study(tmp_path, 1)
    weights = np.random.default_rng(0).uniform(0.001, 1e6, 12).tolist()
    columns = {
        "animal": [f"M{k + 1:03d}" for k in range(12)],
        "date": ["2026-03-02"] * 12,
        "weight_g": weights,
    }
    tables["weights"] = RawTable("weights.xlsx", columns, range(2, 14))
    write_send(tables, tmp_path / "send", "SIM-1")
    found = import_send(tmp_path / "send").domains["BW"]
    assert [found.number("BWSTRESN", i) for i in range(12)] == weights


def test_nothing_is_written_where_something_is_wrong(tmp_path):
    tables = simulate_study(tmp_path, 1)
    columns = {
        "animal": ["M001", "nobody", "M002"], "date": ["2026-03-02", "2026-03-02", "2.3.2026"],
        "weight_g": ["20", "21", "22"], "note": ["", "", "x" * 201],
    }  # fmt: skip
    tables["weights"] = RawTable("weights.csv", columns, [2, 3, 4])
    with pytest.raises(InputError) as caught:
        write_send(tables, tmp_path / "send", "SIM-1")
    rules = {violation.rule for violation in caught.value.violations}
    assert rules == {"not-in-dm", "not-iso-8601", "too-long"}
    assert not (tmp_path / "send").exists()


def test_a_study_needs_animals_and_an_identifier(tmp_path):
    with pytest.raises(UsageError, match="no table animals, groups"):
        write_send({}, tmp_path, "SIM-1")
    tables = simulate_study(tmp_path, 1)
    with pytest.raises(UsageError, match="identifier"):
        write_send(tables, tmp_path, "SIM 1")
    with pytest.raises(UsageError, match="unknown tables counts"):
        write_send({**tables, "counts": tables["animals"]}, tmp_path, "SIM-1")


def test_what_cannot_be_exported_is_said(tmp_path):
    tables = simulate_study(tmp_path, 1)
    groups = {name: list(cells) for name, cells in tables["groups"].columns.items()}
    groups["schedule"] = [None, "weekly", "weekly", "7"]
    groups["Remark of the lab"] = ["x"] * 4
    tables["groups"] = RawTable("groups.csv", groups, range(2, 6))
    _, findings = make_send(tables, "SIM-1")
    assert [(f.rule, f.place) for f in findings] == [
        ("column-not-exported", ""),
        ("no-dose-dates", "CIM + PN-101 low"),
    ]
