"""What one cell, one variable and one domain must keep by themselves."""

import re
from collections.abc import Iterator

from mitograft.errors import Violation, describe_cell
from mitograft.mouse.send.domain import Domain, domain_variables

__all__ = ["NOT_ASCII", "check_values", "fault"]

NOT_ASCII = "not-ascii"
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,7}")
_LABEL, _BYTES = 40, 200
_ISO = re.compile(
    r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3])(:[0-5]\d(:[0-5]\d(\.\d+)?)?)?)?)?)?"
)


def fault(
    domain: Domain, rule: str, words: tuple[str, str, str], row: int | None = None, column: str | None = None
) -> Violation:
    """Return a violation in a domain; ``words`` are what was found and expected, and what to do.

    ``row`` counts from 0, as records do in memory.
    """
    return Violation(rule, *words, domain.file, None if row is None else row + 1, column)


def check_values(domain: Domain) -> Iterator[Violation]:
    """Yield what is wrong with names, labels, types, lengths, dates and required variables of a domain."""
    for name in domain.columns:
        yield from _check_heading(domain, name)
        yield from _check_cells(domain, name)
    yield from _check_required(domain)


def _check_heading(domain: Domain, name: str) -> Iterator[Violation]:
    if not _NAME.fullmatch(name):
        words = "a name outside the format", "a letter and up to 7 letters or digits", "Rename the variable."
        yield fault(domain, "variable-name", words, column=name[:_LABEL])
    label = domain.labels.get(name, "")
    if not 1 <= len(label) <= _LABEL:
        words = f"a label of {len(label)} characters", f"1 to {_LABEL} characters", "Correct the label."
        yield fault(domain, "variable-label", words, column=name)


def _check_cells(domain: Domain, name: str) -> Iterator[Violation]:
    for index, cell in enumerate(domain.columns[name]):
        if not isinstance(cell, str):
            continue
        size = len(cell.encode())
        if size > _BYTES:
            words = f"text of {size} bytes", f"at most {_BYTES}", "Shorten the text, or split it."
            yield fault(domain, "too-long", words, index, name)
        if not cell.isascii():
            words = (
                "letters outside ASCII",
                "plain letters (ug, not the micro sign)",
                "Write it in plain letters.",
            )
            yield fault(domain, NOT_ASCII, words, index, name)
        if name.endswith("DTC") and cell and not _ISO.fullmatch(cell):
            words = describe_cell(cell), "a date of ISO 8601 (YYYY-MM-DD)", "Correct the date."
            yield fault(domain, "not-iso-8601", words, index, name)


def _check_required(domain: Domain) -> Iterator[Violation]:
    for variable in domain_variables(domain.name):
        cells = domain.columns.get(variable.name)
        if cells is None:
            if variable.required:
                words = "no such variable", f"{variable.name} ({variable.label})", "Add the variable."
                yield fault(domain, "missing-variable", words, column=variable.name)
            continue
        if any(isinstance(cell, str) == variable.number for cell in cells):
            kind = "numbers" if variable.number else "text"
            words = "the other type", f"{kind} in {variable.name}", "Store the variable in its own type."
            yield fault(domain, "variable-type", words, column=variable.name)
        for index in range(len(domain)) if variable.required else ():
            if not domain.text(variable.name, index):
                words = "no value", f"a value of {variable.name} ({variable.label})", "Fill it in."
                yield fault(domain, "required-empty", words, index, variable.name)
