"""DM: one row for each subject, from its own fields and from the other data sets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitograft.trial.edc.build import Builder, BuiltRow, Qualifier
from mitograft.trial.edc.evaluate import Used
from mitograft.trial.edc.results import Value
from mitograft.trial.edc.sources import list_fields
from mitograft.trial.sdtm.dates import parse_date
from mitograft.trial.sdtm.domains import domain_variables

if TYPE_CHECKING:
    from mitograft.trial.protocol import Protocol

__all__ = ["build_subjects", "whole_years"]

_CONSENT, _DISPOSITION = "INFORMED CONSENT OBTAINED", "DISPOSITION EVENT"
_FAILURE, _DEATH, _FATAL = "SCREEN FAILURE", "DEATH", "FATAL"


@dataclass(frozen=True)
class _Rows:
    """The rows of one subject by data set."""

    rows: Mapping[str, Sequence[BuiltRow]]

    def texts(self, domain: str, variable: str, **where: str) -> list[str]:
        """Return the filled values of a variable in the rows where others have the values given."""
        found = (
            row.values.get(variable)
            for row in self.rows.get(domain, ())
            if all(row.values.get(name) == value for name, value in where.items())
        )
        return sorted(value for value in found if isinstance(value, str) and value)


def build_subjects(builder: Builder, protocol: "Protocol") -> dict[str, BuiltRow]:
    """Return the row of DM of each subject, with USUBJID, in the order of the export.

    Subjects without a site, and two with one identifier, are complained of.
    """
    by_subject: dict[str, dict[str, list[BuiltRow]]] = {}
    for domain, rows in builder.rows.items():
        for row in rows:
            by_subject.setdefault(row.subject, {}).setdefault(domain, []).append(row)
    found: dict[str, BuiltRow] = {}
    for subject in builder.context.subjects():
        built = _collect(builder, subject)
        _derive(built.values, _Rows(by_subject.get(subject, {})), protocol)
        _identify(builder, built, protocol.study)
        found[subject] = built
    _check_unique(builder, found)
    return found


def _collect(builder: Builder, subject: str) -> BuiltRow:
    """Evaluate the mapped variables of a subject."""
    mapping, evaluator, first = builder.mapping, builder.evaluator, builder.context.first[subject]
    numbers = {item.name for item in domain_variables("DM") if item.type == "number"}
    used, values = Used(), dict[str, Value]()
    for name, source in mapping.subject.items():
        text = evaluator.of_subject(source, subject, used, f"[subject] {name}")
        fields = list_fields(source)
        values[name] = (
            evaluator.number(text, first, fields[0] if fields else name) if name in numbers else text or None
        )
    qualifiers = []
    for item in mapping.subject_supplements:
        place = Used()
        text = evaluator.of_subject(item.value, subject, place, f"[subject] {item.qnam}")
        if text:
            qualifiers.append(Qualifier(item, text, place))
    file, row = next(((file, row) for file, row, _ in used.places), (first.file, first.row))
    return BuiltRow(subject, values, used.origin(file, row), qualifiers)


def _identify(builder: Builder, built: BuiltRow, study: str) -> None:
    values, first = built.values, builder.context.first[built.subject]
    values["SUBJID"] = values.get("SUBJID") or built.subject
    if not values.get("SITEID"):
        field = (
            next(iter(list_fields(builder.mapping.subject["SITEID"])), "")
            if "SITEID" in builder.mapping.subject
            else ""
        )
        builder.complaints.cell(
            first, field, "missing-site", "no site of this subject", "the site", "Enter the site."
        )
    values["USUBJID"] = f"{study}-{values.get('SITEID') or ''}-{values['SUBJID']}"


def _check_unique(builder: Builder, found: Mapping[str, BuiltRow]) -> None:
    seen: dict[Value, str] = {}
    for subject, built in found.items():
        name = built.values["USUBJID"]
        if name in seen:
            builder.complaints.cell(
                builder.context.first[subject], builder.forms.subject_field, "subject-twice",
                "the identifier of another subject", "one identifier for each subject",
                "Correct the mapping of SUBJID and SITEID, or the data.",
            )  # fmt: skip
        seen[name] = subject


def _derive(values: dict[str, Value], rows: _Rows, protocol: "Protocol") -> None:
    """Fill in what is derived and not mapped."""
    doses = rows.texts("EX", "EXSTDTC")
    ends = rows.texts("EX", "EXENDTC") or doses
    ended = rows.texts("DS", "DSSTDTC", DSCAT=_DISPOSITION)
    contacts = sorted([*rows.texts("SV", "SVENDTC"), *rows.texts("DS", "DSSTDTC")])
    derived: dict[str, str | None] = {
        "RFSTDTC": _first(doses),
        "RFXSTDTC": _first(doses),
        "RFXENDTC": _last(ends),
        "RFICDTC": _first(rows.texts("DS", "DSSTDTC", DSDECOD=_CONSENT)),
        "RFENDTC": _last(ended) if doses else None,
        "RFPENDTC": _last(contacts),
        "DTHDTC": _last(
            [*rows.texts("DS", "DSSTDTC", DSDECOD=_DEATH), *rows.texts("AE", "AEENDTC", AEOUT=_FATAL)]
        ),
    }
    for name, value in derived.items():
        if name not in values:
            values[name] = value
    died = bool(
        values["DTHDTC"]
        or rows.texts("DS", "DSDECOD", DSDECOD=_DEATH)
        or rows.texts("AE", "AEOUT", AEOUT=_FATAL)
    )
    values.setdefault("DTHFL", "Y" if died else None)
    if values.get("AGE") is None:
        values["AGE"] = whole_years(values.get("BRTHDTC"), values.get("RFICDTC"))
    values.setdefault("AGEU", None if values["AGE"] is None else "YEARS")
    _derive_arms(values, rows, protocol, treated=bool(doses))


def _derive_arms(values: dict[str, Value], rows: _Rows, protocol: "Protocol", *, treated: bool) -> None:
    if rows.texts("DS", "DSDECOD", DSDECOD=_FAILURE):
        values["ARMCD"] = None
    values.setdefault("ARMCD", None)
    values.setdefault("ACTARMCD", values["ARMCD"] if treated else None)
    for code, name in (("ARMCD", "ARM"), ("ACTARMCD", "ACTARM")):
        arm = protocol.arm(str(values[code])) if values[code] else None
        values.setdefault(name, None if arm is None else arm.name)


def _first(texts: Iterable[str]) -> str | None:
    return min(texts, default=None)


def _last(texts: Iterable[str]) -> str | None:
    return max(texts, default=None)


def whole_years(birth: Value, day: Value) -> float | None:
    """Return completed years from one date to another; None unless both are complete.

    >>> whole_years("1960-02-29", "2023-02-28"), whole_years("1960-02-29", "2023-03-01")
    (62.0, 63.0)
    """
    one, other = (parse_date(text) if isinstance(text, str) else None for text in (birth, day))
    if one is None or other is None:
        return None
    parts = (one.year, one.month, one.day, other.year, other.month, other.day)
    if None in parts:
        return None
    year, month, on, then, later, at = (int(part or 0) for part in parts)
    return float(then - year - ((later, at) < (month, on)))
