"""What a reader of the images should know: exposure, focus, stain, masks, missing mice, days."""

from collections.abc import Iterator, Sequence
from statistics import median

from mitograft.evidence.finding import Finding, Severity
from mitograft.mouse.animals import Colony
from mitograft.mouse.infiltrate.derive import MouseMeasures, Reference
from mitograft.mouse.infiltrate.measure import ImageMeasures
from mitograft.tables.parameters import Parameters

__all__ = ["find_problems"]

_SHOWN = 6
_PERCENT = 100.0

Part = tuple[str, Severity, str, str, str]  # rule, severity, place, found, remedy


def find_problems(
    images: Sequence[ImageMeasures],
    mice: Sequence[MouseMeasures],
    reference: Reference,
    colony: Colony,
    rules: Parameters,
    source: str,
) -> tuple[Finding, ...]:
    """Look at every image, at the mice and at the groups.

    Parameters
    ----------
    images, mice, reference
        What was measured.
    colony, rules
        Mice and groups, and thresholds.
    source
        The table of images.
    """
    found = [
        Finding(rule, severity, image.row.file, place, words, remedy)
        for image in images
        for part in (_picture(image, rules), _staining(image, reference, rules), _masks(image, rules))
        for rule, severity, place, words, remedy in part
    ]
    parts = (
        _reference(images, reference, rules),
        _missing(mice, colony),
        _fibres(mice, rules),
        _stain_by_group(images, colony, rules["stain_differs"].number),
        _scales(images),
        _days(mice, colony, rules["days_apart"].number),
    )
    found += [
        Finding(rule, severity, source, place, words, remedy)
        for part in parts
        for rule, severity, place, words, remedy in part
    ]
    return tuple(found)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _picture(image: ImageMeasures, rules: Parameters) -> Iterator[Part]:
    if not image.used:
        words = f"{image.tissue_mm2:.3f} mm² of tissue, below {rules['tissue_least'].number:g}; not used"
        yield "little-tissue", "error", "", words, "Photograph a field full of tissue."
        return
    if not image.white.share:
        words = "no empty glass found; white is assumed, and glass that is darker or tinted counts as tissue"
        yield "no-glass", "note", "", words, "Let the fields of all groups show some glass, or none do."
    elif image.white.clipped:
        words = "empty glass at full scale: how much lighter it was is not known"
        yield "white-clipped", "note", "", words, "Expose so that glass stays a little below full scale."
    if image.clipped > rules["clipped_most"].number:
        words = f"{_PERCENT * image.clipped:.1f} % of the tissue with a colour at 0 or at full scale"
        yield (
            "clipped",
            "warning",
            "",
            words,
            "Expose anew; stains cannot be parted where a colour is clipped.",
        )
    if image.edge_um > rules["edge_most"].number:
        words = f"edges of nuclei {image.edge_um:.1f} µm wide, over {rules['edge_most'].number:g}"
        yield (
            "out-of-focus",
            "warning",
            "",
            words,
            "Focus anew; near nuclei run together and are counted as one.",
        )
    if image.pixel_um > rules["pixel_most"].number:
        words = f"pixels of {image.pixel_um:g} µm, over {rules['pixel_most'].number:g}"
        yield "coarse-pixels", "warning", "", words, "Use a higher magnification; nuclei are counted too low."
    if image.lossy:
        words = "an image that went through JPEG"
        yield "lossy", "note", "", words, "Export TIFF or PNG; JPEG smears the colour of small nuclei."


def _staining(image: ImageMeasures, reference: Reference, rules: Parameters) -> Iterator[Part]:
    if not image.used:
        return
    if not image.nuclei:
        yield "no-nuclei", "warning", "", "no nuclei found", "Look at the overlay: the stain may be too weak."
    elif not image.contrast >= rules["nucleus_contrast"].number:
        words = f"nuclei that stand out by {image.contrast:.2f} of optical density"
        yield "weak-stain", "warning", "", words, "Look at the overlay; check the stain vectors."
    base, most = reference.density_mm2, rules["density_background"].number
    if base is not None and image.density.median > most * base:
        words = f"median nuclear density {image.density.median / base:.1f} times that of healthy mice"
        remedy = (
            "Nuclei are dense throughout, not only in foci; look whether it is the section (thick, folded)."
        )
        yield "dense-throughout", "note", "", words, remedy


def _masks(image: ImageMeasures, rules: Parameters) -> Iterator[Part]:
    fibres, place = image.fibres, image.row.fibre_mask
    if fibres is None or not image.used:
        return
    total = len(fibres) + fibres.at_border + fibres.debris
    if fibres.debris:
        words = f"{fibres.debris} of {total} objects below {rules['fibre_least'].number:g} µm², left out"
        yield "mask-debris", "note", place, words, "Clean the mask where these are fibres cut in two."
    if total and fibres.at_border > rules["border_most"].number * total:
        words = f"{fibres.at_border} of {total} fibres at the border of the image, left out"
        remedy = "Large fibres reach the border more often: use larger fields, or areas come out too small."
        yield "many-at-border", "warning", place, words, remedy


