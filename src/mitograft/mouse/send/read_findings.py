"""BW, XF, LB, OM, MI and CL to the plain tables of measurements."""

import re
from collections.abc import Mapping
from fractions import Fraction

from mitograft.errors import UsageError, describe_cell
from mitograft.mouse.send.domain import Domain
from mitograft.mouse.send.layouts import CHEMISTRY, LAYOUTS, Layout, Row
from mitograft.mouse.send.records import Import, as_table
from mitograft.mouse.send.write_findings import LEFT_EMPTY
from mitograft.tables.check import parse_number
from mitograft.tables.contract import RawTable
from mitograft.tables.typed import number_text
from mitograft.units import conversion_factor

__all__ = ["read_findings"]

_SCORES = ("animal", "date", "muscle", "block", "rater", "grade", "bonus")
_SIGNS = ("animal", "date", "sign", "severity")
_OF = re.compile(r"\s*(\d+(?:\.\d+)?)\s+OF\s+\d+\s*", re.IGNORECASE)
_NORMAL = frozenset({"UNREMARKABLE", "NORMAL"})
_NO_TABLE = "No table of a study folder holds such results."


def read_findings(folder: Import, severity: Mapping[str, float]) -> dict[str, RawTable]:
    """Return the tables of measurements that have a record.

    ``severity`` gives the grade of a severity in words (MISEV), in small letters.
    """
    tables: dict[str, RawTable] = {}
    for layout in LAYOUTS:
        rows = _measurements(folder, layout)
        if rows:
            sources = dict.fromkeys(source for source, _, _ in rows)
            kept = [(number, row) for _, number, row in rows]
            tables[layout.table] = as_table(", ".join(sources), kept, layout.columns)
    scores, signs = _scores(folder, severity), _observations(folder)
    if scores:
        tables["scores"] = as_table("mi.xpt", scores, _SCORES)
    if signs:
        tables["observations"] = as_table("cl.xpt", signs, _SIGNS)
    for laboratory, index in folder.records("LB"):
        if _table_of(laboratory, index) is None:
            what = f"results of the category {laboratory.text('LBCAT', index) or '(none)'}"
            folder.leave(laboratory, "not-imported", what, _NO_TABLE)
    return tables


def _table_of(domain: Domain, index: int) -> str | None:
    """Return the table a laboratory result goes to; None for none."""
    category = domain.text("LBCAT", index).upper()
    by_category = {layout.category: layout.table for layout in LAYOUTS if layout.category}
    return "function" if category == CHEMISTRY else by_category.get(category)


def _measurements(folder: Import, layout: Layout) -> list[tuple[str, int, Row]]:
    # Function tests first, then the enzymes that went to the laboratory.
    names = dict.fromkeys((layout.domain, "LB" if layout.table == "function" else layout.domain))
    return [
        (domain.file, index + 1, _measurement(folder, domain, index, layout))
        for name in names
        for domain, index in folder.records(name)
        if _belongs(folder, domain, index, layout)
    ]


def _belongs(folder: Import, domain: Domain, index: int, layout: Layout) -> bool:
    if domain.name == "LB":
        return _table_of(domain, index) == layout.table
    code = domain.text(f"{domain.prefix}TESTCD", index)
    if layout.test or code == layout.fixed_test[0]:
        return True
    folder.leave(domain, "not-imported", f"results of the test {code}", _NO_TABLE)
    return False


