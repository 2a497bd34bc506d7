"""The files of the cell assays, found in their folders and analysed assay by assay."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mitograft.assays.findings import Finding
from mitograft.assays.plate.check import join_layout
from mitograft.assays.plate.derive import (
    derive_concentrations,
    derive_counts,
    derive_percent,
    plate_rules,
)
from mitograft.assays.plate.dose_response import derive_dose_response
from mitograft.assays.plate.layout import read_layout
from mitograft.assays.plate.read import read_plate_file
from mitograft.assays.plate.results import PlateResult
from mitograft.assays.plate.wells import Well
from mitograft.assays.readings import Reading
from mitograft.assays.samples import Sample
from mitograft.assays.seahorse.analyse import (
    Options,
    SeahorseResult,
    analyse_plates,
    seahorse_parameters,
)
from mitograft.assays.seahorse.read import read_wave
from mitograft.assays.seahorse.wave import WavePlate
from mitograft.assays.uptake.derive import UptakeResult, analyse_uptake
from mitograft.assays.uptake.estimates import load_uptake_parameters
from mitograft.study.config import InvitroPart, PlatePart, StudyConfig
from mitograft.study.mistakes import Mistakes, one_of
from mitograft.study.myotube_fields import (
    IMAGES,
    MyotubeResult,
    analyse_fields,
    check_masks,
    myotube_rules,
    overlay_names,
    read_fields,
)
from mitograft.study.read_each import Broken, read_each
from mitograft.tables.parameters import Parameter, Parameters
from mitograft.tables.read import read_table

__all__ = ["AssayDetails", "MyotubeResult", "analyse_assays", "analyse_plate_part", "overlay_names"]


@dataclass(frozen=True, repr=False)
class AssayDetails:
    """What each assay gave; None (or empty) where the study has no such files."""

    waves: tuple[WavePlate, ...] = ()
    seahorse: SeahorseResult | None = None
    plates: PlateResult | None = None
    myotube: MyotubeResult | None = None
    uptake: UptakeResult | None = None
    plate_flags: tuple[Parameter, ...] = field(default=())

    def readings(self) -> tuple[Reading, ...]:
        """Return the readings of all assays."""
        parts = (self.seahorse, self.plates, self.myotube, self.uptake)
        return tuple(reading for part in parts if part is not None for reading in part.readings)

    def findings(self) -> tuple[Finding, ...]:
        """Return the findings of all assays."""
        parts = (self.seahorse, self.plates, self.myotube, self.uptake)
        return tuple(finding for part in parts if part is not None for finding in part.findings)

    def flagged(self) -> tuple[tuple[str, Parameter], ...]:
        """Return the unconfirmed values in use, with the assay each belongs to."""
        parts = (("Seahorse", self.seahorse), ("myotube images", self.myotube), ("uptake", self.uptake))
        found = [(name, p) for name, part in parts if part is not None for p in part.flagged]
        return (*found, *(("plate assays", p) for p in self.plate_flags))


def analyse_assays(
    folder: Path, config: StudyConfig, samples: Sequence[Sample], mistakes: Mistakes, broken: Broken
) -> AssayDetails:
    """Analyse every assay that has files in the folder, as ``[invitro]`` and ``[parameters]`` ask.

    Raises
    ------
    InputError
        If a file breaks a rule; of several broken files all are listed together.
    StudyError
        If study.toml names files or wells that are not there; lists all of them.
    """
    part = config.invitro or InvitroPart()
    images = _files(folder / "myotubes", IMAGES)
    _check_names(folder, config, images, mistakes)
    mistakes.raise_any()
    stages = part.seahorse.stages or None
    books = _files(folder / "seahorse", (".xlsx",))
    waves = broken.reading(lambda: read_each(books, lambda path: read_wave(path, stages=stages))) or []
    rules = plate_rules().override(config.overrides("plate"))
    plates = broken.reading(lambda: _plates(folder / "plates", part.plates, rules))
    fused = myotube_rules(part.myotube, config.overrides("myotube"))
    fields = broken.reading(lambda: read_fields(images, part.myotube)) or []
    uptake = broken.reading(lambda: _uptake(folder / "uptake", config))
    broken.raise_any()
    _check_wells(part, waves, mistakes)
    mistakes.raise_any()
    return AssayDetails(
        waves=tuple(waves),
        seahorse=analyse_plates(waves, _options(config, part)) if waves else None,
        plates=plates,
        myotube=analyse_fields(fields, part, fused, samples, folder / "myotubes"),
        uptake=uptake,
        plate_flags=rules.flagged() if plates else (),
    )


def _uptake(folder: Path, config: StudyConfig) -> UptakeResult | None:
    if not folder.is_dir() or not any(folder.iterdir()):
        return None
    return analyse_uptake(folder, load_uptake_parameters().override(config.overrides("uptake")))


def _options(config: StudyConfig, part: InvitroPart) -> Options:
    own = part.seahorse
    return Options(
        rule=part.rule,
        rates=own.rates,
        outliers=own.outliers,
        exclusions={(e.file, e.well): e.reason for e in own.exclusions},
        parameters=seahorse_parameters().override(config.overrides("seahorse")),
    )


def _check_names(folder: Path, config: StudyConfig, images: Sequence[Path], mistakes: Mistakes) -> None:
    """Note everything of study.toml that names a file which is not there."""
    part = config.invitro or InvitroPart()
    for number, plate in enumerate(part.plates):
        names = [*plate.files, *([plate.layout] if plate.layout else [])]
        absent = [name for name in names if not (folder / "plates" / name).is_file()]
        if absent:
            mistakes.add(
                "no-file", ("invitro", "plates", number, "files"), f"plate files {', '.join(absent)}",
                f"files in {folder.name}/plates", "Put them there, or correct their names.",
            )  # fmt: skip
    books = [path.name for path in _files(folder / "seahorse", (".xlsx",))]
    for number, exclusion in enumerate(part.seahorse.exclusions):
        if exclusion.file not in books:
            mistakes.add(
                "no-file", ("invitro", "seahorse", "exclusions", number, "file"),
                f"an exclusion in {exclusion.file!r}", one_of(books, exclusion.file), "Correct the file.",
            )  # fmt: skip
    check_masks(folder / "myotubes", part.myotube, images, mistakes)
    if part.myotube.minimum_nuclei is not None and "minimum_nuclei" in config.overrides("myotube"):
        mistakes.add(
            "said-twice", ("invitro", "myotube", "minimum_nuclei"), "minimum_nuclei here and in [parameters]",
            "it once", "Remove one of the two.",
        )  # fmt: skip


def _check_wells(part: InvitroPart, waves: Sequence[WavePlate], mistakes: Mistakes) -> None:
    """Note exclusions of wells that a plate does not have, and roles of stages that no workbook has."""
    wells = {wave.source: wave.wells for wave in waves}
    for number, exclusion in enumerate(part.seahorse.exclusions):
        if exclusion.well not in wells[exclusion.file]:
            mistakes.add(
                "no-well", ("invitro", "seahorse", "exclusions", number, "well"),
                f"an exclusion of {exclusion.well} in {exclusion.file}",
                f"a well from {wells[exclusion.file][0]} to {wells[exclusion.file][-1]}",
                "Correct the well.",
            )  # fmt: skip
    names = [stage.name for wave in waves for stage in wave.stages]
    for name in part.seahorse.stages:
        if name.strip().casefold() not in {known.strip().casefold() for known in names}:
            mistakes.add(
                "no-stage", ("invitro", "seahorse", "stages", name), f"a role for the stage {name!r}",
                one_of(names, name), "Write the stage as the workbook has it.",
            )  # fmt: skip


def _files(folder: Path, endings: Sequence[str]) -> list[Path]:
    if not folder.is_dir():
        return []
    found = (p for p in folder.iterdir() if p.is_file() and not p.name.startswith((".", "~$")))
    return sorted(path for path in found if path.name.lower().endswith(tuple(endings)))


def _plates(folder: Path, parts: Sequence[PlatePart], rules: Parameters) -> PlateResult | None:
    if not parts:
        return None
    return sum(read_each(parts, lambda part: analyse_plate_part(folder, part, rules)), PlateResult())


def analyse_plate_part(folder: Path, part: PlatePart, rules: Parameters) -> PlateResult:
    """Read the plates of one part with their layout and derive what it asks for.

    Raises
    ------
    InputError
        With everything that is wrong with the files.
    """
    broken = Broken()
    paths = [folder / name for name in part.files]
    layout = (
        broken.reading(lambda: read_layout(read_table(folder / part.layout)) if part.layout else ()) or ()
    )
    files = broken.reading(lambda: read_each(paths, read_plate_file)) or []
    broken.raise_any()
    wells, findings = join_layout(files, layout, layout_source=part.layout or "layout")
    return PlateResult(findings=findings, wells=wells) + _derived(part, wells, rules)


def _derived(part: PlatePart, wells: tuple[Well, ...], rules: Parameters) -> PlateResult:
    if part.kind == "concentration":
        return derive_concentrations(wells, part.parameter, rules=rules)
    if part.kind == "counts":
        return derive_counts(wells)
    found = derive_percent(wells, part.parameter, rules=rules)
    return found + derive_dose_response(found.readings, wells, rules=rules) if part.dose_response else found
