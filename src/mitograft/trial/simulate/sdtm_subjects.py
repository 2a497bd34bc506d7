"""SDTM records of subjects, interventions and events, from the forms."""

from collections.abc import Mapping
from datetime import date

from mitograft.trial.simulate.results import decode
from mitograft.trial.simulate.sdtm_index import Index, Record, Records, iso_date
from mitograft.trial.simulate.site import FormRow, SiteData, case_report_form

__all__ = ["tabulate_records"]

_CONSENT, _MILESTONE, _DISPOSITION = (
    "INFORMED CONSENT OBTAINED",
    "PROTOCOL MILESTONE",
    "DISPOSITION EVENT",
)
_FAILURE, _DEATH = "SCREEN FAILURE", "DEATH"


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
    arm_codes = {
        row.subject: site.protocol.arms[int(row.values["cohort"]) - 1].code for row in site.form("allocation")
    }
    places = {row.subject: row for row in site.form("demography")}
    made["DM"] = [
        {**_person(index, row), **_arm(site, arm_codes.get(subject), index.subjects[subject], made)}
        | _reference(index.subjects[subject], made)
        for subject, row in places.items()
    ]
    return made


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


def _arm(site: SiteData, code: str | None, subject: str, made: Mapping[str, Records]) -> Record:
    dosed = any(row["USUBJID"] == subject for row in made["EX"])
    arm = site.protocol.arm(code) if code else None
    name = arm.name if arm is not None else None
    return {
        "ARMCD": code,
        "ARM": name,
        "ACTARMCD": code if dosed else None,
        "ACTARM": name if dosed else None,
    }


def _reference(subject: str, made: Mapping[str, Records]) -> Record:
    """Return the reference dates of a subject: consent, doses, end, death."""

    def dates(domain: str, name: str) -> list[str]:
        return sorted(str(row[name]) for row in made[domain] if row["USUBJID"] == subject and row.get(name))

    ends = [row for row in made["DS"] if row["USUBJID"] == subject and row["DSCAT"] == _DISPOSITION]
    died = next((row["DSSTDTC"] for row in ends if row["DSDECOD"] == _DEATH), None)
    doses = dates("EX", "EXSTDTC")
    seen = dates("DS", "DSSTDTC") + dates("SV", "SVSTDTC")
    consent = next(row for row in made["DS"] if row["USUBJID"] == subject and row["DSDECOD"] == _CONSENT)
    return {
        "RFSTDTC": doses[0] if doses else None,
        "RFXSTDTC": doses[0] if doses else None,
        "RFXENDTC": dates("EX", "EXENDTC")[-1] if doses else None,
        "RFENDTC": ends[-1]["DSSTDTC"] if doses and ends else None,
        "RFICDTC": consent["DSSTDTC"],
        "RFPENDTC": max(seen),
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
        "AESTDTC": iso_date(values.get("aestdat")),
        "AEENDTC": iso_date(values.get("aeendat")),
        "AEDLT": decode("aedlt", values.get("aedlt")),
    }


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
