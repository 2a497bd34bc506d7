"""Simulated H&E fields with fibre masks, from a known truth: what the index and the areas are tested against.

Fibres are polygons of known area, nuclei ellipses of known number. Stains take light away by Beer and
Lambert's law, with vectors that differ from those of the analysis by ``stain_turn``; optics blur and the
camera adds noise. No tissue was photographed, and real sections are worse: folds, freezing holes, blood,
uneven thickness.
"""

import io
import xml.sax.saxutils as xml
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mitograft.errors import UsageError
from mitograft.mouse.infiltrate.simulate_geometry import (
    Nuclei,
    Polygon,
    draw_fibres,
    draw_foci,
    myonuclei,
    polygon_area,
)
from mitograft.provenance import atomic_write_bytes

__all__ = ["FieldTruth", "SimulatedField", "simulate_he"]

Image = npt.NDArray[np.float32]

_MARK = "SIMULATED"
_HAEMATOXYLIN, _EOSIN = np.array([0.65, 0.70, 0.29]), np.array([0.07, 0.99, 0.11])
_GLASS, _FIBRE, _ENDOMYSIUM = 0.0, 0.32, 0.16  # optical density of eosin at strength 1
_NUCLEUS, _CYTOPLASM = 0.75, 0.03  # optical density of haematoxylin at strength 1


@dataclass(frozen=True)
class FieldTruth:
    """Truth of one simulated field.

    Parameters
    ----------
    side_um, pixel_um
        Side of the square field, and pixel size.
    spacing_um, cleft_um
        Distance of the middles of neighbouring fibres, and endomysium between fibres.
    small_share, small_factor
        Share of the fibres that are atrophic, and how much smaller across these are.
    myonuclei
        Nuclei at the edge of a fibre, on average.
    central_share
        Share of fibres with a nucleus in the middle.
    foci_um, focus_density
        Radius of each dense focus, and its nuclei in a square millimetre.
    glass_share
        Width of a strip of empty glass on the right, as share of the side.
    haematoxylin, eosin, stain_turn
        Strength of the stains, and by how many degrees their vectors differ from the usual ones.
    blur_um, noise
        Standard deviation of the optical blur, and of the noise of the camera in levels of 255.
    white
        Levels of empty glass.
    """

    side_um: float = 400.0
    pixel_um: float = 0.5
    spacing_um: float = 42.0
    cleft_um: float = 2.5
    small_share: float = 0.0
    small_factor: float = 0.5
    myonuclei: float = 1.2
    central_share: float = 0.0
    foci_um: tuple[float, ...] = ()
    focus_density: float = 9000.0
    glass_share: float = 0.05
    haematoxylin: float = 1.0
    eosin: float = 1.0
    stain_turn: float = 5.0
    blur_um: float = 0.4
    noise: float = 2.5
    white: tuple[float, float, float] = (243.0, 241.0, 245.0)


@dataclass(frozen=True, eq=False)
class SimulatedField:
    """What a simulated field holds.

    Parameters
    ----------
    nuclei, tissue_mm2
        Nuclei with their centre in the field's tissue, and the area of that tissue.
    overlapping, reaching_in
        By how many the nuclei exceed the patches they form where they touch or overlap, and how many more
        reach into the image from beyond its border: what a perfect eye could count too few and too many.
    focus_mm2
        Area of the foci in the field.
    fibres
        Corners (x, y) in micrometres of the fibres that do not touch the border, by their labels.
    areas_um2
        Their areas.
    central
        Which of them have a nucleus in the middle.
    labels
        Number of each in the mask.
    """

    nuclei: int
    tissue_mm2: float
    overlapping: int
    reaching_in: int
    focus_mm2: float
    fibres: tuple[Polygon, ...]
    areas_um2: npt.NDArray[np.float64]
    central: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.int64]

    @property
    def density_mm2(self) -> float:
        """Nuclei in a square millimetre of tissue."""
        return self.nuclei / self.tissue_mm2


