"""The fields of view of a study: read, segmented as study.toml asks, measured and drawn."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mitograft.assays.findings import Finding
from mitograft.assays.myotube.check import check_field
from mitograft.assays.myotube.derive import FieldMeasures, derive_readings, measure_field
from mitograft.assays.myotube.images import Labels
from mitograft.assays.myotube.overlay import outline_objects, overlay_png
from mitograft.assays.myotube.read import Field, read_field, read_labels
from mitograft.assays.myotube.segment import Segmentation, batch_threshold, load_rules, segment_field
from mitograft.assays.readings import Reading
from mitograft.assays.samples import Sample, assign
from mitograft.report.figures.gallery import FieldPicture
from mitograft.study.config import Comparison, DoseComparison, InvitroPart, MyotubePart
from mitograft.study.mistakes import Mistakes
from mitograft.study.read_each import read_each
from mitograft.tables.parameters import Parameter, Parameters

__all__ = [
    "IMAGES",
    "MyotubeResult",
    "analyse_fields",
    "batches_of",
    "check_masks",
    "myotube_rules",
    "overlay_names",
    "read_fields",
]

IMAGES = (".tif", ".tiff", ".png")
_MASKS = ("nuclei", "myotubes")


@dataclass(frozen=True, repr=False)
class MyotubeResult:
    """Readings and findings of all fields, the outlined photographs and the shapes for the gallery.

    ``overlays`` and ``pictures`` have the fields in one order; ``sources`` are their files, in that order.
    ``rule`` says in words how myosin was told from background.
    """

    readings: tuple[Reading, ...]
    findings: tuple[Finding, ...]
    overlays: dict[str, bytes]
    pictures: tuple[FieldPicture, ...]
    sources: tuple[str, ...]
    flagged: tuple[Parameter, ...]
    rule: str = ""


def myotube_rules(part: MyotubePart, overrides: Mapping[str, str]) -> Parameters:
    """Return the parameters of this assay with those of study.toml in their place."""
    own = {} if part.minimum_nuclei is None else {"minimum_nuclei": str(part.minimum_nuclei)}
    return load_rules().override({**overrides, **own})


def read_fields(paths: Sequence[Path], part: MyotubePart) -> list[Field]:
    """Read every field, with scale and channels as study.toml says.

    Raises
    ------
    InputError
        If images break a rule; lists what is wrong with every one of them.
    """
    channels: dict[str, int | str] = {str(role): name for role, name in part.channels.items()}
    return read_each(
        paths, lambda path: read_field(path, pixel_size_um=part.pixel_size_um, channels=channels or None)
    )


def analyse_fields(
    fields: Sequence[Field],
    part: InvitroPart,
    rules: Parameters,
    samples: Sequence[Sample],
    folder: Path,
) -> MyotubeResult | None:
    """Segment and measure every field; None where there is none.

    Raises
    ------
    InputError
        If masks break a rule; lists what is wrong with every one of them.
    """
    if not fields:
        return None
    own = part.myotube
    thresholds = _thresholds(fields, part, rules, samples)
    masks = _masks(folder, own, fields)
    readings: list[Reading] = []
    findings: list[Finding] = []
    overlays: dict[str, bytes] = {}
    pictures: list[FieldPicture] = []
    names = overlay_names([image.source for image in fields])
    for image in fields:
        labels = masks.get(image.source, {})
        segmentation = segment_field(
            image,
            rules,
            method=own.method,
            threshold=thresholds.get(image.source),
            nuclei=labels.get("nuclei"),
            objects=labels.get("myotubes"),
        )
        measures = measure_field(image, segmentation, rules)
        readings += derive_readings(image, measures)
        findings += check_field(image, segmentation, rules)
        name = names[image.source]
        overlays[name] = overlay_png(image, segmentation, measures)
        pictures.append(_picture(name, image, segmentation, measures))
    return MyotubeResult(
        tuple(readings), tuple(findings), overlays, tuple(pictures), tuple(names), rules.flagged(),
        _words(own, rules, thresholds, masks),
    )  # fmt: skip


def _words(
    part: MyotubePart, rules: Parameters, thresholds: Mapping[str, float], masks: Mapping[str, object]
) -> str:
    at = sorted({f"{value:.3g}" for value in thresholds.values()})
    origin = "given in study.toml" if part.threshold is not None else "one for all fields compared together"
    more = f" ({', '.join(at)} times the background of each field, {origin})" if at else ""
    given = f"; label masks of the laboratory stand in for {len(masks)} fields" if masks else ""
    return (
        f"Threshold {part.method}{more}; nuclei count as fused in objects with at least "
        f"{rules['minimum_nuclei'].number:g} nuclei{given}."
    )


def _thresholds(
    fields: Sequence[Field], part: InvitroPart, rules: Parameters, samples: Sequence[Sample]
) -> dict[str, float]:
    """Return the threshold of each field for the method ``batch``: one for all fields compared together."""
    if part.myotube.method != "batch":
        return {}
    if part.myotube.threshold is not None:
        return {image.source: part.myotube.threshold for image in fields}
    compared: list[Comparison | DoseComparison] = [*part.comparisons, *part.dose_comparisons]
    batch = batches_of([image.source for image in fields], samples, compared)
    found: dict[str, float] = {}
    for name in dict.fromkeys(batch.values()):
        members = [image for image in fields if batch[image.source] == name]
        found |= dict.fromkeys((image.source for image in members), batch_threshold(members, rules))
    return found


def batches_of(
    sources: Sequence[str],
    samples: Sequence[Sample],
    compared: Iterable[Comparison | DoseComparison],
) -> dict[str, str]:
    """Return the batch of each field: fields whose conditions are compared, directly or through others.

    Conditions of comparisons that share one belong to one batch; fields in no comparison are a batch too.
    """
    leader: dict[str, str] = {}

    def lead(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    for conditions in (_conditions(one) for one in compared if one.parameter.startswith("myotube.")):
        for name in conditions[1:]:
            leader[lead(name)] = lead(conditions[0])
    places = {source: source.rpartition("/")[2].partition(".")[0] for source in sources}
    blank = [Reading("myotube", "", 0.0, "", source, "", place) for source, place in places.items()]
    known = {a.reading.source: a.sample.condition for a in assign(blank, samples)[0]}
    return {
        source: lead(known[source]) if source in known and known[source] in leader else ""
        for source in sources
    }


def _conditions(asked: Comparison | DoseComparison) -> list[str]:
    if isinstance(asked, DoseComparison):
        return [asked.control, *asked.conditions]
    return [name for name in (asked.second, asked.first, asked.healthy) if name is not None]


def check_masks(folder: Path, part: MyotubePart, fields: Sequence[Path], mistakes: Mistakes) -> None:
    """Note a folder of masks that is not there, empty, or holds masks of no field."""
    if part.masks is None:
        return
    keys = ("invitro", "myotube", "masks")
    place, names = folder / part.masks, {path.name.partition(".")[0] for path in fields}
    if not place.is_dir():
        mistakes.add(
            "no-folder", keys, f"no folder {part.masks!r} in {folder.name}/", "a folder of label masks",
            "Make it, or leave masks out.",
        )  # fmt: skip
        return
    stems = [path.name.partition(".")[0] for path in sorted(place.iterdir()) if _is_image(path)]
    strange = [stem for stem in stems if not any(stem == f"{n}_{kind}" for n in names for kind in _MASKS)]
    if strange or not stems:
        found = f"masks {', '.join(strange[:5])} of no field" if strange else "an empty folder of masks"
        mistakes.add(
            "strange-mask", keys, found, "NAME_nuclei and NAME_myotubes for a field NAME",
            "Rename the masks, or take them out.",
        )  # fmt: skip


def _is_image(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(IMAGES) and not path.name.startswith((".", "~$"))


def _masks(place: Path, part: MyotubePart, fields: Sequence[Field]) -> dict[str, dict[str, Labels]]:
    """Read the masks of every field that has some."""
    if part.masks is None:
        return {}
    folder = place / part.masks
    files = {path.name.partition(".")[0]: path for path in sorted(folder.iterdir()) if _is_image(path)}
    wanted = [
        (image, kind, files[f"{image.source.partition('.')[0]}_{kind}"])
        for image in fields
        for kind in _MASKS
        if f"{image.source.partition('.')[0]}_{kind}" in files
    ]
    found: dict[str, dict[str, Labels]] = {}
    labels = read_each(wanted, lambda item: read_labels(item[2], item[0]))
    for (image, kind, _), own in zip(wanted, labels, strict=True):
        found.setdefault(image.source, {})[kind] = own
    return found


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