def _reference(images: Sequence[ImageMeasures], reference: Reference, rules: Parameters) -> Iterator[Part]:
    wanted = rules["density_reference"].value
    if images and reference.density_mm2 is None and wanted != "image":
        words = "no images of healthy mice; dense tissue is measured against the median of its own image"
        yield (
            "own-reference",
            "warning",
            "",
            words,
            "A diffuse increase is not seen: photograph healthy mice too.",
        )


def _missing(mice: Sequence[MouseMeasures], colony: Colony) -> Iterator[Part]:
    seen = {mouse.animal: mouse for mouse in mice}
    for group in colony.groups:
        own = [animal.id for animal in colony.included(group)]
        absent = [name for name in own if name not in seen]
        if absent:
            words = f"{len(absent)} of {len(own)} mice without a usable image: {_listed(absent)}"
            yield (
                "mice-without-images",
                "warning",
                group,
                words,
                "Add their images, or say why there are none.",
            )
    kept = [mouse for mouse in mice if not colony.animals[mouse.animal].excluded]
    for muscle in dict.fromkeys(name for mouse in kept for name in mouse.muscles):
        absent = [mouse.animal for mouse in kept if muscle not in mouse.muscles]
        if absent:
            words = f"{len(absent)} of {len(kept)} mice lack {muscle}: {_listed(absent)}"
            yield "muscle-missing", "warning", muscle, words, "Their values are those of the other muscles."


def _fibres(mice: Sequence[MouseMeasures], rules: Parameters) -> Iterator[Part]:
    least = rules["fibres_least"].number
    few = [mouse for mouse in mice if "fibre_area" in mouse.values and len(mouse.areas_um2) < least]
    if few:
        counts = _listed([f"{mouse.animal} ({len(mouse.areas_um2)})" for mouse in few])
        words = f"fewer than {least:g} fibres measured: {counts}"
        yield (
            "few-fibres",
            "warning",
            "",
            words,
            "Measure more fields; median and shares of few fibres scatter.",
        )
    unjudged = [m.animal for m in mice if "fibre_area" in m.values and m.judged < 0.5 * len(m.areas_um2)]
    if unjudged:
        words = f"under half of the fibres judged for central nuclei: {_listed(unjudged)}"
        remedy = "The others lie in dense tissue; the share speaks of the spared fibres only."
        yield "central-nuclei-unjudged", "warning", "", words, remedy


def _stain_by_group(images: Sequence[ImageMeasures], colony: Colony, most: float) -> Iterator[Part]:
    """Compare the strength of the stain between groups: it must not stand for a difference of the mice."""
    by_group: dict[str, list[float]] = {}
    for image in images:
        if image.used and image.contrast > 0.0:
            by_group.setdefault(colony.animals[image.row.animal].group, []).append(image.contrast)
    middle = {group: median(values) for group, values in by_group.items()}
    if middle and max(middle.values()) > most * min(middle.values()):
        words = "nuclear staining of the groups: " + "; ".join(f"{g} {v:.2f}" for g, v in middle.items())
        yield (
            "stain-by-group",
            "warning",
            "",
            words,
            "Stain all groups together; see whether batch and group are one.",
        )


def _scales(images: Sequence[ImageMeasures]) -> Iterator[Part]:
    sizes = sorted({round(image.pixel_um, 4) for image in images if image.used})
    if len(sizes) > 1 and sizes[-1] > 1.05 * sizes[0]:
        words = f"pixels of {sizes[0]:g} to {sizes[-1]:g} µm"
        yield (
            "scales-differ",
            "warning",
            "",
            words,
            "Photograph all mice at one magnification: coarse images miss nuclei.",
        )


def _days(mice: Sequence[MouseMeasures], colony: Colony, apart: float) -> Iterator[Part]:
    """Compare the time since immunisation of the immunised groups: CIM remits by itself."""
    days: dict[str, list[int]] = {}
    late = []
    for mouse in mice:
        animal = colony.animals[mouse.animal]
        if animal.end_date is not None and mouse.day > animal.end_date:
            late.append(animal.id)
        if not animal.excluded and colony.groups[animal.group].role != "healthy":
            days.setdefault(animal.group, []).append(animal.day(mouse.day))
    if late:
        words = f"muscle taken after the mouse left the study: {_listed(late)}"
        yield "after-the-end", "warning", "", words, "Correct date or end_date."
    middle = {group: median(found) for group, found in days.items()}
    if middle and max(middle.values()) - min(middle.values()) > apart:
        words = "; ".join(f"{group}: day {day:g}" for group, day in middle.items())
        remedy = "CIM remits by itself: compare groups on one day only."
        yield "days-apart", "warning", "", f"muscles taken on different days ({words})", remedy
