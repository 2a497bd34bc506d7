"""Section: uptake of donor mitochondria, their DNA, membrane potential and reactive oxygen."""

import math
from collections.abc import Iterator, Sequence

from mitograft.assays.samples import Assigned
from mitograft.assays.uptake.derive import UptakeResult
from mitograft.assays.uptake.estimates import Estimate
from mitograft.assays.uptake.overlay import CUT_COLOUR, DONOR_COLOUR, NEGATIVE_COLOUR, POSITIVE_COLOUR
from mitograft.evidence import DataKind
from mitograft.report.document import Block, Figure, Paragraph, Section
from mitograft.report.picture import LegendEntry, Picture, Pictures
from mitograft.report.raster import shrink_png
from mitograft.study.sections.parameter_points import parameter_points
from mitograft.study.sections.readings import findings_table, parameter_table
from mitograft.study.sections.uptake_figures import uptake_figures

__all__ = ["UPTAKE_OVERLAYS", "uptake_section"]

UPTAKE_OVERLAYS = "overlays/uptake"
"""Folder of the outlined images, beside the report."""

_MOST_PICTURES = 4
_WIDE = 480  # pixels of a picture in the page
_NOTE = "No public images of uptake exist: these methods are validated on constructed data only."
_SHARE = "positive_fraction_image"
_PARAMETERS = (
    ("positive_fraction", "Positive cells"),
    ("donor_signal_per_cell", "Donor signal per cell"),
    ("donor_mtdna_fraction_dpcr", "Donor mtDNA (digital PCR)"),
    ("donor_mtdna_fraction_qpcr", "Donor mtDNA (qPCR)"),
    ("tmrm_fold_over_fccp", "TMRM over FCCP"),
    ("jc1_red_green_ratio", "JC-1, red to green"),
    ("mitosox_relative", "MitoSOX"),
)


def uptake_section(result: UptakeResult, assigned: Sequence[Assigned], data_kind: DataKind) -> Section:
    """Show images with outlines, wells with their intervals, donors, tables and findings."""
    lead = (
        f"{len(result.estimates)} estimates of uptake, donor mtDNA, membrane potential and reactive oxygen."
    )
    blocks: list[Block] = [Paragraph(_NOTE, "note"), *uptake_figures(result, data_kind)]
    blocks += [*_donors(result, assigned, data_kind), *_images(result)]
    blocks += [
        parameter_table(result.readings, "uptake-parameters"),
        findings_table(result.findings, "uptake-findings"),
    ]
    return Section("uptake", "Uptake of donor mitochondria", lead, tuple(blocks))


def _donors(result: UptakeResult, assigned: Sequence[Assigned], data_kind: DataKind) -> Iterator[Figure]:
    """Draw means of donors where there are at least two; wells of one donor are drawn elsewhere."""
    if len({a.sample.donor for a in assigned if a.reading.assay == "uptake"}) < 2:
        return
    points = parameter_points(
        result.readings,
        assigned,
        _PARAMETERS,
        title="Uptake, potential and reactive oxygen of each donor",
        name="uptake-donors",
        data_kind=data_kind,
        replicates="wells and samples",
    )
    if points is not None:
        yield points


def _images(result: UptakeResult) -> Iterator[Pictures]:
    """Show the first image of each group, then the second, up to the bound."""
    groups: dict[str, list[Estimate]] = {}
    for estimate in result.estimates:
        if estimate.parameter == _SHARE and _stem(estimate) in result.overlays:
            groups.setdefault(estimate.place.group, []).append(estimate)
    most = max((len(own) for own in groups.values()), default=0)
    ordered = [own[rank] for rank in range(most) for own in groups.values() if len(own) > rank]
    chosen = ordered[:_MOST_PICTURES]
    if not chosen:
        return
    yield Pictures(
        "uptake-overlays",
        "Cells with what was found in them",
        f"{len(chosen)} of {len(result.overlays)} images, the first ones of each condition. Grey: the "
        f"cells. Each name leads to the picture in full size, in the folder {UPTAKE_OVERLAYS} beside "
        "this page.",
        tuple(_photograph(number, one, result) for number, one in enumerate(chosen, start=1)),
        (
            LegendEntry(_hex(POSITIVE_COLOUR), "edge of a positive cell"),
            LegendEntry(_hex(NEGATIVE_COLOUR), "edge of another cell"),
            LegendEntry(_hex(CUT_COLOUR), "dashed: cell cut by the edge, not counted"),
            LegendEntry(_hex(DONOR_COLOUR), "light of donor mitochondria"),
        ),
    )


def _photograph(number: int, estimate: Estimate, result: UptakeResult) -> Picture:
    stem, place = _stem(estimate), estimate.place
    share = _share(estimate)
    title = place.group or stem
    return Picture(
        id=f"uptake-image-{number}",
        title=title,
        caption=f"{share}.",
        alt=f"Image {stem} ({title}), plate {place.plate}, {place.position}: {share} of the whole cells.",
        png=shrink_png(result.overlays[stem], _WIDE),
        file=f"{UPTAKE_OVERLAYS}/{stem}.png",
    )


def _share(estimate: Estimate) -> str:
    if not math.isfinite(estimate.value):
        return estimate.excluded or "no value"
    low, value, high = (100 * part for part in (estimate.low, estimate.value, estimate.high))
    return f"{value:.0f} % positive ({low:.0f} to {high:.0f} %)"


def _stem(estimate: Estimate) -> str:
    return estimate.place.source.partition(".")[0]


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
