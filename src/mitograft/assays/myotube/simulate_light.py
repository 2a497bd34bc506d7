"""How simulated shapes look through a microscope: haze, gradient, blur, noise, saturation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mitograft.assays.myotube.images import average_blocks, enlarge
from mitograft.assays.myotube.simulate_geometry import Canvas, Nucleus, elliptic_radius

__all__ = ["Optics", "expose", "light_myosin", "light_nuclei"]

Image = npt.NDArray[np.float32]

_FINE = 4.0


@dataclass(frozen=True, slots=True)
class Optics:
    """How the field is exposed.

    Parameters
    ----------
    photons
        Photons at a pixel of an average nucleus or myotube; fewer is noisier.
    read_noise
        Standard deviation of the camera's read noise in photons.
    background
        Haze as a share of an average nucleus or myotube.
    gradient
        Loss of light from the brightest to the darkest place of the field, 0 to below 1.
    blur_px
        Standard deviation of the point spread in pixels.
    """

    photons: float = 150.0
    read_noise: float = 3.0
    background: float = 0.15
    gradient: float = 0.3
    blur_px: float = 1.2


def _smooth(rng: np.random.Generator, size: int, scale: float) -> Image:
    """Random smooth surface with mean 0 and standard deviation 1."""
    from scipy.ndimage import gaussian_filter

    coarse = max(int(scale / _FINE), 1)  # a wide surface is drawn on fewer pixels
    noise = rng.normal(size=(-(-size // coarse),) * 2).astype(np.float32)
    surface = enlarge(gaussian_filter(noise, scale / coarse, mode="wrap"), (size, size))
    return np.asarray((surface - surface.mean()) / surface.std(), np.float32)


def light_nuclei(canvas: Canvas, rng: np.random.Generator) -> Image:
    """Give every nucleus its own brightness, a texture with bright spots, and the field some debris."""
    image = np.zeros((canvas.size, canvas.size), np.float32)
    texture = 1 + 0.18 * _smooth(rng, canvas.size, 1.5)
    for label, nucleus in enumerate(canvas.placed, start=1):
        window, radius = elliptic_radius(canvas, nucleus)
        bright = np.exp(rng.normal(0, 0.3))
        profile = np.where(radius <= 1, 1 - 0.3 * np.minimum(radius, 1) ** 2, 0) * bright
        mine = canvas.nuclei[window] == label
        # Where nuclei overlap, both shine.
        image[window] += np.where(mine, profile, 0.6 * profile).astype(np.float32)
        _spots(image, nucleus, bright, rng)
    image *= texture
    for _ in range(rng.poisson(canvas.size**2 / 40_000)):
        row, column = rng.integers(0, canvas.size, 2)
        image[row : row + 2, column : column + 2] += rng.uniform(0.3, 1.5)
    return image


def _spots(image: Image, nucleus: Nucleus, bright: float, rng: np.random.Generator) -> None:
    """Chromocentres, as nuclei of the mouse have them."""
    for _ in range(rng.poisson(4)):
        distance, angle = 0.7 * np.sqrt(rng.uniform()), rng.uniform(0, 2 * np.pi)
        row = int(nucleus.row + distance * nucleus.short * np.sin(angle))
        column = int(nucleus.column + distance * nucleus.short * np.cos(angle))
        image[max(row, 0) : row + 2, max(column, 0) : column + 2] += 0.4 * bright


def light_myosin(canvas: Canvas, outside: npt.NDArray[np.int64], rng: np.random.Generator) -> Image:
    """Light tubes unevenly, with a dimple at each nucleus, and cells without myosin faintly.

    Parameters
    ----------
    canvas
        The field.
    outside
        Labels of the nuclei whose cells hold no myosin.
    rng
        Source of randomness.
    """
    image = canvas.depth * canvas.brightness * (1 + 0.15 * _smooth(rng, canvas.size, 6.0))
    image *= 1 + 0.12 * _smooth(rng, canvas.size, 1.2)  # striation and grain
    in_cells = np.zeros(len(canvas.placed) + 1, bool)
    in_cells[outside] = True
    for label, nucleus in enumerate(canvas.placed, start=1):
        if in_cells[label]:
            body = Nucleus(nucleus.row, nucleus.column, nucleus.long * 2.4, nucleus.short * 2, nucleus.angle)
            window, radius = elliptic_radius(canvas, body)
            faint = rng.uniform(0.02, 0.15) * np.clip(1.3 - radius, 0, 1)
            image[window] = np.maximum(image[window], faint)
        else:
            window, radius = elliptic_radius(canvas, nucleus)
            image[window] *= 1 - rng.uniform(0.2, 0.5) * np.clip(1.2 - radius, 0, 1).astype(np.float32)
    return np.asarray(image, np.float32)


def expose(light: Image, optics: Optics, rng: np.random.Generator) -> npt.NDArray[np.uint16]:
    """Blur, darken and count photons; 12 bits of a 16-bit camera, offset 100."""
    from scipy.ndimage import gaussian_filter

    size = len(light)
    rows, columns = np.mgrid[:size, :size] / size - 0.5
    centre, tilt = rng.uniform(-0.35, 0.35, 2), rng.uniform(-0.2, 0.2, 2)
    fall = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 + tilt[0] * rows + tilt[1] * columns
    fall = (fall - fall.min()) / (fall.max() - fall.min())
    haze = optics.background * (1 + 0.15 * _smooth(rng, size, size / 8)) + 0.06 * enlarge(
        gaussian_filter(average_blocks(light, 8), 3), light.shape
    )
    seen = gaussian_filter(light, optics.blur_px) + np.maximum(haze, 0.01)
    photons = rng.poisson(np.maximum(seen * (1 - optics.gradient * fall), 0) * optics.photons)
    counts = photons + rng.normal(0, optics.read_noise, photons.shape)
    gain = 900 / optics.photons  # an average nucleus stands at about a quarter of the camera's 12 bits
    return np.asarray(np.clip(np.rint(100 + gain * counts), 0, 4095), np.uint16)