def simulate_he(truth: FieldTruth, path: Path, rng: np.random.Generator) -> SimulatedField:
    """Write a field as OME-TIFF and the labels of its fibres beside it, as ``NAME_fibres.tif``.

    Both say SIMULATED in their description. The same truth and generator state give the same bytes.

    Raises
    ------
    UsageError
        If a number cannot be.
    """
    _check(truth)
    field_um = truth.side_um * (1 - truth.glass_share)
    polygons = [p for p in draw_fibres(truth.side_um, truth.spacing_um, truth.cleft_um, rng) if len(p) > 2]
    small = rng.random(len(polygons)) < truth.small_share
    polygons = [_shrink(p, truth.small_factor) if s else p for p, s in zip(polygons, small, strict=True)]
    if truth.glass_share > 0.0:
        polygons = [p for p in polygons if p[:, 0].max() < field_um]
    central = rng.random(len(polygons)) < truth.central_share
    foci, infiltrating = draw_foci(field_um, truth.foci_um, truth.focus_density, rng)
    nuclei = myonuclei(polygons, truth.myonuclei, central, rng).join(infiltrating)
    drawn = _draw_labels(polygons, truth)
    shown = np.unique(drawn[drawn > 0])  # fibres beyond the border have no pixels
    labels = np.searchsorted(shown, drawn, side="right").astype(np.uint16)
    blue = _draw_nuclei(nuclei, truth)
    tissue_width = max((float(p[:, 0].max()) for p in polygons), default=0.0) + truth.cleft_um
    tissue_width = min(tissue_width, truth.side_um)
    pixels = _photograph(labels, blue, tissue_width, truth, rng)
    _write(path, pixels, truth.pixel_um, "H&E field; no tissue was photographed")
    _write(
        path.with_name(path.stem.removesuffix(".ome") + "_fibres.tif"), labels, truth.pixel_um, "fibre labels"
    )
    inside = (nuclei.centres >= 0.0).all(axis=1) & (nuclei.centres[:, 1] < truth.side_um)
    inside &= nuclei.centres[:, 0] < tissue_width
    overlapping, reaching_in = _count_patches(nuclei, blue, truth)
    whole = [
        i
        for i, p in enumerate(polygons)
        if p.min() > truth.pixel_um and p.max() < truth.side_um - truth.pixel_um
    ]
    return SimulatedField(
        nuclei=int(inside.sum()),
        tissue_mm2=tissue_width * truth.side_um * 1e-6,
        overlapping=overlapping,
        reaching_in=reaching_in,
        focus_mm2=float(np.pi * (foci[:, 2] ** 2).sum() * 1e-6),
        fibres=tuple(polygons[i] for i in whole),
        areas_um2=np.array([polygon_area(polygons[i]) for i in whole]),
        central=central[whole],
        labels=np.searchsorted(shown, np.array(whole, np.int64) + 1, side="right"),
    )


def _check(truth: FieldTruth) -> None:
    shares = (truth.small_share, truth.central_share, truth.glass_share)
    good = (
        truth.pixel_um > 0.0
        and truth.side_um / truth.pixel_um >= 64
        and truth.spacing_um > 2 * truth.cleft_um >= 0.0
        and all(0.0 <= share <= 1.0 for share in shares)
        and truth.glass_share < 0.9
        and 0.0 < truth.small_factor <= 1.0
        and min(truth.haematoxylin, truth.eosin, truth.noise, truth.blur_um, truth.myonuclei) >= 0.0
        and 0.0 <= truth.focus_density <= 25_000.0
    )
    if not good:
        raise UsageError(
            "Simulated H&E field: found numbers that cannot be; expected at least 64 pixels a side, fibres "
            "wider than what lies between them, shares from 0 to 1, no number below 0 and at most 25,000 "
            "nuclei in a square millimetre of a focus."
        )


def _shrink(polygon: Polygon, factor: float) -> Polygon:
    middle = polygon.mean(axis=0)
    return np.asarray(middle + (polygon - middle) * factor)


def _draw_labels(polygons: Sequence[Polygon], truth: FieldTruth) -> npt.NDArray[np.uint16]:
    from skimage.draw import polygon2mask

    side = round(truth.side_um / truth.pixel_um)
    labels = np.zeros((side, side), np.uint16)
    for number, polygon in enumerate(polygons, start=1):
        corners = polygon[:, ::-1] / truth.pixel_um - 0.5
        low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
        high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 2, side)
        if (high <= low).any():
            continue
        window = labels[low[0] : high[0], low[1] : high[1]]
        window[polygon2mask(window.shape, corners - low)] = number  # type: ignore[no-untyped-call]  # no types there
    return labels


def _draw_nuclei(nuclei: Nuclei, truth: FieldTruth) -> Image:
    """Return the haematoxylin of the nuclei; where two overlap the darker counts."""
    side = round(truth.side_um / truth.pixel_um)
    blue = np.zeros((side, side), np.float32)
    for (x, y), (long, short), angle in zip(nuclei.centres, nuclei.half, nuclei.angle, strict=True):
        reach = max(long, short) / truth.pixel_um + 2
        row, column = y / truth.pixel_um - 0.5, x / truth.pixel_um - 0.5
        top, bottom = max(0, int(row - reach)), min(side, int(row + reach) + 2)
        left, right = max(0, int(column - reach)), min(side, int(column + reach) + 2)
        if top >= bottom or left >= right:
            continue
        down, across = np.mgrid[top:bottom, left:right]
        dx, dy = (across - column) * truth.pixel_um, (down - row) * truth.pixel_um
        along, aside = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
        inside = (along / long) ** 2 + (aside / short) ** 2 <= 1.0
        window = blue[top:bottom, left:right]
        window[inside] = 1.0
    return blue


