"""Simulated uptake images with known cells and donor mitochondria, written as a microscope's OME-TIFF.

A cell is a nucleus with a body around it; threads are the recipient's mitochondria. Positive cells hold donor
mitochondria: short bright rods, a known share of them lying on threads. Around it all: autofluorescence,
haze, uneven illumination, noise of photons and camera, and mitochondria that lie outside of cells.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mitograft.assays.microscopy.simulate_file import write_channels
from mitograft.errors import UsageError

__all__ = ["NAMES", "ImageTruth", "UptakeScene", "draw_uptake_scene", "simulate_image"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]

NAMES = ("DAPI", "recipient mitochondria (GFP)", "donor MitoTracker")

_BODY_UM = 13.5  # mean radius of a cell
_APART_UM = 16.0  # least distance of two nuclei
_NUCLEUS_UM = 5.5
_ROD_UM = (0.35, 0.7)  # standard deviations across and along a donor mitochondrion
_OFFSET, _GAIN, _TOP = 100.0, 4.0, 4095
_TRIES = 60
_SMALLEST = 128


@dataclass(frozen=True, slots=True)
class ImageTruth:
    """What a simulated image shall show.

    Parameters
    ----------
    name
        Name of the image; written into the file beside the word SIMULATED.
    size_px, pixel_size_um
        Side of the square image in pixels, and micrometres a pixel.
    cells_per_mm2
        Density of cells wished for; crowded cells are left out.
    taken_up
        Share of the cells that hold donor mitochondria.
    mitochondria
        Mean number of them in such a cell, at least 1.
    brightness
        Light in the middle of a donor mitochondrion, in counts of the camera.
    shared
        Share of the donor mitochondria that lie on the recipient's.
    stray_per_mm2
        Donor mitochondria outside of cells.
    autofluorescence, background
        Light of a cell's body and of the haze in the donor channel, in counts.
    gradient
        Loss of light from the brightest to the darkest corner, 0 to below 1.
    read_noise
        Standard deviation of the camera's noise in counts.
    """

    name: str
    size_px: int = 512
    pixel_size_um: float = 0.5
    cells_per_mm2: float = 1600.0
    taken_up: float = 0.0
    mitochondria: float = 12.0
    brightness: float = 250.0
    shared: float = 0.3
    stray_per_mm2: float = 0.0
    autofluorescence: float = 40.0
    background: float = 80.0
    gradient: float = 0.2
    read_noise: float = 8.0

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        shares = (self.taken_up, self.shared, self.gradient)
        sizes = (self.pixel_size_um, self.cells_per_mm2, self.mitochondria)
        levels = (
            *(self.brightness, self.stray_per_mm2, self.autofluorescence),
            *(self.background, self.read_noise),
        )
        good = all(0 <= s <= 1 for s in shares) and all(s > 0 for s in sizes) and all(x >= 0 for x in levels)
        if not good or self.size_px < _SMALLEST:
            raise UsageError(
                f"Simulated image {self.name!r}: expected shares from 0 to 1, sizes above 0, light of 0 "
                f"or more and a side of at least {_SMALLEST} pixels; found {self}."
            )


@dataclass(frozen=True, repr=False)
class UptakeScene:
    """What a simulated image does show.

    Parameters
    ----------
    nuclei, cells
        Label images; a cell has the label of its nucleus.
    mitochondria
        Number of donor mitochondria of each cell (label - 1).
    signal
        Their light, in counts times square micrometres.
    channels
        The camera's three images in the order of ``NAMES``.
    """

    nuclei: Labels
    cells: Labels
    mitochondria: npt.NDArray[np.int64]
    signal: Floats
    channels: tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16], npt.NDArray[np.uint16]]

    @property
    def positive(self) -> npt.NDArray[np.bool_]:
        """Which cells hold donor mitochondria."""
        return np.asarray(self.mitochondria > 0)


def simulate_image(truth: ImageTruth, path: Path, rng: np.random.Generator) -> UptakeScene:
    """Draw an image and write it as OME-TIFF with channel names and pixel size; return what it holds."""
    scene = draw_uptake_scene(truth, rng)
    write_channels(path, scene.channels, truth.pixel_size_um, truth.name, NAMES)
    return scene


def draw_uptake_scene(truth: ImageTruth, rng: np.random.Generator) -> UptakeScene:
    """Draw an image without writing it."""
    centres = _scatter(truth, rng)
    nuclei, cells, thickness = _shape(truth, centres, rng)
    threads = _threads(truth, rng) * thickness * (nuclei == 0)
    counts = np.where(rng.random(len(centres)) < truth.taken_up, 1, 0)
    counts = counts * (1 + rng.poisson(max(truth.mitochondria - 1, 0), len(centres)))
    light, signal = _donor(truth, (nuclei, cells), threads, counts, rng)
    own = np.exp(0.25 * rng.standard_normal(len(centres) + 1))
    own[0] = 0.0
    nuclear = 500.0 * own[nuclei] * (nuclei > 0) * (1 + 0.2 * _smooth(truth, 1.0, rng))
    recipient = (500.0 * threads + 60.0 * thickness) * own[::-1][cells]
    donor = truth.autofluorescence * own[cells] * thickness + light
    planes = [_expose(truth, plane, rng) for plane in (nuclear, recipient, donor)]
    return UptakeScene(nuclei, cells, counts, signal, (planes[0], planes[1], planes[2]))


def _scatter(truth: ImageTruth, rng: np.random.Generator) -> Floats:
    """Place cells so that their nuclei keep apart; rows of (row, column) in micrometres."""
    side = truth.size_px * truth.pixel_size_um
    wanted = max(round(truth.cells_per_mm2 * (side / 1000) ** 2), 2)
    placed = [rng.uniform(0, side, 2)]
    for _ in range(_TRIES * wanted):
        if len(placed) == wanted:
            break
        here = rng.uniform(0, side, 2)
        if np.min(np.hypot(*(np.array(placed) - here).T)) >= _APART_UM:
            placed.append(here)
    return np.array(placed)


def _shape(truth: ImageTruth, centres: Floats, rng: np.random.Generator) -> tuple[Labels, Labels, Floats]:
    """Return nuclei and cells as label images, and the thickness of the cells (0 outside)."""
    from scipy.spatial import cKDTree

    grid = (np.arange(truth.size_px) + 0.5) * truth.pixel_size_um
    points = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1)
    distance, nearest = cKDTree(centres).query(points)
    count = len(centres)
    radius = _BODY_UM * np.exp(0.12 * rng.standard_normal(count))[nearest]
    radius = radius * (1 + 0.15 * _smooth(truth, 4.0, rng))
    inside = distance < radius
    thickness = np.where(inside, 1 - 0.7 * np.clip(distance / radius, 0, 1) ** 2, 0.0)
    angle, stretch = rng.uniform(0, np.pi, count)[nearest], rng.uniform(1.0, 1.25, count)[nearest]
    size = _NUCLEUS_UM * np.exp(0.1 * rng.standard_normal(count))[nearest]
    away = points - centres[nearest]
    along = away[..., 0] * np.sin(angle) + away[..., 1] * np.cos(angle)
    across = away[..., 0] * np.cos(angle) - away[..., 1] * np.sin(angle)
    nuclear = np.hypot(along / stretch, across * stretch) < size
    cells = np.where(inside | nuclear, nearest + 1, 0).astype(np.int32)
    return np.where(nuclear, nearest + 1, 0).astype(np.int32), cells, thickness


def _smooth(truth: ImageTruth, scale_um: float, rng: np.random.Generator) -> Floats:
    """Return a random smooth surface of mean 0 and standard deviation 1."""
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(
        rng.standard_normal((truth.size_px,) * 2), scale_um / truth.pixel_size_um, mode="wrap", truncate=3.0
    )
    return np.asarray((noise - noise.mean()) / noise.std())


def _threads(truth: ImageTruth, rng: np.random.Generator) -> Floats:
    """Return a network of threads (0 to 1): where a smooth random surface passes through 0."""
    return np.asarray(np.exp(-((_smooth(truth, 1.3, rng) / 0.3) ** 2)))


def _donor(
    truth: ImageTruth,
    shapes: tuple[Labels, Labels],
    threads: Floats,
    counts: npt.NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Return the donor light and how much of it belongs to each cell."""
    nuclei, cells = shapes
    light, signal = np.zeros(cells.shape), np.zeros(len(counts))
    order = np.argsort(cells, axis=None, kind="stable")
    bounds = np.searchsorted(cells.ravel()[order], np.arange(1, len(counts) + 2))
    area = truth.pixel_size_um**2
    for cell in np.flatnonzero(counts):
        own = order[bounds[cell] : bounds[cell + 1]]
        own = own[nuclei.ravel()[own] == 0]
        on = own[threads.ravel()[own] > 0.4]
        off = own[threads.ravel()[own] < 0.1]
        for _ in range(counts[cell]):
            places = on if rng.random() < truth.shared and len(on) else off if len(off) else own
            if len(places):
                at = int(places[rng.integers(len(places))])
                signal[cell] += area * _rod(light, divmod(at, truth.size_px), truth, rng)
    outside = np.flatnonzero(cells.ravel() == 0)
    side_mm = truth.size_px * truth.pixel_size_um / 1000
    for _ in range(rng.poisson(truth.stray_per_mm2 * side_mm**2) if len(outside) else 0):
        at = int(outside[rng.integers(len(outside))])
        _rod(light, divmod(at, truth.size_px), truth, rng)
    return light, signal


