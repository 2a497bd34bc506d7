"""The files of the cell assays, found in their folders and analysed assay by assay."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from mitograft.assays.findings import Finding
from mitograft.assays.myotube.check import check_field
from mitograft.assays.myotube.derive import FieldMeasures, derive_readings, measure_field
from mitograft.assays.myotube.overlay import outline_objects, overlay_png
from mitograft.assays.myotube.read import Field, read_field
from mitograft.assays.myotube.segment import Segmentation, load_rules, segment_field
from mitograft.assays.plate.check import join_layout
from mitograft.assays.plate.derive import derive_concentrations, derive_counts, derive_percent
from mitograft.assays.plate.dose_response import derive_dose_response
from mitograft.assays.plate.layout import read_layout
from mitograft.assays.plate.read import read_plate_file
from mitograft.assays.plate.results import PlateResult
from mitograft.assays.plate.wells import Well
from mitograft.assays.readings import Reading
from mitograft.assays.seahorse.analyse import Options, SeahorseResult, analyse_plates
from mitograft.assays.seahorse.read import read_wave
from mitograft.assays.seahorse.wave import WavePlate
from mitograft.assays.uptake.derive import UptakeResult, analyse_uptake
from mitograft.errors import InputError, UsageError, Violation
from mitograft.report.figures.gallery import FieldPicture
from mitograft.study.config import InvitroPart, PlatePart
from mitograft.tables.parameters import Parameter
from mitograft.tables.read import read_table

__all__ = ["AssayDetails", "MyotubeResult", "analyse_assays", "overlay_names"]

T = TypeVar("T")
_IMAGES = (".tif", ".tiff", ".png")


@dataclass(frozen=True, repr=False)
class MyotubeResult:
    """Readings and findings of all fields, the outlined photographs and the shapes for the gallery.

    ``overlays`` and ``pictures`` have the fields in one order; ``sources`` are their files, in that order.
    """

    readings: tuple[Reading, ...]
    findings: tuple[Finding, ...]
    overlays: dict[str, bytes]
    pictures: tuple[FieldPicture, ...]
    sources: tuple[str, ...]
    flagged: tuple[Parameter, ...]


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


def analyse_assays(folder: Path, part: InvitroPart) -> AssayDetails:
    """Analyse every assay that has files in the folder.

    Raises
    ------
    InputError
        If a file breaks a rule; of several broken files of an assay all are listed together.
    UsageError
        If study.toml names a plate file that is not there.
    """
    waves = tuple(_each(_files(folder / "seahorse", (".xlsx",)), read_wave))
    plates = _plates(folder / "plates", part.plates) if part.plates else None
    uptake = folder / "uptake"
    return AssayDetails(
        waves=waves,
        seahorse=analyse_plates(waves, Options(rule=part.rule)) if waves else None,
        plates=plates,
        myotube=_myotubes(_files(folder / "myotubes", _IMAGES)),
        uptake=analyse_uptake(uptake) if uptake.is_dir() and any(uptake.iterdir()) else None,
        plate_flags=_plate_flags() if plates else (),
    )


def _files(folder: Path, endings: Sequence[str]) -> list[Path]:
    if not folder.is_dir():
        return []
    found = (p for p in folder.iterdir() if p.is_file() and not p.name.startswith((".", "~$")))
    return sorted(path for path in found if path.name.lower().endswith(tuple(endings)))


def _each(paths: Sequence[Path], read: Callable[[Path], T]) -> list[T]:
    """Read all files, so that one message lists what is wrong with every one of them."""
    results: list[T] = []
    broken: list[Violation] = []
    for path in paths:
        try:
            results.append(read(path))
        except InputError as error:
            broken += error.violations
    if broken:
        raise InputError(", ".join(dict.fromkeys(v.file for v in broken)), broken)
    return results


def _plates(folder: Path, parts: Sequence[PlatePart]) -> PlateResult:
    result = PlateResult()
    for part in parts:
        names = [*part.files, *([part.layout] if part.layout else [])]
        absent = [name for name in names if not (folder / name).is_file()]
        if absent:
            raise UsageError(
                f"study.toml: found plate files {', '.join(absent)} that are not in {folder.name}/."
            )
        layout = read_layout(read_table(folder / part.layout)) if part.layout else ()
        files = _each([folder / name for name in part.files], read_plate_file)
        wells, findings = join_layout(files, layout, layout_source=part.layout or "layout")
        result += PlateResult(findings=findings, wells=wells) + _derived(part, wells)
    return result


def _derived(part: PlatePart, wells: tuple[Well, ...]) -> PlateResult:
    if part.kind == "concentration":
        return derive_concentrations(wells, part.parameter)
    if part.kind == "counts":
        return derive_counts(wells)
    found = derive_percent(wells, part.parameter)
    return found + derive_dose_response(found.readings, wells) if part.dose_response else found


def _plate_flags() -> tuple[Parameter, ...]:
    from mitograft.assays.plate.derive import plate_rules

    return plate_rules().flagged()


def _myotubes(paths: Sequence[Path]) -> MyotubeResult | None:
    if not paths:
        return None
    rules = load_rules()
    readings: list[Reading] = []
    findings: list[Finding] = []
    overlays: dict[str, bytes] = {}
    pictures: list[FieldPicture] = []
    names = overlay_names([path.name for path in paths])
    for image in _each(paths, read_field):
        segmentation = segment_field(image, rules)
        measures = measure_field(image, segmentation, rules)
        readings += derive_readings(image, measures)
        findings += check_field(image, segmentation, rules)
        name = names[image.source]
        overlays[name] = overlay_png(image, segmentation, measures)
        pictures.append(_picture(name, image, segmentation, measures))
    sources = tuple(names)
    return MyotubeResult(
        tuple(readings), tuple(findings), overlays, tuple(pictures), sources, rules.flagged()
    )


def overlay_names(sources: Sequence[str]) -> dict[str, str]:
    """Return the name of each overlay: that of its file without the ending, or with it where two clash.

    >>> overlay_names(["a.ome.tif", "b.tif", "B.png"])
    {'a.ome.tif': 'a', 'b.tif': 'b.tif', 'B.png': 'B.png'}
    """
    stems = {source: source.partition(".")[0] for source in sources}
    counts = Counter(stem.casefold() for stem in stems.values())  # some file systems know no capitals
    return {source: source if counts[stem.casefold()] > 1 else stem for source, stem in stems.items()}


def _picture(name: str, image: Field, segmentation: Segmentation, measures: FieldMeasures) -> FieldPicture:
    size = image.pixel_size_um
    centres = [(float(column) * size, float(row) * size) for row, column in measures.hosts.centres]
    return FieldPicture(
        label=name,
        value=f"fusion index {measures.fusion_index:.2f}",
        width_um=image.nuclei.shape[1] * size,
        height_um=image.nuclei.shape[0] * size,
        outlines=outline_objects(segmentation, size),
        fused=[point for point, fused in zip(centres, measures.fused, strict=True) if fused],
        other=[point for point, fused in zip(centres, measures.fused, strict=True) if not fused],
    )