def _count_patches(nuclei: Nuclei, blue: Image, truth: FieldTruth) -> tuple[int, int]:
    """Return by how many nuclei exceed their patches, and the patches without the centre of a nucleus."""
    from scipy.ndimage import label

    patches, count = label(blue > 0.0, np.ones((3, 3)))
    at = np.round(nuclei.centres[:, ::-1] / truth.pixel_um - 0.5).astype(int)
    at = at[((at >= 0) & (at < blue.shape[0])).all(axis=1)]
    own = patches[at[:, 0], at[:, 1]]
    return len(own) - len(np.unique(own)), count - len(np.unique(own))


def _photograph(
    labels: npt.NDArray[np.uint16], blue: Image, tissue_um: float, truth: FieldTruth, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    from scipy.ndimage import gaussian_filter

    side = labels.shape[0]
    tissue = np.zeros(labels.shape, bool)
    tissue[:, : round(tissue_um / truth.pixel_um)] = True
    pink = np.where(labels > 0, _FIBRE, np.where(tissue, _ENDOMYSIUM, _GLASS)).astype(np.float32)
    texture = 1.0 + 0.15 * _cloud(side, 1.5 / truth.pixel_um, rng)
    shade = 1.0 + 0.12 * _cloud(side, 0.8 / truth.pixel_um, rng)
    eosin = truth.eosin * pink * texture * (1.0 - 0.5 * blue)
    dark = truth.haematoxylin * (np.where(tissue, _CYTOPLASM, _GLASS) * texture + _NUCLEUS * blue * shade)
    sigma = truth.blur_um / truth.pixel_um
    eosin, dark = gaussian_filter(eosin, sigma), gaussian_filter(dark, sigma)
    vectors = _turn(np.stack([_HAEMATOXYLIN, _EOSIN]), truth.stain_turn, rng)
    density = np.maximum(dark, 0)[..., None] * vectors[0] + np.maximum(eosin, 0)[..., None] * vectors[1]
    levels = np.array(truth.white) * 10.0**-density
    levels += truth.noise * rng.standard_normal(levels.shape)
    return np.asarray(np.clip(np.round(levels), 0, 255), np.uint8)


def _cloud(side: int, sigma: float, rng: np.random.Generator) -> Image:
    from scipy.ndimage import gaussian_filter

    cloud = gaussian_filter(rng.standard_normal((side, side)).astype(np.float32), sigma)
    return np.asarray(cloud / max(float(cloud.std()), 1e-9), np.float32)


def _turn(
    vectors: npt.NDArray[np.float64], degrees: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Turn each vector by so many degrees in a direction drawn at random; densities stay positive."""
    turned = []
    for vector in vectors:
        aside = rng.standard_normal(3)
        aside -= vector * (aside @ vector) / (vector @ vector)
        aside *= np.linalg.norm(vector) / np.linalg.norm(aside)
        angle = np.radians(degrees)
        turned.append(np.maximum(vector * np.cos(angle) + aside * np.sin(angle), 0.01))
    return np.array(turned)


def _write(path: Path, pixels: npt.NDArray[np.generic], pixel_um: float, what: str) -> None:
    import tifffile

    height, width = pixels.shape[:2]
    colours = pixels.shape[2] if pixels.ndim == 3 else 1
    kind = pixels.dtype
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" Creator="mitograft simulator">'
        f'<Image ID="Image:0" Name={xml.quoteattr(f"{_MARK} {path.stem}")}>'
        f"<Description>{xml.escape(f'{_MARK} {what}')}</Description>"
        f'<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="{kind}" SizeX="{width}" SizeY="{height}" '
        f'SizeC="{colours}" SizeZ="1" SizeT="1" PhysicalSizeX="{pixel_um}" PhysicalSizeXUnit="µm" '
        f'PhysicalSizeY="{pixel_um}" PhysicalSizeYUnit="µm">'
        f'<Channel ID="Channel:0:0" Name="{_MARK}" SamplesPerPixel="{colours}"/>'
        '<TiffData IFD="0" FirstC="0" PlaneCount="1"/></Pixels></Image></OME>'
    )
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, byteorder="<") as writer:
        writer.write(
            pixels,
            photometric="rgb" if colours == 3 else "minisblack",
            compression="zlib",
            predictor=True,
            description=text.encode(),
            metadata=None,
            software="mitograft simulator",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write_bytes(path, buffer.getvalue())
