"""Images to one value a mouse: images of a block together, then block to muscle to mouse.

Within a block nuclei and tissue of all images are summed and fibres of all images are put together; blocks
are averaged to the muscle and muscles to the mouse. Neither images nor fibres can be counted as mice.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from mitograft.mouse.animals import Colony
from mitograft.mouse.infiltrate.measure import ImageMeasures
from mitograft.mouse.outcomes import Outcome
from mitograft.tables.parameters import Parameters

__all__ = [
    "AreaDistribution",
    "MouseMeasures",
    "Reference",
    "derive_distributions",
    "derive_mice",
    "derive_outcomes",
    "find_reference",
]

Images = Sequence[ImageMeasures]
Value = Callable[[Images], float]

_HOW = "Images of a block together, blocks averaged to muscles, muscles to the mouse."


@dataclass(frozen=True, slots=True)
class Reference:
    """What nuclear density is called dense against.

    ``density_mm2`` is that of the healthy mice; None where every image is measured against itself.
    """

    density_mm2: float | None
    mice: int
    factor: float

    def above(self, image: ImageMeasures) -> float:
        """Return the density above which tissue of an image is dense; infinite where it has no nuclei."""
        base = image.density.median if self.density_mm2 is None else self.density_mm2
        return self.factor * base if base > 0.0 else math.inf


@dataclass(frozen=True, eq=False)
class MouseMeasures:
    """What was measured in one mouse.

    Parameters
    ----------
    animal, day
        Whose, and the day the muscles were taken.
    muscles, blocks, images
        Muscles, and how many blocks and images were used.
    nuclei, tissue_mm2
        Over all its images.
    values
        Quantity (``nuclear_density``, ``haematoxylin_area``, ``dense_area``, ``fibre_area``, ``fibre_feret``,
        ``small_fibres``, ``central_nuclei``) to value; quantities without one are absent.
    areas_um2
        All fibres measured.
    judged, at_border, debris
        Fibres judged for central nuclei, and those left out.
    """

    animal: str
    day: date
    muscles: tuple[str, ...]
    blocks: int
    images: int
    nuclei: int
    tissue_mm2: float
    values: Mapping[str, float]
    areas_um2: npt.NDArray[np.float64]
    judged: int
    at_border: int
    debris: int


@dataclass(frozen=True, slots=True)
class AreaDistribution:
    """Fibre areas of a group: for each class of area its share, averaged over the mice (not over fibres)."""

    group: str
    edges_um2: tuple[float, ...]
    shares: tuple[float, ...]
    mice: int
    fibres: int


def find_reference(images: Images, colony: Colony, rules: Parameters) -> Reference:
    """Return the reference of nuclear density: of the healthy mice of the study where there are any.

    A mouse counts with the mean, over its images, of the median density over the tissue; the reference is the
    median over the mice. The parameter ``density_reference`` set to ``image`` measures every image against
    its own median instead, which cannot see that all of the tissue is denser.
    """
    factor = rules["density_factor"].number
    by_mouse: dict[str, list[float]] = {}
    for image in images:
        mouse = colony.animals[image.row.animal]
        healthy = colony.groups[mouse.group].role == "healthy" and not mouse.excluded
        if image.used and healthy and image.density.median > 0.0:
            by_mouse.setdefault(mouse.id, []).append(image.density.median)
    if rules["density_reference"].value == "image" or not by_mouse:
        return Reference(None, 0, factor)
    medians = [math.fsum(values) / len(values) for values in by_mouse.values()]
    return Reference(float(np.median(medians)), len(medians), factor)


def derive_mice(images: Images, reference: Reference, rules: Parameters) -> tuple[MouseMeasures, ...]:
    """Put the usable images of every mouse together, in the order of first sight."""
    by_mouse: dict[str, list[ImageMeasures]] = {}
    for image in images:
        if image.used:
            by_mouse.setdefault(image.row.animal, []).append(image)
    return tuple(_derive(own, reference, rules) for own in by_mouse.values())


def _derive(images: Images, reference: Reference, rules: Parameters) -> MouseMeasures:
    values = {name: _average(images, value) for name, value in _quantities(reference, rules).items()}
    fibres = [(image, image.fibres) for image in images if image.fibres is not None]
    return MouseMeasures(
        animal=images[0].row.animal,
        day=images[0].row.day,
        muscles=tuple(dict.fromkeys(image.row.muscle for image in images)),
        blocks=len({(image.row.muscle, image.row.block) for image in images}),
        images=len(images),
        nuclei=sum(image.nuclei for image in images),
        tissue_mm2=math.fsum(image.tissue_mm2 for image in images),
        values={name: value for name, value in values.items() if value == value},
        areas_um2=_areas(images),
        judged=sum(int(f.judged(reference.above(i), rules).sum()) for i, f in fibres),
        at_border=sum(f.at_border for _, f in fibres),
        debris=sum(f.debris for _, f in fibres),
    )


def _quantities(reference: Reference, rules: Parameters) -> dict[str, Value]:
    """Return for each quantity how the images of one block give it; NaN where they do not."""
    small = rules["small_fibre"].number

    def weighted(value: Callable[[ImageMeasures], float]) -> Value:
        return lambda images: _ratio(
            math.fsum(value(i) * i.tissue_mm2 for i in images), math.fsum(i.tissue_mm2 for i in images)
        )

    def central(images: Images) -> float:
        with_nucleus = judged = 0
        for image in images:
            if image.fibres is not None:
                which = image.fibres.judged(reference.above(image), rules)
                judged += int(which.sum())
                with_nucleus += int((image.fibres.inside[which] > 0).sum())
        return _ratio(with_nucleus, judged)

    return {
        "nuclear_density": weighted(lambda i: i.density_mm2),
        "haematoxylin_area": weighted(lambda i: i.nuclear_share),
        "dense_area": weighted(lambda i: i.density.dense_share(reference.above(i))),
        "fibre_area": lambda images: _median(_areas(images)),
        "fibre_feret": lambda images: _median(_ferets(images)),
        "small_fibres": lambda images: _ratio(int((_areas(images) < small).sum()), len(_areas(images))),
        "central_nuclei": central,
    }


def _average(images: Images, value: Value) -> float:
    """Return the mean over muscles of the mean over blocks; blocks without a value take no part."""
    blocks: dict[tuple[str, str], list[ImageMeasures]] = {}
    for image in images:
        blocks.setdefault((image.row.muscle, image.row.block), []).append(image)
    muscles: dict[str, list[float]] = {}
    for (muscle, _), own in blocks.items():
        found = value(own)
        if found == found:
            muscles.setdefault(muscle, []).append(found)
    means = [math.fsum(values) / len(values) for values in muscles.values()]
    return math.fsum(means) / len(means) if means else math.nan


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else math.nan


def _median(values: npt.NDArray[np.float64]) -> float:
    return float(np.median(values)) if len(values) else math.nan


def _areas(images: Images) -> npt.NDArray[np.float64]:
    return np.concatenate([np.zeros(0), *(i.fibres.area_um2 for i in images if i.fibres is not None)])


def _ferets(images: Images) -> npt.NDArray[np.float64]:
    return np.concatenate([np.zeros(0), *(i.fibres.feret_um for i in images if i.fibres is not None)])


def derive_outcomes(
    mice: Sequence[MouseMeasures], colony: Colony, reference: Reference, rules: Parameters, source: str
) -> tuple[Outcome, ...]:
    """Return one outcome for each quantity that any mouse of the analysis has."""
    kept = [mouse for mouse in mice if not colony.animals[mouse.animal].excluded]
    against = (
        "the median of the same image"
        if reference.density_mm2 is None
        else f"that of {reference.mice} healthy mice ({reference.density_mm2:.0f} nuclei/mm²)"
    )
    dense = f"Tissue with over {reference.factor:g} times the nuclear density of {against}."
    small = f"Fibres below {rules['small_fibre'].number:g} µm²"
    index = "Nuclei of any kind over tissue; not a count of inflammatory cells."
    seen = "Fibres in dense tissue or with many nuclei inside are not judged."
    rows = (
        ("nuclear_density", "Nuclear density index", "nuclei/mm^2", "log", index),
        ("dense_area", "Tissue with dense nuclei", "1", "interval", dense),
        ("fibre_area", "Cross-sectional area of fibres, median", "um^2", "log", ""),
        ("small_fibres", small, "1", "interval", ""),
        ("central_nuclei", "Fibres with central nuclei", "1", "interval", seen),
    )
    return tuple(
        _outcome(f"histology.{name}", label, unit, scale, (kept, name, f"{more} {_HOW}".strip()), source)
        for name, label, unit, scale, more in rows
        if any(name in mouse.values for mouse in kept)
    )


def _outcome(
    name: str, label: str, unit: str, scale: str, of: tuple[Sequence[MouseMeasures], str, str], source: str
) -> Outcome:
    mice, quantity, note = of
    values = {mouse.animal: mouse.values[quantity] for mouse in mice if quantity in mouse.values}
    if scale != "log":
        return Outcome(name, label, unit, "interval", values, source, note=note)
    # A mouse without any nucleus has fewer than one in the tissue that was seen.
    below = {
        m.animal: 1.0 / m.tissue_mm2 for m in mice if quantity in m.values and not values[m.animal] > 0.0
    }
    known = {animal: value for animal, value in values.items() if animal not in below}
    return Outcome(name, label, unit, "log", known, source, below=below, note=note)


def derive_distributions(
    mice: Sequence[MouseMeasures], colony: Colony, rules: Parameters
) -> tuple[AreaDistribution, ...]:
    """Return the distribution of fibre areas of every group, each mouse with the same weight."""
    kept = [m for m in mice if len(m.areas_um2) and not colony.animals[m.animal].excluded]
    if not kept:
        return ()
    width = rules["area_bin"].number
    largest = max(float(mouse.areas_um2.max()) for mouse in kept)
    edges = np.asarray(width * np.arange(int(largest // width) + 2), np.float64)
    return tuple(_distributions(kept, colony, edges))


def _distributions(
    mice: Sequence[MouseMeasures], colony: Colony, edges: npt.NDArray[np.float64]
) -> Iterator[AreaDistribution]:
    for group in colony.groups:
        own = [mouse for mouse in mice if colony.animals[mouse.animal].group == group]
        if not own:
            continue
        shares = [np.histogram(m.areas_um2, edges)[0] / len(m.areas_um2) for m in own]
        mean = np.mean(shares, axis=0)
        fibres = sum(len(mouse.areas_um2) for mouse in own)
        yield AreaDistribution(group, tuple(edges.tolist()), tuple(mean.tolist()), len(own), fibres)
