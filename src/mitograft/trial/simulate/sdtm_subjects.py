"""SDTM records of subjects, interventions and events, from the forms."""

from collections.abc import Iterator, Mapping
from datetime import date

from mitograft.trial.protocol import Arm
from mitograft.trial.simulate.results import decode
from mitograft.trial.simulate.sdtm_index import Index, Record, Records, iso_date
from mitograft.trial.simulate.site import FormRow, SiteData, case_report_form

__all__ = ["tabulate_records"]

_CONSENT, _MILESTONE, _DISPOSITION = (
    "INFORMED CONSENT OBTAINED",
    "PROTOCOL MILESTONE",
    "DISPOSITION EVENT",
)
_DEATH = "DEATH"


def tabulate_records(site: SiteData, index: Index) -> Mapping[str, Records]:
    """Return the records of DM, EX, AE, MH, CM, DS and SV.

    AE has the column AEDLT and DM the column DATAKIND beside the variables of the domain: they become
    supplemental qualifiers.
    """
    arms = tuple(arm.name for arm in site.protocol.arms)
    words = case_report_form(arms)["end_of_study"].fields[0].codes
    diagnoses = case_report_form(arms)["diagnosis"].fields[0].codes
    made: dict[str, Records] = {
        "EX": [_exposure(index, row) for row in site.form("dosing")],
        "AE": [_event(index, row) for row in site.form("adverse_events")],
        "MH": [_diagnosis(index, row, diagnoses) for row in site.form("diagnosis")]
        + [_history(index, row) for row in site.form("medical_history")],
        "CM": [_medication(index, row) for row in site.form("medication")],
        "DS": [_consent(index, row) for row in site.form("demography")]
        + [_end(index, row, words) for row in site.form("end_of_study")],
        "SV": [_visit(index, row) for row in site.form("visit")],
    }
    made["DM"] = list(_people(site, index, made))
    return made


def _people(site: SiteData, index: Index, made: Mapping[str, Records]) -> Iterator[Record]:
    arms = site.protocol.arms
    planned = {row.subject: arms[int(row.values["cohort"]) - 1] for row in site.form("allocation")}
    rows = {name: _by_subject(made[name]) for name in ("EX", "DS", "SV")}
    for row in site.form("demography"):
        subject = index.subjects[row.subject]
        mine = {name: found.get(subject, []) for name, found in rows.items()}
        yield {
            **_person(index, row),
            **_arms(planned.get(row.subject), dosed=bool(mine["EX"])),
            **_reference(mine["EX"], mine["DS"], mine["SV"]),
        }


def _by_subject(rows: Records) -> dict[str, Records]:
    found: dict[str, Records] = {}
    for row in rows:
        found.setdefault(str(row["USUBJID"]), []).append(row)
    return found


def _person(index: Index, row: FormRow) -> Record:
    values = row.values
    birth, consent = date.fromisoformat(values["brthdat"]), date.fromisoformat(values["icfdat"])
    age = consent.year - birth.year - ((consent.month, consent.day) < (birth.month, birth.day))
    return {
        **index.start("DM", row),
        "SUBJID": row.subject,
        "SITEID": values["site"],
        "BRTHDTC": values["brthdat"],
        "AGE": float(age),
        "AGEU": "YEARS",
        "SEX": decode("sex", values["sex"]),
        "RACE": decode("race", next((k[7:] for k in values if k.startswith("race___")), None)),
        "ETHNIC": decode("ethnic", values["ethnic"]),
        "COUNTRY": "KOR",
        "DATAKIND": decode("data_kind", values["data_kind"]),
    }


def _arms(arm: Arm | None, *, dosed: bool) -> Record:
    code, name = (arm.code, arm.name) if arm is not None else (None, None)
    given = (code, name) if dosed else (None, None)
    return {"ARMCD": code, "ARM": name, "ACTARMCD": given[0], "ACTARM": given[1]}


