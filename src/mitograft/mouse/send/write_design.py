"""Trial design and subjects: TS, TA, TE, TX, DM, DS, EX, POOLDEF and CO of a study."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from mitograft.mouse.send.domain import Value, iso_date
from mitograft.mouse.send.layouts import Row, is_column_name, make_codes
from mitograft.mouse.send.study import PlainStudy, Supplement
from mitograft.tables.check import parse_number
from mitograft.tables.parameters import load_rows

__all__ = ["REFERENCE", "dose_days", "write_design"]

Records = list[dict[str, Value]]

REFERENCE = "RFSTDTC is the day of immunisation (day zero of the study; of the sham in healthy mice)"
_REMARKS = (
    "Made by mitograft from the tables of a research study; shaped like SEND, no submission is claimed.",
    f"{REFERENCE}; study day 1 is RFSTDTC, the day before it is -1.",
    "XF is sponsor-defined: function tests such as grip strength, for which SEND has no domain.",
    "MISEV is the grade of the scheme of the study, MISTRESC what it looks like.",
    "EX holds the doses as planned by group up to the last day of the mouse; the immunisation is not in it.",
)
_DAYS = re.compile(r"\s*-?\d+\s*(?:[;,]\s*-?\d+\s*)*")
_DIRECT = frozenset({"animal", "group", "sex", "strain", "birth_date", "day_zero", "end_date"})


def write_design(study: PlainStudy) -> tuple[dict[str, Records], list[Supplement]]:
    """Return the records of the domains, and what of animals.csv has no variable."""
    made: dict[str, Records] = {
        "TS": list(_summary(study)),
        "TA": list(_arms(study)),
        "TE": list(_elements(study)),
        "TX": list(_sets(study)),
        "DM": [_subject(study, row) for row in study.rows.get("animals", [])],
        "CO": [{"COSEQ": float(k), "COVAL": text} for k, text in enumerate(_REMARKS, start=1)],
        "EX": list(_doses(study)),
        "DS": list(_ends(study)),
        "POOLDEF": [
            {"POOLID": pool, **study.subject(mouse)} for pool, mice in study.pools.items() for mouse in mice
        ],
    }
    return made, list(_further(study))


def dose_days(schedule: str) -> list[int] | None:
    """Return the days after day zero that a schedule names; None where it is no list of days.

    >>> dose_days("7; 14"), dose_days("weekly")
    ([7, 14], None)
    """
    if not _DAYS.fullmatch(schedule):
        return None
    return [int(part) for part in re.split("[;,]", schedule)]


def _summary(study: PlainStudy) -> Iterator[dict[str, Value]]:
    animals, groups = study.rows.get("animals", []), study.groups.values()
    starts = sorted(row["day_zero"] for row in animals if iso_date(row.get("day_zero", "")))
    given = [row.get("treatment", "") for row in groups if row.get("role") == "treated"]
    parameters = (
        ("SSTYP", "Study Type", ["PHARMACOLOGY"]),
        ("SPECIES", "Species", ["MOUSE"]),
        ("STRAIN", "Strain/Substrain", [row.get("strain", "") for row in animals]),
        ("STSTDTC", "Study Start Date", starts[:1]),
        ("TRT", "Investigational Therapy or Treatment", given),
        ("ROUTE", "Route of Administration", [row.get("route", "") for row in groups]),
        ("SNDIGVER", "SEND Implementation Guide Version", ["shaped after SENDIG 3.0; not validated"]),
        ("RFDEF", "Definition of the Reference Date", [REFERENCE]),
    )
    for code, words, values in parameters:
        for k, value in enumerate(dict.fromkeys(v for v in values if v), start=1):
            yield {"TSSEQ": float(k), "TSPARMCD": code, "TSPARM": words, "TSVAL": value}


_OBSERVED, _INDUCED, _TREATED = (
    ("OBSERVE", "Observation", "Day of immunisation or sham (day zero)", "Last day in the study"),
    ("INDUCE", "Induction", "Day of immunisation or sham (day zero)", "First day of treatment"),
    ("TREAT", "Treatment and follow-up", "First day of treatment", "Last day in the study"),
)


def _courses(study: PlainStudy) -> Iterator[tuple[str, str, tuple[tuple[str, ...], ...]]]:
    """Yield arm code, arm and elements of each group."""
    for name, row in study.groups.items():
        treated = bool(dose_days(row.get("schedule", "")))
        yield study.sets[name], name, (_INDUCED, _TREATED) if treated else (_OBSERVED,)


def _arms(study: PlainStudy) -> Iterator[dict[str, Value]]:
    for code, name, elements in _courses(study):
        for order, (element, words, *_) in enumerate(elements, start=1):
            yield {
                "ARMCD": code, "ARM": name, "TAETORD": float(order), "ETCD": element, "ELEMENT": words,
                "EPOCH": words,
            }  # fmt: skip


def _elements(study: PlainStudy) -> Iterator[dict[str, Value]]:
    used = dict.fromkeys(element for _, _, elements in _courses(study) for element in elements)
    for code, words, start, end in used:
        yield {"ETCD": code, "ELEMENT": words, "TESTRL": start, "TEENRL": end}


def _sets(study: PlainStudy) -> Iterator[dict[str, Value]]:
    own = [name for name in study.columns("groups") if name not in {"group", "dose", "dose_unit"}]
    codes = make_codes([name for name in own if is_column_name(name)])
    for name, row in study.groups.items():
        control = row.get("role", "") in {"healthy", "control"}
        vehicle = "vehicle" in row.get("treatment", "").casefold()
        parameters = (
            ("ARMCD", "Arm Code", study.sets[name]),
            ("GRPLBL", "Group Label", name),
            ("TRTDOS", "Dose Level", row.get("dose", "")),
            ("TRTDOSU", "Dose Units", row.get("dose_unit", "")),
            ("TCNTRL", "Control Type", ("VEHICLE CONTROL" if vehicle else "NEGATIVE CONTROL") * control),
            *((code, column, row.get(column, "")) for column, code in codes.items()),
        )
        filled = [parameter for parameter in parameters if parameter[2]]
        for k, (code, words, value) in enumerate(filled, start=1):
            yield {
                "SETCD": study.sets[name], "SET": name, "TXSEQ": float(k),
                "TXPARMCD": code, "TXPARM": words, "TXVAL": value,
            }  # fmt: skip


def _subject(study: PlainStudy, row: Row) -> dict[str, Value]:
    code = study.sets.get(row.get("group", ""), "")
    born, zero = iso_date(row.get("birth_date", "")), iso_date(row.get("day_zero", ""))
    known = born is not None and zero is not None
    return {
        **study.subject(row.get("animal", "")),
        "SUBJID": row.get("animal", ""),
        "RFSTDTC": row.get("day_zero", ""),
        "RFENDTC": row.get("end_date", ""),
        "BRTHDTC": row.get("birth_date", ""),
        "AGE": float((zero - born).days) if born is not None and zero is not None else float("nan"),
        "AGEU": "DAYS" if known else "",
        "SEX": row.get("sex", ""),
        "SPECIES": "MOUSE",
        "STRAIN": row.get("strain", ""),
        "ARMCD": code,
        "ARM": row.get("group", ""),
        "SETCD": code,
    }


def _doses(study: PlainStudy) -> Iterator[dict[str, Value]]:
    for row in study.rows.get("animals", []):
        mouse, group = row.get("animal", ""), study.groups.get(row.get("group", ""), {})
        zero, last = study.references.get(mouse), iso_date(row.get("end_date", ""))
        days = dose_days(group.get("schedule", "")) or []
        dates = [zero + timedelta(days=day) for day in sorted(days)] if zero is not None else []
        for k, when in enumerate([d for d in dates if last is None or d <= last], start=1):
            dose = parse_number(group.get("dose"))
            yield {
                **study.subject(mouse),
                "EXSEQ": float(k),
                "EXTRT": group.get("treatment", ""),
                "EXDOSE": float("nan") if dose is None else dose,
                "EXDOSU": group.get("dose_unit", ""),
                "EXDOSFRQ": "ONCE",
                "EXROUTE": group.get("route", "") or "UNKNOWN",
                "EXSTDTC": when.isoformat(),
                "EXSTDY": study.day(mouse, when.isoformat()),
            }


def _ends(study: PlainStudy) -> Iterator[dict[str, Value]]:
    terms: dict[str, str] = {}
    for entry in load_rows("mitograft.mouse.send", "dispositions.csv"):
        # The first term of a reason is written; "other" has one of its own.
        if entry["reason"] != "other" or entry["term"] == "OTHER":
            terms.setdefault(entry["reason"], entry["term"])
    for row in study.rows.get("animals", []):
        mouse, end, reason = row.get("animal", ""), row.get("end_date", ""), row.get("end_reason", "")
        if end and reason:
            yield {
                **study.subject(mouse),
                "DSSEQ": 1.0,
                "DSTERM": reason,
                "DSDECOD": terms.get(reason, "OTHER"),
                "DSSTDTC": end,
                "DSSTDY": study.day(mouse, end),
            }


def _further(study: PlainStudy) -> Iterator[Supplement]:
    for row in study.rows.get("animals", []):
        for column in _own_columns(row):
            yield Supplement("DM", study.subject(row.get("animal", "")), None, column, row[column])


def _own_columns(row: Row) -> Sequence[str]:
    """Return the columns of a mouse that have no variable; the reason of an end without a date is one."""
    told = _DIRECT | {"end_reason"} if row.get("end_date") else _DIRECT
    return [name for name in row if name not in told]