def _rod(light: Floats, at: tuple[int, int], truth: ImageTruth, rng: np.random.Generator) -> float:
    """Add a mitochondrion to the light; return the light it adds within the image."""
    across, along = (sigma / truth.pixel_size_um for sigma in _ROD_UM)
    reach = int(3 * along) + 1
    rows = slice(max(at[0] - reach, 0), at[0] + reach + 1)
    columns = slice(max(at[1] - reach, 0), at[1] + reach + 1)
    window = light[rows, columns]
    down, right = np.mgrid[: window.shape[0], : window.shape[1]]
    down, right = down + rows.start - at[0], right + columns.start - at[1]
    angle = rng.uniform(0, np.pi)
    first = down * np.sin(angle) + right * np.cos(angle)
    second = down * np.cos(angle) - right * np.sin(angle)
    peak = truth.brightness * float(np.exp(0.3 * rng.standard_normal() - 0.045))
    rod = peak * np.exp(-((first / along) ** 2 + (second / across) ** 2) / 2)
    window += rod
    return float(rod.sum())


def _expose(truth: ImageTruth, plane: Floats, rng: np.random.Generator) -> npt.NDArray[np.uint16]:
    """Blur, darken towards a corner, count photons and add the camera's noise; 12 bits, offset 100."""
    from scipy.ndimage import gaussian_filter

    down, right = np.mgrid[: truth.size_px, : truth.size_px] / truth.size_px
    fall = 1 - truth.gradient * (down**2 + right**2) / 2
    seen = (gaussian_filter(plane, 0.3 / truth.pixel_size_um) + truth.background) * fall
    counts = _GAIN * rng.poisson(np.maximum(seen, 0) / _GAIN)
    counts = counts + truth.read_noise * rng.standard_normal(seen.shape) + _OFFSET
    return np.asarray(np.clip(np.rint(counts), 0, _TOP), np.uint16)
