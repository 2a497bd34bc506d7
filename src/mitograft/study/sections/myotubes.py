"""Section: images of myotubes, with what was found in them."""

from collections.abc import Sequence

from mitograft.assays.myotube.overlay import FUSED_COLOUR, OBJECT_COLOUR, OTHER_COLOUR
from mitograft.assays.samples import Assigned, Sample
from mitograft.evidence import DataKind
from mitograft.report.document import Block, Figure, Paragraph, Section
from mitograft.report.figures.gallery import FieldPicture, draw_gallery
from mitograft.report.picture import LegendEntry, Picture, Pictures, ScaleBar
from mitograft.report.raster import shrink_png
from mitograft.study.assay_files import MyotubeResult
from mitograft.study.sections.parameter_points import parameter_points
from mitograft.study.sections.readings import findings_table, parameter_table

__all__ = ["myotubes_section"]

_MOST_PICTURES = 12
_MOST_DRAWN = 6
_WIDE = 480  # pixels of a picture in the page; the folder overlays has them in full size
_BARS_UM = (20, 50, 100, 200, 500, 1000)
_LONGEST_BAR = 0.35  # of the picture's width
_NOTE = (
    "Fusion index: nuclei whose centre lies in a myosin-positive object with as many nuclei as said "
    "above, of all nuclei. Thresholds join touching myotubes and count cells over or under a tube as fused: "
    "objects are counted, not myotubes."
)
_PARAMETERS = (
    ("fusion_index", "Fusion index"),
    ("differentiation_index", "Differentiation index"),
    ("myosin_coverage", "Myosin coverage"),
    ("myotube_diameter", "Object diameter"),
    ("nuclei_per_myotube", "Nuclei per object"),
    ("nuclei_density", "Density of nuclei"),
)


def myotubes_section(result: MyotubeResult, assigned: Sequence[Assigned], data_kind: DataKind) -> Section:
    """Show photographs with outlines, shapes, parameters and findings."""
    samples = {a.reading.source: a.sample for a in assigned if a.reading.assay == "myotube"}
    chosen = _choose(result, samples)
    lead = f"{len(result.pictures)} fields of view; those with outlines are all in the folder overlays."
    points = parameter_points(
        result.readings,
        assigned,
        _PARAMETERS,
        title="Myogenesis for each condition",
        name="myotube-points",
        data_kind=data_kind,
        replicates="fields",
    )
    blocks: list[Block] = [
        Paragraph(result.rule),
        Paragraph(_NOTE, "note"),
        _photographs(result, chosen, samples),
    ]
    blocks += [points] if points else []
    blocks += [
        _shapes([result.pictures[at] for at in chosen[:_MOST_DRAWN]], data_kind),
        parameter_table(result.readings, "myotube-parameters"),
        findings_table(result.findings, "myotube-findings"),
    ]
    return Section("myotubes", "Myotube images", lead, tuple(blocks))


def _choose(result: MyotubeResult, samples: dict[str, Sample]) -> list[int]:
    """Return the places of the fields to show: the first of each donor and condition, donor by donor.

    Every condition gets the same number of donors as long as the bound allows it. Without samples these are
    the first fields.
    """
    conditions: dict[str, dict[str, int]] = {}
    for at, source in enumerate(result.sources):
        if source in samples:
            sample = samples[source]
            conditions.setdefault(sample.condition, {}).setdefault(sample.donor, at)
    if not conditions:
        return list(range(min(len(result.sources), _MOST_PICTURES)))
    chosen: list[int] = []
    ranks = max(len(donors) for donors in conditions.values())
    for rank in range(ranks):
        row = [list(donors.values())[rank] for donors in conditions.values() if len(donors) > rank]
        if chosen and len(chosen) + len(row) > _MOST_PICTURES:
            break
        chosen += row
    return chosen[:_MOST_PICTURES]


def _photographs(result: MyotubeResult, chosen: Sequence[int], samples: dict[str, Sample]) -> Pictures:
    rule = (
        "the first field of each donor and condition, some donors of each condition"
        if samples
        else "the first fields"
    )
    return Pictures(
        "overlays",
        "Fields of view with what was found in them",
        f"{len(chosen)} of {len(result.pictures)} fields: {rule}. Grey: myosin, with the "
        "nuclei more faintly over it. Each name leads to the picture in full size, in the folder overlays "
        "beside this page.",
        tuple(_photograph(result, at, samples.get(result.sources[at])) for at in chosen),
        (
            LegendEntry(_hex(OBJECT_COLOUR), "edge of a myosin-positive object"),
            LegendEntry(_hex(FUSED_COLOUR), "edge of a nucleus counted as fused"),
            LegendEntry(_hex(OTHER_COLOUR), "edge of another nucleus, with a dot in its centre"),
        ),
    )


def _photograph(result: MyotubeResult, at: int, sample: Sample | None) -> Picture:
    drawn = result.pictures[at]
    title = f"{sample.condition}, {sample.donor}" if sample else drawn.label
    nuclei = len(drawn.fused) + len(drawn.other)
    return Picture(
        id=f"field-{at + 1}",
        title=title,
        caption=f"{drawn.value[0].upper()}{drawn.value[1:]}.",
        alt=f"Field {drawn.label} ({title}), {drawn.width_um:.0f} by {drawn.height_um:.0f} µm: {nuclei} "
        f"nuclei, {len(drawn.fused)} of them counted as fused; {drawn.value}.",
        png=shrink_png(result.overlays[drawn.label], _WIDE),
        scale=_bar(drawn),
        file=f"overlays/{drawn.label}.png",
    )


def _bar(drawn: FieldPicture) -> ScaleBar | None:
    fitting = [length for length in _BARS_UM if length <= _LONGEST_BAR * drawn.width_um]
    return ScaleBar(f"{fitting[-1]} µm", fitting[-1] / drawn.width_um) if fitting else None


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _shapes(pictures: Sequence[FieldPicture], data_kind: DataKind) -> Figure:
    return Figure(
        "gallery",
        "The same as shapes",
        f"Shapes are myosin-positive objects, marks are nuclei (filled: fused), in {len(pictures)} fields.",
        "; ".join(f"{picture.label}: {picture.value}" for picture in pictures) + ".",
        draw_gallery(pictures, data_kind=data_kind),
    )
