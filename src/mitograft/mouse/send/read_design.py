"""DM, TX, EX, DS and POOLDEF to the tables of animals, groups and pools."""

from collections.abc import Mapping

from mitograft.mouse.send.domain import Domain, iso_date
from mitograft.mouse.send.layouts import Row, is_column_name
from mitograft.mouse.send.records import Import, as_table
from mitograft.tables.contract import RawTable
from mitograft.tables.parameters import load_rows
from mitograft.tables.typed import number_text

__all__ = ["read_design"]

_ANIMALS = ("animal", "group", "sex", "strain", "birth_date", "day_zero")
_GROUPS = ("group", "role", "treatment", "dose", "dose_unit")
_ROLES = frozenset({"healthy", "control", "treated"})


def read_design(folder: Import, roles: Mapping[str, str]) -> dict[str, RawTable]:
    """Return the tables ``animals``, ``groups`` and, where there are any, ``pools``.

    ``roles`` says the part of groups of which the files do not say it, by name.
    """
    subjects = folder.domains["DM"]
    members = _groups_of(subjects)
    tables = {
        "animals": as_table(subjects.file, _animals(folder, subjects, members), _ANIMALS),
        "groups": _groups(folder, subjects, members, roles),
    }
    pools = folder.domains.get("POOLDEF")
    if pools is not None and len(pools):
        rows = [
            (i + 1, {"pool": pools.text("POOLID", i), "animal": folder.animal(pools, i)})
            for i in range(len(pools))
        ]
        tables["pools"] = as_table(pools.file, rows, ("pool", "animal"))
    return tables


def _groups_of(subjects: Domain) -> dict[int, str]:
    """Return the set (or arm) of each record of DM."""
    return {i: subjects.text("SETCD", i) or subjects.text("ARMCD", i) for i in range(len(subjects))}


def _set_names(folder: Import) -> dict[str, str]:
    names: dict[str, str] = {}
    for sets, index in folder.records("TX"):
        code = sets.text("SETCD", index)
        names.setdefault(code, sets.text("SET", index) or code)
    twice = {name for name in names.values() if list(names.values()).count(name) > 1}
    return {code: f"{name} ({code})" if name in twice else name for code, name in names.items()}


def _animals(folder: Import, subjects: Domain, members: Mapping[int, str]) -> list[tuple[int, Row]]:
    ends, names = _ends(folder), _set_names(folder)
    rows: list[tuple[int, Row]] = []
    for index in range(len(subjects)):
        subject = subjects.text("USUBJID", index)
        row = {
            "animal": folder.animal(subjects, index),
            "group": names.get(members[index], subjects.text("ARM", index) or members[index]),
            "sex": subjects.text("SEX", index),
            "strain": subjects.text("STRAIN", index),
            "birth_date": subjects.text("BRTHDTC", index)[:10],
            "day_zero": subjects.text("RFSTDTC", index)[:10],
            "end_date": subjects.text("RFENDTC", index)[:10],
            **ends.get(subject, {}),
            **folder.supplements.get(("DM", subject, ""), {}),
        }
        rows.append((index + 1, {name: text for name, text in row.items() if text}))
    return rows


def _ends(folder: Import) -> dict[str, Row]:
    """Return the last day and its reason of each subject."""
    reasons = {r["term"]: r["reason"] for r in load_rows("mitograft.mouse.send", "dispositions.csv")}
    known = set(reasons.values())
    ends: dict[str, Row] = {}
    for domain, index in folder.records("DS"):
        told = domain.text("DSTERM", index)
        row = {"end_reason": told if told in known else reasons.get(domain.text("DSDECOD", index), "other")}
        when = folder.day(domain, index, "STDTC")
        ends[domain.text("USUBJID", index)] = row | ({"end_date": when} if when else {})
    return ends


def _parameters(folder: Import) -> dict[str, Row]:
    """Return the parameters of each set: ours by column, those of SEND by short name."""
    found: dict[str, Row] = {}
    for sets, index in folder.records("TX"):
        label = sets.text("TXPARM", index)
        name = label if is_column_name(label) else sets.text("TXPARMCD", index)
        found.setdefault(sets.text("SETCD", index), {})[name] = sets.text("TXVAL", index)
    return found


def _groups(
    folder: Import, subjects: Domain, members: Mapping[int, str], roles: Mapping[str, str]
) -> RawTable:
    parameters, names = _parameters(folder), _set_names(folder)
    codes = dict.fromkeys([*names, *members.values()])
    rows: list[tuple[int, Row]] = []
    for code in codes:
        first = next((i for i, member in members.items() if member == code), 0)
        name = names.get(code, subjects.text("ARM", first) or code)
        told, given = parameters.get(code, {}), _given(folder, subjects, members, code)
        row = {"group": name, **given, **{c: v for c, v in told.items() if is_column_name(c)}}
        for parameter, column in (("TRTDOS", "dose"), ("TRTDOSU", "dose_unit")):
            if parameter in told:
                row[column] = told[parameter]
        row["role"] = roles.get(name, row.get("role", "")) or _role(told, row)
        row.setdefault("treatment", "none" if row["role"] in {"healthy", "control"} else "")
        if row["role"] in {"healthy", "control"}:
            row.setdefault("dose", "0")
        if row["role"] not in _ROLES:
            words = (
                "a set of which the files do not say whether it is healthy, control or treated",
                "one of the three", "Give its part by name (roles).",
            )  # fmt: skip
            folder.wrong(subjects, "unknown-role", words, first, "SETCD")
        rows.append((first + 1, {column: text for column, text in row.items() if text}))
    source = folder.domains["TX"].file if "TX" in folder.domains else subjects.file
    return as_table(source, rows, _GROUPS)


def _role(told: Mapping[str, str], row: Row) -> str:
    """Return the part a set plays where nobody says so: a control type, or a dose above 0."""
    if told.get("TCNTRL"):
        return "control"
    try:
        dose = float(row.get("dose", ""))
    except ValueError:
        return ""
    return "treated" if dose > 0.0 else "control"


def _given(folder: Import, subjects: Domain, members: Mapping[int, str], code: str) -> Row:
    """Return treatment, dose, route and days of a set from the doses its subjects were given."""
    inside = {subjects.text("USUBJID", i) for i, member in members.items() if member == code}
    given = [(d, i) for d, i in folder.records("EX") if d.text("USUBJID", i) in inside]
    if not given:
        return {}
    doses, indices = given[0][0], [i for _, i in given]
    amounts = [doses.number("EXDOSE", i) for i in indices if doses.number("EXDOSE", i) >= 0.0]
    if len(set(amounts)) > 1:
        remedy = "A group has one dose; the largest is taken. Split the group if doses differ by design."
        folder.leave(doses, "several-doses", f"different doses in the set {code}", remedy)
    days = {_days_after(folder, doses, i) for i in indices}
    row = {
        "treatment": doses.text("EXTRT", indices[0]),
        "dose": number_text(max(amounts)) if amounts else "",
        "dose_unit": doses.text("EXDOSU", indices[0]),
        "route": doses.text("EXROUTE", indices[0]),
        "schedule": "; ".join(str(day) for day in sorted(day for day in days if day is not None)),
    }
    return {column: text for column, text in row.items() if text}


def _days_after(folder: Import, doses: Domain, index: int) -> int | None:
    when = iso_date(folder.day(doses, index, "STDTC"))
    reference = folder.references.get(doses.text("USUBJID", index))
    return None if when is None or reference is None else (when - reference).days
