"""Cytokines of mice read off plates: the plate reader of the cell assays, the mice as its samples."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from mitograft.assays.plate.derive import plate_rules
from mitograft.assays.plate.results import Concentration
from mitograft.errors import InputError, Violation
from mitograft.mouse.animals import Colony
from mitograft.mouse.cytokines.contract import Cytokines
from mitograft.mouse.cytokines.read import PlateValue, cytokines_of_plates
from mitograft.study.assay_files import analyse_plate_part
from mitograft.study.config import StudyConfig
from mitograft.study.config_invitro import PlatePart
from mitograft.study.config_mouse import MousePlatePart
from mitograft.study.mistakes import Mistakes
from mitograft.study.read_each import Broken
from mitograft.tables.parameters import Parameters

__all__ = ["PLATES", "check_mouse_plates", "join_cytokines", "read_mouse_plates"]

PLATES = "plates"
_SIDES = {"<": "below", ">": "above"}


def check_mouse_plates(folder: Path, parts: Sequence[MousePlatePart], mistakes: Mistakes) -> None:
    """Note every plate file of study.toml that is not there."""
    for number, part in enumerate(parts):
        names = [*part.files, *([part.layout] if part.layout else [])]
        absent = [name for name in names if not (folder / PLATES / name).is_file()]
        if absent:
            mistakes.add(
                "no-file", ("mouse", PLATES, number, "files"), f"plate files {', '.join(absent)}",
                f"files in {folder.name}/{PLATES}", "Put them there, or correct their names.",
            )  # fmt: skip


def read_mouse_plates(
    folder: Path, parts: Sequence[MousePlatePart], colony: Colony, config: StudyConfig
) -> list[Cytokines]:
    """Read the plates of every part: standards to curves, samples to concentrations of mice.

    A concentration outside the limits of quantification of its plate becomes a censored value.

    Raises
    ------
    InputError
        With everything that is wrong with files, layouts and mice, over all parts.
    """
    rules = plate_rules().override(config.overrides("plate"))
    broken, found = Broken(), []
    for part in parts:
        made = broken.reading(partial(_read_part, folder / PLATES, part, colony, rules))
        found += [made] if made is not None else []
    broken.raise_any()
    return found


def _read_part(folder: Path, part: MousePlatePart, colony: Colony, rules: Parameters) -> Cytokines:
    asked = PlatePart(files=part.files, layout=part.layout, parameter="cytokine", kind="concentration")
    result = analyse_plate_part(folder, asked, rules)
    values = [_value(one, part.analyte) for one in result.concentrations]
    unnamed = [one for one in result.concentrations if not (one.analyte or part.analyte)]
    if unnamed:
        raise InputError(
            unnamed[0].source,
            [
                Violation(
                    "no-analyte", "a plate of one signal whose analyte has no name", "its name",
                    "Give analyte in [[mouse.plates]] of study.toml.", unnamed[0].source,
                )
            ],
        )  # fmt: skip
    read = cytokines_of_plates(values, colony, ", ".join(part.files))
    return Cytokines(read.values, read.source, result.findings + read.findings)


def _value(one: Concentration, analyte: str) -> PlateValue:
    side = _SIDES.get(one.flag[:1])
    said = f"{side} the limit of quantification, {one.bound:.4g} {one.unit}".rstrip() if side else one.flag
    return PlateValue(
        one.sample,
        one.analyte or analyte,
        one.value,
        one.unit,
        said,
        one.bound,
        place=f"{one.plate} {one.well}".strip(),
    )


def join_cytokines(parts: Sequence[Cytokines]) -> Cytokines:
    """Put the table and the plates together.

    Raises
    ------
    InputError
        If two of them hold the same analyte: one mouse would be counted twice.
    """
    first: dict[str, str] = {}
    violations = []
    for part in parts:
        for analyte in dict.fromkeys(value.analyte for value in part.values):
            if analyte in first:
                violations.append(
                    Violation(
                        "analyte-twice", f"{analyte} here and in {first[analyte]}",
                        "each analyte in one place", "Remove it from one of the two.", part.source,
                    )
                )  # fmt: skip
            first.setdefault(analyte, part.source)
    if violations:
        raise InputError(violations[0].file, violations)
    values = tuple(value for part in parts for value in part.values)
    findings = tuple(finding for part in parts for finding in part.findings)
    return Cytokines(values, ", ".join(part.source for part in parts), findings)