def _reference(doses: Records, dispositions: Records, visits: Records) -> Record:
    """Return the reference dates of a subject: consent, doses, end, death."""
    ends = [row for row in dispositions if row["DSCAT"] == _DISPOSITION]
    died = next((row["DSSTDTC"] for row in ends if row["DSDECOD"] == _DEATH), None)
    first = min((str(row["EXSTDTC"]) for row in doses), default=None)
    seen = [row["DSSTDTC"] for row in dispositions] + [row["SVSTDTC"] for row in visits]
    return {
        "RFSTDTC": first,
        "RFXSTDTC": first,
        "RFXENDTC": max((str(row["EXENDTC"]) for row in doses), default=None),
        "RFENDTC": ends[-1]["DSSTDTC"] if doses and ends else None,
        "RFICDTC": next(row["DSSTDTC"] for row in dispositions if row["DSDECOD"] == _CONSENT),
        "RFPENDTC": max(str(day) for day in seen),
        "DTHDTC": died,
        "DTHFL": "Y" if died else None,
    }


def _exposure(index: Index, row: FormRow) -> Record:
    values = row.values
    return {
        **index.start("EX", row),
        "EXTRT": decode("extrt", values["extrt"]),
        "EXDOSE": float(values["exdose"]),
        "EXDOSU": "ug",
        "EXDOSFRM": "INJECTION",
        "EXROUTE": "INTRAVENOUS",
        "EXLOT": values["exlot"],
        **index.visit(row),
        "EXSTDTC": f"{values['exstdat']}T{values['exsttim']}",
        "EXENDTC": f"{values['exstdat']}T{values['exentim']}",
    }


def _event(index: Index, row: FormRow) -> Record:
    values = row.values
    coded = {"AESEV": "aesev", "AESER": "aeser", "AEREL": "aerel", "AEACN": "aeacn", "AEOUT": "aeout"}
    return {
        **index.start("AE", row),
        "AETERM": values["aeterm"],
        **{name: decode(field, values.get(field)) for name, field in coded.items()},
        "AETOXGR": values["aegr"],
        "AESTDTC": _with_time(iso_date(values.get("aestdat")), values.get("aesttim")),
        "AEENDTC": iso_date(values.get("aeendat")),
        "AEDLT": decode("aedlt", values.get("aedlt")),
    }


def _with_time(day: str | None, clock: str | None) -> str | None:
    """Return the day with its time, where one was entered."""
    return f"{day}T{clock}" if day and clock else day


def _diagnosis(index: Index, row: FormRow, words: Mapping[str, str]) -> Record:
    return {
        **index.start("MH", row),
        "MHCAT": "PRIMARY DIAGNOSIS",
        "MHTERM": words[row.values["dxtype"]],
        "MHDECOD": decode("dxtype", row.values["dxtype"]),
        "MHSTDTC": iso_date(row.values["dxdat"]),
    }


def _history(index: Index, row: FormRow) -> Record:
    parts = [row.values[name] for name in ("mhyear", "mhmonth", "mhday") if name in row.values]
    return {
        **index.start("MH", row),
        "MHCAT": "GENERAL",
        "MHTERM": row.values["mhterm"],
        "MHSTDTC": "-".join(parts),
    }


def _medication(index: Index, row: FormRow) -> Record:
    values = row.values
    return {
        **index.start("CM", row),
        "CMTRT": values["cmtrt"],
        "CMCAT": decode("cmcat", values["cmcat"]),
        "CMDOSE": float(values["cmdose"]) if "cmdose" in values else None,
        "CMDOSU": values.get("cmdosu"),
        "CMDOSFRQ": values.get("cmfrq"),
        "CMINDC": values.get("cmindc"),
        "CMSTDTC": iso_date(values.get("cmstdat")),
        "CMENDTC": iso_date(values.get("cmendat")),
    }


def _consent(index: Index, row: FormRow) -> Record:
    return {
        **index.start("DS", row),
        "DSTERM": _CONSENT,
        "DSDECOD": _CONSENT,
        "DSCAT": _MILESTONE,
        "DSSTDTC": row.values["icfdat"],
    }


def _end(index: Index, row: FormRow, words: Mapping[str, str]) -> Record:
    return {
        **index.start("DS", row),
        "DSTERM": words[row.values["dsreas"]],
        "DSDECOD": decode("dsreas", row.values["dsreas"]),
        "DSCAT": _DISPOSITION,
        "DSSTDTC": row.values["dsdat"],
    }


def _visit(index: Index, row: FormRow) -> Record:
    day = row.values["visdat"]
    return {**index.start("SV", row), **index.visit(row), "SVSTDTC": day, "SVENDTC": day}
