"""A small trial, row by row as an SDTM programmer would make it, and ways to change it."""

import csv
from collections.abc import Callable, Iterable

import polars as pl
import pytest

from mitograft.trial.dataset import Dataset, Datasets, Variable
from mitograft.trial.protocol import Arm, Protocol, Visit

STUDY = "PN-101-101"


def as_dataset(name: str, rows: list[dict]) -> Dataset:
    """Make a data set of rows; its origins say file raw_<name>.csv, row (header = 1) and field."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    frame = pl.DataFrame(
        {column: [row.get(column) for row in rows] for column in columns},
        schema={
            column: pl.Float64 if any(isinstance(row.get(column), int | float) for row in rows) else pl.String
            for column in columns
        },
    )
    origins = pl.DataFrame(
        {
            "file": [f"raw_{name.lower()}.csv"] * len(rows),
            "row": list(range(2, len(rows) + 2)),
            "fields": [f"{name.lower()}_field"] * len(rows),
        }
    )
    variables = tuple(Variable(c, "", "number" if frame.schema[c] == pl.Float64 else "text") for c in columns)
    return Dataset(name, name, frame, variables, f"raw_{name.lower()}.csv", origins)


@pytest.fixture
def protocol() -> Protocol:
    visits = (
        Visit(1, "SCREENING", -14, 14, 13),
        Visit(2, "BASELINE", 1),
        Visit(3, "WEEK 1", 8, 1, 1),
        Visit(4, "WEEK 2", 15, 2, 2),
        Visit(7, "WEEK 12", 85, 7, 7),
    )
    arms = (Arm("LOW", "PN-101 low", 1, 100.0), Arm("MID", "PN-101 mid", 2, 300.0))
    return Protocol(STUDY, arms, visits)


def person(subject: str, **changes: object) -> dict:
    base = {
        "STUDYID": STUDY,
        "DOMAIN": "DM",
        "USUBJID": f"{STUDY}-01-{subject}",
        "SUBJID": subject,
        "RFICDTC": "2022-01-01",
        "SITEID": "01",
        "AGE": 50.0,
        "AGEU": "YEARS",
        "SEX": "F",
        "RACE": "ASIAN",
        "ETHNIC": "NOT HISPANIC OR LATINO",
        "ARMCD": "LOW",
        "ARM": "PN-101 low",
        "ACTARMCD": "LOW",
        "ACTARM": "PN-101 low",
        "COUNTRY": "KOR",
    }
    return base | changes


def rows_of(domain: str, subject: str, rows: Iterable[dict]) -> list[dict]:
    """Add identifiers and the sequence number."""
    head = {"STUDYID": STUDY, "DOMAIN": domain, "USUBJID": f"{STUDY}-01-{subject}"}
    return [head | {f"{domain}SEQ": float(i)} | row for i, row in enumerate(rows, 1)]


def result(domain: str, code: str, value: float, visit: tuple[float, str, str], **more: object) -> dict:
    number, name, date = visit
    return {
        f"{domain}TESTCD": code,
        f"{domain}TEST": code.title(),
        f"{domain}STRESC": f"{value:g}",
        f"{domain}STRESN": float(value),
        f"{domain}STRESU": more.pop("unit", None),
        "VISITNUM": number,
        "VISIT": name,
        f"{domain}DTC": date,
    } | more


BASELINE = (2.0, "BASELINE", "2022-01-10")
WEEK12 = (7.0, "WEEK 12", "2022-04-04")


@pytest.fixture
def trial() -> Callable[..., Datasets]:
    """Build a trial: ``trial(AE=[...])`` replaces the rows of a domain; ``trial(AE=None)`` leaves it out."""

    def build(**changes: list[dict] | None) -> Datasets:
        rows: dict[str, list[dict] | None] = {
            "DM": [
                person("001"),
                person("002", ARMCD=None, ARM="Screen Failure", ACTARMCD=None, ACTARM=None),
            ],
            "EX": rows_of(
                "EX",
                "001",
                [
                    {"EXTRT": "PN-101", "EXDOSE": 100.0, "EXDOSU": "ug", "EXLOT": "L1"}
                    | {"EXSTDTC": "2022-01-10T10:00", "EXENDTC": "2022-01-10T10:30"}
                ],
            ),
            "DS": rows_of(
                "DS",
                "001",
                [
                    {
                        "DSDECOD": "INFORMED CONSENT OBTAINED",
                        "DSCAT": "PROTOCOL MILESTONE",
                        "DSSTDTC": "2022-01-01",
                    },
                    {"DSDECOD": "COMPLETED", "DSCAT": "DISPOSITION EVENT", "DSSTDTC": "2022-04-04"},
                ],
            )
            + rows_of(
                "DS",
                "002",
                [{"DSDECOD": "SCREEN FAILURE", "DSCAT": "DISPOSITION EVENT", "DSSTDTC": "2022-01-05"}],
            ),
            "MH": rows_of(
                "MH",
                "001",
                [{"MHCAT": "PRIMARY DIAGNOSIS", "MHDECOD": "DERMATOMYOSITIS", "MHSTDTC": "2020-01"}],
            ),
            "VS": rows_of(
                "VS",
                "001",
                [
                    result("VS", "HEIGHT", 160, (1.0, "SCREENING", "2022-01-02"), unit="cm"),
                    result("VS", "WEIGHT", 60, (1.0, "SCREENING", "2022-01-02"), unit="kg"),
                    result("VS", "WEIGHT", 64, BASELINE, unit="kg"),
                    result("VS", "WEIGHT", 70, WEEK12, unit="kg"),
                ],
            ),
            "QS": rows_of(
                "QS",
                "001",
                [
                    result("QS", "PATGLOB", 6, BASELINE, unit="cm"),
                    result("QS", "HAQDI", 1.5, BASELINE),
                    result("QS", "PATGLOB", 5.4, WEEK12, unit="cm"),
                    result("QS", "HAQDI", 1.25, WEEK12),
                ],
            ),
            "FT": rows_of(
                "FT", "001", [result("FT", "MMT8TOT", 120, BASELINE), result("FT", "MMT8TOT", 124, WEEK12)]
            ),
            "RS": rows_of(
                "RS",
                "001",
                [
                    result("RS", "PHYGLOB", 6, BASELINE, unit="cm"),
                    result("RS", "EXMUSC", 6, BASELINE, unit="cm"),
                    result("RS", "PHYGLOB", 5.4, WEEK12, unit="cm"),
                    result("RS", "EXMUSC", 5.4, WEEK12, unit="cm"),
                ],
            ),
            "LB": rows_of("LB", "001", laboratory(10.0, 9.1)),
            "AE": rows_of(
                "AE",
                "001",
                [
                    {
                        "AETERM": "Headache",
                        "AEDECOD": "Headache",
                        "AEBODSYS": "Nervous system disorders",
                        "AETOXGR": "1",
                        "AESER": "N",
                        "AEREL": "NOT RELATED",
                        "AESTDTC": "2022-01-12",
                        "AEENDTC": "2022-01-13",
                    }
                ],
            ),
        }
        rows |= changes
        return Datasets(as_dataset(name, content) for name, content in rows.items() if content is not None)

    return build


def laboratory(first: float, last: float, scale: float = 1.0, unit: str = "U/L") -> list[dict]:
    """Creatine kinase as multiples of the upper limit 200 U/L; the other enzymes normal."""
    upper = {"CK": 200.0, "ALDOLASE": 7.6, "ALT": 40.0, "AST": 40.0, "LDH": 250.0}
    rows = []
    for visit, multiple in ((BASELINE, first), (WEEK12, last)):
        for code, limit in upper.items():
            value = limit * (multiple if code == "CK" else 0.5) * scale
            row = result("LB", code, value, visit, unit=unit, LBCAT="CHEMISTRY")
            rows.append(row | {"LBSTNRLO": 0.0, "LBSTNRHI": limit * scale})
    return rows


@pytest.fixture
def make() -> dict[str, Callable]:
    """The builders above, for tests that change the trial."""
    return {
        "person": person,
        "rows": rows_of,
        "result": result,
        "laboratory": laboratory,
        "dataset": as_dataset,
    }


@pytest.fixture(scope="session")
def tis_cases(shared) -> list[dict[str, str]]:
    with (shared / "facts" / "tis_cases.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