def _measurement(folder: Import, domain: Domain, index: int, layout: Layout) -> Row:
    p, row = domain.prefix, folder.further(domain, index)
    told = {c: domain.text(f"{p}{variable}", index) for c, variable in layout.qualifiers.items()}
    row |= {name: text for name, text in told.items() if text}
    row |= {"animal": folder.animal(domain, index), "date": folder.day(domain, index)}
    if layout.test:
        row[layout.test] = domain.text(f"{p}TEST", index)
    value, unit = domain.text(f"{p}ORRES", index), domain.text(f"{p}ORRESU", index)
    if not value:
        value = domain.text(f"{p}STRESC", index) or domain.text(f"{p}STRESN", index)
        unit = domain.text(f"{p}STRESU", index) or unit
    if layout.unit:
        row[layout.unit] = unit
    elif value and unit != layout.fixed_unit:
        value = _convert(folder, domain, index, layout, value, unit)
    if row.pop(LEFT_EMPTY, "") != "yes":
        row[layout.value] = value
    limit = domain.text(f"{p}LLOQ", index)
    if limit:
        row.setdefault("lloq", limit)
    excluded = domain.text(f"{p}REASEX", index) or domain.text(f"{p}REASND", index)
    flagged = domain.text(f"{p}EXCLFL", index) == "Y" or domain.text(f"{p}STAT", index) == "NOT DONE"
    if excluded:
        row["excluded"] = excluded
    elif flagged and value:
        row["excluded"] = "excluded, without a reason"
    return {name: text for name, text in row.items() if text}


def _convert(folder: Import, domain: Domain, index: int, layout: Layout, value: str, unit: str) -> str:
    """Return a value in the unit of the table; note what cannot be converted."""
    if parse_number(value) is None:
        return value  # the reader of the table refuses it
    try:
        factor = conversion_factor(unit, layout.fixed_unit)
    except UsageError:
        words = (
            f"the unit {describe_cell(unit)}",
            f"a unit of mass, such as {layout.fixed_unit}",
            "Correct it.",
        )
        folder.wrong(domain, "unit", words, index, f"{domain.prefix}ORRESU")
        return ""
    # Exact, so that 0.0204 kg is 20.4 g.
    return number_text(float(Fraction(value.strip()) * factor))


def _scores(folder: Import, severity: Mapping[str, float]) -> list[tuple[int, Row]]:
    rows: list[tuple[int, Row]] = []
    for domain, index in folder.records("MI"):
        row = folder.further(domain, index)
        row |= {
            "animal": folder.animal(domain, index),
            "date": folder.day(domain, index),
            "muscle": domain.text("MIANTREG", index) or domain.text("MISPEC", index),
            "block": domain.text("MIREFID", index) or domain.text("MISPID", index) or "1",
        }
        if domain.text("MITESTCD", index) != "MIEXAM":
            row["feature"] = domain.text("MITEST", index)
        row.setdefault("rater", domain.text("MIEVAL", index) or "not stated")
        if domain.text("MISTAT", index):
            row.setdefault("excluded", domain.text("MIREASND", index) or "not done")
        else:
            row["grade"] = _grade(folder, domain, index, severity)
        rows.append((index + 1, {name: text for name, text in row.items() if text}))
    return rows


def _grade(folder: Import, domain: Domain, index: int, severity: Mapping[str, float]) -> str:
    text = domain.text("MISEV", index)
    graded = _OF.fullmatch(text)
    if graded:
        return graded.group(1)
    if text.casefold() in severity:
        return f"{severity[text.casefold()]:g}"
    if not text and domain.text("MISTRESC", index).upper() in _NORMAL:
        return "0"
    if parse_number(text) is None:
        words = (
            "a severity in words" if text else "no severity",
            "a grade, '2 OF 5', or UNREMARKABLE", "Say which grade each word is (severity).",
        )  # fmt: skip
        folder.wrong(domain, "severity-in-words", words, index, "MISEV")
        return ""
    return text


def _observations(folder: Import) -> list[tuple[int, Row]]:
    rows: list[tuple[int, Row]] = []
    for domain, index in folder.records("CL"):
        row = folder.further(domain, index) | {
            "animal": folder.animal(domain, index),
            "date": folder.day(domain, index),
            "sign": domain.text("CLSTRESC", index) or domain.text("CLORRES", index),
            "severity": domain.text("CLSEV", index),
        }
        rows.append((index + 1, {name: text for name, text in row.items() if text}))
    return rows
