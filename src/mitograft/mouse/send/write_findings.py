"""Measurements: BW, XF, LB, OM, MI and CL of a study."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mitograft.mouse.send.domain import Value
from mitograft.mouse.send.layouts import CHEMISTRY, LAYOUTS, Layout, Row, category_of, make_codes
from mitograft.mouse.send.study import PlainStudy, Supplement
from mitograft.tables.check import parse_number

__all__ = ["LEFT_EMPTY", "MUSCLE", "write_findings"]

Record = dict[str, Value]

LEFT_EMPTY = "left_empty"
"""Supplemental qualifier: the cell was empty; the limit the value lies beyond stands in its place."""

MUSCLE = "MUSCLE, SKELETAL"
_EXAMINED = ("MIEXAM", "Microscopic Examination")
_SIGNS = ("CS", "Clinical Signs")


@dataclass
class _Book:
    """Records by domain, numbered within each subject, and their supplements."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    supplements: list[Supplement] = field(default_factory=list)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def enter(self, domain: str, subject: Mapping[str, str], record: Record, further: Row) -> None:
        """Give a record its number and keep what has no variable beside it."""
        key = domain, next(iter(subject.values()))
        number = self.numbers[key] = self.numbers.get(key, 0) + 1
        self.records.setdefault(domain, []).append({**subject, f"{domain}SEQ": float(number), **record})
        self.supplements += [
            Supplement(domain, subject, number, name, text) for name, text in further.items()
        ]


def write_findings(study: PlainStudy) -> tuple[dict[str, list[Record]], list[Supplement]]:
    """Return the records of the domains, and what of the tables has no variable."""
    book = _Book()
    codes = _laboratory_codes(study)
    for layout in LAYOUTS:
        rows = study.rows.get(layout.table, [])
        names = make_codes([row.get(layout.test, "") for row in rows]) if layout.domain == "XF" else codes
        for row in rows:
            chemistry = layout.domain == "XF" and category_of(row.get(layout.test, "")) == CHEMISTRY
            _measurement(book, study, row, layout, ("LB", codes) if chemistry else (layout.domain, names))
    features = make_codes([row["feature"] for row in study.rows.get("scores", []) if "feature" in row])
    for row in study.rows.get("scores", []):
        _grade(book, study, row, features)
    for row in study.rows.get("observations", []):
        _sign(book, study, row)
    return book.records, book.supplements


def _laboratory_codes(study: PlainStudy) -> dict[str, str]:
    """Return one short name for each test of LB, over all tables that go there."""
    names: list[str] = []
    for layout in LAYOUTS:
        column = [row.get(layout.test, "") for row in study.rows.get(layout.table, [])]
        if layout.domain == "LB":
            names += column
        elif layout.domain == "XF":
            names += [name for name in column if category_of(name) == CHEMISTRY]
    return make_codes(names)


def _measurement(
    book: _Book, study: PlainStudy, row: Row, layout: Layout, target: tuple[str, Mapping[str, str]]
) -> None:
    prefix, codes = target
    record = _when(study, row, prefix)
    name = row.get(layout.test, "")
    code, words = layout.fixed_test if not layout.test else (codes[name], name)
    record |= {f"{prefix}TESTCD": code, f"{prefix}TEST": words}
    if prefix == "LB":
        record["LBCAT"] = layout.category or CHEMISTRY
    record |= {f"{prefix}{variable}": row.get(c, "") for c, variable in layout.qualifiers.items()}
    further = {name: text for name, text in row.items() if name not in {*layout.columns, "excluded"}}
    result, why = row.get(layout.value, ""), row.get("excluded", "")
    if not result and not why and _beyond(row):
        result, further[LEFT_EMPTY] = _beyond(row), "yes"
    unit = layout.fixed_unit or row.get(layout.unit, "")
    if result:
        number = parse_number(result)
        record |= {f"{prefix}ORRES": result, f"{prefix}ORRESU": unit, f"{prefix}STRESC": result}
        record |= {f"{prefix}STRESN": float("nan") if number is None else number, f"{prefix}STRESU": unit}
        if why:
            record |= {f"{prefix}EXCLFL": "Y", f"{prefix}REASEX": why}
    else:
        record |= {f"{prefix}STAT": "NOT DONE", f"{prefix}REASND": why, f"{prefix}ORRESU": unit}
    book.enter(prefix, study.subject(row.get("animal", "")), record, further)


def _beyond(row: Row) -> str:
    """Return the limit an empty value is said to lie below ('<12.5') or above ('>5000'); empty for none."""
    sign, column = {"below": ("<", "lloq"), "above": (">", "uloq")}.get(row.get("flag", ""), ("", ""))
    return f"{sign}{row[column]}" if column in row else ""


def _when(study: PlainStudy, row: Row, prefix: str) -> Record:
    when = row.get("date", "")
    return {f"{prefix}DTC": when, f"{prefix}DY": study.day(row.get("animal", ""), when)}


def _grade(book: _Book, study: PlainStudy, row: Row, features: Mapping[str, str]) -> None:
    record = _when(study, row, "MI")
    code, words = (features[row["feature"]], row["feature"]) if "feature" in row else _EXAMINED
    record |= {
        "MITESTCD": code, "MITEST": words, "MISPEC": MUSCLE,
        "MIANTREG": row.get("muscle", ""), "MIREFID": row.get("block", ""),
    }  # fmt: skip
    grade = row.get("grade", "")
    told = {"animal", "date", "muscle", "block", "grade", "feature"}
    if grade:
        number = parse_number(grade)
        seen = study.severity.get(f"{number:g}" if number is not None else grade, f"GRADE {grade}")
        bonus = ", with bonus" if row.get("bonus") == "yes" else ""
        record |= {"MIORRES": f"grade {grade}{bonus}", "MISTRESC": seen, "MISEV": grade}
    else:
        told.add("excluded")
        record |= {"MISTAT": "NOT DONE", "MIREASND": row.get("excluded", "")}
    further = {name: text for name, text in row.items() if name not in told}
    book.enter("MI", study.subject(row.get("animal", "")), record, further)


def _sign(book: _Book, study: PlainStudy, row: Row) -> None:
    """Enter a clinical sign (observations: animal, date, sign, severity)."""
    sign = row.get("sign", "")
    record = _when(study, row, "CL") | {
        "CLTESTCD": _SIGNS[0], "CLTEST": _SIGNS[1], "CLCAT": "CLINICAL SIGNS",
        "CLORRES": sign, "CLSTRESC": sign, "CLSEV": row.get("severity", ""),
    }  # fmt: skip
    if not sign:
        record["CLSTAT"] = "NOT DONE"
    further = dict(_others(row, {"animal", "date", "sign", "severity"}))
    book.enter("CL", study.subject(row.get("animal", "")), record, further)


def _others(row: Row, told: set[str]) -> Iterator[tuple[str, str]]:
    yield from ((name, text) for name, text in row.items() if name not in told)
