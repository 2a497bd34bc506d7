"""What the results, tests and days of one domain must keep."""

import math
import re
from collections.abc import Iterator
from datetime import date

from mitograft.errors import Violation, describe_cell
from mitograft.mouse.send.check_values import fault
from mitograft.mouse.send.domain import Domain, domain_kind, iso_date, study_day
from mitograft.tables.check import parse_number

__all__ = ["check_results"]

_CODE = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")
_TEST, _CLOSE = 40, 1e-9


def check_results(domain: Domain, subjects: Domain | None) -> Iterator[Violation]:
    """Yield what is wrong with tests, results, units, status and days; ``subjects`` is DM."""
    if domain.prefix and domain_kind(domain.name) in {"findings", ""}:
        yield from _check_tests(domain)
        for index in range(len(domain)):
            yield from _check_result(domain, index)
    references = _references(subjects)
    for start in [name for name in domain.columns if name.endswith("DTC")]:
        day = f"{start.removesuffix('DTC')}DY"
        if domain.prefix and start.startswith(domain.prefix):
            for index in range(len(domain)):
                yield from _check_day(domain, index, (start, day), references)


def _references(subjects: Domain | None) -> dict[str, date]:
    found: dict[str, date] = {}
    for index in range(len(subjects) if subjects is not None else 0):
        day = iso_date(subjects.text("RFSTDTC", index)) if subjects is not None else None
        if day is not None and subjects is not None:
            found[subjects.text("USUBJID", index)] = day
    return found


def _check_tests(domain: Domain) -> Iterator[Violation]:
    short, long = f"{domain.prefix}TESTCD", f"{domain.prefix}TEST"
    if short not in domain.columns:
        return
    names: dict[str, str] = {}
    codes: dict[str, str] = {}
    for index in range(len(domain)):
        code, name = domain.text(short, index), domain.text(long, index)
        if code and not _CODE.fullmatch(code):
            words = describe_cell(code), "1 to 8 capital letters, digits or _, no digit first", "Correct it."
            yield fault(domain, "test-code", words, index, short)
        if len(name) > _TEST:
            words = f"a name of {len(name)} characters", f"at most {_TEST}", "Shorten the name of the test."
            yield fault(domain, "test-name", words, index, long)
        if code and name and (names.setdefault(code, name), codes.setdefault(name, code)) != (name, code):
            words = (
                "a test with two short names, or two tests with one",
                "one each",
                "Correct one of the two.",
            )
            yield fault(domain, "test-code-pair", words, index, short)


def _check_result(domain: Domain, index: int) -> Iterator[Violation]:
    p = domain.prefix
    collected, status = domain.text(f"{p}ORRES", index), domain.text(f"{p}STAT", index)
    text, number = domain.text(f"{p}STRESC", index), domain.number(f"{p}STRESN", index)
    if status and status != "NOT DONE":
        words = describe_cell(status), "NOT DONE, or nothing", "Correct the status."
        yield fault(domain, "status", words, index, f"{p}STAT")
    if bool(collected) == bool(status):
        found = "a result of a test that was not done" if collected else "no result"
        words = found, "a result, or the status NOT DONE", "Fill in one of the two."
        yield fault(domain, "result-or-status", words, index, f"{p}ORRES")
    if collected and not text:
        words = "no standardized result", "one for each result", "Fill it in."
        yield fault(domain, "no-standard-result", words, index, f"{p}STRESC")
    said = parse_number(text) if text else None
    known = not math.isnan(number)
    if f"{p}STRESN" in domain.columns and said is not None:
        if not known or not math.isclose(said, number, rel_tol=_CLOSE):
            words = "another number than --STRESC", "the same number", "Correct one of the two."
            yield fault(domain, "numeric-result", words, index, f"{p}STRESN")
    elif known and said is None:
        words = "a number where --STRESC has none", "the same result in both", "Correct one of the two."
        yield fault(domain, "numeric-result", words, index, f"{p}STRESN")
    if known and not domain.text(f"{p}STRESU", index):
        words = "a number without a unit", "a unit (1 for a pure number)", "Fill it in."
        yield fault(domain, "no-unit", words, index, f"{p}STRESU")


def _check_day(
    domain: Domain, index: int, names: tuple[str, str], references: dict[str, date]
) -> Iterator[Violation]:
    when, day = iso_date(domain.text(names[0], index)), domain.number(names[1], index)
    reference = references.get(domain.text("USUBJID", index))
    if day == 0:
        words = "study day 0", "1 on the day of RFSTDTC, -1 the day before it", "Number the days anew."
        yield fault(domain, "day-zero", words, index, names[1])
    elif when is not None and reference is not None and day != study_day(when, reference):
        right = study_day(when, reference)
        found = "no study day" if math.isnan(day) else f"study day {day:g}"
        words = found, f"{right}, from {names[0]} and RFSTDTC", "Correct the day or one of the dates."
        yield fault(domain, "study-day", words, index, names[1])
