"""Small trials written down event by event, derived like any other."""

import datetime as dt
from dataclasses import dataclass, field
from types import SimpleNamespace

import polars as pl
import pytest

from mitograft.trial.adam import derive_adam
from mitograft.trial.dataset import Dataset, Datasets, Variable
from mitograft.trial.protocol import Arm, Protocol, Visit

KINDS = {pl.Float64: "number"}
VISITS = (Visit(1, "BASELINE", 1), Visit(2, "WEEK 12", 85, 7, 7))
DOSES = (("A", 150.0), ("B", 300.0), ("C", 600.0))
THREE = tuple(Arm(code, f"Dose {n}", n, dose) for n, (code, dose) in enumerate(DOSES, 1))


@dataclass
class Subject:
    """One subject: arm code, day of the dose, last day, events and results as (columns) of AE and LB."""

    arm: str
    dosed: str = "2022-03-01"
    last: str | None = "2022-06-01"
    time: str = "T10:00"
    end: str | None = "T10:30"
    events: list = field(default_factory=list)
    results: list = field(default_factory=list)


def event(start, grade="3", **more):
    row = {
        "AETERM": "Fever", "AEDECOD": "Pyrexia", "AETOXGR": grade, "AESEV": None, "AEREL": "RELATED",
        "AESER": "N", "AESTDTC": start, "AEENDTC": None,
    }  # fmt: skip
    return row | more


def result(code, value, day, high=40.0):
    return {"LBTESTCD": code, "LBTEST": code, "LBSTRESN": value, "LBSTNRHI": high, "LBDTC": day}


def dataset(name, rows, columns, numbers=()):
    schema = {n: pl.Float64 if n in numbers else pl.String for n in columns}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    variables = tuple(Variable(n, "", KINDS.get(t, "text")) for n, t in frame.schema.items())
    return Dataset(name, name, frame, variables)


def collect(subjects):
    """SDTM of the subjects; subject i (from 1) is S0i."""
    dm, ex, ds, ae, lb = [], [], [], [], []
    for number, one in enumerate(subjects, 1):
        name = f"S{number:02d}"
        dm.append(["X", name, name, one.arm, one.arm, "2022-01-01"])
        if one.dosed:
            end = None if one.end is None else one.dosed + one.end
            ex.append(["X", name, "PN-101", one.dosed + one.time, end, 1.0, 100.0])
        if one.last:
            ds.append(["X", name, "COMPLETED", "COMPLETED", "DISPOSITION EVENT", one.last, 1.0])
        ae += [["X", name, *row.values(), float(i)] for i, row in enumerate(one.events, 1)]
        lb += [["X", name, *row.values(), float(i)] for i, row in enumerate(one.results, 1)]
    both = ["STUDYID", "USUBJID"]
    made = {
        "DM": (dm, [*both, "SUBJID", "ARMCD", "ACTARMCD", "RFICDTC"], ()),
        "EX": (ex, [*both, "EXTRT", "EXSTDTC", "EXENDTC", "EXSEQ", "EXDOSE"], ("EXSEQ", "EXDOSE")),
        "DS": (ds, [*both, "DSTERM", "DSDECOD", "DSCAT", "DSSTDTC", "DSSEQ"], ("DSSEQ",)),
        "AE": (ae, [*both, *event("2022"), "AESEQ"], ("AESEQ",)),
        "LB": (lb, [*both, *result("ALT", 1.0, ""), "LBSEQ"], ("LBSTRESN", "LBSTNRHI", "LBSEQ")),
    }
    return Datasets(dataset(name, *parts) for name, parts in made.items())


def study(subjects, arms=THREE, marks=(), **more):
    """SDTM and analysis data sets; ``marks`` are (subject, AESEQ) that the investigator called a DLT."""
    data = collect(subjects)
    if marks:
        rows = [["X", "AE", s, "AESEQ", str(n), "AEDLT", "Y"] for s, n in marks]
        names = ["STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QVAL"]
        data = data.with_items([dataset("SUPPAE", rows, names)])
    settings = more.pop("settings", None)
    protocol = Protocol("X", tuple(arms), VISITS, **more)
    return data, derive_adam(data, protocol, settings=settings)


def later(day, days):
    return (dt.date.fromisoformat(day) + dt.timedelta(days=days)).isoformat()


@pytest.fixture(scope="session")
def sketch():
    """The functions above, for the tests of this folder."""
    return SimpleNamespace(Subject=Subject, event=event, result=result, study=study, later=later)


@pytest.fixture(scope="session")
def settings():
    from mitograft.trial.safety import load_safety_settings

    return load_safety_settings()


@pytest.fixture(scope="session")
def simulated():
    """Collected data and analysis data sets of a simulated trial of three doses."""
    from mitograft.trial.coding import code_events, invented_dictionary
    from mitograft.trial.simulate.pn101 import pn101_protocol, pn101_truth
    from mitograft.trial.simulate.sdtm import tabulate_sdtm
    from mitograft.trial.simulate.trial import simulate_trial

    protocol = pn101_protocol()
    data = tabulate_sdtm(simulate_trial(pn101_truth(), protocol, 20211215))
    data = data.with_items([code_events(data["AE"], invented_dictionary())[0]])
    return data, derive_adam(data, protocol)
