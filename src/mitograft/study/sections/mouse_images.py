"""Section: H&E images: nuclear density with overlays, fibre areas."""

from collections.abc import Iterator

from mitograft.evidence import DataKind
from mitograft.mouse.animals import Colony
from mitograft.mouse.infiltrate.analyse import InfiltrateResult
from mitograft.report.document import Block, Figure, Paragraph, Section, Table, TableColumn
from mitograft.report.figures.mouse_scores import draw_mouse_scores
from mitograft.report.picture import Picture, Pictures
from mitograft.report.raster import shrink_png
from mitograft.study.sections.mouse_groups import axis_words, scored_groups
from mitograft.study.sections.readings import findings_table

__all__ = ["HISTOLOGY_OVERLAYS", "images_section", "overlay_name"]

HISTOLOGY_OVERLAYS = "overlays/histology"
"""Folder of the outlined images, beside the report."""

_MOST_PICTURES = 8
_WIDE = 360
_SHOWN = ("histology.nuclear_density", "histology.fibre_area", "histology.central_nuclei")
_NOTE = (
    "Nuclear density counts nuclei of any cell. No labelled myositis slides were at hand to tell "
    "infiltrating cells from others, so it is not called infiltrate."
)


def overlay_name(file: str) -> str:
    """Return the name of the outlined image of an image file.

    >>> overlay_name("M001_quadriceps_B1_1.ome.tif")
    'M001_quadriceps_B1_1.ome.tif.png'
    """
    return f"{file.replace('/', '_')}.png"


def images_section(result: InfiltrateResult, colony: Colony, data_kind: DataKind) -> Section:
    """Show nuclear density and fibres mouse by mouse, images with what was found, areas by group."""
    lead = (
        f"{len(result.images)} images of {len(result.mice)} mice. Nuclear density index and, with masks, "
        "fibres."
    )
    blocks: list[Block] = [Paragraph(_NOTE, "note")]
    blocks += list(_figures(result, colony, data_kind))
    blocks += list(_pictures(result, colony))
    if result.distributions:
        blocks.append(_areas(result))
    blocks.append(findings_table(result.findings, "image-findings"))
    return Section("images", "Nuclear density and fibres", lead, tuple(blocks))


def _figures(result: InfiltrateResult, colony: Colony, data_kind: DataKind) -> Iterator[Figure]:
    for number, outcome in enumerate((o for o in result.outcomes if o.name in _SHOWN), start=1):
        groups = scored_groups(outcome, colony)
        if not groups:
            continue
        counts = ", ".join(f"{group.name} {len(group.values)}" for group in groups)
        yield Figure(
            f"image-outcome-{number}",
            outcome.label,
            f"Each point is a mouse. {outcome.note}".strip(),
            f"{outcome.label}, mice: {counts}.",
            draw_mouse_scores(
                groups, data_kind=data_kind, **axis_words(outcome),
            ),
        )  # fmt: skip


def _pictures(result: InfiltrateResult, colony: Colony) -> Iterator[Pictures]:
    """Show the first image of each group, then the second, up to the bound."""
    by_group: dict[str, list[str]] = {name: [] for name in colony.groups}
    for image in result.images:
        if image.row.file in result.overlays:
            by_group[colony.animals[image.row.animal].group].append(image.row.file)
    most = max((len(own) for own in by_group.values()), default=0)
    chosen = [
        (group, own[rank]) for rank in range(most) for group, own in by_group.items() if len(own) > rank
    ]
    chosen = chosen[:_MOST_PICTURES]
    if not chosen:
        return
    yield Pictures(
        "histology-overlays",
        "H&E fields with their dense tissue",
        f"{len(chosen)} of {len(result.overlays)} images, the first ones of each group; the line surrounds "
        "tissue with dense nuclei. Each name leads to the picture in full size.",
        tuple(
            Picture(
                id=f"histology-image-{number}",
                title=group,
                caption=file,
                alt=f"H&E image {file} of a mouse of {group}, tissue with dense nuclei surrounded.",
                png=shrink_png(result.overlays[file], _WIDE),
                file=f"{HISTOLOGY_OVERLAYS}/{overlay_name(file)}",
            )
            for number, (group, file) in enumerate(chosen, start=1)
        ),
    )


def _areas(result: InfiltrateResult) -> Table:
    first = result.distributions[0]
    edges = [f"{low:g} to {high:g}" for low, high in zip(first.edges_um2, first.edges_um2[1:], strict=False)]
    if len(edges) < len(first.shares):  # the last class is open
        edges.append(f"above {first.edges_um2[-1]:g}")
    return Table(
        "fibre-areas",
        "Fibre cross-sectional areas: share of fibres in each class, averaged over mice",
        (
            TableColumn("group", "Group"),
            TableColumn("mice", "Mice", "", "decimal", 0),
            TableColumn("fibres", "Fibres", "", "decimal", 0),
            *(TableColumn(f"class_{i}", label, "um2", "decimal", 2) for i, label in enumerate(edges)),
        ),
        tuple((d.group, d.mice, d.fibres, *d.shares) for d in result.distributions),
        collapsed=True,
    )
