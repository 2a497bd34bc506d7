"""Simulated fields with known nuclei and myotubes, written as a microscope's OME-TIFF.

The truth of a field follows the definitions of ``derive``: a nucleus belongs to the myosin-positive object
in which its centre lies, and an object is a connected region. A cell that lies over or under a tube without
belonging to it therefore counts as fused, as it does in every two-dimensional picture;
``FieldScene.nuclei_above`` says how many there are.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mitograft.assays.microscopy.simulate_file import write_channels
from mitograft.assays.myotube.simulate_geometry import (
    Canvas,
    Floats,
    Nucleus,
    grow_tube,
    paint_myocyte,
    place_nucleus,
)
from mitograft.assays.myotube.simulate_light import Optics, expose, light_myosin, light_nuclei
from mitograft.errors import UsageError

__all__ = ["FieldScene", "FieldTruth", "Optics", "draw_scene", "simulate_field", "write_ome_tiff"]

Labels = npt.NDArray[np.int32]

_NUCLEUS_UM = 5.6  # half of the long axis of a nucleus
_TRIES = 40
_SMALLEST = 128


@dataclass(frozen=True, slots=True)
class FieldTruth:
    """What a simulated field shall show.

    Parameters
    ----------
    name
        Name of the field; written into the file beside the word SIMULATED.
    size_px, pixel_size_um
        Side of the square field in pixels, and micrometres a pixel.
    nuclei_per_mm2
        Density of nuclei.
    fused
        Share of the nuclei put into myotubes.
    above
        Share of the other nuclei that may come to lie over or under a tube.
    myocytes
        Share of the other nuclei whose cell holds myosin although it has one nucleus.
    touching
        Share of the nuclei put side by side with another.
    branching
        Probability that a myotube has a branch.
    tube_width_um
        Mean width of a myotube.
    spacing_um
        Mean length of a myotube for each of its nuclei.
    optics
        How the field is exposed.
    """

    name: str
    size_px: int = 512
    pixel_size_um: float = 0.65
    nuclei_per_mm2: float = 1200.0
    fused: float = 0.5
    above: float = 0.1
    myocytes: float = 0.03
    touching: float = 0.2
    branching: float = 0.3
    tube_width_um: float = 17.0
    spacing_um: float = 17.0
    optics: Optics = field(default_factory=Optics)

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        shares = (self.fused, self.above, self.myocytes, self.touching, self.branching, self.optics.gradient)
        sizes = (self.pixel_size_um, self.nuclei_per_mm2, self.tube_width_um, self.spacing_um)
        if not all(0 <= s <= 1 for s in shares) or not all(s > 0 for s in sizes) or self.size_px < _SMALLEST:
            raise UsageError(
                f"Simulated field {self.name!r}: expected shares from 0 to 1, sizes above 0 and a side of at "
                f"least {_SMALLEST} pixels; found {self}."
            )


@dataclass(frozen=True)
class FieldScene:
    """What a simulated field does show.

    Parameters
    ----------
    nuclei, objects
        Label images of nuclei and of myosin-positive objects.
    centres
        Row and column of every nucleus.
    host
        Object in which each nucleus lies by its centre, 0 for none.
    nuclei_above
        Nuclei of cells over or under a tube.
    channels
        The camera's two images, nuclei then myosin heavy chain.
    """

    nuclei: Labels
    objects: Labels
    centres: Floats
    host: Labels
    nuclei_above: int
    channels: tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]

    @property
    def fused(self) -> npt.NDArray[np.bool_]:
        """Which nuclei lie in an object with two or more."""
        in_object = np.bincount(self.host, minlength=int(self.objects.max()) + 1)
        return (self.host > 0) & (in_object[self.host] >= 2)

    @property
    def fusion_index(self) -> float:
        """Share of the nuclei in objects with two or more."""
        return float(self.fused.mean())

    @property
    def differentiation_index(self) -> float:
        """Share of the nuclei in any object."""
        return float((self.host > 0).mean())

    def summary(self) -> dict[str, float]:
        """Return counts and indices for a truth file beside the picture."""
        return {
            "nuclei": float(len(self.host)),
            "nuclei_fused": float(self.fused.sum()),
            "nuclei_above": float(self.nuclei_above),
            "myosin_objects": float(self.objects.max()),
            "fusion_index": self.fusion_index,
            "differentiation_index": self.differentiation_index,
        }


def simulate_field(truth: FieldTruth, path: Path, rng: np.random.Generator) -> FieldScene:
    """Draw a field and write it as OME-TIFF with channel names and pixel size; return what it holds."""
    scene = draw_scene(truth, rng)
    write_ome_tiff(path, scene.channels, truth.pixel_size_um, truth.name)
    return scene


def draw_scene(truth: FieldTruth, rng: np.random.Generator) -> FieldScene:
    """Draw a field without writing it."""
    from scipy.ndimage import label

    canvas = Canvas(truth.size_px)
    area_mm2 = (truth.size_px * truth.pixel_size_um / 1000) ** 2
    total = max(round(truth.nuclei_per_mm2 * area_mm2), 2)
    in_tubes = round(truth.fused * total)
    _fill_tubes(canvas, truth, in_tubes, rng)
    tubes = canvas.depth > 0
    first_outside = len(canvas.placed) + 1
    _scatter(canvas, truth, total - len(canvas.placed), tubes, rng)
    outside = np.arange(first_outside, len(canvas.placed) + 1)
    above = [i for i in outside if _at(tubes, canvas.placed[i - 1])]
    myocytes = _make_myocytes(canvas, truth, np.setdiff1d(outside, above), rng)
    objects = label(canvas.depth > 0, np.ones((3, 3)))[0].astype(np.int32)
    host = np.array([_at(objects, nucleus) for nucleus in canvas.placed], np.int32)
    faint = np.setdiff1d(outside, np.union1d(above, myocytes)).astype(np.int64)
    lights = light_nuclei(canvas, rng), light_myosin(canvas, faint, rng)
    first, second = (expose(light, truth.optics, rng) for light in lights)
    centres = np.array([(n.row, n.column) for n in canvas.placed])
    return FieldScene(canvas.nuclei, objects, centres, host, len(above), (first, second))


def _at(image: npt.NDArray[Any], nucleus: Nucleus) -> int:
    return int(image[round(nucleus.row), round(nucleus.column)])


def _fill_tubes(canvas: Canvas, truth: FieldTruth, wanted: int, rng: np.random.Generator) -> None:
    """Grow tubes one after another and put nuclei into each until enough are placed."""
    field_um = truth.size_px * truth.pixel_size_um
    common = rng.uniform(0, np.pi)  # neighbouring tubes run alike
    for _ in range(200):
        left = wanted - len(canvas.placed)
        if left <= 0:
            return
        length_um = min(max(left, 3) * truth.spacing_um, rng.uniform(0.45, 1.1) * field_um)
        half_um = truth.tube_width_um / 2 * np.exp(rng.normal(0, 0.2))
        size = (length_um / truth.pixel_size_um, half_um / truth.pixel_size_um)
        heading = common + rng.normal(0, 0.35)
        middle = rng.uniform(0.1, 0.9, 2) * truth.size_px
        start = (middle[0] - np.sin(heading) * size[0] / 2, middle[1] - np.cos(heading) * size[0] / 2)
        line = grow_tube(canvas, start, heading, size, rng)
        lines = [line]
        if rng.uniform() < truth.branching:
            knot = line[int(rng.uniform(0.3, 0.7) * len(line))]
            turn = rng.choice([-1, 1]) * rng.uniform(0.4, 0.9)
            branch = (size[0] * rng.uniform(0.3, 0.5), size[1] * 0.8)
            lines.append(grow_tube(canvas, (knot[0], knot[1]), knot[2] + turn, branch, rng))
        _seat(canvas, truth, np.concatenate(lines), left, rng)


def _seat(canvas: Canvas, truth: FieldTruth, line: Floats, most: int, rng: np.random.Generator) -> None:
    """Put nuclei along a centreline; some sit side by side."""
    inside = np.all((line[:, :2] > 3) & (line[:, :2] < canvas.size - 4), axis=1)
    line = line[inside]
    wanted = min(most, max(round(len(line) * truth.pixel_size_um / truth.spacing_um), 2))
    tries = placed = 0
    while placed < wanted and tries < _TRIES * wanted and len(line):
        tries += 1
        row, column, heading, half = line[rng.integers(len(line))]
        nucleus = _nucleus(truth, (row, column), heading + rng.normal(0, 0.3), rng)
        aside = rng.uniform(-1, 1) * max(half - nucleus.short, 0)
        at = (row + np.cos(heading) * aside, column - np.sin(heading) * aside)
        nucleus = Nucleus(*at, nucleus.long, min(nucleus.short, 0.95 * half), nucleus.angle)
        if not _fits(canvas, at) or canvas.depth[round(at[0]), round(at[1])] == 0:
            continue
        placed += place_nucleus(canvas, nucleus)
        if placed < wanted and rng.uniform() < truth.touching:
            beside = _beside(nucleus, rng)
            there = (beside.row, beside.column)
            if _fits(canvas, there) and canvas.depth[round(there[0]), round(there[1])] > 0:
                placed += place_nucleus(canvas, beside)


def _scatter(
    canvas: Canvas, truth: FieldTruth, wanted: int, tubes: npt.NDArray[np.bool_], rng: np.random.Generator
) -> None:
    """Put nuclei of cells outside the tubes, some of them over or under one, some touching another."""
    target = len(canvas.placed) + wanted
    for _ in range(_TRIES * max(wanted, 1)):
        if len(canvas.placed) >= target:
            return
        at = rng.uniform(3, canvas.size - 4, 2)
        nucleus = _nucleus(truth, (at[0], at[1]), rng.uniform(0, np.pi), rng)
        if _at(tubes, nucleus) and rng.uniform() > truth.above:
            continue
        done = place_nucleus(canvas, nucleus)
        if done and len(canvas.placed) < target and rng.uniform() < truth.touching:
            beside = _beside(nucleus, rng)
            if _fits(canvas, (beside.row, beside.column)) and not _at(tubes, beside):
                place_nucleus(canvas, beside)


def _nucleus(truth: FieldTruth, at: tuple[float, float], angle: float, rng: np.random.Generator) -> Nucleus:
    size = _NUCLEUS_UM / truth.pixel_size_um * np.exp(rng.normal(0, 0.12))
    return Nucleus(at[0], at[1], size * rng.uniform(1.0, 1.3), size * rng.uniform(0.68, 0.95), angle)


def _beside(nucleus: Nucleus, rng: np.random.Generator) -> Nucleus:
    """Make a nucleus that touches or slightly overlaps another, in a random direction."""
    direction = rng.uniform(0, 2 * np.pi)
    turn = direction - nucleus.angle
    rim = 1 / np.hypot(np.cos(turn) / nucleus.long, np.sin(turn) / nucleus.short)
    long, short = nucleus.long * rng.uniform(0.85, 1.15), nucleus.short * rng.uniform(0.85, 1.15)
    angle = rng.uniform(0, np.pi)
    turn = direction - angle
    reach = (rim + 1 / np.hypot(np.cos(turn) / long, np.sin(turn) / short)) * rng.uniform(0.9, 1.05)
    row = nucleus.row + reach * np.sin(direction)
    return Nucleus(row, nucleus.column + reach * np.cos(direction), long, short, angle)


def _fits(canvas: Canvas, at: tuple[float, float]) -> bool:
    return all(3 <= value < canvas.size - 4 for value in at)


def _make_myocytes(
    canvas: Canvas, truth: FieldTruth, free: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Give some cells with one nucleus myosin."""
    chosen = np.sort(rng.permutation(free)[: round(truth.myocytes * len(free))])
    for label in chosen:
        paint_myocyte(canvas, canvas.placed[label - 1], rng)
    return chosen


def write_ome_tiff(
    path: Path,
    channels: tuple[npt.NDArray[np.uint16], ...],
    pixel_size_um: float,
    name: str,
    names: tuple[str, ...] = ("DAPI", "MyHC"),
) -> None:
    """Write channels as uncompressed OME-TIFF; the same input gives the same bytes."""
    write_channels(path, channels, pixel_size_um, name, names)
