"""Read cytokines.csv, or take what the plate reader gave, into concentrations of mice."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mitograft.errors import InputError, UsageError, Violation
from mitograft.evidence.finding import Finding
from mitograft.mouse.animals import Colony
from mitograft.mouse.cytokines.check import check_cytokines
from mitograft.mouse.cytokines.contract import Concentration, Cytokines, Side, analyte_id
from mitograft.tables.contract import RawTable
from mitograft.tables.read import read_table

__all__ = ["PlateValue", "cytokines_of", "cytokines_of_plates", "read_cytokines"]

_EXCLUDED = re.compile(r"(below|above) the limit of quantification, ([0-9.eE+-]+)")


def read_cytokines(path: Path, colony: Colony) -> Cytokines:
    """Read a table of cytokines.

    Raises
    ------
    InputError
        With every violation: unknown mice, dates before birth or after the mouse left, a value below a limit
        that is not given, a flag that contradicts its value, two units or spellings of one analyte.
    """
    return cytokines_of(read_table(path), colony)


def cytokines_of(raw: RawTable, colony: Colony) -> Cytokines:
    """Do the same with a table that is already read; see ``read_cytokines``."""
    values, excluded, violations = check_cytokines(raw, colony)
    if violations:
        raise InputError(raw.source, violations)
    findings = tuple(
        Finding(
            "measurement-excluded", "note", raw.source, place,
            f"{count} value{'s' if count > 1 else ''} left out for the reason given in the file",
            "Nothing to do if the reason was fixed before the data were seen.",
        )
        for place, count in Counter(excluded).items()
    )  # fmt: skip
    return Cytokines(values, raw.source, findings)


@dataclass(frozen=True, slots=True)
class PlateValue:
    """A concentration read off a plate, in plain values.

    Parameters
    ----------
    animal
        Identifier of the mouse: the sample name of the plate layout.
    analyte
        Name of the analyte.
    value, unit
        Concentration, already multiplied by the dilution; NaN where there is none.
    excluded
        Why it is left out; ``below the limit of quantification, 12.5 pg/mL`` makes it a censored value.
    limit
        The limit itself, where it is known more exactly than the words give it.
    when
        Day the sample was taken; None takes the last day of the mouse in the study.
    place
        Plate and well, for messages.
    """

    animal: str
    analyte: str
    value: float
    unit: str
    excluded: str = ""
    limit: float = math.nan
    when: date | None = None
    place: str = ""


def cytokines_of_plates(values: Iterable[PlateValue], colony: Colony, source: str) -> Cytokines:
    """Take values from the plate reader.

    Raises
    ------
    InputError
        With every value whose mouse is unknown, whose day cannot be told or lies outside the life of the
        mouse, and every second unit of an analyte.
    """
    found: list[Concentration] = []
    findings: list[Finding] = []
    violations: list[Violation] = []
    units: dict[str, str] = {}
    for one in values:
        problems = list(_problems(one, colony, units, source))
        violations += problems
        if problems:
            continue
        made = _concentration(one, colony)
        if made is not None:
            found.append(made)
            continue
        findings.append(
            Finding(
                "value-left-out", "note", source, f"{one.place} {one.animal}, {one.analyte}".strip(),
                one.excluded or "no concentration above 0", "It is missing, not censored.",
            )
        )  # fmt: skip
    if violations:
        raise InputError(source, violations)
    return Cytokines(tuple(found), source, tuple(findings))


def _problems(one: PlateValue, colony: Colony, units: dict[str, str], source: str) -> Iterable[Violation]:
    mouse, where = colony.animals.get(one.animal), f" at {one.place}" if one.place else ""
    if mouse is None:
        yield Violation(
            "unknown-animal", f"a sample{where} that is no animal of {colony.source}",
            "sample names of the layout that are identifiers of mice",
            "Correct the layout, or add the mouse.", source,
        )  # fmt: skip
        return
    when = one.when or mouse.end_date
    if when is None:
        yield Violation(
            "no-date", f"a sample{where} without a date, of a mouse without an end_date",
            "the day the sample was taken",
            f"Give the end_date in {colony.source}, or the values in cytokines.csv.", source,
        )  # fmt: skip
    elif when < mouse.birth_date or (mouse.end_date is not None and when > mouse.end_date):
        yield Violation(
            "dates-out-of-order", f"a sample{where} of a day outside the life of its mouse in the study",
            "a day between birth and end", "Correct the date or the sample.", source,
        )  # fmt: skip
    known = units.setdefault(analyte_id(one.analyte), one.unit)
    if known != one.unit:
        yield Violation(
            "two-units", f"a value{where} in another unit than the first of its analyte",
            "one unit for each analyte", "Use one unit in the layouts.", source,
        )  # fmt: skip


def _concentration(one: PlateValue, colony: Colony) -> Concentration | None:
    """Return a measured or censored concentration; None where it is missing."""
    mouse = colony.animals[one.animal]
    when = one.when or mouse.end_date
    if when is None:
        raise UsageError("Cytokines: a sample without a day.")
    said = _EXCLUDED.match(one.excluded)
    name, day = analyte_id(one.analyte), mouse.day(when)
    if said:
        limit = one.limit if one.limit > 0.0 else float(said[2])
        side: Side = "below" if said[1] == "below" else "above"
        return Concentration(one.animal, day, name, one.analyte, limit, one.unit, side, one.place)
    if one.excluded or not one.value > 0.0:
        return None
    return Concentration(one.animal, day, name, one.analyte, one.value, one.unit, "", one.place)
